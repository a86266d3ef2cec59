//! The message a holder signs with its holder key: proof of possession at registration, rotation, revocation.
//!
//! `M = to_field("holder-pop", JCS({action, agent, issuer, K, N, nonce, exp}))` with agent and issuer as DIDs, `K` the
//! key that shall be in force as `[x, y]`, the nonce the issuer's 64 hex digits, `exp` a NumericDate (protocol §1).

use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::HolderKey;
use serde_json::json;

use crate::did::{AgentDid, IssuerDid};
use crate::json;

/// What the signature is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// The first key of an agent.
    Register,
    /// A new key; the old and the new one sign the same message.
    Rotate,
    /// The end of the agent.
    Revoke,
}

impl Action {
    /// The text in the message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Rotate => "rotate",
            Self::Revoke => "revoke",
        }
    }
}

/// What is signed.
#[derive(Clone, Debug)]
pub struct HolderPop<'a> {
    /// What for.
    pub action: Action,
    /// The agent.
    pub agent: &'a AgentDid,
    /// The issuer.
    pub issuer: &'a IssuerDid,
    /// The key that shall be in force.
    pub key: &'a HolderKey,
    /// `N`.
    pub pseudonym: &'a F,
    /// The issuer's, single use.
    pub nonce: &'a [u8; 32],
    /// Unix seconds, below 2^53.
    pub exp: u64,
}

impl HolderPop<'_> {
    /// The message `M`.
    pub fn message(&self) -> F {
        let message = json!({
            "action": self.action.as_str(),
            "agent": self.agent.to_string(),
            "issuer": self.issuer.as_str(),
            "K": [field::encode_hex(&self.key.x()), field::encode_hex(&self.key.y())],
            "N": field::encode_hex(self.pseudonym),
            "nonce": hex::encode(self.nonce),
            "exp": self.exp,
        });
        field::to_field("holder-pop", &json::canonical(&message))
    }
}
