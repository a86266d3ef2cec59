//! The compiled key on disk.
//!
//! # Form
//! `binding` (32 bytes) ‖ rows A ‖ rows B ‖ tables A, B, C ‖ SHA-256 of all before it. Numbers are little-endian;
//! coordinates and coefficients are four 64-bit limbs in Montgomery form, which this build uses as they are.
//! `binding` is SHA-256 over engine version, settings, circuit digest and the proving key's digest: a file for anything
//! else is refused before it is read.
//!
//! # Not protected
//! The digest finds damage, not malice: whoever may write the file may write its digest. Such a writer can make
//! proofs fail, but no proof that leaves tells anything, because each is verified before, under a verifying key that is
//! never read from here (see [`super::blinding`] for why a verified proof is zero-knowledge whatever the tables hold).
//! Which proofs fail can depend on the witness, so whoever also sees failures can learn digits of it: keep the directory
//! writable by the proving user alone.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use poa_circuits::statement::assignment::WIRES;
use poa_verifier::key::{KEY_BYTES, KeyError, VerifyingKey};
use sha2::{Digest, Sha256};

use super::compiled_key::CompiledKey;
use super::encoding::{HashingReader, HashingWriter};
use super::settings::Settings;

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
        let file = File::open(self.file(directory))?;
        let length = file.metadata()?.len();
        read(BufReader::with_capacity(BUFFER, file), length, verifying_key, self)
    }

    /// Writes the compiled form beside its name and renames it there, so that no reader sees half of it.
    pub fn store(&self, directory: &Path, key: &CompiledKey) -> Result<(), CacheError> {
        static WRITERS: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(directory)?;
        let path = self.file(directory);
        let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{writer}.tmp", std::process::id()));
        let written = write_file(&temporary, key, self).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // Best effort: the first error is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        Ok(written?)
    }
}

fn write_file(path: &Path, key: &CompiledKey, binding: &Binding) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(BUFFER, File::create(path)?);
    write(&mut file, key, binding)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
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
    reader.finish()?;
    CompiledKey::from_parts(verifying_key, rows, a, b, c).ok_or(CacheError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poa_circuits::statement::circuit;

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
}
