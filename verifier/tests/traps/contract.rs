//! Calldata and the contract of a key. The contract itself is compiled and run by `scripts/evm`.

use ark_bn254::{Fq, Fr, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use poa_circuits::statement::INPUTS;
use poa_verifier::evm::{CALLDATA_BYTES, CalldataError, calldata, contract, read_calldata};
use poa_verifier::groth16::ProofError;

use crate::world::{Trapdoor, scalar};

const COORDINATES: usize = 8;

fn inputs() -> [Fr; INPUTS] {
    std::array::from_fn(|i| scalar(&format!("input {i}")))
}

/// Calldata of a good proof with this done to its 31 words.
fn edited(edit: impl FnOnce(&mut [[u8; 32]])) -> Vec<u8> {
    let mut bytes = calldata(&inputs(), &Trapdoor::new().prove(&inputs())).to_vec();
    let (words, rest) = bytes[4..].as_chunks_mut();
    assert!(rest.is_empty());
    edit(words);
    bytes
}

fn modulus<N: PrimeField>() -> [u8; 32] {
    N::MODULUS.to_bytes_be().try_into().unwrap()
}

#[test]
fn calldata_has_the_words_in_the_contracts_order() {
    let proof = Trapdoor::new().prove(&inputs());
    let bytes = calldata(&inputs(), &proof);
    assert_eq!((bytes.len(), CALLDATA_BYTES), (996, 996));
    let number = |place: usize| Fq::from_be_bytes_mod_order(&bytes[4 + place * 32..][..32]);
    let (a, b, c) = (proof.a(), proof.b(), proof.c());
    let expected = [a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y];
    assert_eq!(std::array::from_fn(number), expected);
    for (place, input) in (COORDINATES..).zip(inputs()) {
        assert_eq!(Fr::from_be_bytes_mod_order(&bytes[4 + place * 32..][..32]), input);
    }
}

#[test]
fn only_the_one_spelling_of_a_proof_and_its_inputs_is_read() {
    let good = edited(|_| ());
    assert!(read_calldata(&good).is_ok());
    assert_eq!(read_calldata(&good[..995]), Err(CalldataError::Length(995)));
    assert_eq!(read_calldata(&[&good[..], &[0]].concat()), Err(CalldataError::Length(997)));
    assert_eq!(read_calldata(&[&[0], &good[1..]].concat()), Err(CalldataError::Selector));
    for place in 0..COORDINATES {
        for value in [modulus::<Fq>(), [0xff; 32]] {
            let refused = read_calldata(&edited(|words| words[place] = value));
            assert_eq!(refused, Err(CalldataError::Coordinate(place)));
        }
    }
    for place in 0..INPUTS {
        for value in [modulus::<Fr>(), [0xff; 32]] {
            let refused = read_calldata(&edited(|words| words[COORDINATES + place] = value));
            assert_eq!(refused, Err(CalldataError::Input(place)));
        }
    }
}

#[test]
fn words_that_are_no_points_of_the_groups_are_refused() {
    for (name, places) in [("A", 0..2), ("B", 2..6), ("C", 6..8)] {
        let identity = edited(|words| words[places.clone()].fill([0; 32]));
        assert_eq!(read_calldata(&identity), Err(CalldataError::Proof(ProofError::Identity(name))));
        let off_curve = edited(|words| words[places.start][31] ^= 1);
        assert_eq!(read_calldata(&off_curve), Err(CalldataError::Proof(ProofError::Point(name))));
    }
    let outside = (1u64..)
        .find_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), true))
        .filter(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let bytes = edited(|words| {
        let coordinates = [outside.x.c1, outside.x.c0, outside.y.c1, outside.y.c0];
        words[2..6].copy_from_slice(&coordinates.map(|c| c.into_bigint().to_bytes_be().try_into().unwrap()));
    });
    assert_eq!(read_calldata(&bytes), Err(CalldataError::Proof(ProofError::Point("B"))));
}

#[test]
fn a_contract_has_its_keys_points_and_digest() {
    let key = Trapdoor::new().key();
    let source = contract(&key, "made\nfor a test.");
    assert!(source.contains("/// SETUP: made for a test.\n"), "what is said of the setup stays in its comment");
    assert!(source.contains(&format!("VERIFYING_KEY_SHA256 = 0x{};", hex::encode(key.sha256()))));
    assert!(source.lines().all(|line| !line.contains('@') || line.contains("/// @")), "no place is left open");
    let hex_of = |coordinate: &Fq| hex::encode(coordinate.into_bigint().to_bytes_be());
    let literals: String =
        source.lines().filter_map(|line| line.trim().strip_prefix("hex\"")).flat_map(|line| line.get(..64)).collect();
    let expected: String = key.gamma_abc_g1().iter().flat_map(|point| [hex_of(&point.x), hex_of(&point.y)]).collect();
    assert_eq!(literals, expected);
    for (name, value) in [
        ("ALPHA_X", key.alpha_g1().x),
        ("ALPHA_Y", key.alpha_g1().y),
        ("BETA_X1", key.beta_g2().x.c1),
        ("GAMMA_X0", key.gamma_g2().x.c0),
        ("DELTA_Y1", key.delta_g2().y.c1),
        ("DELTA_Y0", key.delta_g2().y.c0),
    ] {
        assert!(source.contains(&format!("constant {name} = 0x{};", hex_of(&value))), "{name}");
    }
}
