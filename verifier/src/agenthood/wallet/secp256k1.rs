//! secp256k1 with public-key recovery, by `k256`: `r ‖ s ‖ recovery id` over a hash of the text.

use blake2::{Blake2b256, Digest as _};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::Keccak256;

use super::WalletError;
use crate::agenthood::ss58::AccountId;

/// Substrate's own: everything is hashed with BLAKE2b-256.
pub(super) fn verify_blake2(account: &AccountId, message: &[u8], signature: &[u8; 65]) -> Result<(), WalletError> {
    let key = recover(&Blake2b256::digest(message), signature)?;
    let id = Blake2b256::digest(key.to_sec1_point(true).as_bytes());
    if id[..] == account.as_bytes()[..] { Ok(()) } else { Err(WalletError::Signature) }
}

/// Ethereum's: everything is hashed with Keccak-256.
pub(super) fn verify_keccak(account: &AccountId, message: &[u8], signature: &[u8; 65]) -> Result<(), WalletError> {
    let key = recover(&Keccak256::digest(message), signature)?;
    // The first byte says "uncompressed" and is no part of the hash.
    let hash: [u8; 32] = Keccak256::digest(&key.to_sec1_point(false).as_bytes()[1..]).into();
    if accounts(&hash).contains(account.as_bytes()) { Ok(()) } else { Err(WalletError::Signature) }
}

/// The accounts of an Ethereum key, see the table in [`super`].
fn accounts(hash: &[u8; 32]) -> [[u8; 32]; 3] {
    let address = &hash[12..];
    let mut padded = [0; 32];
    padded[12..].copy_from_slice(address);
    let mapped = Blake2b256::new().chain_update(b"evm:").chain_update(address).finalize();
    [*hash, padded, mapped.into()]
}

/// The key that signed a hash. Refuses `s` in the upper half, which no wallet writes, and recovery ids but 0 and 1.
fn recover(hash: &[u8], signature: &[u8; 65]) -> Result<VerifyingKey, WalletError> {
    let (rs, id) = signature.split_at(64);
    let rs = Signature::from_slice(rs).map_err(|_| WalletError::Signature)?;
    let is_high = rs.normalize_s() != rs;
    if is_high || id[0] > 1 {
        return Err(WalletError::Signature);
    }
    let id = RecoveryId::from_byte(id[0]).ok_or(WalletError::Signature)?;
    VerifyingKey::recover_from_prehash(hash, &rs, id).map_err(|_| WalletError::Signature)
}
