//! Scalars as signed digits: half the buckets, because a negative digit adds the negated point.

use ark_ff::BigInteger256;

/// Calls `each` with position and value of every digit of `bits` bits that is not 0, lowest position first.
/// `Σ value · 2^(bits · position)` is the scalar, and no absolute value exceeds `2^(bits − 1)`.
///
/// The scalar is below 2^254 and `bits · windows` at least 255, so the last digit swallows the last carry.
pub(super) fn for_each(scalar: &BigInteger256, bits: u32, windows: u32, mut each: impl FnMut(u32, i32)) {
    let half = 1 << (bits - 1);
    let mut carry = 0;
    for window in 0..windows {
        let digit = unsigned(scalar, window * bits, bits) + carry;
        carry = i32::from(digit > half);
        let digit = digit - (carry << bits);
        if digit != 0 {
            each(window, digit);
        }
    }
    debug_assert_eq!(carry, 0, "the scalar has at most 254 bits");
}

/// Bits `from` to `from + count` of the scalar, `count` at most 16; those beyond its 256 are 0.
fn unsigned(scalar: &BigInteger256, from: u32, count: u32) -> i32 {
    let (limb, shift) = ((from / 64) as usize, from % 64);
    let low = scalar.0.get(limb).map_or(0, |limb| limb >> shift);
    let high = match scalar.0.get(limb + 1) {
        Some(next) if shift > 0 => next << (64 - shift),
        _ => 0,
    };
    ((low | high) & ((1 << count) - 1)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, Field, PrimeField};
    use proptest::prelude::*;

    fn recombined(scalar: Fr, bits: u32) -> Fr {
        let windows = 255u32.div_ceil(bits);
        let mut sum = Fr::ZERO;
        for_each(&scalar.into_bigint(), bits, windows, |window, digit| {
            assert!(digit != 0 && digit.unsigned_abs() <= 1 << (bits - 1));
            let magnitude = Fr::from(digit.unsigned_abs()) * Fr::from(2u64).pow([u64::from(window * bits)]);
            sum += if digit < 0 { -magnitude } else { magnitude };
        });
        sum
    }

    #[test]
    fn edges_are_their_digits() {
        for bits in 4..=16 {
            let half = Fr::from(1u64 << (bits - 1));
            let all = Fr::from(2u64).pow([253]) - Fr::ONE;
            for scalar in [Fr::ZERO, Fr::ONE, -Fr::ONE, half, half + Fr::ONE, half - Fr::ONE, -half, all] {
                assert_eq!(recombined(scalar, bits), scalar, "{bits}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_scalar_is_its_digits(bytes: [u8; 32], bits in 4u32..=16) {
            let scalar = Fr::from_le_bytes_mod_order(&bytes);
            prop_assert_eq!(recombined(scalar, bits), scalar);
        }
    }
}
