//! Agents, their key history and sealed secrets.

use poa_circuits::native::field::F;
use poa_circuits::native::holder::HolderKey;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::row::{blob, bytes32, bytes32_opt, element, parsed, parsed_opt, stored, unsigned, value};
use super::{StoreError, Tx};
use crate::domain::{Agent, AgentStatus, AgentUuid, Custody, LeafSummary, StoredHolderKey};
use crate::domain::{Due, DueAgent, Settled};

/// Rows of one statement where each binds a few values.
const CHUNK: usize = 5_000;

const SELECT: &str = "SELECT a.id, a.name, a.custody, a.status, a.holder_key, a.identity, a.pseudonym, \
    a.build_sha256, a.source, a.manifest, a.registered_at, k.public_key, \
    l.log AS leaf_log, l.idx AS leaf_idx, l.appended_seq, l.attested_at, l.expires_at \
    FROM agents a \
    JOIN signing_keys k ON k.agent = a.id AND k.until IS NULL \
    LEFT JOIN leaves l ON l.agent = a.id AND l.zeroed_seq IS NULL ";

/// An agent to be stored.
#[derive(Clone)]
pub struct NewAgent {
    /// Its UUID.
    pub id: AgentUuid,
    /// For people.
    pub name: String,
    /// Who holds its secrets.
    pub custody: Custody,
    /// For its requests.
    pub ed25519_public_key: [u8; 32],
    /// `K`.
    pub holder_key: HolderKey,
    /// `I`.
    pub identity: F,
    /// `N`.
    pub pseudonym: F,
    /// `k`, sealed, of a managed agent.
    pub sealed_holder: Option<Vec<u8>>,
    /// `n`, sealed, of a managed agent.
    pub sealed_pseudonym: Option<Vec<u8>>,
    /// SHA-256 of its build.
    pub build_sha256: Option<[u8; 32]>,
    /// URI of its source.
    pub source: Option<String>,
    /// JSON object.
    pub manifest: Option<Value>,
    /// Unix seconds.
    pub registered_at: u64,
}

impl Tx {
    /// Stores a new agent with its first keys.
    pub async fn insert_agent(&mut self, agent: &NewAgent) -> Result<(), StoreError> {
        let at = stored(agent.registered_at, "agents.registered_at")?;
        sqlx::query(
            "INSERT INTO agents (id, name, custody, status, holder_key, identity, pseudonym, sealed_holder, \
             sealed_pseudonym, build_sha256, source, manifest, registered_at, version, due) \
             VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0)",
        )
        .bind(agent.id.to_string())
        .bind(&agent.name)
        .bind(agent.custody.as_str())
        .bind(agent.holder_key.to_bytes().to_vec())
        .bind(blob(&agent.identity))
        .bind(blob(&agent.pseudonym))
        .bind(&agent.sealed_holder)
        .bind(&agent.sealed_pseudonym)
        .bind(agent.build_sha256.map(|digest| digest.to_vec()))
        .bind(&agent.source)
        .bind(agent.manifest.as_ref().map(Value::to_string))
        .bind(at)
        .execute(self.conn())
        .await?;
        sqlx::query("INSERT INTO signing_keys (agent, public_key, since) VALUES ($1, $2, $3)")
            .bind(agent.id.to_string())
            .bind(agent.ed25519_public_key.to_vec())
            .bind(at)
            .execute(self.conn())
            .await?;
        self.insert_holder_key(agent.id, &agent.holder_key, &agent.identity, at).await?;
        self.insert_pseudonym(agent.id, &agent.pseudonym, at).await
    }

    async fn insert_holder_key(
        &mut self,
        id: AgentUuid,
        key: &HolderKey,
        identity: &F,
        at: i64,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO holder_keys (identity, agent, holder_key, since) VALUES ($1, $2, $3, $4)")
            .bind(blob(identity))
            .bind(id.to_string())
            .bind(key.to_bytes().to_vec())
            .bind(at)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    async fn insert_pseudonym(&mut self, id: AgentUuid, pseudonym: &F, at: i64) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO pseudonyms (pseudonym, agent, since) VALUES ($1, $2, $3)")
            .bind(blob(pseudonym))
            .bind(id.to_string())
            .bind(at)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// An agent by id.
    pub async fn agent(&mut self, id: AgentUuid, did_host: &str) -> Result<Option<Agent>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push("WHERE a.id = ").push_bind(id.to_string());
        let row = query.build().fetch_optional(self.conn()).await?;
        row.map(|row| decode(&row, did_host)).transpose()
    }

    /// An agent's standing.
    pub async fn agent_status(&mut self, id: AgentUuid) -> Result<Option<AgentStatus>, StoreError> {
        let row = sqlx::query("SELECT status FROM agents WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| parsed(&row, "status")).transpose()
    }

    /// Agents in id order after `after`.
    pub async fn agents_after(
        &mut self,
        after: Option<AgentUuid>,
        limit: u32,
        did_host: &str,
    ) -> Result<Vec<Agent>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        if let Some(after) = after {
            query.push("WHERE a.id > ").push_bind(after.to_string());
        }
        query.push(" ORDER BY a.id LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(self.conn()).await?;
        rows.iter().map(|row| decode(row, did_host)).collect()
    }

    /// What a publication needs of the agents of these ids, in their order. Neither names nor manifests, which may be long.
    pub(crate) async fn due_agents_by_id(&mut self, ids: &[AgentUuid]) -> Result<Vec<DueAgent>, StoreError> {
        let mut found = std::collections::HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT id, custody, status, identity, pseudonym, build_sha256, version FROM agents WHERE id IN ",
            );
            push_ids(&mut query, chunk);
            for row in query.build().fetch_all(self.conn()).await? {
                let agent = decode_due(&row)?;
                found.insert(agent.id, agent);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Whose identity commitment this is or was.
    pub async fn identity_owner(&mut self, identity: &F) -> Result<Option<AgentUuid>, StoreError> {
        let row = sqlx::query("SELECT agent FROM holder_keys WHERE identity = $1")
            .bind(blob(identity))
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| parsed(&row, "agent")).transpose()
    }

    /// Whose pseudonym commitment this is or was.
    pub async fn pseudonym_owner(&mut self, pseudonym: &F) -> Result<Option<AgentUuid>, StoreError> {
        let row = sqlx::query("SELECT agent FROM pseudonyms WHERE pseudonym = $1")
            .bind(blob(pseudonym))
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| parsed(&row, "agent")).transpose()
    }

    /// The Ed25519 keys accepted at `now`, the one in force first.
    pub async fn signing_keys(&mut self, id: AgentUuid, now: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = sqlx::query(
            "SELECT public_key FROM signing_keys WHERE agent = $1 AND (until IS NULL OR until > $2) \
             ORDER BY CASE WHEN until IS NULL THEN 0 ELSE 1 END, until DESC",
        )
        .bind(id.to_string())
        .bind(stored(now, "now")?)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| bytes32(row, "public_key")).collect()
    }

    /// Every Ed25519 key that is or was in force, oldest first, with the second from which it was.
    pub async fn signing_key_history(&mut self, id: AgentUuid) -> Result<Vec<([u8; 32], u64)>, StoreError> {
        // Two rotations may fall into one second; rows are never taken away, so their order is that of the rotations.
        let rows = sqlx::query("SELECT public_key, since FROM signing_keys WHERE agent = $1 ORDER BY since, rowid")
            .bind(id.to_string())
            .fetch_all(self.conn())
            .await?;
        rows.iter().map(|row| Ok((bytes32(row, "public_key")?, unsigned(row, "since")?))).collect()
    }

    /// `k` and `n` of a managed agent, sealed.
    pub async fn sealed_secrets(&mut self, id: AgentUuid) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
        let row =
            sqlx::query("SELECT sealed_holder, sealed_pseudonym FROM agents WHERE id = $1 AND custody = 'issuer'")
                .bind(id.to_string())
                .fetch_optional(self.conn())
                .await?;
        row.map(|row| Ok((value(&row, "sealed_holder")?, value(&row, "sealed_pseudonym")?))).transpose()
    }

    /// Puts a new Ed25519 key in force; the old one is accepted before `until`. False when the key was this
    /// agent's before.
    pub async fn rotate_signing_key(
        &mut self,
        id: AgentUuid,
        key: &[u8; 32],
        now: u64,
        until: u64,
    ) -> Result<bool, StoreError> {
        let known = sqlx::query("SELECT 1 FROM signing_keys WHERE agent = $1 AND public_key = $2")
            .bind(id.to_string())
            .bind(key.to_vec())
            .fetch_optional(self.conn())
            .await?;
        if known.is_some() {
            return Ok(false);
        }
        let until = stored(until, "signing_keys.until")?;
        // Keys in an older grace period end with the one that is rotated now, never later than they did.
        sqlx::query("UPDATE signing_keys SET until = $2 WHERE agent = $1 AND (until IS NULL OR until > $2)")
            .bind(id.to_string())
            .bind(until)
            .execute(self.conn())
            .await?;
        sqlx::query("INSERT INTO signing_keys (agent, public_key, since) VALUES ($1, $2, $3)")
            .bind(id.to_string())
            .bind(key.to_vec())
            .bind(stored(now, "signing_keys.since")?)
            .execute(self.conn())
            .await?;
        Ok(true)
    }

    /// When the agent began to use the `n`th newest key of a kind after `since`, its first ones included; of the two kinds
    /// the later. None when it began with fewer.
    pub async fn nth_newest_key(&mut self, id: AgentUuid, n: u32, since: u64) -> Result<Option<u64>, StoreError> {
        let mut latest = None;
        for sql in [
            "SELECT since FROM signing_keys WHERE agent = $1 AND since > $2 ORDER BY since DESC LIMIT 1 OFFSET $3",
            "SELECT since FROM holder_keys WHERE agent = $1 AND since > $2 ORDER BY since DESC LIMIT 1 OFFSET $3",
        ] {
            let query = sqlx::query(sql).bind(id.to_string()).bind(stored(since, "since")?).bind(i64::from(n) - 1);
            let row = query.fetch_optional(self.conn()).await?;
            latest = latest.max(row.map(|row| unsigned(&row, "since")).transpose()?);
        }
        Ok(latest)
    }

    /// Puts a new holder key in force.
    pub async fn replace_holder_key(
        &mut self,
        id: AgentUuid,
        key: &HolderKey,
        identity: &F,
        now: u64,
    ) -> Result<(), StoreError> {
        let now = stored(now, "holder_keys.since")?;
        sqlx::query("UPDATE holder_keys SET until = $2 WHERE agent = $1 AND until IS NULL")
            .bind(id.to_string())
            .bind(now)
            .execute(self.conn())
            .await?;
        self.insert_holder_key(id, key, identity, now).await?;
        sqlx::query("UPDATE agents SET holder_key = $2, identity = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(key.to_bytes().to_vec())
            .bind(blob(identity))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Puts another pseudonym commitment in force; `is_new` when the agent never had it.
    pub async fn replace_pseudonym(
        &mut self,
        id: AgentUuid,
        pseudonym: &F,
        is_new: bool,
        now: u64,
    ) -> Result<(), StoreError> {
        if is_new {
            self.insert_pseudonym(id, pseudonym, stored(now, "pseudonyms.since")?).await?;
        }
        sqlx::query("UPDATE agents SET pseudonym = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(blob(pseudonym))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Changes an agent's standing.
    pub async fn set_agent_status(&mut self, id: AgentUuid, status: AgentStatus) -> Result<(), StoreError> {
        sqlx::query("UPDATE agents SET status = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(status.as_str())
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Has a publication look at the agent; an earlier appointment is kept, and so is its place in the queue.
    pub(crate) async fn mark_due(&mut self, id: AgentUuid, due: Due) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE agents SET version = version + 1, due = CASE WHEN due < $2 THEN $2 ELSE due END, \
             due_since = CASE WHEN due = 0 THEN (SELECT COALESCE(MAX(seq), 0) FROM logs) ELSE due_since END \
             WHERE id = $1",
        )
        .bind(id.to_string())
        .bind(due as i64)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Marks the agents due whose live leaf bears a time after `at`. Gives how many.
    pub(crate) async fn mark_due_whose_leaf_is_after(&mut self, log: &str, at: u64) -> Result<u64, StoreError> {
        let marked = sqlx::query(
            "UPDATE agents SET version = version + 1, due = $3, \
             due_since = CASE WHEN due = 0 THEN (SELECT COALESCE(MAX(seq), 0) FROM logs) ELSE due_since END \
             WHERE id IN (SELECT agent FROM leaves WHERE log = $1 AND zeroed_seq IS NULL AND attested_at > $2)",
        )
        .bind(log)
        .bind(stored(at, "leaves.attested_at")?)
        .bind(Due::NextPublication as i64)
        .execute(self.conn())
        .await?;
        Ok(marked.rows_affected())
    }

    /// Ends the grace of replaced request keys that would last beyond a time.
    pub(crate) async fn end_grace_beyond(&mut self, latest: u64, now: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE signing_keys SET until = $2 WHERE until > $1")
            .bind(stored(latest, "signing_keys.until")?)
            .bind(stored(now, "signing_keys.until")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Agents that are due so, those that lose their leaf first, then those that waited longest. By age and not by id:
    /// when more are due each time than are looked at, every one has its turn.
    pub(crate) async fn due_agents(&mut self, due: Due, limit: u32) -> Result<Vec<AgentUuid>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM agents WHERE due > 0 AND due = $1 \
             ORDER BY CASE status WHEN 'active' THEN 1 ELSE 0 END, due_since, id LIMIT $2",
        )
        .bind(due as i64)
        .bind(i64::from(limit))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    /// Strikes agents off, unless they changed since they were looked at.
    pub(crate) async fn settle(&mut self, settled: &[Settled]) -> Result<(), StoreError> {
        for (wait, due) in [(false, 0), (true, Due::NextAnchor as i64)] {
            let group: Vec<_> = settled.iter().filter(|settled| settled.wait == wait).collect();
            for chunk in group.chunks(CHUNK) {
                let mut query = QueryBuilder::<Sqlite>::new("UPDATE agents SET due = ");
                query.push_bind(due).push(" WHERE (id, version) IN (VALUES ");
                let mut rows = query.separated(", ");
                for settled in chunk {
                    rows.push("(").push_bind_unseparated(settled.agent.to_string());
                    rows.push_unseparated(", ").push_bind_unseparated(stored(settled.version, "agents.version")?);
                    rows.push_unseparated(")");
                }
                query.push(")").build().execute(self.conn()).await?;
            }
        }
        Ok(())
    }
}

/// `($1, $2, …)` of agent ids.
pub(super) fn push_ids(query: &mut QueryBuilder<Sqlite>, ids: &[AgentUuid]) {
    query.push("(");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.to_string());
    }
    query.push(")");
}

fn decode_due(row: &SqliteRow) -> Result<DueAgent, StoreError> {
    Ok(DueAgent {
        id: parsed(row, "id")?,
        custody: parsed(row, "custody")?,
        status: parsed(row, "status")?,
        identity: element(row, "identity")?,
        pseudonym: element(row, "pseudonym")?,
        build_sha256: bytes32_opt(row, "build_sha256")?,
        version: unsigned(row, "version")?,
    })
}

fn decode(row: &SqliteRow, did_host: &str) -> Result<Agent, StoreError> {
    let id: AgentUuid = parsed(row, "id")?;
    let leaf_log: Option<String> = value(row, "leaf_log")?;
    Ok(Agent {
        id,
        did: id.did(did_host),
        name: value(row, "name")?,
        custody: parsed(row, "custody")?,
        status: parsed(row, "status")?,
        ed25519_public_key: bytes32(row, "public_key")?,
        holder_key: StoredHolderKey::new(bytes32(row, "holder_key")?),
        identity: element(row, "identity")?,
        pseudonym: element(row, "pseudonym")?,
        build_sha256: bytes32_opt(row, "build_sha256")?,
        source: value(row, "source")?,
        manifest: parsed_opt(row, "manifest")?,
        registered_at: unsigned(row, "registered_at")?,
        leaf: leaf_log
            .map(|log| {
                Ok::<_, StoreError>(LeafSummary {
                    log,
                    index: unsigned(row, "leaf_idx")?,
                    seq: unsigned(row, "appended_seq")?,
                    attested_at: unsigned(row, "attested_at")?,
                    expires_at: unsigned(row, "expires_at")?,
                })
            })
            .transpose()?,
    })
}
