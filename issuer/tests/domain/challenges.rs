//! Challenges cost nothing until they are used, and are for one agent, purpose and time.

use std::time::Duration;

use poa_issuer::domain::*;
use poa_verifier::holder_pop::Action;

use super::agents::{Holder, register, with_holder};
use super::rig::{NOW, Rig};

async fn used(rig: &Rig) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM used_challenges");
    count.fetch_one(rig.domain.store().pool()).await.unwrap()
}

#[tokio::test]
async fn only_used_challenges_are_stored_until_they_expire() {
    let rig = Rig::new().await;
    let holder = Holder::new();
    let agent = register(&rig, &holder).await;
    for _ in 0..1_000 {
        rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
        rig.domain.challenge(None, NOW).await.unwrap();
    }
    assert_eq!(used(&rig).await, 1, "the one that was registered with");
    rig.domain.housekeep(NOW + CHALLENGE_TTL_S - 1).await.unwrap();
    assert_eq!(used(&rig).await, 1);
    rig.domain.housekeep(NOW + CHALLENGE_TTL_S).await.unwrap();
    assert_eq!(used(&rig).await, 0);
}

#[tokio::test]
async fn a_challenge_is_for_its_agent_purpose_and_time() {
    let rig = Rig::new().await;
    let (holder, other) = (Holder::new(), Holder::new());
    let (agent, others) = (register(&rig, &holder).await, register(&rig, &other).await);
    let revoke = async |challenge: &Challenge, now| {
        let signature = holder.sign(Action::Revoke, challenge, &holder.k);
        let revoker = Revoker::Holder { nonce: challenge.nonce.clone(), exp: challenge.exp, signature };
        rig.domain.revoke_agent(agent.id, revoker, now).await
    };
    let good = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let of_others = rig.domain.challenge(Some(others.id), NOW).await.unwrap();
    let to_register = rig.domain.challenge(None, NOW).await.unwrap();
    let mut bad: Vec<_> = [&of_others.nonce, &to_register.nonce, &"0".repeat(64)]
        .map(|nonce| Challenge { nonce: nonce.clone(), ..good.clone() })
        .to_vec();
    bad.push(Challenge { exp: good.exp + 1, ..good.clone() });
    bad.push(Challenge { exp: NOW + 1_000_000, ..good.clone() });
    for bit in 0..256 {
        let mut nonce = hex::decode(&good.nonce).unwrap();
        nonce[bit / 8] ^= 1 << (bit % 8);
        bad.push(Challenge { nonce: hex::encode(nonce), ..good.clone() });
    }
    for challenge in &bad {
        let refused = revoke(challenge, NOW).await;
        assert!(matches!(refused, Err(DomainError::Challenge)), "{challenge:?}: {refused:?}");
    }
    assert!(matches!(revoke(&good, good.exp).await, Err(DomainError::Challenge)), "expired");
    assert_eq!(revoke(&good, good.exp - 1).await.unwrap().status, AgentStatus::Revoked);
    assert!(matches!(revoke(&good, NOW).await, Err(DomainError::Challenge)), "used");

    // One for an agent does not register another.
    let proof = HolderProof { agent: to_register.agent, ..Holder::new().proof(&of_others) };
    let refused = rig.domain.register_agent(with_holder(proof), NOW).await;
    assert!(matches!(refused, Err(DomainError::Challenge)), "{refused:?}");
}

#[tokio::test]
async fn a_challenge_survives_a_restart() {
    let mut rig = Rig::new().await;
    let holder = Holder::new();
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    rig.restart().await;
    rig.domain.register_agent(with_holder(holder.proof(&challenge)), NOW).await.unwrap();
}

/// Whoever sends wrong signatures makes nobody wait who writes.
#[tokio::test]
async fn a_holders_signature_is_checked_without_the_write_lock() {
    let rig = Rig::new().await;
    let (holder, other) = (Holder::new(), Holder::new());
    let agent = register(&rig, &holder).await;
    let challenge = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let wrong = HolderRotation {
        signature_old: Some(other.sign(Action::Rotate, &challenge, &other.k)),
        ..holder.rotation(&challenge, &other)
    };
    let rotation = Rotation { holder: Some(wrong), ..Rotation::default() };
    let signature = other.sign(Action::Revoke, &challenge, &holder.k);
    let revoker = Revoker::Holder { nonce: challenge.nonce.clone(), exp: challenge.exp, signature };

    let lock = rig.domain.store().writer_pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (rotate, revoke) = (
        rig.domain.rotate_keys(agent.id, rotation, Actor::Agent, NOW),
        rig.domain.revoke_agent(agent.id, revoker, NOW),
    );
    let limit = Duration::from_secs(5);
    let rotated = tokio::time::timeout(limit, rotate).await.expect("it waits for the write lock");
    assert!(matches!(rotated, Err(DomainError::HolderSignature)), "{rotated:?}");
    let revoked = tokio::time::timeout(limit, revoke).await.expect("it waits for the write lock");
    assert!(matches!(revoked, Err(DomainError::HolderSignature)), "{revoked:?}");
    drop(lock);
}

/// The key was replaced between the check of the signatures and the transaction.
#[tokio::test]
async fn of_two_rotations_at_the_same_moment_one_succeeds() {
    let rig = Rig::new().await;
    let (holder, one, other) = (Holder::new(), Holder::new(), Holder::new());
    let agent = register(&rig, &holder).await;
    let mut rotations = Vec::new();
    for new in [&one, &other] {
        let challenge = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
        rotations.push(Rotation { holder: Some(holder.rotation(&challenge, new)), ..Rotation::default() });
    }
    let [first, second] = rotations.try_into().unwrap();
    let (first, second) = tokio::join!(
        rig.domain.rotate_keys(agent.id, first, Actor::Agent, NOW),
        rig.domain.rotate_keys(agent.id, second, Actor::Agent, NOW),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
}
