//! The program that the README prints is the one in `examples/`, and it verifies a presentation of the real prover.

#[allow(dead_code, reason = "its main reads the command line, which a test has none of")]
#[path = "../examples/embed.rs"]
mod embed;

use serde_json::{Value, json};

const README: &str = include_str!("../../README.md");
const EXAMPLE: &str = include_str!("../examples/embed.rs");
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/groth16-proof-2024");

#[test]
fn the_readme_prints_the_example() {
    let printed = README.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a Rust block");
    let code = EXAMPLE.split_once("\n\n").expect("a header").1;
    assert_eq!(printed, code, "print verifier/examples/embed.rs in the README");
}

#[test]
fn the_example_verifies_a_presentation_and_no_other_challenge() {
    let vectors: Value = serde_json::from_slice(&std::fs::read(format!("{VECTORS}/vectors.json")).unwrap()).unwrap();
    let case =
        vectors["cases"].as_array().unwrap().iter().find(|case| case["document"] == "presentation.json").unwrap();
    let directory = std::env::temp_dir().join(format!("poa-readme-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let judged = |challenge: &Value| {
        let request =
            json!({ "at_least": { "tasks_completed": "1" }, "challenge": challenge, "domain": case["domain"] });
        let file = directory.join("request.json");
        std::fs::write(&file, request.to_string()).unwrap();
        let (trust, presentation) = (format!("{VECTORS}/trust.json"), format!("{VECTORS}/presentation.json"));
        let now = case["verified_at"].as_u64().unwrap();
        embed::check(&trust, file.to_str().unwrap(), &presentation, now).unwrap()
    };
    assert!(judged(&case["challenge"]).verified());
    assert!(!judged(&json!("another challenge, of 22 letters")).verified());
    std::fs::remove_dir_all(directory).unwrap();
}
