//! Replacing issuer keys while the service signs, and what happens when one leaks.
//!
//! # The order of a rotation
//! 0. the key that signs next, the standby key, was published with the one before it: both count;
//! 1. it is stored as the one that signs, and the next standby key is stored and published;
//! 2. it signs; signatures of the old one that were under way have ended;
//! 3. the old key is retired as of a time no earlier than anything it signed, and published so.
//!
//! So whatever was signed at any moment verifies under the document published at that moment, and under the one before
//! it. A rotation that is cut short after step 1 is finished at the next start. A key that leaks is first replaced, when
//! it is in force or waits to be, then marked; the succession links that it made, and the one to it, are removed.

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

    /// Lets the standby key of a purpose sign, and publishes the next one. Gives the id of the key that signs now. The one
    /// before counts as `sound` when what it signed is a measure of until when it signed.
    pub(super) async fn rotate_key(&self, purpose: Purpose, sound: bool) -> Result<String, ServiceError> {
        let rows = self.issuer_key_rows().await?;
        let (key, after) = self.keys().next_turn(purpose, &rows, &mut self.rng(), self.now())?;
        let (id, name, after) = (key.id().to_owned(), &key.name().to_owned(), &after);
        let before = &self.keys().active_name(purpose);
        self.write("promote_issuer_key", |tx, _| {
            Box::pin(async move {
                tx.insert_issuer_key(after).await?;
                Ok(tx.promote_issuer_key(name).await?)
            })
        })
        .await?;
        self.publish_keys().await?;
        self.keys().install(key);
        let now = self.now();
        self.write("retire_issuer_key", |tx, _| {
            Box::pin(async move {
                // What a key that leaked signed is no measure: its thief, or a wrong clock, dated it.
                let signed = if sound { tx.newest_signing_time().await?.unwrap_or(0) } else { 0 };
                let at = signed.max(now);
                tx.retire_issuer_keys(purpose.as_str(), name, at).await?;
                let detail = json!({ "purpose": purpose.as_str(), "replaces": before, "standby": after.name });
                Ok(tx.log_act(now, "rotate_issuer_key", name, &detail).await?)
            })
        })
        .await?;
        self.publish_keys().await?;
        tracing::info!(key.id = id, key.purpose = purpose.as_str(), "another issuer key signs");
        Ok(id)
    }

    pub(super) async fn compromise(&self, name: &str) -> Result<Compromise, ServiceError> {
        let missing = || DomainError::NotFound(Kind::IssuerKey);
        let rows = self.issuer_key_rows().await?;
        let row = rows.iter().find(|row| row.name == name).ok_or_else(missing)?;
        let purpose: Purpose = row.purpose.parse().map_err(|()| missing())?;
        if self.keys().active_name(purpose) == name {
            self.rotate_key(purpose, false).await?;
        }
        let now = self.now();
        if row.compromised_at.is_none() {
            self.mark_compromised(name, purpose, now).await?;
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

    /// Marks a key that does not sign; removes the links that it made and the one to it. A standby key is replaced.
    async fn mark_compromised(&self, name: &str, purpose: Purpose, now: u64) -> Result<(), ServiceError> {
        // As they are after a rotation.
        let rows = self.issuer_key_rows().await?;
        let waits = rows.iter().any(|row| row.name == name && row.state == "standby");
        let other = waits.then(|| self.keys().other_standby(purpose, &rows, &mut self.rng(), now)).transpose()?;
        let (links, other) = (&self.keys().links_of(name, &rows), &other);
        self.write("compromise_issuer_key", |tx, _| {
            Box::pin(async move {
                tx.compromise_issuer_key(name, now).await?;
                for linked in links {
                    tx.remove_endorsement(linked).await?;
                }
                if let Some(other) = other {
                    tx.insert_issuer_key(other).await?;
                }
                let detail = json!({ "purpose": purpose.as_str() });
                Ok(tx.log_act(now, "compromise_issuer_key", name, &detail).await?)
            })
        })
        .await?;
        Ok(())
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
