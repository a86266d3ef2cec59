//! Documents of other issuers: Data Integrity proofs, in sets and chains, and JWS envelopes.
//!
//! A [`ForeignVerifier`] judges the data model, whether the parties named in the document are those whose keys it names,
//! every proof, and the validity period; [`ForeignReport::verified`] is true when all of it holds, down to the
//! credentials of a presentation. No status is looked up, and whether the issuer is to be believed is the caller's to
//! decide.
//!
//! The order is that of cost: data model, keys and party, proofs, then the credentials of a presentation. What comes
//! after something that fails is not looked at. A call takes at most [`MAX_STEPS`](crate::steps::MAX_STEPS) of work.
//! A document whose meaning rests on our zero-knowledge proof is not judged here: `Groth16Proof2024` is an unknown proof
//! type to this module, so it never passes.
//!
//! Source: Data Integrity 1.0 §4.4–§4.6, vc-di-eddsa 1.0 §3.3, VC-JOSE-COSE 1.0 §3.1, §4.

mod envelope;
mod proof;
mod suite;

use serde_json::Value;

pub use proof::{NotCompared, ProofError, ProofReport};
pub use suite::{Cryptosuite, EddsaJcs2022, Secured};

use super::credential::{check_credential_within, has_type, party};
use super::error::DataModelError;
use super::pinned::Contexts;
use super::presentation::check_presentation_within;
use super::resolver::Resolve;
use super::timestamp::DateTime;
use super::{ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION};
use crate::steps::Steps;
use crate::time::SKEW_S;

/// What a signature is for: the relationship between a DID and its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Something is claimed.
    AssertionMethod,
    /// Somebody shows who they are.
    Authentication,
}

impl Purpose {
    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::AssertionMethod, Self::Authentication].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// What the caller knows of how a document was to be signed. What is not stated is not compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// The purpose; without it, assertion for a credential and authentication for a presentation.
    pub purpose: Option<Purpose>,
    /// The challenge that was set.
    pub challenge: Option<&'a str>,
    /// The domain it is for.
    pub domain: Option<&'a str>,
}

/// Verifies documents of other issuers.
#[derive(Clone, Copy)]
pub struct ForeignVerifier<'a> {
    /// The contexts by which names are judged.
    pub contexts: &'a Contexts,
    /// Finds keys.
    pub resolver: &'a dyn Resolve,
    /// The cryptosuites that are understood.
    pub suites: &'a [&'a dyn Cryptosuite],
    /// The time, Unix seconds.
    pub now_unix_s: u64,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A verifiable credential.
    Credential,
    /// A verifiable presentation.
    Presentation,
}

impl Kind {
    fn purpose(self) -> Purpose {
        match self {
            Self::Credential => Purpose::AssertionMethod,
            Self::Presentation => Purpose::Authentication,
        }
    }

    /// The member that names who signs.
    fn party(self) -> &'static str {
        match self {
            Self::Credential => "issuer",
            Self::Presentation => "holder",
        }
    }
}

/// Why something other than a proof or the data model fails.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// Nobody who signed is the party named in the document.
    #[error("no proof that holds is by the {member} {named:?}")]
    OtherParty {
        /// `issuer` or `holder`.
        member: &'static str,
        /// Whom the document names.
        named: String,
    },
    /// `validFrom` lies ahead.
    #[error("it is valid from {0} only")]
    NotYetValid(String),
    /// `validUntil` has passed.
    #[error("it was valid until {0}")]
    Expired(String),
    /// The envelope's proof says why there is no document to judge.
    #[error("what the envelope carries cannot be read")]
    NotRead,
}

impl ForeignError {
    /// The stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OtherParty { .. } => "other_party",
            Self::NotYetValid(_) => "not_yet_valid",
            Self::Expired(_) => "expired",
            Self::NotRead => "not_read",
        }
    }
}

/// One reason why a document is not verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause<'a> {
    /// It does not conform to the data model.
    DataModel(&'a DataModelError),
    /// It carries no proof.
    Unsecured,
    /// A proof does not hold.
    Proof(&'a ProofError),
    /// Its party or its dates.
    Foreign(&'a ForeignError),
}

/// How a document fared.
#[derive(Clone, Debug)]
pub struct ForeignReport {
    /// What it is.
    pub kind: Kind,
    /// The credential or presentation that was judged: the document, or what its envelope carries, with no other
    /// contexts than its party signed. Null when the envelope cannot be read.
    pub document: Value,
    /// The same as it came, where there are contexts that its party did not sign: to verify again, not to be read.
    received: Option<Value>,
    /// Whether it conforms to the data model; of an envelope that cannot be read, whether that does.
    pub data_model: Result<(), DataModelError>,
    /// Each of its proofs; an envelope is one.
    pub proofs: Vec<ProofReport>,
    /// Whether who signed is who the document says.
    pub party: Result<(), ForeignError>,
    /// Whether it is valid now.
    pub period: Result<(), ForeignError>,
    /// The credentials of a presentation. One without a proof of its own, which the data model allows for the holder's
    /// own credentials, is not listed: the presentation's proofs are its proofs.
    pub credentials: Vec<ForeignReport>,
    /// Steps of work that the call had taken by then.
    pub steps: u64,
}

impl ForeignReport {
    /// Whether all of it holds, and something was signed at all.
    pub fn verified(&self) -> bool {
        self.data_model.is_ok()
            && self.party.is_ok()
            && self.period.is_ok()
            && !self.proofs.is_empty()
            && self.proofs.iter().all(|proof| proof.result.is_ok())
            && self.credentials.iter().all(Self::verified)
    }

    /// The document as it came, or as its envelope carries it: with contexts that its party did not sign.
    pub fn received(&self) -> &Value {
        self.received.as_ref().unwrap_or(&self.document)
    }

    /// Whether contexts were left out of the document because its party did not sign them.
    pub fn has_unsigned_contexts(&self) -> bool {
        self.received.is_some()
    }

    /// What its proofs are bound to and nobody compared, each once; that of its credentials stands in theirs.
    pub fn not_compared(&self) -> Vec<NotCompared> {
        let mut found = Vec::new();
        for what in self.proofs.iter().flat_map(|proof| &proof.not_compared) {
            if !found.contains(what) {
                found.push(*what);
            }
        }
        found
    }

    /// Why it is not verified, without what only follows from something else; the first is what to tell people. What
    /// keeps its credentials from being verified stands in theirs.
    pub fn causes(&self) -> Vec<Cause<'_>> {
        if let Err(error) = &self.data_model {
            // Names that mean nothing make every other finding one about another document.
            return vec![Cause::DataModel(error)];
        }
        if self.proofs.is_empty() {
            return vec![Cause::Unsecured];
        }
        let failed = self.proofs.iter().filter_map(|proof| proof.result.as_ref().err());
        let failed = failed.filter(|error| **error != ProofError::NotReached);
        let mut causes: Vec<_> = failed.map(Cause::Proof).collect();
        // After a proof that fails no other is looked at, the party's neither.
        let no_proof_fails = causes.is_empty();
        causes.extend(self.party.as_ref().err().filter(|_| no_proof_fails).map(Cause::Foreign));
        causes.extend(self.period.as_ref().err().filter(|error| **error != ForeignError::NotRead).map(Cause::Foreign));
        causes
    }

    /// Of an envelope that cannot be read: its proof says why.
    fn unread(kind: Kind, proof: ProofReport) -> Self {
        Self {
            kind,
            document: Value::Null,
            received: None,
            data_model: Ok(()),
            proofs: vec![proof],
            party: Err(ForeignError::NotRead),
            period: Err(ForeignError::NotRead),
            credentials: Vec::new(),
            steps: 0,
        }
    }
}

impl ForeignVerifier<'_> {
    /// Verifies a credential, or an `EnvelopedVerifiableCredential`.
    ///
    /// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
    pub fn credential(&self, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        self.verify(Kind::Credential, document, expected, &Steps::default())
    }

    /// Verifies a presentation and its credentials, or an `EnvelopedVerifiablePresentation`. `expected` is about the
    /// presentation alone.
    ///
    /// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
    pub fn presentation(&self, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        let steps = Steps::default();
        self.with_credentials(self.verify(Kind::Presentation, document, expected, &steps), &steps)
    }

    /// Adds the credentials of a presentation, once all else holds.
    fn with_credentials(&self, mut report: ForeignReport, steps: &Steps) -> ForeignReport {
        if report.verified() {
            report.credentials = self.credentials_of(report.received(), steps);
            report.steps = steps.taken();
        }
        report
    }

    /// The same without the credentials, which the caller has verified on their own.
    pub fn presentation_alone(&self, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        self.verify(Kind::Presentation, document, expected, &Steps::default())
    }

    fn verify(&self, kind: Kind, document: &Value, expected: &Expected<'_>, steps: &Steps) -> ForeignReport {
        let enveloped = match kind {
            Kind::Credential => ENVELOPED_CREDENTIAL,
            Kind::Presentation => ENVELOPED_PRESENTATION,
        };
        if document.as_object().is_some_and(|members| has_type(members, enveloped)) {
            return self.enveloped(kind, enveloped, document, expected, steps);
        }
        let judged = proof::as_signed(self, kind, document);
        let data_model = self.check_data_model(kind, &judged, steps);
        let proofs = proof::verify_all(self, kind, document, expected, data_model.is_ok().then_some(steps));
        let report = self.report(kind, document.clone(), judged, data_model, proofs);
        ForeignReport { steps: steps.taken(), ..report }
    }

    fn check_data_model(&self, kind: Kind, document: &Value, steps: &Steps) -> Result<(), DataModelError> {
        match kind {
            Kind::Credential => check_credential_within(self.contexts, steps, document),
            Kind::Presentation => check_presentation_within(self.contexts, steps, document),
        }
    }

    /// The rest of a report, once data model and proofs are known.
    fn report(
        &self,
        kind: Kind,
        received: Value,
        document: Value,
        data_model: Result<(), DataModelError>,
        proofs: Vec<ProofReport>,
    ) -> ForeignReport {
        ForeignReport {
            kind,
            received: (received != document).then_some(received),
            data_model,
            party: check_party(kind, &document, &proofs),
            period: self.check_period(&document),
            credentials: Vec::new(),
            proofs,
            document,
            steps: 0,
        }
    }

    fn credentials_of(&self, presentation: &Value, steps: &Steps) -> Vec<ForeignReport> {
        let credentials = match presentation.get("verifiableCredential") {
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let secured = |credential: &&Value| {
            credential.get("proof").is_some()
                || credential.as_object().is_some_and(|members| has_type(members, ENVELOPED_CREDENTIAL))
        };
        let verify = |credential| self.verify(Kind::Credential, credential, &Expected::default(), steps);
        credentials.iter().filter(secured).map(verify).collect()
    }

    /// `validFrom ≤ now ≤ validUntil`, skew granted at the start; dates that cannot be read fail the data model.
    fn check_period(&self, document: &Value) -> Result<(), ForeignError> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let date = |name: &str| DateTime::parse(text(name)).ok();
        if date("validFrom").is_some_and(|from| from > self.soon()) {
            return Err(ForeignError::NotYetValid(text("validFrom").to_owned()));
        }
        if date("validUntil").is_some_and(|until| until < DateTime::from_unix_s(self.now_unix_s)) {
            return Err(ForeignError::Expired(text("validUntil").to_owned()));
        }
        Ok(())
    }

    /// Now, and the skew that is granted to other clocks.
    fn soon(&self) -> DateTime {
        DateTime::from_unix_s(self.now_unix_s.saturating_add(SKEW_S))
    }
}

/// A credential is signed by its issuer; a presentation that names its holder is signed by that one.
fn check_party(kind: Kind, document: &Value, proofs: &[ProofReport]) -> Result<(), ForeignError> {
    let member = kind.party();
    let named = party(document.get(member));
    if kind == Kind::Presentation && named.is_none() {
        return Ok(());
    }
    if proofs.iter().any(|proof| proof.result.is_ok() && is_by_party(kind, document, proof)) {
        return Ok(());
    }
    Err(ForeignError::OtherParty { member, named: named.unwrap_or_default().to_owned() })
}

/// Whether the key of a proof is controlled by the party that the document names, where it has to name one.
fn is_by_party(kind: Kind, document: &Value, proof: &ProofReport) -> bool {
    match party(document.get(kind.party())) {
        Some(named) => proof.controller.as_deref() == Some(named),
        None => kind == Kind::Presentation,
    }
}
