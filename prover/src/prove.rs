//! Witness to proof. The statement is checked natively before and the proof by the pairing after.

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use poa_circuits::statement::assignment::derive;
use poa_circuits::statement::{Broken, INPUTS, Public, Witness};
use poa_verifier::groth16::{Proof, ProofError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::entropy::ArkRng;
use crate::key::ProvingKey;
use crate::qap::CircomReduction;

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

/// Proves a statement with fresh blinding from `rng`, and verifies the proof before it leaves.
pub fn prove(
    key: &ProvingKey,
    public: &Public,
    witness: &Witness,
    rng: &mut impl CryptoRng,
) -> Result<Proof, ProveError> {
    let mut rng = ArkRng(rng);
    let blinding = Zeroizing::new([Fr::rand(&mut rng), Fr::rand(&mut rng)]);
    prove_blinded(key, public, witness, &blinding)
}

/// Not generic, so that it is compiled here, optimised, and not in every caller's crate.
fn prove_blinded(
    key: &ProvingKey,
    public: &Public,
    witness: &Witness,
    blinding: &[Fr; 2],
) -> Result<Proof, ProveError> {
    public.check(witness)?;
    let assignment = derive(public, witness);
    let proof = Groth16::<Bn254, CircomReduction>::create_proof_with_reduction_and_matrices(
        &key.ark,
        blinding[0],
        blinding[1],
        &key.matrices,
        INPUTS + 1,
        key.rows,
        &assignment,
    )
    .map_err(|error| ProveError::Prover(error.to_string()))?;
    let proof = Proof::from_points(proof.a, proof.b, proof.c)?;
    key.verifying_key().verify(&public.to_inputs(), &proof)?;
    Ok(proof)
}
