//! The JSON Schemas of `schemas/` as components of the document: each file by its name, each of its `$defs` as
//! `file.definition`, and one schema per kind of problem. They are written once, in those files. Examples of bodies
//! are as the service and its callers sent them in a test.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::openapi::Ref;

use crate::http::error::{ApiError, Problem};

/// Bodies by the names of their schemas, recorded by `issuer/tests/openapi/conformance.rs`, and a document of each
/// problem.
static EXAMPLES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    // Part of this program; a test reads every one.
    let mut examples: Map<String, Value> =
        serde_json::from_str(include_str!("examples.json")).expect("the examples are a JSON object");
    examples.extend(Problem::ALL.iter().map(|problem| {
        let example = ApiError::new(*problem, problem.meaning()).to_json();
        (problem_name(*problem), example)
    }));
    examples
});

const DIALECT_MEMBERS: [&str; 2] = ["$schema", "$id"];

macro_rules! files {
    ($($path:literal)+) => {
        &[$(($path, include_str!(concat!("../../../../schemas/", $path, ".json")))),+]
    };
}

/// Every schema file by its path under `schemas/`.
const FILES: &[(&str, &str)] = files! {
    "agenthood-api"
    "agenthood-claims"
    "agenthood-issuers"
    "attestation-schema"
    "chain-reader"
    "disclosure-schema"
    "poa-trust"
    "presentation-request-claims"
    "presentation"
    "status-list"
    "token-status-list"
    "tree-head"
    "verification-report"
    "verification-request"
    "zk-credential"
    "api/agent-list"
    "api/agent-registration"
    "api/agent-revocation"
    "api/agent-standing"
    "api/agent"
    "api/attestation-results"
    "api/attestations"
    "api/attestor-registration"
    "api/attestor"
    "api/challenge"
    "api/clock"
    "api/clock-confirmation"
    "api/compromised-documents"
    "api/context"
    "api/did-document"
    "api/did-resolution-options"
    "api/did-resolution-result"
    "api/did-url-dereferencing-result"
    "api/health"
    "api/issuer-key-compromise"
    "api/issuer-key-rotation"
    "api/issuer-keys"
    "api/jwks"
    "api/key-rotation"
    "api/openapi"
    "api/log-recovery"
    "api/opening"
    "api/presentation-outcome"
    "api/presentation-request"
    "api/presentation-response-result"
    "api/presentation-response"
    "api/problem"
    "api/ready"
    "api/registry"
    "api/root"
    "api/schema-list"
    "api/schema"
    "api/status-list-aggregation"
    "api/vc-api-issue"
    "api/vc-api-issued"
    "api/vc-api-not-verified"
    "api/vc-api-status-answer"
    "api/vc-api-status"
    "api/vc-api-verified"
    "api/vc-api-verify-credential"
    "api/vc-api-verify-presentation"
    "api/verifier-list"
    "api/verifier-registered"
    "api/verifier-registration"
    "api/verifier-request-created"
    "api/verifier-request-view"
    "api/verifier-request"
    "api/verify-answer"
    "api/verify-batch-answer"
    "api/verify"
    "api/zk-credential-batch-results"
    "api/zk-credential-batch"
    "api/zk-credential-pending"
    "api/zk-credential-proof"
    "api/zk-credential-request"
    "api/zk-credential-revocation"
};

/// Where a schema is in the document.
pub fn pointer(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// Where the example of a schema is, if there is one.
pub fn example(name: &str) -> Option<Ref> {
    EXAMPLES.contains_key(name).then(|| Ref::new(format!("#/components/examples/{name}")))
}

/// All examples by the names of their schemas.
pub fn examples() -> Map<String, Value> {
    EXAMPLES.iter().map(|(name, example)| (name.clone(), json!({ "value": example }))).collect()
}

/// The name of the schema of one kind of problem.
pub fn problem_name(problem: Problem) -> String {
    format!("problem.{}", problem.code())
}

/// All of them by their names.
pub fn components() -> Map<String, Value> {
    let mut components = Map::new();
    for (path, text) in FILES {
        let file = path.rsplit('/').next().unwrap_or(path);
        // Part of this program; a test reads every one.
        let mut schema: Map<String, Value> = serde_json::from_str(text).expect("a schema file is a JSON object");
        DIALECT_MEMBERS.iter().for_each(|member| drop(schema.remove(*member)));
        if let Some(Value::Object(definitions)) = schema.remove("$defs") {
            for (name, mut definition) in definitions {
                rewrite(&mut definition, file);
                components.insert(format!("{file}.{name}"), definition);
            }
        }
        let mut schema = Value::Object(schema);
        rewrite(&mut schema, file);
        components.insert(file.to_owned(), schema);
    }
    components.extend(Problem::ALL.iter().map(|problem| (problem_name(*problem), of_problem(*problem))));
    components
}

/// References between files, and within one, as references to components.
fn rewrite(value: &mut Value, file: &str) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                *reference = component_of(reference, file);
            }
            members.values_mut().for_each(|member| rewrite(member, file));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, file)),
        _ => {}
    }
}

fn component_of(reference: &str, file: &str) -> String {
    let (id, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let name = match id.strip_prefix("urn:poa:schema:") {
        // Either `api:name` or `name:version`.
        Some(id) => id.strip_prefix("api:").or(id.split_once(':').map(|(name, _)| name)).unwrap_or(id),
        None => file,
    };
    match fragment.strip_prefix("/$defs/") {
        Some(definition) => pointer(&format!("{name}.{definition}")),
        None => pointer(name),
    }
}

fn of_problem(problem: Problem) -> Value {
    let example = &EXAMPLES[&problem_name(problem)];
    json!({
        "title": problem.title(),
        "description": format!("{} Usual recovery: `{}`.", problem.meaning(), example["recovery"]["action"].as_str().unwrap_or_default()),
        "allOf": [
            { "$ref": pointer("problem") },
            {
                "properties": {
                    "type": { "const": example["type"] },
                    "title": { "const": example["title"] },
                    "status": { "const": example["status"] },
                    "code": { "const": example["code"] },
                },
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_schema_file_is_in_the_document() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let names = |directory: &str| {
            let entries = std::fs::read_dir(root.join(directory)).unwrap().map(|entry| entry.unwrap().path());
            let files = entries.filter(|path| path.extension().is_some_and(|kind| kind == "json"));
            files.map(|path| format!("{directory}{}", path.file_stem().unwrap().to_str().unwrap())).collect::<Vec<_>>()
        };
        let found: BTreeSet<_> = [names(""), names("api/")].concat().into_iter().collect();
        let embedded: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(embedded, found);
    }

    #[test]
    fn no_two_schemas_have_one_name() {
        let mut count = Problem::ALL.len();
        for (_, text) in FILES {
            let schema: Value = serde_json::from_str(text).unwrap();
            count += 1 + schema["$defs"].as_object().map_or(0, Map::len);
        }
        assert_eq!(components().len(), count);
    }
}
