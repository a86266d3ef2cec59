//! Signatures that wallets of Substrate chains make over a text.
//!
//! | scheme | signature | the account is |
//! |---|---|---|
//! | `sr25519` | Schnorr over Ristretto, context `substrate` | the public key |
//! | `ed25519` | RFC 8032 | the public key |
//! | `ecdsa` | secp256k1 over BLAKE2b-256 of the text | BLAKE2b-256 of the compressed public key |
//! | `ethereum` | secp256k1 over Keccak-256 of the text | Keccak-256 `h` of the uncompressed public key; or 12 zero bytes and the last 20 of `h`; or BLAKE2b-256 of `"evm:"` and those 20 |
//!
//! The last row lists the ways in which an Ethereum address (the 20 bytes) becomes a 32-byte account: what the wallet
//! library's key pair gives as its raw address, padding, and the hashed mapping of EVM chains (`evmToAddress`). Keccak is
//! over the text itself, as that library signs, not over the `personal_sign` form of EIP-191.
//!
//! Wallets sign the text as it is or between `<Bytes>` and `</Bytes>`; both are tried. A signature is 64 bytes (65 with
//! its recovery id in `ecdsa` and `ethereum`), in hexadecimal of either case, with or without `0x`, with or without a
//! first byte that names the scheme (0 ed25519, 1 sr25519, 2 the other two). A recovery id is 0 or 1 and `s` is in the
//! lower half, as every wallet writes them: a signature has one form.
//!
//! `ed25519` is always there; the others need the feature `wallet-signatures`, without which they are
//! [`WalletError::NotBuilt`], never good.
//!
//! Source: @polkadot/keyring and @polkadot/util-crypto 14.0.3; `sp_runtime::MultiSignature`.

#[cfg(feature = "wallet-signatures")]
mod schnorr;
#[cfg(feature = "wallet-signatures")]
mod secp256k1;

use serde::{Deserialize, Serialize};

use super::ss58::AccountId;
use crate::ed25519::PublicKey;

/// How a wallet signs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Schnorr signatures over Ristretto; the default of Substrate wallets.
    Sr25519,
    /// Ed25519.
    Ed25519,
    /// secp256k1 over BLAKE2b.
    Ecdsa,
    /// secp256k1 over Keccak.
    Ethereum,
}

impl Scheme {
    /// All schemes, in the order in which [`detect`] tries them.
    pub const ALL: [Self; 4] = [Self::Sr25519, Self::Ed25519, Self::Ecdsa, Self::Ethereum];

    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sr25519 => "sr25519",
            Self::Ed25519 => "ed25519",
            Self::Ecdsa => "ecdsa",
            Self::Ethereum => "ethereum",
        }
    }

    /// The byte that may stand before a signature.
    fn marker(self) -> u8 {
        match self {
            Self::Ed25519 => 0,
            Self::Sr25519 => 1,
            Self::Ecdsa | Self::Ethereum => 2,
        }
    }
}

/// Why a signature was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// Not hexadecimal of 64 to 66 bytes.
    #[error("a wallet signature is 64 to 66 bytes in hexadecimal")]
    Malformed,
    /// This build has no code for the scheme.
    #[error("{} signatures need the feature `wallet-signatures`", .0.as_str())]
    NotBuilt(Scheme),
    /// Not the account's signature over this text.
    #[error("the signature is not the account's over this message")]
    Signature,
}

/// The bytes of a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WalletSignature(Vec<u8>);

impl WalletSignature {
    /// Reads hexadecimal of 64 to 66 bytes, after `0x` or not.
    ///
    /// # Errors
    /// [`WalletError::Malformed`].
    pub fn from_hex(text: &str) -> Result<Self, WalletError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if !matches!(digits.len(), 128 | 130 | 132) {
            return Err(WalletError::Malformed);
        }
        hex::decode(digits).map(Self).map_err(|_| WalletError::Malformed)
    }

    /// The signature without the byte that names its scheme.
    fn of<const N: usize>(&self, scheme: Scheme) -> Result<&[u8; N], WalletError> {
        let bytes = match self.0.split_first() {
            Some((marker, rest)) if rest.len() == N && *marker == scheme.marker() => rest,
            _ => &self.0,
        };
        bytes.try_into().map_err(|_| WalletError::Signature)
    }
}

/// Checks an account's signature over a text, as it is or between `<Bytes>` tags.
///
/// # Errors
/// [`WalletError::NotBuilt`], or [`WalletError::Signature`] when it is not the account's.
pub fn verify(
    scheme: Scheme,
    account: &AccountId,
    message: &str,
    signature: &WalletSignature,
) -> Result<(), WalletError> {
    match verify_bytes(scheme, account, message.as_bytes(), signature) {
        Err(WalletError::Signature) => {
            verify_bytes(scheme, account, format!("<Bytes>{message}</Bytes>").as_bytes(), signature)
        }
        result => result,
    }
}

/// The scheme under which a signature is the account's, for callers who were not told.
///
/// # Errors
/// [`WalletError::Signature`] when there is none; [`WalletError::NotBuilt`] when it may be one that this build cannot
/// check.
pub fn detect(account: &AccountId, message: &str, signature: &WalletSignature) -> Result<Scheme, WalletError> {
    let mut failure = WalletError::Signature;
    for scheme in Scheme::ALL {
        match verify(scheme, account, message, signature) {
            Ok(()) => return Ok(scheme),
            Err(WalletError::Signature) => {}
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn verify_bytes(
    scheme: Scheme,
    account: &AccountId,
    message: &[u8],
    signature: &WalletSignature,
) -> Result<(), WalletError> {
    match scheme {
        Scheme::Ed25519 => {
            // Its length first: reading the key costs more.
            let signature = signature.of(scheme)?;
            let key = PublicKey::from_bytes(account.as_bytes()).map_err(|_| WalletError::Signature)?;
            key.verify(message, signature).map_err(|_| WalletError::Signature)
        }
        #[cfg(feature = "wallet-signatures")]
        Scheme::Sr25519 => schnorr::verify(account, message, signature.of(scheme)?),
        #[cfg(feature = "wallet-signatures")]
        Scheme::Ecdsa => secp256k1::verify_blake2(account, message, signature.of(scheme)?),
        #[cfg(feature = "wallet-signatures")]
        Scheme::Ethereum => secp256k1::verify_keccak(account, message, signature.of(scheme)?),
        #[cfg(not(feature = "wallet-signatures"))]
        Scheme::Sr25519 | Scheme::Ecdsa | Scheme::Ethereum => Err(WalletError::NotBuilt(scheme)),
    }
}

#[cfg(test)]
mod tests;
