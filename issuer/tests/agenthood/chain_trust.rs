//! Which readings of the chain count, how many callers may cause, and that the watcher goes on whatever happens.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use poa_issuer::chain::ReadLimits;
use poa_issuer::domain::agenthood::{AgenthoodError, Jti, NewDocument, SignedDocument};
use poa_issuer::domain::{EntropyRng, os_entropy};
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, Wallet};
use crate::scripted::Scripted;

async fn start(chain: &Arc<Scripted>) -> Rig {
    Rig::start_with(|config| chain.configure(config)).await
}

/// A revocation that is signed and not yet sent.
async fn signed_revocation(rig: &Rig, agent: &Wallet, signer: &Wallet) -> Value {
    let nonce = rig.challenge(agent).await["nonce"].as_str().unwrap().to_owned();
    let signature = signer.sign(&format!("poa-revoke:{}:{nonce}", agent.text()));
    json!({ "agentId": agent.text(), "nonce": nonce, "signatureHex": signature })
}

#[track_caller]
fn unreachable(answer: &Answer) {
    answer.refused(503, "chain-unreachable");
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(answer.json()["retryAfterSec"], 5);
}

fn unknown(detail: &str) -> Value {
    json!({ "status": "unknown", "detail": detail })
}

/// Who controlled the agent once must not revoke through a reader that lags, or one of another chain.
#[tokio::test]
async fn a_past_controller_revokes_nothing_through_a_past_or_foreign_chain() {
    let (chain, agent) = (Scripted::new(), Wallet::new(1));
    let (past, present) = (Wallet::new(2), Wallet::new(3));
    let rig = start(&chain).await;
    chain.controls(&agent, &past);
    chain.controls(&agent, &present);
    let jti = rig.claim(&agent, &present).await;
    let [lagging, foreign, honest] = [
        signed_revocation(&rig, &agent, &past).await,
        signed_revocation(&rig, &agent, &past).await,
        signed_revocation(&rig, &agent, &past).await,
    ];
    chain.state().head = Some(1);
    unreachable(&rig.post("/poa/api/revoke", &lagging).await);
    chain.state().head = None;
    chain.state().genesis = 2;
    unreachable(&rig.post("/poa/api/revoke", &foreign).await);
    unreachable(&rig.post("/poa/api/challenge", &json!({ "agentId": agent.text() })).await);
    unreachable(&rig.get(&format!("/poa/api/snapshot/{}", agent.text())).await);
    chain.state().genesis = 1;
    rig.post("/poa/api/revoke", &honest).await.refused(401, "signature-invalid");
    assert_eq!(rig.revoked(&jti).await, None);
    rig.revoke(&agent, &present).await.ok();
}

#[tokio::test]
async fn the_chain_contradicts_a_document_only_from_its_own_chain_and_not_from_before_it() {
    let (chain, old, new) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let controller = Wallet::new(3);
    let rig = start(&chain).await;
    chain.controls(&old, &controller);
    let first = rig.claim(&old, &controller).await;
    chain.controls(&new, &Wallet::new(9));
    chain.controls(&new, &controller);
    let second = rig.claim(&new, &controller).await;
    let freshness = async |jti: &str| rig.verify(jti).await["freshness"].clone();
    // The watcher stands at the first document's block, so that alone the second document tells that this is the past.
    chain.state().head = Some(2);
    assert_eq!(freshness(&first).await, json!({ "status": "current" }));
    assert_eq!(freshness(&second).await, unknown("chain-behind"));
    // A document of the past, unlike its agent, is not judged by what was before the watcher's block either.
    chain.state().head = None;
    rig.app.watch_now().await.unwrap();
    chain.state().head = Some(2);
    assert_eq!(freshness(&first).await, unknown("chain-behind"));
    chain.state().head = None;
    chain.state().genesis = 2;
    assert_eq!(freshness(&first).await, unknown("other-chain"));
    let jws = rig.jws(&first).await;
    let general = rig.post("/verify", &json!({ "document": jws })).await.ok();
    assert_eq!(general["authentic"], true, "lists alone decide: {general}");
    chain.state().genesis = 1;
    chain.gone(&old);
    assert_eq!(freshness(&first).await, json!({ "status": "revoked", "reason": "agent-deregistered" }));
    assert_eq!(rig.revoked(&first).await, None, "the watcher revokes, not who verifies");
}

/// White space around a document is no way past the chain.
#[tokio::test]
async fn white_space_around_a_document_changes_nothing() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    chain.controls(&agent, &controller);
    let jti = rig.claim(&agent, &controller).await;
    let jws = rig.jws(&jti).await;
    let around = ["", " ", "\n", "\t", "\r\n"];
    let spaced = || around.iter().flat_map(|space| [format!("{jws}{space}"), format!("{space}{jws}")]);
    let answers = async |text: &str| {
        let asked = json!({ "document": text, "request": { "classes": ["agenthood"] } });
        let batch = json!({ "documents": [asked] });
        let raw = Request::post("/poa/api/verify").header("content-type", "application/jose");
        [
            rig.post("/verify", &asked).await.ok(),
            rig.post("/verify", &batch).await.ok()["reports"][0].take(),
            rig.post("/poa/api/verify", &json!({ "jws": text })).await.ok(),
            rig.send(raw.body(Body::from(text.to_owned())).unwrap()).await.ok(),
        ]
    };
    for text in spaced() {
        let [single, batch, published, raw] = answers(&text).await;
        assert_eq!((&single["verified"], &batch["verified"]), (&json!(true), &json!(true)), "{text:?}: {single}");
        for published in [published, raw] {
            assert_eq!(published["freshness"], json!({ "status": "current" }), "{text:?}: {published}");
        }
    }
    chain.controls(&agent, &Wallet::new(3));
    for text in spaced() {
        let [single, batch, published, raw] = answers(&text).await;
        assert_eq!((&single["verified"], &batch["verified"]), (&json!(false), &json!(false)), "{text:?}: {single}");
        for published in [published, raw] {
            let rotated = json!({ "status": "revoked", "reason": "controller-rotated" });
            assert_eq!(published["freshness"], rotated, "{text:?}: {published}");
        }
    }
}

#[tokio::test]
async fn an_older_reading_never_supersedes_a_newer_document() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    for _ in 0..7 {
        chain.controls(&agent, &controller);
    }
    chain.state().head = Some(5);
    rig.claim(&agent, &controller).await;
    chain.state().head = Some(7);
    let newer = rig.claim(&agent, &controller).await;
    let newer = rig.app.domain().agenthood_document(newer.parse().unwrap()).await.unwrap();
    assert_eq!(newer.read.block, 7);
    // The claim that read block 6 was overtaken. The watcher is still at 5 and has no objection.
    let jti = |at| Jti::random(at, &mut EntropyRng::new(&os_entropy()));
    let mut read = newer.read;
    read.block = 6;
    let late = NewDocument {
        jti: jti(1),
        agent: agent.address(),
        issued_at: rig.clock_now(),
        expires_at: rig.clock_now() + 60,
        facts: newer.facts.clone(),
        read,
    };
    let sign = |_| Ok(SignedDocument { jws: "x".to_owned(), kid: "x".to_owned() });
    let refused = rig.app.domain().issue_agenthood(&late, &sign).await;
    assert!(matches!(refused, Err(AgenthoodError::ReadTooOld { known: 7, read: 6 })), "{refused:?}");
    assert_eq!(rig.app.domain().agenthood_document(newer.jti).await.unwrap().revocation, None);
    assert!(rig.app.domain().agenthood_document(late.jti).await.is_err());
    // The same block is no older one.
    let same = NewDocument { jti: jti(2), read: newer.read, ..late };
    rig.app.domain().issue_agenthood(&same, &sign).await.unwrap();
    assert!(rig.app.domain().agenthood_document(newer.jti).await.unwrap().revocation.is_some());
}

/// A reader that stopped answers for ever that nothing changed.
#[tokio::test]
async fn a_head_that_stands_still_counts_no_more() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    chain.controls(&agent, &controller);
    let jti = rig.claim(&agent, &controller).await;
    rig.app.watch_now().await.unwrap();
    assert_eq!(rig.verify(&jti).await["freshness"], json!({ "status": "current" }));
    rig.clock.advance(1);
    let failed = rig.app.watch_now().await.unwrap_err();
    assert!(failed.to_string().contains("1001 s old, more than 1000 s"), "{failed}");
    assert_eq!(rig.app.watch_health().failures_in_a_row, 1);
    assert_eq!(rig.verify(&jti).await["freshness"], unknown("chain-unreachable"));
    unreachable(&rig.post("/poa/api/challenge", &json!({ "agentId": agent.text() })).await);
    unreachable(&rig.get(&format!("/poa/api/snapshot/{}", agent.text())).await);
    // What such a chain says ends nothing either.
    chain.controls(&agent, &Wallet::new(3));
    rig.app.watch_now().await.unwrap_err();
    assert_eq!(rig.revoked(&jti).await, None);
}

/// A registry without changes does not stand still: its head is of now.
#[tokio::test]
async fn an_idle_registry_is_no_stopped_chain() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    rig.clock.advance(86_400);
    rig.app.watch_now().await.unwrap();
    assert_eq!(rig.verify(&jti).await["freshness"], json!({ "status": "current" }));
}

/// However many call, a chain that is slow sees a few readings at a time, callers get their answer in time, and
/// neither the watcher nor who revokes waits behind them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_starve_neither_the_chain_nor_the_watcher_nor_each_other() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = Rig::start_with(|config| {
        chain.configure(config);
        config.agenthood.reads = ReadLimits { at_once: 2, waiting: 3, budget: Duration::from_secs(2) };
    })
    .await;
    let rig = Arc::new(rig);
    chain.controls(&agent, &controller);
    let jti = rig.claim(&agent, &controller).await;
    let held = signed_revocation(&rig, &agent, &controller).await;
    let crowd: Vec<Wallet> = (100..140).map(Wallet::new).collect();
    {
        let mut state = chain.state();
        state.silent.extend(crowd.iter().map(Wallet::address));
        state.most_at_once = 0;
    }
    let arrive = |asks: bool| -> Vec<_> {
        let call = |wallet: &Wallet| {
            let (rig, id) = (Arc::clone(&rig), wallet.text());
            tokio::spawn(async move {
                if asks {
                    rig.post("/poa/api/challenge", &json!({ "agentId": id })).await
                } else {
                    rig.get(&format!("/poa/api/snapshot/{id}")).await
                }
            })
        };
        crowd.iter().map(call).collect()
    };
    let mut calls = arrive(false);
    let refused = async || {
        let metrics = String::from_utf8(rig.get("/metrics").await.bytes).unwrap();
        let value = metrics.lines().find_map(|line| line.strip_prefix("poa_chain_reads_refused_total "));
        value.unwrap().parse::<u64>().unwrap()
    };
    let crowded = async |count| {
        while refused().await < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // The crowd but for five.
    crowded(35).await;
    assert_eq!(rig.verify(&jti).await["freshness"], unknown("chain-busy"));
    // While they look, the controller gets a challenge.
    let late = signed_revocation(&rig, &agent, &controller).await;
    rig.app.watch_now().await.unwrap();
    // While others ask for challenges, one that was handed out before is used. Behind either it would get no answer.
    calls.extend(arrive(true));
    crowded(36 + 35).await;
    rig.post("/poa/api/revoke", &held).await.ok();
    rig.post("/poa/api/revoke", &late).await.refused(409, "already-revoked");
    for call in calls {
        unreachable(&call.await.unwrap());
    }
    // Two for who look, two for who ask for challenges, and one of those who answer.
    assert!(chain.state().most_at_once <= 5, "{}", chain.state().most_at_once);
    assert_eq!(refused().await, 36 + 35);
    // With the chain back, everything is as before.
    chain.state().silent.clear();
    tokio::time::sleep(Duration::from_millis(50)).await;
    rig.get(&format!("/poa/api/snapshot/{}", agent.text())).await.ok();
}

#[tokio::test]
async fn a_batch_reads_each_agent_once_and_within_one_budget() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = Rig::start_with(|config| {
        chain.configure(config);
        config.agenthood.reads.budget = Duration::from_secs(1);
    })
    .await;
    let agents: Vec<Wallet> = (10..20).map(Wallet::new).collect();
    chain.controls(&agent, &controller);
    for agent in &agents {
        chain.controls(agent, &controller);
    }
    let of = async |agent| {
        let jti = rig.claim(agent, &controller).await;
        json!({ "document": rig.jws(&jti).await, "request": { "classes": ["agenthood"] } })
    };
    let same = of(&agent).await;
    let batch = json!({ "documents": vec![same; 20] });
    let before = chain.state().snapshots;
    let reports = rig.post("/verify", &batch).await.ok();
    assert!(reports["reports"].as_array().unwrap().iter().all(|report| report["verified"] == true), "{reports}");
    assert_eq!(chain.state().snapshots, before + 1);

    let mut documents = Vec::new();
    for agent in &agents {
        documents.push(of(agent).await);
    }
    chain.state().silent.extend(agents.iter().map(Wallet::address));
    let before = chain.state().snapshots;
    rig.post("/verify", &json!({ "documents": documents })).await.ok();
    assert_eq!(chain.state().snapshots, before + 1, "the first took all the time there was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_panics_is_started_again_and_misses_nothing() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    chain.controls(&agent, &controller);
    let jti = rig.claim(&agent, &controller).await;
    let publisher = rig.app.spawn_publisher();
    let ready = async |wanted: &dyn Fn(&Value) -> bool| {
        for _ in 0..2_400 {
            let answer = rig.get("/ready").await;
            if answer.status == 200 && wanted(&answer.json()["chain"]) {
                return answer.json()["chain"].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never so: {:?}", rig.get("/ready").await);
    };
    assert_eq!(ready(&|_| true).await["watching"], false, "nobody started it yet");
    chain.state().panics = true;
    chain.controls(&agent, &Wallet::new(3));
    let watcher = rig.app.spawn_watcher();
    let failing = ready(&|chain| chain["watcher_restarts"].as_u64() >= Some(2)).await;
    assert!(failing["failures_in_a_row"].as_u64() >= Some(2), "{failing}");
    assert!(rig.app.watch_health().error.unwrap().contains("told to panic"));
    assert_eq!(rig.revoked(&jti).await, None);
    let metrics = String::from_utf8(rig.get("/metrics").await.bytes).unwrap();
    assert!(metrics.contains("poa_watcher_restarts_total ") && metrics.contains("poa_watcher_running "), "{metrics}");
    chain.state().panics = false;
    let well = ready(&|chain| chain["watching"] == true && chain["failures_in_a_row"] == 0).await;
    assert_eq!(well["reader"], "scripted");
    assert_eq!(rig.revoked(&jti).await, Some(("controller-rotated".to_owned(), Some(2))));
    watcher.stop().await;
    assert!(!rig.app.watch_health().running);
    publisher.stop().await;
}

#[tokio::test]
async fn what_a_page_ended_is_noted_whatever_becomes_of_the_next() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    chain.controls(&agent, &controller);
    let jti = rig.claim(&agent, &controller).await;
    chain.controls(&agent, &Wallet::new(3));
    chain.controls(&agent, &Wallet::new(4));
    chain.state().page = Some(1);
    chain.state().unreadable_after = Some(2);
    rig.app.watch_now().await.unwrap_err();
    let health = rig.app.watch_health();
    assert_eq!((health.block, health.revocations, health.failures), (Some(2), 1, 1), "{health:?}");
    assert_eq!(rig.revoked(&jti).await, Some(("controller-rotated".to_owned(), Some(2))));
    chain.state().unreadable_after = None;
    rig.app.watch_now().await.unwrap();
    let health = rig.app.watch_health();
    assert_eq!((health.block, health.revocations, health.failures_in_a_row), (Some(3), 1, 0), "{health:?}");
}

#[tokio::test]
async fn a_watcher_that_is_far_behind_stops_all_the_same() {
    let (chain, agent, controller) = (Scripted::new(), Wallet::new(1), Wallet::new(2));
    let rig = start(&chain).await;
    chain.controls(&agent, &controller);
    rig.claim(&agent, &controller).await;
    for _ in 0..2_000 {
        chain.controls(&agent, &controller);
    }
    chain.state().page = Some(1);
    let watcher = rig.app.spawn_watcher();
    while chain.state().pages < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    watcher.stop().await;
    assert!(chain.state().pages < 1_000, "{}", chain.state().pages);
    assert_eq!(rig.app.watch_health().succeeded_at, None, "it never reached the head");
}
