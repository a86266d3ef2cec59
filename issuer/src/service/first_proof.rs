//! The proof that the service makes about nobody before it counts as ready: that this key, this circuit and
//! this machine prove and verify together.

use poa_prover::{ProveError, crs};

use super::ServiceError;
use crate::app::App;
use crate::proving::Principal;

impl App {
    /// Makes the sample proofs and verifies them, on a worker, and notes that it was done.
    pub async fn prove_once(&self) -> Result<(), ServiceError> {
        let (engine, mut rng) = (self.engine(), self.rng());
        let proved = self.provers().run(Principal::Operator, move || crs::self_test(&engine, &mut rng)).await?;
        proved.map_err(|error: ProveError| ServiceError::Proving(error.into()))?;
        self.note_proof();
        Ok(())
    }
}
