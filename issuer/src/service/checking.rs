//! Checking documents with the embedded verifier and this service's own evidence.

use std::sync::Arc;

use poa_verifier::head::HeadMemory;
use poa_verifier::report::{CheckName, Outcome};
use poa_verifier::{Evidence, Report, Request};

use super::ServiceError;
use super::status_lists::SignedLists;
use crate::app::App;
use crate::domain::DomainError;
use crate::trust::Published;

/// A document and what is demanded of it.
#[derive(Debug)]
pub struct Question {
    /// JSON, or a compact JWS.
    pub document: Vec<u8>,
    /// The verifier's demands; none asks for authenticity alone.
    pub request: Option<Request>,
}

/// The verifier with its evidence at one moment. Owns what it needs, so that it can go to a worker.
pub struct Checker {
    published: Arc<Published>,
    lists: Option<Arc<SignedLists>>,
    heads: Vec<String>,
    now: u64,
}

impl Checker {
    /// Checks one document under the trust document in force: a key that has just begun to sign is in it. Every call
    /// has its own head memory, seeded with the newest head.
    pub fn check(&self, question: &Question) -> Report {
        let evidence = Evidence {
            status_lists: self.lists.as_ref().map_or(&[], |lists| lists.all()),
            newest_heads: &self.heads,
            ..Evidence::default()
        };
        let mut memory = HeadMemory::default();
        let trust = self.published.now();
        trust.verifier.verify(&question.document, question.request.as_ref(), &evidence, &mut memory, self.now)
    }
}

impl App {
    /// The verifier as it stands now. Before the first publication it has no evidence, and says so in
    /// its reports.
    pub async fn checker(&self) -> Result<Checker, ServiceError> {
        let (lists, heads) = match self.domain().latest_head().await {
            Ok(head) => (Some(self.status_lists().await?), vec![head.jws]),
            Err(DomainError::NoHead) => (None, Vec::new()),
            Err(error) => return Err(error.into()),
        };
        Ok(Checker { published: self.shared_published(), lists, heads, now: self.now() })
    }
}

/// The first check that stands in the way, for messages.
pub(super) fn first_obstacle(report: &Report) -> (CheckName, String) {
    let obstacle = report
        .checks
        .iter()
        .find(|check| check.outcome == Outcome::Fail)
        .or_else(|| report.checks.iter().find(|check| check.outcome == Outcome::Unknown));
    match obstacle {
        Some(check) => (check.name, reason(check)),
        None => (CheckName::Class, "not of the expected class".to_owned()),
    }
}

fn reason(check: &poa_verifier::report::Check) -> String {
    match &check.reason {
        Some(word) if check.detail.is_empty() => word.clone(),
        _ => check.detail.clone(),
    }
}
