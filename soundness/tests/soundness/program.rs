//! The program: what it finds in files, and its exit status.

use std::path::PathBuf;
use std::process::Command;

use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_soundness::r1cs::F;

use super::claim::{Claim, Draw};
use super::layout::*;

/// A file of the test's own.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Exit status and what is printed.
fn run(files: &[&PathBuf]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_poa-soundness")).args(files).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_exported_circuit_passes_and_a_false_witness_does_not() {
    let circuit = file("circuit.r1cs", &FILE);
    let mut claim = Claim::honest(&mut Draw::new("program", 0));
    let honest = file("honest.wtns", &witness_to_iden3(&claim.assignment));
    let (status, printed) = run(&[&circuit, &honest]);
    assert_eq!(status, Some(0), "{printed}");
    assert!(printed.contains("constraints broken []"), "{printed}");

    claim.set(SUBJECT, F::from(1u64));
    let lie = file("lie.wtns", &witness_to_iden3(&claim.assignment));
    let (status, printed) = run(&[&circuit, &lie]);
    assert_eq!(status, Some(1), "{printed}");
    assert!(printed.contains(&format!("constraints broken [{}]", subject_row())), "{printed}");
}

#[test]
fn what_cannot_be_checked_is_said_so() {
    let circuit = file("cut.r1cs", &FILE[..1_000]);
    assert_eq!(run(&[&circuit]).0, Some(2));
    assert_eq!(run(&[]).0, Some(2));
}
