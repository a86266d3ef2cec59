//! Tiles: a leaf's path can be put together from public pieces, and leads to the signed root.

use poa_circuits::native::field;
use poa_circuits::native::tree::{DEPTH, node, zero};

use crate::service::Service;

#[tokio::test]
async fn the_tiles_of_a_head_hash_to_its_root() {
    let service = Service::start().await;
    for _ in 0..3 {
        service.attested_agent().await;
    }
    let head = service.get("/roots/latest").await.json();
    let answer = service.get(&format!("/log/main/{}/tiles/0/0", head["seq"])).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/octet-stream"));
    let mut level: Vec<_> =
        answer.bytes.chunks(32).map(|bytes| field::from_bytes_be(bytes.try_into().unwrap()).unwrap()).collect();
    assert_eq!(level.len(), 3);
    for depth in 0..DEPTH {
        if level.len() % 2 == 1 {
            level.push(zero(depth));
        }
        level = level.chunks(2).map(|pair| node(&pair[0], &pair[1])).collect();
    }
    assert_eq!(field::encode_hex(&level[0]), head["root"]);
}

#[tokio::test]
async fn tiles_that_are_not_there_are_not_found() {
    let service = Service::start().await;
    service.attested_agent().await;
    let seq = service.get("/roots/latest").await.json()["seq"].as_u64().unwrap();
    for path in [
        format!("/log/other/{seq}/tiles/0/0"),
        format!("/log/main/{seq}/tiles/4/0"),
        format!("/log/main/{seq}/tiles/-1/0"),
        format!("/log/main/{seq}/tiles/0/+1"),
        format!("/log/main/{seq}/tiles/0/00"),
        format!("/log/main/{seq}/tiles/0/99999999999999999999"),
        "/log/main/x/tiles/0/0".to_owned(),
    ] {
        let (status, _) = service.get(&path).await.problem();
        assert_eq!(status, 404, "{path}");
    }
    let future = service.get(&format!("/log/main/{}/tiles/0/0", seq + 1000)).await;
    assert!(matches!(future.problem().0, 404 | 410));
}
