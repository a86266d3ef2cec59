//! A holder's side of self-custody: its secrets and what it signs with them.

use getrandom::SysRng;
use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field;
use poa_circuits::native::holder::{HolderKey, HolderSecret, PseudonymSecret};
use poa_verifier::holder_pop::{Action, HolderPop};
use rand_core::UnwrapErr;
use serde_json::{Value, json};

/// The secrets of an agent that keeps them itself.
pub struct Holder {
    pub secret: HolderSecret,
    pub pseudonym: PseudonymSecret,
}

impl Holder {
    pub fn random() -> Self {
        let mut rng = UnwrapErr(SysRng);
        Self { secret: HolderSecret::random(&mut rng), pseudonym: PseudonymSecret::random(&mut rng) }
    }

    /// The member `holder` of a registration that answers `challenge`.
    pub fn registration(&self, challenge: &Value) -> Value {
        let signature = self.sign(Action::Register, challenge, &self.secret.public());
        json!({
            "agent": challenge["agent"],
            "nonce": challenge["nonce"],
            "exp": challenge["exp"],
            "key": key(&self.secret.public()),
            "pseudonym": field::encode_hex(&self.pseudonym.commitment()),
            "signature": signature,
        })
    }

    /// A signature over `challenge` with this holder's key, `new` being the key that shall be in force.
    pub fn sign(&self, action: Action, challenge: &Value, new: &HolderKey) -> Value {
        let text = |member: &str| challenge[member].as_str().unwrap();
        let mut nonce = [0u8; 32];
        hex::decode_to_slice(text("nonce"), &mut nonce).unwrap();
        let message = HolderPop {
            action,
            agent: &text("agent").parse().unwrap(),
            issuer: &text("issuer").parse().unwrap(),
            key: new,
            pseudonym: &self.pseudonym.commitment(),
            nonce: &nonce,
            exp: challenge["exp"].as_u64().unwrap(),
        }
        .message();
        signature(&self.secret.sign(&message, &mut UnwrapErr(SysRng)))
    }
}

/// A holder key as requests write it.
pub fn key(key: &HolderKey) -> Value {
    json!([field::encode_hex(&key.x()), field::encode_hex(&key.y())])
}

fn signature(signature: &HolderSignature) -> Value {
    let [x, y] = signature.r();
    json!({
        "r": [field::encode_hex(&x), field::encode_hex(&y)],
        "s": format!("0x{}", hex::encode(signature.s())),
    })
}
