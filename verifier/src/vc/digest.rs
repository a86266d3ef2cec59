//! `digestSRI` and `digestMultibase` (VC Data Model 2.0 §5.3).
//!
//! A digest must be able to be one. Where the resource is compiled in, it must be that one's; no other is fetched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::error::{DataModelError, Place, Reason};
use super::pinned::Contexts;
use crate::multibase;

type Checked = Result<(), DataModelError>;

/// A digest and how to make it.
struct Digest {
    hash: Hash,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn of(self, resource: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(resource).to_vec(),
            Self::Sha384 => Sha384::digest(resource).to_vec(),
            Self::Sha512 => Sha512::digest(resource).to_vec(),
        }
    }
}

impl Digest {
    fn is_of(&self, resource: &[u8]) -> bool {
        self.hash.of(resource) == self.bytes
    }
}

/// `sha256-` and the digest in base64, as `digestSRI` has it.
pub fn sri_sha256(resource: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(resource)))
}

/// Subresource Integrity §3.1: one or more of `<hash>-<base64>`, the strongest counts.
fn read_sri(text: &str) -> Option<Vec<Digest>> {
    let one = |part: &str| {
        let (hash, digest) = part.split_once('-')?;
        let hash = match hash {
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            "sha512" => Hash::Sha512,
            _ => return None,
        };
        let bytes = STANDARD.decode(digest).ok()?;
        (bytes.len() == hash.bytes()).then_some(Digest { hash, bytes })
    };
    let digests: Vec<_> = text.split(' ').map(one).collect::<Option<_>>()?;
    Some(digests)
}

/// Multibase `u` or `z` of a multihash, or of 32 bytes alone, which VC Data Model 2.0 shows and reads as SHA-256.
fn read_multibase(text: &str) -> Option<Digest> {
    let bytes = multibase::decode_base64url(text).or_else(|_| multibase::decode_base58(text)).ok()?;
    let (hash, digest) = match bytes.as_slice() {
        [0x12, 0x20, digest @ ..] => (Hash::Sha256, digest),
        [0x20, 0x30, digest @ ..] => (Hash::Sha384, digest),
        [0x13, 0x40, digest @ ..] => (Hash::Sha512, digest),
        alone => (Hash::Sha256, alone),
    };
    (digest.len() == hash.bytes()).then(|| Digest { hash, bytes: digest.to_vec() })
}

/// A `digestSRI` that could be one.
pub(super) fn check_sri(value: &Value, place: &Place<'_>) -> Checked {
    match value.as_str().and_then(read_sri) {
        Some(_) => Ok(()),
        None => place.refuse(Reason::BadDigest, "must be sha256-, sha384- or sha512- and that digest in base64"),
    }
}

/// A `digestMultibase` that could be one.
pub(super) fn check_multibase(value: &Value, place: &Place<'_>) -> Checked {
    match value.as_str().and_then(read_multibase) {
        Some(_) => Ok(()),
        None => place.refuse(Reason::BadDigest, "must be the multibase text (u, z) of a SHA-2 multihash"),
    }
}

/// The digests of an object are those of what its `id` names, where that is compiled in.
pub(super) fn check_node(contexts: &Contexts, members: &Map<String, Value>, place: &Place<'_>) -> Checked {
    let Some(resource) = members.get("id").and_then(Value::as_str).and_then(|url| contexts.bytes(url)) else {
        return Ok(());
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if !text("digestSRI").and_then(read_sri).is_none_or(|digests| digests.iter().all(|digest| digest.is_of(resource))) {
        return place.member("digestSRI").refuse(Reason::WrongDigest, "is not the digest of that resource");
    }
    if !text("digestMultibase").and_then(read_multibase).is_none_or(|digest| digest.is_of(resource)) {
        return place.member("digestMultibase").refuse(Reason::WrongDigest, "is not the digest of that resource");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_told_from_other_texts() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(sri_sha256(b""), format!("sha256-{empty}"));
        assert!(read_sri(&format!("sha256-{empty}")).unwrap()[0].is_of(b""));
        for bad in [
            "",
            empty,
            &format!("sha1-{empty}"),
            &format!("sha384-{empty}"),
            &format!("sha256-{empty} "),
            "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert!(read_sri(bad).is_none(), "{bad}");
        }
        let hash = Sha256::digest(b"");
        let multihash = [&[0x12, 0x20][..], &hash].concat();
        for bytes in [&multihash[..], &hash[..]] {
            assert!(read_multibase(&multibase::encode_base64url(bytes)).unwrap().is_of(b""));
            assert!(read_multibase(&multibase::encode_base58(bytes)).unwrap().is_of(b""));
        }
        for bytes in [&multihash[..33], &hash[..31], &[0x12, 0x21][..]] {
            assert!(read_multibase(&multibase::encode_base64url(bytes)).is_none());
        }
    }
}
