//! Whom a publication looks at when more wait than it can look at.

use poa_circuits::native::tree;

use super::*;
use crate::store::{Borrows, Store, Work};

const LOG: &str = "main";

/// Agents of one log, of which a publication looks at two.
struct Crowd {
    store: Store,
    seq: u64,
}

impl Crowd {
    async fn of(ids: &[AgentUuid]) -> Self {
        let crowd = Self { store: Store::open_in_memory().await.unwrap(), seq: 0 };
        crowd
            .write(|tx, _| {
                Box::pin(async move {
                    tx.ensure_log(LOG).await?;
                    Ok(tx.insert_stand_ins(ids).await?)
                })
            })
            .await;
        crowd
    }

    async fn write<'env, T: Send, F>(&self, work: F) -> T
    where
        F: for<'t> Fn(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, DomainError> + Send + Sync,
    {
        self.store.run_tx("test", work).await.unwrap()
    }

    async fn change(&self, ids: &[AgentUuid]) {
        self.write(|tx, _| {
            Box::pin(async move {
                for id in ids {
                    tx.mark_due(*id, Due::NextAnchor).await?;
                }
                Ok(())
            })
        })
        .await;
    }

    /// One anchor: gives whom it looked at.
    async fn anchor(&mut self) -> Vec<AgentUuid> {
        self.seq += 1;
        let seq = self.seq;
        self.write(|tx, _| {
            Box::pin(async move {
                let ids = due_agents(tx, LOG, Some(&Vec::new()), 0, 2).await?;
                let settled = |agent: DueAgent| Settled {
                    agent: agent.id,
                    version: agent.version,
                    status: agent.status,
                    wait: false,
                };
                let settled: Vec<_> = tx.due_agents_by_id(&ids).await?.into_iter().map(settled).collect();
                tx.settle(&settled).await?;
                let state = LogState { size: 0, seq, revocations: 0, root: tree::empty_root(), collected_seq: 0 };
                tx.set_log_state(LOG, &state).await?;
                Ok(ids)
            })
        })
        .await
    }
}

fn ids(count: u8) -> Vec<AgentUuid> {
    (0..count).map(|i| format!("67e55044-10b1-426f-9247-bb680e5fe0{i:02x}").parse().unwrap()).collect()
}

/// By id alone the last agents would never have their turn.
#[tokio::test]
async fn when_more_change_in_each_hour_than_are_looked_at_every_one_has_its_turn() {
    let all = ids(6);
    let mut crowd = Crowd::of(&all).await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        crowd.change(&all).await;
        let looked_at = crowd.anchor().await;
        assert_eq!(looked_at.len(), 2);
        seen.extend(looked_at);
    }
    assert_eq!(seen.len(), all.len());
}

#[test]
fn leaves_that_expire_have_places_whatever_else_is_due() {
    let all = ids(12);
    let mut queue = Queue::new(8);
    queue.add(all[..3].to_vec(), 8);
    queue.add(all[2..6].to_vec(), 2);
    queue.add(all[3..].to_vec(), 8);
    queue.add(all[2..6].to_vec(), 8);
    assert_eq!(queue.ids, [0, 1, 2, 3, 4, 5, 6, 7].map(|i: usize| all[i]));
}
