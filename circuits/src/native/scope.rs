//! Scopes: which verifier a pseudonym is for (`docs/protocol.md` §5).
//!
//! The holder computes the scope itself from the audience it authenticated; a request never carries a field element.

use super::field::{self, F};

/// The longest audience, challenge or domain, in bytes.
pub const MAX_AUDIENCE_BYTES: usize = 512;

/// Why a text is no audience.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AudienceError {
    /// Empty or longer than 512 bytes.
    #[error("an audience has 1 to 512 bytes")]
    Length,
    /// A byte that is not printable ASCII.
    #[error("an audience is printable ASCII without spaces")]
    Character,
    /// Neither an RFC 6454 origin nor a DID.
    #[error("an audience is an origin (`https://host[:port]`) or a DID")]
    Form,
}

/// An RFC 6454 origin or a DID: printable ASCII, at most 512 bytes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Audience(String);

impl Audience {
    /// Checks length, characters and form.
    pub fn new(text: &str) -> Result<Self, AudienceError> {
        if text.is_empty() || text.len() > MAX_AUDIENCE_BYTES {
            return Err(AudienceError::Length);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AudienceError::Character);
        }
        if is_did(text) || is_origin(text) { Ok(Self(text.to_owned())) } else { Err(AudienceError::Form) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope of this audience: one pseudonym for good.
    pub fn scope(&self) -> F {
        field::to_field("scope", self.0.as_bytes())
    }

    /// The scope of use `i` in a period (RFC 3339): verifiers that allow `n` uses accept `i < n`.
    pub fn scope_in_period(&self, period: &str, i: u32) -> F {
        let bytes = [self.0.as_bytes(), &[0], period.as_bytes(), &[0], i.to_string().as_bytes()].concat();
        field::to_field("scope", &bytes)
    }
}

/// `did:` + method + `:` + identifier, without a fragment, query or path.
fn is_did(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let method_ok = |m: &str| !m.is_empty() && m.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    parts.next() == Some("did")
        && parts.next().is_some_and(method_ok)
        && parts.next().is_some_and(|id| !id.is_empty() && !id.bytes().any(|b| matches!(b, b'/' | b'?' | b'#' | b'\\')))
}

/// The ASCII serialisation of an origin: lower-case scheme and host, no path, no trailing slash, no credentials, and no
/// default port, so that one origin has one text.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    scheme_ok && is_authority(scheme, authority)
}

/// A lower-case host, an IPv6 address in brackets, and a port unless it is the scheme's default.
fn is_authority(scheme: &str, authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_default = |port: &str| matches!((scheme, port), ("http", "80") | ("https", "443"));
    let port_ok = port.is_none_or(|port| {
        port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port) && !is_default(port)
    });
    let name_byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    let host_ok = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address),
        None => !host.is_empty() && host.bytes().all(name_byte),
    };
    host_ok && port_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_dids_are_audiences() {
        for good in ["https://verifier.example", "http://127.0.0.1:8080", "https://[::1]:1", "did:web:a.example"] {
            assert!(Audience::new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let long = format!("https://{}", "a".repeat(505));
        for (bad, why) in [
            ("", AudienceError::Length),
            (long.as_str(), AudienceError::Length),
            ("https://a b", AudienceError::Character),
            ("https://a\n", AudienceError::Character),
            ("https://ä", AudienceError::Character),
            ("verifier.example", AudienceError::Form),
            ("https://a/", AudienceError::Form),
            ("https://A.example", AudienceError::Form),
            ("https://u@a.example", AudienceError::Form),
            ("https://a.example:443", AudienceError::Form),
            ("http://a.example:80", AudienceError::Form),
            ("https://a.example:", AudienceError::Form),
            ("https://a.example:070", AudienceError::Form),
            ("https://a.example:65536", AudienceError::Form),
            ("https://:8080", AudienceError::Form),
            ("https://[::1", AudienceError::Form),
            ("https://]", AudienceError::Form),
            ("https://[0:0::1]", AudienceError::Form),
            ("did:web:", AudienceError::Form),
            ("did:WEB:a", AudienceError::Form),
            ("did:web:a#k", AudienceError::Form),
        ] {
            assert_eq!(Audience::new(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn periods_and_uses_have_scopes_of_their_own() {
        let audience = Audience::new("https://a.example").unwrap();
        let day = audience.scope_in_period("2026-11-20T00:00:00Z", 0);
        assert_ne!(day, audience.scope());
        assert_ne!(day, audience.scope_in_period("2026-11-20T00:00:00Z", 1));
        assert_ne!(day, audience.scope_in_period("2026-11-21T00:00:00Z", 0));
    }
}
