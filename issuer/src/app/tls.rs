//! The certificate and private key that the listener serves TLS with, read and judged at start.
//!
//! Refused: files that cannot be read or hold something else, a key that is not the certificate's, a certificate
//! outside its dates. Whether clients trust the chain is not judged: only they know their anchors.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use poa_files::ReadError;
use poa_verifier::time::{LAST_UNIX_S, format_utc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::{Error, ServerConfig};
use webpki::{EndEntityCert, KeyUsage};
use zeroize::Zeroizing;

use crate::config::TlsFiles;

/// What is offered in the handshake, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
/// HTTP/2 as it is named in the handshake.
pub(super) const HTTP_2: &[u8] = b"h2";

/// The largest file of a certificate chain or key.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// Why TLS cannot be served with the files that were given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The operating system refused, or the file is too large.
    #[error("TLS: {path}: {error}; give a PEM file that the service may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: ReadError,
    },
    /// The file is no PEM.
    #[error("TLS: {path}: {error}; give a PEM file")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: pem::Error,
    },
    /// No certificate in it.
    #[error("TLS: {0} holds no certificate; give the certificate with its chain, in PEM")]
    NoCertificate(PathBuf),
    /// Not a certificate that TLS can use.
    #[error("TLS: the first certificate in {path} cannot be used: {error}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: webpki::Error,
    },
    /// Its time is over.
    #[error("TLS: the certificate in {path} expired at {at}; renew it")]
    Expired {
        /// The file.
        path: PathBuf,
        /// RFC 3339.
        at: String,
    },
    /// Its time has not begun.
    #[error("TLS: the certificate in {path} is valid from {at} only; check this machine's clock")]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// RFC 3339.
        at: String,
    },
    /// Two files that do not belong together.
    #[error("TLS: the key in {key} is not that of the certificate in {certificate}; give the two that belong together")]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A key of a kind, or with parameters, that is not served.
    #[error("TLS: the key in {path} cannot be used: {error}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Error,
    },
}

/// Reads the two files and makes of them what accepts connections.
pub(super) fn acceptor(files: &TlsFiles, now_unix_s: u64) -> Result<TlsAcceptor, TlsError> {
    let chain = chain(&files.certificate)?;
    let first = chain.first().ok_or_else(|| TlsError::NoCertificate(files.certificate.clone()))?;
    check_dates(first, &files.certificate, now_unix_s)?;
    let no_pem = |error| TlsError::NotPem { path: files.key.clone(), error };
    let key = PrivateKeyDer::from_pem_slice(&Zeroizing::new(read(&files.key)?)).map_err(no_pem)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(files, error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unusable(files, error))?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let no_pem = |error| TlsError::NotPem { path: path.to_owned(), error };
    CertificateDer::pem_slice_iter(&read(path)?).collect::<Result<_, _>>().map_err(no_pem)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    poa_files::read(path, MAX_FILE_BYTES).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })
}

/// Builds a path to nothing: it always fails, and of a certificate outside its dates before anything else.
fn check_dates(certificate: &CertificateDer<'_>, path: &Path, now_unix_s: u64) -> Result<(), TlsError> {
    let unusable = |error| TlsError::Certificate { path: path.to_owned(), error };
    let certificate = EndEntityCert::try_from(certificate).map_err(unusable)?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now_unix_s));
    let path = path.to_owned();
    match certificate.verify_for_usage(&[], &[], &[], now, KeyUsage::server_auth(), None, None).err() {
        Some(webpki::Error::CertExpired { not_after, .. }) => Err(TlsError::Expired { path, at: text(not_after) }),
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => {
            Err(TlsError::NotYetValid { path, at: text(not_before) })
        }
        Some(error @ webpki::Error::InvalidCertValidity) => Err(TlsError::Certificate { path, error }),
        _ => Ok(()),
    }
}

fn text(time: UnixTime) -> String {
    format_utc(time.as_secs().min(LAST_UNIX_S)).unwrap_or_default()
}

fn unusable(files: &TlsFiles, error: Error) -> TlsError {
    match error {
        Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
        }
        error => TlsError::Key { path: files.key.clone(), error },
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// 2026-01-15T10:20:00Z.
    const NOW: u64 = 1_768_472_400;

    /// A directory with `cert.pem` of some years and `key.pem`.
    fn files(years: std::ops::Range<i32>) -> (tempfile::TempDir, TlsFiles) {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.start, 1, 1);
        params.not_after = date_time_ymd(years.end, 1, 1);
        let path = |name: &str| directory.path().join(name);
        let files = TlsFiles { certificate: path("cert.pem"), key: path("key.pem") };
        std::fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        (directory, files)
    }

    fn refusal(files: &TlsFiles) -> TlsError {
        match acceptor(files, NOW) {
            Ok(_) => panic!("{files:?} are served"),
            Err(error) => error,
        }
    }

    #[test]
    fn a_pair_that_belongs_together_is_served() {
        let (_directory, files) = files(2026..2027);
        let served = acceptor(&files, NOW).unwrap();
        assert_eq!(served.config().alpn_protocols, [&b"h2"[..], b"http/1.1"]);
    }

    #[test]
    fn a_certificate_outside_its_dates_is_refused_with_the_date() {
        let (_directory, old) = files(2024..2026);
        let TlsError::Expired { at, .. } = refusal(&old) else { panic!("it expired") };
        assert_eq!(at, "2026-01-01T00:00:00Z");
        let (_directory, new) = files(2027..2028);
        let TlsError::NotYetValid { at, .. } = refusal(&new) else { panic!("it has not begun") };
        assert_eq!(at, "2027-01-01T00:00:00Z");
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let ((_one, one), (_other, other)) = (files(2026..2027), files(2026..2027));
        let mixed = TlsFiles { certificate: one.certificate.clone(), key: other.key };
        assert!(matches!(refusal(&mixed), TlsError::Mismatch { .. }));
        let swapped = TlsFiles { certificate: one.key, key: one.certificate };
        assert!(matches!(refusal(&swapped), TlsError::NoCertificate(_)));
    }

    #[test]
    fn files_that_hold_something_else_or_are_not_there_are_refused_by_name() {
        let (directory, files) = files(2026..2027);
        let other = directory.path().join("other.pem");
        let with = |change: fn(&mut TlsFiles, PathBuf)| {
            let mut files = files.clone();
            change(&mut files, other.clone());
            refusal(&files).to_string()
        };
        let no_key = with(|files, other| files.key = other);
        let no_certificate = with(|files, other| files.certificate = other);
        for text in [&no_key, &no_certificate] {
            assert!(text.contains("other.pem"), "{text}");
        }
        std::fs::write(&other, "no PEM").unwrap();
        assert!(matches!(refusal(&TlsFiles { key: other.clone(), ..files.clone() }), TlsError::NotPem { .. }));
        let endless = PathBuf::from("/dev/zero");
        for endless in [
            TlsFiles { key: endless.clone(), ..files.clone() },
            TlsFiles { certificate: endless.clone(), ..files.clone() },
        ] {
            assert!(refusal(&endless).to_string().contains("more than 65536 bytes"), "a device is read up to a limit");
        }
        assert!(matches!(
            refusal(&TlsFiles { certificate: other.clone(), ..files.clone() }),
            TlsError::NoCertificate(_)
        ));
        std::fs::write(&other, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(refusal(&TlsFiles { certificate: other, ..files }), TlsError::Certificate { .. }));
    }
}
