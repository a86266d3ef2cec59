//! `/zk-credentials`: both custodies, idempotency, the forms it is served in, refusals, revocation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Agent, Answer, Service, URL};

fn tasks() -> Value {
    json!({ "tasks_completed": { "atLeast": "100" }, "reputation": { "atLeast": 5000 } })
}

fn id_of(credential: &Value) -> String {
    credential["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn check(service: &Service, document: &Value) -> Value {
    service.post("/verify", &json!({ "document": document, "request": {} })).await.json()
}

async fn issue_with_key(service: &Service, agent: &Agent, body: &Value, key: &str) -> Answer {
    let mut request = service.signed(&agent.key, &agent.did, Method::POST, "/zk-credentials", body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    service.send(request).await
}

#[tokio::test]
async fn a_managed_agent_gets_a_finished_credential_that_verifies() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    assert_valid("zk-credential-request", &body);
    let answer = service.agent(&agent, Method::POST, "/zk-credentials", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let credential = answer.json();
    assert!(answer.header("location").ends_with(&format!("/zk-credentials/{}", id_of(&credential))));
    let subject = &credential["credentialSubject"];
    assert_eq!(subject["tasks_completed"], json!({ "atLeast": "100" }));
    assert_eq!(subject["reputation"], json!({ "atLeast": 5000 }));
    assert!(subject.get("earnings_sats").is_none());
    assert_eq!(check(&service, &credential).await["verified"], true);
}

#[tokio::test]
async fn each_seeded_schema_is_issued_and_verifies() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    for (schema, predicates) in [
        ("build_verification/1", json!({ "capabilities": { "containsAll": ["swe-bench-lite"] } })),
        (
            "earnings_proof/1",
            json!({ "earnings_sats": { "atLeast": "0" }, "member_since": { "atMost": "2026-02-01T00:00:00Z" } }),
        ),
        ("full_disclosure/1", json!({})),
    ] {
        let answer = service.issue(&agent, schema, predicates).await;
        assert_eq!(answer.status, 201, "{schema}: {answer:?}");
        let report = check(&service, &answer.json()).await;
        assert_eq!(report["verified"], true, "{schema}: {report:#}");
    }
}

#[tokio::test]
async fn a_holder_completes_its_credential_with_its_own_proof() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    service.attest(&agent.did).await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let answer = service.agent(&agent, Method::POST, "/zk-credentials", &body).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let pending = answer.json();
    assert_valid("zk-credential-pending", &pending);
    let id = pending["id"].as_str().unwrap();
    service.get(&format!("/zk-credentials/{id}")).await.assert_problem(404, "not-found");
    service.get(&format!("/credentials/{id}")).await.assert_problem(404, "not-found");

    let proof = json!({ "proof": holder.prove(&service, &agent, &pending, &tasks()).await });
    assert_valid("zk-credential-proof", &proof);
    let path = format!("/zk-credentials/{id}/proof");
    let other = service.register_managed("other").await;
    service.agent(&other, Method::POST, &path, &proof).await.assert_problem(404, "not-found");
    let done = service.agent(&agent, Method::POST, &path, &proof).await;
    assert_eq!(done.status, 201, "{done:?}");
    assert_eq!(check(&service, &done.json()).await["verified"], true);
    assert_eq!(service.get(&format!("/zk-credentials/{id}")).await.json(), done.json());
    service.agent(&agent, Method::POST, &path, &proof).await.assert_problem(409, "not-pending");
}

#[tokio::test]
async fn an_altered_proof_does_not_complete_a_credential_and_a_good_one_still_does() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    service.attest(&agent.did).await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let pending = service.agent(&agent, Method::POST, "/zk-credentials", &body).await.json();
    let good = holder.prove(&service, &agent, &pending, &tasks()).await;
    let path = format!("/zk-credentials/{}/proof", pending["id"].as_str().unwrap());
    let with = |member: &str, value: Value| {
        let mut proof = good.clone();
        proof[member] = value;
        json!({ "proof": proof })
    };
    let mut statement = good["statement"].clone();
    statement["lower"][1] = format!("0x{:064x}", 50).into();
    for (body, check) in [
        (with("proofValue", "u".into()), "proof"),
        (with("created", "2026-01-15T10:20:01Z".into()), "context"),
        (with("statement", statement), "attributes"),
        (with("rootHead", "a.b.c".into()), "root"),
        (with("challenge", "x".into()), "class"),
        (json!({ "proof": {} }), "class"),
    ] {
        let answer = service.agent(&agent, Method::POST, &path, &body).await;
        answer.assert_problem(422, "proof-refused");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(&format!("Check {check} ")), "{check}: {detail}");
    }
    let done = service.agent(&agent, Method::POST, &path, &json!({ "proof": good })).await;
    assert_eq!(done.status, 201);
}

#[tokio::test]
async fn a_pending_credential_lapses_after_ten_minutes() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    service.attest(&agent.did).await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let pending = service.agent(&agent, Method::POST, "/zk-credentials", &body).await.json();
    let proof = json!({ "proof": holder.prove(&service, &agent, &pending, &tasks()).await });
    service.clock.advance(601);
    let path = format!("/zk-credentials/{}/proof", pending["id"].as_str().unwrap());
    let late = service.agent(&agent, Method::POST, &path, &proof).await;
    assert!(matches!(late.problem().0, 409 | 410), "{late:?}");
}

#[tokio::test]
async fn a_repeated_request_gives_the_first_credential() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let first = issue_with_key(&service, &agent, &body, "key-1").await;
    let again = issue_with_key(&service, &agent, &body, "key-1").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    let other_key = issue_with_key(&service, &agent, &body, "key-2").await;
    assert_ne!(id_of(&first.json()), id_of(&other_key.json()));
    let other = json!({ "agent": agent.did, "schema": "full_disclosure/1" });
    issue_with_key(&service, &agent, &other, "key-1").await.assert_problem(409, "idempotency-mismatch");
}

#[tokio::test]
async fn a_repeated_self_custody_request_gives_the_same_thing_to_prove() {
    let service = Service::start().await;
    let (agent, _) = service.register_holder().await;
    service.attest(&agent.did).await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let first = issue_with_key(&service, &agent, &body, "k").await;
    let again = issue_with_key(&service, &agent, &body, "k").await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json(), again.json());
}

#[tokio::test]
async fn what_cannot_be_issued_is_refused_with_its_own_code_and_leaves_nothing_behind() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let before = service.snapshot().await;
    for (schema, predicates, status, code) in [
        ("task_completion/1", json!({ "tasks_completed": { "atLeast": "200" } }), 422, "predicate-not-met"),
        ("task_completion/1", json!({ "reputation": { "atLeast": 10000 } }), 422, "predicate-not-met"),
        ("task_completion/1", json!({ "reputation": { "atLeast": 5001 } }), 422, "off-grid"),
        ("task_completion/1", json!({ "tasks_completed": { "atLeast": "3" } }), 422, "off-grid"),
        ("earnings_proof/1", json!({ "member_since": { "atMost": "2026-02-02T00:00:00Z" } }), 422, "off-grid"),
        ("task_completion/1", json!({ "tasks_completed": { "atMost": "500" } }), 422, "unprocessable"),
        ("task_completion/1", json!({ "tasks_completed": { "atLeast": 100 } }), 422, "unprocessable"),
        ("task_completion/1", json!({ "mood": { "atLeast": 1 } }), 422, "unprocessable"),
        ("build_verification/1", json!({ "capabilities": { "containsAll": ["flying"] } }), 422, "unprocessable"),
        (
            "build_verification/1",
            json!({ "capabilities": { "containsAll": ["swe-bench-test"] } }),
            422,
            "predicate-not-met",
        ),
        ("task_completion/1", json!({}), 422, "unprocessable"),
        ("task_completion/1", json!({ "reputation": { "atLeast": 0 } }), 422, "unprocessable"),
        ("none/1", json!({}), 404, "not-found"),
    ] {
        let answer = service.issue(&agent, schema, predicates.clone()).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{schema} {predicates}");
    }
    before.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn a_build_that_is_not_there_is_not_disclosed() {
    let service = Service::start().await;
    let (agent, _) = service.register_holder().await;
    service.attest(&agent.did).await;
    let answer = service.issue(&agent, "build_verification/1", json!({})).await;
    answer.assert_problem(422, "build-hash-missing");
}

#[tokio::test]
async fn agents_without_leaf_or_standing_get_none() {
    let service = Service::start().await;
    let fresh = service.register_managed("fresh").await;
    let early = service.issue(&fresh, "task_completion/1", json!({})).await;
    assert!(matches!(early.problem().1.as_str(), "no-leaf" | "not-ready"), "{early:?}");
    let agent = service.attested_agent().await;
    let answer = service.issue(&fresh, "task_completion/1", json!({})).await;
    answer.assert_problem(409, "no-leaf");
    assert_eq!(answer.json()["recovery"]["action"], "retry_after");
    service.operator(Method::POST, &agent.path("/suspend"), &Value::Null).await;
    service.issue(&agent, "task_completion/1", tasks()).await.assert_problem(403, "agent-not-active");
    let unknown = json!({
        "agent": "did:poa:127.0.0.1%3A8080:00000000-0000-4000-8000-000000000001",
        "schema": "task_completion/1",
    });
    service.operator(Method::POST, "/zk-credentials", &unknown).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn only_the_operator_and_the_agent_itself_may_have_one_made() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let other = service.register_managed("other").await;
    let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    service.post("/zk-credentials", &body).await.assert_problem(401, "unauthenticated");
    let foreign = service.agent(&other, Method::POST, "/zk-credentials", &body).await;
    foreign.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn it_is_served_in_three_forms() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "task_completion/1", tasks()).await.json();
    let path = format!("/zk-credentials/{}", id_of(&credential));
    let fetch = async |accept: &'static str| {
        let request = Request::get(&path).header("accept", accept).body(Body::empty()).unwrap();
        service.send(request).await
    };
    assert_eq!(fetch("*/*").await.json(), credential);
    let issuer_only = fetch("application/vc").await.json();
    assert_eq!(issuer_only["proof"]["cryptosuite"], "eddsa-jcs-2022");
    let jwt = fetch("application/vc+jwt").await;
    assert_eq!(jwt.header("content-type"), "application/vc+jwt");
    let signed = json!({ "classes": ["signed"] });
    for document in [issuer_only, json!(jwt.text())] {
        let body = json!({ "document": document, "request": signed });
        let report = service.post("/verify", &body).await.json();
        assert_eq!((&report["verified"], &report["class"]), (&json!(true), &json!("signed")), "{report:#}");
        // Without the class in the request, the issuer's word alone is not enough.
        assert_eq!(check(&service, &document).await["verified"], false);
    }
}

async fn fetched(service: &Service, path: &str, accept: &str) -> Answer {
    service.send(Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_form_follows_quality_values_and_what_there_is_not_is_refused() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "task_completion/1", tasks()).await.json();
    let path = format!("/zk-credentials/{}", id_of(&credential));
    for (accept, content_type, proofs) in [
        ("", "application/json", 2),
        ("*/*", "application/json", 2),
        ("application/ld+json", "application/ld+json", 2),
        ("application/vc, application/json;q=0.9", "application/vc", 1),
        ("application/vc;q=0.1, application/vc+jwt;q=0.2", "application/vc+jwt", 0),
        ("text/html, */*;q=0.1", "application/json", 2),
    ] {
        let answer = fetched(&service, &path, accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.header("vary")),
            (200, content_type, "accept")
        );
        match proofs {
            2 => assert_eq!(answer.json()["proof"].as_array().map(Vec::len), Some(2)),
            1 => assert_eq!(answer.json()["proof"]["type"], "DataIntegrityProof"),
            _ => assert_eq!(answer.text().split('.').count(), 3),
        }
    }
    fetched(&service, &path, "text/html").await.assert_problem(406, "not-acceptable");
    fetched(&service, &path, "application/vc+cose").await.assert_problem(406, "not-acceptable");
}

/// VC-JOSE-COSE §3.1.1 and §4.2: `typ`, `cty`, and a `kid` that is a `JsonWebKey` method of the issuer's DID document
/// and an assertion method; the claims are the credential, without `vc`.
#[tokio::test]
async fn an_enveloped_credential_has_the_header_of_vc_jose_cose() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "task_completion/1", tasks()).await.json();
    let jwt = fetched(&service, &format!("/zk-credentials/{}", id_of(&credential)), "application/vc+jwt").await.text();
    let header = poa_verifier::multibase::from_base64url(jwt.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["typ"], &header["cty"], &header["alg"]), (&json!("vc+jwt"), &json!("vc"), &json!("EdDSA")));
    let document = service.get("/.well-known/did.json").await.json();
    let methods = document["verificationMethod"].as_array().unwrap();
    let method = methods.iter().find(|method| method["id"] == header["kid"]).expect("kid is in the DID document");
    assert_eq!((&method["type"], &method["publicKeyJwk"]["kid"]), (&json!("JsonWebKey"), &header["kid"]));
    assert!(document["assertionMethod"].as_array().unwrap().contains(&header["kid"]));
    let claims = poa_verifier::jws::parse(&jwt).unwrap().claims().unwrap();
    assert_eq!(claims, poa_verifier::data_integrity::without_proof(&credential));
}

#[tokio::test]
async fn issuing_answers_in_the_form_that_is_accepted() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let issue = async |accept: &str| {
        let body = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
        let request = Request::post("/zk-credentials")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", service.operator_token))
            .header("idempotency-key", "one")
            .header("accept", accept);
        service.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    issue("text/html").await.assert_problem(406, "not-acceptable");
    let full = issue("*/*").await;
    assert_eq!((full.status, full.header("content-type")), (201, "application/json"));
    for (accept, content_type) in [("application/vc", "application/vc"), ("application/vc+jwt", "application/vc+jwt")] {
        let answer = issue(accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.header("vary")),
            (201, content_type, "accept")
        );
        let fetched = fetched(&service, answer.header("location").strip_prefix(URL).unwrap(), accept).await;
        assert_eq!(fetched.bytes, answer.bytes);
    }
}

#[tokio::test]
async fn revocation_counts_in_every_form() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "task_completion/1", tasks()).await.json();
    let path = format!("/zk-credentials/{}", id_of(&credential));
    let forms = [
        credential.clone(),
        fetched(&service, &path, "application/vc").await.json(),
        json!(fetched(&service, &path, "application/vc+jwt").await.text()),
    ];
    let verdict = async |document: &Value| {
        let body = json!({ "document": document, "request": { "classes": ["standing", "signed"] } });
        let report = service.post("/verify", &body).await.json();
        let failed = report["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] == "fail");
        (report["verified"].as_bool(), failed.map(|check| check["reason"].clone()).collect::<Vec<_>>())
    };
    for document in &forms {
        assert_eq!(verdict(document).await, (Some(true), vec![]));
    }
    service.operator(Method::DELETE, &path, &Value::Null).await;
    service.publish().await;
    for document in &forms {
        assert_eq!(verdict(document).await, (Some(false), vec![json!("revoked")]));
    }
}

#[tokio::test]
async fn revoking_one_credential_spares_the_others_and_says_so() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let first = service.issue(&agent, "task_completion/1", tasks()).await.json();
    let second = service.issue(&agent, "full_disclosure/1", json!({})).await.json();
    let path = format!("/zk-credentials/{}", id_of(&first));
    let answer = service.agent(&agent, Method::DELETE, &path, &Value::Null).await;
    assert_valid("zk-credential-revocation", &answer.json());
    assert_eq!(answer.json()["scope"], "this credential only");
    service.publish().await;
    let report = check(&service, &first).await;
    assert_eq!(report["verified"], false);
    let failed: Vec<_> = report["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{report:#}");
    assert_eq!((&failed[0]["name"], &failed[0]["reason"]), (&json!("status"), &json!("revoked")));
    assert_eq!(check(&service, &second).await["verified"], true);
}

#[tokio::test]
async fn suspending_an_agent_suspends_its_credentials_until_it_resumes() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "task_completion/1", tasks()).await.json();
    for (act, verified) in [("/suspend", false), ("/resume", true), ("/revoke", false)] {
        let body = if act == "/revoke" { json!({}) } else { Value::Null };
        assert_eq!(service.operator(Method::POST, &agent.path(act), &body).await.status, 200);
        service.clock.advance(10);
        service.publish().await;
        assert_eq!(check(&service, &credential).await["verified"], verified, "{act}");
    }
}

#[tokio::test]
async fn a_full_proving_queue_answers_at_once_with_when_to_come_back() {
    let service = Service::start_with(|config| {
        config.proving = poa_issuer::ProvingLimits { workers: 1, queue: 1, ..config.proving };
    })
    .await;
    let agent = service.attested_agent().await;
    let attempt = || service.issue(&agent, "task_completion/1", tasks());
    let answers: [Answer; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();
    let (done, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert!(!done.is_empty() && !busy.is_empty(), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    for answer in busy {
        answer.assert_problem(503, "prover-busy");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    let later = service.issue(&agent, "task_completion/1", tasks()).await;
    assert_eq!(later.status, 201, "the pool recovers");
}

#[tokio::test]
async fn an_agent_with_thirty_requests_delays_another_by_one_proof_and_has_none_of_its_refused() {
    let service = Arc::new(Service::start().await);
    let (greedy, other) = (Arc::new(service.attested_agent().await), service.attested_agent().await);
    // One was being proved, and one more may be done by the time that the answer is read. A machine that is busy may be
    // later still, so the best of a few tries counts: without turns, none would be good.
    let mut overtaken = usize::MAX;
    for _ in 0..4 {
        overtaken = overtaken.min(go_before_another(&service, &greedy, &other).await);
        if overtaken <= 2 {
            return;
        }
    }
    panic!("{overtaken} of the crowd went before");
}

/// How many of thirty requests of one agent are done after a request of another came, and before it is.
async fn go_before_another(service: &Arc<Service>, greedy: &Arc<Agent>, other: &Agent) -> usize {
    let body = |agent: &Agent| json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": tasks() });
    let done = Arc::new(AtomicUsize::new(0));
    let crowd: Vec<_> = (0..30)
        .map(|_| {
            let (service, greedy, done) = (Arc::clone(service), Arc::clone(greedy), Arc::clone(&done));
            let body = body(&greedy);
            tokio::spawn(async move {
                let answer = service.agent(&greedy, Method::POST, "/zk-credentials", &body).await;
                done.fetch_add(usize::from(answer.status == 201), Ordering::SeqCst);
                answer
            })
        })
        .collect();
    // The crowd has been there for a while: one request is proved, as many wait as may.
    while done.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let before = done.load(Ordering::SeqCst);
    let answer = service.agent(other, Method::POST, "/zk-credentials", &body(other)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let overtaken = done.load(Ordering::SeqCst) - before;
    let mut refused = 0;
    for request in crowd {
        let answer = request.await.unwrap();
        if answer.status != 201 {
            answer.assert_problem(503, "prover-busy");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
            refused += 1;
        }
    }
    assert!(refused > 0, "one agent has a share of the queue");
    overtaken
}
