//! Issued credentials in the forms they are served in, and the page of one.

use poa_verifier::report::{Check, CheckName, Outcome, Report};
use poa_verifier::{data_integrity, json};
use serde_json::Value;

use super::ServiceError;
use super::checking::Question;
use crate::app::App;
use crate::domain::{Credential, CredentialId, CredentialState, DomainError, Kind};
use crate::pages::{CheckRow, CredentialPage, Service, Standing};
use crate::proving::Principal;

/// How a credential is served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// With both proofs.
    Full,
    /// With the issuer's proof alone, for verifiers that refuse proofs they do not know.
    IssuerProofOnly,
    /// As a compact JWS of type `vc+jwt`.
    Jwt,
}

impl App {
    /// An issued credential as bytes.
    pub async fn credential_as(&self, id: CredentialId, form: Form) -> Result<Vec<u8>, ServiceError> {
        let (_, document) = self.issued(id).await?;
        self.in_form(document, form)
    }

    /// A credential with both proofs as bytes of another form.
    pub fn in_form(&self, document: Value, form: Form) -> Result<Vec<u8>, ServiceError> {
        Ok(match form {
            Form::Full => json::canonical(&document),
            Form::IssuerProofOnly => json::canonical(&issuer_proof_only(document)),
            Form::Jwt => self.keys().sign_vc_jwt(&data_integrity::without_proof(&document))?.into_bytes(),
        })
    }

    /// What the page of an issued credential shows: verified here and now, without a request.
    pub async fn credential_page(
        &self,
        principal: Principal,
        id: CredentialId,
        service: Service,
    ) -> Result<CredentialPage, ServiceError> {
        let (credential, document) = self.issued(id).await?;
        let agent = self.domain().agent(credential.agent).await?;
        let checker = self.checker().await?;
        let question = Question::new(document.to_string().as_bytes(), None);
        let report = self.verifiers().run(principal, move || checker.check(&question)).await?;
        let title = self.schema_title(&credential.schema);
        let proved = report.proved.as_ref();
        Ok(CredentialPage {
            service,
            title,
            facts: proved.map(|proved| proved.statement.clone()).unwrap_or_default(),
            standing: standing(&report),
            agent_name: agent.name,
            agent: agent.did,
            document_url: self.config().public_url.join(&format!("/zk-credentials/{id}")),
            schema_url: credential.schema,
            valid_from: text(&document, "validFrom"),
            valid_until: text(&document, "validUntil"),
            root: proved.and_then(|proved| proved.head.as_ref()).map(|head| head.root.clone()).unwrap_or_default(),
            checks: report.checks.iter().map(row).collect(),
        })
    }

    async fn issued(&self, id: CredentialId) -> Result<(Credential, Value), ServiceError> {
        let mut credential = self.domain().credential(id).await?;
        match (credential.state, credential.document.take()) {
            (CredentialState::Issued, Some(document)) => Ok((credential, document)),
            // Nothing is published before it is complete, not even that there is something.
            _ => Err(DomainError::NotFound(Kind::Credential).into()),
        }
    }

    fn schema_title(&self, id: &str) -> String {
        let trust = self.published().now();
        let schema = trust.verifier.trusted().first().disclosure_schema(id);
        schema.map_or_else(|| "Credential".to_owned(), |schema| schema.document().title.clone())
    }
}

fn issuer_proof_only(mut document: Value) -> Value {
    let issuers = document["proof"]
        .as_array()
        .and_then(|proofs| proofs.iter().find(|proof| proof["type"] == data_integrity::TYPE).cloned());
    if let Some(proof) = issuers {
        document["proof"] = proof;
    }
    document
}

/// How a report is said in one word.
pub(super) fn standing(report: &Report) -> Standing {
    let failed_for = |name, word| {
        report.check(name).is_some_and(|check| check.outcome == Outcome::Fail && check.reason.as_deref() == Some(word))
    };
    match report.authentic() {
        Some(true) => Standing::Authentic,
        _ if failed_for(CheckName::Status, "suspended") => Standing::Suspended,
        _ if failed_for(CheckName::Status, "revoked") => Standing::Revoked,
        _ if failed_for(CheckName::Validity, "expired") => Standing::Expired,
        Some(false) => Standing::Refused,
        None => Standing::Undecided,
    }
}

/// A check in words.
pub(super) fn row(check: &Check) -> CheckRow {
    let outcome = match check.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Unknown => "unknown",
        Outcome::NotApplicable => "not applicable",
    };
    let reason = match (&check.reason, check.detail.as_ref()) {
        (Some(word), "") => word.replace('_', " "),
        (_, detail) => detail.to_owned(),
    };
    CheckRow { name: check.name.as_str().to_owned(), outcome, reason }
}

fn text(document: &Value, member: &str) -> String {
    document[member].as_str().unwrap_or_default().to_owned()
}
