//! What `jsonld` refuses in its safe mode is refused here: `test-vectors/json-ld/names.json`, random contexts and
//! documents, made by `scripts/vectors/regenerate.sh`.

use poa_verifier::vc::Reason;
use serde_json::Value;

use crate::support::*;

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/json-ld/names.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    file["cases"].as_array().unwrap().clone()
}

#[test]
fn what_another_processor_would_drop_or_refuse_is_refused() {
    let refused: Vec<_> = cases().into_iter().filter(|case| case.get("refused").is_some()).collect();
    assert!(refused.len() >= 200, "{} cases", refused.len());
    for case in refused {
        assert!(judged(&case["document"]).is_err(), "{} {}", case["id"], case["refused"]);
    }
}

/// What else is refused is refused on purpose: `null`, blank nodes, `name` as anything but a text, rare features.
#[test]
fn what_another_processor_reads_is_read_or_refused_for_what_the_module_header_lists() {
    let fine: Vec<_> = cases().into_iter().filter(|case| case.get("refused").is_none()).collect();
    let mut accepted = 0;
    for case in &fine {
        match judged(&case["document"]) {
            Ok(()) => accepted += 1,
            Err(error) => assert!(
                matches!(
                    error.reason,
                    Reason::Unsupported | Reason::WrongValue | Reason::LanguageValue | Reason::InvalidContext
                ),
                "{} {error}",
                case["id"]
            ),
        }
    }
    assert!(accepted >= 90 && accepted < fine.len(), "{accepted} of {}", fine.len());
}
