//! The form of absolute URLs.

/// An absolute URL: scheme, colon, and something after it without characters that no URL may have unescaped (RFC 3986,
/// RFC 3987). `http` and `https` need a host, `did` a method and an id. Nothing is resolved against anything.
pub(super) fn is_absolute_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if !scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) || !scheme.bytes().all(letters) {
        return false;
    }
    let forbidden = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
    };
    if rest.is_empty() || rest.contains(forbidden) || !escapes_are_whole(rest) {
        return false;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => has_host(rest),
        "did" => is_did(rest),
        _ => true,
    }
}

/// Every `%` begins an escape.
fn escapes_are_whole(text: &str) -> bool {
    let hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(i, b)| *b != b'%' || (hex(bytes.get(i + 1)) && hex(bytes.get(i + 2))))
}

fn has_host(rest: &str) -> bool {
    let Some(authority) = rest.strip_prefix("//") else { return false };
    let authority = authority.find(['/', '?', '#']).map_or(authority, |end| &authority[..end]);
    let host = authority.rsplit_once('@').map_or(authority, |(_user, host)| host);
    match host.strip_prefix('[') {
        Some(address) => address.find(']').is_some_and(|end| end > 0),
        None => !host.is_empty() && !host.starts_with(':'),
    }
}

/// `<method>:<id>` (DID Core §3.1), perhaps with a path, query or fragment.
fn is_did(rest: &str) -> bool {
    let did = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    let Some((method, id)) = did.split_once(':') else { return false };
    let id_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'%');
    !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && !id.is_empty()
        && !id.ends_with(':')
        && id.bytes().all(id_byte)
}

/// A DID without path, query or fragment.
pub(super) fn is_bare_did(text: &str) -> bool {
    text.strip_prefix("did:").is_some_and(|rest| is_did(rest) && !rest.contains(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_urls_are_told_from_everything_else() {
        for url in [
            "https://example.org/#Type",
            "http://127.0.0.1:8080/x?y=z#f",
            "https://[::1]/",
            "did:example:subject",
            "did:example:refresh/1",
            "did:web:127.0.0.1%3A8080#key-1",
            "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "data:application/vc+jwt,eyJ.eyJ.x",
            "mailto:a@example.org",
            "https://例え.example/ä",
        ] {
            assert!(is_absolute_url(url), "{url}");
        }
        for other in [
            "",
            "not a url",
            "not-a-url",
            "https ://not-a-url/contexts",
            "https://",
            "https:///path",
            "https:example.org",
            "http://:80/",
            "did:example",
            "did:example:",
            "did::x",
            "did:EXAMPLE:x",
            "did:example:a b",
            "_:b0",
            "://x",
            "1a:b",
            "a:",
            "relative/path",
            "#fragment",
            "https://a/<b>",
            "https://a/%zz",
            "https://a/%4",
            "https://a/\u{0}",
        ] {
            assert!(!is_absolute_url(other), "{other}");
        }
        assert!(is_bare_did("did:example:a") && !is_bare_did("did:example:a#b") && !is_bare_did("https://a"));
    }
}
