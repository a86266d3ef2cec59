//! `poa request`: a verifier's request with a fresh challenge, for a holder to answer.

use std::path::PathBuf;

use clap::Args;
use poa_verifier::request::Request;
use serde_json::{Map, Value, json};

use crate::exit::{OrFail as _, Outcome};
use crate::output::{Answer, pretty};
use crate::predicates::PredicateArgs;
use crate::system;

/// What a verifier wants to be shown.
#[derive(Args)]
pub struct DemandArgs {
    /// Ask for the holder's pseudonym at this verifier, so that it is recognised next time
    #[arg(long)]
    pseudonym: bool,
    #[command(flatten)]
    predicates: PredicateArgs,
    /// Attributes to be shown outright
    #[arg(long, value_delimiter = ',')]
    disclose: Vec<String>,
}

impl DemandArgs {
    /// A request of a verifier with a fresh challenge.
    pub fn request(&self, domain: &str) -> Outcome<Map<String, Value>> {
        let mut request = Map::from_iter([
            ("classes".into(), json!(["presentation"])),
            ("challenge".into(), json!(system::random_hex())),
            ("domain".into(), json!(domain)),
        ]);
        if self.pseudonym {
            request.insert("audience".into(), json!(domain));
        }
        if !self.disclose.is_empty() {
            request.insert("disclose".into(), json!(self.disclose));
        }
        self.predicates.parse()?.add_to_request(&mut request);
        Ok(request)
    }
}

/// What a verifier asks for, and for how fresh a root.
#[derive(Args)]
pub struct RequestArgs {
    /// The verifier itself, an origin or DID; the presentation is bound to it
    #[arg(long, value_name = "ORIGIN")]
    domain: String,
    #[command(flatten)]
    demand: DemandArgs,
    /// Greatest age of the root in seconds; this is also the delay of revocation
    #[arg(long, value_name = "SECONDS", default_value_t = 7200)]
    max_root_age_s: u64,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &RequestArgs) -> Outcome<Answer> {
    let mut request = args.demand.request(&args.domain)?;
    request.insert("max_root_age_s".into(), json!(args.max_root_age_s));
    let request = Value::Object(request);
    Request::from_json(&request).or_refuse("nobody could answer this request", "correct the demands")?;
    let next = format!("the holder answers it: poa present --to {} --request FILE", args.domain);
    match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&request).as_bytes())?;
            Ok(Answer::done(format!("request in {}", out.display()), next, request))
        }
        None => Ok(Answer::document(pretty(&request), "", request)),
    }
}
