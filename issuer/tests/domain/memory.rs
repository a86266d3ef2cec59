//! How much memory a publication takes when its agents have many receipts.
//!
//! The measuring runs in a process of its own, this test binary running [`child`] alone, because other tests would be
//! measured too. `POA_RECEIPTS` sets how many receipts there are.

use std::process::Command;

use poa_issuer::domain::AgentUuid;

use super::rig::{NOW, Rig};

const AGENTS: usize = 50;
const RECEIPTS: &str = "POA_RECEIPTS";
/// What the heap may grow by, whatever the number of receipts.
const MOST_KIB: u64 = 24 * 1024;

/// The peak of resident memory since the last [`forget_peak`], in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn forget_peak() {
    // What the kernel calls resetting the "high water mark".
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Gives each agent so many receipts that differ from `jti` to `jti`.
async fn add_receipts(rig: &Rig, agents: &[AgentUuid], each: usize) {
    let pool = rig.domain.store().writer_pool();
    for agent in agents {
        sqlx::query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
             INSERT INTO attestations (digest, attestor, agent, jti, issued_at, period_end, attempted, completed, \
             confidence, capabilities, evidence, jws, received_at) \
             SELECT $2 || i, (SELECT id FROM attestors), $2, $2 || i, $3, $3 - i, 10, 5, 5000, '[\"lite\"]', \
             printf('https://evidence.example/%0.200d', i), 'x', $3 FROM n",
        )
        .bind(each as i64)
        .bind(agent.to_string())
        .bind(NOW as i64)
        .execute(pool)
        .await
        .unwrap();
    }
}

#[tokio::test]
#[ignore = "the child process of the memory test"]
async fn child() {
    let Ok(receipts) = std::env::var(RECEIPTS) else { return };
    let receipts: usize = receipts.parse().unwrap();
    let rig = Rig::new().await;
    let mut agents = Vec::new();
    for i in 0..AGENTS {
        agents.push(rig.attested(&format!("agent {i}"), 5).await);
    }
    add_receipts(&rig, &agents, receipts / AGENTS).await;
    forget_peak();
    let before = peak_kib();
    let began = std::time::Instant::now();
    assert_eq!(rig.publish().await.new_leaves, AGENTS);
    println!("grew {}", peak_kib().saturating_sub(before));
    println!("took {} ms", began.elapsed().as_millis());
    let leaf = rig.domain.leaf_opening(agents[0]).await.unwrap();
    assert_eq!(leaf.attributes.tasks_completed, 5 * (receipts / AGENTS) as u64 + 5, "every receipt counts");
}

#[test]
#[cfg(target_os = "linux")]
fn a_publication_takes_no_more_memory_for_many_receipts() {
    let receipts = std::env::var(RECEIPTS).unwrap_or_else(|_| "100000".to_owned());
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::child", "--ignored", "--nocapture"])
        .env(RECEIPTS, &receipts)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{printed}");
    println!("{receipts} receipts: {printed}");
    let grew = printed.lines().find_map(|line| line.split("grew ").nth(1)).unwrap();
    assert!(grew.trim().parse::<u64>().unwrap() < MOST_KIB, "it grew by {grew} KiB for {receipts} receipts");
}
