//! sr25519, by `schnorrkel`.

use schnorrkel::{PublicKey, Signature};

use super::WalletError;
use crate::agenthood::ss58::AccountId;

/// The context that every Substrate wallet signs in.
const CONTEXT: &[u8] = b"substrate";

/// The library refuses signatures without the mark of a Schnorr one, `s` not below the group order, and `R` or a key
/// that is not the canonical encoding of a Ristretto point. The neutral element, under which anybody can sign, is no
/// [`AccountId`].
pub(super) fn verify(account: &AccountId, message: &[u8], signature: &[u8; 64]) -> Result<(), WalletError> {
    let key = PublicKey::from_bytes(account.as_bytes()).map_err(|_| WalletError::Signature)?;
    let signature = Signature::from_bytes(signature).map_err(|_| WalletError::Signature)?;
    key.verify_simple(CONTEXT, message, &signature).map_err(|_| WalletError::Signature)
}
