//! Sealing the holder's file with the age format: under a passphrase (scrypt) or to a key file
//! (X25519). Both are readable by any age implementation, given the passphrase or the key.

use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, scrypt, x25519};
use zeroize::Zeroizing;

use crate::exit::{Failure, OrFail, Outcome};
use crate::{output, system};

/// scrypt's work factor: 2^18 rounds take about a second and 256 MB, here and for a guesser.
const WORK_FACTOR_LOG2: u8 = 18;
/// The greatest work factor accepted from a file, so that a planted one cannot exhaust memory.
const MAX_WORK_FACTOR_LOG2: u8 = 20;
/// The shortest passphrase accepted for sealing.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

/// What opens and seals a holder's file.
pub enum Seal {
    /// A passphrase, stretched by scrypt.
    Passphrase(SecretString),
    /// An age identity; the file is sealed to its public half.
    Key(Box<x25519::Identity>),
}

impl Seal {
    /// A passphrase for an existing file.
    pub fn passphrase(text: &str) -> Self {
        Self::Passphrase(SecretString::from(text.to_owned()))
    }

    /// A passphrase for a new file; a short one is refused.
    pub fn new_passphrase(text: &str) -> Outcome<Self> {
        if text.chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(Failure::refused(
                format!("the passphrase has fewer than {MIN_PASSPHRASE_CHARS} characters"),
                "choose a longer one, for example five random words",
            ));
        }
        Ok(Self::passphrase(text))
    }

    /// Reads an age identity (`AGE-SECRET-KEY-1…`) from a file that only its owner can read.
    pub fn read_key_file(path: &Path) -> Outcome<Self> {
        let text = system::read_secret(path)?;
        let key =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
        let identity = key.parse().or_fail(
            format!("{} holds no age key", path.display()),
            "give a file made by `poa holder init --key-file` or by age-keygen",
        )?;
        Ok(Self::Key(Box::new(identity)))
    }

    /// Reads a key file, or makes it when it is not there.
    pub fn key_file(path: impl AsRef<Path>) -> Outcome<Self> {
        let path = path.as_ref();
        if path.exists() { Self::read_key_file(path) } else { Self::make_key_file(path) }
    }

    /// Makes a new age identity in a new file of mode 0600.
    fn make_key_file(path: &Path) -> Outcome<Self> {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string();
        let text = Zeroizing::new(format!(
            "# key of a poa holder's directory; whoever has this file and holder.age is the holder\n\
             # public key: {}\n{}\n",
            identity.to_public(),
            secret.expose_secret()
        ));
        system::write_new(path, text.as_bytes())?;
        // A path typed wrong would go unnoticed until the right file is looked for.
        output::note(&format!("made the key file {}; without it the directory cannot be opened", path.display()));
        Ok(Self::Key(Box::new(identity)))
    }

    /// Seals bytes.
    pub fn seal(&self, plaintext: &[u8]) -> Outcome<Vec<u8>> {
        match self {
            Self::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(WORK_FACTOR_LOG2);
                age::encrypt(&recipient, plaintext)
            }
            Self::Key(identity) => age::encrypt(&identity.to_public(), plaintext),
        }
        .or_fail("the holder's file cannot be sealed", "check that the machine has 256 MB of memory to spare")
    }

    /// Whether bytes are sealed at all: an age file says so in its first line.
    pub fn is_sealed(bytes: &[u8]) -> bool {
        bytes.starts_with(b"age-encryption.org/v1\n")
    }

    /// Opens sealed bytes. A wrong passphrase or key and an altered file are told apart from an
    /// unreadable one, not from each other.
    pub fn open(&self, sealed: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
        let opened = match self {
            Self::Passphrase(passphrase) => {
                let mut identity = scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(MAX_WORK_FACTOR_LOG2);
                age::decrypt(&identity, sealed)
            }
            Self::Key(identity) => age::decrypt(identity.as_ref(), sealed),
        };
        opened.map(Zeroizing::new).map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &DecryptError) -> Failure {
        let restore = "restore the file from an export (`poa holder import`)";
        match (self, error) {
            // A file sealed the other way has no stanza for this kind of secret.
            (Self::Passphrase(_), DecryptError::NoMatchingKeys) => Failure::error(
                "the holder's file is sealed to a key file, not under a passphrase",
                "give it with --key-file",
            ),
            (Self::Key(_), DecryptError::NoMatchingKeys) => Failure::error(
                "the key file does not open the holder's file",
                "give the key it was sealed to, or leave --key-file out to give a passphrase",
            ),
            (Self::Passphrase(_), DecryptError::KeyDecryptionFailed)
            | (Self::Passphrase(_), DecryptError::DecryptionFailed) => Failure::error(
                "the passphrase does not open the holder's file",
                format!("try again; if it is the right one, {restore}"),
            ),
            (_, DecryptError::ExcessiveWork { .. }) => {
                Failure::error("the holder's file asks for more work than this program ever sets", restore)
            }
            _ => Failure::error("the holder's file is damaged or was altered", restore),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Seal {
        Seal::Key(Box::new(x25519::Identity::generate()))
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_alone() {
        let (right, wrong) = (key(), key());
        let sealed = right.seal(b"secret").unwrap();
        assert_eq!(right.open(&sealed).unwrap().as_slice(), b"secret");
        let failure = wrong.open(&sealed).unwrap_err();
        assert!(failure.what.contains("does not open"), "{}", failure.what);
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let seal = key();
        let sealed = seal.seal(b"secret").unwrap();
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(seal.open(&altered).is_err(), "byte {position}");
        }
        assert!(seal.open(&sealed[..sealed.len() - 1]).is_err());
        assert!(seal.open(&[sealed.as_slice(), b"x"].concat()).is_err());
    }

    #[test]
    fn a_passphrase_is_asked_for_when_the_file_wants_a_key() {
        let sealed = key().seal(b"secret").unwrap();
        let failure = Seal::passphrase("a long passphrase").open(&sealed).unwrap_err();
        assert!(failure.next.contains("--key-file"), "{}", failure.next);
    }

    #[test]
    fn a_short_passphrase_seals_nothing() {
        assert!(Seal::new_passphrase("eleven char").is_err());
        assert!(Seal::new_passphrase("twelve chars").is_ok());
    }
}
