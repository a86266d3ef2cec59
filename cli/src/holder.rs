//! The holder on its own machine: a directory whose one sealed file keeps everything secret.
//!
//! ```text
//! <data-dir>/holder.age    sealed: k, n, agent key, openings, pinned trust (see `contents`)
//! <data-dir>/holder.lock   held while a command runs; empty
//! <data-dir>/prepared-*.age sealed the same way: presentations that wait for a challenge (see `prepared`)
//! <data-dir>/heads.json    the newest tree heads seen, public (see `trust`)
//! ```
//!
//! The service never sees `k` or `n`: openings and tiles come in, proofs and signatures go out.

pub mod contents;
pub mod direct_times;
pub mod identity;
pub mod opening;
pub mod possession;
pub mod prepared;
pub mod prove;
pub mod prover;
pub mod rotate;
pub mod seal;
pub mod secret;
pub mod stage;
pub mod store;
pub mod tiles;
