//! Checking documents with the embedded verifier and this service's own evidence.

use std::sync::Arc;

use poa_verifier::head::HeadMemory;
use poa_verifier::report::CheckName;
use poa_verifier::status::token_list::TokenStatusList;
use poa_verifier::{Evidence, Report, Request};

use super::ServiceError;
use super::drift::Drift;
use super::status_lists::SignedLists;
use crate::app::App;
use crate::domain::{CLOCK_TOLERANCE_S, DomainError};
use crate::foreign_lists::Lists;
use crate::proving::Principal;
use crate::trust::Published;

/// A document and what is demanded of it.
#[derive(Debug)]
pub struct Question {
    document: Vec<u8>,
    request: Option<Request>,
}

impl Question {
    /// Of a JSON document, or a compact JWS, and the verifier's demands; none asks for authenticity alone. White space
    /// around the document is no part of it, for the verifier and for whoever reads it here again.
    pub fn new(document: &[u8], request: Option<Request>) -> Self {
        Self { document: document.trim_ascii().to_vec(), request }
    }

    /// The document as it is verified.
    pub(super) fn document(&self) -> &[u8] {
        &self.document
    }
}

/// The verifier with its evidence at one moment. Owns what it needs, so that it can go to a worker.
#[derive(Clone)]
pub struct Checker {
    published: Arc<Published>,
    lists: Arc<SignedLists>,
    foreign: Arc<Lists>,
    tokens: Vec<TokenStatusList>,
    heads: Vec<String>,
    now: u64,
}

/// A report, and what the chain said for it.
#[derive(Debug)]
pub struct Checked {
    /// The verifier's.
    pub report: Report,
    /// The chain's.
    pub drift: Drift,
}

impl Checker {
    /// Checks one document, without the chain, under the trust document in force: a key that has just begun to sign is
    /// in it. Every call has its own head memory, seeded with the newest head.
    pub fn check(&self, question: &Question) -> Report {
        self.check_with(question, &Drift::NotAsked)
    }

    fn check_with(&self, question: &Question, drift: &Drift) -> Report {
        let evidence = Evidence {
            status_lists: self.lists.all(),
            newest_heads: &self.heads,
            token_status_lists: &self.tokens,
            revoked_lists: &self.foreign.revoked,
            agent_now: drift.agent_now(),
            ..Evidence::default()
        };
        let mut memory = HeadMemory::default();
        let trust = self.published.now();
        trust.verifier.verify(&question.document, question.request.as_ref(), &evidence, &mut memory, self.now)
    }
}

impl App {
    /// Checks documents with the verifier as it stands now. A document of agenthood that our own key signed is held
    /// against the chain as well; only then is the chain asked, so that nobody has it read for what anybody can write.
    ///
    /// Each question takes a place of the principal's share.
    pub async fn check_all(
        &self,
        principal: Principal,
        questions: Vec<Question>,
    ) -> Result<Vec<Checked>, ServiceError> {
        let checker = self.checker().await?;
        let questions: Vec<_> = questions.into_iter().map(Arc::new).collect();
        let drifts = vec![Drift::NotAsked; questions.len()];
        let first = self.reports(principal, &checker, &questions, drifts).await?;
        let drifts = self.drifts(&questions, &first).await;
        if drifts.iter().all(|drift| matches!(drift, Drift::NotAsked)) {
            let checked = |report| Checked { report, drift: Drift::NotAsked };
            return Ok(first.into_iter().map(checked).collect());
        }
        let second = self.reports(principal, &checker, &questions, drifts.clone()).await?;
        Ok(second.into_iter().zip(drifts).map(|(report, drift)| Checked { report, drift }).collect())
    }

    async fn reports(
        &self,
        principal: Principal,
        checker: &Checker,
        questions: &[Arc<Question>],
        drifts: Vec<Drift>,
    ) -> Result<Vec<Report>, ServiceError> {
        let works = questions.iter().zip(drifts).map(|(question, drift)| {
            let (checker, question) = (checker.clone(), Arc::clone(question));
            move || checker.check_with(&question, &drift)
        });
        Ok(self.verifiers().run_each(principal, works).await?)
    }

    /// The verifier as it stands now. Before the first publication it knows no tree head.
    pub async fn checker(&self) -> Result<Checker, ServiceError> {
        let now = self.now();
        let heads = match self.domain().latest_head().await {
            Ok(head) if head.iat > now + CLOCK_TOLERANCE_S => {
                // Held against it, every good document would be called false.
                return Err(DomainError::ClockBehind { now, newest: head.iat }.into());
            }
            Ok(head) => vec![head.jws],
            Err(DomainError::NoHead) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let lists = self.status_lists().await?;
        let foreign = self.foreign_lists().now();
        let tokens = lists.decoded().iter().chain(&foreign.tokens).cloned().collect();
        Ok(Checker { published: self.shared_published(), lists, foreign, tokens, heads, now })
    }
}

/// The first check that stands in the way, for messages.
pub(super) fn first_obstacle(report: &Report) -> (CheckName, String) {
    match report.failed().first().and_then(|name| report.check(*name)) {
        Some(check) => (check.name, reason(check)),
        None => (CheckName::Class, "not of the expected class".to_owned()),
    }
}

fn reason(check: &poa_verifier::report::Check) -> String {
    match &check.reason {
        Some(word) if check.detail.is_empty() => word.to_string(),
        _ => check.detail.to_string(),
    }
}
