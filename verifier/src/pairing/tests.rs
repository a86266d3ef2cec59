//! The whole pairing against arkworks'.

use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{CurveGroup, PrimeGroup};
use poa_circuits::native::field;

use super::*;

fn scalar(name: &str) -> Fr {
    field::to_field("pairing test", name.as_bytes())
}

fn pair(name: &str) -> (G1Affine, G2Affine) {
    let (p, q) = (G1Projective::generator() * scalar(name), G2Projective::generator() * scalar(&format!("{name}'")));
    (p.into_affine(), q.into_affine())
}

/// Random points, generators, small multiples, opposite pairs.
fn pairs() -> Vec<(G1Affine, G2Affine)> {
    let (p, q) = pair("one");
    let (g, h) = (G1Projective::generator(), G2Projective::generator());
    let mut pairs: Vec<_> = ["two", "three"].map(pair).to_vec();
    pairs.extend([(p, q), (-p, q), (p, -q), (p, q)]);
    pairs.extend([1u64, 2, 3].map(Fr::from).map(|k| ((g * k).into_affine(), (h * -k).into_affine())));
    pairs
}

fn at(point: &G1Affine) -> AtPoint {
    G1Sum::at_points(&[point.into()])[0].unwrap()
}

fn ours(moving: &[(G1Affine, G2Affine)], fixed: &[(G1Affine, G2Affine)]) -> Fq12 {
    let mut moving: Vec<Moving> = moving.iter().map(|(p, q)| (Walk::new(q), at(p))).collect();
    let lines: Vec<_> = fixed.iter().map(|(p, q)| (FixedLines::new(q), at(p))).collect();
    let fixed: Vec<Fixed> = lines.iter().map(|(lines, point)| (lines, *point)).collect();
    pairing_product(&mut moving, &fixed).unwrap().into()
}

fn arkworks(pairs: &[(G1Affine, G2Affine)]) -> Fq12 {
    Bn254::multi_pairing(pairs.iter().map(|pair| pair.0), pairs.iter().map(|pair| pair.1)).0
}

#[test]
fn one_pair_is_arkworks_whether_it_moves_or_is_fixed() {
    for pair in pairs() {
        let expected = arkworks(&[pair]);
        assert_eq!(ours(&[pair], &[]), expected);
        assert_eq!(ours(&[], &[pair]), expected);
    }
}

#[test]
fn products_of_every_split_are_arkworks() {
    let pairs = pairs();
    for split in 0..=pairs.len() {
        let (moving, fixed) = pairs.split_at(split);
        assert_eq!(ours(moving, fixed), arkworks(&pairs), "{split}");
    }
    assert_eq!(ours(&[], &[]), Fp12::ONE.into());
}

#[test]
fn opposite_pairs_cancel() {
    let (p, q) = pair("cancel");
    assert_eq!(ours(&[(p, q), (-p, q)], &[]), Fp12::ONE.into());
    assert_eq!(ours(&[(p, q)], &[(p, -q)]), Fp12::ONE.into());
}
