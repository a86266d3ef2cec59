//! How often lists are read, and which URLs may be.

use serde_json::json;

use super::*;

fn issuers(max_list_age_s: u64, url: &str) -> AgenthoodIssuers {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [{
        "issuer": "i", "keys": [{ "kid": "k", "x": x }], "revocationList": url, "maxListAgeS": max_list_age_s,
    }] });
    AgenthoodIssuers::from_json(file.to_string().as_bytes()).unwrap()
}

#[test]
fn a_list_is_read_well_before_it_is_too_old() {
    let fetch = ListSource::default();
    for (max_age_s, pause_s) in [(0, 1), (20, 5), (240, 60), (300, 60), (86_400, 60)] {
        assert_eq!(pause(&fetch, &issuers(max_age_s, "https://i/")), Duration::from_secs(pause_s), "{max_age_s}");
    }
    assert_eq!(pause(&ListSource::Directory("x".into()), &issuers(20, "https://i/")), Duration::from_secs(2));
}

#[test]
fn urls_are_checked_before_the_service_starts() {
    assert_eq!(check_urls(&issuers(300, "https://i/revoked")), Ok(()));
    let plain = "http://i.example/revoked";
    assert_eq!(check_urls(&issuers(300, plain)), Err(("i".to_owned(), ListUrlError)));
    let secret = "https://i.example/revoked?token=a";
    assert_eq!(check_urls(&issuers(300, secret)), Err(("i".to_owned(), ListUrlError)));
}
