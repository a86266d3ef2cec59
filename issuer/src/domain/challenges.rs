//! Challenges and the holder's answers: nonces are single use and live five minutes.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::F;
use poa_circuits::native::holder::HolderKey;
use poa_verifier::holder_pop::{Action, HolderPop};
use rand_core::Rng as _;

use super::ids::AgentUuid;
use super::{Domain, DomainError};
use crate::store::Tx;

/// How long a challenge may be answered, in seconds.
pub const CHALLENGE_TTL_S: u64 = 300;

/// What a holder has to sign over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge {
    /// A new UUID, or the agent's.
    pub agent: AgentUuid,
    /// The same as a DID.
    pub agent_did: String,
    /// The issuer's DID.
    pub issuer: String,
    /// 64 lower-case hex digits.
    pub nonce: String,
    /// Unix seconds.
    pub exp: u64,
}

/// A challenge as the holder sent it back.
pub(super) struct Answer<'a> {
    pub action: Action,
    pub agent: AgentUuid,
    pub nonce: &'a str,
    pub exp: u64,
}

/// Uses up the challenge that is answered, in the transaction of the act it is for: at most one act
/// succeeds per nonce, and a refused one changes nothing.
pub(super) async fn use_challenge(tx: &mut Tx, answer: &Answer<'_>, now: u64) -> Result<(), DomainError> {
    let is_new = answer.action == Action::Register;
    let exp = tx.take_challenge(answer.nonce, answer.agent, is_new, now).await?.ok_or(DomainError::Challenge)?;
    if exp == answer.exp { Ok(()) } else { Err(DomainError::ChallengeExpiry) }
}

impl Domain {
    /// Hands out a challenge: for a registration (a new UUID) or for an existing agent.
    pub async fn challenge(&self, agent: Option<AgentUuid>, now: u64) -> Result<Challenge, DomainError> {
        let mut rng = self.rng();
        let mut nonce = [0u8; 32];
        rng.fill_bytes(&mut nonce);
        let id = agent.unwrap_or_else(|| AgentUuid::random(&mut rng));
        let challenge = &Challenge {
            agent: id,
            agent_did: id.did(&self.settings.did_host),
            issuer: self.settings.issuer.clone(),
            nonce: hex::encode(nonce),
            exp: now + CHALLENGE_TTL_S,
        };
        self.store
            .run_tx("challenge", |tx, _| {
                Box::pin(async move {
                    if agent.is_some() {
                        self.required_agent(tx, id).await?;
                    }
                    tx.insert_challenge(challenge, agent.is_none()).await?;
                    Ok(challenge.clone())
                })
            })
            .await
    }

    /// Checks a holder's signature over a challenge, the key that shall be in force and `N`.
    pub(super) fn check_pop(
        &self,
        answer: &Answer<'_>,
        key: &HolderKey,
        pseudonym: &F,
        signatures: &[(&HolderSignature, &HolderKey)],
    ) -> Result<(), DomainError> {
        let agent = answer.agent.did(&self.settings.did_host).parse();
        let pop = HolderPop {
            action: answer.action,
            agent: &agent.map_err(|_| DomainError::Challenge)?,
            issuer: &self.issuer,
            key,
            pseudonym,
            nonce: &decode_nonce(answer.nonce)?,
            exp: answer.exp,
        };
        let message = pop.message();
        for (signature, key) in signatures {
            signature.verify(key, &message).map_err(|_| DomainError::HolderSignature)?;
        }
        Ok(())
    }

    /// Uses the nonce of a signed request. False when it was used before: the request is a replay.
    /// `expires_at` is when the signature stops being accepted; the nonce is remembered until then.
    pub async fn use_request_nonce(
        &self,
        key_id: &str,
        nonce: &str,
        expires_at: u64,
        _now: u64,
    ) -> Result<bool, DomainError> {
        self.store
            .run_tx("use_request_nonce", |tx, _| {
                Box::pin(async move { Ok(tx.insert_signature_nonce(key_id, nonce, expires_at).await?) })
            })
            .await
    }
}

/// 64 lower-case hex digits.
fn decode_nonce(text: &str) -> Result<[u8; 32], DomainError> {
    let mut nonce = [0; 32];
    hex::decode_to_slice(text, &mut nonce).map_err(|_| DomainError::Challenge)?;
    if hex::encode(nonce) == text { Ok(nonce) } else { Err(DomainError::Challenge) }
}
