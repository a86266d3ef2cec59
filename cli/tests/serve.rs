//! `poa serve` over TLS with VC-API open, as a test suite on the same machine uses it; and what is refused at start.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Poa, Run};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A certificate for localhost and its key, in `cert.pem` and `key.pem`.
fn write_pair(poa: &Poa) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(poa.path("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(poa.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.pem().into_bytes()
}

fn client(certificate: &[u8]) -> ureq::Agent {
    let roots = RootCerts::from(vec![Certificate::from_pem(certificate).unwrap()]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).proxy(None).build().new_agent()
}

fn post(client: &ureq::Agent, url: &str, body: &Value) -> (u16, Value) {
    let mut answer = client.post(url).content_type("application/json").send(body.to_string()).unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap())
}

/// A port that nobody listens on, most likely.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Stopped when the test ends.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refused(poa: &Poa, args: &[&str]) -> Run {
    let run = poa.run_within(&[&["--data-dir", "service", "serve"], args].concat(), &[], Duration::from_secs(60));
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    run
}

#[test]
fn a_suite_on_this_machine_issues_and_verifies_over_tls() {
    let poa = Poa::new();
    let (certificate, port) = (write_pair(&poa), free_port());
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{port}"));
    let args = ["--json", "--data-dir", "service", "serve", "--listen", &listen, "--public-url", &url, "--vc-api-open"];
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let mut child = Stopped(poa.command(&[&args[..], &tls].concat()).stderr(Stdio::inherit()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["url"], url);

    let client = client(&certificate);
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": format!("did:web:localhost%3A{port}"),
        "credentialSubject": { "id": "did:example:subject" },
    });
    let body = json!({ "credential": credential, "options": {} });
    let (status, answer) = post(&client, &format!("{url}/vc-api/credentials/issue"), &body);
    assert_eq!(status, 201, "{answer:#}");
    let mut body =
        json!({ "verifiableCredential": answer["verifiableCredential"], "options": { "checks": ["proof"] } });
    let (status, answer) = post(&client, &format!("{url}/vc-api/credentials/verify"), &body);
    assert_eq!((status, &answer["verified"]), (200, &json!(true)), "{answer:#}");
    body["verifiableCredential"]["credentialSubject"]["id"] = json!("did:example:other");
    let (status, answer) = post(&client, &format!("{url}/vc-api/credentials/verify"), &body);
    assert_eq!((status, &answer["verified"]), (400, &json!(false)), "{answer:#}");
}

#[test]
fn vc_api_is_not_opened_where_others_could_reach_it() {
    let poa = Poa::new();
    for args in [
        &["--vc-api-open", "--listen", "0.0.0.0:0", "--public-url", "http://127.0.0.1:8080"][..],
        &["--vc-api-open", "--listen", "127.0.0.1:0", "--public-url", "https://issuer.example"],
    ] {
        let run = refused(&poa, args);
        assert!(run.stderr.contains("--vc-api-open"), "{}", run.stderr);
    }
}

#[test]
fn a_certificate_and_key_are_given_together_and_belong_together() {
    let poa = Poa::new();
    write_pair(&poa);
    let other = rcgen::KeyPair::generate().unwrap();
    std::fs::write(poa.path("other.pem"), other.serialize_pem()).unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    for (args, said) in [
        (&["--tls-cert", "cert.pem"][..], "--tls-key"),
        (&["--tls-key", "key.pem"], "--tls-cert"),
        (&["--tls-cert", "cert.pem", "--tls-key", "other.pem"], "other.pem is not that of the certificate in cert.pem"),
        (&["--tls-cert", "nothing.pem", "--tls-key", "key.pem"], "nothing.pem"),
        (&["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--public-url", "http://127.0.0.1:1"], "https"),
    ] {
        let run = refused(&poa, &[&listen[..], args].concat());
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    let everywhere = ["--listen", "0.0.0.0:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    assert!(refused(&poa, &everywhere).stderr.contains("--public-url"));
}

/// Tells a process to stop.
fn terminate(child: &Child) {
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
}

#[test]
fn a_second_signal_ends_a_service_that_still_waits_for_a_client() {
    let poa = Poa::new();
    let listen = format!("127.0.0.1:{}", free_port());
    let args = ["--json", "--data-dir", "service", "serve", "--listen", &listen, "--public-url", "http://127.0.0.1:80"];
    let mut child = Stopped(poa.command(&args).stderr(Stdio::inherit()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["url"], "http://127.0.0.1", "without the default port");

    let mut slow = TcpStream::connect(&listen).unwrap();
    let unfinished = "POST /verify HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    slow.write_all(unfinished.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    terminate(&child.0);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.0.try_wait().unwrap().is_none(), "it waits for the body");
    terminate(&child.0);
    let began = Instant::now();
    let status = child.0.wait().unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(status.code(), Some(143));
}

/// Starts a service on a free port and stops it as an operator does, once it answers.
fn serve_and_stop(poa: &Poa) {
    let args = ["--json", "--data-dir", "service", "serve", "--listen", "127.0.0.1:0"];
    let mut child = Stopped(poa.command(&args).stderr(Stdio::null()).spawn().unwrap());
    let mut line = String::new();
    // Kept open: what it says when it stops is an output too.
    let mut said = BufReader::new(child.0.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    // At once: a service that says it listens can be stopped cleanly.
    terminate(&child.0);
    assert!(child.0.wait().unwrap().success());
}

/// Whoever copies `poa.sqlite` of a stopped service copies everything; and the check finds a root that was altered.
#[test]
fn a_stopped_service_is_one_file_whose_log_can_be_checked() {
    let poa = Poa::new();
    let nothing = poa.run(&["--data-dir", "service", "root", "check"]);
    assert_eq!(nothing.status, 2, "{}", nothing.stdout);
    assert!(!poa.path("service").exists(), "looking makes nothing");
    serve_and_stop(&poa);
    let database = poa.path("service/poa.sqlite");
    assert!(!poa.path("service/poa.sqlite-wal").exists());
    let sound = poa.run(&["--json", "--data-dir", "service", "root", "check"]);
    assert_eq!((sound.status, &sound.json()["sound"]), (0, &json!(true)), "{}", sound.stdout);

    let root = sound.json()["stored"]["root"].as_str().unwrap()[2..].to_owned();
    let root: Vec<u8> =
        (0..root.len()).step_by(2).map(|at| u8::from_str_radix(&root[at..at + 2], 16).unwrap()).collect();
    let mut bytes = std::fs::read(&database).unwrap();
    let at = bytes.windows(root.len()).position(|window| window == root).unwrap();
    bytes[at + root.len() - 1] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    let damaged = poa.run(&["--data-dir", "service", "root", "check"]);
    assert_eq!(damaged.status, 1, "{}{}", damaged.stdout, damaged.stderr);
    assert!(damaged.stdout.contains("the log is damaged"), "{}", damaged.stdout);
}
