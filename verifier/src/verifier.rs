//! The order of verification: shape, native checks, context, signatures, pairing.

use poa_circuits::native::field::F;
use serde_json::Value;

use crate::agenthood::issuers::AgenthoodIssuers;
use crate::agenthood::reasons::AgentNow;
use crate::agenthood::revoked_list::RevokedList;
use crate::agenthood::verify::Issuer;
use crate::checks::{Checks, Refusal, readable};
use crate::credential::{self, Document, ShapeError};
use crate::head::HeadMemory;
use crate::report::{CheckName, Class, Report, TrustUsed};
use crate::request::Request;
use crate::status::token_list::{Owner, TokenListError, TokenStatusList};
use crate::trust::{KeyPurpose, Trust, TrustSet};
use crate::vc::Contexts;
use crate::{agenthood, jws, signed, vc, zk};

/// How much of the name of an issuer that is not trusted a report repeats, in characters.
const MAX_NAMED_CHARS: usize = 120;

/// Whether a (scope, nullifier) was seen before.
pub type NullifierSeen<'a> = &'a dyn Fn(&F, &F) -> bool;

/// What the caller fetched or remembers; the verifier itself reads no network, disk or clock.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Signed status lists, as fetched from the URLs of the trust document. Those of other issuers are passed over.
    pub status_lists: &'a [Value],
    /// Signed tree heads (compact JWS), the newest the caller could get: a status list must not lag behind them. Those of
    /// other trusted issuers are passed over.
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

/// Verifies documents of the issuers it is configured with, each as its own trust document says.
#[derive(Clone, Debug)]
pub struct Verifier {
    trusted: TrustSet,
    agenthood: AgenthoodIssuers,
}

/// What every check may look at.
pub(crate) struct Inquiry<'a> {
    /// The trust document of the issuer whom the document names: no other one counts for it.
    pub(crate) trust: &'a Trust,
    /// All of them, to say whom the verifier trusts and whose evidence is not for this document.
    pub(crate) trusted: &'a TrustSet,
    pub(crate) agenthood: &'a AgenthoodIssuers,
    pub(crate) contexts: &'a Contexts,
    /// The caller's request, or the one that demands nothing.
    pub(crate) request: &'a Request,
    pub(crate) had_request: bool,
    pub(crate) evidence: &'a Evidence<'a>,
    pub(crate) now: u64,
}

impl Verifier {
    /// A verifier that trusts what this document lists, or what each document of this set lists for its issuer.
    pub fn new(trusted: impl Into<TrustSet>) -> Self {
        Self { trusted: trusted.into(), agenthood: AgenthoodIssuers::default() }
    }

    /// The verifier with other issuers of Proofs of Agenthood besides the trust document's.
    pub fn with_agenthood(self, agenthood: AgenthoodIssuers) -> Self {
        Self { agenthood, ..self }
    }

    /// The trust documents.
    pub fn trusted(&self) -> &TrustSet {
        &self.trusted
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
        let parsed = credential::parse(document);
        let claimed = parsed.as_ref().ok().and_then(credential::Parsed::claimed_issuer);
        // What names no issuer is refused for that; which document's eyes see it makes no difference.
        let trust = claimed.as_deref().map_or(Some(self.trusted.first()), |issuer| self.trusted.of(issuer));
        let known = trust.unwrap_or(self.trusted.first());
        let inquiry = Inquiry {
            trust: known,
            trusted: &self.trusted,
            agenthood: &self.agenthood,
            contexts: &Contexts::published().with_service(known.url()),
            request: demanded,
            had_request: request.is_some(),
            evidence,
            now: now_unix_s,
        };
        let context = trust.map(|trust| credential::contexts(trust.url()));
        let document = match parsed.and_then(|parsed| parsed.classify(context.as_ref())) {
            Ok(document) => document,
            Err(error) => return inquiry.malformed(&error),
        };
        let foreign = || claimed.as_deref().is_some_and(|iss| self.agenthood.issuer(iss).is_some());
        match (trust, claimed.as_deref()) {
            (Some(trust), Some(_)) => Report { trust: Some(TrustUsed::of(trust)), ..inquiry.judge(document, memory) },
            (Some(_), None) => inquiry.judge(document, memory),
            (None, Some(_)) if document.class() == Class::Agenthood && foreign() => inquiry.judge(document, memory),
            (None, issuer) => inquiry.of_untrusted(&document, issuer.unwrap_or_default()),
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
                Some(iss) => Issuer::find(&self.trusted, &self.agenthood, iss).ok_or("its issuer is not configured")?,
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

    /// A document of an issuer whom nobody configured: nothing in it can be judged.
    fn of_untrusted(&self, document: &Document, issuer: &str) -> Report {
        let mut checks = Checks::default();
        let Refusal { reason, detail } = self.untrusted(issuer);
        checks.fail(CheckName::IssuerSignature, reason, detail);
        checks.finish(document.class(), self.had_request)
    }

    /// Why a document of such an issuer is refused: whom it names, and who is trusted.
    pub(crate) fn untrusted(&self, issuer: &str) -> Refusal {
        let configured = self.agenthood.issuers().len();
        let others = match configured {
            0 => String::new(),
            n => format!(" and {n} configured for Proofs of Agenthood"),
        };
        let detail = format!(
            "it says that {} issued it, and the issuers trusted here are {}{others}; pin that issuer's trust document, once \
             its operator told you the fingerprint, or ask for a document of an issuer that you trust",
            readable(issuer).chars().take(MAX_NAMED_CHARS).collect::<String>(),
            self.trusted.names(),
        );
        Refusal { reason: "other_issuer", detail: detail.into() }
    }

    /// Whether a head says that it is of another issuer that is trusted too: it is no evidence for this document.
    pub(crate) fn is_of_another(&self, head: &str) -> bool {
        let claims = jws::parse(head).and_then(|head| head.claims());
        let issuer = claims.as_ref().ok().and_then(|claims| claims["iss"].as_str());
        issuer.is_some_and(|issuer| issuer != self.trust.issuer().as_str() && self.trusted.of(issuer).is_some())
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
