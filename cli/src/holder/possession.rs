//! Answering the issuer's challenges: proof of possession of the holder key (`docs/protocol.md` §1).
//!
//! What is signed names the action, the agent, the issuer and the key that shall be in force, so an
//! answer serves nobody else and nothing else.

use std::fmt::Display;

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderKey, HolderSecret};
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::holder_pop::{Action, HolderPop};
use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::secret::ProvingSecrets;
use crate::exit::{Failure, OrFail, Outcome};

/// The longest a challenge may still run, in seconds: five minutes, and a minute for differing clocks.
const MAX_REMAINING_S: u64 = 360;

/// The issuer's challenge.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The agent it is for.
    pub agent: AgentDid,
    /// Who asks.
    pub issuer: IssuerDid,
    nonce: [u8; 32],
    exp: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    agent: AgentDid,
    issuer: IssuerDid,
    nonce: String,
    exp: u64,
}

impl Challenge {
    /// Reads a challenge and refuses one that has run out or was never a challenge.
    pub fn read(value: &Value, now_unix_s: u64) -> Outcome<Self> {
        let next = "ask the issuer for a fresh challenge: poa agent challenge";
        let wire = Wire::deserialize(value).or_fail("this is no challenge", next)?;
        let mut nonce = [0; 32];
        let decoded = hex::decode_to_slice(&wire.nonce, &mut nonce);
        if decoded.is_err() || hex::encode(nonce) != wire.nonce {
            let what = "the challenge's nonce is not 64 lower-case hex digits";
            return Err(Failure::refused(what, next));
        }
        let remaining = wire.exp.checked_sub(now_unix_s);
        if remaining.is_none_or(|seconds| seconds > MAX_REMAINING_S) {
            return Err(Failure::refused("the challenge has run out, or runs too long", next));
        }
        // An issuer names its own agents alone, so who compares the agent has compared the issuer.
        if !wire.agent.is_of(&wire.issuer) {
            let what = format!("the challenge is for {}, which is no agent of its issuer {}", wire.agent, wire.issuer);
            return Err(Failure::refused(what, "answer nothing; check who sent the challenge"));
        }
        Ok(Self { agent: wire.agent, issuer: wire.issuer, nonce, exp: wire.exp })
    }

    /// Refuses a challenge that is not for this agent of this issuer.
    pub fn expect(&self, agent: Option<&AgentDid>, issuer: Option<&IssuerDid>) -> Outcome<()> {
        let other = |name: &str, found: &dyn Display, expected: &dyn Display| {
            let what = format!("the challenge is for the {name} {found}, not {expected}");
            Err(Failure::refused(what, "check who sent the challenge"))
        };
        match (agent, issuer) {
            (Some(agent), _) if *agent != self.agent => other("agent", &self.agent, agent),
            (_, Some(issuer)) if *issuer != self.issuer => other("issuer", &self.issuer, issuer),
            _ => Ok(()),
        }
    }

    /// The message that is signed.
    fn message(&self, action: Action, key: &HolderKey, pseudonym: &F) -> F {
        let (agent, issuer, nonce, exp) = (&self.agent, &self.issuer, &self.nonce, self.exp);
        HolderPop { action, agent, issuer, key, pseudonym, nonce, exp }.message()
    }

    /// The nonce as it came.
    fn nonce(&self) -> String {
        hex::encode(self.nonce)
    }
}

/// The `holder` member of a registration.
pub fn registration(challenge: &Challenge, secrets: &ProvingSecrets, rng: &mut impl CryptoRng) -> Value {
    let (key, pseudonym) = (secrets.holder.public(), secrets.pseudonym.commitment());
    let message = challenge.message(Action::Register, &key, &pseudonym);
    json!({
        "agent": challenge.agent.to_string(), "nonce": challenge.nonce(), "exp": challenge.exp,
        "key": key_json(&key), "pseudonym": field::encode_hex(&pseudonym),
        "signature": signature_json(&secrets.holder.sign(&message, rng)),
    })
}

/// The `holder` member of a rotation by the operator, for an agent whose old keys are lost: signed by the new key alone.
pub fn replacement(challenge: &Challenge, secrets: &ProvingSecrets, rng: &mut impl CryptoRng) -> Value {
    let (key, pseudonym) = (secrets.holder.public(), secrets.pseudonym.commitment());
    let message = challenge.message(Action::Rotate, &key, &pseudonym);
    json!({
        "nonce": challenge.nonce(), "exp": challenge.exp,
        "key": key_json(&key), "pseudonym": field::encode_hex(&pseudonym),
        "signature_new": signature_json(&secrets.holder.sign(&message, rng)),
    })
}

/// The `holder` member of a rotation to `new`: signed by the old and the new key.
pub fn rotation(
    challenge: &Challenge,
    secrets: &ProvingSecrets,
    new: &HolderSecret,
    rng: &mut impl CryptoRng,
) -> Value {
    let (key, pseudonym) = (new.public(), secrets.pseudonym.commitment());
    let message = challenge.message(Action::Rotate, &key, &pseudonym);
    json!({
        "nonce": challenge.nonce(), "exp": challenge.exp,
        "key": key_json(&key), "pseudonym": field::encode_hex(&pseudonym),
        "signature_old": signature_json(&secrets.holder.sign(&message, rng)),
        "signature_new": signature_json(&new.sign(&message, rng)),
    })
}

/// The `holder` member of a revocation.
pub fn revocation(challenge: &Challenge, secrets: &ProvingSecrets, rng: &mut impl CryptoRng) -> Value {
    let (key, pseudonym) = (secrets.holder.public(), secrets.pseudonym.commitment());
    let message = challenge.message(Action::Revoke, &key, &pseudonym);
    json!({
        "nonce": challenge.nonce(), "exp": challenge.exp,
        "signature": signature_json(&secrets.holder.sign(&message, rng)),
    })
}

/// A holder key as `[x, y]`.
pub fn key_json(key: &HolderKey) -> Value {
    json!([field::encode_hex(&key.x()), field::encode_hex(&key.y())])
}

fn signature_json(signature: &HolderSignature) -> Value {
    let [x, y] = signature.r();
    json!({
        "r": [field::encode_hex(&x), field::encode_hex(&y)],
        "s": format!("0x{}", hex::encode(signature.s())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::contents::{Contents, Custody};
    use crate::system;

    const NOW: u64 = 1_000;
    const AGENT: &str = "did:poa:h.example:6f1c2a0e-6c3e-4a4e-9a53-0d0c7e5b1f11";

    fn challenge() -> Value {
        json!({ "agent": AGENT, "issuer": "did:web:h.example", "nonce": "ab".repeat(32), "exp": NOW + 300 })
    }

    #[test]
    fn a_registration_is_signed_for_its_agent_issuer_and_action_alone() {
        let contents = Contents::generate(Custody::Holder, &mut system::rng());
        let secrets = contents.proving().unwrap();
        let challenge = Challenge::read(&challenge(), NOW).unwrap();
        let holder = registration(&challenge, secrets, &mut system::rng());
        let part = |value: &Value| field::decode_hex(value.as_str().unwrap()).unwrap();
        let parts = &holder["signature"];
        let signature = HolderSignature::from_parts(
            [part(&parts["r"][0]), part(&parts["r"][1])],
            &field::to_bytes_be(&part(&parts["s"])),
        )
        .unwrap();
        let (key, pseudonym) = (secrets.holder.public(), secrets.pseudonym.commitment());
        let message = |challenge: &Challenge, action| challenge.message(action, &key, &pseudonym);
        assert_eq!(signature.verify(&key, &message(&challenge, Action::Register)), Ok(()));
        assert!(signature.verify(&key, &message(&challenge, Action::Rotate)).is_err());
        let other = Challenge { issuer: serde_json::from_value(json!("did:web:other.example")).unwrap(), ..challenge };
        assert!(signature.verify(&key, &message(&other, Action::Register)).is_err());
    }

    #[test]
    fn a_stale_an_endless_a_malformed_and_a_mixed_challenge_are_not_answered() {
        for (member, value) in [
            ("exp", json!(NOW - 1)),
            ("exp", json!(NOW + 361)),
            ("nonce", json!("AB".repeat(32))),
            ("nonce", json!("ab")),
            ("surplus", json!(1)),
            ("issuer", json!("did:web:other.example")),
            ("agent", json!(AGENT.replace("h.example", "other.example"))),
        ] {
            let mut altered = challenge();
            altered[member] = value;
            assert!(Challenge::read(&altered, NOW).is_err(), "{altered}");
        }
    }

    #[test]
    fn a_challenge_for_somebody_else_is_not_answered() {
        let challenge = Challenge::read(&challenge(), NOW).unwrap();
        let (agent, issuer) = (AGENT.parse().unwrap(), "did:web:h.example".parse().unwrap());
        assert!(challenge.expect(Some(&agent), Some(&issuer)).is_ok());
        let other = AGENT.replace("h.example", "g.example").parse().unwrap();
        assert!(challenge.expect(Some(&other), None).is_err());
        assert!(challenge.expect(None, Some(&"did:web:g.example".parse().unwrap())).is_err());
    }
}
