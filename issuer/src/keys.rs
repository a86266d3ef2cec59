//! The issuer's key material: what signs, what seals, what opens the operator's door.
//!
//! Four Ed25519 keys, one per purpose, are made on first start from the randomness passed in and kept
//! in the database sealed under the [`MasterKey`]; the operator replaces them while the service runs. A head is never signed by the credentials key nor the
//! reverse; verifiers check the purpose of the key too.

mod issuer_key;
mod issuer_keys;
mod jose;
mod operator_token;
mod private_file;
mod seal;

pub use issuer_key::{IssuerKey, ListedKey, Purpose};
pub use issuer_keys::{IssuerKeys, SignError};
pub use jose::{public_jwk, sign_compact};
pub use operator_token::{OPERATOR_TOKEN_FILE, OperatorToken};
pub use private_file::PrivateFileError;
pub use seal::{MASTER_KEY_FILE, MASTER_KEY_VARIABLE, MacKey, MasterKey, MasterKeyError, Place, SealError};
