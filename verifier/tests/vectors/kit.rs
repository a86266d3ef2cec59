//! Building families of cases, and the files they become.

use std::collections::BTreeMap;

use poa_verifier::conformance::{self, CaseResult, SCHEMA};
use poa_verifier::report::Class;
use poa_verifier::{json as strict, multibase};
use serde_json::{Map, Value, json};

use crate::world::{NOW, SETTLED_BY_NEWER_TRUST};

/// The command that rewrites every file, from the repository's root.
pub const COMMAND: &str = "UPDATE_VECTORS=1 cargo test --workspace --test vectors";

/// Where the proofs of most families come from.
pub const SIMULATED: (&str, &str) = (
    "simulated",
    "Made by verifier/tests/vectors of this repository. Keys and secrets are hashes of fixed words, for these files \
     alone. The verifying key has a known trapdoor, with which a valid Groth16 proof of any 23 inputs is a line of \
     algebra: what a circuit would have refused satisfies the pairing here, so that the named check has to refuse it.",
);

/// Cases that only texts go into.
pub const WRITTEN: (&str, &str) =
    ("written", "Written for this repository, in verifier/tests/vectors; nothing in it depends on a key.");

/// A family of cases: one file.
pub struct Family {
    name: &'static str,
    comment: &'static str,
    sources: BTreeMap<&'static str, &'static str>,
    shared: Value,
    cases: Vec<Value>,
}

impl Family {
    pub fn new(name: &'static str, comment: &'static str, sources: &[(&'static str, &'static str)]) -> Self {
        Self { name, comment, sources: sources.iter().copied().collect(), shared: json!({}), cases: Vec::new() }
    }

    /// Shares a value between cases, under a kind and a name.
    pub fn share(&mut self, kind: &str, name: &str, value: impl Into<Value>) {
        self.shared[kind][name] = value.into();
    }

    /// Adds a case: its id within the family, what it shows, its input, what must come out. Its source is the family's
    /// first one.
    pub fn case(&mut self, id: &str, description: &str, input: impl Into<Value>, expect: Expected) {
        let source = self.sources.keys().next().copied().unwrap_or_default();
        self.case_from(source, id, description, input, expect);
    }

    /// [`Self::case`] with its source.
    pub fn case_from(&mut self, source: &str, id: &str, description: &str, input: impl Into<Value>, expect: Expected) {
        assert!(self.sources.contains_key(source), "{source} is described");
        self.cases.push(json!({
            "id": format!("{}/{id}", self.name), "description": description, "source": source,
            "input": input.into(), "expect": expect.0,
        }));
    }

    /// Marks the last case.
    pub fn flag(&mut self, flag: &str) {
        mark(self.cases.last_mut().expect("a case"), flag);
    }

    /// Marks a case by its id within the family.
    pub fn flag_case(&mut self, id: &str, flag: &str) {
        let id = format!("{}/{id}", self.name);
        mark(self.cases.iter_mut().find(|case| case["id"] == id.as_str()).expect("a case of this id"), flag);
    }

    /// The last case needs what an implementation may lack.
    pub fn needs(&mut self, what: &str) {
        self.cases.last_mut().expect("a case")["needs"] = what.into();
    }

    /// The file's name and text, in which what is accepted has its output from a run, and the cases that do not come out
    /// as they say.
    pub fn finish(self) -> (&'static str, String, Vec<String>) {
        let mut file = json!({
            "schema": SCHEMA, "family": self.name, "comment": self.comment, "generated_by": COMMAND,
            "sources": self.sources, "cases": self.cases,
        });
        if self.shared.as_object().is_some_and(|shared| !shared.is_empty()) {
            file["shared"] = self.shared;
        }
        let results = conformance::run(file.to_string().as_bytes()).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        for (case, result) in file["cases"].as_array_mut().expect("a list").iter_mut().zip(&results) {
            if let Some(output) = &result.got.output {
                case["expect"]["output"] = output.clone();
            }
        }
        let wrong = results.iter().filter(|result| !agrees(result)).map(said).collect();
        (self.name, format!("{:#}\n", sorted(file)), wrong)
    }
}

fn mark(case: &mut Value, flag: &str) {
    let flags = case.as_object_mut().expect("an object").entry("flags").or_insert_with(|| json!([]));
    flags.as_array_mut().expect("a list").push(flag.into());
}

/// As expected but for the output, which is not known before.
fn agrees(result: &CaseResult) -> bool {
    let (mut expected, got) = (result.expected.clone(), &result.got);
    expected.output = got.output.clone();
    expected == *got
}

pub fn said(result: &CaseResult) -> String {
    format!("{}: expected {}, got {}", result.id, result.expected, result.got)
}

/// Members in one order, whatever order this build's maps keep.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let ordered: BTreeMap<String, Value> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(ordered.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// What must come out.
pub struct Expected(Value);

pub fn verified(class: Class) -> Expected {
    Expected(json!({ "verdict": "verified", "class": class.as_str() }))
}

pub fn authentic(class: Class) -> Expected {
    Expected(json!({ "verdict": "authentic", "class": class.as_str() }))
}

/// A document of which exactly this check fails, or is left undecided because a newer trust document may settle it.
pub fn fails(class: Class, check: &str, reason: &str) -> Expected {
    let outcome = if SETTLED_BY_NEWER_TRUST.contains(&reason) { "unknown" } else { "fail" };
    of_document(class, check, outcome, reason)
}

/// A document of which no check fails and this one could not be decided.
pub fn not_known(class: Class, check: &str, reason: &str) -> Expected {
    of_document(class, check, "unknown", reason)
}

fn of_document(class: Class, check: &str, outcome: &str, reason: &str) -> Expected {
    Expected(
        json!({ "verdict": "refused", "class": class.as_str(), "check": check, "outcome": outcome, "reason": reason }),
    )
}

pub fn accepted() -> Expected {
    Expected(json!({ "verdict": "accepted" }))
}

pub fn refused(check: &str, reason: &str) -> Expected {
    Expected(json!({ "verdict": "refused", "check": check, "reason": reason }))
}

/// The canonical text of a document.
pub fn text(document: &Value) -> String {
    String::from_utf8(strict::canonical(document)).expect("JSON is UTF-8")
}

/// The input of a case about a document: under the trust document `main` at [`NOW`], unless said otherwise.
pub struct Doc(Value);

impl Doc {
    pub fn of(document: &Value) -> Self {
        Self::text(text(document))
    }

    pub fn text(document: impl Into<String>) -> Self {
        Self(json!({ "kind": "document", "trust": "main", "document": document.into(), "now": NOW }))
    }

    pub fn bytes(document: &[u8]) -> Self {
        let encoded = multibase::base64url(document);
        Self(json!({ "kind": "document", "trust": "main", "document_base64url": encoded, "now": NOW }))
    }

    fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0[member] = value.into();
        self
    }

    pub fn request(self, request: Value) -> Self {
        self.with("request", request)
    }

    pub fn trust(self, name: &str) -> Self {
        self.with("trust", name)
    }

    pub fn issuers(self, name: &str) -> Self {
        self.with("agenthood_issuers", name)
    }

    pub fn now(self, now: u64) -> Self {
        self.with("now", now)
    }

    pub fn lists(self, names: &[&str]) -> Self {
        self.with("status_lists", names)
    }

    pub fn token_lists(self, names: &[&str]) -> Self {
        self.with("token_status_lists", names)
    }

    pub fn revoked_lists(self, names: &[&str]) -> Self {
        self.with("revoked_lists", names)
    }

    pub fn heads(self, heads: &[String]) -> Self {
        self.with("newest_heads", heads)
    }

    pub fn before(self, documents: &[String]) -> Self {
        self.with("before", documents)
    }

    pub fn seen(self, pairs: Value) -> Self {
        self.with("seen", pairs)
    }

    pub fn agent_now(self, state: Value) -> Self {
        self.with("agent_now", state)
    }
}

impl From<Doc> for Value {
    fn from(doc: Doc) -> Self {
        doc.0
    }
}
