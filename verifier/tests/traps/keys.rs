//! Groth16 keys and proofs: encodings, refused points, degenerate keys and the forgeries that go with them.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::CurveGroup as _;
use ark_ec::pairing::Pairing as _;
use ark_ff::{Field as _, PrimeField as _};
use ark_serialize::CanonicalSerialize as _;
use poa_circuits::statement::INPUTS;
use poa_verifier::groth16::{PROOF_BYTES, ProofError};
use poa_verifier::key::{KEY_BYTES, KeyError};
use poa_verifier::{Proof, VerifyingKey, evm, snarkjs};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{SHARED, Trapdoor, g1, g2, scalar};

fn inputs() -> [Fr; INPUTS] {
    std::array::from_fn(|i| scalar(&format!("input {i}")))
}

/// The textbook equation under any points, refused by the loader or not.
fn raw_equation(t: &Trapdoor, x: &[Fr; INPUTS], a: G1Affine, b: G2Affine, c: G1Affine) -> bool {
    let ic = t.ic[1..].iter().zip(x).fold(G1Projective::from(g1(t.ic[0])), |sum, (ic, x)| sum + g1(*ic) * x);
    let right =
        Bn254::pairing(g1(t.alpha), g2(t.beta)) + Bn254::pairing(ic, g2(t.gamma)) + Bn254::pairing(c, g2(t.delta));
    Bn254::pairing(a, b) == right
}

fn load(t: &Trapdoor) -> Result<VerifyingKey, KeyError> {
    let ic: Vec<_> = t.ic.iter().map(|x| g1(*x)).collect();
    VerifyingKey::from_points(g1(t.alpha), g2(t.beta), g2(t.gamma), g2(t.delta), &ic)
}

#[test]
fn a_proof_verifies_for_its_inputs_and_no_others() {
    let t = Trapdoor::new();
    let (key, x) = (t.key(), inputs());
    let proof = t.prove(&x);
    assert!(raw_equation(&t, &x, *proof.a(), *proof.b(), *proof.c()));
    assert_eq!(key.verify(&x, &proof), Ok(()));
    for i in 0..INPUTS {
        let mut other = x;
        other[i] += Fr::from(1u64);
        assert_eq!(key.verify(&other, &proof), Err(ProofError::Unsatisfied), "input {i}");
    }
}

#[test]
fn keys_and_proofs_round_trip_through_every_form() {
    let t = Trapdoor::new();
    let (key, x) = (t.key(), inputs());
    let proof = t.prove(&x);
    assert_eq!(key.to_bytes().len(), KEY_BYTES);
    assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).unwrap(), key);
    assert_eq!(Proof::from_bytes(&proof.to_bytes()), Ok(proof.clone()));
    assert_eq!(proof.to_multibase().len(), 172);
    assert_eq!(Proof::from_multibase(&proof.to_multibase()), Ok(proof.clone()));
    assert_eq!(snarkjs::read_key(&snarkjs::write_key(&key)).unwrap(), key);
    assert_eq!(snarkjs::read_proof(&snarkjs::write_proof(&proof)).unwrap(), proof);
    assert_eq!(snarkjs::read_inputs(&snarkjs::write_inputs(&x)).unwrap(), x);
    assert_eq!(evm::read_calldata(&evm::calldata(&x, &proof)), Ok((x, proof)));
}

#[test]
fn the_committed_key_loads_under_its_committed_digest() {
    let key = VerifyingKey::from_bytes(include_bytes!("../../../crs/verifying_key.bin")).unwrap();
    let manifest: Value = serde_json::from_str(include_str!("../../../crs/manifest.json")).unwrap();
    assert_eq!(manifest["verifying_key_sha256"], hex::encode(key.sha256()));
}

/// With `delta = gamma` the statement's term can be cancelled by `C`: nobody needs the trapdoor.
#[test]
fn delta_equal_to_plus_or_minus_gamma_is_forgeable_and_refused() {
    for sign in [Fr::from(1u64), -Fr::from(1u64)] {
        let mut t = Trapdoor::new();
        t.delta = sign * t.gamma;
        // A = alpha, B = beta, C = ∓ IC(x): public points only.
        let x = inputs();
        let ic = t.ic[1..].iter().zip(&x).fold(G1Projective::from(g1(t.ic[0])), |sum, (ic, x)| sum + g1(*ic) * x);
        let c = (ic * -sign).into_affine();
        assert!(raw_equation(&t, &x, g1(t.alpha), g2(t.beta), c));
        assert_eq!(load(&t), Err(KeyError::DeltaIsGamma));
    }
}

/// With `delta = ±` generator and `gamma` the generator, as a key without any contribution has it, the same forgery
/// works; with another `gamma` the key still never saw a contribution.
#[test]
fn delta_equal_to_plus_or_minus_the_generator_is_refused() {
    for sign in [Fr::from(1u64), -Fr::from(1u64)] {
        let mut t = Trapdoor::new();
        t.delta = sign;
        // The trapdoor delta is known to everybody: choose A, B, and solve for C in the exponent of known scalars.
        // Without gamma's scalar the public forgery needs gamma = generator, the normal case.
        t.gamma = Fr::from(1u64);
        let x = inputs();
        let ic = t.ic[1..].iter().zip(&x).fold(G1Projective::from(g1(t.ic[0])), |sum, (ic, x)| sum + g1(*ic) * x);
        assert!(raw_equation(&t, &x, g1(t.alpha), g2(t.beta), (ic * -sign).into_affine()));
        assert!(matches!(load(&t), Err(KeyError::DeltaIsGamma)));
        t.gamma = scalar("gamma");
        assert_eq!(load(&t), Err(KeyError::DeltaIsGenerator));
    }
    // gamma equal to the generator is how snarkjs makes keys.
    let t = Trapdoor { gamma: Fr::from(1u64), ..Trapdoor::new() };
    assert!(load(&t).is_ok());
}

/// With a known alpha, `A = alpha + U` and `B = beta + Q` pass for any assignment once `Q` is `(alpha·V + W)/(alpha + U)` in
/// each row, which the points of phase 1 give to everybody; so too with beta.
#[test]
fn alpha_or_beta_equal_to_plus_or_minus_the_generator_is_refused() {
    for sign in [Fr::from(1u64), -Fr::from(1u64)] {
        let alpha = Trapdoor { alpha: sign, ..Trapdoor::new() };
        assert_eq!(load(&alpha), Err(KeyError::Phase1IsGenerator("alpha")));
        let beta = Trapdoor { beta: sign, ..Trapdoor::new() };
        assert_eq!(load(&beta), Err(KeyError::Phase1IsGenerator("beta")));
    }
}

#[test]
fn identity_points_in_keys_are_refused() {
    let zero = Fr::from(0u64);
    let base = Trapdoor::new;
    for (t, name) in [
        (Trapdoor { alpha: zero, ..base() }, "alpha"),
        (Trapdoor { beta: zero, ..base() }, "beta"),
        (Trapdoor { gamma: zero, ..base() }, "gamma"),
        (Trapdoor { delta: zero, ..base() }, "delta"),
    ] {
        assert_eq!(load(&t), Err(KeyError::Identity(name)));
    }
    for i in 0..=INPUTS {
        let mut t = base();
        t.ic[i] = zero;
        assert_eq!(load(&t), Err(KeyError::Identity("gamma_abc")));
        let mut t = base();
        t.ic[i] = t.ic[(i + 1) % (INPUTS + 1)];
        assert_eq!(load(&t), Err(KeyError::EqualInputs));
        let mut t = base();
        t.ic[i] = -t.ic[(i + 1) % (INPUTS + 1)];
        assert_eq!(load(&t), Err(KeyError::EqualInputs));
    }
}

/// An identity among the inputs' points would leave that input out of the statement.
#[test]
fn an_identity_input_point_would_let_the_input_change() {
    let mut t = Trapdoor::new();
    t.ic[5] = Fr::from(0u64);
    let (x, mut y) = (inputs(), inputs());
    y[4] = Fr::from(1u64);
    let proof = t.prove(&x);
    assert!(raw_equation(&t, &y, *proof.a(), *proof.b(), *proof.c()));
    assert_eq!(load(&t), Err(KeyError::Identity("gamma_abc")));
}

#[test]
fn keys_with_other_lengths_or_counts_are_refused() {
    let t = Trapdoor::new();
    let bytes = t.key().to_bytes();
    for bad in [&bytes[..KEY_BYTES - 1], &bytes[..KEY_BYTES - 64], &[], &[bytes.clone(), vec![0]].concat()] {
        assert_eq!(VerifyingKey::from_bytes(bad), Err(KeyError::Length(bad.len())));
    }
    for count in [0u64, 23, 25, u64::MAX] {
        let mut bad = bytes.clone();
        bad[448..456].copy_from_slice(&count.to_le_bytes());
        assert_eq!(VerifyingKey::from_bytes(&bad), Err(KeyError::Inputs));
    }
    let ic: Vec<_> = t.ic.iter().map(|x| g1(*x)).collect();
    for n in [0, 1, 23] {
        let refused = VerifyingKey::from_points(g1(t.alpha), g2(t.beta), g2(t.gamma), g2(t.delta), &ic[..n]);
        assert_eq!(refused, Err(KeyError::Inputs));
    }
}

/// A point of the twist outside the prime subgroup: the curve over Fq2 has a large cofactor, so a random x will do.
fn outside_subgroup() -> G2Affine {
    let mut x = ark_bn254::Fq2::ONE;
    loop {
        x += ark_bn254::Fq2::ONE;
        if let Some(point) = G2Affine::get_point_from_x_unchecked(x, false)
            && !point.is_in_correct_subgroup_assuming_on_curve()
        {
            assert!(point.is_on_curve());
            return point;
        }
    }
}

#[test]
fn points_outside_the_subgroup_or_off_the_curve_are_refused() {
    let t = Trapdoor::new();
    let ic: Vec<_> = t.ic.iter().map(|x| g1(*x)).collect();
    let bad = outside_subgroup();
    for (b, g, d, name) in [
        (bad, g2(t.gamma), g2(t.delta), "beta"),
        (g2(t.beta), bad, g2(t.delta), "gamma"),
        (g2(t.beta), g2(t.gamma), bad, "delta"),
    ] {
        assert_eq!(VerifyingKey::from_points(g1(t.alpha), b, g, d, &ic), Err(KeyError::Point(name)));
    }
    let off = G1Affine::new_unchecked(Fq::from(1u64), Fq::from(1u64));
    assert_eq!(
        VerifyingKey::from_points(off, g2(t.beta), g2(t.gamma), g2(t.delta), &ic),
        Err(KeyError::Point("alpha"))
    );
    let proof = t.prove(&inputs());
    assert_eq!(Proof::from_points(*proof.a(), bad, *proof.c()), Err(ProofError::Point("B")));
    assert_eq!(Proof::from_points(off, *proof.b(), *proof.c()), Err(ProofError::Point("A")));
    let mut bytes = proof.to_bytes();
    bad.serialize_compressed(&mut bytes[32..96]).unwrap();
    assert_eq!(Proof::from_bytes(&bytes), Err(ProofError::Point("B")));
    let mut bytes = t.key().to_bytes();
    bad.serialize_uncompressed(&mut bytes[64..192]).unwrap();
    assert_eq!(VerifyingKey::from_bytes(&bytes), Err(KeyError::Point("beta")));
    bytes[..64].copy_from_slice(&[1; 64]);
    assert_eq!(VerifyingKey::from_bytes(&bytes), Err(KeyError::Point("alpha")));
}

#[test]
fn identity_points_trailing_bytes_and_other_lengths_of_proofs_are_refused() {
    let t = Trapdoor::new();
    let bytes = t.prove(&inputs()).to_bytes();
    for (range, name) in [(0..32, "A"), (32..96, "B"), (96..128, "C")] {
        let mut bad = bytes;
        let (last, rest) = (range.end - 1, range.start..range.end - 1);
        bad[rest].fill(0);
        bad[last] = 0x40; // the flag of infinity
        assert_eq!(Proof::from_bytes(&bad), Err(ProofError::Identity(name)));
    }
    for bad in [&bytes[..PROOF_BYTES - 1], &[], &[&bytes[..], &[0]].concat(), &[&bytes[..], &bytes[..]].concat()] {
        assert_eq!(Proof::from_bytes(bad), Err(ProofError::Length));
    }
    let text = t.prove(&inputs()).to_multibase();
    for bad in [text[1..].to_owned(), format!("{text}="), format!("z{}", &text[1..]), format!(" {text}"), String::new()]
    {
        assert_eq!(Proof::from_multibase(&bad), Err(ProofError::Length), "{bad}");
    }
}

#[test]
fn non_canonical_points_are_refused() {
    let bytes = Trapdoor::new().prove(&inputs()).to_bytes();
    // x + q: the same point written with an unreduced coordinate.
    let modulus = Fq::MODULUS;
    for start in [0, 32, 64, 96] {
        let mut bad = bytes;
        let mut carry = 0u16;
        for (byte, q) in bad[start..start + 32].iter_mut().zip(modulus.0.iter().flat_map(|limb| limb.to_le_bytes())) {
            carry += u16::from(*byte) + u16::from(q);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert!(matches!(Proof::from_bytes(&bad), Err(ProofError::Point(_))), "{start}");
    }
    // Both flags at once, and infinity with coordinates.
    for end in [31, 95, 127] {
        for flags in [0xc0, 0x40] {
            let mut bad = bytes;
            bad[end] = (bad[end] & 0x3f) | flags;
            assert!(Proof::from_bytes(&bad).is_err(), "{end} {flags:x}");
        }
    }
}

#[test]
fn snarkjs_files_with_other_values_are_refused() {
    let t = Trapdoor::new();
    let (key, proof) = (snarkjs::write_key(&t.key()), snarkjs::write_proof(&t.prove(&inputs())));
    let edit = |file: &Value, pointer: &str, value: Value| {
        let mut file = file.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        file
    };
    for (pointer, value) in [
        ("/pi_a/0", json!("1")),
        ("/pi_a/0", json!(1)),
        ("/pi_a/0", json!(format!("1{}", "0".repeat(1_000_000)))),
        ("/pi_a/2", json!("0")),
        ("/pi_b/0", json!(["0"])),
        ("/pi_b/2", json!(["0", "0"])),
        ("/pi_c", json!(["0", "1", "0"])),
        ("/protocol", json!("plonk")),
        ("/curve", json!("bls12381")),
        ("/pi_a/1", json!(format!("0{}", proof["pi_a"][1].as_str().unwrap()))),
    ] {
        assert!(snarkjs::read_proof(&edit(&proof, pointer, value)).is_err(), "{pointer}");
    }
    assert!(snarkjs::read_key(&edit(&key, "/IC/3", key["IC"][4].clone())).is_err());
    assert!(snarkjs::read_key(&edit(&key, "/vk_delta_2", key["vk_gamma_2"].clone())).is_err());
    let mut short = key.clone();
    short["IC"].as_array_mut().unwrap().pop();
    assert!(snarkjs::read_key(&short).is_err());
    let public = snarkjs::write_inputs(&inputs());
    assert!(snarkjs::read_inputs(&edit(&public, "/0", json!(Fr::MODULUS.to_string()))).is_err());
    assert!(snarkjs::read_inputs(&edit(&public, "/0", json!("-1"))).is_err());
    assert!(snarkjs::read_inputs(&json!([])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_no_proofs_or_keys_and_never_panic(
        proof in proptest::collection::vec(any::<u8>(), PROOF_BYTES), key in proptest::collection::vec(any::<u8>(), KEY_BYTES), short in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        if let Ok(read) = Proof::from_bytes(&proof) { prop_assert_eq!(&read.to_bytes()[..], &proof[..]); }
        prop_assert!(VerifyingKey::from_bytes(&key).is_err());
        let _ = (Proof::from_bytes(&short), VerifyingKey::from_bytes(&short));
    }

    #[test]
    fn a_proof_with_one_flipped_bit_never_verifies(bit in 0..PROOF_BYTES * 8) {
        let x = inputs();
        let mut bytes = SHARED.trapdoor.prove(&x).to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let accepted = Proof::from_bytes(&bytes).and_then(|proof| SHARED.key.verify(&x, &proof));
        prop_assert!(accepted.is_err());
    }
}
