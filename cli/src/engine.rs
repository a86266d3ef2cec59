//! The proving engine's settings on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use poa_issuer::Config;
use poa_prover::engine::Progress;
use poa_prover::{Engine, Settings};

use crate::exit::{OrFail, Outcome};
use crate::output::{may_style, note};
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

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);
/// From this share on the time that is left can be told.
const TELLING: f64 = 0.1;

/// Shows a bar with an estimate on a terminal, and elsewhere the estimate once, until the compiling has ended or nobody
/// compiles any more.
fn show(progress: &Weak<Progress>) {
    let bar = may_style(&std::io::stderr()).then(|| {
        let bar = ProgressBar::new(1_000);
        // The template is a constant and has been checked by the tests.
        bar.with_style(ProgressStyle::with_template(TEMPLATE).expect("a valid template"))
    });
    let (mut began, mut told) = (None, false);
    loop {
        std::thread::sleep(TICK);
        let Some(share) = progress.upgrade().map(|progress| progress.share()) else { break };
        let Some(share) = share else { continue };
        let began: Instant = *began.get_or_insert_with(Instant::now);
        if let Some(bar) = &bar {
            bar.set_position((1_000.0 * share) as u64);
        } else if !told && share >= TELLING {
            told = true;
            let left = began.elapsed().mul_f64((1.0 - share) / share);
            note(&format!("compiling the proving key: about {} s left", left.as_secs() + 1));
        }
        if share >= 1.0 {
            break;
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:30} {percent}% compiling the proving key, about {eta} left";

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

    /// Whether the key was compiled before on this machine.
    pub fn is_cached(&self) -> bool {
        poa_issuer::engine::is_cached(&self.cache_dir(), self.settings())
    }

    /// Tells a service which engine to load, and the terminal when that takes a while.
    pub fn configure(&self, config: &mut Config) {
        self.announce(&config.engine_progress);
        config.engine_cache_dir = self.cache_dir();
        config.engine = self.settings();
    }

    /// Reads the engine from the cache, or compiles the key and says so, because that takes a while.
    pub fn load(&self) -> Outcome<Arc<Engine>> {
        let progress = Arc::default();
        self.announce(&progress);
        poa_issuer::engine::load_watched(&self.cache_dir(), self.settings(), &mut system::rng(), &progress)
            .or_fail("the built-in proving key is damaged", "install this program again")
    }

    /// The same as environment variables, for another process of this program.
    pub fn variables(&self) -> [(&'static str, OsString); 2] {
        let size = self.engine.to_possible_value().map(|value| value.get_name().into()).unwrap_or_default();
        [(CACHE_VARIABLE, self.cache_dir().into()), (SIZE_VARIABLE, size)]
    }

    /// The same, with a cache that this process can write: `fallback` where the usual one is not. Processes that share it
    /// compile once.
    pub fn shared(&self, fallback: PathBuf) -> Self {
        let usual = self.cache_dir();
        let writable = poa_files::own_directory(&usual).is_ok() && tempfile::tempfile_in(&usual).is_ok();
        Self { cache_dir: Some(if writable { usual } else { fallback }), ..self.clone() }
    }

    /// Says that the key is about to be compiled, when it is, and how far that is.
    fn announce(&self, progress: &Arc<Progress>) {
        let directory = self.cache_dir();
        if !self.is_cached() {
            note(&format!("compiling the proving key, once for this machine, into {} …", directory.display()));
            let progress = Arc::downgrade(progress);
            std::thread::spawn(move || show(&progress));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn the_bar_ends_when_nobody_compiles_any_more() {
        let progress = Arc::default();
        let watched = Arc::downgrade(&progress);
        let bar = std::thread::spawn(move || show(&watched));
        drop(progress);
        bar.join().unwrap();
    }

    #[test]
    fn processes_share_a_cache_that_can_be_written() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("file"), "").unwrap();
        let args = |cache: PathBuf| EngineArgs { cache_dir: Some(cache), engine: Size::Full };
        let fallback = base.path().join("fallback");
        let usual = base.path().join("usual");
        assert_eq!(args(usual.clone()).shared(fallback.clone()).cache_dir(), usual);
        assert_eq!(args(base.path().join("file/below")).shared(fallback.clone()).cache_dir(), fallback);
    }
}
