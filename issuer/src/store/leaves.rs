//! Leaves with their openings: the source of truth of the log.

use std::collections::{BTreeMap, HashMap};

use poa_circuits::native::attributes::SLOTS;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::leaf::Leaf;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::agents::push_ids;
use super::packed::{INDEX_DIGITS, each_record, push_digits};
use super::row::{bytes32_opt, element, parsed, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::{AgentUuid, LeafRecord, Zeroed};

const SELECT: &str = "SELECT l.log, l.idx, l.agent, l.schema_id, l.identity, l.pseudonym, l.attributes, \
    l.build_sha256, l.attested_at, l.expires_at, l.salt, l.appended_seq, l.zeroed_seq, s.field AS schema_field \
    FROM leaves l JOIN attestation_schemas s ON s.id = l.schema_id ";
/// Bytes of a packed leaf: index, agent, four values, whether there is a build digest, the digest.
const RECORD: usize = INDEX_DIGITS + 36 + 32 + 32 + 32 * SLOTS + 32 + 1 + 32;
const INSERT: &str = concat!(
    "INSERT INTO leaves (log, idx, agent, schema_id, identity, pseudonym, attributes, salt, build_sha256, \
     attested_at, expires_at, appended_seq) ",
    each_record!(),
    "SELECT $3, CAST(CAST(substr($1, at + 1, 10) AS TEXT) AS INTEGER), CAST(substr($1, at + 11, 36) AS TEXT), $4, \
     substr($1, at + 47, 32), substr($1, at + 79, 32), substr($1, at + 111, 192), substr($1, at + 303, 32), \
     CASE substr($1, at + 335, 1) WHEN X'01' THEN substr($1, at + 336, 32) END, $5, $6, $7 FROM record"
);
/// Ids of one `IN` list.
const CHUNK: usize = 5_000;

impl Tx {
    /// Appends leaves.
    pub async fn insert_leaves(&mut self, leaves: &[LeafRecord]) -> Result<(), StoreError> {
        // What the leaves of a publication share is bound once: two schemas make two groups.
        let mut groups: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for record in leaves {
            let shared =
                (&record.log, &record.schema_id, record.attested_at, record.leaf.expires_at, record.appended_seq);
            push_record(groups.entry(shared).or_default(), record);
        }
        for ((log, schema_id, attested_at, expires_at, appended_seq), records) in groups {
            sqlx::query(INSERT)
                .bind(records)
                .bind(RECORD as i64)
                .bind(log)
                .bind(schema_id)
                .bind(stored(attested_at, "leaves.attested_at")?)
                .bind(stored(expires_at, "leaves.expires_at")?)
                .bind(stored(appended_seq, "leaves.appended_seq")?)
                .execute(self.conn())
                .await?;
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

fn push_record(records: &mut Vec<u8>, record: &LeafRecord) {
    let leaf = &record.leaf;
    push_digits(records, record.index, INDEX_DIGITS);
    records.extend(record.agent.to_string().bytes());
    let values = [&leaf.identity, &leaf.pseudonym].into_iter().chain(&leaf.attributes).chain([&leaf.salt]);
    values.for_each(|value| records.extend(field::to_bytes_be(value)));
    records.push(u8::from(record.build_sha256.is_some()));
    records.extend(record.build_sha256.unwrap_or_default());
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
