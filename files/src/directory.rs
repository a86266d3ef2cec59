//! A directory that a program keeps secrets or trusted data in.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::private::Closed;
use crate::{OF_OTHERS, WRITE_OF_OTHERS, parents, user};

/// Directories that belong to the whole machine. The superuser owns them, and closing one would break the machine.
const OF_THE_MACHINE: [&str; 20] = [
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/run", "/sbin", "/srv",
    "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/tmp",
];

/// What this project's programs keep in directories of their own. A directory that is open to others and holds other things
/// alone is somebody's: closing it could break what relies on it.
const KEPT: [&str; 6] = ["poa.sqlite", "operator-token", "master.key", "holder.age", "trust.json", "heads.json"];
/// Endings of the same.
const KEPT_ENDINGS: [&str; 2] = [".engine", ".age"];

/// Why a directory cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Its name is that of a symbolic link.
    #[error("{path} is a symbolic link, not a directory; name the directory that it leads to")]
    Link {
        /// The directory.
        path: PathBuf,
    },
    /// Something else has this name, or the name of a parent.
    #[error("{path} is not a directory; name a directory, or one that can be made")]
    NotADirectory {
        /// What was found.
        path: PathBuf,
    },
    /// Another user's.
    #[error(
        "{path} belongs to the user with id {owner}, not to this one ({user}); name a directory of this user's own"
    )]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Another user may replace it.
    #[error(
        "{path} can be replaced by others, because {parent} belongs to the user with id {owner}; name a directory below \
         one of this user's own"
    )]
    ParentOwner {
        /// The directory.
        path: PathBuf,
        /// The parent, or a link on the way.
        parent: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Others may replace it.
    #[error(
        "{path} can be replaced by others, because they may write {parent} (mode {mode:03o}); run `chmod go-w` on that, \
         or name another directory"
    )]
    ParentWritable {
        /// The directory.
        path: PathBuf,
        /// The parent.
        parent: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others could write it, and did.
    #[error(
        "{path} was open for others to write (mode {mode:03o}), and {entry} in it belongs to the user with id {owner}; \
         remove that if it is not wanted, then try again"
    )]
    ForeignEntry {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What is in it.
        entry: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// It belongs to the whole machine and cannot be closed to others.
    #[error("{path} belongs to the whole machine; name a directory inside it")]
    OfTheMachine {
        /// The directory.
        path: PathBuf,
    },
    /// Something else is kept in it.
    #[error(
        "{path} is open to others (mode {mode:03o}) and holds {entry}, but nothing of this program, so it is not closed; \
         name an empty directory or one that is to be made, or run `chmod go=` on it if it is for this program alone"
    )]
    Others {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Something that is in it.
        entry: PathBuf,
    },
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The directory or a parent.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Makes a directory for this user alone (mode 0700), or takes one that is there and is this user's. One that group or
/// others may enter is closed to 0700, when it is empty or this project's; the caller warns of that.
///
/// # Errors
/// [`DirectoryError`] for a link, another user's directory, one that is open and holds something else, and one that others
/// could replace: they may write a parent that has no sticky bit.
pub fn own_directory(path: &Path) -> Result<Option<Closed>, DirectoryError> {
    let path = &plain(path)?;
    parents::check(path)?;
    let failed = |error| DirectoryError::Io { path: path.clone(), error };
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => return Err(DirectoryError::Link { path: path.clone() }),
        Ok(metadata) if !metadata.is_dir() => return Err(DirectoryError::NotADirectory { path: path.clone() }),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
            // Parents that were missing are there now.
            parents::check(path)?;
        }
        Err(error) => return Err(failed(error)),
    }
    // From here on by descriptor, so that what was checked is what is changed.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let directory =
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).map_err(failed)?;
    let metadata = directory.metadata().map_err(failed)?;
    if metadata.uid() != user() {
        return Err(DirectoryError::Owner { path: path.clone(), owner: metadata.uid(), user: user() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OF_OTHERS == 0 {
        return Ok(None);
    }
    if OF_THE_MACHINE.iter().any(|shared| Path::new(shared) == path) {
        return Err(DirectoryError::OfTheMachine { path: path.clone() });
    }
    require_empty_or_kept(path, mode)?;
    directory.set_permissions(Permissions::from_mode(0o700)).map_err(failed)?;
    if directory.metadata().map_err(failed)?.mode() & OF_OTHERS != 0 {
        return Err(failed(io::Error::other("this file system keeps no permission bits")));
    }
    if mode & WRITE_OF_OTHERS != 0
        && let Err(error) = check_entries(path, mode)
    {
        // The next try has to see that it was open.
        directory.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
        return Err(error);
    }
    Ok(Some(Closed { path: path.clone(), mode, now: 0o700 }))
}

/// Refuses a directory in which other things are kept, and nothing of this project's.
fn require_empty_or_kept(path: &Path, mode: u32) -> Result<(), DirectoryError> {
    let failed = |error| DirectoryError::Io { path: path.to_owned(), error };
    let mut other = None;
    for entry in path.read_dir().map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let text = name.to_string_lossy();
        if KEPT.contains(&text.as_ref()) || KEPT_ENDINGS.iter().any(|ending| text.ends_with(ending)) {
            return Ok(());
        }
        other.get_or_insert(name);
    }
    match other {
        None => Ok(()),
        Some(name) => Err(DirectoryError::Others { path: path.to_owned(), mode, entry: path.join(name) }),
    }
}

/// What others put there could be a link to anywhere, or a key of theirs.
fn check_entries(path: &Path, mode: u32) -> Result<(), DirectoryError> {
    let failed = |error| DirectoryError::Io { path: path.to_owned(), error };
    for entry in path.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let owner = entry.metadata().map_err(failed)?.uid();
        if owner != user() && owner != 0 {
            return Err(DirectoryError::ForeignEntry { path: path.to_owned(), mode, entry: entry.path(), owner });
        }
    }
    Ok(())
}

/// The absolute path without `.` and final slashes: a link with a slash behind it would be followed.
fn plain(path: &Path) -> Result<PathBuf, DirectoryError> {
    let absolute = std::path::absolute(path).map_err(|error| DirectoryError::Io { path: path.to_owned(), error })?;
    let plain: PathBuf = absolute.components().filter(|part| *part != Component::CurDir).collect();
    // What `..` at the end leads to has another name.
    if plain.components().next_back() == Some(Component::ParentDir) {
        return plain.canonicalize().map_err(|error| DirectoryError::Io { path: plain, error });
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_missing_directory_is_made_with_its_parents_for_this_user_alone() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("a/b");
        assert!(own_directory(&path).unwrap().is_none());
        assert_eq!((mode(&path), mode(&base.path().join("a"))), (0o700, 0o700));
    }

    #[test]
    fn an_own_directory_that_others_may_enter_is_closed_once() {
        let base = tempfile::tempdir().unwrap();
        for open in [0o755, 0o750, 0o701, 0o777, 0o1777] {
            set(base.path(), open);
            let closed = own_directory(base.path()).unwrap().expect("it was open");
            assert_eq!((closed.mode, mode(base.path())), (open, 0o700));
            assert!(own_directory(base.path()).unwrap().is_none());
        }
    }

    #[test]
    fn a_link_or_file_in_its_place_is_refused_however_it_is_spelled() {
        let base = tempfile::tempdir().unwrap();
        let (real, link, file) = (base.path().join("real"), base.path().join("link"), base.path().join("file"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        symlink(base.path().join("nothing"), base.path().join("dangling")).unwrap();
        fs::write(&file, "").unwrap();
        for spelled in ["link", "link/", "link/.", "link//", "dangling"] {
            let refused = own_directory(&base.path().join(spelled));
            assert!(matches!(refused, Err(DirectoryError::Link { .. })), "{spelled}: {refused:?}");
        }
        for path in [file.clone(), file.join("below")] {
            assert!(matches!(own_directory(&path), Err(DirectoryError::NotADirectory { .. })));
        }
        assert!(own_directory(&link.join("below")).is_ok(), "a link of this user's on the way is no danger");
    }

    #[test]
    fn a_parent_that_others_may_write_is_refused_unless_it_is_sticky() {
        let base = tempfile::tempdir().unwrap();
        let parent = base.path().join("parent");
        let path = parent.join("middle/own");
        fs::create_dir_all(&path).unwrap();
        for (open, fits) in
            [(0o777, false), (0o757, false), (0o1777, true), (0o1775, true), (0o755, true), (0o711, true)]
        {
            set(&parent, open);
            for path in [&path, &parent.join("middle/new")] {
                let outcome = own_directory(path);
                assert_eq!(outcome.is_ok(), fits, "{open:o}: {outcome:?}");
                if let Err(error) = outcome {
                    assert!(matches!(error, DirectoryError::ParentWritable { mode, .. } if mode == open));
                }
            }
            let _ = fs::remove_dir(parent.join("middle/new"));
        }
        set(&parent, 0o777);
        let way_round = base.path().join("link");
        symlink(parent.join("middle"), &way_round).unwrap();
        assert!(own_directory(&way_round.join("own")).is_err(), "what a link leads through counts");
        assert!(own_directory(&base.path().join("other/../parent/middle/own")).is_err(), "so does what `..` leads to");
    }

    #[test]
    fn another_users_directory_or_parent_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let (theirs, below) = (base.path().join("theirs"), base.path().join("theirs/own"));
        fs::create_dir_all(&below).unwrap();
        if std::os::unix::fs::chown(&theirs, Some(65_534), None).is_err() {
            return; // Only the superuser can give a directory away.
        }
        assert!(matches!(own_directory(&theirs), Err(DirectoryError::Owner { owner: 65_534, .. })));
        assert!(matches!(own_directory(&below), Err(DirectoryError::ParentOwner { owner: 65_534, .. })));
    }

    #[test]
    fn what_others_put_into_an_open_directory_is_not_trusted() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("trust.json"), "").unwrap();
        symlink("/etc/passwd", base.path().join("lock")).unwrap();
        set(base.path(), 0o777);
        if std::os::unix::fs::lchown(base.path().join("lock"), Some(65_534), None).is_err() {
            return; // Only the superuser can give something away.
        }
        for _ in 0..2 {
            let refused = own_directory(base.path());
            assert!(matches!(refused, Err(DirectoryError::ForeignEntry { owner: 65_534, .. })), "{refused:?}");
        }
    }

    #[test]
    fn an_open_directory_in_which_something_else_is_kept_stays_as_it_is() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("bin")).unwrap();
        for open in [0o755, 0o750, 0o777] {
            set(base.path(), open);
            let refused = own_directory(base.path());
            assert!(matches!(refused, Err(DirectoryError::Others { mode, .. }) if mode == open), "{refused:?}");
            assert_eq!(mode(base.path()), open);
        }
        set(base.path(), 0o700);
        assert!(own_directory(base.path()).unwrap().is_none(), "closed by its user, who means it");
        for kept in ["poa.sqlite", "holder.age", "trust.json", "0123.engine"] {
            let file = base.path().join(kept);
            fs::write(&file, "").unwrap();
            set(base.path(), 0o755);
            assert!(own_directory(base.path()).unwrap().is_some(), "{kept}");
            fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn what_belongs_to_the_machine_is_not_closed() {
        let refused = own_directory(Path::new("/tmp"));
        assert!(
            matches!(refused, Err(DirectoryError::OfTheMachine { .. } | DirectoryError::Owner { .. })),
            "{refused:?}"
        );
    }
}
