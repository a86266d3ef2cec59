//! From bytes to a request: strict JSON, then exactly the members of the type.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use poa_verifier::json;
use serde::de::DeserializeOwned;

use super::api::Body;
use super::error::{ApiError, Problem};
use super::limits;
use crate::app::App;
use crate::proving::{Principal, WorkError};

/// A request body that a handler takes.
pub trait FromBody: Sized {
    /// How it is read, for the document.
    const KIND: Body;
    /// Reads the body, whose size the route has already bounded.
    fn from_body(headers: &HeaderMap, bytes: Bytes) -> Result<Self, ApiError>;
}

/// A body of `application/json` that is exactly a `T`.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// No body, or an empty JSON object.
#[derive(Debug)]
pub struct Empty;

/// A body as it came, with the media type it was declared as.
#[derive(Debug)]
pub struct Raw {
    /// Media type without parameters, lower-case; empty when there was none.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromBody for Json<T> {
    const KIND: Body = Body::Json;

    fn from_body(headers: &HeaderMap, bytes: Bytes) -> Result<Self, ApiError> {
        match media_type(headers)?.as_str() {
            "application/json" => decode(&bytes).map(Json),
            other => Err(unsupported(other, "application/json")),
        }
    }
}

impl FromBody for Empty {
    const KIND: Body = Body::Empty;

    fn from_body(headers: &HeaderMap, bytes: Bytes) -> Result<Self, ApiError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}

        if !bytes.is_empty() {
            Json::<Nothing>::from_body(headers, bytes)?;
        }
        Ok(Self)
    }
}

impl FromBody for Raw {
    const KIND: Body = Body::Raw;

    fn from_body(headers: &HeaderMap, bytes: Bytes) -> Result<Self, ApiError> {
        Ok(Self { media_type: media_type(headers)?, bytes })
    }
}

/// Does what reads a body of so many bytes: a large one by a reader, so that other requests do not wait for it.
pub async fn reading<T: Send + 'static>(
    app: &App,
    principal: Principal,
    bytes: usize,
    read: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if bytes <= limits::INLINE_BYTES {
        return read();
    }
    app.readers().run(principal, read).await.map_err(|error| match error {
        WorkError::Busy => {
            ApiError::new(Problem::Overloaded, "More large bodies wait to be read than the service takes.")
        }
        error => ApiError::from(error),
    })?
}

/// Members and items of a JSON text, or more: how many values a parser makes of it.
fn values(bytes: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// Decodes strict JSON into exactly a `T`; the refusal names the member.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let found = values(bytes);
    if found > limits::MAX_VALUES {
        let detail = format!("The body has {found} members and items; at most {} are read.", limits::MAX_VALUES);
        return Err(ApiError::new(Problem::PayloadTooLarge, detail));
    }
    let value = json::parse_strict(bytes).map_err(|error| ApiError::new(Problem::MalformedJson, error.to_string()))?;
    // serde would take the list of a struct's values for the struct.
    if !value.is_object() {
        return Err(ApiError::of_member(Problem::InvalidBody, "body", "The body is a JSON object."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let member = match error.path().to_string() {
            path if path == "." => "body".to_owned(),
            path => path,
        };
        ApiError::of_member(Problem::InvalidBody, member, error.inner().to_string())
    })
}

/// The refusal of a media type.
pub fn unsupported(found: &str, expected: &str) -> ApiError {
    let detail = match found {
        "" => format!("The request has no Content-Type; this path reads {expected}."),
        _ => format!("This path reads {expected}."),
    };
    ApiError::new(Problem::UnsupportedMediaType, detail)
}

/// The declared media type. A charset other than UTF-8 would mean other bytes than we read.
fn media_type(headers: &HeaderMap) -> Result<String, ApiError> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if headers.contains_key(header::CONTENT_TYPE) {
            Err(ApiError::new(Problem::UnsupportedMediaType, "Content-Type is repeated."))
        } else {
            Ok(String::new())
        };
    };
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let (kind, parameters) = value.split_once(';').unwrap_or((&value, ""));
    match parameters.trim() {
        "" | "charset=utf-8" | "charset=\"utf-8\"" => Ok(kind.trim().to_owned()),
        _ => Err(ApiError::new(
            Problem::UnsupportedMediaType,
            "The only parameter of Content-Type that is read is charset=utf-8.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // only its shape is used
    struct Pair {
        left: u8,
        right: Vec<bool>,
    }

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|v| (header::CONTENT_TYPE, v.parse().unwrap())).collect()
    }

    fn refusal(values: &[&'static str], body: &'static [u8]) -> (Problem, Option<String>) {
        let error = Json::<Pair>::from_body(&headers(values), Bytes::from_static(body)).unwrap_err();
        let member = error.to_json()["member"].as_str().map(str::to_owned);
        (error.problem(), member)
    }

    const JSON: &[&str] = &["application/json"];

    #[test]
    fn the_exact_shape_is_read() {
        for content_type in ["application/json", "Application/JSON; charset=UTF-8"] {
            let body = Bytes::from_static(br#"{"left":1,"right":[true]}"#);
            assert!(Json::<Pair>::from_body(&headers(&[content_type]), body).is_ok());
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases: [(&[u8], Problem, Option<&str>); 8] = [
            (b"", Problem::MalformedJson, None),
            (b"{", Problem::MalformedJson, None),
            (b"\xff", Problem::MalformedJson, None),
            (br#"{"left":1,"left":1,"right":[]}"#, Problem::MalformedJson, None),
            (b"[1,[true]]", Problem::InvalidBody, Some("body")),
            (br#"{"left":256,"right":[]}"#, Problem::InvalidBody, Some("left")),
            (br#"{"left":1,"right":[true,1]}"#, Problem::InvalidBody, Some("right[1]")),
            (br#"{"left":1,"right":[],"more":1}"#, Problem::InvalidBody, Some("more")),
        ];
        for (body, problem, member) in cases {
            let found = refusal(JSON, body);
            assert_eq!((found.0, found.1.as_deref()), (problem, member));
        }
    }

    #[test]
    fn a_body_of_too_many_values_is_refused_before_it_is_parsed() {
        let text = format!("[{}", "[],".repeat(limits::MAX_VALUES / 2));
        let error = decode::<serde_json::Value>(text.as_bytes()).unwrap_err();
        assert_eq!(error.problem(), Problem::PayloadTooLarge, "and not malformed, which it is too");
        assert_eq!(values(br#"{"a":["\\",",[{"],"b":{"c":1}}"#), 6);
        let most = format!("{{\"left\":1,\"right\":[{}true]}}", "true,".repeat(limits::MAX_VALUES - 5));
        assert!(decode::<Pair>(most.as_bytes()).is_ok());
    }

    #[test]
    fn other_media_types_are_refused() {
        for values in
            [&[][..], &["text/plain"], &["application/json; charset=utf-16"], &["application/json", "application/json"]]
        {
            let found = refusal(values, br#"{"left":1,"right":[]}"#);
            assert_eq!(found.0, Problem::UnsupportedMediaType, "{values:?}");
        }
    }

    #[test]
    fn an_empty_body_is_nothing_or_an_empty_object() {
        let read = |body| Empty::from_body(&headers(JSON), Bytes::from_static(body));
        assert!(read(b"").is_ok());
        assert!(read(b"{}").is_ok());
        assert!(read(br#"{"x":1}"#).is_err());
    }
}
