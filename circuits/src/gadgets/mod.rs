//! The statement's functions as constraints; each file stands beside its twin in [`crate::native`], `range` and `r1cs`
//! have none.
//!
//! | gadget | constraints |
//! |---|---|
//! | [`poseidon::hash`] of 1, 2, 12 inputs | 213, 240, 504 |
//! | [`tree::root`] | 242 a level |
//! | [`holder::identity_commitment`] | 748 for `k·B8` besides its 251 bits, and a hash |
//! | [`range::bits`] of `n` bits | `n + 1` |
//!
//! Values always travel with their constraints ([`r1cs::Num`]); the shape never depends on them.

pub mod ark;
pub mod holder;
pub mod poseidon;
pub mod r1cs;
pub mod range;
pub mod tree;
