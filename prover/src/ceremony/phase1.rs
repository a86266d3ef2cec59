//! Phase 1: powers of tau from a prepared `.ptau` file, as far as a circuit needs them.
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
//! | 7 | its own contributions; not read here, `snarkjs powersoftau verify` checks them |
//! | 12, 13, 14, 15 | sections 2 to 5 in the Lagrange bases of the roots of unity of 1, 2, 4, …, `2^p`; 12 also of `2^(p+1)` |
//!
//! The last basis of section 12 would need `τ^(2^(p+1)−1)`, which section 2 does not have: snarkjs leaves its multiple
//! out, and a file cut from a greater ceremony has it. Both serve, for the polynomial that the H points are summed up
//! with has degree `2n − 2` at most.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
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
    /// A section is not there; 12 to 15 come with `snarkjs powersoftau prepare phase2`.
    #[error("section {0} is missing (12 to 15: the file is not prepared for phase 2)")]
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
    /// A Lagrange section does not belong to the powers.
    #[error("section {0} is not the Lagrange form of the powers")]
    Lagrange(usize),
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
    /// BLAKE2b-512 of the file.
    pub digest: Hash,
    /// `2n − 1` powers.
    pub tau_g1: Vec<G1Affine>,
    tau_g2: Vec<G2Affine>,
    pub alpha_tau: Vec<G1Affine>,
    pub beta_tau: Vec<G1Affine>,
    pub beta_g2: G2Affine,
    /// The domain's Lagrange points of sections 12 to 15.
    pub lagrange: Vec<G1Affine>,
    pub lagrange_g2: Vec<G2Affine>,
    pub lagrange_alpha: Vec<G1Affine>,
    pub lagrange_beta: Vec<G1Affine>,
    /// Those with odd index among the `2n`-th roots' in section 12.
    pub lagrange_odd: Vec<G1Affine>,
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
        let points = |id, skip: usize, count| g1_points(id, get(&sections, id)?, skip, count);
        let points_g2 = |id, skip: usize, count| g2_points(id, get(&sections, id)?, skip, count);
        let double = points(12, 2 * n - 1, 2 * n)?;
        Ok(Self {
            power,
            digest: Hasher::digest(file).into(),
            tau_g1: points(2, 0, 2 * n - 1)?,
            tau_g2: points_g2(3, 0, n)?,
            alpha_tau: points(4, 0, n)?,
            beta_tau: points(5, 0, n)?,
            beta_g2: points_g2(6, 0, 1)?[0],
            lagrange: points(12, n - 1, n)?,
            lagrange_g2: points_g2(13, n - 1, n)?,
            lagrange_alpha: points(14, n - 1, n)?,
            lagrange_beta: points(15, n - 1, n)?,
            lagrange_odd: double.into_iter().skip(1).step_by(2).collect(),
        })
    }

    /// Whether the points are powers of one tau, and their Lagrange forms.
    pub fn check(&self, rng: &mut impl CryptoRng) -> Result<(), Phase1Error> {
        self.check_first()?;
        self.check_powers(rng)?;
        self.check_lagrange(rng)?;
        self.check_odd(rng)
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

    /// `Σ ρ_i·L_i(τ)` is the polynomial with the values `ρ_i` on the domain, at tau.
    fn check_lagrange(&self, rng: &mut impl CryptoRng) -> Result<(), Phase1Error> {
        let n = self.lagrange.len();
        let values = coefficients(n, rng);
        let polynomial = interpolate(values.clone());
        for (section, points, powers) in [
            (12, &self.lagrange, &self.tau_g1[..n]),
            (14, &self.lagrange_alpha, &self.alpha_tau[..]),
            (15, &self.lagrange_beta, &self.beta_tau[..]),
        ] {
            if sum(points, &values) != sum(powers, &polynomial) {
                return Err(Phase1Error::Lagrange(section));
            }
        }
        let same = sum_g2(&self.lagrange_g2, &values) == sum_g2(&self.tau_g2, &polynomial);
        if same { Ok(()) } else { Err(Phase1Error::Lagrange(13)) }
    }

    /// The same for the odd points of the double domain, with the greatest power or without.
    fn check_odd(&self, rng: &mut impl CryptoRng) -> Result<(), Phase1Error> {
        let n = self.lagrange_odd.len();
        let odd = coefficients(n, rng);
        let values = odd.iter().flat_map(|value| [Fr::ZERO, *value]).collect();
        let polynomial = interpolate(values);
        let (lower, greatest) = polynomial.split_at(2 * n - 1);
        let rest = G1Projective::from(sum(&self.lagrange_odd, &odd)) - sum(&self.tau_g1, lower);
        let with_greatest = || {
            let [greatest] = greatest else { return false };
            Bn254::pairing(rest, G2Affine::generator()) == Bn254::pairing(self.tau_g1[n] * greatest, self.tau_g2[n - 1])
        };
        if rest == G1Projective::ZERO || with_greatest() { Ok(()) } else { Err(Phase1Error::Lagrange(12)) }
    }
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

fn check_lengths(sections: &Sections<'_>, power: u32) -> Result<(), Phase1Error> {
    let n = 1usize << power;
    let (g1, g2) = (iden3::G1, iden3::G2);
    for (section, needed) in [
        (2, (2 * n - 1) * g1),
        (3, n * g2),
        (4, n * g1),
        (5, n * g1),
        (6, g2),
        (12, (4 * n - 1) * g1),
        (13, (2 * n - 1) * g2),
        (14, (2 * n - 1) * g1),
        (15, (2 * n - 1) * g1),
    ] {
        let found = get(sections, section)?.len();
        if found != needed {
            return Err(Phase1Error::SectionLength { section, found, needed });
        }
    }
    Ok(())
}

fn g1_points(section: usize, bytes: &[u8], skip: usize, count: usize) -> Result<Vec<G1Affine>, Phase1Error> {
    let read = |bytes: &[u8]| iden3::g1(bytes).filter(|p| p.is_on_curve()).ok_or(Phase1Error::Point(section));
    bytes.par_chunks_exact(iden3::G1).skip(skip).take(count).map(read).collect()
}

fn g2_points(section: usize, bytes: &[u8], skip: usize, count: usize) -> Result<Vec<G2Affine>, Phase1Error> {
    let valid = |p: &G2Affine| p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve();
    let read = |bytes: &[u8]| iden3::g2(bytes).filter(valid).ok_or(Phase1Error::Point(section));
    bytes.par_chunks_exact(iden3::G2).skip(skip).take(count).map(read).collect()
}

/// The polynomial with these values on the domain of their number.
fn interpolate(mut values: Vec<Fr>) -> Vec<Fr> {
    // Cannot fail: the number is a power of two of at most 2^29, and smaller than a file that was read.
    let domain = Radix2EvaluationDomain::<Fr>::new(values.len()).expect("a power of two of points");
    domain.ifft_in_place(&mut values);
    values
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
