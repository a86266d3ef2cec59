//! The whole demo, once, through the binary: service, agents, receipts, proofs, refusals, revocation.
//! It asserts its own claims; this test asserts that it made them.

mod support;

use std::time::Duration;

use support::Poa;

/// A slow, busy machine takes a few minutes; an endless demo is a failure.
const LIMIT: Duration = Duration::from_secs(900);

#[test]
fn the_demo_holds_from_receipts_to_refusals() {
    let poa = Poa::new();
    let run = poa.run_within(&["--json", "demo", "--once", "--export-snarkjs", "snarkjs"], &[], LIMIT);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let shown = run.json();
    assert_eq!(shown["agents"], 105);
    assert_eq!(shown["receipts"], 153);
    let schemas: Vec<_> =
        shown["credentials"].as_array().unwrap().iter().map(|c| c["schema"].as_str().unwrap()).collect();
    assert_eq!(schemas, ["task_completion/1", "build_verification/1", "earnings_proof/1", "full_disclosure/1"]);
    let checks: Vec<_> = shown["refused"].as_array().unwrap().iter().map(|r| r["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["attributes", "challenge", "policy", "proof"]);
    assert_eq!(shown["revoked"]["check"], "status");
    assert!(shown["pseudonym"]["nullifier"].as_str().unwrap().starts_with("0x"));
    assert!(shown["timings"].as_array().unwrap().len() >= 6);
    for name in ["task_completion-1", "build_verification-1", "earnings_proof-1", "full_disclosure-1", "presentation"] {
        for file in ["public.json", "proof.json"] {
            assert!(poa.path("snarkjs").join(name).join(file).exists(), "{name}/{file}");
        }
    }
    assert!(poa.path("snarkjs/verification_key.json").exists());
}
