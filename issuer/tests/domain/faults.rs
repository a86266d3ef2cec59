//! Faults that must not outlive themselves: a full disk, a caller that goes away, a panic, files that are gone.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use poa_issuer::clock::{ManualClock, WatchedClock};
use poa_issuer::domain::*;
use poa_issuer::keys::MasterKey;
use poa_issuer::store::{Store, StoreError};
use serde_json::json;
use sqlx::SqlitePool;

use super::rig::{NOW, Rig, Signer, managed_registration, settings};

async fn pragma(pool: &SqlitePool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// Writes until the database may not grow any more, as on a full disk.
async fn fill(rig: &Rig) {
    pragma(rig.domain.store().writer_pool(), "PRAGMA max_page_count = 1").await;
    let refused = loop {
        let mut registration = managed_registration("agent");
        registration.manifest = Some(json!({ "filler": "x".repeat(10_000) }));
        if let Err(error) = rig.domain.register_agent(registration, NOW).await {
            break error;
        }
    };
    assert!(refused.to_string().contains("full"), "{refused}");
}

/// SQLite rolls such a transaction back by itself, which its driver does not notice.
#[tokio::test]
async fn after_a_moment_without_space_everything_is_written_again() {
    let rig = Rig::new().await;
    let writer = rig.domain.store().writer_pool();
    fill(&rig).await;
    assert!(rig.domain.store().write_health().is_failing());
    // There is space again.
    pragma(writer, "PRAGMA max_page_count = 1073741823").await;
    let id = rig.attested("after", 5).await;
    assert!(!rig.domain.store().write_health().is_failing());
    rig.head().await;
    rig.domain.revoke_agent(id, Revoker::Operator, NOW).await.unwrap();
    rig.head().await;
    assert!(rig.domain.audit_log().await.unwrap().is_sound());
}

/// A transaction that changes no row is no sign that writing works.
#[tokio::test]
async fn only_a_write_that_wrote_ends_a_failure() {
    let rig = Rig::new().await;
    let store = rig.domain.store();
    fill(&rig).await;
    let key = Idempotency { principal: "p".into(), key: "k".into(), digest: [0; 32] };
    assert!(rig.domain.earlier_credential(&key, NOW).await.unwrap().is_none());
    assert!(store.write_health().is_failing());
    store.probe_write().await.unwrap();
    assert!(!store.write_health().is_failing());
    assert_eq!(store.write_health().failures, 1);
}

/// A refusal of the rules is no failure of the disk.
#[tokio::test]
async fn a_refusal_does_not_count_as_a_failed_write() {
    let rig = Rig::new().await;
    let nobody = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    rig.domain.revoke_agent(nobody, Revoker::Operator, NOW).await.unwrap_err();
    assert_eq!(rig.domain.store().write_health(), Default::default());
}

/// Polls a future so many times and drops it, as a server does with a request whose client went away.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_away_at_any_point_leaves_nothing_behind() {
    let rig = Rig::new().await;
    let first = rig.attested("first", 5).await;
    rig.publish().await;
    let mut finished = 0;
    for polls in 1.. {
        let name = format!("agent {polls}");
        let registered = dropped_after(polls, rig.domain.register_agent(managed_registration(&name), NOW)).await;
        rig.attest(first, &name, 1 + polls as u64 % 9).await;
        rig.clock.advance(3_600);
        let published = dropped_after(polls, rig.domain.publish(&rig.watched)).await;
        // The next ones find everything in order.
        rig.publish().await;
        rig.domain.store().probe_write().await.unwrap();
        if registered.is_some() && published.is_some() {
            finished += 1;
        }
        if finished == 2 {
            break;
        }
    }
    assert!(rig.domain.audit_log().await.unwrap().is_sound());
}

/// Signs nothing the first time.
struct PanickingOnce(AtomicBool);

impl HeadSigner for PanickingOnce {
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError> {
        assert!(self.0.swap(true, Ordering::SeqCst), "as a test");
        Signer::new().sign_head(claims)
    }
}

#[tokio::test]
async fn a_panic_inside_a_transaction_ends_with_it() {
    let mut rig = Rig::new().await;
    let store = Store::open(&rig.dir.path().join("poa.sqlite")).await.unwrap();
    let signer = Arc::new(PanickingOnce(AtomicBool::new(false)));
    let master = MasterKey::from_bytes([7; 32]);
    let domain = Domain::open(store, settings(), master, signer, os_entropy(), NOW).await.unwrap();
    rig.domain = Arc::new(domain);
    rig.attested("agent", 5).await;
    let (domain, clock) = (Arc::clone(&rig.domain), WatchedClock::new(Arc::new(ManualClock::new(NOW)), None, None));
    let panicked = tokio::spawn(async move { domain.publish(&clock).await }).await;
    assert!(panicked.unwrap_err().is_panic());
    assert_eq!(rig.head().await.seq, 1);
    assert!(rig.domain.audit_log().await.unwrap().is_sound());
}

/// A reader that SQLite rolled back would keep an old moment for ever: its next transaction would be a savepoint that
/// nobody ends.
#[tokio::test]
async fn a_reader_never_stays_in_an_old_moment() {
    let rig = Rig::new().await;
    let readers = rig.domain.store().pool();
    let mut broken = Vec::new();
    for _ in 0..4 {
        let mut tx = readers.begin().await.unwrap();
        sqlx::raw_sql("SELECT 1 FROM agents; ROLLBACK").execute(&mut *tx).await.unwrap();
        broken.push(tx);
    }
    drop(broken);
    for known in 0..6 {
        for _ in 0..8 {
            assert_eq!(rig.domain.agents(None, 200).await.unwrap().items.len(), known);
        }
        rig.managed(&format!("agent {known}")).await;
    }
}

fn is_gone(error: &DomainError) -> bool {
    matches!(error, DomainError::Store(StoreError::Gone(_)))
}

/// Otherwise it would be acknowledged into files that nobody will find again.
#[tokio::test]
async fn nothing_is_written_to_files_that_are_gone_and_it_goes_on_when_they_are_back() {
    let rig = Rig::new().await;
    let register = || rig.domain.register_agent(managed_registration("agent"), NOW);
    register().await.unwrap();
    for file in ["poa.sqlite", "poa.sqlite-wal"] {
        let (path, away) = (rig.dir.path().join(file), rig.dir.path().join("away"));
        std::fs::rename(&path, &away).unwrap();
        assert!(is_gone(&register().await.unwrap_err()), "{file} is gone");
        assert!(rig.domain.store().check_place().is_err());
        std::fs::write(&path, []).unwrap();
        assert!(is_gone(&register().await.unwrap_err()), "{file} is another one");
        std::fs::rename(&away, &path).unwrap();
        register().await.unwrap();
        assert!(!rig.domain.store().write_health().is_failing());
    }
    std::fs::remove_dir_all(rig.dir.path()).unwrap();
    assert!(is_gone(&register().await.unwrap_err()));
}

#[tokio::test]
async fn a_closed_database_is_one_file_that_holds_everything() {
    let rig = Rig::new().await;
    rig.managed("agent").await;
    let path = rig.dir.path().join("poa.sqlite");
    assert!(std::fs::metadata(path.with_extension("sqlite-wal")).unwrap().len() > 0, "it was in the log");
    rig.domain.store().close().await;
    assert!(!path.with_extension("sqlite-wal").exists());
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.sqlite");
    std::fs::copy(&path, &copy).unwrap();
    let count = "SELECT COUNT(*) FROM agents";
    let copied = Store::open(&copy).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(copied.pool()).await.unwrap(), 1);
}
