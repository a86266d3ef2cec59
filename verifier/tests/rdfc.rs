//! Canonical N-Quads against `jsonld` and `rdf-canonize`, and documents that `@digitalbazaar/vc` signed:
//! `test-vectors/rdfc/`, made by `scripts/vectors/regenerate.sh`.

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::rdfc::{self, EddsaRdfc2022, RdfcError};
use poa_verifier::steps::{MAX_STEPS, Steps};
use poa_verifier::vc::foreign::{Cryptosuite as _, Expected, ForeignReport, ForeignVerifier, ProofError, Secured};
use poa_verifier::vc::{Contexts, Reason, SelfDescribing};
use poa_verifier::{data_integrity, multibase};
use serde_json::{Value, json};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/../test-vectors/rdfc/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file: Value = serde_json::from_slice(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn canonicalize(document: &Value) -> Result<String, RdfcError> {
    rdfc::canonicalize(document, &Contexts::published())
}

#[test]
fn canonical_forms_are_those_of_rdf_canonize() {
    let cases = cases("canonical.json");
    assert!(cases.len() >= 70, "{} cases", cases.len());
    for case in cases {
        assert_eq!(canonicalize(&case["document"]).as_deref(), Ok(case["nquads"].as_str().unwrap()), "{}", case["id"]);
    }
}

/// 2026-11-21: all documents of the vectors were signed before.
const NOW: u64 = 1_795_219_200;

fn verify(document: &Value, expected: &Expected<'_>) -> ForeignReport {
    let contexts = Contexts::published();
    let suite = EddsaRdfc2022 { contexts: &contexts };
    let verifier =
        ForeignVerifier { contexts: &contexts, resolver: &SelfDescribing, suites: &[&suite], now_unix_s: NOW };
    match document["verifiableCredential"] {
        Value::Null => verifier.credential(document, expected),
        _ => verifier.presentation(document, expected),
    }
}

#[test]
fn documents_of_another_library_verify_and_edited_ones_do_not() {
    for case in cases("secured.json") {
        let (id, document) = (&case["id"], &case["document"]);
        let expected = Expected {
            purpose: None,
            challenge: document["proof"]["challenge"].as_str(),
            domain: document["proof"]["domain"].as_str(),
        };
        let report = verify(document, &expected);
        assert!(report.verified(), "{id} {report:?}");
        let mut edits = 0;
        for (pointer, value) in [
            ("/proof/created", json!("2026-11-01T00:00:01Z")),
            ("/holder", json!("did:example:another")),
            ("/verifiableCredential/0/issuer", json!("did:example:another")),
            ("/verifiableCredential/0/proof/created", json!("2026-11-01T00:00:01Z")),
            ("/credentialSubject/alumniOf", json!("Another School")),
            ("/id", json!("urn:uuid:another")),
        ] {
            let mut edited = document.clone();
            if let Some(member) = edited.pointer_mut(pointer) {
                *member = value;
                assert!(!verify(&edited, &expected).verified(), "{id} {pointer}");
                edits += 1;
            }
        }
        assert!(edits >= 3, "{id}");
        if expected.challenge.is_some() {
            let report = verify(document, &Expected { challenge: Some("another"), ..expected });
            assert_eq!(report.proofs[0].result, Err(ProofError::Challenge), "{id}");
        }
    }
}

/// W3C vc-di-eddsa v1.0, appendix B.1 "Representation: eddsa-rdfc-2022": the two hashes.
#[test]
fn the_hashes_of_the_published_example_agree() {
    let key = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    let document = json!({
        "@context": [V2, EXAMPLES],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" }
    });
    let options = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": format!("did:key:{key}#{key}"),
        "proofPurpose": "assertionMethod",
    });
    let suite = EddsaRdfc2022 { contexts: &Contexts::published() };
    let input = suite.hash_data(&Secured::new(document.clone()), &options, &Steps::default()).unwrap();
    assert_eq!(
        hex::encode(input),
        "bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0\
         517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017"
    );
    let mut signed = document;
    signed["proof"] = options;
    signed["proof"]["proofValue"] =
        "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme".into();
    let signature = multibase::decode_base58(signed["proof"]["proofValue"].as_str().unwrap()).unwrap();
    let public = PublicKey::from_multikey(key).unwrap();
    assert_eq!(public.verify(&input, &signature.try_into().unwrap()), Ok(()));
    // The example's issuer is no DID, so its key is not the issuer's for us, and the proof is not looked at.
    let report = verify(&signed, &Expected::default());
    assert_eq!(report.proofs[0].result, Err(ProofError::NotReached));
    assert_eq!(report.party.unwrap_err().reason(), "other_party");
}

/// The credential signed by its issuer with these options more.
fn signed(more: &Value) -> Value {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let multikey = PublicKey::from_bytes(&signer.verifying_key().to_bytes()).unwrap().to_multikey();
    let did = format!("did:key:{multikey}");
    let mut document = credential();
    document["issuer"] = did.clone().into();
    let mut options = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": format!("{did}#{multikey}"),
        "proofPurpose": "assertionMethod",
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let input = EddsaRdfc2022 { contexts: &Contexts::published() }
        .hash_data(&Secured::new(document.clone()), &options, &Steps::default())
        .unwrap();
    document["proof"] = data_integrity::attach_signature(&options, &signer.sign(&input).to_bytes());
    document
}

/// The graph stays as it was signed: names are what tells.
#[test]
fn no_option_of_a_proof_hides_behind_its_iri_or_another_name() {
    let expired = "2026-01-01T00:00:00Z";
    let options = [
        ("expires", "https://w3id.org/security#expiration", json!(expired)),
        ("challenge", "https://w3id.org/security#challenge", json!("c")),
        ("domain", "https://w3id.org/security#domain", json!("https://a.example")),
    ];
    let document = signed(&json!({ "expires": expired, "challenge": "c", "domain": "https://a.example" }));
    assert_eq!(verify(&document, &Expected::default()).proofs[0].result, Err(ProofError::Expired));
    for (name, iri, value) in options {
        let mut document = signed(&json!({ name: value.clone() }));
        let proof = document["proof"].as_object_mut().unwrap();
        proof.remove(name);
        let typed = json!({ "@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": value });
        proof.insert(iri.to_owned(), if name == "expires" { typed } else { value });
        let report = verify(&document, &Expected::default());
        assert_eq!(report.proofs[0].result, Err(ProofError::NotReached));
        assert_eq!(report.data_model.as_ref().unwrap_err().reason, Reason::ProtectedTerm, "{name}");
        assert!(!report.verified());

        let proof = document["proof"].as_object_mut().unwrap();
        let hidden = proof.remove(iri).unwrap();
        proof.insert("hidden".to_owned(), hidden);
        document["@context"].as_array_mut().unwrap().push(json!({ "hidden": iri }));
        let report = verify(&document, &Expected::default());
        assert_eq!(report.proofs[0].result, Err(ProofError::NotReached));
        assert_eq!(report.data_model.as_ref().unwrap_err().reason, Reason::ProtectedTerm, "{name}");
        assert!(!report.verified());
    }
}

#[test]
fn an_unexplained_option_is_not_passed_over() {
    let suite = EddsaRdfc2022 { contexts: &Contexts::published() };
    let mut document = credential();
    document["@context"] = json!([V2]);
    let options = json!({ "type": "DataIntegrityProof", "unmapped": "nobody signs this" });
    assert!(matches!(
        suite.hash_data(&Secured::new(document.clone()), &options, &Steps::default()),
        Err(ProofError::Transformation(_))
    ));
}

#[test]
fn a_context_of_the_proofs_own_explains_nothing_that_was_not_signed() {
    let document = signed(&json!({}));
    assert!(verify(&document, &Expected::default()).verified());
    let mut same = document.clone();
    same["proof"]["@context"] = same["@context"].clone();
    assert!(verify(&same, &Expected::default()).verified());
    let mut edited = document;
    edited["proof"]["@context"] = json!({ "more": "https://example.org/more" });
    edited["proof"]["more"] = json!("nobody signed this");
    let report = verify(&edited, &Expected::default());
    assert_eq!((&report.data_model, &report.proofs[0].result), (&Ok(()), &Err(ProofError::Context)));
}

fn credential() -> Value {
    json!({
        "@context": [V2, EXAMPLES],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:1",
        "credentialSubject": { "id": "did:example:2" },
    })
}

#[test]
fn what_rdf_would_drop_is_refused() {
    let refused = |edit: &dyn Fn(&mut Value)| {
        let mut document = credential();
        edit(&mut document);
        canonicalize(&document).unwrap_err()
    };
    let relative = |what: &str| RdfcError::Relative(what.to_owned());
    assert_eq!(refused(&|d| d["id"] = "cards/1".into()), relative("cards/1"));
    assert_eq!(refused(&|d| d["credentialSubject"]["id"] = "me".into()), relative("me"));
    assert_eq!(
        refused(&|d| {
            d["@context"] = json!([V2]);
            d["type"] = json!(["VerifiableCredential", "Unmapped"]);
        }),
        relative("Unmapped")
    );
    assert_eq!(refused(&|d| d["name"] = json!({ "@value": "x", "@direction": "rtl" })), RdfcError::Direction);
    assert!(matches!(refused(&|d| d["@context"] = json!([V2, "https://e.example/c"])), RdfcError::JsonLd(_)));
    assert!(matches!(refused(&|d| d["@context"] = json!([V2, { "type": "urn:other" }])), RdfcError::JsonLd(_)));
}

/// Two objects of eight equal members each took `oxrdf` 0.3.5 a second, of seven a seventh of it.
#[test]
fn documents_made_to_take_long_are_refused_at_once() {
    let mut document = credential();
    let parts = vec![json!({ "type": "Part" }); 10];
    document["evidence"] = json!([{ "type": "Evidence", "part": parts }, { "type": "Evidence", "part": parts }]);
    assert_eq!(canonicalize(&document), Err(RdfcError::TooAlike));
    document["evidence"] = json!([{ "type": "Evidence", "part": vec![json!({ "type": "Part" }); 4] }]);
    assert!(canonicalize(&document).is_ok());
    document["credentialSubject"] = (0..5000).map(|n| json!({ "id": format!("urn:n:{n}"), "type": "T" })).collect();
    assert_eq!(canonicalize(&document), Err(RdfcError::TooManyQuads));
}

/// 61 KB in which every object names the context again, under sixteen proofs by the issuer it names.
fn repeating(objects: usize, proofs: usize) -> Value {
    let mut document = signed(&json!({}));
    document["@context"] = json!([V2]);
    let subject = |n| json!({ "@context": [V2], "id": format!("urn:x:{n}") });
    document["credentialSubject"] = (0..objects).map(subject).collect();
    document["proof"] = vec![document["proof"].clone(); proofs].into();
    document
}

#[test]
fn a_context_that_is_repeated_everywhere_is_refused_within_the_steps_of_one_call() {
    let document = repeating(800, 16);
    let bytes = document.to_string().len();
    assert!((58_000..62_500).contains(&bytes), "{bytes}");
    let report = verify(&document, &Expected::default());
    assert_eq!(report.data_model, Ok(()));
    assert!(matches!(report.proofs[0].result, Err(ProofError::TooComplex(_))), "{:?}", report.proofs[0].result);
    assert!(report.proofs[1..].iter().all(|proof| proof.result == Err(ProofError::NotReached)));
    assert!(report.steps <= MAX_STEPS, "{}", report.steps);
}

#[test]
fn a_document_is_canonicalised_once_for_all_its_proofs() {
    let one = verify(&signed(&json!({})), &Expected::default());
    assert!(one.verified());
    let signed = signed(&json!({}));
    let mut sixteen = signed.clone();
    sixteen["proof"] = vec![signed["proof"].clone(); 16].into();
    let all = verify(&sixteen, &Expected::default());
    assert!(all.verified(), "{all:?}");
    // The options of each proof are its own, and smaller than the document.
    assert!(all.steps < 10 * one.steps, "{} {}", one.steps, all.steps);
}

#[test]
fn a_proof_by_somebody_else_is_not_looked_at() {
    let mut document = repeating(800, 16);
    document["issuer"] = "did:example:somebody-else".into();
    let report = verify(&document, &Expected::default());
    assert_eq!(report.party.unwrap_err().reason(), "other_party");
    assert!(report.proofs.iter().all(|proof| proof.result == Err(ProofError::NotReached)));
    assert!(report.steps < 3_000, "{}: nothing was canonicalised", report.steps);
}
