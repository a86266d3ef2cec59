//! What the chain says by now of the agents of documents that this service issued.

use std::sync::Arc;

use std::collections::HashMap;

use poa_verifier::agenthood::claims::ChainClaim;
use poa_verifier::agenthood::reasons::AgentNow;
use poa_verifier::agenthood::ss58::{Address, Network};
use poa_verifier::report::{Check, CheckName, Class, Outcome};
use poa_verifier::{Report, jws};
use serde::Deserialize as _;
use tokio::time::Instant;

use super::agenthood::AgenthoodRefusal;
use super::checking::Question;
use super::reading::Readings;
use crate::app::App;
use crate::chain::{ChainError, ChainSnapshot, ReadAt};
use crate::domain::agenthood::{AgenthoodError, Jti};

/// What the chain says of the agent of a document of agenthood.
#[derive(Clone, Debug)]
pub enum Drift {
    /// Not asked: another kind of document, another issuer's, or one that is refused anyway.
    NotAsked,
    /// As the chain has the agent now.
    Read(Box<ChainSnapshot>),
    /// It could not be read, or not so that it counts.
    Unread(Unread),
}

/// Why the chain does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unread {
    /// No answer, or not in time, or not of the contract.
    Unreachable,
    /// Too many ask at the same time.
    Busy,
    /// It is another chain than the document's.
    OtherChain,
    /// It is behind the document, or behind what was judged already.
    Behind,
    /// The database failed.
    Store,
    /// The document passed, and cannot be read again to ask about it.
    Document,
}

impl Unread {
    /// The detail of the answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "chain-unreachable",
            Self::Busy => "chain-busy",
            Self::OtherChain => "other-chain",
            Self::Behind => "chain-behind",
            Self::Store => "store-unreachable",
            Self::Document => "document-unread",
        }
    }
}

impl From<&AgenthoodRefusal> for Unread {
    fn from(refusal: &AgenthoodRefusal) -> Self {
        match refusal {
            AgenthoodRefusal::Chain(ChainError::Busy) => Self::Busy,
            AgenthoodRefusal::Rules(AgenthoodError::OtherChain { .. }) => Self::OtherChain,
            AgenthoodRefusal::Rules(AgenthoodError::ReadTooOld { .. }) => Self::Behind,
            AgenthoodRefusal::Rules(_) => Self::Store,
            _ => Self::Unreachable,
        }
    }
}

impl Drift {
    /// The agent as evidence for the verifier.
    pub(super) fn agent_now(&self) -> Option<AgentNow<'_>> {
        let Self::Read(snapshot) = self else { return None };
        Some(match &snapshot.agent {
            Some(agent) => AgentNow::Registered { agent, collectable: snapshot.collectable },
            None => AgentNow::Gone,
        })
    }
}

/// A document to be held against the chain.
struct Subject {
    agent: Address,
    jti: Option<Jti>,
    /// Where the document says that the chain was read.
    read: ReadAt,
}

impl Subject {
    fn read(document: &[u8], agent: Option<&str>, network: Network) -> Option<Self> {
        let claims = jws::parse(std::str::from_utf8(document).ok()?).ok()?.claims().ok()?;
        let chain: ChainClaim = ChainClaim::deserialize(&claims["chain"]).ok()?;
        Some(Self {
            agent: Address::parse(agent?, network).ok()?,
            jti: claims["jti"].as_str().and_then(|jti| jti.parse().ok()),
            read: ReadAt { genesis: chain.genesis, block: chain.block },
        })
    }
}

/// Agents as read for one request; one that could not be read is not tried again.
type Agents = HashMap<Address, Result<ChainSnapshot, Unread>>;

impl App {
    /// The chain's word on each document that a first check left standing. One agent is read after another, so that a
    /// batch takes no more places than anybody else, and all within one request's time.
    pub(super) async fn drifts(&self, questions: &[Arc<Question>], reports: &[Report]) -> Vec<Drift> {
        let until = self.public_reads().deadline();
        let mut agents = Agents::new();
        let mut drifts = Vec::with_capacity(reports.len());
        for (question, report) in questions.iter().zip(reports) {
            drifts.push(match self.subject(question, report) {
                None => Drift::NotAsked,
                Some(Err(unread)) => Drift::Unread(unread),
                Some(Ok(subject)) => self.drift(&subject, &mut agents, until).await,
            });
        }
        drifts
    }

    /// Only of documents that our own key signed, so that nobody has the chain read for what anybody can write.
    fn subject(&self, question: &Question, report: &Report) -> Option<Result<Subject, Unread>> {
        let own = self.keys().issuer();
        let proved = report.proved.as_ref().filter(|proved| proved.issuer.as_deref() == Some(own))?;
        let refused = |check: &Check| check.outcome == Outcome::Fail && check.name != CheckName::Status;
        if report.class != Class::Agenthood || report.checks.iter().any(refused) {
            return None;
        }
        // Not asking would let what passed stand unquestioned.
        let subject = Subject::read(question.document(), proved.subject.as_deref(), self.config().agenthood.network);
        Some(subject.ok_or(Unread::Document))
    }

    async fn drift(&self, subject: &Subject, agents: &mut Agents, until: Instant) -> Drift {
        let known = match agents.get(&subject.agent) {
            Some(Err(unread)) => return Drift::Unread(*unread),
            Some(Ok(snapshot)) => self.admit_for(subject, snapshot).await.is_ok().then(|| snapshot.clone()),
            None => None,
        };
        let read = match known {
            Some(snapshot) => Ok(snapshot),
            None => self.read_for(subject, until).await.map_err(|refusal| unread(&refusal)),
        };
        agents.insert(subject.agent, read.clone());
        read.map_or_else(Drift::Unread, |snapshot| Drift::Read(Box::new(snapshot)))
    }

    async fn read_for(&self, subject: &Subject, until: Instant) -> Result<ChainSnapshot, AgenthoodRefusal> {
        let mut readings = Readings::default();
        loop {
            let read = self.read_for_once(subject, until).await;
            if !readings.again(&read) {
                return read;
            }
        }
    }

    async fn read_for_once(&self, subject: &Subject, until: Instant) -> Result<ChainSnapshot, AgenthoodRefusal> {
        let snapshot = self.public_reads().snapshot(&subject.agent, until).await?;
        self.admit_for(subject, &snapshot).await?;
        Ok(snapshot)
    }

    async fn admit_for(&self, subject: &Subject, snapshot: &ChainSnapshot) -> Result<(), AgenthoodRefusal> {
        let read = snapshot.read_at();
        read.reaches(subject.read)?;
        Ok(self.domain().admit_reading(read, subject.jti).await?)
    }
}

fn unread(refusal: &AgenthoodRefusal) -> Unread {
    if let Some(left_out) = crate::log_lines::admit("chain", "unread") {
        tracing::warn!(error = %refusal, left_out, "a document was judged without the chain");
    }
    Unread::from(refusal)
}
