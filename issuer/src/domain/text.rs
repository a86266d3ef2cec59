//! Checks of the texts people send: bounded, printable, of the expected form.

use super::DomainError;

/// Longest name of an agent or attestor, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// A name: 1 to 200 bytes, no control characters.
pub(super) fn name(text: &str) -> Result<(), DomainError> {
    if text.trim().is_empty() || text.len() > MAX_NAME_BYTES {
        return Err(DomainError::Member { member: "name", reason: "has 1 to 200 bytes" });
    }
    if text.chars().any(char::is_control) {
        return Err(DomainError::Member { member: "name", reason: "has a control character" });
    }
    Ok(())
}

/// A URI with a scheme that a page can link to: `http`, `https` or `git+https`, printable ASCII.
pub(super) fn uri(member: &'static str, text: &str, max_bytes: usize) -> Result<(), DomainError> {
    if is_uri(text, max_bytes) {
        Ok(())
    } else {
        Err(DomainError::Member { member, reason: "is not an http(s) or git+https URI in ASCII" })
    }
}

/// Whether the text is such a URI.
pub(super) fn is_uri(text: &str, max_bytes: usize) -> bool {
    let rest = ["https://", "http://", "git+https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    text.len() <= max_bytes
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}
