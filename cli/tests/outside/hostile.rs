//! A service that answers with whatever steers a terminal: none of it gets there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use poa_verifier::text::is_visible;
use serde_json::{Map, Value, json};

use crate::support::Poa;

/// Clears the screen, sets the title, reorders, hides, breaks the line.
const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{7f}\r\nnext: poa trust pin evil";
const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// An answer with every member that any command reads, and more.
fn everything() -> Value {
    let texts = [
        "agent",
        "name",
        "status",
        "id",
        "title",
        "detail",
        "jws",
        "jti",
        "issuer",
        "kid",
        "purpose",
        "state",
        "root",
        "size",
        "seq",
        "revocations",
        "head",
        "nonce",
        "message",
        "next",
        "log",
        "domain",
        "url",
        "challenge",
        "expires",
        "active",
        "created_at",
        "service",
        "custody",
        "ed25519_public_key",
        "format",
        "code",
        "error",
        "member",
    ];
    let mut members: Map<String, Value> = texts.iter().map(|name| ((*name).to_owned(), json!(HOSTILE))).collect();
    let entry = Value::Object(members.clone());
    for list in ["agents", "keys", "documents", "results", "schemas", "checks"] {
        members.insert(list.to_owned(), json!([entry, { "status": "refused", "problem": entry }]));
    }
    members.insert("made".to_owned(), json!([HOSTILE]));
    members.insert("report".to_owned(), entry.clone());
    members.insert("request".to_owned(), entry.clone());
    members.insert(HOSTILE.to_owned(), entry);
    Value::Object(members)
}

/// Answers every request in the same way.
struct Service {
    url: String,
}

impl Service {
    fn start(status: &'static str, media_type: &'static str, body: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that went away is not this test's business.
                let _ = stream.and_then(|stream| answer(&stream, status, media_type, &body));
            }
        });
        Self { url }
    }
}

fn answer(stream: &TcpStream, status: &str, media_type: &str, body: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

fn commands() -> Vec<Vec<&'static str>> {
    let operator = ["--token-file", "token"];
    let agent = ["--key", "agent.jwk", "--agent", "did:poa:h.example:67e55044-10b1-426f-9247-bb680e5fe0c8"];
    let own = |args: &[&'static str], who: &[&'static str]| [args, who].concat();
    vec![
        vec!["agent", "list"],
        vec!["agent", "show", UUID],
        own(&["agent", "challenge", "--new"], &operator),
        own(&["agent", "register", "--name", "a", "--public-key", "z6Mk"], &operator),
        own(&["agent", "rotate", "--public-key", "z6Mk"], &agent),
        own(&["agent", "suspend", "--agent", UUID], &operator),
        own(&["agent", "resume", "--agent", UUID], &operator),
        own(&["attest", "register", "--name", "a", "--public-key", "z6Mk"], &operator),
        own(&["attest", "retire", "did:key:z6Mk", "--yes"], &operator),
        vec!["attest", "post", "receipt.jws"],
        own(&["issue", "--schema", "task_completion/1"], &agent),
        own(&["present", "--to", "https://v.example", "--request", "request.json", "--schema", "a/1"], &agent),
        vec!["schema", "list"],
        vec!["schema", "show", "task_completion/1"],
        own(&["schema", "add", "request.json"], &operator),
        vec!["root", "latest"],
        vec!["root", "anchor"],
        own(&["keys", "list"], &operator),
        own(&["keys", "rotate"], &operator),
        own(&["keys", "compromise", "heads-1", "--yes"], &operator),
        own(&["keys", "compromised"], &operator),
        own(&["revoke", "credential", UUID, "--yes"], &operator),
        own(&["revoke", "agent", "--agent", UUID, "--yes"], &operator),
        vec!["trust", "pin", "0000000000000000000000000000000000000000000000000000000000000000"],
        vec!["agenthood", "show", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"],
        vec!["agenthood", "claim", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"],
        vec!["agenthood", "revoke", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "--yes"],
    ]
}

#[test]
fn nothing_that_a_service_says_reaches_the_terminal_raw() {
    let poa = Poa::new();
    std::fs::write(poa.path("token"), "poa_op_x").unwrap();
    std::fs::set_permissions(poa.path("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(poa.path("receipt.jws"), "a.b.c").unwrap();
    assert_eq!(poa.run(&["agent", "keygen", "--key", "agent.jwk"]).status, 0);
    assert_eq!(poa.run(&["request", "--domain", "https://v.example", "--out", "request.json"]).status, 0);
    let everything = everything().to_string().into_bytes();
    let services = [
        Service::start("201 Created", "application/json", everything.clone()),
        Service::start("422 Unprocessable Content", "application/problem+json", everything),
        Service::start("200 OK", "application/json", HOSTILE.as_bytes().to_vec()),
        Service::start("500 Internal Server Error", "text/html", HOSTILE.as_bytes().to_vec()),
    ];
    let mut shown = 0;
    for service in &services {
        let url = format!("{}/presentation-requests/{UUID}", service.url);
        let by_url = [
            vec!["trust", "add", &service.url],
            vec!["trust", "fetch", &service.url],
            vec!["verify", "request.json", "--service", &service.url],
            vec!["present", "--to", &service.url, "--request-url", &url],
        ];
        for args in commands().into_iter().chain(by_url) {
            for json in [&[][..], &["--json"]] {
                let args = [json, &args].concat();
                let run = poa.run_within(&args, &[("POA_SERVICE", &service.url)], Duration::from_secs(120));
                let printed = format!("{}{}", run.stdout, run.stderr);
                let raw = printed.chars().find(|c| !is_visible(*c) && *c != '\n');
                assert_eq!(raw, None, "{args:?}: {printed:?}");
                let forged = printed.lines().any(|line| line.starts_with("next: poa trust pin evil"));
                assert!(!forged, "{args:?}: {printed}");
                shown += usize::from(printed.contains("\\u{202e}") || printed.contains("\\u202e"));
            }
        }
    }
    assert!(shown > 50, "what the service said is shown, written out: {shown}");
}

#[test]
fn neither_does_what_a_file_or_an_argument_holds() {
    let poa = Poa::new();
    std::fs::write(poa.path("hostile.json"), json!({ "id": HOSTILE, HOSTILE: HOSTILE }).to_string()).unwrap();
    std::fs::write(poa.path("twice.json"), format!("{{{0}:1,{0}:1}}", json!(HOSTILE))).unwrap();
    for args in [
        &["verify", HOSTILE][..],
        &["verify", "hostile.json", "--trust", "hostile.json"],
        &["verify", "hostile.json", "--request", "hostile.json"],
        &["verify", "hostile.json", "--request", "twice.json"],
        &["attest", "make", "--subject", HOSTILE, "--attempted", "1", "--completed", "1"],
        &["request", "--domain", HOSTILE],
        &["trust", "add", HOSTILE],
        &["agent", "show", HOSTILE, "--service", "http://127.0.0.1:9"],
        &["present", "--to", HOSTILE, "--request", "hostile.json"],
        &["holder", "answer", "hostile.json", "--out", "x", "--data-dir", HOSTILE],
        &["request", "--domain", "https://v.example", "--out", HOSTILE],
        &[HOSTILE],
        &["verify", "a", HOSTILE],
        &["request", "--domain", "https://v.example", "--max-root-age-s", HOSTILE],
    ] {
        for json in [&[][..], &["--json"]] {
            let run = poa.run(&[json, args].concat());
            let printed = format!("{}{}", run.stdout, run.stderr);
            assert!(printed.chars().all(|c| is_visible(c) || c == '\n'), "{args:?}: {printed:?}");
        }
    }
}
