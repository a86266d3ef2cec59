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

/// Every directory on the way to an absolute path belongs to this user or the superuser, and others may write it only where
/// they may not rename what is not theirs. Parents that are missing count as good: they will be made.
pub fn check(path: &Path) -> Result<(), DirectoryError> {
    let failed = |parent: &Path, error| DirectoryError::Io { path: parent.to_owned(), error };
    walk(path, failed, |parent, metadata| {
        if metadata.is_symlink() {
            // Its owner may point it elsewhere at any time.
            require_owner(path, parent, metadata)
        } else if metadata.is_dir() {
            judge(path, parent, metadata)
        } else {
            Err(DirectoryError::NotADirectory { path: parent.to_owned() })
        }
    })
}

/// The first link of another user on the way to a path, who could lead it anywhere. The superuser's are good.
pub fn foreign_link(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut foreign = None;
    walk(
        &std::path::absolute(path)?,
        |_, error| error,
        |parent, metadata| {
            if metadata.is_symlink() && metadata.uid() != 0 && metadata.uid() != user() && foreign.is_none() {
                foreign = Some(parent.to_owned());
            }
            Ok(())
        },
    )?;
    Ok(foreign)
}

/// Walks to the parent of an absolute path from the root, as the system does, and shows every directory and link on the
/// way. It ends where something is missing.
fn walk<E>(
    path: &Path,
    failed: impl Fn(&Path, io::Error) -> E,
    mut see: impl FnMut(&Path, &Metadata) -> Result<(), E>,
) -> Result<(), E> {
    let mut here = PathBuf::from("/");
    let mut left = Vec::new();
    push(&mut left, path.parent().unwrap_or(path));
    let mut links = 0;
    see(&here, &here.metadata().map_err(|error| failed(&here, error))?)?;
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
        see(&next, &metadata)?;
        if !metadata.is_symlink() {
            here = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(failed(&next, io::Error::other("too many symbolic links")));
        }
        let target = next.read_link().map_err(|error| failed(&next, error))?;
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        push(&mut left, &target);
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
