//! Other issuers of Proofs of Agenthood: who they are, their revocation lists, and the chain's word on an agent.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use clap::Args;
use poa_issuer::chain::ChainSnapshot;
use poa_verifier::agenthood::claims::ChainClaim;
use poa_verifier::agenthood::issuers::{AgenthoodIssuer, AgenthoodIssuers};
use poa_verifier::agenthood::reasons::AgentNow;
use poa_verifier::agenthood::revoked_list::RevokedList;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::status::token_list::TokenStatusList;
use poa_verifier::{Verifier, jws};
use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::commands::read_json;
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// What a verifier brings for Proofs of Agenthood.
#[derive(Args)]
pub struct AgenthoodEvidenceArgs {
    /// File of other issuers whose Proofs of Agenthood count (schemas/agenthood-issuers.json)
    #[arg(long, value_name = "FILE", conflicts_with = "service")]
    agenthood_issuers: Option<PathBuf>,
    /// Published revocation list of one of them, to use instead of fetching it; may be repeated
    #[arg(long, value_name = "FILE", requires = "agenthood_issuers", conflicts_with = "service")]
    revoked_list: Vec<PathBuf>,
    /// Token status list (JWT) to use instead of fetching it; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "service")]
    token_list: Vec<PathBuf>,
    /// The agent as its chain has it now, an answer of the chain contract (schemas/chain-reader.json)
    #[arg(long, value_name = "FILE", conflicts_with = "service")]
    chain_state: Option<PathBuf>,
}

/// The evidence, read.
pub struct AgenthoodEvidence {
    /// Published lists.
    pub revoked: Vec<RevokedList>,
    /// Signed lists.
    pub tokens: Vec<TokenStatusList>,
    chain: Option<ChainSnapshot>,
}

impl AgenthoodEvidenceArgs {
    /// The other issuers; none without a file.
    pub fn issuers(&self) -> Outcome<AgenthoodIssuers> {
        self.agenthood_issuers.as_deref().map_or_else(|| Ok(AgenthoodIssuers::default()), read_issuers)
    }

    /// Reads the files, and fetches the lists of the document's issuer that were not given unless `offline`. What cannot
    /// be fetched stays out: the verifier then says `unknown`.
    pub fn read(
        &self,
        issuers: &AgenthoodIssuers,
        verifier: &Verifier,
        document: &[u8],
        offline: bool,
    ) -> Outcome<AgenthoodEvidence> {
        let claims = claims_of(document).unwrap_or_default();
        let mut evidence = AgenthoodEvidence {
            revoked: self.revoked_list.iter().map(|path| kept_list(path, issuers)).collect::<Outcome<_>>()?,
            tokens: self.token_list.iter().map(|path| token_list(path, verifier)).collect::<Outcome<_>>()?,
            chain: self.chain_state.as_deref().map(|path| chain_state(path, &claims)).transpose()?,
        };
        // It chooses among the URLs of the configuration, and has none of its own fetched.
        let issuer = claims["iss"].as_str().and_then(|iss| issuers.issuer(iss));
        if let (false, Some(issuer)) = (offline, issuer) {
            fetch(issuer, verifier, &mut evidence);
        }
        Ok(evidence)
    }
}

impl AgenthoodEvidence {
    /// What the chain says now, where that was given.
    pub fn agent_now(&self) -> Option<AgentNow<'_>> {
        self.chain.as_ref().map(|snapshot| match &snapshot.agent {
            Some(agent) => AgentNow::Registered { agent, collectable: snapshot.collectable },
            None => AgentNow::Gone,
        })
    }
}

/// Reads a file of other issuers.
pub fn read_issuers(path: &Path) -> Outcome<AgenthoodIssuers> {
    AgenthoodIssuers::from_json(&system::read(path)?)
        .or_fail(format!("{} is refused", path.display()), "write it as schemas/agenthood-issuers.json says")
}

/// As old as the file, or as the list itself says, whichever is older.
fn kept_list(path: &Path, issuers: &AgenthoodIssuers) -> Outcome<RevokedList> {
    let next = "give the whole answer of the issuer's .../revoked, and its issuer in the file of issuers";
    let what = || format!("{} is not used", path.display());
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).or_fail(what(), next)?;
    let kept_at = modified.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    issuers.kept_list(&system::read(path)?, kept_at).or_fail(what(), next)
}

fn token_list(path: &Path, verifier: &Verifier) -> Outcome<TokenStatusList> {
    let next = "give the JWT as fetched from a configured issuer, whose key for status lists is known";
    let bytes = system::read(path)?;
    let jwt = std::str::from_utf8(&bytes).or_fail(format!("{} is no text", path.display()), next)?;
    verifier.token_status_list(jwt.trim()).or_fail(format!("{} is not used", path.display()), next)
}

/// What a document says about where its agent was read.
#[derive(Deserialize)]
struct Origin {
    sub: Address,
    chain: ChainClaim,
}

/// The state of the document's own agent on its own chain, no older than the document: any other would end a good one.
fn chain_state(path: &Path, claims: &Value) -> Outcome<ChainSnapshot> {
    let next = "give the answer of the chain's agents/{address}, as schemas/chain-reader.json says";
    let refused = format!("{} is not used", path.display());
    let Origin { sub, chain } = Origin::deserialize(claims).or_fail(
        format!("{refused}: the document does not say which agent of which chain it is about"),
        "leave --chain-state out: there is nothing to hold the document against",
    )?;
    let snapshot = ChainSnapshot::deserialize(read_json(path)?).or_fail(&refused, next)?;
    let snapshot = snapshot.check(&sub, sub.network()).or_fail(&refused, next)?;
    if snapshot.chain.genesis != chain.genesis {
        let what = format!("{refused}: it is of another chain than the document's, {}", chain.name);
        return Err(Failure::error(what, "read the chain that the document names"));
    }
    if snapshot.block.number < chain.block {
        let block = snapshot.block.number;
        let what = format!("{refused}: its block {block} is older than the document's, {}", chain.block);
        return Err(Failure::error(what, "read the agent again, from a reader that has caught up"));
    }
    Ok(snapshot)
}

/// What the document says, before anything is checked; null when it is no JWS.
fn claims_of(document: &[u8]) -> Option<Value> {
    jws::parse(std::str::from_utf8(document).ok()?.trim()).ok()?.claims().ok()
}

fn fetch(issuer: &AgenthoodIssuer, verifier: &Verifier, evidence: &mut AgenthoodEvidence) {
    let now = system::now_unix_s();
    if let Some(url) = issuer.revocation_list()
        && !evidence.revoked.iter().any(|list| list.url() == url)
        && let Some(bytes) = get(url)
    {
        evidence.revoked.extend(RevokedList::from_json(&bytes, url, now));
    }
    if let Some(url) = issuer.token_status_list()
        && !evidence.tokens.iter().any(|list| list.claims().uri == url)
        && let Some(jwt) = get(url).and_then(|bytes| String::from_utf8(bytes).ok())
    {
        evidence.tokens.extend(verifier.token_status_list(jwt.trim()));
    }
}

/// The answer of a URL with the client's bounds.
fn get(url: &str) -> Option<Vec<u8>> {
    let path = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash))?;
    let (base, path) = url.split_at(path);
    Client::new(base).ok()?.get_bytes(path).ok()
}
