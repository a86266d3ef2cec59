//! How fast leaves are appended: the part of a publication from leaves to a committed, signed head.
//!
//! It is the code of [`publish`](super::publish) with leaves of stand-in agents; not in it is what surrounds the log:
//! reading what is due, deciding, status bits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use poa_circuits::native::attributes::SLOTS;
use poa_circuits::native::field::F;
use poa_circuits::native::leaf::{Leaf, random_salt};
use poa_circuits::native::tree::Frontier;

use super::LogState;
use super::plan::{self, Draft, Plan};
use crate::domain::leaves::LeafRecord;
use crate::domain::{AgentUuid, Custody, Domain, DomainError, Kind};

/// What appending took.
#[derive(Clone, Copy, Debug)]
pub struct Appends {
    /// Leaves appended.
    pub leaves: usize,
    /// From the leaves' hashes on: the tree's nodes, and per batch one transaction with the openings, the nodes, the
    /// log's state and a signed head.
    pub append: Duration,
    /// The leaves' hashes: twelve inputs each, on all cores.
    pub leaf_hashes: Duration,
}

impl Domain {
    /// Appends leaves of that many stand-in agents in batches. For an empty log of its own, never a service's.
    pub async fn measure_appends(&self, leaves: usize, batch: usize, now: u64) -> Result<Appends, DomainError> {
        let mut measured = Appends { leaves, append: Duration::ZERO, leaf_hashes: Duration::ZERO };
        let (mut frontier, mut seq) = (Frontier::default(), 0);
        while (frontier.size() as usize) < leaves {
            let count = batch.min(leaves - frontier.size() as usize);
            seq += 1;
            let appended = self.stand_ins(frontier.size(), count, seq, now).await?;
            let draft = Draft { appended, ..Draft::default() };
            let start = Instant::now();
            let hashes = plan::leaf_hashes(&draft.appended);
            let hashed = Instant::now();
            let plan = plan::hash_tree(draft, &hashes, &frontier, &HashMap::new())?;
            self.write_appended(&plan, frontier.size(), now).await?;
            measured.append += hashed.elapsed();
            measured.leaf_hashes += hashed - start;
            frontier = plan.frontier;
        }
        Ok(measured)
    }

    async fn write_appended(&self, plan: &Plan, size: u64, now: u64) -> Result<(), DomainError> {
        self.store
            .run_tx("measure_appends", |tx, _| {
                Box::pin(async move {
                    let log = self.settings.log.as_str();
                    let before = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    if before.size != size {
                        return Err(DomainError::LogChanged);
                    }
                    let (size, root) = (plan.frontier.size(), plan.frontier.root());
                    let after = LogState { size, root, seq: before.seq + 1, ..before };
                    self.write_tree(tx, plan, &after, false, now).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Agents, stored, and a leaf for each.
    async fn stand_ins(&self, first: u64, count: usize, seq: u64, now: u64) -> Result<Vec<LeafRecord>, DomainError> {
        let mut rng = self.rng();
        let ids: Vec<AgentUuid> = (0..count).map(|_| AgentUuid::random(&mut rng)).collect();
        let ids = &ids;
        let schemas = self
            .store
            .run_tx("measure_appends", |tx, _| {
                Box::pin(async move {
                    tx.insert_stand_ins(ids).await?;
                    Ok::<_, DomainError>(tx.attestation_schemas().await?)
                })
            })
            .await?;
        let schema = schemas.iter().find(|schema| schema.custody == Custody::Holder);
        let schema = schema.ok_or(DomainError::NotFound(Kind::Schema))?;
        let leaf = |(agent, index): (&AgentUuid, u64)| LeafRecord {
            log: self.settings.log.clone(),
            // Fits: a measured log is far smaller than the largest.
            index: index as u32,
            agent: *agent,
            schema_id: schema.id.clone(),
            leaf: Leaf {
                identity: F::from(index),
                pseudonym: -F::from(index),
                agent: agent.field_id(),
                schema: schema.field,
                attributes: [F::from(index); SLOTS],
                expires_at: now + schema.leaf_lifetime_s,
                salt: random_salt(&mut rng),
            },
            build_sha256: None,
            attested_at: now,
            appended_seq: seq,
            zeroed_seq: None,
        };
        Ok(ids.iter().zip(first..).map(leaf).collect())
    }
}
