//! The compiled key on disk.
//!
//! # Form
//! `binding` (32 bytes) ‖ rows A ‖ rows B ‖ tables A, B, C ‖ SHA-256 of all before it. Numbers are little-endian;
//! coordinates and coefficients are four 64-bit limbs in Montgomery form, which this build uses as they are.
//! `binding` is SHA-256 over engine version, settings, circuit digest and the proving key's digest: a file for anything
//! else is refused before it is read.
//!
//! # Who may write it
//! The digest at the end finds damage, not malice: whoever may write the file may write its digest. A verifying key is
//! never read from here and every proof is verified before it leaves, so no proof that leaves tells anything, whatever
//! the tables hold (see [`super::blinding`]). But which proofs *fail* depends on the witness where a table was changed to
//! have it so, and whoever also sees failures learns a digit of `k` that they chose. Therefore:
//!
//! * a directory or file that is not this user's, or that others may write, is not used ([`poa_files`]);
//! * for the keys in [`pins`] the digest is compared with one that this build knows, so a changed table is found even where
//!   the file is this user's;
//! * for another key, a compiled form from the cache proves the sample statements before it is used. They find a table
//!   that is wrong for everybody, not one that is wrong for a chosen digit.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use poa_circuits::statement::assignment::WIRES;
use poa_files::{DirectoryError, FileError};
use poa_verifier::key::{KEY_BYTES, KeyError, VerifyingKey};
use sha2::{Digest, Sha256};

use super::compiled_key::CompiledKey;
use super::encoding::{HashingReader, HashingWriter};
use super::settings::Settings;
use crate::prove::ProveError;

mod pins;

/// Goes up whenever the form or the meaning of a table changes.
const ENGINE_VERSION: u32 = 2;
/// SHA-256 of the circuit's iden3 `.r1cs` form; a test compares it with the circuit of this build.
const R1CS_SHA256: &str = "234b29ef6e98128a2c6df9c41b4bcddec11c2a74e44ac331acbf705836e7f239";
/// Read and written at once.
const BUFFER: usize = 1 << 18;

/// Why a file is not the compiled form of this key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The file cannot be read or written.
    #[error("the compiled key cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// Made for another key, circuit, engine version or settings.
    #[error("compiled for another key, circuit, engine version or settings")]
    Other,
    /// Damaged: a wrong digest, a number out of range or a base off the curve.
    #[error("the compiled key is damaged")]
    Damaged,
    /// Whole, but not what this key compiles to: somebody wrote it on purpose.
    #[error("the compiled key was altered: it is not what this proving key compiles to")]
    Altered,
    /// It makes proofs that do not verify.
    #[error("the compiled key does not prove: {0}")]
    SelfTest(ProveError),
    /// The directory is not this user's alone.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The file is not this user's, or others may write it.
    #[error(transparent)]
    File(FileError),
    /// The proving key's first bytes are no usable verifying key.
    #[error("the proving key's verifying key: {0}")]
    VerifyingKey(#[from] KeyError),
}

/// What a compiled key is bound to.
#[derive(Clone, Copy)]
pub(super) struct Binding {
    digest: [u8; 32],
    settings: Settings,
}

impl Binding {
    pub fn new(proving_key: &[u8], settings: Settings) -> Self {
        let digest = Sha256::new()
            .chain_update(b"poa/engine\0")
            .chain_update(ENGINE_VERSION.to_le_bytes())
            .chain_update(settings.window_bits().to_le_bytes())
            .chain_update(settings.stride().to_le_bytes())
            .chain_update(R1CS_SHA256)
            .chain_update(Sha256::digest(proving_key))
            .finalize();
        Self { digest: digest.into(), settings }
    }

    /// The file's place, named after the binding.
    pub fn file(&self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.engine", hex::encode(&self.digest[..16])))
    }

    /// Reads the compiled form of the key with these bytes, the ones the binding was made from.
    pub fn load(&self, directory: &Path, proving_key: &[u8]) -> Result<CompiledKey, CacheError> {
        let verifying_key = proving_key.get(..KEY_BYTES).unwrap_or(proving_key);
        let verifying_key = VerifyingKey::from_bytes(verifying_key)?;
        // Looking makes no directory.
        directory.metadata()?;
        poa_files::own_directory(directory)?;
        let file = poa_files::open_own_file(&self.file(directory)).map_err(|error| match error {
            FileError::Io { error, .. } => CacheError::Io(error),
            error => CacheError::File(error),
        })?;
        let length = file.metadata()?.len();
        read(BufReader::with_capacity(BUFFER, file), length, verifying_key, self)
    }

    /// Whether this build knows what the compiled form has to be.
    pub fn is_pinned(&self) -> bool {
        pins::content(&self.digest).is_some()
    }

    /// Writes the compiled form beside its name and renames it there, so that no reader sees half of it.
    pub fn store(&self, directory: &Path, key: &CompiledKey) -> Result<(), CacheError> {
        poa_files::own_directory(directory)?;
        Ok(poa_files::replace_with(&self.file(directory), |file| write_file(file, key, self))?)
    }
}

fn write_file(file: &mut File, key: &CompiledKey, binding: &Binding) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(BUFFER, file);
    write(&mut file, key, binding)?;
    file.flush()
}

fn write(output: impl Write, key: &CompiledKey, binding: &Binding) -> io::Result<()> {
    let mut writer = HashingWriter::new(output);
    writer.bytes(&binding.digest)?;
    writer.rows(&key.a_rows)?;
    writer.rows(&key.b_rows)?;
    writer.table(&key.a)?;
    writer.table(&key.b)?;
    writer.table(&key.c)?;
    writer.finish()
}

fn read(
    input: impl Read,
    length: u64,
    verifying_key: VerifyingKey,
    binding: &Binding,
) -> Result<CompiledKey, CacheError> {
    let mut reader = HashingReader::new(input, length);
    if reader.bytes::<32>()? != binding.digest {
        return Err(CacheError::Other);
    }
    let settings = binding.settings;
    let rows = [reader.rows(WIRES)?, reader.rows(WIRES)?];
    let (a, b, c) = (reader.table(settings)?, reader.table(settings.for_b())?, reader.table(settings)?);
    let content = reader.finish()?;
    if pins::content(&binding.digest).is_some_and(|pinned| pinned != hex::encode(content)) {
        return Err(CacheError::Altered);
    }
    CompiledKey::from_parts(verifying_key, rows, a, b, c).ok_or(CacheError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::PROVING_KEY;
    use crate::engine::{Engine, Progress};
    use crate::key::ProvingKey;
    use getrandom::SysRng;
    use poa_circuits::statement::circuit;
    use rand_core::UnwrapErr;
    use std::sync::LazyLock;

    static SMALL: LazyLock<CompiledKey> =
        LazyLock::new(|| CompiledKey::new(ProvingKey::development(), Settings::SMALL, &Progress::default()));

    #[test]
    fn the_stated_circuit_is_this_builds() {
        assert_eq!(hex::encode(Sha256::digest(circuit::shape().to_iden3())), R1CS_SHA256);
    }

    #[test]
    fn a_binding_is_for_one_key_and_one_form() {
        let full = Binding::new(b"key", Settings::FULL).digest;
        assert_eq!(full, Binding::new(b"key", Settings::FULL).digest);
        assert_ne!(full, Binding::new(b"key", Settings::SMALL).digest);
        assert_ne!(full, Binding::new(b"yek", Settings::FULL).digest);
    }

    #[test]
    fn the_pins_are_what_the_committed_key_compiles_to() {
        let full = CompiledKey::new(ProvingKey::development(), Settings::FULL, &Progress::default());
        let pins = [(&full, Settings::FULL), (&*SMALL, Settings::SMALL)].map(|(key, settings)| {
            let binding = Binding::new(PROVING_KEY, settings);
            let mut file = Vec::new();
            write(&mut file, key, &binding).unwrap();
            (hex::encode(binding.digest), hex::encode(&file[file.len() - 32..]))
        });
        let stated = pins::PINS.map(|(binding, content)| (binding.to_owned(), content.to_owned()));
        assert_eq!(stated, pins, "after a change of key or form, write the right side into cache/pins.rs");
    }

    /// The file that somebody writes who may: one table entry negated, and a digest that fits.
    fn poisoned(binding: &Binding) -> Vec<u8> {
        let mut file = Vec::new();
        write(&mut file, &SMALL, binding).unwrap();
        let end = file.len() - 32;
        // The y of the last entry of the last table: a point of the curve becomes its negative, which is on it too.
        let y = end - 32;
        let limbs: Vec<u64> = file[y..end].chunks(8).map(|limb| u64::from_le_bytes(limb.try_into().unwrap())).collect();
        let negative = -ark_bn254::Fq::new_unchecked(ark_ff::BigInteger256::new(limbs.try_into().unwrap()));
        for (bytes, limb) in file[y..end].chunks_mut(8).zip(negative.0.0) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
        let digest = Sha256::digest(&file[..end]);
        file[end..].copy_from_slice(&digest);
        file
    }

    #[test]
    fn a_table_that_was_altered_with_its_digest_is_found_and_compiled_again() {
        let directory = tempfile::tempdir().unwrap();
        let binding = Binding::new(PROVING_KEY, Settings::SMALL);
        let path = binding.file(directory.path());
        std::fs::write(&path, poisoned(&binding)).unwrap();
        assert!(matches!(binding.load(directory.path(), PROVING_KEY), Err(CacheError::Altered)));
        let load = || {
            let rng = &mut UnwrapErr(SysRng);
            Engine::load_or_compile(directory.path(), PROVING_KEY, Settings::SMALL, rng).unwrap().1
        };
        let origin = load();
        assert!(matches!(origin, super::super::Origin::Compiled(CacheError::Altered)), "{origin:?}");
        assert!(matches!(load(), super::super::Origin::Cache), "the altered file was replaced");
    }
}
