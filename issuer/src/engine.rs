//! The proving engine of a process: compiled once on a machine, kept on disk, shared by everything in the process.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use poa_prover::engine::{CacheError, Origin, Progress};
use poa_prover::{Engine, ProvingKeyError, Settings, crs};
use rand_core::CryptoRng;

/// Reads the compiled form of the built-in proving key from a directory, or compiles it, which takes seconds, and
/// writes it there. The directory is made when it is missing, and closed to others when it is not. One that is not this
/// user's alone is not used.
///
/// # Errors
/// [`ProvingKeyError`] when the built-in key is damaged.
pub fn load(cache_dir: &Path, settings: Settings, rng: &mut impl CryptoRng) -> Result<Arc<Engine>, ProvingKeyError> {
    load_watched(cache_dir, settings, rng, &Progress::default())
}

/// The same, while somebody watches how far the compiling is.
///
/// # Errors
/// [`ProvingKeyError`] when the built-in key is damaged.
pub fn load_watched(
    cache_dir: &Path,
    settings: Settings,
    rng: &mut impl CryptoRng,
    progress: &Progress,
) -> Result<Arc<Engine>, ProvingKeyError> {
    let start = Instant::now();
    // Only for the warning: an error comes again below, and there it is the reason why the cache is not used.
    if let Ok(Some(closed)) = poa_files::own_directory(cache_dir) {
        tracing::warn!(%closed, "the cache of the compiled proving key was open to others");
    }
    let (engine, origin) = Engine::load_or_compile_watched(cache_dir, crs::PROVING_KEY, settings, rng, progress)?;
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match origin {
        Origin::Cache => tracing::info!(duration_ms, "the proving engine was read from its cache"),
        Origin::Compiled(CacheError::Io(reason)) if reason.kind() == std::io::ErrorKind::NotFound => {
            tracing::info!(duration_ms, "the proving engine was compiled for the first time and cached");
        }
        Origin::Compiled(reason) => {
            tracing::warn!(duration_ms, %reason, "the proving engine was compiled again and cached");
        }
        Origin::NotStored(reason, not_stored) => tracing::warn!(
            duration_ms, %reason, %not_stored,
            "the proving engine was compiled and is not cached: each start will take as long"
        ),
    }
    Ok(Arc::new(engine))
}

/// Whether the compiled form is there already, so that loading is quick.
pub fn is_cached(cache_dir: &Path, settings: Settings) -> bool {
    Engine::cache_file(cache_dir, crs::PROVING_KEY, settings).exists()
}
