//! Places for open presentation requests: bounded for clients and networks, and nobody is kept from stating one.

use std::net::{IpAddr, Ipv4Addr};

use poa_issuer::client::Client;
use poa_issuer::domain::presentation_requests::{MAX_OPEN, MAX_OPEN_OF_CLIENT, MAX_OPEN_OF_NETWORK, TTL_S};
use poa_issuer::domain::*;
use serde_json::json;

use super::rig::{NOW, Rig};

fn new(client: Client) -> NewPresentationRequest {
    let stated_by = StatedBy::Client(client);
    let request = json!({ "challenge": "c", "domain": "https://issuer.example", "classes": ["presentation"] });
    NewPresentationRequest { request, token_sha256: [7; 32], expires_at: None, voucher: Voucher::Service, stated_by }
}

fn address(network: u8, host: u8) -> Client {
    Client::of(IpAddr::V4(Ipv4Addr::new(198, 51, network, host)))
}

async fn state(rig: &Rig, client: Client, now: u64) -> Result<PresentationRequest, DomainError> {
    rig.domain.open_presentation_request(new(client), now).await
}

#[tokio::test]
async fn a_client_and_its_network_have_so_many_open() {
    let rig = Rig::new().await;
    for _ in 0..MAX_OPEN_OF_CLIENT {
        state(&rig, address(1, 1), NOW).await.unwrap();
    }
    let refused = state(&rig, address(1, 1), NOW).await;
    assert!(matches!(refused, Err(DomainError::TooManyOpenOf("client"))), "{refused:?}");
    for host in 2..=200 {
        if state(&rig, address(1, host), NOW).await.is_err() {
            panic!("{host}");
        }
    }
    let mut open = MAX_OPEN_OF_CLIENT + 199;
    while open < MAX_OPEN_OF_NETWORK {
        state(&rig, address(1, 201 + u8::try_from(open % 50).unwrap()), NOW).await.unwrap();
        open += 1;
    }
    let refused = state(&rig, address(1, 2), NOW).await;
    assert!(matches!(refused, Err(DomainError::TooManyOpenOf("network"))), "{refused:?}");
    assert!(state(&rig, address(2, 1), NOW).await.is_ok(), "another network");
    assert!(state(&rig, address(1, 1), NOW + TTL_S).await.is_ok(), "those have expired");
}

/// Five hundred addresses in few networks take every place they can get, and fetch what they stated.
#[tokio::test]
async fn five_hundred_addresses_keep_nobody_from_stating() {
    let rig = Rig::new().await;
    let mut taken = 0;
    let honest = state(&rig, address(200, 1), NOW).await.unwrap();
    // Twenty-five networks fill all places; rows are put there directly, as the calls would.
    let sql = "INSERT INTO presentation_requests (id, request, token_sha256, expires_at, state, client, network, fetched) \
               VALUES ($1, '{}', $2, $3, 'open', $4, $5, $6)";
    let mut tx = rig.domain.store().writer_pool().begin().await.unwrap();
    while taken + 1 < MAX_OPEN {
        sqlx::query(sql)
            .bind(format!("67e55044-10b1-426f-9247-{taken:012}"))
            .bind([9u8; 32].to_vec())
            .bind(i64::try_from(NOW + TTL_S).unwrap())
            .bind(format!("client {}", taken % 500))
            .bind(format!("network {}", taken % 25))
            .bind(i64::from(taken % 2 == 0))
            .execute(&mut *tx)
            .await
            .unwrap();
        taken += 1;
    }
    tx.commit().await.unwrap();
    let open = async || -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_requests");
        count.fetch_one(rig.domain.store().pool()).await.unwrap()
    };
    assert_eq!(open().await, i64::try_from(MAX_OPEN).unwrap());
    for host in 1..=40 {
        let stated = state(&rig, address(201, host), NOW).await.unwrap();
        rig.domain.presentation_request(stated.id, NOW).await.unwrap();
    }
    assert_eq!(open().await, i64::try_from(MAX_OPEN).unwrap(), "as many gave way");
    rig.domain.presentation_request(honest.id, NOW).await.expect("whoever has one place keeps it");
    let fetched: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_requests WHERE fetched = 1")
        .fetch_one(rig.domain.store().pool())
        .await
        .unwrap();
    assert_eq!(fetched, 5_000, "of those that somebody fetched none gave way");
}

#[tokio::test]
async fn addresses_are_stored_as_tags_alone() {
    let rig = Rig::new().await;
    state(&rig, address(7, 7), NOW).await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar("SELECT client || ' ' || network FROM presentation_requests")
        .fetch_all(rig.domain.store().pool())
        .await
        .unwrap();
    assert!(rows.iter().all(|row| row.len() == 65 && !row.contains("198.51")), "{rows:?}");
}
