//! What is true: the statement a Proof-of-Agenthood credential proves, as plain Rust and as R1CS.
//!
//! * [`native`]: the reference semantics, no constraints. Verifiers need only this.
//! * [`gadgets`] (feature `gadgets`): the same functions as constraints, one file beside its native twin.
//! * [`statement`]: the 23 public inputs, the witness, [`statement::Public::check`] in native code and,
//!   with `gadgets`, the circuit in the numbering of its header.
//!
//! | feature | adds |
//! |---|---|
//! | `gadgets` | the R1CS side; provers need it, verifiers do not |
//!
//! Specification: `docs/protocol.md`.
#![deny(missing_docs)]

#[cfg(feature = "gadgets")]
pub mod gadgets;
pub mod native;
pub mod statement;
