//! Clause 1: the key's bits and the addition law.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use poa_circuits::native::babyjubjub::Scalar;

use super::*;

#[test]
fn a_bit_of_the_key_that_is_no_bit() {
    for bit in KEY.step_by(every(50)) {
        for value in [number(2), -F::ONE] {
            let mut claim = claim();
            claim.set(bit, value);
            claim.settle();
            // Every division still has its one quotient: the rejection is the bit's alone.
            claim.is_rejected_by(1, &[boolean(bit)]);
        }
    }
}

#[test]
fn a_key_and_the_key_plus_the_order_are_the_same_to_the_world() {
    let mut claim = claim();
    let seen: Vec<F> = [5u64, 0xdead_beef]
        .into_iter()
        .flat_map(|key| {
            let small = Scalar::from(key).into_bigint();
            let mut large = small;
            assert!(!large.add_with_carry(&Scalar::MODULUS));
            assert!(large.num_bits() as usize <= KEY.len());
            [small, large].map(|key| {
                claim.set_key(&key);
                claim.settle();
                claim.is_accepted();
                claim.get(ROOT)
            })
        })
        .collect();
    assert_eq!(seen[0], seen[1], "5 and 5 + l");
    assert_eq!(seen[2], seen[3]);
    assert_ne!(seen[0], seen[2]);
    // k + 2l has no 251 bits for any k.
    let mut twice = Scalar::MODULUS;
    assert!(!twice.mul2());
    assert!(twice.num_bits() as usize > KEY.len());
}

/// The key 0 gives the identity, on which the law has no exception either. No issuer takes such a key.
#[test]
fn the_key_zero_is_no_exception() {
    let mut claim = claim();
    claim.set_key(&Scalar::ZERO.into_bigint());
    claim.settle();
    claim.is_accepted();
}

#[test]
fn another_quotient_than_the_laws() {
    for row in divisions().into_iter().step_by(every(41)) {
        let mut claim = claim();
        let quotient = CIRCUIT.rows[row].a.as_wire().unwrap();
        claim.force(quotient, claim.get(quotient) + F::ONE);
        claim.settle();
        claim.is_rejected_by(1, &[row]);
    }
}

/// Roots of `c0 + c1·t + c2·t²`.
fn roots([c0, c1, c2]: [F; 3]) -> Vec<F> {
    let discriminant = c1.square() - number(4) * c0 * c2;
    let (Some(root), Some(divisor)) = (discriminant.sqrt(), c2.double().inverse()) else {
        return Vec::new();
    };
    vec![(root - c1) * divisor, (-root - c1) * divisor]
}

/// The quadratic polynomial through `f(0), f(1), f(2)`.
fn through([f0, f1, f2]: [F; 3]) -> [F; 3] {
    let half = number(2).inverse().unwrap();
    let c2 = (f2 - f1.double() + f0) * half;
    [f0, f1 - f0 - c2, c2]
}

/// The denominator of a division when a bit of the key is this.
fn denominator(claim: &mut Claim, row: usize, bit: Wire, value: F) -> F {
    claim.set(bit, value);
    claim.settle();
    CIRCUIT.rows[row].b.evaluate(&claim.assignment)
}

/// Operands off the curve, chosen so that a denominator is 0. Then the numerator is not, so the division has no
/// solution at all: a cheat cannot make a free quotient, even without the constraints on the bits.
#[test]
fn an_exceptional_case_of_the_addition_law() {
    let mut found = [0, 0];
    for (position, row) in divisions().into_iter().enumerate().step_by(every(33)) {
        let mut claim = claim();
        // Addition i takes window i + 1: bit 0 of it is the free value, the others are 0.
        let window = KEY.start + 3 * (position as Wire / 2 + 1);
        for bit in window..(window + 3).min(KEY.end) {
            claim.set(bit, F::ZERO);
        }
        let values = [F::ZERO, F::ONE, number(2)].map(|value| denominator(&mut claim, row, window, value));
        for root in roots(through(values)) {
            assert_eq!(denominator(&mut claim, row, window, root), F::ZERO);
            assert_ne!(CIRCUIT.rows[row].c.evaluate(&claim.assignment), F::ZERO, "no quotient times 0");
            claim.is_rejected_by(1, &[boolean(window), row]);
            found[position % 2] += 1;
        }
    }
    assert!(found.iter().all(|count| *count > 0), "both denominators have been 0: {found:?}");
}
