//! An issuer, three agents in its tree, and what one of them shows under the committed key.
//!
//! Every secret and every random number is a hash of fixed words: worthless, and the same in every run.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use ed25519_dalek::{Signer as _, SigningKey};
use poa_circuits::native::attributes::{Attributes, Reputation};
use poa_circuits::native::field;
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, Leaf};
use poa_circuits::native::tree::{self, DEPTH, Path};
use poa_prover::crs::VERIFYING_KEY;
use poa_prover::{
    Audience, Disclosure, Material, Occasion, Predicates, Showing, present, prove_standing, standing_subject,
};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::head::{self, HeadClaims, LIFETIME_S};
use poa_verifier::schema::{AttestationSchema, DISCLOSURE_SCHEMA_TYPE, DisclosureSchema};
use poa_verifier::status::{Bits, StatusEntry, StatusList};
use poa_verifier::trust::ListPurpose;
use poa_verifier::{VerifyingKey, credential, data_integrity, jws, multibase, time};
use serde_json::{Value, json};

use crate::compiled::ENGINE;

/// Reasons that leave a check undecided, because a newer trust document may settle them.
pub const SETTLED_BY_NEWER_TRUST: [&str; 5] =
    ["unknown_key", "unknown_attestation_schema", "unknown_disclosure_schema", "unlisted_log", "unlisted_list"];

/// 2027-01-15T08:00:00Z.
pub const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;
const URL: &str = "https://poa.example";
pub const CHALLENGE: &str = "hFvSqVkrQ8CZ2dIuCv5tZg";
pub const DOMAIN: &str = "https://verifier.example";
const LISTS: [(&str, ListPurpose); 2] =
    [("revocation", ListPurpose::Revocation), ("suspension", ListPurpose::Suspension)];
const INDEX: u64 = 94_567;
const BUILD: [u8; 32] = [0xab; 32];

fn bytes(word: &str) -> [u8; 32] {
    field::to_bytes_be(&field::to_field("circuit vectors", word.as_bytes()))
}

/// Random numbers that are the same in every run.
fn rng(word: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(bytes(word))
}

fn signer(word: &str) -> SigningKey {
    SigningKey::from_bytes(&bytes(word))
}

/// What a disclosure schema shows: its members `disclose`, `predicates` and `nonzero`.
const RULES: [(&str, &[&str], &str, &[&str]); 4] = [
    ("task_completion", &[], r#"{"tasks_completed": ["atLeast"], "reputation": ["atLeast"]}"#, &[]),
    ("build_verification", &["build_hash"], r#"{"capabilities": ["containsAll"]}"#, &["build_hash"]),
    ("earnings_proof", &[], r#"{"earnings_sats": ["atLeast"], "member_since": ["atMost"]}"#, &[]),
    (
        "full_disclosure",
        &["reputation", "tasks_completed", "earnings_sats", "member_since", "capabilities", "build_hash"],
        "{}",
        &[],
    ),
];

/// What is asked of the agent under each of them.
const ASKED: [(&str, &str); 4] = [
    ("task_completion", r#"{"tasks_completed": {"atLeast": "500"}, "reputation": {"atLeast": 8500}}"#),
    ("build_verification", r#"{"capabilities": {"containsAll": ["open-source"]}}"#),
    (
        "earnings_proof",
        r#"{"earnings_sats": {"atLeast": "1000000"}, "member_since": {"atMost": "2025-01-01T00:00:00Z"}}"#,
    ),
    ("full_disclosure", "{}"),
];

pub struct World {
    issuer: IssuerDid,
    material: Material,
    head: String,
    schemas: Vec<DisclosureSchema>,
}

impl World {
    pub fn new() -> Self {
        let issuer = IssuerDid::from_url(URL).expect("a host");
        let schema = attestation_schema(&issuer);
        let uuid = uuid::Uuid::from_bytes(bytes("agent")[..16].try_into().expect("16 bytes"));
        let agent = AgentDid::new(&issuer, uuid).expect("not nil");
        let attributes = Attributes {
            reputation: Reputation::new(8_731).expect("a score"),
            tasks_completed: 674,
            earnings_sats: (1 << 53) + 1,
            member_since: 1_720_000_000,
            capabilities: 0b011,
            build_sha256: Some(BUILD),
        };
        let mut random = rng("holder");
        let (holder, pseudonym) = (HolderSecret::random(&mut random), PseudonymSecret::random(&mut random));
        let leaf = Leaf {
            identity: holder.public().commitment(),
            pseudonym: pseudonym.commitment(),
            agent: agent.agent_id(),
            schema: schema.field(),
            attributes: attributes.to_fields(),
            expires_at: NOW + 60 * DAY,
            salt: leaf::random_salt(&mut random),
        };
        // The second of three leaves.
        let mut siblings: [_; DEPTH] = std::array::from_fn(tree::zero);
        siblings[0] = field::random(&mut random);
        siblings[1] = tree::node(&field::random(&mut random), &tree::zero(0));
        let path = Path { index: 1, siblings };
        let claims = HeadClaims {
            iss: issuer.clone(),
            log: "main".to_owned(),
            iat: NOW - 60,
            exp: NOW - 60 + LIFETIME_S,
            root: path.root(&leaf.hash()),
            size: 3,
            seq: 1,
            revocations: 0,
            anchor: true,
        };
        let claims = serde_json::to_value(claims).expect("claims are JSON");
        let input = jws::signing_input(head::TYP, &issuer.key_id("heads-1"), &claims);
        let head = jws::attach_signature(&input, &signer("heads").sign(input.as_bytes()).to_bytes());
        let (expires_at, salt) = (leaf.expires_at, leaf.salt);
        let material = Material { holder, pseudonym, agent, schema, attributes, expires_at, salt, path };
        Self { issuer, material, head, schemas: RULES.map(disclosure_schema).into() }
    }

    fn schema(&self, name: &str) -> &DisclosureSchema {
        self.schemas.iter().find(|schema| schema.document().name == name).expect("one of the four")
    }

    fn disclosure(&self, name: &str) -> Disclosure {
        let asked = ASKED.iter().find(|(known, _)| *known == name).expect("one of the four").1;
        let asked = serde_json::from_str(asked).expect("JSON");
        let predicates = Predicates::from_json(&asked, &self.material.schema).expect("well formed");
        Disclosure::new(self.schema(name), &predicates, &self.material.attributes).expect("true of the agent")
    }

    /// A standing credential under a disclosure schema, one minute old.
    pub fn standing(&self, name: &str) -> Value {
        let (schema, disclosure, m) = (self.schema(name), self.disclosure(name), &self.material);
        let subject = standing_subject(&m.agent, &m.schema, &m.attributes, &disclosure).expect("it can be shown");
        let entry = |(name, purpose): (&str, _)| {
            StatusEntry { list: format!("{URL}/status-lists/{name}"), purpose, index: INDEX }.to_value()
        };
        let mut document = json!({
            "@context": credential::contexts(URL), "type": credential::types(), "issuer": self.issuer.as_str(),
            "id": format!("{URL}/credentials/{name}"), "credentialSubject": subject,
            "credentialSchema": { "id": schema.document().id, "type": DISCLOSURE_SCHEMA_TYPE, "digestSRI": schema.digest_sri() },
            "credentialStatus": LISTS.map(entry),
            "validFrom": time::format_utc(NOW - 60).expect("a time"),
            "validUntil": time::format_utc(NOW - 60 + 30 * DAY).expect("a time"),
        });
        let proved = prove_standing(&ENGINE, m, &self.head, &document, &disclosure, NOW - 60, &mut rng(name));
        let proof = self.sign(&document, "credentials", NOW - 60);
        document["proof"] = json!([proof, proved.expect("the statement holds")]);
        document
    }

    /// A presentation of `task_completion` for [`CHALLENGE`].
    pub fn presentation(&self, pseudonym: bool) -> Value {
        let disclosure = self.disclosure("task_completion");
        let audience = Audience { domain: DOMAIN.to_owned(), pseudonym, show_subject: !pseudonym };
        let occasion = Occasion { issuer_url: URL, head_jws: &self.head, now_unix_s: NOW, valid_at_least: None };
        let schema = self.schema("task_completion");
        let showing = Showing { schema, disclosure: &disclosure, audience: &audience, occasion };
        let word = if pseudonym { "anonymous" } else { "named" };
        present(&ENGINE, &self.material, &showing, CHALLENGE, &mut rng(word)).expect("the statement holds")
    }

    fn sign(&self, document: &Value, purpose: &str, created: u64) -> Value {
        let key_id = self.issuer.key_id(&format!("{purpose}-1"));
        let options = data_integrity::options(document, &key_id, created).expect("a time");
        let signature = signer(purpose).sign(&data_integrity::signing_input(document, &options)).to_bytes();
        data_integrity::attach_signature(&options, &signature)
    }

    /// The status lists, everything clear or the credentials revoked.
    pub fn lists(&self, revoked: bool) -> Vec<Value> {
        let list = |(name, purpose): (&str, ListPurpose)| {
            let mut bits = Bits::new(0).expect("small");
            bits.set(INDEX, revoked && purpose == ListPurpose::Revocation).expect("in range");
            let list = StatusList {
                id: format!("{URL}/status-lists/{name}"),
                issuer: self.issuer.clone(),
                purpose,
                valid_from: NOW - 30,
                valid_until: NOW + 3600,
                ttl_ms: 300_000,
                revocations: 0,
                bits,
            };
            let mut document = list.to_value().expect("a time");
            document["proof"] = self.sign(&document, "status", NOW - 30);
            document
        };
        LISTS.map(list).to_vec()
    }

    /// The trust document, with the committed verifying key in a state.
    pub fn trust(&self, state: &str) -> Value {
        let key = |name: &str| {
            let public = PublicKey::from_bytes(&signer(name).verifying_key().to_bytes()).expect("an honest key");
            json!({
                "id": self.issuer.key_id(&format!("{name}-1")), "purpose": name, "state": "active",
                "publicKeyMultibase": public.to_multikey(),
            })
        };
        let keys = ["credentials", "heads", "status"].map(key);
        let verifying_key = VerifyingKey::from_bytes(VERIFYING_KEY).expect("the committed key");
        let mut document = json!({
            "type": poa_verifier::trust::TYPE, "version": poa_verifier::trust::VERSION, "issuer": self.issuer.as_str(),
            "url": URL, "issuedAt": time::format_utc(NOW - DAY).expect("a time"),
            "keys": keys, "logs": ["main"],
            "attestationSchemas": [self.material.schema.to_value()],
            "disclosureSchemas": self.schemas.iter().map(DisclosureSchema::to_value).collect::<Vec<_>>(),
            "verifyingKeys": [{
                "sha256": hex::encode(verifying_key.sha256()), "circuit": "poa/1", "state": state, "development": true,
                "bytes": multibase::encode_base64url(VERIFYING_KEY),
            }],
            "statusLists": LISTS.map(|(name, purpose)| json!({ "id": format!("{URL}/status-lists/{name}"), "purpose": purpose })),
        });
        document["proof"] = self.sign(&document, "credentials", NOW - DAY);
        document
    }
}

fn attestation_schema(issuer: &IssuerDid) -> AttestationSchema {
    let document = json!({
        "id": format!("{URL}/schemas/agent-attributes/1"), "issuer": issuer.as_str(), "log": "main",
        "slots": poa_verifier::schema::AttestationSchemaDocument::slot_names(),
        "capabilities": ["swe-bench-lite", "open-source", "logs-published"],
        "leaf_lifetime": 90 * DAY, "revoke_on_supersede": false, "custody": "holder",
    });
    AttestationSchema::new(serde_json::from_value(document).expect("a document")).expect("a good schema")
}

fn disclosure_schema((name, disclose, predicates, nonzero): (&str, &[&str], &str, &[&str])) -> DisclosureSchema {
    let predicates: Value = serde_json::from_str(predicates).expect("JSON");
    let document = json!({
        "id": format!("{URL}/schemas/{name}/1"), "type": DISCLOSURE_SCHEMA_TYPE, "name": name, "version": 1,
        "title": name, "description": "", "disclose": disclose, "predicates": predicates, "nonzero": nonzero,
        "valid_for_s": 30 * DAY,
    });
    DisclosureSchema::new(serde_json::from_value(document).expect("a document")).expect("a good schema")
}
