//! The published limits, per client, by the service's clock.

use std::net::IpAddr;

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
