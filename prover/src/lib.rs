//! Make a proof: opening and request in, derived credential out.
//!
//! * [`key`]: the proving key, loaded with every check, and the embedded development key.
//! * `zkey`: the same from a snarkjs file ([`ProvingKey::from_zkey`]).
//! * [`engine`]: witness to proof, on a compiled key; nothing leaves that was not verified here.
//! * `oracle`, behind the feature of that name: the stock prover, for tests and benches to compare with.
//! * [`disclosure`]: what a disclosure schema and a request make of an agent's attributes.
//! * [`holder`]: the holder's side: the proof of a standing credential, and presentations.
//! * [`crs`]: making, importing and checking `crs/`.
//! * [`ceremony`]: whether a key is what a ceremony made of the circuit and a phase-1 file.
//! * [`measure`]: what a process that proves takes.
//!
//! Time and randomness are arguments. Multi-scalar multiplication is not constant time: whoever shares a core with a
//! prover can measure it.
#![deny(missing_docs)]

pub mod ceremony;
pub mod crs;
pub mod disclosure;
pub mod engine;
mod entropy;
pub mod holder;
mod iden3;
pub mod key;
pub mod measure;
#[cfg(feature = "oracle")]
pub mod oracle;
mod prove;
mod qap;
mod zkey;

pub use disclosure::{Disclosure, DisclosureError, Predicates};
pub use engine::{Engine, Settings};
pub use holder::{
    Audience, Material, Occasion, PreparedPresentation, PresentError, Showing, prepare, present, prove_standing,
    standing_subject,
};
pub use key::{ProvingKey, ProvingKeyError};
pub use prove::ProveError;
pub use zkey::ZkeyError;
