//! An agent alone in its tree, a verifier, and what the one shows the other.

use ed25519_dalek::{Signer, SigningKey};
use poa_circuits::native::attributes::{Attributes, Reputation};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, Leaf};
use poa_circuits::native::tree::{self, Path};
use poa_prover::{Audience, Disclosure, DisclosureError, Material, Occasion, Predicates, Showing};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::jws;
use poa_verifier::schema::{AttestationSchema, AttestationSchemaDocument, DisclosureSchema};
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use uuid::Uuid;

pub const URL: &str = "https://issuer.example";
pub const NOW: u64 = 1_790_000_001;
pub const CHALLENGE: &str = "c2l4dGVlbiByYW5kb20gYnl0ZXM";

pub fn os_rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

pub fn attestation_schema() -> AttestationSchema {
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

pub fn disclosure_schema(disclose: &[&str], predicates: Value, nonzero: &[&str]) -> DisclosureSchema {
    let document = json!({
        "id": format!("{URL}/schemas/sample/1"), "type": "AgentDisclosureSchema", "name": "sample", "version": 1,
        "title": "Sample", "description": "For tests", "disclose": disclose, "predicates": predicates,
        "nonzero": nonzero, "valid_for_s": 2_592_000,
    });
    DisclosureSchema::new(serde_json::from_value(document).unwrap()).unwrap()
}

pub fn task_schema() -> DisclosureSchema {
    disclosure_schema(
        &[],
        json!({"reputation": ["atLeast"], "tasks_completed": ["atLeast"], "member_since": ["atMost"],
               "capabilities": ["containsAll"]}),
        &[],
    )
}

pub fn attributes() -> Attributes {
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
pub fn material(attributes: Attributes) -> (Material, String) {
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

pub fn head(root: &F) -> String {
    let claims = json!({
        "iss": "did:web:issuer.example", "log": "main", "iat": NOW, "exp": NOW + 7 * 86_400,
        "root": field::encode_hex(root), "size": 1, "seq": 1, "revocations": 0, "anchor": true,
    });
    let input = jws::signing_input("poa-root+jwt", "did:web:issuer.example#heads-1", &claims);
    let signature = SigningKey::from_bytes(&[9; 32]).sign(input.as_bytes()).to_bytes();
    jws::attach_signature(&input, &signature)
}

pub fn disclose(schema: &DisclosureSchema, predicates: Value) -> Result<Disclosure, DisclosureError> {
    let predicates = Predicates::from_json(&predicates, &attestation_schema())?;
    Disclosure::new(schema, &predicates, &attributes())
}

pub fn audience(pseudonym: bool, show_subject: bool) -> Audience {
    Audience { domain: "https://verifier.example".to_owned(), pseudonym, show_subject }
}

pub fn occasion(head_jws: &str) -> Occasion<'_> {
    Occasion { issuer_url: URL, head_jws, now_unix_s: NOW, valid_at_least: None }
}

pub fn showing<'a>(
    schema: &'a DisclosureSchema,
    disclosure: &'a Disclosure,
    audience: &'a Audience,
    head_jws: &'a str,
) -> Showing<'a> {
    Showing { schema, disclosure, audience, occasion: occasion(head_jws) }
}
