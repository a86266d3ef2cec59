//! Makes the files of `crs/` from a snarkjs key, once it is what a ceremony made of the circuit and a phase-1 file.

use poa_circuits::statement::circuit;
use rand_core::CryptoRng;

use super::ceremony::{AttestationError, Attestations, Ceremony};
use super::generate::CrsFiles;
use super::manifest::Manifest;
use super::verify::self_test;
use crate::ceremony::{self, CeremonyError, Phase1, Transcript, TranscriptError};
use crate::engine::{Engine, Settings};
use crate::key::{ProvingKey, ProvingKeyError};
use crate::prove::ProveError;
use crate::zkey::{Zkey, ZkeyError};

/// Why a key is not imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is no key for this circuit.
    #[error("the key: {0}")]
    Zkey(#[from] ZkeyError),
    /// Its points are no proving key.
    #[error("the key: {0}")]
    Key(#[from] ProvingKeyError),
    /// It is not what a ceremony made.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The attestations do not fit the transcript.
    #[error("the attestations: {0}")]
    Attestations(#[from] AttestationError),
    /// The key cannot prove a sample statement.
    #[error("the sample statement: {0}")]
    Sample(#[from] ProveError),
}

/// Checks a key against the circuit of this build and a phase-1 file, and describes it. Without attestations it is taken
/// for one party's, whatever names the contributions bear.
///
/// # Errors
/// [`ImportError`].
pub fn import_zkey(
    zkey: &[u8],
    phase1: &[u8],
    attestations: Option<Attestations>,
    rng: &mut impl CryptoRng,
) -> Result<CrsFiles, ImportError> {
    let shape = circuit::shape();
    let zkey = Zkey::read(zkey, &shape)?;
    let key = ProvingKey::new(zkey.key)?;
    let section = zkey.transcript.ok_or(TranscriptError::Missing).map_err(CeremonyError::from)?;
    let transcript = Transcript::read(section).map_err(CeremonyError::from)?;
    let digest = hex::encode(ceremony::digest(phase1));
    let phase1 = Phase1::read(phase1, &shape).map_err(CeremonyError::from)?;
    let account = Ceremony::describe(section, &transcript, (phase1.power, digest), attestations);
    let setup = account.setup()?;
    account.check_phase1(phase1.contributions)?;
    ceremony::check(&shape, &key.ark, &transcript, &phase1, rng)?;
    self_test(&Engine::compile(&key, Settings::SMALL), rng)?;
    let (proving_key, verifying_key) = (key.to_bytes(), key.verifying_key().to_bytes());
    let manifest = Manifest::describe(&proving_key, &verifying_key, setup, Some(account));
    Ok(CrsFiles { proving_key, verifying_key, manifest })
}
