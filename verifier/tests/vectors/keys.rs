//! Bare Groth16: keys, inputs and proofs, with the forgeries that degenerate keys allow.
//!
//! `forgery` marks cases that satisfy the textbook equation though nobody knew a witness: each is checked against it
//! with arkworks' own pairing when it is made, on points that the readers here refuse.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing as _;
use ark_ec::{AffineRepr as _, CurveGroup as _};
use ark_ff::{Field as _, PrimeField as _};
use ark_serialize::CanonicalSerialize;
use poa_circuits::native::field;
use poa_circuits::statement::INPUTS;
use poa_verifier::{Proof, multibase, snarkjs};
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::remove;
use crate::world::*;

const KEY_SOURCE: (&str, &str) = (
    "trapdoor",
    "Made by verifier/tests/vectors/keys.rs of this repository: the discrete logarithms of all key points are hashes \
     of fixed words, so that proofs and forgeries are computed rather than proved.",
);
/// Breaks of real systems by such keys.
const INCIDENTS: (&str, &str) = (
    "incidents",
    "As trapdoor; the key has the defect of published breaks: Veil Cash (2026-02) and FoomCash (2026-03, about 2.3 \
     million USD) deployed keys with gamma equal to delta, because snarkjs' phase 2 was never contributed to; \
     LFDT-Paladin/zeto issue 186 has twenty such keys.",
);

/// A key as points, degenerate or not.
#[derive(Clone)]
struct Key {
    alpha: G1Affine,
    beta: G2Affine,
    gamma: G2Affine,
    delta: G2Affine,
    ic: Vec<G1Affine>,
}

/// A proof as points.
#[derive(Clone, Copy)]
struct Points {
    a: G1Affine,
    b: G2Affine,
    c: G1Affine,
}

impl Key {
    fn of(t: &Trapdoor) -> Self {
        Self {
            alpha: g1(t.alpha),
            beta: g2(t.beta),
            gamma: g2(t.gamma),
            delta: g2(t.delta),
            ic: t.ic.iter().map(|x| g1(*x)).collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = uncompressed(&self.alpha);
        [self.beta, self.gamma, self.delta].iter().for_each(|point| bytes.extend(uncompressed(point)));
        bytes.extend((self.ic.len() as u64).to_le_bytes());
        self.ic.iter().for_each(|point| bytes.extend(uncompressed(point)));
        bytes
    }

    /// `IC[0] + Σ x_i·IC[i+1]`.
    fn combine(&self, x: &[Fr; INPUTS]) -> G1Projective {
        x.iter().zip(&self.ic[1..]).fold(G1Projective::from(self.ic[0]), |sum, (x, ic)| sum + *ic * x)
    }

    /// The textbook equation and nothing else.
    fn accepts(&self, x: &[Fr; INPUTS], proof: &Points) -> bool {
        let right = Bn254::pairing(self.alpha, self.beta)
            + Bn254::pairing(self.combine(x), self.gamma)
            + Bn254::pairing(proof.c, self.delta);
        Bn254::pairing(proof.a, proof.b) == right
    }
}

impl Points {
    fn of(proof: &Proof) -> Self {
        Self { a: *proof.a(), b: *proof.b(), c: *proof.c() }
    }

    fn bytes(&self) -> Vec<u8> {
        [compressed(&self.a), compressed(&self.b), compressed(&self.c)].concat()
    }
}

fn uncompressed(point: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    point.serialize_uncompressed(&mut bytes).expect("a Vec takes every write");
    bytes
}

fn compressed(point: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    point.serialize_compressed(&mut bytes).expect("a Vec takes every write");
    bytes
}

/// The byte form of a key that nobody checked.
pub fn key_bytes(alpha: G1Affine, beta: G2Affine, gamma: G2Affine, delta: G2Affine, ic: Vec<G1Affine>) -> Vec<u8> {
    Key { alpha, beta, gamma, delta, ic }.bytes()
}

fn inputs() -> [Fr; INPUTS] {
    std::array::from_fn(|i| scalar(&format!("input {i}")))
}

fn encoded(x: &[Fr]) -> Vec<String> {
    x.iter().map(field::encode_hex).collect()
}

fn multibase_u(bytes: &[u8]) -> String {
    multibase::encode_base64url(bytes)
}

fn bare(key: &str, inputs: &[String], proof: &str) -> Value {
    json!({ "kind": "groth16", "verifying_key": key, "inputs": inputs, "proof": proof })
}

fn key_refused(reason: &str) -> Expected {
    refused("key", reason)
}

pub fn groth16() -> Family {
    let comment =
        "Bare Groth16: a verifying key (1992 bytes, multibase u), 23 inputs, a proof (128 bytes, multibase u).";
    let mut family = Family::new("groth16", comment, &[KEY_SOURCE, INCIDENTS]);
    let t = Trapdoor::new();
    family.share("verifying_keys", "good", multibase_u(&Key::of(&t).bytes()));
    honest(&mut family, &t);
    forged(&mut family, &t);
    key_encodings(&mut family, &t);
    proof_encodings(&mut family, &t);
    input_encodings(&mut family, &t);
    family
}

fn honest(f: &mut Family, t: &Trapdoor) {
    let x = inputs();
    let (proof, texts) = (t.prove(&x), encoded(&x));
    let mut case = |id: &str, description: &str, inputs: &[String], proof: &Proof, expect: Expected| {
        f.case_from("trapdoor", id, description, bare("good", inputs, &proof.to_multibase()), expect);
    };
    case("good", "a key, its inputs and a proof of them", &texts, &proof, accepted());
    let zeros = [Fr::from(0u64); INPUTS];
    case("zeros", "23 inputs of 0", &encoded(&zeros), &t.prove(&zeros), accepted());
    let greatest = [-Fr::from(1u64); INPUTS];
    case("greatest", "23 inputs of r - 1", &encoded(&greatest), &t.prove(&greatest), accepted());
    for i in 0..INPUTS {
        let mut other = x;
        other[i] += Fr::from(1u64);
        case(&format!("raised-{i}"), "one input raised by one", &encoded(&other), &proof, refused("proof", "pairing"));
    }
    let mut swapped = x;
    swapped.swap(14, 18);
    case("inputs-exchanged", "two inputs exchanged", &encoded(&swapped), &proof, refused("proof", "pairing"));
    let delta = G2Projective::from(g2(t.delta));
    let (s, r): (Fr, Fr) = (scalar("s"), scalar("t"));
    let inverse = s.inverse().expect("not 0");
    let scaled = Proof::from_points((*proof.a() * s).into_affine(), (*proof.b() * inverse).into_affine(), *proof.c());
    case(
        "re-randomised-scaled",
        "A·s, B/s, C: valid, and anybody can make it",
        &texts,
        &scaled.expect("points"),
        accepted(),
    );
    let again = Proof::from_points(
        (*proof.a() * inverse).into_affine(),
        (*proof.b() * s + delta * (s * r)).into_affine(),
        (G1Projective::from(*proof.c()) + *proof.a() * r).into_affine(),
    );
    case(
        "re-randomised",
        "A/s, s·B + s·t·delta, C + t·A: valid, and no byte is the same",
        &texts,
        &again.expect("points"),
        accepted(),
    );
    let negated = Proof::from_points(-*proof.a(), -*proof.b(), *proof.c());
    case("re-randomised-sign", "-A, -B, C: valid", &texts, &negated.expect("points"), accepted());
    let one_sign = Proof::from_points(-*proof.a(), *proof.b(), *proof.c());
    case("sign", "-A alone", &texts, &one_sign.expect("points"), refused("proof", "pairing"));
    let exchanged = Proof::from_points(*proof.c(), *proof.b(), *proof.a());
    case("exchanged", "A and C exchanged", &texts, &exchanged.expect("points"), refused("proof", "pairing"));
    let other = Trapdoor { delta: scalar("another delta"), ..Trapdoor::new() };
    case(
        "other-key",
        "a proof under another key of the same circuit",
        &texts,
        &other.prove(&x),
        refused("proof", "pairing"),
    );
    let gamma = Trapdoor { gamma: Fr::from(1u64), ..Trapdoor::new() };
    f.share("verifying_keys", "gamma-generator", multibase_u(&Key::of(&gamma).bytes()));
    let normal = bare("gamma-generator", &texts, &gamma.prove(&x).to_multibase());
    f.case_from(
        "trapdoor",
        "gamma-generator",
        "gamma equal to the generator is how snarkjs makes keys",
        normal,
        accepted(),
    );
    mark(f, "re-randomised", &["re-randomised-scaled", "re-randomised", "re-randomised-sign"]);
}

fn mark(f: &mut Family, flag: &str, ids: &[&str]) {
    ids.iter().for_each(|id| f.flag_case(id, flag));
}

/// A key with a defect and a proof that the textbook equation takes under it for inputs that nobody proved.
struct Forgery<'a> {
    source: &'a str,
    id: &'a str,
    description: &'a str,
    key: Key,
    proof: Points,
    reason: &'a str,
}

impl Forgery<'_> {
    fn add(self, f: &mut Family) {
        let x = inputs();
        assert!(self.key.accepts(&x, &self.proof), "{}: the textbook equation takes it", self.id);
        f.share("verifying_keys", self.id, multibase_u(&self.key.bytes()));
        let input = bare(self.id, &encoded(&x), &multibase_u(&self.proof.bytes()));
        f.case_from(self.source, self.id, self.description, input, key_refused(self.reason));
        f.flag("forgery");
    }
}

fn forged(f: &mut Family, t: &Trapdoor) {
    let x = inputs();
    let (one, zero) = (Fr::from(1u64), Fr::from(0u64));
    // C takes back what the inputs put in: A = alpha, B = beta, C = ∓IC(x), all of them public points.
    for (source, id, description, gamma, delta) in [
        ("incidents", "delta-is-gamma", "delta = gamma: public points forge a proof of any inputs", t.gamma, t.gamma),
        ("trapdoor", "delta-is-minus-gamma", "delta = -gamma: the same with another sign", t.gamma, -t.gamma),
        (
            "incidents",
            "no-contribution",
            "gamma and delta are the generator: snarkjs' phase 2 was never contributed to",
            one,
            one,
        ),
        ("trapdoor", "minus-generator", "gamma is the generator, delta minus it", one, -one),
    ] {
        let key = Key::of(&Trapdoor { gamma, delta, ..Trapdoor::new() });
        let sign = if gamma == delta { -one } else { one };
        let proof = Points { a: key.alpha, b: key.beta, c: (key.combine(&x) * sign).into_affine() };
        Forgery { source, id, description, key, proof, reason: "delta_is_gamma" }.add(f);
    }
    let r: Fr = scalar("r");
    let sum = |point: G2Affine, other: G2Affine| (G2Projective::from(point) + other * r).into_affine();
    // e(alpha, beta) or the inputs' factor is 1: what is left is split over A, B and C with any r.
    let key = Key::of(&Trapdoor { gamma: zero, ..Trapdoor::new() });
    let proof = Points { a: key.alpha, b: sum(key.beta, key.delta), c: (key.alpha * r).into_affine() };
    Forgery {
        source: "trapdoor",
        id: "gamma-identity",
        description: "gamma is the identity: the inputs fall out of the equation",
        key,
        proof,
        reason: "identity",
    }
    .add(f);
    for (id, description, t) in [
        (
            "alpha-identity",
            "alpha is the identity: its pairing with beta is 1",
            Trapdoor { alpha: zero, ..Trapdoor::new() },
        ),
        (
            "beta-identity",
            "beta is the identity: its pairing with alpha is 1",
            Trapdoor { beta: zero, ..Trapdoor::new() },
        ),
    ] {
        let key = Key::of(&t);
        let ic = key.combine(&x);
        let proof = Points { a: ic.into_affine(), b: sum(key.gamma, key.delta), c: (ic * r).into_affine() };
        Forgery { source: "trapdoor", id, description, key, proof, reason: "identity" }.add(f);
    }
    for i in [1, 8, INPUTS] {
        let mut loose = Trapdoor::new();
        loose.ic[i] = zero;
        let mut proved = x;
        proved[i - 1] = Fr::from(7u64);
        let id = format!("input-point-identity-{}", i - 1);
        let proof = Points::of(&loose.prove(&proved));
        Forgery {
            source: "trapdoor",
            id: &id,
            description: "an input's point is the identity: that input can be anything",
            key: Key::of(&loose),
            proof,
            reason: "identity",
        }
        .add(f);
    }
    let mut twin = Trapdoor::new();
    twin.ic[15] = twin.ic[19];
    let mut exchanged = x;
    exchanged.swap(14, 18);
    let proof = Points::of(&twin.prove(&exchanged));
    Forgery {
        source: "trapdoor",
        id: "input-points-equal",
        description: "two inputs share a point: their values can be exchanged",
        key: Key::of(&twin),
        proof,
        reason: "equal_inputs",
    }
    .add(f);
    degenerate(f);
}

/// Keys that never saw a contribution, or whose proofs say nothing, with a proof that satisfies the equation.
fn degenerate(f: &mut Family) {
    let x = inputs();
    for (id, description, delta, reason) in [
        ("delta-generator", "delta is the generator: no contribution was made", Fr::from(1u64), "delta_is_generator"),
        ("delta-minus-generator", "delta is minus the generator", -Fr::from(1u64), "delta_is_generator"),
    ] {
        let t = Trapdoor { delta, ..Trapdoor::new() };
        f.share("verifying_keys", id, multibase_u(&Key::of(&t).bytes()));
        let input = bare(id, &encoded(&x), &t.prove(&x).to_multibase());
        f.case_from("trapdoor", id, description, input, key_refused(reason));
    }
    let one = Fr::from(1u64);
    for (id, description, t) in [
        (
            "alpha-generator",
            "alpha is the generator: phase 1 never saw a contribution",
            Trapdoor { alpha: one, ..Trapdoor::new() },
        ),
        ("alpha-minus-generator", "alpha is minus the generator", Trapdoor { alpha: -one, ..Trapdoor::new() }),
        (
            "beta-generator",
            "beta is the generator: phase 1 never saw a contribution",
            Trapdoor { beta: one, ..Trapdoor::new() },
        ),
        ("beta-minus-generator", "beta is minus the generator", Trapdoor { beta: -one, ..Trapdoor::new() }),
    ] {
        f.share("verifying_keys", id, multibase_u(&Key::of(&t).bytes()));
        let input = bare(id, &encoded(&x), &t.prove(&x).to_multibase());
        f.case_from("trapdoor", id, description, input, key_refused("phase1_is_generator"));
    }
    let t = Trapdoor { delta: Fr::from(0u64), ..Trapdoor::new() };
    let (a, key) = (scalar("a"), Key::of(&t));
    let b: Fr = (t.alpha * t.beta + t.gamma * t.combine(&x)) * a.inverse().expect("not 0");
    let proof = Points { a: g1(a), b: g2(b), c: g1(scalar("any")) };
    assert!(key.accepts(&x, &proof));
    f.share("verifying_keys", "delta-identity", multibase_u(&key.bytes()));
    let input = bare("delta-identity", &encoded(&x), &multibase_u(&proof.bytes()));
    f.case_from(
        "trapdoor",
        "delta-identity",
        "delta is the identity: C, which holds the witness, can be anything",
        input,
        key_refused("identity"),
    );
}

/// A point of the twist outside the prime subgroup: the cofactor is large, so nearly any x will do.
fn outside_subgroup() -> G2Affine {
    let mut x = Fq2::ONE;
    loop {
        x += Fq2::ONE;
        if let Some(point) = G2Affine::get_point_from_x_unchecked(x, false)
            && !point.is_in_correct_subgroup_assuming_on_curve()
        {
            return point;
        }
    }
}

fn off_curve() -> G1Affine {
    G1Affine::new_unchecked(Fq::from(1u64), Fq::from(1u64))
}

/// Adds the modulus to a coordinate of 32 little-endian bytes.
fn unreduced(bytes: &mut [u8]) {
    let mut carry = 0u16;
    for (byte, q) in bytes.iter_mut().zip(Fq::MODULUS.0.iter().flat_map(|limb| limb.to_le_bytes())) {
        carry += u16::from(*byte) + u16::from(q);
        *byte = carry as u8;
        carry >>= 8;
    }
}

fn key_encodings(f: &mut Family, t: &Trapdoor) {
    let (x, good) = (inputs(), Key::of(t));
    let (texts, proof, bytes) = (encoded(&x), t.prove(&x).to_multibase(), good.bytes());
    let mut text = |id: &str, description: &str, key: String, reason: &str| {
        let id = format!("key-{id}");
        f.share("verifying_keys", &id, key);
        f.case_from("trapdoor", &id, description, bare(&id, &texts, &proof), key_refused(reason));
    };
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        edit(&mut bytes);
        multibase_u(&bytes)
    };
    let replaced = |edit: &dyn Fn(&mut Key)| {
        let mut key = good.clone();
        edit(&mut key);
        multibase_u(&key.bytes())
    };
    text("cut", "a byte too few", edited(&|b| b.truncate(1991)), "length");
    text("bytes-after", "a byte too many", edited(&|b| b.push(0)), "length");
    text("empty", "nothing", "u".to_owned(), "length");
    text("22-inputs", "a point too few", replaced(&|k| k.ic.truncate(INPUTS)), "length");
    text("24-inputs", "a point too many", replaced(&|k| k.ic.push(g1(scalar("one more")))), "length");
    for count in [0u64, 23, 25, u64::MAX] {
        let id = format!("count-{count}");
        text(
            &id,
            "a count that is not 24 before 24 points",
            edited(&|b| b[448..456].copy_from_slice(&count.to_le_bytes())),
            "count",
        );
    }
    text("alpha-off-curve", "alpha off the curve", replaced(&|k| k.alpha = off_curve()), "point");
    text("input-off-curve", "an input's point off the curve", replaced(&|k| k.ic[7] = off_curve()), "point");
    text("beta-subgroup", "beta outside the subgroup", replaced(&|k| k.beta = outside_subgroup()), "point");
    text("gamma-subgroup", "gamma outside the subgroup", replaced(&|k| k.gamma = outside_subgroup()), "point");
    text("delta-subgroup", "delta outside the subgroup", replaced(&|k| k.delta = outside_subgroup()), "point");
    text("alpha-unreduced", "a coordinate of x + q", edited(&|b| unreduced(&mut b[..32])), "point");
    text("beta-unreduced", "a coordinate of x + q in G2", edited(&|b| unreduced(&mut b[64..96])), "point");
    text("infinity-with-x", "the flag of infinity on a point with coordinates", edited(&|b| b[63] |= 0x40), "point");
    text(
        "compressed",
        "compressed points, in which a key has no form here",
        multibase_u(&compressed_key(&good)),
        "length",
    );
    text("base58", "another base", format!("z{}", &multibase_u(&bytes)[1..]), "encoding");
    text("padded", "base64 padding", format!("{}=", multibase_u(&bytes)), "encoding");
}

fn compressed_key(key: &Key) -> Vec<u8> {
    let mut bytes = compressed(&key.alpha);
    [key.beta, key.gamma, key.delta].iter().for_each(|point| bytes.extend(compressed(point)));
    bytes.extend((key.ic.len() as u64).to_le_bytes());
    key.ic.iter().for_each(|point| bytes.extend(compressed(point)));
    bytes
}

fn proof_encodings(f: &mut Family, t: &Trapdoor) {
    let x = inputs();
    let (texts, proof) = (encoded(&x), t.prove(&x));
    let bytes = proof.to_bytes();
    let mut text = |id: &str, description: &str, proof: String, reason: &str| {
        f.case_from(
            "trapdoor",
            &format!("proof-{id}"),
            description,
            bare("good", &texts, &proof),
            refused("proof", reason),
        );
    };
    let edited = |edit: &dyn Fn(&mut [u8; 128])| {
        let mut bytes = bytes;
        edit(&mut bytes);
        multibase_u(&bytes)
    };
    text("cut", "127 bytes", multibase_u(&bytes[..127]), "length");
    text("bytes-after", "129 bytes", multibase_u(&[&bytes[..], &[0]].concat()), "length");
    text("twice", "two proofs", multibase_u(&[&bytes[..], &bytes[..]].concat()), "length");
    text("empty", "nothing", "u".to_owned(), "length");
    let whole = [uncompressed(proof.a()), uncompressed(proof.b()), uncompressed(proof.c())].concat();
    text("uncompressed", "uncompressed points", multibase_u(&whole), "length");
    text("base58", "another base", format!("z{}", &multibase_u(&bytes)[1..]), "length");
    text("padded", "base64 padding", format!("{}=", multibase_u(&bytes)), "length");
    text(
        "surplus-bits",
        "another spelling of the last digit, with bits that mean nothing",
        surplus_bits(&bytes),
        "length",
    );
    for (name, start, end) in [("a", 0, 32), ("b", 32, 96), ("c", 96, 128)] {
        text(
            &format!("{name}-identity"),
            "a point at infinity",
            edited(&|b| {
                b[start..end].fill(0);
                b[end - 1] = 0x40;
            }),
            "identity",
        );
        text(
            &format!("{name}-infinity-with-x"),
            "the flag of infinity on a point with coordinates",
            edited(&|b| b[end - 1] = (b[end - 1] & 0x3f) | 0x40),
            "point",
        );
        text(&format!("{name}-both-flags"), "both flags at once", edited(&|b| b[end - 1] |= 0xc0), "point");
        text(
            &format!("{name}-unreduced"),
            "x + q in the place of x",
            edited(&|b| unreduced(&mut b[start..start + 32])),
            "point",
        );
    }
    text(
        "b-unreduced-c1",
        "x + q in the second half of a coordinate of G2",
        edited(&|b| unreduced(&mut b[64..96])),
        "point",
    );
    text(
        "a-off-curve",
        "an x that no point of the curve has",
        edited(&|b| b[..32].copy_from_slice(&no_point())),
        "point",
    );
    text(
        "b-subgroup",
        "B outside the subgroup",
        edited(&|b| b[32..96].copy_from_slice(&compressed(&outside_subgroup()))),
        "point",
    );
    text("big-endian", "A with its bytes in the other order", edited(&|b| b[..32].reverse()), big_endian(&bytes));
}

/// Whether the reversed bytes happen to be a point decides at which step they are refused.
fn big_endian(bytes: &[u8; 128]) -> &'static str {
    let mut reversed = *bytes;
    reversed[..32].reverse();
    if Proof::from_bytes(&reversed).is_ok() { "pairing" } else { "point" }
}

/// 128 bytes leave four bits over in the last of 171 digits.
fn surplus_bits(bytes: &[u8; 128]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = multibase_u(bytes).into_bytes();
    let last = text.last_mut().expect("digits");
    let digit = alphabet.iter().position(|d| d == last).expect("a digit");
    *last = alphabet[digit + 1];
    String::from_utf8(text).expect("ASCII")
}

/// An x with `x³ + 3` no square.
fn no_point() -> Vec<u8> {
    let mut x = Fq::from(1u64);
    while G1Affine::get_point_from_x_unchecked(x, false).is_some() {
        x += Fq::ONE;
    }
    compressed(&x)
}

fn input_encodings(f: &mut Family, t: &Trapdoor) {
    let x = inputs();
    let (texts, proof) = (encoded(&x), t.prove(&x).to_multibase());
    let mut case = |id: &str, description: &str, inputs: Vec<String>, reason: &str| {
        f.case_from(
            "trapdoor",
            &format!("inputs-{id}"),
            description,
            bare("good", &inputs, &proof),
            refused("inputs", reason),
        );
    };
    case("22", "an input too few", texts[..22].to_vec(), "count");
    case("24", "an input too many: verifiers that zip would drop it", [&texts[..], &texts[..1]].concat(), "count");
    case("none", "no inputs", Vec::new(), "count");
    let at = |i: usize, text: String| {
        let mut inputs = texts.clone();
        inputs[i] = text;
        inputs
    };
    for i in [0, 1, 3, 7, 22] {
        let alias = num_bigint::BigUint::from(x[i]) + num_bigint::BigUint::from(Fr::MODULUS);
        case(
            &format!("alias-{i}"),
            "x + r in the place of x, which curve arithmetic cannot tell from it",
            at(i, format!("0x{alias:064x}")),
            "not_reduced",
        );
    }
    let r = num_bigint::BigUint::from(Fr::MODULUS);
    case("r", "r in the place of 0", at(5, format!("0x{r:064x}")), "not_reduced");
    case("greatest-word", "2^256 - 1", at(5, format!("0x{}", "f".repeat(64))), "not_reduced");
    case("upper-case", "upper case", at(0, texts[0].to_uppercase().replace("0X", "0x")), "shape");
    case("without-prefix", "no 0x", at(0, texts[0][2..].to_owned()), "shape");
    case("decimal", "a decimal number", at(0, x[0].to_string()), "shape");
    case("short", "a short form", at(0, "0x1".to_owned()), "shape");
    for id in ["alias-0", "alias-1", "alias-3", "alias-7", "alias-22", "r"] {
        f.flag_case(&format!("inputs-{id}"), "alias");
    }
}

pub fn snarkjs() -> Family {
    let comment = "The same in snarkjs' files: verification_key.json, public.json, proof.json.";
    let mut family = Family::new("snarkjs", comment, &[KEY_SOURCE, INCIDENTS]);
    let (t, x) = (Trapdoor::new(), inputs());
    let (key, public, proof) =
        (snarkjs::write_key(&t.key()), snarkjs::write_inputs(&x), snarkjs::write_proof(&t.prove(&x)));
    let f = &mut family;
    f.share("snarkjs_keys", "good", key.clone());
    let input = |key: &str, public: &Value, proof: &Value| json!({ "kind": "snarkjs", "verification_key": key, "public": public, "proof": proof });
    f.case_from(
        "trapdoor",
        "good",
        "a key, its inputs and a proof of them",
        input("good", &public, &proof),
        accepted(),
    );
    let edit = |file: &Value, pointer: &str, value: Value| {
        let mut file = file.clone();
        *file.pointer_mut(pointer).expect("a place of the file") = value;
        file
    };
    for (id, description, pointer, value, reason) in [
        ("proof-coordinate", "a point off the curve", "/pi_a/0", json!("1"), "member"),
        ("proof-number", "a JSON number for a decimal text", "/pi_a/0", json!(1), "member"),
        (
            "proof-zeros",
            "a leading zero",
            "/pi_a/1",
            json!(format!("0{}", proof["pi_a"][1].as_str().expect("a text"))),
            "member",
        ),
        ("proof-infinity", "a point at infinity", "/pi_c", json!(["0", "1", "0"]), "member"),
        ("proof-protocol", "another protocol", "/protocol", json!("plonk"), "member"),
        ("proof-curve", "another curve", "/curve", json!("bls12381"), "member"),
        ("proof-exchanged", "A and C exchanged", "/pi_a", proof["pi_c"].clone(), "pairing"),
        ("proof-third", "a third coordinate that is not 1", "/pi_a/2", json!("2"), "member"),
        ("proof-curve-null", "a curve that is no text", "/curve", Value::Null, "member"),
    ] {
        f.case_from(
            "trapdoor",
            id,
            description,
            input("good", &public, &edit(&proof, pointer, value)),
            refused("proof", reason),
        );
    }
    let without = |members: &[&str]| {
        let mut file = proof.clone();
        members.iter().for_each(|member| remove(&mut file, member));
        file
    };
    let mut affine = without(&["protocol", "curve"]);
    for point in ["pi_a", "pi_b", "pi_c"] {
        affine[point].as_array_mut().expect("a list").truncate(2);
    }
    for (id, description, file) in [
        ("proof-rapidsnark", "a proof as rapidsnark writes it, without curve", without(&["curve"])),
        ("proof-bn254", "the curve by its other name", edit(&proof, "/curve", json!("bn254"))),
        ("proof-affine", "points alone, without a third coordinate", affine),
    ] {
        f.case_from("trapdoor", id, description, input("good", &public, &file), accepted());
    }
    let greatest = num_bigint::BigUint::from(Fr::MODULUS);
    let alias = num_bigint::BigUint::from(x[0]) + &greatest;
    for (id, description, value) in [
        ("public-r", "r in the place of 0", json!(greatest.to_string())),
        ("public-alias", "x + r in the place of x", json!(alias.to_string())),
        ("public-negative", "a negative number", json!("-1")),
        ("public-hex", "a hexadecimal number", json!("0x1")),
    ] {
        f.case_from(
            "trapdoor",
            id,
            description,
            input("good", &edit(&public, "/0", value), &proof),
            refused("inputs", "member"),
        );
    }
    f.flag_case("public-alias", "alias");
    let mut short = public.clone();
    short.as_array_mut().expect("a list").pop();
    f.case_from(
        "trapdoor",
        "public-22",
        "an input too few",
        input("good", &short, &proof),
        refused("inputs", "member"),
    );
    let mut raised = public.clone();
    raised[0] = (x[0] + Fr::from(1u64)).to_string().into();
    f.case_from(
        "trapdoor",
        "public-raised",
        "an input raised by one",
        input("good", &raised, &proof),
        refused("proof", "pairing"),
    );
    let unmade = Trapdoor { gamma: Fr::from(1u64), delta: Fr::from(1u64), ..Trapdoor::new() };
    let points = Key::of(&unmade);
    let forged = Proof::from_points(points.alpha, points.beta, (-points.combine(&x)).into_affine()).expect("points");
    assert!(points.accepts(&x, &Points::of(&forged)));
    let generator = snarkjs::write_proof(
        &Proof::from_points(g1(Fr::from(1u64)), G2Affine::generator(), g1(Fr::from(1u64))).expect("points"),
    )["pi_b"]
        .clone();
    let mut no_contribution = key.clone();
    no_contribution["vk_gamma_2"] = generator.clone();
    no_contribution["vk_delta_2"] = generator.clone();
    f.share("snarkjs_keys", "no-contribution", no_contribution);
    f.case_from(
        "incidents",
        "no-contribution",
        "a key as `snarkjs groth16 setup` makes it, before any contribution, and a forged proof",
        input("no-contribution", &public, &snarkjs::write_proof(&forged)),
        key_refused("delta_is_gamma"),
    );
    f.flag("forgery");
    for (id, description, pointer, value, reason) in [
        ("delta-generator", "delta is the generator", "/vk_delta_2", generator, "delta_is_generator"),
        ("equal-inputs", "two inputs share a point", "/IC/3", key["IC"][4].clone(), "equal_inputs"),
        ("key-protocol", "another protocol", "/protocol", json!("fflonk"), "member"),
        ("key-alpha-identity", "alpha at infinity", "/vk_alpha_1", json!(["0", "1", "0"]), "member"),
    ] {
        f.share("snarkjs_keys", id, edit(&key, pointer, value));
        f.case_from("trapdoor", id, description, input(id, &public, &proof), key_refused(reason));
    }
    let mut points = key["IC"].clone();
    points.as_array_mut().expect("a list").pop();
    f.share("snarkjs_keys", "23-points", edit(&key, "/IC", points));
    f.case_from("trapdoor", "23-points", "a point too few", input("23-points", &public, &proof), key_refused("count"));
    family
}
