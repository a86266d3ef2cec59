//! Files that nobody but this user may read, or write.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::{OF_OTHERS, WRITE_OF_OTHERS, user};

/// Something that others could read or write until now. Its text is the warning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closed {
    /// The file or directory.
    pub path: PathBuf,
    /// The permission bits it had.
    pub mode: u32,
    /// The permission bits it has now.
    pub now: u32,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mode, now } = self;
        let path = path.display();
        write!(f, "{path} had mode {mode:03o} and is now {now:03o}; others may have read what was in it")
    }
}

/// Why a file cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A link, a directory, a device, a pipe.
    #[error("{path} is not a regular file; move it away, or put the file itself in its place")]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// Another user's.
    #[error("{path} belongs to the user with id {owner}, not to this one ({user}); remove it, or give it to this user")]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Others may write it.
    #[error("{path} can be written by others (mode {mode:03o}); remove it")]
    Writable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Makes an empty file of mode 0600 in an own directory, or closes the one that is there like [`close_file`].
///
/// # Errors
/// [`FileError`], but never [`FileError::Writable`].
pub fn make_private_file(path: &Path) -> Result<Option<Closed>, FileError> {
    // `create_new` does not follow a link.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => close_file(path),
        Err(error) => Err(FileError::Io { path: path.to_owned(), error }),
    }
}

/// Takes the rights of group and others from a file in an own directory; the caller warns when there were any. A missing
/// file is nothing to close.
///
/// # Errors
/// [`FileError`], but never [`FileError::Writable`].
pub fn close_file(path: &Path) -> Result<Option<Closed>, FileError> {
    let failed = |error| FileError::Io { path: path.to_owned(), error };
    // By name and not by descriptor: closing a descriptor of a database drops every lock that this process has on it.
    // Nobody else can exchange the file, as the directory is this user's alone.
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    require_own_file(path, &metadata)?;
    let mode = metadata.mode() & 0o7777;
    if mode & OF_OTHERS == 0 {
        return Ok(None);
    }
    let now = mode & 0o600;
    std::fs::set_permissions(path, Permissions::from_mode(now)).map_err(failed)?;
    Ok(Some(Closed { path: path.to_owned(), mode, now }))
}

/// Opens a file that only this user can have written. Others may read it.
///
/// # Errors
/// [`FileError`].
pub fn open_own_file(path: &Path) -> Result<File, FileError> {
    let failed = |error| FileError::Io { path: path.to_owned(), error };
    if path.symlink_metadata().map_err(failed)?.is_symlink() {
        return Err(FileError::NotAFile { path: path.to_owned() });
    }
    // Without waiting for the other end of a pipe.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    require_own_file(path, &metadata)?;
    let mode = metadata.mode() & 0o7777;
    if mode & WRITE_OF_OTHERS != 0 {
        return Err(FileError::Writable { path: path.to_owned(), mode });
    }
    Ok(file)
}

fn require_own_file(path: &Path, metadata: &std::fs::Metadata) -> Result<(), FileError> {
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: path.to_owned() });
    }
    if metadata.uid() != user() {
        return Err(FileError::Owner { path: path.to_owned(), owner: metadata.uid(), user: user() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_for_this_user_alone_and_closed_when_it_was_open() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("db");
        assert_eq!(close_file(&path).unwrap(), None, "nothing is there");
        assert_eq!(make_private_file(&path).unwrap(), None);
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let closed = make_private_file(&path).unwrap().unwrap();
        assert_eq!((closed.mode, closed.now, mode(&path)), (0o644, 0o600, 0o600));
        assert!(closed.to_string().contains("had mode 644 and is now 600"), "{closed}");
    }

    #[test]
    fn a_link_is_neither_closed_nor_opened_nor_written_through() {
        let base = tempfile::tempdir().unwrap();
        let (target, link) = (base.path().join("target"), base.path().join("link"));
        fs::write(&target, "theirs").unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o644)).unwrap();
        symlink(&target, &link).unwrap();
        assert!(matches!(make_private_file(&link), Err(FileError::NotAFile { .. })));
        assert!(matches!(open_own_file(&link), Err(FileError::NotAFile { .. })));
        assert_eq!((mode(&target), fs::read(&target).unwrap()), (0o644, b"theirs".to_vec()));
    }

    #[test]
    fn a_file_that_others_may_write_is_not_opened() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        fs::write(&path, "").unwrap();
        for (bits, fits) in [(0o600, true), (0o644, true), (0o664, false), (0o602, false)] {
            fs::set_permissions(&path, Permissions::from_mode(bits)).unwrap();
            assert_eq!(open_own_file(&path).is_ok(), fits, "{bits:o}");
        }
        if std::os::unix::fs::chown(&path, Some(65_534), None).is_ok() {
            assert!(matches!(open_own_file(&path), Err(FileError::Owner { owner: 65_534, .. })));
        }
    }
}
