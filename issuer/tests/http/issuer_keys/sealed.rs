//! Keys at rest: the service starts with the master key they were sealed under, or not at all.

use std::path::Path;
use std::sync::Arc;

use poa_issuer::clock::ManualClock;
use poa_issuer::domain::os_entropy;
use poa_issuer::{App, Config, PublicUrl};

use crate::service::{START, URL, engine};

/// Opens a service on a directory; the words of the refusal when there is one.
async fn open(directory: &Path, master_key_file: Option<&Path>) -> Result<Arc<App>, String> {
    let url = PublicUrl::parse(URL).unwrap();
    let mut config = Config::new(directory.join("data"), url, ([127, 0, 0, 1], 8080).into());
    config.master_key_file = master_key_file.map(Path::to_owned);
    let clock = Arc::new(ManualClock::new(START));
    App::open_with(config, clock, os_entropy(), engine()).await.map_err(|error| error.to_string())
}

async fn public_keys(app: &App) -> Vec<String> {
    app.issuer_key_rows().await.unwrap().into_iter().map(|row| row.public_key_multibase).collect()
}

async fn refusal(directory: &Path, master_key_file: Option<&Path>) -> String {
    open(directory, master_key_file).await.err().expect("it must not start")
}

#[tokio::test]
async fn another_master_key_or_none_does_not_open_the_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (key, other) = (path.join("master"), path.join("other"));
    let first = public_keys(&open(path, Some(&key)).await.unwrap()).await;
    assert!(!path.join("data/master.key").exists(), "the named file is the only one");

    std::fs::copy(&key, &other).unwrap();
    std::fs::write(&other, "ab".repeat(32)).unwrap();
    let wrong = refusal(path, Some(&other)).await;
    assert!(wrong.contains("does not open") && wrong.contains("--master-key-file"), "{wrong}");
    assert!(!wrong.contains(&"ab".repeat(32)), "{wrong}");
    for absent in [None, Some(path.join("absent"))] {
        let missing = refusal(path, absent.as_deref()).await;
        assert!(missing.contains("put the file back"), "{missing}");
    }
    std::fs::write(&other, "ab").unwrap();
    assert!(refusal(path, Some(&other)).await.contains("64 hex digits"));
    assert_eq!(public_keys(&open(path, Some(&key)).await.unwrap()).await, first);
}
