//! The outside world in one place: the clock, randomness, and files.
//!
//! Everything below the commands takes time and randomness as arguments; this is where they come
//! from.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use poa_files::{Existing, ReadError, Stream, Writable, WriteError};
use rand_core::{CryptoRng, Rng, UnwrapErr};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::exit::{Failure, OrFail, Outcome};
use crate::output;

/// The largest file a command reads, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// The largest proving key or phase-1 file.
const MAX_LARGE_BYTES: u64 = 2 << 30;
/// The largest secret: a token, a passphrase, a key file.
const MAX_SECRET_BYTES: u64 = 64 << 10;
/// The largest program whose digest is taken.
const MAX_PROGRAM_BYTES: u64 = 4 << 30;

/// From now on files and directories that this process makes are this user's alone, whatever made them.
pub fn make_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Seconds since 1970 by this machine's clock.
pub fn now_unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// The operating system's random source. A machine without one ends the program.
pub fn rng() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

/// 32 random bytes as 64 lower-case hex digits: a challenge, an idempotency key.
pub fn random_hex() -> String {
    let mut bytes = [0u8; 32];
    rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// Reads a file, pipe or device of bounded size; `-` is standard input.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    read_up_to(path, MAX_FILE_BYTES)
}

/// Reads a proving key or a phase-1 file, which are larger than the documents other commands read.
pub fn read_large(path: &Path) -> Outcome<Vec<u8>> {
    read_up_to(path, MAX_LARGE_BYTES)
}

fn read_up_to(path: &Path, limit: u64) -> Outcome<Vec<u8>> {
    let shown = path.display();
    let read = match path == Path::new("-") {
        true => poa_files::read_all(std::io::stdin().lock(), limit),
        false => poa_files::read(path, limit),
    };
    read.map_err(|error| match error {
        ReadError::TooLarge { limit } => {
            Failure::error(format!("{shown} is larger than {}", size(limit)), "give a smaller file")
        }
        error => Failure::error(format!("{shown} cannot be read: {error}"), "check the path and its permissions"),
    })
}

fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

/// SHA-256 of a program's file, which is never in memory as a whole.
pub fn sha256_of(path: &Path) -> Outcome<[u8; 32]> {
    let next = "check the path and its permissions";
    let what = || format!("{} cannot be read", path.display());
    let mut file = fs::File::open(path).or_fail(what(), next)?.take(MAX_PROGRAM_BYTES + 1);
    let (mut digest, mut buffer, mut total) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(count) => {
                digest.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).or_fail(what(), next),
        }
        if total > MAX_PROGRAM_BYTES {
            let what = format!("{} is larger than {}", path.display(), size(MAX_PROGRAM_BYTES));
            return Err(Failure::error(what, "give the program's own file"));
        }
    }
}

/// Reads a short secret text (a token, a passphrase): one line, its end dropped, zeroised later.
///
/// The file must not be readable by group or others.
pub fn read_secret(path: &Path) -> Outcome<Zeroizing<String>> {
    require_private(path)?;
    let bytes = Zeroizing::new(read_up_to(path, MAX_SECRET_BYTES)?);
    let text = std::str::from_utf8(&bytes)
        .or_fail(format!("{} is not text", path.display()), "give a file that holds one line of text")?;
    Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Refuses a secret file that others can read.
pub fn require_private(path: &Path) -> Outcome<()> {
    let mode = fs::metadata(path)
        .or_fail(format!("{} cannot be read", path.display()), "check the path and its permissions")?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(Failure::refused(
            format!("{} can be read by others", path.display()),
            format!("run `chmod 600 {}`", path.display()),
        ));
    }
    Ok(())
}

/// Writes what a command was asked for where `--out` says: a file as a whole or not at all, with the mode it had; a link,
/// pipe or device keeps its place. `-` is standard output.
pub fn write_out(path: &Path, bytes: &[u8]) -> Outcome<()> {
    write(path, bytes, Existing::Replace)
}

/// The same, but a file that is already there is left alone and the write refused.
pub fn write_new(path: &Path, bytes: &[u8]) -> Outcome<()> {
    write(path, bytes, Existing::Keep)
}

/// Replaces a file of this program's own as a whole or not at all; its mode is 0600.
pub fn write_own(path: &Path, bytes: &[u8]) -> Outcome<()> {
    write(path, bytes, Existing::ReplacePrivate)
}

/// Tries whether [`write_out`] will be able to write, before something is done that cannot be done twice. Whether it leads
/// to a file.
pub fn try_out(path: &Path) -> Outcome<bool> {
    if poa_files::standard_stream(path).is_some() {
        return Ok(false);
    }
    let tried = poa_files::try_write(path);
    Ok(tried.or_fail(format!("{} cannot be written, so nothing was done", path.display()), WRITE_NEXT)?
        == Writable::File)
}

fn write(path: &Path, bytes: &[u8], existing: Existing) -> Outcome<()> {
    let written = match poa_files::standard_stream(path) {
        Some(Stream::Output) => output::write_document(bytes).map_err(WriteError::from),
        Some(Stream::Error) => std::io::stderr().lock().write_all(bytes).map_err(WriteError::from),
        None => poa_files::write(path, bytes, existing),
    };
    written.or_fail(format!("{} cannot be written", path.display()), WRITE_NEXT)
}

/// What to do about an output that cannot be written.
const WRITE_NEXT: &str = "check that the directory exists, is writable and has room, and that nothing is in the way";

/// Makes a directory for what others may read later, with its parents. It is this user's alone until they are let in.
pub fn make_private_dir(path: &Path) -> Outcome<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.or_fail(format!("{} cannot be made", path.display()), "choose another directory")
}

/// Makes or takes a directory that secrets and pinned trust are kept in: this user's alone. One that is open to others is
/// closed, with a warning.
pub fn own_dir(path: &Path) -> Outcome<()> {
    let closed = poa_files::own_directory(path)
        .or_fail("the directory cannot be trusted", "mend that, or name another directory with --data-dir")?;
    if let Some(closed) = closed {
        output::note(&format!("warning: {closed}"));
    }
    Ok(())
}

/// Where this user's data lives when `--data-dir` is not given: `$XDG_DATA_HOME/poa` or
/// `~/.local/share/poa`, and `poa-data` here when there is no home.
pub fn default_base() -> PathBuf {
    match (absolute("XDG_DATA_HOME"), absolute("HOME")) {
        (Some(data), _) => data.join("poa"),
        (None, Some(home)) => home.join(".local/share/poa"),
        (None, None) => PathBuf::from("poa-data"),
    }
}

/// Where this user's caches live when `--cache-dir` is not given: `$XDG_CACHE_HOME/poa` or `~/.cache/poa`, and
/// `poa-cache` here when there is no home.
pub fn default_cache() -> PathBuf {
    match (absolute("XDG_CACHE_HOME"), absolute("HOME")) {
        (Some(cache), _) => cache.join("poa"),
        (None, Some(home)) => home.join(".cache/poa"),
        (None, None) => PathBuf::from("poa-cache"),
    }
}

/// A directory named by a variable; one that is not absolute does not count.
fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Removes a file; one that is not there counts as removed. It stays so after a power cut.
pub fn remove(path: &Path) -> Outcome<()> {
    let remove = || -> std::io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            outcome => outcome?,
        }
        // That of a bare name is the working directory.
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(directory)?.sync_all()
    };
    remove().or_fail(format!("{} cannot be removed", path.display()), "remove it yourself: it is a secret")
}
