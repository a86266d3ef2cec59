//! Writing where a name leads, without putting a file in the place of something else.
//!
//! | the name is | it is written |
//! |---|---|
//! | nothing yet | as a new file of mode 0600, whole or not at all |
//! | a regular file | replaced in one step, with its mode; in place where it has another owner or another name |
//! | a symbolic link | where the link leads; the link stays |
//! | a pipe, a character device | through it |
//! | a directory, a socket, a block device | not at all |

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};

use crate::{WRITE_OF_OTHERS, parents, user};

/// Links followed, as many as Linux does.
const MAX_LINKS: usize = 40;

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// It is replaced by one with its mode.
    Replace,
    /// It is replaced by one of mode 0600: the program's own files.
    ReplacePrivate,
    /// It stays, and nothing is written. What cannot be replaced is written to all the same: nothing is lost by that.
    Keep,
}

/// A standard stream of this process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What a name leads to that can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writable {
    /// A file, which is there or will be.
    File,
    /// A pipe or a device.
    Stream,
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is a file, and it is to stay.
    #[error("it is there already, and is never overwritten")]
    Exists,
    /// A directory, a socket, a block device.
    #[error("it is {0}; expected a file, a pipe or a character device")]
    Kind(&'static str),
    /// A link of another user, who could lead the write anywhere.
    #[error("{0} is a symbolic link of another user; name what it leads to")]
    ForeignLink(PathBuf),
    /// Another user's file in a directory that everybody may write: it may have been put there to read what is written.
    #[error("it belongs to the user with id {0}, in a directory that others may write; name another file")]
    ForeignFile(u32),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The standard stream that a name means: `-`, or the very file that the stream is (`/dev/stdout`). That is to be written
/// through the stream, because a second opening of the same file starts at its beginning again.
pub fn standard_stream(path: &Path) -> Option<Stream> {
    if path == Path::new("-") {
        return Some(Stream::Output);
    }
    let metadata = path.metadata().ok()?;
    let is = |stream: &dyn AsFd| {
        rustix::fs::fstat(stream.as_fd()).is_ok_and(|stat| {
            // The types of these members differ between systems.
            #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
            let same = (stat.st_dev as u64, stat.st_ino as u64) == (metadata.dev(), metadata.ino());
            same
        })
    };
    if is(&io::stdout()) {
        Some(Stream::Output)
    } else if is(&io::stderr()) {
        Some(Stream::Error)
    } else {
        None
    }
}

/// Writes all bytes where the name leads.
///
/// # Errors
/// [`WriteError`]; a regular file is then as it was, unless it had to be written in place.
pub fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), WriteError> {
    let is_new = path.symlink_metadata().is_err();
    match Target::find(path)? {
        Target::New(_) | Target::Regular(..) if existing == Existing::Keep && !is_new => Err(WriteError::Exists),
        Target::New(path) => {
            let persisted = replace(&path, 0o600, existing, |file| file.write_all(bytes));
            persisted.map_err(|error| match error.kind() {
                // Another process was faster.
                ErrorKind::AlreadyExists => WriteError::Exists,
                _ => error.into(),
            })
        }
        Target::Regular(path, metadata) => {
            let private = existing == Existing::ReplacePrivate;
            overwrite(&path, &metadata, if private { 0o600 } else { metadata.mode() & 0o777 }, bytes)
        }
        Target::Stream(path) => {
            // Where it is a file after all, it is a descriptor of this process: what is in it stays.
            let mut stream = OpenOptions::new().append(true).open(path)?;
            stream.write_all(bytes)?;
            Ok(())
        }
    }
}

/// Tries whether something can be written where the name leads, and changes nothing. What is there stays until it is
/// written over; a pipe or device is not opened, because its reader would see an end.
///
/// # Errors
/// [`WriteError`], as [`write()`] would return it. That there is room is not known before.
pub fn try_write(path: &Path) -> Result<Writable, WriteError> {
    match Target::find(path)? {
        Target::New(path) => {
            tempfile::NamedTempFile::new_in(directory_of(&path))?;
            Ok(Writable::File)
        }
        Target::Regular(path, metadata) => {
            let owner = metadata.uid();
            if owner != user() && directory_of(&path).metadata()?.mode() & WRITE_OF_OTHERS != 0 {
                return Err(WriteError::ForeignFile(owner));
            }
            let replaceable = owner == user() && metadata.nlink() == 1;
            if !replaceable || tempfile::NamedTempFile::new_in(directory_of(&path)).is_err() {
                OpenOptions::new().write(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(&path)?;
            }
            Ok(Writable::File)
        }
        Target::Stream(path) => {
            rustix::fs::access(&path, Access::WRITE_OK).map_err(io::Error::from)?;
            Ok(Writable::Stream)
        }
    }
}

/// Puts a file in place of the one of this name, in one step and with mode 0600, once `fill` has written it. The temporary
/// file has a name that cannot be guessed, and is never one that was there.
///
/// # Errors
/// What the system or `fill` says; what was there is then as it was.
pub fn replace_with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    replace(path, 0o600, Existing::Replace, fill)
}

/// Where a name leads.
enum Target {
    New(PathBuf),
    Regular(PathBuf, Metadata),
    /// A pipe, a device, or a file that this process holds open (`/dev/fd/3`).
    Stream(PathBuf),
}

impl Target {
    fn find(path: &Path) -> Result<Self, WriteError> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            // A link on the way leads as far as a last one.
            if let Some(link) = parents::foreign_link(&path)? {
                return Err(WriteError::ForeignLink(link));
            }
            let metadata = match path.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::New(path)),
                Err(error) => return Err(error.into()),
            };
            if !metadata.is_symlink() {
                return Self::of(path, metadata);
            }
            let directory = directory_of(&path);
            if directory.canonicalize()?.starts_with("/proc") {
                // Not a name but a descriptor: only opening it leads to what it stands for.
                let metadata = path.metadata()?;
                return match Self::of(path.clone(), metadata)? {
                    Self::Regular(..) => Ok(Self::Stream(path)),
                    other => Ok(other),
                };
            }
            // In a directory that everybody may write, anybody can put a link to a file of somebody else's. The system's
            // own protection does not apply, as the link is read here.
            if metadata.uid() != user() && metadata.uid() != 0 {
                return Err(WriteError::ForeignLink(path));
            }
            path = directory.join(path.read_link()?);
        }
        Err(io::Error::other("too many symbolic links").into())
    }

    fn of(path: PathBuf, metadata: Metadata) -> Result<Self, WriteError> {
        let kind = metadata.file_type();
        if kind.is_file() {
            Ok(Self::Regular(path, metadata))
        } else if kind.is_fifo() || kind.is_char_device() {
            Ok(Self::Stream(path))
        } else if kind.is_dir() {
            Err(WriteError::Kind("a directory"))
        } else if kind.is_socket() {
            Err(WriteError::Kind("a socket"))
        } else {
            Err(WriteError::Kind("a block device"))
        }
    }
}

fn overwrite(path: &Path, metadata: &Metadata, mode: u32, bytes: &[u8]) -> Result<(), WriteError> {
    let owner = metadata.uid();
    if owner == user() && metadata.nlink() == 1 {
        match replace(path, mode, Existing::Replace, |file| file.write_all(bytes)) {
            // The directory is not this user's to change, or the file is mounted there on its own.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy
                ) => {}
            outcome => return Ok(outcome?),
        }
    } else if owner != user() && directory_of(path).metadata()?.mode() & WRITE_OF_OTHERS != 0 {
        return Err(WriteError::ForeignFile(owner));
    }
    // A replaced file would lose its owner, or its other names.
    let mut file =
        OpenOptions::new().write(true).truncate(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path)?;
    if owner == user() {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

fn replace(
    path: &Path,
    mode: u32,
    existing: Existing,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory_of(path);
    // Made with `O_EXCL` and mode 0600, under a random name; removed again on every error.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    fill(file.as_file_mut())?;
    if mode != 0o600 {
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
    }
    file.as_file().sync_all()?;
    match existing {
        Existing::Replace | Existing::ReplacePrivate => file.persist(path),
        Existing::Keep => file.persist_noclobber(path),
    }
    .map_err(|error| error.error)?;
    // The rename itself must survive a power cut too.
    fs::File::open(directory)?.sync_all()
}

/// The directory that a name is in; that of a bare name is the working directory.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    fn names(path: &Path) -> usize {
        fs::read_dir(path).unwrap().count()
    }

    #[test]
    fn a_new_file_is_private_and_a_file_that_is_there_keeps_its_mode() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        write(&path, b"one", Existing::Replace).unwrap();
        assert_eq!(mode(&path), 0o600);
        for bits in [0o644, 0o640, 0o600, 0o604] {
            set(&path, bits);
            write(&path, b"two", Existing::Replace).unwrap();
            assert_eq!((mode(&path), fs::read(&path).unwrap()), (bits, b"two".to_vec()));
        }
        write(&path, b"two", Existing::ReplacePrivate).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert!(matches!(write(&path, b"three", Existing::Keep), Err(WriteError::Exists)));
        assert_eq!((fs::read(&path).unwrap(), names(base.path())), (b"two".to_vec(), 1));
    }

    #[test]
    fn a_link_stays_a_link_and_its_target_is_written() {
        let base = tempfile::tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        fs::create_dir(path("below")).unwrap();
        fs::write(path("below/target"), "old").unwrap();
        symlink("below/target", path("first")).unwrap();
        symlink(path("first"), path("second")).unwrap();
        symlink("below/new", path("dangling")).unwrap();
        write(&path("second"), b"new", Existing::Replace).unwrap();
        write(&path("dangling"), b"made", Existing::Replace).unwrap();
        for link in ["first", "second", "dangling"] {
            assert!(path(link).symlink_metadata().unwrap().is_symlink(), "{link}");
        }
        assert_eq!(fs::read(path("below/target")).unwrap(), b"new");
        assert_eq!(fs::read(path("below/new")).unwrap(), b"made");
        symlink("nothing", path("to nothing")).unwrap();
        for link in ["second", "to nothing"] {
            assert!(matches!(write(&path(link), b"x", Existing::Keep), Err(WriteError::Exists)), "{link}");
        }
        assert!(!path("nothing").exists());
        symlink("round", path("round")).unwrap();
        assert!(write(&path("round"), b"x", Existing::Replace).is_err());
    }

    #[test]
    fn a_file_with_another_name_keeps_both() {
        let base = tempfile::tempdir().unwrap();
        let (one, other) = (base.path().join("one"), base.path().join("other"));
        fs::write(&one, "a long old text").unwrap();
        fs::hard_link(&one, &other).unwrap();
        write(&one, b"new", Existing::Replace).unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"new");
    }

    #[test]
    fn a_device_is_written_through_and_a_directory_or_socket_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let (link, socket) = (base.path().join("null"), base.path().join("socket"));
        symlink("/dev/null", &link).unwrap();
        for existing in [Existing::Replace, Existing::Keep] {
            write(&link, b"x", existing).unwrap();
        }
        assert!(link.metadata().unwrap().file_type().is_char_device());
        assert!(matches!(write(Path::new("/dev/full"), b"x", Existing::Replace), Err(WriteError::Io(_))));
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(matches!(write(&socket, b"x", Existing::Replace), Err(WriteError::Kind("a socket"))));
        assert!(matches!(write(base.path(), b"x", Existing::Replace), Err(WriteError::Kind("a directory"))));
        assert_eq!(names(base.path()), 2);
    }

    #[test]
    fn another_users_link_is_not_followed_nor_their_file_written_where_everybody_may_write() {
        let base = tempfile::tempdir().unwrap();
        let (link, file) = (base.path().join("link"), base.path().join("file"));
        fs::write(base.path().join("mine"), "mine").unwrap();
        symlink("mine", &link).unwrap();
        fs::write(&file, "theirs").unwrap();
        set(base.path(), 0o1777);
        if std::os::unix::fs::lchown(&link, Some(65_534), None).is_err() {
            return; // Only the superuser can give something away.
        }
        std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
        assert!(matches!(write(&link, b"x", Existing::Replace), Err(WriteError::ForeignLink(_))));
        assert!(matches!(write(&file, b"x", Existing::Replace), Err(WriteError::ForeignFile(65_534))));
        assert_eq!(fs::read(base.path().join("mine")).unwrap(), b"mine");
        set(base.path(), 0o755);
        write(&file, b"given", Existing::Replace).unwrap();
        assert_eq!((fs::read(&file).unwrap(), file.metadata().unwrap().uid()), (b"given".to_vec(), 65_534));
    }

    #[test]
    fn another_users_link_on_the_way_is_not_followed_either() {
        let base = tempfile::tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        fs::create_dir_all(path("mine/below")).unwrap();
        symlink("mine", path("own")).unwrap();
        symlink(path("mine"), path("theirs")).unwrap();
        symlink("theirs/below/file", path("through")).unwrap();
        write(&path("own/file"), b"x", Existing::Replace).unwrap();
        if std::os::unix::fs::lchown(path("theirs"), Some(65_534), None).is_err() {
            return; // Only the superuser can give something away.
        }
        for name in ["theirs/file", "theirs/new", "theirs/below/new", "own/../theirs/new", "through"] {
            let refused = write(&path(name), b"y", Existing::Replace);
            assert!(matches!(refused, Err(WriteError::ForeignLink(_))), "{name}: {refused:?}");
        }
        assert_eq!((fs::read(path("mine/file")).unwrap(), names(&path("mine/below"))), (b"x".to_vec(), 0));
    }

    #[test]
    fn trying_finds_what_cannot_be_written_and_changes_nothing() {
        let base = tempfile::tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        fs::write(path("old"), "old").unwrap();
        symlink("old", path("link")).unwrap();
        assert_eq!(try_write(&path("new")).unwrap(), Writable::File);
        for there in ["old", "link"] {
            assert_eq!(try_write(&path(there)).unwrap(), Writable::File, "{there}");
        }
        assert_eq!((fs::read(path("old")).unwrap(), names(base.path())), (b"old".to_vec(), 2));
        assert_eq!(try_write(Path::new("/dev/null")).unwrap(), Writable::Stream);
        for bad in [base.path().to_owned(), path("absent/file"), path("old/file")] {
            assert!(try_write(&bad).is_err(), "{}", bad.display());
        }
        assert!(!path("absent").exists() && names(base.path()) == 2);
    }

    #[test]
    fn a_temporary_file_goes_when_it_cannot_be_filled() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        fs::write(&path, "old").unwrap();
        assert!(replace_with(&path, |_| Err(io::Error::other("no"))).is_err());
        assert_eq!((names(base.path()), fs::read(&path).unwrap()), (1, b"old".to_vec()));
    }
}
