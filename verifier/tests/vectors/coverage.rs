//! Which reasons of the report the cases cover, as the table in the vectors' README, and that none is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use poa_verifier::CheckName;
use poa_verifier::conformance::{self, Verdict};

use crate::files::{committed, directory, read, rewriting};
use crate::kit::COMMAND;

const BEGIN: &str = "<!-- coverage: written by the command above -->\n";
const END: &str = "<!-- end of coverage -->\n";

/// Reasons that no case has, with the cause.
const WITHOUT_A_CASE: [(&str, &str); 3] = [
    ("no_pseudonym", "a request that names an audience states a challenge, so `challenge` fails beside it"),
    ("scheme_not_built", "only builds without the code for wallets' signatures give it, for the cases that `needs` it"),
    ("wrong", "the word of a unit test"),
];

/// Reasons of refusals, by check, with the number of cases; checks of the report first.
fn covered() -> BTreeMap<(usize, String), BTreeMap<String, usize>> {
    let mut table: BTreeMap<_, BTreeMap<String, usize>> = BTreeMap::new();
    let place = |check: &str| CheckName::ALL.iter().position(|name| name.as_str() == check).unwrap_or(usize::MAX);
    for (_, text) in committed() {
        for result in conformance::run(text.as_bytes()).expect("a file of cases") {
            let expected = result.expected;
            if let (Some(check), Some(reason)) = (expected.check, expected.reason) {
                let of_check = table.entry((place(&check), check)).or_default();
                *of_check.entry(reason).or_default() += 1;
            }
        }
    }
    table
}

fn families() -> String {
    let mut lines = String::from("| file | accepted | refused |\n|---|---:|---:|\n");
    let (mut accepted, mut refused) = (0, 0);
    for (name, text) in committed() {
        let results = conformance::run(text.as_bytes()).expect("a file of cases");
        let no = results.iter().filter(|result| result.expected.verdict == Verdict::Refused).count();
        let yes = results.len() - no;
        lines += &format!("| `{name}.json` | {yes} | {no} |\n");
        (accepted, refused) = (accepted + yes, refused + no);
    }
    format!("{lines}| together | {accepted} | {refused} |\n")
}

fn table() -> String {
    let mut lines = String::from("| check | reasons, with the number of cases |\n|---|---|\n");
    for ((_, check), reasons) in covered() {
        let reasons: Vec<String> = reasons.iter().map(|(reason, cases)| format!("`{reason}` {cases}")).collect();
        lines += &format!("| `{check}` | {} |\n", reasons.join(" · "));
    }
    format!("{}\n{lines}", families())
}

#[test]
fn the_readme_has_the_table() {
    let path = directory().join("../README.md");
    let readme = read(&path);
    let (head, rest) = readme.split_once(BEGIN).expect("the table's beginning");
    let (now, tail) = rest.split_once(END).expect("the table's end");
    if rewriting() {
        fs::write(&path, format!("{head}{BEGIN}{}{END}{tail}", table())).expect("the file is written");
    } else {
        assert!(now == table(), "the table in {} is not current; run {COMMAND}", path.display());
    }
}

/// Every check of the report that can fail by itself has a case, and every reason word of the sources.
#[test]
fn every_check_and_reason_has_a_case() {
    let covered = covered();
    for name in CheckName::ALL {
        // The holder is never refused by itself: it follows from the proof.
        let has = covered.keys().any(|(_, check)| check == name.as_str());
        assert!(has || name == CheckName::Holder, "no case fails {name}");
    }
    let words: BTreeSet<&str> = covered.values().flat_map(|reasons| reasons.keys().map(String::as_str)).collect();
    let forgotten: Vec<String> = reasons_in_sources()
        .into_iter()
        .filter(|word| !words.contains(word.as_str()) && WITHOUT_A_CASE.iter().all(|(known, _)| known != word))
        .collect();
    assert!(forgotten.is_empty(), "no case is refused for {forgotten:?}: add one, or say why there is none");
}

/// The words that the crate's sources refuse with: first text after `refuse(`, `because(`, `undecided(`, and after the
/// check's name in `fail(` and `unknown(`.
fn reasons_in_sources() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text: String = read(&path).split_whitespace().collect::<Vec<_>>().join(" ");
        for call in ["refuse(", "because(", "undecided(", "refusal("] {
            words.extend(text.split(call).skip(1).filter_map(first_text));
        }
        for call in ["fail(", "unknown("] {
            let after_name = text.split(call).skip(1).filter_map(|rest| rest.split_once(", ").map(|(_, rest)| rest));
            words.extend(after_name.filter_map(first_text));
        }
    }
    words.remove("no_request");
    words
}

/// The text literal that a piece of source begins with, when it is a reason's word.
fn first_text(source: &str) -> Option<String> {
    let (word, _) = source.trim_start().strip_prefix('"')?.split_once('"')?;
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_word.then(|| word.to_owned())
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory of sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let of_path = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("conformance") => Vec::new(),
        true => sources(&path),
        false if path.ends_with("tests.rs") => Vec::new(),
        false => vec![path],
    };
    paths.flat_map(of_path).collect()
}
