//! Entries and claims of token status lists.

use proptest::prelude::*;

use super::*;

fn decode(bits: u8, bytes: &[u8]) -> Result<Entries, StatusError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    let lst = multibase::base64url(&encoder.finish().unwrap());
    Entries::from_value(&json!({ "bits": bits, "lst": lst }))
}

/// The two examples of the specification, §4 of the draft.
#[test]
fn the_specifications_examples_decode() {
    let one = Entries::from_value(&json!({ "bits": 1, "lst": "eNrbuRgAAhcBXQ" })).unwrap();
    let expected = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    for (index, value) in expected.into_iter().enumerate() {
        assert_eq!(one.get(index as u64), Ok(TokenStatus::from_value(value)), "{index}");
    }
    let two = Entries::from_value(&json!({ "bits": 2, "lst": "eNo76fITAAPfAgc" })).unwrap();
    let expected = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    for (index, value) in expected.into_iter().enumerate() {
        assert_eq!(two.get(index as u64), Ok(TokenStatus::from_value(value)), "{index}");
    }
    assert_eq!((one.count(), two.count()), (16, 12));
    assert_eq!(two.get(12), Err(StatusError::Index(12)));
    assert_eq!(two.get(u64::MAX), Err(StatusError::Index(u64::MAX)));
}

#[test]
fn an_inflated_list_is_bounded_and_stands_alone() {
    assert!(decode(8, &vec![0; MAX_INFLATED_BYTES]).is_ok());
    assert_eq!(decode(8, &vec![0; MAX_INFLATED_BYTES + 1]), Err(StatusError::Length), "a bomb");
    assert_eq!(decode(8, &vec![0; 8 * MAX_INFLATED_BYTES]), Err(StatusError::Length), "a great bomb");
    assert_eq!(decode(8, &[]), Err(StatusError::Length));
    for bits in [0, 3, 16] {
        assert!(decode(bits, &[0]).is_err(), "{bits}");
    }
    let lst = |text: &str| Entries::from_value(&json!({ "bits": 1, "lst": text }));
    let mut zlib = multibase::from_base64url("eNrbuRgAAhcBXQ").unwrap();
    zlib.push(0);
    assert_eq!(lst(&multibase::base64url(&zlib)), Err(StatusError::Encoding), "a byte after the stream");
    zlib.truncate(zlib.len() - 3);
    assert_eq!(lst(&multibase::base64url(&zlib)), Err(StatusError::Encoding), "a stream cut short");
    zlib[3] ^= 1;
    assert_eq!(lst(&multibase::base64url(&zlib)), Err(StatusError::Encoding), "a wrong checksum");
    assert_eq!(lst("eNrbuRgAAhcBXQ=="), Err(StatusError::Encoding), "padding");
}

#[test]
fn one_list_says_what_two_bitstrings_say() {
    let (mut revoked, mut suspended) = (Bits::new(0).unwrap(), Bits::new(0).unwrap());
    revoked.set(7, true).unwrap();
    revoked.set(8, true).unwrap();
    suspended.set(8, true).unwrap();
    suspended.set(131_071, true).unwrap();
    let entries = Entries::from_bits(&revoked, &suspended).unwrap();
    assert_eq!(entries.count(), 131_072);
    let not_valid: Vec<_> = (0..entries.count()).filter(|i| entries.get(*i) != Ok(TokenStatus::Valid)).collect();
    assert_eq!(not_valid, [7, 8, 131_071]);
    assert_eq!(entries.get(8), Ok(TokenStatus::Invalid));
    assert_eq!(entries.get(131_071), Ok(TokenStatus::Suspended));
    assert_eq!(Entries::from_bits(&revoked, &Bits::new(131_080).unwrap()), Err(StatusError::Length));
}

/// Every value of a byte of either list.
#[test]
fn the_combined_list_is_right_for_every_pair_of_bytes() {
    let (mut revoked, mut suspended) = (Bits::new(1 << 19).unwrap(), Bits::new(1 << 19).unwrap());
    for pair in 0..1 << 16 {
        [revoked.0[pair], suspended.0[pair]] = (pair as u16).to_be_bytes();
    }
    let entries = Entries::from_bits(&revoked, &suspended).unwrap();
    for index in 0..entries.count() {
        let expected = match (revoked.get(index).unwrap(), suspended.get(index).unwrap()) {
            (true, _) => TokenStatus::Invalid,
            (false, true) => TokenStatus::Suspended,
            (false, false) => TokenStatus::Valid,
        };
        assert_eq!(entries.get(index), Ok(expected), "{index}");
    }
}

/// Far above what it takes (`cargo bench --bench status_lists`), so that it only fails for something quadratic.
#[test]
fn ten_million_entries_are_encoded_within_a_bound() {
    let entries = 10_000_000;
    let (mut revoked, mut suspended) = (Bits::new(entries).unwrap(), Bits::new(entries).unwrap());
    for index in (0..entries as u64).step_by(97) {
        revoked.set(index, true).unwrap();
        suspended.set(index ^ 5, true).unwrap();
    }
    let begun = std::time::Instant::now();
    let bitstring = revoked.encode();
    let token = Entries::from_bits(&revoked, &suspended).unwrap().to_value();
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(Bits::decode(&bitstring), Ok(revoked));
    assert_eq!(Entries::from_value(&token).unwrap().count(), entries as u64);
}

#[test]
fn the_claims_round_trip_and_age() {
    let mut claims = TokenStatusClaims {
        iss: "did:web:a".to_owned(),
        uri: "https://a/l".to_owned(),
        iat: 1000,
        exp: 5000,
        ttl_s: 300,
        revocations: 4,
        entries: Entries::new(10).unwrap(),
    };
    assert_eq!(TokenStatusClaims::from_value(&claims.to_value()), Ok(claims.clone()));
    assert_eq!(claims.fresh_until(), 1300);
    claims.exp = 1200;
    assert_eq!(claims.fresh_until(), 1200);
    (claims.exp, claims.ttl_s) = (u64::MAX, u64::MAX);
    assert_eq!(claims.fresh_until(), 1000 + 86_400);
    for member in ["iss", "sub", "iat", "exp", "ttl", "status_list"] {
        let mut value = claims.to_value();
        value.as_object_mut().unwrap().remove(member);
        assert!(TokenStatusClaims::from_value(&value).is_err(), "{member}");
    }
}

proptest! {
    #[test]
    fn entries_round_trip(statuses in proptest::collection::vec(0u8..4, 1..200)) {
        let mut entries = Entries::new(statuses.len()).unwrap();
        for (index, status) in statuses.iter().enumerate() {
            entries.set(index as u64, TokenStatus::from_value(*status)).unwrap();
        }
        let read = Entries::from_value(&entries.to_value()).unwrap();
        for (index, status) in statuses.iter().enumerate() {
            prop_assert_eq!(read.get(index as u64).unwrap().to_value(), *status);
        }
    }
}
