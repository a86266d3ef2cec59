//! An issuer, an agent with its controller, and documents to bend.
//!
//! The controller signs with ed25519, which every build of the verifier can check; the other schemes have tests of
//! their own.

use std::sync::LazyLock;

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::claims::{
    AgentClaim, Attestation, ChainClaim, Claims, SignedAttestation, StatusClaim, StatusReference,
};
use poa_verifier::agenthood::hex32::{BlockHash, Seed};
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::{AccountId, Address, Network};
use poa_verifier::agenthood::wallet::Scheme;
use poa_verifier::agenthood::{self};
use poa_verifier::did::IssuerDid;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::report::Class;
use poa_verifier::status::token_list::{self, Entries, TokenStatusClaims, TokenStatusList};
use poa_verifier::status::{Bits, StatusEntry, StatusList};
use poa_verifier::trust::{KeyPurpose, KeyState, ListPurpose, TrustDocument, TrustKey, TrustStatusList};
use poa_verifier::{
    CheckName, Evidence, HeadMemory, Outcome, Report, Request, Trust, Verifier, data_integrity, jws, multibase, time,
};
use serde_json::{Value, json};

/// 2027-01-15T08:00:00Z.
pub const NOW: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;
pub const URL: &str = "https://poa.example";
pub const TOKEN_LIST: &str = "https://poa.example/status-lists/token";
pub const LISTS: [(&str, ListPurpose); 2] = [
    ("https://poa.example/status-lists/revocation", ListPurpose::Revocation),
    ("https://poa.example/status-lists/suspension", ListPurpose::Suspension),
];
pub const INDEX: u64 = 94_567;
pub const JTI: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A world that nobody edits.
pub static SHARED: LazyLock<World> = LazyLock::new(World::new);

pub fn signer(name: &str) -> SigningKey {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    SigningKey::from_bytes(&seed)
}

/// The account of an ed25519 key.
pub fn address(signer: &SigningKey) -> Address {
    let account = AccountId::new(signer.verifying_key().to_bytes()).expect("not zero");
    Address::new(Network::SUBSTRATE, account)
}

pub struct World {
    pub issuer: IssuerDid,
    pub trust_document: TrustDocument,
    pub verifier: Verifier,
}

impl World {
    pub fn new() -> Self {
        let issuer: IssuerDid = "did:web:poa.example".parse().expect("a DID");
        let trust_document = trust_document(&issuer);
        Self { verifier: Verifier::new(sign_trust(&trust_document)), trust_document, issuer }
    }

    /// The same world under an edited trust document.
    pub fn retrust(&mut self, edit: impl FnOnce(&mut TrustDocument)) {
        edit(&mut self.trust_document);
        self.verifier = Verifier::new(sign_trust(&self.trust_document));
    }

    pub fn kid(&self) -> String {
        self.issuer.key_id("credentials-1")
    }

    /// An agent with a controller, one block ago.
    pub fn agent(&self) -> AgentClaim {
        serde_json::from_value(json!({
            "agentId": address(&signer("agent")), "name": "Notary", "summary": "Stamps documents.",
            "abgHash": format!("0x{}", "d2".repeat(32)), "abgVersion": 3, "sovereign": false,
            "controller": address(&signer("controller")),
            "capabilities": {
                "models": ["large-1"], "tools": ["sign_attestation", "hash_document"],
                "intentTypes": ["timestamp", "witness"], "subAgents": [],
            },
            "registration": { "atBlock": 1_080_000, "registrar": address(&signer("registrar")) },
            "funding": { "seusBalance": "200000000000", "active": true },
            "recentRuns": {
                "sampledRuns": 50, "inferenceMix": { "kzg": 50, "signatureOnly": 0 }, "grade": "full",
                "fromBlock": 1_180_000, "toBlock": 1_200_000,
            },
            "enclaveBound": true, "snapshotAtBlock": 1_200_000, "snapshotAtTime": "2027-01-15T07:58:30.000Z",
            "zeroBalanceSince": null,
        }))
        .expect("an agent claim")
    }

    pub fn chain(&self) -> ChainClaim {
        ChainClaim {
            name: "registry".to_owned(),
            genesis: BlockHash::new([1; 32]),
            block: 1_200_000,
            block_hash: BlockHash::new([2; 32]),
            finalized: true,
        }
    }

    /// The details of a challenge two minutes ago.
    pub fn details(&self, agent: &AgentClaim) -> Details {
        Details {
            action: Action::Issue,
            issuer: self.issuer.to_string(),
            agent: agent.agent_id,
            controller: agent.signer().expect("somebody signs"),
            genesis: self.chain().genesis,
            abg_version: agent.abg_version,
            abg_hash: agent.abg().expect("ours"),
            claims: agent.digest(),
            issued_at: (NOW - 120) * 1000,
        }
    }

    /// What the controller signs over some details, with ed25519.
    pub fn attest(&self, details: &Details, key: &SigningKey) -> SignedAttestation {
        let seed = Seed::new([9; 32]);
        let message = details.message(&seed);
        SignedAttestation {
            controller: details.controller,
            nonce: details.nonce(&seed).to_string(),
            controller_sig: hex::encode(key.sign(message.as_bytes()).to_bytes()),
            signed_at: (NOW - 61) * 1000 + 500,
            scheme: Some(Scheme::Ed25519),
            seed: Some(seed),
            details: Some(details.clone()),
        }
    }

    pub fn claims_of(&self, agent: AgentClaim, attestation: Attestation) -> Claims {
        let entry = |(list, purpose): (&str, _)| StatusEntry { list: list.to_owned(), purpose, index: INDEX };
        Claims {
            iss: self.issuer.to_string(),
            jti: JTI.to_owned(),
            iat: NOW - 61,
            exp: NOW - 61 + 30 * DAY,
            attestation,
            agent,
            chain: self.chain(),
            status: StatusClaim {
                status_list: Some(StatusReference { idx: INDEX, uri: TOKEN_LIST.to_owned() }),
                bitstring: LISTS.map(|list| entry(list).to_value()).to_vec(),
            },
            revocation_list_url: format!("{URL}/poa/api/revoked"),
        }
    }

    /// A good document's claims, one minute old.
    pub fn claims(&self) -> Claims {
        let agent = self.agent();
        let signed = self.attest(&self.details(&agent), &signer("controller"));
        self.claims_of(agent, Attestation::ControllerAttested(signed))
    }

    /// The document of some claims.
    pub fn sign(&self, claims: &Value) -> String {
        compact(agenthood::TYP, &self.kid(), claims, &signer("credentials"))
    }

    /// A good document with its claims edited before it is signed.
    pub fn edited(&self, edit: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims().to_value();
        edit(&mut claims);
        self.sign(&claims)
    }

    pub fn list_claims(&self, entries: Entries) -> TokenStatusClaims {
        TokenStatusClaims {
            iss: self.issuer.to_string(),
            uri: TOKEN_LIST.to_owned(),
            iat: NOW - 30,
            exp: NOW + 3600,
            ttl_s: 300,
            revocations: 3,
            entries,
        }
    }

    pub fn sign_list(&self, claims: &TokenStatusClaims) -> String {
        compact(token_list::TYP, &self.issuer.key_id("status-1"), &claims.to_value(), &signer("status"))
    }

    pub fn read_list(&self, claims: &TokenStatusClaims) -> TokenStatusList {
        self.verifier.token_status_list(&self.sign_list(claims)).expect("a good list")
    }

    /// A fresh token status list in which everything is valid.
    pub fn list(&self) -> TokenStatusList {
        self.read_list(&self.list_claims(Entries::new(131_072).expect("small")))
    }

    /// The bitstring lists, fresh, with one document revoked or not.
    pub fn bitstrings(&self, revoked: bool) -> Vec<Value> {
        let sign = |(id, purpose): (&str, ListPurpose)| {
            let mut bits = Bits::new(0).expect("small");
            bits.set(INDEX, revoked && purpose == ListPurpose::Revocation).expect("in range");
            let list = StatusList {
                id: id.to_owned(),
                issuer: self.issuer.clone(),
                purpose,
                valid_from: NOW - 30,
                valid_until: NOW + 3600,
                ttl_ms: 300_000,
                revocations: 3,
                bits,
            };
            let document = list.to_value().expect("a time before 10000");
            signed_document(document, &self.issuer.key_id("status-1"), &signer("status"), NOW - 30)
        };
        LISTS.map(sign).to_vec()
    }

    pub fn verify_with(&self, document: &str, request: Option<&Request>, evidence: &Evidence<'_>) -> Report {
        self.verifier.verify(document.as_bytes(), request, evidence, &mut HeadMemory::default(), NOW)
    }

    /// Verifies with a fresh list.
    pub fn verify(&self, document: &str) -> Report {
        let lists = [self.list()];
        let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
        self.verify_with(document, Some(&request()), &evidence)
    }
}

/// The request for a Proof of Agenthood.
pub fn request() -> Request {
    Request { classes: vec![Class::Agenthood], ..Request::default() }
}

pub fn compact(typ: &str, kid: &str, claims: &Value, signer: &SigningKey) -> String {
    let input = jws::signing_input(typ, kid, claims);
    jws::attach_signature(&input, &signer.sign(input.as_bytes()).to_bytes())
}

/// A document of a header and payload as they are written, honestly signed.
pub fn raw(header: &str, payload: &str, signer: &SigningKey) -> String {
    let input = format!("{}.{}", multibase::base64url(header.as_bytes()), multibase::base64url(payload.as_bytes()));
    jws::attach_signature(&input, &signer.sign(input.as_bytes()).to_bytes())
}

pub fn signed_document(mut document: Value, kid: &str, signer: &SigningKey, created: u64) -> Value {
    let options = data_integrity::options(&document, kid, created).expect("a time before 10000");
    let signature = signer.sign(&data_integrity::signing_input(&document, &options)).to_bytes();
    document["proof"] = data_integrity::attach_signature(&options, &signature);
    document
}

fn sign_trust(document: &TrustDocument) -> Trust {
    let kid = document.keys[0].id.clone();
    let signed = signed_document(document.to_value(), &kid, &signer("credentials"), NOW - DAY);
    Trust::from_json(signed.to_string().as_bytes()).expect("a good trust document")
}

pub fn trust_key(issuer: &IssuerDid, name: &str, key: &SigningKey, purpose: KeyPurpose) -> TrustKey {
    let public = PublicKey::from_bytes(&key.verifying_key().to_bytes()).expect("an honest key");
    TrustKey {
        id: issuer.key_id(name),
        purpose,
        state: KeyState::Active,
        retired_at: None,
        public_key_multibase: public.to_multikey(),
    }
}

fn trust_document(issuer: &IssuerDid) -> TrustDocument {
    TrustDocument {
        kind: poa_verifier::trust::TYPE.to_owned(),
        version: poa_verifier::trust::VERSION,
        issuer: issuer.clone(),
        url: URL.to_owned(),
        issued_at: time::format_utc(NOW - DAY).expect("a time before 10000"),
        keys: vec![
            trust_key(issuer, "credentials-1", &signer("credentials"), KeyPurpose::Credentials),
            trust_key(issuer, "status-1", &signer("status"), KeyPurpose::Status),
        ],
        succession: Vec::new(),
        logs: Vec::new(),
        attestation_schemas: Vec::new(),
        disclosure_schemas: Vec::new(),
        verifying_keys: Vec::new(),
        status_lists: LISTS.map(|(id, purpose)| TrustStatusList { id: id.to_owned(), purpose }).to_vec(),
    }
}

/// The document verifies.
pub fn verifies(report: &Report) {
    assert!(report.verified(), "{}", serde_json::to_string_pretty(report).unwrap());
}

/// The document fails exactly this check, for this reason.
pub fn fails(report: &Report, name: CheckName, reason: &str) {
    let check = report.check(name).expect("all checks are there");
    assert!(!report.verified());
    // A newer trust document, or file of issuers, may list the key.
    let outcome = if reason == "unknown_key" { Outcome::Unknown } else { Outcome::Fail };
    assert_eq!((check.outcome, check.reason.as_deref()), (outcome, Some(reason)), "{name}: {}", check.detail);
    assert_eq!(report.failed(), [name]);
}

/// The document is not verified for want of this check.
pub fn undecided(report: &Report, name: CheckName, reason: &str) {
    let check = report.check(name).expect("all checks are there");
    assert!(!report.verified());
    assert_eq!((check.outcome, check.reason.as_deref()), (Outcome::Unknown, Some(reason)), "{name}: {}", check.detail);
    assert!(report.could_not_check());
    assert!(report.failed().contains(&name));
}
