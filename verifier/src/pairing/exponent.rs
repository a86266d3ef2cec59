//! The final exponentiation, to the same power as arkworks': `2x(6x² + 3x + 1)·(p^12 − 1)/r`.
//!
//! The easy part raises to `(p^6 − 1)(p² + 1)` and lands in the cyclotomic subgroup, where squares are cheap and the
//! conjugate is the inverse. The hard part is three powers of `x`. Source: Fuentes-Castañeda, Knapp and
//! Rodríguez-Henríquez, "Faster hashing to G2" (SAC 2011), §4.

use ark_bn254::Config;
use ark_ec::bn::BnConfig;

use super::fp12::Fp12;

/// Bits of a signed window.
const WINDOW: u32 = 4;
/// `x`'s signed digits, least first: odd and below 8 in size, or 0.
const DIGITS: [i8; 64] = signed_digits(Config::X[0]);

const fn signed_digits(mut number: u64) -> [i8; 64] {
    let mut digits = [0; 64];
    let mut place = 0;
    while number != 0 {
        if number & 1 == 1 {
            let low = (number & ((1 << WINDOW) - 1)) as i8;
            let digit = if low >= 1 << (WINDOW - 1) { low - (1 << WINDOW) } else { low };
            digits[place] = digit;
            number = number.wrapping_sub(digit as u64);
        }
        number >>= 1;
        place += 1;
    }
    digits
}

/// The value of the pairing; none of 0.
pub(crate) fn final_exponentiation(miller: &Fp12) -> Option<Fp12> {
    let easy = miller.conjugate().mul(&miller.inverse()?);
    Some(hard_part(&easy.frobenius(2).mul(&easy)))
}

fn hard_part(r: &Fp12) -> Fp12 {
    let y0 = power_of_minus_x(r);
    let y1 = y0.cyclotomic_square();
    let y3 = y1.cyclotomic_square().mul(&y1);
    let y4 = power_of_minus_x(&y3);
    let y6 = power_of_minus_x(&y4.cyclotomic_square()).conjugate();
    let y8 = y6.mul(&y4).mul(&y3.conjugate());
    let y9 = y8.mul(&y1);
    let y11 = y8.mul(&y4).mul(r);
    let y13 = y9.frobenius(1).mul(&y11);
    let y14 = y8.frobenius(2).mul(&y13);
    r.conjugate().mul(&y9).frobenius(3).mul(&y14)
}

/// `f^(−x)`, by signed windows.
fn power_of_minus_x(f: &Fp12) -> Fp12 {
    let square = f.cyclotomic_square();
    let mut odd = [*f; 4];
    for i in 1..odd.len() {
        odd[i] = odd[i - 1].mul(&square);
    }
    let mut digits = DIGITS.iter().rev().skip_while(|digit| **digit == 0);
    let power_of = |digit: i8| {
        let power = odd[usize::from(digit.unsigned_abs() >> 1)];
        if digit < 0 { power.conjugate() } else { power }
    };
    // Cannot fail: x is not 0.
    let mut power = power_of(*digits.next().expect("x has a highest digit"));
    for digit in digits {
        power = power.cyclotomic_square();
        if *digit != 0 {
            power = power.mul(&power_of(*digit));
        }
    }
    power.conjugate()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::fp12::tests::samples;
    use ark_bn254::{Bn254, Fq12};
    use ark_ec::pairing::{MillerLoopOutput, Pairing};

    #[test]
    fn digits_make_up_x() {
        let x = DIGITS.iter().rev().fold(0i128, |sum, digit| 2 * sum + i128::from(*digit));
        assert_eq!(x, i128::from(Config::X[0]));
        assert!(DIGITS.iter().all(|digit| *digit == 0 || (digit % 2 != 0 && digit.abs() < 8)));
    }

    #[test]
    fn it_is_arkworks_final_exponentiation() {
        for value in samples() {
            let expected = Bn254::final_exponentiation(MillerLoopOutput(value)).map(|output| output.0);
            assert_eq!(final_exponentiation(&value.into()).map(Fq12::from), expected);
        }
        assert_eq!(final_exponentiation(&Fq12::default().into()), None);
    }
}
