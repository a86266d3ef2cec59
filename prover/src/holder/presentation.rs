//! A presentation made at once: one derived credential for one challenge of one verifier.

use poa_verifier::zk_proof::Binding;
use rand_core::CryptoRng;
use serde_json::Value;

use super::showing::{Bound, Draft, Showing};
use super::{Material, PresentError};
use crate::engine::Engine;

/// Makes a `VerifiablePresentation` for a challenge, at least 128 random bits of the verifier's as text.
///
/// `valid_at` is the end of the hour that is running in ten minutes, or the verifier's time rounded up to a full hour,
/// so that it links nothing.
///
/// # Errors
/// [`PresentError`].
pub fn present(
    engine: &Engine,
    material: &Material,
    showing: &Showing<'_>,
    challenge: &str,
    rng: &mut impl CryptoRng,
) -> Result<Value, PresentError> {
    let Draft { public, document, .. } = Draft::new(material, showing, rng)?;
    let binding = Binding { challenge: challenge.to_owned(), domain: showing.audience.domain.clone() };
    let bound = Bound::new(&document, engine.verifying_key(), &binding, showing.occasion.now_unix_s)?;
    let public = public.with_context(bound.context);
    let proof = engine.prove(&public, &material.witness(), rng)?;
    Ok(bound.finish(document, &proof, &public, showing.occasion.head_jws))
}
