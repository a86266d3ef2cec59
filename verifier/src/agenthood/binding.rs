//! What a controller's signature commits to.
//!
//! A wallet signs the short published message with a nonce in it; here the nonce is a hash of everything the signature
//! is for: `SHA-256("poa/v1/nonce" ‖ 0x00 ‖ seed ‖ JCS(details))`, 64 lower-case hex digits. One signature so stands
//! for one issuer, action, agent, controller, chain, behaviour graph and `agent` claim, and anybody can recompute it
//! from the `seed` and `details` that the document carries.
//!
//! # Not bound
//! The document's own `jti`, `iat` and `exp`: the issuer answers for those with its signature.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::hex32::{AbgHash, BlockHash, ClaimsDigest, Nonce, Seed};
use super::message::Action;
use super::ss58::Address;
use crate::json::{self, Node};

/// Separates nonces from every other hash.
const DOMAIN: &[u8] = b"poa/v1/nonce\0";

/// Everything that a nonce stands for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Details<A = Address, T = String> {
    /// Issue or revoke.
    pub action: Action,
    /// `iss` of the document.
    pub issuer: T,
    /// `sub` of the document.
    pub agent: A,
    /// Who signs: the controller, or the agent itself when it is sovereign.
    pub controller: A,
    /// The chain, by the hash of its first block.
    pub genesis: BlockHash,
    /// `agent.abgVersion`.
    pub abg_version: u64,
    /// `agent.abgHash`.
    pub abg_hash: AbgHash,
    /// The whole `agent` claim, see [`claims_digest`].
    pub claims: ClaimsDigest,
    /// When the challenge was made, Unix milliseconds by the issuer's clock.
    pub issued_at: u64,
}

impl Details {
    /// The details as JSON, as they stand in `attestation`.
    pub fn to_value(&self) -> Value {
        // Cannot fail: plain strings and numbers.
        serde_json::to_value(self).expect("details are JSON")
    }

    /// The nonce that stands for these details.
    pub fn nonce(&self, seed: &Seed) -> Nonce {
        nonce(seed, &(&self.to_value()).into())
    }

    /// The message to be signed.
    pub fn message(&self, seed: &Seed) -> String {
        self.action.message(&self.agent.to_string(), &self.nonce(seed).to_string())
    }
}

/// The nonce of details as they stand in a document.
pub(super) fn nonce(seed: &Seed, details: &Node<'_>) -> Nonce {
    let details = json::canonical_node(details);
    let hash = Sha256::new().chain_update(DOMAIN).chain_update(seed.as_bytes()).chain_update(details);
    Nonce::new(hash.finalize().into())
}

/// SHA-256 of the JCS form of an `agent` claim, with whatever members it has.
pub fn claims_digest(agent: &Value) -> ClaimsDigest {
    claims_digest_of(&agent.into())
}

/// [`claims_digest`] of a claim as it stands in a document.
pub(super) fn claims_digest_of(agent: &Node<'_>) -> ClaimsDigest {
    ClaimsDigest::new(Sha256::digest(json::canonical_node(agent)).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details() -> Details {
        serde_json::from_value(json!({
            "action": "issue", "issuer": "did:web:poa.example",
            "agent": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "controller": "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
            "genesis": format!("0x{}", "01".repeat(32)), "abgVersion": 3, "abgHash": format!("0x{}", "02".repeat(32)),
            "claims": "03".repeat(32), "issuedAt": 1_770_000_000_123_u64,
        }))
        .unwrap()
    }

    /// The hash of the byte string written out by hand.
    #[test]
    fn the_nonce_is_the_documented_hash() {
        let jcs = format!(
            "{{\"abgHash\":\"0x{}\",\"abgVersion\":3,\"action\":\"issue\",\
             \"agent\":\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\",\"claims\":\"{}\",\
             \"controller\":\"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty\",\"genesis\":\"0x{}\",\
             \"issuedAt\":1770000000123,\"issuer\":\"did:web:poa.example\"}}",
            "02".repeat(32),
            "03".repeat(32),
            "01".repeat(32)
        );
        let input = [b"poa/v1/nonce\0", &[7u8; 32][..], jcs.as_bytes()].concat();
        let expected = hex::encode(Sha256::digest(input));
        let seed = Seed::new([7; 32]);
        assert_eq!(details().nonce(&seed).to_string(), expected);
        let message = format!("poa:5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY:{expected}");
        assert_eq!(details().message(&seed), message);
    }

    #[test]
    fn every_member_and_the_seed_change_the_nonce() {
        let (seed, whole) = (Seed::new([7; 32]), details());
        let nonce = whole.nonce(&seed);
        assert_ne!(whole.nonce(&Seed::new([8; 32])), nonce);
        let value = whole.to_value();
        for name in value.as_object().unwrap().keys() {
            let mut other = value.clone();
            other[name] = match &other[name] {
                Value::Number(n) => json!(n.as_u64().unwrap() + 1),
                text => json!(format!("{}x", text.as_str().unwrap())),
            };
            assert_ne!(super::nonce(&seed, &(&other).into()), nonce, "{name}");
        }
    }
}
