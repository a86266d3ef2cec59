//! Names of rows that say nothing without the master key: HMAC-SHA-256 (RFC 2104).
//!
//! A row that is looked up by what it is about would tell whoever copies the database; its tag tells nothing,
//! and a guess cannot be tested. The key is used by two unrelated primitives, this one and the cipher, which
//! is sound as long as neither reveals it.
//!
//! [`MacKey`] is a key of its own for one label, for what leaves the service: MACs that strangers may collect.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::MasterKey;

const BLOCK_BYTES: usize = 64;

impl MasterKey {
    /// The tag of `bytes` for one `purpose`; tags of different purposes have nothing to do with each other.
    pub fn tag(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.hmac(&[purpose.as_bytes(), &[0], bytes])
    }

    /// Derives the MAC key of a label. It tells nothing about this key, nor about another label's.
    pub fn mac_key(&self, label: &str) -> MacKey {
        MacKey(self.tag("derived MAC key", label.as_bytes()))
    }

    fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac(&self.0, parts)
    }
}

/// A key for HMAC-SHA-256, derived from the master key. It has no `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// The MAC of `bytes`. Compare it in constant time.
    pub fn tag(&self, bytes: &[u8]) -> [u8; 32] {
        hmac(&self.0, &[bytes])
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let padded = |pad: u8| {
        let mut block = Zeroizing::new([pad; BLOCK_BYTES]);
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let mut inner = Sha256::new_with_prefix(padded(0x36).as_slice());
    parts.iter().for_each(|part| inner.update(part));
    Sha256::new_with_prefix(padded(0x5c).as_slice()).chain_update(inner.finalize()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1 and 4; a shorter key is the same as one filled up with zeros.
    #[test]
    fn it_is_hmac_sha256() {
        let key = |bytes: &[u8]| {
            let mut key = [0; 32];
            key[..bytes.len()].copy_from_slice(bytes);
            MasterKey::from_bytes(key)
        };
        let counting: Vec<u8> = (1..=25).collect();
        for (key, data, expected) in [
            (
                key(&[0x0b; 20]),
                b"Hi There".as_slice(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (key(&counting), &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        ] {
            assert_eq!(hex::encode(key.hmac(&[data])), expected);
        }
    }

    #[test]
    fn a_tag_is_for_one_key_purpose_and_text() {
        let key = MasterKey::from_bytes([7; 32]);
        let tag = key.tag("kind", b"a");
        assert_eq!(tag, key.tag("kind", b"a"));
        assert_ne!(tag, key.tag("kind", b"b"));
        assert_ne!(tag, key.tag("kinda", b""));
        assert_ne!(tag, MasterKey::from_bytes([8; 32]).tag("kind", b"a"));
    }

    #[test]
    fn a_derived_key_is_for_one_master_key_and_label() {
        let key = MasterKey::from_bytes([7; 32]);
        let tag = key.mac_key("a").tag(b"text");
        assert_eq!(tag, key.mac_key("a").tag(b"text"));
        assert_ne!(tag, key.mac_key("a").tag(b"texts"));
        assert_ne!(tag, key.mac_key("b").tag(b"text"));
        assert_ne!(tag, key.tag("a", b"text"));
        assert_ne!(tag, MasterKey::from_bytes([8; 32]).mac_key("a").tag(b"text"));
    }
}
