//! Signatures of the wallet library, taken and refused.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;

use super::*;
use crate::agenthood::ss58::Address;

const VECTORS: &str = include_str!("../../../../test-vectors/wallets/signatures.json");

struct Case {
    scheme: Scheme,
    account: AccountId,
    message: String,
    signature: String,
}

impl Case {
    fn signature(&self) -> WalletSignature {
        WalletSignature::from_hex(&self.signature).unwrap()
    }

    fn check(&self) -> Result<(), WalletError> {
        verify(self.scheme, &self.account, &self.message, &self.signature())
    }
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let text = |case: &Value, name: &str| case[name].as_str().unwrap().to_owned();
    let read = |case: &Value| Case {
        scheme: serde_json::from_value(case["scheme"].clone()).unwrap(),
        account: *text(case, "account").parse::<Address>().unwrap().account(),
        message: text(case, "message"),
        signature: text(case, "signature"),
    };
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn built(scheme: Scheme) -> bool {
    cfg!(feature = "wallet-signatures") || scheme == Scheme::Ed25519
}

#[test]
fn every_signature_of_the_wallet_library_is_taken() {
    let cases = cases();
    assert_eq!(cases.len(), 40);
    for case in cases {
        let expected = if built(case.scheme) { Ok(()) } else { Err(WalletError::NotBuilt(case.scheme)) };
        assert_eq!(case.check(), expected, "{} {}", case.scheme.as_str(), case.signature);
        if built(Scheme::Sr25519) {
            assert_eq!(detect(&case.account, &case.message, &case.signature()), Ok(case.scheme));
        }
    }
}

#[test]
fn another_message_account_or_scheme_is_refused() {
    let cases = cases();
    for case in cases.iter().filter(|case| built(case.scheme)) {
        let signature = case.signature();
        let check = |scheme, account: &AccountId, message: &str| verify(scheme, account, message, &signature);
        let changed = format!("{}0", &case.message[..case.message.len() - 1]);
        assert_eq!(check(case.scheme, &case.account, &changed), Err(WalletError::Signature));
        let wrapped = format!("<Bytes>{}</Bytes>", case.message);
        if case.check().is_ok()
            && verify_bytes(case.scheme, &case.account, case.message.as_bytes(), &signature).is_err()
        {
            assert_eq!(check(case.scheme, &case.account, &wrapped), Ok(()), "signed with the tags");
        }
        let mut bytes = *case.account.as_bytes();
        bytes[31] ^= 1;
        assert_eq!(check(case.scheme, &AccountId::new(bytes).unwrap(), &case.message), Err(WalletError::Signature));
        for other in Scheme::ALL.into_iter().filter(|other| *other != case.scheme && built(*other)) {
            assert_eq!(check(other, &case.account, &case.message), Err(WalletError::Signature), "{}", other.as_str());
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    // The last case of each scheme has its type before it.
    for case in cases().iter().rev().filter(|case| built(case.scheme)).step_by(8) {
        let bytes = case.signature().0;
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let result = verify(case.scheme, &case.account, &case.message, &WalletSignature(other));
            assert_eq!(result, Err(WalletError::Signature), "{} bit {bit}", case.scheme.as_str());
        }
    }
}

#[test]
fn hexadecimal_has_either_case_and_perhaps_0x() {
    let digits = "aB".repeat(64);
    let signature = WalletSignature::from_hex(&digits).unwrap();
    assert_eq!(WalletSignature::from_hex(&format!("0x{digits}")), Ok(signature));
    for bad in ["", "0x", &digits[1..], &digits[2..], &format!("0X{digits}"), &"ab".repeat(67), &"zz".repeat(64)] {
        assert_eq!(WalletSignature::from_hex(bad), Err(WalletError::Malformed), "{bad}");
    }
}

#[test]
fn a_small_order_key_is_nobodys_account() {
    // The neutral element of Ed25519, and a signature that the bare equation accepts for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let account = AccountId::new(neutral).unwrap();
    let mut forged = [0; 64];
    forged[0] = 1;
    assert_eq!(detect_or_refuse(&account, &forged), Err(WalletError::Signature));
    assert!(AccountId::new([0; 32]).is_err(), "the neutral element of Ristretto");
}

fn detect_or_refuse(account: &AccountId, forged: &[u8; 64]) -> Result<(), WalletError> {
    verify(Scheme::Ed25519, account, "poa:x:y", &WalletSignature(forged.to_vec()))
}

#[test]
fn a_type_byte_of_another_scheme_is_refused() {
    let key = SigningKey::from_bytes(&[3; 32]);
    let account = AccountId::new(key.verifying_key().to_bytes()).unwrap();
    let signature = key.sign(b"text").to_bytes();
    for (marker, expected) in [(0, Ok(())), (1, Err(WalletError::Signature)), (2, Err(WalletError::Signature))] {
        let bytes = [&[marker][..], &signature].concat();
        assert_eq!(verify(Scheme::Ed25519, &account, "text", &WalletSignature(bytes)), expected);
    }
}

#[cfg(feature = "wallet-signatures")]
mod secp256k1_forms {
    use super::*;

    /// Order of the group.
    const N: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    /// `n − s` with the other recovery id signs the same; ids from 27 on are Ethereum's own writing of 0 and 1.
    #[test]
    fn a_signature_has_one_form() {
        for case in cases().iter().filter(|case| matches!(case.scheme, Scheme::Ecdsa | Scheme::Ethereum)) {
            let mut bytes = case.signature().0;
            if bytes.len() == 66 {
                bytes.remove(0);
            }
            let mut high = bytes.clone();
            subtract_from(&hex::decode(N).unwrap(), &mut high[32..64]);
            high[64] ^= 1;
            let mut shifted = bytes.clone();
            shifted[64] += 27;
            let mut beyond = bytes.clone();
            beyond[64] += 2;
            for other in [high, shifted, beyond] {
                let result = verify(case.scheme, &case.account, &case.message, &WalletSignature(other));
                assert_eq!(result, Err(WalletError::Signature));
            }
        }
    }

    fn subtract_from(n: &[u8], s: &mut [u8]) {
        let mut borrow = 0i16;
        for (n, s) in n.iter().zip(s).rev() {
            let difference = i16::from(*n) - i16::from(*s) - borrow;
            borrow = i16::from(difference < 0);
            *s = difference.rem_euclid(256) as u8;
        }
        assert_eq!(borrow, 0);
    }
}
