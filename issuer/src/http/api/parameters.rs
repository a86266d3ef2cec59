//! Parts of paths, queries and headers, each described once.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required, Schema};

const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const ADDRESS: &str = "^[1-9A-HJ-NP-Za-km-z]{46,50}$";

/// A part of the path: a text of this pattern.
pub fn part(name: &str, pattern: &str, description: &str) -> Parameter {
    parameter(name, ParameterIn::Path, text(pattern), description)
}

/// A part of the path: one of these words.
pub fn word(name: &str, words: &[&str], description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied()));
    parameter(name, ParameterIn::Path, schema, description)
}

/// A part of the path: a number.
pub fn number(name: &str, maximum: u64, description: &str) -> Parameter {
    parameter(name, ParameterIn::Path, integer(0, maximum), description)
}

/// A query parameter of text that may be left out.
pub fn query(name: &str, pattern: &str, description: &str) -> Parameter {
    parameter(name, ParameterIn::Query, text(pattern), description)
}

/// A query parameter that is a number.
pub fn query_number(name: &str, minimum: u64, maximum: u64, required: bool, description: &str) -> Parameter {
    let mut parameter = parameter(name, ParameterIn::Query, integer(minimum, maximum), description);
    parameter.required = if required { Required::True } else { Required::False };
    parameter
}

/// `{id}` of an agent.
pub fn agent() -> Parameter {
    part("id", UUID, "The agent's UUID, the last part of its DID.")
}

/// `{id}` of a credential.
pub fn credential() -> Parameter {
    part("id", UUID, "The credential's UUID.")
}

/// `{id}` of a verifier's request.
pub fn presentation_request() -> Parameter {
    part("id", UUID, "The request's UUID.")
}

/// `{id}` of a registered verifier.
pub fn verifier() -> Parameter {
    part("id", UUID, "The verifier's UUID.")
}

/// An account of the chain.
pub fn account(name: &str) -> Parameter {
    let schema = text(ADDRESS).format(Some(SchemaFormat::Custom("ss58".to_owned())));
    parameter(name, ParameterIn::Path, schema, "SS58 address of the service's network.")
}

/// `{jti}` of a Proof of Agenthood.
pub fn jti() -> Parameter {
    part("jti", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", "The document's ULID.")
}

/// Pages by cursor: `cursor` and `limit`.
pub fn cursor(pattern: &str) -> Parameter {
    query("cursor", pattern, "`next` of the page before; left out for the first.")
}

/// Entries of a page.
pub fn limit(maximum: u64) -> Parameter {
    query_number("limit", 1, maximum, false, "Most entries in the page.")
}

/// `Idempotency-Key` of at most so many bytes.
pub fn idempotency_key(max: usize) -> Parameter {
    let schema =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^[!-~]([ -~]{{0,{}}}[!-~])?$", max - 2)));
    let text = "The same request under the same key is done once: a repetition gets the first answer. Printable ASCII.";
    parameter("Idempotency-Key", ParameterIn::Header, schema, text)
}

/// `If-None-Match`.
pub(super) fn if_none_match() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    parameter("If-None-Match", ParameterIn::Header, schema, "Tags of versions that the caller has.")
}

fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

fn integer(minimum: u64, maximum: u64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(minimum)).maximum(Some(maximum))
}

fn parameter(name: &str, place: ParameterIn, schema: impl Into<RefOr<Schema>>, description: &str) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .schema(Some(schema))
        .description(Some(description))
        .build()
}
