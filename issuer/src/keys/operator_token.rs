//! The operator's bearer token: made on first start, kept in a private file, compared in constant time.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::private_file::{self, PrivateFileError};

/// File name of the token inside the data directory.
pub const OPERATOR_TOKEN_FILE: &str = "operator-token";

const TOKEN_BYTES: usize = 32;
const PREFIX: &str = "poa_op_";

/// What the service keeps of the operator's token: its SHA-256, so that the comparison takes the same
/// time whatever was presented. It has no `Debug` and no `Serialize`.
#[derive(ZeroizeOnDrop)]
pub struct OperatorToken([u8; 32]);

impl OperatorToken {
    /// Reads the token's file in `data_dir`, or makes one from `rng`. The second value says whether it was made just now.
    /// The token itself leaves for that file alone: what is printed ends in logs.
    pub fn load(data_dir: &Path, rng: &mut impl CryptoRng) -> Result<(Self, bool), PrivateFileError> {
        let path = data_dir.join(OPERATOR_TOKEN_FILE);
        let (token, made) = private_file::read_or_create(&path, || {
            let mut bytes = Zeroizing::new([0u8; TOKEN_BYTES]);
            rng.fill_bytes(bytes.as_mut());
            Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes.as_ref())))
        })?;
        if !token.starts_with(PREFIX) || token.len() < PREFIX.len() + TOKEN_BYTES {
            return Err(PrivateFileError::Malformed { path });
        }
        Ok((Self(Sha256::digest(token.as_bytes()).into()), made))
    }

    /// Whether `presented` is the token, in time that depends on the length of `presented` alone.
    pub fn matches(&self, presented: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        self.0.ct_eq(&digest).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    #[test]
    fn the_token_is_made_once_in_a_private_file_and_matches_itself_only() {
        use std::os::unix::fs::MetadataExt as _;
        let directory = tempfile::tempdir().unwrap();
        let load = || OperatorToken::load(directory.path(), &mut UnwrapErr(SysRng)).unwrap();
        let (token, made) = load();
        assert!(made);
        let file = directory.path().join(OPERATOR_TOKEN_FILE);
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
        let told = std::fs::read_to_string(file).unwrap();
        let told = told.trim_end();
        assert!(token.matches(told.as_bytes()));
        for wrong in [&b""[..], PREFIX.as_bytes(), &told.as_bytes()[..told.len() - 1]] {
            assert!(!token.matches(wrong));
        }
        let (again, made) = load();
        assert!(!made && again.matches(told.as_bytes()));
    }

    #[test]
    fn an_empty_file_never_becomes_an_empty_token() {
        let directory = tempfile::tempdir().unwrap();
        OperatorToken::load(directory.path(), &mut UnwrapErr(SysRng)).unwrap();
        std::fs::write(directory.path().join(OPERATOR_TOKEN_FILE), "\n").unwrap();
        let result = OperatorToken::load(directory.path(), &mut UnwrapErr(SysRng));
        assert!(matches!(result, Err(PrivateFileError::Malformed { .. })));
    }
}
