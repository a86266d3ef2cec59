//! Claiming: what is signed, once, for one state of the agent.

use std::sync::Arc;

use serde_json::json;

use crate::rig::{Rig, Wallet};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_claims_with_one_nonce_yield_one_document() {
    let (rig, agent, controller) = (Arc::new(Rig::start().await), Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    let signature = controller.sign(challenge["message"].as_str().unwrap());
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (rig, challenge, signature) = (Arc::clone(&rig), challenge.clone(), signature.clone());
            tokio::spawn(async move { rig.issue_signed(&Wallet::new(1), &challenge, &signature).await })
        })
        .collect();
    let (mut issued, mut refused) = (0, 0);
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status {
            200 => issued += 1,
            _ => {
                answer.refused(400, "challenge-expired-or-unknown");
                refused += 1;
            }
        }
    }
    assert_eq!((issued, refused), (1, 99));
    let stored: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM agenthood_documents")
        .fetch_one(rig.app.domain().store().pool())
        .await
        .unwrap();
    assert_eq!(stored, 1);
}

#[tokio::test]
async fn a_bad_attempt_burns_the_nonce_and_a_malformed_one_does_not() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    rig.issue_signed(&agent, &challenge, "0x00").await.refused(400, "controllerSig-malformed");
    rig.issue(&agent, &controller, &challenge).await.ok();
    let challenge = rig.challenge(&agent).await;
    rig.issue(&agent, &Wallet::new(3), &challenge).await.refused(401, "invalid-controller-signature");
    rig.issue(&agent, &controller, &challenge).await.refused(400, "challenge-expired-or-unknown");
    let challenge = rig.challenge(&agent).await;
    rig.issue(&Wallet::new(3), &controller, &challenge).await.refused(400, "challenge-agent-mismatch");
    rig.issue(&agent, &controller, &challenge).await.refused(400, "challenge-expired-or-unknown");
}

#[tokio::test]
async fn wallets_write_signatures_in_many_ways() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    for number in 0..4 {
        let challenge = rig.challenge(&agent).await;
        let message = challenge["message"].as_str().unwrap();
        let plain = controller.sign(message);
        let signature = match number {
            0 => controller.sign(&format!("<Bytes>{message}</Bytes>")),
            1 => plain[2..].to_owned(),
            2 => plain[2..].to_uppercase(),
            _ => format!("0x00{}", &plain[2..]),
        };
        let answer = rig.issue_signed(&agent, &challenge, &signature).await.ok();
        let verified = rig.verify(answer["jti"].as_str().unwrap()).await;
        assert_eq!(verified["report"]["authentic"], true, "{number}: {verified}");
        assert_eq!(verified["claims"]["attestation"]["controllerSig"], signature);
    }
}

#[tokio::test]
async fn what_changed_since_the_challenge_is_not_signed_for() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let changes = [
        ("abg", json!({ "abg": { "models": ["m-2"] } })),
        ("balance", json!({ "seusBalance": "5" })),
        ("runs", json!({ "kzg": 3 })),
        ("controller", json!({ "controller": Wallet::new(3).text() })),
    ];
    for (what, body) in changes {
        let challenge = rig.challenge(&agent).await;
        rig.change(&agent, what, &body).await;
        rig.issue(&agent, &controller, &challenge).await.refused(409, "snapshot-changed");
    }
    // Another agent's change moves the block and nothing else.
    let (other, now) = (Wallet::new(8), Wallet::new(3));
    let challenge = rig.challenge(&agent).await;
    rig.register(&other, Some(&controller)).await;
    rig.clock.advance(7);
    let issued = rig.issue(&agent, &now, &challenge).await.ok();
    let verified = rig.verify(issued["jti"].as_str().unwrap()).await;
    assert_eq!(verified["report"]["authentic"], true, "{verified}");
    assert_eq!(verified["agent"]["recentRuns"]["grade"], "full");
}

#[tokio::test]
async fn an_agent_that_appears_after_the_challenge_needs_another() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    let early = rig.challenge(&agent).await;
    rig.register(&agent, Some(&controller)).await;
    rig.issue(&agent, &controller, &early).await.refused(409, "snapshot-changed");
}

#[tokio::test]
async fn only_a_fixture_is_attested_by_nobody() {
    let (agent, controller) = (Wallet::new(1), Wallet::new(2));
    let live = Rig::start().await;
    live.register(&agent, Some(&controller)).await;
    let unsigned = json!({ "agentId": agent.text() });
    live.post("/poa/api/issue", &unsigned).await.refused(401, "controller-signature-required");
    let fixture = Rig::start_with(|config| {
        config.agenthood.chain =
            poa_issuer::config::ChainConfig::Embedded { name: "invented".to_owned(), fixture: true };
    })
    .await;
    fixture.register(&agent, Some(&controller)).await;
    let issued = fixture.post("/poa/api/issue", &unsigned).await.ok();
    let verified = fixture.verify(issued["jti"].as_str().unwrap()).await;
    assert_eq!(verified["claims"]["attestation"], json!({ "kind": "snapshot" }));
    // A signature is still taken where there is one.
    fixture.claim(&agent, &controller).await;
}

#[tokio::test]
async fn a_sequence_of_claims_makes_distinct_documents() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let one = rig.claim(&agent, &controller).await;
    let two = rig.claim(&agent, &controller).await;
    assert_ne!(one, two);
    let index = async |jti: &str| rig.credential(jti).await["claims"]["status"]["status_list"]["idx"].clone();
    assert_ne!(index(&one).await, index(&two).await);
}
