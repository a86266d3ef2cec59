//! Replacing issuer keys while the service signs, and what happens when one leaks.
//!
//! # The order of a rotation
//! 1. the new key is stored and published beside the old one: both count;
//! 2. the new key signs; signatures of the old one that were under way have ended;
//! 3. the old key is retired as of a time no earlier than anything it signed, and published so.
//!
//! So whatever was signed at any moment verifies under the document published at that moment. A rotation that is cut
//! short after step 1 is finished at the next start. A key that leaks is first replaced, when it is in force, then
//! marked; no succession link is made by it.

use std::sync::Arc;

use serde_json::json;

use super::ServiceError;
use crate::app::App;
use crate::domain::{AffectedPage, DomainError, Kind};
use crate::keys::Purpose;
use crate::proving::WorkError;
use crate::store::{IssuerKeyRow, Tx};

/// Rotating is refused when this many keys are published; room is left for those that leak.
const MANY_KEYS: usize = 48;

/// What marking a key compromised brought about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compromise {
    /// Id of the marked key.
    pub key: String,
    /// What it signed.
    pub purpose: Purpose,
    /// Unix seconds since when it is marked.
    pub compromised_at: u64,
    /// Id of the key that signs for its purpose now.
    pub active: String,
    /// Tree heads that were signed anew.
    pub heads_signed_anew: u64,
}

impl App {
    /// Every key there ever was, those of a purpose in the order they were made.
    pub async fn issuer_key_rows(&self) -> Result<Vec<IssuerKeyRow>, ServiceError> {
        Ok(self.domain().store().issuer_keys().await.map_err(DomainError::from)?)
    }

    /// Replaces the keys of some purposes, to the end even when the caller goes away. Gives the ids of the new ones.
    pub async fn rotate_keys(self: &Arc<Self>, purposes: Vec<Purpose>) -> Result<Vec<String>, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _act = app.key_acts().lock().await;
            app.sound_now().await?;
            if app.keys().listed().len() + purposes.len() > MANY_KEYS {
                return Err(ServiceError::TooManyKeys);
            }
            let mut ids = Vec::with_capacity(purposes.len());
            for purpose in purposes {
                ids.push(app.rotate_key(purpose, true).await?);
            }
            Ok(ids)
        });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    /// Marks a key compromised, by the fragment of its id; to the end even when the caller goes away. A key in force
    /// is replaced in the same act. Marking a key again finishes what may have been cut short.
    pub async fn compromise_key(self: &Arc<Self>, name: String) -> Result<Compromise, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _act = app.key_acts().lock().await;
            app.compromise(&name).await
        });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    /// Documents that have to be issued again, because a key behind them is compromised.
    pub async fn affected_documents(&self, cursor: Option<&str>, limit: u32) -> Result<AffectedPage, ServiceError> {
        Ok(self.domain().affected_documents(cursor, limit, self.now()).await?)
    }

    /// Stops publishing retired keys that nothing needs any more.
    pub(crate) async fn drop_spent_keys(&self) -> Result<(), ServiceError> {
        let _act = self.key_acts().lock().await;
        let dropped = self.domain().drop_spent_issuer_keys(self.believed_now()?).await?;
        if !dropped.is_empty() {
            tracing::info!(keys = dropped.join(" "), "issuer keys are published no longer");
            self.publish_keys().await?;
        }
        Ok(())
    }

    pub(super) async fn rotate_key(&self, purpose: Purpose, vouched: bool) -> Result<String, ServiceError> {
        let rows = self.issuer_key_rows().await?;
        let (key, row) = self.keys().make_next(purpose, &rows, vouched, &mut self.rng(), self.now())?;
        let (id, row, before) = (key.id().to_owned(), &row, &self.keys().active_name(purpose));
        self.write("add_issuer_key", |tx, _| Box::pin(async move { Ok(tx.insert_issuer_key(row).await?) })).await?;
        self.publish_keys().await?;
        self.keys().install(key);
        let now = self.now();
        self.write("retire_issuer_key", |tx, _| {
            Box::pin(async move {
                // What a key that leaked signed is no measure: its thief, or a wrong clock, dated it.
                let signed = if vouched { tx.newest_signing_time().await?.unwrap_or(0) } else { 0 };
                let at = signed.max(now);
                tx.retire_issuer_keys(purpose.as_str(), &row.name, at).await?;
                let detail = json!({ "purpose": purpose.as_str(), "replaces": before });
                Ok(tx.log_act(now, "rotate_issuer_key", &row.name, &detail).await?)
            })
        })
        .await?;
        self.publish_keys().await?;
        tracing::info!(key.id = id, key.purpose = purpose.as_str(), "another issuer key signs");
        Ok(id)
    }

    pub(super) async fn compromise(&self, name: &str) -> Result<Compromise, ServiceError> {
        let rows = self.issuer_key_rows().await?;
        let row = rows.iter().find(|row| row.name == name).ok_or(DomainError::NotFound(Kind::IssuerKey))?;
        let purpose: Purpose = row.purpose.parse().map_err(|()| DomainError::NotFound(Kind::IssuerKey))?;
        if self.keys().active_name(purpose) == name {
            self.rotate_key(purpose, false).await?;
        }
        let now = self.now();
        if row.compromised_at.is_none() {
            self.write("compromise_issuer_key", |tx, _| {
                Box::pin(async move {
                    tx.compromise_issuer_key(name, now).await?;
                    let detail = json!({ "purpose": purpose.as_str() });
                    Ok(tx.log_act(now, "compromise_issuer_key", name, &detail).await?)
                })
            })
            .await?;
        }
        self.publish_keys().await?;
        let key = format!("{}#{name}", self.keys().issuer());
        tracing::warn!(key.id = key, "an issuer key is marked compromised");
        let heads_signed_anew = match purpose {
            Purpose::Heads => self.domain().resign_heads(&key).await?,
            // Status lists are signed when they are asked for, and kept only under the key in force.
            Purpose::Credentials | Purpose::Status | Purpose::VcApi => 0,
        };
        let compromised_at = row.compromised_at.unwrap_or(now);
        Ok(Compromise { key, purpose, compromised_at, active: self.keys().active_id(purpose), heads_signed_anew })
    }

    /// Publishes what an earlier act changed and could not publish.
    pub(crate) async fn publish_outdated(&self) -> Result<(), ServiceError> {
        if !self.is_outdated() {
            return Ok(());
        }
        let _act = self.key_acts().lock().await;
        self.publish_keys().await
    }

    /// Shows and publishes the keys as they are stored.
    async fn publish_keys(&self) -> Result<(), ServiceError> {
        self.note_change();
        self.keys().take_over(&self.issuer_key_rows().await?)?;
        Ok(self.republish().await?)
    }

    async fn write<'env, F>(&self, name: &'static str, work: F) -> Result<(), DomainError>
    where
        F: for<'t> Fn(&'t mut Tx, crate::store::Borrows<'t, 'env>) -> crate::store::Work<'t, (), DomainError>
            + Send
            + Sync,
    {
        self.domain().store().run_tx(name, work).await
    }
}
