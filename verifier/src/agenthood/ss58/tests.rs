//! Known addresses, and every other spelling refused.

use proptest::prelude::*;

use super::*;

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

fn alice() -> AccountId {
    let bytes = hex::decode("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d").unwrap();
    AccountId::new(bytes.try_into().unwrap()).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    let check = checksum(bytes);
    bs58::encode([bytes, &check].concat()).into_string()
}

/// The development account of every Substrate node, on networks with prefixes of one and two bytes. The texts are
/// what `encodeAddress` of @polkadot/util-crypto 14.0.3 writes.
#[test]
fn published_addresses_round_trip() {
    for (prefix, text) in [
        (42, ALICE),
        (0, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"),
        (2, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"),
        (1284, "VdvKmYJfD4VXA9fzz1SbmCo2eYHSzUFbaDCZSuaNKJAe8YNg6"),
    ] {
        let address: Address = text.parse().unwrap();
        assert_eq!((address.network().prefix(), address.account()), (prefix, &alice()), "{text}");
        assert_eq!(Address::new(Network::new(prefix).unwrap(), alice()).to_string(), text);
    }
}

#[test]
fn another_network_is_refused() {
    assert!(Address::parse(ALICE, Network::SUBSTRATE).is_ok());
    let polkadot = Network::new(0).unwrap();
    assert_eq!(Address::parse(ALICE, polkadot), Err(Ss58Error::Network { got: 42, expected: 0 }));
    for reserved in [46, 47, 1 << 14, u16::MAX] {
        assert_eq!(Network::new(reserved), Err(Ss58Error::Prefix(reserved)));
    }
    assert_eq!(encode(&[&[46][..], alice().as_bytes()].concat()).parse::<Address>(), Err(Ss58Error::Prefix(46)));
}

#[test]
fn a_mistyped_character_fails_the_checksum() {
    assert_eq!(
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ".parse::<Address>(),
        Err(Ss58Error::Checksum),
        "last character"
    );
    // A placeholder in a published fixture: right shape, wrong checksum.
    assert_eq!("5HpG9w8E1nKDmtNHSZGHHKGsHDmtzpTAkrQ4yX5pWBz3K8nL".parse::<Address>(), Err(Ss58Error::Checksum));
}

#[test]
fn other_lengths_and_spellings_are_refused() {
    let account = alice();
    let two_bytes_for_a_small_prefix = [&[0x40 | (42 >> 2), (42 & 3) << 6][..], account.as_bytes()].concat();
    for bytes in [
        [&[42][..], &account.as_bytes()[..31]].concat(),
        [&[42][..], account.as_bytes(), &[0]].concat(),
        [&[42, 1, 2, 3][..]].concat(),
        [&[128][..], account.as_bytes()].concat(),
        two_bytes_for_a_small_prefix,
        Vec::new(),
    ] {
        assert_eq!(encode(&bytes).parse::<Address>(), Err(Ss58Error::Malformed), "{}", hex::encode(bytes));
    }
    for text in ["", "0", " 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", &format!("1{ALICE}"), &"1".repeat(5000)]
    {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
    assert_eq!(encode(&[&[42][..], &[0; 32]].concat()).parse::<Address>(), Err(Ss58Error::Zero));
}

proptest! {
    #[test]
    fn addresses_round_trip(prefix in 0..1u16 << 14, bytes: [u8; 32]) {
        if let (Ok(network), Ok(account)) = (Network::new(prefix), AccountId::new(bytes)) {
            let address = Address::new(network, account);
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn whatever_reads_is_written_back(text in "[1-9A-Za-z]{0,50}") {
        if let Ok(address) = text.parse::<Address>() { prop_assert_eq!(address.to_string(), text); }
    }
}
