//! The wire form of the claims.

use super::*;

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/// As published, with our additions.
pub(crate) fn agent() -> Value {
    json!({
        "agentId": ALICE, "name": "Notary", "summary": "Stamps documents.", "abgHash": format!("0x{}", "d2".repeat(32)),
        "abgVersion": 1, "sovereign": false, "controller": BOB,
        "capabilities": { "models": ["m"], "tools": ["hash"], "intentTypes": ["witness"], "subAgents": [] },
        "registration": { "atBlock": 1_080_000, "registrar": BOB },
        "funding": { "seusBalance": "200000000000", "active": true },
        "recentRuns": { "sampledRuns": 50, "inferenceMix": { "kzg": 50, "signatureOnly": 0 }, "grade": "full",
            "fromBlock": 1, "toBlock": 9 },
        "enclaveBound": true, "snapshotAtBlock": 9, "snapshotAtTime": "2026-05-01T12:00:00.000Z",
        "zeroBalanceSince": null,
    })
}

#[test]
fn an_agent_claim_is_written_as_it_was_read() {
    let claim: AgentClaim = serde_json::from_value(agent()).unwrap();
    assert_eq!(claim.to_value(), agent());
    assert_eq!(claim.digest(), claims_digest(&agent()));
    assert_eq!(claim.signer().unwrap().to_string(), BOB);
    let sovereign = AgentClaim { sovereign: true, controller: None, ..claim };
    assert_eq!(sovereign.signer().unwrap().to_string(), ALICE);
    assert_eq!(sovereign.to_value()["controller"], Value::Null);
}

#[test]
fn an_agent_claim_names_its_controller_even_when_there_is_none() {
    let mut without = agent();
    without.as_object_mut().unwrap().remove("controller");
    assert!(serde_json::from_value::<AgentClaim>(without).is_err());
}

#[test]
fn balances_have_one_spelling() {
    for bad in ["", "-1", "+1", "01", "1.0", "1e3", " 1", "340282366920938463463374607431768211456"] {
        assert_eq!(bad.parse::<Balance>(), Err(BalanceError), "{bad}");
    }
    assert_eq!(String::from(Balance(u128::MAX)), "340282366920938463463374607431768211455");
}

#[test]
fn an_attestation_carries_its_kind() {
    assert_eq!(Attestation::Snapshot.to_value(), json!({ "kind": "snapshot" }));
    let signed: SignedAttestation = serde_json::from_value(json!({
        "controller": BOB, "nonce": "00", "controllerSig": "0x00", "signedAt": 5,
    }))
    .unwrap();
    assert_eq!(
        Attestation::ControllerAttested(signed).to_value(),
        json!({ "kind": "controller-attested", "controller": BOB, "nonce": "00", "controllerSig": "0x00", "signedAt": 5 })
    );
}
