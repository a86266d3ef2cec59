//! The order of verification: shape, native checks, context, signatures, pairing.

use poa_circuits::native::field::F;
use serde_json::Value;

use crate::agenthood::issuers::AgenthoodIssuers;
use crate::agenthood::reasons::AgentNow;
use crate::agenthood::revoked_list::RevokedList;
use crate::agenthood::verify::Issuer;
use crate::checks::Checks;
use crate::credential::{self, Document, ShapeError};
use crate::head::HeadMemory;
use crate::report::{CheckName, Class, Report};
use crate::request::Request;
use crate::status::token_list::{Owner, TokenListError, TokenStatusList};
use crate::trust::KeyPurpose;
use crate::trust::Trust;
use crate::vc::Contexts;
use crate::{agenthood, signed, vc, zk};

/// Whether a (scope, nullifier) was seen before.
pub type NullifierSeen<'a> = &'a dyn Fn(&F, &F) -> bool;

/// What the caller fetched or remembers; the verifier itself reads no network, disk or clock.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Signed status lists, as fetched from the URLs of the trust document.
    pub status_lists: &'a [Value],
    /// Signed tree heads (compact JWS), the newest the caller could get: a status list must not lag behind them.
    pub newest_heads: &'a [String],
    /// The caller's record of pseudonyms; true refuses the presentation. It is asked before the proof is checked, so it
    /// only looks up; the caller records the pseudonym of a report that is verified.
    pub nullifier_seen: Option<NullifierSeen<'a>>,
    /// Token status lists, verified and decoded by [`Verifier::token_status_list`].
    pub token_status_lists: &'a [TokenStatusList],
    /// Published revocation lists of other issuers of Proofs of Agenthood.
    pub revoked_lists: &'a [RevokedList],
    /// The agent of a Proof of Agenthood as its chain has it now, at a finalised block.
    pub agent_now: Option<AgentNow<'a>>,
}

/// Verifies documents of one issuer, as configured by its trust document.
#[derive(Clone, Debug)]
pub struct Verifier {
    trust: Trust,
    agenthood: AgenthoodIssuers,
    contexts: Contexts,
}

/// What every check may look at.
pub(crate) struct Inquiry<'a> {
    pub(crate) trust: &'a Trust,
    pub(crate) agenthood: &'a AgenthoodIssuers,
    pub(crate) contexts: &'a Contexts,
    /// The caller's request, or the one that demands nothing.
    pub(crate) request: &'a Request,
    pub(crate) had_request: bool,
    pub(crate) evidence: &'a Evidence<'a>,
    pub(crate) now: u64,
}

impl Verifier {
    /// A verifier that trusts what this document lists.
    pub fn new(trust: Trust) -> Self {
        let contexts = Contexts::published().with_service(trust.url());
        Self { trust, agenthood: AgenthoodIssuers::default(), contexts }
    }

    /// The verifier with other issuers of Proofs of Agenthood besides the trust document's.
    pub fn with_agenthood(self, agenthood: AgenthoodIssuers) -> Self {
        Self { agenthood, ..self }
    }

    /// The trust document.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Verifies a document (JSON, or a compact JWS) against a request at a time in Unix seconds.
    ///
    /// Without a request the report says whether the document is authentic, never that it is verified. `memory`
    /// should be kept between calls: it catches an issuer that shows two histories.
    pub fn verify(
        &self,
        document: &[u8],
        request: Option<&Request>,
        evidence: &Evidence<'_>,
        memory: &mut HeadMemory,
        now_unix_s: u64,
    ) -> Report {
        let anything;
        let demanded = match request {
            Some(request) => request,
            None => {
                let classes = vec![Class::Standing, Class::Presentation, Class::Signed, Class::Agenthood];
                anything = Request { classes, ..Request::default() };
                &anything
            }
        };
        let inquiry = Inquiry {
            trust: &self.trust,
            agenthood: &self.agenthood,
            contexts: &self.contexts,
            request: demanded,
            had_request: request.is_some(),
            evidence,
            now: now_unix_s,
        };
        match credential::read(document, || credential::contexts(self.trust.url())) {
            Ok(document) => inquiry.judge(document, memory),
            Err(error) => inquiry.malformed(&error),
        }
    }

    /// Reads a token status list of a configured issuer, signed by one of its keys for status lists. Whether it is
    /// still fresh is judged whenever it is used.
    ///
    /// # Errors
    /// [`TokenListError`].
    pub fn token_status_list(&self, jwt: &str) -> Result<TokenStatusList, TokenListError> {
        TokenStatusList::read(jwt, |named| {
            let issuer = match named.iss {
                Some(iss) => Issuer::find(&self.trust, &self.agenthood, iss).ok_or("its issuer is not configured")?,
                None => {
                    Issuer::Foreign(self.agenthood.owner_of_token_list(named.sub).ok_or(
                        "it has no iss, and its sub is not the tokenStatusList of exactly one configured issuer",
                    )?)
                }
            };
            let key = issuer.key(named.kid, KeyPurpose::Status, named.iat);
            let key = key.map_err(|_| "its key may not sign status lists")?;
            Ok(Owner { iss: issuer.iss(), key, max_age_s: issuer.max_list_age_s() })
        })
    }
}

impl Inquiry<'_> {
    fn judge(&self, document: Document, memory: &mut HeadMemory) -> Report {
        let class = document.class();
        let mut checks = Checks::default();
        if class != Class::Other && !self.request.classes.contains(&class) {
            let article = if class == Class::Agenthood { "an" } else { "a" };
            let detail = format!("{article} {} document; the request does not accept this class", class.as_str());
            checks.fail(CheckName::Class, "class_not_accepted", detail);
            return checks.finish(class, self.had_request);
        }
        if class != Class::Agenthood && self.request.agent.is_some() {
            let detail = "the request names an agent by its account; ask for a Proof of Agenthood";
            checks.fail(CheckName::Class, "class_not_accepted", detail);
            return checks.finish(class, self.had_request);
        }
        if class != Class::Other {
            checks.pass(CheckName::Class);
        }
        match document {
            Document::Standing { credential, issuer_proof, zk } => {
                let document = zk::ZkDocument { credential: &credential, zk: &zk, issuer_proof: Some(&issuer_proof) };
                zk::verify(self, memory, checks, &document)
            }
            Document::Presentation { credential, zk } => {
                let document = zk::ZkDocument { credential: &credential, zk: &zk, issuer_proof: None };
                zk::verify(self, memory, checks, &document)
            }
            Document::Signed { credential, issuer_proof } => {
                signed::verify(self, memory, checks, &credential, &signed::Signature::DataIntegrity(&issuer_proof))
            }
            Document::SignedJwt { credential, jws } => {
                signed::verify(self, memory, checks, &credential, &signed::Signature::Jws(&jws))
            }
            Document::Agenthood { jws } => match jws.node() {
                Ok(claims) => agenthood::verify::verify(self, memory, checks, &jws, &claims),
                Err(error) => self.malformed(&error.into()),
            },
            Document::BareProof { zk } => zk::verify_bare(self, checks, &zk),
        }
    }

    /// Whether the credential conforms to the data model of the standard, once every other native check passed: a name
    /// that no context explains, or another defect, fails the check that its member belongs to, `subject_check` where
    /// it is about the subject.
    pub(crate) fn check_data_model(&self, credential: &Value, subject_check: CheckName, checks: &mut Checks) {
        if checks.failed() {
            return;
        }
        let Err(error) = vc::check_credential(self.contexts, credential) else { return };
        let name = match error.pointer.split('/').nth(1).unwrap_or_default() {
            "credentialSubject" => subject_check,
            "issuer" => CheckName::IssuerSignature,
            "credentialStatus" => CheckName::Status,
            "credentialSchema" => CheckName::Schema,
            "validFrom" | "validUntil" => CheckName::Validity,
            _ => CheckName::Class,
        };
        checks.fail(name, error.reason.as_str(), error.to_string());
    }

    fn malformed(&self, error: &ShapeError) -> Report {
        let mut checks = Checks::default();
        let reason = match error {
            ShapeError::Json(_) | ShapeError::Jws(_) => "malformed",
            ShapeError::ZkProof(_) | ShapeError::Member { .. } => "wrong_shape",
            ShapeError::Proofs(_) => "no_class",
        };
        checks.fail(CheckName::Class, reason, error.to_string());
        checks.finish(Class::Other, self.had_request)
    }
}
