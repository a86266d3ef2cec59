//! Origins and parties as people write them. A host name in other letters than ASCII becomes its ASCII form (IDNA), which
//! is also what is shown: names that look alike differ there.

use std::borrow::Cow;

use poa_verifier::origin::{Origin, OriginError, Party};

/// Reads an origin.
pub fn origin(text: &str) -> Result<Origin, OriginError> {
    to_ascii(text)?.parse()
}

/// Reads an origin or a DID.
pub fn party(text: &str) -> Result<Party, OriginError> {
    to_ascii(text)?.parse()
}

fn to_ascii(text: &str) -> Result<Cow<'_, str>, OriginError> {
    let Some((scheme, behind)) = text.split_once("://").filter(|_| !text.is_ascii()) else {
        return Ok(text.into());
    };
    let end = behind.find([':', '/', '?', '#', '\\', '@']).unwrap_or(behind.len());
    let host = idna::domain_to_ascii(&behind[..end]).map_err(|_| OriginError::Host)?;
    Ok(format!("{scheme}://{host}{}", &behind[end..]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_in_other_letters_is_its_ascii_form() {
        for text in ["https://b\u{fc}cher.example", "https://B\u{dc}CHER.example:443/", "https://xn--bcher-kva.example"]
        {
            assert_eq!(origin(text).unwrap().to_string(), "https://xn--bcher-kva.example", "{text}");
        }
        // A Cyrillic letter that looks like a Latin one.
        assert_ne!(origin("https://sh\u{43e}p.example"), origin("https://shop.example"));
        for text in
            ["https://\u{202e}shop.example", "https://\u{fc}@shop.example", "https://shop.example/\u{fc}", "\u{fc}"]
        {
            assert!(party(text).is_err(), "{text}");
        }
        assert_eq!(party("did:web:shop.example").unwrap().to_string(), "did:web:shop.example");
    }
}
