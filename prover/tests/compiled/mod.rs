//! The development key, compiled once and kept in the build directory for all tests and benches.

use std::path::PathBuf;
use std::sync::LazyLock;

use poa_prover::crs::PROVING_KEY;
use poa_prover::{Engine, Settings};

/// With full tables.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(|| load(Settings::FULL));

/// From the cache where it is there.
pub fn load(settings: Settings) -> Engine {
    Engine::load_or_compile(&cache(), PROVING_KEY, settings, &mut rand_core::UnwrapErr(getrandom::SysRng))
        .expect("the key is this circuit's")
        .0
}

/// The directory of compiled keys.
pub fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines")
}
