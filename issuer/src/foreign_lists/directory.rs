//! Lists as files of a directory, each read again when it changes.
//!
//! A list is as old as its file says, or as it says itself, whichever is older. One that cannot be read, is older than what
//! its file held before or is from the future leaves that; a file that is gone takes its list with it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use poa_verifier::Verifier;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::revoked_list;

use super::{ForeignLists, List, ListError};

/// Most files that are looked at.
const MAX_FILES: usize = 256;

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// The versions that need not be looked at again, whether they were taken or not.
pub type Known = BTreeMap<PathBuf, Stamp>;

/// A version that was not looked at before.
struct Found {
    path: PathBuf,
    modified_unix_s: u64,
    bytes: Result<Vec<u8>, ListError>,
}

/// A look at the directory.
struct Seen {
    known: Known,
    changed: Vec<Found>,
}

/// Reads what changed since the last time.
pub async fn refresh(lists: &ForeignLists, path: &Path, issuers: &AgenthoodIssuers, verifier: &Verifier, now: u64) {
    let (directory, known) = (path.to_owned(), lists.files.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let seen = tokio::task::spawn_blocking(move || look(&directory, &known)).await;
    let seen = seen.unwrap_or_else(|error| Err(ListError::Unread(error.to_string())));
    let Seen { mut known, changed } = match seen {
        Ok(seen) => seen,
        Err(error) => return lists.failed(&path.display().to_string(), &error),
    };
    let name = |path: &Path| path.display().to_string();
    let here: Vec<String> = known.keys().map(|path| name(path)).collect();
    for found in changed {
        let read = found.bytes.is_ok();
        let list = found.bytes.and_then(|bytes| List::of_file(&bytes, found.modified_unix_s, issuers, verifier));
        if let Err(error) = list.and_then(|list| lists.take(&name(&found.path), list, now)) {
            lists.failed(&name(&found.path), &error);
            // It may be readable another time, and its own time comes.
            if !read || matches!(error, ListError::Future) {
                known.remove(&found.path);
            }
        }
    }
    lists.change(|held| held.retain(|file, _| here.contains(file)));
    *lists.files.lock().unwrap_or_else(PoisonError::into_inner) = known;
}

fn look(directory: &Path, before: &Known) -> Result<Seen, ListError> {
    let unread = |error: std::io::Error| ListError::Unread(error.to_string());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unread)? {
        paths.push(entry.map_err(unread)?.path());
    }
    // Hidden files are other programs': versions in the making, directories of a volume.
    paths.retain(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
    if paths.len() > MAX_FILES {
        return Err(ListError::Unread(format!("it has more than {MAX_FILES} files")));
    }
    let mut seen = Seen { known: Known::new(), changed: Vec::new() };
    for path in paths {
        // Gone since the directory was listed, or no file.
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if !metadata.is_file() {
            continue;
        }
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        let stamp = Stamp { inode: metadata.ino(), bytes: metadata.len(), modified };
        if before.get(&path).is_none_or(|known| *known != stamp) {
            let modified_unix_s = u64::try_from(metadata.mtime()).unwrap_or_default();
            seen.changed.push(Found { bytes: read(&path), path: path.clone(), modified_unix_s });
        }
        seen.known.insert(path, stamp);
    }
    Ok(seen)
}

fn read(path: &Path) -> Result<Vec<u8>, ListError> {
    let unread = |error: std::io::Error| ListError::Unread(error.to_string());
    let mut bytes = Vec::new();
    let limit = revoked_list::MAX_BYTES as u64 + 1;
    std::fs::File::open(path).map_err(unread)?.take(limit).read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}
