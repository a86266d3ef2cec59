//! The key of `crs/` as a snarkjs `.zkey`, so that others prove under it.

use super::manifest::Manifest;
use crate::ceremony::TranscriptError;
use crate::key::ProvingKey;

/// The key with the transcript that the manifest keeps: of a key from a ceremony, the very file that the ceremony ended
/// with. A key without a ceremony has no transcript, which provers do not ask for.
///
/// # Errors
/// [`TranscriptError`] when the manifest's transcript is none.
pub fn export_zkey(key: &ProvingKey, manifest: &Manifest) -> Result<Vec<u8>, TranscriptError> {
    let transcript = manifest.ceremony.as_ref().map(|ceremony| ceremony.transcript()).transpose()?;
    Ok(key.to_zkey(transcript.as_ref().map(|(section, _)| &section[..])))
}
