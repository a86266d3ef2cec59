//! Reference semantics in plain Rust; the gadgets are tested against it.

pub mod attributes;
pub mod babyjubjub;
pub mod eddsa;
pub mod field;
pub mod holder;
pub mod leaf;
pub mod poseidon;
pub mod scope;
pub mod tree;
