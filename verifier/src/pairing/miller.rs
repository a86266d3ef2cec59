//! One Miller loop for many pairs: the squarings are shared, the lines of fixed points were drawn before.

use super::fp12::Fp12;
use super::g1::AtPoint;
use super::line::{DIGITS, FixedLines, Walk};

/// A point of G2 that walks during the loop, and the point of G1 that its lines are evaluated at.
pub(crate) type Moving = (Walk, AtPoint);
/// A point of G2 whose lines are known, and the point of G1.
pub(crate) type Fixed<'a> = (&'a FixedLines, AtPoint);

/// The product of the pairs' Miller values, up to factors that the final exponentiation removes. Afterwards every walk
/// stands at `[6x + 2]Q + ψ(Q) − ψ²(Q)`.
pub(crate) fn miller_loop(moving: &mut [Moving], fixed: &[Fixed<'_>]) -> Fp12 {
    let mut value = Fp12::ONE;
    let mut step = 0;
    for (i, digit) in DIGITS.iter().rev().skip(1).enumerate() {
        if i > 0 {
            value = value.square();
        }
        for (walk, point) in moving.iter_mut() {
            value = value.mul_by_line(&walk.double().at(point));
        }
        value = with_fixed(value, &mut step, fixed);
        if *digit != 0 {
            for (walk, point) in moving.iter_mut() {
                value = value.mul_by_line(&walk.add_start(*digit < 0).at(point));
            }
            value = with_fixed(value, &mut step, fixed);
        }
    }
    for (walk, point) in moving {
        for line in walk.finish() {
            value = value.mul_by_line(&line.at(point));
        }
    }
    value = with_fixed(value, &mut step, fixed);
    with_fixed(value, &mut step, fixed)
}

/// The fixed points' lines of one step.
#[inline(always)]
fn with_fixed(mut value: Fp12, step: &mut usize, fixed: &[Fixed<'_>]) -> Fp12 {
    for (lines, point) in fixed {
        let [b, c] = lines.at(*step, point);
        value = value.mul_by_monic_line(&b, &c);
    }
    *step += 1;
    value
}
