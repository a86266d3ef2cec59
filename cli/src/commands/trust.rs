//! `poa trust`: pinning the documents that say which keys a service has, one per issuer.

use std::str::FromStr;

use clap::{Args, Subcommand};
use poa_verifier::did::IssuerDid;
use serde_json::{Value, json};

use crate::args::{Global, SealArgs, ServiceArg};
use crate::client::Client;
use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::follow::{self, Followed};
use crate::output::Answer;
use crate::pinned::{Pinned, PinnedSet, TrustArgs};

/// Hex digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 64;

/// Operations on the pinned trust.
#[derive(Subcommand)]
pub enum TrustCommand {
    /// Fetch a service's trust document, show its fingerprint and pin it beside those of other issuers
    Add(AddArgs),
    /// Fetch and show a document without pinning it
    Fetch(FetchArgs),
    /// Pin a service's document exactly when it has this fingerprint
    Pin(PinArgs),
    /// Show what is pinned of one issuer
    Show(ShowArgs),
    /// List the issuers that are trusted, with their fingerprints
    List(ListArgs),
    /// Take over what the issuers show now, where it follows from what is pinned
    Update(UpdateArgs),
    /// Trust an issuer no longer
    Remove(RemoveArgs),
}

/// A service to trust.
#[derive(Args)]
pub struct AddArgs {
    /// The service's base URL
    url: String,
    #[command(flatten)]
    seal: SealArgs,
    /// Replace the issuer's document by one that does not follow from it
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
    /// Replace the issuer's document by one that does not follow from it
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
    /// The issuer's DID, or its service's URL; needed when several are trusted
    issuer: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
}

/// What to list.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    trust: TrustArgs,
}

/// What to update.
#[derive(Args)]
pub struct UpdateArgs {
    /// The issuer's DID, or its service's URL [default: all]
    issuer: Option<String>,
    #[command(flatten)]
    seal: SealArgs,
}

/// Whom to trust no longer.
#[derive(Args)]
pub struct RemoveArgs {
    /// The issuer's DID, or its service's URL
    issuer: String,
    #[command(flatten)]
    seal: SealArgs,
}

/// Runs the command.
pub fn run(command: &TrustCommand, global: &Global) -> Outcome<Answer> {
    match command {
        TrustCommand::Add(args) => {
            let mut set = PinnedSet::to_change(global, &args.seal)?;
            let fetched = follow::fetch(&Client::new(&args.url)?, set.directory())?;
            let known = set.of(fetched.trust.issuer().as_str()).is_some();
            refuse_unlinked(&set, &fetched, args.replace)?;
            if global.pin_strict && !args.replace {
                refuse_changed(&set, &fetched)?;
            }
            let next = if known { "" } else { "compare the fingerprint with the one the operator published elsewhere" };
            pin(&mut set, fetched, next)
        }
        TrustCommand::Fetch(args) => {
            let fetched = follow::fetch(&Client::new(&args.url)?, &global.holder_dir())?;
            let next = format!("pin it: poa trust pin FINGERPRINT --service {}", fetched.url());
            Ok(describe("fetched, not pinned", &fetched, &next))
        }
        TrustCommand::Pin(args) => {
            let fetched = follow::fetch(&args.service.client(None)?, &global.holder_dir())?;
            check_fingerprint(&args.fingerprint, &fetched)?;
            let mut set = PinnedSet::to_change(global, &args.seal)?;
            refuse_unlinked(&set, &fetched, args.replace)?;
            pin(&mut set, fetched, "")
        }
        TrustCommand::Show(args) => {
            let set = PinnedSet::find(global, &args.trust)?;
            Ok(describe("pinned", chosen(&set, args.issuer.as_deref())?, ""))
        }
        TrustCommand::List(args) => Ok(list(&PinnedSet::find(global, &args.trust)?)),
        TrustCommand::Update(args) => update(args, global),
        TrustCommand::Remove(args) => {
            let mut set = PinnedSet::to_change(global, &args.seal)?;
            let removed = set.remove(&did_of(&args.issuer)?)?;
            Ok(describe("trusted no longer", &removed, ""))
        }
    }
}

/// An issuer by its DID or the URL of its service.
fn did_of(text: &str) -> Outcome<String> {
    let did = if text.starts_with("did:") { text.parse() } else { IssuerDid::from_url(text.trim_end_matches('/')) };
    let next = "give did:web:HOST or the service's URL; `poa trust list` shows both";
    Ok(did.or_fail(format!("`{text}` names no issuer"), next)?.to_string())
}

fn chosen<'a>(set: &'a PinnedSet, issuer: Option<&str>) -> Outcome<&'a Pinned> {
    let found = match issuer {
        Some(issuer) => set.of(&did_of(issuer)?),
        None if set.iter().len() > 1 => {
            let what = format!("trust in {} issuers is pinned, and none is named", set.iter().len());
            return Err(Failure::error(what, "name one: poa trust show ISSUER; `poa trust list` shows them"));
        }
        None => set.iter().next(),
    };
    found.ok_or_else(|| match issuer {
        Some(issuer) => Failure::error(format!("no trust in {issuer} is pinned"), "see what is: poa trust list"),
        None => Failure::error("no trust is pinned", "pin one: poa trust add URL"),
    })
}

fn check_fingerprint(given: &Fingerprint, fetched: &Pinned) -> Outcome<()> {
    let found = fetched.trust.fingerprint();
    if *found == *given.0 {
        return Ok(());
    }
    Err(Failure::refused(
        format!("the service's document has the fingerprint {found}, another one"),
        "it changes with every key and schema: ask the operator for the present one; if that is the one given, somebody is \
         in between",
    ))
}

/// A pinned document is replaced by one that follows from it: not older, and signed by a pinned key or one that a pinned
/// key vouches for. Anything else may mean that somebody is in between.
fn refuse_unlinked(set: &PinnedSet, new: &Pinned, replace: bool) -> Outcome<()> {
    let issuer = new.trust.issuer();
    let Some(old) = set.of(issuer.as_str()).filter(|_| !replace) else { return Ok(()) };
    let (shown, url) = (new.trust.fingerprint(), new.url());
    new.trust.follows(&old.trust).or_refuse(
        format!("what {issuer} shows does not follow from what is pinned"),
        format!("ask the operator why; if it tells you the fingerprint {shown}: poa trust pin {shown} --service {url} --replace"),
    )
}

/// With `--pin-strict` a person compares every change.
fn refuse_changed(set: &PinnedSet, new: &Pinned) -> Outcome<()> {
    let old = set.of(new.trust.issuer().as_str()).map(|old| old.trust.fingerprint());
    let (shown, url) = (new.trust.fingerprint(), new.url());
    match old {
        Some(old) if old != shown => Err(Failure::refused(
            format!("{} is pinned with the fingerprint {old} and shows {shown} now", new.trust.issuer()),
            format!(
                "compare it with what the operator published elsewhere, then: poa trust pin {shown} --service {url}"
            ),
        )),
        _ => Ok(()),
    }
}

fn pin(set: &mut PinnedSet, fetched: Pinned, next: &str) -> Outcome<Answer> {
    let issuer = fetched.trust.issuer().to_string();
    let before = set.of(&issuer).map(|old| old.trust.fingerprint().to_owned());
    let before = before.filter(|before| before != fetched.trust.fingerprint());
    set.put(fetched)?;
    let mut answer = describe("pinned", chosen(set, Some(&issuer))?, next);
    if let Some(before) = before {
        answer.details.push(format!("before       {before}"));
        answer.value["before"] = before.into();
    }
    Ok(answer)
}

fn list(set: &PinnedSet) -> Answer {
    let entry = |pinned: &Pinned| {
        json!({
            "issuer": pinned.trust.issuer(), "url": pinned.url(), "fingerprint": pinned.trust.fingerprint(),
            "issued_at": pinned.document["issuedAt"],
        })
    };
    let line = |pinned: &Pinned| format!("{}  {}  {}", pinned.trust.fingerprint(), pinned.trust.issuer(), pinned.url());
    let what = match set.iter().len() {
        0 => "no issuer is trusted".to_owned(),
        1 => "1 issuer is trusted".to_owned(),
        n => format!("{n} issuers are trusted"),
    };
    let next = if set.iter().len() == 0 { "pin one: poa trust add URL" } else { "" };
    let value = json!({ "issuers": set.iter().map(entry).collect::<Vec<_>>() });
    Answer::done(what, next, value).with_details(set.iter().map(line))
}

/// What became of each issuer's document.
fn update(args: &UpdateArgs, global: &Global) -> Outcome<Answer> {
    let mut set = PinnedSet::to_change(global, &args.seal)?;
    let issuers: Vec<String> = match &args.issuer {
        Some(issuer) => vec![chosen(&set, Some(issuer))?.trust.issuer().to_string()],
        None => set.iter().map(|pinned| pinned.trust.issuer().to_string()).collect(),
    };
    if issuers.is_empty() {
        return Err(Failure::error("no trust is pinned", "pin one: poa trust add URL"));
    }
    let (mut lines, mut values, mut exit) = (Vec::new(), Vec::<Value>::new(), Exit::Done);
    for issuer in &issuers {
        let pinned = chosen(&set, Some(issuer))?;
        let fingerprint = pinned.trust.fingerprint().to_owned();
        let (state, why) = match follow::look(pinned, set.directory()) {
            Ok(Followed::Same) => ("unchanged", String::new()),
            Ok(Followed::Next(next)) if global.pin_strict => {
                exit = Exit::Refused;
                ("refused", format!("it shows {} now, and --pin-strict takes none over", next.trust.fingerprint()))
            }
            Ok(Followed::Next(next)) => {
                lines.extend(follow::words(pinned, &next));
                set.put(*next)?;
                ("updated", String::new())
            }
            Ok(Followed::Refused(why)) => {
                exit = Exit::Refused;
                ("refused", format!("what it shows does not follow from what is pinned: {why}"))
            }
            Err(failure) => {
                exit = if exit == Exit::Done { Exit::Error } else { exit };
                ("not reached", failure.what)
            }
        };
        if state != "updated" {
            lines.push(format!("{issuer}  {state}  {why}").trim_end().to_owned());
        }
        let now = chosen(&set, Some(issuer))?.trust.fingerprint();
        values.push(json!({ "issuer": issuer, "state": state, "before": fingerprint, "fingerprint": now, "why": why }));
    }
    let next = match exit {
        Exit::Done => "",
        Exit::Refused => {
            "ask the operator why; then pin the fingerprint it tells you: poa trust pin FINGERPRINT --service URL --replace"
        }
        Exit::Error => "try again when the service answers; what is pinned stays",
    };
    let what = match issuers.len() {
        1 => "looked at what the trusted issuer shows now".to_owned(),
        n => format!("looked at what {n} trusted issuers show now"),
    };
    Ok(Answer { exit, ..Answer::done(what, next, json!({ "issuers": values })).with_details(lines) })
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
