//! `poa demo`: the whole path on real data, from signed receipts to verified credentials.
//!
//! # Who is who
//! | part | is | reaches the service by |
//! |---|---|---|
//! | service | this process, on threads of its own, on loopback | – |
//! | operator, attestor, managed agents, verifier | this file's modules | HTTP alone |
//! | the self-custody holder | another process of this program with its own directory | HTTP alone |
//!
//! Every claim is asserted: a credential that does not verify, or a tampered document that is not
//! refused by exactly the check it was made to fail, ends the demo with a failure.

mod credentials;
mod enrol;
mod holder_process;
mod leaderboard;
mod presentation;
mod publication;
mod refusals;
mod report;
mod revocation;
mod screen;
mod timing;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::Args;
use poa_verifier::trust::Trust;
use serde_json::{Value, json};

use crate::args::{Global, OperatorArgs};
use crate::client::{Auth, Client, OperatorToken};
use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::{Answer, print_answer};
use crate::service::{self, OpenService, RunningService};
use crate::snarkjs;
use credentials::Issued;
use holder_process::HolderProcess;
use presentation::Presented;
use screen::Screen;
use timing::Timings;

/// How the demo runs.
#[derive(Args)]
pub struct DemoArgs {
    /// Exit when everything was shown instead of serving until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Address to serve on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Also write the demo's proofs as snarkjs files below this directory
    #[arg(long, value_name = "DIR")]
    export_snarkjs: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

/// What every step works with.
struct Demo {
    client: Client,
    operator: OperatorToken,
    holder: HolderProcess,
    screen: Screen,
    timings: Timings,
}

/// The demo's directory: one that is kept, or a temporary one that goes with the process.
enum Directory {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Directory {
    fn make(global: &Global) -> Outcome<Self> {
        let next = "name an empty directory with --data-dir";
        let Some(path) = &global.data_dir else {
            let temporary = tempfile::tempdir().or_fail("no temporary directory", next)?;
            return Ok(Self::Temporary(temporary));
        };
        crate::system::own_dir(path)?;
        let mut entries = std::fs::read_dir(path).or_fail(path.display(), next)?;
        if entries.next().is_some() {
            let what = format!("{} is not empty, and the demo starts afresh", path.display());
            return Err(Failure::refused(what, next));
        }
        Ok(Self::Kept(path.clone()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// Runs the demo.
pub fn run(args: &DemoArgs, global: &Global) -> Outcome<Answer> {
    let directory = Directory::make(global)?;
    let (mut demo, running) = start(args, global, directory.path())?;
    let shown = show_everything(&mut demo, args.export_snarkjs.as_deref());
    demo.screen.finish();
    let answer = match shown {
        Ok(value) => conclusion(&demo, value, args.once, global.json),
        Err(failure) => {
            running.stop()?;
            return Err(failure);
        }
    };
    if args.once {
        running.stop()?;
        return Ok(answer);
    }
    print_answer(&answer, global.json);
    service::wait_for_interrupt()?;
    running.stop()?;
    Ok(Answer::done("stopped", "", json!({ "event": "stopped" })))
}

/// Starts the service and everybody who talks to it.
fn start(args: &DemoArgs, global: &Global, base: &Path) -> Outcome<(Demo, RunningService)> {
    // Once for this process and the holder's, before the bar of the demo itself.
    let engine = args.engine.shared(base.join("cache"));
    drop(engine.load()?);
    let screen = Screen::new(STEPS, global.json);
    screen.begin("starting the service");
    let mut timings = Timings::default();
    let listener = TcpListener::bind(args.listen).or_fail(
        format!("cannot listen on {}", args.listen),
        "choose another address with --listen; port 0 takes a free one",
    )?;
    let data_dir = base.join("service");
    let service = timings.time("start the service, keys loaded and self-tested", || {
        OpenService::open(listener, data_dir.clone(), None, None, |config| {
            config.publish_interval_s = 1;
            config.capabilities = Some(leaderboard::CAPABILITIES.map(str::to_owned).to_vec());
            engine.configure(config);
        })
    })?;
    let url = service.url.clone();
    let running = service.spawn();
    let demo = Demo {
        client: Client::new(&url)?,
        operator: OperatorArgs::read(&data_dir.join("operator-token"))?,
        holder: HolderProcess::new(base, &engine)?,
        screen,
        timings,
    };
    demo.screen.say(format!("The service runs at {url}, on this machine alone."));
    Ok((demo, running))
}

/// Pieces of work the bar counts: 105 agents and the steps after them.
const STEPS: u64 = 105 + 16;

/// The story, in order. Each step asserts what it shows.
fn show_everything(demo: &mut Demo, export: Option<&Path>) -> Outcome<Value> {
    let enrolled = enrol::run(demo)?;
    publication::wait(demo, &enrolled)?;
    let credentials = credentials::issue_and_verify(demo, &enrolled)?;
    credentials::refuse_empty_build(demo, &enrolled)?;
    let presentation = presentation::run(demo, &enrolled)?;
    let refused = refusals::run(demo, &credentials, &presentation)?;
    let revoked = revocation::run(demo, &credentials)?;
    if let Some(directory) = export {
        export_proofs(demo, &credentials, &presentation, directory)?;
    }
    Ok(json!({
        "agents": enrolled.agents(),
        "receipts": enrolled.receipts,
        "credentials": credentials.iter().map(|c| json!({ "schema": c.schema, "id": c.document["id"] })).collect::<Vec<_>>(),
        "pseudonym": presentation.report["proved"]["pseudonym"],
        "refused": refused,
        "revoked": revoked,
    }))
}

/// The proofs of everything accepted, for a second implementation to verify.
fn export_proofs(demo: &Demo, credentials: &[Issued], presentation: &Presented, directory: &Path) -> Outcome<()> {
    let trust = demo.client.get("/.well-known/poa-trust.json", Auth::Nobody)?;
    let trust = Trust::from_json(trust.to_string().as_bytes()).or_refuse("the trust document", "please report it")?;
    for credential in credentials {
        let name = credential.schema.replace('/', "-");
        snarkjs::export(&credential.document, &name, &trust, directory)?;
    }
    snarkjs::export(&presentation.document, "presentation", &trust, directory)?;
    demo.screen.say(format!("Wrote the proofs for snarkjs to {}.", directory.display()));
    Ok(())
}

/// Links, the table, and what to do next.
fn conclusion(demo: &Demo, mut value: Value, once: bool, quiet: bool) -> Answer {
    let base = demo.client.base();
    let mut lines = vec![String::new()];
    lines.extend(demo.timings.lines());
    let next = if once {
        "run `poa demo` without --once to look around in the running service".to_owned()
    } else {
        lines.push(String::new());
        for credential in value["credentials"].as_array().into_iter().flatten() {
            let id = credential["id"].as_str().unwrap_or_default();
            lines.push(format!("{:22} {id}", credential["schema"].as_str().unwrap_or_default()));
        }
        lines.push(format!("{:22} {base}/.well-known/poa-trust.json", "trust document"));
        lines.push(format!("{:22} {base}/health", "health"));
        "open a link; Ctrl-C stops the service".to_owned()
    };
    value["url"] = json!(base);
    value["timings"] = demo.timings.to_json();
    let answer = Answer::document("\nEverything held. What it took on this machine:", next, value);
    if quiet { answer } else { answer.with_details(lines) }
}
