//! Key rotation. A new holder key supersedes the leaf with the next publication; `N` stays, so a rotation
//! sheds no ban. What only an operator may do (a lost key, another `N`) is written to the operator's log.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::HolderKey;
use poa_verifier::holder_pop::Action;
use serde_json::json;

use super::agents::{Actor, Agent, AgentStatus, Custody};
use super::challenges::{Answer, use_challenge};
use super::ids::AgentUuid;
use super::{Domain, DomainError, Due};
use crate::store::Tx;

/// How long a rotated Ed25519 key still signs requests, in seconds, when the agent rotated it itself.
pub const SIGNING_KEY_GRACE_S: u64 = 3_600;

/// New keys for an agent; at least one of the two.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// A new key for the agent's requests.
    pub ed25519_public_key: Option<[u8; 32]>,
    /// A new holder key.
    pub holder: Option<HolderRotation>,
}

/// A new holder key, signed for by the old and the new one over the same message.
#[derive(Clone, Debug)]
pub struct HolderRotation {
    /// The challenge's nonce.
    pub nonce: String,
    /// The challenge's `exp`.
    pub exp: u64,
    /// The key that shall be in force.
    pub key: HolderKey,
    /// `N`: the agent's, or another one when the operator replaces it.
    pub pseudonym: F,
    /// By the key in force. Only the operator may do without.
    pub signature_old: Option<HolderSignature>,
    /// By the new key.
    pub signature_new: HolderSignature,
}

impl HolderRotation {
    fn answer(&self, agent: AgentUuid) -> Answer<'_> {
        Answer { action: Action::Rotate, agent, nonce: &self.nonce, exp: self.exp }
    }
}

impl Domain {
    /// Rotates an agent's keys. An agent's own rotation gives the old Ed25519 key an hour of grace; the
    /// operator's, which is for lost or stolen keys, gives none.
    pub async fn rotate_keys(
        &self,
        id: AgentUuid,
        rotation: Rotation,
        actor: Actor,
        now: u64,
    ) -> Result<Agent, DomainError> {
        if rotation.ed25519_public_key.is_none() && rotation.holder.is_none() {
            return Err(DomainError::NothingToRotate);
        }
        if let Some(key) = &rotation.ed25519_public_key {
            super::check_ed25519(key)?;
        }
        let rotation = &rotation;
        self.store
            .run_tx("rotate_keys", |tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    if agent.status == AgentStatus::Revoked {
                        return Err(DomainError::AgentNotActive(agent.status));
                    }
                    if let Some(key) = &rotation.ed25519_public_key {
                        let grace = if actor == Actor::Agent { SIGNING_KEY_GRACE_S } else { 0 };
                        if !tx.rotate_signing_key(id, key, now, now + grace).await? {
                            return Err(DomainError::Member {
                                member: "ed25519_public_key",
                                reason: "was this agent's before",
                            });
                        }
                    }
                    if let Some(holder) = &rotation.holder {
                        self.check_holder_rotation(&agent, holder, actor)?;
                        use_challenge(tx, &holder.answer(id), now).await?;
                        rotate_holder_key(tx, &agent, holder, now).await?;
                    }
                    tx.delete_prepared_of(id).await?;
                    if actor == Actor::Operator {
                        let detail = rotation_detail(&agent, rotation);
                        tx.log_act(now, "rotate_keys", &id.to_string(), &detail).await?;
                    }
                    self.required_agent(tx, id).await
                })
            })
            .await
    }

    /// Who may rotate so, and the signatures.
    fn check_holder_rotation(&self, agent: &Agent, holder: &HolderRotation, actor: Actor) -> Result<(), DomainError> {
        if agent.custody == Custody::Issuer {
            return Err(DomainError::Custody);
        }
        let by_operator = actor == Actor::Operator;
        if holder.pseudonym != agent.pseudonym && !by_operator {
            return Err(DomainError::PseudonymChanged);
        }
        if holder.signature_old.is_none() && !by_operator {
            return Err(DomainError::OldSignatureMissing);
        }
        let mut signatures = vec![(&holder.signature_new, &holder.key)];
        let old_key = agent.holder_key.decode()?;
        if let Some(old) = &holder.signature_old {
            signatures.push((old, &old_key));
        }
        self.check_pop(&holder.answer(agent.id), &holder.key, &holder.pseudonym, &signatures)
    }
}

async fn rotate_holder_key(tx: &mut Tx, agent: &Agent, holder: &HolderRotation, now: u64) -> Result<(), DomainError> {
    let identity = holder.key.commitment();
    if tx.identity_owner(&identity).await?.is_some() {
        return Err(DomainError::IdentityUsed);
    }
    let owner = tx.pseudonym_owner(&holder.pseudonym).await?;
    if owner.is_some_and(|owner| owner != agent.id) {
        return Err(DomainError::PseudonymUsed);
    }
    tx.replace_holder_key(agent.id, &holder.key, &identity, now).await?;
    if holder.pseudonym != agent.pseudonym {
        tx.replace_pseudonym(agent.id, &holder.pseudonym, owner.is_none(), now).await?;
    }
    // The live leaf names the old key: it is superseded in the next publication.
    Ok(tx.mark_due(agent.id, Due::NextPublication).await?)
}

fn rotation_detail(agent: &Agent, rotation: &Rotation) -> serde_json::Value {
    let holder = rotation.holder.as_ref();
    json!({
        "ed25519": rotation.ed25519_public_key.is_some(),
        "holder_key": holder.is_some(),
        "old_key_signed": holder.is_some_and(|h| h.signature_old.is_some()),
        "pseudonym_before": holder
            .filter(|h| h.pseudonym != agent.pseudonym)
            .map(|_| field::encode_hex(&agent.pseudonym)),
    })
}
