//! An Ed25519 key in a file: a JWK (RFC 8037, `OKP`/`Ed25519`) that only its owner can read.
//!
//! For attestors and for agents whose proving secrets the service keeps; a holder's own keys live in
//! the sealed file instead.

use std::path::Path;

use ed25519_dalek::SigningKey;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::multibase;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

#[derive(Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    d: String,
}

/// A fresh key.
pub fn generate(rng: &mut impl CryptoRng) -> SigningKey {
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill_bytes(secret.as_mut_slice());
    SigningKey::from_bytes(&secret)
}

/// Makes a key and writes it to a new file.
pub fn create(path: &Path, rng: &mut impl CryptoRng) -> Outcome<SigningKey> {
    let key = generate(rng);
    let jwk = Jwk {
        kty: "OKP".into(),
        crv: "Ed25519".into(),
        x: multibase::base64url(key.verifying_key().as_bytes()),
        d: multibase::base64url(Zeroizing::new(key.to_bytes()).as_slice()),
    };
    // Four short strings always serialise.
    let text = Zeroizing::new(serde_json::to_string(&jwk).expect("strings are JSON"));
    system::write_new(path, text.as_bytes())?;
    Ok(key)
}

/// Reads a key; the public half in the file must belong to the secret one.
pub fn read(path: &Path) -> Outcome<SigningKey> {
    let next = "give a key file made by `poa agent keygen` or `poa attest keygen`";
    let text = system::read_secret(path)?;
    let no_key = |why: &str| Failure::error(format!("{} is no Ed25519 JWK: {why}", path.display()), next);
    // The parser's own text could quote the secret.
    let jwk: Jwk = serde_json::from_str(&text).map_err(|_| no_key("unexpected form"))?;
    if jwk.kty != "OKP" || jwk.crv != "Ed25519" {
        return Err(no_key("another kind of key"));
    }
    let secret = multibase::from_base64url(&jwk.d).map(Zeroizing::new).map_err(|_| no_key("`d` is not base64url"))?;
    let secret: &[u8; 32] = secret.as_slice().try_into().map_err(|_| no_key("`d` is not 32 bytes"))?;
    let key = SigningKey::from_bytes(secret);
    if multibase::base64url(key.verifying_key().as_bytes()) != jwk.x {
        return Err(no_key("`x` does not belong to `d`"));
    }
    Ok(key)
}

/// The public half as a Multikey, `z6Mk…`.
pub fn multikey(key: &SigningKey) -> Outcome<String> {
    PublicKey::from_bytes(key.verifying_key().as_bytes())
        .map(|key| key.to_multikey())
        .or_fail("the key cannot be used", "make a new one")
}

/// The public half as a `did:key`.
pub fn did_key(key: &SigningKey) -> Outcome<String> {
    Ok(format!("did:key:{}", multikey(key)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_survives_and_a_foreign_public_half_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.jwk");
        let key = create(&path, &mut system::rng()).unwrap();
        assert_eq!(read(&path).unwrap(), key);
        assert!(create(&path, &mut system::rng()).is_err(), "never overwritten");

        let other = generate(&mut system::rng());
        let x = |key: &SigningKey| multibase::base64url(key.verifying_key().as_bytes());
        let altered = std::fs::read_to_string(&path).unwrap().replace(&x(&key), &x(&other));
        system::write_own(&path, altered.as_bytes()).unwrap();
        assert!(read(&path).unwrap_err().what.contains("does not belong"));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.jwk");
        create(&path, &mut system::rng()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&path).unwrap_err().next.contains("chmod 600"));
    }
}
