//! The origin under which the service is reached, and the DID that follows from it.

use std::fmt;

use poa_verifier::origin::Origin;

/// An origin: scheme, host and optional port, no path, no trailing slash. The scheme's default port is left out.
///
/// Plain `http` is accepted for loopback hosts only, since the `did:web` documents that verifiers pin
/// would otherwise travel unprotected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicUrl {
    scheme: Scheme,
    authority: String,
    origin: Origin,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn default_port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

/// Why a text is not a public URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// Neither `http://` nor `https://`.
    #[error("the public URL must begin with https:// (or http:// on loopback)")]
    Scheme,
    /// `http` for a host other than localhost or 127.x.y.z.
    #[error("plain http is accepted for localhost and 127.0.0.0/8 only")]
    Insecure,
    /// A path, query, user, upper-case letter or IPv6 literal, none of which `did:web` can carry here.
    #[error("the public URL is scheme, lower-case host and optional port, nothing else")]
    Authority,
    /// Not a number from 1 to 65535, or with leading zeros.
    #[error("the public URL's port is not a number from 1 to 65535")]
    Port,
}

impl PublicUrl {
    /// Parses an origin such as `https://issuer.example` or `http://127.0.0.1:8080`.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let (scheme, authority) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err(PublicUrlError::Scheme);
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        if !is_host(host) {
            return Err(PublicUrlError::Authority);
        }
        if port.is_some_and(|port| !is_port(port)) {
            return Err(PublicUrlError::Port);
        }
        if scheme == Scheme::Http && !is_loopback(host) {
            return Err(PublicUrlError::Insecure);
        }
        // The default port is no part of an origin (RFC 6454, 4): with it there were two names for one issuer, and URL
        // libraries, which leave it out, would sign another target than the one checked here.
        let authority = if port == Some(scheme.default_port()) { host } else { authority };
        let origin = text.parse().map_err(|_| PublicUrlError::Authority)?;
        Ok(Self { scheme, authority: authority.to_owned(), origin })
    }

    /// The same origin with its default port spelled out, as services named themselves that were started with it before
    /// it was left out; none when the origin has another port.
    pub(crate) fn with_default_port(&self) -> Option<Self> {
        let port = self.scheme.default_port();
        let authority = format!("{}:{port}", self.authority);
        (!self.authority.contains(':')).then(|| Self { authority, ..self.clone() })
    }

    /// The origin, which has one spelling also where the URL has another.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The host as DIDs write it: `%3A` before a port.
    pub fn did_host(&self) -> String {
        self.authority.replace(':', "%3A")
    }

    /// The issuer's DID, `did:web:<host>`.
    pub fn issuer_did(&self) -> String {
        format!("did:web:{}", self.did_host())
    }

    /// The absolute URL of `path`, which begins with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// Whether the host is this machine, whoever asks.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.authority.split(':').next().unwrap_or_default())
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority)
    }
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn is_port(port: &str) -> bool {
    // `u16::from_str` takes a leading `+` and zeros; a DID with another spelling would be another DID.
    port.parse::<u16>().is_ok_and(|number| number != 0 && number.to_string() == port)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_become_dids() {
        for (url, did) in [
            ("https://issuer.example", "did:web:issuer.example"),
            ("http://127.0.0.1:8080", "did:web:127.0.0.1%3A8080"),
            ("http://localhost:1", "did:web:localhost%3A1"),
        ] {
            let parsed = PublicUrl::parse(url).unwrap();
            assert_eq!(parsed.issuer_did(), did);
            assert_eq!(parsed.to_string(), url);
            assert_eq!(parsed.join("/health"), format!("{url}/health"));
            assert_eq!(parsed.is_loopback(), url.starts_with("http:"), "{url}");
        }
    }

    #[test]
    fn the_default_port_is_no_part_of_an_origin() {
        for (url, origin, spelled) in [
            ("https://issuer.example:443", "https://issuer.example", "https://issuer.example:443"),
            ("http://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:80"),
            ("https://issuer.example", "https://issuer.example", "https://issuer.example:443"),
        ] {
            let parsed = PublicUrl::parse(url).unwrap();
            assert_eq!(parsed.to_string(), origin);
            assert!(!parsed.issuer_did().contains("%3A"));
            assert_eq!(parsed.with_default_port().unwrap().to_string(), spelled);
        }
        for url in ["https://issuer.example:80", "http://127.0.0.1:443"] {
            let parsed = PublicUrl::parse(url).unwrap();
            assert_eq!((parsed.to_string(), parsed.with_default_port()), (url.to_owned(), None));
        }
    }

    #[test]
    fn everything_but_an_origin_is_refused() {
        use PublicUrlError::*;
        for (url, error) in [
            ("issuer.example", Scheme),
            ("ftp://issuer.example", Scheme),
            ("http://issuer.example", Insecure),
            ("http://127.0.0.1.example", Insecure),
            ("https://issuer.example/", Authority),
            ("https://Issuer.example", Authority),
            ("https://user@issuer.example", Authority),
            ("https://", Authority),
            ("https://-a.example", Authority),
            ("https://[::1]:80", Authority),
            ("https://1.2.3.256", Authority),
            ("https://issuer.example:", Port),
            ("https://issuer.example:0", Port),
            ("https://issuer.example:+80", Port),
            ("https://issuer.example:080", Port),
            ("https://issuer.example:65536", Port),
            ("https://issuer.example:80/x", Port),
        ] {
            assert_eq!(PublicUrl::parse(url), Err(error), "{url}");
        }
    }
}
