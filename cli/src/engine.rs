//! The proving engine's settings on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use poa_issuer::Config;
use poa_prover::{Engine, Settings};

use crate::exit::{OrFail, Outcome};
use crate::output::note;
use crate::system;

const CACHE_VARIABLE: &str = "POA_CACHE_DIR";
const SIZE_VARIABLE: &str = "POA_ENGINE";

/// Where the compiled proving key is kept, and how much memory its tables take.
#[derive(Args, Clone)]
pub struct EngineArgs {
    /// Directory of the compiled proving key; made once, in seconds, and read from then on
    /// [default: poa in the user's cache directory]
    #[arg(long, value_name = "DIR", env = CACHE_VARIABLE)]
    cache_dir: Option<PathBuf>,
    /// How much memory proving may take: `full` is the fastest, `small` stays below 64 MiB
    #[arg(long, value_enum, default_value = "full", env = SIZE_VARIABLE)]
    engine: Size,
}

/// How much memory the prover's tables take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Size {
    /// About 55 MB of tables.
    Full,
    /// About 16 MB of tables.
    Small,
}

impl EngineArgs {
    /// The directory of compiled keys.
    pub fn cache_dir(&self) -> PathBuf {
        self.cache_dir.clone().unwrap_or_else(system::default_cache)
    }

    fn settings(&self) -> Settings {
        match self.engine {
            Size::Full => Settings::FULL,
            Size::Small => Settings::SMALL,
        }
    }

    /// Tells a service which engine to load, and the terminal when that takes a while.
    pub fn configure(&self, config: &mut Config) {
        self.announce();
        config.engine_cache_dir = self.cache_dir();
        config.engine = self.settings();
    }

    /// Reads the engine from the cache, or compiles the key and says so, because that takes a while.
    pub fn load(&self) -> Outcome<Arc<Engine>> {
        self.announce();
        poa_issuer::engine::load(&self.cache_dir(), self.settings(), &mut system::rng())
            .or_fail("the built-in proving key is damaged", "install this program again")
    }

    /// The same as environment variables, for another process of this program.
    pub fn variables(&self) -> [(&'static str, OsString); 2] {
        let size = self.engine.to_possible_value().map(|value| value.get_name().into()).unwrap_or_default();
        [(CACHE_VARIABLE, self.cache_dir().into()), (SIZE_VARIABLE, size)]
    }

    /// Says that the key is about to be compiled, when it is.
    fn announce(&self) {
        let directory = self.cache_dir();
        if !poa_issuer::engine::is_cached(&directory, self.settings()) {
            note(&format!("compiling the proving key, once for this machine, into {} …", directory.display()));
        }
    }
}
