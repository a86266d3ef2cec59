//! `crs/manifest.json`: what the key files are, by digest, and who took part in making them.

use poa_circuits::statement::{CIRCUIT, circuit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ceremony::Ceremony;

/// The manifest's format.
pub const FORMAT: &str = "poa-crs/1";

/// How the key was made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Setup {
    /// One party drew all randomness at once. It could forge; for development only.
    OnePartyDevelopment,
    /// A ceremony with a transcript, every contribution to which one party made. It could forge; for development only.
    OnePartyCeremony,
    /// A ceremony with a transcript; the manifest names who attested to each contribution.
    Ceremony,
}

impl Setup {
    /// What people are told of it.
    pub fn warning(self) -> &'static str {
        match self {
            Setup::OnePartyDevelopment => {
                "One party made this key for development. Whoever made it could forge proofs. Never use it in production."
            }
            Setup::OnePartyCeremony => {
                "One party made all contributions to this key, for development. It could forge proofs. Never use it in production."
            }
            Setup::Ceremony => {
                "Proofs cannot be forged if in each phase at least one contributor dropped its randomness. Who contributed is as attested, not proved."
            }
        }
    }

    /// Whether production use is refused.
    pub fn is_development(self) -> bool {
        match self {
            Setup::OnePartyDevelopment | Setup::OnePartyCeremony => true,
            Setup::Ceremony => false,
        }
    }
}

/// The manifest, member for member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The statement the key is for.
    pub circuit: String,
    /// Rows of the circuit.
    pub constraints: usize,
    /// SHA-256 of the circuit's iden3 `.r1cs` form, hex.
    pub r1cs_sha256: String,
    /// The reduction the H bases are for; always `circom`.
    pub reduction: String,
    /// SHA-256 of `proving_key.bin`, hex.
    pub proving_key_sha256: String,
    /// SHA-256 of `verifying_key.bin`, hex: the name by which proofs call for the key.
    pub verifying_key_sha256: String,
    /// How the key was made.
    pub setup: Setup,
    /// The same in words.
    pub warning: String,
    /// Where there was a ceremony: its transcript, and what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<Ceremony>,
}

impl Manifest {
    /// The manifest of these files for the circuit of this build.
    pub fn describe(proving_key: &[u8], verifying_key: &[u8], setup: Setup, ceremony: Option<Ceremony>) -> Self {
        let shape = circuit::shape();
        Self {
            format: FORMAT.to_owned(),
            circuit: CIRCUIT.to_owned(),
            constraints: shape.constraints().len(),
            r1cs_sha256: sha256(&shape.to_iden3()),
            reduction: "circom".to_owned(),
            proving_key_sha256: sha256(proving_key),
            verifying_key_sha256: sha256(verifying_key),
            warning: setup.warning().to_owned(),
            setup,
            ceremony,
        }
    }

    /// Reads the JSON form; unknown members are refused.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
