//! A domain in a temporary directory, with a clock that is set by hand, a head signer with a real key, one
//! attestor, and a naive tree to compare with.

use std::path::Path as FilePath;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use poa_circuits::native::field::F;
use poa_circuits::native::tree::{self, DEPTH};
use poa_issuer::clock::{Clock, ManualClock, WatchedClock};
use poa_issuer::domain::*;
use poa_issuer::keys::MasterKey;
use poa_issuer::store::Store;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::jws;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The first second of an hour.
pub const NOW: u64 = 1_800_000_000;
/// The host of every rig's issuer.
pub const HOST: &str = "issuer.example";

/// A real Ed25519 signer of heads.
pub struct Signer(SigningKey);

impl Signer {
    pub fn new() -> Self {
        Self(SigningKey::from_bytes(&[1; 32]))
    }
}

impl HeadSigner for Signer {
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError> {
        let claims = serde_json::to_value(claims).map_err(|error| HeadSigningError(error.to_string()))?;
        Ok(sign(&self.0, "poa-root+jwt", "did:web:issuer.example#heads-1", &claims))
    }
}

fn sign(key: &SigningKey, typ: &str, kid: &str, claims: &Value) -> String {
    let input = jws::signing_input(typ, kid, claims);
    let signature = key.sign(input.as_bytes()).to_bytes();
    jws::attach_signature(&input, &signature)
}

fn public(key: &SigningKey) -> [u8; 32] {
    key.verifying_key().to_bytes()
}

pub fn did_key(key: &SigningKey) -> String {
    let public = PublicKey::from_bytes(&public(key)).expect("a generated key is strong");
    format!("did:key:{}", public.to_multikey())
}

pub fn settings() -> Settings {
    Settings {
        issuer: format!("did:web:{HOST}"),
        did_host: HOST.into(),
        public_url: format!("https://{HOST}"),
        log: "main".into(),
        capabilities: ["lite", "verified", "open-source"].map(str::to_owned).to_vec(),
        leaf_lifetime_s: LEAF_LIFETIME_S,
        status_capacity: STATUS_CAPACITY,
        documents_per_day: DOCUMENTS_PER_DAY,
    }
}

pub async fn open(dir: &FilePath, now: u64) -> Domain {
    open_with(dir, settings(), now).await
}

async fn open_with(dir: &FilePath, settings: Settings, now: u64) -> Domain {
    let store = Store::open(&dir.join("poa.sqlite")).await.unwrap();
    let signer = Arc::new(Signer::new());
    Domain::open(store, settings, MasterKey::from_bytes([7; 32]), signer, os_entropy(), now).await.unwrap()
}

pub struct Rig {
    pub dir: TempDir,
    pub domain: Arc<Domain>,
    pub clock: Arc<ManualClock>,
    pub watched: WatchedClock,
    pub attestor: SigningKey,
}

impl Rig {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    /// One with other settings.
    pub async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let rig = Self {
            domain: Arc::new(open_with(dir.path(), settings, NOW).await),
            dir,
            watched: WatchedClock::new(Arc::clone(&clock) as Arc<dyn Clock>, None, None),
            clock,
            attestor: SigningKey::from_bytes(&[2; 32]),
        };
        rig.add_attestor(&rig.attestor).await;
        rig
    }

    /// Closes the database and opens it again, as a restart does.
    pub async fn restart(&mut self) {
        self.domain.store().close().await;
        self.domain = Arc::new(open(self.dir.path(), self.now()).await);
    }

    /// Sets the wall clock, which somebody confirms.
    pub fn confirm(&self, now: u64) {
        self.clock.jump(now);
        self.watched.believe(&self.watched.reading());
    }

    pub fn now(&self) -> u64 {
        self.clock.now_unix_s()
    }

    pub async fn add_attestor(&self, key: &SigningKey) {
        self.domain.add_attestor(did_key(key), "attestor".into(), public(key), NOW).await.unwrap();
    }

    /// Registers an agent in the service's custody.
    pub async fn managed(&self, name: &str) -> AgentUuid {
        self.domain.register_agent(managed_registration(name), self.now()).await.unwrap().id
    }

    /// Registers an agent with one receipt of `completed` of 10 tasks.
    pub async fn attested(&self, name: &str, completed: u64) -> AgentUuid {
        let id = self.managed(name).await;
        self.attest(id, name, completed).await;
        id
    }

    /// Stores a receipt of `completed` of 10 tasks.
    pub async fn attest(&self, id: AgentUuid, jti: &str, completed: u64) {
        let jws = self.receipt(id, jti, json!({ "completed": completed }));
        let outcomes = self.domain.store_attestations(&[jws], self.now()).await.unwrap();
        assert!(matches!(outcomes[..], [ReceiptOutcome::Stored { .. }]), "{outcomes:?}");
    }

    /// A signed receipt of 5 of 10 tasks; `changes` replaces members, null removes one.
    pub fn receipt(&self, id: AgentUuid, jti: &str, changes: Value) -> String {
        receipt_by(&self.attestor, id, jti, self.now(), changes)
    }

    pub async fn publish(&self) -> Publication {
        self.domain.publish(&self.watched).await.unwrap()
    }

    /// Publishes and gives the head.
    pub async fn head(&self) -> Head {
        self.publish().await.head.expect("a leaf was made")
    }
}

pub fn managed_registration(name: &str) -> Registration {
    Registration {
        name: name.into(),
        ed25519_public_key: public(&SigningKey::from_bytes(&[3; 32])),
        source: None,
        manifest: None,
        build_sha256: None,
        holder: None,
    }
}

pub fn receipt_by(key: &SigningKey, id: AgentUuid, jti: &str, now: u64, changes: Value) -> String {
    let mut claims = json!({
        "iss": did_key(key), "sub": id.did(HOST), "iat": now, "jti": jti, "period_end": now - 86_400,
        "attempted": 10, "completed": 5,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    sign(key, "poa-attestation+jwt", &did_key(key), &claims)
}

/// The root of a full tree of these leaves, computed level by level without any cleverness.
pub fn naive_root(leaves: &[F]) -> F {
    let mut row = leaves.to_vec();
    for level in 0..DEPTH {
        if row.len() % 2 == 1 {
            row.push(tree::zero(level));
        }
        row = row.chunks(2).map(|pair| tree::node(&pair[0], &pair[1])).collect();
    }
    row.first().copied().unwrap_or_else(tree::empty_root)
}
