//! Whether the files that are open are still the ones that others find: a data directory that was removed, moved or
//! unmounted goes on taking writes, and they are gone with the process.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::StoreError;

/// Where the database is, with the identities of its files as they were when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    files: [(PathBuf, Identity); 2],
}

/// What tells a file from every other: its device and its number there. Neither is given to another file while it is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Place {
    /// Of a database that is open, with its write-ahead log.
    pub(super) fn of(database: &Path) -> Result<Self, StoreError> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let known = |path: PathBuf| match identity(&path) {
            Some(identity) => Ok((path, identity)),
            None => Err(StoreError::Gone(path)),
        };
        Ok(Self { files: [known(database.to_owned())?, known(log.into())?] })
    }

    /// Refuses when one of the files is no longer where it was opened. Takes some microseconds.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.files.iter().find(|(path, opened)| identity(path) != Some(*opened)) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::Gone(path.clone())),
        }
    }
}

/// None where there is no such file, or it cannot be looked at.
fn identity(path: &Path) -> Option<Identity> {
    let found = std::fs::metadata(path).ok()?;
    Some(Identity { device: found.dev(), inode: found.ino() })
}
