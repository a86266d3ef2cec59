//! A replaced request key in its hour of grace: it reads and presents, and changes nothing.

use std::collections::BTreeSet;

use axum::http::Method;
use poa_verifier::holder_pop::Action;
use serde_json::{Value, json};

use crate::service::{Agent, Answer, Attestor, Service};

/// The operations that an agent may sign with a replaced key, and no other. A new operation that agents may call is
/// decided on here.
const READ_OR_PRESENT: [&str; 9] = [
    "answerPresentationRequest",
    "challengeAgent",
    "listAgents",
    "opening",
    "present",
    "showAgent",
    "vcApiVerifyCredential",
    "vcApiVerifyPresentation",
    "verify",
];

/// Gives the agent another request key; the old one is in grace unless the body says otherwise.
async fn rotate(service: &Service, agent: &Agent, more: Value) -> (Answer, Agent) {
    let next = Attestor::random();
    let mut body = json!({ "ed25519_public_key": next.multikey() });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = service.agent(agent, Method::POST, &agent.path("/keys"), &body).await;
    (answer, Agent { did: agent.did.clone(), id: agent.id.clone(), key: next.0 })
}

/// Every operation that takes an agent's signature: its id, method and path.
fn signed_operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::from_str(poa_issuer::http::openapi_document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().cloned().unwrap_or_default();
            if security.iter().any(|scheme| scheme.get("agentSignature").is_some()) {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                found.push((id, method.to_uppercase().parse().unwrap(), path.clone()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_replaced_key_changes_nothing_on_any_route() {
    let service = Service::start().await;
    let replaced = service.attested_agent().await;
    let (answer, _) = rotate(&service, &replaced, json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let operations = signed_operations();
    let ids: BTreeSet<&str> = operations.iter().map(|(id, ..)| id.as_str()).collect();
    assert!(READ_OR_PRESENT.iter().all(|id| ids.contains(id)), "{ids:?}");
    let before = service.snapshot().await;
    for (id, method, path) in &operations {
        let path = path.replace("{id}", &replaced.id);
        let body = if *method == Method::POST { json!({}) } else { Value::Null };
        let answer = service.agent(&replaced, method.clone(), &path, &body).await;
        if READ_OR_PRESENT.contains(&id.as_str()) {
            assert_ne!(answer.status, 403, "{id}: {answer:?}");
        } else {
            answer.assert_problem(403, "forbidden");
            assert!(answer.text().contains("was replaced"), "{id}: {}", answer.text());
        }
    }
    // Used nonces of what was read are the one trace.
    assert_eq!(before.changes(&service.snapshot().await, &["signature_nonces"]), Vec::<String>::new());
}

#[tokio::test]
async fn a_replaced_key_reads_and_presents() {
    let service = Service::start().await;
    let replaced = service.attested_agent().await;
    rotate(&service, &replaced, json!({})).await;
    let opening = service.agent(&replaced, Method::GET, &replaced.path("/opening"), &Value::Null).await;
    assert_eq!(opening.status, 200, "{opening:?}");
    let body = json!({
        "schema": "task_completion/1",
        "predicates": { "tasks_completed": { "atLeast": "100" } },
        "challenge": "a challenge",
        "domain": "https://verifier.example",
    });
    let presented = service.agent(&replaced, Method::POST, "/presentations", &body).await;
    assert_eq!(presented.status, 200, "{presented:?}");
}

#[tokio::test]
async fn a_thief_with_the_replaced_key_does_not_keep_the_agent() {
    let service = Service::start().await;
    let stolen = service.register_managed("a").await;
    let (_, own) = rotate(&service, &stolen, json!({})).await;
    let (answer, _) = rotate(&service, &stolen, json!({})).await;
    answer.assert_problem(403, "forbidden");
    service.operator(Method::POST, &own.path("/suspend"), &json!({})).await;
    let (answer, _) = rotate(&service, &stolen, json!({})).await;
    answer.assert_problem(403, "forbidden");
    let shown = service.get(&own.path("")).await.json();
    assert_eq!(shown["ed25519_public_key"], crate::service::multikey(&own.key));
}

#[tokio::test]
async fn a_suspended_agent_leaves_rotating_to_the_operator() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    service.operator(Method::POST, &agent.path("/suspend"), &json!({})).await;
    let (answer, _) = rotate(&service, &agent, json!({})).await;
    answer.assert_problem(403, "agent-not-active");
    let body = json!({ "ed25519_public_key": Attestor::random().multikey() });
    let answer = service.operator(Method::POST, &agent.path("/keys"), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_leaked_key_ends_at_once_without_grace() {
    let service = Service::start().await;
    let leaked = service.register_managed("a").await;
    let ask = async |who: &Agent| service.agent(who, Method::POST, &who.path("/challenge"), &json!({})).await.status;
    let (answer, second) = rotate(&service, &leaked, json!({ "grace": false })).await;
    assert_eq!((answer.status, ask(&leaked).await, ask(&second).await), (200, 401, 201));

    // One that is in grace already ends with the next rotation that gives none.
    let (_, third) = rotate(&service, &second, json!({})).await;
    assert_eq!((ask(&second).await, ask(&third).await), (201, 201));
    let (_, fourth) = rotate(&service, &third, json!({ "grace": false })).await;
    assert_eq!((ask(&second).await, ask(&third).await, ask(&fourth).await), (401, 401, 201));

    let nothing = json!({ "grace": false });
    let answer = service.agent(&fourth, Method::POST, &fourth.path("/keys"), &nothing).await;
    answer.assert_problem(422, "unprocessable");
}

#[tokio::test]
async fn the_operator_reads_who_rotated_which_key_and_when() {
    let service = Service::start().await;
    let first = service.register_managed("a").await;
    let (_, second) = rotate(&service, &first, json!({})).await;
    let third = Attestor::random().multikey();
    service.operator(Method::POST, &first.path("/keys"), &json!({ "ed25519_public_key": third })).await;
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    let acts: Vec<_> = acts.iter().filter(|act| act.act == "rotate_keys").collect();
    assert!(acts.iter().all(|act| act.subject == first.id && act.at == service.now()));
    let told = |index: usize, member: &str| acts[index].detail[member].clone();
    assert_eq!((told(0, "by"), told(1, "by")), (json!("agent"), json!("operator")));
    let keys = [&first, &second].map(|agent| json!(crate::service::multikey(&agent.key)));
    assert_eq!((told(0, "ed25519_before"), told(0, "ed25519_after")), (keys[0].clone(), keys[1].clone()));
    assert_eq!((told(1, "ed25519_before"), told(1, "ed25519_after")), (keys[1].clone(), json!(third)));
    assert_eq!(told(0, "ed25519_before_until"), service.now() + 3_600);
    assert_eq!(told(1, "ed25519_before_until"), service.now(), "at once");
}

#[tokio::test]
async fn an_agent_rotates_only_so_often() {
    let service = Service::start().await;
    let mut agent = service.register_managed("a").await;
    for _ in 0..24 {
        let (answer, next) = rotate(&service, &agent, json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        agent = next;
    }
    let (refused, _) = rotate(&service, &agent, json!({})).await;
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "86400", "when the first of them is a day old");
    let body = json!({ "ed25519_public_key": Attestor::random().multikey() });
    assert_eq!(service.operator(Method::POST, &agent.path("/keys"), &body).await.status, 200);
}

#[tokio::test]
async fn a_holder_whose_request_key_was_taken_revokes_with_its_old_one() {
    let service = Service::start().await;
    let (own, holder) = service.register_holder().await;
    // A thief rotates; what the holder has left is the key in grace, and its holder key.
    rotate(&service, &own, json!({})).await;
    let challenge = service.agent(&own, Method::POST, &own.path("/challenge"), &json!({})).await.json();
    let body = json!({ "holder": {
        "nonce": challenge["nonce"], "exp": challenge["exp"],
        "signature": holder.sign(Action::Revoke, &challenge, &holder.secret.public()),
    } });
    let answer = service.post(&own.path("/revoke"), &body).await;
    assert_eq!(answer.json()["status"], "revoked", "{answer:?}");
}
