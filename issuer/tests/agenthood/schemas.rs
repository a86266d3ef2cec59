//! The JSON Schemas of the published API. That every answer is as they say is seen wherever a test gets one.

use serde_json::{Value, json};

use crate::conformance;
use crate::rig::{Rig, Wallet};

/// What a body has against a definition of `schemas/agenthood-api.json`.
fn errors(definition: &str, body: &Value) -> Vec<String> {
    conformance::errors(&format!("/components/schemas/agenthood-api.{definition}"), body)
}

/// The answers elsewhere are all good, so this is where the schemas are seen to refuse.
#[tokio::test]
async fn the_schemas_refuse_what_the_service_does_not_answer() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    let issued = rig.issue(&agent, &controller, &challenge).await.ok();
    let jti = issued["jti"].as_str().unwrap();
    let (credential, verified) = (rig.credential(jti).await, rig.verify(jti).await);
    let revocation = rig.revoke(&agent, &controller).await.ok();
    let revoked = rig.get("/poa/api/revoked").await.ok();
    let snapshot = rig.get(&format!("/poa/api/snapshot/{}", agent.text())).await.ok();
    let answers = [
        ("challenge", challenge),
        ("issued", issued),
        ("credential", credential),
        ("verified", verified),
        ("revocation", revocation),
        ("revoked", revoked),
        ("snapshot", snapshot),
        ("jwks", rig.get("/poa/.well-known/jwks.json").await.ok()),
        ("refusal", rig.get("/poa/api/snapshot/x").await.json()),
        ("refused", rig.post("/poa/api/verify", &json!({ "jws": "x" })).await.json()),
    ];
    for (definition, body) in &answers {
        assert_eq!(errors(definition, body), Vec::<String>::new(), "{definition}");
        let members: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        for member in members {
            if matches!(member.as_str(), "detail" | "report") && *definition != "verified" {
                continue;
            }
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(&member);
            assert!(!errors(definition, &without).is_empty(), "{definition} without {member}");
            if member != "claims" && member != "agent" {
                let mut other = body.clone();
                other[&member] = json!({ "no": "such" });
                assert!(!errors(definition, &other).is_empty(), "{definition} with another {member}");
            }
        }
        let mut more = body.clone();
        more["more"] = json!(1);
        assert!(!errors(definition, &more).is_empty(), "{definition} with more");
    }
}

/// What the schemas of requests take the service reads, and what they refuse it refuses for its form.
#[tokio::test]
async fn requests_are_read_as_their_schemas_say() {
    let rig = Rig::start().await;
    let (id, sig) = (Wallet::new(1).text(), "00".repeat(64));
    let answered = json!({ "nonce": "00", "signatureHex": sig });
    let good = [
        ("challenge", json!({ "agentId": id })),
        ("challenge", json!({ "agentId": id, "action": "revoke", "more": 1 })),
        ("challenge", json!({ "agentId": id, "action": null })),
        ("issue", json!({ "agentId": id })),
        ("issue", json!({ "agentId": id, "controllerSig": null })),
        ("issue", json!({ "agentId": id, "controllerSig": answered })),
        ("revoke", json!({ "agentId": id, "nonce": "00", "signatureHex": format!("0x{sig}") })),
        ("verify", json!({ "jws": "x", "more": [] })),
    ];
    let of_form = [
        "invalid-json",
        "agentId-required",
        "action-invalid",
        "controllerSig-malformed",
        "nonce-required",
        "signature-malformed",
        "invalid-body",
        "jws-required",
    ];
    let refused_for_form = async |call: &str, body: &Value| {
        let answer = rig.post(&format!("/poa/api/{call}"), body).await.json();
        let word = answer["error"].as_str().or(answer["reason"].as_str()).unwrap_or_default().to_owned();
        of_form.contains(&word.as_str())
    };
    for (call, body) in &good {
        assert_eq!(errors(&format!("{call}-request"), body), Vec::<String>::new(), "{call} {body}");
        assert!(!refused_for_form(call, body).await, "{call} {body}");
    }
    let bad = [
        ("challenge", json!([])),
        ("challenge", json!({})),
        ("challenge", json!({ "agentId": "" })),
        ("challenge", json!({ "agentId": id, "action": "burn" })),
        ("issue", json!({ "agentId": 1 })),
        ("issue", json!({ "agentId": id, "controllerSig": "x" })),
        ("issue", json!({ "agentId": id, "controllerSig": { "nonce": "00" } })),
        ("issue", json!({ "agentId": id, "controllerSig": { "nonce": "00", "signatureHex": "0x12" } })),
        ("issue", json!({ "agentId": id, "controllerSig": { "nonce": "", "signatureHex": sig } })),
        ("revoke", json!({ "agentId": id, "signatureHex": sig })),
        ("revoke", json!({ "agentId": id, "nonce": "00" })),
        ("revoke", json!({ "agentId": id, "nonce": "0".repeat(129), "signatureHex": sig })),
        ("verify", json!({})),
        ("verify", json!({ "jws": "" })),
        ("verify", json!({ "jws": 1 })),
    ];
    for (call, body) in &bad {
        assert!(!errors(&format!("{call}-request"), body).is_empty(), "{call} {body}");
        assert!(refused_for_form(call, body).await, "{call} {body}");
    }
}
