//! The traps of protocol §7 that are the verifier's to answer, on whole documents.
//!
//! # Where the proofs come from
//! No circuit takes part. The verifying key is made here from known trapdoor scalars (alpha, beta, gamma, delta and
//! the 24 input scalars), and with those a *valid* Groth16 proof for any 23 inputs is a line of algebra:
//! `C = (ab − alpha·beta − gamma·Σ x_i·ic_i) / delta`. The pairing equation, encodings and documents are the real ones;
//! what a circuit would have refused is accepted by the pairing here, so that a test shows which *native* check
//! refuses it. Proofs made by the circuit are tested as fixed vectors under `test-vectors/`.

mod classes;
mod compromised;
mod contract;
mod data_model;
mod garbage;
mod heads;
mod issuers;
mod keys;
mod lists;
mod policy;
mod retired;
mod schemas;
mod signed;
mod statements;
mod tampering;
mod world;
