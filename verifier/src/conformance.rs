//! Conformance vectors: cases with the verdict that every implementation must give, run through this crate's own
//! functions.
//!
//! The files are `test-vectors/conformance/*.json`; what their members mean to implementers in any language stands in
//! `test-vectors/README.md`. [`run`] judges one file: an embedder calls it with the build it ships.
//!
//! | `input.kind` | what judges it | the `check` of a refusal |
//! |---|---|---|
//! | `document` | [`crate::Verifier::verify`] | one of the sixteen of the report |
//! | `groth16`, `snarkjs` | the readers of keys, inputs and proofs, then the equation | `key`, `inputs`, `proof` |
//! | `trust`, `token_list`, `request`, `head_sequence` | the reader of that name | `trust`, `token_list`, `request`, `head` |
//! | `data_integrity`, `jws` | the reader, then the signature | `data_integrity`, `jws` |
//! | `json`, `text` | the reader | `json`, the reader's name |
//! | `derivation` | the function of the protocol | `derivation` |

mod derivations;
mod documents;
mod readers;
mod reasons;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::{Class, Outcome};
use documents::Shared;

/// The `schema` of the files that are read here.
pub const SCHEMA: &str = "conformance-vector.v1";

/// What a case says must come out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A document that satisfies the case's request.
    Verified,
    /// A document that is genuine, judged without a request.
    Authentic,
    /// Anything else that is read or computed.
    Accepted,
    /// Not verified, not authentic, not read.
    Refused,
}

/// A verdict with what belongs to it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// The class of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The one check that keeps it from being accepted; names joined by `+` when there are several, which no case expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// Of a document: whether that check fails, or could not be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// That check's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was accepted says: the value computed, or of a document its subject, attributes and pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
}

impl Expectation {
    fn accepted(output: Option<Value>) -> Self {
        Self { verdict: Verdict::Accepted, class: None, check: None, outcome: None, reason: None, output }
    }

    fn refused(check: &str, reason: impl Into<String>) -> Self {
        let (check, reason) = (Some(check.to_owned()), Some(reason.into()));
        Self { verdict: Verdict::Refused, class: None, check, outcome: None, reason, output: None }
    }

    /// What a reader gives.
    fn of<T: Into<Value>, R: Into<String>>(check: &str, result: Result<T, R>) -> Self {
        match result {
            Ok(output) => Self::accepted(Some(output.into())),
            Err(reason) => Self::refused(check, reason),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cannot fail: plain texts and JSON.
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// What became of one case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseResult {
    /// The case's id.
    pub id: String,
    /// What it shows.
    pub description: String,
    /// What must come out, in this build.
    pub expected: Expectation,
    /// What came out.
    pub got: Expectation,
}

impl CaseResult {
    /// Whether the case came out as it must.
    pub fn holds(&self) -> bool {
        self.expected == self.got
    }
}

/// Why a file could not be run.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not a file of this form.
    #[error("not a file of conformance vectors: {0}")]
    Shape(String),
    /// Of another version.
    #[error("its schema is {0:?}, not {SCHEMA}")]
    Schema(String),
    /// A case that cannot be judged: it names what the file does not hold, say.
    #[error("case {id:?}: {reason}")]
    Case {
        /// The case.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    #[serde(rename = "family")]
    _family: String,
    #[serde(rename = "comment")]
    _comment: String,
    #[serde(rename = "generated_by")]
    _generated_by: String,
    #[serde(rename = "sources")]
    _sources: BTreeMap<String, String>,
    #[serde(default)]
    shared: Shared,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    description: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "flags", default)]
    _flags: Vec<String>,
    #[serde(default)]
    needs: Option<Need>,
    input: Input,
    expect: Expectation,
}

/// What an implementation may lack and still conform, as long as it then verifies nothing.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Need {
    /// Signatures of wallets other than ed25519.
    WalletSignatures,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Input {
    Document(Box<documents::DocumentInput>),
    TokenList(documents::TokenListInput),
    Groth16(readers::Groth16Input),
    Snarkjs(readers::SnarkjsInput),
    Trust(readers::TrustInput),
    Request(readers::TextInput),
    HeadSequence(readers::HeadsInput),
    DataIntegrity(readers::DataIntegrityInput),
    Jws(readers::JwsInput),
    Json(readers::BytesInput),
    Text(readers::ReaderInput),
    Derivation(derivations::Derivation),
}

/// Runs the cases of one file, in their order.
///
/// # Errors
/// [`FileError`] when the file is not one of these or a case is not whole; a case that comes out wrong is no error but a
/// [`CaseResult`] that does not hold.
pub fn run(file: &[u8]) -> Result<Vec<CaseResult>, FileError> {
    let file: File = serde_json::from_slice(file).map_err(|error| FileError::Shape(error.to_string()))?;
    if file.schema != SCHEMA {
        return Err(FileError::Schema(file.schema));
    }
    let world = file.shared.open().map_err(|reason| FileError::Case { id: "shared".to_owned(), reason })?;
    file.cases
        .into_iter()
        .map(|case| {
            let got = judge(&world, &case.input).map_err(|reason| FileError::Case { id: case.id.clone(), reason })?;
            let expected = in_this_build(case.expect, case.needs);
            Ok(CaseResult { id: case.id, description: case.description, expected, got })
        })
        .collect()
}

fn judge(world: &documents::World, input: &Input) -> Result<Expectation, String> {
    Ok(match input {
        Input::Document(input) => input.judge(world)?,
        Input::TokenList(input) => input.judge(world)?,
        Input::Groth16(input) => input.judge(world.shared())?,
        Input::Snarkjs(input) => input.judge(world.shared())?,
        Input::Trust(input) => input.judge(),
        Input::Request(input) => input.judge_request(),
        Input::HeadSequence(input) => input.judge(),
        Input::DataIntegrity(input) => input.judge()?,
        Input::Jws(input) => input.judge()?,
        Input::Json(input) => input.judge_json()?,
        Input::Text(input) => input.judge(),
        Input::Derivation(input) => input.judge(),
    })
}

/// A build without the code for wallets' signatures leaves the check `proof` undecided.
fn in_this_build(expected: Expectation, needs: Option<Need>) -> Expectation {
    match needs {
        Some(Need::WalletSignatures) if cfg!(not(feature = "wallet-signatures")) => Expectation {
            verdict: Verdict::Refused,
            check: Some("proof".to_owned()),
            outcome: Some(Outcome::Unknown),
            reason: Some("scheme_not_built".to_owned()),
            output: None,
            ..expected
        },
        _ => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"schema":"conformance-vector.v1","family":"f","comment":"c","generated_by":"g","sources":{},
        "cases":[{"id":"f/1","description":"d","source":"s","input":{"kind":"text","reader":"time","text":"TEXT"},
        "expect":{"verdict":"accepted","output":1800000000}}]}"#;

    #[test]
    fn a_case_holds_when_it_comes_out_exactly_as_expected() {
        let good = FILE.replace("TEXT", "2027-01-15T08:00:00Z");
        assert!(run(good.as_bytes()).unwrap()[0].holds());
        let other = run(FILE.replace("TEXT", "2027-01-15T08:00:01Z").as_bytes()).unwrap();
        assert!(!other[0].holds() && other[0].got.output == Some(1_800_000_001.into()));
        let refused = run(FILE.as_bytes()).unwrap();
        assert!(!refused[0].holds());
        assert_eq!(refused[0].got.to_string(), r#"{"verdict":"refused","check":"time","reason":"malformed"}"#);
    }

    #[test]
    fn a_file_of_another_form_or_version_is_not_run() {
        for (from, to) in [("\"d\"", "7"), ("\"source\":", "\"surplus\":1,\"source\":"), ("\"time\"", "\"clock\"")] {
            assert!(matches!(run(FILE.replace(from, to).as_bytes()), Err(FileError::Shape(_))), "{to}");
        }
        let next = FILE.replace("vector.v1", "vector.v2");
        assert_eq!(run(next.as_bytes()), Err(FileError::Schema("conformance-vector.v2".to_owned())));
        let lost = FILE
            .replace(r#""kind":"text","reader":"time","text":"TEXT""#, r#""kind":"token_list","trust":"t","jwt":"a""#);
        assert!(matches!(run(lost.as_bytes()), Err(FileError::Case { .. })));
    }
}
