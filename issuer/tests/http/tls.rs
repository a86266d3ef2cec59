//! The listener with TLS: real clients over a socket, a certificate made for the test.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf};
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
        Self::start_with(|_| ()).await
    }

    async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = write(&directory, &made, &made.signing_key);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = open_with(&directory, address, files, change).await.unwrap();
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
    open_with(directory, address, files, |_| ())
}

fn open_with(
    directory: &TempDir,
    address: SocketAddr,
    files: TlsFiles,
    change: impl FnOnce(&mut Config),
) -> impl Future<Output = Result<Arc<App>, OpenError>> {
    let url = PublicUrl::parse(&format!("https://localhost:{}", address.port())).unwrap();
    let mut config = Config::new(directory.path().join("data"), url, address);
    config.tls = Some(files);
    change(&mut config);
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

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The kinds of the frames in these bytes.
fn kinds(mut bytes: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(9) {
        kinds.push(head[3]);
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        bytes = rest.get(length..).unwrap_or_default();
    }
    kinds
}

#[tokio::test]
async fn over_http_2_a_ping_is_no_header_and_an_idle_connection_is_told_that_it_ends() {
    const GOAWAY: u8 = 7;
    let service = Listening::start_with(|config| {
        config.connections.header = Duration::from_millis(500);
        config.connections.idle = Duration::from_millis(2_000);
    })
    .await;
    // GET / of localhost, by the static table of HPACK (RFC 7541, appendix A).
    let header = [&[0x82, 0x87, 0x84, 0x41, 9], b"localhost".as_slice()].concat();
    let begin = async || {
        let mut stream = service.connect(b"h2").await;
        let opening = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &[])].concat();
        stream.write_all(&[opening, frame(1, 5, 1, &header)].concat()).await.unwrap();
        tokio::io::split(stream)
    };
    let end = async |mut read: ReadHalf<TlsStream<TcpStream>>| {
        let (began, mut bytes) = (Instant::now(), Vec::new());
        // It may end without a last word of TLS.
        let _ = tokio::time::timeout(Duration::from_secs(10), read.read_to_end(&mut bytes)).await.expect("it ends");
        (began.elapsed(), kinds(&bytes))
    };
    let (read, mut write) = begin().await;
    let pinging = tokio::spawn(async move {
        while write.write_all(&frame(6, 0, 0, &[1; 8])).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let (lived, kinds) = end(read).await;
    assert!(lived > Duration::from_millis(1_500), "{lived:?}: no PING starts the time of a header");
    assert!(kinds.contains(&GOAWAY), "{kinds:?}");
    pinging.abort();
    let (read, mut write) = begin().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    write.write_all(&frame(1, 5, 3, &header)[..12]).await.unwrap();
    let (lived, kinds) = end(read).await;
    assert!(lived < Duration::from_millis(1_500), "{lived:?}: half a header has its own time");
    assert!(kinds.contains(&GOAWAY), "{kinds:?}");
    service.stop().await;
}
