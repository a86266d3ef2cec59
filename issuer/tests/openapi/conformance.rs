//! Every answer that a test gets is held against the OpenAPI document: its status, media type, body and header fields
//! are documented, and the body of a request that was accepted is valid under the documented schema.
//!
//! With `RECORD_EXAMPLES=DIRECTORY` it keeps the shortest body seen under each schema there, one file each:
//! `issuer/src/http/api/examples.json` is these files in one object.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::{HeaderMap, Method, header};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// The document by this name, for references into it.
const ID: &str = "urn:poa:openapi";

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(poa_issuer::http::openapi_document()).unwrap());

static SCHEMAS: LazyLock<Registry<'static>> =
    LazyLock::new(|| Registry::new().add(ID, DOCUMENT.clone()).unwrap().prepare().unwrap());

/// One exchange.
pub struct Exchange<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub request_headers: &'a HeaderMap,
    pub request_body: &'a [u8],
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// Asserts that an exchange is as documented.
#[track_caller]
pub fn assert_documented(exchange: &Exchange<'_>) {
    if let Err(why) = check(exchange) {
        let Exchange { method, path, status, body, .. } = exchange;
        panic!("{method} {path} answered {status}: {why}\n{}", String::from_utf8_lossy(body));
    }
}

/// What a body has against a schema of the document.
pub fn errors(pointer: &str, body: &Value) -> Vec<String> {
    validator(pointer).iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn check(exchange: &Exchange<'_>) -> Result<(), String> {
    // Above the published paths, and in their form: no agent's page, whose template it fits.
    if exchange.path == "/poa/api" {
        return Ok(());
    }
    let Some(template) = template(exchange.path) else { return Ok(()) };
    let item = format!("/paths/{}", escaped(template));
    let method = exchange.method.as_str().to_ascii_lowercase();
    let operation = format!("{item}/{method}");
    if DOCUMENT.pointer(&operation).is_none() {
        // Every `GET` answers `HEAD`; other origins ask with `OPTIONS` first.
        let asked = matches!(method.as_str(), "head" | "options");
        return if asked || exchange.status == 405 { Ok(()) } else { Err("the method is not documented".to_owned()) };
    }
    let answer = format!("{operation}/responses/{}", exchange.status);
    let documented = DOCUMENT.pointer(&answer).ok_or("the status is not documented")?;
    check_headers(documented, exchange.headers)?;
    check_body(&answer, documented, exchange)?;
    if exchange.status < 300 { check_request(&operation, exchange) } else { Ok(()) }
}

fn check_headers(documented: &Value, headers: &HeaderMap) -> Result<(), String> {
    let fields = documented["headers"].as_object().into_iter().flatten();
    let missing: Vec<_> =
        fields.filter(|(name, field)| field["required"] == true && !headers.contains_key(name.as_str())).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("header fields are missing: {missing:?}")) }
}

fn check_body(answer: &str, documented: &Value, exchange: &Exchange<'_>) -> Result<(), String> {
    let kind = media_type(exchange.headers);
    let Some(contents) = documented["content"].as_object() else {
        return if exchange.body.is_empty() { Ok(()) } else { Err("no body is documented".to_owned()) };
    };
    let content = contents.get(&kind).ok_or_else(|| format!("{kind} is not documented"))?;
    if content.get("schema").is_none() {
        return Ok(());
    }
    valid(&format!("{answer}/content/{}/schema", escaped(&kind)), exchange.body)
}

fn check_request(operation: &str, exchange: &Exchange<'_>) -> Result<(), String> {
    if exchange.request_body.is_empty() {
        return Ok(());
    }
    let kind = media_type(exchange.request_headers);
    let content = format!("{operation}/requestBody/content/{}", escaped(&kind));
    match DOCUMENT.pointer(&content).map(|content| content.get("schema").is_some()) {
        Some(true) => valid(&format!("{content}/schema"), exchange.request_body)
            .map_err(|why| format!("a request was accepted: {why}")),
        // Bytes have no schema.
        Some(false) => Ok(()),
        // The published form takes JSON of any media type, DID resolution that of none.
        None if kind.is_empty() => Ok(()),
        None if exchange.path.starts_with("/poa/api/") => Ok(()),
        None => Err(format!("{kind} was accepted and is not documented")),
    }
}

fn valid(pointer: &str, body: &[u8]) -> Result<(), String> {
    // Media types of JSON documents do not all say so; no text of ours is a JSON object or array.
    let document = serde_json::from_slice(body).ok().filter(|value: &Value| value.is_object() || value.is_array());
    let value = document.unwrap_or_else(|| Value::from(String::from_utf8_lossy(body).trim_end()));
    let errors = errors(pointer, &value);
    if !errors.is_empty() {
        return Err(format!("{pointer}: {errors:#?}"));
    }
    record(pointer, &value);
    Ok(())
}

fn record(pointer: &str, body: &Value) {
    let Some(directory) = std::env::var_os("RECORD_EXAMPLES") else { return };
    let reference = DOCUMENT.pointer(pointer).and_then(|schema| schema["$ref"].as_str());
    let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/components/schemas/")) else { return };
    let path = std::path::Path::new(&directory).join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(body).unwrap();
    if !path.metadata().is_ok_and(|known| known.len() <= text.len() as u64) {
        std::fs::write(path, text).unwrap();
    }
}

fn validator(pointer: &str) -> Arc<Validator> {
    static BUILT: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut built = BUILT.lock().unwrap();
    let build = || {
        // Braces of path templates are not for fragments.
        let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
        let schema = json!({ "$ref": format!("{ID}#{fragment}") });
        Arc::new(jsonschema::options().offline().with_registry(&SCHEMAS).build(&schema).unwrap())
    };
    Arc::clone(built.entry(pointer.to_owned()).or_insert_with(build))
}

/// The path of the document that a path is of: where both fit, literal parts go before parameters.
fn template(path: &str) -> Option<&'static str> {
    let parameters = |template: &str| template.matches('{').count();
    let fits = |template: &&str| {
        let (mut parts, mut named) = (path.split('/'), template.split('/'));
        loop {
            match (parts.next(), named.next()) {
                (None, None) => return true,
                (Some(part), Some(name)) if part == name || (name.starts_with('{') && !part.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let templates = DOCUMENT["paths"].as_object().unwrap().keys().map(String::as_str);
    templates.filter(fits).min_by_key(|template| parameters(template))
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// As a part of a JSON pointer in a reference.
fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
