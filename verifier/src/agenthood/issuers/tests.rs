//! Reading the file of issuers.

use serde_json::json;

use super::*;

/// RFC 8037, appendix A.2.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn file() -> Value {
    json!({ "type": TYPE, "version": 1, "issuers": [{
        "issuer": "peer.example/poa", "keys": [{ "kid": "k1", "x": X }], "revocationList": "https://peer.example/revoked",
    }] })
}

fn read(value: &Value) -> Result<AgenthoodIssuers, IssuersError> {
    AgenthoodIssuers::from_json(value.to_string().as_bytes())
}

#[test]
fn defaults_are_the_strict_ones() {
    let issuers = read(&file()).unwrap();
    let peer = issuers.issuer("peer.example/poa").unwrap();
    assert!(!peer.snapshots() && !peer.placeholder_addresses() && !issuers.own_snapshots);
    assert_eq!((peer.network(), issuers.network), (Network::SUBSTRATE, Network::SUBSTRATE));
    assert_eq!(peer.max_list_age_s(), DEFAULT_LIST_AGE_S);
    assert_eq!(issuers.issuer("peer.example").map(|_| ()), None);
}

#[test]
fn a_key_counts_for_its_purpose_and_state() {
    let mut value = file();
    let key = |value: &Value, purpose, at| {
        read(value).unwrap().issuer("peer.example/poa").unwrap().key("k1", purpose, at).map(drop)
    };
    assert_eq!(key(&value, KeyPurpose::Credentials, 9), Ok(()));
    assert_eq!(key(&value, KeyPurpose::Status, 9), Err(KeyUseError::Purpose));
    value["issuers"][0]["keys"][0]["state"] = json!("compromised");
    assert_eq!(key(&value, KeyPurpose::Credentials, 0), Err(KeyUseError::Compromised));
    value["issuers"][0]["keys"][0]["state"] = json!("retired");
    assert!(read(&value).is_err(), "retired, but when?");
    value["issuers"][0]["keys"][0]["retiredAt"] = json!("1970-01-01T00:00:09Z");
    assert_eq!(key(&value, KeyPurpose::Credentials, 9), Ok(()));
    assert_eq!(key(&value, KeyPurpose::Credentials, 10), Err(KeyUseError::Retired));
}

/// What stands in a JWKS can be copied; what is not an Ed25519 signing key is refused by its own word.
#[test]
fn a_key_may_be_written_as_its_jwk() {
    let mut value = file();
    let key = &mut value["issuers"][0]["keys"][0];
    *key = json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "alg": "EdDSA", "kid": "k1", "use": "sig" });
    assert!(read(&value).is_ok());
    value["issuers"][0]["keys"][0]["alg"] = json!("Ed25519");
    assert!(read(&value).is_ok());
    for (member, other) in [("kty", "EC"), ("crv", "X25519"), ("alg", "ES256"), ("use", "enc"), ("d", X)] {
        let mut value = value.clone();
        value["issuers"][0]["keys"][0][member] = json!(other);
        assert!(matches!(read(&value), Err(IssuersError::Shape(_))), "{member}");
    }
}

#[test]
fn a_kept_list_says_whose_it_is() {
    let mut value = file();
    let list = |issuer: &str| json!({ "issuer": issuer, "generatedAt": 9_000, "revoked": [] }).to_string();
    let issuers = read(&value).unwrap();
    let kept = issuers.kept_list(list("peer.example/poa").as_bytes(), 8).unwrap();
    assert_eq!((kept.url(), kept.as_of()), ("https://peer.example/revoked", 8));
    let foreign = Err(RevokedListError::Foreign("other".to_owned()));
    assert_eq!(issuers.kept_list(list("other").as_bytes(), 8), foreign);
    value["issuers"][0].as_object_mut().unwrap().remove("revocationList");
    assert!(read(&value).unwrap().kept_list(list("peer.example/poa").as_bytes(), 8).is_err());
}

#[test]
fn malformed_files_are_refused() {
    let broken = |change: fn(&mut Value)| {
        let mut value = file();
        change(&mut value);
        read(&value).unwrap_err()
    };
    broken(|v| v["version"] = json!(2));
    broken(|v| v["more"] = json!(1));
    broken(|v| v["issuers"][0]["keys"] = json!([]));
    broken(|v| v["network"] = json!(46));
    broken(|v| {
        let twice = v["issuers"][0].clone();
        v["issuers"].as_array_mut().unwrap().push(twice);
    });
    broken(|v| {
        let twice = json!({ "kid": "k2", "x": X });
        v["issuers"][0]["keys"].as_array_mut().unwrap().push(twice);
    });
    let neutral = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (x, expected) in [(neutral, Ed25519Error::Weak), ("AQ", Ed25519Error::Encoding), ("!", Ed25519Error::Encoding)]
    {
        let mut value = file();
        value["issuers"][0]["keys"][0]["x"] = json!(x);
        assert_eq!(read(&value).unwrap_err(), IssuersError::Key { kid: "k1".to_owned(), error: expected });
    }
}
