//! Many proofs under one key at once.
//!
//! # Statement
//! For random coefficients `c_i`, drawn after all proofs are fixed, with `S_i` the inputs' sum of proof `i`:
//! `Π e(c_i·A_i, B_i) = e(Σ c_i·alpha, beta) · e(Σ c_i·S_i, gamma) · e(Σ c_i·C_i, delta)`.
//! One Miller loop over `n + 3` pairs, three of them with known lines, and one final exponentiation.
//!
//! # Soundness
//! Points of a [`Proof`] are in groups of prime order `r`, so the equation of proof `i` is off by `e(g, h)^(d_i)` for one
//! `d_i` modulo `r`, and the product by `Σ c_i·d_i`. If some `d_i` is not 0 then, whatever the other coefficients are, one
//! value of `c_i` at most makes the sum 0. There are `2^128` values, equally likely, so a batch with a bad proof passes
//! with probability `2^-128` at most. A valid batch always passes.
//!
//! It rests on two things. The coefficients must be unknown when the proofs are made: they come from the caller's
//! `CryptoRng` inside the call, anew for every split. A generator that is stuck would give equal ones, and errors that
//! cancel would pass; where one repeats, which chance does not bring about, every proof is checked alone instead. And the points must be in the subgroup, checked one by one when a
//! proof is decoded: the curve of `B` has points of order 10,069, whose error would vanish with probability 1/10,069.
//!
//! # Naming the bad ones
//! A batch that fails is halved until single proofs are left, and those are judged by the equation alone, without
//! coefficients. `k` bad ones among `n` cost about `k·log2(n/k)` further batches, at worst about twice what verifying
//! each would.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use rand_core::CryptoRng;

use super::coefficient::{Coefficient, product, sum_of_products};
use super::equation::Equation;
use super::{INPUTS, Proof};
use crate::key::VerifyingKey;
use crate::pairing::{Fp12, G1Sum, Walk, pairing_product};

/// The inputs and the proof of one statement.
pub type Claim<'a> = (&'a [Fr; INPUTS], &'a Proof);

/// Some proofs of a batch do not verify.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the pairing equation does not hold for {} of the batch", unsatisfied.len())]
pub struct BatchError {
    /// The places of all those in the batch, ascending; never empty.
    pub unsatisfied: Vec<usize>,
}

impl VerifyingKey {
    /// Checks the pairing equations of many proofs for a fraction of the price. An empty batch passes.
    ///
    /// `rng` must be unpredictable to whoever made the proofs; it is read after they are fixed.
    ///
    /// # Errors
    /// [`BatchError`] with exactly those claims that [`VerifyingKey::verify`] refuses.
    pub fn verify_batch(&self, claims: &[Claim<'_>], rng: &mut impl CryptoRng) -> Result<(), BatchError> {
        if self.equation().holds_for_all(claims, rng) {
            return Ok(());
        }
        let mut unsatisfied = Vec::new();
        self.equation().find(claims, 0, rng, &mut unsatisfied);
        if unsatisfied.is_empty() {
            // A split passed by chance, or the generator is broken.
            unsatisfied.extend((0..claims.len()).filter(|i| self.verify(claims[*i].0, claims[*i].1).is_err()));
        }
        Err(BatchError { unsatisfied })
    }
}

impl Equation {
    /// The bad ones of a batch that has failed.
    fn find(&self, failed: &[Claim<'_>], first: usize, rng: &mut impl CryptoRng, unsatisfied: &mut Vec<usize>) {
        if let [(inputs, proof)] = failed {
            if self.check(inputs, proof).is_err() {
                unsatisfied.push(first);
            }
            return;
        }
        let (left, right) = failed.split_at(failed.len() / 2);
        let left_holds = self.holds_for_all(left, rng);
        if !left_holds {
            self.find(left, first, rng, unsatisfied);
        }
        // If the left half holds, the right one is known to fail.
        if left_holds || !self.holds_for_all(right, rng) {
            self.find(right, first + left.len(), rng, unsatisfied);
        }
    }

    fn holds_for_all(&self, claims: &[Claim<'_>], rng: &mut impl CryptoRng) -> bool {
        match claims {
            [] => true,
            [(inputs, proof)] => self.check(inputs, proof).is_ok(),
            _ => {
                let coefficients: Vec<_> = claims.iter().map(|_| Coefficient::random(rng)).collect();
                if repeat(&coefficients) {
                    return claims.iter().all(|(inputs, proof)| self.check(inputs, proof).is_ok());
                }
                self.combined(claims, &coefficients) == Some(Fp12::ONE)
            }
        }
    }

    /// The quotient of the two sides of the combined equation.
    fn combined(&self, claims: &[Claim<'_>], coefficients: &[Coefficient]) -> Option<Fp12> {
        let scalars = combined_inputs(claims, coefficients);
        let terms: Vec<_> = coefficients.iter().zip(claims).map(|(factor, (_, proof))| (*factor, &proof.c)).collect();
        let mut sums = vec![G1Sum::from(&alpha(self, &scalars[0])), self.tables.sum(&scalars), sum_of_products(&terms)];
        sums.extend(coefficients.iter().zip(claims).map(|(factor, (_, proof))| product(*factor, &proof.a)));
        let points = G1Sum::at_points(&sums);
        let (right, left) = points.split_at(3);
        // Pairs with the identity contribute 1: they are left out.
        let moving = left.iter().zip(claims).filter_map(|(point, (_, proof))| Some((Walk::new(&proof.b), (*point)?)));
        let lines = [&*self.beta, &*self.gamma, &*self.delta];
        let fixed = lines.into_iter().zip(right).filter_map(|(lines, point)| Some((lines, point.as_ref()?.neg())));
        pairing_product(&mut moving.collect::<Vec<_>>(), &fixed.collect::<Vec<_>>())
    }
}

/// Whether two are equal or one is zero.
fn repeat(coefficients: &[Coefficient]) -> bool {
    let mut sorted = coefficients.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1]) || sorted.first() == Some(&Coefficient::ZERO)
}

/// The scalars of the constant's and the inputs' points: `Σ c_i` and `Σ c_i·x_ij`.
fn combined_inputs(claims: &[Claim<'_>], coefficients: &[Coefficient]) -> [Fr; INPUTS + 1] {
    let mut scalars = [Fr::ZERO; INPUTS + 1];
    for (coefficient, (inputs, _)) in coefficients.iter().zip(claims) {
        let coefficient = coefficient.to_scalar();
        scalars[0] += coefficient;
        scalars[1..].iter_mut().zip(inputs.iter()).for_each(|(sum, input)| *sum += coefficient * input);
    }
    scalars
}

fn alpha(equation: &Equation, factor: &Fr) -> ark_bn254::G1Affine {
    (equation.alpha * factor).into()
}

#[cfg(test)]
mod tests;
