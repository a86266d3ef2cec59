//! Help, errors and exit statuses, as a person or a script meets them.

mod support;

use support::{Poa, Run};

const COMMANDS: [&str; 15] = [
    "demo", "serve", "agent", "attest", "issue", "present", "request", "verify", "revoke", "root", "schema", "trust",
    "selftest", "crs", "holder",
];

#[test]
fn help_names_every_command_and_the_exit_statuses() {
    let poa = Poa::new();
    let run = poa.run(&["--help"]);
    assert_eq!(run.status, 0);
    for command in COMMANDS {
        assert!(run.stdout.contains(&format!("\n  {command} ")), "{command} is missing in\n{}", run.stdout);
        let own = poa.run(&[command, "--help"]);
        assert_eq!(own.status, 0, "{command}");
        assert!(own.stdout.contains("--json") && own.stdout.contains("--data-dir"), "{command}");
    }
    assert!(run.stdout.contains("Exit status: 0 done or verified, 1 not verified or refused, 2 could not check"));
}

#[test]
fn help_never_shows_a_secret_from_the_environment() {
    let poa = Poa::new();
    let variables = [("POA_PASSPHRASE", "correct horse battery"), ("POA_OPERATOR_TOKEN", "tok-secret")];
    for command in ["issue", "holder", "present", "agent"] {
        let run = poa.run_within(&[command, "--help"], &variables, std::time::Duration::from_secs(60));
        assert!(!run.stdout.contains("correct horse") && !run.stdout.contains("tok-secret"), "{command}");
    }
}

#[test]
fn prove_is_another_name_for_present() {
    let poa = Poa::new();
    let usage = |name: &str| {
        let help = poa.run(&[name, "--help"]).stdout;
        help.lines().find(|line| line.starts_with("Usage")).unwrap().to_owned()
    };
    assert_eq!(usage("prove"), usage("present"));
}

#[test]
fn wrong_usage_is_status_2_and_names_the_mistake() {
    let poa = Poa::new();
    let run = poa.run(&["verfy"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("verify"), "a near miss is suggested: {}", run.stderr);
    assert_eq!(poa.run(&[]).status, 2);
    assert_eq!(poa.run(&["issue"]).status, 2);
}

/// Two lines on standard error: what happened, what to do next; nothing else anywhere.
fn assert_two_lines(run: &Run, status: i32, what: &str, next: &str) {
    assert_eq!(run.status, status, "{}", run.stderr);
    assert_eq!(run.stdout, "");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stderr);
    assert!(lines[0].starts_with("poa: ") && lines[0].contains(what), "{}", lines[0]);
    assert!(lines[1].starts_with("next: ") && lines[1].contains(next), "{}", lines[1]);
}

#[test]
fn a_failure_is_one_line_of_what_and_one_of_next() {
    let poa = Poa::new();
    std::fs::write(poa.path("doc.json"), "{}").unwrap();
    let verify = poa.run(&["verify", "doc.json"]);
    assert_two_lines(&verify, 2, "no trust is pinned", "poa trust add");
    let verify = poa.run(&["verify", "absent.json"]);
    assert_two_lines(&verify, 2, "absent.json cannot be read", "check the path");
    let show = poa.run(&["holder", "show"]);
    assert_two_lines(&show, 2, "holds no holder.age", "poa holder init");
    let list = poa.run(&["agent", "list"]);
    assert_two_lines(&list, 2, "no service is named", "--service");
    let plain = poa.run(&["agent", "list", "--service", "http://poa.example"]);
    assert_two_lines(&plain, 1, "in the clear", "https");
    let register =
        poa.run(&["agent", "register", "--name", "a", "--public-key", "z6Mk", "--service", "http://127.0.0.1:9"]);
    assert_two_lines(&register, 2, "no operator's token", "--token-file");
}

#[test]
fn an_unreachable_service_is_status_2_and_no_backtrace() {
    let poa = Poa::new();
    // The listener is dropped at once, so the port is free and nobody answers.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let run = poa.run_within(
        &["schema", "list", "--service", &url],
        &[("RUST_BACKTRACE", "1")],
        std::time::Duration::from_secs(60),
    );
    assert_two_lines(&run, 2, "cannot be reached", "check that the service runs");
}

#[test]
fn with_json_a_failure_is_one_object_on_standard_output() {
    let poa = Poa::new();
    let run = poa.run(&["--json", "holder", "show"]);
    assert_eq!(run.status, 2);
    assert_eq!(run.stderr, "");
    let error = &run.json()["error"];
    assert!(error["what"].as_str().unwrap().contains("holder.age"));
    assert!(error["next"].as_str().unwrap().contains("poa holder init"));
    assert_eq!(error["exit"], 2);
}

#[test]
fn selftest_runs_the_vectors_inside_or_a_directorys() {
    let poa = Poa::new();
    let run = poa.run(&["--json", "selftest"]);
    assert_eq!((run.status, &run.json()["wrong"]), (0, &serde_json::json!([])), "{}", run.stdout);
    assert!(run.json()["cases"].as_u64() > Some(200) && run.json()["files"] == 16);
    let file = r#"{"schema":"conformance-vector.v1","family":"own","comment":"c","generated_by":"g","sources":{"s":"s"},
        "cases":[{"id":"own/1","description":"a time","source":"s",
        "input":{"kind":"text","reader":"time","text":"2027-01-15T08:00:00Z"},
        "expect":{"verdict":"accepted","output":1800000000}}]}"#;
    std::fs::write(poa.path("own.json"), file).unwrap();
    let run = poa.run(&["selftest", "."]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with("all 1 cases as expected: 1 to be accepted, 0 to be refused"), "{}", run.stdout);
    std::fs::write(poa.path("own.json"), file.replace("1800000000", "1800000001")).unwrap();
    let run = poa.run(&["selftest", "."]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("WRONG own/1: a time"), "{}", run.stdout);
    std::fs::write(poa.path("own.json"), "{}").unwrap();
    assert_two_lines(&poa.run(&["selftest", "."]), 2, "own.json", "test-vectors/README.md");
    assert_two_lines(&poa.run(&["selftest", "absent"]), 2, "absent cannot be listed", "directory");
}

#[test]
fn a_request_has_a_fresh_challenge_and_the_bounds_asked_for() {
    let poa = Poa::new();
    let args = [
        "--json",
        "request",
        "--domain",
        "https://shop.example",
        "--pseudonym",
        "--at-least",
        "tasks_completed=100",
        "--at-most",
        "member_since=2024-12-01",
        "--contains-all",
        "open-source",
    ];
    let (first, second) = (poa.run(&args).json(), poa.run(&args).json());
    assert_eq!(first["at_least"]["tasks_completed"], "100");
    assert_eq!(first["at_most"]["member_since"], "2024-12-01T00:00:00Z");
    assert_eq!(first["contains_all"][0], "open-source");
    assert_eq!(
        (&first["audience"], &first["domain"]),
        (&"https://shop.example".into(), &"https://shop.example".into())
    );
    assert_eq!(first["challenge"].as_str().unwrap().len(), 64);
    assert_ne!(first["challenge"], second["challenge"]);
    let wrong = poa.run(&["request", "--domain", "https://shop.example", "--at-least", "tasks=1"]);
    assert_two_lines(&wrong, 2, "there is no attribute `tasks`", "tasks_completed");
}

#[test]
fn a_request_bound_to_somebody_else_is_not_answered() {
    let poa = Poa::new();
    poa.run(&["request", "--domain", "https://shop.example", "--out", "request.json"]);
    let run = poa.run(&["present", "--to", "https://bank.example", "--request", "request.json"]);
    assert_two_lines(&run, 1, "bound to https://shop.example", "do not answer");
    std::fs::write(poa.path("bare.json"), "{}").unwrap();
    let run = poa.run(&["present", "--to", "https://bank.example", "--request", "bare.json"]);
    assert_two_lines(&run, 1, "no challenge", "fresh challenge");
}

#[test]
fn receipts_are_made_and_signed_without_a_service() {
    let poa = Poa::new();
    let run = poa.run(&["attest", "keygen", "--key", "attestor.jwk"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let made = poa.run(&[
        "attest",
        "make",
        "--subject",
        "did:poa:h.example:6f1c2a0e-6c3e-4a4e-9a53-0d0c7e5b1f11",
        "--attempted",
        "10",
        "--completed",
        "7",
        "--out",
        "claims.json",
    ]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    let signed = poa.run(&["--json", "attest", "sign", "--key", "attestor.jwk", "claims.json"]);
    assert_eq!(signed.json()["receipt"].as_str().unwrap().split('.').count(), 3);
    let more = poa.run(&[
        "attest",
        "make",
        "--subject",
        "did:poa:x.example:67e55044-10b1-426f-9247-bb680e5fe0c8",
        "--attempted",
        "1",
        "--completed",
        "2",
    ]);
    assert_two_lines(&more, 1, "more tasks completed than attempted", "correct");
    let again = poa.run(&["attest", "keygen", "--key", "attestor.jwk"]);
    assert_eq!(again.status, 2, "a key file is never overwritten");
}

#[test]
fn the_built_in_key_holds_and_is_named_a_development_key() {
    let poa = Poa::new();
    let run = poa.run_within(&["--json", "crs", "verify"], &[], std::time::Duration::from_secs(300));
    assert_eq!(run.status, 2, "not everything is checked without phase 1: {}", run.stdout);
    assert_eq!(run.json()["development_key"], true);
    assert_eq!(run.json()["manifest"]["setup"], "one-party-ceremony");
    assert_ne!(run.json()["unchecked"], serde_json::json!([]));
    let service = ["--data-dir", "svc", "serve", "--production", "--public-url", "https://issuer.example"];
    let production = poa.run(&[&service[..], &["--listen", "127.0.0.1:0"]].concat());
    assert!(
        production.status == 2 && production.stderr.contains("refuses the development key"),
        "{}",
        production.stderr
    );
    assert!(!poa.path("svc").join("poa.sqlite").exists(), "nothing was made");
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/ceremony/phase1.ptau");
    let other = poa.run(&["crs", "verify", "--ptau", other]);
    assert_two_lines(&other, 1, "phase1_blake2b_512", "do not use it");
    let export = ["crs", "export", "--snarkjs", "out", "--solidity", "out/PoaVerifier.sol", "--zkey", "out/key.zkey"];
    for arguments in [&export[..], &["crs", "export-r1cs", "--out", "out", "--witness"]] {
        assert_eq!(poa.run(arguments).status, 0, "{arguments:?}");
    }
    for name in ["verification_key.json", "PoaVerifier.sol", "key.zkey", "circuit.r1cs", "sample.wtns"] {
        assert!(poa.path("out").join(name).exists(), "{name}");
    }
    let contract = std::fs::read_to_string(poa.path("out/PoaVerifier.sol")).unwrap();
    assert!(contract.contains("SETUP: One party"), "a contract says what its key is worth");
    assert_eq!(poa.run(&["crs", "export"]).status, 2, "no form was named");
    std::fs::create_dir(poa.path("damaged")).unwrap();
    for name in ["manifest.json", "proving_key.bin", "verifying_key.bin"] {
        std::fs::write(poa.path("damaged").join(name), "{}").unwrap();
    }
    assert_eq!(poa.run(&["crs", "verify", "damaged"]).status, 1);
    let hostile = include_str!("../../crs/manifest.json").replace("poa-crs/1", "\\u001b[2Jall is well\\n");
    std::fs::write(poa.path("damaged/manifest.json"), hostile).unwrap();
    assert_two_lines(&poa.run(&["crs", "verify", "damaged"]), 1, "\\u{1b}[2Jall is well", "do not use it");
}

/// What snarkjs holds and what a contract is sent are one proof, judged alike; what is refused is not written on.
#[test]
fn a_proof_without_a_document_is_judged_by_its_pairing() {
    let poa = Poa::new();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/snarkjs");
    let judged = |what: &str| poa.run(&["crs", "verify-proof", what]);
    let run =
        poa.run(&["--json", "crs", "verify-proof", &format!("{vectors}/presentation"), "--calldata", "proof.hex"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.json()["inputs"].as_object().unwrap().len(), 23);
    let calldata = std::fs::read_to_string(poa.path("proof.hex")).unwrap();
    assert_eq!((calldata.len(), &calldata[..10]), (2 + 2 * 996 + 1, "0xae5d7c6f"));
    assert_eq!(judged("proof.hex").status, 0);

    // rapidsnark writes no curve, others write it as bn254.
    let proof = std::fs::read_to_string(format!("{vectors}/presentation/proof.json")).unwrap();
    for (name, curve, status) in [("rapidsnark", None, 0), ("bn254", Some("bn254"), 0), ("other", Some("bls12381"), 1)]
    {
        let mut proof: serde_json::Value = serde_json::from_str(&proof).unwrap();
        proof.as_object_mut().unwrap().remove("curve");
        proof.as_object_mut().unwrap().extend(curve.map(|curve| ("curve".to_owned(), curve.into())));
        std::fs::create_dir(poa.path(name)).unwrap();
        std::fs::write(poa.path(name).join("proof.json"), proof.to_string()).unwrap();
        std::fs::copy(format!("{vectors}/presentation/public.json"), poa.path(name).join("public.json")).unwrap();
        let run = judged(name);
        assert_eq!(run.status, status, "{name}: {}", run.stderr);
    }

    std::fs::create_dir(poa.path("mixed")).unwrap();
    for (from, file) in [("presentation", "proof.json"), ("full_disclosure-1", "public.json")] {
        std::fs::copy(format!("{vectors}/{from}/{file}"), poa.path("mixed").join(file)).unwrap();
    }
    let mixed = poa.run(&["crs", "verify-proof", "mixed", "--calldata", "mixed.hex"]);
    assert_two_lines(&mixed, 1, "the pairing equation does not hold", "compare the key");
    assert!(!poa.path("mixed.hex").exists());
    std::fs::write(poa.path("short.hex"), &calldata[..100]).unwrap();
    assert_two_lines(&judged("short.hex"), 1, "calldata has 996 bytes", "give calldata");
    std::fs::write(poa.path("mixed/proof.json"), "{}").unwrap();
    assert_two_lines(&judged("mixed"), 1, "proof.json", "give a directory");
    assert_eq!(judged("nothing").status, 2);
}

/// A key is imported when its file, its phase 1 and the attestations can be read and hold; nothing is written otherwise.
#[test]
fn a_key_is_imported_only_when_everything_about_it_holds() {
    let poa = Poa::new();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/ceremony");
    let (key, phase1) = (format!("{vectors}/key.zkey"), format!("{vectors}/phase1.ptau"));
    let import = |key: &str, phase1: &str, more: &[&str]| {
        poa.run(&[&["crs", "import-zkey", key, "--ptau", phase1, "--out", "new"], more].concat())
    };
    let other_circuit = import(&key, &phase1, &[]);
    assert_two_lines(&other_circuit, 1, "this circuit's has", "do not use it");
    assert_two_lines(&import("no.zkey", &phase1, &[]), 2, "no.zkey", "check the path");
    assert_two_lines(&import(&key, "no.ptau", &[]), 2, "no.ptau", "check the path");
    std::fs::write(poa.path("attested.json"), r#"{"phase1": "x", "contributions": [], "more": 1}"#).unwrap();
    assert_two_lines(&import(&key, &phase1, &["--attested", "attested.json"]), 1, "unknown field", "docs/ceremony.md");
    assert!(!poa.path("new").exists());
    std::fs::create_dir(poa.path("new")).unwrap();
    std::fs::write(poa.path("new/verifying_key.bin"), "of another key").unwrap();
    assert_two_lines(&import(&key, &phase1, &[]), 2, "is there already", "another directory");
    let generated = poa.run(&["crs", "generate-dev", "--out", "new"]);
    assert_two_lines(&generated, 2, "is there already", "another directory");
    assert_eq!(std::fs::read_dir(poa.path("new")).unwrap().count(), 1, "old and new files never mix");
}
