//! `/health` and `/ready`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use poa_issuer::App;
use poa_issuer::app::Task;
use poa_issuer::clock::Clock;
use poa_issuer::domain::os_entropy;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::envelope::assert_valid;
use crate::service::{Answer, START, Service, config, engine};

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

/// A clock that can fail whoever looks at it next.
struct FailingClock(AtomicBool);

impl Clock for FailingClock {
    fn now_unix_s(&self) -> u64 {
        assert!(!self.0.swap(false, Ordering::SeqCst), "as a test");
        START
    }

    fn boot_ms(&self) -> u64 {
        0
    }

    fn boot_id(&self) -> String {
        "failing".to_owned()
    }
}

#[tokio::test]
async fn a_task_that_panics_is_started_again_and_that_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FailingClock(AtomicBool::new(false)));
    let mut config = config(&directory);
    config.publish_interval_s = 1;
    let app = App::open_with(config, Arc::clone(&clock) as Arc<dyn Clock>, os_entropy(), engine()).await.unwrap();
    app.prove_once().await.unwrap();
    let ready = async || -> Value {
        let request = Request::get("/ready").body(Body::empty()).unwrap();
        Answer::of(app.router().oneshot(request).await.unwrap()).await.json()
    };
    assert_eq!(ready().await["tasks"]["publisher"]["running"], false, "nobody started it yet");
    let publisher = app.spawn_publisher();
    while app.task_health(Task::Publisher).restarts == 0 {
        clock.0.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    clock.0.store(false, Ordering::SeqCst);
    while !app.task_health(Task::Publisher).running {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let shown = ready().await;
    assert_valid("ready", &shown);
    assert_eq!(shown["tasks"]["publisher"]["running"], true);
    assert!(shown["tasks"]["publisher"]["restarts"].as_u64() >= Some(1));
    publisher.stop().await;
    assert!(!app.task_health(Task::Publisher).running);
}

#[tokio::test]
async fn failed_answers_are_counted_by_route_and_status() {
    let service = Service::start().await;
    for _ in 0..3 {
        assert_eq!(service.get("/status-lists/token?time=1").await.status, 501);
    }
    let metrics = service.get("/metrics").await.text();
    let counted = "poa_failed_answers_total{route=\"/status-lists/token\",status=\"501\"} 3\n";
    assert!(metrics.contains(counted), "{metrics}");
}

fn assert_unready(answer: &Answer, why: &str) {
    answer.assert_problem(503, "not-ready");
    let detail = answer.json()["detail"].clone();
    assert!(detail.as_str().unwrap().contains(why), "{detail}");
}

/// A load balancer learns of a disk that takes no more at once, and of one that does again with the first write.
#[tokio::test]
async fn writes_that_fail_make_it_unready_until_one_succeeds() {
    let service = Service::start().await;
    service.app.prove_once().await.unwrap();
    let store = service.app.domain().store();
    sqlx::raw_sql("PRAGMA query_only = ON").execute(store.writer_pool()).await.unwrap();
    store.probe_write().await.unwrap_err();
    let refused = service.get("/ready").await;
    assert_unready(&refused, "Writes to the database fail");
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("\npoa_database_write_failures_in_a_row 1\n"), "{metrics}");
    sqlx::raw_sql("PRAGMA query_only = OFF").execute(store.writer_pool()).await.unwrap();
    store.probe_write().await.unwrap();
    assert_eq!(service.get("/ready").await.status, 200);
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("\npoa_database_write_failures_in_a_row 0\n"), "{metrics}");
    assert!(metrics.contains("\npoa_database_write_failures_total 1\n"), "{metrics}");
}

/// Also without a request that writes and before the first head, when nothing else does.
#[tokio::test]
async fn a_service_without_leaves_notices_by_itself_that_it_cannot_write() {
    let service = Service::start().await;
    service.app.prove_once().await.unwrap();
    sqlx::raw_sql("PRAGMA query_only = ON").execute(service.app.domain().store().writer_pool()).await.unwrap();
    let publisher = service.app.spawn_publisher();
    while service.app.task_health(Task::WriteProbe).failing_since.is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.get("/ready").await.assert_problem(503, "not-ready");
    publisher.stop().await;
}

#[tokio::test]
async fn a_data_directory_that_is_gone_makes_it_unready_and_health_still_answers() {
    let service = Service::start().await;
    service.attested_agent().await;
    service.app.prove_once().await.unwrap();
    let (data, away) = (service.app.config().data_dir.clone(), tempfile::tempdir().unwrap());
    std::fs::rename(&data, away.path().join("data")).unwrap();
    let refused = service.get("/ready").await;
    assert_unready(&refused, "no longer where it was");
    assert!(service.get("/metrics").await.text().contains("\npoa_database_in_place 0\n"));
    assert_eq!(service.get("/health").await.status, 200);
    std::fs::rename(away.path().join("data"), &data).unwrap();
    assert_eq!(service.get("/ready").await.status, 200);
}

/// A task that runs and achieves nothing is not a healthy one.
#[tokio::test]
async fn a_task_whose_rounds_fail_is_shown_as_failing_and_publishing_makes_it_unready() {
    let service = Service::start_with(|config| config.publish_interval_s = 1).await;
    service.app.prove_once().await.unwrap();
    let store = service.app.domain().store();
    sqlx::raw_sql("UPDATE logs SET root = x'00'").execute(store.writer_pool()).await.unwrap();
    let publisher = service.app.spawn_publisher();
    while service.app.task_health(Task::Publisher).failures_in_a_row < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let shown = service.get("/ready").await.json();
    assert_valid("ready", &shown);
    assert_eq!(shown["tasks"]["publisher"]["failing"], true);
    assert_eq!(shown["tasks"]["publisher"]["running"], true);
    assert!(service.get("/metrics").await.text().contains("poa_task_failures_in_a_row{task=\"publisher\"} "));
    service.clock.advance(60);
    let refused = service.get("/ready").await;
    assert_unready(&refused, "Publications fail");
    publisher.stop().await;
}
