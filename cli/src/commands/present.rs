//! `poa present`: answering a verifier's request.
//!
//! The holder names the verifier itself (`--to`), because a request can be relayed: one that is bound
//! to another domain is not answered.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use poa_circuits::native::attributes::Mask;
use poa_prover::holder::{Audience, Occasion, Showing};
use poa_prover::{Disclosure, Material};
use poa_verifier::request::Request;
use poa_verifier::schema::{DisclosureSchema, Predicate};
use poa_verifier::zk_proof::Binding;
use poa_verifier::{Evidence, Verifier};
use serde_json::{Value, json};

use crate::args::{Global, ServiceArg};
use crate::caller::{Caller, CallerArgs};
use crate::client::{AgentSigner, Client};
use crate::commands::read_json;
use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::prove::{self, Standing};
use crate::holder::prover::Prover;
use crate::holder::store::HolderDir;
use crate::output::{Answer, pretty};
use crate::pinned::Pinned;
use crate::predicates::Predicates;
use crate::system;
use crate::verdict::Verdict;

/// Which request, to whom.
#[derive(Args)]
pub struct PresentArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    /// The verifier you are in contact with, an origin or DID; a request bound to another is refused
    #[arg(long, value_name = "VERIFIER")]
    to: String,
    /// File with the verifier's request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Disclosure schema, NAME/VERSION [default: the one that shows least]
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
    /// Name the agent instead of staying anonymous
    #[arg(long)]
    show_subject: bool,
    /// Agree to link the agent's name with its pseudonym at this verifier
    #[arg(long, requires = "show_subject")]
    link_pseudonym: bool,
    /// File to write the presentation to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A request that was read and is for this verifier.
struct Asked {
    value: Value,
    request: Request,
    binding: Binding,
}

/// What was made.
struct Made {
    presentation: Value,
    prove_us: Option<u64>,
    shown: Vec<String>,
}

/// Runs the command.
pub fn run(args: &PresentArgs, global: &Global) -> Outcome<Answer> {
    let asked = Asked::read(args)?;
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let made = match &mut caller {
        Caller::Holder(dir, signer) if dir.contents.proving.is_some() => {
            asked.prove_here(args, dir, signer, &client)?
        }
        Caller::Operator(_) => {
            return Err(Failure::error(
                "the operator cannot present for an agent",
                "act as the agent: --data-dir of its holder, or --key with --agent",
            ));
        }
        _ => asked.let_prove(args, &client, &caller)?,
    };
    answer(args, made)
}

impl Asked {
    fn read(args: &PresentArgs) -> Outcome<Self> {
        let next = "ask the verifier for a request of its own with a fresh challenge";
        let value = read_json(&args.request)?;
        let request = Request::from_json(&value).or_refuse("the request is not acceptable", next)?;
        let Some(binding) = request.binding.clone() else {
            return Err(Failure::refused("the request has no challenge, so the answer could be replayed", next));
        };
        if binding.domain != args.to {
            let what = format!("the request is bound to {}, not to {}", binding.domain, args.to);
            return Err(Failure::refused(what, "somebody may be relaying it: do not answer it"));
        }
        if request.subject.is_some() && !args.show_subject {
            let what = "the verifier wants to know which agent this is";
            return Err(Failure::refused(what, "agree with --show-subject"));
        }
        if request.audience.is_some() && args.show_subject && !args.link_pseudonym {
            let what = "the verifier asks for a pseudonym, and the agent's name would be linked to it";
            return Err(Failure::refused(what, "agree with --link-pseudonym, or leave --show-subject out"));
        }
        Ok(Self { value, request, binding })
    }

    /// The holder's own proof, under the anchor everybody uses where possible.
    fn prove_here(
        &self,
        args: &PresentArgs,
        dir: &mut HolderDir,
        signer: &AgentSigner,
        client: &Client,
    ) -> Outcome<Made> {
        let pinned = prove::require_trust(dir)?;
        let prover = Prover::load(&pinned)?;
        let standing = prove::stand(dir, signer, client, &pinned)?;
        let material = standing.opening.material(dir.contents.proving()?, &standing.path)?;
        let (schema, disclosure) = self.choose(args, &prover, &pinned, &material)?;
        let audience = Audience {
            domain: self.binding.domain.clone(),
            pseudonym: self.request.audience.is_some(),
            show_subject: args.show_subject,
        };
        let occasion = Occasion {
            issuer_url: pinned.trust.url(),
            head_jws: &standing.head_jws,
            now_unix_s: system::now_unix_s(),
            valid_at_least: self.request.valid_at_least,
        };
        let showing = Showing { schema, disclosure: &disclosure, audience: &audience, occasion };
        let start = Instant::now();
        let presentation = prover.present(&material, &showing, &self.binding.challenge)?;
        let taken = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut shown = self.rehearse(&presentation, &pinned)?;
        shown.extend(crowd(&standing));
        Ok(Made { presentation, prove_us: Some(taken), shown })
    }

    /// The schema named, or the one that discloses fewest attributes among those that answer. Without a name nothing is
    /// disclosed that the request did not ask to be: a bound that cannot be proved must not end in showing everything.
    fn choose<'a>(
        &self,
        args: &PresentArgs,
        prover: &Prover<'a>,
        pinned: &'a Pinned,
        material: &Material,
    ) -> Outcome<(&'a DisclosureSchema, Disclosure)> {
        if let Some(name) = &args.schema {
            let schema = prover.schema(name)?;
            return Ok((schema, prover.disclosure(schema, &self.bounds(schema)?, material)?));
        }
        let mut fitting: Vec<_> = pinned
            .trust
            .disclosure_schemas()
            .iter()
            .filter(|schema| schema.mask() == Mask::of(self.request.disclose.iter().copied()))
            .filter_map(|schema| {
                let disclosure = prover.disclosure(schema, &self.bounds(schema).ok()?, material).ok()?;
                Some((schema, disclosure))
            })
            .collect();
        fitting.sort_by_key(|(schema, _)| schema.mask().bits().count_ones());
        fitting.into_iter().next().ok_or_else(|| {
            Failure::refused(
                "no disclosure schema lets this agent answer the request and show no more than it asks",
                "name one with --schema to see what is missing (bounds must be on the grid), or to show more",
            )
        })
    }

    /// The request's bounds that a schema has to prove: those on attributes it does not show outright.
    fn bounds(&self, schema: &DisclosureSchema) -> Outcome<Value> {
        let mut predicates = Predicates::of_request(&self.value)?;
        let hidden = |slot: &poa_circuits::native::attributes::Slot| !schema.mask().contains(*slot);
        predicates.at_least.retain(|slot, _| hidden(slot));
        predicates.at_most.retain(|slot, _| hidden(slot));
        let capabilities = poa_circuits::native::attributes::Slot::Capabilities;
        if !schema.allows(capabilities, Predicate::ContainsAll) && !hidden(&capabilities) {
            predicates.contains_all.clear();
        }
        Ok(predicates.to_issue())
    }

    /// Verifies the presentation as the verifier will, so that a useless one does not leave; gives what
    /// it shows in words.
    fn rehearse(&self, presentation: &Value, pinned: &Pinned) -> Outcome<Vec<String>> {
        let mut memory = pinned.memory()?;
        let report = Verifier::new(pinned.trust.clone()).verify(
            presentation.to_string().as_bytes(),
            Some(&self.request),
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

    /// A managed agent: the service proves.
    fn let_prove(&self, args: &PresentArgs, client: &Client, caller: &Caller) -> Outcome<Made> {
        let Some(schema) = &args.schema else {
            return Err(Failure::error("no schema is named", "name one with --schema; see `poa schema list`"));
        };
        let mut body = json!({
            "schema": schema,
            "predicates": Predicates::of_request(&self.value)?.to_issue(),
            "challenge": self.binding.challenge,
            "domain": self.binding.domain,
            "show_subject": args.show_subject,
        });
        if let Some(audience) = &self.request.audience {
            body["audience"] = json!(audience.as_str());
        }
        let presentation = client.post("/presentations", &body, caller.auth())?;
        Ok(Made { presentation, prove_us: None, shown: Vec::new() })
    }
}

/// What the holder should know about how far it can be told apart.
fn crowd(standing: &Standing) -> Option<String> {
    (!standing.under_anchor).then(|| {
        "note: the leaf is newer than the hour's anchor, so the proof stands under the newest root, in a smaller crowd"
            .to_owned()
    })
}

fn answer(args: &PresentArgs, made: Made) -> Outcome<Answer> {
    let value = json!({ "presentation": made.presentation, "prove_us": made.prove_us, "shown": made.shown });
    let next = format!("send it to {} and to nobody else", args.to);
    let lines = made.shown.iter().map(|line| format!("  {line}"));
    match &args.out {
        Some(out) => {
            system::write_atomically(out, pretty(&made.presentation).as_bytes())?;
            let what = format!("presentation for {} in {}", args.to, out.display());
            Ok(Answer::done(what, next, value).with_details(lines))
        }
        None => Ok(Answer::done(pretty(&made.presentation).trim_end(), next, value)),
    }
}
