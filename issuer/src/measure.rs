//! What appending to a log costs on this machine, for benches and for people who want to know.

use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::jws;

use crate::domain::{
    Appends, DOCUMENTS_PER_DAY, Domain, DomainError, HeadClaims, HeadSigner, HeadSigningError, LEAF_LIFETIME_S,
    STATUS_CAPACITY, Settings, os_entropy,
};
use crate::keys::MasterKey;
use crate::store::Store;

/// Unix seconds of every measured head.
const NOW: u64 = 1_800_000_000;

/// Appends leaves in batches to the log of an empty store; see [`Appends`] for what is measured.
pub async fn appends(store: Store, leaves: usize, batch: usize) -> Result<Appends, DomainError> {
    let domain = domain(store).await?;
    let measured = domain.measure_appends(leaves, batch, NOW).await?;
    domain.store().close().await;
    Ok(measured)
}

/// An issuer whose keys are worth nothing.
async fn domain(store: Store) -> Result<Domain, DomainError> {
    let host = "measured.example";
    let settings = Settings {
        issuer: format!("did:web:{host}"),
        did_host: host.into(),
        public_url: format!("https://{host}"),
        log: "measured".into(),
        capabilities: Vec::new(),
        leaf_lifetime_s: LEAF_LIFETIME_S,
        status_capacity: STATUS_CAPACITY,
        documents_per_day: DOCUMENTS_PER_DAY,
    };
    let signer = Arc::new(Signer(SigningKey::from_bytes(&[1; 32])));
    Domain::open(store, settings, MasterKey::from_bytes([1; 32]), signer, os_entropy(), NOW).await
}

/// A head signer as the service's, with a known key.
struct Signer(SigningKey);

impl HeadSigner for Signer {
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError> {
        let claims = serde_json::to_value(claims).map_err(|error| HeadSigningError(error.to_string()))?;
        let input = jws::signing_input("poa-root+jwt", "did:web:measured.example#heads-1", &claims);
        Ok(jws::attach_signature(&input, &self.0.sign(input.as_bytes()).to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was measured is a log that a restart accepts: the openings give its root.
    #[tokio::test]
    async fn measured_appends_leave_a_sound_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("poa.sqlite");
        let on_disk = appends(Store::open(&path).await.unwrap(), 250, 100).await.unwrap();
        assert_eq!(on_disk.leaves, 250);
        let domain = domain(Store::open(&path).await.unwrap()).await.unwrap();
        let audit = domain.audit_log().await.unwrap();
        assert!(audit.is_sound() && audit.size == 250, "{audit:?}");
        let head = domain.latest_head().await.unwrap();
        assert_eq!((head.size, head.root, head.seq), (250, audit.root, 3));
        let memory = domain_in_memory().await;
        memory.measure_appends(120, 60, NOW).await.unwrap();
        assert!(memory.audit_log().await.unwrap().is_sound());
    }

    async fn domain_in_memory() -> Domain {
        domain(Store::open_in_memory().await.unwrap()).await.unwrap()
    }
}
