//! Storing receipts: verified before stored, idempotent by digest, a whole batch in one transaction.

use std::collections::{BTreeSet, HashMap};

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

/// Receipts that were parsed; their signatures are not checked yet.
pub struct ParsedReceipts(Vec<(String, Result<UnverifiedReceipt, ReceiptError>)>);

/// Receipts whose signatures were checked.
pub struct VerifiedReceipts(Vec<Verified>);

/// The keys of registered attestors, by their did:key.
pub struct AttestorKeys(HashMap<String, PublicKey>);

struct Verified {
    compact: String,
    digest: String,
    receipt: Result<Receipt, ReceiptError>,
}

impl ParsedReceipts {
    /// Checks the signatures. Takes long for many: run it where nobody waits.
    pub fn verify(self, keys: &AttestorKeys) -> VerifiedReceipts {
        let verify = |unverified: UnverifiedReceipt| match keys.0.get(unverified.attestor()) {
            Some(key) => unverified.verify(key),
            None => Err(ReceiptError::Attestor),
        };
        let verified = self.0.into_iter().map(|(compact, parsed)| {
            let digest = receipts::digest(&compact);
            Verified { compact, digest, receipt: parsed.and_then(verify) }
        });
        VerifiedReceipts(verified.collect())
    }
}

impl Domain {
    /// Parses receipts. Takes long for many: run it where nobody waits.
    pub fn parse_attestations(&self, batch: Vec<String>, now: u64) -> Result<ParsedReceipts, DomainError> {
        if batch.len() > MAX_RECEIPTS {
            return Err(DomainError::TooManyReceipts(MAX_RECEIPTS));
        }
        let settings = &self.settings;
        let parse = |compact: String| {
            let parsed = UnverifiedReceipt::parse(&compact, &settings.did_host, &settings.capabilities, now);
            (compact, parsed)
        };
        Ok(ParsedReceipts(batch.into_iter().map(parse).collect()))
    }

    /// The keys that have to verify these receipts, as far as their attestors are registered.
    pub async fn attestor_keys(&self, receipts: &ParsedReceipts) -> Result<AttestorKeys, DomainError> {
        let attestors = receipts.0.iter().filter_map(|(_, parsed)| Some(parsed.as_ref().ok()?.attestor()));
        let mut keys = HashMap::new();
        for attestor in attestors.collect::<BTreeSet<_>>() {
            match self.attestor(attestor).await {
                Ok(known) => {
                    if let Ok(key) = PublicKey::from_bytes(&known.ed25519_public_key) {
                        keys.insert(attestor.to_owned(), key);
                    }
                }
                Err(DomainError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(AttestorKeys(keys))
    }

    /// Stores receipts; each has its own outcome. They become visible together, so that an agent's first leaf is not
    /// made from half a batch. A receipt may replace an earlier one of the batch.
    pub async fn store_verified(
        &self,
        receipts: &VerifiedReceipts,
        now: u64,
    ) -> Result<Vec<ReceiptOutcome>, DomainError> {
        if let Some(outcomes) = self.nothing_new(receipts).await? {
            return Ok(outcomes);
        }
        self.store
            .run_tx("store_attestations", |tx, _| {
                Box::pin(async move {
                    let mut outcomes = Vec::with_capacity(receipts.0.len());
                    for item in &receipts.0 {
                        outcomes.push(store_one(tx, item, now).await?);
                    }
                    Ok(outcomes)
                })
            })
            .await
    }

    /// The outcomes when every receipt is refused for what it is, or known: nobody then waits for the one writer.
    async fn nothing_new(&self, receipts: &VerifiedReceipts) -> Result<Option<Vec<ReceiptOutcome>>, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let mut outcomes = Vec::with_capacity(receipts.0.len());
                    for Verified { digest, receipt, .. } in &receipts.0 {
                        let digest = digest.clone();
                        outcomes.push(match receipt {
                            Err(error) => ReceiptOutcome::Refused { digest: Some(digest), error: error.clone() },
                            Ok(_) if tx.has_attestation(&digest).await? => ReceiptOutcome::Known { digest },
                            Ok(_) => return Ok(None),
                        });
                    }
                    Ok(Some(outcomes))
                })
            })
            .await
    }

    /// Parses, verifies and stores receipts, all on the caller's thread.
    pub async fn store_attestations(&self, batch: &[String], now: u64) -> Result<Vec<ReceiptOutcome>, DomainError> {
        let parsed = self.parse_attestations(batch.to_vec(), now)?;
        let keys = self.attestor_keys(&parsed).await?;
        self.store_verified(&parsed.verify(&keys), now).await
    }
}

async fn store_one(tx: &mut Tx, item: &Verified, now: u64) -> Result<ReceiptOutcome, DomainError> {
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
            tx.insert_attestation(receipt, &digest, &item.compact, now).await?;
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
