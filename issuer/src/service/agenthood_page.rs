//! What the page of an agent's Proof of Agenthood shows: its newest document, verified here and now.

use poa_verifier::agenthood::ss58::Address;
use poa_verifier::report::{CheckName, Outcome, Report};
use poa_verifier::{jws, time};
use serde_json::Value;

use super::ServiceError;
use super::checking::Question;
use super::showing::{row, standing};
use crate::app::App;
use crate::domain::agenthood::{DocumentRow, Reason};
use crate::domain::{DomainError, Kind};
use crate::pages::{AgenthoodPage, Attested, Service, Standing};
use crate::proving::Principal;

impl App {
    /// The page of an agent; refused when no document was ever issued to it.
    pub async fn agenthood_page(
        &self,
        principal: Principal,
        agent: Address,
        service: Service,
    ) -> Result<AgenthoodPage, ServiceError> {
        let newest = self.domain().newest_agenthood_document(&agent).await?;
        let document = newest.ok_or(DomainError::NotFound(Kind::Agenthood))?;
        let claims = claims(&document)?;
        let question = Question::new(document.jws.as_bytes(), None);
        let checked = self.check_all(principal, vec![question]).await?.pop();
        let report = checked.map(|checked| checked.report);
        let ended_by = ended_by(&document, report.as_ref());
        let standing = match ended_by {
            Some(_) => Standing::Revoked,
            None => report.as_ref().map_or(Standing::Undecided, standing),
        };
        Ok(AgenthoodPage {
            service,
            name: text(&claims["agent"]["name"]),
            summary: claims["agent"]["summary"].as_str().map(str::to_owned),
            agent: agent.to_string(),
            attested: attested(&claims["attestation"]),
            chain: (text(&claims["chain"]["name"]), claims["chain"]["block"].as_u64().unwrap_or_default()),
            jti: document.jti.to_string(),
            issued_at: moment(document.issued_at)?,
            expires_at: moment(document.expires_at)?,
            standing,
            ended_by: ended_by.map(|reason| reason.as_str().to_owned()),
            document_url: self.config().public_url.join(&format!("/poa/api/credential/{}", document.jti)),
            checks: report.iter().flat_map(|report| &report.checks).map(row).collect(),
        })
    }
}

/// The claims of a document that this service signed.
fn claims(document: &DocumentRow) -> Result<Value, ServiceError> {
    jws::parse(&document.jws).and_then(|jws| jws.claims()).map_err(|_| ServiceError::StoredDocument)
}

/// Why the document ended: as decided, which stands before it is published, or as the chain says by now.
fn ended_by(document: &DocumentRow, report: Option<&Report>) -> Option<Reason> {
    let decided = document.revocation.map(|revocation| revocation.reason);
    let status = report.and_then(|report| report.check(CheckName::Status));
    let failed = status.filter(|check| check.outcome == Outcome::Fail);
    decided.or_else(|| failed.and_then(|check| check.reason.as_deref()?.parse().ok()))
}

fn attested(attestation: &Value) -> Attested {
    match attestation["kind"].as_str() {
        Some("controller-attested") => Attested::ByController(text(&attestation["controller"])),
        Some("self-attested") => Attested::ByItself,
        _ => Attested::ByNobody,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn moment(unix_s: u64) -> Result<String, ServiceError> {
    time::format_utc(unix_s).map_err(|_| ServiceError::StoredDocument)
}
