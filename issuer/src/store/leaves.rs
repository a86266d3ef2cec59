//! Leaves with their openings: the source of truth of the log.

use std::collections::HashMap;

use poa_circuits::native::attributes::SLOTS;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::leaf::Leaf;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::agents::push_ids;
use super::row::{blob, bytes32_opt, element, parsed, stored, unsigned, unsigned_opt, value};
use super::{MAX_BOUND, StoreError, Tx};
use crate::domain::{AgentUuid, LeafRecord, Zeroed};

const SELECT: &str = "SELECT l.log, l.idx, l.agent, l.schema_id, l.identity, l.pseudonym, l.attributes, \
    l.build_sha256, l.attested_at, l.expires_at, l.salt, l.appended_seq, l.zeroed_seq, s.field AS schema_field \
    FROM leaves l JOIN attestation_schemas s ON s.id = l.schema_id ";
const COLUMNS: usize = 12;
/// Ids of one `IN` list.
const CHUNK: usize = 5_000;

impl Tx {
    /// Appends leaves.
    pub async fn insert_leaves(&mut self, leaves: &[LeafRecord]) -> Result<(), StoreError> {
        for chunk in leaves.chunks(MAX_BOUND / COLUMNS) {
            let mut rows = Vec::with_capacity(chunk.len());
            for record in chunk {
                let leaf = &record.leaf;
                rows.push((
                    record,
                    stored(record.attested_at, "leaves.attested_at")?,
                    stored(leaf.expires_at, "leaves.expires_at")?,
                    stored(record.appended_seq, "leaves.appended_seq")?,
                ));
            }
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT INTO leaves (log, idx, agent, schema_id, identity, pseudonym, attributes, build_sha256, \
                 attested_at, expires_at, salt, appended_seq) ",
            );
            query.push_values(rows, |mut row, (record, attested_at, expires_at, seq)| {
                let leaf = &record.leaf;
                row.push_bind(&record.log)
                    .push_bind(i64::from(record.index))
                    .push_bind(record.agent.to_string())
                    .push_bind(&record.schema_id)
                    .push_bind(blob(&leaf.identity))
                    .push_bind(blob(&leaf.pseudonym))
                    .push_bind(leaf.attributes.iter().flat_map(field::to_bytes_be).collect::<Vec<u8>>())
                    .push_bind(record.build_sha256.map(|digest| digest.to_vec()))
                    .push_bind(attested_at)
                    .push_bind(expires_at)
                    .push_bind(blob(&leaf.salt))
                    .push_bind(seq);
            });
            query.build().execute(self.conn()).await?;
        }
        Ok(())
    }

    /// Notes which leaves a publication set to 0.
    pub(crate) async fn zero_leaves(&mut self, log: &str, seq: u64, zeroed: &[Zeroed]) -> Result<(), StoreError> {
        for zeroed in zeroed {
            sqlx::query(
                "UPDATE leaves SET zeroed_seq = $3, zeroed_why = $4 WHERE log = $1 AND idx = $2 AND zeroed_seq IS NULL",
            )
            .bind(log)
            .bind(i64::from(zeroed.index))
            .bind(stored(seq, "leaves.zeroed_seq")?)
            .bind(zeroed.reason.as_str())
            .execute(self.conn())
            .await?;
        }
        Ok(())
    }

    /// A leaf by its index.
    pub async fn leaf(&mut self, log: &str, index: u32) -> Result<Option<LeafRecord>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push("WHERE l.log = ").push_bind(log).push(" AND l.idx = ").push_bind(i64::from(index));
        let row = query.build().fetch_optional(self.conn()).await?;
        row.as_ref().map(decode).transpose()
    }

    /// An agent's live leaf.
    pub async fn live_leaf(&mut self, id: AgentUuid, log: &str) -> Result<Option<LeafRecord>, StoreError> {
        Ok(self.live_leaves(&[id], log).await?.remove(&id))
    }

    /// The live leaves of these agents.
    pub async fn live_leaves(
        &mut self,
        ids: &[AgentUuid],
        log: &str,
    ) -> Result<HashMap<AgentUuid, LeafRecord>, StoreError> {
        let mut live = HashMap::new();
        for chunk in ids.chunks(CHUNK) {
            let mut query = QueryBuilder::<Sqlite>::new(SELECT);
            query.push("WHERE l.zeroed_seq IS NULL AND l.log = ").push_bind(log).push(" AND l.agent IN ");
            push_ids(&mut query, chunk);
            for row in query.build().fetch_all(self.conn()).await? {
                let record = decode(&row)?;
                live.insert(record.agent, record);
            }
        }
        Ok(live)
    }

    /// Whether the agent has a live leaf.
    pub async fn has_live_leaf(&mut self, id: AgentUuid) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM leaves WHERE agent = $1 AND zeroed_seq IS NULL")
            .bind(id.to_string())
            .fetch_optional(self.conn())
            .await?;
        Ok(row.is_some())
    }

    /// Agents whose live leaf of a schema expires at or before a time, the earliest first.
    pub async fn agents_expiring(
        &mut self,
        log: &str,
        schema_id: &str,
        expires_at: u64,
        limit: u32,
    ) -> Result<Vec<AgentUuid>, StoreError> {
        let rows = sqlx::query(
            "SELECT agent FROM leaves WHERE log = $1 AND schema_id = $2 AND zeroed_seq IS NULL AND expires_at <= $3 \
             ORDER BY expires_at, idx LIMIT $4",
        )
        .bind(log)
        .bind(schema_id)
        .bind(stored(expires_at, "leaves.expires_at")?)
        .bind(i64::from(limit))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| parsed(row, "agent")).collect()
    }

    /// Leaves in order, from an index on.
    pub async fn leaves_from(&mut self, log: &str, index: u64, limit: u32) -> Result<Vec<LeafRecord>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push("WHERE l.log = ").push_bind(log);
        query.push(" AND l.idx >= ").push_bind(stored(index, "leaves.idx")?);
        query.push(" ORDER BY l.idx LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(self.conn()).await?;
        rows.iter().map(decode).collect()
    }
}

fn decode(row: &SqliteRow) -> Result<LeafRecord, StoreError> {
    let agent: AgentUuid = parsed(row, "agent")?;
    Ok(LeafRecord {
        log: value(row, "log")?,
        index: unsigned(row, "idx")?,
        agent,
        schema_id: value(row, "schema_id")?,
        leaf: Leaf {
            identity: element(row, "identity")?,
            pseudonym: element(row, "pseudonym")?,
            agent: agent.field_id(),
            schema: element(row, "schema_field")?,
            attributes: attributes(row)?,
            expires_at: unsigned(row, "expires_at")?,
            salt: element(row, "salt")?,
        },
        build_sha256: bytes32_opt(row, "build_sha256")?,
        attested_at: unsigned(row, "attested_at")?,
        appended_seq: unsigned(row, "appended_seq")?,
        zeroed_seq: unsigned_opt(row, "zeroed_seq")?,
    })
}

fn attributes(row: &SqliteRow) -> Result<[F; SLOTS], StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt("leaves.attributes");
    let bytes: &[u8] = value(row, "attributes")?;
    let (chunks, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(CORRUPT);
    }
    let fields: Result<Vec<F>, _> = chunks.iter().map(field::from_bytes_be).collect();
    fields.map_err(|_| CORRUPT)?.try_into().map_err(|_| CORRUPT)
}
