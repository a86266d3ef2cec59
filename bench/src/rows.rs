//! The rows, one file a group.

pub mod append;
pub mod batch;
pub mod hash;
pub mod load;
pub mod memory;
pub mod present;
pub mod prove;
pub mod verify;
pub mod witness;

use std::sync::Arc;

use poa_circuits::statement::{Public, Witness};
use poa_prover::{Engine, ProvingKey};

use crate::sample::Sample;

/// What the rows measure: one statement, and both sides' keys.
pub struct Subjects {
    /// The key for the stock prover.
    pub stock: &'static ProvingKey,
    /// With full tables.
    pub full: Arc<Engine>,
    /// With small tables.
    pub small: Engine,
    /// An agent with its opening.
    pub sample: Sample,
    /// What it proves: a bounded count of tasks and reputation, the age disclosed.
    pub public: Public,
    /// How.
    pub witness: Witness,
}

impl Subjects {
    /// Around engines that are loaded.
    pub fn new(full: Engine, small: Engine) -> Self {
        let sample = Sample::new();
        let (public, witness) = sample.statement();
        Self { stock: ProvingKey::development(), full: Arc::new(full), small, sample, public, witness }
    }
}
