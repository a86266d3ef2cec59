//! The members of a verifiable presentation, and the envelopes around secured documents (VC Data Model 2.0 §4.13).

use serde_json::{Map, Value};

use super::BASE_CONTEXT;
use super::credential::{
    self, CREDENTIAL, Checked, check_context, check_party, check_typed, each_object, has_type, object, party,
    require_type,
};
use super::error::{DataModelError, Place, Reason};
use super::pinned::Contexts;
use super::{data_url, walk};
use crate::steps::Steps;

type Members = Map<String, Value>;

/// The type of every presentation.
const PRESENTATION: &str = "VerifiablePresentation";
/// The type of a `data:` URL with a secured credential.
pub const ENVELOPED_CREDENTIAL: &str = "EnvelopedVerifiableCredential";
/// The type of a `data:` URL with a secured presentation.
pub const ENVELOPED_PRESENTATION: &str = "EnvelopedVerifiablePresentation";

/// Whether a document is a verifiable presentation of VC Data Model 2.0, secured or not; no signature is checked.
///
/// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
///
/// # Errors
/// The first defect found.
pub fn check_presentation(contexts: &Contexts, document: &Value) -> Result<(), DataModelError> {
    check_presentation_within(contexts, &Steps::default(), document)
}

/// [`check_presentation`] within the steps that are left of a call.
pub(super) fn check_presentation_within(
    contexts: &Contexts,
    steps: &Steps,
    document: &Value,
) -> Result<(), DataModelError> {
    let place = Place::ROOT;
    let members = object(document, &place)?;
    check_context(members, &place)?;
    require_type(members, PRESENTATION, &place)?;
    // What each credential claims to be comes first: its names are read by its own context.
    each_credential(members, &place, check_header)?;
    walk::check(contexts, steps, members, &place)?;
    if let Some(holder) = members.get("holder") {
        check_party(holder, &place.member("holder"))?;
    }
    check_typed(members, "termsOfUse", false, &place)?;
    check_typed(members, "proof", false, &place)?;
    each_credential(members, &place, |credential, here| {
        if has_type(credential, ENVELOPED_CREDENTIAL) {
            return Ok(());
        }
        credential::check_members(credential, here)?;
        check_secured(members, credential, here)
    })
}

fn each_credential(
    presentation: &Members,
    place: &Place<'_>,
    check: impl FnMut(&Members, &Place<'_>) -> Checked,
) -> Checked {
    let Some(credentials) = presentation.get("verifiableCredential") else { return Ok(()) };
    each_object(credentials, &place.member("verifiableCredential"), check)
}

/// `@context` and `type` of a credential or its envelope.
fn check_header(credential: &Members, place: &Place<'_>) -> Checked {
    if has_type(credential, ENVELOPED_CREDENTIAL) {
        return check_envelope(credential, ENVELOPED_CREDENTIAL, place);
    }
    check_context(credential, place)?;
    require_type(credential, CREDENTIAL, place)
}

/// Whether a document is an `EnvelopedVerifiableCredential` or `EnvelopedVerifiablePresentation`, as `kind` says; what is
/// inside is not looked at.
///
/// # Errors
/// The first defect found.
pub fn check_enveloped(contexts: &Contexts, document: &Value, kind: &str) -> Result<(), DataModelError> {
    let place = Place::ROOT;
    let members = object(document, &place)?;
    check_envelope(members, kind, &place)?;
    walk::check(contexts, &Steps::default(), members, &place)
}

/// §4.13.2: `@context` with the VC 2.0 context, `type`, and a `data:` URL as `id`.
fn check_envelope(members: &Members, kind: &str, place: &Place<'_>) -> Checked {
    let here = place.member("@context");
    let context = match members.get("@context") {
        Some(Value::Array(items)) => items.first(),
        other => other,
    };
    if context.and_then(Value::as_str) != Some(BASE_CONTEXT) {
        return here.refuse(Reason::ContextOrder, format!("must be {BASE_CONTEXT}, or begin with it"));
    }
    require_type(members, kind, place)?;
    if has_type(members, CREDENTIAL) || has_type(members, PRESENTATION) {
        return place.member("type").refuse(Reason::WrongValue, "an envelope is not what it carries");
    }
    let family = if kind == ENVELOPED_CREDENTIAL { "application/vc+" } else { "application/vp+" };
    let data = members.get("id").and_then(Value::as_str).and_then(data_url::read);
    match data {
        Some((media_type, _)) if media_type.starts_with(family) => Ok(()),
        Some(_) => place.member("id").refuse(Reason::WrongValue, format!("must have a media type {family}…")),
        None => place.member("id").refuse(Reason::NotAUrl, "must be a data: URL with a media type and data"),
    }
}

/// §4.13.4: a credential that only the presentation secures is the holder's own.
fn check_secured(presentation: &Members, credential: &Members, place: &Place<'_>) -> Checked {
    if credential.contains_key("proof") {
        return Ok(());
    }
    match party(presentation.get("holder")) {
        Some(holder) if party(credential.get("issuer")) == Some(holder) => Ok(()),
        Some(_) => place.refuse(Reason::Unsecured, "nothing secures it, and the holder is not its issuer"),
        None => place.refuse(Reason::Unsecured, "nothing secures it, and the presentation names no holder"),
    }
}
