//! The database's files: whose they are, and what stays in them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use poa_issuer::store::{Store, StoreError};

const SECRET: &str = "an opening that somebody had deleted";

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn holds(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

async fn run(store: &Store, sql: &'static str) {
    sqlx::query(sql).execute(store.writer_pool()).await.unwrap();
}

#[tokio::test]
async fn what_is_deleted_is_not_in_the_file_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("poa.sqlite");
    let wal = directory.path().join("poa.sqlite-wal");
    let store = Store::open(&path).await.unwrap();
    // Short and long rows: a page of its own is freed otherwise than a cell of a page.
    for times in [1, 500] {
        sqlx::query("INSERT INTO signature_nonces (key_id, nonce, expires_at) VALUES ('k', ?, 1)")
            .bind(SECRET.repeat(times))
            .execute(store.writer_pool())
            .await
            .unwrap();
    }
    run(&store, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert!(holds(&path), "it was there");
    run(&store, "DELETE FROM signature_nonces").await;
    run(&store, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert!(!holds(&path) && !holds(&wal));
}

#[tokio::test]
async fn the_files_are_private_also_when_they_were_open_before() {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let files = ["poa.sqlite", "poa.sqlite-wal", "poa.sqlite-shm"].map(|name| directory.path().join(name));
    let store = Store::open(&files[0]).await.unwrap();
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    store.close().await;
    for file in &files {
        // The two beside it are gone after a clean end; after a crash they are not.
        fs::File::options().create(true).append(true).open(file).unwrap();
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    let _store = Store::open(&files[0]).await.unwrap();
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_link_in_the_place_of_a_database_file_is_refused() {
    for name in ["poa.sqlite", "poa.sqlite-wal", "poa.sqlite-shm"] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("elsewhere"), "").unwrap();
        symlink("elsewhere", directory.path().join(name)).unwrap();
        let refused = Store::open(&directory.path().join("poa.sqlite")).await;
        assert!(matches!(refused, Err(StoreError::File(_))), "{name}");
    }
}
