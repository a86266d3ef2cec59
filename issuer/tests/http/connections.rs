//! The listener under clients that are slow, many, or wrong: real sockets, times that fit a test.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use poa_issuer::clock::{Clock, SystemClock};
use poa_issuer::config::Bounds;
use poa_issuer::domain::os_entropy;
use poa_issuer::{App, Config, Door, PublicUrl};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::service::engine;

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n";
/// Whoever is not meant.
pub(super) const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A service on a socket.
pub(super) struct Listening {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

fn config(directory: &TempDir, address: SocketAddr) -> Config {
    let url = PublicUrl::parse(&format!("http://{address}")).unwrap();
    let mut config = Config::new(directory.path().join("data"), url, address);
    let limits = &mut config.connections;
    limits.header = Duration::from_millis(800);
    limits.idle = Duration::from_secs(5);
    limits.stall = Duration::from_millis(800);
    limits.grace = Duration::from_millis(800);
    config
}

impl Listening {
    pub(super) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = config(&directory, address);
        change(&mut config);
        let app =
            App::open_with(config, Arc::new(SystemClock) as Arc<dyn Clock>, os_entropy(), engine()).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(app.serve(listener, async {
            let _ = stopped.await;
        }));
        Self { address, stop, task, _directory: directory }
    }

    pub(super) async fn connect_from(&self, source: impl Into<IpAddr>) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source.into(), 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    pub(super) async fn connect(&self) -> TcpStream {
        self.connect_from(Ipv4Addr::LOCALHOST).await
    }

    /// Sends bytes and reads to the end.
    pub(super) async fn ask_from(&self, source: Ipv4Addr, sent: &str) -> Answer {
        let mut stream = self.connect_from(source).await;
        // It may be refused before all of it is taken.
        let _ = stream.write_all(sent.as_bytes()).await;
        Answer::read(&mut stream).await
    }

    pub(super) async fn ask(&self, sent: &str) -> Answer {
        self.ask_from(Ipv4Addr::LOCALHOST, sent).await
    }

    /// Stops it; how long that took.
    pub(super) async fn stop(self) -> Duration {
        let began = Instant::now();
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
        began.elapsed()
    }
}

/// Everything that came until the connection ended.
pub(super) struct Answer(pub(super) String);

impl Answer {
    async fn read(stream: &mut TcpStream) -> Self {
        Self::read_within(stream, Duration::from_secs(10)).await
    }

    pub(super) async fn read_within(stream: &mut TcpStream, time: Duration) -> Self {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(time, stream.read_to_end(&mut bytes)).await;
        assert!(read.is_ok(), "the connection stays open: {}", String::from_utf8_lossy(&bytes));
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// Holds it against a problem document.
    pub(super) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{}", self.0);
        let (head, body) = self.0.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains("content-type: application/problem+json"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["code"], &body["status"]), (&code.into(), &status.into()), "{body}");
    }
}

/// Whether the service has closed it: nothing more comes.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    match tokio::time::timeout(Duration::from_millis(5), stream.read(&mut byte)).await {
        Err(_) => false,
        Ok(read) => !matches!(read, Ok(1)),
    }
}

#[tokio::test]
async fn half_open_requests_of_one_address_leave_room_for_another() {
    let places = Bounds { total: 40, network: 30, client: 10 };
    let service = Listening::start(|config| {
        config.connections.places = places;
        config.connections.header = Duration::from_secs(30);
    })
    .await;
    let mut half_open = Vec::new();
    for _ in 0..100 {
        let mut stream = service.connect().await;
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: a").await.unwrap();
        half_open.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut open = 0;
    for stream in &mut half_open {
        open += usize::from(!is_closed(stream).await);
    }
    assert_eq!(open, places.client, "the newest of the one that has too many");
    assert_eq!(service.ask_from(OTHER, HEALTH).await.status(), 200);
    assert_eq!(service.ask(HEALTH).await.status(), 200, "and of the same address");
    assert!(service.stop().await < Duration::from_secs(5), "half a header delays no stop");
}

#[tokio::test]
async fn a_header_has_its_time_and_whoever_takes_longer_is_told() {
    let service = Listening::start(|_| ()).await;
    service.ask("GET /health HTTP/1.1\r\nhost: a").await.assert_problem(408, "request-timeout");
    assert_eq!(service.ask("").await.0, "", "who says nothing is told nothing");
    let mut stream = service.connect().await;
    stream.write_all(HEALTH.replace("connection: close\r\n", "").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    stream.write_all(HEALTH.as_bytes()).await.unwrap();
    let answers = Answer::read(&mut stream).await;
    assert_eq!(answers.0.matches("HTTP/1.1 200 OK").count(), 2, "between requests there is more time");
    service.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() {
    let service = Listening::start(|_| ()).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(service.address).await.unwrap();
    let request = HEALTH.replace("/health", "/openapi.json").replace("connection: close\r\n", "");
    let began = Instant::now();
    // More than any buffer between takes; it ends when the service has gone.
    let sending = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), sending).await.expect("the connection stays");
    assert!(began.elapsed() >= Duration::from_millis(700), "not at once");
    service.stop().await;
}

/// A request whose body is never completed.
pub(super) fn unfinished(bytes: usize, fields: &str) -> String {
    let head = format!(
        "POST /vc-api/presentations/verify HTTP/1.1\r\nhost: a.example\r\n{fields}content-type: application/json\r\n\
         content-length: 1000000\r\n\r\n"
    );
    head + &" ".repeat(bytes)
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_refused_as_the_clients_fault() {
    let service = Listening::start(|_| ()).await;
    service.ask(&unfinished(10, "")).await.assert_problem(408, "request-timeout");
    let published =
        unfinished(10, "").replace("/vc-api/presentations/verify", "/poa/api/issue").replace("1000000", "900");
    let answer = service.ask(&published).await;
    assert_eq!(answer.status(), 408, "{}", answer.0);
    assert!(answer.0.contains("\"error\":\"request-timeout\""), "{}", answer.0);
    service.stop().await;
}

#[tokio::test]
async fn unfinished_bodies_have_bounds_in_all_and_for_each_client() {
    let service = Listening::start(|config| {
        config.connections.body_bytes = Bounds { total: 400_000, network: 400_000, client: 150_000 };
        config.connections.stall = Duration::from_secs(20);
        config.connections.grace = Duration::from_secs(20);
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = service.connect().await;
        stream.write_all(unfinished(60_000, "").as_bytes()).await.unwrap();
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    service.ask(&unfinished(60_000, "")).await.assert_problem(503, "overloaded");
    let other = "POST /verify HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
                 content-length: 2\r\n\r\n{}";
    service.ask_from(OTHER, other).await.assert_problem(400, "invalid-body");
    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(service.ask(other).await.status(), 400, "what is given up is free again");
    assert!(service.stop().await < Duration::from_secs(10));
}

#[tokio::test]
async fn behind_a_trusted_proxy_requests_count_for_the_forwarded_client() {
    let service = Listening::start(|config| {
        config.trusted_proxies = vec![Ipv4Addr::LOCALHOST.into()];
        config.connections.places = Bounds { total: 60, network: 20, client: 4 };
        config.connections.header = Duration::from_secs(30);
        config.connections.stall = Duration::from_secs(20);
        config.connections.grace = Duration::from_secs(20);
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = service.connect().await;
        stream.write_all(unfinished(10, "x-forwarded-for: 198.51.100.7\r\n").as_bytes()).await.unwrap();
        held.push(stream);
    }
    for _ in 0..20 {
        held.push(service.connect().await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let forwarded = |client: &str| HEALTH.replace("host:", &format!("x-forwarded-for: {client}\r\nhost:"));
    service.ask(&forwarded("198.51.100.7")).await.assert_problem(429, "too-many-requests");
    assert_eq!(service.ask(&forwarded("198.51.100.8")).await.status(), 200);
    let mut open = 0;
    for stream in &mut held {
        open += usize::from(!is_closed(stream).await);
    }
    assert_eq!(open, 24, "connections of the proxy have no bound of their own");
    drop(held);
    service.stop().await;
}

#[tokio::test]
async fn a_request_names_one_host() {
    let service = Listening::start(|_| ()).await;
    let with = |line: &str| format!("GET /health HTTP/1.1\r\n{line}connection: close\r\n\r\n");
    assert_eq!(service.ask(&with("host: a.example\r\n")).await.status(), 200);
    assert_eq!(service.ask("GET /health HTTP/1.0\r\n\r\n").await.status(), 200);
    assert_eq!(
        service.ask("GET http://a.example/health HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n").await.status(),
        200
    );
    for line in ["", "host: a.example\r\nhost: b.example\r\n", "host: a b\r\n", "host:\r\n", "host: a@b\r\n"] {
        service.ask(&with(line)).await.assert_problem(400, "malformed-request");
    }
    service.stop().await;
}

#[tokio::test]
async fn what_the_http_library_refuses_has_a_problem_document() {
    let service = Listening::start(|_| ()).await;
    let with =
        |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n");
    for (sent, status, code) in [
        (with("/health", "a b: c\r\n"), 400, "malformed-request"),
        (with("/health", "content-length: x\r\n"), 400, "malformed-request"),
        ("no HTTP at all\r\n\r\n".to_owned(), 400, "malformed-request"),
        (with(&format!("/{}", "a".repeat(20_000)), ""), 414, "uri-too-long"),
        (with(&format!("/{}", "a".repeat(100_000)), ""), 414, "uri-too-long"),
        (with("/health", &format!("x: {}\r\n", "y".repeat(40_000))), 431, "header-too-large"),
        (with("/health", &format!("x: {}\r\n", "y".repeat(200_000))), 431, "header-too-large"),
        (with("/health", &"x: y\r\n".repeat(200)), 431, "header-too-large"),
    ] {
        service.ask(&sent).await.assert_problem(status, code);
    }
    let mut stream = service.connect().await;
    let first = HEALTH.replace("connection: close\r\n", "");
    stream.write_all(format!("{first}{}", with("/health", "content-length: x\r\n")).as_bytes()).await.unwrap();
    let answers = Answer::read(&mut stream).await.0;
    assert!(answers.starts_with("HTTP/1.1 200 OK") && answers.contains("malformed-request"), "{answers}");
    service.stop().await;
}

#[tokio::test]
async fn while_the_service_opens_its_door_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = config(&directory, address);
    let door = Door::open(listener, &config, SystemClock.now_unix_s()).unwrap();
    let ask = async |path: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(HEALTH.replace("/health", path).as_bytes()).await.unwrap();
        Answer::read(&mut stream).await
    };
    let health = ask("/health").await;
    assert!(health.status() == 200 && health.0.contains("\"status\":\"starting\""), "{}", health.0);
    for path in ["/ready", "/agents", "/nothing"] {
        let answer = ask(path).await;
        answer.assert_problem(503, "not-ready");
        assert!(answer.0.contains("retry-after: "), "{}", answer.0);
    }
    let published = ask("/poa/api/snapshot/x").await;
    assert!(published.status() == 503 && published.0.contains("\"error\":\"service-busy\""), "{}", published.0);
    let app = App::open_with(config, Arc::new(SystemClock), os_entropy(), engine()).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(app.serve_at(door, async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(ask("/health").await.0.contains("\"status\":\"ok\""));
    drop(stop);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let service = Listening::start(|_| ()).await;
    let answer = service.ask(&HEALTH.replace("/health", "/openapi.json")).await;
    let (head, body) = answer.0.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    let _: Value = serde_json::from_slice(&Bytes::from(body.to_owned())).unwrap();
    service.stop().await;
}
