//! Publications, anchors, paths, tiles, and which leaf an agent has when.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::tree::{self, DEPTH};
use poa_issuer::domain::*;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::jws;

use super::rig::{NOW, Rig};

#[tokio::test]
async fn nothing_is_signed_before_the_first_leaf() {
    let rig = Rig::new().await;
    rig.managed("without receipts").await;
    let publication = rig.publish().await;
    assert_eq!(publication, Publication { head: None, new_leaves: 0, zeroed: 0, signed: false });
    assert!(matches!(rig.domain.latest_head().await, Err(DomainError::NoHead)));
}

#[tokio::test]
async fn a_head_states_the_tree_and_is_signed() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    let head = rig.head().await;
    let opening = rig.domain.leaf_opening(id).await.unwrap();
    assert_eq!((head.size, head.seq, head.iat, head.anchor), (1, 1, NOW, true));
    assert_eq!(rig.domain.leaf_path(0, 1).await.unwrap().root(&opening.leaf.hash()), head.root);
    let jws = jws::parse(&head.jws).unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes();
    jws.verify(&PublicKey::from_bytes(&key).unwrap()).unwrap();
    let claims = HeadClaims::from_value(&jws.claims().unwrap()).unwrap();
    assert_eq!((claims.root, claims.size, claims.seq, claims.iat), (head.root, 1, 1, NOW));
    assert_eq!(rig.domain.head_for_root(&head.root).await.unwrap(), head);
}

#[tokio::test]
async fn one_publication_takes_everything_that_waits() {
    let rig = Rig::new().await;
    for i in 0..5 {
        rig.attested(&format!("agent {i}"), i).await;
    }
    let publication = rig.publish().await;
    assert_eq!((publication.new_leaves, publication.head.unwrap().seq), (5, 1));
    let idle = rig.publish().await;
    assert!(!idle.signed, "nothing waits and the head is young");
}

#[tokio::test]
async fn the_current_root_is_signed_anew_each_minute_and_hour() {
    let rig = Rig::new().await;
    rig.attested("agent", 5).await;
    let first = rig.head().await;
    rig.clock.advance(59);
    assert!(!rig.publish().await.signed);
    rig.clock.advance(1);
    let second = rig.head().await;
    assert_eq!((second.seq, second.root, second.iat), (first.seq, first.root, NOW + 60));
    assert!(first.anchor && !second.anchor, "the first head of the hour is the anchor");
    rig.clock.set(NOW + 3_599);
    assert!(!rig.head().await.anchor);
    rig.clock.set(NOW + 3_600);
    let anchor = rig.head().await;
    assert!(anchor.anchor, "a new hour began a second later");
    assert_eq!(rig.domain.anchor_head().await.unwrap(), anchor);
    assert_eq!(rig.domain.latest_head().await.unwrap(), anchor);
}

#[tokio::test]
async fn time_never_runs_backwards_in_heads() {
    let rig = Rig::new().await;
    rig.attested("a", 5).await;
    rig.publish().await;
    rig.confirm(NOW - 60);
    rig.attested("b", 5).await;
    let head = rig.head().await;
    assert_eq!((head.seq, head.iat), (2, NOW), "not before the head that came first");
    rig.confirm(NOW - 61);
    rig.attested("c", 5).await;
    let refused = rig.domain.publish(&rig.watched).await;
    assert!(matches!(refused, Err(DomainError::ClockBehind { now, newest: NOW }) if now == NOW - 61));
    rig.confirm(NOW + 1);
    assert_eq!(rig.publish().await.new_leaves, 1, "and nothing was lost");
}

#[tokio::test]
async fn changed_attributes_wait_for_the_anchor() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    rig.clock.advance(120);
    rig.attest(id, "more", 7).await;
    assert_eq!(rig.publish().await.new_leaves, 0);
    assert_eq!(rig.domain.leaf_opening(id).await.unwrap().attributes.tasks_completed, 5);
    rig.clock.set(NOW + 3_600);
    let publication = rig.publish().await;
    assert_eq!((publication.new_leaves, publication.zeroed), (1, 1));
    assert!(publication.head.unwrap().anchor);
    assert_eq!(rig.domain.leaf_opening(id).await.unwrap().attributes.tasks_completed, 12);
    rig.clock.set(NOW + 7_200);
    assert_eq!(rig.publish().await.new_leaves, 0, "unchanged attributes need no new leaf");
}

#[tokio::test]
async fn a_change_that_met_a_suspension_is_not_forgotten() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    rig.attest(id, "more", 7).await;
    rig.domain.suspend_agent(id, NOW).await.unwrap();
    rig.domain.resume_agent(id, NOW).await.unwrap();
    rig.clock.advance(10);
    assert_eq!(rig.publish().await.new_leaves, 0, "never published as suspended, so nothing to undo");
    rig.clock.set(NOW + 3_600);
    assert_eq!(rig.publish().await.new_leaves, 1);
}

#[tokio::test]
async fn a_leaf_is_renewed_when_half_its_lifetime_is_gone() {
    let rig = Rig::new().await;
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    let first = rig.domain.leaf_opening(id).await.unwrap();
    assert_eq!(first.expires_at, NOW + LEAF_LIFETIME_S);
    rig.clock.set(NOW + LEAF_LIFETIME_S / 2 - 3_600);
    assert_eq!(rig.publish().await.new_leaves, 0);
    rig.clock.set(NOW + LEAF_LIFETIME_S / 2);
    assert_eq!(rig.publish().await.new_leaves, 1);
    let second = rig.domain.leaf_opening(id).await.unwrap();
    assert_eq!(second.expires_at, rig.now() + LEAF_LIFETIME_S);
    assert_eq!(second.attributes, first.attributes);
    assert_ne!(second.leaf.salt, first.leaf.salt);
}

#[tokio::test]
async fn a_tile_path_is_the_stored_path_at_every_kept_publication() {
    let rig = Rig::new().await;
    let mut ids = Vec::new();
    for round in 0..3u64 {
        for i in 0..100 {
            ids.push(rig.attested(&format!("{round} {i}"), i % 10).await);
        }
        rig.domain.revoke_agent(ids[7 * round as usize], Revoker::Operator, rig.now()).await.unwrap();
        rig.clock.advance(10);
        rig.publish().await;
    }
    for seq in 1..=3 {
        for index in [0, 1, 98, 50] {
            let stored = rig.domain.leaf_path(index, seq).await.unwrap();
            assert_eq!(stored.siblings, tile_siblings(&rig, index, seq).await, "{index} at {seq}");
        }
    }
    let tile = rig.domain.tile("main", 3, 0, 1).await.unwrap();
    // 299 leaves: the agent revoked in the first round never had one.
    assert_eq!(tile.len(), (299 - 256) * 32, "empty leaves at the right are left out");
    assert!(rig.domain.tile("main", 3, 0, 2).await.unwrap().is_empty());
    assert!(matches!(rig.domain.tile("main", 4, 0, 0).await, Err(DomainError::SeqNotKept)));
    assert!(matches!(rig.domain.tile("other", 3, 0, 0).await, Err(DomainError::NotFound(Kind::Log))));
    assert!(rig.domain.tile("main", 3, 4, 0).await.is_err());
}

/// A path as a holder computes it, from four tiles.
async fn tile_siblings(rig: &Rig, index: u32, seq: u64) -> [F; DEPTH] {
    let mut siblings = [F::from(0u64); DEPTH];
    for tile_level in 0..4u32 {
        let n = index.checked_shr(8 * (tile_level + 1)).unwrap_or(0);
        let bytes = rig.domain.tile("main", seq, tile_level, n).await.unwrap();
        let mut row: Vec<F> =
            bytes.chunks(32).map(|chunk| field::from_bytes_be(chunk.try_into().unwrap()).unwrap()).collect();
        for level in 8 * tile_level..8 * (tile_level + 1) {
            row.resize(256 >> (level % 8), tree::zero(level as usize));
            let place = (index >> level) as usize % row.len();
            siblings[level as usize] = row[place ^ 1];
            row = row.chunks(2).map(|pair| tree::node(&pair[0], &pair[1])).collect();
        }
    }
    siblings
}

#[tokio::test]
async fn collecting_keeps_what_an_acceptable_head_needs_and_nothing_else() {
    let rig = Rig::new().await;
    let day = 86_400;
    let mut roots = Vec::new();
    for i in 0..10 {
        rig.clock.set(NOW + i * day);
        rig.attested(&format!("agent {i}"), 5).await;
        roots.push(rig.head().await);
    }
    let count = async || -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM nodes").fetch_one(rig.domain.store().pool()).await.unwrap()
    };
    let before = count().await;
    rig.domain.housekeep(rig.now()).await.unwrap();
    assert!(count().await < before);
    for head in &roots {
        let path = rig.domain.leaf_path(0, head.seq).await;
        if head.exp > rig.now() {
            let leaf = rig.domain.audit_log().await.unwrap();
            assert!(leaf.is_sound());
            let opening = rig.domain.agents(None, 200).await.unwrap().items;
            let first = opening.iter().find(|agent| agent.name == "agent 0").unwrap().id;
            let hash = rig.domain.leaf_opening(first).await.unwrap().leaf.hash();
            assert_eq!(path.unwrap().root(&hash), head.root);
            assert_eq!(rig.domain.head_for_root(&head.root).await.unwrap().seq, head.seq);
        } else {
            assert!(matches!(path, Err(DomainError::SeqNotKept)), "seq {}", head.seq);
            assert!(rig.domain.head_for_root(&head.root).await.is_err());
        }
    }
    // Each node of the three oldest trees that a younger tree replaced is gone.
    let stale: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM nodes old WHERE EXISTS (SELECT 1 FROM nodes new WHERE new.log = old.log AND \
         new.level = old.level AND new.idx = old.idx AND new.seq > old.seq AND new.seq <= 4)",
    )
    .fetch_one(rig.domain.store().pool())
    .await
    .unwrap();
    assert_eq!(stale, 0);
    // After a long pause the newest head is all that is left, and publishing goes on.
    rig.clock.set(NOW + 40 * day);
    rig.domain.housekeep(rig.now()).await.unwrap();
    assert_eq!(rig.domain.latest_head().await.unwrap(), roots[9]);
    rig.attested("late", 5).await;
    let head = rig.head().await;
    assert_eq!((head.seq, head.anchor), (11, true));
    assert!(rig.domain.audit_log().await.unwrap().is_sound());
}

/// It is not taken for another process, for which an operator would look in vain.
#[tokio::test]
async fn a_damaged_tree_is_reported_as_damage_and_the_check_says_where() {
    let mut rig = Rig::new().await;
    rig.attested("a", 5).await;
    rig.publish().await;
    rig.attested("b", 5).await;
    for (damage, repair) in [
        ("UPDATE logs SET root = zeroblob(32)", "UPDATE logs SET root = (SELECT root FROM heads)"),
        (
            "UPDATE nodes SET value = zeroblob(32) WHERE level = 0",
            "UPDATE nodes SET value = zeroblob(32) WHERE level = 0",
        ),
    ] {
        sqlx::query(damage).execute(rig.domain.store().writer_pool()).await.unwrap();
        rig.restart().await;
        let refused = rig.domain.publish(&rig.watched).await;
        assert!(matches!(refused, Err(DomainError::LogDamaged)), "{refused:?}");
        let audit = rig.domain.audit_log().await.unwrap();
        assert!(!audit.is_sound(), "{audit:?}");
        sqlx::query(repair).execute(rig.domain.store().writer_pool()).await.unwrap();
    }
}

#[tokio::test]
async fn the_check_sees_a_leaf_beyond_the_end_and_a_head_that_says_something_else() {
    let rig = Rig::new().await;
    for name in ["a", "b"] {
        rig.attested(name, 5).await;
        rig.publish().await;
    }
    let other: String =
        sqlx::query_scalar("SELECT jws FROM heads WHERE seq = 1").fetch_one(rig.domain.store().pool()).await.unwrap();
    let run = async |sql: &str| {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(rig.domain.store().writer_pool()).await.unwrap();
    };
    let kept: String =
        sqlx::query_scalar("SELECT jws FROM heads WHERE seq = 2").fetch_one(rig.domain.store().pool()).await.unwrap();
    for (jws, fault) in [("garbage", HeadFault::Malformed), (other.as_str(), HeadFault::Contradicts)] {
        run(&format!("UPDATE heads SET jws = '{jws}' WHERE seq = 2")).await;
        let audit = rig.domain.audit_log().await.unwrap();
        assert!(!audit.is_sound());
        assert_eq!(audit.signed.unwrap().fault, Some(fault));
    }
    run(&format!("UPDATE heads SET jws = '{kept}' WHERE seq = 2")).await;
    assert!(rig.domain.audit_log().await.unwrap().is_sound());
    // Not believed, or its place would be reserved: 300,000,000 leaves are 10 GB.
    for (index, end) in [(2, 2), (300_000_000, 2), (4_000_000_000_u32, 4_294_967_295_u64)] {
        run(&format!("UPDATE logs SET size = {end}")).await;
        run(&format!("UPDATE leaves SET idx = {index} WHERE idx = 1")).await;
        let audit = rig.domain.audit_log().await.unwrap();
        assert_eq!((audit.is_sound(), audit.size, audit.stray_leaf), (false, 1, Some(index)));
        run(&format!("UPDATE leaves SET idx = 1 WHERE idx = {index}")).await;
    }
}

/// Otherwise a root that follows from no tree would be signed.
#[tokio::test]
async fn a_revocation_next_to_a_damaged_node_is_not_published() {
    let rig = Rig::new().await;
    let first = rig.attested("a", 5).await;
    rig.publish().await;
    for name in ["b", "c"] {
        rig.attested(name, 5).await;
        rig.publish().await;
    }
    let sibling = "UPDATE nodes SET value = zeroblob(32) WHERE level = 0 AND idx = 1";
    sqlx::query(sibling).execute(rig.domain.store().writer_pool()).await.unwrap();
    rig.domain.revoke_agent(first, Revoker::Operator, rig.now()).await.unwrap();
    let refused = rig.domain.publish(&rig.watched).await;
    assert!(matches!(refused, Err(DomainError::LogDamaged)), "{refused:?}");
    let audit = rig.domain.audit_log().await.unwrap();
    assert_eq!((audit.wrong_nodes, audit.first_wrong), (1, Some((0, 1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publications_at_once_wait_for_each_other() {
    let rig = std::sync::Arc::new(Rig::new().await);
    for i in 0..8 {
        rig.attested(&format!("agent {i}"), 5).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let rig = rig.clone();
        tasks.spawn(async move { rig.publish().await });
    }
    let publications = tasks.join_all().await;
    assert_eq!(publications.iter().map(|p| p.new_leaves).sum::<usize>(), 8);
    assert_eq!(publications.iter().filter(|p| p.signed).count(), 1);
}

/// What a recovery has done when it is cut before it publishes is no damage.
#[tokio::test]
async fn a_log_whose_last_publications_lost_their_heads_is_sound_and_called_unsigned() {
    let rig = Rig::new().await;
    let first = rig.attested("a", 5).await;
    let kept = rig.head().await;
    rig.confirm(NOW + 86_400);
    rig.domain.revoke_agent(first, Revoker::Operator, rig.now()).await.unwrap();
    rig.attested("b", 5).await;
    rig.publish().await;
    rig.confirm(NOW + 60);
    let marking = Marking { keys: Default::default(), at: rig.now() };
    let recovered = rig.domain.delete_heads_from_the_future(&marking, &rig.watched).await.unwrap();
    assert_eq!((recovered.heads, recovered.leaves, recovered.seq), (1, 1, 3));

    let audit = rig.domain.audit_log().await.unwrap();
    assert!(audit.is_sound(), "{audit:?}");
    assert_eq!(audit.unsigned_publications(), Some(2));
    let signed = audit.signed.unwrap();
    assert_eq!((signed.seq, signed.size, signed.rebuilt_root), (kept.seq, 1, kept.root));
    // A head that never followed from the leaves is still damage, and so is one beyond the state.
    for damage in ["UPDATE heads SET root = zeroblob(32)", "UPDATE heads SET seq = 9"] {
        let head = sqlx::query("UPDATE heads SET root = $1, seq = 1").bind(field::to_bytes_be(&kept.root).to_vec());
        sqlx::query(damage).execute(rig.domain.store().writer_pool()).await.unwrap();
        assert!(!rig.domain.audit_log().await.unwrap().is_sound(), "{damage}");
        head.execute(rig.domain.store().writer_pool()).await.unwrap();
    }
    rig.publish().await;
    let audit = rig.domain.audit_log().await.unwrap();
    assert!(audit.is_sound());
    assert_eq!((audit.unsigned_publications(), audit.seq), (None, 4));
}
