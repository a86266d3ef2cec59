//! The wires of `K = k·B8`: partial sums in projective coordinates, one inversion for all of them.
//!
//! A window is two or three bits of `k`, a point or a sum tells as much: what is kept of them is zeroised.

use ark_ff::{AdditiveGroup, Field};
use zeroize::Zeroizing;

use super::Wires;
use crate::gadgets::holder::{TABLE, WINDOW_BITS};
use crate::native::babyjubjub::{A, D};
use crate::native::field::F;

type Affine = (F, F);

/// The wires of `gadgets::holder::mul_base8` for little-endian bits, in its order; gives the coordinates of `k·B8`.
pub(super) fn mul_base8(wires: &mut Wires, bits: &[bool]) -> Affine {
    let windows = || bits.chunks(WINDOW_BITS).zip(TABLE.iter()).map(|(bits, row)| Window::new(bits, row));
    let points: Zeroizing<Vec<Affine>> = Zeroizing::new(windows().map(|window| window.point()).collect());
    let sums = partial_sums(&points);
    for (i, window) in windows().enumerate() {
        window.write(wires);
        if i > 0 {
            write_addition(wires, sums[i - 1], points[i], sums[i]);
        }
    }
    // Cannot fail: there are 84 windows.
    *sums.last().expect("the scalar has windows")
}

/// Two or three bits, with the constants they choose from.
struct Window<'a> {
    low: usize,
    top: Option<bool>,
    row: &'a [Affine; 8],
}

impl<'a> Window<'a> {
    fn new(bits: &[bool], row: &'a [Affine; 8]) -> Self {
        Self { low: usize::from(bits[0]) + 2 * usize::from(bits[1]), top: bits.get(2).copied(), row }
    }

    fn point(&self) -> Affine {
        self.row[self.low + 4 * usize::from(self.top == Some(true))]
    }

    /// The product of the two low bits, then for each coordinate the top bit times what it changes.
    fn write(&self, wires: &mut Wires) {
        wires.push_bit(self.low == 3);
        if let Some(top) = self.top {
            let (low, high) = (self.row[self.low], self.row[self.low + 4]);
            wires.push(if top { high.0 - low.0 } else { F::ZERO });
            wires.push(if top { high.1 - low.1 } else { F::ZERO });
        }
    }
}

/// The six wires of `p + q = sum`.
fn write_addition(wires: &mut Wires, p: Affine, q: Affine, sum: Affine) {
    let beta = p.0 * q.1;
    let gamma = p.1 * q.0;
    wires.push(beta);
    wires.push(gamma);
    wires.push((p.1 - A * p.0) * (q.0 + q.1));
    wires.push(beta * gamma);
    wires.push(sum.0);
    wires.push(sum.1);
}

/// `points[0]`, `points[0] + points[1]` and so on.
///
/// The law is the complete one (see `gadgets::holder`), so no denominator is 0 and the batch can be inverted whole.
/// Source: eprint 2008/013 §6, "add" with `Z2 = 1`.
fn partial_sums(points: &[Affine]) -> Zeroizing<Vec<Affine>> {
    let (mut x, mut y, mut z) = (points[0].0, points[0].1, F::ONE);
    // Allocated whole: growing would leave copies behind.
    let mut sums = Zeroizing::new(Vec::with_capacity(points.len()));
    let mut denominators = Zeroizing::new(Vec::with_capacity(points.len()));
    sums.push((x, y));
    denominators.push(z);
    for q in &points[1..] {
        let z2 = z.square();
        let (c, d) = (x * q.0, y * q.1);
        let e = D * c * d;
        let (minus, plus) = (z2 - e, z2 + e);
        x = z * minus * ((x + y) * (q.0 + q.1) - c - d);
        y = z * plus * (d - A * c);
        z = minus * plus;
        sums.push((x, y));
        denominators.push(z);
    }
    ark_ff::batch_inversion(&mut denominators);
    for (sum, inverse) in sums.iter_mut().zip(denominators.iter()) {
        *sum = (sum.0 * inverse, sum.1 * inverse);
    }
    sums
}
