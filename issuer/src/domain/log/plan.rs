//! What a publication will do: read from one snapshot, decided by the rules of [`leaves`](crate::domain::leaves),
//! hashed before the write transaction begins.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use poa_circuits::native::attributes::Attributes;
use poa_circuits::native::field::F;
use poa_circuits::native::leaf::{Leaf, random_salt};
use poa_circuits::native::tree::Frontier;
use rayon::prelude::*;

use super::edit::{self, Place};
use super::{Head, LogState, hour_of, opens_hour};
use crate::domain::agents::{AgentStatus, Custody};
use crate::domain::attributes::Tally;
use crate::domain::entropy::EntropyRng;
use crate::domain::ids::AgentUuid;
use crate::domain::leaves::{Decision, Facts, LeafRecord, ZeroReason, decide};
use crate::domain::schemas::{AttestationSchemaRecord, newest_for};
use crate::domain::{Domain, DomainError, Due, Kind};
use crate::store::Tx;

/// Most agents in one publication; the others follow in the next. Revocations come first, then who waited longest.
const MAX_AGENTS: u32 = 20_000;

/// What a publication needs of an agent.
#[derive(Clone, Debug)]
pub(crate) struct DueAgent {
    pub id: AgentUuid,
    pub custody: Custody,
    pub status: AgentStatus,
    pub identity: F,
    pub pseudonym: F,
    pub build_sha256: Option<[u8; 32]>,
    /// Counts changes that concern the leaf.
    pub version: u64,
}

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
    /// What stands there until then.
    pub leaf: Leaf,
}

/// Everything read from the snapshot.
pub(super) struct Snapshot {
    pub state: LogState,
    pub newest: Option<Head>,
    /// Whether a head made now is the first of its hour.
    pub anchor: bool,
    /// Whether some credential waits for its revocation bit.
    pub credentials_due: bool,
    agents: Vec<DueAgent>,
    /// Of those with receipts that count. The receipts themselves are not kept.
    attributes: HashMap<AgentUuid, Attributes>,
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
                    let ids = due_agents(tx, log, anchor.then_some(&schemas), now, MAX_AGENTS).await?;
                    let agents = tx.due_agents_by_id(&ids).await?;
                    Ok(Snapshot {
                        credentials_due: tx.any_credential_due().await? || tx.any_vc_api_status_due().await?,
                        attributes: derived(tx, &agents, &schemas).await?,
                        agents,
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

    /// The frontier of the stored tree. One that does not give the stored root is damaged, unless somebody published
    /// since that state was read.
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
        // What is restored takes its root from the root's node; the next leaves build on the other nodes.
        let of_peaks = edit::root_of_peaks(state.size, |place| stored.get(&place).copied());
        if (frontier.root(), of_peaks) == (state.root, state.root) {
            return Ok(frontier);
        }
        let now = self.store.read_tx(|tx, _| Box::pin(async move { Ok::<_, DomainError>(tx.log_state(log).await?) }));
        if now.await?.as_ref() == Some(state) { Err(DomainError::LogDamaged) } else { Err(DomainError::LogChanged) }
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

/// Whom a publication looks at, at most `most`. With the schemas it is an anchor, which looks also at agents whose
/// attributes may have changed and at leaves with half their lifetime behind them. A quarter of the places is for those
/// leaves whatever else is due: otherwise they would expire while changes without end go before them.
async fn due_agents(
    tx: &mut Tx,
    log: &str,
    anchor: Option<&Vec<AttestationSchemaRecord>>,
    now: u64,
    most: u32,
) -> Result<Vec<AgentUuid>, DomainError> {
    let mut due = Queue::new(most);
    due.add(tx.due_agents(Due::NextPublication, most).await?, most);
    let Some(schemas) = anchor else { return Ok(due.ids) };
    let mut half_gone = Vec::new();
    for schema in schemas {
        let expiring = now + schema.leaf_lifetime_s.div_ceil(2);
        half_gone.extend(tx.agents_expiring(log, &schema.id, expiring, most).await?);
    }
    due.add(half_gone.clone(), most.div_ceil(4));
    due.add(tx.due_agents(Due::NextAnchor, most).await?, most);
    due.add(half_gone, most);
    Ok(due.ids)
}

/// Agents in the order in which they are looked at, each once.
struct Queue {
    ids: Vec<AgentUuid>,
    known: HashSet<AgentUuid>,
    most: u32,
}

impl Queue {
    fn new(most: u32) -> Self {
        Self { ids: Vec::new(), known: HashSet::new(), most }
    }

    /// Adds the first of `next` that are new, at most `limit` and what there is room for.
    fn add(&mut self, next: Vec<AgentUuid>, limit: u32) {
        let room = (self.most as usize - self.ids.len()).min(limit as usize);
        let known = &mut self.known;
        self.ids.extend(next.into_iter().filter(|id| known.insert(*id)).take(room));
    }
}

/// The attributes that follow from the agents' receipts, which are read one after the other.
async fn derived(
    tx: &mut Tx,
    agents: &[DueAgent],
    schemas: &[AttestationSchemaRecord],
) -> Result<HashMap<AgentUuid, Attributes>, DomainError> {
    let by_id: HashMap<AgentUuid, &DueAgent> = agents.iter().map(|agent| (agent.id, agent)).collect();
    let ids: Vec<AgentUuid> = agents.iter().map(|agent| agent.id).collect();
    let registry = |id: AgentUuid| {
        let schema = by_id.get(&id).and_then(|agent| newest_for(schemas, agent.custody));
        schema.map_or(&[][..], |schema| schema.capabilities.as_slice())
    };
    let mut derived = HashMap::new();
    let mut finish = |(id, tally): (AgentUuid, Tally<'_>)| {
        let build = by_id.get(&id).and_then(|agent| agent.build_sha256);
        derived.extend(tally.attributes(build).map(|attributes| (id, attributes)));
    };
    let mut current: Option<(AgentUuid, Tally<'_>)> = None;
    tx.each_counted_receipt(&ids, |receipt| {
        if current.as_ref().is_none_or(|(id, _)| *id != receipt.agent) {
            current.take().map(&mut finish);
        }
        let (_, tally) = current.get_or_insert_with(|| (receipt.agent, Tally::new(registry(receipt.agent))));
        tally.add(&receipt);
    })
    .await?;
    current.map(finish);
    Ok(derived)
}

impl Snapshot {
    /// Decides on every agent. Leaves are not hashed yet.
    pub(super) fn decide(&self, log: &str, rng: &mut EntropyRng, now: u64) -> Result<Draft, DomainError> {
        let mut draft = Draft::default();
        for agent in &self.agents {
            let schema = newest_for(&self.schemas, agent.custody).ok_or(DomainError::NotFound(Kind::Schema))?;
            let live = self.live.get(&agent.id);
            let derived = self.attributes.get(&agent.id);
            let decision = decide(&Facts {
                status: agent.status,
                identity: agent.identity,
                pseudonym: agent.pseudonym,
                attributes: derived.map(Attributes::to_fields),
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
            leaf: live.leaf.clone(),
            reason,
            revoke_credentials: reason == ZeroReason::Superseded
                && made_under.is_some_and(|schema| schema.revoke_on_supersede),
        })
    }
}

/// Hashes leaves and nodes. CPU-bound: run it off the async threads.
pub(super) fn hash(draft: Draft, frontier: &Frontier, stored: &HashMap<Place, F>) -> Result<Plan, DomainError> {
    let leaves = draft.zeroed.par_iter().map(|zeroed| (zeroed.index, zeroed.leaf.hash())).collect();
    if !edit::are_in_tree(frontier, &leaves, stored) {
        return Err(DomainError::LogDamaged);
    }
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

#[cfg(test)]
mod tests;
