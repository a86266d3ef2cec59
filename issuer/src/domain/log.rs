//! The log: an append-only tree of leaves, published as signed heads (`docs/protocol.md` §3).
//!
//! A [publication](crate::domain::Domain::publish) takes everything that waits (appends, revocations, status bits)
//! into one transaction and one head; `seq` grows by one. Nodes are stored by (level, index, seq), the right edge
//! included, so the path of a leaf at a `seq` is the newest rows up to it, consistent by construction.
//! The leaves' openings are the source of truth: [`audit_log`](crate::domain::Domain::audit_log) rebuilds the tree
//! from them.

mod audit;
mod edit;
mod measure;
mod plan;
mod publish;
mod read;
mod recover;

pub(crate) use audit::audit;
pub use audit::{HeadFault, LogAudit, SignedState};
pub(crate) use edit::Place;
pub use measure::Appends;
pub(crate) use plan::{DueAgent, Settled, Zeroed};
pub use publish::Publication;
pub(crate) use read::path;
pub(crate) use recover::signer_of;
pub use recover::{FutureHeads, Marking, Recovered};

use poa_circuits::native::field::F;

/// The log that a new directory begins with.
pub(crate) const FIRST_LOG: &str = "main";
/// Tiles exist for tree levels 0, 8, 16 and 24.
pub const TILE_LEVELS: u32 = 4;
/// Nodes in a whole tile.
pub const TILE_WIDTH: u64 = 256;
/// The current root is signed anew when the newest head is this old, in seconds.
pub const RESIGN_S: u64 = 60;
/// The first head of each such period is the anchor, in seconds.
pub const ANCHOR_PERIOD_S: u64 = poa_verifier::head::ANCHOR_PERIOD_S;
/// A clock this far behind the newest head is refused, in seconds.
pub const CLOCK_TOLERANCE_S: u64 = 60;

/// A signed tree head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Compact JWS.
    pub jws: String,
    /// The log.
    pub log: String,
    /// Root of the tree.
    pub root: F,
    /// Leaves appended, revoked ones included.
    pub size: u64,
    /// The publication.
    pub seq: u64,
    /// Unix seconds.
    pub iat: u64,
    /// Unix seconds, `iat` + 7 days.
    pub exp: u64,
    /// Publications that revoked, suspended or resumed so far; status lists carry the same counter.
    pub revocations: u64,
    /// Whether it is the first head of its hour.
    pub anchor: bool,
}

/// A log's state, as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LogState {
    pub size: u64,
    pub seq: u64,
    pub revocations: u64,
    pub root: F,
    pub collected_seq: u64,
}

/// The first second of the hour of a time.
fn hour_of(unix_s: u64) -> u64 {
    unix_s - unix_s % ANCHOR_PERIOD_S
}

/// Whether a head at `iat` is the first of its hour, given the newest anchor's time.
fn opens_hour(newest_anchor: Option<u64>, iat: u64) -> bool {
    newest_anchor.is_none_or(|anchor| hour_of(anchor) < hour_of(iat))
}
