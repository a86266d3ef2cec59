//! Credentials that VC-API was asked for: their status indices, and what is decided about them. The documents are their
//! callers' and are not kept.

use poa_verifier::trust::ListPurpose;
use serde_json::{Value, json};

use super::agents::Actor;
use super::ids::CredentialId;
use super::{Domain, DomainError, Kind};

/// A credential to be signed.
#[derive(Clone, Debug)]
pub struct NewVcApiCredential {
    /// The `credentialId` by which its status is changed.
    pub reference: String,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds of `validUntil`; none without one.
    pub expires_at: Option<u64>,
}

/// A signed credential and the fragment of the id of the key that signed it.
pub type SignedForVcApi = (Value, String);

/// A change of a credential's status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StatusChange {
    /// Which bit.
    pub purpose: ListPurpose,
    /// What it shall be.
    pub set: bool,
    /// The credential of this index alone; none means every one that the reference names.
    pub index: Option<u32>,
}

impl Domain {
    /// Has a credential signed with a fresh status index; gives what `sign` made. Nothing is recorded when it fails. The
    /// index is held in memory meanwhile, so that nobody waits for the signature to write.
    pub async fn issue_for_vc_api<F, E>(
        &self,
        new: &NewVcApiCredential,
        by: Actor,
        sign: impl FnOnce(u32) -> F + Send,
    ) -> Result<Value, E>
    where
        F: Future<Output = Result<SignedForVcApi, E>> + Send,
        E: From<DomainError>,
    {
        let id = CredentialId::random(&mut self.rng());
        let held = self
            .store
            .run_tx("hold_for_vc_api", |tx, _| {
                Box::pin(async move { self.hold_status_index(tx, id, by, new.issued_at).await })
            })
            .await?;
        let (signed, key) = sign(held.get()).await?;
        let key = &key;
        self.store
            .run_tx("issue_for_vc_api", |tx, _| {
                Box::pin(async move {
                    self.spend_held_index(tx, id).await?;
                    Ok::<_, DomainError>(tx.insert_vc_api_credential(id, new, key).await?)
                })
            })
            .await?;
        Ok(signed)
    }

    /// Decides on the status of the credentials that a reference names; the next publication writes their bits. Gives
    /// how many there are.
    pub async fn set_vc_api_status(
        &self,
        reference: &str,
        changes: &[StatusChange],
        now: u64,
    ) -> Result<usize, DomainError> {
        self.store
            .run_tx("set_vc_api_status", |tx, _| {
                Box::pin(async move {
                    let mut touched = 0;
                    for change in changes {
                        let found = tx.vc_api_credentials(reference, change.index).await?;
                        if found.is_empty() {
                            return Err(DomainError::NotFound(Kind::VcApiCredential));
                        }
                        let cleared = change.purpose == ListPurpose::Revocation && !change.set;
                        if cleared && found.iter().any(|credential| credential.revoked) {
                            return Err(DomainError::RevocationIsFinal);
                        }
                        for credential in &found {
                            tx.set_vc_api_status(credential.id, change.purpose, change.set).await?;
                        }
                        touched = touched.max(found.len());
                        let detail = json!({
                            "purpose": change.purpose.as_str(), "set": change.set, "credentials": found.len(),
                        });
                        tx.log_act(now, "vc_api_status", reference, &detail).await?;
                    }
                    Ok(touched)
                })
            })
            .await
    }
}
