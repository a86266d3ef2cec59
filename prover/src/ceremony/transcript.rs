//! The transcript of contributions: section 10 of a `.zkey`.
//!
//! # Form
//! The digest of the setup (64 bytes) and the number of contributions (u32). Each contribution: delta after it, `s` and
//! `x·s` in G1, `x·s'` in G2, the hash `t` (64 bytes), its kind (u32: 0 drawn, 1 beacon), and parameters, their length
//! in bytes (u32) before them, each a number (u8) and a value, in ascending order: 1 the name, 2 the beacon's iterations
//! as a power of two (u8), 3 the beacon; 1 and 3 with their length (u8).
//!
//! # What holds
//! `t = BLAKE2b(setup ‖ every contribution before ‖ s ‖ x·s)`, `s'` is drawn from `t`, so whoever knew no `x` could not
//! have given `x·s'`; and delta after is `x` times delta before. A contribution's hash is that of its points and `t`.

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use blake2::Digest;
use poa_verifier::text::is_visible;

use super::ArkKey;
use super::draw::Draws;
use super::encoding::{Hash, Hasher, hash_g1, hash_g2};
use super::phase1::same_ratio;
use crate::iden3::{self, Bytes, Truncated};

/// The least number of iterations snarkjs takes, as a power of two, and the greatest that is recomputed here for all beacons
/// of a transcript together: about a minute of hashing.
const ITERATIONS: std::ops::RangeInclusive<u8> = 10..=28;

/// Why a transcript does not hold. Contributions count from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The key has none.
    #[error("the key has no transcript (section 10)")]
    Missing,
    /// It ends early, goes on after its end, or holds parameters of another form.
    #[error("malformed")]
    Malformed,
    /// A point is out of range, off the curve, outside the subgroup, or the identity.
    #[error("contribution {0} holds a coordinate out of range or a point off the curve or outside the subgroup")]
    Point(usize),
    /// The name is no text, or has characters that cannot be seen.
    #[error("the name of contribution {0} is not text that can be shown")]
    Name(usize),
    /// The beacon has other iterations than can be recomputed, or none are given.
    #[error("contribution {0} is a beacon of other than 2^10 to 2^28 iterations, or of more with those before it")]
    Iterations(usize),
    /// Everybody knows delta, and could forge: there are no contributions, or beacons alone.
    #[error("nobody contributed but beacons, which everybody knows")]
    Empty,
    /// The factor is 1.
    #[error("contribution {0} leaves delta as it was")]
    Nothing(usize),
    /// The contribution was not made after the ones before it, on this setup.
    #[error("contribution {0} does not continue the transcript before it")]
    Hash(usize),
    /// The contributor shows no knowledge of the factor.
    #[error("contribution {0} does not prove knowledge of its factor")]
    Proof(usize),
    /// Delta was multiplied by another factor.
    #[error("delta after contribution {0} is not delta before it times its factor")]
    Delta(usize),
    /// The factor is not the beacon's.
    #[error("contribution {0} is not what its beacon gives")]
    Beacon(usize),
    /// Contributions are missing at the end, or the key is another.
    #[error("delta of the key is not delta after the last contribution")]
    LastDelta,
}

impl From<Truncated> for TranscriptError {
    fn from(_: Truncated) -> Self {
        Self::Malformed
    }
}

/// A public value that nobody could choose, turned into a contribution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Beacon {
    /// Its bytes.
    pub value: Vec<u8>,
    /// How often it is hashed, as a power of two.
    pub iterations_exp: u8,
}

/// One contribution, as people are told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contribution {
    /// The hash that snarkjs shows to the contributor.
    pub hash: [u8; 64],
    /// The name in the key; nothing shows that it is true.
    pub name: Option<String>,
    /// For a beacon.
    pub beacon: Option<Beacon>,
}

/// What a contributor leaves, with delta after it.
struct Record {
    delta_after: G1Affine,
    s: G1Affine,
    s_x: G1Affine,
    sp_x: G2Affine,
    challenge: Hash,
    name: Option<String>,
    beacon: Option<Beacon>,
}

/// The transcript.
pub(crate) struct Transcript {
    /// The digest of the setup that it claims to begin with.
    pub circuit_hash: Hash,
    records: Vec<Record>,
}

impl Transcript {
    /// Reads a transcript; [`Transcript::check`] has not been called on it yet.
    pub fn read(section: &[u8]) -> Result<Self, TranscriptError> {
        let mut bytes = Bytes(section);
        let circuit_hash = bytes.array()?;
        let count = bytes.u32()? as usize;
        // One by one: the count is believed as far as there are bytes.
        let (mut records, mut iterations) = (Vec::new(), 0);
        for number in 1..=count {
            let record = Record::read(&mut bytes, number)?;
            iterations += record.beacon.as_ref().map_or(0, |beacon| 1u64 << beacon.iterations_exp);
            if iterations > 1 << ITERATIONS.end() {
                return Err(TranscriptError::Iterations(number));
            }
            records.push(record);
        }
        if !bytes.0.is_empty() {
            return Err(TranscriptError::Malformed);
        }
        Ok(Self { circuit_hash, records })
    }

    /// The contributions, in order.
    pub fn contributions(&self) -> Vec<Contribution> {
        let told = |record: &Record| Contribution {
            hash: record.hash(),
            name: record.name.clone(),
            beacon: record.beacon.clone(),
        };
        self.records.iter().map(told).collect()
    }

    /// Whether the contributions follow each other from delta 1 to the key's.
    pub fn check(&self, key: &ArkKey) -> Result<(), TranscriptError> {
        if self.records.iter().all(|record| record.beacon.is_some()) {
            return Err(TranscriptError::Empty);
        }
        let mut delta = G1Affine::generator();
        let mut hasher = Hasher::new();
        hasher.update(self.circuit_hash);
        for (number, record) in (1..).zip(&self.records) {
            record.check(number, delta, hasher.clone())?;
            record.hash_into(&mut hasher);
            delta = record.delta_after;
        }
        if delta == key.delta_g1 { self.check_last(&key.vk.delta_g2) } else { Err(TranscriptError::LastDelta) }
    }

    /// Whether delta after the last contribution is the key's. Of the transcript nothing else is looked at.
    pub fn check_last(&self, delta_g2: &G2Affine) -> Result<(), TranscriptError> {
        let one = G1Affine::generator();
        let last = self.records.last().map_or(one, |record| record.delta_after);
        let same = same_ratio((one, last), (G2Affine::generator(), *delta_g2));
        if same { Ok(()) } else { Err(TranscriptError::LastDelta) }
    }
}

impl Record {
    fn read(bytes: &mut Bytes<'_>, number: usize) -> Result<Self, TranscriptError> {
        let (delta_after, s, s_x) = (g1(bytes, number)?, g1(bytes, number)?, g1(bytes, number)?);
        let sp_x = g2(bytes, number)?;
        let challenge = bytes.array()?;
        let kind = bytes.u32()?;
        let length = bytes.u32()? as usize;
        let (name, beacon) = parameters(bytes.take(length)?, kind, number)?;
        Ok(Self { delta_after, s, s_x, sp_x, challenge, name, beacon })
    }

    fn check(&self, number: usize, delta_before: G1Affine, mut before: Hasher) -> Result<(), TranscriptError> {
        hash_g1(&mut before, &self.s);
        hash_g1(&mut before, &self.s_x);
        if Hash::from(before.finalize()) != self.challenge {
            return Err(TranscriptError::Hash(number));
        }
        let in_g2 = (Draws::from_hash(&self.challenge).g2(), self.sp_x);
        if !same_ratio((self.s, self.s_x), in_g2) {
            return Err(TranscriptError::Proof(number));
        }
        if !same_ratio((delta_before, self.delta_after), in_g2) {
            return Err(TranscriptError::Delta(number));
        }
        if delta_before == self.delta_after {
            return Err(TranscriptError::Nothing(number));
        }
        match &self.beacon {
            Some(beacon) if !self.follows(beacon) => Err(TranscriptError::Beacon(number)),
            _ => Ok(()),
        }
    }

    fn follows(&self, beacon: &Beacon) -> bool {
        let mut draws = Draws::from_beacon(&beacon.value, beacon.iterations_exp);
        let (factor, s) = (draws.scalar(), draws.g1());
        self.s == s && self.s_x == (s * factor).into_affine()
    }

    fn hash_into(&self, hasher: &mut Hasher) {
        hash_g1(hasher, &self.delta_after);
        hash_g1(hasher, &self.s);
        hash_g1(hasher, &self.s_x);
        hash_g2(hasher, &self.sp_x);
        hasher.update(self.challenge);
    }

    fn hash(&self) -> Hash {
        let mut hasher = Hasher::new();
        self.hash_into(&mut hasher);
        hasher.finalize().into()
    }
}

fn g1(bytes: &mut Bytes<'_>, number: usize) -> Result<G1Affine, TranscriptError> {
    let valid = |p: &G1Affine| !p.is_zero() && p.is_on_curve();
    iden3::g1(bytes.take(iden3::G1)?).filter(valid).ok_or(TranscriptError::Point(number))
}

fn g2(bytes: &mut Bytes<'_>, number: usize) -> Result<G2Affine, TranscriptError> {
    let valid = |p: &G2Affine| !p.is_zero() && p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve();
    iden3::g2(bytes.take(iden3::G2)?).filter(valid).ok_or(TranscriptError::Point(number))
}

/// The name, and the beacon exactly when the kind says so.
fn parameters(section: &[u8], kind: u32, number: usize) -> Result<(Option<String>, Option<Beacon>), TranscriptError> {
    let (mut bytes, mut last) = (Bytes(section), 0);
    let (mut name, mut iterations, mut value) = (None, None, None);
    while !bytes.0.is_empty() {
        let parameter = bytes.u8()?;
        if parameter <= last {
            return Err(TranscriptError::Malformed);
        }
        last = parameter;
        match parameter {
            1 => name = Some(text(short(&mut bytes)?).ok_or(TranscriptError::Name(number))?),
            2 => iterations = Some(bytes.u8()?),
            3 => value = Some(short(&mut bytes)?.to_vec()),
            _ => return Err(TranscriptError::Malformed),
        }
    }
    let beacon = match (kind, iterations, value) {
        (0, None, None) => None,
        (1, _, Some(value)) if value.is_empty() => return Err(TranscriptError::Malformed),
        (1, Some(iterations_exp), Some(value)) if ITERATIONS.contains(&iterations_exp) => {
            Some(Beacon { value, iterations_exp })
        }
        (1, _, Some(_)) => return Err(TranscriptError::Iterations(number)),
        _ => return Err(TranscriptError::Malformed),
    };
    Ok((name, beacon))
}

/// Its length in one byte, then the bytes.
fn short<'a>(bytes: &mut Bytes<'a>) -> Result<&'a [u8], Truncated> {
    let length = bytes.u8()?;
    bytes.take(length.into())
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(is_visible).then(|| text.to_owned())
}
