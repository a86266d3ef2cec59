//! Verifiable Credential Data Integrity 1.0 (§2.1 Proofs, §4 Algorithms) and Data Integrity EdDSA Cryptosuites v1.0
//! (§3.3 `eddsa-jcs-2022`), W3C Recommendations of 15 May 2025, for documents of other issuers.

use poa_verifier::ed25519::PublicKey;
use poa_verifier::vc::foreign::{
    Cause, EddsaJcs2022, Expected, ForeignError, ForeignReport, ForeignVerifier, NotCompared, ProofError, Purpose,
};
use poa_verifier::vc::{Contexts, ResolveError, VerificationMethod};
use serde_json::{Value, json};

use crate::support::*;

const ANY: Expected<'static> = Expected { purpose: None, challenge: None, domain: None };

/// The only proof's result.
fn result(report: &ForeignReport) -> &Result<(), ProofError> {
    let [proof] = report.proofs.as_slice() else { panic!("{} proofs", report.proofs.len()) };
    &proof.result
}

#[track_caller]
fn verifies(document: &Value) {
    let report = verify(document, &ANY);
    assert!(report.verified(), "{report:#?}");
}

#[track_caller]
fn fails(document: &Value, reason: &str) {
    let report = verify(document, &ANY);
    assert!(!report.verified());
    assert_eq!(result(&report).as_ref().map_err(ProofError::reason), Err(reason), "{report:#?}");
}

/// A credential of the signer, with options bent before it is signed.
fn bent(edit: impl FnOnce(&mut Value)) -> Value {
    let signer = signer(1);
    let document = with(credential(), "/issuer", did(&signer).into());
    let mut options = options(&document, &signer, "assertionMethod");
    edit(&mut options);
    signed(&document, &options, &signer)
}

// vc-di-eddsa, appendix B.2 "Representation: eddsa-jcs-2022"

#[test]
fn the_published_test_vector_verifies() {
    let issuer = "https://vc.example/issuers/5678";
    let key = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    let context = json!([BASE, EXAMPLES]);
    let document = json!({
        "@context": context,
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": issuer,
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": format!("did:key:{key}#{key}"),
            "proofPurpose": "assertionMethod",
            "@context": context,
            "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
        }
    });
    let report = verify(&document, &ANY);
    // Nothing is hashed for a proof by somebody else.
    assert_eq!((&report.data_model, result(&report)), (&Ok(()), &Err(ProofError::NotReached)));
    // The key is a did:key's, the issuer another URL: only who knows that the issuer lists the key may believe it.
    assert!(!report.verified() && matches!(report.party, Err(ForeignError::OtherParty { .. })));
    let lists_it = |_: &str, _: Purpose| -> Result<VerificationMethod, ResolveError> {
        Ok(VerificationMethod { id: String::new(), controller: issuer.to_owned(), key: PublicKey::from_multikey(key)? })
    };
    let contexts = Contexts::published();
    let verifier =
        ForeignVerifier { contexts: &contexts, resolver: &lists_it, suites: &[&EddsaJcs2022], now_unix_s: NOW };
    assert!(verifier.credential(&document, &ANY).verified());
}

// Data Integrity §2.1 Proofs

#[test]
fn a_proof_by_a_did_key_or_did_jwk_of_the_issuer_verifies() {
    verifies(&issued(&signer(1)));
    let signer = signer(1);
    let x = poa_verifier::multibase::base64url(&signer.verifying_key().to_bytes());
    let jwk =
        poa_verifier::multibase::base64url(json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string().as_bytes());
    let did = format!("did:jwk:{jwk}");
    let document = with(credential(), "/issuer", did.clone().into());
    let options =
        with(options(&document, &signer, "assertionMethod"), "/verificationMethod", format!("{did}#0").into());
    verifies(&signed(&document, &options, &signer));
}

#[test]
fn a_document_without_a_proof_or_with_an_invalid_one_is_not_verified() {
    let document = issued(&signer(1));
    let bare = verify(&without(document.clone(), "/proof"), &ANY);
    assert!(!bare.verified() && bare.proofs.is_empty());
    for wrong in [json!(null), json!("proof"), json!([]), json!(1)] {
        fails(&with(document.clone(), "/proof", wrong), "malformed");
    }
    let many = Value::Array(vec![document["proof"].clone(); 17]);
    fails(&with(document, "/proof", many), "malformed");
}

#[test]
fn the_proof_type_and_cryptosuite_must_be_understood() {
    for kind in ["UnknownProofType", "Groth16Proof2024", "Ed25519Signature2020"] {
        fails(&bent(|o| o["type"] = kind.into()), "unknown_suite");
    }
    for suite in [json!("eddsa-rdfc-2022"), json!("UnknownCryptosuite"), json!(1), json!(null)] {
        fails(&bent(|o| o["cryptosuite"] = suite), "unknown_suite");
    }
    fails(&without(issued(&signer(1)), "/proof/type"), "unknown_suite");
    fails(&without(issued(&signer(1)), "/proof/cryptosuite"), "unknown_suite");
}

#[test]
fn the_proof_id_if_present_must_be_a_url() {
    verifies(&bent(|o| o["id"] = "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33".into()));
    for wrong in [json!("not-a-url"), json!(1)] {
        fails(&bent(|o| o["id"] = wrong), "malformed");
    }
}

#[test]
fn created_is_optional_and_must_be_a_date_time_stamp_not_in_the_future() {
    verifies(&bent(|o| drop(o.as_object_mut().unwrap().remove("created"))));
    for fine in ["2026-01-15T08:00:00Z", "2027-01-15T10:00:59.9+02:00", "2027-01-15T08:01:00Z"] {
        verifies(&bent(|o| o["created"] = fine.into()));
    }
    for wrong in [json!("invalidDate"), json!("2027-01-15"), json!(1_800_000_000), json!(null)] {
        fails(&bent(|o| o["created"] = wrong), "malformed");
    }
    fails(&bent(|o| o["created"] = "2027-01-15T08:01:01Z".into()), "future");
}

#[test]
fn expires_is_optional_and_must_be_a_date_time_stamp_that_has_not_passed() {
    verifies(&bent(|o| o["expires"] = "2027-01-15T08:00:01Z".into()));
    for past in ["2027-01-15T08:00:00Z", "2026-01-15T08:00:00Z"] {
        fails(&bent(|o| o["expires"] = past.into()), "expired");
    }
    fails(&bent(|o| o["expires"] = "tomorrow".into()), "malformed");
}

#[test]
fn time_values_without_an_offset_are_interpreted_as_utc() {
    verifies(&bent(|o| o["created"] = "2027-01-15T08:00:00".into()));
    verifies(&bent(|o| o["expires"] = "2027-01-15T08:00:01".into()));
    fails(&bent(|o| o["expires"] = "2027-01-15T07:59:59".into()), "expired");
}

#[test]
fn the_verification_method_must_be_there_and_lead_to_a_key() {
    fails(&bent(|o| drop(o.as_object_mut().unwrap().remove("verificationMethod"))), "malformed");
    fails(&bent(|o| o["verificationMethod"] = json!({ "id": "did:key:z6Mk" })), "malformed");
    fails(&bent(|o| o["verificationMethod"] = "did:key:invalidVm".into()), "bad_key");
    fails(&bent(|o| o["verificationMethod"] = "did:web:example.org#key-1".into()), "unknown_key");
}

#[test]
fn the_proof_purpose_must_be_there_and_match_the_expected_one() {
    fails(&bent(|o| drop(o.as_object_mut().unwrap().remove("proofPurpose"))), "malformed");
    for other in [
        "authentication",
        "capabilityInvocation",
        "keyAgreement",
        "invalidPurpose",
        "https://w3id.org/security#assertionMethod",
    ] {
        fails(&bent(|o| o["proofPurpose"] = other.into()), "other_purpose");
    }
    let expected = Expected { purpose: Some(Purpose::Authentication), ..ANY };
    assert_eq!(result(&verify(&issued(&signer(1)), &expected)).as_ref().unwrap_err().reason(), "other_purpose");
    assert!(verify(&bent(|o| o["proofPurpose"] = "authentication".into()), &expected).verified());
}

#[test]
fn the_key_must_be_listed_for_the_purpose() {
    let assertion_only = |url: &str, purpose: Purpose| match purpose {
        Purpose::AssertionMethod => poa_verifier::vc::Resolve::resolve(&poa_verifier::vc::SelfDescribing, url, purpose),
        Purpose::Authentication => Err(ResolveError::Purpose(purpose.as_str())),
    };
    let contexts = Contexts::published();
    let verifier =
        ForeignVerifier { contexts: &contexts, resolver: &assertion_only, suites: &[&EddsaJcs2022], now_unix_s: NOW };
    assert!(verifier.credential(&issued(&signer(1)), &ANY).verified());
    let expected = Expected { purpose: Some(Purpose::Authentication), ..ANY };
    let report = verifier.credential(&bent(|o| o["proofPurpose"] = "authentication".into()), &expected);
    assert_eq!(result(&report).as_ref().unwrap_err().reason(), "bad_key");
}

#[test]
fn the_proof_value_must_be_a_multibase_base58_signature_of_64_bytes() {
    let document = issued(&signer(1));
    fails(&without(document.clone(), "/proof/proofValue"), "malformed");
    let value = document["proof"]["proofValue"].as_str().unwrap().to_owned();
    let longer = poa_verifier::multibase::encode_base58(&[7; 96]);
    let base64 = poa_verifier::multibase::encode_base64url(&[7; 64]);
    for wrong in [json!(null), json!(value[1..]), json!(longer), json!(base64), json!(1), json!("")] {
        fails(&with(document.clone(), "/proof/proofValue", wrong), "malformed");
    }
    let other = poa_verifier::multibase::encode_base58(&[7; 64]);
    fails(&with(document, "/proof/proofValue", other.into()), "signature");
}

#[test]
fn the_domain_must_be_strings_and_equal_to_the_expected_one() {
    let asked = Expected { domain: Some("domain.example"), ..ANY };
    let bound = |domain: Value| bent(|o| o["domain"] = domain);
    for fine in [json!("domain.example"), json!(["domain.example"])] {
        assert!(verify(&bound(fine.clone()), &asked).verified());
        let open = verify(&bound(fine), &ANY);
        assert!(open.verified() && open.not_compared() == [NotCompared::Domain]);
    }
    for other in [json!("invalid.example"), json!(["domain.example", "invalid.example"]), json!([])] {
        let report = verify(&bound(other), &asked);
        assert_eq!(result(&report), &Err(ProofError::Domain));
    }
    assert_eq!(result(&verify(&issued(&signer(1)), &asked)), &Err(ProofError::Domain));
    for wrong in [json!(1), json!(["a", 1]), json!({})] {
        fails(&bound(wrong), "malformed");
    }
}

#[test]
fn the_challenge_must_be_a_string_and_equal_to_the_expected_one() {
    let asked = Expected { challenge: Some("1235abcd6789"), ..ANY };
    let bound = |challenge: Value| bent(|o| o["challenge"] = challenge);
    assert!(verify(&bound(json!("1235abcd6789")), &asked).verified());
    // What nobody compared is said.
    let open = verify(&bound(json!("1235abcd6789")), &ANY);
    assert!(open.verified() && open.not_compared() == [NotCompared::Challenge]);
    assert!(verify(&bound(json!("1235abcd6789")), &asked).not_compared().is_empty());
    assert_eq!(result(&verify(&bound(json!("invalid-challenge")), &asked)), &Err(ProofError::Challenge));
    assert_eq!(result(&verify(&issued(&signer(1)), &asked)), &Err(ProofError::Challenge));
    fails(&bound(json!(1)), "malformed");
    fails(&bent(|o| o["nonce"] = json!(1)), "malformed");
    verifies(&bent(|o| o["nonce"] = json!("8QG3")));
}

#[test]
fn every_member_of_document_and_options_is_signed() {
    let honest = bent(|o| {
        o["id"] = "urn:uuid:1".into();
        o["expires"] = "2028-01-15T08:00:00Z".into();
        o["challenge"] = "a".into();
        o["domain"] = "b".into();
        o["nonce"] = "c".into();
    });
    verifies(&honest);
    for member in ["id", "created", "expires", "challenge", "domain", "nonce"] {
        fails(&without(honest.clone(), &format!("/proof/{member}")), "signature");
    }
    for (pointer, value) in [
        ("/proof/created", json!("2027-01-15T07:59:59Z")),
        ("/proof/expires", json!("2029-01-15T08:00:00Z")),
        ("/proof/challenge", json!("b")),
        ("/proof/domain", json!(["b"])),
        ("/proof/nonce", json!("d")),
        ("/proof/id", json!("urn:uuid:2")),
        ("/credentialSubject/id", json!("did:example:other")),
        ("/id", json!("urn:uuid:3")),
    ] {
        fails(&with(honest.clone(), pointer, value), "signature");
    }
}

// vc-di-eddsa §3.3.2 Verify Proof: the contexts of the proof

#[test]
fn the_document_must_begin_with_the_contexts_of_the_proof() {
    // Without any in the proof, the document is taken as it is.
    verifies(&bent(|o| drop(o.as_object_mut().unwrap().remove("@context"))));
    // Contexts that were added after signing are left out again; those that were signed must stand first.
    let added = with(issued(&signer(1)), "/@context", json!([BASE, EXAMPLES]));
    verifies(&added);
    let signed_more = bent(|o| o["@context"] = json!([BASE, EXAMPLES]));
    let report = verify(&signed_more, &ANY);
    assert_eq!(result(&report), &Err(ProofError::Context));
    let swapped = with(issued(&signer(1)), "/@context", json!([EXAMPLES, BASE]));
    // The data model wants the base context first, so this is not looked at.
    assert_eq!(result(&verify(&swapped, &ANY)), &Err(ProofError::NotReached));
}

/// Step 4: what was verified, and so what is judged and returned, has the contexts of the proof.
#[test]
fn contexts_that_nobody_signed_are_neither_returned_nor_judged() {
    let signer = signer(1);
    let added = with(issued(&signer), "/@context", json!([BASE, EXAMPLES]));
    let report = verify(&added, &ANY);
    assert!(report.verified() && report.has_unsigned_contexts());
    assert_eq!((&report.document, report.received()), (&issued(&signer), &added));
    assert!(!verify(&issued(&signer), &ANY).has_unsigned_contexts());
    // A context that was added cannot give a meaning to what the signer's contexts leave without one.
    let document = with(credential(), "/issuer", did(&signer).into());
    let unexplained = with(document.clone(), "/credentialSubject/role", json!("admin"));
    let unexplained = signed(&unexplained, &options(&unexplained, &signer, "assertionMethod"), &signer);
    let explained = with(unexplained, "/@context", json!([BASE, { "role": "https://thief.example/role" }]));
    let report = verify(&explained, &ANY);
    assert_eq!((result(&report), report.verified()), (&Err(ProofError::NotReached), false));
    assert_eq!(report.data_model.unwrap_err().pointer, "/credentialSubject/role");
    // Nor another meaning to what they explain.
    let context = json!([BASE, { "role": "https://issuer.example/role" }]);
    let own = with(with(document, "/@context", context), "/credentialSubject/role", json!("guest"));
    let own = signed(&own, &options(&own, &signer, "assertionMethod"), &signer);
    let mut again = own.clone();
    again["@context"].as_array_mut().unwrap().push(json!({ "role": "https://thief.example/role" }));
    let report = verify(&again, &ANY);
    assert!(report.verified() && report.document == own);
}

#[test]
fn of_proofs_over_different_contexts_the_partys_say_what_the_document_means() {
    let (issuer, other) = (signer(1), signer(2));
    let short = with(credential(), "/issuer", did(&issuer).into());
    let long = with(short.clone(), "/@context", json!([BASE, EXAMPLES]));
    let by = |document: &Value, who| proof(document, &options(document, who, "assertionMethod"), who);
    for (signed, beside) in [(&short, &long), (&long, &short)] {
        let set = with_proofs(&long, vec![by(beside, &other), by(signed, &issuer)]);
        let report = verify(&set, &ANY);
        assert!(report.verified(), "{report:#?}");
        assert_eq!(report.document["@context"], signed["@context"]);
    }
}

#[test]
fn a_presentation_is_returned_with_its_credentials_as_their_issuers_signed_them() {
    let credential = with(issued(&signer(1)), "/@context", json!([BASE, EXAMPLES]));
    let shown = presented(Some(&did(&signer(2))), json!([credential]), 2);
    let report = verify_presentation(&shown, &ANY);
    assert!(report.verified() && report.credentials[0].verified(), "{report:#?}");
    assert_eq!(report.document["verifiableCredential"], json!([issued(&signer(1))]));
    assert_eq!(report.received(), &shown);
}

#[test]
fn undefined_terms_and_types_fail_whether_they_were_signed_or_added_later() {
    let signer = signer(1);
    let document = with(credential(), "/issuer", did(&signer).into());
    for (pointer, value) in
        [("/credentialSubject/undefinedTerm", json!("x")), ("/type", json!(["VerifiableCredential", "UndefinedType"]))]
    {
        let bad = with(document.clone(), pointer, value.clone());
        let report = verify(&signed(&bad, &options(&bad, &signer, "assertionMethod"), &signer), &ANY);
        assert_eq!(result(&report), &Err(ProofError::NotReached));
        assert!(report.data_model.is_err() && !report.verified());
        assert!(!verify(&with(issued(&signer), pointer, value), &ANY).verified());
    }
}

// §4.6 Verify Proof Sets and Chains

/// The document with these proofs.
fn with_proofs(document: &Value, proofs: Vec<Value>) -> Value {
    with(document.clone(), "/proof", Value::Array(proofs))
}

#[test]
fn in_a_set_each_proof_is_over_the_document_without_proofs_and_each_must_verify() {
    let (issuer, witness) = (signer(1), signer(2));
    let document = with(credential(), "/issuer", did(&issuer).into());
    let one = proof(&document, &options(&document, &issuer, "assertionMethod"), &issuer);
    let two = proof(&document, &options(&document, &witness, "assertionMethod"), &witness);
    assert!(verify(&with_proofs(&document, vec![one.clone(), two.clone()]), &ANY).verified());
    assert!(verify(&with_proofs(&document, vec![two.clone(), one.clone()]), &ANY).verified());
    // One that does not hold, or is not understood, spoils the set.
    for bad in
        [with(two.clone(), "/created", json!("2026-01-15T08:00:00Z")), with(two.clone(), "/type", json!("Other"))]
    {
        let report = verify(&with_proofs(&document, vec![one.clone(), bad]), &ANY);
        assert!(report.proofs[1].result.as_ref().is_err_and(|error| *error != ProofError::NotReached));
        assert!(!report.verified());
    }
    // The issuer's must be among them.
    let report = verify(&with_proofs(&document, vec![two]), &ANY);
    assert_eq!(result(&report), &Err(ProofError::NotReached));
    assert!(report.party.is_err() && !report.verified());
}

#[test]
fn in_a_chain_a_proof_is_over_the_document_with_the_previous_proofs() {
    let (issuer, notary) = (signer(1), signer(2));
    let document = with(credential(), "/issuer", did(&issuer).into());
    let first = with(options(&document, &issuer, "assertionMethod"), "/id", json!("urn:uuid:1"));
    let first = proof(&document, &first, &issuer);
    for previous in [json!("urn:uuid:1"), json!(["urn:uuid:1"])] {
        let options = with(options(&document, &notary, "assertionMethod"), "/previousProof", previous);
        let second = proof(&with_proofs(&document, vec![first.clone()]), &options, &notary);
        let chain = with_proofs(&document, vec![first.clone(), second.clone()]);
        assert!(verify(&chain, &ANY).verified());
        // Without the first, or with another in its place, the second says nothing.
        let report = verify(&with_proofs(&document, vec![second.clone()]), &ANY);
        assert!(report.party.is_err() && result(&report).is_err());
        let own = with(options, "/verificationMethod", first["verificationMethod"].clone());
        let own = proof(&with_proofs(&document, vec![first.clone()]), &own, &issuer);
        let report = verify(&with_proofs(&document, vec![own]), &ANY);
        assert_eq!(result(&report), &Err(ProofError::Previous("urn:uuid:1".to_owned())));
        let twice = with_proofs(&document, vec![first.clone(), first.clone(), second.clone()]);
        assert!(!verify(&twice, &ANY).verified());
        let other = with(first.clone(), "/created", json!("2026-01-15T08:00:00Z"));
        assert!(verify(&with_proofs(&document, vec![other, second]), &ANY).proofs[1].result.is_err());
    }
    for wrong in [json!(1), json!([]), json!([1]), json!(null)] {
        let bad = with(options(&document, &issuer, "assertionMethod"), "/previousProof", wrong);
        fails(&with(document.clone(), "/proof", proof(&document, &bad, &issuer)), "malformed");
    }
}

#[test]
fn a_report_names_causes_and_not_what_follows_from_them() {
    let spoiled = with(issued(&signer(1)), "/credentialSubject/id", json!("did:example:forged"));
    let report = verify(&spoiled, &ANY);
    assert!(matches!(report.causes()[..], [Cause::Proof(ProofError::Signature(_))]), "{report:#?}");
    assert!(report.party.is_err(), "which follows");
    let bare = verify(&without(issued(&signer(1)), "/proof"), &ANY);
    assert_eq!(bare.causes(), [Cause::Unsecured]);
    let document = with(credential(), "/issuer", json!("did:example:issuer"));
    let of_other = verify(&signed(&document, &options(&document, &signer(1), "assertionMethod"), &signer(1)), &ANY);
    assert!(matches!(of_other.causes()[..], [Cause::Foreign(ForeignError::OtherParty { .. })]));
    assert!(verify(&issued(&signer(1)), &ANY).causes().is_empty());
}

// VC Data Model 2.0 §4.7, §4.9, §4.13: who signs, and when it is valid

#[test]
fn a_credential_is_signed_by_its_issuer() {
    let signer = signer(1);
    for issuer in [json!("did:example:issuer"), json!({ "id": "did:example:issuer" })] {
        let document = with(credential(), "/issuer", issuer);
        let report = verify(&signed(&document, &options(&document, &signer, "assertionMethod"), &signer), &ANY);
        assert_eq!(result(&report), &Err(ProofError::NotReached));
        assert!(report.party.is_err() && !report.verified());
    }
    let document = with(credential(), "/issuer", json!({ "id": did(&signer), "name": "Somebody" }));
    verifies(&signed(&document, &options(&document, &signer, "assertionMethod"), &signer));
}

#[test]
fn a_credential_verifies_within_its_validity_period() {
    let signer = signer(1);
    let with_period = |from: &str, until: &str| {
        let document = with(credential(), "/issuer", did(&signer).into());
        let document = with(with(document, "/validFrom", from.into()), "/validUntil", until.into());
        verify(&signed(&document, &options(&document, &signer, "assertionMethod"), &signer), &ANY)
    };
    assert!(with_period("2027-01-15T08:01:00Z", "2027-01-15T08:02:00Z").verified());
    assert!(with_period("2027-01-15T00:00:00Z", "2027-01-15T08:00:00Z").verified());
    assert!(matches!(
        with_period("2027-01-15T08:01:01Z", "2028-01-15T08:00:00Z").period,
        Err(ForeignError::NotYetValid(_))
    ));
    assert!(matches!(
        with_period("2026-01-15T08:01:01Z", "2027-01-15T07:59:59Z").period,
        Err(ForeignError::Expired(_))
    ));
}

fn presented(holder: Option<&str>, credentials: Value, by: u8) -> Value {
    let signer = signer(by);
    let mut document = with(presentation(), "/verifiableCredential", credentials);
    if let Some(holder) = holder {
        document["holder"] = holder.into();
    }
    signed(&document, &options(&document, &signer, "authentication"), &signer)
}

#[test]
fn a_presentation_verifies_when_it_and_all_its_credentials_do() {
    let holder = did(&signer(2));
    let fine = presented(Some(&holder), json!([issued(&signer(1)), issued(&signer(3))]), 2);
    let report = verify_presentation(&fine, &ANY);
    assert!(report.verified() && report.credentials.len() == 2, "{report:#?}");
    assert!(verify_presentation(&presented(None, json!([issued(&signer(1))]), 2), &ANY).verified());
    let forged = with(issued(&signer(1)), "/credentialSubject/id", json!("did:example:forged"));
    let report = verify_presentation(&presented(Some(&holder), json!([issued(&signer(3)), forged]), 2), &ANY);
    assert!(report.proofs[0].result.is_ok() && !report.credentials[1].verified() && !report.verified());
    // A credential that asserts is not a presentation, and the reverse.
    assert!(!verify(&fine, &ANY).verified() && !verify_presentation(&issued(&signer(1)), &ANY).verified());
}

#[test]
fn a_presentation_that_names_its_holder_is_signed_by_that_one() {
    let report = verify_presentation(&presented(Some("did:example:acme"), json!([issued(&signer(1))]), 2), &ANY);
    assert_eq!(result(&report), &Err(ProofError::NotReached));
    assert!(report.party.is_err() && !report.verified());
    let own = with(credential(), "/issuer", did(&signer(2)).into());
    assert!(verify_presentation(&presented(Some(&did(&signer(2))), json!([own]), 2), &ANY).verified());
    assert!(!verify_presentation(&presented(Some(&did(&signer(3))), json!([own]), 3), &ANY).verified());
    assert!(!verify_presentation(&presented(None, json!([own]), 2), &ANY).verified());
    // Nobody signed this one at all.
    let unsigned = with(with(presentation(), "/verifiableCredential", json!([own])), "/holder", did(&signer(2)).into());
    assert!(!verify_presentation(&unsigned, &ANY).verified());
}
