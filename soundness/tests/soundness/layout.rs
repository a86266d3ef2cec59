//! The circuit's file, and where its wires and constraints are.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use ark_ff::Field;
use poa_circuits::statement::circuit::shape;
use poa_soundness::determinism::{Computation, Determinism};
use poa_soundness::iden3::read_r1cs;
use poa_soundness::r1cs::{F, Lc, R1cs, Wire};

pub const ROOT: Wire = 1;
pub const CONTEXT: Wire = 2;
pub const SCOPE: Wire = 3;
pub const NULLIFIER: Wire = 4;
pub const SCHEMA: Wire = 5;
pub const SUBJECT: Wire = 6;
pub const VALID_AT: Wire = 7;
pub const MASK: Wire = 8;
pub const DISCLOSED: Wire = 9;
pub const LOWER: Wire = 15;
pub const UPPER: Wire = 19;
pub const REQUIRED: Wire = 23;

pub const KEY: Range<Wire> = 24..275;
pub const PSEUDONYM: Wire = 275;
pub const AGENT: Wire = 276;
pub const ATTRIBUTE: Wire = 277;
pub const EXPIRES_AT: Wire = 283;
pub const SALT: Wire = 284;
pub const SIBLING: Wire = 285;
pub const INDEX: Range<Wire> = 317..349;

/// The bytes that `poa crs export --r1cs` writes.
pub static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| shape().to_iden3());
pub static CIRCUIT: LazyLock<R1cs> = LazyLock::new(|| read_r1cs(&FILE).unwrap());
pub static SETTLED: LazyLock<Determinism> = LazyLock::new(|| Determinism::of(&CIRCUIT));
/// Every other wire from inputs and declared wires, by the constraints alone.
pub static COMPUTATION: LazyLock<Computation> = LazyLock::new(|| SETTLED.computation(&CIRCUIT));
/// The clause of each constraint, which the file does not say.
static CLAUSES: LazyLock<Vec<u8>> = LazyLock::new(|| shape().constraints().iter().map(|row| row.clause).collect());

pub fn clause(row: usize) -> u8 {
    CLAUSES[row]
}

/// The constraints of a clause.
pub fn rows_of_clause(number: u8) -> Range<usize> {
    CLAUSES.partition_point(|clause| *clause < number)..CLAUSES.partition_point(|clause| *clause <= number)
}

pub fn wire(wire: Wire) -> Lc {
    Lc::new(vec![(wire, F::ONE)])
}

/// The one constraint of these that the predicate is true of.
#[track_caller]
fn the(mut rows: Range<usize>, predicate: impl Fn(usize) -> bool) -> usize {
    let found: Vec<usize> = rows.by_ref().filter(|row| predicate(*row)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

type ByWire = HashMap<Wire, usize>;

fn by_wire(wire_of: impl Fn(usize) -> Option<Wire>) -> ByWire {
    let mut found = ByWire::new();
    for (wire, row) in (0..CIRCUIT.rows.len()).filter_map(|row| wire_of(row).map(|wire| (wire, row))) {
        assert_eq!(found.insert(wire, row), None, "wire {wire}");
    }
    found
}

/// `w·w = w`.
pub fn boolean(wire: Wire) -> usize {
    static ROWS: LazyLock<ByWire> = LazyLock::new(|| by_wire(|row| CIRCUIT.rows[row].boolean()));
    ROWS[&wire]
}

/// What compares something linear with a public input: the path's end with `root`, bits with `mask`.
pub fn compares(input: Wire) -> usize {
    static ROWS: LazyLock<ByWire> =
        LazyLock::new(|| by_wire(|row| CIRCUIT.rows[row].c.as_wire().filter(|_| CIRCUIT.compares(row))));
    ROWS[&input]
}

/// The sum of a number's bits.
#[track_caller]
pub fn sum_of_bits(number: &Lc) -> usize {
    let one = |row: usize| CIRCUIT.rows[row].b.as_constant() == Some(F::ONE);
    the(rows_of_clause(5).start..CIRCUIT.rows.len(), |row| {
        one(row) && CIRCUIT.rows[row].c == *number && CIRCUIT.rows[row].a.terms().len() > 1
    })
}

/// The bits in that sum, lowest first.
#[track_caller]
pub fn bits(number: &Lc) -> Vec<Wire> {
    CIRCUIT.rows[sum_of_bits(number)].a.wires().collect()
}

/// `subject·(subject − agent) = 0`.
pub fn subject_row() -> usize {
    the(rows_of_clause(4), |row| CIRCUIT.rows[row].a.as_wire() == Some(SUBJECT) && CIRCUIT.rows[row].c == Lc::default())
}

/// `agent · inverse = 1`, or the same for the leaf.
#[track_caller]
pub fn not_zero(number: u8) -> usize {
    the(rows_of_clause(number), |row| CIRCUIT.rows[row].c.as_constant() == Some(F::ONE))
}

/// The leaf, as `leaf · inverse = 1` has it.
pub fn leaf() -> &'static Lc {
    &CIRCUIT.rows[not_zero(2)].a
}

/// `context²`.
pub fn context_squared() -> Wire {
    CIRCUIT.rows[rows_of_clause(9).start].c.as_wire().unwrap()
}

/// `m_i · a_i = disclosed_i`.
pub fn disclosed_row(slot: Wire) -> usize {
    the(rows_of_clause(5), |row| {
        let row = &CIRCUIT.rows[row];
        row.c.as_wire() == Some(DISCLOSED + slot) && row.b.as_wire() == Some(ATTRIBUTE + slot)
    })
}

/// `required bit · (1 − bit of slot 4) = 0`.
pub fn subset_row(bit: usize) -> usize {
    let required = bits(&wire(REQUIRED))[bit];
    the(rows_of_clause(7), |row| {
        CIRCUIT.rows[row].a.as_wire() == Some(required) && CIRCUIT.rows[row].c == Lc::default()
    })
}

/// `index bit · (sibling − node) = shift`.
pub fn shift_row(level: Wire) -> usize {
    let bit = INDEX.start + level;
    the(rows_of_clause(2), |row| CIRCUIT.rows[row].a.as_wire() == Some(bit) && CIRCUIT.rows[row].boolean().is_none())
}

/// The divisions of the addition law: x then y of each addition.
pub fn divisions() -> Vec<usize> {
    let denominator = |lc: &Lc| lc.terms().len() == 2 && lc.coefficient(0) == F::ONE;
    let division = |row: &usize| {
        let row = &CIRCUIT.rows[*row];
        row.a.as_wire().is_some() && denominator(&row.b) && row.c != Lc::default()
    };
    rows_of_clause(1).filter(division).collect()
}

/// The product in clause 2 that computes this wire.
#[track_caller]
pub fn computes(wire: Wire) -> usize {
    let product = |row: usize| CIRCUIT.rows[row].boolean().is_none() && CIRCUIT.rows[row].b.as_constant().is_none();
    the(rows_of_clause(2), |row| product(row) && CIRCUIT.rows[row].c.as_wire() == Some(wire))
}

pub fn minus(left: Wire, right: Wire) -> Lc {
    wire(left).plus(-F::ONE, &wire(right))
}

/// The tables of `docs/soundness.md`.
#[test]
fn constraints_are_where_documented() {
    let clauses = [0, 1_452, 9_702, 9_943, 9_945, 9_958, 10_798, 10_992, 11_115, 11_116];
    for (number, ends) in (1..).zip(clauses.windows(2)) {
        assert_eq!(rows_of_clause(number), ends[0]..ends[1], "clause {number}");
    }
    assert_eq!([not_zero(2), compares(ROOT), compares(NULLIFIER)], [1_956, 9_701, 9_942]);
    assert_eq!([subject_row(), not_zero(4), compares(MASK)], [9_943, 9_944, 9_951]);
    for (level, bit) in INDEX.enumerate() {
        assert_eq!([boolean(bit), shift_row(level as Wire)], [1_957 + 242 * level, 1_958 + 242 * level]);
    }
    assert_eq!([disclosed_row(0), disclosed_row(5), subset_row(0), subset_row(63)], [9_952, 9_957, 10_928, 10_991]);
    let numbers = [ATTRIBUTE + 4, REQUIRED, VALID_AT, EXPIRES_AT].map(|number| sum_of_bits(&wire(number)));
    assert_eq!(numbers, [10_862, 10_927, 11_032, 11_073]);
    assert_eq!(sum_of_bits(&minus(EXPIRES_AT, VALID_AT)), 11_114);
    for slot in 0..4 {
        let numbers = [wire(LOWER + slot), wire(UPPER + slot), minus(ATTRIBUTE + slot, LOWER + slot)];
        let sums = numbers.map(|number| sum_of_bits(&number));
        let [first, width] = if slot == 0 { [9_972, 15] } else { [10_018 + 260 * (slot as usize - 1) + 64, 65] };
        assert_eq!(sums, [first, first + width, first + 2 * width], "slot {slot}");
    }
}

/// Inputs and declared wires are where this file says.
#[test]
fn the_layout_is_the_circuits() {
    use poa_circuits::statement::INPUT_NAMES;
    let name = |wire: Wire| INPUT_NAMES[wire as usize - 1];
    let named = [ROOT, CONTEXT, SCOPE, NULLIFIER, SCHEMA, SUBJECT, VALID_AT, MASK, DISCLOSED, LOWER, UPPER, REQUIRED];
    let names = ["root", "context", "scope", "nullifier", "schema", "subject", "valid_at", "mask"];
    let rest = ["disclosed_0", "lower_0", "upper_0", "required"];
    assert_eq!(named.map(name).to_vec(), [names.as_slice(), &rest].concat());
    assert_eq!(CIRCUIT.inputs, INPUT_NAMES.len());
    assert_eq!(KEY.start as usize, 1 + CIRCUIT.inputs);
    assert_eq!(CIRCUIT.first_computed(), INDEX.end);
}
