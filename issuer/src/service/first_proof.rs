//! The proof that the service makes about nobody before it counts as ready: that this key, this circuit and
//! this machine prove and verify together.

use poa_circuits::native::attributes::SLOTS;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::AgentId;
use poa_circuits::native::tree::{Path, zero};
use poa_circuits::statement::{Public, Witness};
use poa_prover::{ProveError, prove};
use rand_core::CryptoRng;

use super::ServiceError;
use crate::app::App;

/// A tree with this one leaf outlives every service.
const EXPIRES_AT: u64 = 1 << 39;

impl App {
    /// Makes a proof and verifies it, on a worker, and notes that it was done.
    pub async fn prove_once(&self) -> Result<(), ServiceError> {
        let (key, mut rng) = (self.proving_key(), self.rng());
        let proved = self
            .provers()
            .run(move || {
                let (public, witness) = sample(&mut rng);
                prove(key, &public, &witness, &mut rng).map(drop)
            })
            .await?;
        proved.map_err(|error: ProveError| ServiceError::Proving(error.into()))?;
        self.note_proof();
        Ok(())
    }
}

/// A true statement about a random holder whose leaf is alone in its tree.
fn sample(rng: &mut impl CryptoRng) -> (Public, Witness) {
    let witness = Witness {
        holder: HolderSecret::random(rng),
        pseudonym: PseudonymSecret::random(rng),
        agent: AgentId::new(1).expect("1 is not 0"),
        attributes: [F::from(0u64); SLOTS],
        expires_at: EXPIRES_AT,
        salt: field::random(rng),
        path: Path { index: 0, siblings: std::array::from_fn(zero) },
    };
    let (scope, schema) = (field::random(rng), field::random(rng));
    let public = Public {
        root: witness.path.root(&witness.leaf(schema).hash()),
        context: field::random(rng),
        scope,
        nullifier: witness.pseudonym.nullifier(&scope),
        schema,
        ..Public::default()
    };
    (public, witness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    #[test]
    fn the_sample_is_true() {
        let (public, witness) = sample(&mut UnwrapErr(SysRng));
        assert_eq!(public.check(&witness), Ok(()));
    }
}
