//! Which URLs of its configuration the service reads from.

/// Whether a configured URL may be read: https, or http on this machine, with a host and with neither user, query nor
/// fragment. A query may carry a secret, and URLs are shown in logs and reports.
pub(crate) fn may_be_read(text: &str) -> bool {
    let Ok(url) = text.parse::<http::Uri>() else { return false };
    let loopback = matches!(url.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let safe = url.scheme_str() == Some("https") || url.scheme_str() == Some("http") && loopback;
    let user = url.authority().is_none_or(|authority| authority.as_str().contains('@'));
    safe && !user && url.query().is_none() && !text.contains('#')
}
