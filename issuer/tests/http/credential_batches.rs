//! `POST /zk-credentials/batch`: a result for each item, idempotency, bounds, and its manners towards single requests.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Agent, Answer, Service};

const PATH: &str = "/zk-credentials/batch";

fn item(agent: &Agent, tasks: &str) -> Value {
    json!({
        "agent": agent.did,
        "schema": "task_completion/1",
        "predicates": { "tasks_completed": { "atLeast": tasks } },
    })
}

async fn send(service: &Service, batch: &[Value]) -> Answer {
    service.operator(Method::POST, PATH, &json!({ "batch": batch })).await
}

async fn send_with_key(service: &Service, batch: &[Value], key: &str) -> Answer {
    let request = Request::post(PATH)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", service.operator_token))
        .header("idempotency-key", key)
        .body(Body::from(json!({ "batch": batch }).to_string()))
        .unwrap();
    service.send(request).await
}

fn statuses(answer: &Value) -> Vec<u64> {
    answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn each_item_has_its_own_result_in_its_place() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let (holder, _) = service.register_holder().await;
    service.attest(&holder.did).await;
    let stranger = json!({ "agent": "did:poa:elsewhere.example:67e55044-10b1-426f-9247-bb680e5fe0c8",
        "schema": "task_completion/1" });
    let batch = [
        item(&agent, "100"),
        item(&agent, "1000000"),
        item(&holder, "100"),
        stranger,
        item(&agent, "101"),
        item(&agent, "50"),
    ];
    assert_valid("zk-credential-batch", &json!({ "batch": batch }));
    let answer = send(&service, &batch).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json();
    assert_valid("zk-credential-batch-results", &results);
    assert_eq!(statuses(&results), [201, 422, 202, 404, 422, 201], "{results:#}");
    let codes: Vec<_> = [1, 3, 4].map(|at: usize| results["results"][at]["problem"]["code"].clone()).into();
    assert_eq!(codes, ["predicate-not-met", "not-found", "off-grid"]);
    for (at, tasks) in [(0, "100"), (5, "50")] {
        let credential = &results["results"][at]["credential"];
        assert_eq!(credential["credentialSubject"]["tasks_completed"]["atLeast"], tasks);
        let report = service.post("/verify", &json!({ "document": credential, "request": {} })).await.json();
        assert_eq!(report["verified"], true, "{report:#}");
    }
}

#[tokio::test]
async fn a_repeated_batch_gives_the_same_credentials_and_another_one_is_told_apart() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let batch = [item(&agent, "100"), item(&agent, "50")];
    let first = send_with_key(&service, &batch, "k").await.json();
    assert_eq!(send_with_key(&service, &batch, "k").await.json(), first);
    let other = send_with_key(&service, &[item(&agent, "50"), item(&agent, "50")], "k").await.json();
    assert_eq!(statuses(&other), [409, 201]);
    assert_eq!(other["results"][0]["problem"]["code"], "idempotency-mismatch");
    assert_eq!(other["results"][1], first["results"][1]);
    send_with_key(&service, &batch, &"k".repeat(241)).await.assert_problem(400, "invalid-parameter");
}

#[tokio::test]
async fn an_agent_gets_its_own_items_and_no_others() {
    let service = Service::start().await;
    let (agent, other) = (service.attested_agent().await, service.attested_agent().await);
    let body = json!({ "batch": [item(&agent, "100"), item(&other, "100")] });
    let answer = service.agent(&agent, Method::POST, PATH, &body).await.json();
    assert_eq!(statuses(&answer), [201, 403]);
    service.post(PATH, &body).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_batch_has_one_to_a_hundred_items_of_the_right_form() {
    let service = Service::start().await;
    let agent = service.register_managed("no leaf").await;
    send(&service, &[]).await.assert_problem(422, "unprocessable");
    send(&service, &vec![item(&agent, "100"); 101]).await.assert_problem(422, "unprocessable");
    let malformed = send(&service, &[item(&agent, "100"), json!({ "agent": agent.did })]).await;
    malformed.assert_problem(400, "invalid-body");
    assert_eq!(malformed.json()["member"], "batch[1]");
    let without_leaf = send(&service, &vec![item(&agent, "100"); 100]).await.json();
    assert_eq!(statuses(&without_leaf), [409; 100]);
}

#[tokio::test]
async fn one_batch_more_than_the_service_takes_is_told_when_to_come_back() {
    let service = Service::start_with(|config| config.proving.batches = 1).await;
    let agent = service.attested_agent().await;
    let batch = [item(&agent, "100")];
    let (first, second) = tokio::join!(send(&service, &batch), send(&service, &batch));
    let (done, busy) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(statuses(&done.json()), [201]);
    busy.assert_problem(503, "prover-busy");
    assert!(busy.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(send(&service, &batch).await.status, 200, "the place is free again");
}

#[tokio::test]
async fn a_single_request_does_not_wait_for_a_batch() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let batch = vec![item(&agent, "100"); 24];
    let work = send(&service, &batch);
    tokio::pin!(work);
    // Until the batch is under way, and then until the single request is answered.
    let begun = tokio::time::sleep(std::time::Duration::from_millis(300));
    tokio::select! {
        _ = &mut work => panic!("the batch was done before it could be overtaken"),
        () = begun => {}
    }
    tokio::select! {
        biased;
        _ = &mut work => panic!("the single request waited for the batch"),
        single = service.issue(&agent, "task_completion/1", json!({ "reputation": { "atLeast": 5000 } })) => {
            assert_eq!(single.status, 201, "{single:?}");
        }
    }
    assert_eq!(statuses(&work.await.json()), [201; 24]);
}

#[tokio::test]
async fn an_agent_has_a_batch_at_a_time_and_leaves_the_other_places_to_others() {
    let service = Service::start().await;
    let (greedy, other) = (service.attested_agent().await, service.attested_agent().await);
    let batch = |agent: &Agent| json!({ "batch": [item(agent, "100")] });
    let (of_greedy, of_other, of_operator) = (batch(&greedy), batch(&other), [item(&other, "100")]);
    let (first, second, others, operators) = tokio::join!(
        service.agent(&greedy, Method::POST, PATH, &of_greedy),
        service.agent(&greedy, Method::POST, PATH, &of_greedy),
        service.agent(&other, Method::POST, PATH, &of_other),
        send(&service, &of_operator),
    );
    let (done, busy) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(statuses(&done.json()), [201]);
    busy.assert_problem(503, "prover-busy");
    assert_eq!((statuses(&others.json()), statuses(&operators.json())), (vec![201], vec![201]));
}
