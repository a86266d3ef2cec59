//! The circuit `poa/1` as exported, under the checks of this crate.
//!
//! Each test runs a small number of cases; `POA_SOUNDNESS=whole` runs all constraints and many more statements. Which cases
//! they are is fixed by a seed, `POA_SOUNDNESS_SEED` (0 by default).

mod agreement;
mod cases;
mod claim;
mod determinism;
mod files;
mod forgery;
mod layout;
mod malicious;
mod mutation;
mod native;
mod perturbation;
mod program;
mod rank;
