//! Batches with every kind of bad proof, under a key whose scalars are known.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::Field;
use poa_circuits::native::field;
use rand_core::{TryCryptoRng, TryRng, UnwrapErr};

use super::*;
use crate::groth16::InputTables;

fn scalar(name: &str, i: usize) -> Fr {
    field::to_field(name, &[i as u8])
}

fn g1(exponent: Fr) -> G1Affine {
    (G1Projective::generator() * exponent).into_affine()
}

fn g2(exponent: Fr) -> G2Affine {
    (G2Projective::generator() * exponent).into_affine()
}

struct Trapdoor([Fr; 4], [Fr; INPUTS + 1]);

impl Trapdoor {
    fn new() -> Self {
        Self([0, 1, 2, 3].map(|i| scalar("key", i)), std::array::from_fn(|i| scalar("ic", i)))
    }

    fn key(&self) -> VerifyingKey {
        let [alpha, beta, gamma, delta] = self.0;
        VerifyingKey::from_points(g1(alpha), g2(beta), g2(gamma), g2(delta), &self.1.map(g1)).unwrap()
    }

    /// A proof with chosen A and B.
    fn prove(&self, inputs: &[Fr; INPUTS], a: Fr, b: Fr) -> Proof {
        let [alpha, beta, gamma, delta] = self.0;
        let sum: Fr = self.1[0] + inputs.iter().zip(&self.1[1..]).map(|(x, ic)| *x * ic).sum::<Fr>();
        let c = (a * b - alpha * beta - sum * gamma) / delta;
        Proof::from_points(g1(a), g2(b), g1(c)).unwrap()
    }
}

fn os_rng() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

fn inputs(i: usize) -> [Fr; INPUTS] {
    std::array::from_fn(|j| if (i + j).is_multiple_of(3) { Fr::from(j as u64) } else { scalar("input", 23 * i + j) })
}

fn honest(trapdoor: &Trapdoor, count: usize) -> Vec<([Fr; INPUTS], Proof)> {
    let prove = |i| (inputs(i), trapdoor.prove(&inputs(i), scalar("a", i), scalar("b", i)));
    (0..count).map(prove).collect()
}

fn verdict(key: &VerifyingKey, batch: &[([Fr; INPUTS], Proof)]) -> Vec<usize> {
    let claims: Vec<Claim> = batch.iter().map(|(inputs, proof)| (inputs, proof)).collect();
    let verdict = key.verify_batch(&claims, &mut os_rng());
    let alone: Vec<usize> = (0..batch.len()).filter(|i| key.verify(claims[*i].0, claims[*i].1).is_err()).collect();
    let named = verdict.map_or_else(|error| error.unsatisfied, |()| Vec::new());
    assert_eq!(named, alone);
    named
}

/// The point plus `k` generators.
fn moved(point: &G1Affine, k: Fr) -> G1Affine {
    (*point + g1(k)).into_affine()
}

fn with_c(proof: &Proof, c: G1Affine) -> Proof {
    Proof::from_points(*proof.a(), *proof.b(), c).unwrap()
}

#[test]
fn valid_batches_of_every_small_size_and_64_pass() {
    let (trapdoor, nobody) = (Trapdoor::new(), Vec::<usize>::new());
    let key = trapdoor.key();
    let batch = honest(&trapdoor, 64);
    for size in [0, 1, 2, 3, 5, 64] {
        assert_eq!(verdict(&key, &batch[..size]), nobody, "{size}");
    }
    let same: Vec<_> = (0..5).map(|_| batch[0].clone()).collect();
    assert_eq!(verdict(&key, &same), nobody);
    for size in [InputTables::Small, InputTables::Large] {
        let key = key.clone().with_tables(size);
        assert_eq!(key.tables(), size);
        assert_eq!(verdict(&key, &batch[..3]), nobody);
    }
}

#[test]
fn the_bad_ones_are_named_wherever_they_stand() {
    let trapdoor = Trapdoor::new();
    let key = trapdoor.key();
    let good = honest(&trapdoor, 9);
    for bad in [vec![0], vec![4], vec![8], vec![0, 8], vec![1, 2, 3], vec![0, 1, 2, 3, 4, 5, 6, 7, 8]] {
        let mut batch = good.clone();
        for i in &bad {
            batch[*i].0[*i] += Fr::ONE;
        }
        assert_eq!(verdict(&key, &batch), bad);
        assert_eq!(verdict(&key, &batch[..1]), if bad[0] == 0 { vec![0] } else { vec![] });
    }
    let duplicates: Vec<_> = (0..4).map(|i| (inputs(i / 2), good[0].1.clone())).collect();
    assert_eq!(verdict(&key, &duplicates), [2, 3]);
}

/// Errors that cancel in a product without coefficients, and in one whose coefficients are equal.
#[test]
fn errors_that_cancel_each_other_are_found() {
    let trapdoor = Trapdoor::new();
    let key = trapdoor.key();
    let k = scalar("error", 0);
    let mut batch = honest(&trapdoor, 6);
    // C + K and C − K.
    batch[1].1 = with_c(&batch[1].1, moved(batch[1].1.c(), k));
    batch[4].1 = with_c(&batch[4].1, moved(batch[4].1.c(), -k));
    let equal = [Coefficient::random(&mut os_rng()); 6];
    let claims: Vec<Claim> = batch.iter().map(|(inputs, proof)| (inputs, proof)).collect();
    assert_eq!(key.equation().combined(&claims, &equal), Some(Fp12::ONE), "the attack works on equal coefficients");
    assert_eq!(verdict(&key, &batch), [1, 4]);
    // A + K and A − K with the same B.
    let mut batch = honest(&trapdoor, 5);
    for (i, k) in [(0, k), (3, -k)] {
        let proof = trapdoor.prove(&inputs(i), scalar("a", i), scalar("b", 0));
        batch[i].1 = Proof::from_points(moved(proof.a(), k), *proof.b(), *proof.c()).unwrap();
    }
    let claims: Vec<Claim> = batch.iter().map(|(inputs, proof)| (inputs, proof)).collect();
    assert_eq!(
        key.equation().combined(&claims, &equal[..5]),
        Some(Fp12::ONE),
        "the attack works on equal coefficients"
    );
    assert_eq!(verdict(&key, &batch), [0, 3]);
    // Proofs whose inputs were exchanged.
    let mut batch = honest(&trapdoor, 4);
    (batch[0].0, batch[1].0) = (batch[1].0, batch[0].0);
    assert_eq!(verdict(&key, &batch), [0, 1]);
}

/// A generator that counts to a number and starts again.
struct Stuck {
    cycle: u64,
    count: u64,
}

impl TryRng for Stuck {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.count = (self.count + 1) % self.cycle;
        Ok(self.count)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(self.try_next_u64()? as u8);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

#[test]
fn a_generator_that_is_stuck_does_not_let_errors_cancel() {
    let trapdoor = Trapdoor::new();
    let key = trapdoor.key();
    let stuck = |cycle| Stuck { cycle, count: 0 };
    let mut batch = honest(&trapdoor, 5);
    let claims: Vec<Claim> = batch.iter().map(|(inputs, proof)| (inputs, proof)).collect();
    assert_eq!(key.verify_batch(&claims, &mut stuck(1)), Ok(()), "zeros for ever");
    let k = scalar("error", 0);
    for (cycle, other) in [(1, 2), (2, 2), (4, 3), (6, 4)] {
        // Two numbers a coefficient: those of 1 and `other` are equal.
        let mut forged = batch.clone();
        forged[1].1 = with_c(&batch[1].1, moved(batch[1].1.c(), k));
        forged[other].1 = with_c(&batch[other].1, moved(batch[other].1.c(), -k));
        let claims: Vec<Claim> = forged.iter().map(|(inputs, proof)| (inputs, proof)).collect();
        let error = key.verify_batch(&claims, &mut stuck(cycle)).unwrap_err();
        assert_eq!(error.unsatisfied, [1, other], "{cycle}");
    }
    batch.truncate(1);
    let claims: Vec<Claim> = batch.iter().map(|(inputs, proof)| (inputs, proof)).collect();
    assert_eq!(key.verify_batch(&claims, &mut stuck(1)), Ok(()));
}

#[test]
fn an_identity_is_no_special_case() {
    let trapdoor = Trapdoor::new();
    let key = trapdoor.key();
    let batch = honest(&trapdoor, 3);
    // Inputs whose sum is the identity.
    let mut zero = inputs(0);
    zero[0] = Fr::ZERO;
    let rest: Fr = trapdoor.1[0] + zero.iter().zip(&trapdoor.1[1..]).map(|(x, ic)| *x * ic).sum::<Fr>();
    zero[0] = -rest / trapdoor.1[1];
    let proof = trapdoor.prove(&zero, Fr::ONE, Fr::from(2u64));
    assert_eq!(verdict(&key, &[(zero, proof.clone()), batch[1].clone()]), Vec::<usize>::new());
    zero[1] += Fr::ONE;
    assert_eq!(verdict(&key, &[(zero, proof), batch[1].clone()]), [0]);
}
