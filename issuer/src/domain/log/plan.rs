//! What a publication will do: read from one snapshot, decided by the rules of [`leaves`](crate::domain::leaves),
//! hashed before the write transaction begins.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use poa_circuits::native::field::F;
use poa_circuits::native::leaf::{Leaf, random_salt};
use poa_circuits::native::tree::Frontier;
use rayon::prelude::*;

use super::edit::{self, Place};
use super::{Head, LogState, hour_of, opens_hour};
use crate::domain::agents::{Agent, AgentStatus};
use crate::domain::entropy::EntropyRng;
use crate::domain::ids::AgentUuid;
use crate::domain::leaves::{Decision, Facts, LeafRecord, ZeroReason, decide};
use crate::domain::receipts::Receipt;
use crate::domain::schemas::{AttestationSchemaRecord, newest_for};
use crate::domain::{Domain, DomainError, Due, Kind, attributes};
use crate::store::Tx;

/// Most agents in one publication; the others follow in the next. Revocations come first.
const MAX_AGENTS: u32 = 20_000;

/// An agent that the publication looked at.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub agent: AgentUuid,
    /// The version that was looked at: a change since then keeps the agent due.
    pub version: u64,
    /// As looked at; decides on the status bits of its credentials.
    pub status: AgentStatus,
    /// Whether a change waits for the next anchor.
    pub wait: bool,
}

/// A leaf that is set to 0.
#[derive(Clone, Debug)]
pub(crate) struct Zeroed {
    pub index: u32,
    pub reason: ZeroReason,
    /// Whether the credentials made from it are revoked although its agent is not.
    pub revoke_credentials: bool,
}

/// Everything read from the snapshot.
pub(super) struct Snapshot {
    pub state: LogState,
    pub newest: Option<Head>,
    /// Whether a head made now is the first of its hour.
    pub anchor: bool,
    /// Whether some credential waits for its revocation bit.
    pub credentials_due: bool,
    agents: Vec<Agent>,
    receipts: HashMap<AgentUuid, Vec<Receipt>>,
    live: HashMap<AgentUuid, LeafRecord>,
    schemas: Vec<AttestationSchemaRecord>,
}

/// What the publication does to agents and leaves.
#[derive(Default)]
pub(super) struct Draft {
    pub settled: Vec<Settled>,
    pub zeroed: Vec<Zeroed>,
    pub appended: Vec<LeafRecord>,
}

/// The same with the tree that follows.
pub(super) struct Plan {
    pub draft: Draft,
    /// New values of nodes.
    pub changed: BTreeMap<Place, F>,
    pub frontier: Frontier,
}

impl Domain {
    /// Reads what waits. At an anchor these are also agents whose attributes may have changed, and those
    /// whose leaf has half its lifetime behind it.
    pub(super) async fn snapshot(&self, now: u64) -> Result<Snapshot, DomainError> {
        let log = self.settings.log.as_str();
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    let newest = tx.newest_head(log).await?;
                    let newest_anchor = tx.newest_anchor(log).await?.map(|head| head.iat);
                    let iat = newest.as_ref().map_or(now, |head| head.iat.max(now));
                    let anchor = opens_hour(newest_anchor, iat) && !tx.hour_had_anchor(log, hour_of(iat)).await?;
                    let schemas = tx.attestation_schemas().await?;
                    let ids = due_agents(tx, log, anchor, &schemas, now).await?;
                    Ok(Snapshot {
                        credentials_due: tx.any_credential_due().await? || tx.any_vc_api_status_due().await?,
                        agents: tx.agents_by_id(&ids, &self.settings.did_host).await?,
                        receipts: tx.counted_receipts(&ids).await?,
                        live: tx.live_leaves(&ids, log).await?,
                        state,
                        newest,
                        anchor,
                        schemas,
                    })
                })
            })
            .await
    }

    /// The frontier of the stored tree.
    pub(super) async fn stored_frontier(&self, state: &LogState) -> Result<Frontier, DomainError> {
        let log = self.settings.log.as_str();
        let mut places = BTreeSet::from([(32, 0)]);
        places.extend(
            (0..32u8)
                .filter(|level| state.size >> level & 1 == 1)
                .map(|level| (level, ((state.size >> level) - 1) as u32)),
        );
        let stored = self.stored_nodes(log, places).await?;
        let Ok(frontier) = Frontier::restore(state.size, |level, index| {
            Ok::<_, std::convert::Infallible>(stored.get(&(level, index)).copied())
        });
        if frontier.root() == state.root { Ok(frontier) } else { Err(DomainError::LogChanged) }
    }

    /// The newest stored values of these nodes; absent ones are empty.
    pub(super) async fn stored_nodes(
        &self,
        log: &str,
        places: BTreeSet<Place>,
    ) -> Result<HashMap<Place, F>, DomainError> {
        let places = &places;
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.newest_nodes(log, places).await?) })).await
    }
}

async fn due_agents(
    tx: &mut Tx,
    log: &str,
    anchor: bool,
    schemas: &[AttestationSchemaRecord],
    now: u64,
) -> Result<Vec<AgentUuid>, DomainError> {
    let at_least = if anchor { Due::NextAnchor } else { Due::NextPublication };
    let mut ids = tx.due_agents(at_least, MAX_AGENTS).await?;
    if anchor {
        let known: BTreeSet<_> = ids.iter().copied().collect();
        for schema in schemas {
            let expiring = now + schema.leaf_lifetime_s.div_ceil(2);
            let room = MAX_AGENTS.saturating_sub(ids.len() as u32);
            let half_gone = tx.agents_expiring(log, &schema.id, expiring, room).await?;
            ids.extend(half_gone.into_iter().filter(|id| !known.contains(id)));
        }
    }
    Ok(ids)
}

impl Snapshot {
    /// Decides on every agent. Leaves are not hashed yet.
    pub(super) fn decide(&self, log: &str, rng: &mut EntropyRng, now: u64) -> Result<Draft, DomainError> {
        let mut draft = Draft::default();
        for agent in &self.agents {
            let schema = newest_for(&self.schemas, agent.custody).ok_or(DomainError::NotFound(Kind::Schema))?;
            let live = self.live.get(&agent.id);
            let receipts = self.receipts.get(&agent.id).map_or(&[][..], Vec::as_slice);
            let derived = attributes::derive(receipts, &schema.capabilities, agent.build_sha256);
            let decision = decide(&Facts {
                status: agent.status,
                identity: agent.identity,
                pseudonym: agent.pseudonym,
                attributes: derived.as_ref().map(|derived| derived.to_fields()),
                schema,
                live,
                anchor: self.anchor,
                now,
            });
            draft.settled.push(Settled {
                agent: agent.id,
                version: agent.version,
                status: agent.status,
                wait: decision.wait,
            });
            draft.zeroed.extend(self.zero(&decision, live));
            if let (true, Some(derived)) = (decision.append, derived) {
                let index = self.state.size + draft.appended.len() as u64;
                let expires_at = now + schema.leaf_lifetime_s;
                draft.appended.push(LeafRecord {
                    log: log.to_owned(),
                    index: u32::try_from(index).map_err(|_| DomainError::LogFull)?,
                    agent: agent.id,
                    schema_id: schema.id.clone(),
                    leaf: Leaf {
                        identity: agent.identity,
                        pseudonym: agent.pseudonym,
                        agent: agent.id.field_id(),
                        schema: schema.field,
                        attributes: derived.to_fields(),
                        expires_at,
                        salt: random_salt(rng),
                    },
                    build_sha256: derived.build_sha256,
                    attested_at: now,
                    appended_seq: self.state.seq + 1,
                    zeroed_seq: None,
                });
            }
        }
        Ok(draft)
    }

    fn zero(&self, decision: &Decision, live: Option<&LeafRecord>) -> Option<Zeroed> {
        let (reason, live) = (decision.zero?, live?);
        let made_under = self.schemas.iter().find(|schema| schema.id == live.schema_id);
        Some(Zeroed {
            index: live.index,
            reason,
            revoke_credentials: reason == ZeroReason::Superseded
                && made_under.is_some_and(|schema| schema.revoke_on_supersede),
        })
    }
}

/// Hashes leaves and nodes. CPU-bound: run it off the async threads.
pub(super) fn hash(draft: Draft, frontier: &Frontier, stored: &HashMap<Place, F>) -> Result<Plan, DomainError> {
    let hashes = leaf_hashes(&draft.appended);
    hash_tree(draft, &hashes, frontier, stored)
}

/// The leaves' hashes, on all cores.
pub(super) fn leaf_hashes(records: &[LeafRecord]) -> Vec<F> {
    records.par_iter().map(|record| record.leaf.hash()).collect()
}

/// The tree that follows, from the hashes of the leaves that are appended.
pub(super) fn hash_tree(
    draft: Draft,
    hashes: &[F],
    frontier: &Frontier,
    stored: &HashMap<Place, F>,
) -> Result<Plan, DomainError> {
    let indices: BTreeSet<u32> = draft.zeroed.iter().map(|zeroed| zeroed.index).collect();
    let (mut frontier, mut changed) = edit::zero_leaves(frontier, &indices, stored);
    edit::append_leaves(&mut frontier, hashes, &mut changed).map_err(|_| DomainError::LogFull)?;
    Ok(Plan { draft, changed, frontier })
}
