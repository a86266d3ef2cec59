//! Reference semantics in plain Rust; every gadget is tested against its twin here.

pub mod attributes;
pub mod babyjubjub;
pub mod eddsa;
pub mod field;
pub mod holder;
pub mod leaf;
pub mod poseidon;
pub mod scope;
pub mod tree;
