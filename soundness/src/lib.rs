//! Is the circuit under-constrained? Checks on an iden3 `.r1cs` file, whoever wrote it.
//!
//! | module | question |
//! |---|---|
//! | [`determinism`] | do inputs and declared witness determine every other wire, for *every* satisfying assignment? |
//! | [`rank`] | can any computed wire move, infinitesimally, at *this* satisfying assignment? |
//! | [`perturbation`] | can any one private wire be another value, all others held, at this assignment? |
//! | [`mutation`] | would the checks notice if a constraint were missing or weaker? |
//!
//! [`determinism::Computation`] computes a whole assignment from the file alone, which is how the tests build
//! a cheating prover's. Constraints and wires are numbered from 0 in the file's order; wire 0 is the constant 1.
//!
//! What the answers are worth, and the proofs of the rules: `docs/soundness.md`.
#![deny(missing_docs)]

pub mod determinism;
pub mod iden3;
pub mod mutation;
pub mod perturbation;
pub mod r1cs;
pub mod rank;
