//! The published limits, per client, by the service's clock.

use std::net::IpAddr;

use poa_issuer::domain::agenthood::{MAX_OPEN, MAX_OPEN_OF_NETWORK};
use serde_json::json;

use crate::rig::{Rig, Wallet, post};

#[tokio::test]
async fn each_call_has_its_limit_per_client() {
    let rig = Rig::start().await;
    let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let body = json!({ "agentId": Wallet::new(1).text(), "nonce": "00", "signatureHex": "00".repeat(64) });
    for (path, calls, seconds) in [
        ("/poa/api/challenge", 20, 300),
        ("/poa/api/issue", 5, 300),
        ("/poa/api/revoke", 10, 300),
        ("/poa/api/verify", 60, 60),
    ] {
        for _ in 0..calls {
            assert_ne!(rig.send_from(one, post(path, &body)).await.status, 429, "{path}");
        }
        let answer = rig.send_from(one, post(path, &body)).await;
        answer.refused(429, "rate-limited");
        let wait = answer.json()["retryAfterSec"].as_u64().unwrap();
        assert_eq!(wait, seconds / calls, "{path}");
        assert_eq!(answer.header("retry-after"), wait.to_string());
        assert_ne!(rig.send_from(other, post(path, &body)).await.status, 429, "{path}");
        rig.clock.advance(wait - 1);
        assert_eq!(rig.send_from(one, post(path, &body)).await.status, 429);
        rig.clock.advance(1);
        assert_ne!(rig.send_from(one, post(path, &body)).await.status, 429, "{path} after {wait} s");
        assert_eq!(rig.send_from(one, post(path, &body)).await.status, 429, "one came free, no more");
    }
}

#[tokio::test]
async fn looking_has_its_limit_too() {
    let rig = Rig::start().await;
    let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let look = || {
        let path = format!("/poa/api/snapshot/{}", Wallet::new(1).text());
        axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap()
    };
    for _ in 0..60 {
        rig.send_from(one, look()).await.refused(404, "agent-not-registered");
    }
    rig.send_from(one, look()).await.refused(429, "rate-limited");
    rig.send_from(other, look()).await.refused(404, "agent-not-registered");
    rig.clock.advance(1);
    rig.send_from(one, look()).await.refused(404, "agent-not-registered");
}

#[tokio::test]
async fn a_client_does_not_name_itself() {
    let rig = Rig::start().await;
    let body = json!({ "agentId": Wallet::new(1).text() });
    for number in 0..21u8 {
        let mut request = post("/poa/api/challenge", &body);
        request.headers_mut().insert("x-forwarded-for", format!("198.51.100.{number}").parse().unwrap());
        let status = rig.send_from("192.0.2.1".parse().unwrap(), request).await.status;
        assert_eq!(status == 429, number == 20);
    }
}

async fn stored_challenges(rig: &Rig) -> i64 {
    let pool = rig.app.domain().store().pool();
    sqlx::query_scalar("SELECT COUNT(*) FROM agenthood_challenges").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn expired_challenges_are_forgotten_with_the_next_and_within_a_minute() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    for _ in 0..3 {
        rig.challenge(&agent).await;
    }
    rig.clock.advance(299);
    rig.app.sweep_now().await.unwrap();
    assert_eq!(stored_challenges(&rig).await, 3, "they can still be answered");
    rig.clock.advance(1);
    rig.challenge(&agent).await;
    assert_eq!(stored_challenges(&rig).await, 1);
    rig.clock.advance(300);
    rig.app.sweep_now().await.unwrap();
    assert_eq!(stored_challenges(&rig).await, 0);
}

/// One client has no more open than its limit lets it ask for in five minutes.
#[tokio::test]
async fn a_client_has_few_challenges_open() {
    let rig = Rig::start().await;
    let body = json!({ "agentId": Wallet::new(1).text() });
    for _ in 0..400 {
        rig.send_from("192.0.2.1".parse().unwrap(), post("/poa/api/challenge", &body)).await;
        rig.clock.advance(1);
    }
    let open = stored_challenges(&rig).await;
    assert!((20..=40).contains(&open), "{open}");
}

#[tokio::test]
async fn when_all_places_are_taken_the_network_with_most_gives_way() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let own = rig.challenge(&agent).await;
    fill(&rig, 60).await;
    // Everybody who comes finds a place, and who has one can use it.
    for host in 1..=20 {
        let body = json!({ "agentId": agent.text() });
        let answer = rig.send_from([203, 0, 113, host].into(), post("/poa/api/challenge", &body)).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(stored_challenges(&rig).await, i64::try_from(MAX_OPEN).unwrap());
    rig.issue(&agent, &controller, &own).await.ok();
    rig.clock.advance(70);
    rig.challenge(&agent).await;
    assert_eq!(stored_challenges(&rig).await, 21);
}

/// Takes all places but one, from so many networks, until 70 seconds from now.
async fn fill(rig: &Rig, networks: i64) {
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         INSERT INTO agenthood_challenges (nonce, agent, action, expires_at, network) \
         SELECT 'n' || i, $2, 'issue', $3, 'network ' || (i % $4) FROM n",
    )
    .bind(i64::try_from(MAX_OPEN).unwrap() - 1)
    .bind(Wallet::new(9).text())
    .bind(i64::try_from(rig.clock_now()).unwrap() + 70)
    .bind(networks)
    .execute(rig.app.domain().store().writer_pool())
    .await
    .unwrap();
}

/// A network takes no place from others once it has its share.
#[tokio::test]
async fn a_network_has_so_many_challenges_open() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    let body = json!({ "agentId": agent.text() });
    let ask = async |network: u8, host: u8| {
        rig.send_from([198, 51, network, host].into(), post("/poa/api/challenge", &body)).await
    };
    for number in 0..MAX_OPEN_OF_NETWORK {
        let host = u8::try_from(number % 200).unwrap();
        assert_eq!(ask(1, host).await.status, 200, "{number}");
    }
    ask(1, 250).await.refused(429, "rate-limited");
    assert_eq!(ask(2, 1).await.status, 200, "another network");
}

/// What is kept of a challenge does not grow with what the agent says of itself.
#[tokio::test]
async fn a_challenge_is_kept_small() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let names: Vec<_> = (0..32).map(|number| format!("{number:0>60}")).collect();
    let abg = json!({ "abg": { "models": names, "tools": names, "intentTypes": names, "subAgents": names } });
    rig.change(&agent, "abg", &abg).await;
    let challenge = rig.challenge(&agent).await;
    let bytes: i64 = sqlx::query_scalar("SELECT LENGTH(binding) FROM agenthood_challenges")
        .fetch_one(rig.app.domain().store().pool())
        .await
        .unwrap();
    assert!(bytes < 1_200, "{bytes}");
    rig.issue(&agent, &controller, &challenge).await.ok();
}

/// The challenge is not used up: the same answer serves once there is room again.
#[tokio::test]
async fn without_a_status_index_nothing_is_issued_and_no_challenge_is_used_up() {
    let rig = Rig::start_with(|config| config.status_capacity = 16).await;
    let agent = Wallet::new(1);
    rig.register(&agent, None).await;
    let jti = rig.claim(&agent, &agent).await;
    let pool = rig.app.domain().store().writer_pool();
    let set_used = async |used: i64| {
        sqlx::query("UPDATE status_space SET used = $1").bind(used).execute(pool).await.unwrap();
    };
    // The last sixteenth is the operator's.
    set_used(15).await;
    let challenge = rig.challenge(&agent).await;
    rig.issue(&agent, &agent, &challenge).await.refused(507, "status-list-full");
    assert_eq!(rig.verify(&jti).await["valid"], true, "what was issued verifies");
    assert_eq!(rig.revoked(&jti).await, None, "nothing superseded it");
    set_used(14).await;
    rig.issue(&agent, &agent, &challenge).await.ok();
}

#[tokio::test]
async fn an_agent_has_a_bounded_number_of_documents_a_day() {
    let rig = Rig::start_with(|config| config.documents_per_day = 2).await;
    let (agent, other) = (Wallet::new(1), Wallet::new(2));
    rig.register(&agent, None).await;
    rig.register(&other, None).await;
    rig.claim(&agent, &agent).await;
    rig.clock.advance(600);
    rig.claim(&agent, &agent).await;
    let challenge = rig.challenge(&agent).await;
    let refused = rig.issue(&agent, &agent, &challenge).await;
    refused.refused(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), (86_400 - 600).to_string(), "room comes when the first is a day old");
    rig.claim(&other, &other).await;
    rig.clock.advance(86_400 - 600);
    rig.claim(&agent, &agent).await;
}
