//! The proving engine: Groth16 for circuit `poa/1`, several times faster than the stock prover and proven equal to it.
//!
//! * [`settings`](Settings): how much memory the tables may take;
//! * `compiled_key`: rows and tables, derived from the standard proving key; `cache`: the same on disk;
//! * `rows`, `quotient`, `transform`: from assignment to the quotient's scalars, and C folded into the bases;
//! * `msm`: multi-scalar multiplication over fixed bases;
//! * `blinding`: from the deterministic sums to a zero-knowledge proof;
//! * [`prepared`](Prepared): all of a proof but its context beforehand, the rest in about a millisecond.
//!
//! Every proof is verified before it leaves; one that is [`Prepared`] was, for every context, when it was prepared. Work
//! runs on the rayon pool that the caller is in: `pool.install(|| engine.prove(…))` sets the number of threads. Explanation with the soundness and zero-knowledge arguments:
//! `docs/engine.md`. The stock prover, behind the feature `oracle`, is the oracle of the tests.

mod blinding;
mod cache;
mod compiled_key;
mod encoding;
mod limbs;
mod msm;
mod prepared;
mod progress;
mod quotient;
mod rows;
mod settings;
#[cfg(test)]
mod tests;
mod transform;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use poa_circuits::statement::{Public, Witness, assignment};
use poa_verifier::groth16::Proof;
use poa_verifier::key::VerifyingKey;
use rand_core::CryptoRng;

use self::cache::Binding;
use self::compiled_key::CompiledKey;
use self::prepared::ContextTerms;
use crate::crs;
use crate::key::{ProvingKey, ProvingKeyError};
use crate::prove::ProveError;

pub use self::cache::CacheError;
pub use self::prepared::{Prepared, RestoreError};
pub use self::progress::Progress;
pub use self::settings::Settings;

/// A compiled proving key, ready to prove.
pub struct Engine {
    key: CompiledKey,
    /// Made when first wanted.
    context_terms: OnceLock<ContextTerms>,
}

/// Where an engine came from.
#[derive(Debug)]
pub enum Origin {
    /// Read from the cache.
    Cache,
    /// Compiled, for this reason, and stored in the cache.
    Compiled(CacheError),
    /// Compiled, but it could not be stored for the second reason: it will be compiled again next time.
    NotStored(CacheError, CacheError),
}

impl Engine {
    /// Compiles a key: several seconds of work, spread over the pool; keep the result with [`Self::load_or_compile`].
    pub fn compile(key: &ProvingKey, settings: Settings) -> Self {
        Self::new(CompiledKey::new(key, settings, &Progress::default()))
    }

    fn new(key: CompiledKey) -> Self {
        Self { key, context_terms: OnceLock::new() }
    }

    /// Reads the compiled form of the proving key with these bytes from a directory of caches. The cache takes the place
    /// of the checks in [`ProvingKey::from_bytes`], which these very bytes passed when they were compiled.
    ///
    /// # Errors
    /// [`CacheError`]; the file is then of no use and a compiled key is needed.
    pub fn load(directory: &Path, proving_key: &[u8], settings: Settings) -> Result<Self, CacheError> {
        Binding::new(proving_key, settings).load(directory, proving_key).map(Self::new)
    }

    /// Reads the cache or, when that fails for any reason, checks and compiles the key and writes the cache. The
    /// directory is made when it is missing. A compiled form that this build has no pin for must prove the sample
    /// statements, for which `rng` is.
    ///
    /// # Errors
    /// [`ProvingKeyError`] when the bytes are no proving key for this circuit.
    pub fn load_or_compile(
        directory: &Path,
        proving_key: &[u8],
        settings: Settings,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Origin), ProvingKeyError> {
        Self::load_or_compile_watched(directory, proving_key, settings, rng, &Progress::default())
    }

    /// The same, while somebody watches.
    ///
    /// # Errors
    /// [`ProvingKeyError`] when the bytes are no proving key for this circuit.
    pub fn load_or_compile_watched(
        directory: &Path,
        proving_key: &[u8],
        settings: Settings,
        rng: &mut impl CryptoRng,
        progress: &Progress,
    ) -> Result<(Self, Origin), ProvingKeyError> {
        let binding = Binding::new(proving_key, settings);
        let reason = match binding.load(directory, proving_key).map(Self::new) {
            Ok(engine) if binding.is_pinned() => return Ok((engine, Origin::Cache)),
            Ok(engine) => match crs::self_test(&engine, rng) {
                Ok(()) => return Ok((engine, Origin::Cache)),
                Err(error) => CacheError::SelfTest(error),
            },
            Err(reason) => reason,
        };
        let key = ProvingKey::from_bytes(proving_key)?;
        let engine = Self::new(CompiledKey::new(&key, settings, progress));
        let origin = match binding.store(directory, &engine.key) {
            Ok(()) => Origin::Compiled(reason),
            Err(not_stored) => Origin::NotStored(reason, not_stored),
        };
        Ok((engine, origin))
    }

    /// The cache's file for this key and these settings: each has its own name, so that they can share a directory.
    pub fn cache_file(directory: &Path, proving_key: &[u8], settings: Settings) -> PathBuf {
        Binding::new(proving_key, settings).file(directory)
    }

    /// The key that the proofs verify under.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.key.verifying_key
    }

    /// The form of the tables.
    pub fn settings(&self) -> Settings {
        self.key.a.settings()
    }

    fn context_terms(&self) -> &ContextTerms {
        // Not made inside the cell: a thread that waits for others there could be given a second call of this, and would
        // wait for itself. Two calls at once may each make them; they are the same.
        if let Some(terms) = self.context_terms.get() {
            return terms;
        }
        let terms = ContextTerms::new(&self.key);
        self.context_terms.get_or_init(|| terms)
    }

    /// Proves a statement with fresh blinding from `rng`, and verifies the proof before it leaves.
    ///
    /// `rng` must be the operating system's or seeded by it, and never be used twice in the same state: two proofs
    /// blinded alike can be told to be of one witness.
    ///
    /// # Errors
    /// [`ProveError`], and nothing is proved.
    pub fn prove(&self, public: &Public, witness: &Witness, rng: &mut impl CryptoRng) -> Result<Proof, ProveError> {
        public.check(witness)?;
        let assignment = assignment::derive(public, witness);
        let proof = self.key.sum(&assignment).blind(self.verifying_key().delta_g2(), rng)?;
        self.verifying_key().verify(&public.to_inputs(), &proof)?;
        Ok(proof)
    }
}
