//! Presentations that wait for their challenge, in the holder's directory.
//!
//! One file for each kind of request, `prepared-<32 hex>.age`, sealed like the holder's file: a prepared presentation
//! is a bearer secret. The name is a digest of the kind under the agent's request key, so that it tells nobody what is
//! shown to whom; the sealed part begins with the whole digest, so that a file under another's name is noticed.
//!
//! A file goes when it is used without a pseudonym, when it is too old, and when the leaf or the holder key changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use poa_prover::PresentError;
use poa_prover::holder::PreparedPresentation;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::prover::Prover;
use super::store::HolderDir;
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

const PREFIX: &str = "prepared-";
const SUFFIX: &str = ".age";
/// No prepared presentation is usable for longer than its root, which verifiers accept for two hours.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// What there is for a kind of request.
pub enum Found {
    /// Nothing.
    Nothing,
    /// One that can be used; it is removed with [`Slot::remove`].
    Usable(Box<PreparedPresentation>, Slot),
    /// One that could not be used any more, and why. It is removed already.
    Stale(PresentError),
}

/// Where one is kept.
pub struct Slot {
    path: PathBuf,
    digest: [u8; 32],
}

impl Slot {
    /// The place for a kind.
    pub fn new(dir: &HolderDir, kind: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::new_with_prefix(b"poa/holder/prepared\0")
            .chain_update(Zeroizing::new(dir.contents.signing_key.to_bytes()))
            .chain_update(kind)
            .finalize()
            .into();
        let name = format!("{PREFIX}{}{SUFFIX}", hex::encode(&digest[..16]));
        Self { path: dir.path().join(name), digest }
    }

    /// Seals one, in place of an older one of the same kind.
    pub fn write(&self, dir: &HolderDir, prepared: &PreparedPresentation) -> Outcome<()> {
        let bytes = prepared.to_bytes();
        let mut plaintext = Zeroizing::new(Vec::with_capacity(self.digest.len() + bytes.len()));
        plaintext.extend_from_slice(&self.digest);
        plaintext.extend_from_slice(&bytes);
        system::write_own(&self.path, &dir.seal().seal(&plaintext)?)
    }

    /// Opens what is there.
    pub fn find(self, dir: &HolderDir, prover: &Prover<'_>) -> Outcome<Found> {
        if !self.path.exists() {
            return Ok(Found::Nothing);
        }
        let plaintext = dir.seal().open(&system::read(&self.path)?).map_err(|_| {
            Failure::error(
                format!("{} does not open: it is damaged, or sealed under an earlier key", self.path.display()),
                "remove it and prepare a new one: poa prepare",
            )
        })?;
        let restored = match plaintext.strip_prefix(self.digest.as_slice()) {
            Some(bytes) => PreparedPresentation::restore(prover.key(), bytes, &mut system::rng()),
            None => Err(PresentError::Stored(poa_prover::engine::RestoreError::Malformed)),
        };
        let usable = restored.and_then(|prepared| {
            prepared.check_usable(system::now_unix_s())?;
            Ok(prepared)
        });
        match usable {
            Ok(prepared) => Ok(Found::Usable(Box::new(prepared), self)),
            Err(error) => {
                self.remove()?;
                Ok(Found::Stale(error))
            }
        }
    }

    /// Removes it.
    pub fn remove(&self) -> Outcome<()> {
        system::remove(&self.path)
    }
}

/// Removes everything prepared: the leaf or the key that it is about has changed.
pub fn remove_all(dir: &HolderDir) -> Outcome<()> {
    remove_if(dir, |_| true)
}

/// Removes files so old that nothing in them can be used. Files alone tell their age: opening each takes a second.
pub fn remove_old(dir: &HolderDir) -> Outcome<()> {
    let now = SystemTime::now();
    remove_if(dir, |written| now.duration_since(written).is_ok_and(|age| age > LONGEST))
}

fn remove_if(dir: &HolderDir, is_gone: impl Fn(SystemTime) -> bool) -> Outcome<()> {
    let next = "check the directory's permissions";
    let what = || format!("{} cannot be read", dir.path().display());
    for entry in std::fs::read_dir(dir.path()).or_fail(what(), next)? {
        let entry = entry.or_fail(what(), next)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(PREFIX) || !name.ends_with(SUFFIX) {
            continue;
        }
        let written = entry.metadata().and_then(|metadata| metadata.modified()).or_fail(what(), next)?;
        if is_gone(written) {
            system::remove(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::contents::{Contents, Custody};
    use crate::holder::seal::Seal;

    fn dir(directory: &tempfile::TempDir) -> HolderDir {
        let seal = Seal::Key(Box::new(age::x25519::Identity::generate()));
        HolderDir::create(directory.path(), seal, Contents::generate(Custody::Holder, &mut system::rng())).unwrap()
    }

    fn names(dir: &HolderDir) -> Vec<String> {
        let entries = std::fs::read_dir(dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(PREFIX)).collect()
    }

    #[test]
    fn a_name_tells_nothing_and_differs_by_kind_and_holder() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (first, second) = (dir(&here), dir(&there));
        let name = |dir: &HolderDir, kind: &[u8]| Slot::new(dir, kind).path.file_name().unwrap().to_owned();
        assert_eq!(name(&first, b"a"), name(&first, b"a"));
        assert_ne!(name(&first, b"a"), name(&first, b"b"));
        assert_ne!(name(&first, b"a"), name(&second, b"a"));
    }

    #[test]
    fn everything_prepared_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let dir = dir(&directory);
        for name in ["prepared-00.age", "prepared-01.age"] {
            system::write_new(&dir.path().join(name), b"sealed").unwrap();
        }
        remove_old(&dir).unwrap();
        assert_eq!(names(&dir).len(), 2, "they are new");
        let old = SystemTime::now() - LONGEST - Duration::from_secs(60);
        let file = std::fs::File::options().write(true).open(dir.path().join("prepared-00.age")).unwrap();
        file.set_modified(old).unwrap();
        remove_old(&dir).unwrap();
        assert_eq!(names(&dir), ["prepared-01.age"]);
        remove_all(&dir).unwrap();
        assert!(names(&dir).is_empty());
        assert!(HolderDir::exists(dir.path()));
    }
}
