//! `poa prepare`: everything of a presentation but the challenge's part, proved beforehand.
//!
//! It says what it is for with the same options as `poa request` and `poa present`, and `poa present` uses it by itself
//! for a request of exactly that kind. It is a secret like the holder's file and is sealed like it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use poa_verifier::time;
use serde_json::json;

use crate::args::{Global, ServiceArg};
use crate::asked::{Asked, ConsentArgs};
use crate::caller::{Caller, CallerArgs};
use crate::commands::read_json;
use crate::commands::request::DemandArgs;
use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};
use crate::follow;
use crate::holder::direct_times::{Began, Times};
use crate::holder::prepared::{self, Slot};
use crate::holder::prove;
use crate::holder::prover::Prover;
use crate::holder::stage::Stage;
use crate::output::Answer;

/// What will be asked, and by whom.
#[derive(Args)]
pub struct PrepareArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// An earlier request of this verifier: the next one of the same kind is prepared for
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pseudonym", "at_least", "at_most", "contains_all", "disclose"])]
    like: Option<PathBuf>,
    #[command(flatten)]
    demand: DemandArgs,
}

/// Runs the command.
pub fn run(args: &PrepareArgs, global: &Global) -> Outcome<Answer> {
    let began = Began::now(&args.engine);
    let request = match &args.like {
        Some(path) => read_json(path)?,
        // The challenge stands for one that is not known yet.
        None => args.demand.request(&args.consent.to)?.into(),
    };
    let asked = Asked::new(&args.consent, request)?;
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let Caller::Holder(dir, signer) = &mut caller else {
        return Err(Failure::error(
            "only a holder's directory prepares presentations",
            "name it with --data-dir; for agents in its custody the service prepares what they show most by itself",
        ));
    };
    dir.contents.proving()?;
    let pinned = follow::of_holder(dir, prove::require_trust(dir)?, global)?;
    let prover = Prover::new(&pinned, &args.engine)?;
    prepared::remove_old(dir)?;
    let stage = Stage::set(&asked, dir, signer, &client, &pinned, &prover)?;
    prover.engine()?;
    let start = Instant::now();
    let prepared = prover.prepare(&stage.material, &stage.showing())?;
    // What a direct answer does as well: so there is a time to keep this one back for.
    Times::of(dir)?.note(began)?;
    let prepare_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    Slot::new(dir, &asked.kind()?).write(dir, &prepared)?;

    let usable = prepared.usable_until().min(prove::anchor_serves_until(prepared.head().iat));
    let until = time::format_utc(usable).or_fail("the time it is usable until", "check the clock")?;
    let once = prepared.is_single_use();
    let often = if once { "for one request" } else { "for every request" };
    let value = json!({
        "domain": prepared.domain(),
        "usable_until": until,
        "single_use": once,
        "prepare_us": prepare_us,
    });
    let what = format!("prepared {often} of this kind by {}, until {until}", prepared.domain());
    let next = format!("answer it with the same options: poa present --to {} --request FILE", args.consent.to);
    Ok(Answer::done(what, next, value).with_details(stage.crowd()))
}
