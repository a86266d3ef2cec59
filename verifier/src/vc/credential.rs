//! The members of a verifiable credential (VC Data Model 2.0 §4, §5).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::BASE_CONTEXT;
use super::error::{DataModelError, Place, Reason};
use super::iri::is_absolute_url;
use super::pinned::Contexts;
use super::timestamp::DateTime;
use super::walk;
use crate::steps::Steps;

pub(super) type Checked = Result<(), DataModelError>;
type Members = Map<String, Value>;

/// The type of every credential.
pub(super) const CREDENTIAL: &str = "VerifiableCredential";

/// Members whose values must say their `type` (§4.5, §5.8), and which of them need an `id` too.
const TYPED: [(&str, bool); 8] = [
    ("credentialStatus", false),
    ("credentialSchema", true),
    ("refreshService", false),
    ("termsOfUse", false),
    ("evidence", false),
    ("confidenceMethod", false),
    ("renderMethod", false),
    ("proof", false),
];

/// Whether a document is a verifiable credential of VC Data Model 2.0, secured or not; no signature is checked.
///
/// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
///
/// # Errors
/// The first defect found.
pub fn check_credential(contexts: &Contexts, document: &Value) -> Result<(), DataModelError> {
    check_credential_within(contexts, &Steps::default(), document)
}

/// [`check_credential`] within the steps that are left of a call.
pub(super) fn check_credential_within(
    contexts: &Contexts,
    steps: &Steps,
    document: &Value,
) -> Result<(), DataModelError> {
    let place = Place::ROOT;
    let members = object(document, &place)?;
    check_context(members, &place)?;
    require_type(members, CREDENTIAL, &place)?;
    walk::check(contexts, steps, members, &place)?;
    check_members(members, &place)
}

/// What the types of a document mean, by its contexts: a type may have several names. One that means nothing is left out;
/// [`check_credential`] refuses it.
///
/// # Errors
/// Contexts that are refused, and types that are no texts.
pub fn type_iris(contexts: &Contexts, document: &Value) -> Result<Vec<String>, DataModelError> {
    walk::type_iris(contexts, object(document, &Place::ROOT)?)
}

/// The rules for members, once their names are known to mean what they say.
pub(super) fn check_members(members: &Members, place: &Place<'_>) -> Checked {
    let issuer = members.get("issuer").ok_or_else(|| missing(place, "issuer"))?;
    check_party(issuer, &place.member("issuer"))?;
    check_subject(members, place)?;
    check_period(members, place)?;
    TYPED.iter().try_for_each(|(name, needs_id)| check_typed(members, name, *needs_id, place))?;
    check_related(members, place)
}

pub(super) fn object<'v>(value: &'v Value, place: &Place<'_>) -> Result<&'v Members, DataModelError> {
    value.as_object().ok_or_else(|| place.error(Reason::WrongValue, "must be an object"))
}

fn missing(place: &Place<'_>, member: &str) -> DataModelError {
    place.member(member).error(Reason::Missing, "is missing")
}

/// One value or a list of at least one, as a list.
pub(super) fn several<'v>(value: &'v Value, place: &Place<'_>) -> Result<&'v [Value], DataModelError> {
    match value {
        Value::Array(items) if items.is_empty() => place.refuse(Reason::WrongValue, "is an empty list"),
        Value::Array(items) => Ok(items),
        one => Ok(std::slice::from_ref(one)),
    }
}

/// Calls `check` with each object of a member, if there is one.
pub(super) fn each_object<'v>(
    value: &'v Value,
    place: &Place<'_>,
    mut check: impl FnMut(&'v Members, &Place<'_>) -> Checked,
) -> Checked {
    let items = several(value, place)?;
    for (i, item) in items.iter().enumerate() {
        let here = if value.is_array() { &place.item(i) } else { place };
        check(object(item, here)?, here)?;
    }
    Ok(())
}

/// §4.3: a list that begins with the VC 2.0 context and names no context twice.
pub(super) fn check_context(members: &Members, place: &Place<'_>) -> Checked {
    let here = place.member("@context");
    let Some(context) = members.get("@context") else { return here.refuse(Reason::ContextOrder, "is missing") };
    let Some(items) = context.as_array() else { return here.refuse(Reason::ContextOrder, "must be a list") };
    if items.first().and_then(Value::as_str) != Some(BASE_CONTEXT) {
        return here.refuse(Reason::ContextOrder, format!("must begin with {BASE_CONTEXT}"));
    }
    let mut seen = HashSet::new();
    match items.iter().position(|item| item.as_str().is_some_and(|url| !seen.insert(url))) {
        Some(i) => here.item(i).refuse(Reason::Duplicate, "the same context twice"),
        None => Ok(()),
    }
}

pub(super) fn has_type(members: &Members, kind: &str) -> bool {
    match members.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(many)) => many.iter().any(|value| value == kind),
        _ => false,
    }
}

pub(super) fn require_type(members: &Members, kind: &str, place: &Place<'_>) -> Checked {
    if has_type(members, kind) {
        return Ok(());
    }
    place.member("type").refuse(Reason::MissingType, format!("must include {kind}"))
}

/// `issuer` and `holder`: a URL, or an object with one as its `id`.
pub(super) fn check_party(value: &Value, place: &Place<'_>) -> Checked {
    match value {
        Value::String(url) if is_absolute_url(url) => Ok(()),
        Value::Object(members) => match members.get("id") {
            Some(id) => walk::check_id(id, &place.member("id")),
            None => Err(missing(place, "id")),
        },
        _ => place.refuse(Reason::NotAUrl, "must be an absolute URL, or an object with one as its id"),
    }
}

/// The URL of an `issuer` or `holder`.
pub(super) fn party(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::String(url) => Some(url),
        Value::Object(members) => members.get("id").and_then(Value::as_str),
        _ => None,
    }
}

/// §4.8: one or more objects that say something.
fn check_subject(members: &Members, place: &Place<'_>) -> Checked {
    let subject = members.get("credentialSubject").ok_or_else(|| missing(place, "credentialSubject"))?;
    each_object(subject, &place.member("credentialSubject"), |subject, here| {
        if subject.is_empty() { here.refuse(Reason::WrongValue, "makes no claim") } else { Ok(()) }
    })
}

/// §4.9: dates with a time zone, in order.
fn check_period(members: &Members, place: &Place<'_>) -> Checked {
    let read = |name| match members.get(name) {
        None => Ok(None),
        Some(value) => {
            let text = value.as_str().unwrap_or_default();
            DateTime::parse(text).map(Some).map_err(|e| place.member(name).error(Reason::BadDate, e.to_string()))
        }
    };
    match (read("validFrom")?, read("validUntil")?) {
        (Some(from), Some(until)) if from > until => {
            place.member("validUntil").refuse(Reason::Period, "is before validFrom")
        }
        _ => Ok(()),
    }
}

/// Objects that must say their type.
pub(super) fn check_typed(members: &Members, name: &str, needs_id: bool, place: &Place<'_>) -> Checked {
    let Some(value) = members.get(name) else { return Ok(()) };
    each_object(value, &place.member(name), |object, here| {
        if !object.contains_key("type") {
            return here.member("type").refuse(Reason::MissingType, "is missing");
        }
        if needs_id && !object.contains_key("id") {
            return Err(missing(here, "id"));
        }
        Ok(())
    })
}

/// §5.3: related resources, each named once and with a digest.
fn check_related(members: &Members, place: &Place<'_>) -> Checked {
    let Some(value) = members.get("relatedResource") else { return Ok(()) };
    let mut seen = HashSet::new();
    each_object(value, &place.member("relatedResource"), |resource, here| {
        let id = resource.get("id").and_then(Value::as_str).ok_or_else(|| missing(here, "id"))?;
        if !seen.insert(id) {
            return here.member("id").refuse(Reason::Duplicate, "the same resource twice");
        }
        if !["digestSRI", "digestMultibase"].iter().any(|name| resource.contains_key(*name)) {
            return here.refuse(Reason::MissingDigest, "must have a digestSRI or a digestMultibase");
        }
        match resource.get("mediaType") {
            Some(media_type) if !media_type.as_str().is_some_and(is_media_type) => {
                here.member("mediaType").refuse(Reason::WrongValue, "must be a media type")
            }
            _ => Ok(()),
        }
    })
}

/// `type/subtype`, perhaps with parameters (RFC 2046, by its form).
fn is_media_type(text: &str) -> bool {
    let name =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}
