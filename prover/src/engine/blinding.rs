//! From the unblinded sums to a proof that says nothing but its statement.
//!
//! Textbook Groth16 blinds with `r` and `s` on the way and needs the B sum in G1 for it. Here the sums are taken with
//! `r = s = 0` and the valid, deterministic proof is then re-randomised:
//! `A' = A/r1`, `B' = r1·B + r1·r2·delta`, `C' = C + r2·A`, with `r1`, `r2` uniform and not 0.
//!
//! `e(A', B') = e(A, B) · e(r2·A, delta)`, so `C'` completes the same equation. For `A` and `B` not the identity, `A'` is
//! uniform among the other points of G1 and, `delta` generating G2, `B'` is uniform apart from one value and independent
//! of `A'`; `C'` is then the only point that verifies. That is an honest proof's distribution up to a statistical
//! distance of some 2^-252. Source: eprint 2020/811, theorem 3.

use ark_bn254::{Fr, G1Projective, G2Affine, G2Projective};
use ark_ec::{AdditiveGroup, CurveGroup};
use ark_ff::Field;
use poa_circuits::native::field;
use poa_verifier::groth16::{Proof, ProofError};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::prove::ProveError;

/// A valid proof that is a function of the witness: its points test guesses of it. Stays inside the engine.
pub(super) struct Unblinded {
    pub a: G1Projective,
    pub b: G2Projective,
    pub c: G1Projective,
}

impl Drop for Unblinded {
    fn drop(&mut self) {
        self.a.zeroize();
        self.b.zeroize();
        self.c.zeroize();
    }
}

impl Unblinded {
    /// The proof under fresh `r1` and `r2`.
    ///
    /// # Errors
    /// [`ProveError::Prover`] when `A` or `B` is the identity, which no blinding would hide, or when the generator gives
    /// the same number twice.
    pub fn blind(&self, delta: &G2Affine, rng: &mut impl CryptoRng) -> Result<Proof, ProveError> {
        let (r1, r2) = (Zeroizing::new(field::random(rng)), Zeroizing::new(field::random(rng)));
        // By chance once in 2^252 proofs; always with a generator that is stuck.
        if *r1 == Fr::ZERO || *r2 == Fr::ZERO || r1 == r2 {
            return Err(ProveError::Prover("the random generator repeats itself".to_owned()));
        }
        self.blind_with(delta, &r1, &r2)
    }

    /// The points as they are, for a check inside the engine.
    pub fn reveal(&self) -> Result<Proof, ProofError> {
        Proof::from_points(self.a.into_affine(), self.b.into_affine(), self.c.into_affine())
    }

    fn blind_with(&self, delta: &G2Affine, r1: &Fr, r2: &Fr) -> Result<Proof, ProveError> {
        if self.a == G1Projective::ZERO || self.b == G2Projective::ZERO {
            return Err(ProveError::Prover("A or B is the identity before blinding".to_owned()));
        }
        let inverse = r1.inverse().map(Zeroizing::new);
        let inverse = inverse.ok_or_else(|| ProveError::Prover("r1 is zero".to_owned()))?;
        // Both products of B share their factor: (B + r2·delta)·r1.
        let shifted = Zeroizing::new(self.b + *delta * r2);
        let (a, b, c) = (self.a * *inverse, *shifted * r1, self.c + self.a * r2);
        let in_g1 = G1Projective::normalize_batch(&[a, c]);
        Ok(Proof::from_points(in_g1[0], b.into_affine(), in_g1[1])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Bn254;
    use ark_ec::PrimeGroup;
    use ark_ec::pairing::Pairing;
    use ark_ff::UniformRand;
    use ark_std::test_rng;

    /// Exponents of a proof of the equation `a·b = k + c·delta`.
    fn unblinded() -> (Unblinded, G2Affine, Fr) {
        let mut rng = test_rng();
        let [a, b, c, delta] = [(); 4].map(|()| Fr::rand(&mut rng));
        let (g1, g2) = (G1Projective::generator(), G2Projective::generator());
        (Unblinded { a: g1 * a, b: g2 * b, c: g1 * c }, (g2 * delta).into_affine(), a * b - c * delta)
    }

    fn holds(proof: &Proof, delta: &G2Affine, k: Fr) -> bool {
        let right = Bn254::pairing(G1Projective::generator() * k, G2Projective::generator());
        Bn254::pairing(proof.a(), proof.b()) == right + Bn254::pairing(proof.c(), delta)
    }

    #[test]
    fn blinding_keeps_the_equation_and_moves_every_point() {
        let (proof, delta, k) = unblinded();
        let seven = Fr::from(7u64);
        for (r1, r2) in [(seven, seven.square()), (-Fr::ONE, Fr::ONE), (seven, -Fr::ONE)] {
            let blinded = proof.blind_with(&delta, &r1, &r2).unwrap();
            assert!(holds(&blinded, &delta, k));
            assert_ne!(*blinded.a(), proof.a.into_affine());
            assert_ne!(*blinded.b(), proof.b.into_affine());
            assert_ne!(*blinded.c(), proof.c.into_affine());
        }
    }

    /// Gives one byte for ever.
    struct Stuck(u8);
    impl rand_core::TryRng for Stuck {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(u32::from_le_bytes([self.0; 4]))
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(u64::from_le_bytes([self.0; 8]))
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(self.0);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Stuck {}

    #[test]
    fn a_generator_that_is_stuck_is_noticed() {
        let (proof, delta, _) = unblinded();
        for byte in [0, 7] {
            assert!(matches!(proof.blind(&delta, &mut Stuck(byte)), Err(ProveError::Prover(_))), "{byte}");
        }
    }

    #[test]
    fn the_factor_one_is_allowed_and_keeps_a() {
        let (proof, delta, k) = unblinded();
        let blinded = proof.blind_with(&delta, &Fr::ONE, &Fr::from(3u64)).unwrap();
        assert!(holds(&blinded, &delta, k));
        assert_eq!(*blinded.a(), proof.a.into_affine());
        assert_ne!(*blinded.b(), proof.b.into_affine());
    }

    #[test]
    fn what_no_blinding_hides_is_refused() {
        let (mut proof, delta, _) = unblinded();
        assert!(matches!(proof.blind_with(&delta, &Fr::ZERO, &Fr::ONE), Err(ProveError::Prover(_))));
        let b = proof.b;
        proof.b = G2Projective::ZERO;
        assert!(matches!(proof.blind_with(&delta, &Fr::ONE, &Fr::ONE), Err(ProveError::Prover(_))));
        proof.b = b;
        proof.a = G1Projective::ZERO;
        assert!(matches!(proof.blind_with(&delta, &Fr::ONE, &Fr::ONE), Err(ProveError::Prover(_))));
    }
}
