//! Texts that have one spelling: DIDs, keys, multibase, field elements, times, audiences, addresses.

use serde_json::{Value, json};

use crate::kit::*;

const PUBLISHED: (&str, &str) = (
    "specification",
    "Published example: the Multibase specification, the did:key method specification (both W3C CCG, Software and \
     Document License), or Substrate's well-known development accounts (Apache-2.0).",
);

pub fn family() -> Family {
    let comment = "Readers of single texts: each value has one spelling, and every other one is refused.";
    let mut family = Family::new("texts", comment, &[WRITTEN, PUBLISHED]);
    dids(&mut family);
    bases(&mut family);
    elements(&mut family);
    times(&mut family);
    audiences(&mut family);
    addresses(&mut family);
    family
}

/// DIDs of others that are their own key. One for encryption, or that contradicts itself, verifies nothing.
fn key_dids(f: &mut Family) {
    /// RFC 8037, appendix A.2.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let of = |jwk: Value| format!("did:jwk:{}", poa_verifier::multibase::base64url(jwk.to_string().as_bytes()));
    let did = |more: Value| {
        let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": X });
        jwk.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        of(jwk)
    };
    let good = [
        (did(json!({})), "a did:jwk with an Ed25519 key"),
        (did(json!({ "use": "sig", "alg": "EdDSA" })), "one that says that it is for signatures"),
        (did(json!({ "key_ops": ["verify"] })), "one that says that it is for verifying"),
        ("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp".to_owned(), "a did:key with an Ed25519 key"),
    ];
    let bad = [
        (did(json!({ "use": "enc" })), "a key for encryption, by use", "other_jwk"),
        (did(json!({ "key_ops": ["deriveKey", "deriveBits"] })), "a key for key agreement, by key_ops", "other_jwk"),
        (did(json!({ "key_ops": ["encrypt"] })), "a key for encryption, by key_ops", "other_jwk"),
        (did(json!({ "key_ops": ["sign"] })), "a key for making signatures alone", "other_jwk"),
        (did(json!({ "key_ops": [] })), "a key for nothing", "other_jwk"),
        (
            did(json!({ "use": "enc", "key_ops": ["verify"] })),
            "use and key_ops that contradict each other",
            "other_jwk",
        ),
        (did(json!({ "alg": "ECDH-ES" })), "a key for another algorithm", "other_jwk"),
        (did(json!({ "crv": "X25519" })), "a key of another curve", "other_jwk"),
        (did(json!({ "key_ops": "verify" })), "key_ops that is no list", "jwk"),
        (did(json!({ "key_ops": ["verify", "verify"] })), "an operation twice", "jwk"),
        (did(json!({ "d": X })), "the private key published", "jwk"),
        (did(json!({ "x": "AA" })), "a key of one byte", "jwk"),
        (of(json!({})), "no key", "jwk"),
        (format!("{}=", did(json!({}))), "base64 padding", "jwk"),
        ("did:web:poa.example".to_owned(), "a DID that is not its own key", "form"),
    ];
    let good: Vec<_> = good.iter().map(|(text, description)| (text.as_str(), *description)).collect();
    let bad: Vec<_> = bad.iter().map(|(text, description, reason)| (text.as_str(), *description, *reason)).collect();
    cases(f, "key_did", &good, &bad);
}

/// A reader's cases: the ones it takes, and the ones it refuses for a reason.
fn cases(f: &mut Family, reader: &str, good: &[(&str, &str)], bad: &[(&str, &str, &str)]) {
    let name = reader.replace('_', "-");
    for (i, (text, description)) in good.iter().enumerate() {
        let input = json!({ "kind": "text", "reader": reader, "text": text });
        f.case_from("written", &format!("{name}-good-{}", i + 1), description, input, accepted());
    }
    for (i, (text, description, reason)) in bad.iter().enumerate() {
        let input = json!({ "kind": "text", "reader": reader, "text": text });
        f.case_from("written", &format!("{name}-bad-{}", i + 1), description, input, refused(reader, reason));
    }
}

fn published(f: &mut Family, id: &str, description: &str, reader: &str, text: &str) {
    let input = json!({ "kind": "text", "reader": reader, "text": text });
    f.case_from("specification", id, description, input, accepted());
}

fn dids(f: &mut Family) {
    cases(
        f,
        "issuer_did",
        &[("did:web:poa.example", "a host"), ("did:web:127.0.0.1%3A8080", "a port as did:web writes it")],
        &[
            ("did:web:POA.example", "upper case", "form"),
            ("did:web:poa.example:agents", "a path", "form"),
            ("did:web:poa.example:8080", "a port behind a colon", "form"),
            ("did:web:poa.example%3a8080", "a port behind %3a in lower case", "form"),
            ("did:web:poa.example%3A08080", "a port with a leading zero", "form"),
            ("did:web:poa.example%3A65536", "a port beyond 65535", "form"),
            ("did:web:", "no host", "form"),
            ("did:web:poa..example", "an empty label", "form"),
            ("did:web:-poa.example", "a label that begins with a hyphen", "form"),
            ("did:web:poa.example/", "a slash", "form"),
            ("did:web:pöa.example", "a host that is not ASCII", "form"),
            ("did:key:poa.example", "another method", "form"),
            (" did:web:poa.example", "a blank before it", "form"),
        ],
    );
    cases(
        f,
        "issuer_url",
        &[("https://poa.example", "a host"), ("http://127.0.0.1:8080", "a port")],
        &[
            ("https://poa.example/", "a slash at the end", "form"),
            ("https://poa.example/a", "a path", "form"),
            ("https://user@poa.example", "a user", "form"),
            ("https://POA.example", "upper case", "form"),
            ("ftp://poa.example", "another scheme", "form"),
            ("poa.example", "no scheme", "form"),
            ("https://poa.example%3A80", "an encoded port", "form"),
            ("https://[::1]", "an IPv6 address", "form"),
        ],
    );
    let uuid = "6f1e7a7e-3c0b-4d52-9a3c-0123456789ab";
    cases(
        f,
        "agent_did",
        &[(&format!("did:poa:poa.example:{uuid}"), "a host"), (&format!("did:poa:127.0.0.1%3A8080:{uuid}"), "a port")],
        &[
            (&format!("did:poa:poa.example:{}", uuid.to_uppercase()), "a UUID in upper case", "form"),
            (&format!("did:poa:poa.example:{}", uuid.replace('-', "")), "a UUID without hyphens", "form"),
            (&format!("did:poa:poa.example:{{{uuid}}}"), "a UUID in braces", "form"),
            (
                "did:poa:poa.example:00000000-0000-0000-0000-000000000000",
                "the nil UUID, which stands for nobody",
                "form",
            ),
            (&format!("did:poa::{uuid}"), "no host", "form"),
            (&format!("did:poa:{uuid}"), "no host and no colon", "form"),
            (&format!("did:web:poa.example:{uuid}"), "another method", "form"),
            (&format!("did:poa:poa.example:{uuid}#key"), "a fragment", "form"),
        ],
    );
    key_dids(f);
    published(
        f,
        "attestor-did-published",
        "the specification's first Ed25519 example",
        "attestor_did",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    );
    published(f, "multikey-published", "its key", "multikey", "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp");
    let key = |prefix: &[u8], bytes: &[u8]| poa_verifier::multibase::encode_base58(&[prefix, bytes].concat());
    let ed25519 = [0xed, 0x01];
    let mut identity = [0u8; 32];
    identity[0] = 1;
    let mut order_two = [0xff; 32];
    (order_two[0], order_two[31]) = (0xec, 0x7f);
    let order_eight =
        hex::decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05").expect("hexadecimal");
    let mut unreduced = [0xff; 32];
    (unreduced[0], unreduced[31]) = (0xee, 0x7f);
    let mut off = [0u8; 32];
    off[0] = 2;
    cases(
        f,
        "multikey",
        &[],
        &[
            (&key(&ed25519, &identity), "the identity: under it every message is signed", "weak"),
            (&key(&ed25519, &order_two), "the point of order two", "weak"),
            (&key(&ed25519, &order_eight), "a point of order eight", "weak"),
            (&key(&ed25519, &unreduced), "the identity in an unreduced encoding", "point"),
            (&key(&ed25519, &off), "no point of the curve", "point"),
            (&key(&ed25519, &[7; 31]), "31 bytes", "encoding"),
            (&key(&[0xec, 0x01], &[7; 32]), "an X25519 key", "encoding"),
            (&key(&[], &[7; 32]), "bytes without a codec", "encoding"),
            ("u7QEH", "another base", "encoding"),
            ("", "nothing", "encoding"),
        ],
    );
    ["1", "2", "3"].iter().for_each(|i| f.flag_case(&format!("multikey-bad-{i}"), "forgery"));
    cases(
        f,
        "attestor_did",
        &[],
        &[
            ("did:key:z6Mk", "a key cut short", "encoding"),
            ("did:web:poa.example", "another method", "encoding"),
            (&format!("did:key:{}", key(&ed25519, &identity)), "the identity", "weak"),
        ],
    );
}

fn bases(f: &mut Family) {
    published(
        f,
        "multibase-u-published",
        "\"Decentralize everything!!\" in base64url",
        "multibase_u",
        "uRGVjZW50cmFsaXplIGV2ZXJ5dGhpbmchIQ",
    );
    published(
        f,
        "multibase-z-published",
        "the same in base58btc",
        "multibase_z",
        "zUXE7GvtEk8XTXs1GF8HSGbVA9FCX9SEBPe",
    );
    cases(
        f,
        "multibase_u",
        &[("u", "no bytes")],
        &[
            ("uQQ==", "padding", "malformed"),
            ("uQR", "surplus bits in the last digit", "malformed"),
            ("uQ Q", "a blank", "malformed"),
            ("u+/8", "the other alphabet", "malformed"),
            ("uQ", "a digit alone", "malformed"),
            ("QQ", "no prefix", "prefix"),
            ("zQQ", "another prefix", "prefix"),
            ("UQQ", "the prefix of padded base64url", "prefix"),
            ("", "nothing", "prefix"),
        ],
    );
    cases(
        f,
        "multibase_z",
        &[("z", "no bytes"), ("z11", "two zero bytes")],
        &[
            ("z0", "a digit that base58 does not have", "malformed"),
            ("zl", "the letter l", "malformed"),
            ("uQQ", "another prefix", "prefix"),
            (&format!("z{}", "1".repeat(129)), "longer than any key or signature", "malformed"),
        ],
    );
}

fn elements(f: &mut Family) {
    let zero = format!("0x{}", "0".repeat(64));
    cases(
        f,
        "field_element",
        &[
            (&zero, "0"),
            ("0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000", "r - 1"),
            ("0x000000000000000000000000000000000000000000000000ffffffffffffffff", "2^64 - 1"),
        ],
        &[
            ("0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001", "r", "not_reduced"),
            ("0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002", "r + 1", "not_reduced"),
            (&format!("0x{}", "f".repeat(64)), "2^256 - 1", "not_reduced"),
            (&zero[2..], "no prefix", "shape"),
            (&format!("{zero}0"), "65 digits", "shape"),
            (&zero[..65], "63 digits", "shape"),
            (&format!("0X{}", "0".repeat(64)), "a prefix in upper case", "shape"),
            (&format!("0x{}A", "0".repeat(63)), "a digit in upper case", "shape"),
            (&format!("0x{}g", "0".repeat(63)), "a letter that is no digit", "shape"),
            (&format!("0x-{}", "0".repeat(63)), "a sign", "shape"),
            ("0", "a decimal number", "shape"),
            (&format!("{zero}\n"), "a line break after it", "shape"),
        ],
    );
}

fn times(f: &mut Family) {
    cases(
        f,
        "time",
        &[
            ("1970-01-01T00:00:00Z", "the first"),
            ("2000-02-29T00:00:00Z", "a leap day"),
            ("9999-12-31T23:59:59Z", "the last"),
        ],
        &[
            ("2024-12-01T00:00:00+00:00", "an offset", "malformed"),
            ("2024-12-01T00:00:00.0Z", "a fraction", "malformed"),
            ("2024-12-01t00:00:00z", "lower case", "malformed"),
            ("2024-12-01 00:00:00Z", "a blank for the T", "malformed"),
            ("2023-02-29T00:00:00Z", "a day that is not", "malformed"),
            ("2024-12-01T24:00:00Z", "the 24th hour", "malformed"),
            ("2024-12-01T23:59:60Z", "a leap second", "malformed"),
            ("1969-12-31T23:59:59Z", "before 1970", "malformed"),
            ("10000-01-01T00:00:00Z", "a fifth digit", "malformed"),
            ("2024-12-01T00:00:00", "no Z", "malformed"),
        ],
    );
}

fn audiences(f: &mut Family) {
    cases(
        f,
        "audience",
        &[
            ("https://verifier.example", "an origin"),
            ("https://verifier.example:8443", "a port"),
            ("http://[::1]:8080", "an IPv6 address"),
            ("did:web:verifier.example", "a DID"),
        ],
        &[
            ("https://verifier.example/", "a slash: an origin has none", "form"),
            ("https://verifier.example/path", "a path", "form"),
            ("https://verifier.example:443", "the default port", "form"),
            ("https://Verifier.example", "upper case", "form"),
            ("https://user@verifier.example", "a user", "form"),
            ("verifier.example", "a bare host", "form"),
            ("did:web:verifier.example#key", "a DID with a fragment", "form"),
            ("did::x", "a DID without a method", "form"),
            ("https://verifier.example ", "a blank", "character"),
            ("https://vérifier.example", "a character that is not ASCII", "character"),
            ("https://verifier.example\u{0}", "a zero byte, which separates periods", "character"),
            ("", "nothing", "length"),
            (&format!("did:web:{}", "x".repeat(505)), "513 bytes", "length"),
        ],
    );
}

fn addresses(f: &mut Family) {
    published(
        f,
        "ss58-published",
        "Alice's development account on the generic network",
        "ss58",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
    );
    cases(
        f,
        "ss58",
        &[],
        &[
            ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "a wrong checksum", "checksum"),
            ("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", "the same account on another network", "network"),
            (
                "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM",
                "the account of zeros, for which anybody can sign",
                "zero",
            ),
            ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ", "a digit too few", "malformed"),
            ("0GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "a digit that base58 does not have", "malformed"),
            ("", "nothing", "malformed"),
        ],
    );
}
