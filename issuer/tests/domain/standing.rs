//! Revoking, suspending, resuming: leaf and status bits in the same publication.

use poa_circuits::native::field::F;
use poa_issuer::domain::*;
use serde_json::json;

use super::rig::{NOW, Rig, naive_root};

/// Issues a credential; gives its id and status index.
pub async fn issue(rig: &Rig, id: AgentUuid) -> (CredentialId, u32) {
    let begun = rig
        .domain
        .begin_credential(id, "https://issuer.example/schemas/x/1", None, Actor::Operator, rig.now())
        .await
        .unwrap();
    let Begun::Fresh(begin) = begun else { panic!("no idempotency key was given") };
    rig.domain
        .complete_credential(begin.id, json!({ "of": id.to_string() }), NOW + 1_000_000, rig.now())
        .await
        .unwrap();
    (begin.id, begin.status_index)
}

#[tokio::test]
async fn a_revoked_agent_loses_leaf_and_credentials_in_one_publication_for_good() {
    let mut rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    let other = rig.attested("other", 5).await;
    let before = rig.head().await;
    let (credential, bit) = issue(&rig, id).await;
    let index = rig.domain.leaf_opening(id).await.unwrap().index;
    let other_leaf = rig.domain.leaf_opening(other).await.unwrap();

    rig.domain.revoke_agent(id, Revoker::Operator, NOW).await.unwrap();
    let refused = rig.domain.begin_credential(id, "x", None, Actor::Operator, NOW).await;
    assert!(matches!(refused, Err(DomainError::AgentNotActive(AgentStatus::Revoked))), "at once");
    assert!(rig.domain.status_bits().await.unwrap().revoked.is_empty(), "not before the publication");

    let head = rig.head().await;
    let bits = rig.domain.status_bits().await.unwrap();
    assert_eq!((bits.revoked, bits.suspended, bits.size), (vec![bit], vec![], 131_072));
    assert_eq!((bits.revocations, head.revocations), (before.revocations + 1, before.revocations + 1));
    assert!(rig.domain.credential(credential).await.unwrap().revoked);
    let path = rig.domain.leaf_path(index, head.seq).await.unwrap();
    assert_eq!(path.root(&F::from(0u64)), head.root);

    // The next append builds on the revoked tree, also after a restart.
    rig.restart().await;
    rig.attested("third", 5).await;
    let head = rig.head().await;
    let third = rig.domain.agents(None, 10).await.unwrap().items.into_iter().find(|a| a.name == "third").unwrap();
    let third = rig.domain.leaf_opening(third.id).await.unwrap();
    let mut leaves = vec![F::from(0u64); 3];
    leaves[other_leaf.index as usize] = other_leaf.leaf.hash();
    leaves[third.index as usize] = third.leaf.hash();
    assert_eq!(head.root, naive_root(&leaves));

    for act in [rig.domain.suspend_agent(id, NOW).await, rig.domain.resume_agent(id, NOW).await] {
        assert!(matches!(act, Err(DomainError::StatusChange(AgentStatus::Revoked))), "{act:?}");
    }
}

#[tokio::test]
async fn a_suspended_agent_is_out_until_it_resumes_with_a_new_leaf() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    let (credential, bit) = issue(&rig, id).await;
    let first = rig.domain.leaf_opening(id).await.unwrap();

    rig.domain.suspend_agent(id, NOW).await.unwrap();
    let suspended = rig.head().await;
    assert_eq!(rig.domain.status_bits().await.unwrap().suspended, [bit]);
    assert!(matches!(rig.domain.leaf_opening(id).await, Err(DomainError::NoLeaf)));

    rig.domain.resume_agent(id, NOW).await.unwrap();
    let publication = rig.publish().await;
    assert_eq!(publication.new_leaves, 1, "at once");
    let bits = rig.domain.status_bits().await.unwrap();
    assert_eq!((bits.suspended, bits.revoked), (vec![], vec![]));
    assert_eq!(bits.revocations, suspended.revocations + 1, "a list that still shows it lags");
    assert!(!rig.domain.credential(credential).await.unwrap().suspended);
    let second = rig.domain.leaf_opening(id).await.unwrap();
    assert_ne!((second.index, second.leaf.salt), (first.index, first.leaf.salt));
}

#[tokio::test]
async fn revoking_a_credential_leaves_agent_and_leaf_alone() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    let before = rig.head().await;
    let (revoked, bit) = issue(&rig, id).await;
    let (kept, _) = issue(&rig, id).await;
    rig.domain.revoke_credential(revoked, NOW + 1).await.unwrap();
    let again = rig.domain.revoke_credential(revoked, NOW + 9).await.unwrap();
    assert_eq!(again.revoked_at, Some(NOW + 1));
    let publication = rig.publish().await;
    let head = publication.head.unwrap();
    assert_eq!((head.seq, head.root), (before.seq + 1, before.root), "a publication of status bits alone");
    assert_eq!(head.revocations, before.revocations + 1);
    assert_eq!(rig.domain.status_bits().await.unwrap().revoked, [bit]);
    assert!(!rig.domain.credential(kept).await.unwrap().revoked);
    assert_eq!(
        rig.domain.leaf_path(0, head.seq).await.unwrap().root(&rig.domain.leaf_opening(id).await.unwrap().leaf.hash()),
        head.root
    );
}

#[tokio::test]
async fn superseding_a_leaf_leaves_its_credentials_valid() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    issue(&rig, id).await;
    rig.attest(id, "more", 7).await;
    rig.clock.set(NOW + 3_600);
    let head = rig.publish().await.head.unwrap();
    assert_eq!(head.revocations, 0);
    assert!(rig.domain.status_bits().await.unwrap().revoked.is_empty());
}

#[tokio::test]
async fn a_head_of_nothing_but_revoked_leaves_is_still_signed() {
    let rig = Rig::new().await;
    let id = rig.attested("only", 5).await;
    rig.publish().await;
    rig.domain.revoke_agent(id, Revoker::Operator, NOW).await.unwrap();
    let head = rig.head().await;
    assert_eq!((head.size, head.seq), (1, 2));
    assert_eq!(head.root, poa_circuits::native::tree::empty_root());
}

#[tokio::test]
async fn operator_decisions_are_logged_once() {
    let rig = Rig::new().await;
    let id = rig.managed("agent").await;
    for _ in 0..2 {
        rig.domain.suspend_agent(id, NOW).await.unwrap();
    }
    let acts = rig.domain.store().operator_acts().await.unwrap();
    let changes: Vec<_> = acts.iter().filter(|act| act.act == "change_status").collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].detail, json!({ "from": "active", "to": "suspended" }));
}
