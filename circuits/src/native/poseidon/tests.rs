//! Against the textbook permutation, as `light_poseidon` computes it.

use ark_ff::{Field, PrimeField};
use light_poseidon::{Poseidon, PoseidonHasher};
use proptest::prelude::*;

use super::*;
use crate::native::field;

fn textbook(inputs: &[F]) -> F {
    Poseidon::<F>::new_circom(inputs.len()).unwrap().hash(inputs).unwrap()
}

/// Random elements with edges among them.
fn element() -> impl Strategy<Value = F> {
    prop_oneof![
        1 => Just(F::ZERO),
        1 => Just(F::ONE),
        1 => Just(-F::ONE),
        5 => any::<[u8; 64]>().prop_map(|bytes| F::from_le_bytes_mod_order(&bytes)),
    ]
}

/// `count` sets of inputs, hashed together and alone.
fn check<const N: usize>(elements: &[F], count: usize) -> Result<(), TestCaseError>
where
    [F; N]: Inputs,
{
    let inputs: Vec<[F; N]> =
        (0..count).map(|i| std::array::from_fn(|j| elements[(i * N + j) % elements.len()])).collect();
    let expected: Vec<F> = inputs.iter().map(|inputs| textbook(inputs)).collect();
    prop_assert_eq!(&hash_many(&inputs), &expected);
    prop_assert_eq!(inputs.iter().map(hash).collect::<Vec<_>>(), expected);
    Ok(())
}

/// Every arity of 1 to 12.
macro_rules! every_arity {
    ($call:ident($($argument:expr),*)) => {
        every_arity!(@ $call ($($argument),*) 1 2 3 4 5 6 7 8 9 10 11 12)
    };
    (@ $call:ident $arguments:tt $($n:literal)*) => { $($call::<$n> $arguments?;)* };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Counts below, at and above the number of lanes.
    #[test]
    fn hashes_are_the_textbooks(elements in prop::collection::vec(element(), 1..60), count in 0..6usize) {
        every_arity!(check(&elements, count));
    }
}

#[test]
fn edge_inputs_hash_like_the_textbook() -> Result<(), TestCaseError> {
    for edge in [F::ZERO, F::ONE, -F::ONE, F::from(u64::MAX), F::from(2u64).pow([253]), -F::from(2u64)] {
        every_arity!(check(&[edge], LANES + 1));
    }
    Ok(())
}

/// From circomlib's test `poseidonjs`: Poseidon([1, 2]).
#[test]
fn agrees_with_circomlib_on_one_and_two() {
    let expected = "0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a";
    let hash = hash(&[F::from(1u64), F::from(2u64)]);
    assert_eq!(field::encode_hex(&hash), expected);
}

#[cfg(feature = "gadgets")]
mod boxes {
    use super::*;

    fn check<const N: usize, const T: usize>(permutation: &Permutation<T>)
    where
        [F; N]: Inputs,
    {
        for seed in [0u64, 1, 0xffff_ffff_0000_0001] {
            let inputs: [F; N] = std::array::from_fn(|i| F::from(seed).square() + F::from(i as u64));
            let state = std::array::from_fn(|i| if i == 0 { F::ZERO } else { inputs[i - 1] });
            let mut boxes = Vec::new();
            assert_eq!(permutation.hash_with_boxes(state, &mut boxes), textbook(&inputs));
            assert_eq!(boxes.len(), permutation.boxes());
            assert!(boxes.iter().all(|b| (b.x2, b.x3, b.output()) == (b.x.square(), b.x.pow([3]), b.x.pow([5]))));
            assert_eq!(boxes.iter().map(|b| b.x).collect::<Vec<_>>(), textbook_boxes::<T>(state));
        }
    }

    /// The inputs of all S-boxes, by the definition.
    fn textbook_boxes<const T: usize>(mut state: [F; T]) -> Vec<F> {
        let parameters = light_poseidon::parameters::bn254_x5::get_poseidon_parameters::<F>(T as u8).unwrap();
        let (half, partial) = (parameters.full_rounds / 2, parameters.partial_rounds);
        let mut boxes = Vec::new();
        for (round, constants) in parameters.ark.chunks(T).enumerate() {
            state.iter_mut().zip(constants).for_each(|(lane, constant)| *lane += constant);
            let lanes = if (half..half + partial).contains(&round) { 1 } else { T };
            boxes.extend_from_slice(&state[..lanes]);
            state[..lanes].iter_mut().for_each(|lane| *lane = lane.pow([5]));
            state = std::array::from_fn(|i| parameters.mds[i].iter().zip(&state).map(|(m, s)| *m * s).sum());
        }
        boxes
    }

    #[test]
    fn reported_boxes_are_the_textbooks() {
        check::<1, 2>(Permutation::<2>::shared());
        check::<2, 3>(Permutation::<3>::shared());
        check::<5, 6>(Permutation::<6>::shared());
        check::<12, 13>(Permutation::<13>::shared());
    }
}
