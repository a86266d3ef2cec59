//! What one verifier or holder has seen of each log.

use std::collections::BTreeMap;

use poa_circuits::native::field::F;
use serde::{Deserialize, Serialize};

use super::{ANCHOR_PERIOD_S, HeadClaims, HeadError, field_hex};
use crate::did::IssuerDid;
use crate::time::SKEW_S;

/// How many heads a memory keeps per log, the newest by `seq`, anchors or not, and how many hours with their anchors. A
/// head from before them is only held against the oldest one kept: a second root under its `seq` goes unnoticed.
pub(super) const REMEMBERED: usize = 1024;

/// The version of the stored form. Version 1 had no `version` and no `anchors`.
const VERSION: u32 = 2;

/// What is remembered of one `seq`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Seen {
    #[serde(with = "field_hex")]
    root: F,
    size: u64,
    revocations: u64,
    first_iat: u64,
    last_iat: u64,
}

/// What is remembered of the anchor of one hour.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Anchor {
    iat: u64,
    #[serde(with = "field_hex")]
    root: F,
    size: u64,
    seq: u64,
}

impl Anchor {
    fn of(head: &HeadClaims) -> Self {
        Self { iat: head.iat, root: head.root, size: head.size, seq: head.seq }
    }
}

/// Of each log of each issuer.
type ByLog<T> = BTreeMap<IssuerDid, BTreeMap<String, BTreeMap<u64, T>>>;

/// The heads one verifier has accepted, per (iss, log). Keep it between verifications: an issuer that shows different
/// people different trees is caught by whoever remembers. The newest 1024 heads of each log and the anchors of the newest
/// 1024 hours are kept; two histories that differ only before those are not told apart.
///
/// The stored form is JSON with a `version`. Forms of older versions are read; one of a newer version is refused.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct HeadMemory {
    /// By `seq`.
    logs: ByLog<Seen>,
    /// By the hour's first second.
    anchors: ByLog<Anchor>,
}

#[derive(Deserialize, Serialize)]
struct Stored {
    #[serde(default = "first_version")]
    version: u32,
    logs: ByLog<Seen>,
    #[serde(default)]
    anchors: ByLog<Anchor>,
}

fn first_version() -> u32 {
    1
}

impl TryFrom<Stored> for HeadMemory {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.version > VERSION {
            let version = stored.version;
            return Err(format!(
                "version {version} of the memory of heads, but {VERSION} is read; use a newer program"
            ));
        }
        Ok(Self { logs: stored.logs, anchors: stored.anchors })
    }
}

impl From<HeadMemory> for Stored {
    fn from(HeadMemory { logs, anchors }: HeadMemory) -> Self {
        Self { version: VERSION, logs, anchors }
    }
}

impl HeadMemory {
    /// Takes a head whose signature was verified. The same claims signed again are the same head.
    ///
    /// # Errors
    /// [`HeadError::Future`], [`HeadError::Equivocation`], [`HeadError::Order`] or [`HeadError::TwoAnchors`]; nothing is
    /// remembered then.
    pub fn accept(&mut self, head: &HeadClaims, now_unix_s: u64) -> Result<(), HeadError> {
        if head.iat.checked_sub(SKEW_S).is_some_and(|earliest| earliest > now_unix_s) {
            return Err(HeadError::Future { iat: head.iat, now: now_unix_s });
        }
        if let Some(seen) = self.log(&head.iss, &head.log) {
            check_against(seen, head)?;
        }
        let hour = hour_of(head);
        let known = self.anchors.get(&head.iss).and_then(|logs| logs.get(&head.log)?.get(&hour));
        if head.anchor && known.is_some_and(|known| *known != Anchor::of(head)) {
            return Err(HeadError::TwoAnchors { hour });
        }
        self.remember(head);
        Ok(())
    }

    /// The highest (seq, last iat) accepted of a log.
    pub fn newest(&self, iss: &IssuerDid, log: &str) -> Option<(u64, u64)> {
        self.log(iss, log)?.last_key_value().map(|(seq, seen)| (*seq, seen.last_iat))
    }

    /// The highest revocation counter accepted of a log: a status list must not lag behind it.
    pub fn revocations(&self, iss: &IssuerDid, log: &str) -> Option<u64> {
        self.log(iss, log)?.last_key_value().map(|(_, seen)| seen.revocations)
    }

    fn log(&self, iss: &IssuerDid, log: &str) -> Option<&BTreeMap<u64, Seen>> {
        self.logs.get(iss)?.get(log)
    }

    /// How many heads and anchors of a log are kept.
    #[cfg(test)]
    pub(super) fn kept(&self, iss: &IssuerDid, log: &str) -> (usize, usize) {
        let anchors = self.anchors.get(iss).and_then(|logs| logs.get(log));
        (self.log(iss, log).map_or(0, BTreeMap::len), anchors.map_or(0, BTreeMap::len))
    }

    fn remember(&mut self, head: &HeadClaims) {
        let log = of(&mut self.logs, head);
        let seen = log.entry(head.seq).or_insert_with(|| Seen {
            root: head.root,
            size: head.size,
            revocations: head.revocations,
            first_iat: head.iat,
            last_iat: head.iat,
        });
        seen.first_iat = seen.first_iat.min(head.iat);
        seen.last_iat = seen.last_iat.max(head.iat);
        bound(log);
        if head.anchor {
            let anchors = of(&mut self.anchors, head);
            anchors.insert(hour_of(head), Anchor::of(head));
            bound(anchors);
        }
    }
}

/// What is kept of a head's log.
fn of<'a, T>(logs: &'a mut ByLog<T>, head: &HeadClaims) -> &'a mut BTreeMap<u64, T> {
    logs.entry(head.iss.clone()).or_default().entry(head.log.clone()).or_default()
}

fn bound<T>(log: &mut BTreeMap<u64, T>) {
    while log.len() > REMEMBERED {
        log.pop_first();
    }
}

/// The first second of the hour a head was signed in.
fn hour_of(head: &HeadClaims) -> u64 {
    head.iat - head.iat % ANCHOR_PERIOD_S
}

/// A head agrees with its own `seq` and lies between its neighbours.
fn check_against(seen: &BTreeMap<u64, Seen>, head: &HeadClaims) -> Result<(), HeadError> {
    let order = HeadError::Order { seq: head.seq, iat: head.iat };
    if let Some(same) = seen.get(&head.seq)
        && (same.root, same.size, same.revocations) != (head.root, head.size, head.revocations)
    {
        return Err(HeadError::Equivocation { seq: head.seq });
    }
    if let Some((_, before)) = seen.range(..head.seq).next_back()
        && (before.last_iat > head.iat || before.size > head.size || before.revocations > head.revocations)
    {
        return Err(order);
    }
    if let Some((_, after)) = seen.range(head.seq.saturating_add(1)..).next()
        && (after.first_iat < head.iat || after.size < head.size || after.revocations < head.revocations)
    {
        return Err(order);
    }
    Ok(())
}
