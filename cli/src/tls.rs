//! Whose certificates TLS connections believe: those of the platform's store, or of a file that the user names.

use std::path::Path;
use std::sync::OnceLock;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::exit::{Failure, OrFail as _, Outcome};
use crate::{output, system};

/// The same for every connection of this process; decided once, before the first.
static ROOTS: OnceLock<RootCerts> = OnceLock::new();

/// Believes the authorities in a PEM file, and no others, from now on.
pub fn trust_file(path: &Path) -> Outcome<()> {
    let shown = path.display();
    let next = "give a file with the authority's certificate in PEM form (-----BEGIN CERTIFICATE-----)";
    let bytes = system::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.or_fail(format!("{shown} cannot be read as PEM"), next)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(Failure::error(format!("{shown} holds no certificate"), next));
    }
    // Set once: the command line is parsed before anything connects.
    let _ = ROOTS.set(RootCerts::from(certificates));
    Ok(())
}

/// The authorities that are believed.
pub fn roots() -> RootCerts {
    ROOTS.get_or_init(of_the_platform).clone()
}

/// How connections are made.
pub fn config() -> TlsConfig {
    TlsConfig::builder().root_certs(roots()).build()
}

/// What this machine's administrators believe (`SSL_CERT_FILE` and `SSL_CERT_DIR` count), and on a machine without such a
/// store what is compiled in.
fn of_the_platform() -> RootCerts {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return RootCerts::from(found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()));
    }
    if let Some(error) = found.errors.first() {
        output::note(&format!(
            "warning: the platform's certificates cannot be read, those compiled in are used: {error}"
        ));
    }
    RootCerts::WebPki
}
