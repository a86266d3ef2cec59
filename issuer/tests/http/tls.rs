//! The listener with TLS: real clients over a socket, a certificate made for the test.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use poa_issuer::clock::{Clock, SystemClock};
use poa_issuer::domain::os_entropy;
use poa_issuer::{App, Config, OpenError, PublicUrl, TlsFiles};
use rcgen::{CertifiedKey, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::service::engine;

/// A service that listens with TLS for `localhost`.
struct Listening {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

impl Listening {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = write(&directory, &made, &made.signing_key);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = open(&directory, address, files).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(app.serve(listener, async {
            let _ = stopped.await;
        }));
        Self { address, certificate: made.cert.der().clone(), stop, task, _directory: directory }
    }

    async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

fn write(directory: &TempDir, certificate: &CertifiedKey<KeyPair>, key: &KeyPair) -> TlsFiles {
    let path = |name: &str| directory.path().join(name);
    let files = TlsFiles { certificate: path("cert.pem"), key: path("key.pem") };
    std::fs::write(&files.certificate, certificate.cert.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}

fn open(
    directory: &TempDir,
    address: SocketAddr,
    files: TlsFiles,
) -> impl Future<Output = Result<Arc<App>, OpenError>> {
    let url = PublicUrl::parse(&format!("https://localhost:{}", address.port())).unwrap();
    let mut config = Config::new(directory.path().join("data"), url, address);
    config.tls = Some(files);
    App::open_with(config, Arc::new(SystemClock) as Arc<dyn Clock>, os_entropy(), engine())
}

#[tokio::test]
async fn a_client_of_http_1_1_is_served() {
    let service = Listening::start().await;
    let mut stream = service.connect(b"http/1.1").await;
    let request = "GET /.well-known/did.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let document: Value = serde_json::from_str(body).unwrap();
    assert_eq!(document["id"], format!("did:web:localhost%3A{}", service.address.port()), "the public URL is https");
    service.stop().await;
}

#[tokio::test]
async fn a_client_of_http_2_is_served() {
    let service = Listening::start().await;
    let stream = service.connect(b"h2").await;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("https://localhost/health").body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
        let body: Value = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(body["status"], "ok");
    }
    drop(sender);
    service.stop().await;
}

#[tokio::test]
async fn a_client_without_tls_is_not_served() {
    let service = Listening::start().await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200"), "an alert at most");
    service.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_signal_to_stop() {
    let service = Listening::start().await;
    let mut stream = service.connect(b"http/1.1").await;
    let head =
        "POST /verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"{\"document\"").await.unwrap();
    stream.flush().await.unwrap();
    // The service has read what was sent before it is told to stop.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let Listening { stop, task, address, .. } = service;
    stop.send(()).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new connection is taken");
    stream.write_all(b":{}}").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_service_does_not_start_with_a_key_of_another_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = write(&directory, &made, &KeyPair::generate().unwrap());
    let error = open(&directory, ([127, 0, 0, 1], 8443).into(), files).await.err().unwrap();
    assert!(matches!(error, OpenError::Tls(_)), "{error}");
    assert!(error.to_string().contains("key.pem"), "{error}");
    assert!(!directory.path().join("data").exists(), "refused before anything is made");
}

#[tokio::test]
async fn over_http_2_a_request_names_one_host_and_has_bounds() {
    let service = Listening::start().await;
    let stream = service.connect(b"h2").await;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let long = "a".repeat(20_000);
    for (path, field, value, status, code) in [
        ("health", "host", "other.example", 400, "malformed-request"),
        (long.as_str(), "x", "y", 414, "uri-too-long"),
        ("health", "x", &"y".repeat(40_000), 431, "header-too-large"),
    ] {
        let request = http::Request::get(format!("https://localhost/{path}")).header(field, value);
        let answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status);
        let body: Value = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(body["code"], code);
    }
    drop(sender);
    service.stop().await;
}
