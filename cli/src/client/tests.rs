//! What the client refuses before it sends anything.

use super::*;

#[test]
fn plain_http_is_for_this_machine_only() {
    for base in ["http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost:1", "https://poa.example"] {
        assert!(Client::new(base).is_ok(), "{base}");
    }
    for base in ["http://poa.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "poa.example", ""] {
        assert!(Client::new(base).is_err(), "{base}");
    }
}

#[test]
fn a_url_of_another_service_has_no_path_here() {
    let client = Client::new("http://127.0.0.1:80").unwrap();
    assert_eq!(client.path_of("http://127.0.0.1:80/a").unwrap(), "/a");
    assert!(client.path_of("http://127.0.0.1:8080/a").is_err());
    assert!(client.path_of("http://127.0.0.1:80").is_err());
    assert_eq!(client.path_of("http://127.0.0.1/a").unwrap(), "/a", "the default port is the same written or not");
    assert!(client.path_of("http://127.0.0.1.example/a").is_err());
}

#[test]
fn a_service_has_one_base_url_however_it_is_written() {
    for (written, base) in [
        ("https://POA.example/", "https://poa.example"),
        ("HTTPS://poa.example", "https://poa.example"),
        ("http://[0::1]:8080", "http://[::1]:8080"),
        // One that was named so verifies signatures over such URLs.
        ("https://poa.example:443/", "https://poa.example:443"),
    ] {
        let client = Client::new(written).unwrap();
        assert_eq!(client.base(), base);
        assert_eq!(*client.origin(), Client::new(base).unwrap().origin);
    }
    for written in ["https://poa.example/a", "https://poa.example?x", "https://u@poa.example", "https://poa.example:0"]
    {
        assert!(Client::new(written).is_err(), "{written}");
    }
}

/// Answers every request on kept-alive connections, and says of each whether it named anybody.
fn recording() -> (String, std::sync::mpsc::Receiver<(std::net::SocketAddr, bool)>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, sender) = (stream.unwrap(), sender.clone());
            std::thread::spawn(move || {
                let peer = stream.peer_addr().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                loop {
                    let head: Vec<_> =
                        lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                    if head.is_empty() {
                        return;
                    }
                    let names = |line: &String| {
                        let line = line.to_ascii_lowercase();
                        ["authorization:", "signature", "cookie:"].iter().any(|name| line.starts_with(name))
                    };
                    // A test that has seen enough is gone.
                    let _ = sender.send((peer, head.iter().any(names)));
                    stream.write_all(b"HTTP/1.1 200 OK\r\nset-cookie: id=1\r\ncontent-length: 2\r\n\r\n{}").unwrap();
                }
            });
        }
    });
    (base, receiver)
}

#[test]
fn what_is_asked_as_nobody_goes_over_connections_that_never_named_anybody() {
    let (base, seen) = recording();
    let client = Client::new(&base).unwrap();
    let did = "did:poa:a.example:67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    let signer = AgentSigner { did, key: SigningKey::from_bytes(&[7; 32]) };
    let token = OperatorToken::new("token");
    for _ in 0..2 {
        client.get("/roots/anchor", Auth::Nobody).unwrap();
        client.get("/agents/x/opening", Auth::Agent(&signer)).unwrap();
        client.get_bytes("/log/main/1/tiles/0/0").unwrap();
        client.get("/issuer-keys", Auth::Operator(&token)).unwrap();
    }
    let seen: Vec<_> = seen.try_iter().collect();
    assert_eq!(seen.len(), 8);
    let of = |named: bool| {
        let peers = seen.iter().filter(|(_, names)| *names == named).map(|(peer, _)| *peer);
        peers.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(!of(false).is_empty() && !of(true).is_empty());
    assert!(of(false).is_disjoint(&of(true)), "{seen:?}");
}
