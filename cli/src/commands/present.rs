//! `poa present`: answering a verifier's request.
//!
//! The holder names the verifier itself (`--to`), because a request can be relayed: one that is bound
//! to another domain is not answered, nor one that waits elsewhere than at the verifier unless the holder says so (`--via`)
//! and somebody vouches for the verifier. What `poa prepare` made for exactly this kind of request is used by itself,
//! without the network and without the proving key; else the proof is made now.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use poa_verifier::head::HeadClaims;
use poa_verifier::origin::Origin;
use poa_verifier::{Evidence, Verifier, jws};
use serde_json::{Value, json};

use crate::args::{Global, ServiceArg};
use crate::asked::{Asked, ConsentArgs};
use crate::caller::{Caller, CallerArgs};
use crate::client::{AgentSigner, Client};
use crate::commands::read_json;
use crate::engine::EngineArgs;
use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::follow;
use crate::holder::direct_times::{Began, Times};
use crate::holder::prepared::{Found, Slot};
use crate::holder::prove;
use crate::holder::prover::Prover;
use crate::holder::stage::{SMALL_CROWD, Stage};
use crate::holder::store::HolderDir;
use crate::output::{Answer, pretty};
use crate::pinned::{Pinned, PinnedSet};
use crate::predicates::Predicates;
use crate::requested::Requested;
use crate::verdict::Verdict;
use crate::{answerable, parties, system};

/// Which request, to whom.
#[derive(Args)]
pub struct PresentArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    request: RequestSource,
    /// The service that receives the verifier's answers, when the request's URL is not the verifier's own. Its operator
    /// vouches for the verifier, unless the verifier signed the request; nothing else is answered
    #[arg(long, value_name = "ORIGIN", requires = "request_url", value_parser = parties::origin)]
    via: Option<Origin>,
    /// Use what `poa prepare` made or refuse; prove nothing now and use no network
    #[arg(long)]
    prepared: bool,
    /// Keep the answer back for as long as one takes that was not prepared, so that its time does not tell them apart
    #[arg(long)]
    level_timing: bool,
    /// File to write the presentation to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Where the request is.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct RequestSource {
    /// File with the verifier's request
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// URL of the verifier's request at a service; the answer is sent there
    #[arg(long, value_name = "URL")]
    request_url: Option<String>,
}

/// What was made.
struct Made {
    presentation: Value,
    /// Microseconds from statement to verified proof, when it was made here and now.
    prove_us: Option<u64>,
    /// Microseconds from challenge to document, when it had been prepared here.
    present_us: Option<u64>,
    shown: Vec<String>,
}

impl Made {
    /// Whether it stands under the hour's anchor, as its head says.
    fn under_anchor(&self) -> bool {
        under_anchor(&self.presentation, system::now_unix_s())
    }
}

/// Whether a presentation stands under the anchor of the hour; what is no presentation does not.
fn under_anchor(presentation: &Value, now: u64) -> bool {
    let head = presentation["verifiableCredential"][0]["proof"]["rootHead"].as_str().unwrap_or_default();
    let claims = jws::parse(head).and_then(|head| head.claims()).ok();
    let claims = claims.and_then(|claims| HeadClaims::from_value(&claims).ok());
    claims.is_some_and(|claims| prove::is_hours_anchor(&claims, now))
}

/// Runs the command.
pub fn run(args: &PresentArgs, global: &Global) -> Outcome<Answer> {
    let began = Began::now(&args.engine);
    let RequestSource { request, request_url } = &args.request;
    let to = &args.consent.to;
    let requested = request_url.as_ref().map(|url| Requested::fetch(url, to, args.via.as_ref())).transpose()?;
    let value = match (request, &requested) {
        (Some(path), _) => read_json(path)?,
        (None, Some(requested)) => requested.request.clone(),
        // The parser takes exactly one of the two.
        (None, None) => Value::Null,
    };
    let asked = Asked::new(&args.consent, value)?;
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let made = match &mut caller {
        Caller::Holder(dir, signer) if dir.contents.proving.is_some() => {
            show_here(&asked, args, dir, signer, &client, global, began)?
        }
        Caller::Operator(_) => {
            return Err(Failure::error(
                "the operator cannot present for an agent",
                "act as the agent: --data-dir of its holder, or --key with --agent",
            ));
        }
        _ if args.level_timing => {
            return Err(Failure::error(
                "this agent's presentations are made by the service",
                "leave --level-timing out; the service's operator chooses it: poa serve --level-timing",
            ));
        }
        _ if args.prepared => {
            return Err(Failure::error(
                "this agent's presentations are prepared by the service",
                "leave --prepared out; the service answers with what it has ready",
            ));
        }
        _ => let_prove(&asked, &client, &caller, global)?,
    };
    match &requested {
        Some(requested) => sent(args, requested, made),
        None => answer(args, made),
    }
}

/// The holder's own presentation: prepared, or proved now.
fn show_here(
    asked: &Asked<'_>,
    args: &PresentArgs,
    dir: &mut HolderDir,
    signer: &AgentSigner,
    client: &Client,
    global: &Global,
    began: Began,
) -> Outcome<Made> {
    let pinned = prove::require_trust(dir)?;
    let mut times = Times::of(dir)?;
    let note = match show_prepared(asked, args, dir, &pinned, &times, began)? {
        Shown::Prepared(made) => return Ok(made),
        Shown::Not(note) => note,
    };
    let pinned = follow::of_holder(dir, pinned, global)?;
    let prover = Prover::new(&pinned, &args.engine)?;
    let stage = Stage::set(asked, dir, signer, client, &pinned, &prover)?;
    prover.engine()?;
    let start = Instant::now();
    let presentation = prover.present(&stage.material, &stage.showing(), &asked.binding.challenge)?;
    let prove_us = Some(microseconds(start));
    let mut shown = rehearse(asked, &presentation, &pinned)?;
    times.note(began)?;
    if args.level_timing {
        times.keep_back(began);
    }
    shown.extend((!note.is_empty()).then(|| note.to_owned()));
    Ok(Made { presentation, prove_us, present_us: None, shown })
}

/// Whether something prepared was shown.
enum Shown {
    /// It was.
    Prepared(Made),
    /// It was not; what to tell the holder about that, if anything.
    Not(&'static str),
}

/// What was prepared for this request, finished without the network.
fn show_prepared(
    asked: &Asked<'_>,
    args: &PresentArgs,
    dir: &HolderDir,
    pinned: &Pinned,
    times: &Times,
    began: Began,
) -> Outcome<Shown> {
    let prover = Prover::new(pinned, &args.engine)?;
    let (mut prepared, slot) = match Slot::new(dir, &asked.kind()?).find(dir, &prover)? {
        Found::Usable(..) if args.level_timing && !times.known() => {
            if args.prepared {
                return Err(Times::unknown());
            }
            return Ok(Shown::Not("note: no direct answer was timed yet, so the proof was made now"));
        }
        Found::Usable(prepared, slot) => (prepared, slot),
        Found::Stale(why) if args.prepared => {
            return Err(Failure::refused(format!("{why}; it was removed"), PREPARE));
        }
        Found::Nothing if args.prepared => {
            return Err(Failure::refused("nothing is prepared for this request", PREPARE));
        }
        Found::Stale(_) => {
            return Ok(Shown::Not("note: what was prepared is too old and was removed, so the proof was made now"));
        }
        Found::Nothing => return Ok(Shown::Not("")),
    };
    let start = Instant::now();
    let presentation = prepared
        .present(prover.key(), &asked.binding.challenge, system::now_unix_s(), &mut system::rng())
        .or_refuse("nothing was shown", "prepare a new one: poa prepare")?;
    let present_us = Some(microseconds(start));
    match rehearse(asked, &presentation, pinned) {
        Ok(_) if !asked.consent.newest_root && !under_anchor(&presentation, system::now_unix_s()) => {
            if args.prepared {
                return Err(prove::not_in_anchor()?);
            }
            Ok(Shown::Not("note: what was prepared does not stand under the hour's anchor, so the proof was made now"))
        }
        Ok(shown) => {
            if prepared.is_single_use() {
                // Before it leaves: a second answer from it could be linked to this one.
                slot.remove()?;
            }
            if args.level_timing {
                times.keep_back(began);
            }
            Ok(Shown::Prepared(Made { presentation, prove_us: None, present_us, shown }))
        }
        Err(failure) if args.prepared => Err(failure),
        Err(_) => Ok(Shown::Not("note: what was prepared does not answer this request, so the proof was made now")),
    }
}

const PREPARE: &str = "prepare one with the same options: poa prepare; or leave --prepared out to prove now";

fn microseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Verifies the presentation as the verifier will, so that a useless one does not leave; gives what
/// it shows in words.
fn rehearse(asked: &Asked<'_>, presentation: &Value, pinned: &Pinned) -> Outcome<Vec<String>> {
    let mut memory = pinned.memory()?;
    let report = Verifier::new(pinned.trust.clone()).verify(
        presentation.to_string().as_bytes(),
        Some(&asked.request),
        &Evidence::default(),
        &mut memory,
        system::now_unix_s(),
    );
    let words = report.proved.as_ref().map(|proved| proved.statement.clone()).unwrap_or_default();
    let verdict = Verdict::new(report)?;
    if verdict.is_verified() {
        return Ok(words);
    }
    Err(Failure::refused(
        format!("the verifier would not accept this: {}", verdict.explain()),
        "nothing was sent; another --schema may answer the request",
    ))
}

/// A managed agent: the service proves, under the schema named or the first that the agent can answer by. What comes back
/// is held against the request like a holder's own: under the pinned trust document, else under the service's.
fn let_prove(asked: &Asked<'_>, client: &Client, caller: &Caller, global: &Global) -> Outcome<Made> {
    let set = PinnedSet::of_verifier(global, None)?;
    let fetched;
    let pinned = match set.at(Some(client.base()))? {
        Some(pinned) => pinned,
        None => {
            fetched = follow::fetch(client, set.directory())?;
            &fetched
        }
    };
    let schemas = match &asked.consent.schema {
        Some(schema) => vec![schema.clone()],
        None => answerable::schemas(&asked.request, &pinned.trust),
    };
    let mut refused = None;
    for schema in &schemas {
        match presentation_of(asked, client, caller, schema) {
            Ok(presentation) => {
                let shown = rehearse(asked, &presentation, pinned)?;
                return Ok(Made { presentation, prove_us: None, present_us: None, shown });
            }
            // This agent cannot show that, and may be able to show another.
            Err(failure) if failure.exit == Exit::Refused && schemas.len() > 1 => refused = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    Err(refused.unwrap_or_else(|| {
        Failure::refused(
            "no disclosure schema answers the request and shows no more than it asks",
            "name one with --schema to show more; see `poa schema list`",
        )
    }))
}

/// What the service proves for its agent under one schema.
fn presentation_of(asked: &Asked<'_>, client: &Client, caller: &Caller, schema: &str) -> Outcome<Value> {
    let mut body = json!({
        "schema": schema,
        "predicates": Predicates::of_request(&asked.value)?.to_issue(),
        "challenge": asked.binding.challenge,
        "domain": asked.binding.domain,
        "show_subject": asked.consent.show_subject,
        "allow_newest_root": asked.consent.newest_root,
    });
    if let Some(audience) = &asked.request.audience {
        body["audience"] = json!(audience.as_str());
    }
    client.post("/presentations", &body, caller.auth())
}

/// Sends the presentation to where the request is; the verdict there is the command's.
fn sent(args: &PresentArgs, requested: &Requested, made: Made) -> Outcome<Answer> {
    let verdict = requested.respond(&made.presentation)?;
    let (what, exit) = match verdict.is_verified() {
        true => (format!("answered, and verified for {}", args.consent.to), Exit::Done),
        false => (format!("answered, but not verified: {}", verdict.explain()), Exit::Refused),
    };
    let mut answer = answer(args, made)?;
    let vouched =
        format!("sent to {}; the verifier is vouched for by {}", requested.service(), requested.voucher.words());
    answer.details.insert(0, vouched);
    let members = [
        ("sent_to", requested.service().into()),
        ("vouched_by", requested.voucher.name().into()),
        ("verified", verdict.is_verified().into()),
    ];
    for (name, value) in members.into_iter().chain([("report", verdict.into_value())]) {
        answer.value[name] = value;
    }
    let next = match exit {
        Exit::Done => String::new(),
        _ => "ask the verifier for another request; this one is used up".to_owned(),
    };
    Ok(Answer { exit, what, document: None, next, ..answer })
}

fn answer(args: &PresentArgs, made: Made) -> Outcome<Answer> {
    let under_anchor = made.under_anchor();
    let Made { presentation, prove_us, present_us, mut shown } = made;
    shown.extend((!under_anchor).then(|| SMALL_CROWD.to_owned()));
    let lines: Vec<_> = shown.iter().map(|line| format!("  {line}")).collect();
    let text = pretty(&presentation);
    let value = json!({
        "presentation": presentation,
        "root": if under_anchor { "anchor" } else { "newest" },
        "prepared": present_us.is_some(),
        "prove_us": prove_us,
        "present_us": present_us,
        "shown": shown,
    });
    let next = format!("send it to {} and to nobody else", args.consent.to);
    match &args.out {
        Some(out) => {
            system::write_out(out, text.as_bytes())?;
            let what = format!("presentation for {} in {}", args.consent.to, out.display());
            Ok(Answer::done(what, next, value).with_details(lines))
        }
        None => Ok(Answer::document(text, next, value)),
    }
}
