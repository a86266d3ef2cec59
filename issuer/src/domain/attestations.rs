//! Storing receipts: verified before stored, idempotent by digest, a whole batch in one transaction.

use poa_verifier::ed25519::PublicKey;

use super::agents::AgentStatus;
use super::receipts::{self, Receipt, ReceiptError, UnverifiedReceipt};
use super::{Domain, DomainError, Due};
use crate::store::Tx;

/// Most receipts in one call.
pub const MAX_RECEIPTS: usize = 500;

/// What became of one receipt of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReceiptOutcome {
    /// New, verified and stored.
    Stored {
        /// SHA-256 of the compact JWS, in hex.
        digest: String,
    },
    /// The very same receipt was stored before.
    Known {
        /// SHA-256 of the compact JWS, in hex.
        digest: String,
    },
    /// Not stored.
    Refused {
        /// SHA-256 of the compact JWS, in hex.
        digest: Option<String>,
        /// Why.
        error: ReceiptError,
    },
}

/// A receipt of the batch after parsing, with the key that has to verify it still unknown.
struct Parsed<'a> {
    compact: &'a str,
    digest: String,
    receipt: Result<Receipt, ReceiptError>,
}

impl Domain {
    /// Verifies and stores receipts; each has its own outcome. They become visible together, so that an
    /// agent's first leaf is not made from half a batch. A receipt may replace an earlier one of the batch.
    pub async fn store_attestations(&self, batch: &[String], now: u64) -> Result<Vec<ReceiptOutcome>, DomainError> {
        if batch.len() > MAX_RECEIPTS {
            return Err(DomainError::TooManyReceipts(MAX_RECEIPTS));
        }
        let mut parsed = Vec::with_capacity(batch.len());
        for compact in batch {
            let receipt = self.verify_receipt(compact, now).await?;
            parsed.push(Parsed { compact, digest: receipts::digest(compact), receipt });
        }
        let parsed = &parsed;
        self.store
            .run_tx("store_attestations", |tx, _| {
                Box::pin(async move {
                    let mut outcomes = Vec::with_capacity(parsed.len());
                    for item in parsed {
                        outcomes.push(store_one(tx, item, now).await?);
                    }
                    Ok(outcomes)
                })
            })
            .await
    }

    /// Parses and checks the signature under the attestor's registered key.
    async fn verify_receipt(&self, compact: &str, now: u64) -> Result<Result<Receipt, ReceiptError>, DomainError> {
        let settings = &self.settings;
        let unverified = match UnverifiedReceipt::parse(compact, &settings.did_host, &settings.capabilities, now) {
            Ok(unverified) => unverified,
            Err(error) => return Ok(Err(error)),
        };
        let attestor = match self.attestor(unverified.attestor()).await {
            Ok(attestor) => attestor,
            Err(DomainError::NotFound(_)) => return Ok(Err(ReceiptError::Attestor)),
            Err(error) => return Err(error),
        };
        let Ok(key) = PublicKey::from_bytes(&attestor.ed25519_public_key) else {
            return Ok(Err(ReceiptError::Attestor));
        };
        Ok(unverified.verify(&key))
    }
}

async fn store_one(tx: &mut Tx, item: &Parsed<'_>, now: u64) -> Result<ReceiptOutcome, DomainError> {
    let digest = item.digest.clone();
    let receipt = match &item.receipt {
        Ok(receipt) => receipt,
        Err(error) => {
            return Ok(ReceiptOutcome::Refused { digest: Some(digest), error: error.clone() });
        }
    };
    // Known receipts stay known, whatever happened to attestor or agent since.
    if tx.has_attestation(&digest).await? {
        return Ok(ReceiptOutcome::Known { digest });
    }
    match admit(tx, receipt).await? {
        Err(error) => Ok(ReceiptOutcome::Refused { digest: Some(digest), error }),
        Ok(replaced) => {
            tx.insert_attestation(receipt, &digest, item.compact, now).await?;
            if let Some(replaced) = replaced {
                tx.mark_replaced(&replaced, &digest).await?;
            }
            let first = !tx.has_live_leaf(receipt.agent).await?;
            let due = if first { Due::NextPublication } else { Due::NextAnchor };
            tx.mark_due(receipt.agent, due).await?;
            Ok(ReceiptOutcome::Stored { digest })
        }
    }
}

/// The checks against stored state. Gives the digest of the receipt that is replaced, if one is.
async fn admit(tx: &mut Tx, receipt: &Receipt) -> Result<Result<Option<String>, ReceiptError>, DomainError> {
    let attestor = tx.attestor(&receipt.attestor).await?;
    if attestor.is_none_or(|attestor| attestor.retired_at.is_some()) {
        return Ok(Err(ReceiptError::Attestor));
    }
    match tx.agent_status(receipt.agent).await? {
        Some(AgentStatus::Active | AgentStatus::Suspended) => {}
        Some(AgentStatus::Revoked) | None => return Ok(Err(ReceiptError::Agent)),
    }
    if tx.has_jti(&receipt.attestor, &receipt.jti).await? {
        return Ok(Err(ReceiptError::JtiUsed));
    }
    let Some(jti) = &receipt.replaces else { return Ok(Ok(None)) };
    let replaced = tx.replaceable(&receipt.attestor, receipt.agent, jti, receipt.issued_at).await?;
    Ok(replaced.map(Some).ok_or(ReceiptError::Replaces))
}
