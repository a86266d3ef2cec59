//! Number-theoretic transforms of one size: from values on the domain to values on a coset, without any permutation.
//!
//! The inverse transform takes natural order to bit-reversed order, one product a coefficient scales it to the coset and
//! by `1/n`, and the forward transform takes bit-reversed order back to natural. Twiddle factors are computed once.
//! Butterflies add and subtract without branches: which way arkworks' would go is random.

use ark_bn254::Fr;
use ark_ff::{BigInteger256, FftField, Field, PrimeField};
use rayon::prelude::*;

use super::limbs::{add, add_if, subtract};

const MODULUS: [u64; 4] = Fr::MODULUS.0;
/// Butterflies that one task does at least, and below which halves are not handed to other threads.
const TASK: usize = 1024;

/// The map from a polynomial's values on `⟨ω²⟩` to its values on `ω·⟨ω²⟩`, `ω` a primitive `2n`-th root of unity.
pub(super) struct Extension {
    /// `ω^(2i)` for `i < n/2`.
    roots: Vec<Fr>,
    /// Their inverses.
    inverse_roots: Vec<Fr>,
    /// `ω^i / n`, in bit-reversed order.
    scales: Vec<Fr>,
}

impl Extension {
    /// For `size` values, a power of two from 2 on; none where the field has no such root.
    pub fn new(size: usize) -> Option<Self> {
        if size < 2 || !size.is_power_of_two() {
            return None;
        }
        let offset = Fr::get_root_of_unity(2 * size as u64)?;
        let root = offset.square();
        let of_size = Fr::from(size as u64).inverse()?;
        let natural = powers(offset, of_size, size);
        let shift = usize::BITS - size.ilog2();
        let scales = (0..size).map(|i| natural[i.reverse_bits() >> shift]).collect();
        let half = size / 2;
        Some(Self { roots: powers(root, Fr::ONE, half), inverse_roots: powers(root.inverse()?, Fr::ONE, half), scales })
    }

    /// How many values it maps.
    pub fn size(&self) -> usize {
        self.scales.len()
    }

    /// Maps values in natural order to values in natural order.
    ///
    /// # Panics
    /// When there are not [`Self::size`] of them.
    pub fn apply(&self, values: &mut [Fr]) {
        assert_eq!(values.len(), self.size(), "one value a point of the domain");
        interpolate(values, &self.inverse_roots, 1);
        values.par_iter_mut().zip(&self.scales).with_min_len(TASK).for_each(|(value, scale)| *value *= scale);
        evaluate(values, &self.roots, 1);
    }
}

/// `first · base^i` for `i < count`.
fn powers(base: Fr, first: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |power| Some(*power * base)).take(count).collect()
}

/// Decimation in frequency: natural to bit-reversed order, not yet divided by `n`. `roots` are those of the whole
/// transform; this part of it uses every `stride`-th.
fn interpolate(values: &mut [Fr], roots: &[Fr], stride: usize) {
    if values.len() < 2 {
        return;
    }
    let half = values.len() / 2;
    let (low, high) = values.split_at_mut(half);
    butterflies(low, high, roots, stride, |low, high, root| {
        let difference = minus(low, high);
        *low = plus(low, high);
        *high = difference * root;
    });
    both(low, high, |part| interpolate(part, roots, 2 * stride));
}

/// Decimation in time: bit-reversed to natural order.
fn evaluate(values: &mut [Fr], roots: &[Fr], stride: usize) {
    if values.len() < 2 {
        return;
    }
    let half = values.len() / 2;
    let (low, high) = values.split_at_mut(half);
    both(low, high, |part| evaluate(part, roots, 2 * stride));
    butterflies(low, high, roots, stride, |low, high, root| {
        let product = *high * root;
        *high = minus(low, &product);
        *low = plus(low, &product);
    });
}

fn butterflies(
    low: &mut [Fr],
    high: &mut [Fr],
    roots: &[Fr],
    stride: usize,
    butterfly: impl Fn(&mut Fr, &mut Fr, &Fr) + Send + Sync,
) {
    if low.len() <= TASK {
        let pairs = low.iter_mut().zip(high).zip(roots.iter().step_by(stride));
        pairs.for_each(|((low, high), root)| butterfly(low, high, root));
    } else {
        let pairs = low.par_iter_mut().zip(high).enumerate().with_min_len(TASK);
        pairs.for_each(|(i, (low, high))| butterfly(low, high, &roots[i * stride]));
    }
}

fn both(low: &mut [Fr], high: &mut [Fr], part: impl Fn(&mut [Fr]) + Send + Sync) {
    if low.len() > TASK {
        rayon::join(|| part(low), || part(high));
    } else {
        part(low);
        part(high);
    }
}

#[inline(always)]
fn plus(a: &Fr, b: &Fr) -> Fr {
    // Below 2^255, so nothing is carried out.
    let (reduced, negative) = subtract(&add(&a.0.0, &b.0.0), &MODULUS);
    from_limbs(add_if(negative, &reduced, &MODULUS))
}

#[inline(always)]
fn minus(a: &Fr, b: &Fr) -> Fr {
    let (difference, negative) = subtract(&a.0.0, &b.0.0);
    from_limbs(add_if(negative, &difference, &MODULUS))
}

fn from_limbs(limbs: [u64; 4]) -> Fr {
    Fr::new_unchecked(BigInteger256::new(limbs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, UniformRand};
    use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
    use ark_std::test_rng;

    /// arkworks' inverse transform, and its transform to the coset.
    fn oracle(values: &[Fr]) -> Vec<Fr> {
        let domain = Radix2EvaluationDomain::<Fr>::new(values.len()).unwrap();
        let double = Radix2EvaluationDomain::<Fr>::new(2 * values.len()).unwrap();
        domain.get_coset(double.group_gen()).unwrap().fft(&domain.ifft(values))
    }

    #[test]
    fn values_on_the_coset_are_those_of_arkworks() {
        let mut rng = test_rng();
        for size in [2, 4, 8, 64, 1 << 11, 1 << 12, 1 << 14] {
            let extension = Extension::new(size).unwrap();
            let random: Vec<Fr> = (0..size).map(|_| Fr::rand(&mut rng)).collect();
            let sparse: Vec<Fr> = (0..size).map(|i| if i % 3 == 0 { -Fr::ONE } else { Fr::ZERO }).collect();
            for values in [random, sparse, vec![Fr::ZERO; size], vec![-Fr::ONE; size]] {
                let mut extended = values.clone();
                extension.apply(&mut extended);
                assert_eq!(extended, oracle(&values), "{size}");
            }
        }
    }

    #[test]
    fn sums_and_differences_are_arkworks_at_the_ends_of_the_range() {
        let one = Fr::ONE;
        let raw = |limbs| from_limbs(limbs);
        let mut greatest = MODULUS;
        greatest[0] -= 1;
        let edges = [Fr::ZERO, one, -one, raw(greatest), raw([1, 0, 0, 0]), raw([u64::MAX, u64::MAX, u64::MAX, 0])];
        for a in edges {
            for b in edges {
                assert_eq!((plus(&a, &b), minus(&a, &b)), (a + b, a - b));
            }
        }
    }

    #[test]
    fn sizes_without_a_root_are_refused() {
        assert!(Extension::new(0).is_none() && Extension::new(1).is_none() && Extension::new(6).is_none());
        assert!(Extension::new(1 << 30).is_none());
    }
}
