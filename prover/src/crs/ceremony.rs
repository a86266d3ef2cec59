//! The manifest's account of a ceremony: what the transcript says, the transcript itself, and who attested to what.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poa_verifier::text::is_visible;
use serde::{Deserialize, Serialize};

use super::Setup;
use crate::ceremony::{Contribution, Transcript, TranscriptError};

/// What the operator states of who took part. Nothing here can be checked from the key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attestations {
    /// Which phase 1 it was, and where its own transcript can be read.
    pub phase1: String,
    /// One for each contribution that is no beacon, in any order.
    pub contributions: Vec<Attestation>,
}

/// That somebody made a contribution.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The contribution's hash as snarkjs shows it, 128 hex digits in lower case.
    pub hash: String,
    /// Who says so.
    pub by: String,
    /// Where it can be read.
    pub at: String,
}

/// A contribution in the manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contributed {
    /// BLAKE2b-512, as snarkjs shows it, hex.
    pub hash: String,
    /// The name in the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The beacon's bytes, hex, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<String>,
    /// How often the beacon is hashed, as a power of two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon_iterations_exp: Option<u8>,
}

impl From<&Contribution> for Contributed {
    fn from(contribution: &Contribution) -> Self {
        let beacon = contribution.beacon.as_ref();
        Self {
            hash: hex::encode(contribution.hash),
            name: contribution.name.clone(),
            beacon: beacon.map(|beacon| hex::encode(&beacon.value)),
            beacon_iterations_exp: beacon.map(|beacon| beacon.iterations_exp),
        }
    }
}

/// `ceremony` in the manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    /// The power of the phase-1 file.
    pub phase1_power: u32,
    /// BLAKE2b-512 of the phase-1 file, hex.
    pub phase1_blake2b_512: String,
    /// snarkjs' circuit hash, BLAKE2b-512 of the setup before the first contribution, hex.
    pub circuit_hash: String,
    /// In order.
    pub contributions: Vec<Contributed>,
    /// The operator's statement; none when one party made everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestations: Option<Attestations>,
    /// Section 10 of the key, base64url: what the checks are repeated on.
    pub transcript: String,
}

/// Why attestations make no ceremony of several parties.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// A contribution that nobody attested to, or that two did.
    #[error("contribution {0} has not exactly one attestation")]
    Contribution(String),
    /// An attestation to what is not in the transcript, or is a beacon.
    #[error("an attestation is for {0}, which is no drawn contribution of this key")]
    Unknown(String),
    /// Fewer than two parties.
    #[error("fewer than two parties attested")]
    Parties,
    /// The last contribution is no beacon.
    #[error("the last contribution is no beacon")]
    Beacon,
    /// Phase 1 is one party's, who knows tau, alpha and beta and so needs no delta.
    #[error("phase 1 has {0} contributions other than beacons: whoever made it alone can forge, whoever made phase 2")]
    Phase1(u32),
    /// A statement is empty, or not what it looks like.
    #[error(
        "an attestation leaves open what phase 1 was, who attests, or where; or has blanks around it or characters that cannot be seen"
    )]
    Text,
}

impl Ceremony {
    /// The account of a transcript that was checked.
    pub(crate) fn describe(
        section: &[u8],
        transcript: &Transcript,
        (phase1_power, phase1_blake2b_512): (u32, String),
        attestations: Option<Attestations>,
    ) -> Self {
        Self {
            phase1_power,
            phase1_blake2b_512,
            circuit_hash: hex::encode(transcript.circuit_hash),
            contributions: transcript.contributions().iter().map(Contributed::from).collect(),
            attestations,
            transcript: URL_SAFE_NO_PAD.encode(section),
        }
    }

    /// The transcript.
    pub(crate) fn transcript(&self) -> Result<(Vec<u8>, Transcript), TranscriptError> {
        let section = URL_SAFE_NO_PAD.decode(&self.transcript).map_err(|_| TranscriptError::Malformed)?;
        let transcript = Transcript::read(&section)?;
        Ok((section, transcript))
    }

    /// The setup that the attestations amount to.
    ///
    /// # Errors
    /// [`AttestationError`] when there are some, but not what several parties take.
    pub fn setup(&self) -> Result<Setup, AttestationError> {
        let Some(stated) = &self.attestations else { return Ok(Setup::OnePartyCeremony) };
        if self.contributions.last().is_none_or(|last| last.beacon.is_none()) {
            return Err(AttestationError::Beacon);
        }
        let drawn: Vec<&str> = self.drawn().collect();
        for attestation in &stated.contributions {
            if !drawn.contains(&attestation.hash.as_str()) {
                return Err(AttestationError::Unknown(attestation.hash.clone()));
            }
        }
        for hash in drawn {
            if stated.contributions.iter().filter(|attestation| attestation.hash == hash).count() != 1 {
                return Err(AttestationError::Contribution(hash.to_owned()));
            }
        }
        let texts = stated.contributions.iter().flat_map(|attestation| [&attestation.by, &attestation.at]);
        let plain = |text: &String| !text.is_empty() && text.trim() == text && text.chars().all(is_visible);
        if !texts.chain([&stated.phase1]).all(plain) {
            return Err(AttestationError::Text);
        }
        let parties: BTreeSet<String> = stated.contributions.iter().map(|made| made.by.to_lowercase()).collect();
        if parties.len() >= 2 { Ok(Setup::Ceremony) } else { Err(AttestationError::Parties) }
    }

    /// Whether phase 1 can be several parties' by what its file says, which `snarkjs powersoftau verify` checks.
    pub(crate) fn check_phase1(&self, contributions: u32) -> Result<(), AttestationError> {
        let several = self.attestations.is_none() || contributions >= 2;
        if several { Ok(()) } else { Err(AttestationError::Phase1(contributions)) }
    }

    fn drawn(&self) -> impl Iterator<Item = &str> {
        self.contributions.iter().filter(|made| made.beacon.is_none()).map(|made| made.hash.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contributed(hash: &str, beacon: Option<&str>) -> Contributed {
        Contributed {
            hash: hash.to_owned(),
            name: None,
            beacon: beacon.map(str::to_owned),
            beacon_iterations_exp: beacon.map(|_| 10),
        }
    }

    fn attested(hash: &str, by: &str) -> Attestation {
        Attestation { hash: hash.to_owned(), by: by.to_owned(), at: "https://example.org".to_owned() }
    }

    /// Two drawn contributions and a beacon, with these attestations.
    fn setup(attestations: Vec<Attestation>) -> Result<Setup, AttestationError> {
        ceremony(attestations).setup()
    }

    fn ceremony(contributions: Vec<Attestation>) -> Ceremony {
        Ceremony {
            phase1_power: 14,
            phase1_blake2b_512: String::new(),
            circuit_hash: String::new(),
            contributions: vec![contributed("a", None), contributed("b", None), contributed("c", Some("00"))],
            attestations: Some(Attestations { phase1: "a public one".to_owned(), contributions }),
            transcript: String::new(),
        }
    }

    #[test]
    fn a_ceremony_of_several_takes_an_attestation_each_two_parties_and_a_beacon() {
        let both = || vec![attested("b", "two"), attested("a", "one")];
        assert_eq!(setup(both()), Ok(Setup::Ceremony));
        assert!(!Setup::Ceremony.is_development());
        let mut nobody = ceremony(both());
        nobody.attestations = None;
        assert_eq!(nobody.setup(), Ok(Setup::OnePartyCeremony), "whatever names the contributions bear");
        assert!(Setup::OnePartyCeremony.is_development());
        assert_eq!(setup(vec![attested("a", "one")]), Err(AttestationError::Contribution("b".to_owned())));
        let twice = vec![attested("a", "one"), attested("a", "two"), attested("b", "two")];
        assert_eq!(setup(twice), Err(AttestationError::Contribution("a".to_owned())));
        for unknown in ["c", "d"] {
            let more = [both(), vec![attested(unknown, "one")]].concat();
            assert_eq!(setup(more), Err(AttestationError::Unknown(unknown.to_owned())));
        }
        assert_eq!(setup(vec![attested("a", "one"), attested("b", "one")]), Err(AttestationError::Parties));
        assert_eq!(setup(vec![attested("a", "One"), attested("b", "one")]), Err(AttestationError::Parties));
        for text in ["", " ", "one ", "o\u{200b}ne", "one\n"] {
            assert_eq!(setup(vec![attested("a", text), attested("b", "one")]), Err(AttestationError::Text), "{text:?}");
        }
        for alone in [0, 1] {
            assert_eq!(ceremony(both()).check_phase1(alone), Err(AttestationError::Phase1(alone)));
            assert_eq!(nobody.check_phase1(alone), Ok(()), "for development it will do");
        }
        assert_eq!(ceremony(both()).check_phase1(2), Ok(()));
        let mut without = ceremony(both());
        without.contributions.pop();
        assert_eq!(without.setup(), Err(AttestationError::Beacon));
    }
}
