//! The outside world in one place: the clock, randomness, and files.
//!
//! Everything below the commands takes time and randomness as arguments; this is where they come
//! from.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rand_core::{CryptoRng, Rng, UnwrapErr};
use zeroize::Zeroizing;

use crate::exit::{Failure, OrFail, Outcome};

/// The largest file a command reads, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

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

/// Reads a file of bounded size.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    let next = "check the path and its permissions";
    let what = || format!("{} cannot be read", path.display());
    let size = fs::metadata(path).or_fail(what(), next)?.len();
    if size > MAX_FILE_BYTES {
        return Err(Failure::error(format!("{} is larger than 16 MiB", path.display()), "give a smaller file"));
    }
    fs::read(path).or_fail(what(), next)
}

/// Reads a short secret text (a token, a passphrase): one line, its end dropped, zeroised later.
///
/// On Unix the file must not be readable by group or others.
pub fn read_secret(path: &Path) -> Outcome<Zeroizing<String>> {
    require_private(path)?;
    let bytes = Zeroizing::new(read(path)?);
    let text = std::str::from_utf8(&bytes)
        .or_fail(format!("{} is not text", path.display()), "give a file that holds one line of text")?;
    Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Refuses a secret file that others can read.
#[cfg(unix)]
pub fn require_private(path: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
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

/// Refuses a secret file that others can read; without Unix permissions there is nothing to ask.
#[cfg(not(unix))]
pub fn require_private(_path: &Path) -> Outcome<()> {
    Ok(())
}

/// Writes a whole file or nothing: temporary file in the same directory, flushed to the disk,
/// renamed into place. On Unix its mode is 0600.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Outcome<()> {
    replace(path, bytes, |file| file.persist(path).map_err(|error| error.error))
}

/// The same, but a file that is already there is left alone and the write refused.
pub fn write_new(path: &Path, bytes: &[u8]) -> Outcome<()> {
    replace(path, bytes, |file| file.persist_noclobber(path).map_err(|error| error.error))
}

fn replace(
    path: &Path,
    bytes: &[u8],
    persist: impl FnOnce(tempfile::NamedTempFile) -> std::io::Result<fs::File>,
) -> Outcome<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        persist(file)?;
        // The rename itself must survive a power cut too.
        #[cfg(unix)]
        fs::File::open(directory)?.sync_all()?;
        Ok(())
    };
    write().or_fail(
        format!("{} cannot be written", path.display()),
        "check that the directory exists, is writable and has room, and that nothing is in the way",
    )
}

/// Makes a directory for this user alone (0700 on Unix), with its parents.
pub fn make_private_dir(path: &Path) -> Outcome<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .or_fail(format!("{} cannot be made", path.display()), "choose another directory with --data-dir")
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
        #[cfg(unix)]
        if let Some(directory) = path.parent() {
            fs::File::open(directory)?.sync_all()?;
        }
        Ok(())
    };
    remove().or_fail(format!("{} cannot be removed", path.display()), "remove it yourself: it is a secret")
}
