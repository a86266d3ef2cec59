//! The stock prover as arkworks' documentation has it, constraint synthesis included: what the engine is measured against.
//!
//! It runs on the same circuit and key. The reduction is the key's own (see `qap`): under arkworks' default one this key
//! gives no valid proofs.

use ark_bn254::Bn254;
use ark_groth16::Groth16;
use poa_circuits::statement::{Public, Witness, circuit};
use poa_verifier::groth16::Proof;
use rand_core::CryptoRng;

use crate::entropy::ArkRng;
use crate::key::ProvingKey;
use crate::prove::ProveError;
use crate::qap::CircomReduction;

/// Synthesises, proves and verifies, with nothing kept from one proof to the next but the key.
///
/// # Errors
/// [`ProveError`], as for [`crate::prove()`].
pub fn prove_stock(
    key: &ProvingKey,
    public: &Public,
    witness: &Witness,
    rng: &mut impl CryptoRng,
) -> Result<Proof, ProveError> {
    let system = circuit::synthesise(public, witness);
    let proof =
        Groth16::<Bn254, CircomReduction>::create_random_proof_with_reduction(&system, &key.ark, &mut ArkRng(rng))
            .map_err(|error| ProveError::Prover(error.to_string()))?;
    let proof = Proof::from_points(proof.a, proof.b, proof.c)?;
    key.verifying_key().verify(&public.to_inputs(), &proof)?;
    Ok(proof)
}
