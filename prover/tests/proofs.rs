//! The stock prover's proofs under the committed key: accepted by two verifiers, for one statement, and never the same twice.

use ark_bn254::Bn254;
use ark_ff::Field;
use ark_groth16::{Groth16, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use poa_circuits::native::field::F;
use poa_circuits::statement::{Broken, INPUT_NAMES, Public};
use poa_prover::crs::{MANIFEST, PROVING_KEY, VERIFYING_KEY};
use poa_prover::oracle::prove;
use poa_prover::{ProveError, ProvingKey, crs};
use poa_verifier::groth16::{Proof, ProofError};
use poa_verifier::key::VerifyingKey;

mod common;
use common::{os_rng, statement};

#[test]
fn a_proof_is_accepted_by_our_verifier_and_by_arkworks() {
    let key = ProvingKey::development();
    let stock = ark_groth16::VerifyingKey::<Bn254>::deserialize_uncompressed(VERIFYING_KEY).unwrap();
    let stock = prepare_verifying_key(&stock);
    for mask in [0, 0b10101, 63] {
        let (public, witness) = statement(mask);
        let proof = prove(key, &public, &witness, &mut os_rng()).unwrap();
        let inputs = public.to_inputs();
        assert_eq!(key.verifying_key().verify(&inputs, &proof), Ok(()));
        let proof = ark_groth16::Proof::deserialize_compressed(&proof.to_bytes()[..]).unwrap();
        assert!(Groth16::<Bn254>::verify_proof(&stock, &proof, &inputs).unwrap());
    }
}

#[test]
fn each_public_input_plus_one_fails() {
    let key = ProvingKey::development();
    let (public, witness) = statement(5);
    let proof = prove(key, &public, &witness, &mut os_rng()).unwrap();
    for (i, name) in INPUT_NAMES.iter().enumerate() {
        let mut inputs = public.to_inputs();
        inputs[i] += F::ONE;
        assert_eq!(key.verifying_key().verify(&inputs, &proof), Err(ProofError::Unsatisfied), "{name}");
    }
}

#[test]
fn a_false_statement_is_refused_before_proving_by_clause() {
    let key = ProvingKey::development();
    let (mut public, witness) = statement(0);
    public.lower[1] = F::from(675u64);
    assert_eq!(prove(key, &public, &witness, &mut os_rng()), Err(ProveError::Statement(Broken::Bounds(1))));
}

#[test]
fn two_proofs_of_one_statement_share_no_point() {
    let key = ProvingKey::development();
    let (public, witness) = statement(1);
    let [one, two] = [(); 2].map(|()| prove(key, &public, &witness, &mut os_rng()).unwrap());
    assert!(one.a() != two.a() && one.b() != two.b() && one.c() != two.c());
}

/// Anyone can re-randomise a Groth16 proof: replay protection must never key on its bytes.
#[test]
fn a_rerandomised_proof_is_the_same_statement() {
    let key = ProvingKey::development();
    let (public, witness) = statement(1);
    let proof = prove(key, &public, &witness, &mut os_rng()).unwrap();
    let vk = ark_groth16::VerifyingKey::<Bn254>::deserialize_uncompressed(VERIFYING_KEY).unwrap();
    let stock = ark_groth16::Proof { a: *proof.a(), b: *proof.b(), c: *proof.c() };
    let mut rng = ark_std::test_rng();
    let other = Groth16::<Bn254>::rerandomize_proof(&vk, &stock, &mut rng);
    let other = Proof::from_points(other.a, other.b, other.c).unwrap();
    assert_ne!(other.to_bytes(), proof.to_bytes());
    assert_eq!(key.verifying_key().verify(&public.to_inputs(), &other), Ok(()));
    let replayed = Public { context: public.context + F::ONE, ..public };
    assert_eq!(key.verifying_key().verify(&replayed.to_inputs(), &other), Err(ProofError::Unsatisfied));
}

#[test]
fn the_committed_files_pass_every_check() {
    let checked = crs::verify(MANIFEST, PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()).unwrap();
    assert!(checked.manifest.setup.is_development());
    let named = VerifyingKey::from_bytes(VERIFYING_KEY).unwrap();
    assert_eq!(hex::encode(named.sha256()), checked.manifest.verifying_key_sha256);
    assert_eq!(ProvingKey::development().to_bytes(), PROVING_KEY);
}
