//! An agent alone in its tree, and what it shows a verifier. Its secrets are worth nothing.

use poa_circuits::native::attributes::{Attributes, Reputation};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, Leaf};
use poa_circuits::native::tree::{self, Path};
use poa_circuits::statement::{Public, Witness};
use poa_prover::{Audience, Disclosure, Material, Occasion, Predicates, Showing};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::jws;
use poa_verifier::schema::{AttestationSchema, AttestationSchemaDocument, Custody, DisclosureSchema};
use serde_json::json;
use uuid::Uuid;

use crate::os_rng;

const URL: &str = "https://issuer.example";
/// When it shows itself, Unix seconds.
pub const NOW: u64 = 1_790_000_001;
/// What the verifier asks it to sign.
pub const CHALLENGE: &str = "c2l4dGVlbiByYW5kb20gYnl0ZXM";

/// An agent's opening, the head over it, and what it shows to whom.
pub struct Sample {
    /// The opening with the holder's secrets.
    pub material: Material,
    head_jws: String,
    schema: DisclosureSchema,
    disclosure: Disclosure,
    audience: Audience,
}

impl Sample {
    /// With fresh secrets.
    ///
    /// # Panics
    /// Never: the documents are fixed and keep the rules.
    pub fn new() -> Self {
        let (material, head_jws) = material();
        let schema = disclosure_schema();
        let bounds = json!({ "reputation": { "atLeast": 7_000 }, "tasks_completed": { "atLeast": "500" } });
        let predicates = Predicates::from_json(&bounds, &material.schema).expect("bounds are on the grid");
        let disclosure = Disclosure::new(&schema, &predicates, &material.attributes).expect("the bounds hold");
        let domain = "https://verifier.example".to_owned();
        let audience = Audience { domain, pseudonym: true, show_subject: false };
        Self { material, head_jws, schema, disclosure, audience }
    }

    /// What it shows, to whom, under which head.
    pub fn showing(&self) -> Showing<'_> {
        let Self { schema, disclosure, audience, head_jws, .. } = self;
        let occasion = Occasion { issuer_url: URL, head_jws, now_unix_s: NOW, valid_at_least: None };
        Showing { schema, disclosure, audience, occasion }
    }

    /// The statement that the same showing makes, with some context.
    pub fn statement(&self) -> (Public, Witness) {
        let material = &self.material;
        let witness = Witness {
            holder: material.holder.clone(),
            pseudonym: material.pseudonym.clone(),
            agent: material.agent.agent_id(),
            attributes: material.attributes.to_fields(),
            expires_at: material.expires_at,
            salt: material.salt,
            path: material.path.clone(),
        };
        let mut rng = os_rng();
        let scope = field::random(&mut rng);
        let public = Public {
            root: witness.path.root(&witness.leaf(material.schema.field()).hash()),
            context: field::random(&mut rng),
            scope,
            nullifier: material.pseudonym.nullifier(&scope),
            schema: material.schema.field(),
            valid_at: F::from(NOW),
            ..self.disclosure.to_public(&material.attributes)
        };
        (public, witness)
    }
}

fn material() -> (Material, String) {
    let mut rng = os_rng();
    let issuer = IssuerDid::from_url(URL).expect("a URL with a host");
    let schema = attestation_schema(issuer.clone());
    let agent = AgentDid::new(&issuer, Uuid::from_u128(7)).expect("a UUID other than 0");
    let (holder, pseudonym) = (HolderSecret::random(&mut rng), PseudonymSecret::random(&mut rng));
    let attributes = Attributes {
        reputation: Reputation::new(8_731).expect("at most 10,000"),
        tasks_completed: 674,
        earnings_sats: 2_100_000,
        member_since: 1_730_592_000,
        capabilities: 0b011,
        build_sha256: Some([0xab; 32]),
    };
    let leaf = Leaf {
        identity: holder.public().commitment(),
        pseudonym: pseudonym.commitment(),
        agent: agent.agent_id(),
        schema: schema.field(),
        attributes: attributes.to_fields(),
        expires_at: NOW + 60 * 86_400,
        salt: leaf::random_salt(&mut rng),
    };
    let (expires_at, salt) = (leaf.expires_at, leaf.salt);
    let path = Path { index: 0, siblings: std::array::from_fn(tree::zero) };
    let head = head(&path.root(&leaf.hash()));
    (Material { holder, pseudonym, agent, schema, attributes, expires_at, salt, path }, head)
}

fn attestation_schema(issuer: IssuerDid) -> AttestationSchema {
    let document = AttestationSchemaDocument {
        id: format!("{URL}/schemas/agent-attributes-holder/1"),
        issuer,
        log: "main".to_owned(),
        slots: AttestationSchemaDocument::slot_names(),
        capabilities: ["write", "test", "review"].map(str::to_owned).to_vec(),
        leaf_lifetime: 90 * 86_400,
        revoke_on_supersede: false,
        custody: Custody::Holder,
    };
    AttestationSchema::new(document).expect("keeps the rules")
}

fn disclosure_schema() -> DisclosureSchema {
    let document = json!({
        "id": format!("{URL}/schemas/sample/1"), "type": "AgentDisclosureSchema", "name": "sample", "version": 1,
        "title": "Sample", "description": "What is measured", "disclose": [], "nonzero": [],
        "predicates": { "reputation": ["atLeast"], "tasks_completed": ["atLeast"] }, "valid_for_s": 2_592_000,
    });
    let document = serde_json::from_value(document).expect("has the members of a schema");
    DisclosureSchema::new(document).expect("keeps the rules")
}

/// A head over a tree with one leaf. Holders leave its signature to their callers, so it has none.
fn head(root: &F) -> String {
    let claims = json!({
        "iss": "did:web:issuer.example", "log": "main", "iat": NOW, "exp": NOW + 7 * 86_400,
        "root": field::encode_hex(root), "size": 1, "seq": 1, "revocations": 0, "anchor": true,
    });
    let input = jws::signing_input("poa-root+jwt", "did:web:issuer.example#heads-1", &claims);
    jws::attach_signature(&input, &[0; 64])
}
