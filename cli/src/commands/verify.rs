//! `poa verify`: here, under a pinned trust document, or by a service.
//!
//! Verifying here tells nobody where an agent shows its credentials; a service learns it.

use std::path::{Path, PathBuf};

use clap::Args;
use poa_verifier::credential::claimed_issuer;
use poa_verifier::head::HeadMemory;
use poa_verifier::request::Request;
use poa_verifier::{Evidence, Verifier};
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::{Auth, Client};
use crate::commands::read_json;
use crate::exit::{OrFail, Outcome};
use crate::foreign::AgenthoodEvidenceArgs;
use crate::output::Answer;
use crate::pinned::{Pinned, PinnedSet, TrustArgs};
use crate::verdict::Verdict;
use crate::{follow, snarkjs, system};

/// What to verify and how.
#[derive(Args)]
pub struct VerifyArgs {
    /// Credential or presentation (JSON), or compact JWS
    document: PathBuf,
    /// File with the verifier's request, or `any` to accept whatever the document proves
    #[arg(long, value_name = "FILE|any")]
    request: Option<PathBuf>,
    /// Let this service verify instead; it learns what is shown to whom
    #[arg(long, value_name = "URL")]
    service: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
    /// Status list to use instead of fetching it; may be repeated
    #[arg(long, value_name = "FILE")]
    status_list: Vec<PathBuf>,
    #[command(flatten)]
    agenthood: AgenthoodEvidenceArgs,
    /// Fetch nothing: a check that needs more is `unknown`
    #[arg(long)]
    offline: bool,
    /// Also write the proofs as snarkjs files below this directory
    #[arg(long, value_name = "DIR", conflicts_with = "service")]
    export_snarkjs: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, global: &Global) -> Outcome<Answer> {
    run_with(args, None, global)
}

/// The same with a request of the caller's, unless one is named.
pub fn run_with(args: &VerifyArgs, request: Option<Value>, global: &Global) -> Outcome<Answer> {
    let document = system::read(&args.document)?;
    let request = match args.request.as_deref() {
        Some(path) => Some(read_request(path)?),
        None => request,
    };
    if let Some(url) = &args.service {
        return Ok(by_service(&Client::new(url)?, &document, request.as_ref())?.into_answer());
    }
    let mut set = PinnedSet::find(global, &args.trust)?;
    // Whom the document names decides what is fetched and whose document is followed; among those pinned alone.
    let issuer = claimed_issuer(&document).unwrap_or_default();
    if !args.offline {
        follow::of(&mut set, &issuer, global)?;
    }
    let trusted = set.to_trust()?;
    let verdict = here(args, &set, &issuer, &document, request.as_ref())?;
    if let Some(directory) = &args.export_snarkjs {
        let name = args.document.file_stem().unwrap_or_default().to_string_lossy();
        let trust = trusted.of(&issuer).unwrap_or(trusted.first());
        snarkjs::export(&read_json(&args.document)?, &name, trust, directory)?;
    }
    Ok(verdict.into_answer())
}

fn read_request(path: &Path) -> Outcome<Value> {
    let value = match path.to_str() {
        // Whatever it is: one class left out would be a demand.
        Some("any") => json!({ "classes": ["standing", "presentation", "signed", "agenthood"] }),
        _ => read_json(path)?,
    };
    Request::from_json(&value).or_fail("the request is not acceptable", "correct it; `poa request` makes one")?;
    Ok(value)
}

fn by_service(client: &Client, document: &[u8], request: Option<&Value>) -> Outcome<Verdict> {
    let next = "give a JSON document or a compact JWS";
    let document = match poa_verifier::json::parse_strict(document) {
        Ok(document) => document,
        // A compact JWS travels as a JSON string.
        Err(_) => json!(std::str::from_utf8(document).or_fail("the document is no text", next)?.trim()),
    };
    let mut body = json!({ "document": document });
    if let Some(request) = request {
        body["request"] = request.clone();
    }
    Verdict::read(client.post("/verify", &body, Auth::Nobody)?)
}

fn here(
    args: &VerifyArgs,
    set: &PinnedSet,
    issuer: &str,
    document: &[u8],
    request: Option<&Value>,
) -> Outcome<Verdict> {
    let request = request
        .map(Request::from_json)
        .transpose()
        .or_fail("the request is not acceptable", "correct it; `poa request` makes one")?;
    let mut lists = args.status_list.iter().map(|path| read_json(path)).collect::<Outcome<Vec<_>>>()?;
    let mut heads = Vec::new();
    if let (false, Some(pinned)) = (args.offline, set.of(issuer)) {
        fetch(pinned, &mut lists, &mut heads);
    }
    let issuers = args.agenthood.issuers()?;
    let verifier = Verifier::new(set.to_trust()?).with_agenthood(issuers.clone());
    let agenthood = args.agenthood.read(&issuers, &verifier, document, args.offline)?;
    let evidence = Evidence {
        status_lists: &lists,
        newest_heads: &heads,
        token_status_lists: &agenthood.tokens,
        revoked_lists: &agenthood.revoked,
        agent_now: agenthood.agent_now(),
        ..Evidence::default()
    };
    let mut memory: HeadMemory = set.memory()?;
    let now = system::now_unix_s();
    let report = verifier.verify(document, request.as_ref(), &evidence, &mut memory, now);
    set.remember(&memory)?;
    Verdict::new(report)
}

/// Fetches the status lists not given and the newest head. What cannot be fetched stays out: the
/// verifier then says `unknown`, which is the truth.
fn fetch(pinned: &Pinned, lists: &mut Vec<Value>, heads: &mut Vec<String>) {
    let Ok(client) = Client::new(pinned.trust.url()) else { return };
    for list in &pinned.trust.document().status_lists {
        let given = lists.iter().any(|given| given["id"] == json!(list.id));
        let path = client.path_of(&list.id);
        if let (false, Ok(path)) = (given, path)
            && let Ok(fetched) = client.get(path, Auth::Nobody)
        {
            lists.push(fetched);
        }
    }
    // A service that has issued Proofs of Agenthood alone has no tree, and would be waited for in vain.
    if let Ok(head) = client.get_if_ready("/roots/latest") {
        heads.extend(head["head"].as_str().map(str::to_owned));
    }
}
