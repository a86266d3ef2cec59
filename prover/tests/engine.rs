//! The engine's proofs: accepted by two verifiers, for one statement, never the same twice, from disk and from the key.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use ark_bn254::Bn254;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_groth16::{Groth16, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use poa_circuits::native::field::F;
use poa_circuits::statement::{Broken, INPUT_NAMES, Witness};
use poa_prover::crs::{PROVING_KEY, VERIFYING_KEY};
use poa_prover::engine::{CacheError, Origin, Prepared, RestoreError};
use poa_prover::{Engine, ProveError, ProvingKeyError, Settings};
use poa_verifier::groth16::ProofError;
use proptest::prelude::*;
use rayon::prelude::*;

mod common;
mod compiled;
use common::{os_rng, statement};
use compiled::ENGINE;

/// A cache of a test's own.
fn cache(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_proof_is_accepted_by_our_verifier_and_by_arkworks() {
    let stock = ark_groth16::VerifyingKey::<Bn254>::deserialize_uncompressed(VERIFYING_KEY).unwrap();
    let stock = prepare_verifying_key(&stock);
    for mask in [0, 0b10101, 63] {
        let (public, witness) = statement(mask);
        let proof = ENGINE.prove(&public, &witness, &mut os_rng()).unwrap();
        let inputs = public.to_inputs();
        assert_eq!(ENGINE.verifying_key().verify(&inputs, &proof), Ok(()));
        let proof = ark_groth16::Proof::deserialize_compressed(&proof.to_bytes()[..]).unwrap();
        assert!(Groth16::<Bn254>::verify_proof(&stock, &proof, &inputs).unwrap());
    }
}

#[test]
fn a_proof_is_for_its_inputs_alone() {
    let (public, witness) = statement(5);
    let proof = ENGINE.prove(&public, &witness, &mut os_rng()).unwrap();
    for (i, name) in INPUT_NAMES.iter().enumerate() {
        let mut inputs = public.to_inputs();
        inputs[i] += F::ONE;
        assert_eq!(ENGINE.verifying_key().verify(&inputs, &proof), Err(ProofError::Unsatisfied), "{name}");
    }
}

#[test]
fn a_false_statement_is_refused_before_proving_by_clause() {
    let (mut public, witness) = statement(0);
    public.lower[1] = F::from(675u64);
    let refused = ENGINE.prove(&public, &witness, &mut os_rng());
    assert_eq!(refused, Err(ProveError::Statement(Broken::Bounds(1))));
}

#[test]
fn two_proofs_of_one_statement_share_no_point() {
    let (public, witness) = statement(1);
    let [one, two] = [(); 2].map(|()| ENGINE.prove(&public, &witness, &mut os_rng()).unwrap());
    assert!(one.a() != two.a() && one.b() != two.b() && one.c() != two.c());
}

#[test]
fn the_caller_sets_the_number_of_threads() {
    let (public, witness) = statement(2);
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let proof = pool.install(|| ENGINE.prove(&public, &witness, &mut os_rng())).unwrap();
        assert_eq!(ENGINE.verifying_key().verify(&public.to_inputs(), &proof), Ok(()));
    }
}

#[test]
fn a_compiled_key_survives_the_disk_and_nothing_damaged_or_foreign_is_used() {
    let directory = cache("cache of one test");
    fs::remove_dir_all(&directory).ok();
    let coarse = Settings::new(8, 32).unwrap();
    let load = || Engine::load(&directory, PROVING_KEY, coarse);
    assert!(matches!(load(), Err(CacheError::Io(_))), "there is no file yet");

    let (_, origin) = Engine::load_or_compile(&directory, PROVING_KEY, coarse, &mut os_rng()).unwrap();
    assert!(matches!(origin, Origin::Compiled(CacheError::Io(_))));
    let (engine, origin) = Engine::load_or_compile(&directory, PROVING_KEY, coarse, &mut os_rng()).unwrap();
    assert!(matches!(origin, Origin::Cache));
    assert_eq!(engine.settings(), coarse);
    let (public, witness) = statement(9);
    let proof = engine.prove(&public, &witness, &mut os_rng()).unwrap();
    assert_eq!(engine.verifying_key().verify(&public.to_inputs(), &proof), Ok(()));

    let path = Engine::cache_file(&directory, PROVING_KEY, coarse);
    let mut other_key = PROVING_KEY.to_vec();
    *other_key.last_mut().unwrap() ^= 1;
    for (key, settings) in [(PROVING_KEY, Settings::new(8, 31).unwrap()), (&other_key[..], coarse)] {
        fs::copy(&path, Engine::cache_file(&directory, key, settings)).unwrap();
        assert!(matches!(Engine::load(&directory, key, settings), Err(CacheError::Other)), "under another's name");
    }
    assert!(matches!(Engine::load(&directory, b"", coarse), Err(CacheError::VerifyingKey(_))));

    let file = fs::read(&path).unwrap();
    for at in [40, 1_000, 400_000, file.len() / 2, file.len() - 1] {
        let mut damaged = file.clone();
        damaged[at] ^= 4;
        fs::write(&path, damaged).unwrap();
        assert!(matches!(load(), Err(CacheError::Damaged)), "byte {at}");
    }
    fs::write(&path, &file[..file.len() - 1]).unwrap();
    assert!(matches!(load(), Err(CacheError::Damaged)));
    fs::write(&path, &file).unwrap();
    assert!(load().is_ok());
}

#[test]
fn bytes_that_are_no_proving_key_are_refused_and_leave_no_file() {
    let directory = cache("cache of no key");
    let refused =
        Engine::load_or_compile(&directory, &PROVING_KEY[..PROVING_KEY.len() - 1], Settings::SMALL, &mut os_rng());
    assert_eq!(refused.err(), Some(ProvingKeyError::Malformed));
    assert!(!directory.exists());
}

#[test]
fn an_engine_that_cannot_be_stored_still_proves() {
    let file = cache("a file, not a directory");
    fs::write(&file, b"").unwrap();
    let coarse = Settings::new(8, 32).unwrap();
    let (engine, origin) = Engine::load_or_compile(&file, PROVING_KEY, coarse, &mut os_rng()).unwrap();
    assert!(matches!(origin, Origin::NotStored(CacheError::Directory(_), CacheError::Directory(_))));
    let (public, witness) = statement(0);
    assert!(engine.prove(&public, &witness, &mut os_rng()).is_ok());
}

/// The property that preparing rests on: the verdict is a direct proof's, for the context it was finished with and for
/// no other.
#[test]
fn a_prepared_proof_finished_with_a_context_is_a_proof_for_that_context_alone() {
    let mut rng = os_rng();
    for mask in [0, 0b100110] {
        let (public, witness) = statement(mask);
        let prepared = ENGINE.prepare(&public, &witness, &mut rng).unwrap();
        for context in [F::ZERO, F::ONE, -F::ONE, F::from(2u64), public.context] {
            assert_eq!(prepared.public(context), public.clone().with_context(context));
            check_finished(&prepared, &witness, context, context);
            check_finished(&prepared, &witness, context, context + F::ONE);
        }
    }
}

/// Two statements, prepared once.
static PREPARED: LazyLock<[(Prepared, Witness); 2]> = LazyLock::new(|| {
    [5, 0b110000].map(|mask| {
        let (public, witness) = statement(mask);
        (ENGINE.prepare(&public, &witness, &mut os_rng()).unwrap(), witness)
    })
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_context_has_the_verdict_of_a_direct_proof(
        which in 0usize..2,
        context: [u8; 32],
        asked in prop::option::of(any::<[u8; 32]>()),
    ) {
        let context = F::from_le_bytes_mod_order(&context);
        let asked = asked.map_or(context, |asked| F::from_le_bytes_mod_order(&asked));
        let (prepared, witness) = &PREPARED[which];
        check_finished(prepared, witness, context, asked);
    }
}

/// Finishes for one context, asks for another, and compares with a direct proof.
fn check_finished(prepared: &Prepared, witness: &Witness, context: F, asked: F) {
    let key = ENGINE.verifying_key();
    let finished = prepared.finish(key, context, &mut os_rng()).unwrap();
    let direct = ENGINE.prove(&prepared.public(context), witness, &mut os_rng()).unwrap();
    let asked_for = prepared.public(asked).to_inputs();
    let expected = if asked == context { Ok(()) } else { Err(ProofError::Unsatisfied) };
    assert_eq!(key.verify(&asked_for, &finished), expected);
    assert_eq!(key.verify(&asked_for, &direct), expected);
}

#[test]
fn a_prepared_proof_is_blinded_anew_each_time() {
    let (public, witness) = statement(3);
    let prepared = ENGINE.prepare(&public, &witness, &mut os_rng()).unwrap();
    let [one, two] = [(); 2].map(|()| prepared.finish(ENGINE.verifying_key(), public.context, &mut os_rng()).unwrap());
    assert!(one.a() != two.a() && one.b() != two.b() && one.c() != two.c());
}

/// What the first preparation makes for all others is made on the pool: a thread that waits there may be given another
/// preparation, which must not wait for the first.
#[test]
fn a_new_engine_prepares_several_at_once_in_one_pool() {
    let engine = compiled::load(Settings::FULL);
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let prepare = |mask: u64| {
            let (public, witness) = statement(mask);
            engine.prepare(&public, &witness, &mut os_rng()).is_ok()
        };
        let _ = done.send(pool.install(|| (0..6).into_par_iter().all(prepare)));
    });
    assert_eq!(wait.recv_timeout(std::time::Duration::from_secs(120)), Ok(true));
}

#[test]
fn a_false_statement_cannot_be_prepared() {
    let (mut public, witness) = statement(0);
    public.nullifier += F::ONE;
    let refused = ENGINE.prepare(&public, &witness, &mut os_rng());
    assert_eq!(refused.err(), Some(ProveError::Statement(Broken::Pseudonym)));
}

#[test]
fn a_prepared_proof_survives_storage_and_nothing_else_is_restored() {
    let mut rng = os_rng();
    let (public, witness) = statement(7);
    let bytes = ENGINE.prepare(&public, &witness, &mut rng).unwrap().to_bytes();
    let restored = Prepared::restore(ENGINE.verifying_key(), &bytes, &mut rng).unwrap();
    assert_eq!(restored.to_bytes(), bytes);
    let proof = restored.finish(ENGINE.verifying_key(), public.context, &mut rng).unwrap();
    assert_eq!(ENGINE.verifying_key().verify(&public.to_inputs(), &proof), Ok(()));

    let mut restore = |bytes: &[u8]| Prepared::restore(ENGINE.verifying_key(), bytes, &mut rng).err();
    assert_eq!(restore(&bytes[1..]), Some(RestoreError::Malformed));
    let mut other = bytes.clone();
    other[0] ^= 1;
    assert_eq!(restore(&other), Some(RestoreError::OtherKey));
    // The last byte of the root, then a coordinate of a point.
    let mut other = bytes.clone();
    other[63] ^= 1;
    assert_eq!(restore(&other), Some(RestoreError::Unsatisfied(ProofError::Unsatisfied)));
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(restore(&other), Some(RestoreError::Malformed));
    // C0 and C1 exchanged: points as good as before, but not a proof.
    let mut other = bytes.clone();
    let c0 = 32 + 23 * 32 + 64 + 128;
    other[c0..c0 + 128].rotate_left(64);
    assert_eq!(restore(&other), Some(RestoreError::Unsatisfied(ProofError::Unsatisfied)));
    // The same with the key's share of A and of C.
    let mut other = bytes.clone();
    let (da, c2) = (c0 + 128, other.len() - 64);
    let [first, second] = [da, c2].map(|at| bytes[at..at + 64].to_vec());
    other[da..da + 64].copy_from_slice(&second);
    other[c2..].copy_from_slice(&first);
    assert_eq!(restore(&other), Some(RestoreError::Unsatisfied(ProofError::Unsatisfied)));
}
