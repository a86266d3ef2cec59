//! The host of anybody's `did:web`. What this project's own issuers may be called is narrower: [`super::IssuerDid`].
//!
//! Source: did:web Method Specification, "Method-specific identifier": a domain name (RFC 1035, RFC 1123, RFC 2181), then
//! perhaps a percent-encoded colon and a port. RFC 2181 §11 allows any characters in a name, so an underscore is one;
//! hexadecimal digits have no case. The method allows no IP addresses, but a resolver cannot call the DID of one malformed:
//! test systems have them, ours too.

use std::net::Ipv6Addr;
use std::str::FromStr;

use super::DidError;

/// Longest domain name, in bytes, and longest label (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// A host as others write it, in the form in which two spellings of it are equal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebHost {
    /// In lower case, without the root's dot.
    name: String,
    port: Option<u16>,
}

impl FromStr for WebHost {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let decoded = decode(text).ok_or(DidError::Web)?;
        let (name, port) = split_port(&decoded).ok_or(DidError::Web)?;
        let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let good = match address {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_domain_name(name),
        };
        if !good {
            return Err(DidError::Web);
        }
        Ok(Self { name: name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase(), port })
    }
}

/// The text with its escapes read. A host needs them for the colon before its port, and for the brackets and colons of an
/// IPv6 address.
fn decode(text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        match rest.get(at + 1..at + 3)?.to_ascii_uppercase().as_str() {
            "3A" => decoded.push(':'),
            "5B" => decoded.push('['),
            "5D" => decoded.push(']'),
            _ => return None,
        }
        rest = &rest[at + 3..];
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// The name, and the port behind its last colon.
fn split_port(host: &str) -> Option<(&str, Option<u16>)> {
    let after_address = host.rfind(']').map_or(0, |end| end + 1);
    match host[after_address..].split_once(':') {
        None => Some((host, None)),
        Some((before, port)) => {
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            let port = port.parse::<u16>().ok().filter(|port| digits && *port != 0)?;
            Some((&host[..after_address + before.len()], Some(port)))
        }
    }
}

fn is_domain_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    name.len() <= MAX_NAME_BYTES && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_others_are_read_as_the_method_allows() {
        for host in [
            "example.com",
            "Example.COM",
            "a_b.example",
            "_dmarc.example",
            "xn--bcher-kva.example",
            "example.com.",
            "example.com%3A8443",
            "example.com%3a8443",
            "localhost",
            "127.0.0.1%3a8080",
            "%5B%3A%3A1%5D%3A8080",
            "%5b%3a%3a1%5d",
            &format!("{}.example", "a".repeat(63)),
        ] {
            assert!(host.parse::<WebHost>().is_ok(), "{host}");
        }
    }

    #[test]
    fn what_no_host_can_be_is_refused() {
        for host in [
            "",
            ".",
            "a..b",
            ".a",
            "a%2Fb",
            "a%20b",
            "a%3A",
            "a%3A0",
            "a%3A65536",
            "a%3A+1",
            "a%3A1%3A2",
            "a%3",
            "a%",
            "a/b",
            "b\u{e9}.example",
            "%5B%3A%3A1",
            "%5B%3A%3Ag%5D",
            "a%5B%3A%3A1%5D",
            &format!("{}.example", "a".repeat(64)),
            &"a.".repeat(128),
        ] {
            assert_eq!(host.parse::<WebHost>(), Err(DidError::Web), "{host}");
        }
    }

    #[test]
    fn spellings_of_one_host_are_equal() {
        let host = |text: &str| text.parse::<WebHost>().unwrap();
        assert_eq!(host("Example.com.%3a8443"), host("example.COM%3A8443"));
        assert_ne!(host("example.com"), host("example.com%3A443"));
    }

    proptest! {
        #[test]
        fn random_texts_never_panic(text in "\\PC{0,40}", odd in "[a%3A.\\[\\]:é]{0,20}") {
            let _ = text.parse::<WebHost>();
            let _ = odd.parse::<WebHost>();
        }
    }
}
