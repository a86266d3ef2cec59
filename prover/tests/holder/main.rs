//! The holder's side: what is refused before a proof is attempted, and what a finished document shows.

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field::F;
use poa_circuits::native::scope;
use poa_prover::{
    Audience, DisclosureError, Material, Occasion, PresentError, Showing, present, prove_standing, standing_subject,
};
use poa_verifier::schema::{AttestationSchema, AttestationSchemaDocument};
use poa_verifier::{credential, statement, zk_proof};
use serde_json::{Value, json};

mod agent;
#[path = "../compiled/mod.rs"]
mod compiled;
mod prepared;
use agent::*;
use compiled::ENGINE;

#[test]
fn bounds_that_are_true_allowed_and_on_the_grid_are_accepted() {
    let asked = json!({
        "reputation": {"atLeast": 7_000}, "tasks_completed": {"atLeast": "500"},
        "member_since": {"atMost": "2024-12-01T00:00:00Z"}, "capabilities": {"containsAll": ["test"]},
    });
    let public = disclose(&task_schema(), asked).unwrap().to_public(&attributes());
    assert_eq!((public.lower[0], public.lower[1]), (F::from(7_000u64), F::from(500u64)));
    assert_eq!((public.upper[3], public.required), (F::from(1_733_011_200u64), F::from(2u64)));
    assert_eq!(public.upper[1], F::from(u64::MAX), "a bound left out says nothing");
}

#[test]
fn other_bounds_are_refused_by_attribute() {
    use DisclosureError::*;
    let task = task_schema();
    for (asked, refusal) in [
        (json!({"reputation": {"atLeast": 7_500}}), NotMet("reputation")),
        (json!({"reputation": {"atLeast": 7_100}}), OffGrid("reputation")),
        (json!({"tasks_completed": {"atLeast": "300"}}), OffGrid("tasks_completed")),
        (json!({"member_since": {"atMost": "2024-12-02T00:00:00Z"}}), OffGrid("member_since")),
        (json!({"member_since": {"atMost": "2024-11-01T00:00:00Z"}}), NotMet("member_since")),
        (json!({"capabilities": {"containsAll": ["review"]}}), NotMet("capabilities")),
        (json!({"earnings_sats": {"atLeast": "1"}}), NotAllowed { attribute: "earnings_sats", predicate: "atLeast" }),
        (
            json!({"tasks_completed": {"atMost": "1000"}}),
            NotAllowed { attribute: "tasks_completed", predicate: "atMost" },
        ),
    ] {
        assert_eq!(disclose(&task, asked.clone()), Err(refusal), "{asked}");
    }
}

#[test]
fn malformed_predicates_are_refused_by_member() {
    let task = task_schema();
    for (asked, member) in [
        (json!([]), "predicates"),
        (json!({"karma": {"atLeast": 1}}), "karma"),
        (json!({"reputation": 7_000}), "reputation"),
        (json!({"reputation": {"atLeast": "7000"}}), "reputation.atLeast"),
        (json!({"reputation": {"atLeast": 10_001}}), "reputation.atLeast"),
        (json!({"reputation": {"above": 1}}), "reputation.above"),
        (json!({"tasks_completed": {"atLeast": 500}}), "tasks_completed.atLeast"),
        (json!({"tasks_completed": {"atLeast": "0500"}}), "tasks_completed.atLeast"),
        (json!({"build_hash": {"atLeast": "1"}}), "build_hash.atLeast"),
    ] {
        match disclose(&task, asked.clone()) {
            Err(DisclosureError::Malformed { member: found, .. }) => assert_eq!(found, member, "{asked}"),
            other => panic!("{asked}: {other:?}"),
        }
    }
}

#[test]
fn an_unknown_capability_is_refused_with_those_that_are_known() {
    let refused = disclose(&task_schema(), json!({"capabilities": {"containsAll": ["review", "fly"]}})).unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, DisclosureError::UnknownCapability { found, .. } if found == "fly"));
    assert!(text.contains("capabilities.containsAll") && text.contains("review"), "{text}");
}

#[test]
fn a_bound_that_says_nothing_is_allowed_everywhere_and_a_missing_build_is_not() {
    let asked = json!({"earnings_sats": {"atLeast": "0"}});
    assert!(disclose(&task_schema(), asked).is_ok());
    let build = disclosure_schema(&["build_hash"], json!({}), &["build_hash"]);
    assert_eq!(disclose(&build, json!({})), Err(DisclosureError::Zero("build_hash")));
}

#[test]
fn a_presentation_shows_the_bound_the_pseudonym_and_nothing_else() {
    let (material, head) = material(attributes());
    let schema = task_schema();
    let disclosure = disclose(&schema, json!({"tasks_completed": {"atLeast": "500"}})).unwrap();
    let audience = audience(true, false);
    let showing = showing(&schema, &disclosure, &audience, &head);
    let made = present(&ENGINE, &material, &showing, CHALLENGE, &mut os_rng()).unwrap();
    let derived = &made["verifiableCredential"][0];
    assert_eq!(derived["credentialSubject"], json!({"type": "AgentAttributes", "tasks_completed": {"atLeast": "500"}}));
    let public = statement::from_value(&derived["proof"]["statement"]).unwrap();
    let scope = scope::Audience::new("https://verifier.example").unwrap().scope();
    assert_eq!((public.scope, public.nullifier), (scope, material.pseudonym.nullifier(&scope)));
    assert_eq!((public.subject, public.valid_at), (F::from(0u64), F::from((NOW + 600).div_ceil(3_600) * 3_600)));
    let parsed = zk_proof::parse(&derived["proof"], Some(&credential::contexts(URL))).unwrap();
    let mut unproved = derived.clone();
    unproved.as_object_mut().unwrap().remove("proof");
    let mut members: Vec<_> = unproved.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["@context", "credentialSchema", "credentialSubject", "issuer", "type"]);
    assert_eq!(public.context, poa_verifier::context::context(&parsed.options, &unproved));
    let proof = poa_verifier::groth16::Proof::from_multibase(&parsed.proof_value).unwrap();
    assert_eq!(ENGINE.verifying_key().verify(&public.to_inputs(), &proof), Ok(()));
}

#[test]
fn without_a_pseudonym_no_two_presentations_share_scope_or_nullifier() {
    let (material, head) = material(attributes());
    let schema = task_schema();
    let disclosure = disclose(&schema, json!({})).unwrap();
    let audience = audience(false, true);
    let showing = showing(&schema, &disclosure, &audience, &head);
    let [one, two] = [(); 2].map(|()| {
        let made = present(&ENGINE, &material, &showing, CHALLENGE, &mut os_rng());
        statement::from_value(&made.unwrap()["verifiableCredential"][0]["proof"]["statement"]).unwrap()
    });
    assert!(one.scope != two.scope && one.nullifier != two.nullifier);
    assert_eq!(one.subject, material.agent.agent_id().to_field());
}

#[test]
fn the_holder_refuses_what_does_not_fit_together() {
    let (material, head) = material(attributes());
    let schema = task_schema();
    let disclosure = disclose(&schema, json!({})).unwrap();
    let attempt = |material: &Material, audience: &Audience, occasion: &Occasion<'_>| {
        let showing = Showing { schema: &schema, disclosure: &disclosure, audience, occasion: *occasion };
        present(&ENGINE, material, &showing, CHALLENGE, &mut os_rng()).err()
    };
    let asked = audience(true, false);
    let mut stale = material.clone();
    stale.attributes.tasks_completed += 1;
    assert_eq!(attempt(&stale, &asked, &occasion(&head)), Some(PresentError::Root));
    let late = Occasion { valid_at_least: Some(material.expires_at + 1), ..occasion(&head) };
    assert!(matches!(attempt(&material, &asked, &late), Some(PresentError::Expired { .. })));
    let unbound = Audience { domain: String::new(), ..asked.clone() };
    assert_eq!(attempt(&material, &unbound, &occasion(&head)), Some(PresentError::Binding));
    let unchallenged = present(&ENGINE, &material, &showing(&schema, &disclosure, &asked, &head), "", &mut os_rng());
    assert_eq!(unchallenged, Err(PresentError::Binding));
    let nobody = Audience { domain: "verifier".to_owned(), ..asked.clone() };
    assert!(matches!(attempt(&material, &nobody, &occasion(&head)), Some(PresentError::Audience(_))));
    assert!(matches!(attempt(&material, &asked, &occasion("no.jws")), Some(PresentError::Jws(_))));
    let mut foreign = material.clone();
    let document = AttestationSchemaDocument { log: "sandbox".to_owned(), ..foreign.schema.document().clone() };
    foreign.schema = AttestationSchema::new(document).unwrap();
    assert!(matches!(attempt(&foreign, &asked, &occasion(&head)), Some(PresentError::OtherLog { .. })));
    let stricter = disclosure_schema(&["earnings_sats"], json!({}), &[]);
    let broken = showing(&stricter, &disclosure, &asked, &head);
    let broken = present(&ENGINE, &material, &broken, CHALLENGE, &mut os_rng());
    assert!(matches!(broken, Err(PresentError::Rule(_))));
    let elsewhere = self::head(&F::from(5u64));
    assert_eq!(attempt(&material, &asked, &occasion(&elsewhere)), Some(PresentError::Root));
}

#[test]
fn a_standing_proof_is_made_over_the_document_that_says_the_same() {
    let (material, head) = material(attributes());
    let schema = disclosure_schema(&Slot::ALL.map(Slot::name), json!({}), &[]);
    let disclosure = disclose(&schema, json!({})).unwrap();
    let subject = standing_subject(&material.agent, &material.schema, &material.attributes, &disclosure).unwrap();
    assert_eq!(subject["tasks_completed"], "674");
    assert_eq!(subject["build_hash"], Value::Null);
    let document = json!({
        "@context": credential::contexts(URL), "type": credential::types(), "credentialSubject": subject,
        "validUntil": "2026-10-01T00:00:00Z",
    });
    let prove = |document: &Value| prove_standing(&ENGINE, &material, &head, document, &disclosure, NOW, &mut os_rng());
    let object = prove(&document).unwrap();
    let public = statement::from_value(&object["statement"]).unwrap();
    assert_eq!(public.mask, F::from(63u64));
    assert_eq!(public.valid_at, F::from(1_790_812_800u64));
    let mut edited = document.clone();
    edited["credentialSubject"]["tasks_completed"] = "675".into();
    assert_eq!(prove(&edited), Err(PresentError::Document("credentialSubject")));
    edited = document.clone();
    edited["validUntil"] = "2027-10-01T00:00:00Z".into();
    assert!(matches!(prove(&edited), Err(PresentError::Expired { .. })));
    edited["validUntil"] = Value::Null;
    assert_eq!(prove(&edited), Err(PresentError::Document("validUntil")));
}
