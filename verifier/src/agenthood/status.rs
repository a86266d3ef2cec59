//! The status of a document: token status list, bitstring lists, another issuer's published revocation list, and the
//! chain as it is now.
//!
//! Whatever says "revoked" fails the document. Else one source that is genuine and fresh passes it, and without any the
//! status is unknown.

use super::claims::StatusReference;
use super::document::{Reading, Status};
use super::reasons::{self, Claimed};
use super::revoked_list::RevokedList;
use super::verify::Issuer;
use crate::checks::{Checks, Refusal, readable, refuse};
use crate::head::HeadMemory;
use crate::json::Node;
use crate::report::CheckName;
use crate::signed::revocations_seen;
use crate::status::StatusEntry;
use crate::status::token_list::{TokenStatus, TokenStatusList};
use crate::status_check::{self, Issued, Problem, undecided};
use crate::time::SKEW_S;
use crate::trust::KeyPurpose;
use crate::verifier::Inquiry;

/// Decides `status`.
pub(super) fn check(
    inquiry: &Inquiry<'_>,
    memory: &HeadMemory,
    issuer: &Issuer<'_>,
    reading: &Reading<'_>,
    checks: &mut Checks,
) {
    let name = CheckName::Status;
    match sources(inquiry, memory, issuer, reading) {
        Ok(()) => checks.pass(name),
        Err(Problem::Refused(refusal)) => checks.fail(name, refusal.reason, refusal.detail),
        Err(Problem::Undecided(refusal)) => checks.unknown(name, refusal.reason, refusal.detail),
    }
    if let Some(reason) = drift(inquiry, reading) {
        let detail = "the chain no longer says what the document says; ask the agent for another";
        checks.fail(name, reason.as_str(), detail);
    }
}

/// Every source that the document or the configuration names.
fn sources(
    inquiry: &Inquiry<'_>,
    memory: &HeadMemory,
    issuer: &Issuer<'_>,
    reading: &Reading<'_>,
) -> Result<(), Problem> {
    let mut verdicts = Vec::new();
    if let Some(status) = &reading.status {
        let seen = if issuer.is_own() { revocations_seen(inquiry, memory) } else { 0 };
        let issued = Issued { at: reading.iat, revocations_seen: seen };
        if let Some(reference) = &status.status_list {
            verdicts.push(token(inquiry, issuer, reading.iss, reference, issued));
        }
        if issuer.is_own()
            && let Some(entries) = status.bitstring
        {
            verdicts.push(bitstring(inquiry, status, entries, issued));
        }
    }
    if let Issuer::Foreign(foreign) = issuer
        && let Some(url) = foreign.revocation_list()
    {
        verdicts.push(published(inquiry, reading, url, foreign.max_list_age_s()));
    }
    strictest(verdicts)
}

/// A refusal before a pass, and that before what is undecided.
fn strictest(verdicts: Vec<Result<(), Problem>>) -> Result<(), Problem> {
    let mut verdict = undecided("no_list", "no status list is named or configured for it");
    for (i, next) in verdicts.into_iter().enumerate() {
        match next {
            Err(Problem::Refused(refusal)) => return Err(Problem::Refused(refusal)),
            Ok(()) => verdict = Ok(()),
            Err(problem) if i == 0 => verdict = Err(problem),
            Err(_) => {}
        }
    }
    verdict
}

/// The token status list, in every copy the caller gave.
fn token(
    inquiry: &Inquiry<'_>,
    issuer: &Issuer<'_>,
    iss: &str,
    reference: &StatusReference<&str>,
    issued: Issued,
) -> Result<(), Problem> {
    if let Issuer::Own(trust, _) = issuer
        && !reference.uri.strip_prefix(trust.url()).is_some_and(|path| path.starts_with('/'))
    {
        return Err(Problem::Refused(Refusal {
            reason: "foreign_list",
            detail: format!("{} is not a status list of this issuer", reference.uri).into(),
        }));
    }
    let lists = inquiry.evidence.token_status_lists.iter();
    let lists = lists.filter(|list| list.claims().uri == reference.uri && list.claims().iss == iss);
    let verdicts: Vec<_> = lists.map(|list| entry(inquiry, issuer, list, reference.idx, issued)).collect();
    if verdicts.is_empty() {
        return undecided("no_list", format!("fetch {} and give it as evidence", reference.uri));
    }
    strictest(verdicts)
}

fn entry(
    inquiry: &Inquiry<'_>,
    issuer: &Issuer<'_>,
    list: &TokenStatusList,
    index: u64,
    issued: Issued,
) -> Result<(), Problem> {
    let claims = list.claims();
    // Its signature was checked when it was read; the key may have been given up since.
    if let Err(error) = issuer.key(list.kid(), KeyPurpose::Status, claims.iat) {
        return undecided("list_key", format!("{}: {error}", claims.uri));
    }
    let stale = inquiry.now > claims.fresh_until().saturating_add(SKEW_S);
    let status = claims.entries.get(index);
    match status {
        Err(error) => return status_check::beyond(&claims.uri, claims.iat, issued.at, &error),
        // For good, so an old list says it as well as a new one.
        Ok(TokenStatus::Invalid) => {
            return refuse("revoked", "the issuer revoked it, for good; ask the agent for another")
                .map_err(Problem::Refused);
        }
        Ok(TokenStatus::Suspended) if !stale => {
            return refuse("suspended", "the issuer suspended it; ask again later").map_err(Problem::Refused);
        }
        Ok(TokenStatus::Other(_)) => return undecided("unknown_status", "the list says something unheard of"),
        Ok(TokenStatus::Suspended | TokenStatus::Valid) => {}
    }
    if claims.iat > inquiry.now.saturating_add(SKEW_S) {
        return undecided("future_list", format!("{} is from the future; check both clocks", claims.uri));
    }
    if stale {
        let age = inquiry.now.saturating_sub(claims.iat);
        return undecided("stale_list", format!("{} is {age} s old and no longer fresh; fetch it again", claims.uri));
    }
    if claims.revocations < issued.revocations_seen {
        return undecided("lagging_list", format!("{} lags behind a tree head already seen", claims.uri));
    }
    Ok(())
}

/// The same index in the bitstring lists.
fn bitstring(inquiry: &Inquiry<'_>, status: &Status<'_>, entries: &Node<'_>, issued: Issued) -> Result<(), Problem> {
    let entries: Vec<StatusEntry> = status_check::read_entries(inquiry.trust, entries).map_err(Problem::Refused)?;
    if let Some(reference) = &status.status_list
        && entries.iter().any(|entry| entry.index != reference.idx)
    {
        return refuse("malformed", "status names two indices").map_err(Problem::Refused);
    }
    // Every list has a say: none of them may be left undecided.
    let mut verdict = Ok(());
    for entry in &entries {
        match status_check::check_entry(inquiry, entry, issued) {
            Err(Problem::Refused(refusal)) => return Err(Problem::Refused(refusal)),
            Err(problem) => verdict = Err(problem),
            Ok(()) => {}
        }
    }
    verdict
}

/// Another issuer's published list, in every copy the caller gave.
fn published(inquiry: &Inquiry<'_>, reading: &Reading<'_>, url: &str, max_age_s: u64) -> Result<(), Problem> {
    let lists = inquiry.evidence.revoked_lists.iter().filter(|list| list.url() == url);
    let verdicts: Vec<_> = lists.map(|list| listed(inquiry, reading, list, max_age_s)).collect();
    if verdicts.is_empty() {
        return undecided("no_list", format!("fetch {url} and give it as evidence"));
    }
    strictest(verdicts)
}

fn listed(inquiry: &Inquiry<'_>, reading: &Reading<'_>, list: &RevokedList, max_age_s: u64) -> Result<(), Problem> {
    let url = list.url();
    if list.issuer() != reading.iss {
        return undecided("foreign_list", format!("what was given as {url} is the list of another issuer"));
    }
    // For good, so an old list says it as well as a new one.
    if let Some(revocation) = list.revocation(reading.jti) {
        return refuse("revoked", format!("the issuer revoked it: {}", readable(&revocation.reason)))
            .map_err(Problem::Refused);
    }
    let as_of = list.as_of();
    if as_of > inquiry.now.saturating_add(SKEW_S) {
        return undecided("future_list", format!("{url} is from the future; check both clocks"));
    }
    let age = inquiry.now.saturating_sub(as_of);
    if age > max_age_s {
        let detail = format!("{url} is {age} s old, and at most {max_age_s} s are accepted; fetch it again");
        return undecided("stale_list", detail);
    }
    Ok(())
}

/// What the chain says now, where the caller knows.
fn drift(inquiry: &Inquiry<'_>, reading: &Reading<'_>) -> Option<reasons::RevocationReason> {
    let claimed = Claimed {
        abg_hash: reading.agent.abg_hash,
        abg_version: reading.agent.abg_version,
        sovereign: reading.agent.sovereign,
        controller: reading.agent.controller,
    };
    reasons::judge(&claimed, inquiry.evidence.agent_now.as_ref()?, inquiry.now.saturating_mul(1000))
}
