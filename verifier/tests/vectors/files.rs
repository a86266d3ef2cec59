//! The committed files: what the generator makes, of their schema, and every case as it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use poa_verifier::conformance::{self, CaseResult, Verdict};
use serde_json::Value;

use crate::families;
use crate::kit::{COMMAND, said};

pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/conformance")
}

/// Whether to rewrite instead of comparing.
pub fn rewriting() -> bool {
    std::env::var_os("UPDATE_VECTORS").is_some()
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes what is made here, once, whichever test comes first.
static REWRITTEN: LazyLock<()> = LazyLock::new(|| {
    for (name, text) in families() {
        fs::write(directory().join(format!("{name}.json")), text).expect("the file is written");
    }
});

/// Every committed file, by its name without `.json`; rewritten before when that is asked for.
pub fn committed() -> Vec<(String, String)> {
    if rewriting() {
        LazyLock::force(&REWRITTEN);
    }
    let entries = fs::read_dir(directory()).expect("the directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(&path)))
        .collect();
    files.sort();
    files
}

fn results() -> Vec<CaseResult> {
    let run = |(name, text): &(String, String)| {
        conformance::run(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    committed().iter().flat_map(run).collect()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let committed = committed();
    for (name, text) in families() {
        let found = committed.iter().any(|(known, theirs)| known == name && *theirs == text);
        assert!(found, "{name}.json differs from what its generator makes; run {COMMAND}");
    }
}

#[test]
fn every_case_comes_out_as_its_file_says() {
    let wrong: Vec<String> = results().iter().filter(|result| !result.holds()).map(said).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_expectation_that_is_tampered_with_does_not_hold() {
    for (name, text) in committed() {
        let mut file: Value = serde_json::from_str(&text).expect("JSON");
        for case in file["cases"].as_array_mut().expect("a list") {
            let expect = &mut case["expect"];
            match expect.get_mut("reason") {
                Some(reason) => *reason = format!("{}x", reason.as_str().expect("a text")).into(),
                None => expect["verdict"] = "refused".into(),
            }
            // What an implementation may lack is judged by what the build has.
            case.as_object_mut().expect("an object").remove("needs");
        }
        let results = conformance::run(file.to_string().as_bytes()).expect("a file of cases");
        let held: Vec<&str> = results.iter().filter(|result| result.holds()).map(|r| r.id.as_str()).collect();
        assert!(held.is_empty() && !results.is_empty(), "{name}: {held:?}");
    }
}

#[test]
fn the_files_have_their_schema() {
    let path = directory().join("../schema/conformance-vector.v1.json");
    let schema: Value = serde_json::from_str(&read(&path)).expect("JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (name, text) in committed() {
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<_> = validator.iter_errors(&file).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {}", errors[..errors.len().min(3)].join("\n"));
        for (member, value) in [("schema", "conformance-vector.v2"), ("surplus", "x"), ("cases", "x")] {
            let mut other = file.clone();
            other[member] = value.into();
            assert!(!validator.is_valid(&other), "{name} with another {member}");
        }
        let mut surplus = file.clone();
        surplus["cases"][0]["input"]["surplus"] = 1.into();
        assert!(!validator.is_valid(&surplus), "{name} with an unknown member of an input");
    }
}

#[test]
fn there_are_more_rejects_than_accepts_and_every_id_is_its_own() {
    let results = results();
    let refused = results.iter().filter(|result| result.expected.verdict == Verdict::Refused).count();
    assert!(results.len() >= 200, "{} cases", results.len());
    assert!(refused > results.len() - refused, "{refused} of {} are refused", results.len());
    let ids: BTreeSet<&str> = results.iter().map(|result| result.id.as_str()).collect();
    assert_eq!(ids.len(), results.len());
    for (name, text) in committed() {
        for result in conformance::run(text.as_bytes()).expect("a file of cases") {
            assert!(result.id.starts_with(&format!("{name}/")), "{} in {name}.json", result.id);
            assert!(!result.description.is_empty());
        }
    }
}
