//! Resolution and dereferencing options, and the parameters of DID URLs (DID Resolution §3, §4.1, §5.1).

use axum::extract::Query;
use axum::http::Uri;
use poa_verifier::{json, time};
use serde_json::Value;

use super::problem::{Code, Refusal};
use crate::did_url::percent_decode;
use crate::service::resolution::Version;

/// Names with their values, decoded.
#[derive(Debug, Default)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Of a query string.
    pub fn of_query(query: &str) -> Result<Self, Refusal> {
        let unread = || invalid("the query cannot be read");
        let uri: Uri = format!("/?{query}").parse().map_err(|_| unread())?;
        Ok(Self(Query::try_from_uri(&uri).map_err(|_| unread())?.0))
    }

    /// Of the body of a `POST`: none, or a JSON object of texts and truth values.
    pub fn of_body(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let value = json::parse_strict(body).map_err(|error| invalid(&format!("the body: {error}")))?;
        let Value::Object(members) = value else { return Err(invalid("the body is no JSON object")) };
        let pair = |(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Bool(flag) => Ok((name, flag.to_string())),
            _ => Err(invalid(&format!("{name} is neither a text nor a truth value"))),
        };
        members.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }
}

/// What was asked for beside the DID.
#[derive(Debug, Default)]
pub struct Options {
    /// `versionId` or `versionTime`.
    pub version: Version,
    /// The id of a service, its fragment or the whole.
    pub service: Option<String>,
    /// The type of a service.
    pub service_type: Option<String>,
    /// A reference relative to the service, percent-decoded.
    pub relative_ref: Option<String>,
    /// The relationship a verification method must stand in.
    pub relationship: Option<String>,
}

impl Options {
    /// Takes pairs in. Those of a DID URL have been decoded once, with the URL; options are given beside it, and the
    /// value of `relativeRef` then still has the encoding it would have in one.
    pub fn read(&mut self, pairs: Pairs, of_url: bool) -> Result<(), Refusal> {
        let refused =
            |detail: &str| Refusal::new(if of_url { Code::InvalidDidUrl } else { Code::InvalidOptions }, detail);
        for (name, value) in pairs.0 {
            if !value.is_ascii() || value.bytes().any(|byte| byte.is_ascii_control()) {
                return Err(refused(&format!("{name} is not an ASCII text")));
            }
            let place = match name.as_str() {
                "versionId" | "versionTime" => {
                    self.set_version(&name, value).map_err(refused)?;
                    continue;
                }
                "service" => &mut self.service,
                "serviceType" => &mut self.service_type,
                "relativeRef" => &mut self.relative_ref,
                "verificationRelationship" if !of_url => &mut self.relationship,
                // There are no relative URLs in our documents, and the header says what is accepted.
                "expandRelativeUrls" if !of_url && matches!(value.as_str(), "true" | "false") => continue,
                "expandRelativeUrls" if !of_url => return Err(refused("expandRelativeUrls is neither true nor false")),
                "accept" if !of_url => continue,
                _ => {
                    let detail = format!("the option or parameter {name} is not known here");
                    return Err(Refusal::new(Code::FeatureNotSupported, &detail));
                }
            };
            let value = if name == "relativeRef" && !of_url {
                reference(&value).ok_or_else(|| refused(RELATIVE))?
            } else {
                value
            };
            if place.replace(value).is_some() {
                return Err(refused(&format!("{name} stands twice")));
            }
        }
        Ok(())
    }

    fn set_version(&mut self, name: &str, value: String) -> Result<(), &'static str> {
        if self.version != Version::Latest {
            return Err("versionId and versionTime exclude each other, and each stands once");
        }
        self.version = if name == "versionId" {
            Version::Id(value)
        } else {
            let time = time::parse_utc(&value);
            Version::At(
                time.map_err(|_| "versionTime is not an XML dateTime in UTC to the second (2026-01-31T12:00:00Z)")?,
            )
        };
        Ok(())
    }
}

const RELATIVE: &str = "relativeRef is not percent-encoded (RFC 3986, 2.1)";

/// A relative reference as it would stand in a DID URL.
fn reference(value: &str) -> Option<String> {
    if value.contains([' ', '#', '?']) { None } else { percent_decode(value) }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(Code::InvalidOptions, detail)
}
