//! Requests that are odd before their body is: paths, methods, media types, encodings, sizes, header fields.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::Case;
use super::world::{Sender, World};

pub fn cases(world: &World) -> Vec<Case> {
    let mut cases = paths(world);
    cases.extend(encodings(world));
    cases.extend(media_types(world));
    cases.extend(header_fields(world));
    cases.extend(verification_requests(world));
    cases
}

fn paths(world: &World) -> Vec<Case> {
    let id = &world.managed.id;
    let upper = id.to_uppercase();
    let zero = "00000000-0000-0000-0000-000000000000";
    let get = |path: String| Case::new(format!("GET {path}"), Request::get(&path).body(Body::empty()).unwrap());
    let mut cases: Vec<Case> = [
        format!("/agents/{upper}"),
        format!("/agents/{zero}"),
        format!("/agents/{id}%20"),
        format!("/agents/{id}%00"),
        format!("/agents/urn:uuid:{id}"),
        format!("/agents/%7B{id}%7D"),
        format!("/agents/{}", id.replace('-', "")),
        "/agents/%ff%fe".to_owned(),
        "/agents/..%2f..%2fetc%2fpasswd".to_owned(),
        "/agents/' OR 1=1 --".replace(' ', "%20"),
        format!("/agents/{}", "a".repeat(5000)),
        "/agents?limit=0".to_owned(),
        "/agents?limit=201".to_owned(),
        "/agents?limit=-1".to_owned(),
        "/agents?limit=x".to_owned(),
        "/agents?limit=1&limit=2".to_owned(),
        "/agents?cursor=x".to_owned(),
        "/agents?unknown=1".to_owned(),
        "/agents?limit=%ff".to_owned(),
        "/roots/x".to_owned(),
        format!("/roots/0x{}", "f".repeat(64)),
        format!("/roots/0X{}", "0".repeat(64)),
        "/roots/%2e%2e".to_owned(),
        "/log/main/0/tiles/0".to_owned(),
        "/log/main/18446744073709551615/tiles/0/0".to_owned(),
        "/log/main/18446744073709551616/tiles/0/0".to_owned(),
        "/log/%2e%2e/1/tiles/0/0".to_owned(),
        "/log/main/1/tiles/0/4294967295".to_owned(),
        "/log/main/1/tiles/9/0".to_owned(),
        "/schemas/task_completion/-1".to_owned(),
        "/schemas/task_completion/4294967296".to_owned(),
        "/schemas/%00/1".to_owned(),
        "/status-lists/revocation.json".to_owned(),
        "/status-lists/%2e%2e%2frevocation".to_owned(),
        "/zk-credentials/x".to_owned(),
        format!("/zk-credentials/{id}"),
        "/credentials/x".to_owned(),
        "/did/x".to_owned(),
        "/did/did:web:".to_owned(),
        "/.well-known/other.json".to_owned(),
        "/.git/config".to_owned(),
        "/operator-token".to_owned(),
        "/master.key".to_owned(),
        "/poa.sqlite".to_owned(),
    ]
    .map(get)
    .into();
    for (method, path) in [
        (Method::PUT, "/agents"),
        (Method::DELETE, "/agents"),
        (Method::PATCH, "/verify"),
        (Method::POST, "/roots/latest"),
        (Method::POST, "/health"),
        (Method::TRACE, "/agents"),
        (Method::CONNECT, "/agents"),
        (Method::GET, "/verify"),
        (Method::DELETE, "/schemas/task_completion/1"),
        (Method::PUT, "/status-lists/revocation"),
    ] {
        cases.push(Case::new(format!("{method} {path}"), world.request_as(Sender::Operator, method, path, &json!({}))));
    }
    for path in ["/keys", "/revoke", "/suspend", "/resume", "/challenge"] {
        let path = format!("/agents/{zero}{path}");
        cases.push(Case::new(
            format!("POST {path}"),
            world.request_as(Sender::Operator, Method::POST, &path, &json!({})),
        ));
    }
    for path in [
        "/zk-credentials/x",
        "/attestors/x",
        "/attestors/did:key:z6Mk",
        "/zk-credentials/00000000-0000-4000-8000-000000000001",
    ] {
        cases.push(Case::new(
            format!("DELETE {path}"),
            world.request_as(Sender::Operator, Method::DELETE, path, &Value::Null),
        ));
    }
    cases
}

/// Bodies that are no strict JSON, to a path of each kind of caller.
fn encodings(world: &World) -> Vec<Case> {
    let deep = |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat().into_bytes();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("white space", b"   ".to_vec()),
        ("half an object", b"{\"document\":".to_vec()),
        ("two values", b"{}{}".to_vec()),
        ("trailing comma", b"{\"document\":{},}".to_vec()),
        ("single quotes", b"{'document':{}}".to_vec()),
        ("a comment", b"/**/{}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("UTF-16", b"{\0}\0".to_vec()),
        ("bytes that are no UTF-8", b"{\"document\":\"\xff\xfe\"}".to_vec()),
        ("an overlong encoding", b"{\"document\":\"\xc0\xaf\"}".to_vec()),
        ("a lone surrogate", br#"{"document":"\ud800"}"#.to_vec()),
        ("a control character", b"{\"document\":\"\x01\"}".to_vec()),
        ("NaN", b"{\"document\":NaN}".to_vec()),
        ("infinity", b"{\"document\":1e999}".to_vec()),
        ("a huge integer", b"{\"document\":9007199254740992}".to_vec()),
        ("a huge exponent", b"{\"document\":1e400000000}".to_vec()),
        ("a member twice", br#"{"document":{},"document":{}}"#.to_vec()),
        ("a member twice, escaped once", br#"{"document":{},"docu\u006dent":{}}"#.to_vec()),
        ("deep arrays", deep("[", "]")),
        ("deep objects", deep("{\"a\":", "}")),
        ("deep and open", b"[".repeat(100_000)),
        ("a form", b"document=%7B%7D".to_vec()),
        ("zeros", vec![0; 1000]),
    ];
    let token = format!("Bearer {}", world.service.operator_token);
    let mut cases = Vec::new();
    for (name, body) in bodies {
        for path in ["/verify", "/attestations", "/schemas", "/zk-credentials"] {
            let request = Request::post(path)
                .header("content-type", "application/json")
                .header("authorization", &token)
                .body(Body::from(body.clone()))
                .unwrap();
            cases.push(Case::new(format!("{path}: {name}"), request));
        }
    }
    for (path, bytes) in [
        ("/verify", 2 << 20),
        ("/attestations", 2 << 20),
        ("/agents", 1 << 20),
        ("/schemas", 1 << 20),
        ("/attestors", 1 << 16),
    ] {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", &token)
            .body(Body::from(format!("{{\"name\":\"{}\"}}", "x".repeat(bytes))))
            .unwrap();
        cases.push(Case::new(format!("{path}: {bytes} bytes"), request));
    }
    cases
}

fn media_types(world: &World) -> Vec<Case> {
    let body = json!({ "document": world.credential, "request": {} }).to_string();
    let mut cases = Vec::new();
    for media_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; x=y",
        "application",
        "application/jsonx",
    ] {
        let mut request = Request::post("/verify");
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        let request = request.body(Body::from(body.clone())).unwrap();
        cases.push(Case::new(format!("media type {media_type:?}"), request));
    }
    for media_type in ["application/jose", "application/vc+jwt"] {
        for (name, body) in [("JSON", body.clone().into_bytes()), ("nothing", Vec::new()), ("bytes", vec![0xff; 300])] {
            let request = Request::post("/verify").header("content-type", media_type);
            cases.push(Case::new(format!("{name} as {media_type}"), request.body(Body::from(body)).unwrap()));
        }
    }
    cases
}

fn header_fields(world: &World) -> Vec<Case> {
    // All but the header field is in order, so that only it can be what is refused.
    let predicates = json!({ "tasks_completed": { "atLeast": "100" } });
    let issue = json!({ "agent": world.managed.did, "schema": "task_completion/1", "predicates": predicates });
    let with = |name: &str, values: &[&[u8]]| {
        let mut request = world.request_as(Sender::Operator, Method::POST, "/zk-credentials", &issue);
        request.headers_mut().remove(name);
        for value in values {
            let name: axum::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, axum::http::HeaderValue::from_bytes(value).unwrap());
        }
        request
    };
    let long = [b'k'; 256];
    let mut cases: Vec<Case> = [
        ("empty", vec![&b""[..]]),
        ("too long", vec![&long[..]]),
        ("repeated", vec![&b"a"[..], b"a"]),
        ("not ASCII", vec![&b"\xff"[..]]),
        ("a tab", vec![&b"a\tb"[..]]),
    ]
    .into_iter()
    .map(|(name, values)| Case::new(format!("idempotency key {name}"), with("idempotency-key", &values)))
    .collect();
    for value in [&b""[..], b"Bearer", b"Bearer \xff", b"bearer x", b"Digest x", b"Bearer a b"] {
        cases.push(Case::new(
            format!("authorization {:?}", String::from_utf8_lossy(value)),
            with("authorization", &[value]),
        ));
    }
    cases.push(Case::new("no authorization", with("authorization", &[])));
    for (name, value) in [
        ("signature-input", "sig1=()"),
        ("signature", "sig1=:AA==:"),
        ("signature-input", "((("),
        ("signature", "\"x\""),
    ] {
        let request = world.request_as(Sender::Nobody, Method::POST, "/zk-credentials", &issue);
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(name, value.parse().unwrap());
        cases.push(Case::new(format!("{name}: {value}"), Request::from_parts(parts, body)));
    }
    cases
}

/// Requests that ask for something that cannot be asked for: there was something to verify, but not so.
fn verification_requests(world: &World) -> Vec<Case> {
    [
        json!([]), json!("x"), json!({ "unknown": 1 }), json!({ "issuers": "did:web:x" }), json!({ "issuers": ["x"] }),
        json!({ "classes": ["standing", "other?"] }), json!({ "classes": [] }), json!({ "disclose": ["mood"] }),
        json!({ "at_least": { "tasks_completed": 100 } }), json!({ "at_least": { "tasks_completed": "-1" } }),
        json!({ "at_least": { "tasks_completed": "18446744073709551616" } }), json!({ "at_least": { "capabilities": "1" } }),
        json!({ "at_most": { "reputation": 10_001 } }), json!({ "contains_all": [1] }), json!({ "subject": "did:web:x" }),
        json!({ "audience": "" }), json!({ "audience": "a\u{7}" }), json!({ "challenge": "x" }), json!({ "domain": "x" }),
        json!({ "challenge": "", "domain": "" }), json!({ "challenge": "x".repeat(513), "domain": "x" }),
        json!({ "audience": "https://a.example", "challenge": "xxxxxxxxxxxxxxxxxxxxxx", "domain": "https://b.example" }),
        json!({ "max_root_age_s": 1 }), json!({ "max_root_age_s": -1 }), json!({ "max_root_age_s": 1e300 }), json!({ "valid_at_least": "x" }),
    ]
    .into_iter()
    .map(|request| {
        let body = json!({ "document": world.credential, "request": request });
        Case::new(
            format!("verification request {request}"),
            world.request_as(Sender::Nobody, Method::POST, "/verify", &body),
        )
    })
    .collect()
}
