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
}
