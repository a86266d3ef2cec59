//! Leaves: what one commits to, and when an agent gets a new one.
//!
//! At most one leaf per agent and schema is live. A revoked or suspended agent has none. An active one gets
//! - its first leaf in the publication after its first receipt, a new one after a resumption or a rotation, and for
//!   one that a wrong clock dated into the future, at once;
//! - otherwise a new one only in the publication that becomes an anchor, when an attribute changed or half the
//!   lifetime is gone. So openings and prepared proofs change hourly at most.

use poa_circuits::native::attributes::{Attributes, Reputation, SLOTS};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::leaf::Leaf;

use super::agents::AgentStatus;
use super::ids::AgentUuid;
use super::schemas::AttestationSchemaRecord;
use super::{Domain, DomainError, Kind};
use crate::store::{StoreError, Tx};

/// Why a leaf was set to 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ZeroReason {
    /// Its agent was revoked.
    Revoked,
    /// Its agent was suspended.
    Suspended,
    /// A newer leaf took its place.
    Superseded,
}

impl ZeroReason {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Superseded => "superseded",
        }
    }
}

/// A leaf as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafRecord {
    /// The log.
    pub log: String,
    /// Append order.
    pub index: u32,
    /// The agent.
    pub agent: AgentUuid,
    /// URL of the attestation schema.
    pub schema_id: String,
    /// What it commits to.
    pub leaf: Leaf,
    /// The digest behind slot 5.
    pub build_sha256: Option<[u8; 32]>,
    /// Unix seconds.
    pub attested_at: u64,
    /// The first publication that contains it.
    pub appended_seq: u64,
    /// The first publication that has 0 in its place.
    pub zeroed_seq: Option<u64>,
}

/// A leaf's opening: all that proving needs besides the holder's secrets and the path.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The agent.
    pub agent: AgentUuid,
    /// The log.
    pub log: String,
    /// Append order.
    pub index: u32,
    /// The first publication that contains it.
    pub seq: u64,
    /// What it commits to.
    pub leaf: Leaf,
    /// The attributes behind the six field elements.
    pub attributes: Attributes,
    /// Unix seconds.
    pub attested_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
    /// What it means.
    pub schema: AttestationSchemaRecord,
}

impl LeafRecord {
    /// The attributes behind the field elements.
    fn attributes(&self) -> Result<Attributes, StoreError> {
        let corrupt = StoreError::Corrupt("leaves.attributes");
        let mut slots = [0u64; SLOTS - 1];
        for (value, element) in slots.iter_mut().zip(&self.leaf.attributes) {
            *value = field::to_u64(element).ok_or(StoreError::Corrupt("leaves.attributes"))?;
        }
        let [reputation, tasks_completed, earnings_sats, member_since, capabilities] = slots;
        let reputation = u16::try_from(reputation).ok().and_then(|score| Reputation::new(score).ok());
        let attributes = Attributes {
            reputation: reputation.ok_or(StoreError::Corrupt("leaves.attributes"))?,
            tasks_completed,
            earnings_sats,
            member_since,
            capabilities,
            build_sha256: self.build_sha256,
        };
        if attributes.to_fields() == self.leaf.attributes { Ok(attributes) } else { Err(corrupt) }
    }
}

/// What a publication knows about an agent when it decides on its leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub status: AgentStatus,
    pub identity: F,
    pub pseudonym: F,
    /// From the receipts that count; none without receipts.
    pub attributes: Option<[F; SLOTS]>,
    /// The schema under which leaves are made now.
    pub schema: &'a AttestationSchemaRecord,
    pub live: Option<&'a LeafRecord>,
    /// Whether the publication becomes an anchor.
    pub anchor: bool,
    pub now: u64,
}

/// What a publication does to an agent's leaf.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Decision {
    /// Set the live leaf to 0.
    pub zero: Option<ZeroReason>,
    /// Append a new leaf.
    pub append: bool,
    /// Look again at the next anchor: a change has to wait for it.
    pub wait: bool,
}

/// The rules of this module's header.
pub(super) fn decide(facts: &Facts<'_>) -> Decision {
    let zero = |reason| Decision { zero: facts.live.map(|_| reason), ..Decision::default() };
    match (facts.status, facts.live) {
        (AgentStatus::Revoked, _) => zero(ZeroReason::Revoked),
        (AgentStatus::Suspended, _) => zero(ZeroReason::Suspended),
        (AgentStatus::Active, None) => Decision { append: facts.attributes.is_some(), ..Decision::default() },
        (AgentStatus::Active, Some(live)) => renew(facts, live),
    }
}

fn renew(facts: &Facts<'_>, live: &LeafRecord) -> Decision {
    let Some(attributes) = facts.attributes else { return Decision::default() };
    let rotated = (live.leaf.identity, live.leaf.pseudonym) != (facts.identity, facts.pseudonym);
    let changed = live.leaf.attributes != attributes || live.schema_id != facts.schema.id;
    let half_gone = facts.now >= live.attested_at + facts.schema.leaf_lifetime_s / 2;
    // No head says so any more, or none could be signed now.
    let misdated = live.attested_at > facts.now;
    if rotated || misdated || (facts.anchor && (changed || half_gone)) {
        Decision { zero: Some(ZeroReason::Superseded), append: true, wait: false }
    } else {
        Decision { wait: changed, ..Decision::default() }
    }
}

impl Domain {
    /// The opening of the agent's live leaf.
    pub async fn leaf_opening(&self, id: AgentUuid) -> Result<Opening, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    self.required_agent(tx, id).await?;
                    let record = tx.live_leaf(id, &self.settings.log).await?.ok_or(DomainError::NoLeaf)?;
                    opening(tx, record).await
                })
            })
            .await
    }
}

/// A stored leaf with the schema that gives it meaning.
pub(super) async fn opening(tx: &mut Tx, record: LeafRecord) -> Result<Opening, DomainError> {
    let schemas = tx.attestation_schemas().await?;
    let schema = schemas.into_iter().find(|schema| schema.id == record.schema_id);
    Ok(Opening {
        agent: record.agent,
        index: record.index,
        seq: record.appended_seq,
        attributes: record.attributes()?,
        attested_at: record.attested_at,
        expires_at: record.leaf.expires_at,
        schema: schema.ok_or(DomainError::NotFound(Kind::Schema))?,
        log: record.log,
        leaf: record.leaf,
    })
}

#[cfg(test)]
mod tests;
