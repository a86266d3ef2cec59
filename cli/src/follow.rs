//! Following an issuer that replaced its keys: the trust document it shows now takes the place of the pinned one when it
//! follows from that ([`poa_verifier::trust::succession`]).
//!
//! It is fetched from the issuer's own origin alone, as nobody, over TLS (or from this machine). Both fingerprints are
//! printed. `--pin-strict` leaves what is pinned as it is: whoever stole a credentials key that nobody reported can sign a
//! link to a key of its own, and then needs the issuer's origin to show it.

use std::path::Path;

use crate::args::Global;
use crate::client::{Auth, Client};
use crate::exit::{Failure, Outcome};
use crate::holder::store::HolderDir;
use crate::output;
use crate::pinned::{Pinned, PinnedSet};

/// Where the document is served.
const PATH: &str = "/.well-known/poa-trust.json";

/// What became of a pinned document.
pub enum Followed {
    /// The issuer shows the same.
    Same,
    /// It shows one that follows.
    Next(Box<Pinned>),
    /// It shows another one, and why that does not follow.
    Refused(String),
}

/// Fetches and checks a service's trust document, which has to be for that very URL.
pub fn fetch(client: &Client, directory: &Path) -> Outcome<Pinned> {
    read(client.get(PATH, Auth::Nobody)?, client, directory)
}

fn read(document: serde_json::Value, client: &Client, directory: &Path) -> Outcome<Pinned> {
    let pinned = Pinned::new(document, directory.to_owned())?;
    if pinned.url().parse().as_ref() == Ok(client.origin()) {
        return Ok(pinned);
    }
    Err(Failure::refused(
        format!("the document is for {}, not for {}", pinned.url(), client.base()),
        "use the service's own URL",
    ))
}

/// Looks at what the issuer of a pinned document shows now.
pub fn look(pinned: &Pinned, directory: &Path) -> Outcome<Followed> {
    let client = Client::new(pinned.url())?;
    let shown = read(client.get_if_ready(PATH)?, &client, directory)?;
    if shown.trust.fingerprint() == pinned.trust.fingerprint() {
        return Ok(Followed::Same);
    }
    Ok(match shown.trust.follows(&pinned.trust) {
        Ok(()) => Followed::Next(Box::new(shown)),
        Err(error) => Followed::Refused(error.to_string()),
    })
}

/// What happened, with both fingerprints.
pub fn words(old: &Pinned, new: &Pinned) -> [String; 3] {
    [
        format!("the trust document of {} changed and follows from the pinned one", new.trust.issuer()),
        format!("  before  {}", old.trust.fingerprint()),
        format!("  now     {}", new.trust.fingerprint()),
    ]
}

/// Lets the document of an issuer be followed by the one it shows now.
pub fn of(set: &mut PinnedSet, issuer: &str, global: &Global) -> Outcome<()> {
    let Some(pinned) = set.of(issuer).filter(|_| set.is_kept()) else { return Ok(()) };
    match next(pinned, set.directory(), global) {
        Some(next) => set.put(next),
        None => Ok(()),
    }
}

/// The same of the issuer at a URL.
pub fn at(set: &mut PinnedSet, url: &str, global: &Global) -> Outcome<()> {
    let issuer = set.at(Some(url))?.map(|pinned| pinned.trust.issuer().to_string());
    issuer.map_or(Ok(()), |issuer| of(set, &issuer, global))
}

/// The document that a holder goes by from now on: what it pinned, or what follows from that.
pub fn of_holder(dir: &mut HolderDir, pinned: Pinned, global: &Global) -> Outcome<Pinned> {
    let Some(next) = next(&pinned, dir.path(), global) else { return Ok(pinned) };
    next.put_into(dir)?;
    Ok(next)
}

/// What follows from a pinned document. A service that does not answer, or shows what does not follow, changes nothing.
fn next(pinned: &Pinned, directory: &Path, global: &Global) -> Option<Pinned> {
    if global.pin_strict {
        return None;
    }
    match look(pinned, directory).ok()? {
        Followed::Same => None,
        Followed::Next(next) => {
            words(pinned, &next).iter().for_each(|line| output::note(line));
            Some(*next)
        }
        Followed::Refused(why) => {
            output::note(&format!(
                "warning: what {} shows does not follow from what is pinned, which stays: {why}; ask the operator why, \
                 then pin the fingerprint it tells you: poa trust pin FINGERPRINT --service {} --replace",
                pinned.url(),
                pinned.url(),
            ));
            None
        }
    }
}
