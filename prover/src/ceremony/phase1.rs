//! Phase 1: powers of tau from a `.ptau` file, as far as a circuit needs them.
//!
//! # Form
//! An iden3 file (`iden3.rs`) with the magic `ptau`, version 1. With `p` the power and `n` the circuit's domain:
//!
//! | section | content |
//! |---|---|
//! | 1 | the prime of the coordinates, `p`, the power of the ceremony that the file was cut from |
//! | 2, 3 | `τ^i` in G1, `i < 2^(p+1) − 1`, and in G2, `i < 2^p` |
//! | 4, 5 | `α·τ^i` and `β·τ^i` in G1, `i < 2^p` |
//! | 6 | `β` in G2 |
//! | 7 | its own contributions; counted here, `snarkjs powersoftau verify` checks them |
//! | 12, 13, 14, 15 | in a file prepared for phase 2: sections 2 to 5 in Lagrange bases; not read here |
//!
//! What a key is made of are the Lagrange points `L_i(τ)`. They are computed from the powers, so a file serves whether it
//! was prepared or not, and nothing rests on sections that would have to be checked against the powers first.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInteger, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use blake2::Digest;
use poa_circuits::gadgets::r1cs::ConstraintSystem;
use poa_circuits::native::field;
use rand_core::CryptoRng;
use rayon::prelude::*;

use super::encoding::{Hash, Hasher};
use crate::iden3::{self, Bytes, Truncated};

/// The greatest power that BN254's roots of unity allow.
const MAX_POWER: u32 = 28;
/// Bytes of a contribution to phase 1 before its kind: the first powers after it, the contributor's key, two digests.
const CONTRIBUTION: usize = 448 + 768 + 216 + 64;
/// The greatest section number.
const SECTIONS: usize = 15;

/// Why a phase-1 file is unusable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Phase1Error {
    /// Not a `.ptau` file of version 1.
    #[error("not a .ptau file of version 1")]
    Magic,
    /// The file ends before a section does, or goes on after the last.
    #[error("the file is cut off or longer than its sections")]
    Length,
    /// A section with an unknown number, or one that stands there twice.
    #[error("section {0} is unknown or stands there twice")]
    Section(u32),
    /// A section is not there.
    #[error("section {0} is missing")]
    Missing(usize),
    /// A section has another length than the power calls for.
    #[error("section {section} has {found} bytes, its power calls for {needed}")]
    SectionLength {
        /// Its number.
        section: usize,
        /// In the file.
        found: usize,
        /// For the file's power.
        needed: usize,
    },
    /// Powers over another curve.
    #[error("the prime is not BN254's")]
    Prime,
    /// Too few powers for the circuit, or more than the curve has.
    #[error("power {found}, this circuit needs {needed} to 28")]
    Power {
        /// In the file.
        found: u32,
        /// For the circuit.
        needed: u32,
    },
    /// A point is off the curve, outside the subgroup, or the identity among the first powers.
    #[error("section {0} holds a point off the curve, outside the subgroup, or the identity where none may be")]
    Point(usize),
    /// The points of a section are no powers of one tau.
    #[error("section {0} does not hold the powers of one tau")]
    Powers(usize),
    /// Everybody knows the secrets, as in the file that a phase 1 begins with.
    #[error("tau is a root of unity, or alpha or beta is 1: nobody contributed to this file")]
    Known,
}

impl From<Truncated> for Phase1Error {
    fn from(_: Truncated) -> Self {
        Self::Length
    }
}

/// The points that a circuit needs.
pub(crate) struct Phase1 {
    /// Of the file.
    pub power: u32,
    /// How many contributions the file says it had, beacons left out.
    pub contributions: u32,
    /// `2n − 1` powers.
    pub tau_g1: Vec<G1Affine>,
    /// `n` powers, as of those below.
    pub tau_g2: Vec<G2Affine>,
    pub alpha_tau: Vec<G1Affine>,
    pub beta_tau: Vec<G1Affine>,
    pub beta_g2: G2Affine,
}

impl Phase1 {
    /// Reads the points that the circuit needs; [`Phase1::check`] has not been called on them yet.
    pub fn read(file: &[u8], shape: &ConstraintSystem) -> Result<Self, Phase1Error> {
        let sections = sections(file)?;
        let n = (shape.constraints().len() + shape.public() + 1).next_power_of_two();
        let power = header(get(&sections, 1)?)?;
        if power > MAX_POWER || 1usize << power < n {
            return Err(Phase1Error::Power { found: power, needed: n.ilog2() });
        }
        check_lengths(&sections, power)?;
        let points = |id, count| g1_points(id, get(&sections, id)?, count);
        let points_g2 = |id, count| g2_points(id, get(&sections, id)?, count);
        Ok(Self {
            power,
            contributions: sections[6].map_or(Ok(0), drawn)?,
            tau_g1: points(2, 2 * n - 1)?,
            tau_g2: points_g2(3, n)?,
            alpha_tau: points(4, n)?,
            beta_tau: points(5, n)?,
            beta_g2: points_g2(6, 1)?[0],
        })
    }

    /// As many powers in G1 as the domain has rows.
    pub fn tau(&self) -> &[G1Affine] {
        &self.tau_g1[..self.tau_g2.len()]
    }

    /// Whether the points are powers of one tau that somebody contributed to.
    pub fn check(&self, rng: &mut impl CryptoRng) -> Result<(), Phase1Error> {
        self.check_first()?;
        self.check_powers(rng)?;
        self.check_known()
    }

    fn check_first(&self) -> Result<(), Phase1Error> {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        for (section, holds) in [
            (2, self.tau_g1[0] == g1 && !self.tau_g1[1].is_zero()),
            (3, self.tau_g2[0] == g2 && same_ratio((g1, self.tau_g1[1]), (g2, self.tau_g2[1]))),
            (6, same_ratio((g1, self.beta_tau[0]), (g2, self.beta_g2))),
        ] {
            if !holds {
                return Err(Phase1Error::Powers(section));
            }
        }
        for (section, point) in [(4, self.alpha_tau[0]), (5, self.beta_tau[0])] {
            if point.is_zero() {
                return Err(Phase1Error::Point(section));
            }
        }
        Ok(())
    }

    /// Each point is tau times the one before it.
    fn check_powers(&self, rng: &mut impl CryptoRng) -> Result<(), Phase1Error> {
        let g2 = (self.tau_g2[0], self.tau_g2[1]);
        for (section, points) in [(2, &self.tau_g1), (4, &self.alpha_tau), (5, &self.beta_tau)] {
            let coefficients = coefficients(points.len() - 1, rng);
            let (before, after) = (sum(&points[..points.len() - 1], &coefficients), sum(&points[1..], &coefficients));
            if !same_ratio((before, after), g2) {
                return Err(Phase1Error::Powers(section));
            }
        }
        let coefficients = coefficients(self.tau_g2.len() - 1, rng);
        let before = sum_g2(&self.tau_g2[..self.tau_g2.len() - 1], &coefficients);
        let after = sum_g2(&self.tau_g2[1..], &coefficients);
        if same_ratio((self.tau_g1[0], self.tau_g1[1]), (before, after)) { Ok(()) } else { Err(Phase1Error::Powers(3)) }
    }

    /// Not the secrets that `snarkjs powersoftau new` begins with (all 1), nor a tau at which the rows' polynomials vanish.
    fn check_known(&self) -> Result<(), Phase1Error> {
        let one = G1Affine::generator();
        let root_of_unity = self.tau_g1[self.tau_g2.len()];
        let known =
            [root_of_unity, self.alpha_tau[0], self.beta_tau[0]].iter().any(|point| [one, -one].contains(point));
        if known { Err(Phase1Error::Known) } else { Ok(()) }
    }
}

/// BLAKE2b-512 of a file: the name that people know it by.
pub(crate) fn digest(file: &[u8]) -> Hash {
    Hasher::digest(file).into()
}

/// The slices of the file by number, from 1.
type Sections<'a> = [Option<&'a [u8]>; SECTIONS];

fn sections(file: &[u8]) -> Result<Sections<'_>, Phase1Error> {
    let mut rest = Bytes(file.strip_prefix(b"ptau\x01\0\0\0").ok_or(Phase1Error::Magic)?);
    let mut sections = [None; SECTIONS];
    for _ in 0..rest.u32()? {
        let (id, bytes) = rest.section()?;
        let known = matches!(id, 1..=7 | 12..=15).then_some(id as usize);
        let place = known.map(|id| &mut sections[id - 1]).filter(|place| place.is_none());
        *place.ok_or(Phase1Error::Section(id))? = Some(bytes);
    }
    if rest.0.is_empty() { Ok(sections) } else { Err(Phase1Error::Length) }
}

fn get<'a>(sections: &Sections<'a>, id: usize) -> Result<&'a [u8], Phase1Error> {
    sections[id - 1].ok_or(Phase1Error::Missing(id))
}

/// The power.
fn header(section: &[u8]) -> Result<u32, Phase1Error> {
    let mut bytes = Bytes(section);
    if bytes.u32()? != 32 || bytes.take(32)? != Fq::MODULUS.to_bytes_le() {
        return Err(Phase1Error::Prime);
    }
    let power = bytes.u32()?;
    bytes.u32()?;
    if bytes.0.is_empty() { Ok(power) } else { Err(Phase1Error::Length) }
}

/// The number of contributions in section 7 that are no beacons (kind 1).
fn drawn(section: &[u8]) -> Result<u32, Phase1Error> {
    let mut bytes = Bytes(section);
    let mut drawn = 0;
    for _ in 0..bytes.u32()? {
        bytes.take(CONTRIBUTION)?;
        drawn += u32::from(bytes.u32()? != 1);
        let parameters = bytes.u32()? as usize;
        bytes.take(parameters)?;
    }
    if bytes.0.is_empty() { Ok(drawn) } else { Err(Phase1Error::Length) }
}

fn check_lengths(sections: &Sections<'_>, power: u32) -> Result<(), Phase1Error> {
    let n = 1usize << power;
    let (g1, g2) = (iden3::G1, iden3::G2);
    for (section, needed) in [(2, (2 * n - 1) * g1), (3, n * g2), (4, n * g1), (5, n * g1), (6, g2)] {
        let found = get(sections, section)?.len();
        if found != needed {
            return Err(Phase1Error::SectionLength { section, found, needed });
        }
    }
    Ok(())
}

fn g1_points(section: usize, bytes: &[u8], count: usize) -> Result<Vec<G1Affine>, Phase1Error> {
    let read = |bytes: &[u8]| iden3::g1(bytes).filter(|p| p.is_on_curve()).ok_or(Phase1Error::Point(section));
    bytes.par_chunks_exact(iden3::G1).take(count).map(read).collect()
}

fn g2_points(section: usize, bytes: &[u8], count: usize) -> Result<Vec<G2Affine>, Phase1Error> {
    let valid = |p: &G2Affine| p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve();
    let read = |bytes: &[u8]| iden3::g2(bytes).filter(valid).ok_or(Phase1Error::Point(section));
    bytes.par_chunks_exact(iden3::G2).take(count).map(read).collect()
}

/// The polynomial with these values on the domain of their number. Its coefficients, summed up with the powers of tau, give
/// what the values give with the Lagrange points.
pub(super) fn interpolate(mut values: Vec<Fr>) -> Vec<Fr> {
    domain(values.len()).ifft_in_place(&mut values);
    values
}

/// The Lagrange points `L_i(τ)` of the domain with as many rows as there are powers, times what the powers are times.
pub(super) fn lagrange(powers: &[G1Affine]) -> Vec<G1Affine> {
    let mut points: Vec<G1Projective> = powers.iter().map(|point| point.into_group()).collect();
    domain(points.len()).ifft_in_place(&mut points);
    G1Projective::normalize_batch(&points)
}

fn domain(size: usize) -> Radix2EvaluationDomain<Fr> {
    // Cannot fail: the number is a power of two of at most 2^29, and smaller than a file that was read.
    Radix2EvaluationDomain::new(size).expect("a power of two of points")
}

/// Random coefficients.
pub(super) fn coefficients(count: usize, rng: &mut impl CryptoRng) -> Vec<Fr> {
    (0..count).map(|_| field::random(rng)).collect()
}

/// `Σ coefficient · point`; both of the same number.
pub(super) fn sum(points: &[G1Affine], coefficients: &[Fr]) -> G1Affine {
    debug_assert_eq!(points.len(), coefficients.len());
    G1Projective::msm_unchecked(points, coefficients).into()
}

/// The same in G2.
pub(super) fn sum_g2(points: &[G2Affine], coefficients: &[Fr]) -> G2Affine {
    debug_assert_eq!(points.len(), coefficients.len());
    G2Projective::msm_unchecked(points, coefficients).into()
}

/// Whether `b = x·a` and `d = x·c` for one `x` other than 0, none of them the identity.
pub(super) fn same_ratio((a, b): (G1Affine, G1Affine), (c, d): (G2Affine, G2Affine)) -> bool {
    let identity = a.is_zero() || b.is_zero() || c.is_zero() || d.is_zero();
    !identity && Bn254::pairing(a, d) == Bn254::pairing(b, c)
}
