//! Bodies mutated at random: whatever arrives, the answer is no 5xx, and a refusal changes nothing.

use axum::body::Body;
use axum::http::{Method, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::time::timeout;

use super::PATIENCE;
use super::world::{Good, World};

/// One edit of a byte string; positions are taken modulo its length.
#[derive(Clone, Debug)]
enum Edit {
    Set(usize, u8),
    Insert(usize, u8),
    Delete(usize, usize),
    Repeat(usize, usize),
    Truncate(usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let position = || any::<usize>();
    // JSON's own characters come up often, so that edits get past the parser.
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\",:0123456789abcdefx.-"[..])];
    let edit = prop_oneof![
        (position(), byte()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (position(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        (position(), 1..40usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (position(), 1..40usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
        position().prop_map(Edit::Truncate),
    ];
    prop::collection::vec(edit, 1..4)
}

fn apply(edits: &[Edit], mut bytes: Vec<u8>) -> Vec<u8> {
    for edit in edits {
        let length = bytes.len().max(1);
        match *edit {
            Edit::Set(at, byte) => {
                if let Some(old) = bytes.get_mut(at % length) {
                    *old = byte;
                }
            }
            Edit::Insert(at, byte) => bytes.insert(at % length.min(bytes.len() + 1), byte),
            Edit::Delete(at, count) => {
                let start = (at % length).min(bytes.len());
                bytes.drain(start..(start + count).min(bytes.len()));
            }
            Edit::Repeat(at, count) => {
                let start = (at % length).min(bytes.len());
                let part = bytes[start..(start + count).min(bytes.len())].to_vec();
                bytes.splice(start..start, part);
            }
            Edit::Truncate(at) => bytes.truncate(at % length),
        }
    }
    bytes
}

fn request(world: &World, good: &Good, body: Vec<u8>) -> Request<Body> {
    // The operator may do everything that does not need an agent's own signature.
    Request::builder()
        .method(good.method.clone())
        .uri(&good.path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", world.service.operator_token))
        .body(Body::from(body))
        .unwrap()
}

#[test]
fn mutated_bodies_never_break_the_service() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::build());
    let verify = Good {
        name: "verify",
        sender: super::world::Sender::Nobody,
        method: Method::POST,
        path: "/verify".to_owned(),
        body: serde_json::json!({ "document": world.credential, "request": {} }),
        optional: &[],
    };
    let targets: Vec<&Good> = world.good.iter().chain([&verify]).collect();
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let strategy = (0..targets.len(), edits());
    let result = runner.run(&strategy, |(target, edits)| {
        let good = targets[target];
        let body = apply(&edits, good.body.to_string().into_bytes());
        let (status, unchanged) = runtime.block_on(async {
            let before = world.service.snapshot().await;
            let answer = timeout(PATIENCE, world.service.send(request(&world, good, body))).await;
            let answer = answer.expect("an answer in time");
            if answer.status >= 400 {
                answer.problem();
            }
            let after = world.service.snapshot().await;
            (answer.status, before.changes(&after, &[]).is_empty())
        });
        prop_assert!(status < 500, "{}: {status}", good.name);
        prop_assert!(status < 400 || unchanged, "{}: {status} changed the database", good.name);
        Ok(())
    });
    result.unwrap();
}
