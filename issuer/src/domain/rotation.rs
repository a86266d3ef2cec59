//! Key rotation. A new holder key supersedes the leaf with the next publication; `N` stays, so a rotation
//! sheds no ban. Every rotation is written to the operator's log: an agent's own too, because a thief's looks the same.
//!
//! An agent rotates only with its newest request key, and not while it is suspended: then the operator does, who can
//! ask who is who.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::HolderKey;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::holder_pop::Action;
use serde_json::{Value, json};

use super::agents::{Actor, Agent, AgentStatus, Custody};
use super::challenges::{Answer, KeysInForce, use_challenge};
use super::ids::AgentUuid;
use super::{Domain, DomainError, Due};
use crate::store::Tx;

/// How long a rotated Ed25519 key still signs requests, in seconds, when the agent rotated it itself.
pub const SIGNING_KEY_GRACE_S: u64 = 3_600;
/// Most keys of a kind that an agent begins to use itself in a day: each stays in its record and in the operator's log.
pub const MAX_KEYS_A_DAY: u32 = 24;
const DAY_S: u64 = 86_400;

/// New keys for an agent; at least one of the two.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// A new key for the agent's requests.
    pub ed25519_public_key: Option<[u8; 32]>,
    /// Whether the replaced request key has its hour of grace. By default it has when the agent rotates, and has not
    /// when the operator does, whose rotations are for lost or stolen keys.
    pub grace: Option<bool>,
    /// The request key that the agent's call is signed with. It must still be the newest when the rotation is stored.
    pub signed_with: Option<[u8; 32]>,
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
    /// Rotates an agent's keys.
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
        } else if rotation.grace.is_some() {
            return Err(DomainError::Member { member: "grace", reason: "is for a new ed25519_public_key alone" });
        }
        // The signatures take longer than everything else here, so they are checked before the write lock is taken.
        let signed_for = &match &rotation.holder {
            Some(holder) => Some(self.check_holder_rotation(&self.agent(id).await?, holder, actor, now)?),
            None => None,
        };
        let rotation = &rotation;
        self.store
            .run_tx("rotate_keys", |tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    may_rotate(tx, &agent, rotation, actor, now).await?;
                    let grace_s = grace_s(rotation, actor);
                    if let Some(key) = &rotation.ed25519_public_key
                        && !tx.rotate_signing_key(id, key, now, now + grace_s).await?
                    {
                        let reason = "was this agent's before";
                        return Err(DomainError::Member { member: "ed25519_public_key", reason });
                    }
                    if let (Some(holder), Some(signed_for)) = (&rotation.holder, signed_for) {
                        signed_for.still_in_force(&agent)?;
                        use_challenge(tx, &holder.answer(id), now).await?;
                        rotate_holder_key(tx, &agent, holder, now).await?;
                    }
                    tx.delete_prepared_of(id).await?;
                    let detail = rotation_detail(&agent, rotation, actor, now + grace_s)?;
                    tx.log_act(now, "rotate_keys", &id.to_string(), &detail).await?;
                    self.required_agent(tx, id).await
                })
            })
            .await
    }

    /// Who may rotate so, and the signatures.
    fn check_holder_rotation(
        &self,
        agent: &Agent,
        holder: &HolderRotation,
        actor: Actor,
        now: u64,
    ) -> Result<KeysInForce, DomainError> {
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
        self.check_pop(&holder.answer(agent.id), &holder.key, &holder.pseudonym, &signatures, now)?;
        Ok(KeysInForce::of(agent))
    }
}

/// An agent rotates with its newest key, in good standing and so often. The operator always may, until it is revoked.
async fn may_rotate(
    tx: &mut Tx,
    agent: &Agent,
    rotation: &Rotation,
    actor: Actor,
    now: u64,
) -> Result<(), DomainError> {
    match (agent.status, actor) {
        (AgentStatus::Active, _) | (AgentStatus::Suspended, Actor::Operator) => {}
        (status, _) => return Err(DomainError::AgentNotActive(status)),
    }
    // It was the newest when the call was admitted; another rotation may have come first.
    if rotation.signed_with.is_some_and(|key| key != agent.ed25519_public_key) {
        return Err(DomainError::KeyReplaced);
    }
    if actor == Actor::Operator {
        return Ok(());
    }
    // One more, because the key that the agent was registered with counts too.
    match tx.nth_newest_key(agent.id, MAX_KEYS_A_DAY + 1, now.saturating_sub(DAY_S)).await? {
        Some(begun) => Err(DomainError::TooManyRotations { wait_s: (begun + DAY_S).saturating_sub(now) }),
        None => Ok(()),
    }
}

fn grace_s(rotation: &Rotation, actor: Actor) -> u64 {
    if rotation.grace.unwrap_or(actor == Actor::Agent) { SIGNING_KEY_GRACE_S } else { 0 }
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

/// Who replaced which keys. Public keys are no secrets, and with them the operator can tell the agent's from a thief's.
fn rotation_detail(agent: &Agent, rotation: &Rotation, actor: Actor, until: u64) -> Result<Value, DomainError> {
    let multikey = |key: &[u8; 32]| PublicKey::from_bytes(key).map(|key| key.to_multikey());
    let holder = rotation.holder.as_ref();
    let new = rotation.ed25519_public_key.as_ref();
    Ok(json!({
        "by": actor.as_str(),
        "status": agent.status.as_str(),
        "ed25519": new.is_some(),
        "ed25519_before": multikey(&agent.ed25519_public_key).map_err(|_| DomainError::WeakKey)?,
        "ed25519_after": new.map(multikey).transpose().map_err(|_| DomainError::WeakKey)?,
        "ed25519_before_until": new.map(|_| until),
        "holder_key": holder.is_some(),
        "old_key_signed": holder.is_some_and(|h| h.signature_old.is_some()),
        "identity_before": holder.map(|_| field::encode_hex(&agent.identity)),
        "pseudonym_before": holder
            .filter(|h| h.pseudonym != agent.pseudonym)
            .map(|_| field::encode_hex(&agent.pseudonym)),
    }))
}
