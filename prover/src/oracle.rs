//! The stock prover: what the engine is compared with and measured against. Nothing in production calls it.
//!
//! [`prove_stock`] is arkworks as its documentation has it, constraint synthesis included; [`prove`] keeps the matrices.
//!
//! It runs on the same circuit and key. The reduction is the key's own (see `qap`): under arkworks' default one this key
//! gives no valid proofs.

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use poa_circuits::statement::assignment::derive;
use poa_circuits::statement::{INPUTS, Public, Witness, circuit};
use poa_verifier::groth16::Proof;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::entropy::ArkRng;
use crate::key::ProvingKey;
use crate::prove::ProveError;
use crate::qap::CircomReduction;

/// Synthesises, proves and verifies, with nothing kept from one proof to the next but the key.
///
/// # Errors
/// [`ProveError`], as for [`crate::Engine::prove`].
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

/// Arkworks' prover on the matrices that the key holds, with the engine's assignment, then verified.
///
/// # Errors
/// [`ProveError`], as for [`crate::Engine::prove`].
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
        key.matrices[0].len(),
        &assignment,
    )
    .map_err(|error| ProveError::Prover(error.to_string()))?;
    let proof = Proof::from_points(proof.a, proof.b, proof.c)?;
    key.verifying_key().verify(&public.to_inputs(), &proof)?;
    Ok(proof)
}
