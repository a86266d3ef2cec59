//! Status indices: what spends one, what frees one, who gets the last ones.

use std::future::Ready;

use poa_issuer::domain::vc_api::NewVcApiCredential;
use poa_issuer::domain::*;
use poa_issuer::store::{MIGRATIONS, Store};
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::agents::{Holder, register};
use super::rig::{NOW, Rig, settings};

const SCHEMA: &str = "https://issuer.example/schemas/task_completion/1";

async fn begin_by(rig: &Rig, id: AgentUuid, by: Actor) -> Result<Box<Begin>, DomainError> {
    match rig.domain.begin_credential(id, SCHEMA, None, by, rig.now()).await? {
        Begun::Fresh(begin) => Ok(begin),
        Begun::Repeat(credential) => panic!("a repetition of {}", credential.id),
    }
}

async fn begin(rig: &Rig, id: AgentUuid) -> Result<Box<Begin>, DomainError> {
    begin_by(rig, id, Actor::Agent).await
}

/// Begins a credential for a holder and hands it over, as the service answers 202.
async fn pending(rig: &Rig, id: AgentUuid) -> Result<(CredentialId, u32), DomainError> {
    let begin = begin(rig, id).await?;
    rig.domain.hold_credential(begin.id, json!({}), rig.now()).await?;
    Ok((begin.id, begin.status_index))
}

async fn managed(rig: &Rig) -> AgentUuid {
    let id = rig.attested("agent", 5).await;
    rig.publish().await;
    id
}

async fn holder(rig: &Rig) -> AgentUuid {
    let id = register(rig, &Holder::new()).await.id;
    rig.attest(id, &format!("receipt of {id}"), 5).await;
    rig.publish().await;
    id
}

async fn used(rig: &Rig) -> u32 {
    rig.domain.status_use(rig.now()).await.unwrap().used
}

/// Whether some document, or a holder who proves one, has this index in the database.
async fn is_taken(rig: &Rig, index: u32) -> bool {
    let sql =
        "SELECT idx FROM status_entries WHERE idx = $1 UNION ALL SELECT idx FROM status_reservations WHERE idx = $1";
    let found: Option<i64> =
        sqlx::query_scalar(sql).bind(i64::from(index)).fetch_optional(rig.domain.store().pool()).await.unwrap();
    found.is_some()
}

#[tokio::test]
async fn a_managed_credential_spends_its_index_when_it_is_completed_and_not_before() {
    let rig = Rig::new().await;
    let id = managed(&rig).await;
    let given_up = begin(&rig, id).await.unwrap();
    assert!(!is_taken(&rig, given_up.status_index).await);
    assert_eq!(used(&rig).await, 1, "held while it is proved");
    rig.domain.abandon_credential(given_up.id).await.unwrap();
    drop(given_up);
    assert_eq!(used(&rig).await, 0);
    let done = begin(&rig, id).await.unwrap();
    rig.domain.complete_credential(done.id, json!({}), NOW + 100, NOW).await.unwrap();
    assert!(is_taken(&rig, done.status_index).await);
    let index = done.status_index;
    drop(done);
    assert_eq!((used(&rig).await, is_taken(&rig, index).await), (1, true));
}

#[tokio::test]
async fn a_task_that_panics_or_is_cancelled_burns_no_index() {
    let rig = Rig::new().await;
    let id = managed(&rig).await;
    let begun = begin(&rig, id).await.unwrap();
    let panicked = tokio::spawn(async move {
        let _begun = begun;
        panic!("as a test");
    });
    assert!(panicked.await.unwrap_err().is_panic());
    let begun = begin(&rig, id).await.unwrap();
    let waiting = tokio::spawn(async move {
        let _begun = begun;
        std::future::pending::<()>().await;
    });
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(used(&rig).await, 0);
}

#[tokio::test]
async fn a_process_that_dies_between_reserving_and_completing_burns_no_index() {
    let mut rig = Rig::new().await;
    let id = managed(&rig).await;
    let begun = begin(&rig, id).await.unwrap();
    let (attempt, index) = (begun.id, begun.status_index);
    // What the process held in memory is gone with it.
    std::mem::forget(begun);
    rig.restart().await;
    assert_eq!((used(&rig).await, is_taken(&rig, index).await), (0, false));
    let late = rig.domain.complete_credential(attempt, json!({}), NOW + 100, NOW).await;
    assert!(matches!(late, Err(DomainError::CredentialState)), "{late:?}");
}

#[tokio::test]
async fn a_holders_index_is_reserved_survives_a_restart_and_is_free_once_it_lapsed() {
    let mut rig = Rig::new().await;
    let id = holder(&rig).await;
    let (credential, index) = pending(&rig, id).await.unwrap();
    rig.restart().await;
    assert_eq!((used(&rig).await, is_taken(&rig, index).await), (1, true));
    let known = rig.domain.credential(credential).await.unwrap();
    assert_eq!(known.status_index, Some(index));
    rig.clock.advance(PENDING_TTL_S);
    assert_eq!(used(&rig).await, 0, "counted as free from the second it lapses");
    rig.domain.housekeep(rig.now()).await.unwrap();
    assert!(!is_taken(&rig, index).await);
    let known = rig.domain.credential(credential).await.unwrap();
    assert_eq!((known.state, known.status_index), (CredentialState::Pending, None), "its holder learns that it lapsed");
}

#[tokio::test]
async fn a_holders_index_is_free_when_its_credential_is_given_up() {
    let rig = Rig::new().await;
    let id = holder(&rig).await;
    let (credential, index) = pending(&rig, id).await.unwrap();
    rig.domain.abandon_credential(credential).await.unwrap();
    assert_eq!((used(&rig).await, is_taken(&rig, index).await), (0, false));
}

/// The index may be another document's by now, so neither the holder nor a clock that was set back brings it back.
#[tokio::test]
async fn a_lapsed_credential_is_not_completed_even_when_the_clock_goes_back() {
    let rig = Rig::new().await;
    let id = holder(&rig).await;
    let (credential, index) = pending(&rig, id).await.unwrap();
    assert_eq!(rig.domain.free_lapsed_indices(NOW + PENDING_TTL_S - 1).await.unwrap(), 0);
    assert_eq!(rig.domain.free_lapsed_indices(NOW + PENDING_TTL_S).await.unwrap(), 1);
    for now in [NOW + PENDING_TTL_S, NOW + PENDING_TTL_S - 1, NOW] {
        let late = rig.domain.complete_credential(credential, json!({}), NOW + 9_999, now).await;
        assert!(matches!(late, Err(DomainError::PendingExpired)), "{late:?}");
    }
    assert!(!is_taken(&rig, index).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_completion_and_a_lapse_at_once_one_wins() {
    let rig = Rig::new().await;
    let id = holder(&rig).await;
    for _ in 0..16 {
        let (credential, index) = pending(&rig, id).await.unwrap();
        let (freeing, completing) = (rig.domain.clone(), rig.domain.clone());
        let freed = tokio::spawn(async move { freeing.free_lapsed_indices(NOW + PENDING_TTL_S).await.unwrap() });
        let completed = completing.complete_credential(credential, json!({}), NOW + 9_999, NOW).await;
        match (completed, freed.await.unwrap()) {
            (Ok(_), 0) => assert!(is_taken(&rig, index).await),
            (Err(DomainError::PendingExpired), 1) => {
                assert!(!is_taken(&rig, index).await);
                rig.domain.abandon_credential(credential).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// An old list that says "revoked" counts for good, so nothing is ever said about an index that is handed out again.
#[tokio::test]
async fn no_bit_is_set_for_an_index_without_a_document() {
    let rig = Rig::new().await;
    let id = holder(&rig).await;
    let (credential, index) = pending(&rig, id).await.unwrap();
    rig.domain.suspend_agent(id, NOW).await.unwrap();
    rig.clock.advance(10);
    rig.publish().await;
    let bits = rig.domain.status_bits().await.unwrap();
    assert!(bits.suspended.is_empty() && bits.revoked.is_empty());
    rig.domain.resume_agent(id, rig.now()).await.unwrap();
    rig.domain.complete_credential(credential, json!({}), NOW + 9_999, rig.now()).await.unwrap();
    rig.domain.revoke_agent(id, Revoker::Operator, rig.now()).await.unwrap();
    rig.clock.advance(10);
    rig.publish().await;
    assert_eq!(rig.domain.status_bits().await.unwrap().revoked, [index]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_holder_proves_four_credentials_at_a_time_however_many_it_asks_for_at_once() {
    let rig = Rig::new().await;
    let id = holder(&rig).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let domain = rig.domain.clone();
        tasks.spawn(async move {
            let Begun::Fresh(begin) = domain.begin_credential(id, SCHEMA, None, Actor::Agent, NOW).await? else {
                unreachable!("without a key nothing is repeated")
            };
            domain.hold_credential(begin.id, json!({}), NOW).await
        });
    }
    let outcomes = tasks.join_all().await;
    let open: Vec<_> = outcomes.iter().flatten().collect();
    assert_eq!((open.len(), used(&rig).await), (4, 4));
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let DomainError::TooManyOpenCredentials { lapses_at, wait_s } = refused else { panic!("{refused:?}") };
        assert_eq!((*lapses_at, *wait_s), (NOW + PENDING_TTL_S, PENDING_TTL_S));
    }
    // One that is done, one that is given up and one that lapsed make room.
    rig.domain.complete_credential(open[0].id, json!({}), NOW + 9_999, NOW).await.unwrap();
    pending(&rig, id).await.unwrap();
    rig.domain.abandon_credential(open[1].id).await.unwrap();
    pending(&rig, id).await.unwrap();
    assert!(matches!(pending(&rig, id).await, Err(DomainError::TooManyOpenCredentials { .. })));
    let other = holder(&rig).await;
    pending(&rig, other).await.expect("another agent has its own four");
    rig.clock.advance(PENDING_TTL_S);
    for _ in 0..4 {
        pending(&rig, id).await.unwrap();
    }
    assert_eq!(used(&rig).await, 5, "the completed one and four new ones");
}

#[tokio::test]
async fn an_agent_has_a_bounded_number_of_credentials_a_day_and_the_operator_issues_on() {
    let rig = Rig::with(Settings { documents_per_day: 3, ..settings() }).await;
    let id = managed(&rig).await;
    for _ in 0..3 {
        let begun = begin(&rig, id).await.unwrap();
        rig.domain.complete_credential(begun.id, json!({}), NOW + 100, rig.now()).await.unwrap();
        rig.clock.advance(100);
    }
    let Err(DomainError::TooManyDocuments { most, wait_s }) = begin(&rig, id).await else { panic!("a fourth") };
    assert_eq!((most, wait_s), (3, 86_400 - 300), "room comes when the first is a day old");
    begin_by(&rig, id, Actor::Operator).await.unwrap();
    let other = rig.attested("other", 5).await;
    rig.publish().await;
    begin(&rig, other).await.expect("another agent has its own share");
    rig.clock.advance(wait_s);
    begin(&rig, id).await.unwrap();
}

#[tokio::test]
async fn what_the_operator_begins_takes_nothing_of_the_agents_day() {
    let rig = Rig::with(Settings { documents_per_day: 2, ..settings() }).await;
    let id = managed(&rig).await;
    for _ in 0..3 {
        let begun = begin_by(&rig, id, Actor::Operator).await.unwrap();
        rig.domain.complete_credential(begun.id, json!({}), NOW + 100, rig.now()).await.unwrap();
    }
    let holder = holder(&rig).await;
    for _ in 0..3 {
        let begun = begin_by(&rig, holder, Actor::Operator).await.unwrap();
        rig.domain.hold_credential(begun.id, json!({}), rig.now()).await.unwrap();
        rig.domain.abandon_credential(begun.id).await.unwrap();
    }
    for agent in [id, holder] {
        let _two = (begin(&rig, agent).await.unwrap(), begin(&rig, agent).await.unwrap());
        let third = begin(&rig, agent).await;
        assert!(matches!(third, Err(DomainError::TooManyDocuments { most: 2, .. })), "{third:?}");
    }
}

#[tokio::test]
async fn what_a_holder_begins_and_does_not_complete_counts_for_its_day() {
    let rig = Rig::with(Settings { documents_per_day: 4, ..settings() }).await;
    let id = holder(&rig).await;
    for _ in 0..2 {
        let (credential, _) = pending(&rig, id).await.unwrap();
        rig.domain.abandon_credential(credential).await.unwrap();
    }
    // What the service does not finish is not the holder's doing.
    let unfinished = begin(&rig, id).await.unwrap();
    rig.domain.abandon_credential(unfinished.id).await.unwrap();
    for _ in 0..2 {
        pending(&rig, id).await.unwrap();
    }
    rig.clock.advance(PENDING_TTL_S + 3_601);
    let refused = begin(&rig, id).await;
    assert!(matches!(refused, Err(DomainError::TooManyDocuments { most: 4, .. })), "{refused:?}");
    rig.domain.housekeep(rig.now()).await.unwrap();
    let refused = begin(&rig, id).await;
    assert!(matches!(refused, Err(DomainError::TooManyDocuments { .. })), "forgotten rows count on: {refused:?}");
    rig.clock.advance(86_400);
    rig.domain.housekeep(rig.now()).await.unwrap();
    begin(&rig, id).await.expect("a day later");
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM given_up_credentials")
        .fetch_one(rig.domain.store().pool())
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn the_last_indices_are_the_operators_and_then_nothing_changes_any_more() {
    let rig = Rig::with(Settings { status_capacity: 32, ..settings() }).await;
    let id = managed(&rig).await;
    let mut begun = Vec::new();
    for _ in 0..30 {
        begun.push(begin(&rig, id).await.unwrap());
    }
    let counted = async || {
        let sql = "SELECT (SELECT COUNT(*) FROM credentials) + (SELECT COUNT(*) FROM status_entries)";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(rig.domain.store().pool()).await.unwrap()
    };
    let before = counted().await;
    assert!(matches!(begin(&rig, id).await, Err(DomainError::StatusListFull)));
    assert!(matches!(rig.domain.check_status_room(Actor::Agent, NOW).await, Err(DomainError::StatusListFull)));
    assert_eq!(counted().await, before);
    for _ in 0..2 {
        begun.push(begin_by(&rig, id, Actor::Operator).await.unwrap());
    }
    let new = NewVcApiCredential { reference: "x".into(), issued_at: NOW, expires_at: None };
    let never = |_| -> Ready<Result<_, DomainError>> { panic!("signed although no index is left") };
    let refused = rig.domain.issue_for_vc_api(&new, Actor::Operator, never).await;
    assert!(matches!(refused, Err(DomainError::StatusListFull)));
    // Every one that was let in is completed: its index was counted when it began.
    for begin in &begun {
        rig.domain.complete_credential(begin.id, json!({}), NOW + 100, NOW).await.unwrap();
    }
    drop(begun);
    let full = rig.domain.status_use(NOW).await.unwrap();
    assert_eq!((full.used, full.capacity, full.left, full.warns()), (32, 32, 0, true));
    rig.domain.revoke_agent(id, Revoker::Operator, NOW).await.unwrap();
    rig.publish().await;
    assert_eq!(rig.domain.status_bits().await.unwrap().revoked.len(), 32);
}

/// The longest list as readers take it, filled up to the operator's reserve: a random draw still finds a free index, and
/// the space grows no further.
#[tokio::test]
async fn the_space_ends_where_readers_stop() {
    let rig = Rig::new().await;
    let id = managed(&rig).await;
    let limit = STATUS_CAPACITY - STATUS_CAPACITY / 16;
    let pool = rig.domain.store().writer_pool();
    // Earlier versions doubled without end.
    let sql = "UPDATE status_space SET size = 33554432, used = $1";
    sqlx::query(sql).bind(i64::from(limit - 1)).execute(pool).await.unwrap();
    let last = begin(&rig, id).await.unwrap();
    assert!(last.status_index < STATUS_CAPACITY);
    assert_eq!(rig.domain.status_bits().await.unwrap().size, STATUS_CAPACITY);
    assert!(matches!(begin(&rig, id).await, Err(DomainError::StatusListFull)));
    begin_by(&rig, id, Actor::Operator).await.unwrap();
    let end = i64::from(STATUS_CAPACITY - STATUS_CAPACITY / 64);
    sqlx::query(sql).bind(end).execute(pool).await.unwrap();
    assert!(matches!(begin_by(&rig, id, Actor::Operator).await, Err(DomainError::StatusListFull)));
}

#[tokio::test]
async fn a_draw_finds_the_free_indices_of_a_full_list() {
    let rig = Rig::new().await;
    let id = managed(&rig).await;
    let pool = rig.domain.store().writer_pool();
    // 131,072 entries of which one in 64 is free; `used` keeps the list from growing.
    sqlx::query(
        "INSERT INTO status_entries (idx, credential, revoked, suspended) \
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 131071) \
         SELECT i, 'c' || i, 0, 0 FROM n WHERE i % 64 <> 7",
    )
    .execute(pool)
    .await
    .unwrap();
    let mut begun = Vec::new();
    for _ in 0..20 {
        begun.push(begin(&rig, id).await.unwrap());
    }
    assert!(begun.iter().all(|begin| begin.status_index % 64 == 7));
}

/// A database of the version before: a 202 that lapsed and was forgotten, one that a suspension was published about, one
/// whose holder proves now, and one that was issued.
#[tokio::test]
async fn an_older_database_gets_the_indices_of_abandoned_credentials_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("poa.sqlite");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(false);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let earlier = MIGRATIONS.iter().filter(|migration| migration.version < 14).cloned().collect();
    Migrator::with_migrations(earlier).run(&pool).await.unwrap();
    let [holding, issued] = [1, 2].map(|n| format!("00000000-0000-4000-8000-{n:012}"));
    for (id, state, expires, until) in
        [(&holding, "pending", Some(NOW + 300), None), (&issued, "issued", None, Some(NOW))]
    {
        sqlx::query(
            "INSERT INTO credentials (id, agent, schema_id, state, log, leaf_idx, head_seq, head_issued_at, document, \
             created_at, expires_at, valid_until, status_due) VALUES ($1, 'a', 's', $2, 'main', 0, 1, 1, '{}', 1, $3, $4, 0)",
        )
        .bind(id)
        .bind(state)
        .bind(expires.map(|at| at as i64))
        .bind(until.map(|at| at as i64))
        .execute(&pool)
        .await
        .unwrap();
    }
    for (index, id, suspended) in [(10, "gone", 0), (11, "gone, suspended", 1), (12, &holding, 0), (13, &issued, 0)] {
        sqlx::query("INSERT INTO status_entries (idx, credential, revoked, suspended) VALUES ($1, $2, 0, $3)")
            .bind(index)
            .bind(id)
            .bind(suspended)
            .execute(&pool)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE status_space SET used = 4").execute(&pool).await.unwrap();
    pool.close().await;
    let store = Store::open(&path).await.unwrap();
    let indices = async |table: &str| {
        let sql = format!("SELECT idx FROM {table} ORDER BY idx");
        sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql.as_str())).fetch_all(store.pool()).await.unwrap()
    };
    assert_eq!(indices("status_entries").await, [11, 13], "what lists said something of stays spent");
    assert_eq!(indices("status_reservations").await, [12]);
    let used: i64 = sqlx::query_scalar("SELECT used FROM status_space").fetch_one(store.pool()).await.unwrap();
    assert_eq!(used, 3);
}
