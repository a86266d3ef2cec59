//! Judging status lists: entries native, then signature, freshness, lag and the bits.
//!
//! The caller may give several lists of one id. One genuine list with the bit set fails the document, whatever the
//! others say; else one that is genuine, fresh, not lagging and clear passes it; else the status is unknown.

use std::borrow::Cow;

use serde_json::Value;

use crate::checks::{Checks, Refusal, because, refuse};
use crate::data_integrity;
use crate::json::Node;
use crate::report::CheckName;
use crate::status::{StatusEntry, StatusError, StatusList};
use crate::time::{self, SKEW_S};
use crate::trust::{KeyPurpose, ListPurpose, Trust};
use crate::verifier::Inquiry;
use crate::zk;

/// Why a list does not settle a bit.
pub(crate) enum Problem {
    /// The document fails.
    Refused(Refusal),
    /// This list settles nothing; another one may.
    Undecided(Refusal),
}

pub(crate) fn undecided<T>(reason: &'static str, detail: impl Into<Cow<'static, str>>) -> Result<T, Problem> {
    Err(Problem::Undecided(Refusal { reason, detail: detail.into() }))
}

/// What an index beyond a list means: lists grow, so one that is not younger than the document may be from before its
/// index; any other leaves out what its issuer must know of, and the document is refused.
pub(crate) fn beyond(list: &str, listed_at: u64, issued_at: u64, error: &StatusError) -> Result<(), Problem> {
    if listed_at <= issued_at {
        return undecided(
            "older_list",
            format!("{list} is older than this document and too short for it; fetch it again"),
        );
    }
    refuse("index", error.to_string()).map_err(Problem::Refused)
}

/// The document that is judged, as far as its status is concerned.
#[derive(Clone, Copy)]
pub(crate) struct Issued {
    /// When it was issued, Unix seconds.
    pub at: u64,
    /// The counter of revocations that its tree head or the caller's newest one has.
    pub revocations_seen: u64,
}

impl Issued {
    /// A credential: issued at its `validFrom`. Without a readable one it fails `validity`.
    pub fn credential(credential: &Value, revocations_seen: u64) -> Self {
        let valid_from = credential["validFrom"].as_str().and_then(|text| time::parse_utc(text).ok());
        Self { at: valid_from.unwrap_or(0), revocations_seen }
    }
}

/// Reads `credentialStatus`: one entry for each of the issuer's lists, and a revocation among them.
pub(crate) fn read_entries(trust: &Trust, node: &Node<'_>) -> Result<Vec<StatusEntry>, Refusal> {
    let entries = StatusEntry::list_from_node(node).map_err(because("malformed"))?;
    for entry in &entries {
        match trust.status_list(&entry.list) {
            None if is_below(trust.url(), &entry.list) => {
                let detail = format!("the trust document lists no status list {}; update it", entry.list);
                return refuse("unlisted_list", detail);
            }
            None => return refuse("foreign_list", format!("{} is not a status list of this issuer", entry.list)),
            Some(list) if list.purpose != entry.purpose => {
                return refuse("wrong_purpose", format!("{} is not a {} list", entry.list, entry.purpose.as_str()));
            }
            Some(_) => {}
        }
    }
    let covered = |purpose| entries.iter().any(|entry| entry.purpose == purpose);
    let lists = &trust.document().status_lists;
    if !covered(ListPurpose::Revocation) || !lists.iter().all(|list| covered(list.purpose)) {
        return refuse("incomplete", "credentialStatus must have an entry for each of the issuer's status lists");
    }
    Ok(entries)
}

/// Whether a URL is one of the service at a base URL.
fn is_below(base: &str, url: &str) -> bool {
    url.strip_prefix(base).is_some_and(|path| path.starts_with('/'))
}

/// Decides `status`: every entry's list is the issuer's, fresh, not behind the counter seen, and its bit is 0.
pub(crate) fn check(inquiry: &Inquiry<'_>, entries: &[StatusEntry], issued: Issued, checks: &mut Checks) {
    for entry in entries {
        match check_entry(inquiry, entry, issued) {
            Ok(()) => checks.pass(CheckName::Status),
            Err(Problem::Refused(r)) => checks.fail(CheckName::Status, r.reason, r.detail),
            Err(Problem::Undecided(r)) => checks.unknown(CheckName::Status, r.reason, r.detail),
        }
    }
}

/// Judges every list that the caller gave under the entry's id; none of them can hide another.
pub(crate) fn check_entry(inquiry: &Inquiry<'_>, entry: &StatusEntry, issued: Issued) -> Result<(), Problem> {
    let mut verdict = undecided("no_list", format!("fetch {} and give it as evidence", entry.list));
    for signed in inquiry.evidence.status_lists.iter().filter(|list| list["id"] == entry.list.as_str()) {
        match check_list(inquiry, entry, signed, issued) {
            Err(Problem::Refused(refusal)) => return Err(Problem::Refused(refusal)),
            Err(problem) if verdict.is_err() => verdict = Err(problem),
            Err(_) => {}
            Ok(()) => verdict = Ok(()),
        }
    }
    verdict
}

fn check_list(inquiry: &Inquiry<'_>, entry: &StatusEntry, signed: &Value, issued: Issued) -> Result<(), Problem> {
    let list = read_signed(inquiry, entry, signed).map_err(Problem::Undecided)?;
    let (now, skew) = (i128::from(inquiry.now), i128::from(SKEW_S));
    let stale = now > i128::from(list.fresh_until()) + skew;
    let set = match list.bits.get(entry.index) {
        Ok(set) => set,
        Err(error) => return beyond(&entry.list, list.valid_from, issued.at, &error),
    };
    match entry.purpose {
        // For good, so an old list says it as well as a new one.
        ListPurpose::Revocation if set => {
            return refuse("revoked", "the issuer revoked this credential, for good; ask the agent for another")
                .map_err(Problem::Refused);
        }
        ListPurpose::Suspension if set && !stale => {
            return refuse("suspended", "the issuer suspended this credential; ask again later")
                .map_err(Problem::Refused);
        }
        ListPurpose::Revocation | ListPurpose::Suspension => {}
    }
    if i128::from(list.valid_from) > now + skew {
        return undecided("future_list", format!("{} is from the future; check both clocks", entry.list));
    }
    if stale {
        return undecided("stale_list", format!("{} is no longer fresh; fetch it again", entry.list));
    }
    if list.revocations < issued.revocations_seen {
        return undecided(
            "lagging_list",
            format!("{} lags behind a tree head already seen; fetch it again", entry.list),
        );
    }
    Ok(())
}

/// The list, if the issuer signed it and it is the one the entry names.
fn read_signed(inquiry: &Inquiry<'_>, entry: &StatusEntry, signed: &Value) -> Result<StatusList, Refusal> {
    crate::json::check(signed).map_err(because("malformed_list"))?;
    let document = data_integrity::without_proof(signed);
    let list = StatusList::from_value(&document).map_err(|error| {
        let reason = if error == StatusError::Length { "list_length" } else { "malformed_list" };
        because(reason)(error)
    })?;
    if list.issuer != *inquiry.trust.issuer() {
        return refuse("foreign_list", "the status list is of another issuer");
    }
    if list.purpose != entry.purpose {
        return refuse("wrong_purpose", "the status list is for another purpose");
    }
    let proof = data_integrity::parse(&signed["proof"], &document).map_err(because("list_signature"))?;
    zk::not_in_future(inquiry, proof.created_unix_s()).map_err(|_| Refusal {
        reason: "future_list",
        detail: "the status list's proof is from the future; check both clocks".into(),
    })?;
    // The signer chooses `created`; a list that is valid from later was not signed before.
    let signed_at = proof.created_unix_s().max(list.valid_from);
    let key = inquiry
        .trust
        .key(proof.verification_method(), KeyPurpose::Status, signed_at)
        .map_err(|error| error.refusal("list_key"))?;
    proof.verify(&document, key).map_err(because("list_signature"))?;
    Ok(list)
}
