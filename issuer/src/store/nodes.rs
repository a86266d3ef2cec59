//! Versioned tree nodes. A row holds from its `seq` until the next row of the same node.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use poa_circuits::native::field::{self, F};
use sqlx::{QueryBuilder, Sqlite};

use super::packed::{INDEX_DIGITS, each_record, push_digits};
use super::row::{element, stored, unsigned};
use super::{StoreError, Tx};
use crate::domain::Place;

/// Ids of one `IN` list.
const CHUNK: usize = 5_000;
/// Digits of a packed level, 0 to 32.
const LEVEL_DIGITS: usize = 2;
/// Bytes of a packed node: level, index, value.
const RECORD: usize = LEVEL_DIGITS + INDEX_DIGITS + 32;
const INSERT: &str = concat!(
    "INSERT INTO nodes (log, level, idx, seq, value) ",
    each_record!(),
    "SELECT $3, CAST(CAST(substr($1, at + 1, 2) AS TEXT) AS INTEGER), \
     CAST(CAST(substr($1, at + 3, 10) AS TEXT) AS INTEGER), $4, substr($1, at + 13, 32) FROM record"
);

impl Tx {
    /// Stores the nodes that a publication set.
    pub(crate) async fn insert_nodes(
        &mut self,
        log: &str,
        seq: u64,
        nodes: &BTreeMap<Place, F>,
    ) -> Result<(), StoreError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let mut records = Vec::with_capacity(RECORD * nodes.len());
        for ((level, index), value) in nodes {
            push_digits(&mut records, u32::from(*level), LEVEL_DIGITS);
            push_digits(&mut records, *index, INDEX_DIGITS);
            records.extend(field::to_bytes_be(value));
        }
        sqlx::query(INSERT)
            .bind(records)
            .bind(RECORD as i64)
            .bind(log)
            .bind(stored(seq, "nodes.seq")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// The newest values of these nodes; absent ones were never set.
    pub(crate) async fn newest_nodes(
        &mut self,
        log: &str,
        places: &BTreeSet<Place>,
    ) -> Result<HashMap<Place, F>, StoreError> {
        let mut rows: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
        for (level, index) in places {
            rows.entry(*level).or_default().push(*index);
        }
        let mut found = HashMap::with_capacity(places.len());
        for (level, indices) in rows {
            for chunk in indices.chunks(CHUNK) {
                for (index, value) in self.newest_of_level(log, level, chunk).await? {
                    found.insert((level, index), value);
                }
            }
        }
        Ok(found)
    }

    async fn newest_of_level(&mut self, log: &str, level: u8, indices: &[u32]) -> Result<Vec<(u32, F)>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT n.idx, n.value FROM nodes n WHERE n.log = ");
        query.push_bind(log).push(" AND n.level = ").push_bind(i64::from(level)).push(" AND n.idx IN (");
        let mut list = query.separated(", ");
        for index in indices {
            list.push_bind(i64::from(*index));
        }
        query.push(
            ") AND n.seq = (SELECT MAX(m.seq) FROM nodes m \
             WHERE m.log = n.log AND m.level = n.level AND m.idx = n.idx)",
        );
        let rows = query.build().fetch_all(self.conn()).await?;
        rows.iter().map(|row| Ok((unsigned(row, "idx")?, element(row, "value")?))).collect()
    }

    /// A node's value in the tree of a publication; none when it was never set up to then.
    pub async fn node_at(&mut self, log: &str, level: usize, index: u64, seq: u64) -> Result<Option<F>, StoreError> {
        let row = sqlx::query(
            "SELECT value FROM nodes WHERE log = $1 AND level = $2 AND idx = $3 AND seq <= $4 \
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(log)
        .bind(stored(level as u64, "nodes.level")?)
        .bind(stored(index, "nodes.idx")?)
        .bind(stored(seq, "nodes.seq")?)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| element(&row, "value")).transpose()
    }

    /// The values of nodes `first` to `end` (exclusive) of a level in the tree of a publication.
    pub async fn node_range(
        &mut self,
        log: &str,
        level: u32,
        first: u64,
        end: u64,
        seq: u64,
    ) -> Result<HashMap<u64, F>, StoreError> {
        let rows = sqlx::query(
            "SELECT n.idx, n.value FROM nodes n WHERE n.log = $1 AND n.level = $2 AND n.idx >= $3 AND n.idx < $4 \
             AND n.seq = (SELECT MAX(m.seq) FROM nodes m \
             WHERE m.log = n.log AND m.level = n.level AND m.idx = n.idx AND m.seq <= $5)",
        )
        .bind(log)
        .bind(i64::from(level))
        .bind(stored(first, "nodes.idx")?)
        .bind(stored(end, "nodes.idx")?)
        .bind(stored(seq, "nodes.seq")?)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| Ok((unsigned(row, "idx")?, element(row, "value")?))).collect()
    }

    /// Deletes the versions that the nodes set at `seq` replaced: no tree from `seq` on needs them.
    pub async fn delete_nodes_replaced_at(&mut self, log: &str, seq: u64) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM nodes WHERE log = $1 AND (level, idx, seq) IN (\
             SELECT old.level, old.idx, old.seq FROM nodes new JOIN nodes old \
             ON old.log = new.log AND old.level = new.level AND old.idx = new.idx AND old.seq < new.seq \
             WHERE new.log = $1 AND new.seq = $2)",
        )
        .bind(log)
        .bind(stored(seq, "nodes.seq")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
