//! Makes a one-party development key.

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::{Field, UniformRand};
use ark_groth16::Groth16;
use poa_circuits::statement::circuit;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::manifest::{Manifest, Setup};
use crate::entropy::ArkRng;
use crate::key::{ProvingKey, ProvingKeyError};
use crate::qap::CircomReduction;

/// The files of `crs/`.
pub struct CrsFiles {
    /// `proving_key.bin`.
    pub proving_key: Vec<u8>,
    /// `verifying_key.bin`.
    pub verifying_key: Vec<u8>,
    /// `manifest.json`.
    pub manifest: Manifest,
}

/// Why no key was made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The setup failed.
    #[error("the setup failed: {0}")]
    Setup(String),
    /// The fresh key does not pass its own loader.
    #[error("the fresh key is refused by the loader: {0}")]
    Key(#[from] ProvingKeyError),
}

/// Makes a key from the caller's randomness, which must be the operating system's: it is dropped here.
///
/// Generators are the groups' own and gamma is 1, as in a snarkjs key.
pub fn generate_development(rng: &mut impl CryptoRng) -> Result<CrsFiles, GenerateError> {
    let mut rng = ArkRng(rng);
    // alpha, beta, delta; arkworks draws tau itself and keeps copies, so the process should end soon after.
    let toxic = Zeroizing::new([Fr::rand(&mut rng), Fr::rand(&mut rng), Fr::rand(&mut rng)]);
    let ark = Groth16::<Bn254, CircomReduction>::generate_parameters_with_qap(
        &circuit::shape(),
        toxic[0],
        toxic[1],
        Fr::ONE,
        toxic[2],
        G1Projective::generator(),
        G2Projective::generator(),
        &mut rng,
    )
    .map_err(|error| GenerateError::Setup(error.to_string()))?;
    let key = ProvingKey::new(ark)?;
    let proving_key = key.to_bytes();
    let verifying_key = key.verifying_key().to_bytes();
    let manifest = Manifest::describe(&proving_key, &verifying_key, Setup::OnePartyDevelopment, None);
    Ok(CrsFiles { proving_key, verifying_key, manifest })
}
