//! Prepared presentations: documents like direct ones, until their hour or head has passed.

use poa_circuits::native::field::F;
use poa_prover::engine::RestoreError;
use poa_prover::{Audience, Material, PreparedPresentation, PresentError, Showing, prepare, present};
use poa_verifier::schema::DisclosureSchema;
use poa_verifier::{context, credential, groth16, statement, zk_proof};
use serde_json::{Value, json};

use super::agent::*;
use super::compiled::ENGINE;

/// `valid_at` of what is made at [`NOW`].
const VALID_AT: u64 = (NOW + 600).div_ceil(3_600) * 3_600;

struct Agent {
    material: Material,
    head: String,
    schema: DisclosureSchema,
}

impl Agent {
    fn new() -> Self {
        let (material, head) = material(attributes());
        Self { material, head, schema: task_schema() }
    }

    /// With a lower bound on the tasks completed, as of [`NOW`].
    fn with<T>(&self, audience: &Audience, valid_at_least: Option<u64>, make: impl FnOnce(&Showing<'_>) -> T) -> T {
        let disclosure = disclose(&self.schema, json!({"tasks_completed": {"atLeast": "500"}})).unwrap();
        let mut showing = showing(&self.schema, &disclosure, audience, &self.head);
        showing.occasion.valid_at_least = valid_at_least;
        make(&showing)
    }

    fn prepare(&self, audience: &Audience, valid_at_least: Option<u64>) -> PreparedPresentation {
        self.with(audience, valid_at_least, |showing| prepare(&ENGINE, &self.material, showing, &mut os_rng()).unwrap())
    }
}

fn finish(prepared: &mut PreparedPresentation, challenge: &str, now: u64) -> Result<Value, PresentError> {
    prepared.present(ENGINE.verifying_key(), challenge, now, &mut os_rng())
}

fn restore(bytes: &[u8]) -> Result<PreparedPresentation, PresentError> {
    PreparedPresentation::restore(ENGINE.verifying_key(), bytes, &mut os_rng())
}

/// What a verifier finds in it: the verdict on the proof over the recomputed context.
fn holds(presentation: &Value) -> bool {
    let derived = &presentation["verifiableCredential"][0];
    let parsed = zk_proof::parse(&derived["proof"], Some(&credential::contexts(URL))).unwrap();
    let mut unproved = derived.clone();
    unproved.as_object_mut().unwrap().remove("proof");
    let stated = statement::from_value(&derived["proof"]["statement"]).unwrap();
    let public = stated.clone().with_context(context::context(&parsed.options, &unproved));
    let proof = groth16::Proof::from_multibase(&parsed.proof_value).unwrap();
    stated == public && ENGINE.verifying_key().verify(&public.to_inputs(), &proof) == Ok(())
}

fn stale(usable_until: u64) -> Option<PresentError> {
    Some(PresentError::Stale { usable_until })
}

#[test]
fn a_prepared_presentation_is_the_document_of_a_direct_one() {
    let agent = Agent::new();
    for audience in [audience(true, false), audience(true, true)] {
        let direct = agent.with(&audience, None, |showing| {
            present(&ENGINE, &agent.material, showing, CHALLENGE, &mut os_rng()).unwrap()
        });
        let finished = finish(&mut agent.prepare(&audience, None), CHALLENGE, NOW).unwrap();
        assert!(holds(&direct) && holds(&finished));
        let [direct, finished] = [direct, finished].map(|mut document| {
            document["verifiableCredential"][0]["proof"]["proofValue"].take();
            document
        });
        assert_eq!(direct, finished, "the same but for the blinded points");
    }
}

#[test]
fn it_answers_the_challenge_it_is_given_and_no_other() {
    let agent = Agent::new();
    let mut prepared = agent.prepare(&audience(true, false), None);
    let first = finish(&mut prepared, CHALLENGE, NOW).unwrap();
    let second = finish(&mut prepared, "another challenge", NOW + 60).unwrap();
    assert!(holds(&first) && holds(&second));
    let proof_value = |document: &Value| document["verifiableCredential"][0]["proof"]["proofValue"].clone();
    assert_ne!(proof_value(&first), proof_value(&second));
    let mut replayed = first.clone();
    replayed["verifiableCredential"][0]["proof"]["challenge"] = "another challenge".into();
    assert!(!holds(&replayed));
    assert_eq!(finish(&mut prepared, "", NOW).err(), Some(PresentError::Binding));
}

#[test]
fn without_a_pseudonym_it_is_used_once() {
    let agent = Agent::new();
    let mut prepared = agent.prepare(&audience(false, false), None);
    assert!(prepared.is_single_use());
    assert!(holds(&finish(&mut prepared, CHALLENGE, NOW).unwrap()));
    assert_eq!(finish(&mut prepared, CHALLENGE, NOW).err(), Some(PresentError::Used));
    assert!(!agent.prepare(&audience(true, false), None).is_single_use());
}

#[test]
fn it_is_refused_as_soon_as_a_direct_one_would_state_another_time() {
    let agent = Agent::new();
    let mut prepared = agent.prepare(&audience(true, false), None);
    assert_eq!((prepared.valid_at(), prepared.usable_until()), (VALID_AT, VALID_AT - 600));
    assert!(finish(&mut prepared, CHALLENGE, VALID_AT - 600).is_ok());
    assert_eq!(finish(&mut prepared, CHALLENGE, VALID_AT - 599).err(), stale(VALID_AT - 600));
    assert_eq!(finish(&mut prepared, CHALLENGE, VALID_AT - 4_201).err(), stale(VALID_AT - 600), "a clock set back");
}

#[test]
fn a_verifiers_later_time_keeps_it_until_the_head_is_too_old() {
    let agent = Agent::new();
    let mut prepared = agent.prepare(&audience(true, false), Some(NOW + 86_400));
    assert_eq!(prepared.usable_until(), NOW + 7_200);
    assert!(finish(&mut prepared, CHALLENGE, NOW + 7_200).is_ok());
    assert_eq!(finish(&mut prepared, CHALLENGE, NOW + 7_201).err(), stale(NOW + 7_200));
}

#[test]
fn it_survives_storage() {
    let agent = Agent::new();
    for least in [None, Some(NOW + 86_400)] {
        let prepared = agent.prepare(&audience(true, false), least);
        let bytes = prepared.to_bytes();
        let mut restored = restore(&bytes).unwrap();
        assert_eq!(restored.to_bytes(), bytes);
        assert_eq!(restored.usable_until(), prepared.usable_until());
        assert_eq!((restored.domain(), restored.head()), (prepared.domain(), prepared.head()));
        assert!(holds(&finish(&mut restored, CHALLENGE, NOW).unwrap()));
    }
    assert!(restore(&agent.prepare(&audience(false, false), None).to_bytes()).unwrap().is_single_use());
}

#[test]
fn nothing_else_is_restored() {
    let agent = Agent::new();
    let bytes = agent.prepare(&audience(true, false), None).to_bytes();
    let malformed = Some(PresentError::Stored(RestoreError::Malformed));
    for length in [0, 26, 27, 36, 40, bytes.len() - 1] {
        assert_eq!(restore(&bytes[..length]).err(), malformed, "{length}");
    }
    assert_eq!(restore(&[&bytes[..], &[0]].concat()).err(), malformed);
    let edited = |from: &str, to: &str| {
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut edited = bytes.to_vec();
        edited[at..at + from.len()].copy_from_slice(to.as_bytes());
        restore(&edited).err()
    };
    assert_eq!(edited("presentation/1", "presentation/2"), malformed);
    assert_eq!(edited("\"type\"", "\"TYPE\""), malformed, "members out of order are not canonical");
    let mut bounded = bytes.to_vec();
    bounded[35] = 1;
    assert_eq!(restore(&bounded).err(), malformed, "a bound that is not there");
    let mut other_key = bytes.to_vec();
    let digest = ENGINE.verifying_key().sha256();
    let at = bytes.windows(32).position(|window| window == digest).unwrap();
    other_key[at] ^= 1;
    assert_eq!(restore(&other_key).err(), Some(PresentError::Stored(RestoreError::OtherKey)));
    let mut other_root = bytes.to_vec();
    other_root[at + 63] ^= 1;
    assert!(matches!(restore(&other_root).err(), Some(PresentError::Stored(RestoreError::Unsatisfied(_)))));
}

#[test]
fn a_head_of_another_root_is_not_restored_with_it() {
    let agent = Agent::new();
    let bytes = agent.prepare(&audience(true, false), None).to_bytes();
    let elsewhere = head(&F::from(5u64));
    assert_eq!(elsewhere.len(), agent.head.len());
    let at = bytes.windows(agent.head.len()).position(|window| window == agent.head.as_bytes()).unwrap();
    let mut swapped = bytes.to_vec();
    swapped[at..at + elsewhere.len()].copy_from_slice(elsewhere.as_bytes());
    assert_eq!(restore(&swapped).err(), Some(PresentError::Stored(RestoreError::Malformed)));
}

#[test]
fn what_cannot_be_shown_cannot_be_prepared() {
    let agent = Agent::new();
    let mut stale = agent.material.clone();
    stale.attributes.tasks_completed += 1;
    let refused =
        agent.with(&audience(true, false), None, |showing| prepare(&ENGINE, &stale, showing, &mut os_rng()).err());
    assert_eq!(refused, Some(PresentError::Root));
}
