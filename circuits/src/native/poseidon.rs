//! `H_n`: circom-compatible Poseidon over BN254 with `n` inputs.
//!
//! Width `n + 1`, 8 full rounds, partial rounds of circomlib. Source: eprint 2019/458. Pinned against circomlibjs in
//! `tests/vectors/`, and held equal to `light_poseidon`, from which the parameters come: those are data, 7,000 field
//! elements, of which one copy is enough. What is derived from them is derived once per width, when first used.
//!
//! | file | what |
//! |---|---|
//! | `limbs` | field arithmetic without superfluous reductions |
//! | `lanes` | the same for several hashes at once; where a vector path joins |
//! | `permutation` | the rounds |
//! | `derive` | partial rounds as a recurrence, and their constants |
//! | `matrix` | what deriving needs |

mod derive;
mod lanes;
mod limbs;
pub(crate) mod matrix;
mod permutation;

use std::sync::LazyLock;

use ark_ff::AdditiveGroup;

pub(crate) use self::permutation::Permutation;
#[cfg(feature = "gadgets")]
pub(crate) use self::permutation::SBox;
use super::field::F;

/// The largest number of inputs, the leaf's.
pub const MAX_INPUTS: usize = 12;

/// How many hashes [`hash_many`] interleaves: of 1, 2, 4 and 8 the fastest for two inputs, by 2 to 4 %.
const LANES: usize = 4;

/// Arrays that can be hashed: of 1 to 12 elements.
pub trait Inputs: Sized + sealed::Permute {}

mod sealed {
    use super::{F, LANES};

    /// Not generic, so that it is compiled here, with this crate's optimisation.
    pub trait Permute: Sized {
        /// The hash.
        fn permute(&self) -> F;

        /// The hashes of several inputs, interleaved.
        fn permute_lanes(inputs: [&Self; LANES]) -> [F; LANES];
    }
}

/// Implements [`Inputs`] for `N` inputs, which take a permutation of width `N + 1`.
macro_rules! inputs {
    ($($n:literal is $width:literal),*) => {$(
        impl Inputs for [F; $n] {}

        impl sealed::Permute for [F; $n] {
            fn permute(&self) -> F {
                let [hash] = Permutation::<$width>::shared().hash([state(self)]);
                hash
            }

            fn permute_lanes(inputs: [&Self; LANES]) -> [F; LANES] {
                Permutation::<$width>::shared().hash(inputs.map(state))
            }
        }

        impl Permutation<$width> {
            /// The one of this width, derived when first asked for.
            pub(crate) fn shared() -> &'static Self {
                static SHARED: LazyLock<Permutation<$width>> = LazyLock::new(Permutation::new);
                &SHARED
            }
        }
    )*};
}

inputs!(1 is 2, 2 is 3, 3 is 4, 4 is 5, 5 is 6, 6 is 7, 7 is 8, 8 is 9, 9 is 10, 10 is 11, 11 is 12, 12 is 13);

/// Lane 0 is 0, the others are the inputs.
fn state<const N: usize, const T: usize>(inputs: &[F; N]) -> [F; T] {
    std::array::from_fn(|i| if i == 0 { F::ZERO } else { inputs[i - 1] })
}

/// `H_N` of the inputs.
pub fn hash<const N: usize>(inputs: &[F; N]) -> F
where
    [F; N]: Inputs,
{
    sealed::Permute::permute(inputs)
}

/// `H_N` of each. Faster than one by one.
pub fn hash_many<const N: usize>(inputs: &[[F; N]]) -> Vec<F>
where
    [F; N]: Inputs,
{
    let mut hashes = Vec::with_capacity(inputs.len());
    let (chunks, rest) = inputs.as_chunks::<LANES>();
    for chunk in chunks {
        hashes.extend(sealed::Permute::permute_lanes(chunk.each_ref()));
    }
    hashes.extend(rest.iter().map(hash));
    hashes
}

#[cfg(test)]
mod tests;
