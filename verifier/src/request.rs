//! What a verifier demands: the request that goes with a document (formats §2).
//!
//! Every member is optional; a member left out demands nothing (issuers, logs and schemas are then those of the trust
//! document). A request carries no key and no field element: the scope is computed from the audience.

use std::collections::BTreeMap;

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::scope::{Audience, AudienceError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agenthood::ss58::Address;
use crate::checks::readable;
use crate::did::{AgentDid, IssuerDid};
use crate::json::{self, JsonError};
use crate::percent;
use crate::report::Class;
use crate::schema::{MAX_CAPABILITIES, is_name};
use crate::time;
use crate::zk_proof::{Binding, is_binding_text};

/// The root age accepted when the request does not say, seconds (2 h).
pub const DEFAULT_MAX_ROOT_AGE_S: u64 = 7_200;
/// The least root age a request may demand: heads are signed anew every minute.
pub const LEAST_MAX_ROOT_AGE_S: u64 = 60;
/// The greatest: heads expire after 7 days.
pub const GREATEST_MAX_ROOT_AGE_S: u64 = crate::head::LIFETIME_S;

/// A least reputation below this, in hundredths of a percent, says next to nothing.
const LOW_REPUTATION: u64 = 500;

/// Why a request was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Numbers or depth out of bounds.
    #[error("request: {0}")]
    Json(#[from] JsonError),
    /// An unknown or mistyped member.
    #[error("request: {0}")]
    Shape(String),
    /// A member with a wrong value.
    #[error("request member {member:?}: {reason}")]
    Member {
        /// The offending member.
        member: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

fn refused(member: &'static str, reason: impl Into<String>) -> RequestError {
    RequestError::Member { member, reason: readable(&reason.into()) }
}

/// The wire form.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    issuers: Option<Vec<IssuerDid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logs: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schemas: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disclose: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    at_least: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    at_most: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contains_all: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<AgentDid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_at_least: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_root_age_s: Option<u64>,
}

/// What a verifier demands of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Accepted issuers; `None`: the trust document's.
    pub issuers: Option<Vec<IssuerDid>>,
    /// Accepted logs; `None`: the trust document's.
    pub logs: Option<Vec<String>>,
    /// Ids of accepted attestation schemas; `None`: the trust document's.
    pub schemas: Option<Vec<String>>,
    /// Accepted classes; by default standing credentials and presentations.
    pub classes: Vec<Class>,
    /// Slots that must be disclosed.
    pub disclose: Vec<Slot>,
    /// Least values of slots 0–3.
    pub at_least: BTreeMap<Slot, u64>,
    /// Greatest values of slots 0–3.
    pub at_most: BTreeMap<Slot, u64>,
    /// Needed capabilities, by name.
    pub contains_all: Vec<String>,
    /// The agent it must be about.
    pub subject: Option<AgentDid>,
    /// The agent that a Proof of Agenthood must be about, by its account.
    pub agent: Option<Address>,
    /// Whose pseudonym is expected. Only a presentation names one, so it needs a `binding`.
    pub audience: Option<Audience>,
    /// The challenge and domain the verifier set. That a challenge is random, fresh and used once is the caller's part.
    pub binding: Option<Binding>,
    /// The leaf must outlive this time, Unix seconds.
    pub valid_at_least: Option<u64>,
    /// The greatest age of a presentation's root, seconds.
    pub max_root_age_s: u64,
}

impl Default for Request {
    /// Any standing credential or presentation of the configured issuer, without challenge.
    fn default() -> Self {
        Self {
            issuers: None,
            logs: None,
            schemas: None,
            classes: vec![Class::Standing, Class::Presentation],
            disclose: Vec::new(),
            at_least: BTreeMap::new(),
            at_most: BTreeMap::new(),
            contains_all: Vec::new(),
            subject: None,
            agent: None,
            audience: None,
            binding: None,
            valid_at_least: None,
            max_root_age_s: DEFAULT_MAX_ROOT_AGE_S,
        }
    }
}

impl Request {
    /// [`Self::from_json`] of a text, parsed strictly.
    ///
    /// # Errors
    /// [`RequestError`] with the offending member.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, RequestError> {
        Self::from_json(&json::parse_strict(bytes)?)
    }

    /// Reads a request (`schemas/verification-request.json`).
    ///
    /// # Errors
    /// [`RequestError`] with the offending member.
    pub fn from_json(value: &Value) -> Result<Self, RequestError> {
        json::check(value)?;
        if let Some((name, _)) = value.as_object().and_then(|members| members.iter().find(|(_, v)| v.is_null())) {
            // serde would read null as "left out", which demands nothing.
            return Err(RequestError::Shape(format!("{name} is null; leave it out to demand nothing")));
        }
        let wire: Wire = json::read_object(value).map_err(RequestError::Shape)?;
        let audience = wire
            .audience
            .as_deref()
            .map(Audience::new)
            .transpose()
            .map_err(|e: AudienceError| refused("audience", e.to_string()))?;
        let classes = match non_empty("classes", wire.classes)? {
            Some(names) => names.iter().map(|name| class(name)).collect::<Result<_, _>>()?,
            None => Self::default().classes,
        };
        let (at_least, at_most) = (bounds("at_least", &wire.at_least)?, bounds("at_most", &wire.at_most)?);
        no_contradiction(&at_least, &at_most)?;
        Ok(Self {
            issuers: non_empty("issuers", wire.issuers)?,
            logs: non_empty("logs", wire.logs)?,
            schemas: non_empty("schemas", wire.schemas)?,
            classes,
            disclose: wire.disclose.iter().map(|name| slot("disclose", name)).collect::<Result<_, _>>()?,
            at_least,
            at_most,
            contains_all: capabilities(wire.contains_all)?,
            subject: wire.subject,
            agent: wire.agent,
            binding: binding(wire.challenge, wire.domain, audience.as_ref())?,
            audience,
            valid_at_least: wire
                .valid_at_least
                .map(|text| time::parse_utc(&text).map_err(|e| refused("valid_at_least", e.to_string())))
                .transpose()?,
            max_root_age_s: max_root_age_s(wire.max_root_age_s)?,
        })
    }

    /// What the verifier should be told about its own demands, in one sentence: a least reputation below 5 %, which is
    /// most often a percentage that was meant as such.
    pub fn warning(&self) -> Option<String> {
        let bound = self.at_least.get(&Slot::Reputation).filter(|bound| (1..LOW_REPUTATION).contains(*bound))?;
        let (means, meant) = (percent::write(*bound), bound * 100);
        let other = format!("if {bound} % is meant, write \"{bound}%\" or {meant}");
        Some(format!("at_least.reputation {bound} means {means}, which nearly every agent has; {other}"))
    }

    /// Whether it demands what only a zero-knowledge proof can show.
    pub(crate) fn needs_proof(&self) -> bool {
        self.schemas.is_some()
            || self.logs.is_some()
            || !self.disclose.is_empty()
            || !self.at_least.is_empty()
            || !self.at_most.is_empty()
            || !self.contains_all.is_empty()
            || self.audience.is_some()
            || self.valid_at_least.is_some()
    }

    /// The wire form. [`Self::from_json`] reads back what it has read itself; of a request put together by hand it
    /// refuses values that a wire form cannot have (an empty list of classes, a time after the year 9999).
    pub fn to_json(&self) -> Value {
        let bounds = |bounds: &BTreeMap<Slot, u64>| {
            bounds.iter().map(|(slot, bound)| (slot.name().to_owned(), write_bound(*slot, *bound))).collect()
        };
        let wire = Wire {
            issuers: self.issuers.clone(),
            logs: self.logs.clone(),
            schemas: self.schemas.clone(),
            classes: Some(self.classes.iter().map(|class| class.as_str().to_owned()).collect()),
            disclose: self.disclose.iter().map(|slot| slot.name().to_owned()).collect(),
            at_least: bounds(&self.at_least),
            at_most: bounds(&self.at_most),
            contains_all: self.contains_all.clone(),
            subject: self.subject.clone(),
            agent: self.agent,
            audience: self.audience.as_ref().map(|a| a.as_str().to_owned()),
            challenge: self.binding.as_ref().map(|b| b.challenge.clone()),
            domain: self.binding.as_ref().map(|b| b.domain.clone()),
            // A time that cannot be written cannot have been read either; it is then left to the caller's own value.
            valid_at_least: self.valid_at_least.map(|t| time::format_utc(t.min(time::LAST_UNIX_S)).unwrap_or_default()),
            max_root_age_s: Some(self.max_root_age_s),
        };
        // Cannot fail: plain strings, numbers and lists.
        serde_json::to_value(wire).expect("a request is JSON")
    }
}

fn non_empty<T>(member: &'static str, list: Option<Vec<T>>) -> Result<Option<Vec<T>>, RequestError> {
    match list {
        Some(list) if list.is_empty() => Err(refused(member, "an empty list accepts nothing; leave it out instead")),
        list => Ok(list),
    }
}

fn class(name: &str) -> Result<Class, RequestError> {
    let verifiable = [Class::Standing, Class::Presentation, Class::Signed, Class::Agenthood];
    let found = verifiable.into_iter().find(|class| class.as_str() == name);
    found.ok_or_else(|| refused("classes", format!("{name:?} is not standing, presentation, signed or agenthood")))
}

fn slot(member: &'static str, name: &str) -> Result<Slot, RequestError> {
    Slot::from_name(name).ok_or_else(|| refused(member, format!("unknown attribute {name:?}")))
}

fn bounds(member: &'static str, named: &BTreeMap<String, Value>) -> Result<BTreeMap<Slot, u64>, RequestError> {
    named
        .iter()
        .map(|(name, value)| {
            let slot = slot(member, name)?;
            let bound =
                read_bound(slot, value).ok_or_else(|| refused(member, format!("{name}: {}", bound_form(slot))))?;
            Ok((slot, bound))
        })
        .collect()
}

/// No value is at least one bound and at most a lower one, so no holder could answer.
fn no_contradiction(at_least: &BTreeMap<Slot, u64>, at_most: &BTreeMap<Slot, u64>) -> Result<(), RequestError> {
    let crossed = at_least.iter().find(|(slot, lower)| at_most.get(slot).is_some_and(|upper| upper < lower));
    match crossed {
        Some((slot, _)) => Err(refused("at_most", format!("{}: must not be less than at_least", slot.name()))),
        None => Ok(()),
    }
}

/// Names that a registry of capabilities can have: no attestation schema has others, so no holder could answer.
fn capabilities(names: Vec<String>) -> Result<Vec<String>, RequestError> {
    if names.len() > MAX_CAPABILITIES {
        return Err(refused("contains_all", format!("{} names; at most {MAX_CAPABILITIES}", names.len())));
    }
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(refused("contains_all", format!("{name:?} is not 1 to 64 of a-z 0-9 - _ ."))),
        None => Ok(names),
    }
}

/// A bound in the document form of its slot: see [`crate::render`].
pub fn read_bound(slot: Slot, value: &Value) -> Option<u64> {
    match slot {
        Slot::Reputation => percent::read_share(value),
        Slot::TasksCompleted | Slot::EarningsSats => {
            let text = value.as_str()?;
            let number: u64 = text.parse().ok()?;
            (number.to_string() == text).then_some(number)
        }
        Slot::MemberSince => time::parse_utc(value.as_str()?).ok(),
        Slot::Capabilities | Slot::BuildHash => None,
    }
}

fn bound_form(slot: Slot) -> &'static str {
    match slot {
        Slot::Reputation => "must be hundredths of a percent, an integer from 0 to 10000, or a percentage like \"80%\"",
        Slot::TasksCompleted | Slot::EarningsSats => "must be a decimal string below 2^64",
        Slot::MemberSince => "must be an RFC 3339 time like 2024-12-01T00:00:00Z",
        Slot::Capabilities => "has no bounds; use contains_all",
        Slot::BuildHash => "has no bounds; use disclose",
    }
}

fn write_bound(slot: Slot, bound: u64) -> Value {
    match slot {
        Slot::Reputation => bound.into(),
        Slot::MemberSince => time::format_utc(bound).map_or_else(|_| bound.to_string().into(), Value::from),
        _ => bound.to_string().into(),
    }
}

fn binding(
    challenge: Option<String>,
    domain: Option<String>,
    audience: Option<&Audience>,
) -> Result<Option<Binding>, RequestError> {
    let (challenge, domain) = match (challenge, domain) {
        (None, None) if audience.is_some() => {
            return Err(refused("challenge", "stands with audience: only an answer to it shows whose pseudonym it is"));
        }
        (None, None) => return Ok(None),
        (Some(challenge), Some(domain)) => (challenge, domain),
        (Some(_), None) => return Err(refused("domain", "stands with challenge")),
        (None, Some(_)) => return Err(refused("challenge", "stands with domain")),
    };
    for (member, text) in [("challenge", &challenge), ("domain", &domain)] {
        if !is_binding_text(text) {
            return Err(refused(member, "must have 1 to 512 bytes"));
        }
    }
    if audience.is_some_and(|audience| audience.as_str() != domain) {
        return Err(refused("domain", "must equal audience"));
    }
    Ok(Some(Binding { challenge, domain }))
}

fn max_root_age_s(value: Option<u64>) -> Result<u64, RequestError> {
    let age = value.unwrap_or(DEFAULT_MAX_ROOT_AGE_S);
    if (LEAST_MAX_ROOT_AGE_S..=GREATEST_MAX_ROOT_AGE_S).contains(&age) {
        Ok(age)
    } else {
        Err(refused("max_root_age_s", format!("from {LEAST_MAX_ROOT_AGE_S} to {GREATEST_MAX_ROOT_AGE_S}")))
    }
}

#[cfg(test)]
mod tests;
