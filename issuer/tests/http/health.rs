//! `/health` and `/ready`.

use crate::envelope::assert_valid;
use crate::service::Service;

#[tokio::test]
async fn health_names_the_development_key_and_works_before_the_first_head() {
    let service = Service::start().await;
    let before = service.get("/health").await;
    assert_eq!(before.status, 200);
    assert_valid("health", &before.json());
    assert_eq!(before.json()["development_key"], true);
    assert!(before.json()["seq"].is_null());
    service.attested_agent().await;
    let after = service.get("/health").await.json();
    assert_valid("health", &after);
    assert!(after["seq"].is_u64());
}

#[tokio::test]
async fn it_is_ready_when_it_has_proved_and_published_and_not_when_publishing_stopped() {
    let service = Service::start().await;
    service.get("/ready").await.assert_problem(503, "not-ready");
    service.attested_agent().await;
    service.get("/ready").await.assert_problem(503, "not-ready");
    service.app.prove_once().await.unwrap();
    assert_eq!(service.get("/ready").await.status, 200);
    service.clock.advance(1000);
    service.get("/ready").await.assert_problem(503, "not-ready");
}

/// Otherwise no load balancer would let the first registration through.
#[tokio::test]
async fn a_log_without_leaves_is_ready_once_the_service_has_proved() {
    let service = Service::start().await;
    service.app.prove_once().await.unwrap();
    assert_eq!(service.get("/ready").await.status, 200);
}

#[tokio::test]
async fn production_refuses_the_development_key() {
    use std::sync::Arc;
    let directory = tempfile::tempdir().unwrap();
    let url = poa_issuer::PublicUrl::parse("https://issuer.example").unwrap();
    let path = directory.path().join("data");
    let mut config = poa_issuer::Config::new(path.clone(), url, ([127, 0, 0, 1], 1).into());
    config.production = true;
    let clock = Arc::new(poa_issuer::clock::ManualClock::new(crate::service::START));
    let opened = poa_issuer::App::open(config, clock, poa_issuer::domain::os_entropy()).await.err();
    assert!(matches!(opened, Some(poa_issuer::OpenError::DevelopmentKey)));
    assert!(!path.exists(), "nothing was made");
}
