//! The engine on its own, for programs that take turns with others.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poa_circuits::statement::{Public, Witness};
use poa_prover::Engine;

use crate::os_rng;
use crate::sample::Sample;

/// Proves the sample's statement whenever it is told.
pub struct Prover {
    engine: Arc<Engine>,
    public: Public,
    witness: Witness,
}

impl Prover {
    /// With a sample of its own.
    pub fn new(engine: Arc<Engine>) -> Self {
        let (public, witness) = Sample::new().statement();
        Self { engine, public, witness }
    }

    /// From opening to verified bytes, once; the time it took.
    ///
    /// # Panics
    /// When the engine cannot prove a true statement.
    pub fn prove(&self) -> Duration {
        let start = Instant::now();
        let proof = self.engine.prove(&self.public, &self.witness, &mut os_rng()).expect("the statement holds");
        black_box(proof.to_bytes());
        start.elapsed()
    }
}
