//! A controller's wallet key in a file, and its signatures in the form of the wallets.
//!
//! The file is JSON that only its owner can read: `{"scheme": "sr25519", "seed": "0x…"}`. The seed is 32 bytes: what
//! `subkey` and polkadot-js call the secret or mini-secret seed for sr25519 and ed25519, the secret key for ecdsa and
//! ethereum. There is no derivation path: give the derived seed.

use std::path::Path;

use blake2::{Blake2b256, Digest as _};
use ed25519_dalek::Signer as _;
use k256::ecdsa::SigningKey;
use poa_verifier::agenthood::ss58::AccountId;
use poa_verifier::agenthood::wallet::{self, Scheme, WalletSignature};
use schnorrkel::{ExpansionMode, MiniSecretKey};
use serde::Deserialize;
use sha3::Keccak256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// The context that every Substrate wallet signs in.
const CONTEXT: &[u8] = b"substrate";

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct File {
    scheme: String,
    seed: String,
}

/// A wallet's key. It has no `Debug`.
pub struct WalletKey {
    scheme: Scheme,
    seed: Zeroizing<[u8; 32]>,
}

impl WalletKey {
    /// Reads a key file.
    pub fn read(path: &Path) -> Outcome<Self> {
        Self::parse(&system::read_secret(path)?).map_err(|why| {
            let next =
                "write it as {\"scheme\": \"sr25519\", \"seed\": \"0x…\"}; poa agenthood --help names the schemes";
            Failure::error(format!("{} is no wallet key: {why}", path.display()), next)
        })
    }

    /// The parser's own text could quote the secret, so none of it is in the reason.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let file: File = serde_json::from_str(text).map_err(|_| "unexpected form")?;
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == file.scheme);
        let digits = file.seed.strip_prefix("0x").unwrap_or(&file.seed);
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, seed.as_mut()).map_err(|_| "`seed` is not 64 hex digits")?;
        Ok(Self { scheme: scheme.ok_or("unknown scheme")?, seed })
    }

    /// Whether this is the key of an account. One key may have several accounts, so a text that no service asks for is
    /// signed and the signature verified; it goes nowhere.
    pub fn is_of(&self, account: &AccountId) -> bool {
        const PROBE: &str = "whose key is this?";
        let signature = self.sign(PROBE.as_bytes()).ok().map(|bytes| format!("0x{}", hex::encode(bytes)));
        let signature = signature.and_then(|text| WalletSignature::from_hex(&text).ok());
        signature.is_some_and(|signature| wallet::verify(self.scheme, account, PROBE, &signature).is_ok())
    }

    /// Signs a message as it is, and checks that the signature is the controller's: `0x` and hex digits.
    pub fn sign_for(&self, controller: Option<&AccountId>, message: &str) -> Outcome<String> {
        let text = format!("0x{}", hex::encode(self.sign(message.as_bytes())?));
        if let Some(account) = controller {
            let signature = WalletSignature::from_hex(&text).or_fail("the signature", "please report it")?;
            wallet::verify(self.scheme, account, message, &signature)
                .or_refuse("the key is not the controller's", "sign with the key that controls the agent now")?;
        }
        Ok(text)
    }

    fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        match self.scheme {
            Scheme::Sr25519 => {
                let key = MiniSecretKey::from_bytes(self.seed.as_ref()).map_err(|_| unusable())?;
                let pair = key.expand_to_keypair(ExpansionMode::Ed25519);
                Ok(pair.sign_simple(CONTEXT, message).to_bytes().to_vec())
            }
            Scheme::Ed25519 => Ok(ed25519_dalek::SigningKey::from_bytes(&self.seed).sign(message).to_bytes().to_vec()),
            Scheme::Ecdsa => self.recoverable(&Blake2b256::digest(message)),
            Scheme::Ethereum => self.recoverable(&Keccak256::digest(message)),
        }
    }

    /// `r ‖ s ‖ recovery id` over a hash.
    fn recoverable(&self, hash: &[u8]) -> Outcome<Vec<u8>> {
        let key = SigningKey::from_slice(self.seed.as_ref()).map_err(|_| unusable())?;
        let (signature, id) = key.sign_prehash_recoverable(hash);
        Ok([&signature.to_bytes()[..], &[id.to_byte()]].concat())
    }
}

fn unusable() -> Failure {
    Failure::error("the seed is no key of its scheme", "make another one with the wallet")
}

#[cfg(test)]
mod tests {
    use poa_verifier::agenthood::ss58::{Address, Network};
    use serde_json::Value;

    use super::*;

    /// Accounts of polkadot-js for //poa of the development phrase, from the vectors; the seeds stay with the test.
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../test-vectors/wallets/signatures.json")).unwrap()
    }

    fn key(scheme: &str, seed: &str) -> Result<WalletKey, &'static str> {
        WalletKey::parse(&serde_json::json!({ "scheme": scheme, "seed": seed }).to_string())
    }

    #[test]
    fn a_signature_is_checked_against_the_controller_before_it_leaves() {
        let accounts = vectors();
        for scheme in ["sr25519", "ed25519", "ecdsa", "ethereum"] {
            let key = key(scheme, &"07".repeat(32)).unwrap();
            assert!(key.sign_for(None, "poa:a:b").unwrap().len() >= 130);
            let other = accounts["cases"].as_array().unwrap().iter().find(|case| case["scheme"] == scheme).unwrap();
            let other = Address::parse(other["account"].as_str().unwrap(), Network::SUBSTRATE).unwrap();
            assert!(key.sign_for(Some(other.account()), "poa:a:b").is_err(), "{scheme}");
            assert!(!key.is_of(other.account()), "{scheme}");
        }
    }

    /// The well-known development account Alice: `subkey inspect //Alice` prints the seed and the addresses.
    #[test]
    fn the_seed_of_subkey_signs_for_its_account() {
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        let alice = Address::parse("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", Network::SUBSTRATE).unwrap();
        let key = key("sr25519", seed).unwrap();
        assert!(key.sign_for(Some(alice.account()), "poa:a:b").is_ok());
        let ed25519 = self::key("ed25519", seed).unwrap();
        assert!(ed25519.sign_for(Some(alice.account()), "poa:a:b").is_err());
    }

    #[test]
    fn other_files_are_refused_without_quoting_them() {
        for (scheme, seed) in [("sr25519", "07"), ("sr25519", "0xzz"), ("rsa", &"07".repeat(32)), ("", "")] {
            assert!(key(scheme, seed).err().is_some_and(|why| !why.contains("07")), "{scheme} {seed}");
        }
        assert!(WalletKey::parse("{\"seed\": 1}").is_err());
    }
}
