//! The watcher: each published reason with the block that caused it, once, whatever happens in between.

use serde_json::{Value, json};

use crate::rig::{Rig, Wallet};

const DAY: u64 = 86_400;

#[tokio::test]
async fn each_reason_revokes_with_its_block() {
    let rig = Rig::start().await;
    let cases: [(&str, Value, &str); 6] = [
        ("deregister", Value::Null, "agent-deregistered"),
        ("collectable", json!({ "collectable": true }), "balance-zero-90d"),
        ("abg", json!({ "abg": { "models": ["other"] } }), "abg-changed"),
        ("sovereignty", json!({ "sovereign": true }), "sovereignty-flipped"),
        ("controller", json!({ "controller": Wallet::new(99).text() }), "controller-rotated"),
        ("controller", json!({ "controller": null }), "controller-rotated"),
    ];
    for (number, (what, body, reason)) in cases.into_iter().enumerate() {
        let (agent, controller) = (Wallet::new(10 + number as u8), Wallet::new(50));
        rig.register(&agent, Some(&controller)).await;
        let jti = rig.claim(&agent, &controller).await;
        let block = rig.change(&agent, what, &body).await;
        assert_eq!(rig.revoked(&jti).await, None);
        assert_eq!(rig.app.watch_now().await.unwrap().len(), 1);
        assert_eq!(rig.revoked(&jti).await, Some((reason.to_owned(), Some(block))));
        assert!(!rig.bit(&jti).await);
        rig.publish().await;
        assert!(rig.bit(&jti).await, "{reason}");
        let freshness = rig.verify(&jti).await["freshness"].clone();
        assert_eq!(freshness, json!({ "status": "revoked", "reason": reason }));
        // Already judged: nothing is revoked twice.
        assert!(rig.app.watch_now().await.unwrap().is_empty());
    }
    let listed = rig.get("/poa/api/revoked").await.ok();
    assert_eq!(listed["revoked"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn what_is_no_reason_revokes_nothing() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    rig.change(&agent, "balance", &json!({ "seusBalance": "7" })).await;
    rig.change(&agent, "balance", &json!({ "seusBalance": "0" })).await;
    rig.change(&agent, "runs", &json!({ "kzg": 1, "signatureOnly": 2 })).await;
    rig.register(&Wallet::new(3), None).await;
    assert!(rig.app.watch_now().await.unwrap().is_empty());
    assert_eq!(rig.verify(&jti).await["freshness"]["status"], "current");
}

/// A state that came and went between two readings still ended the document.
#[tokio::test]
async fn a_change_that_was_undone_is_not_missed() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let away = rig.change(&agent, "controller", &json!({ "controller": Wallet::new(3).text() })).await;
    rig.change(&agent, "controller", &json!({ "controller": controller.text() })).await;
    rig.app.watch_now().await.unwrap();
    assert_eq!(rig.revoked(&jti).await, Some(("controller-rotated".to_owned(), Some(away))));
}

#[tokio::test]
async fn a_restart_misses_nothing_and_repeats_nothing() {
    let (rig, one, two, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2), Wallet::new(9));
    for agent in [&one, &two] {
        rig.register(agent, Some(&controller)).await;
    }
    let (first, second) = (rig.claim(&one, &controller).await, rig.claim(&two, &controller).await);
    rig.change(&one, "sovereignty", &json!({ "sovereign": true })).await;
    rig.app.watch_now().await.unwrap();
    let before = rig.app.domain().agenthood_watch().await.unwrap().unwrap();
    let block = rig.change(&two, "sovereignty", &json!({ "sovereign": true })).await;
    let rig = rig.restart().await;
    assert_eq!(rig.app.domain().agenthood_watch().await.unwrap().unwrap().block, before.block);
    let revoked = rig.app.watch_now().await.unwrap();
    assert_eq!(revoked.iter().map(|(jti, _, at)| (jti.to_string(), *at)).collect::<Vec<_>>(), [(second, block)]);
    assert!(rig.revoked(&first).await.is_some());
    let rig = rig.restart().await;
    assert!(rig.app.watch_now().await.unwrap().is_empty());
}

#[tokio::test]
async fn more_changes_than_one_answer_holds_are_all_judged() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let registry = rig.app.registry().unwrap();
    for balance in 1..=600u128 {
        let act = poa_issuer::domain::registry::Act::SetBalance(poa_verifier::agenthood::claims::Balance(balance));
        registry.apply(&agent.address(), &act, rig.clock_now()).await.unwrap();
    }
    let block = rig.change(&agent, "deregister", &Value::Null).await;
    rig.app.watch_now().await.unwrap();
    assert_eq!(rig.revoked(&jti).await, Some(("agent-deregistered".to_owned(), Some(block))));
}

/// Documents live for at most thirty days, so an agent's balance is zero long before its document is issued or the
/// document is renewed on the way; here it lives longer, as the rule does not know that.
#[tokio::test]
async fn ninety_days_of_zero_balance_end_a_document() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    rig.live_for(&jti, 200 * DAY).await;
    rig.change(&agent, "balance", &json!({ "seusBalance": "0" })).await;
    rig.clock.advance(90 * DAY - 1);
    assert!(rig.app.watch_now().await.unwrap().is_empty());
    rig.clock.advance(1);
    let revoked = rig.app.watch_now().await.unwrap();
    assert_eq!(revoked.len(), 1);
    assert_eq!(rig.revoked(&jti).await.unwrap().0, "balance-zero-90d");
}

#[tokio::test]
async fn ninety_days_count_also_when_nobody_watched_them_pass() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    rig.live_for(&jti, 200 * DAY).await;
    rig.change(&agent, "balance", &json!({ "seusBalance": "0" })).await;
    rig.clock.advance(91 * DAY);
    let block = rig.change(&agent, "balance", &json!({ "seusBalance": "1" })).await;
    rig.app.watch_now().await.unwrap();
    assert_eq!(rig.revoked(&jti).await, Some(("balance-zero-90d".to_owned(), Some(block))));
}

#[tokio::test]
async fn money_in_time_starts_the_ninety_days_anew() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    rig.live_for(&jti, 400 * DAY).await;
    for balance in ["0", "1", "0"] {
        rig.change(&agent, "balance", &json!({ "seusBalance": balance })).await;
        rig.clock.advance(80 * DAY);
    }
    assert!(rig.app.watch_now().await.unwrap().is_empty());
    rig.clock.advance(10 * DAY);
    assert_eq!(rig.app.watch_now().await.unwrap().len(), 1);
    assert_eq!(rig.revoked(&jti).await.unwrap().0, "balance-zero-90d");
}

/// The last second of a document is its `exp`, as verifiers count, by the service's clock.
#[tokio::test]
async fn a_document_is_watched_through_its_last_second() {
    for (life, watched) in [(30 * DAY - 1, true), (30 * DAY, true), (30 * DAY + 1, false)] {
        let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
        rig.register(&agent, Some(&controller)).await;
        let jti = rig.claim(&agent, &controller).await;
        let jws = rig.jws(&jti).await;
        rig.clock.advance(life);
        // What verifies can still be ended, and what can not be ended verifies no more.
        assert_eq!(rig.post("/poa/api/verify", &json!({ "jws": jws })).await.status == 200, watched, "{life}");
        let block = rig.change(&agent, "deregister", &Value::Null).await;
        assert_eq!(rig.app.watch_now().await.unwrap().len(), usize::from(watched), "{life}");
        assert_eq!(rig.revoked(&jti).await, watched.then(|| ("agent-deregistered".to_owned(), Some(block))));
    }
}

#[tokio::test]
async fn a_controller_revokes_and_supersedes_through_the_last_second() {
    for (life, alive) in [(30 * DAY - 1, true), (30 * DAY, true), (30 * DAY + 1, false)] {
        let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
        rig.register(&agent, Some(&controller)).await;
        let old = rig.claim(&agent, &controller).await;
        rig.clock.advance(life);
        let new = rig.claim(&agent, &controller).await;
        assert_eq!(rig.revoked(&old).await, alive.then(|| ("superseded".to_owned(), None)), "{life}");
        rig.clock.advance(life);
        let answer = rig.revoke(&agent, &controller).await;
        match alive {
            true => assert_eq!(answer.ok()["jti"], json!(new)),
            false => answer.refused(404, "no-active-credential"),
        }
    }
}

/// The watcher went past the block that the claim had read: the claim must not slip in behind it.
#[tokio::test]
async fn a_document_never_begins_behind_the_watcher() {
    use poa_issuer::chain::ReadAt;
    use poa_issuer::domain::agenthood::{AgenthoodError, Facts, Jti, NewDocument};
    use poa_issuer::domain::{EntropyRng, os_entropy};
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    rig.claim(&agent, &controller).await;
    let snapshot = rig.app.registry().unwrap().snapshot(&agent.address(), rig.clock_now()).await.unwrap();
    let new = NewDocument {
        jti: Jti::random(0, &mut EntropyRng::new(&os_entropy())),
        agent: agent.address(),
        issued_at: rig.clock_now(),
        expires_at: rig.clock_now() + 60,
        facts: Facts::of(snapshot.agent.as_ref().unwrap()).unwrap(),
        read: snapshot.read_at(),
    };
    rig.change(&agent, "controller", &json!({ "controller": Wallet::new(3).text() })).await;
    rig.app.watch_now().await.unwrap();
    let refused = rig.app.domain().issue_agenthood(&new, &|_| Err("not asked".to_owned())).await;
    assert!(matches!(refused, Err(AgenthoodError::ReadTooOld { .. })), "{refused:?}");
    let genesis = poa_verifier::agenthood::hex32::BlockHash::new([9; 32]);
    let other = NewDocument { read: ReadAt { genesis, block: u32::MAX.into() }, ..new };
    let refused = rig.app.domain().issue_agenthood(&other, &|_| Err("not asked".to_owned())).await;
    assert!(matches!(refused, Err(AgenthoodError::OtherChain { .. })), "{refused:?}");
}
