//! Proof of Agenthood for the handlers: the chain, the rules and the signing key put together.

use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::claims::{
    AgentClaim, Attestation, ChainClaim, Claims, SignedAttestation, StatusClaim, StatusReference,
};
use poa_verifier::agenthood::hex32::{Nonce, Seed};
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::agenthood::wallet::{self, WalletSignature};
use poa_verifier::agenthood::{CHALLENGE_LIFETIME_S, MAX_BYTES};
use poa_verifier::jws;
use poa_verifier::status::StatusEntry;
use poa_verifier::trust::ListPurpose;
use rand_core::Rng as _;
use tokio::time::Instant;

use super::reading::Readings;
use crate::app::App;
use crate::chain::{ChainError, ChainSnapshot};
use crate::client::Client;
use crate::documents::{status_list_url, token_status_list_url};
use crate::domain::agenthood::{
    AgenthoodError, Binding, DocumentRow, Facts, Jti, NewDocument, Reading, SignedDocument, StoredChallenge,
};

/// Why a call was refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgenthoodRefusal {
    /// The nonce was never handed out, was used or has expired.
    #[error("the challenge is unknown, used or expired")]
    Challenge,
    /// The nonce was handed out for another agent.
    #[error("the challenge is another agent's")]
    ChallengeAgent,
    /// The chain knows no such agent.
    #[error("the agent is not registered")]
    NotRegistered,
    /// The agent cannot pay for anything, or the chain may collect it.
    #[error("the agent's balance is zero, or the chain may collect it")]
    BalanceZero,
    /// Nobody signed, and the chain is not a fixture.
    #[error("the controller's signature is needed")]
    SignatureRequired,
    /// The chain names no controller, and the agent is not sovereign.
    #[error("the chain names no controller")]
    ControllerMissing,
    /// The signature is not the controller's over the message.
    #[error("the signature is not the controller's over the message")]
    Signature,
    /// The agent is no longer as it was when the challenge was made.
    #[error("the agent has changed since the challenge; ask for another")]
    SnapshotChanged,
    /// A sovereign agent has no controller that could revoke.
    #[error("a sovereign agent has no controller that could revoke")]
    Sovereign,
    /// The chain could not be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The rules.
    #[error(transparent)]
    Rules(#[from] AgenthoodError),
}

/// A controller's answer to a challenge.
#[derive(Clone, Debug)]
pub struct Answered {
    /// As handed out.
    pub nonce: String,
    /// As posted.
    pub signature_hex: String,
    /// The same, decoded.
    pub signature: WalletSignature,
}

/// An agent that is registered, with the block it was read at.
struct Present {
    claim: AgentClaim,
    snapshot: ChainSnapshot,
}

impl App {
    /// The agent as its chain has it now.
    pub async fn agenthood_snapshot(&self, agent: &Address) -> Result<ChainSnapshot, AgenthoodRefusal> {
        self.read_agent(self.public_reads(), agent).await
    }

    /// Hands out a challenge that commits to the agent as it is now.
    pub async fn agenthood_challenge(
        &self,
        agent: Address,
        action: Action,
        client: Client,
    ) -> Result<StoredChallenge, AgenthoodRefusal> {
        let snapshot = self.read_agent(self.challenge_reads(), &agent).await?;
        let mut seed = [0; 32];
        self.rng().fill_bytes(&mut seed);
        let binding = self.bind(agent, action, Seed::new(seed), &snapshot);
        let nonce = match &binding {
            Some(binding) => binding.details.nonce(&binding.seed),
            // Nobody can sign for this agent as it is. The nonce is as good as any and leads to that answer.
            None => Nonce::new(seed),
        };
        let challenge = StoredChallenge {
            nonce: nonce.to_string(),
            agent,
            action,
            binding,
            expires_at: self.now() + CHALLENGE_LIFETIME_S,
        };
        self.domain().store_agenthood_challenge(&challenge, client, self.now()).await?;
        Ok(challenge)
    }

    fn bind(&self, agent: Address, action: Action, seed: Seed, snapshot: &ChainSnapshot) -> Option<Binding> {
        let claim = snapshot.agent.as_ref()?;
        let details = Details {
            action,
            issuer: self.keys().issuer().to_owned(),
            agent,
            controller: claim.signer()?,
            genesis: snapshot.chain.genesis,
            abg_version: claim.abg_version,
            abg_hash: claim.abg()?,
            claims: claim.digest(),
            issued_at: self.now() * 1000,
        };
        Some(Binding { seed, details, reading: Reading::of(claim, &snapshot.block) })
    }

    /// Issues a document to whoever answers a challenge, or, on a fixture, to anybody.
    pub async fn agenthood_issue(
        &self,
        agent: Address,
        answered: Option<Answered>,
    ) -> Result<DocumentRow, AgenthoodRefusal> {
        // Before the challenge is used up.
        self.domain().check_agenthood_room(&agent, self.now()).await?;
        let challenge = match &answered {
            Some(answered) => Some(self.take_challenge(&agent, &answered.nonce, &[Action::Issue]).await?),
            None => None,
        };
        let claim = challenge.as_ref().zip(answered.as_ref());
        let (until, mut readings) = (self.claim_reads().deadline(), Readings::default());
        loop {
            let issued = self.issue_once(&agent, claim, until).await;
            if !readings.again(&issued) {
                return issued;
            }
        }
    }

    async fn issue_once(
        &self,
        agent: &Address,
        claim: Option<(&StoredChallenge, &Answered)>,
        until: Instant,
    ) -> Result<DocumentRow, AgenthoodRefusal> {
        let present = self.registered_agent(agent, until).await?;
        if present.claim.funding.seus_balance.0 == 0 || present.snapshot.collectable {
            return Err(AgenthoodRefusal::BalanceZero);
        }
        let (attestation, said) = match claim {
            Some((challenge, answered)) => self.attested(challenge, answered, &present)?,
            // A reader's word alone does not make its chain one that nobody has to sign for.
            None if present.snapshot.chain.fixture && self.config().agenthood.chain.is_fixture() => {
                (Attestation::Snapshot, present.snapshot.clone())
            }
            None => return Err(AgenthoodRefusal::SignatureRequired),
        };
        self.sign_and_store(attestation, &said, &present).await
    }

    async fn take_challenge(
        &self,
        agent: &Address,
        nonce: &str,
        actions: &[Action],
    ) -> Result<StoredChallenge, AgenthoodRefusal> {
        let taken = self.domain().take_agenthood_challenge(nonce, self.now()).await?;
        let challenge = taken.ok_or(AgenthoodRefusal::Challenge)?;
        if challenge.agent != *agent {
            return Err(AgenthoodRefusal::ChallengeAgent);
        }
        if actions.contains(&challenge.action) { Ok(challenge) } else { Err(AgenthoodRefusal::Challenge) }
    }

    async fn registered_agent(&self, agent: &Address, until: Instant) -> Result<Present, AgenthoodRefusal> {
        let snapshot = self.read_once(self.claim_reads(), agent, until).await?;
        let claim = snapshot.agent.clone().ok_or(AgenthoodRefusal::NotRegistered)?;
        Ok(Present { claim, snapshot })
    }

    /// The attestation and the snapshot it is of, once signed for and still true.
    fn attested(
        &self,
        challenge: &StoredChallenge,
        answered: &Answered,
        present: &Present,
    ) -> Result<(Attestation, ChainSnapshot), AgenthoodRefusal> {
        if present.claim.signer().is_none() {
            return Err(AgenthoodRefusal::ControllerMissing);
        }
        let Binding { seed, details, reading } = challenge.binding.as_ref().ok_or(AgenthoodRefusal::SnapshotChanged)?;
        let message = details.message(seed);
        let scheme = wallet::detect(details.controller.account(), &message, &answered.signature)
            .map_err(|_| AgenthoodRefusal::Signature)?;
        let bound = reading.restore(&present.claim);
        let same_chain = details.genesis == present.snapshot.chain.genesis;
        let same_agent = details.claims == bound.digest();
        if !same_chain || present.snapshot.block.number < reading.block.number || !same_agent {
            return Err(AgenthoodRefusal::SnapshotChanged);
        }
        let signed = SignedAttestation {
            controller: details.controller,
            nonce: challenge.nonce.clone(),
            controller_sig: answered.signature_hex.clone(),
            signed_at: self.now() * 1000,
            scheme: Some(scheme),
            seed: Some(*seed),
            details: Some(details.clone()),
        };
        let attestation =
            if bound.sovereign { Attestation::SelfAttested(signed) } else { Attestation::ControllerAttested(signed) };
        let said = ChainSnapshot { block: reading.block.clone(), agent: Some(bound), ..present.snapshot.clone() };
        Ok((attestation, said))
    }

    async fn sign_and_store(
        &self,
        attestation: Attestation,
        said: &ChainSnapshot,
        present: &Present,
    ) -> Result<DocumentRow, AgenthoodRefusal> {
        let now = self.believed_now().map_err(AgenthoodError::from)?;
        let agent = said.agent.clone().ok_or(AgenthoodRefusal::NotRegistered)?;
        let malformed = || ChainError::Malformed("abgHash is no hash".to_owned());
        let facts = Facts::of(&agent).ok_or_else(malformed)?;
        let new = NewDocument {
            jti: Jti::random(now * 1000, &mut self.rng()),
            agent: agent.agent_id,
            issued_at: now,
            expires_at: now + self.config().agenthood.lifetime_s,
            facts,
            read: present.snapshot.read_at(),
        };
        let url = &self.config().public_url;
        let claims = |index: u32| Claims {
            iss: self.keys().issuer().to_owned(),
            jti: new.jti.to_string(),
            iat: new.issued_at,
            exp: new.expires_at,
            attestation: attestation.clone(),
            agent: agent.clone(),
            chain: chain_claim(said),
            status: self.status_claim(index),
            revocation_list_url: url.join("/poa/api/revoked"),
        };
        let sign = |index: u32| {
            let jws = self.keys().sign_agenthood(&claims(index).to_value()).map_err(|error| error.to_string())?;
            if jws.len() > MAX_BYTES {
                return Err(format!("a document of {} bytes", jws.len()));
            }
            // Keys may change between any two lines here: what the document says is what is stored.
            let kid = jws::parse(&jws).map_err(|error| error.to_string())?.kid().to_owned();
            Ok(SignedDocument { jws, kid })
        };
        self.domain().issue_agenthood(&new, &sign).await?;
        Ok(self.domain().agenthood_document(new.jti).await?)
    }

    fn status_claim(&self, index: u32) -> StatusClaim {
        let url = &self.config().public_url;
        let bitstring = [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| {
            StatusEntry { list: status_list_url(url, purpose), purpose, index: index.into() }.to_value()
        });
        StatusClaim {
            status_list: Some(StatusReference { idx: index.into(), uri: token_status_list_url(url) }),
            bitstring: bitstring.to_vec(),
        }
    }

    /// Revokes the agent's document in force for its current controller. A nonce of either kind of challenge serves:
    /// published clients know one kind only, and the signed message says which act it is for.
    pub async fn agenthood_revoke(&self, agent: Address, answered: Answered) -> Result<DocumentRow, AgenthoodRefusal> {
        let challenge = self.take_challenge(&agent, &answered.nonce, &[Action::Issue, Action::Revoke]).await?;
        let (until, mut readings) = (self.claim_reads().deadline(), Readings::default());
        loop {
            let revoked = self.revoke_once(&agent, &challenge, &answered, until).await;
            if !readings.again(&revoked) {
                return revoked;
            }
        }
    }

    async fn revoke_once(
        &self,
        agent: &Address,
        challenge: &StoredChallenge,
        answered: &Answered,
        until: Instant,
    ) -> Result<DocumentRow, AgenthoodRefusal> {
        let Present { claim, snapshot } = self.registered_agent(agent, until).await?;
        if claim.sovereign {
            return Err(AgenthoodRefusal::Sovereign);
        }
        let controller = claim.controller.ok_or(AgenthoodRefusal::ControllerMissing)?;
        let message = Action::Revoke.message(&agent.to_string(), &challenge.nonce);
        wallet::detect(controller.account(), &message, &answered.signature).map_err(|_| AgenthoodRefusal::Signature)?;
        Ok(self.domain().revoke_agenthood_of(agent, snapshot.read_at(), self.now()).await?)
    }
}

fn chain_claim(snapshot: &ChainSnapshot) -> ChainClaim {
    ChainClaim {
        name: snapshot.chain.name.clone(),
        genesis: snapshot.chain.genesis,
        block: snapshot.block.number,
        block_hash: snapshot.block.hash,
        finalized: snapshot.block.finalized,
    }
}
