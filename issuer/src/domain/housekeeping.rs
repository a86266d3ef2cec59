//! What may be forgotten: used and expired nonces, unfinished credentials, heads nobody accepts any more and the
//! node versions only they needed.

use poa_verifier::head::LIFETIME_S;

use super::credentials::DAY_S;
use super::log::ANCHOR_PERIOD_S;
use super::receipts::SKEW_S;
use super::{Domain, DomainError, Kind, presentation_requests};

/// An expired reservation is kept this long, so that its holder learns that it expired, in seconds.
const EXPIRED_KEPT_S: u64 = 3_600;
/// Publications whose superseded nodes are deleted in one transaction.
const COLLECT_CHUNK: u64 = 64;

impl Domain {
    /// Forgets nonces of signed requests that are refused for their age, now, with a time that is believed. Each signed
    /// call leaves one, so it is called every minute.
    pub async fn forget_request_nonces(&self, now: u64) -> Result<(), DomainError> {
        let before = now.saturating_sub(SKEW_S);
        self.store
            .run_tx("forget_request_nonces", |tx, _| {
                Box::pin(async move { Ok(tx.delete_expired_signature_nonces(before).await?) })
            })
            .await
    }

    /// Deletes what nobody needs any more. Call it hourly, with a time that is believed; each transaction is short.
    pub async fn housekeep(&self, now: u64) -> Result<(), DomainError> {
        self.store
            .run_tx("forget_expired", |tx, _| {
                Box::pin(async move {
                    tx.free_lapsed_reservations(now).await?;
                    tx.delete_expired_challenges(now).await?;
                    tx.forget_anchored_hours(&self.settings.log, now.saturating_sub(ANCHOR_PERIOD_S)).await?;
                    tx.forget_given_up_credentials(now.saturating_sub(DAY_S)).await?;
                    tx.delete_presentation_requests(now.saturating_sub(presentation_requests::KEPT_S)).await?;
                    Ok::<_, DomainError>(tx.delete_expired_credentials(now.saturating_sub(EXPIRED_KEPT_S)).await?)
                })
            })
            .await?;
        while self.collect_nodes(now).await? {}
        Ok(())
    }

    /// Deletes some node versions that no acceptable head needs; true while there may be more.
    async fn collect_nodes(&self, now: u64) -> Result<bool, DomainError> {
        let log = self.settings.log.as_str();
        let oldest_iat = now.saturating_sub(LIFETIME_S);
        self.store
            .run_tx("collect_nodes", |tx, _| {
                Box::pin(async move {
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    // The newest publication is kept whatever its age.
                    let keep = tx.oldest_seq_since(log, oldest_iat).await?.unwrap_or(state.seq);
                    let end = keep.min(state.collected_seq + COLLECT_CHUNK);
                    for seq in state.collected_seq + 1..=end {
                        tx.delete_nodes_replaced_at(log, seq).await?;
                    }
                    if end > state.collected_seq {
                        tx.set_collected_seq(log, end).await?;
                    }
                    tx.delete_heads(log, oldest_iat, end).await?;
                    Ok(end < keep)
                })
            })
            .await
    }
}
