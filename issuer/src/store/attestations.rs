//! Attestors and receipts.

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::agents::push_ids;
use super::row::{bytes32, bytes32_opt, parsed, parsed_opt, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::receipts::Receipt;
use crate::domain::{AgentUuid, Attestor};

const ATTESTOR: &str = "SELECT id, name, public_key, added_at, retired_at FROM attestors ";
/// Ids of one `IN` list.
const CHUNK: usize = 5_000;

impl Tx {
    /// Stores an attestor.
    pub async fn insert_attestor(&mut self, attestor: &Attestor) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO attestors (id, name, public_key, added_at) VALUES ($1, $2, $3, $4)")
            .bind(&attestor.id)
            .bind(&attestor.name)
            .bind(attestor.ed25519_public_key.to_vec())
            .bind(stored(attestor.added_at, "attestors.added_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// An attestor by its did:key.
    pub async fn attestor(&mut self, id: &str) -> Result<Option<Attestor>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(ATTESTOR);
        let row = query.push("WHERE id = ").push_bind(id).build().fetch_optional(self.conn()).await?;
        row.as_ref().map(decode_attestor).transpose()
    }

    /// Every attestor.
    pub async fn attestors(&mut self) -> Result<Vec<Attestor>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(ATTESTOR);
        let rows = query.push("ORDER BY id").build().fetch_all(self.conn()).await?;
        rows.iter().map(decode_attestor).collect()
    }

    /// Retires an attestor.
    pub async fn retire_attestor(&mut self, id: &str, now: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE attestors SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL")
            .bind(id)
            .bind(stored(now, "attestors.retired_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Whether this very receipt is stored.
    pub async fn has_attestation(&mut self, digest: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM attestations WHERE digest = $1")
            .bind(digest)
            .fetch_optional(self.conn())
            .await?;
        Ok(row.is_some())
    }

    /// Whether the attestor used this `jti`.
    pub async fn has_jti(&mut self, attestor: &str, jti: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM attestations WHERE attestor = $1 AND jti = $2")
            .bind(attestor)
            .bind(jti)
            .fetch_optional(self.conn())
            .await?;
        Ok(row.is_some())
    }

    /// The digest of the attestor's receipt `jti` for the agent, if it still counts and is not younger than
    /// `issued_at`.
    pub async fn replaceable(
        &mut self,
        attestor: &str,
        agent: AgentUuid,
        jti: &str,
        issued_at: u64,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT digest FROM attestations WHERE attestor = $1 AND jti = $2 AND agent = $3 \
             AND issued_at <= $4 AND replaced_by IS NULL",
        )
        .bind(attestor)
        .bind(jti)
        .bind(agent.to_string())
        .bind(stored(issued_at, "attestations.issued_at")?)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| value(&row, "digest")).transpose()
    }

    /// Stores a verified receipt.
    pub async fn insert_attestation(
        &mut self,
        receipt: &Receipt,
        digest: &str,
        jws: &str,
        now: u64,
    ) -> Result<(), StoreError> {
        let count = |n: u64, column| stored(n, column);
        let count_opt = |n: Option<u64>, column| n.map(|n| stored(n, column)).transpose();
        sqlx::query(
            "INSERT INTO attestations (digest, attestor, agent, jti, replaces, issued_at, period_end, attempted, \
             completed, quality, confidence, disputed, earned_sats, stake_sats, capabilities, build_sha256, \
             evidence, parent, jws, received_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        )
        .bind(digest)
        .bind(&receipt.attestor)
        .bind(receipt.agent.to_string())
        .bind(&receipt.jti)
        .bind(&receipt.replaces)
        .bind(count(receipt.issued_at, "attestations.issued_at")?)
        .bind(count(receipt.period_end, "attestations.period_end")?)
        .bind(count(receipt.attempted, "attestations.attempted")?)
        .bind(count(receipt.completed, "attestations.completed")?)
        .bind(count_opt(receipt.quality, "attestations.quality")?)
        .bind(count_opt(receipt.confidence, "attestations.confidence")?)
        .bind(receipt.disputed.map(i64::from))
        .bind(receipt.earned_sats.map(|sats| sats.to_string()))
        .bind(receipt.stake_sats.map(|sats| sats.to_string()))
        .bind(serde_json::Value::from(receipt.capabilities.clone()).to_string())
        .bind(receipt.build_sha256.map(|digest| digest.to_vec()))
        .bind(&receipt.evidence)
        .bind(&receipt.parent)
        .bind(jws)
        .bind(count(now, "attestations.received_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A receipt counts no longer: another corrects it.
    pub async fn mark_replaced(&mut self, digest: &str, by: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE attestations SET replaced_by = $2 WHERE digest = $1 AND replaced_by IS NULL")
            .bind(digest)
            .bind(by)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Gives the receipts that count one after the other, those of an agent together, so that they need not all be in
    /// memory. What no attribute follows from is left out.
    pub async fn each_counted_receipt(
        &mut self,
        ids: &[AgentUuid],
        mut each: impl FnMut(Receipt) + Send,
    ) -> Result<(), StoreError> {
        for chunk in ids.chunks(CHUNK) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT attestor, agent, jti, issued_at, period_end, attempted, completed, quality, confidence, \
                 disputed, earned_sats, stake_sats, capabilities, build_sha256, NULL AS replaces, NULL AS evidence, \
                 NULL AS parent FROM attestations WHERE replaced_by IS NULL AND agent IN ",
            );
            push_ids(&mut query, chunk);
            let query = query.push(" ORDER BY agent").build();
            let mut rows = query.fetch(self.conn());
            while let Some(row) = rows.try_next().await? {
                each(decode_receipt(&row)?);
            }
        }
        Ok(())
    }
}

fn decode_attestor(row: &SqliteRow) -> Result<Attestor, StoreError> {
    Ok(Attestor {
        id: value(row, "id")?,
        name: value(row, "name")?,
        ed25519_public_key: bytes32(row, "public_key")?,
        added_at: unsigned(row, "added_at")?,
        retired_at: unsigned_opt(row, "retired_at")?,
    })
}

fn decode_receipt(row: &SqliteRow) -> Result<Receipt, StoreError> {
    let capabilities = serde_json::from_str(value(row, "capabilities")?);
    Ok(Receipt {
        attestor: value(row, "attestor")?,
        agent: parsed(row, "agent")?,
        jti: value(row, "jti")?,
        replaces: value(row, "replaces")?,
        issued_at: unsigned(row, "issued_at")?,
        period_end: unsigned(row, "period_end")?,
        attempted: unsigned(row, "attempted")?,
        completed: unsigned(row, "completed")?,
        quality: unsigned_opt(row, "quality")?,
        confidence: unsigned_opt(row, "confidence")?,
        disputed: value::<Option<i64>>(row, "disputed")?.map(|flag| flag != 0),
        earned_sats: parsed_opt(row, "earned_sats")?,
        stake_sats: parsed_opt(row, "stake_sats")?,
        capabilities: capabilities.map_err(|_| StoreError::Corrupt("attestations.capabilities"))?,
        build_sha256: bytes32_opt(row, "build_sha256")?,
        evidence: value(row, "evidence")?,
        parent: value(row, "parent")?,
    })
}
