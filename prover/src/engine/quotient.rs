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

    /// `K_j` for every wire. Some hundred thousand scalar multiplications: seconds, once a key.
    pub fn fold(&self, h: &[G1Affine], c: &Matrix<Fr>, wires: usize) -> Vec<G1Projective> {
        let bases = self.transpose(h);
        let mut columns = vec![Vec::new(); wires];
        for (row, terms) in c.iter().enumerate() {
            for (coefficient, wire) in terms {
                columns[*wire].push((*coefficient, bases[row]));
            }
        }
        columns.par_iter().map(|column| column.iter().map(|(c, base)| times(base, c)).sum()).collect()
    }

    /// `Tᵀ · points`. With `F` the transform, symmetric, and `D` the powers of the coset's offset, `T = F·D·F⁻¹` and so
    /// `Tᵀ = F⁻¹·D·F`.
    fn transpose(&self, points: &[G1Affine]) -> Vec<G1Projective> {
        let mut values: Vec<G1Projective> = points.iter().map(|point| (*point).into()).collect();
        self.domain.fft_in_place(&mut values);
        let offset = self.odd.coset_offset();
        values.par_iter_mut().enumerate().for_each(|(i, value)| *value *= offset.pow([i as u64]));
        self.domain.ifft_in_place(&mut values);
        values
    }
}

/// `a_i · b_i`. Secret.
pub(super) fn products(a: &[Fr], b: &[Fr]) -> impl IndexedParallelIterator<Item = Fr> {
    a.par_iter().zip(b).map(|(a, b)| *a * b)
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
            let right: G1Projective = c.iter().zip(quotient.transpose(&h)).map(|(s, p)| p * s).sum();
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
        let folded: G1Projective = quotient.fold(&h, &c, 3).iter().zip(&z).map(|(k, z)| *k * z).sum();
        assert_eq!(direct, folded);
    }
}
