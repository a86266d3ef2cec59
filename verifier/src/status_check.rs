//! Judging status lists: entries native, then signature, freshness, lag and the bits.

use serde_json::Value;

use crate::checks::{Checks, Refusal, because, refuse};
use crate::data_integrity;
use crate::report::CheckName;
use crate::status::{StatusEntry, StatusList};
use crate::time::SKEW_S;
use crate::trust::{KeyPurpose, ListPurpose, Trust};
use crate::verifier::Inquiry;

/// Why a list does not settle a bit.
enum Problem {
    /// The document fails.
    Refused(Refusal),
    /// No fresh list was at hand.
    Undecided(Refusal),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads `credentialStatus`: one entry for each of the issuer's lists, and a revocation among them.
pub(crate) fn read_entries(trust: &Trust, value: &Value) -> Result<Vec<StatusEntry>, Refusal> {
    let entries = StatusEntry::list_from_value(value).map_err(because("malformed"))?;
    for entry in &entries {
        match trust.status_list(&entry.list) {
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

/// Decides `status`: every entry's list is the issuer's, fresh, not behind `revocations_seen`, and its bit is 0.
pub(crate) fn check(inquiry: &Inquiry<'_>, entries: &[StatusEntry], revocations_seen: u64, checks: &mut Checks) {
    for entry in entries {
        match check_entry(inquiry, entry, revocations_seen) {
            Ok(()) => checks.pass(CheckName::Status),
            Err(Problem::Refused(r)) => checks.fail(CheckName::Status, r.reason, r.detail),
            Err(Problem::Undecided(r)) => checks.unknown(CheckName::Status, r.reason, r.detail),
        }
    }
}

fn check_entry(inquiry: &Inquiry<'_>, entry: &StatusEntry, revocations_seen: u64) -> Result<(), Problem> {
    let undecided = |reason, detail: String| Err(Problem::Undecided(Refusal { reason, detail }));
    let Some(signed) = inquiry.evidence.status_lists.iter().find(|list| list["id"] == entry.list.as_str()) else {
        return undecided("no_list", format!("fetch {} and give it as evidence", entry.list));
    };
    let list = read_signed(inquiry, entry, signed)?;
    let (now, skew) = (i128::from(inquiry.now), i128::from(SKEW_S));
    if i128::from(list.valid_from) > now + skew {
        return undecided("future_list", format!("{} is from the future; check both clocks", entry.list));
    }
    if now > i128::from(list.fresh_until()) + skew {
        return undecided("stale_list", format!("{} is no longer fresh; fetch it again", entry.list));
    }
    if list.revocations < revocations_seen {
        Err(behind(entry))?;
    }
    let set = list.bits.get(entry.index).map_err(because("index"))?;
    match (set, entry.purpose) {
        (false, _) => Ok(()),
        (true, ListPurpose::Revocation) => Ok(refuse("revoked", "the issuer revoked this credential, for good")?),
        (true, ListPurpose::Suspension) => {
            Ok(refuse("suspended", "the issuer suspended this credential; ask again later")?)
        }
    }
}

fn behind(entry: &StatusEntry) -> Refusal {
    let detail = format!("{} lags behind a tree head already seen; fetch it again", entry.list);
    Refusal { reason: "lagging_list", detail }
}

/// The list, if the issuer signed it and it is the one the entry names.
fn read_signed(inquiry: &Inquiry<'_>, entry: &StatusEntry, signed: &Value) -> Result<StatusList, Refusal> {
    crate::json::check(signed).map_err(because("malformed_list"))?;
    let document = data_integrity::without_proof(signed);
    let list = StatusList::from_value(&document).map_err(because("malformed_list"))?;
    if list.issuer != *inquiry.trust.issuer() {
        return refuse("foreign_list", "the status list is of another issuer");
    }
    if list.purpose != entry.purpose {
        return refuse("wrong_purpose", "the status list is for another purpose");
    }
    let proof = data_integrity::parse(&signed["proof"], &document).map_err(because("list_signature"))?;
    let key = inquiry
        .trust
        .key(proof.verification_method(), KeyPurpose::Status, proof.created_unix_s())
        .map_err(because("list_key"))?;
    proof.verify(&document, key).map_err(because("list_signature"))?;
    Ok(list)
}
