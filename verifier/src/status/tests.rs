//! Bits, their encoding, entries and lists.

use proptest::prelude::*;

use super::*;

#[test]
fn bits_are_most_significant_first_and_padded_to_the_least_size() {
    let mut bits = Bits::new(1).unwrap();
    assert_eq!(bits.entries(), MIN_ENTRIES as u64);
    bits.set(0, true).unwrap();
    bits.set(15, true).unwrap();
    assert_eq!(&bits.0[..3], [0x80, 0x01, 0]);
    assert_eq!(bits.get(0), Ok(true));
    assert_eq!(bits.get(1), Ok(false));
    bits.set(0, false).unwrap();
    assert_eq!(bits.get(0), Ok(false));
    for index in [MIN_ENTRIES as u64, u64::MAX] {
        assert_eq!(bits.get(index), Err(StatusError::Index(index)));
        assert_eq!(bits.set(index, true), Err(StatusError::Index(index)));
    }
    assert_eq!(Bits::new(usize::MAX), Err(StatusError::Length));
}

/// W3C Bitstring Status List v1.0, example of an empty list of 131,072 entries.
#[test]
fn the_published_empty_list_decodes() {
    let text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
    assert_eq!(Bits::decode(text), Bits::new(0));
}

fn gzip(bytes: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    multibase::encode_base64url(&encoder.finish().unwrap())
}

#[test]
fn short_lists_bombs_and_broken_gzip_are_refused() {
    assert_eq!(Bits::decode(&gzip(&[0; MIN_ENTRIES / 8 - 1])), Err(StatusError::Length));
    assert!(Bits::decode(&gzip(&vec![0; MAX_INFLATED_BYTES])).is_ok());
    assert_eq!(Bits::decode(&gzip(&vec![0; MAX_INFLATED_BYTES + 1])), Err(StatusError::Length));
    assert_eq!(Bits::decode(&gzip(&vec![0; 16 * MAX_INFLATED_BYTES])), Err(StatusError::Length));
    let good = gzip(&[0; MIN_ENTRIES / 8]);
    for bad in [&good[1..], &good[..good.len() - 4], "u", "", "uAAAA", &format!("{good}AA"), &format!("{good}=")] {
        assert_eq!(Bits::decode(bad), Err(StatusError::Encoding), "{bad}");
    }
}

/// Bitstring Status List v1.0, §3.5 "Processing Errors".
#[test]
fn reasons_have_the_problem_types_of_the_specification() {
    for (reason, name) in [
        ("no_list", "STATUS_RETRIEVAL_ERROR"),
        ("list_signature", "STATUS_VERIFICATION_ERROR"),
        ("stale_list", "STATUS_VERIFICATION_ERROR"),
        ("older_list", "STATUS_VERIFICATION_ERROR"),
        ("wrong_purpose", "STATUS_VERIFICATION_ERROR"),
        ("list_length", "STATUS_LIST_LENGTH_ERROR"),
        ("malformed", "MALFORMED_VALUE_ERROR"),
        ("malformed_list", "MALFORMED_VALUE_ERROR"),
        ("index", "RANGE_ERROR"),
    ] {
        let expected = format!("https://www.w3.org/ns/credentials/status-list#{name}");
        assert_eq!(problem_type(reason), Some(expected), "{reason}");
    }
    for reason in ["revoked", "suspended", "lagging_list", "not_reached", ""] {
        assert_eq!(problem_type(reason), None, "{reason}");
    }
}

fn entries(value: &Value) -> Result<Vec<StatusEntry>, StatusError> {
    StatusEntry::list_from_node(&value.into())
}

#[test]
fn entries_are_read_as_written() {
    let entry = StatusEntry { list: "https://a.example/s/1".to_owned(), purpose: ListPurpose::Revocation, index: 7 };
    let other = StatusEntry { purpose: ListPurpose::Suspension, ..entry.clone() };
    let both = json!([entry.to_value(), other.to_value()]);
    assert_eq!(entries(&both), Ok(vec![entry.clone(), other]));
    assert_eq!(entries(&entry.to_value()), Ok(vec![entry.clone()]));
    assert!(entries(&json!([entry.to_value(), entry.to_value()])).is_err());
    for (member, value) in [
        ("id", json!("https://a.example/s/1#8")),
        ("type", json!("X")),
        ("statusListIndex", json!(7)),
        ("statusListIndex", json!("07")),
        ("statusListIndex", json!("+7")),
        ("statusListIndex", json!("18446744073709551616")),
        ("statusPurpose", json!("message")),
        ("statusSize", json!(2)),
        ("statusPurpose", json!({"revocation": null})),
        ("id", Value::Null),
    ] {
        let mut bad = entry.to_value();
        bad[member] = value;
        assert!(entries(&bad).is_err(), "{member}");
    }
}

fn list() -> StatusList {
    StatusList {
        id: "https://a.example/s/1".to_owned(),
        issuer: "did:web:a.example".parse().unwrap(),
        purpose: ListPurpose::Revocation,
        valid_from: 1000,
        valid_until: 2000,
        ttl_ms: 300_000,
        revocations: 4,
        bits: Bits::new(0).unwrap(),
    }
}

#[test]
fn lists_are_read_as_written_and_nothing_else() {
    let value = list().to_value().unwrap();
    assert_eq!(StatusList::from_value(&value), Ok(list()));
    for pointer in [
        "/id",
        "/type",
        "/@context",
        "/credentialSubject/id",
        "/credentialSubject/type",
        "/credentialSubject/ttl",
        "/credentialSubject/encodedList",
        "/validFrom",
        "/issuer",
    ] {
        let mut bad = value.clone();
        *bad.pointer_mut(pointer).unwrap() = json!("x");
        assert!(StatusList::from_value(&bad).is_err(), "{pointer}");
    }
    let mut bad = value.clone();
    bad["credentialSubject"]["surplus"] = json!(1);
    assert!(StatusList::from_value(&bad).is_err());
}

#[test]
fn freshness_ends_with_the_ttl_or_the_validity_whichever_is_first() {
    assert_eq!(list().fresh_until(), 1300);
    assert_eq!(StatusList { valid_until: 1200, ..list() }.fresh_until(), 1200);
    assert_eq!(StatusList { ttl_ms: u64::MAX, ..list() }.fresh_until(), 2000);
    let forever = StatusList { ttl_ms: u64::MAX, valid_until: u64::MAX, ..list() };
    assert_eq!(forever.fresh_until(), 1000 + 86_400);
    assert_eq!(StatusList { valid_from: u64::MAX - 5, ..forever }.fresh_until(), u64::MAX);
}

proptest! {
    #[test]
    fn random_bits_survive_their_encoding(set in proptest::collection::btree_set(0..MIN_ENTRIES as u64, 0..50)) {
        let mut bits = Bits::new(0).unwrap();
        for index in &set { bits.set(*index, true).unwrap(); }
        let read = Bits::decode(&bits.encode()).unwrap();
        for index in 0..MIN_ENTRIES as u64 { prop_assert_eq!(read.get(index).unwrap(), set.contains(&index)); }
    }

    #[test]
    fn random_texts_never_panic(text in "u[A-Za-z0-9_-]{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Bits::decode(&text);
        let header = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &bytes].concat();
        let _ = Bits::decode(&multibase::encode_base64url(&header));
    }
}
