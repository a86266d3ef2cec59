//! Challenges and the holder's answers: single use, five minutes.
//!
//! A challenge is not stored. Its nonce is 16 random bytes and 16 bytes of a MAC over them and over what the challenge is
//! for: issuer, agent, purpose and expiry. So asking costs no row, whoever asks; a nonce is stored when it is used, until
//! it has expired.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::F;
use poa_circuits::native::holder::HolderKey;
use poa_verifier::holder_pop::{Action, HolderPop};
use rand_core::Rng as _;
use subtle::ConstantTimeEq as _;

use super::agents::{Agent, StoredHolderKey};
use super::ids::AgentUuid;
use super::{Domain, DomainError};
use crate::store::Tx;

/// How long a challenge may be answered, in seconds.
pub const CHALLENGE_TTL_S: u64 = 300;
/// The random part of a nonce, in bytes; the rest is the MAC.
const RANDOM_BYTES: usize = 16;

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

/// What a challenge is for. An answer to one kind is not one to the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// Registering a new agent.
    Register = 1,
    /// Rotating the keys of an agent, or revoking it: the holder's signature says which.
    Change = 2,
}

impl Purpose {
    fn of(action: Action) -> Self {
        match action {
            Action::Register => Self::Register,
            Action::Rotate | Action::Revoke => Self::Change,
        }
    }
}

/// A challenge as the holder sent it back.
pub(super) struct Answer<'a> {
    pub action: Action,
    pub agent: AgentUuid,
    pub nonce: &'a str,
    pub exp: u64,
}

/// The keys that signatures were checked under, before the transaction that relies on them.
pub(super) struct KeysInForce {
    holder_key: StoredHolderKey,
    pseudonym: F,
}

impl KeysInForce {
    /// The agent's.
    pub fn of(agent: &Agent) -> Self {
        Self { holder_key: agent.holder_key, pseudonym: agent.pseudonym }
    }

    /// Refuses when the agent has other keys by now: the signatures are not by those.
    pub fn still_in_force(&self, agent: &Agent) -> Result<(), DomainError> {
        let same = self.holder_key == agent.holder_key && self.pseudonym == agent.pseudonym;
        if same { Ok(()) } else { Err(DomainError::HolderSignature) }
    }
}

/// Uses up the challenge that is answered, in the transaction of the act it is for: at most one act
/// succeeds per nonce, and a refused one changes nothing. [`Domain::check_pop`] has checked that it is ours.
pub(super) async fn use_challenge(tx: &mut Tx, answer: &Answer<'_>, now: u64) -> Result<(), DomainError> {
    // The transaction may have waited for its turn.
    if answer.exp <= now || !tx.use_challenge(answer.nonce, answer.exp).await? {
        return Err(DomainError::Challenge);
    }
    Ok(())
}

impl Domain {
    /// Hands out a challenge: for a registration (a new UUID) or for an existing agent. Nothing is stored.
    pub async fn challenge(&self, agent: Option<AgentUuid>, now: u64) -> Result<Challenge, DomainError> {
        let mut rng = self.rng();
        let mut random = [0; RANDOM_BYTES];
        rng.fill_bytes(&mut random);
        let (id, purpose) = match agent {
            Some(id) => {
                self.agent(id).await?;
                (id, Purpose::Change)
            }
            None => (AgentUuid::random(&mut rng), Purpose::Register),
        };
        let exp = now + CHALLENGE_TTL_S;
        let tag = self.challenge_tag(&random, id, purpose, exp);
        Ok(Challenge {
            agent: id,
            agent_did: id.did(&self.settings.did_host),
            issuer: self.settings.issuer.clone(),
            nonce: hex::encode([&random[..], &tag[..RANDOM_BYTES]].concat()),
            exp,
        })
    }

    /// The MAC of a challenge. Every part but the last has a fixed length.
    fn challenge_tag(&self, random: &[u8; RANDOM_BYTES], agent: AgentUuid, purpose: Purpose, exp: u64) -> [u8; 32] {
        let agent = agent.to_string();
        let parts: [&[u8]; 5] =
            [&[purpose as u8], random, &exp.to_be_bytes(), agent.as_bytes(), self.settings.issuer.as_bytes()];
        self.challenge_key.tag(&parts.concat())
    }

    /// Refuses a challenge that was never handed out for this, or has expired. Whether it was used is for
    /// [`use_challenge`].
    fn check_challenge(&self, answer: &Answer<'_>, nonce: &[u8; 32], now: u64) -> Result<(), DomainError> {
        let (random, tag) = nonce.split_first_chunk::<RANDOM_BYTES>().ok_or(DomainError::Challenge)?;
        let expected = self.challenge_tag(random, answer.agent, Purpose::of(answer.action), answer.exp);
        let ours: bool = expected[..RANDOM_BYTES].ct_eq(tag).into();
        if ours && now < answer.exp { Ok(()) } else { Err(DomainError::Challenge) }
    }

    /// Checks the challenge, then a holder's signatures over it, the key that shall be in force and `N`.
    pub(super) fn check_pop(
        &self,
        answer: &Answer<'_>,
        key: &HolderKey,
        pseudonym: &F,
        signatures: &[(&HolderSignature, &HolderKey)],
        now: u64,
    ) -> Result<(), DomainError> {
        let nonce = &decode_nonce(answer.nonce)?;
        // First, because it is a thousand times cheaper than a signature.
        self.check_challenge(answer, nonce, now)?;
        let agent = answer.agent.did(&self.settings.did_host).parse();
        let pop = HolderPop {
            action: answer.action,
            agent: &agent.map_err(|_| DomainError::Challenge)?,
            issuer: &self.issuer,
            key,
            pseudonym,
            nonce,
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
