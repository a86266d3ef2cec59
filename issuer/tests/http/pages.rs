//! The pages: what people read, and the header fields that protect them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::service::Service;

#[tokio::test]
async fn the_landing_page_names_issuer_and_development_key() {
    let service = Service::start().await;
    let early = service.get("/").await;
    assert_eq!(early.status, 200);
    assert!(early.text().contains("No head has been published yet"));
    service.attested_agent().await;
    let page = service.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for text in ["did:web:127.0.0.1%3A8080", "Development key.", "no. "] {
        assert!(page.text().contains(text), "{text}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(!page.text().contains("<script"));
}

#[tokio::test]
async fn a_credential_page_shows_what_is_proved_and_whether_it_stands() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let predicates = json!({ "tasks_completed": { "atLeast": "100" } });
    let credential = service.issue(&agent, "task_completion/1", predicates).await.json();
    let id = credential["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let path = format!("/credentials/{id}");
    let page = service.get(&path).await;
    assert_eq!(page.status, 200, "{page:?}");
    for text in ["Task completion", "Authentic", "Development key.", &agent.did, "managed agent"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert!(!page.text().contains("25000"), "what is not shown is not on the page");

    service.operator(Method::DELETE, &format!("/zk-{}", &path[1..]), &Value::Null).await;
    service.publish().await;
    let revoked = service.get(&path).await.text();
    assert!(revoked.contains("Revoked") && !revoked.contains(">Authentic<"));
}

#[tokio::test]
async fn unknown_credentials_have_no_page() {
    let service = Service::start().await;
    for id in ["x", "00000000-0000-4000-8000-000000000001", "%00", "..%2f.."] {
        service.get(&format!("/credentials/{id}")).await.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_landing_page_says_where_the_fingerprint_to_compare_comes_from() {
    let service = Service::start().await;
    let page = service.get("/").await.text();
    assert!(page.contains("another way") && page.contains("poa trust fetch"));
    let trust = service.get("/.well-known/poa-trust.json").await;
    let fingerprint = poa_verifier::Trust::from_json(&trust.bytes).unwrap().fingerprint().to_owned();
    assert!(!page.contains(&fingerprint), "over the same connection it proves nothing");
    assert!(!page.contains("not in a ceremony"));
}

#[tokio::test]
async fn a_browser_is_shown_refusals_as_pages_and_a_program_gets_problem_documents() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let service = Service::start().await;
    for (path, status, code) in [
        ("/nothing", 404, "not-found"),
        ("/credentials/00000000-0000-4000-8000-000000000001", 404, "not-found"),
        ("/agents/00000000-0000-4000-8000-000000000001/opening", 401, "unauthenticated"),
        ("/agents?limit=0", 400, "invalid-parameter"),
    ] {
        let page = service.get_as(path, BROWSER).await;
        assert_eq!(page.status, status, "{path}: {page:?}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!((page.header("cache-control"), page.header("vary")), ("no-store", "accept"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(page.text().contains(code) && page.text().contains("Development key."), "{path}");
        for accept in ["*/*", "application/json", "application/problem+json, text/html;q=0.5"] {
            service.get_as(path, accept).await.assert_problem(status, code);
        }
    }
    let published = service.get_as("/poa/api/nothing", BROWSER).await;
    assert_eq!(
        (published.status, published.header("content-type")),
        (404, "application/json"),
        "published clients' form"
    );
}
