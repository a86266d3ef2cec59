//! `GET /agents/{id}/opening`: the agent's alone, and it really opens the leaf.

use axum::http::Method;
use poa_circuits::native::field;
use poa_circuits::native::leaf::{AgentId, Leaf};
use serde_json::Value;

use crate::envelope::assert_valid;
use crate::service::Service;

#[tokio::test]
async fn the_opening_hashes_to_the_published_leaf() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let answer = service.agent(&agent, Method::GET, &agent.path("/opening"), &Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_valid("opening", &body);
    let opening = &body["opening"];
    let element = |value: &Value| field::decode_hex(value.as_str().unwrap()).unwrap();
    let fields = opening["attribute_fields"].as_array().unwrap();
    let uuid: uuid::Uuid = agent.id.parse().unwrap();
    let leaf = Leaf {
        identity: element(&opening["identity"]),
        pseudonym: element(&opening["pseudonym"]),
        agent: AgentId::from_uuid_bytes(*uuid.as_bytes()).unwrap(),
        schema: element(&opening["schema"]),
        attributes: std::array::from_fn(|i| element(&fields[i])),
        expires_at: opening["expires_at"].as_u64().unwrap(),
        salt: element(&opening["salt"]),
    };
    let tile = service.get(&format!("/log/main/{}/tiles/0/0", body["seq"])).await.bytes;
    let index = body["index"].as_u64().unwrap() as usize;
    assert_eq!(field::to_bytes_be(&leaf.hash()), tile[32 * index..32 * (index + 1)]);
}

#[tokio::test]
async fn attributes_follow_from_the_receipt() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let body = service.agent(&agent, Method::GET, &agent.path("/opening"), &Value::Null).await.json();
    let attributes = &body["opening"]["attributes"];
    assert_eq!(attributes["tasks_completed"], "120");
    assert_eq!(attributes["earnings_sats"], "25000");
    assert_eq!(attributes["capabilities"], serde_json::json!(["swe-bench-lite", "open-source"]));
    assert_eq!(attributes["build_hash"], "ab".repeat(32));
    assert!(attributes["reputation"].as_u64().unwrap() > 5000);
}

#[tokio::test]
async fn nobody_else_is_told_not_even_the_operator() {
    let service = Service::start().await;
    let (agent, other) = (service.attested_agent().await, service.register_managed("o").await);
    let path = agent.path("/opening");
    service.get(&path).await.assert_problem(401, "unauthenticated");
    service.operator(Method::GET, &path, &Value::Null).await.assert_problem(403, "forbidden");
    service.agent(&other, Method::GET, &path, &Value::Null).await.assert_problem(403, "forbidden");
    let own = other.path("/opening");
    service.agent(&other, Method::GET, &own, &Value::Null).await.assert_problem(409, "no-leaf");
}
