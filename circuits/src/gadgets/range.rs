//! Decomposition into bits, which is also the range check.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use super::r1cs::{ConstraintSystem, Num};
use crate::native::field::F;

/// Enforces that a number is 0 or 1: one row.
pub fn enforce_boolean(system: &mut ConstraintSystem, bit: &Num) {
    system.enforce(bit, bit, bit);
}

/// The low `count` bits of the value, little-endian, each enforced boolean, and enforces that they are all
/// of it: `0 <= number < 2^count`. `count` is at most 253, so that no second decomposition exists.
pub fn bits(system: &mut ConstraintSystem, number: &Num, count: usize) -> Vec<Num> {
    assert!(count <= 253, "a wider decomposition is not unique");
    let integer = number.value().into_bigint();
    let bits: Vec<Num> = (0..count)
        .map(|i| {
            let bit = system.allocate(F::from(integer.get_bit(i)));
            enforce_boolean(system, &bit);
            bit
        })
        .collect();
    system.enforce_equal(&from_bits(&bits), number);
    bits
}

/// Σ bit_i · 2^i: no row.
pub fn from_bits(bits: &[Num]) -> Num {
    let mut power = F::ONE;
    Num::sum(bits.iter().map(|bit| {
        let weight = power;
        power += power;
        (weight, bit)
    }))
}

/// Enforces `lower <= value <= upper < 2^width` over the integers, `lower >= 0`: four decompositions.
///
/// With `lower`, `upper`, `value − lower` and `upper − value` all in `[0, 2^width)` and `width` far below the
/// field's, the differences cannot wrap.
pub fn enforce_bounds(system: &mut ConstraintSystem, [lower, value, upper]: [&Num; 3], width: usize) {
    for number in [lower, upper, &(value - lower), &(upper - value)] {
        bits(system, number, width);
    }
}

/// Enforces that every bit set in `subset` is set in `set`, both little-endian: one row a bit.
pub fn enforce_subset(system: &mut ConstraintSystem, subset: &[Num], set: &[Num]) {
    assert_eq!(subset.len(), set.len(), "both sets have the same universe");
    let zero = Num::constant(F::ZERO);
    for (required, present) in subset.iter().zip(set) {
        let absent = &Num::constant(F::ONE) - present;
        system.enforce(required, &absent, &zero);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(value: F, count: usize) -> bool {
        let (mut system, inputs) = ConstraintSystem::new(&[value]);
        bits(&mut system, &inputs[0], count);
        assert_eq!(system.constraints().len(), count + 1);
        system.first_broken().is_none()
    }

    #[test]
    fn exactly_the_values_below_the_power_fit() {
        for (value, fits) in [(0u64, true), (10_001, true), (16_383, true), (16_384, false)] {
            assert_eq!(holds(F::from(value), 14), fits, "{value}");
        }
        assert!(holds(F::from(u64::MAX), 64));
        assert!(!holds(F::from(u64::MAX) + F::ONE, 64));
        assert!(!holds(-F::ONE, 64), "r - 1");
    }

    #[test]
    fn bounds_are_inclusive_and_do_not_wrap() {
        let check = |lower: F, value: F, upper: F| {
            let (mut system, n) = ConstraintSystem::new(&[lower, value, upper]);
            enforce_bounds(&mut system, [&n[0], &n[1], &n[2]], 14);
            system.first_broken().is_none()
        };
        let f = |v: u64| F::from(v);
        assert!(check(f(5), f(5), f(5)));
        assert!(check(f(0), f(0), f(16_383)));
        assert!(!check(f(6), f(5), f(10)));
        assert!(!check(f(0), f(11), f(10)));
        assert!(!check(-f(5), f(0), f(10)), "lower = r - 5");
        assert!(!check(f(0), f(16_384), f(16_384)));
        assert!(!check(f(0), -f(1), f(10)));
        assert!(!check(f(0), f(0), -f(1)));
    }

    #[test]
    fn each_required_bit_must_be_set() {
        let check = |subset: u64, set: u64| {
            let (mut system, n) = ConstraintSystem::new(&[F::from(subset), F::from(set)]);
            let subset = bits(&mut system, &n[0], 4);
            let set = bits(&mut system, &n[1], 4);
            enforce_subset(&mut system, &subset, &set);
            system.first_broken().is_none()
        };
        for subset in 0..16 {
            for set in 0..16 {
                assert_eq!(check(subset, set), subset & !set == 0);
            }
        }
    }
}
