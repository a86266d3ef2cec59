//! The vectors of `docs/groth16-proof-2024.md` (`test-vectors/groth16-proof-2024/`), and the digest that page states.

use std::fs;
use std::path::Path;

use poa_verifier::vc::{Contexts, POA_CONTEXT, check_credential, check_presentation, sri_sha256};
use poa_verifier::zk_proof::Binding;
use poa_verifier::{CheckName, Evidence, HeadMemory, Outcome, Report, Request, Trust, Verifier, data_integrity, json};
use serde_json::{Value, json};

fn read(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn vector(name: &str) -> Value {
    json::parse_strict(&read(&format!("test-vectors/groth16-proof-2024/{name}"))).unwrap()
}

struct Case {
    document: Value,
    /// The credential that the proof is about.
    credential: Value,
    proof: Value,
    expected: Value,
}

fn cases() -> Vec<Case> {
    let vectors = vector("vectors.json");
    let case = |expected: &Value| {
        let document = vector(expected["document"].as_str().unwrap());
        let credential = document.pointer("/verifiableCredential/0").unwrap_or(&document).clone();
        let proofs = credential["proof"].as_array().cloned().unwrap_or_else(|| vec![credential["proof"].clone()]);
        let proof = proofs.into_iter().find(|proof| proof["type"] == "Groth16Proof2024").unwrap();
        Case { document, credential, proof, expected: expected.clone() }
    };
    vectors["cases"].as_array().unwrap().iter().map(case).collect()
}

fn verify(case: &Case, document: &Value) -> Report {
    let verifier = Verifier::new(Trust::from_json(&read("test-vectors/groth16-proof-2024/trust.json")).unwrap());
    let text = |name: &str| case.expected.get(name).and_then(Value::as_str).map(str::to_owned);
    let binding = text("challenge").zip(text("domain"));
    let binding = binding.map(|(challenge, domain)| Binding { challenge, domain });
    let request =
        Request { binding, ..Request::from_json(&json!({ "at_least": { "tasks_completed": "1" } })).unwrap() };
    let now = case.expected["verified_at"].as_u64().unwrap();
    let document = document.to_string();
    verifier.verify(document.as_bytes(), Some(&request), &Evidence::default(), &mut HeadMemory::default(), now)
}

#[test]
fn the_documents_verify_but_for_status_lists_that_are_not_kept() {
    for case in cases() {
        let report = verify(&case, &case.document);
        assert!(report.verified() || report.could_not_check(), "{report:#?}");
        for check in [CheckName::Proof, CheckName::Key, CheckName::Root, CheckName::Context, CheckName::Attributes] {
            assert_eq!(report.outcome(check), Outcome::Pass, "{report:#?}");
        }
        let standing = case.credential.get("credentialStatus").is_some();
        assert_eq!(report.verified(), !standing);
        let undecided = report.checks.iter().filter(|check| check.outcome == Outcome::Unknown).map(|check| check.name);
        assert_eq!(undecided.collect::<Vec<_>>(), if standing { vec![CheckName::Status] } else { vec![] });
    }
}

#[test]
fn the_digests_and_the_context_are_the_published_ones() {
    for Case { credential, proof, expected, .. } in cases() {
        let mut options = proof.clone();
        for member in ["proofValue", "statement", "rootHead"] {
            options.as_object_mut().unwrap().remove(member).unwrap();
        }
        assert_eq!(hex::encode(json::digest(&options)), expected["options_sha256"]);
        let unsecured = data_integrity::without_proof(&credential);
        assert_eq!(hex::encode(json::digest(&unsecured)), expected["document_sha256"]);
        let context = poa_verifier::context::context(&options, &credential);
        assert_eq!(poa_circuits::native::field::encode_hex(&context), expected["context"]);
        assert_eq!(proof["statement"]["context"], expected["context"]);
    }
}

#[test]
fn the_documents_conform_to_the_data_model() {
    let trust = Trust::from_json(&read("test-vectors/groth16-proof-2024/trust.json")).unwrap();
    let contexts = Contexts::published().with_service(trust.url());
    for case in cases() {
        assert_eq!(check_credential(&contexts, &case.credential), Ok(()));
        if case.document.get("verifiableCredential").is_some() {
            assert_eq!(check_presentation(&contexts, &case.document), Ok(()));
        }
    }
}

/// Each member of the document and each option, changed or taken away: no proof is left that verifies.
#[test]
fn a_change_of_any_member_or_option_is_refused() {
    for case in cases() {
        let credential =
            if case.document.get("verifiableCredential").is_some() { "/verifiableCredential/0" } else { "" };
        let at = |document: &Value| document.pointer(credential).unwrap().clone();
        let proof = match at(&case.document)["proof"].as_array() {
            Some(proofs) => {
                format!("{credential}/proof/{}", proofs.iter().position(|proof| *proof == case.proof).unwrap())
            }
            None => format!("{credential}/proof"),
        };
        for parent in [credential, &format!("{credential}/credentialSubject"), &proof] {
            for member in case.document.pointer(parent).unwrap().as_object().unwrap().keys() {
                let mut without = case.document.clone();
                without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
                let mut changed = case.document.clone();
                changed.pointer_mut(parent).unwrap()[member] = json!("https://example.org/other");
                for edited in [without, changed] {
                    let report = verify(&case, &edited);
                    assert!(!report.verified() && !report.failed().is_empty(), "{parent}/{member}: {report:#?}");
                }
            }
        }
    }
}

#[test]
fn the_page_states_the_digest_of_the_context() {
    let page = String::from_utf8(read("docs/groth16-proof-2024.md")).unwrap();
    assert!(page.contains(&format!("`{}`", sri_sha256(POA_CONTEXT.as_bytes()))));
}
