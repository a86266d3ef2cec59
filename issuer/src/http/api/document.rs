//! The OpenAPI 3.1 document: the descriptions of all routes, the schemas, how callers authenticate.

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::OpenApiBuilder;
use utoipa::openapi::info::{Info, InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::Paths;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;

use super::answer::REQUIRED;
use super::description::{AGENT, OPERATOR, REGISTERED_VERIFIER, VERIFIER};
use super::schemas;

const DESCRIPTION: &str = "\
Issues and verifies zero-knowledge credentials and Proofs of Agenthood.

Bodies are strict JSON in UTF-8: unknown and repeated members are refused. Every refusal is an RFC 9457 problem with a \
stable `code` and a `recovery` that a program can take ([all of them](/docs/problems)); under `/poa/api` it has the \
published form `{error, detail?}`. A path that exists answers other methods with 405 and `Allow`.

Before a route is looked for, and with a problem document at every path: 400 `malformed-request` for what is not HTTP or not \
for one well-formed host, 408 for a header that arrives too slowly, 414, 431, 429 for too many requests of a client under \
way, 503 when all places are taken or the service is starting.";

const TAGS: &[(&str, &str)] = &[
    ("Agents", "Registration, keys and standing of agents."),
    ("Attestations", "Signed work receipts, and who may sign them."),
    ("Credentials", "Zero-knowledge credentials and presentations."),
    ("Verification", "A document and a request in, a report out."),
    ("VC-API", "W3C's VC-API: credentials that callers write, documents of anybody."),
    ("Schemas", "What leaves mean, and what credentials may show."),
    ("Log", "Signed tree heads, and the tree in public pieces."),
    ("Discovery", "What a verifier pins: trust document, keys, DID documents, contexts, status lists."),
    ("Proof of Agenthood", "Documents about agents on a chain, in the published form."),
    ("Chain", "The embedded registry: read by anybody, written by the operator."),
    ("Issuer keys", "The operator replaces keys and marks those that leaked."),
    ("Operation", "Whether it runs, and what people and programs read about it."),
];

/// The document, the same for as long as the program runs.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| written(crate::http::routes().into_paths()));
    &DOCUMENT
}

fn written(paths: Paths) -> String {
    let components = ComponentsBuilder::new()
        .security_scheme(OPERATOR, operator())
        .security_scheme(AGENT, agent())
        .security_scheme(VERIFIER, verifier())
        .security_scheme(REGISTERED_VERIFIER, registered_verifier());
    let document = OpenApiBuilder::new()
        .info(info())
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build())));
    // Maps with text for keys; nothing in them refuses to be written.
    let mut document = serde_json::to_value(document.build()).expect("the document is JSON");
    document["components"]["schemas"] = schemas::components().into();
    document["components"]["examples"] = schemas::examples().into();
    name_required(&mut document);
    document.to_string()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Proof of Agenthood issuer")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build()))
        .build()
}

fn operator() -> SecurityScheme {
    bearer("The operator's token, from the file `operator-token` of the service's data directory.")
}

fn verifier() -> SecurityScheme {
    bearer("The token in the answer of `POST /presentation-requests`, for that request alone.")
}

fn registered_verifier() -> SecurityScheme {
    bearer("The token in the answer of `POST /verifiers`, for requests of that verifier's origin.")
}

fn bearer(text: &str) -> SecurityScheme {
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build())
}

fn agent() -> SecurityScheme {
    let text = "RFC 9421 HTTP message signature by the agent's Ed25519 key: `Signature` and `Signature-Input`, algorithm \
                `ed25519`, over `@method`, `@target-uri` and, with a body, `content-digest`, with `created`, `expires`, \
                `nonce` (good once) and the agent's DID as `keyid`. A key that was replaced reads and presents for an hour \
                and gets 403 for everything that changes something.";
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Signature", text)))
}

/// The extension that stands for `required` of header fields gets its name.
fn name_required(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(required) = members.remove(REQUIRED) {
                members.insert("required".to_owned(), required);
            }
            members.values_mut().for_each(name_required);
        }
        Value::Array(items) => items.iter_mut().for_each(name_required),
        _ => {}
    }
}
