//! Cases that are judged by a [`Verifier`]: documents, and token status lists.

use std::collections::BTreeMap;

use poa_circuits::native::field::{self, F};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Expectation, Verdict, readers, reasons};
use crate::agenthood::claims::AgentClaim;
use crate::agenthood::issuers::AgenthoodIssuers;
use crate::agenthood::reasons::AgentNow;
use crate::agenthood::revoked_list::RevokedList;
use crate::report::{Check, Outcome, Report};
use crate::{Evidence, HeadMemory, Request, Trust, Verifier, multibase};

/// What several cases of a file name.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Shared {
    trust: BTreeMap<String, String>,
    agenthood_issuers: BTreeMap<String, String>,
    status_lists: BTreeMap<String, Value>,
    token_status_lists: BTreeMap<String, String>,
    revoked_lists: BTreeMap<String, RevokedListText>,
    pub(super) verifying_keys: BTreeMap<String, String>,
    pub(super) snarkjs_keys: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokedListText {
    text: String,
    url: String,
    fetched_at: u64,
}

/// The shared parts of a file with its verifiers, made once.
pub(super) struct World {
    shared: Shared,
    verifiers: BTreeMap<String, Verifier>,
}

pub(super) fn named<'a, T>(parts: &'a BTreeMap<String, T>, name: &str) -> Result<&'a T, String> {
    parts.get(name).ok_or_else(|| format!("the file shares nothing named {name:?}"))
}

fn all<'a, T>(parts: &'a BTreeMap<String, T>, names: &[String]) -> Result<Vec<&'a T>, String> {
    names.iter().map(|name| named(parts, name)).collect()
}

impl Shared {
    pub(super) fn open(self) -> Result<World, String> {
        let open = |(name, text): (&String, &String)| {
            let trust = Trust::from_json(text.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
            Ok((name.clone(), Verifier::new(trust)))
        };
        let verifiers = self.trust.iter().map(open).collect::<Result<_, String>>()?;
        Ok(World { shared: self, verifiers })
    }
}

impl World {
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn verifier(&self, trust: &str, issuers: Option<&String>) -> Result<Verifier, String> {
        let verifier = named(&self.verifiers, trust)?.clone();
        let Some(name) = issuers else { return Ok(verifier) };
        let text = named(&self.shared.agenthood_issuers, name)?;
        let issuers = AgenthoodIssuers::from_json(text.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
        Ok(verifier.with_agenthood(issuers))
    }
}

/// A document with everything that its verdict depends on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentInput {
    trust: String,
    #[serde(default)]
    agenthood_issuers: Option<String>,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    document_base64url: Option<String>,
    #[serde(default)]
    request: Option<Value>,
    #[serde(default)]
    status_lists: Vec<String>,
    #[serde(default)]
    token_status_lists: Vec<String>,
    #[serde(default)]
    revoked_lists: Vec<String>,
    #[serde(default)]
    newest_heads: Vec<String>,
    #[serde(default)]
    seen: Vec<[String; 2]>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    agent_now: Option<AgentNowInput>,
    now: u64,
}

/// The agent as its chain has it now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentNowInput {
    /// Absent when the chain knows the agent no more.
    #[serde(default)]
    agent: Option<AgentClaim>,
    #[serde(default)]
    collectable: bool,
}

impl DocumentInput {
    pub(super) fn judge(&self, world: &World) -> Result<Expectation, String> {
        let verifier = world.verifier(&self.trust, self.agenthood_issuers.as_ref())?;
        let document = self.bytes()?;
        let request = self.request.as_ref().map(Request::from_json).transpose().map_err(|error| error.to_string())?;
        let status_lists: Vec<Value> =
            all(&world.shared.status_lists, &self.status_lists)?.into_iter().cloned().collect();
        let token_status_lists = all(&world.shared.token_status_lists, &self.token_status_lists)?
            .into_iter()
            .map(|jwt| verifier.token_status_list(jwt).map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        let revoked_lists = all(&world.shared.revoked_lists, &self.revoked_lists)?
            .into_iter()
            .map(|list| RevokedList::from_json(list.text.as_bytes(), &list.url, list.fetched_at))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        let seen = self.seen()?;
        let seen_before = |scope: &F, nullifier: &F| seen.contains(&[*scope, *nullifier]);
        let evidence = Evidence {
            status_lists: &status_lists,
            newest_heads: &self.newest_heads,
            nullifier_seen: Some(&seen_before),
            token_status_lists: &token_status_lists,
            revoked_lists: &revoked_lists,
            agent_now: self.agent_now.as_ref().map(AgentNowInput::state),
        };
        let mut memory = HeadMemory::default();
        for earlier in &self.before {
            verifier.verify(earlier.as_bytes(), request.as_ref(), &evidence, &mut memory, self.now);
        }
        Ok(of_report(&verifier.verify(&document, request.as_ref(), &evidence, &mut memory, self.now)))
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        match (&self.document, &self.document_base64url) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(text)) => multibase::from_base64url(text).map_err(|error| error.to_string()),
            _ => Err("exactly one of document and document_base64url is needed".to_owned()),
        }
    }

    fn seen(&self) -> Result<Vec<[F; 2]>, String> {
        let read = |text: &String| field::decode_hex(text).map_err(|error| error.to_string());
        self.seen.iter().map(|[scope, nullifier]| Ok([read(scope)?, read(nullifier)?])).collect()
    }
}

impl AgentNowInput {
    fn state(&self) -> AgentNow<'_> {
        match &self.agent {
            None => AgentNow::Gone,
            Some(agent) => AgentNow::Registered { agent, collectable: self.collectable },
        }
    }
}

fn of_report(report: &Report) -> Expectation {
    let verdict = match (report.verified(), report.authentic()) {
        (true, _) => Verdict::Verified,
        (false, Some(true)) => Verdict::Authentic,
        (false, _) => return of_refusal(report),
    };
    Expectation { verdict, class: Some(report.class), ..Expectation::accepted(Some(shown(report))) }
}

/// Subject, attributes and pseudonym of what was proved or said.
fn shown(report: &Report) -> Value {
    let Some(proved) = &report.proved else { return Value::Null };
    let mut output = json!({ "shown": proved.shown });
    if let Some(subject) = &proved.subject {
        output["subject"] = subject.as_str().into();
    }
    if let Some(pseudonym) = &proved.pseudonym {
        output["pseudonym"] = pseudonym.nullifier.as_str().into();
    }
    output
}

/// The checks that failed; when none did, those that nobody could decide though they were reached.
fn of_refusal(report: &Report) -> Expectation {
    let waiting = |check: &&Check| matches!(check.reason.as_deref(), Some("not_reached" | "no_request"));
    let of = |outcome| report.checks.iter().filter(move |check| check.outcome == outcome);
    let mut outcome = Outcome::Fail;
    let mut culprits: Vec<&Check> = of(outcome).collect();
    if culprits.is_empty() {
        outcome = Outcome::Unknown;
        culprits = of(outcome).filter(|check| !waiting(check)).collect();
    }
    let names: Vec<&str> = culprits.iter().map(|check| check.name.as_str()).collect();
    let reasons: Vec<&str> = culprits.iter().filter_map(|check| check.reason.as_deref()).collect();
    let refused = Expectation::refused(&names.join("+"), reasons.join("+"));
    Expectation { class: Some(report.class), outcome: Some(outcome), ..refused }
}

/// A token status list under a trust document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenListInput {
    trust: String,
    #[serde(default)]
    agenthood_issuers: Option<String>,
    jwt: String,
    /// The entry whose value is the output.
    #[serde(default)]
    index: u64,
}

impl TokenListInput {
    pub(super) fn judge(&self, world: &World) -> Result<Expectation, String> {
        let verifier = world.verifier(&self.trust, self.agenthood_issuers.as_ref())?;
        let list = match verifier.token_status_list(&self.jwt) {
            Ok(list) => list,
            Err(error) => return Ok(Expectation::refused("token_list", reasons::token_list(&error))),
        };
        let status = list.claims().entries.get(self.index);
        Ok(Expectation::of("token_list", status.map(readers::status_word).map_err(|error| reasons::list(&error))))
    }
}
