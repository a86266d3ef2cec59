//! Agents, attestor and receipts: everything that comes before the first proof.

use poa_verifier::did::AgentDid;
use serde_json::{Map, Value, json};

use super::Demo;
use super::leaderboard::{self, Entrant, OVERLAP};
use crate::client::{AgentSigner, Auth};
use crate::commands::attest;
use crate::exit::{Failure, OrFail, Outcome};
use crate::named::did_in;
use crate::{keyfile, receipt, system};

/// Where the leaderboard comes from, in a word.
const BOARDS: &str = "the public SWE-bench leaderboards (commit 2d95e96, 2025-02-26)";

/// An agent whose proving secrets the service keeps; its request key is the agent's own.
pub struct Managed {
    /// What it did.
    pub entrant: Entrant,
    /// Signs its requests.
    pub signer: AgentSigner,
}

/// Everybody who is registered, and how many receipts there are.
pub struct Enrolled {
    /// The entrant that keeps its own secrets, in another process.
    pub best: Entrant,
    /// Its DID.
    pub best_did: AgentDid,
    /// All other entrants.
    pub managed: Vec<Managed>,
    /// The demo's own program, registered with its build.
    pub program: AgentSigner,
    /// SHA-256 of this executable, 64 hex digits.
    pub build_sha256: String,
    /// Receipts posted.
    pub receipts: usize,
}

impl Enrolled {
    /// How many agents there are.
    pub fn agents(&self) -> usize {
        self.managed.len() + 2
    }
}

/// Registers everybody and posts all receipts.
pub fn run(demo: &mut Demo) -> Outcome<Enrolled> {
    let mut entrants = leaderboard::entrants()?;
    let rows: usize = entrants.iter().map(|entrant| entrant.rows.len()).sum();
    demo.screen.heading(&format!("Real input: {rows} rows of {} AI agents from {BOARDS}.", entrants.len()));
    demo.screen.say(OVERLAP);
    let best = leaderboard::best(&entrants)
        .ok_or_else(|| Failure::error("the leaderboard is empty", "rebuild the program"))?;
    let best = entrants.swap_remove(best);

    demo.screen.begin("registering agents");
    let best_did = register_best(demo, &best)?;
    let mut managed = Vec::with_capacity(entrants.len());
    for entrant in entrants {
        let signer = register_managed(demo, &entrant.name, None)?;
        managed.push(Managed { entrant, signer });
    }
    let build_sha256 = own_digest()?;
    let program = register_managed(demo, "poa demo (this program)", Some(&build_sha256))?;
    demo.screen.say(format!(
        "Registered {} agents. {} keeps its own secrets in another process; the service keeps the others'.",
        managed.len() + 2,
        best.name
    ));
    demo.screen.say(format!("The demo registered itself with the SHA-256 of its executable: {build_sha256}"));

    let mut enrolled = Enrolled { best, best_did, managed, program, build_sha256, receipts: 0 };
    enrolled.receipts = attest_all(demo, &enrolled)?;
    Ok(enrolled)
}

/// The best entrant: challenge, proof of possession in the holder's process, registration.
fn register_best(demo: &mut Demo, entrant: &Entrant) -> Outcome<AgentDid> {
    let holder = &demo.holder;
    let (challenge, answer) = (holder.exchange("challenge.json"), holder.exchange("answer.json"));
    let base = demo.client.base().to_owned();
    holder.run(&["holder", "init"])?;
    holder.run(&["trust", "add", &base])?;
    let fresh = demo.client.post("/agents/challenge", &json!({}), Auth::Operator(&demo.operator))?;
    system::write_own(&challenge, fresh.to_string().as_bytes())?;
    let (challenge, answer) = (challenge.to_string_lossy(), answer.to_string_lossy());
    holder.run(&["holder", "answer", &challenge, "--out", &answer])?;
    let mut body = crate::commands::read_json(&holder.exchange("answer.json"))?;
    body["name"] = json!(entrant.name);
    let agent = demo.client.post("/agents", &body, Auth::Operator(&demo.operator))?;
    let did = did_in(&agent["agent"])?;
    demo.holder.run(&["holder", "adopt", &did.to_string(), "--service", &base])?;
    demo.screen.tick();
    Ok(did)
}

fn register_managed(demo: &mut Demo, name: &str, build_sha256: Option<&str>) -> Outcome<AgentSigner> {
    let key = keyfile::generate(&mut system::rng());
    let mut body = json!({
        "name": name,
        "custody": "issuer",
        "ed25519_public_key": keyfile::multikey(&key)?,
    });
    if let Some(digest) = build_sha256 {
        body["build_sha256"] = json!(digest);
    }
    let (client, operator) = (&demo.client, &demo.operator);
    let agent =
        demo.timings.time("register a managed agent", || client.post("/agents", &body, Auth::Operator(operator)))?;
    demo.screen.tick();
    Ok(AgentSigner { did: did_in(&agent["agent"])?, key })
}

/// SHA-256 of the file this process was started from.
fn own_digest() -> Outcome<String> {
    let next = "run the program from an ordinary file";
    let path = std::env::current_exe().or_fail("this program does not know its own path", next)?;
    system::sha256_of(&path).map(hex::encode)
}

/// An attestor signs one receipt per row, and one for this program's build; all go in one request.
fn attest_all(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<usize> {
    demo.screen.begin("signing and posting receipts");
    let key = keyfile::generate(&mut system::rng());
    let attestor = json!({ "name": "leaderboard transcriber", "ed25519_public_key": keyfile::multikey(&key)? });
    demo.client.post("/attestors", &attestor, Auth::Operator(&demo.operator))?;

    let now = system::now_unix_s();
    let mut claims = enrolled.best.receipts(&enrolled.best_did, now)?;
    for agent in &enrolled.managed {
        claims.extend(agent.entrant.receipts(&agent.signer.did, now)?);
    }
    let rows = claims.len();
    claims.push(build_receipt(enrolled, now));
    let receipts = claims.iter().map(|claims| receipt::sign(claims, &key, now)).collect::<Outcome<Vec<_>>>()?;
    let client = &demo.client;
    let posted =
        demo.timings.time("verify and store all receipts in one request", || attest::post_all(client, &receipts))?;
    if posted.stored != receipts.len() {
        let why = posted.refused.first().map_or("without a reason", |(_, why)| why.as_str());
        let what = format!("the service stored {} of {} receipts: {why}", posted.stored, receipts.len());
        return Err(Failure::error(what, "please report it"));
    }
    demo.screen.tick();
    demo.screen.say(format!(
        "An attestor signed {rows} receipts, one per row, and one for this program's build. \
         No row says what an agent earned: earnings stay 0."
    ));
    Ok(posted.stored)
}

/// No task is claimed for this program: only its build, and that its source is open, as its licence says.
fn build_receipt(enrolled: &Enrolled, now: u64) -> Map<String, Value> {
    let receipt = json!({
        "sub": enrolled.program.did, "iat": now, "jti": "demo-build", "period_end": now,
        "attempted": 0, "completed": 0,
        "build_sha256": enrolled.build_sha256,
        "capabilities": ["open-source"],
    });
    receipt.as_object().cloned().unwrap_or_default()
}
