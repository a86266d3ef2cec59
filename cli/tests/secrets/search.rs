//! Looking for secrets in bytes, in every form that a careless line of code would give them.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Shorter forms would be found by accident.
const LEAST_BYTES: usize = 8;

/// A secret that was used, and how it would look.
pub struct Secret {
    pub name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

/// Where a secret stands.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Found {
    pub place: String,
    pub secret: String,
    pub form: &'static str,
}

impl Secret {
    /// Key material: raw and turned round, hex, base64 at every alignment, a decimal number, a list of bytes, escaped.
    pub fn bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        let mut forms = vec![
            ("raw", bytes.to_vec()),
            ("raw, turned round", turned.clone()),
            ("escaped", bytes.escape_ascii().to_string().into_bytes()),
        ];
        for bytes in [bytes, &turned] {
            let list = |between: &str| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(between).into_bytes();
            forms.extend([
                ("hex", hex::encode(bytes).into_bytes()),
                ("HEX", hex::encode_upper(bytes).into_bytes()),
                ("decimal", decimal(bytes).into_bytes()),
                ("list of bytes", list(", ")),
                ("list of bytes", list(",")),
            ]);
        }
        forms.extend(base64_forms(bytes));
        Self::of(name, forms)
    }

    /// A text such as a token or a passphrase: as it is, and the bytes of it in hex and base64.
    pub fn text(name: impl Into<String>, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut forms = vec![
            ("text", bytes.to_vec()),
            ("hex", hex::encode(bytes).into_bytes()),
            ("HEX", hex::encode_upper(bytes).into_bytes()),
        ];
        forms.extend(base64_forms(bytes));
        Self::of(name, forms)
    }

    fn of(name: impl Into<String>, mut forms: Vec<(&'static str, Vec<u8>)>) -> Self {
        forms.retain(|(_, form)| form.len() >= LEAST_BYTES);
        Self { name: name.into(), forms }
    }
}

/// Every secret in every place, each form once.
pub fn search(secrets: &[Secret], places: &[(String, Vec<u8>)]) -> Vec<Found> {
    let forms: Vec<_> =
        secrets.iter().flat_map(|s| s.forms.iter().map(move |(form, bytes)| (s, *form, bytes))).collect();
    let searcher = AhoCorasick::new(forms.iter().map(|(_, _, bytes)| bytes)).unwrap();
    let mut found = Vec::new();
    for (place, bytes) in places {
        for hit in searcher.find_overlapping_iter(bytes) {
            let (secret, form, _) = forms[hit.pattern().as_usize()];
            found.push(Found { place: place.clone(), secret: secret.name.clone(), form });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The characters that depend on these bytes alone, wherever they stand in what was encoded.
fn base64_forms(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let config = GeneralPurposeConfig::new().with_encode_padding(false);
    let alphabets = [("base64", alphabet::STANDARD), ("base64url", alphabet::URL_SAFE)];
    let of = |before: usize| {
        alphabets.clone().map(|(form, alphabet)| {
            let all = [&vec![0; before], bytes].concat();
            let text = GeneralPurpose::new(&alphabet, config).encode(all).into_bytes();
            let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
            (form, text[from..to].to_vec())
        })
    };
    (0..3).flat_map(of).collect()
}

/// The big-endian number.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [
        0x2a, 0xff, 0x10, 0x9c, 0xfb, 0xef, 0x00, 0x41, 0x5c, 0x7e, 0x83, 0xd2, 0x19, 0x66, 0xb4, 0xe8, 0x3f, 0xfa,
        0xc1, 0x07, 0x94, 0x5d, 0x2e, 0x71, 0x88, 0x36, 0xad, 0xf0, 0x0b, 0xc9, 0x54, 0xe3,
    ];

    fn forms(secret: &Secret, text: &[u8]) -> Vec<&'static str> {
        let found = search(std::slice::from_ref(secret), &[("log".to_owned(), text.to_vec())]);
        found.into_iter().map(|found| found.form).collect()
    }

    #[test]
    fn every_form_is_found_within_other_bytes() {
        let key = Secret::bytes("k", &KEY);
        let standard = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let url = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let turned: Vec<u8> = KEY.iter().rev().copied().collect();
        for (form, text) in [
            ("hex", format!("key=0x{};", hex::encode(KEY))),
            ("hex", hex::encode(&turned)),
            ("HEX", hex::encode_upper(KEY)),
            ("decimal", "k: 19447800302240609556631122395674063965203935086837191257679641616666419877091".to_owned()),
            ("list of bytes", format!("{KEY:?}")),
            ("list of bytes", serde_json::to_string(&turned).unwrap()),
            ("escaped", format!("b\"{}\"", KEY.escape_ascii())),
        ] {
            assert!(forms(&key, text.as_bytes()).contains(&form), "{form}: {text}");
        }
        for before in 0..5 {
            let inside = [&vec![7; before], &KEY[..], b"and more"].concat();
            assert_eq!(forms(&key, &inside), ["raw"]);
            assert!(forms(&key, standard(&inside).as_bytes()).contains(&"base64"), "{before}");
            assert!(forms(&key, url(&inside).as_bytes()).contains(&"base64url"), "{before}");
        }
        assert_eq!(forms(&key, &turned), ["raw, turned round"]);
        let token = Secret::text("token", "poa_op_secret");
        assert_eq!(forms(&token, b"authorization: Bearer poa_op_secret\n"), ["text"]);
        assert!(forms(&token, standard(b"a: poa_op_secret").as_bytes()).contains(&"base64"));
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut other = KEY;
        other[31] ^= 1;
        let text = [&other[..], hex::encode(other).as_bytes(), format!("{other:?}").as_bytes()].concat();
        assert_eq!(forms(&Secret::bytes("k", &KEY), &text), Vec::<&str>::new());
    }
}
