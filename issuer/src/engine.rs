//! The process's proving engine: compiled once a machine, kept in the user's cache directory.

use std::path::PathBuf;
use std::sync::LazyLock;

use poa_prover::{Engine, Settings, crs};

/// Names another cache directory.
pub const CACHE_DIR_VARIABLE: &str = "POA_CACHE_DIR";

/// The engine for the committed key. The first call reads the cache or, for seconds, compiles the key.
pub fn shared() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
        let loaded = Engine::load_or_compile(&cache_directory(), crs::PROVING_KEY, Settings::FULL);
        // Cannot fail: `poa crs verify` and a test load the very bytes embedded here.
        let (engine, origin) = loaded.expect("the embedded proving key is checked by tests");
        tracing::info!(?origin, "the proving engine is ready");
        engine
    });
    &ENGINE
}

/// `$POA_CACHE_DIR`, else `poa` in `$XDG_CACHE_HOME` or in `~/.cache`, else a directory for temporary files.
fn cache_directory() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable(CACHE_DIR_VARIABLE)
        .or_else(|| variable("XDG_CACHE_HOME").map(|caches| caches.join("poa")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/poa")))
        .unwrap_or_else(|| std::env::temp_dir().join("poa"))
}
