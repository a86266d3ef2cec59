//! Origins and the parties that are named by one: parsed once, compared in one spelling.
//!
//! An origin is a scheme, a host and a port (RFC 6454). Two texts of one origin are equal here: scheme and host in any
//! case, the scheme's default port written or left out, an IPv6 address in any spelling, a final slash. The text of an
//! [`Origin`] is the one spelling that documents carry, which is also an [`Audience`].
//!
//! Host names are ASCII. A name in other letters has an ASCII form (`xn--…`, IDNA), which whoever reads names from people
//! makes before it comes here.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use poa_circuits::native::scope::Audience;

use crate::did::IssuerDid;

/// Longest host name, in bytes, and longest label (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Neither `https://` nor `http://`.
    #[error("an origin begins with https:// (or http://, on this machine)")]
    Scheme,
    /// Something stands behind host and port.
    #[error("an origin ends with its host or port; leave path, query and fragment out")]
    Path,
    /// A user's name or password before the host.
    #[error("an origin names no user")]
    User,
    /// Not a host name or address.
    #[error("an origin's host is a name of letters, digits, hyphens and dots, or an IP address")]
    Host,
    /// A host name in other letters than ASCII.
    #[error("write the host in its ASCII form (xn--…)")]
    Idna,
    /// Not a number from 1 to 65535.
    #[error("an origin's port is a number from 1 to 65535, without leading zeros")]
    Port,
    /// Begins with `did:` and is no DID.
    #[error("not a DID (did:method:identifier, nothing behind it)")]
    Did,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An origin of `https` or `http`. Its text is in lower case, without the default port and without a final slash.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    scheme: Scheme,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    /// None for the scheme's default.
    port: Option<u16>,
}

impl Origin {
    /// Whether what is sent there is encrypted.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether the host is this machine, whoever asks.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        address == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The `did:web` of the host. None where its keys could not be fetched safely (plain `http` on the network) or the
    /// method has no such name (an IPv6 address).
    pub fn web_did(&self) -> Option<IssuerDid> {
        if !self.is_https() && !self.is_loopback() {
            return None;
        }
        IssuerDid::from_url(&self.to_string()).ok()
    }

    /// The text with the port written out, as services spell themselves that were named before it was left out. The
    /// same as its text where the port is not the default one.
    pub fn with_port(&self) -> String {
        let port = self.port.unwrap_or(self.scheme.default_port());
        format!("{}://{}:{port}", self.scheme.name(), self.host)
    }

    /// Takes a URL apart: its origin, and the rest, which is empty or begins with `/`, `?` or `#`.
    ///
    /// # Errors
    /// [`OriginError`] when the URL does not begin with an origin.
    pub fn split(url: &str) -> Result<(Self, &str), OriginError> {
        let (scheme, behind) = scheme_of(url)?;
        let end = behind.find(['/', '?', '#', '\\']).unwrap_or(behind.len());
        let (host, port) = authority(&behind[..end])?;
        let port = port.filter(|port| *port != scheme.default_port());
        Ok((Self { scheme, host, port }, &behind[end..]))
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (origin, rest) = Self::split(text)?;
        if matches!(rest, "" | "/") { Ok(origin) } else { Err(OriginError::Path) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A party as a request names it: an origin, or a DID.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// By its origin.
    Origin(Origin),
    /// By its DID, which has one spelling.
    Did(String),
}

impl Party {
    /// The origin, where it is named by one.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Origin(origin) => Some(origin),
            Self::Did(_) => None,
        }
    }

    /// The `did:web` whose keys may sign for the party: itself, or the one of its origin.
    pub fn web_did(&self) -> Option<IssuerDid> {
        match self {
            Self::Origin(origin) => origin.web_did(),
            Self::Did(did) => did.parse().ok(),
        }
    }

    /// Whether a text names this party, in whatever spelling.
    pub fn is(&self, text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|party| party == *self)
    }
}

impl FromStr for Party {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if !text.starts_with("did:") {
            return text.parse().map(Self::Origin);
        }
        Audience::new(text).map_err(|_| OriginError::Did)?;
        Ok(Self::Did(text.to_owned()))
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => origin.fmt(f),
            Self::Did(did) => f.write_str(did),
        }
    }
}

/// The scheme, and what stands behind `://`.
fn scheme_of(url: &str) -> Result<(Scheme, &str), OriginError> {
    let (scheme, behind) = url.split_once("://").ok_or(OriginError::Scheme)?;
    let found = [Scheme::Https, Scheme::Http].into_iter().find(|known| scheme.eq_ignore_ascii_case(known.name()));
    found.map(|scheme| (scheme, behind)).ok_or(OriginError::Scheme)
}

/// Host in lower case, and port.
fn authority(text: &str) -> Result<(String, Option<u16>), OriginError> {
    if text.contains('@') {
        return Err(OriginError::User);
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    Ok((host_of(host)?, port.map(port_of).transpose()?))
}

fn port_of(text: &str) -> Result<u16, OriginError> {
    // The parser takes a sign and leading zeros, which would be other spellings.
    let port = text.parse::<u16>().map_err(|_| OriginError::Port)?;
    if port != 0 && port.to_string() == text { Ok(port) } else { Err(OriginError::Port) }
}

fn host_of(text: &str) -> Result<String, OriginError> {
    if !text.is_ascii() {
        return Err(OriginError::Idna);
    }
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().map(|address| format!("[{address}]")).map_err(|_| OriginError::Host);
    }
    let name = text.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > MAX_NAME_BYTES || !name.split('.').all(label) {
        return Err(OriginError::Host);
    }
    // What ends in a number is an address, however it is written (WHATWG URL, "ends in a number").
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_number && name.parse::<Ipv4Addr>().is_err() {
        return Err(OriginError::Host);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn spellings_of_one_origin_are_equal_and_become_one_text() {
        for (one, spellings) in [
            (
                "https://shop.example",
                &["https://shop.example/", "https://shop.example:443", "HTTPS://Shop.EXAMPLE:443/"][..],
            ),
            ("http://127.0.0.1", &["http://127.0.0.1:80", "http://127.0.0.1/", "Http://127.0.0.1:80/"]),
            ("https://shop.example:8443", &["https://SHOP.example:8443", "https://shop.example:8443/"]),
            ("https://[::1]:8080", &["https://[0:0:0:0:0:0:0:1]:8080", "https://[::0001]:8080/"]),
            ("http://a_b.example:443", &["http://A_B.example:443"]),
            ("https://xn--bcher-kva.example", &["https://XN--bcher-KVA.example"]),
        ] {
            assert_eq!(origin(one).to_string(), one);
            assert!(Audience::new(one).is_ok(), "{one}");
            for spelling in spellings {
                assert_eq!(origin(spelling), origin(one), "{spelling}");
                assert!(Party::Origin(origin(one)).is(spelling), "{spelling}");
            }
        }
        for (one, other) in [
            ("https://shop.example", "http://shop.example"),
            ("https://shop.example", "https://shop.example:80"),
            ("https://shop.example", "https://shop.example:8443"),
            ("https://shop.example", "https://shop.example.org"),
        ] {
            assert_ne!(origin(one), origin(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_the_reason() {
        use OriginError::*;
        for (text, error) in [
            ("", Scheme),
            ("shop", Scheme),
            ("shop.example", Scheme),
            ("ftp://shop.example", Scheme),
            ("//shop.example", Scheme),
            ("https:shop.example", Scheme),
            ("https://shop.example/a", Path),
            ("https://shop.example//", Path),
            ("https://shop.example?q", Path),
            ("https://shop.example#f", Path),
            ("https://shop.example\\a", Path),
            ("https://user@shop.example", User),
            ("https://u:p@shop.example", User),
            ("https://", Host),
            ("https:///", Host),
            ("https://:443", Host),
            ("https://a..b", Host),
            ("https://shop.example.", Host),
            ("https://a b", Host),
            ("https://a%2eb", Host),
            ("https://127.1", Host),
            ("https://0x7f.0.0.0x1", Host),
            ("https://1.2.3.256", Host),
            ("https://[::g]", Host),
            ("https://[::1", Host),
            ("https://b\u{fc}cher.example", Idna),
            ("https://shop.example:", Port),
            ("https://shop.example:0", Port),
            ("https://shop.example:080", Port),
            ("https://shop.example:+80", Port),
            ("https://shop.example:65536", Port),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(error), "{text}");
        }
        for text in ["did:", "did:web:", "did:web:a#k", "did:web:a b"] {
            assert_eq!(text.parse::<Party>(), Err(Did), "{text}");
        }
    }

    #[test]
    fn a_partys_did_is_that_of_its_host() {
        let did = |text: &str| text.parse::<Party>().unwrap().web_did().map(|did| did.to_string());
        assert_eq!(did("https://Shop.example:443/").as_deref(), Some("did:web:shop.example"));
        assert_eq!(did("https://shop.example:8443").as_deref(), Some("did:web:shop.example%3A8443"));
        assert_eq!(did("http://127.0.0.1:9360").as_deref(), Some("did:web:127.0.0.1%3A9360"));
        assert_eq!(did("did:web:shop.example").as_deref(), Some("did:web:shop.example"));
        for none in ["http://shop.example", "https://[::1]", "did:key:z6Mk"] {
            assert_eq!(did(none), None, "{none}");
        }
        assert_eq!(origin("https://shop.example").with_port(), "https://shop.example:443");
    }

    proptest! {
        #[test]
        fn random_texts_never_panic_and_the_text_of_an_origin_is_its_own(
            text in "(https?://)?[a-zA-Z0-9.:/@\\[\\]é_-]{0,40}",
        ) {
            if let Ok(parsed) = text.parse::<Origin>() {
                prop_assert_eq!(parsed.to_string().parse::<Origin>(), Ok(parsed.clone()));
                prop_assert_eq!(parsed.with_port().parse::<Origin>(), Ok(parsed.clone()));
                prop_assert!(Audience::new(&parsed.to_string()).is_ok());
            }
            let _ = text.parse::<Party>();
        }
    }
}
