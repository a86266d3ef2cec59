//! The kill test: a child process appends, publishes, revokes and issues until SIGKILL, twenty times over one data
//! directory. Afterwards nothing that was acknowledged is missing and the tree follows from its leaves.
//!
//! The child is this test binary running [`child`] alone. It prints one line per acknowledged act, after the act.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ed25519_dalek::SigningKey;
use poa_circuits::native::field::{self, F};
use poa_issuer::clock::{SystemClock, WatchedClock};
use poa_issuer::domain::*;
use rand_core::Rng as _;
use serde_json::json;

use super::rig::{did_key, managed_registration, naive_root, open, receipt_by};

const KILLS: usize = 20;
const DIR: &str = "POA_KILL_TEST_DIR";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn watched() -> WatchedClock {
    WatchedClock::new(std::sync::Arc::new(SystemClock), None, None)
}

/// The child's work; ends only by being killed. Acknowledgements: `agent ID`, `revoked ID`, `issued ID`, `head ROOT`.
#[test]
#[ignore = "the child process of the kill test"]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let domain = std::sync::Arc::new(open(Path::new(&dir), now()).await);
        let publisher = domain.clone();
        let clock = watched();
        tokio::spawn(async move {
            loop {
                if let Some(head) = publisher.publish(&clock).await.unwrap().head {
                    println!("head {}", field::encode_hex(&head.root));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let key = SigningKey::from_bytes(&[2; 32]);
        domain.add_attestor(did_key(&key), "attestor".into(), key.verifying_key().to_bytes(), now()).await.unwrap();
        loop {
            work(&domain, &key).await;
        }
    });
}

/// Registers and attests some agents, issues a credential of one and perhaps revokes it.
async fn work(domain: &Domain, attestor: &SigningKey) {
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = domain.register_agent(managed_registration("agent"), now()).await.unwrap().id;
        let receipt = receipt_by(attestor, id, &id.to_string(), now(), json!({}));
        domain.store_attestations(&[receipt], now()).await.unwrap();
        println!("agent {id}");
        ids.push(id);
    }
    let begin = loop {
        match domain.begin_credential(ids[0], "schema", None, Actor::Operator, now()).await {
            Ok(Begun::Fresh(begin)) => break begin,
            // Not published yet.
            Err(DomainError::NoLeaf) => tokio::time::sleep(Duration::from_millis(3)).await,
            other => panic!("{other:?}"),
        }
    };
    let document = json!({ "id": begin.id.to_string() });
    domain.complete_credential(begin.id, document, now() + 1_000, now()).await.unwrap();
    println!("issued {}", begin.id);
    let revoked = ids[EntropyRng::new(&os_entropy()).next_u32() as usize % ids.len()];
    domain.revoke_agent(revoked, Revoker::Operator, now()).await.unwrap();
    println!("revoked {revoked}");
}

/// Everything any child acknowledged.
#[derive(Default)]
struct Acknowledged {
    agents: BTreeSet<AgentUuid>,
    revoked: BTreeSet<AgentUuid>,
    issued: BTreeSet<CredentialId>,
    roots: Vec<F>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        // The test harness prints lines of its own; a line cut off by the kill was not acknowledged.
        match line.split_once(' ') {
            Some(("agent", id)) => drop(id.parse().map(|id| self.agents.insert(id))),
            Some(("revoked", id)) => drop(id.parse().map(|id| self.revoked.insert(id))),
            Some(("issued", id)) => drop(id.parse().map(|id| self.issued.insert(id))),
            Some(("head", root)) => drop(field::decode_hex(root).map(|root| self.roots.push(root))),
            _ => {}
        }
    }
}

fn run_and_kill(dir: &Path, after: Duration, acknowledged: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).collect::<Vec<_>>());
    std::thread::sleep(after);
    assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    for line in reader.join().unwrap() {
        acknowledged.note(&line);
    }
}

#[tokio::test]
async fn a_service_killed_twenty_times_loses_nothing_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    let mut rng = EntropyRng::new(&os_entropy());
    for kill in 0..KILLS {
        let before = acknowledged.agents.len();
        let mut after = Duration::from_millis(300 + u64::from(rng.next_u32() % 300));
        // On a busy machine a child may be killed before it did anything: such a kill does not count.
        while acknowledged.agents.len() == before {
            run_and_kill(dir.path(), after, &mut acknowledged);
            after *= 2;
            assert!(after < Duration::from_secs(60), "kill {kill}: the child does nothing");
        }
        let domain = open(dir.path(), now()).await;
        check_tree(&domain, &acknowledged, kill).await;
        domain.store().close().await;
    }
    assert!(acknowledged.issued.len() >= KILLS && acknowledged.revoked.len() >= KILLS / 2, "the test did its work");
    let domain = open(dir.path(), now()).await;
    domain.publish(&watched()).await.unwrap();
    check_everything(&domain, &acknowledged).await;
}

/// The published root follows from the leaves, and every head that was seen is still the head of its tree.
async fn check_tree(domain: &Domain, acknowledged: &Acknowledged, kill: usize) {
    let audit = domain.audit_log().await.unwrap();
    assert!(audit.is_sound(), "kill {kill}: {audit:?}");
    let Ok(head) = domain.latest_head().await else {
        assert!(acknowledged.roots.is_empty());
        return;
    };
    assert_eq!((head.size, head.root), (audit.size, audit.root));
    for root in acknowledged.roots.iter().rev().take(5) {
        domain.head_for_root(root).await.unwrap();
    }
}

async fn check_everything(domain: &Domain, acknowledged: &Acknowledged) {
    let head = domain.latest_head().await.unwrap();
    let mut leaves = vec![F::from(0u64); head.size as usize];
    for id in &acknowledged.agents {
        let agent = domain.agent(*id).await.unwrap();
        let opening = domain.leaf_opening(*id).await;
        if acknowledged.revoked.contains(id) {
            assert_eq!(agent.status, AgentStatus::Revoked);
        }
        assert_eq!(opening.is_ok(), agent.status == AgentStatus::Active);
        if let Ok(opening) = opening {
            leaves[opening.index as usize] = opening.leaf.hash();
        }
    }
    // Registered, but killed before the acknowledgement was printed: in the tree, or without a receipt.
    let mut cursor = None;
    loop {
        let page = domain.agents(cursor.as_deref(), 200).await.unwrap();
        for agent in page.items.iter().filter(|agent| !acknowledged.agents.contains(&agent.id)) {
            if let Ok(opening) = domain.leaf_opening(agent.id).await {
                leaves[opening.index as usize] = opening.leaf.hash();
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(head.root, naive_root(&leaves), "every other leaf is 0");
    let bits = domain.status_bits().await.unwrap();
    assert_eq!(bits.revocations, head.revocations);
    for id in &acknowledged.issued {
        let credential = domain.credential(*id).await.unwrap();
        assert_eq!(credential.state, CredentialState::Issued);
        assert_eq!(credential.document.unwrap()["id"], id.to_string());
        let revoked = domain.agent(credential.agent).await.unwrap().status == AgentStatus::Revoked;
        assert_eq!((credential.revoked, bits.revoked.contains(&credential.status_index.unwrap())), (revoked, revoked));
    }
}
