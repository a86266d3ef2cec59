//! The quotient's scalars with four transforms, and the bases that make C's two unnecessary.
//!
//! In the circom form of the key (see `crate::qap`) the quotient contributes `Σ (a_i·b_i − c_i) · H_i`, where `a`, `b`
//! and `c` are the rows' polynomials on the odd coset. Taking `c` there costs two transforms. But `c = T · (C·z)` with
//! `T` the map from values on the domain to values on the odd coset, so `Σ c_i · H_i = Σ_j z_j · K_j` with
//! `K_j = Σ_rows C[row][j] · M_row`, `M = Tᵀ · H`: points that depend on the key alone.

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::AdditiveGroup;
use ark_ff::Field;
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use ark_relations::gr1cs::Matrix;
use rayon::prelude::*;

use super::transform::Extension;

/// Scalar multiplications that one task makes at least.
const TOGETHER: usize = 16;

/// The domain of the rows and its odd coset.
pub(super) struct Quotient {
    domain: Radix2EvaluationDomain<Fr>,
    odd: Radix2EvaluationDomain<Fr>,
    extension: Extension,
}

impl Quotient {
    /// For this many rows, instance rows included; none for one row or beyond what the field's roots of unity allow.
    pub fn new(rows: usize) -> Option<Self> {
        let domain = Radix2EvaluationDomain::<Fr>::new(rows)?;
        let double = Radix2EvaluationDomain::<Fr>::new(2 * domain.size())?;
        let odd = domain.get_coset(double.group_gen())?;
        Some(Self { extension: Extension::new(domain.size())?, domain, odd })
    }

    /// The number of points of the domain.
    pub fn size(&self) -> usize {
        self.domain.size()
    }

    /// From values on the domain to values on the odd coset: two transforms.
    pub fn extend(&self, values: &mut [Fr]) {
        self.extension.apply(values);
    }

    /// `K_j` for every wire. Some hundred thousand scalar multiplications on all cores: seconds, once a key. `made` is told
    /// of them, in all [`Self::folding`].
    pub fn fold(
        &self,
        h: &[G1Affine],
        c: &Matrix<Fr>,
        wires: usize,
        made: &(impl Fn(u64) + Sync),
    ) -> Vec<G1Projective> {
        let bases = self.transpose(h, made);
        let mut columns = vec![Vec::new(); wires];
        for (row, terms) in c.iter().enumerate() {
            for (coefficient, wire) in terms {
                columns[*wire].push((*coefficient, bases[row]));
            }
        }
        let sum = |column: &Vec<(Fr, G1Projective)>| {
            let sum = column.iter().map(|(c, base)| times(base, c)).sum();
            made(column.iter().filter(|(c, _)| costs(c)).count() as u64);
            sum
        };
        columns.par_iter().map(sum).collect()
    }

    /// How many scalar multiplications [`Self::fold`] takes.
    pub fn folding(&self, c: &Matrix<Fr>) -> u64 {
        let (size, levels) = (self.size() as u64, u64::from(self.size().trailing_zeros()));
        // Two transforms of half as many a level, and the powers of the offset between them.
        size * levels + size + c.iter().flatten().filter(|(coefficient, _)| costs(coefficient)).count() as u64
    }

    /// `Tᵀ · points`. With `F` the transform, symmetric, and `D` the powers of the coset's offset, `T = F·D·F⁻¹` and so
    /// `Tᵀ = F⁻¹·D·F`.
    fn transpose(&self, points: &[G1Affine], made: &(impl Fn(u64) + Sync)) -> Vec<G1Projective> {
        let mut values: Vec<G1Projective> = points.iter().map(|point| (*point).into()).collect();
        transform(&mut values, self.domain.group_gen(), made);
        // The inverse transform's division is done with the same multiplication.
        let (offset, divisor) = (self.odd.coset_offset(), self.domain.size_inv());
        values.par_iter_mut().enumerate().for_each(|(i, value)| *value *= offset.pow([i as u64]) * divisor);
        made(values.len() as u64);
        transform(&mut values, self.domain.group_gen_inv(), made);
        values
    }
}

/// `Σ_j root^(jk) · points_j` in the place of point `k`, for a root of unity of their number, a power of two. What takes
/// the circuit's library a single core is spread over all.
fn transform(points: &mut [G1Projective], root: Fr, made: &(impl Fn(u64) + Sync)) {
    let roots: Vec<Fr> =
        std::iter::successors(Some(Fr::ONE), |power| Some(*power * root)).take(points.len() / 2).collect();
    halve(points, &roots, 1, made);
    let shift = usize::BITS - points.len().trailing_zeros();
    for i in 0..points.len() {
        let reversed = i.reverse_bits().checked_shr(shift).unwrap_or(0);
        if i < reversed {
            points.swap(i, reversed);
        }
    }
}

/// Decimation in frequency: natural to bit-reversed order. This part uses every `stride`-th of `roots`.
fn halve(points: &mut [G1Projective], roots: &[Fr], stride: usize, made: &(impl Fn(u64) + Sync)) {
    let half = points.len() / 2;
    if half == 0 {
        return;
    }
    let (low, high) = points.split_at_mut(half);
    low.par_iter_mut().zip(high.par_iter_mut()).enumerate().with_min_len(TOGETHER).for_each(|(i, (low, high))| {
        let difference = *low - *high;
        *low += *high;
        *high = times(&difference, &roots[i * stride]);
    });
    made(half as u64);
    rayon::join(|| halve(low, roots, 2 * stride, made), || halve(high, roots, 2 * stride, made));
}

/// `a_i · b_i`. Secret.
pub(super) fn products(a: &[Fr], b: &[Fr]) -> impl IndexedParallelIterator<Item = Fr> {
    a.par_iter().zip(b).map(|(a, b)| *a * b)
}

/// Whether multiplying by a scalar takes time: most coefficients are ±1.
fn costs(scalar: &Fr) -> bool {
    *scalar != Fr::ONE && *scalar != -Fr::ONE && *scalar != Fr::ZERO
}

/// `base · scalar`; most coefficients are ±1 and cost nothing.
fn times(base: &G1Projective, scalar: &Fr) -> G1Projective {
    if *scalar == Fr::ONE {
        *base
    } else if *scalar == -Fr::ONE {
        -*base
    } else if *scalar == Fr::ZERO {
        G1Projective::ZERO
    } else {
        *base * scalar
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::{CurveGroup, PrimeGroup};
    use ark_ff::UniformRand;
    use ark_std::test_rng;

    fn scalars(count: usize) -> Vec<Fr> {
        let mut rng = test_rng();
        (0..count).map(|_| Fr::rand(&mut rng)).collect()
    }

    fn points(count: usize) -> Vec<G1Affine> {
        let points: Vec<_> = scalars(count).iter().map(|s| G1Projective::generator() * s).collect();
        G1Projective::normalize_batch(&points)
    }

    /// The adjoint's definition: `⟨T·c, H⟩ = ⟨c, Tᵀ·H⟩`.
    #[test]
    fn moving_the_map_to_the_bases_changes_no_sum() {
        for rows in [2, 5, 16] {
            let quotient = Quotient::new(rows).unwrap();
            let (c, h) = (scalars(quotient.size()), points(quotient.size()));
            let mut extended = c.clone();
            quotient.extend(&mut extended);
            let left: G1Projective = extended.iter().zip(&h).map(|(s, p)| *p * s).sum();
            let right: G1Projective = c.iter().zip(quotient.transpose(&h, &|_| ())).map(|(s, p)| p * s).sum();
            assert_eq!(left, right, "{rows}");
        }
    }

    #[test]
    fn folded_bases_give_the_sum_over_all_wires() {
        let quotient = Quotient::new(4).unwrap();
        let h = points(4);
        let (one, two) = (Fr::ONE, Fr::from(2u64));
        let c: Matrix<Fr> = vec![vec![(one, 0), (two, 2)], vec![], vec![(-one, 1), (Fr::ZERO, 0), (two, 2)]];
        let z = scalars(3);
        let mut rows = vec![z[0] + two * z[2], Fr::ZERO, two * z[2] - z[1], Fr::ZERO];
        quotient.extend(&mut rows);
        let direct: G1Projective = rows.iter().zip(&h).map(|(s, p)| *p * s).sum();
        let folded: G1Projective = quotient.fold(&h, &c, 3, &|_| ()).iter().zip(&z).map(|(k, z)| *k * z).sum();
        assert_eq!(direct, folded);
    }
}
