//! The holder's directory on disk: one sealed file, replaced whole, one command at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::contents::Contents;
use super::seal::Seal;
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// The sealed file's name inside the directory.
pub const SEALED_FILE: &str = "holder.age";
const LOCK_FILE: &str = "holder.lock";

/// An opened holder's directory. Other commands on it are refused until this one is dropped.
pub struct HolderDir {
    path: PathBuf,
    seal: Seal,
    /// Everything in the sealed file; changes count once [`HolderDir::save`] returned.
    pub contents: Contents,
    // Held, never read: closing the file releases the lock.
    _lock: File,
}

impl HolderDir {
    /// Whether a directory holds a sealed file.
    pub fn exists(directory: &Path) -> bool {
        directory.join(SEALED_FILE).exists()
    }

    /// Makes a new directory's sealed file; one that is already there is never replaced.
    pub fn create(directory: &Path, seal: Seal, contents: Contents) -> Outcome<Self> {
        refuse_existing(directory)?;
        if poa_issuer::app::has_database(directory) {
            let what = format!("{} is a service's directory", directory.display());
            return Err(Failure::error(what, "name a directory of the holder's own with --data-dir"));
        }
        system::own_dir(directory)?;
        let lock = lock(directory)?;
        let sealed = seal.seal(&contents.encode()?)?;
        system::write_new(&directory.join(SEALED_FILE), &sealed)?;
        Ok(Self { path: directory.to_owned(), seal, contents, _lock: lock })
    }

    /// Opens an existing directory.
    pub fn open(directory: &Path, seal: Seal) -> Outcome<Self> {
        if !Self::exists(directory) {
            return Err(missing(directory));
        }
        system::own_dir(directory)?;
        let lock = lock(directory)?;
        let contents = read(&directory.join(SEALED_FILE), &seal)?;
        Ok(Self { path: directory.to_owned(), seal, contents, _lock: lock })
    }

    /// Seals the contents anew and puts them in place of the old file, in one step.
    pub fn save(&self) -> Outcome<()> {
        let sealed = self.seal.seal(&self.contents.encode()?)?;
        system::write_own(&self.path.join(SEALED_FILE), &sealed)
    }

    /// Writes a sealed copy to a new file, for another machine or a safe place. It opens with what
    /// opens this directory, or with `other`.
    pub fn export(&self, to: &Path, other: Option<&Seal>) -> Outcome<()> {
        let seal = other.unwrap_or(&self.seal);
        system::write_new(to, &seal.seal(&self.contents.encode()?)?)
    }

    /// Makes a directory from an exported file, sealed here with the same secret.
    pub fn import(directory: &Path, from: &Path, seal: Seal) -> Outcome<Self> {
        refuse_existing(directory)?;
        let sealed = system::read(from)?;
        if !Seal::is_sealed(&sealed) {
            return Err(Failure::error(
                format!("{} is not a sealed copy of a holder's directory", from.display()),
                "give the file that `poa holder export` wrote",
            ));
        }
        let contents = Contents::decode(&seal.open(&sealed)?)?;
        Self::create(directory, seal, contents)
    }

    /// What opens and seals the files of this directory.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What to say when a directory has no sealed file.
pub fn missing(directory: &Path) -> Failure {
    Failure::error(
        format!("{} holds no {SEALED_FILE}", directory.display()),
        "make one with `poa holder init`, or name another directory with --data-dir",
    )
}

fn refuse_existing(directory: &Path) -> Outcome<()> {
    if HolderDir::exists(directory) {
        return Err(Failure::refused(
            format!("{} already holds a {SEALED_FILE}", directory.display()),
            "name another directory with --data-dir; a holder's file is never overwritten",
        ));
    }
    Ok(())
}

fn read(path: &Path, seal: &Seal) -> Outcome<Contents> {
    Contents::decode(&seal.open(&system::read(path)?)?)
}

/// Two commands that each read, change and write the file would lose one change.
fn lock(directory: &Path) -> Outcome<File> {
    let path = directory.join(LOCK_FILE);
    let next = "check the directory's permissions";
    let what = || format!("{} cannot be locked", directory.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).or_fail(what(), next)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::error(
            format!("another command is using {}", directory.display()),
            "wait until it has ended, then try again",
        )),
        Err(std::fs::TryLockError::Error(error)) => Err(error).or_fail(what(), next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::contents::Custody;
    use age::x25519::Identity;

    fn fresh() -> Contents {
        Contents::generate(Custody::Holder, &mut system::rng())
    }

    fn seal(identity: &Identity) -> Seal {
        Seal::Key(Box::new(identity.clone()))
    }

    #[test]
    fn a_saved_change_is_there_after_opening_and_no_temporary_file_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity::generate();
        let mut dir = HolderDir::create(directory.path(), seal(&identity), fresh()).unwrap();
        dir.contents.trust = vec![serde_json::json!({ "a": 1 }), serde_json::json!({ "b": 2 })];
        dir.save().unwrap();
        drop(dir);
        let dir = HolderDir::open(directory.path(), seal(&identity)).unwrap();
        assert_eq!(dir.contents.trust, [serde_json::json!({ "a": 1 }), serde_json::json!({ "b": 2 })]);
        let mut names: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [SEALED_FILE, LOCK_FILE]);
    }

    #[test]
    fn an_existing_file_is_never_overwritten_and_two_commands_never_share_it() {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity::generate();
        let held = HolderDir::create(directory.path(), seal(&identity), fresh()).unwrap();
        let again = HolderDir::create(directory.path(), seal(&identity), fresh());
        assert!(again.err().unwrap().what.contains("already holds"));
        let second = HolderDir::open(directory.path(), seal(&identity));
        assert!(second.err().unwrap().what.contains("another command"));
        drop(held);
        assert!(HolderDir::open(directory.path(), seal(&identity)).is_ok());
    }

    #[test]
    fn an_export_becomes_the_same_holder_elsewhere() {
        let here = tempfile::tempdir().unwrap();
        let there = tempfile::tempdir().unwrap();
        let (identity, other) = (Identity::generate(), Identity::generate());
        let dir = HolderDir::create(here.path(), seal(&identity), fresh()).unwrap();
        let file = there.path().join("export.age");
        dir.export(&file, Some(&seal(&other))).unwrap();
        let target = there.path().join("holder");
        let moved = HolderDir::import(&target, &file, seal(&other)).unwrap();
        assert_eq!(*moved.contents.encode().unwrap(), *dir.contents.encode().unwrap());
    }
}
