//! An agent's standing: revoked for good, suspended and resumed. A decision is durable when the call returns
//! and refuses new credentials from then on; leaf and status bits follow in the next publication, together.

use poa_circuits::native::eddsa::HolderSignature;
use poa_verifier::holder_pop::Action;
use serde_json::json;

use super::agents::{Agent, AgentStatus, Custody};
use super::challenges::{Answer, KeysInForce, use_challenge};
use super::ids::AgentUuid;
use super::{Domain, DomainError, Due};
use crate::store::Tx;

/// Who revokes an agent.
#[derive(Clone, Debug)]
pub enum Revoker {
    /// The service's operator.
    Operator,
    /// The holder, by signing a challenge with the key in force.
    Holder {
        /// The challenge's nonce.
        nonce: String,
        /// The challenge's `exp`.
        exp: u64,
        /// Over the message with action `revoke`.
        signature: HolderSignature,
    },
}

impl Domain {
    /// Revokes an agent for good. Revoking a revoked agent changes nothing.
    pub async fn revoke_agent(&self, id: AgentUuid, revoker: Revoker, now: u64) -> Result<Agent, DomainError> {
        // The signature takes longer than everything else here, so it is checked before the write lock is taken.
        let signed = &match &revoker {
            Revoker::Operator => None,
            Revoker::Holder { nonce, exp, signature } => {
                let answer = Answer { action: Action::Revoke, agent: id, nonce, exp: *exp };
                let signed_for = self.check_holder_revocation(&self.agent(id).await?, &answer, signature, now)?;
                Some((answer, signed_for))
            }
        };
        self.store
            .run_tx("revoke_agent", |tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    if let Some((answer, signed_for)) = signed {
                        signed_for.still_in_force(&agent)?;
                        use_challenge(tx, answer, now).await?;
                    }
                    let by_operator = signed.is_none();
                    let from = [AgentStatus::Active, AgentStatus::Suspended];
                    change_status(tx, &agent, &from, AgentStatus::Revoked, by_operator, now).await?;
                    self.required_agent(tx, id).await
                })
            })
            .await
    }

    fn check_holder_revocation(
        &self,
        agent: &Agent,
        answer: &Answer<'_>,
        signature: &HolderSignature,
        now: u64,
    ) -> Result<KeysInForce, DomainError> {
        if agent.custody == Custody::Issuer {
            return Err(DomainError::Custody);
        }
        let key = agent.holder_key.decode()?;
        self.check_pop(answer, &key, &agent.pseudonym, &[(signature, &key)], now)?;
        Ok(KeysInForce::of(agent))
    }

    /// Suspends an active agent. Suspending a suspended agent changes nothing.
    pub async fn suspend_agent(&self, id: AgentUuid, now: u64) -> Result<Agent, DomainError> {
        self.operator_change(id, AgentStatus::Active, AgentStatus::Suspended, now).await
    }

    /// Resumes a suspended agent: its leaf is appended anew and its credentials' bits are cleared.
    pub async fn resume_agent(&self, id: AgentUuid, now: u64) -> Result<Agent, DomainError> {
        self.operator_change(id, AgentStatus::Suspended, AgentStatus::Active, now).await
    }

    async fn operator_change(
        &self,
        id: AgentUuid,
        from: AgentStatus,
        to: AgentStatus,
        now: u64,
    ) -> Result<Agent, DomainError> {
        self.store
            .run_tx("change_status", |tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    change_status(tx, &agent, &[from], to, true, now).await?;
                    self.required_agent(tx, id).await
                })
            })
            .await
    }
}

async fn change_status(
    tx: &mut Tx,
    agent: &Agent,
    from: &[AgentStatus],
    to: AgentStatus,
    by_operator: bool,
    now: u64,
) -> Result<(), DomainError> {
    if agent.status == to {
        return Ok(());
    }
    if !from.contains(&agent.status) {
        return Err(DomainError::StatusChange(agent.status));
    }
    tx.set_agent_status(agent.id, to).await?;
    tx.mark_due(agent.id, Due::NextPublication).await?;
    tx.delete_prepared_of(agent.id).await?;
    if by_operator {
        let detail = json!({ "from": agent.status.as_str(), "to": to.as_str() });
        tx.log_act(now, "change_status", &agent.id.to_string(), &detail).await?;
    }
    Ok(())
}
