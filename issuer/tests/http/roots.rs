//! `/roots`: the newest head, the hour's anchor, and heads by root.

use ed25519_dalek::{Signer as _, SigningKey};
use poa_issuer::app::check_log;
use poa_issuer::domain::HeadFault;
use poa_verifier::jws;

use crate::envelope::assert_valid;
use crate::service::Service;

#[tokio::test]
async fn before_the_first_publication_there_is_no_head() {
    let service = Service::start().await;
    let answer = service.get("/roots/latest").await;
    answer.assert_problem(503, "not-ready");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn heads_are_found_by_newest_anchor_and_root() {
    let service = Service::start().await;
    service.attested_agent().await;
    let first = service.get("/roots/latest").await.json();
    assert_valid("root", &first);
    assert_eq!(service.get("/roots/anchor").await.json()["root"], first["root"]);

    service.clock.advance(120);
    service.attested_agent().await;
    let second = service.get("/roots/latest").await.json();
    assert_ne!(second["root"], first["root"]);
    assert!(second["seq"].as_u64() > first["seq"].as_u64());
    let anchor = service.get("/roots/anchor").await.json();
    assert_eq!(anchor["root"], first["root"], "one anchor per hour");

    let root = first["root"].as_str().unwrap();
    assert_eq!(service.get(&format!("/roots/{root}")).await.json()["root"], first["root"]);
    let unknown = format!("/roots/0x{}", "0".repeat(64));
    service.get(&unknown).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_head_that_nothing_changed_is_signed_anew_each_minute() {
    let service = Service::start().await;
    service.attested_agent().await;
    let first = service.get("/roots/latest").await.json();
    service.clock.advance(61);
    service.publish().await;
    let second = service.get("/roots/latest").await.json();
    assert_eq!(second["root"], first["root"]);
    assert!(second["iat"].as_u64() > first["iat"].as_u64());
}

#[tokio::test]
async fn the_check_of_a_data_directory_refuses_a_head_that_another_key_signed() {
    let service = Service::start().await;
    service.attested_agent().await;
    let data_dir = &service.app.config().data_dir;
    let audit = check_log(data_dir).await.unwrap();
    assert!(audit.is_sound(), "{audit:?}");

    let signed = service.get("/roots/latest").await.json()["head"].as_str().unwrap().to_owned();
    let head = jws::parse(&signed).unwrap();
    let input = jws::signing_input(head.typ(), head.kid(), &head.claims().unwrap());
    let forged = jws::attach_signature(&input, &SigningKey::from_bytes(&[7; 32]).sign(input.as_bytes()).to_bytes());
    let replace = sqlx::query("UPDATE heads SET jws = $1").bind(forged);
    replace.execute(service.app.domain().store().writer_pool()).await.unwrap();
    let audit = check_log(data_dir).await.unwrap();
    assert!(!audit.is_sound());
    assert_eq!(audit.signed.unwrap().fault, Some(HeadFault::Signature));
}
