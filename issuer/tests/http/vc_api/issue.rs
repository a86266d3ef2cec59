//! `POST /vc-api/credentials/issue`.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::service::URL;

async fn refused_by(service: &Service, credential: Value, member: &str) {
    let answer = ask(service, credential, Value::Null).await;
    answer.assert_problem(400, "non-conforming");
    assert_eq!(answer.json()["member"], member, "{}", answer.text());
}

#[tokio::test]
async fn a_credential_is_signed_as_it_came_with_issuer_id_and_status_added() {
    let service = Service::start().await;
    let asked = credential(json!({ "validUntil": "2030-01-01T00:00:00Z" }));
    let signed = issued(&service, asked.clone(), json!({})).await;
    for (name, value) in asked.as_object().unwrap() {
        assert_eq!(&signed[name], value, "{name}");
    }
    assert_eq!(signed["issuer"], issuer());
    assert!(signed["id"].as_str().unwrap().starts_with("urn:uuid:"));
    let proof = &signed["proof"];
    assert_eq!((&proof["type"], &proof["cryptosuite"]), (&json!("DataIntegrityProof"), &json!("eddsa-jcs-2022")));
    assert_eq!(proof["verificationMethod"], format!("{}#vc-api-1", issuer()));
    let [revocation, suspension] = signed["credentialStatus"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(revocation["statusListCredential"], format!("{URL}/status-lists/revocation"));
    assert_eq!(suspension["statusListIndex"], revocation["statusListIndex"]);
    let second = issued(&service, asked, json!({})).await;
    assert_ne!(second["credentialStatus"], signed["credentialStatus"], "at random, used once");
    assert_ne!(second["id"], signed["id"]);
}

#[tokio::test]
async fn an_id_that_is_there_stays() {
    let service = Service::start().await;
    let signed = issued(&service, credential(json!({ "id": "urn:example:1" })), json!({})).await;
    assert_eq!(signed["id"], "urn:example:1");
    let named = issued(&service, credential(json!({})), json!({ "credentialId": "mine" })).await;
    assert_eq!(named.get("id"), None, "the caller has a name for it");
    let options = json!({ "credentialId": "urn:example:2" });
    let answer = ask(&service, credential(json!({ "id": "urn:example:1" })), options).await;
    answer.assert_problem(400, "non-conforming");
    assert_eq!(answer.json()["member"], "options.credentialId");
}

/// Whatever stands there is signed as it is, or refused.
#[tokio::test]
async fn a_member_of_the_wrong_type_is_refused_and_never_overwritten() {
    let service = Service::start().await;
    for (member, wrong) in [
        ("id", json!(["urn:example:1"])),
        ("id", json!(1)),
        ("id", json!({})),
        ("id", json!(false)),
        ("id", Value::Null),
        ("id", json!("")),
        ("issuer", json!(false)),
        ("validFrom", json!(1_700_000_000)),
        ("validUntil", Value::Null),
        ("validUntil", json!(["2030-01-01T00:00:00Z"])),
        ("credentialStatus", Value::Null),
        ("proof", Value::Null),
        ("proof", json!([])),
        ("type", json!([1, "VerifiableCredential"])),
        ("name", json!(1)),
    ] {
        let mut asked = credential(json!({}));
        asked[member] = wrong.clone();
        let before = service.snapshot().await;
        for options in [json!({}), json!({ "credentialId": "mine" }), json!({ "format": "application/vc+jwt" })] {
            let answer = ask(&service, asked.clone(), options).await;
            answer.assert_problem(400, "non-conforming");
            let found = answer.json()["member"].as_str().unwrap().to_owned();
            let by_option = wrong == "" && found == "options.credentialId";
            assert!(found.starts_with(&format!("/{member}")) || by_option, "{member} {wrong}: {found}");
        }
        before.assert_unchanged(&service.snapshot().await);
    }
}

/// Some are terms of the VC 2.0 context; a reader of the JWS takes them out of the credential.
#[tokio::test]
async fn a_member_that_a_jws_would_turn_into_a_claim_is_not_signed_as_one() {
    let service = Service::start().await;
    for (claim, value) in [("exp", json!(1)), ("aud", json!("https://a.example")), ("sub", json!("urn:example:a"))] {
        let mut asked = credential(json!({}));
        asked[claim] = value;
        let answer = ask(&service, asked, json!({ "format": "application/vc+jwt" })).await;
        answer.assert_problem(400, "non-conforming");
        assert_eq!(answer.json()["member"], format!("/{claim}"));
    }
}

#[tokio::test]
async fn issuing_needs_the_operators_token() {
    let service = Service::start().await;
    let body = json!({ "credential": credential(json!({})) });
    let before = service.snapshot().await;
    service.post("/vc-api/credentials/issue", &body).await.assert_problem(401, "unauthenticated");
    // Whatever the body is: who calls comes first.
    for path in ["/vc-api/credentials/issue", "/vc-api/credentials/status"] {
        service.post(path, &json!({ "nonsense": 1 })).await.assert_problem(401, "unauthenticated");
        service.operator(Method::POST, path, &json!({ "nonsense": 1 })).await.assert_problem(400, "invalid-body");
    }
    before.assert_unchanged(&service.snapshot().await);
    let agent = service.register_managed("agent").await;
    let by_agent = service.agent(&agent, Method::POST, "/vc-api/credentials/issue", &body).await;
    by_agent.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn vc_api_open_lifts_the_token_and_no_other_rule() {
    let service = Service::start_with(|config| config.vc_api_open = true).await;
    let ask =
        async |credential: Value| service.post("/vc-api/credentials/issue", &json!({ "credential": credential })).await;
    assert_eq!(ask(credential(json!({}))).await.status, 201);
    for changes in [
        json!({ "type": ["VerifiableCredential", "AgentReputationCredential"] }),
        json!({ "issuer": "did:example:other" }),
        json!({ "credentialStatus": {
            "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1",
            "statusListCredential": "https://elsewhere.example/list",
        } }),
    ] {
        ask(credential(changes)).await.assert_problem(400, "non-conforming");
    }
    let other = service.post("/agents/challenge", &json!({})).await;
    other.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn vc_api_open_lets_no_page_in_whose_name_was_made_to_lead_here() {
    let service = Service::start_with(|config| config.vc_api_open = true).await;
    let body = json!({ "credential": credential(json!({})) }).to_string();
    for (host, status) in [
        ("localhost:8080", 201),
        ("LOCALHOST", 201),
        ("127.0.0.1:8080", 201),
        ("[::1]:8080", 201),
        ("evil.example", 401),
        ("localhost.evil.example:8080", 401),
        ("192.0.2.1", 401),
    ] {
        let request = Request::post("/vc-api/credentials/issue").header("content-type", "application/json");
        let request = request.header("host", host).body(Body::from(body.clone())).unwrap();
        assert_eq!(service.send(request).await.status, status, "{host}");
    }
    // Over HTTP/2, or in a request to a proxy, the host stands in the target; each that is named has to be this machine.
    for (target, host, status) in [
        ("https://localhost:8080", "localhost:8080", 201),
        ("https://evil.example", "localhost:8080", 401),
        ("https://localhost:8080", "evil.example", 401),
    ] {
        let request = Request::post(format!("{target}/vc-api/credentials/issue")).header("host", host);
        let request = request.header("content-type", "application/json").body(Body::from(body.clone())).unwrap();
        assert_eq!(service.send(request).await.status, status, "{target} {host}");
    }
    let nobody = Request::post("/vc-api/credentials/issue").header("content-type", "application/json");
    let answer = service.app.router().oneshot(nobody.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 401, "for no host at all");
}

#[tokio::test]
async fn under_vc_api_open_a_status_that_is_no_list_is_signed_and_does_not_verify() {
    let status = json!({ "id": "did:example:status", "type": "CredentialStatusList2017" });
    let context =
        json!([BASE, { "CredentialStatusList2017": "https://example.org/examples#CredentialStatusList2017" }]);
    let asked = credential(json!({
        "@context": context, "type": ["VerifiableCredential"], "credentialStatus": status,
        "credentialSubject": { "id": "did:example:subject" },
    }));
    let open = Service::start_with(|config| config.vc_api_open = true).await;
    let signed = issued(&open, asked.clone(), json!({})).await;
    assert_eq!(signed["credentialStatus"], status);
    assert!(assert_not_verified(&verify(&open, &signed).await).contains("STATUS_RETRIEVAL_ERROR"));
    let service = Service::start().await;
    refused_by(&service, asked, "/credentialStatus").await;
}

#[tokio::test]
async fn an_issuer_that_is_not_ours_is_refused_and_never_overwritten() {
    let service = Service::start().await;
    for other in [
        json!("did:example:other"),
        json!(format!("{}:x", issuer())),
        json!({ "id": "did:example:other" }),
        json!({ "id": null }),
        json!({ "name": "nobody" }),
        json!(1),
        json!([issuer()]),
    ] {
        refused_by(&service, credential(json!({ "issuer": other })), "/issuer").await;
    }
    let mut asked = credential(json!({}));
    asked["issuer"] = Value::Null;
    refused_by(&service, asked, "/issuer").await;
    let named = json!({ "id": issuer(), "name": "Example Issuer" });
    let signed = issued(&service, credential(json!({ "issuer": named })), json!({})).await;
    assert_eq!(signed["issuer"], named);
    assert_verified(&verify(&service, &signed).await);
}

#[tokio::test]
async fn a_status_of_the_callers_own_is_refused() {
    let service = Service::start().await;
    let entry = |list: &str| {
        json!({
            "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7",
            "statusListCredential": list,
        })
    };
    let own = entry(&format!("{URL}/status-lists/revocation"));
    for status in [own.clone(), entry("https://elsewhere.example/list"), json!([own]), json!({}), json!([]), json!("x")]
    {
        refused_by(&service, credential(json!({ "credentialStatus": status })), "/credentialStatus").await;
    }
    let before = service.snapshot().await;
    refused_by(&service, credential(json!({ "credentialStatus": own })), "/credentialStatus").await;
    before.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn what_this_service_says_itself_is_not_issued() {
    let service = Service::start().await;
    for kind in [
        "AgentReputationCredential",
        "urn:poa:vocab#AgentReputationCredential",
        "BitstringStatusListCredential",
        "EnvelopedVerifiableCredential",
        "EnvelopedVerifiablePresentation",
    ] {
        refused_by(&service, credential(json!({ "type": ["VerifiableCredential", kind] })), "/type").await;
    }
    for id in [format!("{URL}/credentials/x"), format!("{URL}/status-lists/revocation"), format!("{URL}/")] {
        refused_by(&service, credential(json!({ "id": id })), "/id").await;
    }
    let proof = json!({ "type": "DataIntegrityProof" });
    refused_by(&service, credential(json!({ "proof": proof })), "/proof").await;
}

#[tokio::test]
async fn another_name_for_a_type_of_this_services_own_is_refused() {
    let service = Service::start().await;
    for (context, kind) in [
        (json!({ "Ours": "urn:poa:vocab#AgentReputationCredential" }), "Ours"),
        (json!({ "p": { "@id": "urn:poa:vocab#Agent", "@prefix": true } }), "p:ReputationCredential"),
        (
            json!({
                "a": { "@id": "urn:poa:vo", "@prefix": true },
                "b": { "@id": "a:cab#Agent", "@prefix": true },
            }),
            "b:ReputationCredential",
        ),
        (json!({ "List": "https://www.w3.org/ns/credentials/status#BitstringStatusListCredential" }), "List"),
    ] {
        let changes = json!({ "@context": [BASE, context], "type": ["VerifiableCredential", kind],
            "credentialSubject": { "id": "did:example:subject" } });
        let answer = ask(&service, credential(changes), Value::Null).await;
        answer.assert_problem(400, "non-conforming");
        assert_eq!(answer.json()["member"], "/type", "{kind}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_does_not_conform_is_refused_with_the_member() {
    let service = Service::start().await;
    for (changes, member) in [
        (json!({ "@context": null }), "/@context"),
        (json!({ "@context": ["https://www.w3.org/ns/credentials/examples/v2", BASE] }), "/@context"),
        (json!({ "type": ["ExampleAlumniCredential"] }), "/type"),
        (json!({ "credentialSubject": null }), "/credentialSubject"),
        (json!({ "id": "not a url" }), "/id"),
        (json!({ "validFrom": "yesterday" }), "/validFrom"),
        (json!({ "credentialSchema": { "id": "https://example.org/s" } }), "/credentialSchema"),
        (json!({ "evidence": {} }), "/evidence"),
        (
            json!({ "@context": [BASE], "type": "VerifiableCredential", "unmapped": 1,
            "credentialSubject": { "id": "did:example:subject" } }),
            "/unmapped",
        ),
    ] {
        let answer = ask(&service, credential(changes.clone()), Value::Null).await;
        answer.assert_problem(400, "non-conforming");
        let found = answer.json()["member"].as_str().unwrap().to_owned();
        assert!(found.starts_with(member), "{changes}: {found}");
    }
}

#[tokio::test]
async fn a_jws_is_made_on_request_and_enveloped() {
    let service = Service::start().await;
    let by_option = issued(&service, credential(json!({})), json!({ "format": "application/vc+jwt" })).await;
    let body = json!({ "credential": credential(json!({})) });
    let request = Request::post("/vc-api/credentials/issue")
        .header("content-type", "application/json")
        .header("accept", "application/vc+jwt")
        .header("authorization", format!("Bearer {}", service.operator_token));
    let by_accept = service.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(by_accept.status, 201, "{by_accept:?}");
    for enveloped in [by_option, by_accept.json()["verifiableCredential"].clone()] {
        assert_eq!(enveloped["type"], "EnvelopedVerifiableCredential");
        assert_eq!(enveloped["@context"], BASE);
        let jwt = enveloped["id"].as_str().unwrap().strip_prefix("data:application/vc+jwt,").unwrap();
        let jws = poa_verifier::jws::parse(jwt).unwrap();
        assert_eq!(jws.typ(), "vc+jwt");
        let did = service.get("/.well-known/did.json").await.json();
        assert!(did["assertionMethod"].as_array().unwrap().contains(&json!(jws.kid())), "its JsonWebKey method");
        let claims = jws.claims().unwrap();
        assert!(claims.get("proof").is_none() && claims.get("vc").is_none());
        let answer = verify(&service, &enveloped).await;
        assert_verified(&answer);
        assert_eq!(answer.json()["document"], claims);
        assert_verified(&verify(&service, &json!(jwt)).await);
    }
}

#[tokio::test]
async fn options_that_would_change_what_is_signed_are_taken_or_refused_never_passed_over() {
    let service = Service::start().await;
    let wanted = json!({ "type": "BitstringStatusListEntry", "statusPurpose": "revocation" });
    for options in [
        Value::Null,
        json!({}),
        json!({ "credentialStatus": wanted }),
        json!({ "credentialStatus": [wanted] }),
        json!({ "cryptosuite": "eddsa-jcs-2022", "format": "application/vc" }),
        json!({ "mandatoryPointers": [] }),
    ] {
        issued(&service, credential(json!({})), options).await;
    }
    for options in [
        json!({ "mandatoryPointers": ["/issuer"] }),
        json!({ "cryptosuite": "ecdsa-sd-2023" }),
        json!({ "cryptosuite": "eddsa-jcs-2022", "format": "application/vc+jwt" }),
        json!({ "credentialStatus": { "type": "StatusList2021Entry" } }),
        json!({ "credentialStatus": [] }),
        json!({ "format": "application/ld+json" }),
        json!({ "credentialId": "" }),
        json!({ "unknown": 1 }),
        json!([]),
    ] {
        let answer = ask(&service, credential(json!({})), options).await;
        answer.assert_problem(400, "invalid-body");
    }
    // With the member, and what it may be.
    for (status, member, word) in [
        (json!({ "type": "StatusList2021Entry" }), "options.credentialStatus.type", "BitstringStatusListEntry"),
        (json!([{ "type": "StatusList2021Entry" }]), "options.credentialStatus[0].type", "BitstringStatusListEntry"),
        (json!([wanted, { "type": 1 }]), "options.credentialStatus[1].type", ""),
        (json!({ "statusPurpose": "revocation" }), "options.credentialStatus", "type"),
        (json!({ "type": "BitstringStatusListEntry", "more": 1 }), "options.credentialStatus.more", "more"),
        (json!("revocation"), "options.credentialStatus", "an object, or a list of objects"),
        (json!(5), "options.credentialStatus", "an object, or a list of objects"),
        (json!([["BitstringStatusListEntry"]]), "options.credentialStatus[0]", "an object"),
    ] {
        let answer = ask(&service, credential(json!({})), json!({ "credentialStatus": status })).await;
        answer.assert_problem(400, "invalid-body");
        let problem = answer.json();
        assert_eq!(problem["member"], member, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(word) && !detail.contains("untagged"), "{detail}");
    }
    for body in
        [json!({}), json!({ "credential": [] }), json!({ "credential": "x" }), json!({ "credential": {}, "x": 1 })]
    {
        let answer = service.operator(Method::POST, "/vc-api/credentials/issue", &body).await;
        answer.assert_problem(400, "invalid-body");
    }
}
