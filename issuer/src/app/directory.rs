//! What a data directory says about the service that ran on it, and whether this start fits to that.
//!
//! A service whose database is lost would begin again beside its keys: a second history under the same DID, in which
//! nothing is revoked. So a record of the logs stands in a file beside the database, and a start looks at both first.
//!
//! | database | beside it | the start |
//! |---|---|---|
//! | has a log | – | goes on with it |
//! | missing or without tables | nothing | is the first |
//! | with tables and without a log | no record | is the first, which was cut short before |
//! | missing or without tables | keys or a record | is refused, unless `--new-log` names another log |
//! | with tables and without a log | a record | likewise |
//!
//! At a first start the database is made before the keys, and the record last.

use std::path::{Path, PathBuf};

use poa_files::Existing;
use poa_verifier::schema::is_name;
use serde::{Deserialize, Serialize};

use super::DATABASE_FILE;
use crate::config::PublicUrl;
use crate::domain::FIRST_LOG;
use crate::keys::{MASTER_KEY_FILE, OPERATOR_TOKEN_FILE};
use crate::store::{DatabaseState, Store, StoreError};

/// The record's name in the data directory.
const RECORD_FILE: &str = "service.json";
const VERSION: u32 = 1;
/// Most bytes of a record: 64 logs and a URL are less.
const MAX_RECORD_BYTES: u64 = 64 << 10;
/// Most logs of an issuer, which is as many as readers of its trust document take.
const MAX_LOGS: usize = 64;

/// Why a start does not fit to its data directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database is lost, and its keys are not.
    #[error(
        "{} {state}, but {} says that a service was here; mount or restore its database, or begin a second log with \
         --new-log ID, which revokes nothing of what was issued before; if no service ever ran here, remove {}",
        .database.display(), .beside.display(), .beside.display()
    )]
    LostDatabase {
        /// Where it should be.
        database: PathBuf,
        /// What is wrong with it.
        state: &'static str,
        /// The file that says that it was there.
        beside: PathBuf,
    },
    /// `--new-log`, and there is a log.
    #[error("--new-log begins a log in a directory that has none; this one has the log {0:?}: start without --new-log")]
    HasLog(String),
    /// `--new-log` with the name of a log that these keys were used with.
    #[error(
        "--new-log {0}: these keys were used with that log before, and verifiers remember its heads; name a log that \
         never was"
    )]
    UsedLog(String),
    /// `--new-log` with what is no name.
    #[error("--new-log {0:?} is no name of a log: 1 to 64 of a-z 0-9 - _ ., not dots alone")]
    LogName(String),
    /// More logs than a trust document may name.
    #[error(
        "these keys were used with {MAX_LOGS} logs already, and no more fit into a trust document; begin another issuer"
    )]
    TooManyLogs,
    /// The documents of this directory name another issuer.
    #[error(
        "this directory's service is {here}, and its documents say so: it cannot be {asked}; start with --public-url \
         {here} (without --public-url the listening address is the URL), or name another --data-dir"
    )]
    OtherUrl {
        /// The service's URL.
        here: String,
        /// The URL of this start.
        asked: String,
    },
    /// A registry that does not begin with the one that leaves were made under.
    #[error(
        "--capabilities: entry {entry} is {found}, and has been {expected:?} here: leaves say which entries an agent \
         has, so a longer list begins with the old one: {known}"
    )]
    Registry {
        /// From 1.
        entry: usize,
        /// What the file has there.
        found: String,
        /// What the registry has there.
        expected: String,
        /// The whole registry.
        known: String,
    },
    /// The record cannot be read or written.
    #[error("{}: {reason}", .path.display())]
    Record {
        /// Its path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What stands beside the database.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    /// The service's URL.
    url: String,
    /// The logs that the keys were used with, oldest first.
    logs: Vec<String>,
}

/// How a service starts on its directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Start {
    /// With the log that the database has.
    Again,
    /// With a new log, after others whose database is lost.
    First {
        /// The new log.
        log: String,
        /// The others, oldest first.
        former: Vec<String>,
    },
}

/// Looks at a directory, and changes nothing in it.
pub(super) fn plan(
    data_dir: &Path,
    database: DatabaseState,
    new_log: Option<&str>,
    url: &PublicUrl,
) -> Result<Start, super::OpenError> {
    if let Some(log) = new_log
        && (!is_name(log) || log.bytes().all(|byte| byte == b'.'))
    {
        return Err(StartError::LogName(log.to_owned()).into());
    }
    if database == DatabaseState::InUse {
        return Ok(Start::Again);
    }
    let record = read(data_dir)?;
    let keys =
        [MASTER_KEY_FILE, OPERATOR_TOKEN_FILE].map(|name| data_dir.join(name)).into_iter().find(|key| key.exists());
    let beside = match &record {
        Some(_) => Some(data_dir.join(RECORD_FILE)),
        None => keys.filter(|_| database != DatabaseState::Unused),
    };
    let Some(beside) = beside else {
        return Ok(Start::First { log: new_log.unwrap_or(FIRST_LOG).to_owned(), former: Vec::new() });
    };
    let Some(log) = new_log else {
        let state = if database == DatabaseState::Missing { "is missing" } else { "is empty" };
        return Err(StartError::LostDatabase { database: data_dir.join(DATABASE_FILE), state, beside }.into());
    };
    // Without a record an older version ran here, which knew one log.
    let (here, former) = record.map_or((None, vec![FIRST_LOG.to_owned()]), |record| (Some(record.url), record.logs));
    if let Some(here) = here.filter(|here| *here != url.to_string()) {
        return Err(StartError::OtherUrl { here, asked: url.to_string() }.into());
    }
    if former.iter().any(|used| used == log) {
        return Err(StartError::UsedLog(log.to_owned()).into());
    }
    if former.len() >= MAX_LOGS {
        return Err(StartError::TooManyLogs.into());
    }
    Ok(Start::First { log: log.to_owned(), former })
}

/// The log to go on with, which is made with those before it when there is none.
pub(super) async fn log(
    store: &Store,
    start: Start,
    new_log: Option<&str>,
    now: u64,
) -> Result<String, super::OpenError> {
    let (log, former) = match start {
        Start::First { log, former } => (log, former),
        Start::Again => {
            let logs = store.read_tx(|tx, _| Box::pin(async move { tx.logs().await })).await?;
            let log = logs.into_iter().next().ok_or(StoreError::Corrupt("logs.id"))?;
            return if new_log.is_some() { Err(StartError::HasLog(log).into()) } else { Ok(log) };
        }
    };
    let (log, former) = (&log, &former);
    store
        .run_tx("begin_log", |tx, _| {
            Box::pin(async move {
                for id in former {
                    tx.note_former_log(id, now).await?;
                }
                tx.ensure_log(log).await
            })
        })
        .await?;
    Ok(log.clone())
}

/// Refuses to serve another URL than the one that the directory's documents have.
pub(super) fn same_url(url: &PublicUrl, schema_ids: &[String]) -> Result<(), StartError> {
    let asked = url.to_string();
    let mut here = schema_ids.iter().filter_map(|id| id.split_once("/schemas/")).map(|(here, _)| here);
    match here.find(|here| *here != asked) {
        Some(here) => Err(StartError::OtherUrl { here: here.to_owned(), asked }),
        None => Ok(()),
    }
}

/// The capability registry from now on: the stored one, or a longer one that begins with it.
pub(super) fn registry(stored: Option<Vec<String>>, given: Option<Vec<String>>) -> Result<Vec<String>, StartError> {
    let (stored, given) = match (stored, given) {
        (Some(stored), Some(given)) => (stored, given),
        (stored, given) => return Ok(given.or(stored).unwrap_or_default()),
    };
    match stored.iter().zip(1..).find(|(name, entry)| given.get(entry - 1) != Some(*name)) {
        None => Ok(given),
        Some((expected, entry)) => Err(StartError::Registry {
            entry,
            found: given.get(entry - 1).map_or("missing".to_owned(), |found| format!("{found:?}")),
            expected: expected.clone(),
            known: stored.join(", "),
        }),
    }
}

/// Writes down which logs there are, when the record does not say so yet.
pub(super) async fn note(data_dir: &Path, store: &Store, url: &PublicUrl, log: &str) -> Result<(), super::OpenError> {
    let former = store.read_tx(|tx, _| Box::pin(async move { tx.former_logs().await })).await?;
    let before = read(data_dir)?;
    let mut logs: Vec<String> = before.iter().flat_map(|record| record.logs.clone()).collect();
    for id in former.into_iter().chain([log.to_owned()]) {
        if !logs.contains(&id) {
            logs.push(id);
        }
    }
    let record = Record { version: VERSION, url: url.to_string(), logs };
    if before.as_ref() == Some(&record) {
        return Ok(());
    }
    let path = data_dir.join(RECORD_FILE);
    let failed = |reason: String| StartError::Record { path: path.clone(), reason };
    let text = serde_json::to_vec_pretty(&record).map_err(|error| failed(error.to_string()))?;
    poa_files::write(&path, &text, Existing::ReplacePrivate).map_err(|error| failed(error.to_string()))?;
    Ok(())
}

/// Removes what a start made that did not come through: its keys signed nothing that left the service. Returns false and
/// removes nothing where a service has started once.
pub fn remove_unstarted(data_dir: &Path) -> bool {
    if data_dir.join(RECORD_FILE).exists() {
        return false;
    }
    let of_database = ["", "-wal", "-shm"].map(|suffix| format!("{DATABASE_FILE}{suffix}"));
    for name in of_database.iter().map(String::as_str).chain([MASTER_KEY_FILE, OPERATOR_TOKEN_FILE]) {
        // Most of them were never made.
        let _ = std::fs::remove_file(data_dir.join(name));
    }
    true
}

fn read(data_dir: &Path) -> Result<Option<Record>, StartError> {
    let path = data_dir.join(RECORD_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let failed = |reason: String| StartError::Record { path: path.clone(), reason };
    let bytes = poa_files::read(&path, MAX_RECORD_BYTES).map_err(|error| failed(error.to_string()))?;
    let record: Record = serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("{error}; restore it, or remove it while the database beside it is whole")))?;
    if record.version != VERSION {
        return Err(failed(format!(
            "is of version {}, and this program knows {VERSION}: a newer one wrote it",
            record.version
        )));
    }
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_registry_grows_at_its_end_alone() {
        let stored = || Some(names(&["a", "b"]));
        assert_eq!(registry(None, None).unwrap(), names(&[]));
        assert_eq!(registry(None, stored()).unwrap(), names(&["a", "b"]));
        assert_eq!(registry(stored(), None).unwrap(), names(&["a", "b"]));
        assert_eq!(registry(stored(), Some(names(&["a", "b", "c"]))).unwrap(), names(&["a", "b", "c"]));
        for (given, at) in [(vec!["a"], 2), (vec!["b", "a"], 1), (vec!["c", "a", "b"], 1), (vec![], 1)] {
            let refused = registry(stored(), Some(names(&given)));
            assert!(matches!(&refused, Err(StartError::Registry { entry, .. }) if *entry == at), "{refused:?}");
        }
    }

    #[test]
    fn what_a_directory_holds_decides_on_the_start() {
        use DatabaseState::*;
        let url = PublicUrl::parse("http://127.0.0.1:8080").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let plan = |state, new_log| plan(path, state, new_log, &url).map_err(|error| error.to_string());
        let first = |log: &str, former: &[&str]| -> Result<Start, String> {
            Ok(Start::First { log: log.to_owned(), former: names(former) })
        };
        for state in [Missing, Blank, Unused] {
            assert_eq!(plan(state, None), first("main", &[]));
            assert_eq!(plan(state, Some("second")), first("second", &[]));
        }
        assert_eq!(plan(InUse, None), Ok(Start::Again));

        std::fs::write(path.join(MASTER_KEY_FILE), "").unwrap();
        assert_eq!(plan(Unused, None), first("main", &[]), "a first start that was cut short");
        for (state, word) in [(Missing, "is missing"), (Blank, "is empty")] {
            let refused = plan(state, None).unwrap_err();
            assert!(refused.contains(word) && refused.contains("--new-log"), "{refused}");
            assert_eq!(plan(state, Some("second")), first("second", &["main"]));
            assert!(plan(state, Some("main")).unwrap_err().contains("used with that log before"));
        }

        let record = Record { version: 1, url: url.to_string(), logs: names(&["main", "second"]) };
        std::fs::write(path.join(RECORD_FILE), serde_json::to_vec(&record).unwrap()).unwrap();
        for state in [Missing, Blank, Unused] {
            assert!(plan(state, None).unwrap_err().contains(RECORD_FILE));
            assert_eq!(plan(state, Some("third")), first("third", &["main", "second"]));
            assert!(plan(state, Some("second")).is_err());
        }
        for name in ["", "..", "A", "a/b", "a b"] {
            assert!(plan(Missing, Some(name)).unwrap_err().contains("no name of a log"), "{name}");
        }
        let other = PublicUrl::parse("http://127.0.0.1:9000").unwrap();
        let refused = super::plan(path, Missing, Some("third"), &other).unwrap_err().to_string();
        assert!(refused.contains("http://127.0.0.1:8080"), "{refused}");
    }
}
