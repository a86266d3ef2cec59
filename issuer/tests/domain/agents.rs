//! Registration, challenges, keys.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_issuer::domain::*;
use poa_verifier::holder_pop::{Action, HolderPop};

use super::rig::{HOST, NOW, Rig, managed_registration};

/// A holder with its secrets outside the service.
pub struct Holder {
    pub k: HolderSecret,
    pub n: PseudonymSecret,
}

impl Holder {
    pub fn new() -> Self {
        let mut rng = EntropyRng::new(&os_entropy());
        Self { k: HolderSecret::random(&mut rng), n: PseudonymSecret::random(&mut rng) }
    }

    /// Signs a challenge for `key` to be in force.
    pub fn sign(&self, action: Action, challenge: &Challenge, key: &HolderSecret) -> HolderSignature {
        let pop = HolderPop {
            action,
            agent: &challenge.agent_did.parse().unwrap(),
            issuer: &challenge.issuer.parse().unwrap(),
            key: &key.public(),
            pseudonym: &self.n.commitment(),
            nonce: &hex::decode(&challenge.nonce).unwrap().try_into().unwrap(),
            exp: challenge.exp,
        };
        self.k.sign(&pop.message(), &mut EntropyRng::new(&os_entropy()))
    }

    pub fn proof(&self, challenge: &Challenge) -> HolderProof {
        HolderProof {
            agent: challenge.agent,
            nonce: challenge.nonce.clone(),
            exp: challenge.exp,
            key: self.k.public(),
            pseudonym: self.n.commitment(),
            signature: self.sign(Action::Register, challenge, &self.k),
        }
    }

    /// A rotation to `new`, signed by both keys.
    pub fn rotation(&self, challenge: &Challenge, new: &Holder) -> HolderRotation {
        let next = Holder { k: HolderSecret::from_bytes(&new.k.to_bytes()).unwrap(), n: self.copy_n() };
        HolderRotation {
            nonce: challenge.nonce.clone(),
            exp: challenge.exp,
            key: new.k.public(),
            pseudonym: self.n.commitment(),
            signature_old: Some(self.sign(Action::Rotate, challenge, &new.k)),
            signature_new: next.sign(Action::Rotate, challenge, &new.k),
        }
    }

    fn copy_n(&self) -> PseudonymSecret {
        PseudonymSecret::from_bytes(&self.n.to_bytes()).unwrap()
    }
}

pub fn with_holder(proof: HolderProof) -> Registration {
    Registration { holder: Some(proof), ..managed_registration("holder") }
}

pub async fn register(rig: &Rig, holder: &Holder) -> Agent {
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    rig.domain.register_agent(with_holder(holder.proof(&challenge)), NOW).await.unwrap()
}

#[tokio::test]
async fn a_holder_registers_with_proof_of_possession() {
    let rig = Rig::new().await;
    let holder = Holder::new();
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    assert_eq!(challenge.agent_did, challenge.agent.did(HOST));
    let agent = rig.domain.register_agent(with_holder(holder.proof(&challenge)), NOW).await.unwrap();
    assert_eq!((agent.id, agent.custody), (challenge.agent, Custody::Holder));
    assert_eq!(agent.identity, holder.k.public().commitment());
    assert_eq!(agent.pseudonym, holder.n.commitment());
    let secrets = rig.domain.managed_secrets(agent.id).await;
    assert!(matches!(secrets, Err(DomainError::Custody)));
}

#[tokio::test]
async fn a_managed_agents_secrets_are_sealed_and_open_again() {
    let mut rig = Rig::new().await;
    let id = rig.managed("managed").await;
    rig.restart().await;
    let agent = rig.domain.agent(id).await.unwrap();
    let secrets = rig.domain.managed_secrets(id).await.unwrap();
    assert_eq!(secrets.holder.public().commitment(), agent.identity);
    assert_eq!(secrets.pseudonym.commitment(), agent.pseudonym);
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT sealed_holder FROM agents").fetch_one(rig.domain.store().pool()).await.unwrap();
    let plain = secrets.holder.to_bytes();
    assert!(!stored.windows(32).any(|window| window == plain.as_ref()));
}

#[tokio::test]
async fn a_forged_proof_is_refused_and_leaves_the_challenge_usable() {
    let rig = Rig::new().await;
    let (holder, other) = (Holder::new(), Holder::new());
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    let honest = holder.proof(&challenge);
    let forgeries = [
        HolderProof { key: other.k.public(), ..honest.clone() },
        HolderProof { pseudonym: other.n.commitment(), ..honest.clone() },
        HolderProof { signature: other.sign(Action::Register, &challenge, &holder.k), ..honest.clone() },
        HolderProof { signature: holder.sign(Action::Rotate, &challenge, &holder.k), ..honest.clone() },
    ];
    for forgery in forgeries {
        let refused = rig.domain.register_agent(with_holder(forgery), NOW).await;
        assert!(matches!(refused, Err(DomainError::HolderSignature)), "{refused:?}");
    }
    rig.domain.register_agent(with_holder(honest), NOW).await.unwrap();
}

#[tokio::test]
async fn a_challenge_serves_one_act_of_its_kind_in_its_time() {
    let rig = Rig::new().await;
    let holder = Holder::new();
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    let late = rig.domain.register_agent(with_holder(holder.proof(&challenge)), challenge.exp).await;
    assert!(matches!(late, Err(DomainError::Challenge)));
    rig.domain.register_agent(with_holder(holder.proof(&challenge)), NOW).await.unwrap();
    let again = rig.domain.register_agent(with_holder(Holder::new().proof(&challenge)), NOW).await;
    assert!(matches!(again, Err(DomainError::Challenge)));
    // A challenge for an existing agent does not register another one.
    let existing = rig.domain.challenge(Some(challenge.agent), NOW).await.unwrap();
    let misused = rig.domain.register_agent(with_holder(Holder::new().proof(&existing)), NOW).await;
    assert!(matches!(misused, Err(DomainError::Challenge)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_answers_to_one_challenge_one_wins() {
    let rig = Rig::new().await;
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (domain, proof) = (rig.domain.clone(), Holder::new().proof(&challenge));
        tasks.spawn(async move { domain.register_agent(with_holder(proof), NOW).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().flat_map(|o| o.as_ref().err()).all(|e| matches!(e, DomainError::Challenge)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_nonce_is_fresh_once_under_concurrency() {
    let rig = Rig::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let domain = rig.domain.clone();
        tasks.spawn(async move { domain.use_request_nonce("did:poa:a", "n", NOW + 60, NOW).await.unwrap() });
    }
    let fresh = tasks.join_all().await.into_iter().filter(|fresh| *fresh).count();
    assert_eq!(fresh, 1);
    assert!(rig.domain.use_request_nonce("did:poa:b", "n", NOW + 60, NOW).await.unwrap(), "another signer's");
    rig.domain.housekeep(NOW + 60).await.unwrap();
    assert!(!rig.domain.use_request_nonce("did:poa:a", "n", NOW + 60, NOW).await.unwrap(), "kept while it counts");
}

#[tokio::test]
async fn an_identity_or_pseudonym_of_another_agent_is_refused() {
    let rig = Rig::new().await;
    let holder = Holder::new();
    register(&rig, &holder).await;
    let challenge = rig.domain.challenge(None, NOW).await.unwrap();
    let same_key = Holder { k: HolderSecret::from_bytes(&holder.k.to_bytes()).unwrap(), n: Holder::new().n };
    let refused = rig.domain.register_agent(with_holder(same_key.proof(&challenge)), NOW).await;
    assert!(matches!(refused, Err(DomainError::IdentityUsed)), "{refused:?}");
    let same_pseudonym = Holder { k: Holder::new().k, n: holder.copy_n() };
    let refused = rig.domain.register_agent(with_holder(same_pseudonym.proof(&challenge)), NOW).await;
    assert!(matches!(refused, Err(DomainError::PseudonymUsed)), "{refused:?}");
}

#[tokio::test]
async fn a_rotation_supersedes_the_leaf_and_keeps_the_pseudonym() {
    let rig = Rig::new().await;
    let (old, new) = (Holder::new(), Holder::new());
    let agent = register(&rig, &old).await;
    rig.attest(agent.id, "1", 5).await;
    rig.publish().await;
    let before = rig.domain.leaf_opening(agent.id).await.unwrap();

    let challenge = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let rotation = Rotation { holder: Some(old.rotation(&challenge, &new)), ..Rotation::default() };
    let rotated = rig.domain.rotate_keys(agent.id, rotation.clone(), Actor::Agent, NOW).await.unwrap();
    assert_eq!(rotated.identity, new.k.public().commitment());
    let again = rig.domain.rotate_keys(agent.id, rotation, Actor::Agent, NOW).await;
    assert!(again.is_err(), "the challenge is used and the key is not new");

    let publication = rig.publish().await;
    assert_eq!((publication.new_leaves, publication.zeroed), (1, 1), "at once, not at the next anchor");
    let after = rig.domain.leaf_opening(agent.id).await.unwrap();
    assert_ne!(after.index, before.index);
    assert_eq!(after.leaf.identity, new.k.public().commitment());
    assert_eq!(after.leaf.pseudonym, before.leaf.pseudonym);
    assert_eq!(publication.head.unwrap().revocations, 0, "superseding is not revoking");

    // The key that was rotated away does not come back, for this agent or another.
    let back = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let next = Holder { k: HolderSecret::from_bytes(&new.k.to_bytes()).unwrap(), n: old.copy_n() };
    let rotation = Rotation { holder: Some(next.rotation(&back, &old)), ..Rotation::default() };
    let refused = rig.domain.rotate_keys(agent.id, rotation, Actor::Agent, NOW).await;
    assert!(matches!(refused, Err(DomainError::IdentityUsed)), "{refused:?}");
}

#[tokio::test]
async fn only_the_operator_replaces_a_lost_key_or_a_pseudonym_and_it_is_logged() {
    let rig = Rig::new().await;
    let (old, new) = (Holder::new(), Holder::new());
    let agent = register(&rig, &old).await;
    let challenge = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let lost = HolderRotation { signature_old: None, ..old.rotation(&challenge, &new) };
    let rotation = Rotation { holder: Some(lost.clone()), ..Rotation::default() };
    let refused = rig.domain.rotate_keys(agent.id, rotation, Actor::Agent, NOW).await;
    assert!(matches!(refused, Err(DomainError::OldSignatureMissing)), "{refused:?}");

    let other_n = HolderRotation {
        pseudonym: new.n.commitment(),
        signature_old: None,
        signature_new: new.sign(Action::Rotate, &challenge, &new.k),
        ..lost
    };
    let rotation = Rotation { holder: Some(other_n), ..Rotation::default() };
    let refused = rig.domain.rotate_keys(agent.id, rotation.clone(), Actor::Agent, NOW).await;
    assert!(matches!(refused, Err(DomainError::PseudonymChanged)), "{refused:?}");
    let acts = rig.domain.store().operator_acts().await.unwrap().len();
    let changed = rig.domain.rotate_keys(agent.id, rotation, Actor::Operator, NOW).await.unwrap();
    assert_eq!(changed.pseudonym, new.n.commitment());
    let log = rig.domain.store().operator_acts().await.unwrap();
    assert_eq!(log.len(), acts + 1);
    let act = log.last().unwrap();
    assert_eq!((act.act.as_str(), &act.subject), ("rotate_keys", &agent.id.to_string()));
    assert!(act.detail["pseudonym_before"].is_string());
    assert_eq!(act.detail["old_key_signed"], false);
}

#[tokio::test]
async fn a_rotated_signing_key_has_an_hour_of_grace_unless_the_operator_replaced_it() {
    let rig = Rig::new().await;
    let id = rig.managed("agent").await;
    let key = |seed: u8| ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
    let rotate = |seed| Rotation { ed25519_public_key: Some(key(seed)), ..Rotation::default() };
    let accepted = async |now| rig.domain.request_keys(id, now).await.unwrap().keys;
    rig.domain.rotate_keys(id, rotate(4), Actor::Agent, NOW).await.unwrap();
    assert_eq!(accepted(NOW + 3_599).await, [key(4), key(3)]);
    assert_eq!(accepted(NOW + 3_600).await, [key(4)]);
    rig.domain.rotate_keys(id, rotate(5), Actor::Operator, NOW + 10).await.unwrap();
    assert_eq!(accepted(NOW + 10).await, [key(5)], "a stolen key, in grace or in force, is out at once");
    let back = rig.domain.rotate_keys(id, rotate(4), Actor::Agent, NOW + 20).await;
    assert!(matches!(back, Err(DomainError::Member { .. })));
    let weak = Rotation { ed25519_public_key: Some([0; 32]), ..Rotation::default() };
    let refused = rig.domain.rotate_keys(id, weak, Actor::Agent, NOW + 20).await;
    assert!(matches!(refused, Err(DomainError::WeakKey)));
}

#[tokio::test]
async fn a_holder_revokes_itself_by_signature_and_nobody_else_does() {
    let rig = Rig::new().await;
    let (holder, other) = (Holder::new(), Holder::new());
    let agent = register(&rig, &holder).await;
    let challenge = rig.domain.challenge(Some(agent.id), NOW).await.unwrap();
    let revoker = |signature| Revoker::Holder { nonce: challenge.nonce.clone(), exp: challenge.exp, signature };
    for forged in
        [other.sign(Action::Revoke, &challenge, &holder.k), holder.sign(Action::Rotate, &challenge, &holder.k)]
    {
        let refused = rig.domain.revoke_agent(agent.id, revoker(forged), NOW).await;
        assert!(matches!(refused, Err(DomainError::HolderSignature)));
    }
    let signature = holder.sign(Action::Revoke, &challenge, &holder.k);
    let revoked = rig.domain.revoke_agent(agent.id, revoker(signature), NOW).await.unwrap();
    assert_eq!(revoked.status, AgentStatus::Revoked);
}

#[tokio::test]
async fn agents_are_listed_in_pages_that_miss_and_repeat_none() {
    let rig = Rig::new().await;
    let mut expected = Vec::new();
    for i in 0..7 {
        expected.push(rig.managed(&format!("agent {i}")).await);
    }
    expected.sort();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = rig.domain.agents(cursor.as_deref(), 3).await.unwrap();
        seen.extend(page.items.iter().map(|agent| agent.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
    assert!(rig.domain.agents(Some("no cursor"), 3).await.is_err());
}
