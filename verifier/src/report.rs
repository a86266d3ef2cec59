//! The answer: every check by name, and what was proved, from verified values only.
//!
//! # Which check fails for which defect
//! A document with one defect fails one check. The stages are: shape, native checks, context, signatures and pairing.
//! The native checks are independent of each other and all run, except that `policy` and the disclosure schema's rule
//! judge what the document shows and so wait for `attributes`; a later stage runs only when the ones before it passed.
//! What did not run is `unknown` with reason `not_reached`. What a newer trust document may settle is `unknown` too, not
//! failed: `unknown_key`, `unknown_attestation_schema`, `unknown_disclosure_schema`, `unlisted_log`, `unlisted_list`. Signatures and pairing do not wait for each other: a revoked
//! credential still shows that its proof is good.
//!
//! | check | fails when | stage |
//! |---|---|---|
//! | `class` | malformed; another circuit; not exactly the members of its class; a class the request does not accept; a standing credential stripped of its issuer proof; a bare proof | shape |
//! | `key` | the named verifying key is withdrawn or was retired before the head; one that is not configured leaves it `unknown` | native |
//! | `proof` | `statement` or `proofValue` does not decode (x + r aliases, missing or surplus inputs, points); the pairing | native, pairing |
//! | `root` | head malformed, of another issuer or log, not of this root, empty; then its signature and (seq, iat) memory | native, signature |
//! | `root_age` | the head of a presentation is too old or from the future | native |
//! | `challenge` | challenge or domain differ from the request's, are missing, or were not asked for | native |
//! | `subject` | `credentialSubject.id` is not the proved agent, malformed, of another host, absent in a standing credential, or not the requested agent | native |
//! | `attributes` | mask, hidden values, ranges; `credentialSubject` is not the rendering of the statement: **an edited shown value fails here** | native |
//! | `schema` | wrong digest, its rule broken, of another issuer, or not among the request's schemas; a schema that is not configured leaves it `unknown` | native |
//! | `validity` | `validFrom`, `validUntil`, `valid_at`, `created`, distance to the head | native |
//! | `nullifier` | the scope is not the expected audience's, the pseudonym was seen before, or one is expected of a standing credential | native |
//! | `policy` | the statement says less than the request demands, or nothing at all | native |
//! | `context` | any other edit of document or options: **an edited member that is not rendered fails here**, as does a challenge exchanged for the verifier's | context |
//! | `issuer_signature` | the issuer whom the document names is not trusted; the issuer's signature, its key | native (shape), signature |
//! | `status` | entry malformed or of a foreign list; then the bits. A list that is not genuine, not fresh or behind a head leaves it `unknown` | native, signature |
//! | `holder` | never by itself: `pass` in a presentation whose proof passed, `not_proven` in a standing credential | pairing |
//!
//! The last of the native checks judges the document by VC Data Model 2.0 ([`crate::vc`]): a member or type that no
//! context explains, or another defect, fails the check its member belongs to (`credentialSubject` `attributes`, or
//! `subject` of a signed credential; `issuer` `issuer_signature`; `credentialStatus` `status`; `credentialSchema`
//! `schema`; `validFrom`, `validUntil` `validity`), else `class`; reason and detail are the data model's.
//!
//! What they say of a Proof of Agenthood stands in `agenthood/verify.rs`.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::checks::NOT_REACHED;
use crate::trust::Trust;

/// What a document is good for, decided by its proofs (protocol §5).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Issuer proof and Groth16 proof, no challenge.
    Standing,
    /// Groth16 proof for a challenge, no issuer proof.
    Presentation,
    /// One issuer signature and no Groth16 proof.
    Signed,
    /// A Proof of Agenthood.
    Agenthood,
    /// Anything else; never verified.
    Other,
}

impl Class {
    /// The text in requests and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Presentation => "presentation",
            Self::Signed => "signed",
            Self::Agenthood => "agenthood",
            Self::Other => "other",
        }
    }
}

/// The checks, in the order of the report.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// Decoding, inputs below r, pairing.
    Proof,
    /// The named key is configured and permitted.
    Key,
    /// The head's signature, issuer, log, equality, memory.
    Root,
    /// How old the head is.
    RootAge,
    /// The context recomputed from the document.
    Context,
    /// Challenge and domain.
    Challenge,
    /// The class, and whether it is accepted.
    Class,
    /// The agent it is about.
    Subject,
    /// Whether the sender holds the leaf's secrets.
    Holder,
    /// Mask, hidden zeros, ranges, rendering.
    Attributes,
    /// Attestation schema, disclosure rule.
    Schema,
    /// Dates.
    Validity,
    /// Status lists.
    Status,
    /// The issuer's signature over the document.
    IssuerSignature,
    /// Scope and pseudonym.
    Nullifier,
    /// The statement implies the request.
    Policy,
}

impl CheckName {
    /// All checks, in the order of the report.
    pub const ALL: [CheckName; 16] = [
        Self::Proof,
        Self::Key,
        Self::Root,
        Self::RootAge,
        Self::Context,
        Self::Challenge,
        Self::Class,
        Self::Subject,
        Self::Holder,
        Self::Attributes,
        Self::Schema,
        Self::Validity,
        Self::Status,
        Self::IssuerSignature,
        Self::Nullifier,
        Self::Policy,
    ];

    /// The name in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Key => "key",
            Self::Root => "root",
            Self::RootAge => "root_age",
            Self::Context => "context",
            Self::Challenge => "challenge",
            Self::Class => "class",
            Self::Subject => "subject",
            Self::Holder => "holder",
            Self::Attributes => "attributes",
            Self::Schema => "schema",
            Self::Validity => "validity",
            Self::Status => "status",
            Self::IssuerSignature => "issuer_signature",
            Self::Nullifier => "nullifier",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcome of one check.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It could not be decided; the document does not verify.
    Unknown,
    /// It does not apply to this class or request.
    NotApplicable,
}

/// One check of a report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Check {
    /// Which.
    pub name: CheckName,
    /// How it went.
    pub outcome: Outcome,
    /// A stable word for programs (`not_reached`, `revoked`, …); absent on a plain pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    /// For people: what is wrong and what to do.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub detail: Cow<'static, str>,
}

impl Check {
    /// Whether an earlier failure kept it from running.
    pub fn is_not_reached(&self) -> bool {
        self.reason.as_deref() == Some(NOT_REACHED)
    }
}

/// The pseudonym of a presentation made for the expected audience.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pseudonym {
    /// The field element of the audience.
    pub scope: String,
    /// The same holder shows the same value to the same audience.
    pub nullifier: String,
}

/// The tree head a proof was verified under.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HeadSummary {
    /// The log.
    pub log: String,
    /// The publication's number.
    pub seq: u64,
    /// Unix seconds.
    pub iat: u64,
    /// The root.
    pub root: String,
}

/// What was proved: present only when every value in it comes from verified inputs and signatures.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Proved {
    /// The issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The agent, unless anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One sentence per fact, for people.
    pub statement: Vec<String>,
    /// The attributes as rendered, without `id` and `type`; a slot that is not here is not shown.
    pub shown: Map<String, Value>,
    /// The attestation schema's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation_schema: Option<String>,
    /// `holder` or `issuer`: who holds the secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<String>,
    /// RFC 3339: the leaf outlives this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<String>,
    /// When a pseudonym was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym: Option<Pseudonym>,
    /// The tree head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadSummary>,
}

/// The trust document that a document was judged by.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TrustUsed {
    /// Its issuer.
    pub issuer: String,
    /// Its fingerprint ([`crate::Trust::fingerprint`]).
    pub fingerprint: String,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
}

impl TrustUsed {
    pub(crate) fn of(trust: &Trust) -> Self {
        Self {
            issuer: trust.issuer().to_string(),
            fingerprint: trust.fingerprint().to_owned(),
            issued_at: trust.document().issued_at.clone(),
        }
    }
}

/// The answer to a verification.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// With a request: whether every check passed or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<bool>,
    /// Without a request: whether everything but `policy`, which needs one, passed or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authentic: Option<bool>,
    /// What the document is.
    pub class: Class,
    /// The trust document that every check ran against: that of the issuer whom the document names. Absent when none of
    /// that issuer is configured; a Proof of Agenthood may be by an issuer that is configured without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustUsed>,
    /// All sixteen checks.
    pub checks: Vec<Check>,
    /// What was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved: Option<Proved>,
    /// True when the key was made by one party, who could forge proofs; absent when no known key was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub development_key: Option<bool>,
}

impl Report {
    /// Whether the document satisfies the request. False without a request.
    pub fn verified(&self) -> bool {
        self.verified == Some(true)
    }

    /// Whether the document is genuine, asked without a request; `None` when there was one. A presentation never is:
    /// nobody stated the challenge that it answers.
    pub fn authentic(&self) -> Option<bool> {
        self.authentic
    }

    /// One check. Every report made here has all sixteen; one read from elsewhere may not.
    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The outcome of one check; `Unknown` when it is missing.
    pub fn outcome(&self, name: CheckName) -> Outcome {
        self.check(name).map_or(Outcome::Unknown, |check| check.outcome)
    }

    /// The checks that keep the document from being verified: those that failed; when none did, those that could not be
    /// decided. Never empty unless the document is verified.
    pub fn failed(&self) -> Vec<CheckName> {
        if self.verified() {
            return Vec::new();
        }
        let of = |outcome| CheckName::ALL.into_iter().filter(move |name| self.outcome(*name) == outcome);
        let refused: Vec<_> = of(Outcome::Fail).collect();
        if !refused.is_empty() {
            return refused;
        }
        let open: Vec<_> = of(Outcome::Unknown).collect();
        let reached = |name: &CheckName| self.check(*name).is_none_or(|check| !check.is_not_reached());
        let decisive: Vec<_> = open.iter().copied().filter(reached).collect();
        match (decisive.is_empty(), open.is_empty()) {
            (false, _) => decisive,
            (true, false) => open,
            // Made elsewhere, and it contradicts itself: whatever passed, nobody says that the request is satisfied.
            (true, true) => vec![CheckName::Policy],
        }
    }

    /// Whether the document is not verified and nothing speaks against it: an update of the trust document, the status
    /// lists or other evidence may settle what could not be decided.
    pub fn could_not_check(&self) -> bool {
        !self.verified() && CheckName::ALL.into_iter().all(|name| self.outcome(name) != Outcome::Fail)
    }

    /// The checks as a person wants to read them: what stands in the way first, then what else could not be decided, what
    /// passed, and what does not apply. Checks that an earlier failure kept from running are left out.
    pub fn for_people(&self) -> Vec<&Check> {
        let rank = |check: &&Check| match check.outcome {
            Outcome::Fail => 0,
            Outcome::Unknown => 1,
            Outcome::Pass => 2,
            Outcome::NotApplicable => 3,
        };
        let mut checks: Vec<_> = self.checks.iter().filter(|check| !check.is_not_reached()).collect();
        checks.sort_by_key(rank);
        checks
    }
}
