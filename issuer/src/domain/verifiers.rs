//! Verifiers that the operator knows: each states presentation requests for its own origin, with a token of its own.

use poa_verifier::origin::Origin;
use serde_json::json;

use super::ids::VerifierId;
use super::{Domain, DomainError, Kind, text};

/// Most verifiers that are registered.
pub const MAX_VERIFIERS: u64 = 1_000;

/// A verifier that the operator knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegisteredVerifier {
    /// Its id.
    pub id: VerifierId,
    /// The origin that its requests are for.
    pub origin: String,
    /// For people.
    pub name: String,
    /// SHA-256 of its token.
    pub token_sha256: [u8; 32],
    /// Unix seconds.
    pub registered_at: u64,
}

impl Domain {
    /// Registers a verifier. An origin is registered once, however it is spelled: for another token, remove it first.
    pub async fn register_verifier(
        &self,
        origin: &str,
        name: Option<String>,
        token_sha256: [u8; 32],
        now: u64,
    ) -> Result<RegisteredVerifier, DomainError> {
        // One that has no did:web could never be checked: plain http on the network, an IPv6 address.
        let origin: &Origin = &origin.parse().ok().filter(|origin: &Origin| origin.web_did().is_some()).ok_or({
            let reason = "is not a verifier's origin (https://host[:port], the host in ASCII, no path)";
            DomainError::Member { member: "origin", reason }
        })?;
        let name = name.unwrap_or_else(|| origin.to_string());
        text::name(&name)?;
        let id = VerifierId::random(&mut self.rng());
        let verifier = &RegisteredVerifier { id, origin: origin.to_string(), name, token_sha256, registered_at: now };
        self.store
            .run_tx("register_verifier", |tx, _| {
                Box::pin(async move {
                    let known = tx.verifiers().await?;
                    // Rows of before have other spellings.
                    if known.iter().any(|known| known.origin.parse().as_ref() == Ok(origin)) {
                        return Err(DomainError::VerifierExists);
                    }
                    if known.len() as u64 >= MAX_VERIFIERS {
                        return Err(DomainError::TooManyVerifiers);
                    }
                    tx.insert_verifier(verifier).await?;
                    let detail = json!({ "origin": verifier.origin, "name": verifier.name });
                    tx.log_act(now, "register_verifier", &id.to_string(), &detail).await?;
                    Ok(verifier.clone())
                })
            })
            .await
    }

    /// Every registered verifier, in order of origin.
    pub async fn verifiers(&self) -> Result<Vec<RegisteredVerifier>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.verifiers().await?) })).await
    }

    /// The verifier whose token has this SHA-256.
    pub async fn verifier_of_token(&self, token_sha256: [u8; 32]) -> Result<Option<RegisteredVerifier>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.verifier_of_token(&token_sha256).await?) })).await
    }

    /// Removes a verifier: its token states nothing more, and its requests that nobody answered yet are gone.
    pub async fn remove_verifier(&self, id: VerifierId, now: u64) -> Result<(), DomainError> {
        self.store
            .run_tx("remove_verifier", |tx, _| {
                Box::pin(async move {
                    let origin = tx.delete_verifier(id).await?.ok_or(DomainError::NotFound(Kind::Verifier))?;
                    tx.delete_open_requests_of_verifier(id).await?;
                    let detail = json!({ "origin": origin });
                    Ok(tx.log_act(now, "remove_verifier", &id.to_string(), &detail).await?)
                })
            })
            .await
    }
}
