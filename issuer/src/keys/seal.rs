//! Sealing of secrets at rest: XChaCha20-Poly1305 under one master key.
//!
//! # Sealed form
//! `version (1 byte, 0x01) ‖ nonce (24 bytes) ‖ ciphertext ‖ tag (16 bytes)`. The associated data is
//! `table/row/column` of the place the bytes are stored in, so a sealed value copied to another row or
//! column does not open. The nonce is random; 192 bits make a repetition out of the question.
//!
//! # Where the master key comes from
//! A file that the operator names, or the environment variable [`MASTER_KEY_VARIABLE`] (64 hex digits), or the file
//! `master.key` in the data directory. A file is made on first start, and only then, from the randomness that is
//! passed in, and is readable by its owner only. Losing the key loses every sealed secret, and nothing else.

use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::private_file::{self, PrivateFileError};

mod tag;

pub use tag::MacKey;

/// The environment variable that may hold the master key as 64 hex digits.
pub const MASTER_KEY_VARIABLE: &str = "POA_MASTER_KEY";

/// The master key's file in the data directory.
pub const MASTER_KEY_FILE: &str = "master.key";
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The 32-byte key that seals every other secret of the service. It has no `Debug` and no `Serialize`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Where a sealed value is stored. Its three parts are the associated data of the seal.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table name; never contains `/`.
    pub table: &'a str,
    /// The row's primary key as text.
    pub row: &'a str,
    /// Column name; never contains `/`.
    pub column: &'a str,
}

/// Why a sealed value did not open. It deliberately does not say which byte differed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Shorter than an empty sealed value, or of another version.
    #[error("not a sealed value of version {VERSION}")]
    Form,
    /// The tag does not hold: another master key, another place, or altered bytes.
    #[error("sealed value does not open under this master key at this place")]
    Open,
}

/// Why the master key could not be obtained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// The file or variable does not hold 64 hex digits.
    #[error("the master key in {0} is not 64 hex digits")]
    Form(&'static str),
    /// The operator named a file, and the environment holds a key too.
    #[error("the master key is given twice; unset {MASTER_KEY_VARIABLE} or name no file")]
    Twice,
    /// The database holds secrets sealed under a key that is not where it is looked for.
    #[error(
        "{0} does not exist, but the database holds secrets sealed under the master key; put the file back, name it \
         with --master-key-file, or give the key in {MASTER_KEY_VARIABLE}"
    )]
    Missing(PathBuf),
    /// The key file could not be made or read safely.
    #[error(transparent)]
    File(#[from] PrivateFileError),
}

impl MasterKey {
    /// Takes the key from 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Decodes `from_environment` when it is given, else reads `file`, or `master.key` in `data_dir` when none is
    /// named. Only for a `new` service a file that is missing is made from `rng`.
    pub fn load(
        data_dir: &Path,
        file: Option<&Path>,
        from_environment: Option<Zeroizing<String>>,
        new: bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, MasterKeyError> {
        if let Some(text) = from_environment {
            if file.is_some() {
                return Err(MasterKeyError::Twice);
            }
            return Self::from_hex(&text).ok_or(MasterKeyError::Form(MASTER_KEY_VARIABLE));
        }
        let path = file.map_or_else(|| data_dir.join(MASTER_KEY_FILE), Path::to_owned);
        if !new && !path.exists() {
            return Err(MasterKeyError::Missing(path));
        }
        let (text, _) = private_file::read_or_create(&path, || {
            let mut bytes = Zeroizing::new([0u8; 32]);
            rng.fill_bytes(bytes.as_mut());
            Zeroizing::new(hex::encode(bytes.as_ref()))
        })?;
        Self::from_hex(&text).ok_or(MasterKeyError::Form("its file"))
    }

    fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text.trim_end(), &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Seals `plaintext` for `place`.
    pub fn seal(&self, place: &Place<'_>, plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let payload = Payload { msg: plaintext, aad: &place.associated_data() };
        let ciphertext = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .expect("encryption fails only beyond 256 GiB, and our secrets are a few hundred bytes");
        [&[VERSION], nonce.as_slice(), &ciphertext].concat()
    }

    /// Opens what [`MasterKey::seal`] made for the same `place`.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (&version, rest) = sealed.split_first().ok_or(SealError::Form)?;
        if version != VERSION || rest.len() < NONCE_BYTES + TAG_BYTES {
            return Err(SealError::Form);
        }
        let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::Form)?;
        let payload = Payload { msg: ciphertext, aad: &place.associated_data() };
        self.cipher().decrypt(&nonce, payload).map(Zeroizing::new).map_err(|_| SealError::Open)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        format!("{}/{}/{}", self.table, self.row, self.column).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    const HERE: Place<'_> = Place { table: "agents", row: "1", column: "secret" };

    fn key() -> MasterKey {
        MasterKey::from_bytes([7; 32])
    }

    #[test]
    fn what_was_sealed_opens_at_its_place() {
        let sealed = key().seal(&HERE, b"secret", &mut UnwrapErr(SysRng));
        assert_eq!(key().open(&HERE, &sealed).unwrap().as_slice(), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn two_seals_of_one_secret_differ() {
        let seal = || key().seal(&HERE, b"secret", &mut UnwrapErr(SysRng));
        assert_ne!(seal(), seal());
    }

    #[test]
    fn another_place_key_or_byte_does_not_open() {
        let sealed = key().seal(&HERE, b"secret", &mut UnwrapErr(SysRng));
        for place in
            [Place { table: "keys", ..HERE }, Place { row: "2", ..HERE }, Place { column: "pseudonym", ..HERE }]
        {
            assert_eq!(key().open(&place, &sealed), Err(SealError::Open));
        }
        assert_eq!(MasterKey::from_bytes([8; 32]).open(&HERE, &sealed), Err(SealError::Open));
        for index in 1..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(key().open(&HERE, &altered), Err(SealError::Open));
        }
    }

    #[test]
    fn short_and_foreign_forms_are_refused() {
        let sealed = key().seal(&HERE, b"", &mut UnwrapErr(SysRng));
        for length in 0..sealed.len() {
            assert_eq!(key().open(&HERE, &sealed[..length]), Err(SealError::Form));
        }
        let mut version_2 = sealed;
        version_2[0] = 2;
        assert_eq!(key().open(&HERE, &version_2), Err(SealError::Form));
    }

    #[test]
    fn a_key_file_is_made_once_for_a_new_service_only() {
        let directory = tempfile::tempdir().unwrap();
        let load = |file: Option<&Path>, text: Option<&str>, new| {
            let text = text.map(|text| Zeroizing::new(text.to_owned()));
            MasterKey::load(directory.path(), file, text, new, &mut UnwrapErr(SysRng))
        };
        assert!(matches!(load(None, None, false), Err(MasterKeyError::Missing(path)) if path.ends_with("master.key")));
        let first = load(None, None, true).unwrap();
        assert!(load(None, None, false).unwrap().0 == first.0);
        let named = directory.path().join("elsewhere");
        assert!(matches!(load(Some(&named), None, false), Err(MasterKeyError::Missing(path)) if path == named));
        let other = load(Some(&named), None, true).unwrap();
        assert!(other.0 != first.0 && load(Some(&named), None, false).unwrap().0 == other.0);
    }

    #[test]
    fn the_environment_may_hold_the_key_instead_of_a_named_file() {
        let directory = tempfile::tempdir().unwrap();
        let load = |file: Option<&Path>, text: &str| {
            let text = Some(Zeroizing::new(text.to_owned()));
            MasterKey::load(directory.path(), file, text, true, &mut UnwrapErr(SysRng))
        };
        assert!(load(None, &"ab".repeat(32)).unwrap().0 == [0xab; 32]);
        assert!(matches!(load(None, "ab"), Err(MasterKeyError::Form(MASTER_KEY_VARIABLE))));
        assert!(matches!(load(Some(directory.path()), &"ab".repeat(32)), Err(MasterKeyError::Twice)));
    }
}
