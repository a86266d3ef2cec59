//! The claims of a document, as an issuer writes them.
//!
//! Names and types are the published ones; ours adds `exp`, `status`, `chain`, `agent.zeroBalanceSince`, the block range
//! of `recentRuns`, and in `attestation` `scheme`, `seed` and `details`. Readers keep members they do not know; the
//! [verifier](super) reads the same structs as they are written: texts (`T`) borrowed from the document, and addresses (`A`)
//! as texts too, for a published fixture has placeholders.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::binding::{Details, claims_digest};
use super::hex32::{AbgHash, BlockHash, ClaimsDigest, Seed};
use super::instant::Instant;
use super::ss58::Address;
use super::text::deserialize_from_text;
use super::wallet::Scheme;
use crate::json;

/// All claims of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// A ULID.
    pub jti: String,
    /// Unix seconds.
    pub iat: u64,
    /// Unix seconds; at most [`MAX_LIFETIME_S`](super::MAX_LIFETIME_S) after `iat`.
    pub exp: u64,
    /// Who agreed to it.
    pub attestation: Attestation,
    /// The agent as read from the chain; its `agentId` is the `sub`.
    pub agent: AgentClaim,
    /// The block it was read at.
    pub chain: ChainClaim,
    /// Where its status is published.
    pub status: StatusClaim,
    /// `policy.revocationListUrl`.
    pub revocation_list_url: String,
}

impl Claims {
    /// The payload to be signed.
    pub fn to_value(&self) -> Value {
        json!({
            "iss": self.iss,
            "sub": self.agent.agent_id,
            "jti": self.jti,
            "iat": self.iat,
            "exp": self.exp,
            "attestation": self.attestation.to_value(),
            "agent": self.agent.to_value(),
            "chain": self.chain,
            "status": self.status,
            "policy": { "revocationListUrl": self.revocation_list_url, "refreshHint": "event-driven" },
        })
    }
}

/// The `agent` claim: an agent as the chain says it is at one block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentClaim<A = Address, T = String> {
    /// The agent's account.
    pub agent_id: A,
    /// For people; may change without another document.
    pub name: T,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<T>,
    /// Hash of its behaviour graph: an [`AbgHash`] in ours.
    pub abg_hash: T,
    /// Counts the versions of its behaviour graph.
    pub abg_version: u64,
    /// Nobody controls it but its own account.
    pub sovereign: bool,
    /// Who controls it; null when it is sovereign. Always present.
    #[serde(deserialize_with = "Option::deserialize")]
    pub controller: Option<A>,
    /// What its behaviour graph declares.
    pub capabilities: Capabilities<T>,
    /// When and by whom it was registered.
    pub registration: Registration<T>,
    /// What it can pay with.
    pub funding: Funding,
    /// How well its recent inference runs were verified.
    pub recent_runs: RecentRuns,
    /// Runs inside an enclave.
    pub enclave_bound: bool,
    /// The block all this was read at.
    pub snapshot_at_block: u64,
    /// That block's time.
    pub snapshot_at_time: Instant,
    /// Since when the balance is zero; null while it is not. Ours always has it.
    #[serde(default)]
    pub zero_balance_since: Option<Instant>,
}

impl AgentClaim {
    /// The claim as JSON.
    pub fn to_value(&self) -> Value {
        // Cannot fail: plain strings, numbers and lists.
        serde_json::to_value(self).expect("an agent claim is JSON")
    }

    /// What the details of a challenge say of it.
    pub fn digest(&self) -> ClaimsDigest {
        claims_digest(&self.to_value())
    }

    /// Who has to sign for it: its controller, or itself when it is sovereign. `None` when nobody can.
    pub fn signer(&self) -> Option<Address> {
        if self.sovereign { Some(self.agent_id) } else { self.controller }
    }

    /// Its behaviour graph's hash, when it is one of ours.
    pub fn abg(&self) -> Option<AbgHash> {
        self.abg_hash.parse().ok()
    }
}

/// What a behaviour graph declares.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities<T = String> {
    /// Models it may call.
    pub models: Vec<T>,
    /// Tools it may use.
    pub tools: Vec<T>,
    /// Intents it answers.
    pub intent_types: Vec<T>,
    /// Agents it may call, by address.
    pub sub_agents: Vec<T>,
}

/// When and by whom an agent was registered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration<T = String> {
    /// Block number.
    pub at_block: u64,
    /// The registrar's address.
    pub registrar: T,
}

/// What an agent can pay with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Funding {
    /// Free balance in base units.
    pub seus_balance: Balance,
    /// Whether the chain lets it run.
    pub active: bool,
}

/// An amount in base units, written as a decimal string.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String")]
pub struct Balance(pub u128);

/// Not a decimal number below 2^128 in its only spelling.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a decimal string below 2^128")]
pub struct BalanceError;

impl FromStr for Balance {
    type Err = BalanceError;

    fn from_str(text: &str) -> Result<Self, BalanceError> {
        json::decimal(text).map(Self).ok_or(BalanceError)
    }
}

deserialize_from_text!(Balance);

impl From<Balance> for String {
    fn from(balance: Balance) -> Self {
        balance.0.to_string()
    }
}

/// How well recent inference runs were verified.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentRuns {
    /// How many were looked at.
    pub sampled_runs: u64,
    /// How they were verified.
    pub inference_mix: InferenceMix,
    /// The verdict.
    pub grade: Grade,
    /// First block that was looked at; ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_block: Option<u64>,
    /// Last block that was looked at; ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_block: Option<u64>,
}

/// Runs by the way they were verified.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InferenceMix {
    /// With a proof that the chain checked.
    pub kzg: u64,
    /// With the prover's signature alone.
    pub signature_only: u64,
}

/// How well runs were verified.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// All with a proof.
    Full,
    /// Some with a proof.
    Mixed,
    /// None with a proof.
    Lite,
    /// Nobody looked, or there were none.
    Unknown,
}

/// The block an `agent` claim was read at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainClaim<T = String> {
    /// For people.
    pub name: T,
    /// Hash of its first block: which chain it is.
    pub genesis: BlockHash,
    /// Number of the block, `agent.snapshotAtBlock`.
    pub block: u64,
    /// Hash of the block.
    pub block_hash: BlockHash,
    /// Whether the block can no longer be undone. We issue under such blocks only.
    pub finalized: bool,
}

/// Where a document's status is published: one index, two encodings (formats §4).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StatusClaim {
    /// The IETF token status list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_list: Option<StatusReference>,
    /// The W3C bitstring status lists: entries as in `credentialStatus` ([`crate::status::StatusEntry::to_value`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bitstring: Vec<Value>,
}

/// An entry of a token status list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StatusReference<T = String> {
    /// The index.
    pub idx: u64,
    /// The list's URL, its `sub`.
    pub uri: T,
}

/// Who agreed to a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Attestation {
    /// Nobody: a snapshot of a chain that is a fixture. Never of a live chain.
    Snapshot,
    /// The agent's controller.
    ControllerAttested(SignedAttestation),
    /// The sovereign agent's own account.
    SelfAttested(SignedAttestation),
}

impl Attestation {
    /// The member `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::ControllerAttested(_) => "controller-attested",
            Self::SelfAttested(_) => "self-attested",
        }
    }

    /// The claim as JSON.
    pub fn to_value(&self) -> Value {
        let mut value = match self {
            Self::Snapshot => json!({}),
            // Cannot fail: plain strings and numbers.
            Self::ControllerAttested(signed) | Self::SelfAttested(signed) => {
                serde_json::to_value(signed).expect("an attestation is JSON")
            }
        };
        value["kind"] = self.kind().into();
        value
    }
}

/// A signature over the message of a nonce.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedAttestation<A = Address, T = String> {
    /// Who signed: `agent.controller`, or the agent itself.
    pub controller: A,
    /// In the message. Ours is a [`super::hex32::Nonce`].
    pub nonce: T,
    /// Hexadecimal, as posted.
    pub controller_sig: T,
    /// When the signature came in, Unix milliseconds by the issuer's clock.
    pub signed_at: u64,
    /// Which kind of signature. Ours always has this and the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// The random part of the nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// What the nonce stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details<A, T>>,
}

#[cfg(test)]
pub(crate) mod tests;
