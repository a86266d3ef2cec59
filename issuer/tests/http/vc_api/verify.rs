//! `POST /vc-api/credentials/verify`.

use serde_json::{Value, json};

use super::*;

async fn standing(service: &Service) -> Value {
    let agent = service.attested_agent().await;
    let answer = service.issue(&agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn verified_means_authentic_and_says_so() {
    let service = Service::start().await;
    let signed = issued(&service, credential(json!({})), json!({})).await;
    let answer = verify(&service, &signed).await;
    assert_verified(&answer);
    let body = answer.json();
    assert!(body["verifiedMeans"].as_str().unwrap().starts_with("authentic"));
    assert_eq!(body["document"], signed);
}

#[tokio::test]
async fn our_own_credentials_are_judged_by_the_code_of_post_verify() {
    let service = Service::start().await;
    let document = standing(&service).await;
    let answer = verify(&service, &document).await;
    assert_verified(&answer);
    let report = service.post("/verify", &json!({ "document": document })).await.json();
    assert_eq!(answer.json()["reports"], json!([report]));

    // The issuer's proof alone, and the JWS, are the same credential.
    let path = format!("/zk-credentials/{}", document["id"].as_str().unwrap().rsplit('/').next().unwrap());
    let form = async |media_type: &str| {
        let request = axum::http::Request::get(&path).header("accept", media_type);
        service.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    assert_verified(&verify(&service, &form("application/vc").await.json()).await);
    let jws = form("application/vc+jwt").await.text();
    assert_verified(&verify(&service, &json!(jws)).await);

    // What is beside it in an envelope was signed by nobody.
    let envelope = json!({
        "@context": [BASE, "https://www.w3.org/ns/credentials/examples/v2"],
        "id": format!("data:application/vc+jwt,{jws}"),
        "type": "EnvelopedVerifiableCredential",
        "more": "nobody signed this",
    });
    let answer = verify(&service, &envelope).await;
    assert_verified(&answer);
    let carried = answer.json()["document"].clone();
    assert_eq!((&carried["id"], &carried["more"]), (&document["id"], &Value::Null));
    let mut bare = envelope;
    bare["@context"] = json!(["https://www.w3.org/ns/credentials/examples/v2"]);
    assert_not_verified(&verify(&service, &bare).await);
}

#[tokio::test]
async fn what_is_not_verified_is_answered_400_where_post_verify_answers_200() {
    let service = Service::start().await;
    let mut document = standing(&service).await;
    document["credentialSubject"]["tasks_completed"]["atLeast"] = json!("1000");
    let problems = assert_not_verified(&verify(&service, &document).await);
    assert!(problems.contains("Check attributes does not pass"), "{problems}");
    let answer = service.post("/verify", &json!({ "document": document })).await;
    assert_eq!((answer.status, &answer.json()["authentic"]), (200, &json!(false)));
}

#[tokio::test]
async fn an_edited_credential_is_refused_whatever_was_edited() {
    let service = Service::start().await;
    let signed = issued(&service, credential(json!({ "validUntil": "2030-01-01T00:00:00Z" })), json!({})).await;
    for edit in [
        |document: &mut Value| document["credentialSubject"]["alumniOf"] = json!("Another University"),
        |document: &mut Value| document["validUntil"] = json!("2031-01-01T00:00:00Z"),
        |document: &mut Value| document["id"] = json!("urn:example:other"),
        |document: &mut Value| document["credentialStatus"][0]["statusListIndex"] = json!("0"),
        |document: &mut Value| document["proof"]["created"] = json!("2020-01-01T00:00:00Z"),
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("credentialStatus")),
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("proof")),
        |document: &mut Value| document["issuer"] = json!("did:example:other"),
    ] {
        let mut edited = signed.clone();
        edit(&mut edited);
        assert_not_verified(&verify(&service, &edited).await);
    }
    assert_verified(&verify(&service, &signed).await);
}

#[tokio::test]
async fn a_credential_of_another_issuer_counts_by_its_did_key() {
    let service = Service::start().await;
    let (somebody, other) = (Somebody::new(1), Somebody::new(2));
    let document = somebody.credential(service.now(), json!({}));
    let answer = verify(&service, &document).await;
    assert_verified(&answer);
    assert_eq!(answer.json()["reports"], json!([]), "POST /verify has nothing to say about it");
    let mut named = credential(json!({}));
    named["issuer"] = other.did().into();
    let borrowed = somebody.sign(&named, "assertionMethod", service.now(), json!({}));
    assert!(assert_not_verified(&verify(&service, &borrowed).await).contains("issuer"));
    let purpose =
        somebody.sign(&credential(json!({ "issuer": somebody.did() })), "authentication", service.now(), json!({}));
    assert_not_verified(&verify(&service, &purpose).await);
}

#[tokio::test]
async fn nobody_else_speaks_in_our_name() {
    let service = Service::start().await;
    let somebody = Somebody::new(1);
    let document = credential(json!({ "issuer": issuer() }));
    let signed = somebody.sign(&document, "assertionMethod", service.now(), json!({}));
    assert_not_verified(&verify(&service, &signed).await);
    for name in ["vc-api-1", "credentials-1", "heads-1", "nobody-1"] {
        let mut forged = signed.clone();
        forged["proof"]["verificationMethod"] = json!(format!("{}#{name}", issuer()));
        assert_not_verified(&verify(&service, &forged).await);
    }
}

#[tokio::test]
async fn dates_and_statuses_that_cannot_be_known_are_refused() {
    let service = Service::start().await;
    let (somebody, now) = (Somebody::new(1), service.now());
    let at = |seconds: i64| json!(time::format_utc(now.checked_add_signed(seconds).unwrap()).unwrap());
    let expired = somebody.credential(now - 20, json!({ "validUntil": at(-10) }));
    assert!(assert_not_verified(&verify(&service, &expired).await).contains("RANGE_ERROR"));
    let early = somebody.credential(now, json!({ "validFrom": at(3_600) }));
    assert_not_verified(&verify(&service, &early).await);
    let status = json!({
        "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1",
        "statusListCredential": "https://elsewhere.example/list",
    });
    let elsewhere = somebody.credential(now, json!({ "credentialStatus": status }));
    assert!(assert_not_verified(&verify(&service, &elsewhere).await).contains("STATUS_RETRIEVAL_ERROR"));
}

#[tokio::test]
async fn a_place_in_our_lists_cannot_be_borrowed_by_another_issuer() {
    let service = Service::start().await;
    let ours = issued(&service, credential(json!({})), json!({})).await;
    let somebody = Somebody::new(1);
    let borrowed = somebody.credential(service.now(), json!({ "credentialStatus": ours["credentialStatus"] }));
    assert!(assert_not_verified(&verify(&service, &borrowed).await).contains("STATUS_RETRIEVAL_ERROR"));
}

#[tokio::test]
async fn an_envelope_that_is_not_one_is_refused() {
    let service = Service::start().await;
    let enveloped = issued(&service, credential(json!({})), json!({ "format": "application/vc+jwt" })).await;
    for edit in [
        |document: &mut Value| document["@context"] = json!([]),
        |document: &mut Value| document["@context"] = json!("https://www.w3.org/ns/credentials/examples/v2"),
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("type")),
        |document: &mut Value| document["type"] = json!("VerifiableCredential"),
        |document: &mut Value| document["type"] = json!(["VerifiableCredential"]),
        |document: &mut Value| document["id"] = json!(document["id"].as_str().unwrap().split_once(',').unwrap().1),
        |document: &mut Value| document["id"] = json!(document["id"].as_str().unwrap().replace("vc+jwt", "jwt")),
        |document: &mut Value| document["id"] = json!(format!("{}x", document["id"].as_str().unwrap())),
    ] {
        let mut edited = enveloped.clone();
        edit(&mut edited);
        assert_not_verified(&verify(&service, &edited).await);
    }
    assert_verified(&verify(&service, &enveloped).await);
}

#[tokio::test]
async fn a_refused_jws_names_its_cause() {
    let service = Service::start().await;
    let somebody = Somebody::new(1);
    let payload = credential(json!({ "issuer": somebody.did() }));
    let jws = |more: Value| somebody.jws("vc+jwt", &payload, more);
    assert_verified(&verify(&service, &json!(jws(json!({})))).await);
    for (jws, word) in [
        (format!("{}=", jws(json!({}))), "base64url"),
        (jws(json!({ "crit": ["x"] })), "crit"),
        (jws(json!({ "alg": "none" })), "alg"),
        (jws(json!({ "alg": "ES256" })), "alg"),
        (jws(json!({ "typ": null })), "typ"),
        (jws(json!({ "kid": null })), "kid"),
    ] {
        let answer = verify(&service, &json!(jws)).await;
        let problems = assert_not_verified(&answer);
        assert!(problems.contains("CRYPTOGRAPHIC_SECURITY_ERROR"), "{problems}");
        let body = answer.json();
        assert_eq!(body["problemDetails"].as_array().unwrap().len(), 1, "the cause alone: {problems}");
        for text in [&body["detail"], &body["errors"][0]] {
            assert!(text.as_str().unwrap().contains(word), "{word}: {text}");
        }
    }
}

/// RFC 7519 §4.1.3; a credential's caller states no audience, so it is told.
#[tokio::test]
async fn a_credential_for_somebody_by_name_is_verified_with_a_warning() {
    let service = Service::start().await;
    let somebody = Somebody::new(1);
    let warnings = async |more: Value| {
        let mut payload = credential(json!({ "issuer": somebody.did() }));
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = verify(&service, &json!(somebody.jws("vc+jwt", &payload, json!({})))).await;
        assert_verified(&answer);
        answer.json()["warnings"].to_string()
    };
    assert_eq!(warnings(json!({})).await, "[]");
    assert!(warnings(json!({ "aud": "https://somebody-else.example" })).await.contains("aud"));
    assert!(warnings(json!({ "nonce": "c" })).await.contains("challenge"));
}

#[tokio::test]
async fn contexts_that_nobody_signed_are_not_returned() {
    let service = Service::start().await;
    let signed = Somebody::new(1).credential(service.now(), json!({}));
    let mut added = signed.clone();
    added["@context"].as_array_mut().unwrap().push(json!({ "alumniOf": "https://thief.example/convictedBy" }));
    let answer = verify(&service, &added).await;
    assert_verified(&answer);
    assert_eq!(answer.json()["document"], signed);
    assert!(answer.json()["warnings"].to_string().contains("contexts"), "{answer:?}");
}

/// RFC 7517 §4.3: a key for encryption, or for making signatures alone, verifies none.
#[tokio::test]
async fn a_did_jwk_that_is_not_for_verifying_verifies_nothing() {
    let service = Service::start().await;
    let somebody = Somebody::new(1);
    let x = poa_verifier::multibase::base64url(&somebody.0.verifying_key().to_bytes());
    let judge = async |more: Value| {
        let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let did = format!("did:jwk:{}", poa_verifier::multibase::base64url(jwk.to_string().as_bytes()));
        let document = credential(json!({ "issuer": did }));
        let method = json!({ "verificationMethod": format!("{did}#0") });
        verify(&service, &somebody.sign(&document, "assertionMethod", service.now(), method)).await
    };
    assert_verified(&judge(json!({})).await);
    assert_verified(&judge(json!({ "key_ops": ["verify"] })).await);
    for more in [
        json!({ "key_ops": ["deriveKey"] }),
        json!({ "key_ops": ["encrypt", "wrapKey"] }),
        json!({ "key_ops": ["sign"] }),
        json!({ "use": "enc" }),
        json!({ "use": "enc", "key_ops": ["verify"] }),
        json!({ "alg": "ECDH-ES" }),
        json!({ "d": x }),
    ] {
        assert_not_verified(&judge(more).await);
    }
}

#[tokio::test]
async fn there_is_a_verdict_on_anything_and_a_problem_only_without_a_body() {
    let service = Service::start().await;
    for document in
        [json!({ "type": ["NonconformingDocument"] }), json!({}), json!(""), json!("a.b.c"), json!([]), json!(1)]
    {
        let body = json!({ "verifiableCredential": document });
        assert_not_verified(&service.post("/vc-api/credentials/verify", &body).await);
    }
    for body in [
        json!({}),
        json!({ "verifiablePresentation": {} }),
        json!({ "verifiableCredential": {}, "x": 1 }),
        json!({ "verifiableCredential": {}, "options": { "challenge": "x" } }),
    ] {
        service.post("/vc-api/credentials/verify", &body).await.assert_problem(400, "invalid-body");
    }
}

/// Signed by other people's software with `eddsa-rdfc-2022` under a `did:key`, as W3C's suites sign what they send.
#[tokio::test]
async fn what_a_suite_signs_with_eddsa_rdfc_2022_is_taken_and_no_edit_of_it() {
    let vectors: Value = serde_json::from_str(include_str!("../../../../test-vectors/rdfc/secured.json")).unwrap();
    let service = Service::start().await;
    service.clock.set(time::parse_utc("2026-11-02T00:00:00Z").unwrap());
    for case in vectors["cases"].as_array().unwrap() {
        let document = &case["document"];
        let judge = async |document: &Value| match document["type"][0].as_str() {
            Some("VerifiablePresentation") => verify_presentation(&service, document, Value::Null).await,
            _ => verify(&service, document).await,
        };
        assert_verified(&judge(document).await);
        let mut edited = document.clone();
        edited["id"] = json!("urn:uuid:edited");
        assert_not_verified(&judge(&edited).await);
    }
}

#[tokio::test]
async fn a_document_that_asks_for_too_much_work_is_refused_with_that_cause() {
    let service = Service::start().await;
    let key = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
    let proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": format!("did:key:{key}#{key}"),
        "proofPurpose": "assertionMethod",
        "proofValue": poa_verifier::multibase::encode_base58(&[7; 64]),
    });
    // Every object names the context again: sixteen times a second of work, before anything was bounded.
    let subjects: Vec<_> = (0..800).map(|n| json!({ "@context": [BASE], "id": format!("urn:x:{n}") })).collect();
    let document = json!({
        "@context": [BASE],
        "type": ["VerifiableCredential"],
        "issuer": format!("did:key:{key}"),
        "credentialSubject": subjects,
        "proof": vec![proof; 16],
    });
    let answer = verify(&service, &document).await;
    assert_not_verified(&answer);
    let errors = answer.json()["errors"].clone();
    assert!(errors[0].as_str().unwrap().contains("more than 250000 steps of work"), "{errors}");
    assert_eq!(errors.as_array().unwrap().len(), 1, "the cause, without what follows from it: {errors}");
}
