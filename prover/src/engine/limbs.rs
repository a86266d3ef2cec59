//! Arithmetic on little-endian 64-bit limbs without branches: a processor cannot guess which way random numbers go.

/// The sum modulo 2^256.
#[inline(always)]
pub(super) fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut sum = *a;
    let mut carry = false;
    for (limb, b) in sum.iter_mut().zip(b) {
        (*limb, carry) = limb.carrying_add(*b, carry);
    }
    sum
}

/// The number, and the modulus more when asked for, modulo 2^256.
#[inline(always)]
pub(super) fn add_if(wanted: bool, number: &[u64; 4], modulus: &[u64; 4]) -> [u64; 4] {
    let mask = u64::from(wanted).wrapping_neg();
    add(number, &modulus.map(|limb| limb & mask))
}

/// The difference, and whether it wrapped.
#[inline(always)]
pub(super) fn subtract<const LIMBS: usize>(a: &[u64; LIMBS], b: &[u64; LIMBS]) -> ([u64; LIMBS], bool) {
    let mut difference = *a;
    let mut borrow = false;
    for (limb, b) in difference.iter_mut().zip(b) {
        (*limb, borrow) = limb.borrowing_sub(*b, borrow);
    }
    (difference, borrow)
}
