//! `/schemas`: attestation schemas (what leaves mean) and disclosure schemas (what credentials show).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use poa_verifier::json;
use poa_verifier::schema::{DISCLOSURE_SCHEMA_TYPE, DisclosureSchemaDocument, Predicate};
use serde::Deserialize;
use serde_json::{Value, json as object};

use super::api::{Answer, Routes, get, parameters, post};
use super::body::Json;
use super::call::{ByOperator, Call};
use super::error::{ApiError, Problem};
use super::limits;
use super::reply::{Created, cached, private, typed};
use crate::app::App;
use crate::disclosure;
use crate::domain::{DomainError, Kind};

/// Schemas are immutable.
const KEPT_S: u32 = 24 * 3600;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Schemas")
        .route(get("/schemas", list).means("listSchemas", "All schemas of both kinds").answers(Answer::json(
            200,
            "schema-list",
            "Their documents.",
        )))
        .route(
            post("/schemas", add)
                .means("addSchema", "Add a disclosure schema")
                .reads("disclosure-schema.addition", limits::SMALL_BYTES)
                .answers(Answer::json(201, "disclosure-schema", "The schema, immutable from now on.").located())
                .refuses(&[Problem::Conflict, Problem::Unprocessable]),
        )
        .route(
            get("/schemas/{name}/{version}", show)
                .means("showSchema", "One schema, in the form its digest is of")
                .takes(parameters::part("name", "^[a-z0-9_.-]{1,96}$", "The name before the slash of its short name."))
                .takes(parameters::number("version", u32::MAX.into(), "The version after the slash."))
                .answers(Answer::json(200, "schema", "The document.").cached())
                .refuses(&[Problem::NotFound]),
        )
}

/// `GET /schemas`: all documents of both kinds.
async fn list(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let attestation: Vec<Value> = app.domain().attestation_schemas().await?.into_iter().map(|s| s.document).collect();
    let disclosure: Vec<Value> = app
        .domain()
        .disclosure_schemas()
        .await?
        .into_iter()
        .map(|schema| object!({ "document": schema.document, "digestSRI": schema.digest_sri }))
        .collect();
    let body = object!({ "attestationSchemas": attestation, "disclosureSchemas": disclosure });
    Ok(private(JsonReply(body)))
}

/// `GET /schemas/{name}/{version}`: one document, in the JCS form its digest is of.
async fn show(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::from(DomainError::NotFound(Kind::Schema));
    let version: u32 = version.parse().ok().filter(|n: &u32| n.to_string() == version).ok_or_else(unknown)?;
    let document = match app.domain().disclosure_schema(&name, version).await {
        Ok(schema) => schema.document,
        Err(DomainError::NotFound(Kind::Schema)) => app.domain().attestation_schema(&name, version).await?.document,
        Err(error) => return Err(error.into()),
    };
    Ok(cached(typed("application/json", json::canonical(&document)), KEPT_S))
}

/// A disclosure schema to be added. `id` and `type` follow from the rest; when given they must agree.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddBody {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    name: String,
    version: u32,
    title: String,
    description: String,
    disclose: Vec<String>,
    predicates: BTreeMap<String, Vec<Predicate>>,
    nonzero: Vec<String>,
    valid_for_s: u64,
}

/// `POST /schemas`: adds a disclosure schema, without a restart.
async fn add(State(app): State<Arc<App>>, call: Call<ByOperator, Json<AddBody>>) -> Result<Response, ApiError> {
    let body = call.body.0;
    let id = disclosure::schema_url(&app.config().public_url, &body.name, body.version);
    if body.id.is_some_and(|given| given != id) {
        let detail = format!("The id of this schema is {id}; it may be left out.");
        return Err(ApiError::of_member(Problem::Unprocessable, "id", detail));
    }
    let document = DisclosureSchemaDocument {
        id,
        kind: body.kind.unwrap_or_else(|| DISCLOSURE_SCHEMA_TYPE.to_owned()),
        name: body.name,
        version: body.version,
        title: body.title,
        description: body.description,
        disclose: body.disclose,
        predicates: body.predicates,
        nonzero: body.nonzero,
        valid_for_s: body.valid_for_s,
    };
    let record = app.add_schema(document).await?;
    Ok(Created(record.document, Some(record.id)).into_response())
}
