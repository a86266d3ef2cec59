//! `poa-soundness [--deletions] CIRCUIT.r1cs [WITNESS.wtns]...`: what the library's checks say about files.
//!
//! `--deletions` also leaves out every constraint in turn, which takes seconds. Exit status: 0 nothing was found, 1
//! something was, 2 the files could not be checked.

use std::process::ExitCode;
use std::time::Instant;

use poa_soundness::determinism::{Deletions, Determinism, Rule};
use poa_soundness::iden3::{read_r1cs, read_wtns};
use poa_soundness::r1cs::{F, R1cs};
use poa_soundness::{perturbation, rank};

const USAGE: &str = "usage: poa-soundness [--deletions] CIRCUIT.r1cs [WITNESS.wtns]...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match check(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Prints the findings; whether there are none that speak against the circuit.
fn check(arguments: &[String]) -> Result<bool, String> {
    let (with_deletions, files) = match arguments {
        [flag, files @ ..] if flag == "--deletions" => (true, files),
        files => (false, files),
    };
    let [circuit, witnesses @ ..] = files else {
        return Err(USAGE.to_owned());
    };
    let system = read_r1cs(&read(circuit)?).map_err(|error| format!("{circuit}: {error}"))?;
    let began = Instant::now();
    let determinism = Determinism::of(&system);
    print_determinism(&system, &determinism, began);
    let mut sound = determinism.unsettled().is_empty();
    for file in witnesses {
        let assignment = read_wtns(&read(file)?).map_err(|error| format!("{file}: {error}"))?;
        if assignment.len() != system.wires {
            return Err(format!("{file}: {} values for {} wires", assignment.len(), system.wires));
        }
        sound &= check_witness(file, &system, &determinism, &assignment);
    }
    if with_deletions {
        sound &= check_deletions(&system, &determinism);
    }
    Ok(sound)
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{file}: {error}"))
}

fn print_determinism(system: &R1cs, determinism: &Determinism, began: Instant) {
    let first = system.first_computed();
    let computed = system.wires - first as usize;
    println!("{} constraints, {} wires: the constant, {} inputs", system.rows.len(), system.wires, system.inputs);
    println!("{} declared, {computed} computed, which are settled by", system.declared);
    for rule in Rule::ALL {
        println!("  {:<12} {:>6}", format!("{rule:?}").to_lowercase(), determinism.settled_by(rule));
    }
    println!("  {:<12} {:>6} {:?}", "none", determinism.unsettled().len(), determinism.unsettled());
    let checks = determinism.checking_rows();
    println!(
        "{} constraints settle wires, {} only check: {}",
        determinism.settling_rows().len(),
        checks.len(),
        ranges(&checks)
    );
    println!("in {:?}", began.elapsed());
}

fn check_witness(file: &str, system: &R1cs, determinism: &Determinism, assignment: &[F]) -> bool {
    let broken = system.broken(assignment);
    let mut completed = assignment.to_vec();
    determinism.computation(system).complete(&mut completed, &[]);
    let began = Instant::now();
    let free = rank::free_wires(system, determinism, assignment);
    let elapsed = began.elapsed();
    let alone = perturbation::free_wires(system, assignment);
    println!("{file}: constraints broken {broken:?}");
    println!(
        "  recomputed from inputs and declared wires: {}",
        if completed == assignment { "equal" } else { "differs" }
    );
    println!("  rank: computed wires free to move {free:?}, in {elapsed:?}");
    println!("  private wires that can move alone {:?}", alone.iter().map(|(wire, _)| wire).collect::<Vec<_>>());
    broken.is_empty() && completed == assignment && free.is_empty() && alone.is_empty()
}

fn check_deletions(system: &R1cs, determinism: &Determinism) -> bool {
    let began = Instant::now();
    let deletions = Deletions::new(system, determinism);
    let settling = determinism.settling_rows();
    let missed: Vec<usize> =
        settling.iter().copied().filter(|row| deletions.unsettled_without(*row).is_empty()).collect();
    println!(
        "each of the {} deleted in turn: no wire unsettled for {missed:?}, in {:?}",
        settling.len(),
        began.elapsed()
    );
    missed.is_empty()
}

/// `3-5 9 11-12`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|left, right| left + 1 == *right);
    let text = runs.filter_map(|run| match run {
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
        [] => None,
    });
    text.collect::<Vec<_>>().join(" ")
}
