//! `H_n`: circom-compatible Poseidon over BN254 with `n` inputs.
//!
//! Parameters: `light_poseidon::Poseidon::new_circom(n)`; width `n + 1`, 8 full rounds, partial rounds of
//! circomlib. Source: eprint 2019/458. Pinned against circomlibjs in `tests/vectors/`.

use std::cell::RefCell;

use light_poseidon::{Poseidon, PoseidonHasher};

use super::field::F;

/// The largest number of inputs, the leaf's.
pub const MAX_INPUTS: usize = 12;

thread_local! {
    /// Constructing a hasher costs several microseconds, a hash of two about twenty: keep one per arity.
    static HASHERS: RefCell<[Option<Poseidon<F>>; MAX_INPUTS + 1]> = const { RefCell::new([const { None }; MAX_INPUTS + 1]) };
}

/// `H_N` of the inputs. `N` is 1 to 12, checked when compiling.
pub fn hash<const N: usize>(inputs: &[F; N]) -> F {
    const { assert!(N >= 1 && N <= MAX_INPUTS, "Poseidon takes 1 to 12 inputs") };
    HASHERS.with_borrow_mut(|hashers| {
        hashers[N]
            .get_or_insert_with(|| {
                // Cannot fail: every width from 2 to 13 has parameters, and N was checked above.
                Poseidon::<F>::new_circom(N).expect("parameters exist for 1 to 12 inputs")
            })
            .hash(inputs)
            // Cannot fail: the only error is an input count that differs from the hasher's.
            .expect("the input count is the hasher's")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From circomlib's test `poseidonjs`: Poseidon([1, 2]).
    #[test]
    fn agrees_with_circomlib_on_one_and_two() {
        let expected = "0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a";
        let hash = hash(&[F::from(1u64), F::from(2u64)]);
        assert_eq!(super::super::field::encode_hex(&hash), expected);
    }
}
