//! What managed agents show again and again, and presentations of it proved beforehand.

use sqlx::sqlite::SqliteRow;

use super::row::{parsed, stored, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::{AgentUuid, PlaceInLog, PreparedRow, StoredKind, Zeroed};

impl Tx {
    /// How much a kind was used; none when it is not known.
    pub(crate) async fn kind_weight(&mut self, id: &str) -> Result<Option<f64>, StoreError> {
        let row =
            sqlx::query("SELECT weight FROM presentation_kinds WHERE id = $1").bind(id).fetch_optional(self.conn());
        row.await?.map(|row| value(&row, "weight")).transpose()
    }

    /// Stores a kind that was used for the first time.
    pub(crate) async fn insert_kind(
        &mut self,
        id: &str,
        agent: AgentUuid,
        sealed: &[u8],
        weight: f64,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO presentation_kinds (id, agent, sealed_kind, weight) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(agent.to_string())
            .bind(sealed)
            .bind(weight)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Notes how much a kind was used.
    pub(crate) async fn set_kind_weight(&mut self, id: &str, weight: f64) -> Result<(), StoreError> {
        sqlx::query("UPDATE presentation_kinds SET weight = $2 WHERE id = $1")
            .bind(id)
            .bind(weight)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// The kinds used most, by agents in good standing whose live leaf is at `place`'s publication or older, at
    /// most `per_agent` of each; with how long what is prepared of them there can be used.
    pub(crate) async fn most_used_kinds(
        &mut self,
        place: &PlaceInLog<'_>,
        now: u64,
        limit: u32,
        per_agent: u32,
    ) -> Result<Vec<StoredKind>, StoreError> {
        let rows = sqlx::query(
            "SELECT k.id, k.agent, k.sealed_kind, \
             MAX(CASE WHEN p.usable_from <= $4 AND p.usable_until >= $4 THEN p.usable_until END) AS until, \
             MAX(p.usable_until) AS last_until \
             FROM (SELECT k.id, k.agent, k.sealed_kind, k.weight, l.idx, \
                 ROW_NUMBER() OVER (PARTITION BY k.agent ORDER BY k.weight DESC, k.id) AS place_of_agent \
                 FROM presentation_kinds k \
                 JOIN agents a ON a.id = k.agent AND a.status = 'active' \
                 JOIN leaves l ON l.agent = k.agent AND l.log = $1 AND l.zeroed_seq IS NULL AND l.appended_seq <= $2) k \
             LEFT JOIN prepared_presentations p ON p.kind = k.id AND p.log = $1 AND p.leaf_idx = k.idx \
                 AND p.head_seq = $2 AND p.head_issued_at = $3 \
             WHERE k.place_of_agent <= $6 \
             GROUP BY k.id, k.agent, k.sealed_kind, k.weight ORDER BY k.weight DESC, k.id LIMIT $5",
        )
        .bind(place.log)
        .bind(stored(place.head_seq, "prepared_presentations.head_seq")?)
        .bind(stored(place.head_iat, "prepared_presentations.head_issued_at")?)
        .bind(stored(now, "now")?)
        .bind(i64::from(limit))
        .bind(i64::from(per_agent))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(decode_kind).collect()
    }

    /// Forgets a kind and what was prepared of it.
    pub(crate) async fn delete_kind(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM presentation_kinds WHERE id = $1").bind(id).execute(self.conn()).await?;
        Ok(())
    }

    /// Forgets kinds lighter than `weight`, and all but the `keep` heaviest, of which `per_agent` of each agent count.
    pub(crate) async fn delete_light_kinds(
        &mut self,
        weight: f64,
        keep: u32,
        per_agent: u32,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM presentation_kinds WHERE weight < $1 OR id NOT IN \
             (SELECT id FROM (SELECT id, weight, \
                 ROW_NUMBER() OVER (PARTITION BY agent ORDER BY weight DESC, id) AS place_of_agent \
                 FROM presentation_kinds) \
             WHERE place_of_agent <= $3 ORDER BY weight DESC, id LIMIT $2)",
        )
        .bind(weight)
        .bind(i64::from(keep))
        .bind(i64::from(per_agent))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// What is prepared of a kind for exactly this leaf, head and time.
    pub(crate) async fn prepared(
        &mut self,
        kind: &str,
        place: &PlaceInLog<'_>,
        now: u64,
    ) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        let row = sqlx::query(
            "SELECT id, sealed_presentation FROM prepared_presentations WHERE kind = $1 AND log = $2 \
             AND leaf_idx = $3 AND head_seq = $4 AND head_issued_at = $5 AND usable_from <= $6 AND usable_until >= $6 \
             ORDER BY usable_until LIMIT 1",
        )
        .bind(kind)
        .bind(place.log)
        .bind(i64::from(place.leaf_index))
        .bind(stored(place.head_seq, "prepared_presentations.head_seq")?)
        .bind(stored(place.head_iat, "prepared_presentations.head_issued_at")?)
        .bind(stored(now, "now")?)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| Ok((value(&row, "id")?, value(&row, "sealed_presentation")?))).transpose()
    }

    /// Stores what was prepared. False when the same was there.
    pub(crate) async fn insert_prepared(&mut self, row: &PreparedRow<'_>) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO prepared_presentations (id, kind, agent, log, leaf_idx, head_seq, head_issued_at, \
             usable_from, usable_until, sealed_presentation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT DO NOTHING",
        )
        .bind(row.id)
        .bind(row.kind)
        .bind(row.agent.to_string())
        .bind(row.place.log)
        .bind(i64::from(row.place.leaf_index))
        .bind(stored(row.place.head_seq, "prepared_presentations.head_seq")?)
        .bind(stored(row.place.head_iat, "prepared_presentations.head_issued_at")?)
        .bind(stored(row.usable_from, "prepared_presentations.usable_from")?)
        .bind(stored(row.usable_until, "prepared_presentations.usable_until")?)
        .bind(row.sealed)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Drops one prepared presentation. False when it was gone.
    pub(crate) async fn delete_prepared(&mut self, id: &str) -> Result<bool, StoreError> {
        let done =
            sqlx::query("DELETE FROM prepared_presentations WHERE id = $1").bind(id).execute(self.conn()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Drops everything prepared of an agent.
    pub(crate) async fn delete_prepared_of(&mut self, agent: AgentUuid) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM prepared_presentations WHERE agent = $1")
            .bind(agent.to_string())
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Drops everything prepared about leaves that were set to 0.
    pub(crate) async fn delete_prepared_about(&mut self, log: &str, zeroed: &[Zeroed]) -> Result<(), StoreError> {
        for zeroed in zeroed {
            sqlx::query("DELETE FROM prepared_presentations WHERE log = $1 AND leaf_idx = $2")
                .bind(log)
                .bind(i64::from(zeroed.index))
                .execute(self.conn())
                .await?;
        }
        Ok(())
    }

    /// Drops what stands under another head than this one, or whose time is over.
    pub(crate) async fn delete_stale_prepared(
        &mut self,
        log: &str,
        head_seq: u64,
        head_iat: u64,
        now: u64,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM prepared_presentations WHERE log <> $1 OR head_seq <> $2 OR head_issued_at <> $3 \
             OR usable_until < $4",
        )
        .bind(log)
        .bind(stored(head_seq, "prepared_presentations.head_seq")?)
        .bind(stored(head_iat, "prepared_presentations.head_issued_at")?)
        .bind(stored(now, "now")?)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }
}

fn decode_kind(row: &SqliteRow) -> Result<StoredKind, StoreError> {
    Ok(StoredKind {
        id: value(row, "id")?,
        agent: parsed(row, "agent")?,
        sealed: value(row, "sealed_kind")?,
        until: unsigned_opt(row, "until")?,
        last_until: unsigned_opt(row, "last_until")?,
    })
}
