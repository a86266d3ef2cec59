//! `poa trust`: pinning the one document that says which keys a service has.

use std::str::FromStr;

use clap::{Args, Subcommand};
use poa_verifier::trust::succession::SuccessionError;
use serde_json::json;

use crate::args::{Global, SealArgs, ServiceArg, open_holder};
use crate::client::{Auth, Client};
use crate::exit::{Failure, Outcome};
use crate::holder::store::HolderDir;
use crate::output::Answer;
use crate::pinned::{Pinned, TrustArgs};

/// Where the document is served.
const PATH: &str = "/.well-known/poa-trust.json";

/// Hex digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 64;

/// Operations on the pinned trust.
#[derive(Subcommand)]
pub enum TrustCommand {
    /// Fetch a service's trust document, show its fingerprint and pin it
    Add(AddArgs),
    /// Fetch and show a document without pinning it
    Fetch(FetchArgs),
    /// Pin a service's document exactly when it has this fingerprint
    Pin(PinArgs),
    /// Show what is pinned
    Show(ShowArgs),
}

/// A service to trust.
#[derive(Args)]
pub struct AddArgs {
    /// The service's base URL
    url: String,
    #[command(flatten)]
    seal: SealArgs,
    /// Replace a document of another issuer, or one that the new one does not follow from
    #[arg(long)]
    replace: bool,
}

/// A service to look at.
#[derive(Args)]
pub struct FetchArgs {
    /// The service's base URL
    url: String,
}

/// A service and the fingerprint its operator published.
#[derive(Args)]
pub struct PinArgs {
    /// 64 hex digits, from the operator by another way than the service itself
    fingerprint: Fingerprint,
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    seal: SealArgs,
    /// Replace a document of another issuer
    #[arg(long)]
    replace: bool,
}

/// The fingerprint of a trust document, in lower case.
#[derive(Clone)]
struct Fingerprint(String);

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        match digits == FINGERPRINT_DIGITS && text.len() == digits {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err(format!("a fingerprint has {FINGERPRINT_DIGITS} hex digits, and this has {digits}")),
        }
    }
}

/// What to show.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    trust: TrustArgs,
}

/// Runs the command.
pub fn run(command: &TrustCommand, global: &Global) -> Outcome<Answer> {
    match command {
        TrustCommand::Add(args) => {
            let fetched = fetch(&Client::new(&args.url)?, global)?;
            let next = "compare the fingerprint with the one the operator published elsewhere";
            pin(fetched, global, &args.seal, args.replace, next)
        }
        TrustCommand::Fetch(args) => {
            let fetched = fetch(&Client::new(&args.url)?, global)?;
            let next = "pin it: poa trust pin FINGERPRINT --service URL";
            Ok(describe("fetched, not pinned", &fetched, next))
        }
        TrustCommand::Pin(args) => {
            let fetched = fetch(&args.service.client(None)?, global)?;
            let found = fetched.trust.fingerprint();
            if *found != *args.fingerprint.0 {
                return Err(Failure::refused(
                    format!("the service's document has the fingerprint {found}, another one"),
                    "it changes with every key and schema: ask the operator for the present one; if that is the one given, \
                     somebody is in between",
                ));
            }
            pin(fetched, global, &args.seal, args.replace, "")
        }
        TrustCommand::Show(args) => match Pinned::find(global, &args.trust)? {
            Some(pinned) => Ok(describe("pinned", &pinned, "")),
            None => Err(Failure::error("no trust is pinned", "pin one: poa trust add URL")),
        },
    }
}

/// Fetches and checks a service's trust document.
pub fn fetch(client: &Client, global: &Global) -> Outcome<Pinned> {
    let pinned = Pinned::new(client.get(PATH, Auth::Nobody)?, global.holder_dir())?;
    if pinned.url().parse().as_ref() == Ok(client.origin()) {
        return Ok(pinned);
    }
    Err(Failure::refused(
        format!("the document is for {}, not for {}", pinned.url(), client.base()),
        "use the service's own URL",
    ))
}

fn pin(fetched: Pinned, global: &Global, seal: &SealArgs, replace: bool, next: &str) -> Outcome<Answer> {
    let old = TrustArgs::pinned_only(seal);
    if HolderDir::exists(&global.holder_dir()) {
        let mut dir = open_holder(global, seal)?;
        refuse_other(Pinned::of_holder(&dir)?.as_ref(), &fetched, replace)?;
        dir.contents.trust = Some(fetched.document.clone());
        dir.save()?;
    } else {
        refuse_other(Pinned::find(global, &old)?.as_ref(), &fetched, replace)?;
        fetched.write(global)?;
    }
    Ok(describe("pinned", &fetched, next))
}

/// A pinned document is replaced by one that follows from it: of the same issuer, not older, and signed by a pinned key
/// or one that a pinned key vouches for. Anything else may mean that somebody is in between.
fn refuse_other(old: Option<&Pinned>, new: &Pinned, replace: bool) -> Outcome<()> {
    let Some(old) = old.filter(|_| !replace) else { return Ok(()) };
    let issuer = old.trust.issuer();
    new.trust.follows(&old.trust).map_err(|error| match error {
        SuccessionError::Issuer => Failure::refused(
            format!("{issuer} is pinned already"),
            "give --replace to forget it, or another --data-dir",
        ),
        error => Failure::refused(
            format!("what {issuer} shows does not follow from what is pinned: {error}"),
            "ask the operator why; then pin the fingerprint it tells you: poa trust pin FINGERPRINT --replace",
        ),
    })
}

fn describe(state: &str, pinned: &Pinned, next: &str) -> Answer {
    let fingerprint = pinned.trust.fingerprint();
    let issuer = pinned.document["issuer"].as_str().unwrap_or_default();
    let count = |name: &str| pinned.document[name].as_array().map_or(0, Vec::len);
    let development =
        pinned.document["verifyingKeys"].as_array().into_iter().flatten().any(|key| key["development"] == true);
    let mut lines = vec![
        format!("issuer       {issuer}"),
        format!("fingerprint  {fingerprint}"),
        format!("keys         {} for signing, {} for proofs", count("keys"), count("verifyingKeys")),
    ];
    if development {
        lines.push("warning      a one-party development key: whoever made it could forge proofs".into());
    }
    let value = json!({
        "state": state, "issuer": issuer, "url": pinned.url(), "fingerprint": fingerprint,
        "development_key": development,
    });
    Answer::done(format!("{state}: {}", pinned.url()), next, value).with_details(lines)
}
