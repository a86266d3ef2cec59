//! `poa issue`: a standing credential.
//!
//! For a managed agent the service proves and answers with the credential. In self-custody it answers
//! with the unsigned document; the proof is made here, and the service adds its signature after
//! verifying it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use poa_verifier::schema::DisclosureSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::args::{Global, ServiceArg};
use crate::caller::{Caller, CallerArgs};
use crate::client::{AgentSigner, Auth, Body, Client};
use crate::engine::EngineArgs;
use crate::exit::{Exit, Failure, OrFail as _, Outcome};
use crate::follow;
use crate::holder::prove;
use crate::holder::prover::Prover;
use crate::holder::store::HolderDir;
use crate::named::CredentialName;
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
    /// Repeating a request with the same key gives the same credential [default: random, and kept beside --out until that
    /// is written]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// File to write the credential to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &IssueArgs, global: &Global) -> Outcome<Answer> {
    let predicates = args.predicates.parse()?;
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller, &client)?;
    let body = json!({ "agent": agent, "schema": args.schema, "predicates": predicates.to_issue() });
    let attempt = Attempt::begin(args, &client, &body)?;
    let reply = ask(&client, &caller, &body, attempt.key()).map_err(|failure| attempt.refused(failure))?;
    let (credential, prove_us) = match (reply.0, &mut caller) {
        (201, _) => (reply.1, None),
        (_, Caller::Holder(dir, signer)) => {
            let pending = Pending { args, predicates: &predicates, answer: reply.1 };
            let (credential, taken) = pending.complete(dir, signer, &client, global)?;
            (credential, Some(taken))
        }
        _ => {
            return Err(Failure::error(
                "this agent keeps its own secrets, so its holder has to prove",
                "run the command on the holder's machine with its --data-dir",
            ));
        }
    };
    answer(args, credential, prove_us, attempt)
}

/// The service's answer to the request: status and body.
fn ask(client: &Client, caller: &Caller, body: &Value, key: &str) -> Outcome<(u16, Value)> {
    let headers = [("idempotency-key", key)];
    let reply = client.send("POST", "/zk-credentials", Some(&Body::json(body)), caller.auth(), &headers)?;
    Ok((reply.status, reply.json()?))
}

/// The request as a whole, until what it is for is written: another run of the same request gets the same credential.
struct Attempt {
    key: String,
    /// The file beside the output that keeps the key; none where the key was given, or the output is no file.
    kept: Option<PathBuf>,
}

/// What is kept beside the output.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    idempotency_key: String,
    /// SHA-256 of service and body: another request gets a key of its own.
    request_sha256: String,
}

impl Attempt {
    /// Tries the output, and keeps the key beside it.
    fn begin(args: &IssueArgs, client: &Client, body: &Value) -> Outcome<Self> {
        let is_file = args.out.as_deref().map(system::try_out).transpose()?.unwrap_or(false);
        let out = args.out.as_ref().filter(|_| is_file);
        if let Some(key) = &args.idempotency_key {
            return Ok(Self { key: key.clone(), kept: None });
        }
        let Some(out) = out else { return Ok(Self { key: system::random_hex(), kept: None }) };
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".idempotency-key");
        let path = out.with_file_name(name);
        let request_sha256 = hex::encode(Sha256::digest(format!("{}\n{body}", client.origin())));
        let kept = match path.exists() {
            true => serde_json::from_slice::<Kept>(&system::read(&path)?).ok(),
            false => None,
        };
        let key = match kept.filter(|kept| kept.request_sha256 == request_sha256) {
            Some(kept) => kept.idempotency_key,
            None => {
                let kept = Kept { idempotency_key: system::random_hex(), request_sha256 };
                let text = serde_json::to_vec(&kept).or_fail("the idempotency key", "please report it")?;
                system::write_own(&path, &text)?;
                kept.idempotency_key
            }
        };
        Ok(Self { key, kept: Some(path) })
    }

    fn key(&self) -> &str {
        &self.key
    }

    /// The service's refusal: nothing is issued under the key, unless another run is at it.
    fn refused(&self, failure: Failure) -> Failure {
        if failure.exit == Exit::Refused && failure.code.as_deref() != Some("idempotency-in-progress") {
            // Where it stays, it serves the next run of the same request.
            let _ = self.done();
        }
        failure
    }

    /// What to say when the credential is issued and cannot be written.
    fn not_written(&self, id: &str, failure: Failure) -> Failure {
        let next = match &self.kept {
            Some(_) => {
                "make room or mend the path, then run the same command again: it gives the same credential".to_owned()
            }
            None => format!("run it again with --idempotency-key {}: it gives the same credential", self.key),
        };
        Failure::error(format!("issued {id}, but {}", failure.what), next)
    }

    /// The credential is written: the key has served.
    fn done(&self) -> Outcome<()> {
        self.kept.as_deref().map_or(Ok(()), system::remove)
    }
}

/// A self-custody credential that waits for its proof.
struct Pending<'a> {
    args: &'a IssueArgs,
    predicates: &'a Predicates,
    answer: Value,
}

impl Pending<'_> {
    /// Proves here and posts the proof; gives the credential and the microseconds of proving.
    fn complete(
        &self,
        dir: &mut HolderDir,
        signer: &AgentSigner,
        client: &Client,
        global: &Global,
    ) -> Outcome<(Value, u64)> {
        let pinned = follow::of_holder(dir, prove::require_trust(dir)?, global)?;
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
        let id: CredentialName =
            self.answer["id"].as_str().unwrap_or_default().parse().or_fail("the service's answer", WAIT)?;
        let url = format!("/zk-credentials/{}/proof", id.uuid());
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

fn answer(args: &IssueArgs, credential: Value, prove_us: Option<u64>, attempt: Attempt) -> Outcome<Answer> {
    let id = credential["id"].as_str().unwrap_or_default().to_owned();
    let place = match &args.out {
        Some(out) => {
            // It is issued: whatever happens to the file, its id is told.
            let written = system::write_out(out, pretty(&credential).as_bytes());
            written.map_err(|failure| attempt.not_written(&id, failure))?;
            attempt.done()?;
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
