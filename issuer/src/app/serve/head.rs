//! What is looked at in the header of every request before a route is: for whom it is (RFC 9112, 3.2; RFC 9113, 8.3.1)
//! and how large it is. hyper leaves it to the server.

use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, Request, Version, header};

use super::refused::Refused;

/// Longest path with its query.
const URI_BYTES: usize = 16 * 1024;
/// Most that names and values of all fields take together.
const FIELDS_BYTES: usize = 32 * 1024;

/// Refuses what no route should see.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Refused> {
    check_host(request)?;
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > URI_BYTES) {
        return Err(Refused::uri_too_long());
    }
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if fields > FIELDS_BYTES { Err(Refused::header_too_large()) } else { Ok(()) }
}

fn check_host<B>(request: &Request<B>) -> Result<(), Refused> {
    let mut fields = request.headers().get_all(header::HOST).iter();
    let (host, authority) = (fields.next(), request.uri().authority());
    if fields.next().is_some() {
        return Err(Refused::host("Host is there more than once; send it once."));
    }
    if host.is_some_and(|host| !is_host(host.as_bytes())) {
        return Err(Refused::host("Host is not a host with an optional port, such as issuer.example:8443."));
    }
    // CONNECT names a host and a port that nothing here leads to.
    if *request.method() != Method::CONNECT
        && authority.is_some_and(|authority| !is_host(authority.as_str().as_bytes()))
    {
        return Err(Refused::host("The authority of the request is not a host with an optional port."));
    }
    match request.version() {
        Version::HTTP_09 | Version::HTTP_10 => Ok(()),
        Version::HTTP_11 if host.is_none() => Err(Refused::host("HTTP/1.1 needs a Host field; send it once.")),
        Version::HTTP_11 => Ok(()),
        _ => check_both(host, authority),
    }
}

/// HTTP/2 names the host in `:authority`; a Host beside it says the same.
fn check_both(host: Option<&HeaderValue>, authority: Option<&Authority>) -> Result<(), Refused> {
    match (host, authority) {
        (None, None) => Err(Refused::host("The request names no host; send :authority.")),
        (Some(host), Some(authority)) if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) => {
            Err(Refused::host("Host and :authority differ; send :authority alone."))
        }
        _ => Ok(()),
    }
}

/// `uri-host [ ":" port ]` (RFC 9110, 7.2), not empty.
fn is_host(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((literal, rest)) => {
            if literal.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            match rest {
                "" => return true,
                rest => ("literal", rest.strip_prefix(':')),
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => return is_name(text),
        },
    };
    is_name(host) && port.is_some_and(is_port)
}

fn is_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = byte == b'%' && (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit()));
        if !escaped && !plain(byte) {
            return false;
        }
    }
    !host.is_empty()
}

/// Digits, maybe none.
fn is_port(port: &str) -> bool {
    port.is_empty() || (port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(version: Version, uri: &str, hosts: &[&'static str]) -> bool {
        let mut request = Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        check(&request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn a_request_names_one_well_formed_host() {
        use Version as V;
        for (version, uri, hosts, passes) in [
            (V::HTTP_11, "/", &["a.example"][..], true),
            (V::HTTP_11, "/", &["[::1]:8080"], true),
            (V::HTTP_11, "/", &["127.0.0.1:"], true),
            (V::HTTP_11, "/", &["a%2db.example"], true),
            (V::HTTP_11, "/", &[], false),
            (V::HTTP_11, "/", &[""], false),
            (V::HTTP_11, "/", &["a.example", "a.example"], false),
            (V::HTTP_11, "/", &["a b"], false),
            (V::HTTP_11, "/", &["user@a.example"], false),
            (V::HTTP_11, "/", &["a.example:x"], false),
            (V::HTTP_11, "/", &["a.example:65536"], false),
            (V::HTTP_11, "/", &["a.example, b.example"], false),
            (V::HTTP_11, "/", &["a.example/path"], false),
            (V::HTTP_11, "/", &["[::1"], false),
            (V::HTTP_11, "/", &["[x]"], false),
            (V::HTTP_11, "/", &["[::1]x"], false),
            (V::HTTP_11, "/", &["a%zz"], false),
            (V::HTTP_11, "http://a.example/", &[], false),
            (V::HTTP_11, "http://a.example/", &["b.example"], true),
            (V::HTTP_10, "/", &[], true),
            (V::HTTP_10, "/", &["a b"], false),
            (V::HTTP_10, "/", &["a", "b"], false),
            (V::HTTP_2, "https://a.example/", &[], true),
            (V::HTTP_2, "https://a.example/", &["A.example"], true),
            (V::HTTP_2, "https://a.example/", &["b.example"], false),
            (V::HTTP_2, "/", &["a.example"], true),
            (V::HTTP_2, "/", &[], false),
            (V::HTTP_2, "https://user@a.example/", &[], false),
        ] {
            assert_eq!(answer(version, uri, hosts), passes, "{version:?} {uri} {hosts:?}");
        }
    }

    #[test]
    fn long_paths_and_large_headers_are_refused() {
        assert!(answer(Version::HTTP_11, &format!("/{}", "a".repeat(URI_BYTES - 1)), &["a"]));
        assert!(!answer(Version::HTTP_11, &format!("/{}", "a".repeat(URI_BYTES)), &["a"]));
        let large = |bytes| Request::builder().header("host", "a").header("x", "y".repeat(bytes)).body(()).unwrap();
        assert!(check(&large(FIELDS_BYTES - 10)).is_ok());
        assert!(check(&large(FIELDS_BYTES)).is_err());
    }
}
