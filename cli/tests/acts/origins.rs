//! An origin is the same one however a person writes it, and what is none is no verifier.

use serde_json::json;

use crate::support::Poa;
use crate::support::cast::Cast;

#[test]
fn a_verifiers_origin_is_registered_listed_and_removed_in_one_spelling() {
    let cast = Cast::new();
    let add = |origin: &str, token: &str| cast.as_in("service", &["verifier", "add", origin, "--token-out", token]);
    let added = add("https://Shop.example:443/", "shop.token");
    assert_eq!((added.status, &added.json()["origin"]), (0, &json!("https://shop.example")), "{}", added.stdout);
    let again = add("https://shop.example", "again.token");
    assert_eq!(again.status, 1, "{}", again.stdout);
    let idn = add("https://b\u{fc}cher.example", "idn.token").json();
    assert_eq!(idn["origin"], "https://xn--bcher-kva.example");
    for no_origin in ["shop", "https://shop.example/a", "ftp://shop.example", "https://u@shop.example"] {
        assert_eq!(add(no_origin, "no.token").status, 2, "{no_origin}");
    }
    cast.ok("service", &["verifier", "remove", "HTTPS://shop.example/", "--yes"]);
    let left = cast.ok("service", &["verifier", "list"])["verifiers"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}

#[test]
fn who_is_answered_is_compared_by_origin_and_not_by_spelling() {
    let poa = Poa::new();
    let domain = |written: &str| poa.run(&["--json", "request", "--domain", written, "--pseudonym"]).json();
    for written in ["https://shop.example", "https://SHOP.example/", "https://shop.example:443"] {
        let request = domain(written);
        assert_eq!((&request["domain"], &request["audience"]), (&json!("https://shop.example"), &request["domain"]));
    }
    for none in ["shop.example", "https://shop.example/a", "https://", "https://shop.example:0", "did:web:"] {
        assert_eq!(poa.run(&["request", "--domain", none]).status, 2, "{none}");
    }
    poa.run(&["request", "--domain", "https://shop.example", "--out", "request.json"]);
    let present = |to: &str| poa.run(&["present", "--to", to, "--request", "request.json"]);
    for same in ["https://shop.example/", "https://Shop.example:443"] {
        // The next thing that is missing is an agent to present as.
        let run = present(same);
        assert!(!run.stderr.contains("bound to") && run.status == 2, "{}", run.stderr);
    }
    for other in ["https://shop.example:8443", "http://shop.example", "https://bank.example", "did:web:shop.example"] {
        let run = present(other);
        assert!(run.stderr.contains("bound to https://shop.example") && run.status == 1, "{}", run.stderr);
    }
}

/// Also the service itself: it is found, and its trust document fits, whatever was typed.
#[test]
fn a_services_url_is_one_however_it_is_typed() {
    let cast = Cast::new();
    cast.ok("verifier", &["trust", "add", &format!("{}/", cast.service.url.to_uppercase())]);
    let host = cast.service.url.replace("http://", "");
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let url = format!("HTTP://{host}/presentation-requests/{id}");
    let run = cast.as_in("holder", &["present", "--to", &cast.service.url, "--request-url", &url]);
    assert_eq!(run.json()["error"]["code"], "not-found", "it was asked: {}", run.stdout);
}
