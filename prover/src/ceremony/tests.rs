//! Keys that snarkjs made of a small circuit, and lies about them.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, FftField, Field, PrimeField};
use blake2::Digest;
use poa_circuits::gadgets::r1cs::Num;
use poa_circuits::native::field::F;

use super::draw::Draws;
use super::encoding::{Hash, Hasher, hash_g1, hash_g2};
use super::*;
use crate::ZkeyError;
use crate::iden3::{self, g1_bytes, g2_bytes};
use crate::zkey::{self, Zkey};

const R1CS: &[u8] = include_bytes!("../../../test-vectors/ceremony/circuit.r1cs");
const PHASE1: &[u8] = include_bytes!("../../../test-vectors/ceremony/phase1.ptau");
const ZKEY: &[u8] = include_bytes!("../../../test-vectors/ceremony/key.zkey");
/// Cut from a file of power 4: its last Lagrange basis has the greatest power too.
const PHASE1_CUT: &[u8] = include_bytes!("../../../test-vectors/ceremony/phase1_cut.ptau");
const ZKEY_CUT: &[u8] = include_bytes!("../../../test-vectors/ceremony/key_cut.zkey");

/// Bytes of a contribution without parameters.
const RECORD: usize = 3 * 64 + 128 + 64 + 4 + 4;
/// Where the first contribution begins in the transcript.
const FIRST: usize = 64 + 4;

/// The circuit of `circuit.r1cs`: two inputs, a wire that stands in C only, one that stands in A, B and C.
fn circuit() -> ConstraintSystem {
    let (mut system, inputs) = ConstraintSystem::new(&[F::from(3u64), F::from(628u64)]);
    let [x, y] = &inputs[..] else { unreachable!() };
    let w = system.declare(F::from(5u64));
    let p = system.multiply(x, &w);
    let q = system.multiply(&(&p + F::from(2u64)), &(&(&w * F::from(7u64)) - x));
    system.enforce_equal(&(&(&p * F::from(5u64)) + &q), &(y - &(x * F::from(3u64))));
    let square = system.multiply(&w, &w);
    system.multiply(&p, &square);
    assert_eq!(system.first_broken(), None);
    system
}

fn os_rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// What is read of the files, to be lied about.
struct Case {
    shape: ConstraintSystem,
    key: ArkKey,
    transcript: Vec<u8>,
    phase1: Vec<u8>,
}

impl Case {
    fn of(zkey: &[u8], phase1: &[u8]) -> Self {
        let shape = circuit();
        let zkey = Zkey::read(zkey, &shape).unwrap();
        let (key, transcript) = (zkey.key, zkey.transcript.unwrap().to_vec());
        Self { shape, key, transcript, phase1: phase1.to_vec() }
    }

    fn check(&self) -> Result<(), CeremonyError> {
        let transcript = Transcript::read(&self.transcript)?;
        let phase1 = Phase1::read(&self.phase1, &self.shape)?;
        check(&self.shape, &self.key, &transcript, &phase1, &mut os_rng())
    }
}

fn honest() -> Case {
    Case::of(ZKEY, PHASE1)
}

/// What is said after one change.
fn said(lie: impl FnOnce(&mut Case)) -> CeremonyError {
    let mut case = honest();
    lie(&mut case);
    case.check().expect_err("a lie is refused")
}

fn said_of_transcript(lie: impl FnOnce(&mut Vec<u8>)) -> TranscriptError {
    match said(|case| lie(&mut case.transcript)) {
        CeremonyError::Transcript(error) => error,
        other => panic!("{other}"),
    }
}

fn said_of_phase1(lie: impl FnOnce(&mut Vec<u8>)) -> Phase1Error {
    match said(|case| lie(&mut case.phase1)) {
        CeremonyError::Phase1(error) => error,
        other => panic!("{other}"),
    }
}

/// Where a section's bytes begin in a file.
fn section_at(file: &[u8], wanted: u32) -> usize {
    let mut rest = iden3::Bytes(&file[12..]);
    loop {
        let (id, bytes) = rest.section().unwrap();
        if id == wanted {
            return file.len() - rest.0.len() - bytes.len();
        }
    }
}

/// Another point that is on the curve.
fn doubled(bytes: &[u8]) -> Vec<u8> {
    g1_bytes(&(iden3::g1(bytes).unwrap() * Fr::from(2u64)).into_affine())
}

fn double_at(file: &mut [u8], at: usize) {
    let other = doubled(&file[at..at + 64]);
    file[at..at + 64].copy_from_slice(&other);
}

/// Where contribution `number` begins; two of seven bytes and six name them.
fn record_at(transcript: &[u8], number: usize) -> usize {
    let mut at = FIRST;
    for _ in 1..number {
        at += record_length(transcript, at);
    }
    at
}

fn record_length(transcript: &[u8], at: usize) -> usize {
    let length: [u8; 4] = transcript[at + RECORD - 4..at + RECORD].try_into().unwrap();
    RECORD + u32::from_le_bytes(length) as usize
}

fn set_count(transcript: &mut [u8], count: u32) {
    transcript[64..68].copy_from_slice(&count.to_le_bytes());
}

/// Written anew, what was read of a file by snarkjs is that file.
#[test]
fn keys_are_written_byte_for_byte_as_snarkjs_does() {
    for file in [ZKEY, ZKEY_CUT] {
        let read = Zkey::read(file, &circuit()).unwrap();
        assert!(zkey::write::file(&read.key, &circuit(), read.transcript) == file);
    }
}

#[test]
fn keys_of_snarkjs_hold() {
    assert_eq!(circuit().to_iden3(), R1CS, "the vector's circuit is the one here");
    assert_eq!(honest().check(), Ok(()));
    assert_eq!(Case::of(ZKEY_CUT, PHASE1_CUT).check(), Ok(()));
}

#[test]
fn contributions_are_told_as_they_are() {
    let transcript = Transcript::read(&honest().transcript).unwrap();
    let told = transcript.contributions();
    let names: Vec<_> = told.iter().map(|c| c.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["first", "second", "beacon"]);
    let beacon = Beacon { value: (1..=32).collect(), iterations_exp: 10 };
    assert_eq!(told.iter().map(|c| c.beacon.clone()).collect::<Vec<_>>(), [None, None, Some(beacon)]);
}

#[test]
fn another_circuit_is_refused() {
    let mut other = circuit();
    let wire = Num::constant(F::from(1u64));
    other.enforce(&wire, &wire, &wire);
    assert!(matches!(Zkey::read(ZKEY, &other), Err(ZkeyError::SectionLength { .. } | ZkeyError::Count { .. })));
    // The same lengths, domain and matrices A and B; another C.
    let (mut other, inputs) = ConstraintSystem::new(&[F::ZERO, F::ZERO]);
    let [x, y] = &inputs[..] else { unreachable!() };
    let w = other.declare(F::ZERO);
    let p = other.multiply(x, &w);
    let q = other.multiply(&(&p + F::from(2u64)), &(&(&w * F::from(7u64)) - x));
    other.enforce_equal(&(&(&p * F::from(5u64)) + &q), y);
    let square = other.multiply(&w, &w);
    other.multiply(&p, &square);
    assert_eq!(said(|case| case.shape = other), CeremonyError::Setup("the list IC"));
}

#[test]
fn another_phase_1_is_refused() {
    assert_eq!(said(|case| case.phase1 = PHASE1_CUT.to_vec()), CeremonyError::Setup("alpha"));
    assert_eq!(said_of_phase1(|file| file[0] = b'z'), Phase1Error::Magic);
    assert_eq!(said_of_phase1(|file| file.truncate(file.len() - 1)), Phase1Error::Length);
    assert_eq!(said_of_phase1(|file| file.push(0)), Phase1Error::Length);
    let at = section_at(PHASE1, 1);
    assert_eq!(said_of_phase1(|file| file[at + 4] ^= 1), Phase1Error::Prime);
    assert_eq!(said_of_phase1(|file| file[at + 36] = 2), Phase1Error::Power { found: 2, needed: 3 });
    assert_eq!(said_of_phase1(|file| file[at + 36] = 29), Phase1Error::Power { found: 29, needed: 3 });
    let longer = said_of_phase1(|file| file[at + 36] = 4);
    assert_eq!(longer, Phase1Error::SectionLength { section: 2, found: 15 * 64, needed: 31 * 64 });
    let at = section_at(PHASE1, 15) - 12;
    assert_eq!(said_of_phase1(|file| file[at] = 14), Phase1Error::Section(14));
    assert_eq!(said_of_phase1(|file| file[at] = 16), Phase1Error::Section(16));
}

#[test]
fn a_file_need_not_be_prepared() {
    for (zkey, phase1) in [(ZKEY, PHASE1), (ZKEY_CUT, PHASE1_CUT)] {
        let mut case = Case::of(zkey, phase1);
        case.phase1.truncate(section_at(phase1, 12) - 12);
        case.phase1[8..12].copy_from_slice(&7u32.to_le_bytes());
        assert_eq!(case.check(), Ok(()));
    }
    // What a prepared file has besides is not read.
    let mut case = honest();
    for section in 12..=15 {
        let at = section_at(PHASE1, section);
        case.phase1[at..at + 64].fill(0xff);
    }
    assert_eq!(case.check(), Ok(()));
    let beta = section_at(PHASE1, 6) - 12;
    assert_eq!(said_of_phase1(|file| file[beta] = 12), Phase1Error::Section(12));
    let without_beta = said_of_phase1(|file| {
        file.drain(beta..section_at(PHASE1, 7) - 12);
        file[8..12].copy_from_slice(&10u32.to_le_bytes());
    });
    assert_eq!(without_beta, Phase1Error::Missing(6));
}

#[test]
fn contributions_to_phase_1_are_counted_without_beacons() {
    let count = |file: &[u8]| Phase1::read(file, &circuit()).map(|phase1| phase1.contributions);
    let edited = |edit: &dyn Fn(&mut Vec<u8>, usize)| {
        let mut file = PHASE1.to_vec();
        edit(&mut file, section_at(PHASE1, 7));
        count(&file)
    };
    assert_eq!(count(PHASE1), Ok(1));
    assert_eq!(count(&phase1_of([5u64, 6, 7].map(Fr::from))), Ok(0));
    assert_eq!(edited(&|file, at| file[at + 4 + 1496] = 1), Ok(0), "a beacon");
    assert_eq!(edited(&|file, at| file[at] = 2), Err(Phase1Error::Length));
    assert_eq!(edited(&|file, at| file[at] = 0), Err(Phase1Error::Length));
}

/// The file of a phase 1 of power 3 with these secrets, as `snarkjs powersoftau new` begins it with ones.
fn phase1_of([tau, alpha, beta]: [Fr; 3]) -> Vec<u8> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let powers = |factor: Fr, count: u64| -> Vec<u8> {
        (0..count).flat_map(|i| g1_bytes(&(g1 * (factor * tau.pow([i]))).into_affine())).collect()
    };
    let in_g2 = (0..8).flat_map(|i| g2_bytes(&(g2 * tau.pow([i])).into_affine())).collect();
    let header = PHASE1[section_at(PHASE1, 1)..section_at(PHASE1, 2) - 12].to_vec();
    let beta_g2 = g2_bytes(&(g2 * beta).into_affine());
    let sections = [header, powers(Fr::ONE, 15), in_g2, powers(alpha, 8), powers(beta, 8), beta_g2];
    let mut file = b"ptau\x01\0\0\0\x06\0\0\0".to_vec();
    for (id, bytes) in (1u32..).zip(sections) {
        file.extend(id.to_le_bytes());
        file.extend((bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

/// Such files have points that are right in every way, and everybody could forge under a key made of them.
#[test]
fn a_phase_1_that_nobody_contributed_to_is_refused() {
    let check = |secrets| Phase1::read(&phase1_of(secrets), &circuit())?.check(&mut os_rng());
    let [tau, alpha, beta] = [5u64, 6, 7].map(Fr::from);
    assert_eq!(check([tau, alpha, beta]), Ok(()));
    assert_eq!(check([Fr::ONE; 3]), Err(Phase1Error::Known), "as it begins");
    for secrets in [[Fr::ONE, alpha, beta], [tau, Fr::ONE, beta], [tau, alpha, Fr::ONE], [tau, alpha, -Fr::ONE]] {
        assert_eq!(check(secrets), Err(Phase1Error::Known));
    }
    for rows in [2, 8, 16] {
        let root = Fr::get_root_of_unity(rows).unwrap();
        assert_eq!(check([root, alpha, beta]), Err(Phase1Error::Known), "the polynomials of rows vanish there");
    }
    assert_eq!(check([Fr::ZERO, alpha, beta]), Err(Phase1Error::Powers(2)));
    assert_eq!(check([tau, Fr::ZERO, beta]), Err(Phase1Error::Point(4)));
    assert_eq!(check([tau, alpha, Fr::ZERO]), Err(Phase1Error::Powers(6)));
}

#[test]
fn points_that_are_no_powers_of_one_tau_are_refused() {
    for section in [2, 4, 5] {
        let at = section_at(PHASE1, section) + 3 * 64;
        let refused = said_of_phase1(|file| double_at(file, at));
        assert_eq!(refused, Phase1Error::Powers(section as usize));
    }
    let at = section_at(PHASE1, 3) + 2 * 128;
    assert_eq!(said_of_phase1(|file| file.copy_within(at..at + 128, at + 128)), Phase1Error::Powers(3));
    assert_eq!(said_of_phase1(|file| file.copy_within(at..at + 128, section_at(PHASE1, 6))), Phase1Error::Powers(6));
    let at = section_at(PHASE1, 2) + 64;
    assert_eq!(said_of_phase1(|file| file[at..at + 64].fill(0)), Phase1Error::Powers(2));
    assert_eq!(said_of_phase1(|file| file[at] ^= 1), Phase1Error::Point(2));
}

/// The points are valid and of the key, so only the equations can tell.
#[test]
fn a_changed_part_of_the_key_is_refused_by_name() {
    type Lie = fn(&mut ArkKey);
    let lies: [(&str, Lie); 11] = [
        ("alpha", |key| key.vk.alpha_g1 = key.beta_g1),
        ("beta in G1", |key| key.beta_g1 = key.vk.alpha_g1),
        ("beta in G2", |key| key.vk.beta_g2 = key.vk.delta_g2),
        ("gamma", |key| key.vk.gamma_g2 = key.vk.beta_g2),
        ("the list IC", |key| key.vk.gamma_abc_g1.swap(1, 2)),
        ("the query A", |key| key.a_query.swap(3, 4)),
        ("the query B in G1", |key| key.b_g1_query.swap(3, 6)),
        ("the query B in G2", |key| key.b_g2_query.swap(3, 6)),
        ("the query H", |key| key.h_query.swap(0, 7)),
        ("the query C", |key| key.l_query.swap(0, 4)),
        ("the query C", |key| key.l_query[2] = G1Affine::zero()),
    ];
    for (part, lie) in lies {
        assert_eq!(said(|case| lie(&mut case.key)), CeremonyError::Setup(part), "{part}");
    }
}

/// Contributions by these factors, in place of the key's own, and what is said of them.
fn contributed(contributions: &[Factor]) -> Result<(), TranscriptError> {
    let mut key = honest().key;
    let mut section = honest().transcript[..64].to_vec();
    section.extend((contributions.len() as u32).to_le_bytes());
    let mut before = Hasher::new_with_prefix(&section[..64]);
    let mut delta = Fr::ONE;
    for contribution in contributions {
        let (factor, s, parameters) = contribution.parts();
        delta *= factor;
        let (delta_after, s_x) = ((G1Affine::generator() * delta).into_affine(), (s * factor).into_affine());
        let mut challenge = before.clone();
        [s, s_x].iter().for_each(|point| hash_g1(&mut challenge, point));
        let challenge = Hash::from(challenge.finalize());
        let sp_x = (Draws::from_hash(&challenge).g2() * factor).into_affine();
        [delta_after, s, s_x].iter().for_each(|point| hash_g1(&mut before, point));
        hash_g2(&mut before, &sp_x);
        before.update(challenge);
        [delta_after, s, s_x].iter().for_each(|point| section.extend(g1_bytes(point)));
        section.extend(g2_bytes(&sp_x));
        section.extend(challenge);
        section.extend(u32::from(matches!(contribution, Factor::Beacon(_))).to_le_bytes());
        section.extend((parameters.len() as u32).to_le_bytes());
        section.extend(parameters);
    }
    key.delta_g1 = (G1Affine::generator() * delta).into_affine();
    key.vk.delta_g2 = (G2Affine::generator() * delta).into_affine();
    Transcript::read(&section)?.check(&key)
}

enum Factor {
    Drawn(u64),
    Beacon(&'static [u8]),
}

impl Factor {
    /// The factor, `s`, and the parameters.
    fn parts(&self) -> (Fr, G1Affine, Vec<u8>) {
        match self {
            Factor::Drawn(factor) => (Fr::from(*factor), (G1Affine::generator() * Fr::from(9u64)).into(), Vec::new()),
            Factor::Beacon(value) => {
                let mut draws = Draws::from_beacon(value, 10);
                (draws.scalar(), draws.g1(), [&[2, 10, 3, value.len() as u8], *value].concat())
            }
        }
    }
}

/// Each of these is right in itself.
#[test]
fn contributions_that_everybody_knows_are_none() {
    use Factor::{Beacon, Drawn};
    assert_eq!(contributed(&[Drawn(5), Drawn(7), Beacon(b"beacon")]), Ok(()));
    assert_eq!(contributed(&[Drawn(5)]), Ok(()));
    assert_eq!(contributed(&[Beacon(b"beacon"), Drawn(5)]), Ok(()), "who knows delta needs 5");
    assert_eq!(contributed(&[Beacon(b"beacon")]), Err(TranscriptError::Empty));
    assert_eq!(contributed(&[Beacon(b"one"), Beacon(b"two")]), Err(TranscriptError::Empty));
    assert_eq!(contributed(&[]), Err(TranscriptError::Empty));
    assert_eq!(contributed(&[Drawn(1)]), Err(TranscriptError::Nothing(1)));
    assert_eq!(contributed(&[Drawn(5), Drawn(1), Beacon(b"beacon")]), Err(TranscriptError::Nothing(2)));
    assert_eq!(contributed(&[Drawn(5), Beacon(b"")]), Err(TranscriptError::Malformed), "nothing that could be public");
}

/// A contribution belongs to its place: again, or in another order, it hashes something else.
#[test]
fn contributions_stand_once_and_in_order() {
    let second = record_at(&honest().transcript, 2);
    let again = said_of_transcript(|bytes| {
        let first = bytes[FIRST..second].to_vec();
        bytes.splice(second..second, first);
        set_count(bytes, 4);
    });
    assert_eq!(again, TranscriptError::Hash(2));
    let swapped = said_of_transcript(|bytes| {
        let first: Vec<u8> = bytes.drain(FIRST..second).collect();
        let after = FIRST + record_length(bytes, FIRST);
        bytes.splice(after..after, first);
    });
    assert_eq!(swapped, TranscriptError::Hash(1));
}

#[test]
fn a_transcript_of_another_setup_is_refused() {
    // Nothing but the digest tells: a transcript that is right in itself, begun with another.
    let case = honest();
    let phase1 = Phase1::read(PHASE1, &case.shape).unwrap();
    let transcript = Transcript::read(&case.transcript).unwrap();
    assert_eq!(setup::circuit_hash(&case.shape, &case.key, &phase1), transcript.circuit_hash);
    let mut key = case.key.clone();
    key.vk.gamma_abc_g1.swap(0, 1);
    assert_ne!(setup::circuit_hash(&case.shape, &key, &phase1), transcript.circuit_hash);
    assert_eq!(said_of_transcript(|bytes| bytes[0] ^= 1), TranscriptError::Hash(1));
}

#[test]
fn a_missing_contribution_is_refused() {
    let beacon = record_at(&honest().transcript, 3);
    let without_last = said_of_transcript(|bytes| {
        bytes.truncate(beacon);
        set_count(bytes, 2);
    });
    assert_eq!(without_last, TranscriptError::LastDelta);
    let second = record_at(&honest().transcript, 2);
    let without_second = said_of_transcript(|bytes| {
        bytes.drain(second..beacon);
        set_count(bytes, 2);
    });
    assert_eq!(without_second, TranscriptError::Hash(2));
    let nobody = said_of_transcript(|bytes| {
        bytes.truncate(FIRST);
        set_count(bytes, 0);
    });
    assert_eq!(nobody, TranscriptError::Empty);
}

#[test]
fn a_changed_contribution_is_refused_for_what_is_wrong() {
    // In a contribution: delta after, s, x·s, x·s', the challenge.
    assert_eq!(said_of_transcript(|bytes| double_at(bytes, FIRST)), TranscriptError::Delta(1));
    assert_eq!(said_of_transcript(|bytes| double_at(bytes, FIRST + 64)), TranscriptError::Hash(1));
    assert_eq!(said_of_transcript(|bytes| double_at(bytes, FIRST + 128)), TranscriptError::Hash(1));
    let generator = g2_bytes(&G2Affine::generator());
    let unproved = said_of_transcript(|bytes| bytes[FIRST + 192..FIRST + 320].copy_from_slice(&generator));
    assert_eq!(unproved, TranscriptError::Proof(1));
    assert_eq!(said_of_transcript(|bytes| bytes[FIRST + 320] ^= 1), TranscriptError::Hash(1));
    assert_eq!(said_of_transcript(|bytes| bytes[FIRST + 64..FIRST + 128].fill(0)), TranscriptError::Point(1));
    assert_eq!(said_of_transcript(|bytes| bytes[FIRST + 64] ^= 1), TranscriptError::Point(1));
    let modulus = Fq::MODULUS.to_bytes_le();
    assert_eq!(
        said_of_transcript(|bytes| bytes[FIRST..FIRST + 32].copy_from_slice(&modulus)),
        TranscriptError::Point(1)
    );
    assert_eq!(said_of_transcript(|bytes| bytes[FIRST + 384] = 2), TranscriptError::Malformed, "no such kind");
}

#[test]
fn a_beacon_that_gives_another_factor_is_refused() {
    let at = record_at(&honest().transcript, 3) + RECORD;
    // 1, 6, `beacon`; 2, iterations; 3, 32, value.
    let (iterations, value) = (at + 8 + 1, at + 8 + 2 + 2);
    assert_eq!(said_of_transcript(|bytes| bytes[value] ^= 1), TranscriptError::Beacon(3));
    assert_eq!(said_of_transcript(|bytes| bytes[iterations] = 11), TranscriptError::Beacon(3));
    for exponent in [0, 9, 29, 63, 255] {
        assert_eq!(said_of_transcript(|bytes| bytes[iterations] = exponent), TranscriptError::Iterations(3));
    }
    // Two that can be recomputed, but not both.
    let too_many = said_of_transcript(|bytes| {
        bytes[iterations] = 28;
        let beacon = bytes[at - RECORD..].to_vec();
        bytes.extend(beacon);
        set_count(bytes, 4);
    });
    assert_eq!(too_many, TranscriptError::Iterations(4));
    // A drawn contribution passed off as a beacon's, and the other way round.
    let second = record_at(&honest().transcript, 2);
    let passed_off = said_of_transcript(|bytes| {
        let parameters = bytes[at..].to_vec();
        let end = second + record_length(bytes, second);
        bytes.splice(second + RECORD..end, parameters.iter().copied());
        bytes[second + RECORD - 8] = 1;
        bytes[second + RECORD - 4] = parameters.len() as u8;
    });
    assert_eq!(passed_off, TranscriptError::Beacon(2));
    assert_eq!(said_of_transcript(|bytes| bytes[at - 8] = 0), TranscriptError::Malformed);
}

#[test]
fn malformed_transcripts_are_refused() {
    assert_eq!(said_of_transcript(|bytes| bytes.push(0)), TranscriptError::Malformed);
    assert_eq!(said_of_transcript(|bytes| bytes.clear()), TranscriptError::Malformed);
    assert_eq!(said_of_transcript(|bytes| set_count(bytes, u32::MAX)), TranscriptError::Malformed);
    let name = FIRST + RECORD + 2;
    assert_eq!(said_of_transcript(|bytes| bytes[name] = 0x1b), TranscriptError::Name(1));
    assert_eq!(said_of_transcript(|bytes| bytes[name] = 0xff), TranscriptError::Name(1));
    let reordering = "\u{202e}".as_bytes();
    assert_eq!(said_of_transcript(|bytes| bytes[name..name + 3].copy_from_slice(reordering)), TranscriptError::Name(1));
    assert_eq!(said_of_transcript(|bytes| bytes[name - 2] = 4), TranscriptError::Malformed);
    assert_eq!(said_of_transcript(|bytes| bytes[name - 1] = 60), TranscriptError::Malformed);
    let whole = honest().transcript;
    for length in 0..whole.len() {
        assert!(Transcript::read(&whole[..length]).is_err(), "{length}");
    }
}
