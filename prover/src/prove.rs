//! Why there is no proof.

use poa_circuits::statement::Broken;
use poa_verifier::groth16::ProofError;

/// Why there is no proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The statement is false for this witness.
    #[error("the statement does not hold: {0}")]
    Statement(#[from] Broken),
    /// The prover failed; nothing about the statement is known to be wrong.
    #[error("the prover failed: {0}")]
    Prover(String),
    /// The finished proof does not verify under the key's own verifying key, and was dropped.
    #[error("the finished proof did not verify and was dropped: {0}")]
    SelfCheck(#[from] ProofError),
}
