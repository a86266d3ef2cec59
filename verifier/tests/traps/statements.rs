//! The 23 inputs: encodings, ranges, hidden and disclosed values, rendering. Every proof here satisfies the pairing.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, PrimeField as _};
use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field;
use poa_circuits::statement::Public;
use poa_verifier::CheckName;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

/// Every place of a field element in `statement`.
fn places() -> Vec<String> {
    let scalars = ["root", "context", "scope", "nullifier", "schema", "subject", "valid_at", "mask", "required"];
    let lists = [("disclosed", 6), ("lower", 4), ("upper", 4)];
    let in_lists = lists.into_iter().flat_map(|(name, n)| (0..n).map(move |i| format!("/{name}/{i}")));
    scalars.into_iter().map(|name| format!("/{name}")).chain(in_lists).collect()
}

/// The integer of a canonical element plus r, when it still fits 32 bytes (it does: 2r < 2^255).
fn alias(text: &str) -> String {
    let mut value = field::decode_hex(text).unwrap().into_bigint();
    let overflow = value.add_with_carry(&Fr::MODULUS);
    assert!(!overflow);
    format!("0x{}", hex::encode(value.to_bytes_be()))
}

#[test]
fn x_plus_r_aliases_are_refused_on_every_public_input() {
    let world = World::new();
    let good = world.standing().issue();
    let places = places();
    assert_eq!(places.len(), 23);
    for place in places {
        let mut bad = good.clone();
        let element = bad["proof"][1]["statement"].pointer_mut(&place).unwrap();
        *element = alias(element.as_str().unwrap()).into();
        fails_only(&world.verify_standing(&bad), CheckName::Proof, "statement_encoding");
    }
}

#[test]
fn other_spellings_of_field_elements_are_refused() {
    let world = World::new();
    let good = world.standing().issue();
    let text = good["proof"][1]["statement"]["root"].as_str().unwrap().to_owned();
    let upper = text.to_uppercase().replace("0X", "0x");
    for bad in [
        json!(1),
        json!(null),
        json!([]),
        json!(upper),
        json!(text[2..]),
        json!(format!("{text}0")),
        json!(text.replace("0x", "0x0")),
        json!("0x0"),
        json!("-1"),
        json!("12345"),
    ] {
        let mut document = good.clone();
        document["proof"][1]["statement"]["root"] = bad;
        fails_only(&world.verify_standing(&document), CheckName::Proof, "statement_encoding");
    }
}

#[test]
fn missing_and_surplus_inputs_are_refused() {
    let world = World::new();
    let good = world.standing().issue();
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        edit(&mut document["proof"][1]["statement"]);
        fails_only(&world.verify_standing(&document), CheckName::Proof, "statement_encoding");
    };
    for name in good["proof"][1]["statement"].as_object().unwrap().keys() {
        with(&|s| drop(s.as_object_mut().unwrap().remove(name)));
    }
    for name in ["disclosed", "lower", "upper"] {
        with(&|s| drop(s[name].as_array_mut().unwrap().pop()));
        with(&|s| s[name].as_array_mut().unwrap().push(field::encode_hex(&Fr::from(0u64)).into()));
        with(&|s| s[name] = json!([]));
        with(&|s| s[name] = json!({}));
    }
    with(&|s| s["extra"] = field::encode_hex(&Fr::from(0u64)).into());
    with(&|s| *s = json!([]));
    with(&|s| *s = Value::Null);
}

#[test]
fn each_public_input_plus_one_fails() {
    let world = World::new();
    let good = world.standing().issue();
    for place in places() {
        let mut bad = good.clone();
        let element = bad["proof"][1]["statement"].pointer_mut(&place).unwrap();
        let plus_one = field::decode_hex(element.as_str().unwrap()).unwrap() + Fr::from(1u64);
        *element = field::encode_hex(&plus_one).into();
        let report = world.verify_standing(&bad);
        assert!(!report.verified() && report.failed().len() == 1, "{place}: {report:#?}");
    }
}

/// Finishes a standing draft with an edited statement, validly proved and signed.
fn standing_with(world: &World, edit: impl FnOnce(&mut Public)) -> Value {
    let mut draft = world.standing();
    edit(&mut draft.public);
    draft.issue()
}

#[test]
fn masks_of_64_and_more_are_refused() {
    let world = World::new();
    for mask in [64u64, 65, 127, 128, 255, 256, u64::MAX] {
        let bad = standing_with(&world, |p| p.mask = mask.into());
        fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
    }
    let bad = standing_with(&world, |p| p.mask = -Fr::from(1u64));
    fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
}

#[test]
fn a_hidden_value_that_is_not_zero_is_refused_in_every_slot() {
    let world = World::new();
    for slot in Slot::ALL {
        let bad = standing_with(&world, |p| p.disclosed[slot.index()] = 7u64.into());
        fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
    }
}

#[test]
fn reputation_beyond_10000_is_refused_disclosed_or_bounded() {
    let world = World::new();
    for value in [Fr::from(10_001u64), Fr::from(16_383u64), -Fr::from(1u64), Fr::from(u64::MAX)] {
        let disclosed = full_disclosure(&world, |p| p.disclosed[0] = value);
        fails_only(&world.verify(&disclosed, Some(&Default::default())), CheckName::Attributes, "out_of_range");
        for edit in [|p: &mut Public, v| p.upper[0] = v, |p: &mut Public, v| p.lower[0] = v] {
            let bad = standing_with(&world, |p| edit(p, value));
            fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
        }
    }
}

#[test]
fn bounds_near_two_to_the_64_and_r_are_refused() {
    let world = World::new();
    let beyond = Fr::from(u64::MAX) + Fr::from(1u64);
    for i in 1..4 {
        for value in [beyond, -Fr::from(1u64), -Fr::from(5u64)] {
            let bad = standing_with(&world, |p| p.lower[i] = value);
            fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
            let bad = standing_with(&world, |p| p.upper[i] = value);
            fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
        }
    }
    let bad = standing_with(&world, |p| p.required = beyond);
    fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
    // lower = r − 5 with reputation 0.
    let bad = standing_with(&world, |p| p.lower[0] = -Fr::from(5u64));
    fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
    // An empty interval.
    let bad = standing_with(&world, |p| p.upper[1] = 99u64.into());
    fails_only(&world.verify_standing(&bad), CheckName::Attributes, "out_of_range");
}

#[test]
fn times_beyond_40_bits_are_refused() {
    let world = World::new();
    for value in [Fr::from(1u64 << 40), Fr::from(u64::MAX), -Fr::from(1u64)] {
        let bad = standing_with(&world, |p| p.valid_at = value);
        fails_only(&world.verify_standing(&bad), CheckName::Validity, "out_of_range");
    }
}

const BUILD: [u8; 32] = [0xab; 32];

/// A credential with all six attributes disclosed; sentinel values unless edited.
fn full_disclosure(world: &World, edit: impl FnOnce(&mut Public)) -> Value {
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.public.mask = 63u64.into();
    draft.public.disclosed = sentinels();
    draft.credential["credentialSchema"] = world.schema_reference("full_disclosure/1");
    draft.credential["credentialSubject"]["build_hash"] = hex::encode(BUILD).into();
    edit(&mut draft.public);
    draft.issue()
}

fn sentinels() -> [Fr; 6] {
    [
        Fr::from(7001u64),
        Fr::from(7002u64),
        Fr::from(u64::MAX),
        Fr::from(1_733_011_200u64),
        Fr::from(5u64),
        field::digest_to_field(&BUILD),
    ]
}

#[test]
fn full_disclosure_shows_all_six_in_their_own_places() {
    let world = World::new();
    let document = full_disclosure(&world, |_| {});
    let report = world.verify(&document, Some(&Default::default()));
    verifies(&report);
    assert_eq!(
        Value::Object(report.proved.unwrap().shown),
        json!({
            "reputation": 7001,
            "tasks_completed": "7002",
            "earnings_sats": "18446744073709551615",
            "member_since": "2024-12-01T00:00:00Z",
            "capabilities": ["swe-bench-lite", "logs-published"],
            "build_hash": hex::encode(BUILD),
        })
    );
}

#[test]
fn a_disclosed_zero_is_shown_as_zero_and_a_hidden_one_not_at_all() {
    let world = World::new();
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.public.mask = 63u64.into();
    draft.credential["credentialSchema"] = world.schema_reference("full_disclosure/1");
    let report = world.verify(&draft.issue(), Some(&Default::default()));
    verifies(&report);
    let shown = report.proved.unwrap().shown;
    assert_eq!((&shown["tasks_completed"], &shown["build_hash"]), (&json!("0"), &Value::Null));
    let hidden = world.verify_standing(&world.standing().issue()).proved.unwrap();
    assert!(!hidden.shown.contains_key("earnings_sats"));
    assert!(hidden.statement.contains(&"earnings_sats is not shown.".to_owned()));
    // Claiming that a hidden value is 0 is refused.
    let mut lie = world.standing();
    lie.render = false;
    lie.credential["credentialSubject"] = json!({
        "id": world.agent.to_string(), "type": "AgentAttributes", "earnings_sats": "0",
        "tasks_completed": {"atLeast": "100"}, "reputation": {"atLeast": 5000},
    });
    fails_only(&world.verify_standing(&lie.issue()), CheckName::Attributes, "rendering");
}

#[test]
fn a_disclosed_slot_with_bounds_of_its_own_is_refused() {
    let world = World::new();
    for edit in [
        |p: &mut Public| p.lower[0] = 500u64.into(),
        |p: &mut Public| p.upper[3] = 2_000_000_000u64.into(),
        |p: &mut Public| p.required = 1u64.into(),
    ] {
        let bad = full_disclosure(&world, edit);
        fails_only(&world.verify(&bad, Some(&Default::default())), CheckName::Attributes, "out_of_range");
    }
}

#[test]
fn times_after_the_year_9999_and_capabilities_beyond_the_registry_are_refused() {
    let world = World::new();
    let late = full_disclosure(&world, |p| p.disclosed[3] = Fr::from(253_402_300_800u64));
    fails_only(&world.verify(&late, Some(&Default::default())), CheckName::Attributes, "not_rendered");
    let unknown = full_disclosure(&world, |p| p.disclosed[4] = Fr::from(8u64));
    fails_only(&world.verify(&unknown, Some(&Default::default())), CheckName::Attributes, "not_rendered");
}

#[test]
fn a_build_hash_is_the_full_digest_behind_the_input() {
    let world = World::new();
    let good = full_disclosure(&world, |_| {});
    for bad in
        [json!(hex::encode([0xac; 32])), json!(hex::encode(BUILD).to_uppercase()), json!(null), json!(""), json!(7)]
    {
        let mut document = good.clone();
        document["credentialSubject"]["build_hash"] = bad;
        let report = world.verify(&document, Some(&Default::default()));
        assert_eq!(report.failed(), [CheckName::Attributes], "{report:#?}");
    }
}

#[test]
fn amounts_are_strings_so_that_two_above_2_to_the_53_never_canonicalise_alike() {
    let world = World::new();
    let text = full_disclosure(&world, |p| p.disclosed[2] = Fr::from(9_007_199_254_740_993u64)).to_string();
    for (shown, check) in [
        ("\"9007199254740992\"", CheckName::Attributes),
        ("9007199254740993", CheckName::Class),
        ("9007199254740992", CheckName::Class),
    ] {
        let edited = text.replace("\"9007199254740993\"", shown);
        assert_ne!(edited, text);
        let lists = world.lists();
        let evidence = poa_verifier::Evidence { status_lists: &lists, ..Default::default() };
        let report = world.verifier.verify(
            edited.as_bytes(),
            Some(&Default::default()),
            &evidence,
            &mut Default::default(),
            NOW,
        );
        assert_eq!(report.failed(), [check], "{shown}");
    }
}

/// All 64 masks with six distinct sentinel values: what is shown is exactly what the mask says, each in its place.
#[test]
fn every_mask_shows_exactly_its_slots() {
    let world = World::new();
    for bits in 0..64u8 {
        let mut public = world.public();
        public.lower = [Fr::from(0u64); 4];
        public.mask = u64::from(bits).into();
        let all = sentinels();
        public.disclosed = std::array::from_fn(|i| if bits >> i & 1 == 1 { all[i] } else { Fr::from(0u64) });
        let statement = poa_verifier::statement::Statement::from_public(public).unwrap();
        let build = (bits & 32 != 0).then_some(&BUILD);
        let rendered = poa_verifier::render::credential_subject(&statement, None, &world.attestation, build).unwrap();
        let names: Vec<_> =
            Slot::ALL.into_iter().filter(|s| rendered.get(s.name()).is_some()).map(Slot::index).collect();
        let expected: Vec<_> = (0..6).filter(|i| bits >> i & 1 == 1).collect();
        assert_eq!(names, expected, "mask {bits}");
        assert!(bits & 1 == 0 || rendered["reputation"] == 7001);
        assert!(bits & 2 == 0 || rendered["tasks_completed"] == "7002");
        assert!(bits & 4 == 0 || rendered["earnings_sats"] == "18446744073709551615");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any statement whatever, rendered honestly where it can be, is judged without panic; one that says less than
    /// asked is never verified.
    #[test]
    fn statements_of_random_integers_never_panic(
        mask in any::<u64>(), disclosed in any::<[u64; 6]>(), lower in any::<[u64; 4]>(), upper in any::<[u64; 4]>(), required in any::<u64>(), valid_at in any::<u64>()
    ) {
        let mut draft = SHARED.standing();
        draft.public.mask = (mask % 70).into();
        draft.public.disclosed = disclosed.map(Fr::from);
        draft.public.lower = lower.map(Fr::from);
        draft.public.upper = upper.map(Fr::from);
        draft.public.required = required.into();
        draft.public.valid_at = valid_at.into();
        prop_assert!(!SHARED.verify_standing(&draft.issue()).verified());
    }
}
