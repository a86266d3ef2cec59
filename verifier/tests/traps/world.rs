//! An issuer, its keys and lists, a Groth16 key with known trapdoor, and documents to bend.

use std::sync::LazyLock;

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup as _, PrimeGroup as _};
use ark_ff::Field as _;
use ed25519_dalek::{Signer as _, SigningKey};
use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field;
use poa_circuits::statement::{INPUTS, Public};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::head::{self, HeadClaims, LIFETIME_S};
use poa_verifier::schema::{
    AttestationSchema, AttestationSchemaDocument, Custody, DISCLOSURE_SCHEMA_TYPE, DisclosureSchema,
    DisclosureSchemaDocument, Predicate,
};
use poa_verifier::statement::Statement;
use poa_verifier::status::{Bits, StatusEntry, StatusList};
use poa_verifier::trust::{
    KeyPurpose, KeyState, ListPurpose, TrustDocument, TrustKey, TrustStatusList, TrustVerifyingKey,
};
use poa_verifier::zk_proof::{self, Binding, Purpose};
use poa_verifier::{
    CheckName, Evidence, HeadMemory, Outcome, Proof, Report, Request, Trust, Verifier, VerifyingKey, context,
    credential, data_integrity, json, jws, multibase, render, time,
};
use serde_json::{Value, json};

/// 2027-01-15T08:00:00Z, a full hour.
pub const NOW: u64 = 1_800_000_000;
pub const URL: &str = "https://poa.example";
pub const DAY: u64 = 86_400;

/// The scalars behind a verifying key; whoever has them can prove anything.
pub struct Trapdoor {
    pub alpha: Fr,
    pub beta: Fr,
    pub gamma: Fr,
    pub delta: Fr,
    pub ic: [Fr; INPUTS + 1],
}

/// A scalar nobody chose.
pub fn scalar(name: &str) -> Fr {
    field::to_field("trapdoor test", name.as_bytes())
}

pub fn g1(x: Fr) -> ark_bn254::G1Affine {
    (G1Projective::generator() * x).into_affine()
}

pub fn g2(x: Fr) -> ark_bn254::G2Affine {
    (G2Projective::generator() * x).into_affine()
}

impl Trapdoor {
    pub fn new() -> Self {
        Self {
            alpha: scalar("alpha"),
            beta: scalar("beta"),
            gamma: scalar("gamma"),
            delta: scalar("delta"),
            ic: std::array::from_fn(|i| scalar(&format!("ic {i}"))),
        }
    }

    pub fn key(&self) -> VerifyingKey {
        let ic: Vec<_> = self.ic.iter().map(|x| g1(*x)).collect();
        VerifyingKey::from_points(g1(self.alpha), g2(self.beta), g2(self.gamma), g2(self.delta), &ic)
            .expect("no refused relation among the scalars")
    }

    /// `IC[0] + Σ x_i·IC[i+1]` as a scalar.
    pub fn combine(&self, inputs: &[Fr; INPUTS]) -> Fr {
        self.ic[0] + inputs.iter().zip(&self.ic[1..]).map(|(x, ic)| *x * ic).sum::<Fr>()
    }

    pub fn prove(&self, inputs: &[Fr; INPUTS]) -> Proof {
        let (a, b) = (scalar("a"), scalar("b"));
        let c = (a * b - self.alpha * self.beta - self.gamma * self.combine(inputs))
            * self.delta.inverse().expect("delta is not 0");
        Proof::from_points(g1(a), g2(b), g1(c)).expect("points of the group")
    }
}

/// Ed25519 keys by purpose.
pub fn signer(name: &str) -> SigningKey {
    SigningKey::from_bytes(&field::to_bytes_be(&scalar(name)))
}

pub fn multikey(signer: &SigningKey) -> String {
    PublicKey::from_bytes(&signer.verifying_key().to_bytes()).expect("an honest key").to_multikey()
}

/// Adds an `eddsa-jcs-2022` proof object, not yet part of the document.
pub fn issuer_proof(document: &Value, key_id: &str, signer: &SigningKey, created: u64) -> Value {
    let options = data_integrity::options(document, key_id, created).expect("a time before 10000");
    let signature = signer.sign(&data_integrity::signing_input(document, &options)).to_bytes();
    data_integrity::attach_signature(&options, &signature)
}

pub fn compact_jws(typ: &str, kid: &str, claims: &Value, signer: &SigningKey) -> String {
    let input = jws::signing_input(typ, kid, claims);
    jws::attach_signature(&input, &signer.sign(input.as_bytes()).to_bytes())
}

/// A world that nobody edits, for tests of many cases.
pub static SHARED: LazyLock<World> = LazyLock::new(World::new);

pub struct World {
    pub issuer: IssuerDid,
    pub trapdoor: Trapdoor,
    pub key: VerifyingKey,
    pub trust_document: TrustDocument,
    pub verifier: Verifier,
    pub agent: AgentDid,
    pub attestation: AttestationSchema,
    pub binding: Binding,
    pub revocation: Bits,
    pub suspension: Bits,
    pub revocations: u64,
}

pub const REVOCATION_LIST: &str = "https://poa.example/status-lists/revocation";
pub const SUSPENSION_LIST: &str = "https://poa.example/status-lists/suspension";
pub const STATUS_INDEX: u64 = 94_567;

impl World {
    pub fn new() -> Self {
        let trapdoor = Trapdoor::new();
        let key = trapdoor.key();
        let issuer: IssuerDid = "did:web:poa.example".parse().expect("a DID");
        let attestation = attestation_schema(&issuer, "main");
        let trust_document = trust_document(&issuer, &key, &attestation);
        let trust = sign_trust(&trust_document).expect("a good trust document");
        let uuid = "6f1e7a7e-3c0b-4d52-9a3c-0123456789ab".parse().expect("a UUID");
        Self {
            agent: AgentDid::new(&issuer, uuid).expect("not nil"),
            verifier: Verifier::new(trust),
            binding: Binding {
                challenge: "hFvSqVkrQ8CZ2dIuCv5tZg".to_owned(),
                domain: "https://verifier.example".to_owned(),
            },
            revocation: Bits::new(0).expect("small"),
            suspension: Bits::new(0).expect("small"),
            revocations: 3,
            trust_document,
            attestation,
            trapdoor,
            key,
            issuer,
        }
    }

    /// The same world under an edited trust document.
    pub fn retrust(&mut self, edit: impl FnOnce(&mut TrustDocument)) {
        edit(&mut self.trust_document);
        self.verifier = Verifier::new(sign_trust(&self.trust_document).expect("a good trust document"));
    }

    pub fn head_claims(&self, iat: u64) -> HeadClaims {
        HeadClaims {
            iss: self.issuer.clone(),
            log: "main".to_owned(),
            iat,
            exp: iat + LIFETIME_S,
            root: scalar("root"),
            size: 104,
            seq: 17,
            revocations: self.revocations,
            anchor: true,
        }
    }

    pub fn sign_head(&self, claims: &HeadClaims) -> String {
        let claims = serde_json::to_value(claims).expect("claims are JSON");
        compact_jws(head::TYP, &self.issuer.key_id("heads-1"), &claims, &signer("heads"))
    }

    pub fn disclosure(&self, name: &str) -> &DisclosureSchema {
        self.verifier.trusted().first().disclosure_schema(&format!("{URL}/schemas/{name}")).expect("a seeded schema")
    }

    /// `tasks_completed >= 100`, `reputation >= 5000`.
    pub fn public(&self) -> Public {
        let mut public = Public {
            root: scalar("root"),
            scope: scalar("scope"),
            nullifier: scalar("nullifier"),
            schema: self.attestation.field(),
            subject: self.agent.agent_id().to_field(),
            valid_at: Fr::from(NOW + 40 * DAY),
            ..Public::default()
        };
        public.lower[Slot::Reputation.index()] = Fr::from(5000u64);
        public.lower[Slot::TasksCompleted.index()] = Fr::from(100u64);
        public
    }

    /// A standing credential one minute old, to be bent and finished.
    pub fn standing(&self) -> Draft<'_> {
        let public = self.public();
        let mut credential = self.unsigned("task_completion/1");
        credential["id"] = format!("{URL}/credentials/1").into();
        credential["validFrom"] = time::format_utc(NOW - 60).unwrap().into();
        credential["validUntil"] = time::format_utc(NOW - 60 + 30 * DAY).unwrap().into();
        credential["credentialStatus"] = [
            StatusEntry { list: REVOCATION_LIST.to_owned(), purpose: ListPurpose::Revocation, index: STATUS_INDEX },
            StatusEntry { list: SUSPENSION_LIST.to_owned(), purpose: ListPurpose::Suspension, index: STATUS_INDEX },
        ]
        .iter()
        .map(StatusEntry::to_value)
        .collect();
        Draft {
            world: self,
            public,
            credential,
            head: self.head_claims(NOW - 60),
            binding: None,
            purpose: Purpose::AssertionMethod,
            created: NOW - 60,
            render: true,
        }
    }

    /// A presentation for [`World::binding`], to be bent and finished.
    pub fn presentation(&self) -> Draft<'_> {
        Draft {
            world: self,
            public: Public { valid_at: Fr::from(NOW + 3600), ..self.public() },
            credential: self.unsigned("task_completion/1"),
            head: self.head_claims(NOW - 3000),
            binding: Some(self.binding.clone()),
            purpose: Purpose::Authentication,
            created: NOW,
            render: true,
        }
    }

    fn unsigned(&self, schema: &str) -> Value {
        json!({
            "@context": credential::contexts(URL),
            "type": credential::types(),
            "issuer": self.issuer.as_str(),
            "credentialSubject": { "id": self.agent.to_string() },
            "credentialSchema": self.schema_reference(schema),
        })
    }

    pub fn schema_reference(&self, name: &str) -> Value {
        let schema = self.disclosure(name);
        json!({ "id": schema.document().id, "type": DISCLOSURE_SCHEMA_TYPE, "digestSRI": schema.digest_sri() })
    }

    pub fn status_list(&self, purpose: ListPurpose) -> StatusList {
        let (id, bits) = match purpose {
            ListPurpose::Revocation => (REVOCATION_LIST, &self.revocation),
            ListPurpose::Suspension => (SUSPENSION_LIST, &self.suspension),
        };
        StatusList {
            id: id.to_owned(),
            issuer: self.issuer.clone(),
            purpose,
            valid_from: NOW - 30,
            valid_until: NOW + 3600,
            ttl_ms: 300_000,
            revocations: self.revocations,
            bits: bits.clone(),
        }
    }

    pub fn sign_list(&self, list: &StatusList) -> Value {
        let mut document = list.to_value().expect("a time before 10000");
        document["proof"] =
            issuer_proof(&document, &self.issuer.key_id("status-1"), &signer("status"), list.valid_from);
        document
    }

    pub fn lists(&self) -> Vec<Value> {
        [ListPurpose::Revocation, ListPurpose::Suspension].map(|p| self.sign_list(&self.status_list(p))).to_vec()
    }

    /// The request that the drafts satisfy; presentations also need [`World::challenge_request`].
    pub fn request(&self) -> Request {
        Request::from_json(&json!({ "at_least": { "tasks_completed": "100", "reputation": 5000 } })).unwrap()
    }

    pub fn challenge_request(&self) -> Request {
        Request { binding: Some(self.binding.clone()), ..self.request() }
    }

    /// Verifies with fresh lists and an empty memory.
    pub fn verify(&self, document: &Value, request: Option<&Request>) -> Report {
        let lists = self.lists();
        let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
        self.verifier.verify(document.to_string().as_bytes(), request, &evidence, &mut HeadMemory::default(), NOW)
    }

    pub fn verify_standing(&self, document: &Value) -> Report {
        self.verify(document, Some(&self.request()))
    }

    pub fn verify_presentation(&self, document: &Value) -> Report {
        self.verify(document, Some(&self.challenge_request()))
    }
}

/// A document before it is proved and signed.
pub struct Draft<'a> {
    pub world: &'a World,
    pub public: Public,
    pub credential: Value,
    pub head: HeadClaims,
    pub binding: Option<Binding>,
    pub purpose: Purpose,
    pub created: u64,
    /// Render `credentialSubject` from the statement where it can be.
    pub render: bool,
}

impl Draft<'_> {
    /// The credential with its rendering and its Groth16 proof object, `proof` not yet set.
    fn prove(&self) -> (Value, Value) {
        let (world, mut credential) = (self.world, self.credential.clone());
        let build = render::build_sha256(&credential["credentialSubject"]);
        if self.render
            && let Ok(statement) = Statement::from_public(self.public.clone())
            && let Ok(rendered) = render::credential_subject(&statement, None, &world.attestation, build.as_ref())
        {
            let id = credential["credentialSubject"].get("id").cloned();
            credential["credentialSubject"] = rendered;
            if let Some(id) = id {
                credential["credentialSubject"]["id"] = id;
            }
        }
        let options =
            zk_proof::options(&credential, self.purpose, &world.key.sha256(), self.binding.as_ref(), self.created)
                .expect("a time before 10000");
        let public = self.public.clone().with_context(context::context(&options, &credential));
        let proof = world.trapdoor.prove(&public.to_inputs());
        let object = zk_proof::attach_proof(&options, &proof, &public, &world.sign_head(&self.head));
        (credential, object)
    }

    /// A standing credential: both proofs.
    pub fn issue(&self) -> Value {
        let (mut credential, zk) = self.prove();
        let proof =
            issuer_proof(&credential, &self.world.issuer.key_id("credentials-1"), &signer("credentials"), self.created);
        credential["proof"] = json!([proof, zk]);
        credential
    }

    /// A presentation: the Groth16 proof alone, in its envelope.
    pub fn present(&self) -> Value {
        let (mut credential, zk) = self.prove();
        credential["proof"] = zk;
        credential::presentation(credential)
    }
}

/// Reasons that leave a check undecided, because a newer trust document may settle them.
pub const SETTLED_BY_NEWER_TRUST: [&str; 5] =
    ["unknown_key", "unknown_attestation_schema", "unknown_disclosure_schema", "unlisted_log", "unlisted_list"];

/// Exactly the named check fails, or is left undecided for a reason that a newer trust document may settle; everything else passes, does not apply or was not reached.
#[track_caller]
pub fn fails_only(report: &Report, name: CheckName, reason: &str) {
    assert!(!report.verified(), "{report:#?}");
    assert_ne!(report.authentic(), Some(true));
    assert_eq!(report.failed(), [name], "{report:#?}");
    assert_eq!(report.could_not_check(), SETTLED_BY_NEWER_TRUST.contains(&reason), "{report:#?}");
    assert_eq!(report.check(name).unwrap().reason.as_deref(), Some(reason), "{report:#?}");
    assert!(!report.check(name).unwrap().detail.is_empty());
}

/// Nothing failed, and the named check could not be decided.
#[track_caller]
pub fn undecided(report: &Report, name: CheckName, reason: &str) {
    assert!(!report.verified() && report.could_not_check(), "{report:#?}");
    assert!(report.failed().contains(&name), "{report:#?}");
    assert_eq!(report.outcome(name), Outcome::Unknown, "{report:#?}");
    assert_eq!(report.check(name).unwrap().reason.as_deref(), Some(reason));
}

#[track_caller]
pub fn verifies(report: &Report) {
    assert!(report.verified(), "{report:#?}");
}

pub fn attestation_schema(issuer: &IssuerDid, log: &str) -> AttestationSchema {
    AttestationSchema::new(AttestationSchemaDocument {
        id: format!("{URL}/schemas/agent-attributes-{log}/1"),
        issuer: issuer.clone(),
        log: log.to_owned(),
        slots: AttestationSchemaDocument::slot_names(),
        capabilities: ["swe-bench-lite", "open-source", "logs-published"].map(str::to_owned).to_vec(),
        leaf_lifetime: 90 * DAY,
        revoke_on_supersede: false,
        custody: Custody::Holder,
    })
    .expect("a good schema")
}

fn disclosure_schema(
    name: &str,
    disclose: &[Slot],
    predicates: &[(Slot, &[Predicate])],
    nonzero: &[Slot],
) -> DisclosureSchemaDocument {
    let names = |slots: &[Slot]| slots.iter().map(|slot| slot.name().to_owned()).collect();
    DisclosureSchemaDocument {
        id: format!("{URL}/schemas/{name}/1"),
        kind: DISCLOSURE_SCHEMA_TYPE.to_owned(),
        name: name.to_owned(),
        version: 1,
        title: name.to_owned(),
        description: String::new(),
        disclose: names(disclose),
        predicates: predicates.iter().map(|(slot, allowed)| (slot.name().to_owned(), allowed.to_vec())).collect(),
        nonzero: names(nonzero),
        valid_for_s: 30 * DAY,
    }
}

fn trust_document(issuer: &IssuerDid, key: &VerifyingKey, attestation: &AttestationSchema) -> TrustDocument {
    let issuer_key = |name: &str, purpose| TrustKey {
        id: issuer.key_id(&format!("{name}-1")),
        purpose,
        state: KeyState::Active,
        retired_at: None,
        public_key_multibase: multikey(&signer(name)),
    };
    let at_least: &[Predicate] = &[Predicate::AtLeast];
    TrustDocument {
        kind: poa_verifier::trust::TYPE.to_owned(),
        version: poa_verifier::trust::VERSION,
        issuer: issuer.clone(),
        url: URL.to_owned(),
        issued_at: time::format_utc(NOW - DAY).unwrap(),
        keys: vec![
            issuer_key("credentials", KeyPurpose::Credentials),
            issuer_key("heads", KeyPurpose::Heads),
            issuer_key("status", KeyPurpose::Status),
            issuer_key("vc-api", KeyPurpose::VcApi),
        ],
        succession: Vec::new(),
        logs: vec!["main".to_owned(), "sandbox".to_owned()],
        attestation_schemas: vec![
            attestation.document().clone(),
            attestation_schema(issuer, "sandbox").document().clone(),
        ],
        disclosure_schemas: vec![
            disclosure_schema(
                "task_completion",
                &[],
                &[(Slot::TasksCompleted, at_least), (Slot::Reputation, at_least)],
                &[],
            ),
            disclosure_schema(
                "build_verification",
                &[Slot::BuildHash],
                &[(Slot::Capabilities, &[Predicate::ContainsAll])],
                &[Slot::BuildHash],
            ),
            disclosure_schema(
                "earnings_proof",
                &[],
                &[(Slot::EarningsSats, at_least), (Slot::MemberSince, &[Predicate::AtMost])],
                &[],
            ),
            disclosure_schema("full_disclosure", &Slot::ALL, &[], &[]),
        ],
        verifying_keys: vec![TrustVerifyingKey {
            sha256: hex::encode(key.sha256()),
            circuit: "poa/1".to_owned(),
            state: KeyState::Active,
            retired_at: None,
            development: true,
            bytes: multibase::encode_base64url(&key.to_bytes()),
        }],
        status_lists: vec![
            TrustStatusList { id: REVOCATION_LIST.to_owned(), purpose: ListPurpose::Revocation },
            TrustStatusList { id: SUSPENSION_LIST.to_owned(), purpose: ListPurpose::Suspension },
        ],
    }
}

/// Signs and reads back a trust document.
pub fn sign_trust(document: &TrustDocument) -> Result<Trust, poa_verifier::trust::TrustError> {
    Trust::from_json(&json::canonical(&signed_trust(document)))
}

pub fn signed_trust(document: &TrustDocument) -> Value {
    let mut value = document.to_value();
    value["proof"] = issuer_proof(&value, &document.issuer.key_id("credentials-1"), &signer("credentials"), NOW - DAY);
    value
}
