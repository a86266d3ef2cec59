//! The common reference string in `crs/`: embedded, made, imported, exported, checked.
//!
//! Today's key is a **development key**: it comes from a ceremony, whose transcript is in the manifest, but one party made
//! every contribution. It could have kept the trapdoor and forge proofs; the manifest says so and `--production` refuses it.

use std::sync::LazyLock;

pub mod ceremony;
pub mod export;
pub mod generate;
pub mod import;
pub mod manifest;
pub mod verify;

pub use ceremony::Attestations;
pub use export::export_zkey;
pub use generate::generate_development;
pub use import::import_zkey;
pub use manifest::{Manifest, Setup};
pub use verify::{CrsError, sample_witness, self_test, stated, verify};

/// `crs/proving_key.bin`.
pub const PROVING_KEY: &[u8] = include_bytes!("../../crs/proving_key.bin");
/// `crs/verifying_key.bin`.
pub const VERIFYING_KEY: &[u8] = include_bytes!("../../crs/verifying_key.bin");
/// `crs/manifest.json`.
pub const MANIFEST: &[u8] = include_bytes!("../../crs/manifest.json");

/// The manifest built in, once it is shown to be of the keys built in beside it ([`stated`]).
///
/// # Errors
/// [`CrsError`] when somebody replaced a part of `crs/` and not the rest.
pub fn built_in() -> Result<&'static Manifest, &'static CrsError> {
    static BUILT_IN: LazyLock<Result<Manifest, CrsError>> =
        LazyLock::new(|| stated(MANIFEST, PROVING_KEY, VERIFYING_KEY));
    BUILT_IN.as_ref()
}
