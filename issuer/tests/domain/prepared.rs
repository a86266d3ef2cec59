//! What is kept of presentations that wait for their challenge, and when it is gone. The bytes stand for a real one:
//! here it is where they are that matters. The whole path is in the HTTP tests.

use poa_issuer::domain::*;
use serde_json::{Map, json};

use super::rig::{NOW, Rig};

const BYTES: &[u8] = b"a bearer secret of some length";
const LIMIT: u32 = 64;

fn kind(agent: AgentUuid, domain: &str, pseudonym: bool) -> PresentationKind {
    PresentationKind {
        agent: agent.to_string(),
        schema: "task_completion".into(),
        version: 1,
        predicates: Map::from_iter([("reputation".to_owned(), json!({ "atLeast": 500 }))]),
        domain: domain.into(),
        pseudonym,
        show_subject: false,
    }
}

/// An agent whose leaf is in the anchor, and one kind it has shown once.
struct Stage {
    rig: Rig,
    agent: AgentUuid,
    kind: PresentationKind,
    anchor: Head,
    leaf: u32,
}

impl Stage {
    async fn new(pseudonym: bool) -> Self {
        let rig = Rig::new().await;
        let agent = rig.attested("agent", 5).await;
        let anchor = rig.head().await;
        assert!(anchor.anchor);
        let leaf = rig.domain.agent(agent).await.unwrap().leaf.unwrap().index;
        let kind = kind(agent, "https://verifier.example", pseudonym);
        let stage = Self { rig, agent, kind, anchor, leaf };
        assert!(stage.take().await.is_none(), "nothing is prepared yet");
        stage
    }

    fn place(&self) -> PlaceInLog<'_> {
        PlaceInLog::new(&self.anchor, self.leaf)
    }

    /// What is prepared of the kind for this place, now.
    async fn take(&self) -> Option<Vec<u8>> {
        let now = self.rig.now();
        let taken = self.rig.domain.use_presentation_kind(self.agent, &self.kind, Some(self.place()), now).await;
        taken.unwrap().map(|opened| opened.bytes.to_vec())
    }

    async fn due(&self) -> Vec<DueKind> {
        self.rig.domain.due_presentations(&self.anchor, LIMIT, self.rig.now()).await.unwrap()
    }

    /// Keeps one until fifty minutes past the hour.
    async fn keep(&self) -> bool {
        let due = self.due().await;
        assert_eq!(due.len(), 1);
        self.rig.domain.keep_prepared(&due[0], self.place(), NOW + 3_000, BYTES).await.unwrap()
    }

    async fn rows(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM prepared_presentations");
        count.fetch_one(self.rig.domain.store().pool()).await.unwrap()
    }

    async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(self.rig.domain.store().writer_pool()).await.unwrap();
    }
}

#[tokio::test]
async fn without_a_pseudonym_it_serves_once_and_with_one_as_often_as_asked() {
    let once = Stage::new(false).await;
    assert!(once.keep().await);
    assert_eq!(once.take().await.as_deref(), Some(BYTES));
    assert_eq!((once.take().await, once.rows().await), (None, 0));
    assert_eq!(once.due().await.len(), 1, "it is due again");
    let often = Stage::new(true).await;
    assert!(often.keep().await);
    assert!(often.due().await.is_empty());
    for _ in 0..2 {
        assert_eq!(often.take().await.as_deref(), Some(BYTES));
    }
}

#[tokio::test]
async fn only_the_exact_kind_leaf_head_and_time_match() {
    let stage = Stage::new(true).await;
    stage.keep().await;
    let take = async |kind: &PresentationKind, place: Option<PlaceInLog<'_>>, now| {
        stage.rig.domain.use_presentation_kind(stage.agent, kind, place, now).await.unwrap().is_some()
    };
    let place = stage.place();
    assert!(take(&stage.kind, Some(place), NOW).await);
    for other in [
        PlaceInLog { leaf_index: place.leaf_index + 1, ..place },
        PlaceInLog { head_seq: place.head_seq + 1, ..place },
        PlaceInLog { head_iat: place.head_iat + 1, ..place },
        PlaceInLog { log: "other", ..place },
    ] {
        assert!(!take(&stage.kind, Some(other), NOW).await, "{other:?}");
    }
    assert!(!take(&stage.kind, None, NOW).await);
    assert!(take(&stage.kind, Some(place), NOW + 3_000).await);
    assert!(!take(&stage.kind, Some(place), NOW + 3_001).await);
    assert!(!take(&stage.kind, Some(place), NOW - 1).await);
    for other in [
        kind(stage.agent, "https://elsewhere.example", true),
        PresentationKind { show_subject: true, ..stage.kind.clone() },
        PresentationKind { pseudonym: false, ..stage.kind.clone() },
        PresentationKind { predicates: Map::new(), ..stage.kind.clone() },
    ] {
        assert!(!take(&other, Some(place), NOW).await, "{other:?}");
    }
}

#[tokio::test]
async fn a_stolen_row_does_not_open_in_another_place_and_is_dropped() {
    let stage = Stage::new(true).await;
    stage.keep().await;
    stage.execute("UPDATE prepared_presentations SET id = '67e55044-10b1-426f-9247-bb680e5fe0c8'").await;
    assert_eq!((stage.take().await, stage.rows().await), (None, 0));
    stage.keep().await;
    stage.execute("UPDATE prepared_presentations SET sealed_presentation = randomblob(200)").await;
    assert_eq!((stage.take().await, stage.rows().await), (None, 0));
}

/// Whoever can write to the database cannot have one served under another head.
#[tokio::test]
async fn a_row_whose_other_columns_were_edited_does_not_open_and_is_dropped() {
    let stage = Stage::new(true).await;
    let place = stage.place();
    let edited = PlaceInLog { head_seq: place.head_seq + 1, ..place };
    stage.keep().await;
    stage.execute("UPDATE prepared_presentations SET head_seq = head_seq + 1").await;
    let taken = stage.rig.domain.use_presentation_kind(stage.agent, &stage.kind, Some(edited), NOW).await.unwrap();
    assert!(taken.is_none());
    assert_eq!(stage.rows().await, 0);
}

#[tokio::test]
async fn the_database_tells_neither_what_is_shown_nor_to_whom() {
    let stage = Stage::new(true).await;
    stage.keep().await;
    for sql in [
        "SELECT sealed_presentation FROM prepared_presentations",
        "SELECT sealed_kind FROM presentation_kinds",
        "SELECT CAST(id AS BLOB) FROM presentation_kinds",
    ] {
        let bytes: Vec<u8> = sqlx::query_scalar(sql).fetch_one(stage.rig.domain.store().pool()).await.unwrap();
        for secret in [BYTES, b"verifier.example", b"task_completion"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{sql}");
        }
    }
    stage.execute("UPDATE presentation_kinds SET sealed_kind = randomblob(200)").await;
    stage.execute("DELETE FROM prepared_presentations").await;
    assert!(stage.due().await.is_empty(), "a kind that does not open is forgotten");
}

/// Of what is wanted now the database has the anchor's time, which everybody knows.
#[tokio::test]
async fn the_moment_of_a_use_is_not_kept() {
    let stage = Stage::new(true).await;
    stage.rig.clock.advance(777);
    assert!(stage.take().await.is_none());
    assert!(stage.keep().await);
    let from: i64 = sqlx::query_scalar("SELECT usable_from FROM prepared_presentations")
        .fetch_one(stage.rig.domain.store().pool())
        .await
        .unwrap();
    assert_eq!(from as u64, stage.anchor.iat);
    assert_eq!(stage.take().await.as_deref(), Some(BYTES));
}

#[tokio::test]
async fn revoking_suspending_and_rotating_drop_it_at_once() {
    let stage = Stage::new(true).await;
    let Stage { rig, agent, .. } = &stage;
    let rotation = |key| Rotation { ed25519_public_key: Some(key), ..Rotation::default() };
    stage.keep().await;
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key().to_bytes();
    rig.domain.rotate_keys(*agent, rotation(key), Actor::Operator, rig.now()).await.unwrap();
    assert_eq!(stage.rows().await, 0);
    stage.keep().await;
    rig.domain.suspend_agent(*agent, rig.now()).await.unwrap();
    assert_eq!(stage.rows().await, 0);
    assert!(stage.due().await.is_empty(), "nothing is prepared for a suspended agent");
    rig.domain.resume_agent(*agent, rig.now()).await.unwrap();
    stage.keep().await;
    rig.domain.revoke_agent(*agent, Revoker::Operator, rig.now()).await.unwrap();
    assert_eq!(stage.rows().await, 0);
    assert!(stage.due().await.is_empty());
}

#[tokio::test]
async fn what_was_being_prepared_when_the_agent_was_revoked_is_not_kept() {
    let stage = Stage::new(true).await;
    let due = stage.due().await.remove(0);
    stage.rig.domain.revoke_agent(stage.agent, Revoker::Operator, NOW).await.unwrap();
    assert!(!stage.rig.domain.keep_prepared(&due, stage.place(), NOW + 3_000, BYTES).await.unwrap());
    assert_eq!(stage.rows().await, 0);
}

#[tokio::test]
async fn a_new_leaf_and_a_new_anchor_leave_nothing_of_the_old() {
    let stage = Stage::new(true).await;
    let due = stage.due().await.remove(0);
    stage.keep().await;
    // Another receipt changes the attributes; the leaf follows with the next anchor.
    stage.rig.clock.advance(3_600);
    stage.rig.attest(stage.agent, "second", 9).await;
    let newer = stage.rig.head().await;
    assert!(newer.anchor && newer.root != stage.anchor.root);
    assert_eq!(stage.rows().await, 0, "its leaf was superseded");
    let keep = stage.rig.domain.keep_prepared(&due, stage.place(), NOW + 3_000, BYTES).await.unwrap();
    assert!(!keep, "prepared under the anchor before");
}

#[tokio::test]
async fn a_restart_drops_what_is_stale_and_keeps_what_is_not() {
    let mut stage = Stage::new(true).await;
    stage.keep().await;
    stage.rig.restart().await;
    assert_eq!(stage.rig.domain.drop_stale_prepared(LIMIT, NOW + 3_000).await.unwrap(), 0);
    assert_eq!(stage.take().await.as_deref(), Some(BYTES));
    assert_eq!(stage.rig.domain.drop_stale_prepared(LIMIT, NOW + 3_001).await.unwrap(), 1);
    stage.keep().await;
    stage.rig.clock.advance(3_600);
    stage.rig.head().await;
    // The same leaf under a new anchor.
    assert_eq!((stage.rows().await, stage.rig.domain.drop_stale_prepared(LIMIT, NOW).await.unwrap()), (1, 1));
}

#[tokio::test]
async fn what_takes_over_is_due_before_the_end() {
    let stage = Stage::new(true).await;
    stage.keep().await;
    stage.rig.clock.advance(2_700);
    assert!(stage.due().await.is_empty());
    stage.rig.clock.advance(1);
    let due = stage.due().await.remove(0);
    assert_eq!(due.shown_at, NOW + 3_001);
    assert!(stage.rig.domain.keep_prepared(&due, stage.place(), NOW + 6_600, b"the next").await.unwrap());
    assert!(stage.due().await.is_empty());
    assert_eq!(stage.take().await.as_deref(), Some(BYTES));
    stage.rig.clock.advance(300);
    assert_eq!(stage.take().await.as_deref(), Some(b"the next".as_slice()));
}

#[tokio::test]
async fn the_most_used_come_first_and_no_agent_crowds_out_the_others() {
    let rig = Rig::new().await;
    let (busy, quiet) = (rig.attested("busy", 5).await, rig.attested("quiet", 5).await);
    let anchor = rig.head().await;
    let show = async |kind: PresentationKind, times: usize| {
        let agent = kind.agent.parse().unwrap();
        for _ in 0..times {
            rig.domain.use_presentation_kind(agent, &kind, None, rig.now()).await.unwrap();
        }
    };
    for index in 0..20 {
        show(kind(busy, &format!("https://v{index}.example"), true), 22 - index).await;
    }
    show(kind(quiet, "https://quiet.example", true), 1).await;
    let domains = async |limit| -> Vec<String> {
        let due = rig.domain.due_presentations(&anchor, limit, rig.now()).await.unwrap();
        due.into_iter().map(|due| due.kind.domain).collect()
    };
    assert_eq!(domains(2).await, ["https://v0.example", "https://v1.example"]);
    let all = domains(LIMIT).await;
    assert_eq!((all.len(), all[8].as_str()), (9, "https://quiet.example"));
    // Sixteen are remembered for each one that is prepared: the five lightest of 21 are forgotten.
    rig.domain.drop_stale_prepared(1, rig.now()).await.unwrap();
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_kinds");
    let count: i64 = count.fetch_one(rig.domain.store().pool()).await.unwrap();
    assert_eq!(count, 16);
}

/// Whoever shows itself to ever new verifiers is not remembered in everybody's place.
#[tokio::test]
async fn a_busy_agent_does_not_make_the_service_forget_the_others() {
    let rig = Rig::new().await;
    let (busy, quiet) = (rig.attested("busy", 5).await, rig.attested("quiet", 5).await);
    rig.head().await;
    let show = async |kind: PresentationKind| {
        let agent = kind.agent.parse().unwrap();
        rig.domain.use_presentation_kind(agent, &kind, None, rig.now()).await.unwrap();
    };
    show(kind(quiet, "https://quiet.example", true)).await;
    rig.clock.advance(86_400);
    for index in 0..70 {
        show(kind(busy, &format!("https://v{index}.example"), true)).await;
    }
    // Sixty-four are remembered in all, and of them no more than thirty-two of one agent.
    rig.domain.drop_stale_prepared(4, rig.now()).await.unwrap();
    let of = async |agent: AgentUuid| -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_kinds WHERE agent = $1");
        count.bind(agent.to_string()).fetch_one(rig.domain.store().pool()).await.unwrap()
    };
    assert_eq!((of(busy).await, of(quiet).await), (32, 1));
}

#[tokio::test]
async fn a_leaf_newer_than_the_anchor_has_nothing_prepared() {
    let rig = Rig::new().await;
    rig.attested("first", 5).await;
    let anchor = rig.head().await;
    rig.clock.advance(60);
    let late = rig.attested("late", 5).await;
    assert!(!rig.head().await.anchor);
    rig.domain.use_presentation_kind(late, &kind(late, "https://v.example", true), None, rig.now()).await.unwrap();
    assert!(rig.domain.due_presentations(&anchor, LIMIT, rig.now()).await.unwrap().is_empty());
}
