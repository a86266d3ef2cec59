//! The native reference against fixed values of third parties: every file of `test-vectors/`.
//!
//! Provenance and how to remake the files: `test-vectors/README.md`. A missing, unreadable or malformed file fails
//! the test that reads it.

mod eddsa;
mod file;
mod identity;
mod imt;
mod poseidon;
