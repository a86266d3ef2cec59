//! Files that hold a secret: created with mode 0600, refused when anybody else may read them.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// No secret of the service is longer than this; a longer file is not ours.
const LONGEST_BYTES: u64 = 1024;

/// Why a secret file could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateFileError {
    /// Group or others may read or write it.
    #[error("{path} has mode {mode:03o}; run `chmod 600` on it and replace the secret if it may have been read")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It does not hold what this service writes there, perhaps because a first start was cut short.
    #[error("{path} is empty or damaged; delete it to have a new one made")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Reads the secret in `path`, or writes the one `make` returns when there is no such file.
/// The second value says whether it was made.
pub(super) fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Zeroizing<String>,
) -> Result<(Zeroizing<String>, bool), PrivateFileError> {
    let failed = |error| PrivateFileError::Io { path: path.to_owned(), error };
    // `create_new` so that of two starting processes exactly one writes, and never through a symlink.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let secret = make();
            file.write_all(secret.as_bytes()).map_err(failed)?;
            file.write_all(b"\n").map_err(failed)?;
            file.sync_all().map_err(failed)?;
            sync_directory_of(path).map_err(failed)?;
            Ok((secret, true))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok((read(path)?, false)),
        Err(error) => Err(failed(error)),
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, PrivateFileError> {
    let failed = |error| PrivateFileError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PrivateFileError::Exposed { path: path.to_owned(), mode });
    }
    // Reserved in full, so that growing never leaves a copy behind on the heap.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_BYTES as usize + 1));
    file.take(LONGEST_BYTES).read_to_string(&mut text).map_err(failed)?;
    let length = text.trim_end().len();
    text.truncate(length);
    Ok(text)
}

/// Makes the new name itself durable, not only the bytes behind it.
fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        // A bare file name is in the working directory.
        Some(directory) if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Zeroizing<String> {
        Zeroizing::new("first".to_owned())
    }

    #[test]
    fn the_file_is_made_once_and_only_for_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let (made, new) = read_or_create(&path, secret).unwrap();
        assert_eq!((made.as_str(), new), ("first", true));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let (again, new) = read_or_create(&path, || unreachable!("the file is there")).unwrap();
        assert_eq!((again.as_str(), new), ("first", false));
    }

    #[test]
    fn a_file_others_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        read_or_create(&path, secret).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let result = read_or_create(&path, secret);
            assert!(matches!(result, Err(PrivateFileError::Exposed { mode: found, .. }) if found == mode));
        }
    }
}
