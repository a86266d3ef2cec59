//! `/openapi.json`: a whole and valid document, of every route.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::Value;

use crate::conformance;
use crate::service::Service;

fn document() -> Value {
    serde_json::from_str(poa_issuer::http::openapi_document()).unwrap()
}

/// Path, method and operation of each.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(|(method, operation)| (path.clone(), method.clone(), operation.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

/// Calls `visit` with every object anywhere in the document.
fn each_object(value: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| each_object(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served_and_tagged() {
    let service = Service::start().await;
    let answer = service.get("/openapi.json").await;
    assert_eq!((answer.status, answer.json()), (200, document()));
    assert_eq!(answer.json()["openapi"], "3.1.0");
    let known =
        Request::get("/openapi.json").header("if-none-match", answer.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(service.send(known).await.status, 304);
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = document();
    each_object(&document, &mut |members| {
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out"));
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    });
}

#[test]
fn every_schema_of_the_document_is_one() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
}

#[test]
fn every_body_of_a_schema_has_an_example_that_is_one() {
    let document = document();
    let mut without = BTreeSet::new();
    each_object(&document["paths"], &mut |members| {
        let reference = members.get("schema").and_then(|schema| schema["$ref"].as_str());
        let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/components/schemas/")) else {
            return;
        };
        match members.get("examples").map(|examples| &examples[name]["$ref"]) {
            Some(example) => {
                let body = &document.pointer(&example.as_str().unwrap()[1..]).unwrap()["value"];
                let errors = conformance::errors(&format!("/components/schemas/{name}"), body);
                assert!(errors.is_empty(), "{name}: {errors:#?}");
            }
            // An example of the document would be the document.
            None if name == "openapi" => {}
            None => drop(without.insert(name.to_owned())),
        }
    });
    assert!(without.is_empty(), "no examples of {without:?}");
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        let id = operation["operationId"].as_str().filter(|id| !id.is_empty());
        assert!(
            ids.insert(id.unwrap_or_else(|| panic!("{name} has no id")).to_owned()),
            "{name} has the id of another"
        );
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(&tag.to_string())), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        assert!(responses.values().all(|response| response["description"] != ""), "{name}");
        if let Some(body) = operation.get("requestBody") {
            assert!(!body["content"].as_object().unwrap().is_empty(), "{name} reads what is not described");
        }
        let named: BTreeSet<_> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let described: BTreeSet<_> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(named, described, "{name}");
    }
    assert!(ids.len() > 60, "{} operations", ids.len());
}

/// The document is of the routes that are served: what it does not have is not there.
#[tokio::test]
async fn every_documented_path_is_routed() {
    let service = Service::start().await;
    for (path, ..) in operations(&document()) {
        let request = Request::builder().method(Method::PATCH).uri(path.replace(['{', '}'], "")).body(Body::empty());
        assert_eq!(service.send(request.unwrap()).await.status, 405, "{path}");
    }
}

#[test]
fn every_problem_is_documented_with_what_helps() {
    let document = document();
    for problem in poa_issuer::http::Problem::ALL {
        let schema = &document["components"]["schemas"][format!("problem.{}", problem.code())];
        assert_eq!(schema["title"], problem.title());
        assert!(schema["description"].as_str().unwrap().starts_with(problem.meaning()));
        let example = &document["components"]["examples"][format!("problem.{}", problem.code())]["value"];
        assert_eq!(example["type"], problem.uri());
        let errors = conformance::errors(&format!("/components/schemas/problem.{}", problem.code()), example);
        assert!(errors.is_empty(), "{errors:#?}");
    }
}
