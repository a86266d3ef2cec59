//! Every native function as constraints, one file beside its twin in [`crate::native`].
//!
//! | gadget | constraints |
//! |---|---|
//! | [`poseidon::hash`] of 1, 2, 12 inputs | 213, 240, 504 |
//! | [`tree::root`] | 242 a level |
//! | [`holder::mul_base8`] | 748 for 251 bits, besides the bits |
//! | [`range::bits`] of `n` bits | `n + 1` |
//!
//! Values always travel with their constraints ([`r1cs::Num`]); the shape never depends on them.

pub mod ark;
pub mod holder;
pub mod poseidon;
pub mod r1cs;
pub mod range;
pub mod tree;
