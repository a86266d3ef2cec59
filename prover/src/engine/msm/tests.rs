//! Sums over tables against arkworks' own, on random and on edge inputs, in both groups.

use ark_bn254::{Fr, g1, g2};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field, PrimeField, UniformRand};
use ark_std::test_rng;

use super::buckets::{Summation, member};
use super::grouped::{Grouped, Source};
use super::{Curve, Table, weighted};
use crate::engine::settings::Settings;

fn settings() -> [Settings; 5] {
    let other = |bits, stride| Settings::new(bits, stride).unwrap();
    [Settings::FULL, Settings::SMALL, other(4, 1), other(5, 51), other(8, 3)]
}

fn points<P: Curve>(count: usize) -> Vec<Affine<P>> {
    let mut rng = test_rng();
    let points: Vec<Projective<P>> = (0..count).map(|_| Projective::rand(&mut rng)).collect();
    Projective::normalize_batch(&points)
}

fn oracle<P: Curve>(bases: &[Affine<P>], scalars: &[Fr]) -> Projective<P> {
    bases.iter().zip(scalars).map(|(base, scalar)| *base * scalar).sum()
}

fn check<P: Curve>(bases: &[Affine<P>], scalars: &[Fr]) {
    let integers: Vec<_> = scalars.iter().map(|s| s.into_bigint()).collect();
    let expected = oracle(bases, scalars);
    for settings in settings() {
        assert_eq!(Table::new(bases, settings, |_| ()).sum(&integers), expected, "{settings:?}");
    }
}

fn check_both(scalars: &[Fr]) {
    check(&points::<g1::Config>(scalars.len()), scalars);
    check(&points::<g2::Config>(scalars.len()), scalars);
}

#[test]
fn random_sums_are_those_of_arkworks() {
    let mut rng = test_rng();
    let scalars: Vec<Fr> = (0..300).map(|_| Fr::rand(&mut rng)).collect();
    check_both(&scalars);
    let bases = points::<g1::Config>(300);
    assert_eq!(oracle(&bases, &scalars), Projective::msm(&bases, &scalars).unwrap());
}

#[test]
fn no_base_one_base_and_zero_scalars() {
    check_both(&[]);
    check_both(&[Fr::ZERO]);
    check_both(&[Fr::ONE]);
    check_both(&[-Fr::ONE]);
    check_both(&[Fr::ZERO; 40]);
}

#[test]
fn equal_scalars_fill_one_bucket() {
    check_both(&[Fr::ONE; 130]);
    check_both(&[-Fr::from(3u64); 65]);
}

#[test]
fn digits_at_the_ends_of_their_range() {
    let powers = [3u64, 4, 7, 12, 14, 15, 252, 253].map(|e| Fr::from(2u64).pow([e]));
    let scalars: Vec<Fr> = powers.iter().flat_map(|p| [*p, -*p, *p - Fr::ONE, *p + Fr::ONE]).collect();
    check_both(&scalars);
}

#[test]
fn equal_opposite_and_missing_bases_take_the_complete_formula() {
    let [p, q] = points::<g1::Config>(2)[..] else { unreachable!("two points were asked for") };
    let zero = Affine::zero();
    let (one, two) = (Fr::ONE, Fr::from(2u64));
    check(&[p, p], &[one, one]);
    check(&[p, -p], &[one, one]);
    check(&[p, p], &[one, -one]);
    check(&[p, p, p, p, q, -q, q, q], &[two; 8]);
    check(&[zero, p, zero, q, zero], &[one, two, two, -one, -two]);
    check(&[zero, zero], &[one, two]);
    // p + p = 2p meets 2p in the second pass.
    check(&[p, p, (p + p).into_affine(), q], &[one; 4]);
}

struct Pairs(Vec<(u32, u32)>);
impl Source for Pairs {
    fn visit(&self, mut each: impl FnMut(u32, u32)) {
        self.0.iter().for_each(|(group, member)| each(*group, *member));
    }
}

/// Every group size around powers of two, and groups that together exceed one range.
#[test]
fn groups_of_every_size_are_summed() {
    let points = points::<g1::Config>(70);
    let mut pairs = Vec::new();
    for group in 0..70u32 {
        pairs.extend((0..group).map(|i| (group, member(i as usize, i % 3 == 0))));
    }
    pairs.extend((0..20_000).map(|i| (70 + i % 3, member(i as usize % 70, i % 5 == 0))));
    let sums = Summation::new().of_groups(&Grouped::new(74, &Pairs(pairs.clone())), &points);
    let mut expected = vec![Projective::<g1::Config>::ZERO; 74];
    for (group, member) in pairs {
        let point = points[(member >> 1) as usize];
        expected[group as usize] += if member & 1 == 1 { -point } else { point };
    }
    assert_eq!(*sums, Projective::normalize_batch(&expected));
}

#[test]
fn buckets_are_weighted_by_their_place() {
    for log in 0..=7 {
        let mut buckets = points::<g1::Config>(1 << log);
        for empty in (0..buckets.len()).step_by(3) {
            buckets[empty] = Affine::zero();
        }
        let weights = (1..=buckets.len() as u64).map(Fr::from).collect::<Vec<_>>();
        assert_eq!(weighted::sum(&buckets, &Summation::new()), oracle(&buckets, &weights), "{log}");
    }
    assert_eq!(weighted::sum(&[Affine::<g1::Config>::zero(); 8], &Summation::new()), Projective::ZERO);
}

#[test]
fn one_thread_and_three_give_the_same_sum() {
    let scalars: Vec<Fr> = (0..2_000u64).map(|i| Fr::from(i * i).square().square()).collect();
    let generator = Projective::<g1::Config>::generator();
    let bases: Vec<_> = (1..=2_000u64).map(|i| generator * Fr::from(i)).collect();
    let bases = Projective::normalize_batch(&bases);
    let integers: Vec<_> = scalars.iter().map(|s| s.into_bigint()).collect();
    let table = Table::new(&bases, Settings::SMALL, |_| ());
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let sums = [1, 3].map(|threads| pool(threads).install(|| table.sum(&integers)));
    assert_eq!(sums, [oracle(&bases, &scalars); 2]);
}
