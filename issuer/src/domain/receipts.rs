//! Work receipts: strict parsing of a signed receipt's claims (`docs/reputation.md`).
//!
//! A receipt is a compact JWS of type `poa-attestation+jwt`. Every member is known, bounded and consistent,
//! or the receipt is refused and the member is named. Nothing is stored that was not verified.

use poa_verifier::ed25519::PublicKey;
use poa_verifier::jws::{self, JwsError};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::ids::AgentUuid;
use super::text;

/// The `typ` of a receipt.
pub const RECEIPT_TYP: &str = "poa-attestation+jwt";
/// How far a receipt's `iat` may lie ahead of our clock, in seconds.
pub const SKEW_S: u64 = 60;
/// Shares and scores are in hundredths of a percent.
pub const FULL: u64 = 10_000;

const MAX_JTI_BYTES: usize = 128;
const MAX_EVIDENCE_BYTES: usize = 2_048;
/// 2^53 - 1, beyond which JSON numbers are not exact.
const MAX_COUNT: u64 = (1 << 53) - 1;
/// The members a receipt may have; any other is refused.
pub const MEMBERS: [&str; 17] = [
    "iss",
    "sub",
    "iat",
    "jti",
    "period_end",
    "attempted",
    "completed",
    "quality",
    "confidence",
    "disputed",
    "earned_sats",
    "stake_sats",
    "capabilities",
    "build_sha256",
    "evidence",
    "parent",
    "replaces",
];

/// Why a receipt was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a strict compact JWS, of the wrong type, or the signature does not verify.
    #[error("receipt: {0}")]
    Jws(#[from] JwsError),
    /// A member this version does not know.
    #[error("receipt: unknown member {0:?}")]
    Unknown(String),
    /// A member is missing or has a value it may not have.
    #[error("receipt: {member} {reason}")]
    Member {
        /// Its name.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `capabilities` has a name that is not in the registry.
    #[error("receipt: capabilities names {found:?}, which is not in the registry ({known})")]
    Capability {
        /// The name, shortened.
        found: String,
        /// The registry's names.
        known: String,
    },
    /// `iss` is no registered attestor, or a retired one.
    #[error("receipt: iss is not an attestor that may sign")]
    Attestor,
    /// `sub` is no registered agent of this service, or a revoked one.
    #[error("receipt: sub is not an agent in standing")]
    Agent,
    /// The attestor used this `jti` for another receipt.
    #[error("receipt: jti was used for another receipt")]
    JtiUsed,
    /// `replaces` names no earlier receipt of this attestor for this agent that still counts.
    #[error("receipt: replaces names no earlier receipt that counts")]
    Replaces,
}

impl ReceiptError {
    /// The claim that is at fault, if one is.
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::Jws(_) => None,
            Self::Unknown(name) => Some(name),
            Self::Member { member, .. } => Some(member),
            Self::Capability { .. } => Some("capabilities"),
            Self::Attestor => Some("iss"),
            Self::Agent => Some("sub"),
            Self::JtiUsed => Some("jti"),
            Self::Replaces => Some("replaces"),
        }
    }
}

/// The claims of a receipt, each within its range.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The attestor's did:key.
    pub attestor: String,
    /// The agent.
    pub agent: AgentUuid,
    /// Unique per attestor.
    pub jti: String,
    /// `jti` of the earlier receipt that this one corrects.
    pub replaces: Option<String>,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds, not after `issued_at`.
    pub period_end: u64,
    /// Tasks.
    pub attempted: u64,
    /// Tasks, at most `attempted`.
    pub completed: u64,
    /// 0 to 10000.
    pub quality: Option<u64>,
    /// The agent's own forecast of `completed / attempted`, 0 to 10000.
    pub confidence: Option<u64>,
    /// Whether the work was disputed.
    pub disputed: Option<bool>,
    /// Satoshi.
    pub earned_sats: Option<u64>,
    /// Satoshi at stake at the time.
    pub stake_sats: Option<u64>,
    /// Names of the capability registry.
    pub capabilities: Vec<String>,
    /// The build that did the work.
    pub build_sha256: Option<[u8; 32]>,
    /// Where the work can be seen.
    pub evidence: Option<String>,
    /// Digest of a parent task's receipt, 64 hex digits.
    pub parent: Option<String>,
}

/// A receipt that parsed; its signature is not checked yet.
pub struct UnverifiedReceipt {
    jws: jws::Unverified,
    claims: Receipt,
}

/// SHA-256 of the compact JWS, 64 lower-case hex digits: what a receipt is known by.
pub fn digest(compact: &str) -> String {
    hex::encode(Sha256::digest(compact.as_bytes()))
}

impl UnverifiedReceipt {
    /// Parses a receipt. `did_host` is this service's, `capabilities` its registry.
    pub fn parse(compact: &str, did_host: &str, capabilities: &[String], now: u64) -> Result<Self, ReceiptError> {
        let jws = jws::parse(compact)?;
        jws.expect_typ(RECEIPT_TYP)?;
        let Value::Object(claims) = jws.claims()? else {
            return Err(ReceiptError::Jws(JwsError::Shape("the payload is not an object")));
        };
        let claims = read_claims(&Claims(claims), did_host, capabilities, now)?;
        if jws.kid() != claims.attestor {
            return Err(member("iss", "differs from the header's kid"));
        }
        Ok(Self { jws, claims })
    }

    /// Whose key has to verify it.
    pub fn attestor(&self) -> &str {
        &self.claims.attestor
    }

    /// Checks the signature; only then the claims are to be had.
    pub fn verify(self, key: &PublicKey) -> Result<Receipt, ReceiptError> {
        self.jws.verify(key)?;
        Ok(self.claims)
    }
}

fn member(member: &'static str, reason: &'static str) -> ReceiptError {
    ReceiptError::Member { member, reason }
}

fn read_claims(claims: &Claims, did_host: &str, capabilities: &[String], now: u64) -> Result<Receipt, ReceiptError> {
    if let Some(unknown) = claims.0.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(ReceiptError::Unknown(unknown.clone()));
    }
    let sub = claims.text("sub", 512)?.ok_or(member("sub", "is missing"))?;
    let receipt = Receipt {
        attestor: claims.text("iss", 512)?.ok_or(member("iss", "is missing"))?,
        agent: AgentUuid::from_did(&sub, did_host).ok_or(ReceiptError::Agent)?,
        jti: claims.text("jti", MAX_JTI_BYTES)?.ok_or(member("jti", "is missing"))?,
        replaces: claims.text("replaces", MAX_JTI_BYTES)?,
        issued_at: claims.required_count("iat", MAX_COUNT)?,
        period_end: claims.required_count("period_end", MAX_COUNT)?,
        attempted: claims.required_count("attempted", MAX_COUNT)?,
        completed: claims.required_count("completed", MAX_COUNT)?,
        quality: claims.count("quality", FULL)?,
        confidence: claims.count("confidence", FULL)?,
        disputed: claims.boolean("disputed")?,
        earned_sats: claims.amount("earned_sats")?,
        stake_sats: claims.amount("stake_sats")?,
        capabilities: claims.capabilities(capabilities)?,
        build_sha256: claims.digest("build_sha256")?,
        evidence: claims.text("evidence", MAX_EVIDENCE_BYTES)?,
        parent: claims.digest("parent")?.map(hex::encode),
    };
    check_consistency(&receipt, now)?;
    Ok(receipt)
}

fn check_consistency(receipt: &Receipt, now: u64) -> Result<(), ReceiptError> {
    if receipt.issued_at > now.saturating_add(SKEW_S) {
        return Err(member("iat", "lies in the future"));
    }
    if receipt.period_end > receipt.issued_at {
        return Err(member("period_end", "lies after iat"));
    }
    if receipt.completed > receipt.attempted {
        return Err(member("completed", "is greater than attempted"));
    }
    if receipt.replaces.as_deref() == Some(&receipt.jti) {
        return Err(member("replaces", "names the receipt itself"));
    }
    if receipt.evidence.as_ref().is_some_and(|url| !text::is_uri(url, MAX_EVIDENCE_BYTES)) {
        return Err(member("evidence", "is not an http(s) URL in ASCII"));
    }
    Ok(())
}

/// The payload; a member that is null counts as absent.
struct Claims(Map<String, Value>);

impl Claims {
    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str, max_bytes: usize) -> Result<Option<String>, ReceiptError> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let text = value.as_str().ok_or(member(name, "is not a string"))?;
        if text.is_empty() || text.len() > max_bytes {
            return Err(member(name, "is empty or too long"));
        }
        if text.chars().any(char::is_control) {
            return Err(member(name, "has a control character"));
        }
        Ok(Some(text.to_owned()))
    }

    fn count(&self, name: &'static str, max: u64) -> Result<Option<u64>, ReceiptError> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let count = value.as_u64().ok_or(member(name, "is not a whole number from 0"))?;
        if count > max {
            return Err(member(name, "is too large"));
        }
        Ok(Some(count))
    }

    fn required_count(&self, name: &'static str, max: u64) -> Result<u64, ReceiptError> {
        self.count(name, max)?.ok_or(member(name, "is missing"))
    }

    fn boolean(&self, name: &'static str) -> Result<Option<bool>, ReceiptError> {
        self.present(name).map(|value| value.as_bool().ok_or(member(name, "is neither true nor false"))).transpose()
    }

    /// A 64-bit amount: a decimal string without sign or leading zeros.
    fn amount(&self, name: &'static str) -> Result<Option<u64>, ReceiptError> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let text = value.as_str().ok_or(member(name, "is not a decimal string"))?;
        let amount: u64 = text.parse().map_err(|_| member(name, "is not a decimal string below 2^64"))?;
        if amount.to_string() != text {
            return Err(member(name, "has a sign or leading zeros"));
        }
        Ok(Some(amount))
    }

    /// SHA-256 as 64 lower-case hex digits.
    fn digest(&self, name: &'static str) -> Result<Option<[u8; 32]>, ReceiptError> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let text = value.as_str().ok_or(member(name, "is not a string"))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| member(name, "is not 64 hex digits"))?;
        if hex::encode(bytes) != text {
            return Err(member(name, "has upper-case hex digits"));
        }
        Ok(Some(bytes))
    }

    fn capabilities(&self, registry: &[String]) -> Result<Vec<String>, ReceiptError> {
        let name = "capabilities";
        let Some(value) = self.present(name) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or(member(name, "is not an array"))?;
        let mut names: Vec<String> = Vec::with_capacity(list.len().min(registry.len()));
        for entry in list {
            let entry = entry.as_str().ok_or(member(name, "has an entry that is not a string"))?;
            if !registry.iter().any(|known| known == entry) {
                let found = entry.chars().take(64).collect();
                return Err(ReceiptError::Capability { found, known: named_capabilities(registry) });
            }
            if names.iter().any(|seen| seen == entry) {
                return Err(member(name, "names one capability twice"));
            }
            names.push(entry.to_owned());
        }
        Ok(names)
    }
}

/// The names of a registry, for messages.
pub(crate) fn named_capabilities(registry: &[String]) -> String {
    if registry.is_empty() { "it has no names: poa serve --capabilities".to_owned() } else { registry.join(", ") }
}

/// A receipt of one completed task, for tests.
#[cfg(test)]
pub(super) fn sample(jti: &str, period_end: u64) -> Receipt {
    Receipt {
        attestor: "did:key:zAttestor".into(),
        agent: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap(),
        jti: jti.into(),
        replaces: None,
        issued_at: period_end,
        period_end,
        attempted: 1,
        completed: 1,
        quality: None,
        confidence: None,
        disputed: None,
        earned_sats: None,
        stake_sats: None,
        capabilities: Vec::new(),
        build_sha256: None,
        evidence: None,
        parent: None,
    }
}

#[cfg(test)]
mod tests;
