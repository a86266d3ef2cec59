//! Storing receipts: verified before stored, idempotent, correctable.

use ed25519_dalek::SigningKey;
use poa_issuer::domain::*;
use serde_json::json;

use super::rig::{NOW, Rig, did_key, receipt_by};

fn refused(outcome: &ReceiptOutcome) -> &ReceiptError {
    match outcome {
        ReceiptOutcome::Refused { error, .. } => error,
        other => panic!("not refused: {other:?}"),
    }
}

async fn store(rig: &Rig, batch: &[String]) -> Vec<ReceiptOutcome> {
    rig.domain.store_attestations(batch, rig.now()).await.unwrap()
}

#[tokio::test]
async fn a_receipt_is_stored_once_and_known_ever_after() {
    let mut rig = Rig::new().await;
    let id = rig.managed("agent").await;
    let receipt = rig.receipt(id, "1", json!({}));
    let batch = [receipt.clone(), receipt.clone()];
    let outcomes = store(&rig, &batch).await;
    let ReceiptOutcome::Stored { digest } = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(outcomes[1], ReceiptOutcome::Known { digest: digest.clone() });
    rig.restart().await;
    rig.domain.retire_attestor(&did_key(&rig.attestor), NOW).await.unwrap();
    assert_eq!(store(&rig, &[receipt]).await[0], ReceiptOutcome::Known { digest: digest.clone() });
    let new = store(&rig, &[rig.receipt(id, "2", json!({}))]).await;
    assert_eq!(refused(&new[0]), &ReceiptError::Attestor, "a retired attestor signs no new ones");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_receipt_sent_at_once_is_stored_once() {
    let rig = Rig::new().await;
    let id = rig.managed("agent").await;
    let receipt = rig.receipt(id, "1", json!({}));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (domain, batch) = (rig.domain.clone(), [receipt.clone()]);
        tasks.spawn(async move { domain.store_attestations(&batch, NOW).await.unwrap().remove(0) });
    }
    let outcomes = tasks.join_all().await;
    let stored = outcomes.iter().filter(|outcome| matches!(outcome, ReceiptOutcome::Stored { .. })).count();
    assert_eq!(stored, 1);
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, ReceiptOutcome::Refused { .. })));
}

#[tokio::test]
async fn nothing_that_does_not_verify_is_stored() {
    let rig = Rig::new().await;
    let id = rig.managed("agent").await;
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let honest = rig.receipt(id, "1", json!({}));
    let (head, signature) = honest.rsplit_once('.').unwrap();
    let other_signature = receipt_by(&stranger, id, "1", NOW, json!({})).rsplit_once('.').unwrap().1.to_owned();
    let unknown = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    let batch = [
        format!("{head}.{other_signature}"),
        receipt_by(&stranger, id, "2", NOW, json!({})),
        rig.receipt(id, "3", json!({ "iss": did_key(&stranger) })),
        rig.receipt(unknown, "4", json!({})),
        format!("{signature}.{head}"),
        rig.receipt(id, "5", json!({ "completed": 11 })),
    ];
    let outcomes = store(&rig, &batch).await;
    assert!(matches!(refused(&outcomes[0]), ReceiptError::Jws(_)));
    assert_eq!(refused(&outcomes[1]), &ReceiptError::Attestor);
    assert_eq!(refused(&outcomes[2]).member(), Some("iss"));
    assert_eq!(refused(&outcomes[3]), &ReceiptError::Agent);
    assert!(matches!(refused(&outcomes[4]), ReceiptError::Jws(_)));
    assert_eq!(refused(&outcomes[5]).member(), Some("completed"));
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM attestations").fetch_one(rig.domain.store().pool()).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_jti_is_used_once_per_attestor() {
    let rig = Rig::new().await;
    let other = SigningKey::from_bytes(&[8; 32]);
    rig.add_attestor(&other).await;
    let id = rig.managed("agent").await;
    rig.attest(id, "1", 5).await;
    let batch = [rig.receipt(id, "1", json!({ "completed": 6 })), receipt_by(&other, id, "1", NOW, json!({}))];
    let outcomes = store(&rig, &batch).await;
    assert_eq!(refused(&outcomes[0]), &ReceiptError::JtiUsed);
    assert!(matches!(outcomes[1], ReceiptOutcome::Stored { .. }));
}

#[tokio::test]
async fn a_correction_replaces_an_earlier_receipt_of_the_same_attestor_and_agent() {
    let rig = Rig::new().await;
    let other = SigningKey::from_bytes(&[8; 32]);
    rig.add_attestor(&other).await;
    let (id, another) = (rig.managed("agent").await, rig.managed("another").await);
    let batch = [
        rig.receipt(id, "1", json!({ "completed": 9 })),
        rig.receipt(id, "2", json!({ "completed": 3, "replaces": "1" })),
        // Replaced already; of another attestor; of another agent; unknown; itself; of a younger one.
        rig.receipt(id, "3", json!({ "replaces": "1" })),
        receipt_by(&other, id, "4", NOW, json!({ "replaces": "2" })),
        rig.receipt(another, "5", json!({ "replaces": "2" })),
        rig.receipt(id, "6", json!({ "replaces": "no such" })),
        rig.receipt(id, "7", json!({ "replaces": "7" })),
        rig.receipt(id, "8", json!({ "replaces": "2", "iat": NOW - 1 })),
    ];
    let outcomes = store(&rig, &batch).await;
    for outcome in &outcomes[..2] {
        assert!(matches!(outcome, ReceiptOutcome::Stored { .. }), "{outcome:?}");
    }
    for outcome in &outcomes[2..] {
        assert_eq!(refused(outcome).member(), Some("replaces"), "{outcome:?}");
    }
    rig.publish().await;
    assert_eq!(rig.domain.leaf_opening(id).await.unwrap().attributes.tasks_completed, 3);
}

#[tokio::test]
async fn a_revoked_agent_is_attested_no_more() {
    let rig = Rig::new().await;
    let id = rig.managed("agent").await;
    rig.domain.revoke_agent(id, Revoker::Operator, NOW).await.unwrap();
    let outcomes = store(&rig, &[rig.receipt(id, "1", json!({}))]).await;
    assert_eq!(refused(&outcomes[0]), &ReceiptError::Agent);
}

#[tokio::test]
async fn attributes_follow_from_the_receipts_alone() {
    let rig = Rig::new().await;
    let build = "ab".repeat(32);
    let id = rig.managed("agent").await;
    let batch = [
        rig.receipt(
            id,
            "1",
            json!({ "attempted": 300, "completed": 150, "earned_sats": "18446744073709551615",
            "period_end": NOW - 200_000, "capabilities": ["open-source"] }),
        ),
        rig.receipt(
            id,
            "2",
            json!({ "attempted": 0, "completed": 0, "build_sha256": build,
            "capabilities": ["lite", "open-source"] }),
        ),
    ];
    store(&rig, &batch).await;
    rig.publish().await;
    let attributes = rig.domain.leaf_opening(id).await.unwrap().attributes;
    assert_eq!(attributes.tasks_completed, 150);
    assert_eq!(attributes.earnings_sats, u64::MAX);
    assert_eq!(attributes.member_since, NOW - 200_000);
    assert_eq!(attributes.capabilities, 0b101);
    assert_eq!(attributes.build_sha256, Some([0xab; 32]));
    // Completion 5000 (25), longevity 1 day of 730 = 13 (10), volume 8 bits of 16 = 5000 (10).
    assert_eq!(u64::from(attributes.reputation.get()), (25 * 5_000 + 10 * 13 + 10 * 5_000) / 45);
}

#[tokio::test]
async fn a_batch_is_bounded() {
    let rig = Rig::new().await;
    let batch = vec![String::new(); MAX_RECEIPTS + 1];
    let outcome = rig.domain.store_attestations(&batch, NOW).await;
    assert!(matches!(outcome, Err(DomainError::TooManyReceipts(MAX_RECEIPTS))));
}
