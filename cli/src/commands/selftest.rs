//! `poa selftest`: the conformance vectors, run by the verifier that this binary is built with.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use poa_verifier::conformance::{self, CaseResult, Verdict};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::output::Answer;
use crate::system;

/// Which vectors.
#[derive(Args)]
pub struct SelftestArgs {
    /// Directory of conformance vectors to run instead of the ones inside this binary
    directory: Option<PathBuf>,
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        /// The files of `test-vectors/conformance/`, inside the binary: what is deployed can be tested where it runs.
        const EMBEDDED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../test-vectors/conformance/", $name)))),*];
    };
}

embedded! {
    "agenthood.json",
    "circuit.json",
    "derivations.json",
    "groth16.json",
    "heads.json",
    "json.json",
    "lists.json",
    "presentation.json",
    "requests.json",
    "signatures.json",
    "signed.json",
    "snarkjs.json",
    "standing.json",
    "statements.json",
    "texts.json",
    "trust.json",
}

/// Runs the command.
pub fn run(args: &SelftestArgs) -> Outcome<Answer> {
    let start = Instant::now();
    let results = match &args.directory {
        Some(directory) => of_directory(directory)?,
        None => {
            let files = EMBEDDED.iter().map(|(name, text)| of_file(name, text.as_bytes()));
            files.collect::<Outcome<Vec<_>>>()?
        }
    };
    Ok(answer(&results, start.elapsed().as_secs_f64()))
}

/// A file's name and its results.
type FileResults = (String, Vec<CaseResult>);

fn of_file(name: &str, bytes: &[u8]) -> Outcome<FileResults> {
    let results =
        conformance::run(bytes).or_fail(name, "give files of the form that test-vectors/README.md describes")?;
    Ok((name.to_owned(), results))
}

fn of_directory(directory: &Path) -> Outcome<Vec<FileResults>> {
    let what = || format!("{} cannot be listed", directory.display());
    let next = "give a directory of conformance vectors";
    let entries = fs::read_dir(directory).or_fail(what(), next)?;
    let mut paths = entries.map(|entry| Ok(entry.or_fail(what(), next)?.path())).collect::<Outcome<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::error(format!("{} holds no .json files", directory.display()), next));
    }
    paths.iter().map(|path| of_file(&path.display().to_string(), &system::read(path)?)).collect()
}

fn answer(files: &[FileResults], seconds: f64) -> Answer {
    let results = || files.iter().flat_map(|(_, results)| results);
    let cases = results().count();
    let refused = results().filter(|result| result.expected.verdict == Verdict::Refused).count();
    let wrong: Vec<&CaseResult> = results().filter(|result| !result.holds()).collect();
    let table = files.iter().map(|(name, results)| {
        let held = results.iter().filter(|result| result.holds()).count();
        format!("  {held:5} of {:5} as expected  {name}", results.len())
    });
    let said = wrong.iter().flat_map(|result| {
        [
            format!("  WRONG {}: {}", result.id, result.description),
            format!("    expected {}", result.expected),
            format!("    got      {}", result.got),
        ]
    });
    let details: Vec<String> = table.chain(said).collect();
    let counted = format!("{} to be accepted, {refused} to be refused, {seconds:.1} s", cases - refused);
    let (exit, what, next) = if wrong.is_empty() {
        (Exit::Done, format!("all {cases} cases as expected: {counted}"), String::new())
    } else {
        let what = format!("{} of {cases} cases not as expected: {counted}", wrong.len());
        (Exit::Refused, what, "do not rely on this build for verification".to_owned())
    };
    let value = json!({
        "files": files.len(), "cases": cases, "accepted": cases - refused, "refused": refused,
        "wrong": wrong.iter().map(|result| wrong_case(result)).collect::<Vec<_>>(), "seconds": seconds,
    });
    Answer { exit, details, ..Answer::done(what, next, value) }
}

fn wrong_case(result: &CaseResult) -> Value {
    json!({ "id": result.id, "expected": result.expected, "got": result.got })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_file_is_inside() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/conformance");
        let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
        names.sort();
        let embedded: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        assert_eq!(embedded, names);
    }

    #[test]
    fn a_case_that_comes_out_otherwise_is_shown_and_refused() {
        let (name, text) = EMBEDDED.iter().find(|(name, _)| *name == "texts.json").unwrap();
        let good = of_file(name, text.as_bytes()).unwrap();
        assert_eq!(answer(&[good], 0.0).exit, Exit::Done);
        let bent = text.replacen("\"reason\": \"form\"", "\"reason\": \"another\"", 1);
        assert_ne!(*text, bent);
        let answer = answer(&[of_file(name, bent.as_bytes()).unwrap()], 0.0);
        assert_eq!(answer.exit, Exit::Refused);
        assert_eq!(answer.value["wrong"].as_array().unwrap().len(), 1);
        let wrong = answer.details.iter().position(|line| line.contains("WRONG texts/")).unwrap();
        assert!(answer.details[wrong + 1].contains("another"), "{:?}", answer.details);
    }
}
