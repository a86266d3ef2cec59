//! A service whose certificate a private authority issued: reached when the authority is named or in the platform's store,
//! and not otherwise.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use support::{Poa, Run};

struct Served {
    poa: Poa,
    child: Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A new authority: its name, certificate and key.
fn authority(name: &str) -> (CertificateParams, KeyPair, String) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (params, key, pem)
}

impl Served {
    /// A service for localhost with a certificate by a private authority, whose own is in `ca.pem`.
    fn start() -> Self {
        let poa = Poa::new();
        let (params, key, pem) = authority("Private CA");
        std::fs::write(poa.path("ca.pem"), pem).unwrap();
        std::fs::write(poa.path("other.pem"), authority("Another CA").2).unwrap();
        let own = KeyPair::generate().unwrap();
        let issuer = Issuer::new(params, key);
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
        std::fs::write(poa.path("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(poa.path("key.pem"), own.serialize_pem()).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{port}"));
        let serve = ["--json", "--data-dir", "service", "serve", "--listen", &listen, "--public-url", &url];
        let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
        let mut child = poa.command(&[&serve[..], &tls].concat()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["url"], url);
        Self { poa, child, url }
    }

    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Run {
        let variables = [&[("POA_SERVICE", self.url.as_str())][..], variables].concat();
        self.poa.run_within(args, &variables, Duration::from_secs(120))
    }
}

/// Commands that connect, each by a way of its own: as nobody, as the operator, pinning.
const CONNECTING: [&[&str]; 4] = [
    &["schema", "list"],
    &["--data-dir", "service", "keys", "list"],
    &["--data-dir", "service", "agent", "challenge", "--new"],
    &["--data-dir", "verifier", "trust", "show"],
];

#[test]
fn a_service_with_a_private_authority_is_reached_when_the_authority_is_named_or_in_the_platforms_store() {
    let served = Served::start();
    let pin = ["--data-dir", "verifier", "trust", "add", &served.url];
    for (variables, flag) in [(&[][..], None), (&[("POA_CA_FILE", "other.pem")], None), (&[], Some("other.pem"))] {
        let flags = flag.map_or(vec![], |file| vec!["--ca-file", file]);
        let refused = served.run(&[&flags[..], &pin].concat(), variables);
        assert_eq!(refused.status, 2, "{}", refused.stdout);
        assert!(refused.stderr.contains("--ca-file") && refused.stderr.contains("certificate"), "{}", refused.stderr);
    }
    for (variables, flag) in [
        (&[][..], Some("ca.pem")),
        (&[("POA_CA_FILE", "ca.pem")], None),
        (&[("SSL_CERT_FILE", "ca.pem")], None),
        (&[("POA_CA_FILE", "other.pem"), ("SSL_CERT_FILE", "other.pem")], Some("ca.pem")),
    ] {
        let flags = flag.map_or(vec![], |file| vec!["--ca-file", file]);
        for args in [&pin[..]].iter().chain(&CONNECTING) {
            let run = served.run(&[&flags[..], args].concat(), variables);
            assert_eq!(run.status, 0, "{variables:?} {args:?}: {}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn a_file_without_an_authority_is_refused_before_anything_connects() {
    let poa = Poa::new();
    std::fs::write(poa.path("notes.pem"), "no certificate\n").unwrap();
    let cut = "-----BEGIN CERTIFICATE-----\nMIIB\n";
    std::fs::write(poa.path("cut.pem"), cut).unwrap();
    for (file, said) in [("nothing.pem", "cannot be read"), ("notes.pem", "no certificate"), ("cut.pem", "cut.pem")] {
        let run = poa.run(&["--ca-file", file, "schema", "list", "--service", "https://127.0.0.1:1"]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}
