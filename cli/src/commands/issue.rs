//! `poa issue`: a standing credential.
//!
//! For a managed agent the service proves and answers with the credential. In self-custody it answers
//! with the unsigned document; the proof is made here, and the service adds its signature after
//! verifying it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use poa_verifier::schema::DisclosureSchema;
use serde_json::{Value, json};

use crate::args::{Global, ServiceArg};
use crate::caller::{Caller, CallerArgs, uuid_of};
use crate::client::{AgentSigner, Auth, Body, Client};
use crate::engine::EngineArgs;
use crate::exit::{Failure, Outcome};
use crate::holder::prove;
use crate::holder::prover::Prover;
use crate::holder::store::HolderDir;
use crate::output::{Answer, pretty};
use crate::pinned::Pinned;
use crate::predicates::{PredicateArgs, Predicates};
use crate::system;

/// What to issue.
#[derive(Args)]
pub struct IssueArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    /// Disclosure schema, NAME/VERSION
    #[arg(long, value_name = "SCHEMA")]
    schema: String,
    #[command(flatten)]
    predicates: PredicateArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Repeating a request with the same key gives the same credential [default: random]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// File to write the credential to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &IssueArgs, global: &Global) -> Outcome<Answer> {
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller)?;
    let predicates = args.predicates.parse()?;
    let reply = ask(args, &client, &caller, &agent, &predicates)?;
    let (credential, prove_us) = match (reply.0, &mut caller) {
        (201, _) => (reply.1, None),
        (_, Caller::Holder(dir, signer)) => {
            let pending = Pending { args, predicates: &predicates, answer: reply.1 };
            let (credential, taken) = pending.complete(dir, signer, &client)?;
            (credential, Some(taken))
        }
        _ => {
            return Err(Failure::error(
                "this agent keeps its own secrets, so its holder has to prove",
                "run the command on the holder's machine with its --data-dir",
            ));
        }
    };
    answer(args, credential, prove_us)
}

/// The service's answer to the request: status and body.
fn ask(
    args: &IssueArgs,
    client: &Client,
    caller: &Caller,
    agent: &str,
    predicates: &Predicates,
) -> Outcome<(u16, Value)> {
    let body = json!({ "agent": agent, "schema": args.schema, "predicates": predicates.to_issue() });
    let key = args.idempotency_key.clone().unwrap_or_else(system::random_hex);
    let headers = [("idempotency-key", key.as_str())];
    let reply = client.send("POST", "/zk-credentials", Some(&Body::json(&body)), caller.auth(), &headers)?;
    Ok((reply.status, reply.json()?))
}

/// A self-custody credential that waits for its proof.
struct Pending<'a> {
    args: &'a IssueArgs,
    predicates: &'a Predicates,
    answer: Value,
}

impl Pending<'_> {
    /// Proves here and posts the proof; gives the credential and the microseconds of proving.
    fn complete(&self, dir: &mut HolderDir, signer: &AgentSigner, client: &Client) -> Outcome<(Value, u64)> {
        let pinned = prove::require_trust(dir)?;
        let prover = Prover::new(&pinned, &self.args.engine)?;
        let opening = prove::fetch_opening(dir, signer, client)?;
        let path = prove::read_path(&self.answer["path"])?;
        let head_jws = self.answer["head"].as_str().unwrap_or_default();
        if pinned.check_head(head_jws, system::now_unix_s())?.is_none() {
            return Err(Failure::refused("the root given is that of an empty tree", WAIT));
        }
        let document = &self.answer["document"];
        let schema = prover.schema(&self.args.schema)?;
        check_document(document, &pinned, schema)?;
        let material = opening.material(dir.contents.proving()?, &path)?;
        let disclosure = prover.disclosure(schema, &self.predicates.to_issue(), &material)?;
        prover.engine()?;
        let start = Instant::now();
        let proof = prover.standing(&material, head_jws, document, &disclosure)?;
        let taken = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let id = uuid_of(self.answer["id"].as_str().unwrap_or_default())?;
        let url = format!("/zk-credentials/{id}/proof");
        let credential = client.post(&url, &json!({ "proof": proof }), Auth::Agent(signer))?;
        if without_proof(&credential) != without_proof(document) {
            return Err(Failure::refused("the service answered with another document than was proved", WAIT));
        }
        Ok((credential, taken))
    }
}

const WAIT: &str = "ask whoever operates the service; do not use the credential";

/// The document must be of the pinned issuer, under the schema that was asked for. What it says of the
/// subject the prover compares itself.
fn check_document(document: &Value, pinned: &Pinned, schema: &DisclosureSchema) -> Outcome<()> {
    for (name, found, expected) in [
        ("issuer", &document["issuer"], json!(pinned.trust.issuer())),
        ("credentialSchema.id", &document["credentialSchema"]["id"], json!(schema.document().id)),
        ("credentialSchema.digestSRI", &document["credentialSchema"]["digestSRI"], json!(schema.digest_sri())),
    ] {
        if *found != expected {
            return Err(Failure::refused(format!("the document's {name} is {found}, not {expected}"), WAIT));
        }
    }
    Ok(())
}

fn without_proof(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    document
}

fn answer(args: &IssueArgs, credential: Value, prove_us: Option<u64>) -> Outcome<Answer> {
    let id = credential["id"].as_str().unwrap_or_default().to_owned();
    let place = match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&credential).as_bytes())?;
            format!(" in {}", out.display())
        }
        None => String::new(),
    };
    let by = if prove_us.is_some() { "proved here" } else { "proved by the service" };
    let value = json!({ "id": id, "prove_us": prove_us, "credential": credential });
    let mut answer = Answer::done(
        format!("issued {} {id}{place}, {by}", args.schema),
        "anyone verifies it: poa verify FILE --request any",
        value,
    );
    if args.out.is_none() {
        answer.details.extend(pretty(&answer.value["credential"]).lines().map(str::to_owned));
    }
    Ok(answer)
}
