//! `/poa/registry/agents`: the operator writes the embedded registry. Each call is one block.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_verifier::agenthood::claims::Balance;
use poa_verifier::agenthood::ss58::Address;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chain::embedded;
use crate::app::App;
use crate::chain::Block;
use crate::domain::registry::{Act, NewAgent, RegistryError};
use crate::http::api::{Answer, Routes, delete, parameters, post};
use crate::http::body::{Empty, Json};
use crate::http::call::{ByOperator, Call};
use crate::http::error::{ApiError, Problem};
use crate::http::limits;
use crate::http::parameters::Id;
use crate::http::reply::{Created, private};
use crate::http::wire::Text;

/// A behaviour graph with what is around it.
const GRAPH_BYTES: usize = 96 * 1024;

/// The routes of the registry.
pub fn routes() -> Routes {
    let changed = || Answer::json(200, "registry.change", "The block of the change.");
    let agent = || parameters::account("id");
    let refused: &[_] = &[Problem::Conflict, Problem::Unprocessable];
    Routes::of("Chain")
        .route(
            post("/poa/registry/agents", register)
                .means("registerOnChain", "Register an agent in the embedded registry")
                .reads("registry.registration", GRAPH_BYTES)
                .answers(Answer::json(201, "registry.change", "The block of the change.").located())
                .refuses(refused)
                .refuses(&[Problem::NotFound]),
        )
        .route(
            delete("/poa/registry/agents/{id}", deregister)
                .means("deregisterOnChain", "Deregister an agent")
                .takes(agent())
                .body_limit(limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/abg", publish_abg)
                .means("publishGraph", "Publish a new version of its behaviour graph")
                .takes(agent())
                .reads("registry.graph", GRAPH_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/controller", rotate)
                .means("rotateController", "Name another controller, or none")
                .takes(agent())
                .reads("registry.controller", limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/sovereignty", set_sovereign)
                .means("setSovereignty", "Make it sovereign, or end that")
                .takes(agent())
                .reads("registry.sovereignty", limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/balance", set_balance)
                .means("setBalance", "Set its balance")
                .takes(agent())
                .reads("registry.balance", limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/collectable", set_collectable)
                .means("setCollectable", "Say whether the chain may remove it")
                .takes(agent())
                .reads("registry.collectable", limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
        .route(
            post("/poa/registry/agents/{id}/runs", record_runs)
                .means("recordRuns", "Record runs")
                .takes(agent())
                .reads("registry.runs", limits::SMALL_BYTES)
                .answers(changed())
                .refuses(refused),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RegisterBody {
    agent_id: Address,
    name: Text<200>,
    summary: Option<Text<2000>>,
    abg: Map<String, Value>,
    #[serde(default)]
    sovereign: bool,
    #[serde(deserialize_with = "Option::deserialize")]
    controller: Option<Address>,
    registrar: Option<Address>,
    seus_balance: Balance,
    #[serde(default)]
    enclave_bound: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AbgBody {
    abg: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControllerBody {
    #[serde(deserialize_with = "Option::deserialize")]
    controller: Option<Address>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SovereigntyBody {
    sovereign: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BalanceBody {
    seus_balance: Balance,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectableBody {
    collectable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RunsBody {
    #[serde(default)]
    kzg: u32,
    #[serde(default)]
    signature_only: u32,
}

async fn register(
    State(app): State<Arc<App>>,
    call: Call<ByOperator, Json<RegisterBody>>,
) -> Result<Created<Value>, ApiError> {
    let body = call.body.0;
    let agent = of_network(&app, "agentId", body.agent_id)?;
    let controller = body.controller.map(|address| of_network(&app, "controller", address)).transpose()?;
    let registrar = body.registrar.or(controller).unwrap_or(agent);
    let act = Act::Register(Box::new(NewAgent {
        name: body.name.0,
        summary: body.summary.map(|summary| summary.0),
        abg: Value::Object(body.abg),
        sovereign: body.sovereign,
        controller,
        registrar,
        balance: body.seus_balance,
        enclave_bound: body.enclave_bound,
    }));
    let block = apply(&app, &agent, &act).await?;
    Ok(Created(answer(&agent, &block), Some(app.config().public_url.join(&format!("/poa/api/snapshot/{agent}")))))
}

async fn deregister(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, ApiError> {
    change(&app, agent, &Act::Deregister).await
}

async fn publish_abg(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<AbgBody>>,
) -> Result<Response, ApiError> {
    change(&app, agent, &Act::PublishAbg(Value::Object(call.body.0.abg))).await
}

async fn rotate(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<ControllerBody>>,
) -> Result<Response, ApiError> {
    let controller = call.body.0.controller.map(|address| of_network(&app, "controller", address)).transpose()?;
    change(&app, agent, &Act::RotateController(controller)).await
}

async fn set_sovereign(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<SovereigntyBody>>,
) -> Result<Response, ApiError> {
    change(&app, agent, &Act::SetSovereign(call.body.0.sovereign)).await
}

async fn set_balance(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<BalanceBody>>,
) -> Result<Response, ApiError> {
    change(&app, agent, &Act::SetBalance(call.body.0.seus_balance)).await
}

async fn set_collectable(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<CollectableBody>>,
) -> Result<Response, ApiError> {
    change(&app, agent, &Act::SetCollectable(call.body.0.collectable)).await
}

async fn record_runs(
    State(app): State<Arc<App>>,
    Id(agent): Id<Address>,
    call: Call<ByOperator, Json<RunsBody>>,
) -> Result<Response, ApiError> {
    let RunsBody { kzg, signature_only } = call.body.0;
    change(&app, agent, &Act::RecordRuns { kzg, signature_only }).await
}

async fn change(app: &App, agent: Address, act: &Act) -> Result<Response, ApiError> {
    let block = apply(app, &agent, act).await?;
    Ok(private(JsonReply(answer(&agent, &block))))
}

async fn apply(app: &App, agent: &Address, act: &Act) -> Result<Block, ApiError> {
    embedded(app)?.apply(agent, act, app.now()).await.map_err(|error| match &error {
        RegistryError::NotRegistered => ApiError::of_member(Problem::NotFound, "agentId", format!("{error}.")),
        RegistryError::AlreadyRegistered | RegistryError::Unchanged => {
            ApiError::of_member(Problem::Conflict, "agentId", format!("{error}."))
        }
        RegistryError::Member { member, .. } => {
            ApiError::of_member(Problem::Unprocessable, *member, format!("{error}."))
        }
        RegistryError::Store(_) => ApiError::internal(&error),
    })
}

fn of_network(app: &App, member: &'static str, address: Address) -> Result<Address, ApiError> {
    if address.network() == app.config().agenthood.network {
        Ok(address)
    } else {
        Err(ApiError::of_member(Problem::Unprocessable, member, "The address is of another network."))
    }
}

fn answer(agent: &Address, block: &Block) -> Value {
    json!({ "agentId": agent, "block": block })
}
