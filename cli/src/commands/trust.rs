//! `poa trust`: pinning the one document that says which keys a service has.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::args::{Global, SealArgs, ServiceArg, open_holder};
use crate::client::{Auth, Client};
use crate::exit::{Failure, Outcome};
use crate::holder::store::HolderDir;
use crate::output::Answer;
use crate::pinned::{Pinned, TrustArgs};

/// Where the document is served.
const PATH: &str = "/.well-known/poa-trust.json";

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
    /// Replace a document of another issuer, or of the same issuer with other keys
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
    fingerprint: String,
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    seal: SealArgs,
    /// Replace a document of another issuer
    #[arg(long)]
    replace: bool,
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
            if !found.eq_ignore_ascii_case(&args.fingerprint) {
                return Err(Failure::refused(
                    format!("the service's document has the fingerprint {found}, another one"),
                    "ask the operator for the present fingerprint; if it is the one given, somebody is in between",
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
    if pinned.url() == client.base() {
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

/// A pinned document is replaced by one of the same issuer that still has every pinned key. Keys that are gone may mean
/// that somebody is in between.
fn refuse_other(old: Option<&Pinned>, new: &Pinned, replace: bool) -> Outcome<()> {
    match old {
        Some(old) if old.document["issuer"] != new.document["issuer"] && !replace => Err(Failure::refused(
            format!("{} is pinned already", old.document["issuer"]),
            "give --replace to forget it, or another --data-dir",
        )),
        Some(old) if !carries_over(&old.document, &new.document) && !replace => Err(Failure::refused(
            format!("{} shows other keys than the pinned ones", old.document["issuer"]),
            "ask the operator why; then pin the fingerprint it tells you: poa trust pin FINGERPRINT --replace",
        )),
        _ => Ok(()),
    }
}

/// Whether every pinned key stands in the new document, whatever its state there.
fn carries_over(old: &Value, new: &Value) -> bool {
    let stands = |list: &str, member: &str| {
        let values = |document: &Value| -> Vec<Value> {
            let keys = document[list].as_array().cloned().unwrap_or_default();
            keys.into_iter().map(|key| key[member].clone()).collect()
        };
        let known = values(new);
        values(old).iter().all(|value| known.contains(value))
    };
    stands("keys", "publicKeyMultibase") && stands("verifyingKeys", "sha256")
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents are compared as JSON; what else stands in them does not matter here.
    fn pinned_keys(keys: &[&str], verifying: &[&str]) -> Value {
        json!({
            "keys": keys.iter().map(|key| json!({ "publicKeyMultibase": key })).collect::<Vec<_>>(),
            "verifyingKeys": verifying.iter().map(|key| json!({ "sha256": key })).collect::<Vec<_>>(),
        })
    }

    #[test]
    fn keys_may_be_added_and_never_exchanged() {
        let old = pinned_keys(&["a", "b"], &["v"]);
        assert!(carries_over(&old, &pinned_keys(&["b", "c", "a"], &["v", "w"])));
        assert!(!carries_over(&old, &pinned_keys(&["a", "c"], &["v"])));
        assert!(!carries_over(&old, &pinned_keys(&["a", "b"], &["w"])));
        assert!(!carries_over(&old, &json!({})));
    }
}
