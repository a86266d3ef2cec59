//! Agents and attestors: their Ed25519 keys and what they sign.

use ed25519_dalek::{Signer, SigningKey};
use getrandom::SysRng;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::jws;
use rand_core::{Rng, UnwrapErr};
use serde_json::{Value, json};

/// A registered agent and its request key.
pub struct Agent {
    pub did: String,
    pub id: String,
    pub key: SigningKey,
}

/// Somebody who signs receipts.
pub struct Attestor(pub SigningKey);

pub fn random_key() -> SigningKey {
    let mut seed = [0u8; 32];
    UnwrapErr(SysRng).fill_bytes(&mut seed);
    SigningKey::from_bytes(&seed)
}

pub fn multikey(key: &SigningKey) -> String {
    PublicKey::from_bytes(&key.verifying_key().to_bytes()).unwrap().to_multikey()
}

impl Agent {
    pub fn from_view(view: &Value, key: SigningKey) -> Self {
        let text = |member: &str| view[member].as_str().unwrap().to_owned();
        Self { did: text("agent"), id: text("id"), key }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/agents/{}{rest}", self.id)
    }
}

impl Attestor {
    pub fn random() -> Self {
        Self(random_key())
    }

    pub fn multikey(&self) -> String {
        multikey(&self.0)
    }

    pub fn did(&self) -> String {
        format!("did:key:{}", self.multikey())
    }

    /// The claims of a receipt of 120 tasks of 150, changed by `changes` (null removes a member).
    pub fn claims(&self, agent: &str, now: u64, changes: Value) -> Value {
        let mut claims = json!({
            "iss": self.did(),
            "sub": agent,
            "iat": now,
            "jti": format!("receipt-{}", hex::encode(random_key().to_bytes())),
            "period_end": now - 1000,
            "attempted": 150,
            "completed": 120,
            "quality": 9000,
            "earned_sats": "25000",
            "capabilities": ["swe-bench-lite", "open-source"],
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        claims
    }

    /// A signed receipt.
    pub fn receipt(&self, agent: &str, now: u64, changes: Value) -> String {
        self.sign("poa-attestation+jwt", &self.claims(agent, now, changes))
    }

    /// Any claims under any `typ`.
    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        let input = jws::signing_input(typ, &self.did(), claims);
        jws::attach_signature(&input, &self.0.sign(input.as_bytes()).to_bytes())
    }
}
