//! Judging credentials and presentations of anybody. Without a request, so what is found is that a document is
//! *authentic*: conforming, signed by whom it names, valid now, and not revoked as far as its status is this service's.

use std::sync::Arc;

use poa_verifier::rdfc::EddsaRdfc2022;
use poa_verifier::report::{Class, Outcome};
use poa_verifier::status::{StatusEntry, StatusList};
use poa_verifier::time::SKEW_S;
use poa_verifier::trust::ListPurpose;
use poa_verifier::vc::foreign::{Cause, EddsaJcs2022, Expected, ForeignReport, ForeignVerifier, Kind};
use poa_verifier::vc::{DataModelError, DateTime, ENVELOPED_CREDENTIAL, check_enveloped};
use poa_verifier::zk_proof::{self, Binding};
use poa_verifier::{Report, Request, credential, data_integrity, jws};
use serde_json::{Value, json};

use super::VcApiError;
use super::keys::Keys;
use crate::app::App;
use crate::config::MAX_DOCUMENTS;
use crate::documents::status_list_url;
use crate::proving::{Principal, WorkError};
use crate::service::ServiceError;
use crate::service::checking::Question;
use crate::service::status_lists::SignedLists;
use crate::trust::Snapshot;

/// The problem types of Bitstring Status List §3.5 and of the data model §7.2.
const STATUS_RETRIEVAL: &str = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR";
const STATUS_VERIFICATION: &str = "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR";
const SECURITY: &str = "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR";
const RANGE: &str = "https://www.w3.org/TR/vc-data-model#RANGE_ERROR";

/// What is to be judged, and what its sender was asked for.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The challenge that was set.
    pub challenge: Option<String>,
    /// The domain it is for.
    pub domain: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What keeps it from being authentic, as problem details; none when it is.
    pub problems: Vec<Value>,
    /// What was not judged.
    pub warnings: Vec<String>,
    /// The document, or what its envelope carries.
    pub document: Arc<Value>,
    /// One for each document of this service's own, as `POST /verify` answers it.
    pub reports: Vec<Value>,
}

impl Verdict {
    /// Whether it is authentic.
    pub fn verified(&self) -> bool {
        self.problems.is_empty()
    }

    fn of(document: &Arc<Value>) -> Self {
        Self { document: Arc::clone(document), ..Self::default() }
    }

    fn problem(&mut self, kind: &str, title: &str, detail: impl Into<String>) {
        self.problems.push(json!({ "type": kind, "title": title, "detail": detail.into() }));
    }

    fn not_conforming(&mut self, error: &DataModelError) {
        self.problem(error.reason.problem_type(), "Not a conforming document", error.to_string());
    }

    fn join(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
        self.reports.extend(other.reports);
    }
}

/// What judges the documents of one call, as it all stood at one moment. Documents may be large, so they are shared, and
/// what reads or writes a whole one is done by a reader.
struct Judge {
    app: Arc<App>,
    principal: Principal,
    trust: Arc<Snapshot>,
    lists: Arc<SignedLists>,
    now: u64,
}

impl App {
    /// Judges a credential, or an enveloped one.
    pub async fn vc_api_verify_credential(
        self: &Arc<Self>,
        principal: Principal,
        document: Value,
    ) -> Result<Verdict, VcApiError> {
        self.judge(principal).await?.credential(&Arc::new(document)).await
    }

    /// Judges a presentation, or an enveloped one, with its credentials.
    pub async fn vc_api_verify_presentation(
        self: &Arc<Self>,
        principal: Principal,
        document: Value,
        given: &Given,
    ) -> Result<Verdict, VcApiError> {
        self.judge(principal).await?.presentation(&Arc::new(document), given).await
    }

    async fn judge(self: &Arc<Self>, principal: Principal) -> Result<Judge, VcApiError> {
        let (trust, lists) = (self.published().now(), self.status_lists().await?);
        Ok(Judge { app: Arc::clone(self), principal, trust, lists, now: self.now() })
    }
}

/// By which code a document is judged.
enum Look {
    /// By that for other issuers' documents.
    Foreign,
    /// As this service's own, which is this text.
    Own(Vec<u8>),
    /// As this service's own, which is this JWS in the envelope.
    OwnEnveloped(String),
}

/// What the code for other issuers' documents found.
struct Found {
    /// Without its document.
    report: ForeignReport,
    /// What was judged.
    document: Arc<Value>,
    /// Of a presentation that holds: its credentials.
    credentials: Vec<Arc<Value>>,
}

impl Judge {
    /// The answer of `POST /verify`.
    async fn report(&self, document: Vec<u8>, request: Option<Request>) -> Result<Report, VcApiError> {
        let checked = self.app.check_all(self.principal, vec![Question::new(&document, request)]).await?;
        let report = checked.into_iter().next().map(|checked| checked.report);
        Ok(report.ok_or(ServiceError::Work(WorkError::Failed))?)
    }

    async fn credential(&self, document: &Arc<Value>) -> Result<Verdict, VcApiError> {
        match self.look(document).await? {
            Look::Own(text) => Ok(own(document, &self.report(text, None).await?)),
            Look::OwnEnveloped(jwt) => self.own_enveloped(document, jwt).await,
            Look::Foreign => {
                let Found { report, document, .. } =
                    self.foreign(Kind::Credential, document, &Given::default()).await?;
                let mut verdict = Verdict::of(&document);
                self.add_foreign(&mut verdict, &report).await?;
                Ok(verdict)
            }
        }
    }

    async fn look(&self, document: &Arc<Value>) -> Result<Look, VcApiError> {
        let (app, trust, document) = (Arc::clone(&self.app), Arc::clone(&self.trust), Arc::clone(document));
        let look = move || {
            let jwt = enveloped(&document);
            match (is_own(app.keys().issuer(), &Keys(trust.verifier.trusted().first()), &document, jwt), jwt) {
                (false, _) => Look::Foreign,
                (true, Some(jwt)) => Look::OwnEnveloped(jwt.to_owned()),
                (true, None) => Look::Own(document.to_string().into_bytes()),
            }
        };
        Ok(self.app.readers().run(self.principal, look).await.map_err(ServiceError::from)?)
    }

    async fn own_enveloped(&self, document: &Arc<Value>, jwt: String) -> Result<Verdict, VcApiError> {
        let (contexts, envelope, text) = (self.app.vc_contexts(), Arc::clone(document), jwt.clone());
        let carried = move || {
            check_enveloped(&contexts, &envelope, ENVELOPED_CREDENTIAL)?;
            // Nobody signed the envelope: what it carries is the document.
            Ok::<Value, DataModelError>(jws::parse(&text).and_then(|jws| jws.claims()).unwrap_or_default())
        };
        let carried = self.app.foreign_verifiers().run(self.principal, carried).await;
        match carried.map_err(ServiceError::from)? {
            Ok(carried) => Ok(own(&Arc::new(carried), &self.report(jwt.into_bytes(), None).await?)),
            Err(error) => {
                let mut verdict = Verdict::of(document);
                verdict.not_conforming(&error);
                Ok(verdict)
            }
        }
    }

    async fn presentation(&self, document: &Arc<Value>, given: &Given) -> Result<Verdict, VcApiError> {
        if is_derived(document) {
            return self.derived(document, given).await;
        }
        if credentials(document).len() > MAX_DOCUMENTS {
            return Ok(too_many(document));
        }
        let Found { report, document, credentials: carried } =
            self.foreign(Kind::Presentation, document, given).await?;
        if credentials(&document).len() > MAX_DOCUMENTS {
            return Ok(too_many(&document));
        }
        let mut verdict = Verdict::of(&document);
        self.add_foreign(&mut verdict, &report).await?;
        // Each is judged by what it is. What does not conform, or was not signed, is not looked into.
        for credential in &carried {
            let found = match secured(credential) {
                true => Box::pin(self.credential(credential)).await?,
                false => self.of_the_holder(credential),
            };
            verdict.join(found);
        }
        Ok(verdict)
    }

    /// Our own presentation: its proof answers a challenge, which the caller has to state.
    async fn derived(&self, document: &Arc<Value>, given: &Given) -> Result<Verdict, VcApiError> {
        let binding = given.challenge.clone().zip(given.domain.clone());
        let binding = binding.map(|(challenge, domain)| Binding { challenge, domain });
        let request = binding.map(|binding| Request { binding: Some(binding), ..Request::default() });
        let stated = request.is_some();
        let whole = Arc::clone(document);
        let text = self.app.readers().run(self.principal, move || whole.to_string().into_bytes()).await;
        let report = self.report(text.map_err(ServiceError::from)?, request).await?;
        let mut verdict = own(document, &report);
        if !stated {
            let detail = "a presentation of this issuer answers a challenge: state challenge and domain in options";
            verdict.problem(SECURITY, "Challenge not stated", detail);
        }
        Ok(verdict)
    }

    /// A credential that only the presentation secures. That its issuer is the holder who signed that was checked.
    fn of_the_holder(&self, credential: &Arc<Value>) -> Verdict {
        let mut verdict = Verdict::of(credential);
        let date = |name: &str| DateTime::parse(credential[name].as_str()?).ok();
        let (soon, now) = (self.now.saturating_add(SKEW_S), self.now);
        if date("validFrom").is_some_and(|from| from > DateTime::from_unix_s(soon))
            || date("validUntil").is_some_and(|until| until < DateTime::from_unix_s(now))
        {
            verdict.problem(RANGE, "Not authentic", "a credential of the holder's own is not valid now");
        }
        if credential.get("credentialStatus").is_some() {
            status_unknown(&mut verdict);
        }
        verdict
    }

    /// What the code for other issuers' documents says, from a worker.
    async fn foreign(&self, kind: Kind, document: &Arc<Value>, given: &Given) -> Result<Found, VcApiError> {
        let (trust, now_unix_s) = (Arc::clone(&self.trust), self.now);
        let (contexts, document, given) = (self.app.vc_contexts(), Arc::clone(document), given.clone());
        let judge = move || {
            let rdfc = EddsaRdfc2022 { contexts: &contexts };
            let verifier = ForeignVerifier {
                contexts: &contexts,
                resolver: &Keys(trust.verifier.trusted().first()),
                suites: &[&EddsaJcs2022, &rdfc],
                now_unix_s,
            };
            let (challenge, domain) = (given.challenge.as_deref(), given.domain.as_deref());
            let report = match kind {
                Kind::Credential => verifier.credential(&document, &Expected::default()),
                // Its credentials have places of their own.
                Kind::Presentation => {
                    verifier.presentation_alone(&document, &Expected { purpose: None, challenge, domain })
                }
            };
            found(kind, report)
        };
        Ok(self.app.foreign_verifiers().run(self.principal, judge).await.map_err(ServiceError::from)?)
    }

    fn keys(&self) -> Keys<'_> {
        Keys(self.trust.verifier.trusted().first())
    }

    /// What keeps a document that was judged by the code for other issuers' from being authentic.
    async fn add_foreign(&self, verdict: &mut Verdict, report: &ForeignReport) -> Result<(), VcApiError> {
        let document = Arc::clone(&verdict.document);
        for cause in report.causes() {
            match cause {
                Cause::DataModel(error) => {
                    verdict.not_conforming(error);
                    return Ok(());
                }
                Cause::Unsecured => verdict.problem(SECURITY, "Not secured", "it carries no proof"),
                Cause::Proof(error) => {
                    verdict.problem(error.problem_type(), "A proof does not hold", error.to_string());
                }
                Cause::Foreign(error) if error.reason() == "other_party" => {
                    verdict.problem(SECURITY, "Not authentic", error.to_string());
                }
                Cause::Foreign(error) => verdict.problem(RANGE, "Not authentic", error.to_string()),
            }
        }
        verdict.warnings.extend(report.not_compared().iter().map(ToString::to_string));
        if report.has_unsigned_contexts() {
            let warning =
                "contexts that were not signed with the document were left out of it, and nothing was read by them";
            verdict.warnings.push(warning.to_owned());
        }
        let ours = self.add_own_key(verdict, report, &document);
        self.add_status(verdict, &document, ours).await
    }

    /// What VC-API's key may say, and when. Gives whether it signed.
    fn add_own_key(&self, verdict: &mut Verdict, report: &ForeignReport, document: &Value) -> bool {
        let mut ours = false;
        let held = report.proofs.iter().filter(|proof| proof.result.is_ok());
        let signers = held.filter_map(|proof| {
            let id = proof.verification_method.as_deref()?;
            let created = proof.created.and_then(|created| u64::try_from(created.unix_s()).ok());
            self.keys().is_ours(id).then_some((id, created))
        });
        for (id, created) in signers {
            ours = true;
            let valid_from = document["validFrom"].as_str();
            let valid_from = valid_from.and_then(|text| poa_verifier::time::parse_utc(text).ok());
            // The signer chooses both; a credential that is valid from later was not signed before.
            if !self.keys().was_in_force(id, created.max(valid_from)) {
                verdict.problem(SECURITY, "Key not in force", format!("{id} was retired before this was signed"));
            }
            if has_type(document, credential::CREDENTIAL_TYPE) {
                let detail = format!("{id} signs no {}", credential::CREDENTIAL_TYPE);
                verdict.problem(SECURITY, "Key for something else", detail);
            }
        }
        ours
    }

    /// The status of what VC-API's key signed is in our lists. Of anybody else's nothing is fetched, so it is not known.
    async fn add_status(&self, verdict: &mut Verdict, document: &Value, ours: bool) -> Result<(), VcApiError> {
        let Some(found) = document.get("credentialStatus") else { return Ok(()) };
        let Some(index) = self.own_index(found).filter(|_| ours) else {
            status_unknown(verdict);
            return Ok(());
        };
        // Long lists take milliseconds to unpack.
        let lists = Arc::clone(&self.lists);
        let look_up = move || {
            [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| {
                let list = StatusList::from_value(&data_integrity::without_proof(lists.list(purpose)));
                (purpose, list.map(|list| list.bits.get(index)))
            })
        };
        let found = self.app.verifiers().run(self.principal, look_up).await.map_err(ServiceError::from)?;
        for (purpose, bit) in found {
            match bit {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => {
                    let detail = format!("the issuer's {} list says so", purpose.as_str());
                    verdict.problem(STATUS_VERIFICATION, "Revoked or suspended", detail);
                }
                Ok(Err(error)) => verdict.problem(RANGE, "Beyond the status list", error.to_string()),
                Err(error) => verdict.problem(STATUS_RETRIEVAL, "Status not known", error.to_string()),
            }
        }
        Ok(())
    }

    /// The index in our lists, when the entries are exactly those that this service writes.
    fn own_index(&self, found: &Value) -> Option<u64> {
        let index = found.as_array()?.first()?["statusListIndex"].as_str()?.parse().ok()?;
        let url = &self.app.config().public_url;
        let entries = [ListPurpose::Revocation, ListPurpose::Suspension]
            .map(|purpose| StatusEntry { list: status_list_url(url, purpose), purpose, index }.to_value());
        (*found == Value::from(entries.to_vec())).then_some(index)
    }
}

/// A report as its call goes on with it.
fn found(kind: Kind, mut report: ForeignReport) -> Found {
    let carried = match kind {
        Kind::Presentation if report.verified() => credentials(report.received()),
        _ => &[],
    };
    let credentials = carried.iter().take(MAX_DOCUMENTS).cloned().map(Arc::new).collect();
    let document = Arc::new(std::mem::take(&mut report.document));
    Found { report, document, credentials }
}

/// Whether a document is judged as this service's own: it bears our zero-knowledge proof, or names a key of ours
/// that is not VC-API's. Such a key never counts in the code for other issuers' documents.
fn is_own(issuer: &str, keys: &Keys<'_>, document: &Value, jwt: Option<&str>) -> bool {
    let of_jwt = jwt.and_then(|jwt| jws::parse(jwt).ok()).map(|jws| jws.kid().to_owned());
    let of_proofs = proofs(document).iter().filter_map(|proof| proof["verificationMethod"].as_str());
    let is_key = |id: &str| {
        let did = id.split_once('#').map(|(did, _)| did);
        did == Some(issuer) && !keys.is_ours(id)
    };
    proofs(document).iter().any(|proof| proof["type"] == zk_proof::TYPE)
        || of_jwt.iter().map(String::as_str).chain(of_proofs).any(is_key)
}

/// The verdict on a document of this service's own: the report's, where nothing was demanded by a request and so its
/// word is `authentic`, or where a challenge was stated.
fn own(document: &Arc<Value>, report: &Report) -> Verdict {
    let mut verdict = Verdict::of(document);
    verdict.reports.push(json!(report));
    if report.class != Class::Other && (report.authentic() == Some(true) || report.verified()) {
        return verdict;
    }
    for check in report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Fail | Outcome::Unknown)) {
        if matches!(check.reason.as_deref(), Some("not_reached" | "no_request")) {
            continue;
        }
        let title = format!("Check {} does not pass", check.name);
        verdict.problem(SECURITY, &title, check.detail.as_ref());
    }
    if verdict.problems.is_empty() {
        verdict.problem(SECURITY, "Not authentic", "nothing says that it is");
    }
    verdict
}

fn too_many(presentation: &Arc<Value>) -> Verdict {
    let mut verdict = Verdict::of(presentation);
    verdict.problem(RANGE, "Too much", format!("it has more than {MAX_DOCUMENTS} credentials"));
    verdict
}

/// The documents that judging a presentation takes: itself and its credentials, also those inside its envelope.
pub fn documents_of(presentation: &Value) -> usize {
    let jws = presentation["id"].as_str().and_then(|id| id.strip_prefix("data:application/vp+jwt,"));
    let carried = jws.and_then(|jws| jws::parse(jws).ok()?.claims().ok());
    1 + credentials(carried.as_ref().unwrap_or(presentation)).len().min(MAX_DOCUMENTS)
}

fn status_unknown(verdict: &mut Verdict) {
    let detail = "its status is not in a list of this service, and no other is fetched";
    verdict.problem(STATUS_RETRIEVAL, "Status not known", detail);
}

fn proofs(document: &Value) -> &[Value] {
    match document.get("proof") {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn credentials(presentation: &Value) -> &[Value] {
    match presentation.get("verifiableCredential") {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// An envelope as this service answers a verifier's challenge with: nobody signs it, and its one credential carries the
/// zero-knowledge proof alone.
fn is_derived(document: &Value) -> bool {
    let unsigned = document.get("proof").is_none() && document.get("holder").is_none();
    let [credential] = credentials(document) else { return false };
    unsigned && matches!(proofs(credential), [proof] if proof["type"] == zk_proof::TYPE)
}

fn secured(credential: &Value) -> bool {
    credential.get("proof").is_some() || has_type(credential, ENVELOPED_CREDENTIAL)
}

/// The JWS of an enveloped credential of the one media type that is read.
fn enveloped(document: &Value) -> Option<&str> {
    if !has_type(document, ENVELOPED_CREDENTIAL) {
        return None;
    }
    document["id"].as_str()?.strip_prefix("data:application/vc+jwt,")
}

fn has_type(document: &Value, kind: &str) -> bool {
    match &document["type"] {
        Value::String(one) => one == kind,
        Value::Array(many) => many.iter().any(|one| one == kind),
        _ => false,
    }
}
