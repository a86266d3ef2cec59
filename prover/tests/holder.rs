//! The holder's side: what is refused before a proof is attempted, and what a finished document shows.

use ed25519_dalek::{Signer, SigningKey};
use poa_circuits::native::attributes::{Attributes, Reputation, Slot};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, Leaf};
use poa_circuits::native::scope;
use poa_circuits::native::tree::{self, Path};
use poa_prover::{
    Audience, Disclosure, DisclosureError, Material, Occasion, Predicates, PresentError, ProvingKey, present,
    prove_standing, standing_subject,
};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::schema::{AttestationSchema, AttestationSchemaDocument, DisclosureSchema};
use poa_verifier::{credential, jws, statement, zk_proof};
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use uuid::Uuid;

const URL: &str = "https://issuer.example";
const NOW: u64 = 1_790_000_001;

fn os_rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn attestation_schema() -> AttestationSchema {
    AttestationSchema::new(AttestationSchemaDocument {
        id: format!("{URL}/schemas/agent-attributes-holder/1"),
        issuer: IssuerDid::from_url(URL).unwrap(),
        log: "main".to_owned(),
        slots: AttestationSchemaDocument::slot_names(),
        capabilities: ["write", "test", "review"].map(str::to_owned).to_vec(),
        leaf_lifetime: 90 * 86_400,
        revoke_on_supersede: false,
        custody: poa_verifier::schema::Custody::Holder,
    })
    .unwrap()
}

fn disclosure_schema(disclose: &[&str], predicates: Value, nonzero: &[&str]) -> DisclosureSchema {
    let document = json!({
        "id": format!("{URL}/schemas/sample/1"), "type": "AgentDisclosureSchema", "name": "sample", "version": 1,
        "title": "Sample", "description": "For tests", "disclose": disclose, "predicates": predicates,
        "nonzero": nonzero, "valid_for_s": 2_592_000,
    });
    DisclosureSchema::new(serde_json::from_value(document).unwrap()).unwrap()
}

fn task_schema() -> DisclosureSchema {
    disclosure_schema(
        &[],
        json!({"reputation": ["atLeast"], "tasks_completed": ["atLeast"], "member_since": ["atMost"],
               "capabilities": ["containsAll"]}),
        &[],
    )
}

fn attributes() -> Attributes {
    Attributes {
        reputation: Reputation::new(7_250).unwrap(),
        tasks_completed: 674,
        earnings_sats: 0,
        member_since: 1_730_592_000,
        capabilities: 0b011,
        build_sha256: None,
    }
}

/// An agent's material and the head of the tree that its leaf is alone in.
fn material(attributes: Attributes) -> (Material, String) {
    let mut rng = os_rng();
    let schema = attestation_schema();
    let agent = AgentDid::new(&IssuerDid::from_url(URL).unwrap(), Uuid::from_u128(7)).unwrap();
    let (holder, pseudonym) = (HolderSecret::random(&mut rng), PseudonymSecret::random(&mut rng));
    let leaf = Leaf {
        identity: holder.public().commitment(),
        pseudonym: pseudonym.commitment(),
        agent: agent.agent_id(),
        schema: schema.field(),
        attributes: attributes.to_fields(),
        expires_at: NOW + 60 * 86_400,
        salt: leaf::random_salt(&mut rng),
    };
    let path = Path { index: 0, siblings: std::array::from_fn(tree::zero) };
    let head = head(&path.root(&leaf.hash()));
    let (expires_at, salt) = (leaf.expires_at, leaf.salt);
    (Material { holder, pseudonym, agent, schema, attributes, expires_at, salt, path }, head)
}

fn head(root: &F) -> String {
    let claims = json!({
        "iss": "did:web:issuer.example", "log": "main", "iat": NOW, "exp": NOW + 7 * 86_400,
        "root": field::encode_hex(root), "size": 1, "seq": 1, "revocations": 0, "anchor": true,
    });
    let input = jws::signing_input("poa-root+jwt", "did:web:issuer.example#heads-1", &claims);
    let signature = SigningKey::from_bytes(&[9; 32]).sign(input.as_bytes()).to_bytes();
    jws::attach_signature(&input, &signature)
}

fn disclose(schema: &DisclosureSchema, predicates: Value) -> Result<Disclosure, DisclosureError> {
    let predicates = Predicates::from_json(&predicates, &attestation_schema())?;
    Disclosure::new(schema, &predicates, &attributes())
}

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
        (json!({"capabilities": {"containsAll": ["fly"]}}), "capabilities.containsAll"),
        (json!({"build_hash": {"atLeast": "1"}}), "build_hash.atLeast"),
    ] {
        match disclose(&task, asked.clone()) {
            Err(DisclosureError::Malformed { member: found, .. }) => assert_eq!(found, member, "{asked}"),
            other => panic!("{asked}: {other:?}"),
        }
    }
}

#[test]
fn a_bound_that_says_nothing_is_allowed_everywhere_and_a_missing_build_is_not() {
    let asked = json!({"earnings_sats": {"atLeast": "0"}});
    assert!(disclose(&task_schema(), asked).is_ok());
    let build = disclosure_schema(&["build_hash"], json!({}), &["build_hash"]);
    assert_eq!(disclose(&build, json!({})), Err(DisclosureError::Zero("build_hash")));
}

fn audience(pseudonym: bool, show_subject: bool) -> Audience {
    Audience {
        challenge: "c2l4dGVlbiByYW5kb20gYnl0ZXM".to_owned(),
        domain: "https://verifier.example".to_owned(),
        pseudonym,
        show_subject,
    }
}

fn occasion(head_jws: &str) -> Occasion<'_> {
    Occasion { issuer_url: URL, head_jws, now_unix_s: NOW, valid_at_least: None }
}

#[test]
fn a_presentation_shows_the_bound_the_pseudonym_and_nothing_else() {
    let (material, head) = material(attributes());
    let schema = task_schema();
    let disclosure = disclose(&schema, json!({"tasks_completed": {"atLeast": "500"}})).unwrap();
    let key = ProvingKey::development();
    let made =
        present(key, &material, &schema, &disclosure, &audience(true, false), &occasion(&head), &mut os_rng()).unwrap();
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
    assert_eq!(key.verifying_key().verify(&public.to_inputs(), &proof), Ok(()));
}

#[test]
fn without_a_pseudonym_no_two_presentations_share_scope_or_nullifier() {
    let (material, head) = material(attributes());
    let schema = task_schema();
    let disclosure = disclose(&schema, json!({})).unwrap();
    let [one, two] = [(); 2].map(|()| {
        let made = present(
            ProvingKey::development(),
            &material,
            &schema,
            &disclosure,
            &audience(false, true),
            &occasion(&head),
            &mut os_rng(),
        );
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
    let key = ProvingKey::development();
    let attempt = |material: &Material, audience: &Audience, occasion: &Occasion<'_>| {
        present(key, material, &schema, &disclosure, audience, occasion, &mut os_rng()).err()
    };
    let asked = audience(true, false);
    let mut stale = material.clone();
    stale.attributes.tasks_completed += 1;
    assert_eq!(attempt(&stale, &asked, &occasion(&head)), Some(PresentError::Root));
    let late = Occasion { valid_at_least: Some(material.expires_at + 1), ..occasion(&head) };
    assert!(matches!(attempt(&material, &asked, &late), Some(PresentError::Expired { .. })));
    let unbound = Audience { challenge: String::new(), ..asked.clone() };
    assert_eq!(attempt(&material, &unbound, &occasion(&head)), Some(PresentError::Binding));
    let nobody = Audience { domain: "verifier".to_owned(), ..asked.clone() };
    assert!(matches!(attempt(&material, &nobody, &occasion(&head)), Some(PresentError::Audience(_))));
    assert!(matches!(attempt(&material, &asked, &occasion("no.jws")), Some(PresentError::Jws(_))));
    let mut foreign = material.clone();
    let document = AttestationSchemaDocument { log: "sandbox".to_owned(), ..foreign.schema.document().clone() };
    foreign.schema = AttestationSchema::new(document).unwrap();
    assert!(matches!(attempt(&foreign, &asked, &occasion(&head)), Some(PresentError::OtherLog { .. })));
    let stricter = disclosure_schema(&["earnings_sats"], json!({}), &[]);
    let broken = present(key, &material, &stricter, &disclosure, &asked, &occasion(&head), &mut os_rng());
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
    let key = ProvingKey::development();
    let prove = |document: &Value| prove_standing(key, &material, &head, document, &disclosure, NOW, &mut os_rng());
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
