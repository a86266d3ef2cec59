//! Who could replace a directory: whoever may write a directory on the way to it.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use crate::directory::DirectoryError;
use crate::user;

/// Links followed on the way, as many as Linux does.
const MAX_LINKS: usize = 40;
const STICKY: u32 = 0o1000;

/// Walks to the parent of an absolute path from the root, as the system does: every directory on the way belongs to this
/// user or the superuser, and others may write it only where they may not rename what is not theirs. Parents that are
/// missing count as good: they will be made.
pub fn check(path: &Path) -> Result<(), DirectoryError> {
    let mut here = PathBuf::from("/");
    let mut left = Vec::new();
    push(&mut left, path.parent().unwrap_or(path));
    let mut links = 0;
    let failed = |path: &Path, error| DirectoryError::Io { path: path.to_owned(), error };
    judge(path, &here, &here.metadata().map_err(|error| failed(&here, error))?)?;
    while let Some(name) = left.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&name);
        let metadata = match next.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&next, error)),
        };
        if metadata.is_symlink() {
            links += 1;
            if links > MAX_LINKS {
                return Err(failed(&next, io::Error::other("too many symbolic links")));
            }
            // Its owner may point it elsewhere at any time.
            require_owner(path, &next, &metadata)?;
            let target = next.read_link().map_err(|error| failed(&next, error))?;
            if target.is_absolute() {
                here = PathBuf::from("/");
            }
            push(&mut left, &target);
        } else if metadata.is_dir() {
            judge(path, &next, &metadata)?;
            here = next;
        } else {
            return Err(DirectoryError::NotADirectory { path: next });
        }
    }
    Ok(())
}

/// The parts of a path, the first one last.
fn push(left: &mut Vec<OsString>, path: &Path) {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        Component::ParentDir => Some(OsStr::new("..")),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    left.extend(parts.map(OsStr::to_owned));
}

fn require_owner(path: &Path, parent: &Path, metadata: &Metadata) -> Result<(), DirectoryError> {
    let owner = metadata.uid();
    if owner == 0 || owner == user() {
        return Ok(());
    }
    Err(DirectoryError::ParentOwner { path: path.to_owned(), parent: parent.to_owned(), owner })
}

fn judge(path: &Path, parent: &Path, metadata: &Metadata) -> Result<(), DirectoryError> {
    require_owner(path, parent, metadata)?;
    let mode = metadata.mode() & 0o7777;
    let by_group = mode & 0o020 != 0 && !is_private_group(metadata);
    let by_others = mode & 0o002 != 0;
    if mode & STICKY == 0 && (by_group || by_others) {
        return Err(DirectoryError::ParentWritable { path: path.to_owned(), parent: parent.to_owned(), mode });
    }
    Ok(())
}

/// Where each user has a group of the same number, directories are made writable for that group, which has one member.
fn is_private_group(metadata: &Metadata) -> bool {
    let user = user();
    user != 0 && metadata.uid() == user && metadata.gid() == user
}
