//! `root_age` and `validity`. All arithmetic is checked or in `i128`: no time wraps or saturates.

use serde_json::Value;

use super::ZkDocument;
use crate::checks::{Checks, Refusal, refuse};
use crate::head::HeadClaims;
use crate::report::{CheckName, Class};
use crate::schema::DisclosureSchema;
use crate::statement::Statement;
use crate::time::{self, SKEW_S};
use crate::verifier::Inquiry;

/// How far the head of a standing credential may be from its `validFrom`, seconds.
const HEAD_DISTANCE_S: u64 = 3_600;

/// How far ahead `valid_at` of a presentation may lie, seconds (400 d).
const VALID_AT_AHEAD_S: u64 = 400 * 86_400;

/// A presentation's head is no older than the request allows and not from the future.
pub(super) fn root_age(
    inquiry: &Inquiry<'_>,
    document: &ZkDocument<'_>,
    head: Option<&HeadClaims>,
    checks: &mut Checks,
) {
    let name = CheckName::RootAge;
    if document.class() == Class::Standing {
        return checks.not_applicable(name, "status_list", "a standing credential is revoked by its status lists");
    }
    let Some(head) = head else { return };
    let (now, iat, skew) = (i128::from(inquiry.now), i128::from(head.iat), i128::from(SKEW_S));
    if iat > now + skew {
        checks.fail(name, "future", "the tree head is from the future; check both clocks");
    } else if now - iat > i128::from(inquiry.request.max_root_age_s) + skew {
        let detail = format!(
            "the tree head is {} s old, at most {} are accepted; ask for a presentation under a newer head",
            now - iat,
            inquiry.request.max_root_age_s
        );
        checks.fail(name, "too_old", detail);
    } else {
        checks.pass(name);
    }
}

/// The dates of the document, of its proof and of the statement agree with each other and with the clock.
pub(super) fn validity(
    inquiry: &Inquiry<'_>,
    document: &ZkDocument<'_>,
    statement: &Statement,
    head: Option<&HeadClaims>,
    disclosure: Option<&DisclosureSchema>,
    checks: &mut Checks,
) {
    let created = not_in_future(inquiry, document.zk.created_unix_s);
    let result = created.and_then(|()| match document.class() {
        Class::Standing => standing(inquiry, document.credential, statement, head, disclosure),
        _ => presentation(inquiry, statement.valid_at()),
    });
    checks.take(CheckName::Validity, result);
}

/// Nothing is signed later than now, skew granted.
pub(crate) fn not_in_future(inquiry: &Inquiry<'_>, unix_s: u64) -> Result<(), Refusal> {
    if i128::from(unix_s) > i128::from(inquiry.now) + i128::from(SKEW_S) {
        return refuse("not_yet_valid", "it is from the future; check both clocks");
    }
    Ok(())
}

/// `validFrom ≤ now ≤ validUntil` of a credential; skew is granted at the start only.
pub(crate) fn period(inquiry: &Inquiry<'_>, credential: &Value) -> Result<(u64, u64), Refusal> {
    let read = |member: &str| {
        let text = credential[member].as_str().unwrap_or_default();
        time::parse_utc(text).map_err(|e| Refusal { reason: "malformed", detail: format!("{member}: {e}").into() })
    };
    let (from, until) = (read("validFrom")?, read("validUntil")?);
    not_in_future(inquiry, from)?;
    if from > until {
        return refuse("malformed", "validFrom is after validUntil");
    }
    if inquiry.now > until {
        return refuse("expired", format!("it expired at {}; ask for a new one", credential["validUntil"]));
    }
    Ok((from, until))
}

fn standing(
    inquiry: &Inquiry<'_>,
    credential: &Value,
    statement: &Statement,
    head: Option<&HeadClaims>,
    disclosure: Option<&DisclosureSchema>,
) -> Result<(), Refusal> {
    let (from, until) = period(inquiry, credential)?;
    if until > statement.valid_at() {
        return refuse("outlives_leaf", "validUntil is after the proved valid_at");
    }
    if head.is_some_and(|head| head.iat.abs_diff(from) > HEAD_DISTANCE_S) {
        return refuse("other_head", "the tree head is more than an hour from validFrom");
    }
    match disclosure {
        Some(schema) if until - from > schema.document().valid_for_s => {
            refuse("too_long", "it is valid for longer than its disclosure schema allows")
        }
        _ => Ok(()),
    }
}

fn presentation(inquiry: &Inquiry<'_>, valid_at: u64) -> Result<(), Refusal> {
    let (now, valid_at) = (i128::from(inquiry.now), i128::from(valid_at));
    if valid_at < now - i128::from(SKEW_S) {
        return refuse(
            "expired",
            "the leaf is only proved to outlive a time that has passed; ask for a new presentation",
        );
    }
    if valid_at > now + i128::from(VALID_AT_AHEAD_S) {
        return refuse("too_far", "valid_at lies more than 400 days ahead");
    }
    Ok(())
}
