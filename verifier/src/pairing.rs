//! The optimal ate pairing over BN254, as far as a Groth16 verifier needs it.
//!
//! # Why not arkworks'
//! It is the oracle here, and too slow: its additions branch on their result, every product is reduced on its own, and
//! it multiplies by three general lines where two points of the verifying key never change. Here
//! - sums of products are reduced once ([`fp`], [`fp2`]) and nothing branches on a value;
//! - the lines of fixed points are drawn at load and divided so that their constant part is 1 ([`line`]);
//! - all pairs share one loop's squarings ([`miller`]) and one final exponentiation ([`exponent`]).
//!
//! # Exactness
//! [`pairing_product`] equals arkworks' `multi_pairing` as an element, not merely in verdict: both raise to the same
//! power, and Miller values differ by factors from `Fp2` only, which `(p^6 − 1)(p² + 1)` sends to 1. Tests compare every
//! layer with arkworks on the edges of its range and the whole on random and edge points.
//!
//! # Constant time
//! Not claimed and not needed: everything that is verified is public.

mod exponent;
mod fp;
mod fp12;
mod fp2;
mod fp6;
mod g1;
mod line;
mod miller;
mod subgroup;

pub(crate) use fp12::Fp12;
pub(crate) use g1::{AtPoint, G1Point, G1Sum};
pub(crate) use line::{FixedLines, Walk};
pub(crate) use miller::{Fixed, Moving};
pub(crate) use subgroup::is_in_g2;

/// `Π e(P_i, Q_i)` over all pairs. None when the Miller value is 0, which points of G1 and G2 never give.
pub(crate) fn pairing_product(moving: &mut [Moving], fixed: &[Fixed<'_>]) -> Option<Fp12> {
    exponent::final_exponentiation(&miller::miller_loop(moving, fixed))
}

#[cfg(test)]
mod tests;
