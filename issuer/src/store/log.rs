//! The log's state and its signed heads.

use poa_circuits::native::field::F;
use poa_circuits::native::tree;
use poa_verifier::head::LIFETIME_S;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::row::{blob, element, flag, stored, unsigned, value};
use super::{StoreError, Tx};
use crate::domain::{Head, LogState};

const HEAD: &str = "SELECT log, seq, issued_at, root, size, revocations, anchor, jws FROM heads ";
const NEWEST: &str = " ORDER BY seq DESC, issued_at DESC LIMIT 1";

impl Tx {
    /// Makes the log if it is missing: the empty tree, `seq` 0.
    pub async fn ensure_log(&mut self, log: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO logs (id, size, seq, revocations, root, collected_seq) VALUES ($1, 0, 0, 0, $2, 0) \
             ON CONFLICT DO NOTHING",
        )
        .bind(log)
        .bind(blob(&tree::empty_root()))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The logs of this database.
    pub async fn logs(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM logs ORDER BY id").fetch_all(self.conn()).await?)
    }

    /// Notes a log that these keys were used with before this database.
    pub async fn note_former_log(&mut self, log: &str, now: u64) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO former_logs (id, noted_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(log)
            .bind(stored(now, "former_logs.noted_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// The logs that these keys were used with before this database.
    pub async fn former_logs(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM former_logs ORDER BY id").fetch_all(self.conn()).await?)
    }

    /// The log's state.
    pub(crate) async fn log_state(&mut self, log: &str) -> Result<Option<LogState>, StoreError> {
        let row = sqlx::query("SELECT size, seq, revocations, root, collected_seq FROM logs WHERE id = $1")
            .bind(log)
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| {
            Ok(LogState {
                size: unsigned(&row, "size")?,
                seq: unsigned(&row, "seq")?,
                revocations: unsigned(&row, "revocations")?,
                root: element(&row, "root")?,
                collected_seq: unsigned(&row, "collected_seq")?,
            })
        })
        .transpose()
    }

    /// Writes the state after a publication.
    pub(crate) async fn set_log_state(&mut self, log: &str, state: &LogState) -> Result<(), StoreError> {
        sqlx::query("UPDATE logs SET size = $2, seq = $3, revocations = $4, root = $5 WHERE id = $1")
            .bind(log)
            .bind(stored(state.size, "logs.size")?)
            .bind(stored(state.seq, "logs.seq")?)
            .bind(stored(state.revocations, "logs.revocations")?)
            .bind(blob(&state.root))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Notes up to which publication old node versions are gone.
    pub async fn set_collected_seq(&mut self, log: &str, seq: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE logs SET collected_seq = $2 WHERE id = $1")
            .bind(log)
            .bind(stored(seq, "logs.collected_seq")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Stores a signed head.
    pub async fn insert_head(&mut self, head: &Head) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO heads (log, seq, issued_at, root, size, revocations, anchor, jws) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&head.log)
        .bind(stored(head.seq, "heads.seq")?)
        .bind(stored(head.iat, "heads.issued_at")?)
        .bind(blob(&head.root))
        .bind(stored(head.size, "heads.size")?)
        .bind(stored(head.revocations, "heads.revocations")?)
        .bind(i64::from(head.anchor))
        .bind(&head.jws)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The newest head.
    pub async fn newest_head(&mut self, log: &str) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log);
        self.one_head(query).await
    }

    /// The newest head signed at or before `iat`.
    pub async fn newest_head_until(&mut self, log: &str, iat: u64) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log);
        query.push(" AND issued_at <= ").push_bind(stored(iat, "heads.issued_at")?);
        self.one_head(query).await
    }

    /// The newest anchor.
    pub async fn newest_anchor(&mut self, log: &str) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE anchor = 1 AND log = ").push_bind(log);
        self.one_head(query).await
    }

    /// The newest head of a root.
    pub async fn head_of_root(&mut self, log: &str, root: &F) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log).push(" AND root = ").push_bind(blob(root));
        self.one_head(query).await
    }

    /// The newest head of a publication.
    pub async fn head_at(&mut self, log: &str, seq: u64) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log);
        query.push(" AND seq = ").push_bind(stored(seq, "heads.seq")?);
        self.one_head(query).await
    }

    /// The very head that was signed for a publication at a time.
    pub async fn head(&mut self, log: &str, seq: u64, iat: u64) -> Result<Option<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log);
        query.push(" AND seq = ").push_bind(stored(seq, "heads.seq")?);
        query.push(" AND issued_at = ").push_bind(stored(iat, "heads.issued_at")?);
        self.one_head(query).await
    }

    async fn one_head(&mut self, mut query: QueryBuilder<Sqlite>) -> Result<Option<Head>, StoreError> {
        let row = query.push(NEWEST).build().fetch_optional(self.conn()).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The oldest publication with a head signed after `iat`.
    pub async fn oldest_seq_since(&mut self, log: &str, iat: u64) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("SELECT seq FROM heads WHERE log = $1 AND issued_at > $2 ORDER BY seq LIMIT 1")
            .bind(log)
            .bind(stored(iat, "heads.issued_at")?)
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| unsigned(&row, "seq")).transpose()
    }

    /// Heads before a `seq` and `iat`, the newest first: `seq`, `iat` and JWS.
    pub async fn heads_before(
        &mut self,
        log: &str,
        before: Option<(u64, u64)>,
        limit: u32,
    ) -> Result<Vec<(u64, u64, String)>, StoreError> {
        let (seq, iat) = before.unwrap_or((i64::MAX as u64, i64::MAX as u64));
        let rows = sqlx::query(
            "SELECT seq, issued_at, jws FROM heads WHERE log = $1 AND (seq < $2 OR (seq = $2 AND issued_at < $3)) \
             ORDER BY seq DESC, issued_at DESC LIMIT $4",
        )
        .bind(log)
        .bind(stored(seq, "heads.seq")?)
        .bind(stored(iat, "heads.issued_at")?)
        .bind(i64::from(limit))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| Ok((unsigned(row, "seq")?, unsigned(row, "issued_at")?, value(row, "jws")?))).collect()
    }

    /// Replaces the signature of a head; its claims stay.
    pub async fn set_head_jws(&mut self, log: &str, seq: u64, iat: u64, jws: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE heads SET jws = $4 WHERE log = $1 AND seq = $2 AND issued_at = $3")
            .bind(log)
            .bind(stored(seq, "heads.seq")?)
            .bind(stored(iat, "heads.issued_at")?)
            .bind(jws)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Heads signed after `iat`, the newest first.
    pub async fn heads_after(&mut self, log: &str, iat: u64) -> Result<Vec<Head>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(HEAD);
        query.push("WHERE log = ").push_bind(log);
        query.push(" AND issued_at > ").push_bind(stored(iat, "heads.issued_at")?);
        let rows = query.push(" ORDER BY seq DESC, issued_at DESC").build().fetch_all(self.conn()).await?;
        rows.iter().map(decode).collect()
    }

    /// Deletes heads signed after `iat`.
    pub async fn delete_heads_after(&mut self, log: &str, iat: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM heads WHERE log = $1 AND issued_at > $2")
            .bind(log)
            .bind(stored(iat, "heads.issued_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Deletes heads signed at or before `iat` or of publications before `seq`, but never the newest.
    pub async fn delete_heads(&mut self, log: &str, iat: u64, seq: u64) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM heads WHERE log = $1 AND (issued_at <= $2 OR seq < $3) AND EXISTS (SELECT 1 FROM heads h \
             WHERE h.log = heads.log AND (h.seq > heads.seq OR (h.seq = heads.seq AND h.issued_at > heads.issued_at)))",
        )
        .bind(log)
        .bind(stored(iat, "heads.issued_at")?)
        .bind(stored(seq, "heads.seq")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

fn decode(row: &SqliteRow) -> Result<Head, StoreError> {
    let iat: u64 = unsigned(row, "issued_at")?;
    Ok(Head {
        jws: value(row, "jws")?,
        log: value(row, "log")?,
        root: element(row, "root")?,
        size: unsigned(row, "size")?,
        seq: unsigned(row, "seq")?,
        iat,
        exp: iat + LIFETIME_S,
        revocations: unsigned(row, "revocations")?,
        anchor: flag(row, "anchor")?,
    })
}
