//! Whether a key is what a ceremony made of a circuit and a phase-1 file.
//!
//! # Checked
//! What `snarkjs zkey verify` checks, by formulas of our own, and that the phase-1 file is one of powers:
//! 1. **Phase 1.** Every point used is on its curve and in its subgroup; the powers of tau, alone and times alpha and
//!    beta, are powers of one tau, no root of unity; none of the three is what a phase 1 begins with (`phase1.rs`).
//! 2. **Setup.** alpha, beta, gamma, the IC points and the queries A, B in both groups, C and H are those of the circuit's
//!    rows over that phase 1, C and H divided by delta (`setup.rs`).
//! 3. **Transcript.** It begins with the digest of that setup, undivided; each contribution hashes what came before it,
//!    proves knowledge of its factor, other than 1, and multiplies delta by it; a beacon's factor is derived from the
//!    beacon; not all are beacons; the last delta is the key's (`transcript.rs`).
//!
//! Equations between many points are checked as one, with random coefficients: a difference goes unnoticed with probability
//! 2^-253 or so. Generic over the circuit, so that tests have a small one.
//!
//! # Not checked
//! Who contributed, that anybody forgot a factor, and how the phase-1 file came about: it has a transcript of its own
//! (`snarkjs powersoftau verify`), and its digest names it. A contribution's hash covers its points alone, as with snarkjs:
//! its name, and whether it is called a beacon, could be changed by who has the key; a factor from a beacon that is called
//! drawn is a factor that everybody knows.
//!
//! Source: snarkjs 0.7.6 `zkey_new.js`, `zkey_verify_frominit.js`.

mod draw;
mod encoding;
mod phase1;
mod setup;
#[cfg(test)]
mod tests;
mod transcript;

use ark_bn254::Bn254;
use poa_circuits::gadgets::r1cs::ConstraintSystem;
use rand_core::CryptoRng;

pub use self::phase1::Phase1Error;
pub use self::transcript::{Beacon, Contribution, TranscriptError};

pub(crate) use self::phase1::{Phase1, digest};
pub(crate) use self::transcript::Transcript;

type ArkKey = ark_groth16::ProvingKey<Bn254>;

/// Why a key is not what a ceremony made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// The phase-1 file is unusable.
    #[error("phase 1: {0}")]
    Phase1(#[from] Phase1Error),
    /// The transcript of contributions does not hold.
    #[error("the transcript: {0}")]
    Transcript(#[from] TranscriptError),
    /// A part of the key is another than the circuit and phase 1 give.
    #[error("{0} of the key is not what the circuit and this phase-1 file give")]
    Setup(&'static str),
    /// The transcript was begun for another circuit or with another phase-1 file.
    #[error("the transcript begins with another circuit's or phase 1's digest: {stated}, found {found}")]
    CircuitHash {
        /// In the transcript, hex.
        stated: String,
        /// Computed here, hex.
        found: String,
    },
}

/// Checks 1 to 3 of the module's header. The key's points are on their curves and in their subgroups, its queries of the
/// circuit's lengths.
pub(crate) fn check(
    shape: &ConstraintSystem,
    key: &ArkKey,
    transcript: &Transcript,
    phase1: &Phase1,
    rng: &mut impl CryptoRng,
) -> Result<(), CeremonyError> {
    transcript.check(key)?;
    phase1.check(rng)?;
    setup::check(shape, key, phase1, rng)?;
    let (stated, found) = (transcript.circuit_hash, setup::circuit_hash(shape, key, phase1));
    if stated != found {
        return Err(CeremonyError::CircuitHash { stated: hex::encode(stated), found: hex::encode(found) });
    }
    Ok(())
}
