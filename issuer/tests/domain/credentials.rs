//! Issuance records: at most once, durable, in time.

use std::collections::BTreeSet;

use poa_issuer::domain::*;
use serde_json::json;

use super::rig::{NOW, Rig};
use super::standing::issue;

const SCHEMA: &str = "https://issuer.example/schemas/task_completion/1";

fn key(digest: u8) -> Option<Idempotency> {
    Some(Idempotency { principal: "operator".into(), key: "key-1".into(), digest: [digest; 32] })
}

async fn begin(rig: &Rig, id: AgentUuid, idempotency: Option<Idempotency>) -> Box<Begin> {
    match rig.domain.begin_credential(id, SCHEMA, idempotency, Actor::Operator, rig.now()).await.unwrap() {
        Begun::Fresh(begin) => begin,
        Begun::Repeat(credential) => panic!("a repetition of {}", credential.id),
    }
}

async fn published(rig: &Rig) -> AgentUuid {
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    id
}

#[tokio::test]
async fn a_credential_is_made_from_the_live_leaf_under_the_newest_head() {
    let mut rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    let early = rig.domain.begin_credential(id, SCHEMA, None, Actor::Operator, NOW).await;
    assert!(matches!(early, Err(DomainError::NoLeaf)), "{early:?}");
    let head = rig.head().await;
    let begin = begin(&rig, id, None).await;
    assert_eq!(begin.head, head);
    assert_eq!(begin.path.root(&begin.opening.leaf.hash()), head.root);
    let document = json!({ "id": "x", "n": 1 });
    let issued = rig.domain.complete_credential(begin.id, document.clone(), NOW + 100, NOW).await.unwrap();
    rig.restart().await;
    let stored = rig.domain.credential(begin.id).await.unwrap();
    assert_eq!(stored, issued);
    assert_eq!(
        (stored.state, stored.document, stored.valid_until),
        (CredentialState::Issued, Some(document), Some(NOW + 100))
    );
    let twice = rig.domain.complete_credential(begin.id, json!({}), NOW + 100, NOW).await;
    assert!(matches!(twice, Err(DomainError::CredentialState)));
}

#[tokio::test]
async fn a_repeated_request_gives_the_same_credential() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let first = begin(&rig, id, key(1)).await;
    let meanwhile = rig.domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await;
    assert!(matches!(meanwhile, Err(DomainError::IdempotencyInProgress)));
    let issued = rig.domain.complete_credential(first.id, json!({}), NOW + 100, NOW).await.unwrap();
    let Begun::Repeat(again) = rig.domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await.unwrap()
    else {
        panic!("issued twice")
    };
    assert_eq!(*again, issued);
    let other = rig.domain.begin_credential(id, SCHEMA, key(2), Actor::Operator, NOW).await;
    assert!(matches!(other, Err(DomainError::IdempotencyMismatch)));
    let principal = Some(Idempotency { principal: "agent".into(), ..key(2).unwrap() });
    begin(&rig, id, principal).await;
}

#[tokio::test]
async fn a_failed_or_expired_attempt_frees_its_key() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let first = begin(&rig, id, key(1)).await;
    rig.domain.abandon_credential(first.id).await.unwrap();
    assert!(matches!(rig.domain.credential(first.id).await, Err(DomainError::NotFound(Kind::Credential))));
    let second = begin(&rig, id, key(2)).await;
    rig.clock.advance(PENDING_TTL_S);
    begin(&rig, id, key(3)).await;
    let late = rig.domain.complete_credential(second.id, json!({}), NOW, rig.now()).await;
    assert!(matches!(late, Err(DomainError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_equal_requests_at_once_one_issues() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let domain = rig.domain.clone();
        tasks.spawn(async move { domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Ok(Begun::Fresh(_)))).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Err(DomainError::IdempotencyInProgress))).count(), 15);
}

#[tokio::test]
async fn a_holder_has_ten_minutes_and_nothing_is_issued_before() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let begun = begin(&rig, id, key(1)).await;
    let held = rig.domain.hold_credential(begun.id, json!({ "unsigned": true }), NOW).await.unwrap();
    assert_eq!((held.state, held.pending_until), (CredentialState::Pending, Some(NOW + 600)));
    assert!(held.valid_until.is_none());
    // The tree moves on; the holder still proves under the head it was given.
    rig.attested("another", 5).await;
    rig.clock.advance(10);
    rig.publish().await;
    let pending = rig.domain.pending_credential(begun.id, NOW + 599).await.unwrap();
    assert_eq!((pending.head, &pending.path), (begun.head.clone(), &begun.path));
    assert_eq!(pending.opening, begun.opening);
    let late = rig.domain.pending_credential(begun.id, NOW + 600).await;
    assert!(matches!(late, Err(DomainError::PendingExpired)));
    let late = rig.domain.complete_credential(begun.id, json!({}), NOW, NOW + 600).await;
    assert!(matches!(late, Err(DomainError::PendingExpired)));
    let in_time = rig.domain.complete_credential(begun.id, json!({}), NOW + 9_999, NOW + 599).await.unwrap();
    assert_eq!(in_time.state, CredentialState::Issued);
}

#[tokio::test]
async fn an_agent_out_of_standing_gets_nothing_finished() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let begun = begin(&rig, id, None).await;
    rig.domain.suspend_agent(id, NOW).await.unwrap();
    let refused = rig.domain.complete_credential(begun.id, json!({}), NOW + 1, NOW).await;
    assert!(matches!(refused, Err(DomainError::AgentNotActive(AgentStatus::Suspended))));
    let refused = rig.domain.hold_credential(begun.id, json!({}), NOW).await;
    assert!(matches!(refused, Err(DomainError::AgentNotActive(AgentStatus::Suspended))));
}

#[tokio::test]
async fn what_was_never_issued_cannot_be_revoked_and_is_forgotten() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let begun = begin(&rig, id, None).await;
    let refused = rig.domain.revoke_credential(begun.id, NOW).await;
    assert!(matches!(refused, Err(DomainError::CredentialState)));
    let (issued, _) = issue(&rig, id).await;
    rig.domain.housekeep(NOW + PENDING_TTL_S + 3_601).await.unwrap();
    assert!(rig.domain.credential(begun.id).await.is_err());
    rig.domain.credential(issued).await.unwrap();
    let refused = rig.domain.abandon_credential(issued).await;
    assert!(matches!(refused, Err(DomainError::CredentialState)));
}

#[tokio::test]
async fn status_indices_are_distinct_and_scattered() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    let mut begun = Vec::new();
    for _ in 0..64 {
        begun.push(begin(&rig, id, None).await);
    }
    let indices: BTreeSet<_> = begun.iter().map(|begin| begin.status_index).collect();
    assert_eq!(indices.len(), 64);
    assert!(indices.iter().all(|index| *index < 131_072));
    let gaps = indices.iter().zip(indices.iter().skip(1)).filter(|(a, b)| *b - *a == 1).count();
    assert!(gaps < 8, "{gaps} of 64 indices follow each other");
}

#[tokio::test]
async fn the_status_lists_grow_before_they_are_half_full() {
    let rig = Rig::new().await;
    let id = published(&rig).await;
    sqlx::query("UPDATE status_space SET used = 65535").execute(rig.domain.store().writer_pool()).await.unwrap();
    let _first = begin(&rig, id, None).await;
    assert_eq!(rig.domain.status_bits().await.unwrap().size, 131_072, "exactly half");
    let _second = begin(&rig, id, None).await;
    assert_eq!(rig.domain.status_bits().await.unwrap().size, 262_144);
}

#[tokio::test]
async fn a_disclosure_schema_is_immutable() {
    let rig = Rig::new().await;
    let schema = |digest: &str| DisclosureSchemaRecord {
        id: SCHEMA.into(),
        name: "task_completion".into(),
        version: 1,
        document: json!({ "id": SCHEMA, "digest": digest }),
        digest_sri: digest.into(),
        created_at: NOW,
    };
    rig.domain.add_disclosure_schema(schema("a")).await.unwrap();
    rig.domain.add_disclosure_schema(schema("a")).await.unwrap();
    let changed = rig.domain.add_disclosure_schema(schema("b")).await;
    assert!(matches!(changed, Err(DomainError::SchemaExists)));
    assert_eq!(rig.domain.disclosure_schemas().await.unwrap(), [schema("a")]);
}

/// As after a crash, a panic, or when giving up failed: a retry need not wait until the reservation lapses.
#[tokio::test]
async fn a_reservation_that_nobody_works_on_does_not_hold_its_key() {
    let mut rig = Rig::new().await;
    let id = published(&rig).await;
    let first = begin(&rig, id, key(1)).await;
    let at_work = rig.domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await;
    assert!(matches!(at_work, Err(DomainError::IdempotencyInProgress)));
    drop(first);
    let second = begin(&rig, id, key(1)).await;
    // Another process: what the first one worked on is nobody's, although it was never told so.
    std::mem::forget(second);
    rig.restart().await;
    let third = begin(&rig, id, key(1)).await;
    rig.domain.complete_credential(third.id, json!({}), NOW + 100, NOW).await.unwrap();
    let repeated = rig.domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await.unwrap();
    assert!(matches!(repeated, Begun::Repeat(credential) if credential.id == third.id));
}

/// What a holder is proving stays the holder's over a restart.
#[tokio::test]
async fn a_pending_credential_keeps_its_key_over_a_restart() {
    let mut rig = Rig::new().await;
    let id = published(&rig).await;
    let begun = begin(&rig, id, key(1)).await;
    rig.domain.hold_credential(begun.id, json!({ "unsigned": true }), NOW).await.unwrap();
    rig.restart().await;
    let repeated = rig.domain.begin_credential(id, SCHEMA, key(1), Actor::Operator, NOW).await.unwrap();
    assert!(matches!(repeated, Begun::Repeat(credential) if credential.id == begun.id));
}
