//! The whole content of a database: every table, every row, every column.

use std::collections::BTreeSet;

use sqlx::{Row, SqlitePool};

/// Every row of every table but sqlite's own bookkeeping, as `table: values`.
pub struct Snapshot(BTreeSet<String>);

impl Snapshot {
    pub async fn of(pool: &SqlitePool) -> Self {
        let tables: Vec<String> = sqlx::query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .fetch_all(pool)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
        assert!(tables.len() > 5, "a snapshot of nothing proves nothing: {tables:?}");
        let mut lines = BTreeSet::new();
        for table in tables {
            lines.extend(rows(pool, &table).await.into_iter().map(|row| format!("{table}: {row}")));
        }
        Self(lines)
    }

    /// The rows that are in one of the two alone, but for those of `spared` tables.
    pub fn changes(&self, after: &Self, spared: &[&str]) -> Vec<String> {
        let counts = |line: &&String| !spared.iter().any(|table| line.starts_with(&format!("{table}: ")));
        self.0.symmetric_difference(&after.0).filter(counts).cloned().collect()
    }

    /// Asserts that nothing changed since.
    #[track_caller]
    pub fn assert_unchanged(&self, after: &Self) {
        let changes = self.changes(after, &[]);
        assert!(changes.is_empty(), "the database changed: {changes:#?}");
    }
}

async fn rows(pool: &SqlitePool, table: &str) -> Vec<String> {
    let columns: Vec<String> = sqlx::query("SELECT name FROM pragma_table_info(?1)")
        .bind(table)
        .fetch_all(pool)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
    let query = format!("SELECT {} FROM \"{table}\"", quoted.join(" || ',' || "));
    // Table and column names come from the schema itself, never from a request.
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(pool).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
