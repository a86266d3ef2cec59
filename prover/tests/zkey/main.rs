//! Snarkjs keys: the committed one written and read, and damaged ones. Keys that snarkjs made are read by the tests of
//! ceremonies.

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use poa_prover::crs::{MANIFEST, Manifest, PROVING_KEY, export_zkey};
use poa_prover::{ProvingKey, ProvingKeyError, ZkeyError};
use poa_verifier::key::KeyError;
use proptest::prelude::*;

mod parts;
use parts::Sections;

/// The committed key, with a transcript that readers of keys do not look at.
static SECTIONS: LazyLock<Sections> = LazyLock::new(|| {
    let mut sections = parts::split(&exported());
    sections.retain(|(id, _)| *id != 10);
    sections.push((10, [vec![7; 64], vec![0; 4]].concat()));
    sections
});
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| parts::join(&SECTIONS));

fn exported() -> Vec<u8> {
    export_zkey(ProvingKey::development(), &Manifest::from_json(MANIFEST).unwrap()).unwrap()
}

fn refusal(bytes: &[u8]) -> ZkeyError {
    ProvingKey::from_zkey(bytes).err().expect("a damaged file is refused")
}

/// What is said of a file of which one section was edited.
fn edited(section: u32, edit: impl FnOnce(&mut Vec<u8>)) -> ZkeyError {
    let mut sections = SECTIONS.clone();
    edit(&mut sections.iter_mut().find(|(id, _)| *id == section).unwrap().1);
    refusal(&parts::join(&sections))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

#[test]
fn the_committed_key_survives_the_form_byte_for_byte() {
    assert_eq!(ProvingKey::from_zkey(&exported()).unwrap().to_bytes(), PROVING_KEY);
    let mut sections = SECTIONS.clone();
    sections.retain(|(id, _)| *id != 10);
    sections.reverse();
    let bare = ProvingKey::from_zkey(&parts::join(&sections)).unwrap();
    assert_eq!(bare.to_bytes(), PROVING_KEY, "sections in another order, no transcript");
}

#[test]
fn what_is_no_zkey_is_refused() {
    assert_eq!(refusal(b""), ZkeyError::Magic);
    assert_eq!(refusal(b"r1cs\x01\0\0\0\0\0\0\0"), ZkeyError::Magic);
    assert_eq!(refusal(b"zkey\x02\0\0\0\0\0\0\0"), ZkeyError::Version(2));
    assert_eq!(refusal(b"zkey\x01\0\0\0\0\0\0\0"), ZkeyError::Missing(1));
    assert_eq!(refusal(b"zkey\x01\0\0"), ZkeyError::Length);
    assert_eq!(refusal(&FILE[..FILE.len() - 1]), ZkeyError::Length);
    assert_eq!(refusal(&[&FILE[..], &[0]].concat()), ZkeyError::Length);
    // A section that claims more than any memory.
    let mut huge = b"zkey\x01\0\0\0\x01\0\0\0\x0a\0\0\0".to_vec();
    huge.extend([0xff; 8]);
    assert_eq!(refusal(&huge), ZkeyError::Length);
}

#[test]
fn sections_must_be_there_once_with_the_circuits_length() {
    let mut sections = SECTIONS.clone();
    let removed = sections.remove(8);
    assert_eq!(refusal(&parts::join(&sections)), ZkeyError::Missing(9));
    sections.extend([removed.clone(), removed]);
    assert_eq!(refusal(&parts::join(&sections)), ZkeyError::Section(9));
    sections.pop();
    sections.push((11, vec![]));
    assert_eq!(refusal(&parts::join(&sections)), ZkeyError::Section(11));
    sections.last_mut().unwrap().0 = 0;
    assert_eq!(refusal(&parts::join(&sections)), ZkeyError::Section(0));
    let needed = 16_384 * 64;
    let shorter = edited(9, |bytes| bytes.truncate(needed - 64));
    assert_eq!(shorter, ZkeyError::SectionLength { section: 9, found: needed as u64 - 64, needed: needed as u64 });
}

#[test]
fn another_system_curve_or_circuit_is_refused() {
    assert_eq!(edited(1, |bytes| bytes[0] = 2), ZkeyError::Protocol(2));
    assert_eq!(edited(2, |bytes| bytes[0] = 48), ZkeyError::Prime("q"));
    assert_eq!(edited(2, |bytes| bytes[4] ^= 1), ZkeyError::Prime("q"));
    assert_eq!(edited(2, |bytes| bytes[40] ^= 1), ZkeyError::Prime("r"));
    for (at, what) in [(72, "wires"), (76, "inputs"), (80, "points in the domain")] {
        let refused = edited(2, |bytes| bytes[at] ^= 1);
        assert!(matches!(refused, ZkeyError::Count { what: found, .. } if found == what), "{what}: {refused}");
    }
    assert!(matches!(edited(4, |bytes| bytes[0] ^= 1), ZkeyError::Count { what: "coefficients", .. }));
}

#[test]
fn other_coefficients_are_refused() {
    // Entry 3: matrix, row, wire, value.
    let entry = 4 + 3 * 44;
    for at in [entry, entry + 4, entry + 8, entry + 12] {
        assert!(matches!(edited(4, |bytes| bytes[at] ^= 1), ZkeyError::Coefficient(_)), "byte {at}");
    }
    assert_eq!(edited(4, |bytes| put(bytes, entry + 12, &Fr::MODULUS.to_bytes_le())), ZkeyError::Coefficient(3));
    let twice = edited(4, |bytes| bytes.copy_within(entry..entry + 44, entry + 44));
    assert!(matches!(twice, ZkeyError::Coefficient(_)), "an entry in the place of another");
    let mut sections = SECTIONS.clone();
    let bytes = &mut sections.iter_mut().find(|(id, _)| *id == 4).unwrap().1;
    let (first, second) = bytes[4..].split_at_mut(44);
    first.swap_with_slice(&mut second[..44]);
    assert!(ProvingKey::from_zkey(&parts::join(&sections)).is_ok(), "their order does not matter");
}

#[test]
fn coordinates_that_are_no_field_elements_are_refused() {
    let modulus = Fq::MODULUS.to_bytes_le();
    for (section, at, index) in
        [(2, 84, 0), (2, 84 + 128 + 96, 2), (3, 64, 1), (5, 32, 0), (7, 128 + 96, 1), (9, 640, 10)]
    {
        assert_eq!(edited(section, |bytes| put(bytes, at, &modulus)), ZkeyError::Coordinate { section, index });
        assert_eq!(edited(section, |bytes| put(bytes, at, &[0xff; 32])), ZkeyError::Coordinate { section, index });
    }
}

#[test]
fn points_off_the_curve_or_outside_the_subgroup_are_refused() {
    let off_curve = parts::g1(&G1Affine::new_unchecked(1u64.into(), 1u64.into()));
    for (section, query) in [(5, "a"), (6, "b_g1"), (8, "l"), (9, "h")] {
        let refused = edited(section, |bytes| put(bytes, 64, &off_curve));
        assert_eq!(refused, ZkeyError::Key(ProvingKeyError::Point(query)));
    }
    let outside = (1u64..)
        .find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true))
        .filter(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let refused = edited(7, |bytes| put(bytes, 0, &parts::g2(&outside)));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::Point("b_g2")));
    let refused = edited(2, |bytes| put(bytes, 84 + 128, &parts::g2(&outside)));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::VerifyingKey(KeyError::Point("beta"))));
}

#[test]
fn keys_that_anybody_can_forge_under_are_refused() {
    let delta_g2 = 84 + 2 * 64 + 2 * 128 + 64;
    let generator = parts::g2(&G2Affine::generator());
    let refused = edited(2, |bytes| put(bytes, delta_g2, &generator));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::VerifyingKey(KeyError::DeltaIsGamma)));
    let refused = edited(2, |bytes| put(bytes, delta_g2 - 64, &parts::g1(&G1Affine::generator())));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::Groups("delta")));
    let refused = edited(3, |bytes| bytes.copy_within(64..128, 128));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::VerifyingKey(KeyError::EqualInputs)));
    let refused = edited(3, |bytes| put(bytes, 64, &[0; 64]));
    assert_eq!(refused, ZkeyError::Key(ProvingKeyError::VerifyingKey(KeyError::Identity("gamma_abc"))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Reading never panics, and what is read is a key only when the bytes that carry one are unchanged.
    #[test]
    fn a_changed_byte_is_refused_or_changes_the_key(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut file = FILE.clone();
        let at = at.index(file.len());
        file[at] ^= flip;
        if let Ok(key) = ProvingKey::from_zkey(&file) {
            // Only the transcript, which is not read, may differ: the last section here.
            prop_assert!(at >= file.len() - 68);
            prop_assert_eq!(key.to_bytes(), PROVING_KEY);
        }
    }

    #[test]
    fn a_cut_file_is_refused(at in any::<prop::sample::Index>()) {
        prop_assert!(ProvingKey::from_zkey(&FILE[..at.index(FILE.len())]).is_err());
    }

    /// Section table and numbers of an otherwise empty file.
    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ProvingKey::from_zkey(&noise).is_err());
        let file = [b"zkey\x01\0\0\0", &noise[..]].concat();
        prop_assert!(ProvingKey::from_zkey(&file).is_err());
    }
}
