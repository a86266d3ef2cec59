//! Attestors: whose receipts count. Retiring one stops new receipts; those it signed keep counting.

use serde_json::json;

use super::{Domain, DomainError, Kind, text};

/// A key that may sign receipts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attestor {
    /// did:key of the public key.
    pub id: String,
    /// For people.
    pub name: String,
    /// Ed25519.
    pub ed25519_public_key: [u8; 32],
    /// Unix seconds.
    pub added_at: u64,
    /// Unix seconds; none while it may sign.
    pub retired_at: Option<u64>,
}

impl Domain {
    /// Admits an attestor. `did_key` is the did:key of `key`. Repeating it with the same name changes nothing.
    pub async fn add_attestor(
        &self,
        did_key: String,
        name: String,
        key: [u8; 32],
        now: u64,
    ) -> Result<Attestor, DomainError> {
        text::name(&name)?;
        let public = super::check_ed25519(&key)?;
        if did_key != format!("did:key:{}", public.to_multikey()) {
            return Err(DomainError::Member { member: "id", reason: "is not the did:key of the public key" });
        }
        let attestor = &Attestor { id: did_key, name, ed25519_public_key: key, added_at: now, retired_at: None };
        self.store
            .run_tx("add_attestor", |tx, _| {
                Box::pin(async move {
                    if let Some(known) = tx.attestor(&attestor.id).await? {
                        let same = known.name == attestor.name && known.retired_at.is_none();
                        return if same { Ok(known) } else { Err(DomainError::AttestorExists) };
                    }
                    tx.insert_attestor(attestor).await?;
                    let detail = json!({ "name": attestor.name });
                    tx.log_act(now, "add_attestor", &attestor.id, &detail).await?;
                    Ok(attestor.clone())
                })
            })
            .await
    }

    /// Retires an attestor for good. Its receipts so far keep counting.
    pub async fn retire_attestor(&self, id: &str, now: u64) -> Result<(), DomainError> {
        self.store
            .run_tx("retire_attestor", |tx, _| {
                Box::pin(async move {
                    let known = tx.attestor(id).await?.ok_or(DomainError::NotFound(Kind::Attestor))?;
                    if known.retired_at.is_none() {
                        tx.retire_attestor(id, now).await?;
                        tx.log_act(now, "retire_attestor", id, &json!({})).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// An attestor by its did:key.
    pub async fn attestor(&self, id: &str) -> Result<Attestor, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move { tx.attestor(id).await?.ok_or(DomainError::NotFound(Kind::Attestor)) })
            })
            .await
    }

    /// Every attestor, in order of id.
    pub async fn attestors(&self) -> Result<Vec<Attestor>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.attestors().await?) })).await
    }
}
