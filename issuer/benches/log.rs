//! What a publication costs: one new leaf, and a batch of 10,000, into a log that holds 10,000 leaves already.
//!
//! Measured is `Domain::publish` whole: reading what waits, deciding, hashing leaves and nodes, one durable
//! transaction with a signed head. Needs about a minute to register the agents first.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tokio::runtime::Runtime;

use rig::Rig;

// The tests use all of it.
#[allow(dead_code)]
#[path = "../tests/domain/rig.rs"]
mod rig;

const AGENTS: usize = 10_000;

/// A log with a live leaf for each of many agents.
async fn filled() -> Rig {
    let rig = Rig::new().await;
    let mut receipts = Vec::with_capacity(AGENTS);
    for i in 0..AGENTS {
        let id = rig.managed(&format!("agent {i}")).await;
        receipts.push(rig.receipt(id, &i.to_string(), json!({})));
    }
    for batch in receipts.chunks(poa_issuer::domain::MAX_RECEIPTS) {
        rig.domain.store_attestations(batch, rig.now()).await.unwrap();
    }
    assert_eq!(rig.publish().await.new_leaves, AGENTS);
    rig
}

/// Suspends `count` agents, publishes that, resumes them, and measures the publication that appends their leaves.
/// The standing is set in one statement, because only the publication is of interest.
async fn append(rig: &Rig, count: usize) -> Duration {
    for status in ["suspended", "active"] {
        let sql = "UPDATE agents SET status = $1, due = 2, version = version + 1 \
                   WHERE id IN (SELECT id FROM agents ORDER BY id LIMIT $2)";
        let update = sqlx::query(sql).bind(status).bind(count as i64);
        update.execute(rig.domain.store().writer_pool()).await.unwrap();
        if status == "suspended" {
            assert_eq!(rig.publish().await.zeroed, count);
        }
    }
    let start = Instant::now();
    let publication = rig.publish().await;
    let elapsed = start.elapsed();
    assert_eq!(publication.new_leaves, count);
    elapsed
}

fn publications(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(filled());
    let mut group = criterion.benchmark_group("log");
    group.sample_size(10);
    for (name, count) in [("append one", 1), ("append 10,000", AGENTS)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let mut total = Duration::ZERO;
                for _ in 0..rounds {
                    total += runtime.block_on(append(&rig, count));
                }
                total
            });
        });
    }
    group.finish();
}

criterion_group!(benches, publications);
criterion_main!(benches);
