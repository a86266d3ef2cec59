//! Random claims, true and false, and the verdicts on them, which must agree: of the exported constraints, whatever can be
//! computed from them; of the assignment that the circuit synthesises; and of native code. Written to a file they are what
//! `scripts/circom/compare.sh` gives to the statement's second implementation.
//!
//! `POA_SOUNDNESS_CASES` says how many, `POA_SOUNDNESS_CASES_FILE` where to.

mod forms;
mod holder;
mod inputs;
mod lies;
mod membership;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};

use poa_circuits::statement::assignment;
use poa_soundness::r1cs::{F, Wire};

use super::claim::{Claim, Draw, whole};
use super::layout::*;
use super::native::native;

/// Which verdicts a category's cases get.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Verdicts {
    Accepted,
    Both,
}
use Verdicts::{Accepted, Both};

/// Makes the case of that number.
type Make = fn(&mut Draw, usize) -> Claim;

const CATEGORIES: [(&str, Make, Verdicts); 21] = [
    ("honest, every mask", forms::honest, Accepted),
    ("honest, every kind of request", forms::requests, Accepted),
    ("honest, at the edges", forms::edges, Accepted),
    ("a private value changed", lies::private, Both),
    ("a public input changed", lies::public, Both),
    ("several values changed", lies::several, Both),
    ("parts of another's witness", lies::foreign, Both),
    ("bits of the key", holder::key, Both),
    ("identity and pseudonym in the leaf", holder::commitments, Both),
    ("index bits", membership::index, Both),
    ("siblings and sides", membership::path, Both),
    ("order of the leaf's values", membership::opening, Both),
    ("a leaf claimed", membership::leaf_claimed, Both),
    ("nullifier", inputs::nullifier, Both),
    ("subject and agent", inputs::subject, Both),
    ("mask", inputs::mask, Both),
    ("disclosed values", inputs::disclosed, Both),
    ("bounds", inputs::bounds, Both),
    ("capabilities", inputs::capabilities, Both),
    ("times", inputs::times, Both),
    ("context", inputs::context, Both),
];

/// How many cases; the default has each category a few times.
fn count() -> usize {
    let asked = std::env::var("POA_SOUNDNESS_CASES").ok();
    asked.map_or(if whole() { 10_500 } else { 105 }, |text| text.parse().expect("POA_SOUNDNESS_CASES is a number"))
}

/// What was seen of a category.
#[derive(Clone, Copy, Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    /// Of both, those that native code could judge.
    native: usize,
}

/// Which constraints and clauses some case breaks and no others.
#[derive(Default)]
struct Alone {
    rows: BTreeSet<usize>,
    clauses: BTreeSet<u8>,
}

impl Alone {
    fn note(&mut self, broken: &[usize]) {
        if let [row] = broken {
            self.rows.insert(*row);
        }
        if let [clause] = clauses(broken)[..] {
            self.clauses.insert(clause);
        }
    }
}

fn clauses(rows: &[usize]) -> Vec<u8> {
    let clauses: BTreeSet<u8> = rows.iter().map(|row| clause(*row)).collect();
    clauses.into_iter().collect()
}

#[test]
fn native_code_and_the_constraints_agree_on_random_claims() {
    let path = std::env::var_os("POA_SOUNDNESS_CASES_FILE");
    let mut file = path.map(|path| BufWriter::new(File::create(path).unwrap()));
    let mut tallies = [Tally::default(); CATEGORIES.len()];
    let mut alone = Alone::default();
    for case in 0..count() {
        let (number, kind) = (case / CATEGORIES.len(), case % CATEGORIES.len());
        let (name, make, _) = CATEGORIES[kind];
        let claim = make(&mut Draw::new(name, number), number);
        let broken = claim.broken();
        let native = native_verdicts(&claim);
        if let Some(first_broken_clauses) = native {
            let clause = broken.first().map(|row| clause(*row));
            assert_eq!(first_broken_clauses, [clause; 2], "{name}, number {number}");
        }
        tallies[kind].native += usize::from(native.is_some());
        *(if broken.is_empty() { &mut tallies[kind].accepted } else { &mut tallies[kind].rejected }) += 1;
        alone.note(&broken);
        if let Some(file) = &mut file {
            writeln!(file, "{}", line(&claim, &format!("{name}, {number}"), &broken)).unwrap();
        }
    }
    if let Some(mut file) = file {
        file.flush().unwrap();
    }
    report(&tallies, &alone);
}

/// The first clause that does not hold, in native code and of the synthesised assignment; none where native types cannot
/// hold the claim.
fn native_verdicts(claim: &Claim) -> Option<[Option<u8>; 2]> {
    // A computed value of the prover's own is nothing that native code is given.
    let (public, witness) = native(claim).filter(|_| !claim.is_forced())?;
    let synthesised = CIRCUIT.broken(&assignment::derive(&public, &witness));
    let native = public.check(&witness).err().map(|broken| broken.clause());
    Some([native, synthesised.first().map(|row| clause(*row))])
}

fn report(tallies: &[Tally], alone: &Alone) {
    println!("{:<36} {:>8} {:>8} {:>8}", "category", "accepted", "rejected", "native");
    for ((name, _, verdicts), tally) in CATEGORIES.iter().zip(tallies) {
        let Tally { accepted, rejected, native } = *tally;
        println!("{name:<36} {accepted:>8} {rejected:>8} {native:>8}");
        assert!(*verdicts == Both || rejected == 0, "{name}: {rejected} rejected");
        // With fewer, chance may leave one verdict out.
        assert!(
            *verdicts == Accepted || accepted + rejected < 100 || accepted * rejected > 0,
            "{name}: one verdict only"
        );
    }
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (accepted, rejected, native) = (sum(|t| t.accepted), sum(|t| t.rejected), sum(|t| t.native));
    println!("{:<36} {accepted:>8} {rejected:>8} {native:>8}", "all");
    let rows = alone.rows.len();
    println!("{rows} constraints and the clauses {:?} rejected a case that satisfied all others", alone.clauses);
    assert!(count() < 1_000 || alone.clauses.iter().copied().eq(1..=9), "{:?}", alone.clauses);
}

/// The case as one line of JSON, inputs under the names of `soundness/circom/statement.circom`, numbers in decimal.
fn line(claim: &Claim, name: &str, broken: &[usize]) -> String {
    let mut line = format!("{{\"name\":\"{name}\",\"broken_clauses\":{:?},\"inputs\":{{", clauses(broken));
    let singles = [
        ("root", ROOT),
        ("context", CONTEXT),
        ("scope", SCOPE),
        ("nullifier", NULLIFIER),
        ("schema", SCHEMA),
        ("subject", SUBJECT),
        ("valid_at", VALID_AT),
        ("mask", MASK),
        ("required", REQUIRED),
        ("n", PSEUDONYM),
        ("agent", AGENT),
        ("expires_at", EXPIRES_AT),
        ("salt", SALT),
        ("context_squared", context_squared()),
    ];
    for (name, wire) in singles {
        write!(line, "\"{name}\":\"{}\",", claim.get(wire)).unwrap();
    }
    let arrays = [
        ("disclosed", DISCLOSED..DISCLOSED + 6),
        ("lower", LOWER..LOWER + 4),
        ("upper", UPPER..UPPER + 4),
        ("k", KEY),
        ("a", ATTRIBUTE..ATTRIBUTE + 6),
        ("siblings", SIBLING..SIBLING + 32),
        ("index", INDEX),
    ];
    for (name, wires) in arrays {
        let values: Vec<String> = wires.map(|wire: Wire| claim.get(wire).to_string()).collect();
        write!(line, "\"{name}\":{values:?},").unwrap();
    }
    write!(line, "\"leaf\":\"{}\"}}}}", leaf().evaluate(&claim.assignment)).unwrap();
    line
}

fn number(value: u64) -> F {
    F::from(value)
}

/// Values at which a range check could go wrong, small ones and random ones.
fn edge(draw: &mut Draw) -> F {
    let two_to_64 = number(u64::MAX) + number(1);
    match draw.below(4) {
        0 => number(draw.pick(&[0, 1, 5, 63, 64, 127, 10_000, 10_001, 16_383, 16_384])),
        1 => number(draw.pick(&[(1 << 40) - 1, 1 << 40, (1 << 40) + 1, u64::MAX - 1, u64::MAX])),
        2 => draw.pick(&[two_to_64, two_to_64 + number(1), -number(1), -number(5), -number(u64::MAX), -two_to_64]),
        _ => draw.field(),
    }
}
