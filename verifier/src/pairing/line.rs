//! The lines of the Miller loop: through the points that a point of G2 passes on the way to `[6x + 2]Q`.
//!
//! A line at a point `(x, y)` of G1 is `a·y + b·x·w + c·w³`, with `a, b, c` in `Fp2` depending on `Q` alone. The final
//! exponentiation removes every factor from `Fp2` and `Fp`, so a line may be divided by `y`, and by `a` when the point
//! of G2 is fixed and the division is done beforehand.
//!
//! Formulas: eprint 2013/722, §4.2, homogeneous coordinates. They are exact unless the point doubled has order 2 or the
//! points added have equal `x`; then, and only then, `z` becomes 0, and stays so.

use ark_bn254::{Config, Fq2, G2Affine, g2};
use ark_ec::bn::BnConfig;
use ark_ec::short_weierstrass::SWCurveConfig;

use super::fp2::Fp2;
use super::g1::AtPoint;

/// The signed digits of `6x + 2`, least first.
pub(super) const DIGITS: &[i8] = Config::ATE_LOOP_COUNT;

/// `a + b·w + c·w³`.
pub(crate) struct Line {
    pub a: Fp2,
    pub b: Fp2,
    pub c: Fp2,
}

impl Line {
    /// Its value at a point of G1, divided by the point's `y`.
    #[inline(always)]
    pub fn at(&self, point: &AtPoint) -> Self {
        Self { a: self.a, b: self.b.scale(&point.x_by_y), c: self.c.scale(&point.one_by_y) }
    }
}

/// `(x, y)` of a point of the twist that is not the identity.
#[derive(Clone, Copy)]
struct TwistPoint {
    x: Fp2,
    y: Fp2,
}

impl TwistPoint {
    fn neg(&self) -> Self {
        Self { x: self.x, y: self.y.neg() }
    }

    /// `ψ`, untwist, Frobenius, twist: it multiplies a point of G2 by `p`.
    fn psi(&self) -> Self {
        let conjugate = |value: &Fp2| Fp2 { c0: value.c0, c1: value.c1.neg() };
        Self {
            x: conjugate(&self.x).mul(&Config::TWIST_MUL_BY_Q_X.into()),
            y: conjugate(&self.y).mul(&Config::TWIST_MUL_BY_Q_Y.into()),
        }
    }
}

/// A point of the twist on its way, with the lines it draws.
#[derive(Clone)]
pub(crate) struct Walk {
    start: TwistPoint,
    x: Fp2,
    y: Fp2,
    z: Fp2,
    /// `3·b'` of the twist `y² = x³ + b'`.
    three_b: Fp2,
}

impl Walk {
    /// Starts at a point of the twist that is not the identity.
    pub fn new(point: &G2Affine) -> Self {
        let start = TwistPoint { x: point.x.into(), y: point.y.into() };
        let three_b = Fp2::from(g2::Config::COEFF_B).triple();
        Self { start, x: start.x, y: start.y, z: Fp2::ONE, three_b }
    }

    /// Doubles: the tangent.
    #[inline]
    pub fn double(&mut self) -> Line {
        let a = self.x.mul(&self.y).half();
        let (b, c, j) = (self.y.square(), self.z.square(), self.x.square());
        let e = c.mul(&self.three_b);
        let f = e.triple();
        let g = b.add(&f).half();
        let h = self.y.add(&self.z).square().sub(&b.add(&c));
        self.x = a.mul(&b.sub(&f));
        self.y = g.square().sub(&e.square().triple());
        self.z = b.mul(&h);
        Line { a: h.neg(), b: j.triple(), c: e.sub(&b) }
    }

    /// Adds the start, or its negative: the chord.
    #[inline]
    pub fn add_start(&mut self, negative: bool) -> Line {
        let point = if negative { self.start.neg() } else { self.start };
        self.add(&point)
    }

    /// Adds `ψ(Q)` and `−ψ²(Q)`: the last two chords.
    pub fn finish(&mut self) -> [Line; 2] {
        let one = self.start.psi();
        let two = one.psi().neg();
        [self.add(&one), self.add(&two)]
    }

    /// Whether it stands at `−ψ³(Q)`, having met no exceptional case on the way.
    pub fn is_at_minus_psi_cubed(&self) -> bool {
        let point = self.start.psi().psi().psi().neg();
        self.z != Fp2::ZERO && self.x == point.x.mul(&self.z) && self.y == point.y.mul(&self.z)
    }

    #[inline]
    fn add(&mut self, point: &TwistPoint) -> Line {
        let theta = self.y.sub(&point.y.mul(&self.z));
        let lambda = self.x.sub(&point.x.mul(&self.z));
        let (c, d) = (theta.square(), lambda.square());
        let e = lambda.mul(&d);
        let g = self.x.mul(&d);
        let h = e.add(&self.z.mul(&c)).sub(&g.double());
        self.x = lambda.mul(&h);
        self.y = theta.wide(&g.sub(&h)).sub(&e.wide(&self.y)).reduce_signed();
        self.z = self.z.mul(&e);
        let j = theta.wide(&point.x).sub(&lambda.wide(&point.y)).reduce_signed();
        Line { a: lambda, b: theta.neg(), c: j }
    }
}

/// The lines of a fixed point, `a = 1`, in the order of the loop.
#[derive(Clone)]
pub(crate) struct FixedLines(Vec<[Fp2; 2]>);

impl FixedLines {
    /// Draws them once, with one inversion.
    pub fn new(point: &G2Affine) -> Self {
        let mut walk = Walk::new(point);
        let mut lines = Vec::with_capacity(2 * DIGITS.len());
        for digit in DIGITS.iter().rev().skip(1) {
            lines.push(walk.double());
            if *digit != 0 {
                lines.push(walk.add_start(*digit < 0));
            }
        }
        lines.extend(walk.finish());
        let mut inverses: Vec<Fq2> = lines.iter().map(|line| line.a.into()).collect();
        ark_ff::batch_inversion(&mut inverses);
        let divided = |(line, inverse): (&Line, &Fq2)| {
            let inverse = Fp2::from(*inverse);
            [line.b.mul(&inverse), line.c.mul(&inverse)]
        };
        Self(lines.iter().zip(&inverses).map(divided).collect())
    }

    /// The line of a step at a point of G1.
    #[inline(always)]
    pub fn at(&self, step: usize, point: &AtPoint) -> [Fp2; 2] {
        let [b, c] = &self.0[step];
        [b.scale(&point.x_by_y), c.scale(&point.one_by_y)]
    }
}
