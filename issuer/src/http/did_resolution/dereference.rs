//! DID URL dereferencing (DID Resolution §5.4): a service, a verification method, or the whole document.
//!
//! Whoever selects one service and asks for no representation is redirected to it. No method here gives a meaning to
//! paths or to further parameters.

use serde_json::{Map, Value};

use super::problem::{Code, Refusal};
use super::{Asked, Form};
use crate::app::App;
use crate::service::resolution::Resolved;

/// What a DID URL stands for.
pub enum Content {
    /// A DID document, or one of its verification methods or services.
    Part { content: Value, metadata: Map<String, Value> },
    /// The URL of a service.
    Place(String),
    /// Nothing: the DID was deactivated.
    Deactivated(Map<String, Value>),
}

/// Dereferences what was asked for.
pub async fn dereference(app: &App, asked: &Asked) -> Result<Content, Refusal> {
    let Resolved { document, metadata } = app.resolve_did(&asked.url, &asked.options.version).await?;
    let Some(document) = document else { return Ok(Content::Deactivated(metadata)) };
    if !asked.url.path().is_empty() {
        return Err(Refusal::new(Code::NotFound, "no DID method here gives a path a meaning"));
    }
    let fragment = asked.url.fragment();
    if asked.options.service.is_some() || asked.options.service_type.is_some() {
        return services(asked, document, metadata, fragment);
    }
    if asked.form == Form::Place {
        return Err(Refusal::new(Code::RepresentationNotSupported, "text/uri-list needs a service or serviceType"));
    }
    match fragment {
        None => Ok(Content::Part { content: document, metadata }),
        Some(fragment) => {
            let content = secondary(&document, fragment, asked.options.relationship.as_deref())?;
            Ok(Content::Part { content, metadata: Map::new() })
        }
    }
}

fn services(
    asked: &Asked,
    mut document: Value,
    metadata: Map<String, Value>,
    fragment: Option<&str>,
) -> Result<Content, Refusal> {
    let options = &asked.options;
    let did = asked.url.did();
    let of_id = |service: &Value| {
        options.service.as_ref().is_none_or(|id| {
            let named =
                if id.starts_with("did:") { id.clone() } else { format!("{did}#{}", id.trim_start_matches('#')) };
            service["id"] == named
        })
    };
    let of_type = |service: &Value| options.service_type.as_ref().is_none_or(|kind| service["type"] == *kind);
    let mut services = document["service"].as_array().cloned().unwrap_or_default();
    services.retain(|service| of_id(service) && of_type(service));
    if matches!(asked.form, Form::Content(_)) {
        document["service"] = services.into();
        return Ok(Content::Part { content: document, metadata });
    }
    let endpoint = services.first().and_then(|service| service["serviceEndpoint"].as_str());
    let endpoint = endpoint.ok_or_else(|| Refusal::new(Code::NotFound, "the DID document has no such service"))?;
    let mut place = relative_to(endpoint, options.relative_ref.as_deref().unwrap_or_default())
        .ok_or_else(|| Refusal::new(Code::InvalidDidUrl, "relativeRef leads away from the service"))?;
    if let Some(fragment) = fragment {
        place = format!("{place}#{fragment}");
    }
    Ok(Content::Place(place))
}

/// The verification method or service with this fragment.
fn secondary(document: &Value, fragment: &str, relationship: Option<&str>) -> Result<Value, Refusal> {
    let id = format!("{}#{fragment}", document["id"].as_str().unwrap_or_default());
    let find = |list: &str| document[list].as_array()?.iter().find(|item| item["id"] == id).cloned();
    let method = find("verificationMethod");
    if let Some(relationship) = relationship {
        if method.is_none() {
            return Err(Refusal::new(Code::InvalidVerificationMethod, "the fragment names no verification method"));
        }
        if !document[relationship].as_array().is_some_and(|ids| ids.iter().any(|known| *known == id)) {
            let detail = "the verification method does not stand in this relationship";
            return Err(Refusal::new(Code::InvalidRelationship, detail));
        }
    }
    let mut found = method.or_else(|| find("service")).ok_or_else(|| {
        Refusal::new(Code::NotFound, "the DID document has neither verification method nor service of this fragment")
    })?;
    found["@context"] = document["@context"].clone();
    Ok(found)
}

/// Resolves a reference against an endpoint (RFC 3986, 5.2) as far as it stays with the endpoint's host: a service of
/// ours must not send anybody elsewhere. Dot segments are refused.
fn relative_to(endpoint: &str, reference: &str) -> Option<String> {
    let (path, _) = reference.split_once(['?', '#']).unwrap_or((reference, ""));
    let first = path.split('/').next().unwrap_or_default();
    let elsewhere = reference.starts_with("//") || first.contains(':') || reference.contains(['\\', '#']);
    if elsewhere || path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return None;
    }
    let reference = escaped(reference);
    let host_end = endpoint.find("://").map_or(0, |at| at + 3);
    let path_begin = endpoint[host_end..].find('/').map_or(endpoint.len(), |at| host_end + at);
    let base = match reference.as_bytes().first() {
        None | Some(b'?') => endpoint,
        Some(b'/') => &endpoint[..path_begin],
        Some(_) => &endpoint[..endpoint.rfind('/').map_or(endpoint.len(), |at| at + 1)],
    };
    Some(format!("{base}{reference}"))
}

/// What may not stand in a URL, percent-encoded.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_with_the_service() {
        let to = |reference| relative_to("https://a.example:1/agents/7", reference);
        for (reference, place) in [
            ("", "https://a.example:1/agents/7"),
            ("/some/path?query", "https://a.example:1/some/path?query"),
            ("?q=1", "https://a.example:1/agents/7?q=1"),
            ("resume.pdf", "https://a.example:1/agents/resume.pdf"),
            ("my path/\"file\"", "https://a.example:1/agents/my%20path/%22file%22"),
        ] {
            assert_eq!(to(reference).as_deref(), Some(place));
        }
        for reference in ["//b.example", "https://b.example", "javascript:x", "\\\\b", "/\\b", "../x", "a/./b", "a#b"] {
            assert_eq!(to(reference), None, "{reference}");
        }
    }
}
