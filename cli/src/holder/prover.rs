//! The proving engine on the holder's machine, under the trust the holder pinned.

use std::cell::OnceCell;
use std::sync::Arc;

use poa_prover::holder::{PreparedPresentation, Showing, prepare, present, prove_standing};
use poa_prover::{Disclosure, Engine, Material, Predicates, crs};
use poa_verifier::key::VerifyingKey;
use poa_verifier::schema::DisclosureSchema;
use poa_verifier::trust::Trust;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};
use crate::pinned::Pinned;
use crate::system;

const STALE: &str = "fetch opening and root again (poa holder sync); if it stays so, ask the operator";

/// A prover under a key that the pinned trust accepts. The engine is loaded when the first proof is made: what was
/// prepared is finished without it.
pub struct Prover<'a> {
    trust: &'a Trust,
    key: &'a VerifyingKey,
    settings: &'a EngineArgs,
    engine: OnceCell<Arc<Engine>>,
}

impl<'a> Prover<'a> {
    /// The built-in key; refused when the pinned trust does not list it, since nobody would accept the
    /// proofs.
    pub fn new(pinned: &'a Pinned, settings: &'a EngineArgs) -> Outcome<Self> {
        let trust = &pinned.trust;
        let named: [u8; 32] = Sha256::digest(crs::VERIFYING_KEY).into();
        let Some(known) = trust.verifying_key(&named) else {
            return Err(Failure::error(
                "the service's trust document does not list this program's proving key",
                "use the version of poa that fits the service, or pin its trust anew: poa trust add URL",
            ));
        };
        Ok(Self { trust, key: &known.key, settings, engine: OnceCell::new() })
    }

    /// What the proofs verify under.
    pub fn key(&self) -> &'a VerifyingKey {
        self.key
    }

    /// Loads the engine now, so that what is timed afterwards is the proof.
    pub fn engine(&self) -> Outcome<&Engine> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let engine = self.settings.load()?;
        Ok(self.engine.get_or_init(|| engine))
    }

    /// A disclosure schema of the pinned trust by `name/version`.
    pub fn schema(&self, name: &str) -> Outcome<&'a DisclosureSchema> {
        let url = format!("{}/schemas/{name}", self.trust.url());
        self.trust.disclosure_schema(&url).ok_or_else(|| {
            Failure::error(
                format!("the pinned trust document knows no schema {name}"),
                "see `poa schema list`; pin the trust anew when the schema is new: poa trust add URL",
            )
        })
    }

    /// What bounds (in the API's form) make of the attributes under a schema.
    pub fn disclosure(&self, schema: &DisclosureSchema, bounds: &Value, material: &Material) -> Outcome<Disclosure> {
        let next = "ask for something this agent's record satisfies and the schema allows";
        let predicates = Predicates::from_json(bounds, &material.schema).or_refuse("cannot be proved", next)?;
        Disclosure::new(schema, &predicates, &material.attributes).or_refuse("cannot be proved", next)
    }

    /// The proof of a standing credential.
    pub fn standing(
        &self,
        material: &Material,
        head_jws: &str,
        document: &Value,
        disclosure: &Disclosure,
    ) -> Outcome<Value> {
        let (now, mut rng) = (system::now_unix_s(), system::rng());
        prove_standing(self.engine()?, material, head_jws, document, disclosure, now, &mut rng)
            .or_refuse("nothing was proved", STALE)
    }

    /// A presentation.
    pub fn present(&self, material: &Material, showing: &Showing<'_>, challenge: &str) -> Outcome<Value> {
        present(self.engine()?, material, showing, challenge, &mut system::rng()).or_refuse("nothing was proved", STALE)
    }

    /// A presentation but for its challenge.
    pub fn prepare(&self, material: &Material, showing: &Showing<'_>) -> Outcome<PreparedPresentation> {
        prepare(self.engine()?, material, showing, &mut system::rng()).or_refuse("nothing was proved", STALE)
    }
}
