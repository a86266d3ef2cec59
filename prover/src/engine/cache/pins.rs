//! What the committed proving key compiles to, so that a compiled key which somebody altered is not used.
//!
//! The digest is computed anyway while the file is read. A build with another proving key has no pin here; a test fails
//! until its own are written.

/// The binding of a key and its settings, and the SHA-256 of its compiled form: full tables, then small ones.
pub const PINS: [(&str, &str); 2] = [
    (
        "b2630e08eca102a7c30f010f462425ca485b95c148039a5adae6d9ca4601ace7",
        "5e3045d65b13e7db41a3eae0f7e2f7392f9b53f4d7f079421bd0b7aa639c2e9b",
    ),
    (
        "b3e4da82f5162a0d658d856478288c26a4de444b9fcac5eb10caf8c48e18138d",
        "a31802e0d9080008e8ba4a7eb4c1e2e25664aa1e1a517936a6e1706825a3a9dd",
    ),
];

/// What the compiled form for this binding has to be, in hex, if this build knows it.
pub fn content(binding: &[u8; 32]) -> Option<&'static str> {
    let binding = hex::encode(binding);
    PINS.iter().find(|(pinned, _)| *pinned == binding).map(|(_, content)| *content)
}
