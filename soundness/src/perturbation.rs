//! One private wire moved, all others held: does every value but its own break a constraint?
//!
//! Not by trying values. Moved by `δ`, a wire changes `A·B − C` from 0 to `δ·(a·B + b·A − c) + δ²·a·b`, with `a, b, c` its
//! coefficients, so each constraint allows at most one `δ` other than 0 unless it allows all.

use ark_ff::{AdditiveGroup, Field};

use crate::r1cs::{F, R1cs, Row, Wire};

/// Movements other than 0 that break nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freedom {
    /// Any.
    Every,
    /// By this much.
    By(F),
    /// None.
    None,
}

/// The private wires of a satisfying assignment that can move alone.
pub fn free_wires(system: &R1cs, assignment: &[F]) -> Vec<(Wire, Freedom)> {
    let by_wire = system.rows_by_wire();
    let private = 1 + system.inputs..system.wires;
    let freedom = |wire: usize| {
        let rows = by_wire[wire].iter().map(|row| allowed_by(&system.rows[*row], wire as Wire, assignment));
        (wire as Wire, rows.fold(Freedom::Every, both))
    };
    private.map(freedom).filter(|(_, freedom)| *freedom != Freedom::None).collect()
}

fn allowed_by(row: &Row, wire: Wire, assignment: &[F]) -> Freedom {
    let [a, b, c] = row.sides().map(|side| side.coefficient(wire));
    let (value_a, value_b) = (row.a.evaluate(assignment), row.b.evaluate(assignment));
    let (linear, square) = (a * value_b + b * value_a - c, a * b);
    match (linear == F::ZERO, square.inverse()) {
        (true, None) => Freedom::Every,
        (false, Some(inverse)) => Freedom::By(-linear * inverse),
        // One root, 0 itself, or none.
        (true, Some(_)) | (false, None) => Freedom::None,
    }
}

fn both(left: Freedom, right: Freedom) -> Freedom {
    match (left, right) {
        (Freedom::Every, other) | (other, Freedom::Every) => other,
        (Freedom::By(x), Freedom::By(y)) if x == y => left,
        _ => Freedom::None,
    }
}
