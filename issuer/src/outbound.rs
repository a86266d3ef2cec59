//! Which URLs of its configuration the service reads from, and whose certificates it believes there.

use std::sync::OnceLock;

use ureq::tls::{RootCerts, TlsConfig};

/// Like the platform's own store one for the process, decided before the first connection.
static ROOTS: OnceLock<RootCerts> = OnceLock::new();

/// Believes these authorities where the service reads a chain or lists of other issuers; without it those compiled in. Does
/// nothing when it was decided before.
pub fn believe(roots: RootCerts) {
    let _ = ROOTS.set(roots);
}

/// How connections are made.
pub(crate) fn tls() -> TlsConfig {
    TlsConfig::builder().root_certs(ROOTS.get().cloned().unwrap_or(RootCerts::WebPki)).build()
}

/// Whether a configured URL may be read: https, or http on this machine, with a host and with neither user, query nor
/// fragment. A query may carry a secret, and URLs are shown in logs and reports.
pub(crate) fn may_be_read(text: &str) -> bool {
    let Ok(url) = text.parse::<http::Uri>() else { return false };
    let loopback = matches!(url.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let safe = url.scheme_str() == Some("https") || url.scheme_str() == Some("http") && loopback;
    let user = url.authority().is_none_or(|authority| authority.as_str().contains('@'));
    safe && !user && url.query().is_none() && !text.contains('#')
}
