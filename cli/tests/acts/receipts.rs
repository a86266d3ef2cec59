//! A receipt says all it can say, and what no service would take is not signed.

use serde_json::{Value, json};

use crate::support::Poa;
use crate::support::cast::Cast;

const SUBJECT: [&str; 6] =
    ["--subject", "did:poa:h.example:67e55044-10b1-426f-9247-bb680e5fe0c8", "--attempted", "10", "--completed", "7"];

#[test]
fn every_member_of_a_receipt_has_an_option() {
    let poa = Poa::new();
    poa.run(&["attest", "keygen", "--key", "attestor.jwk"]);
    std::fs::write(poa.path("agent"), "the program").unwrap();
    let digest = "ab".repeat(32);
    let more = [
        "--quality",
        "95%",
        "--confidence",
        "70.5%",
        "--disputed",
        "false",
        "--earned-sats",
        "1200",
        "--stake-sats",
        "0",
        "--build",
        "agent",
        "--parent",
        &digest,
        "--replaces",
        "earlier",
        "--evidence",
        "https://board.example/1",
        "--capabilities",
        "open-source",
        "--out",
        "claims.json",
    ];
    let made = poa.run(&[&["--json", "attest", "make"], &SUBJECT[..], &more].concat()).json();
    for (member, value) in [
        ("quality", json!(9_500)),
        ("confidence", json!(7_050)),
        ("disputed", json!(false)),
        ("earned_sats", json!("1200")),
        ("stake_sats", json!("0")),
        ("parent", json!(digest)),
        ("replaces", json!("earlier")),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert_eq!(made["build_sha256"].as_str().unwrap().len(), 64);
    let signed = poa.run(&["--json", "attest", "sign", "--key", "attestor.jwk", "claims.json"]);
    assert_eq!(signed.status, 0, "{}", signed.stdout);
    for wrong in [["--quality", "95"], ["--quality", "101%"], ["--disputed", "maybe"], ["--earned-sats", "-1"]] {
        assert_eq!(poa.run(&[&["attest", "make"], &SUBJECT[..], &wrong].concat()).status, 2, "{wrong:?}");
    }
    for (member, value) in [
        ("completed", json!(11)),
        ("parent", json!("ab")),
        ("quality", json!(10_001)),
        ("sub", json!("did:poa:x")),
        ("jti", json!("")),
    ] {
        let mut claims = made.clone();
        claims[member] = value;
        std::fs::write(poa.path("wrong.json"), claims.to_string()).unwrap();
        let run = poa.run(&["--json", "attest", "sign", "--key", "attestor.jwk", "wrong.json"]);
        assert_eq!(run.status, 1, "{member}: {}", run.stdout);
        assert!(run.stdout.contains(member), "{member}: {}", run.stdout);
    }
    // Claims and documents also come by standard input.
    let mut sign = poa.command(&["attest", "sign", "--key", "attestor.jwk", "-"]);
    let file = std::fs::File::open(poa.path("claims.json")).unwrap();
    assert_eq!(sign.stdin(file).output().unwrap().status.code(), Some(0));
}

#[test]
fn a_refused_receipt_is_named_by_its_line() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    let good = std::fs::read_to_string(cast.poa.path("receipt-0.jws")).unwrap();
    let mut forged = good.trim().to_owned();
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    std::fs::write(cast.poa.path("all.jws"), format!("{good}\n\n{forged}\n")).unwrap();
    let args = ["--data-dir", "attestor", "attest", "post", "--service", &cast.service.url, "all.jws"];
    let run = cast.poa.run(&args);
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("refused: all.jws, line 4: "), "{}", run.stdout);
    let results: Value = cast.as_in("attestor", &["attest", "post", "all.jws"]).json();
    assert_eq!(results["results"].as_array().unwrap().len(), 2);
}
