//! Documents to bend.

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::vc::foreign::{EddsaJcs2022, Expected, ForeignReport, ForeignVerifier};
use poa_verifier::vc::{Contexts, DataModelError, Reason, SelfDescribing, check_credential, check_presentation};
use poa_verifier::{json, jws, multibase};
use serde_json::{Value, json};

/// 2027-01-15T08:00:00Z.
pub const NOW: u64 = 1_800_000_000;
pub const BASE: &str = "https://www.w3.org/ns/credentials/v2";
pub const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// A credential with no more than it must have.
pub fn credential() -> Value {
    json!({
        "@context": [BASE],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": { "id": "did:example:subject" },
    })
}

pub fn presentation() -> Value {
    json!({ "@context": [BASE], "type": ["VerifiablePresentation"] })
}

/// The credential with a member set, `/`-separated path.
pub fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = &name.replace("~1", "/").replace("~0", "~");
    let parent = document.pointer_mut(parent).expect("its parent");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        parent => parent[name] = value,
    }
    document
}

pub fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object").remove(name).expect("the member");
    document
}

/// As it would arrive: through the strict reader.
fn arrived(document: &Value) -> Value {
    json::parse_strict(document.to_string().as_bytes()).expect("strict JSON")
}

pub fn judged(document: &Value) -> Result<(), DataModelError> {
    check_credential(&Contexts::published(), &arrived(document))
}

pub fn judged_presentation(document: &Value) -> Result<(), DataModelError> {
    check_presentation(&Contexts::published(), &arrived(document))
}

#[track_caller]
pub fn accepts(document: &Value) {
    assert_eq!(judged(document), Ok(()), "{document}");
}

#[track_caller]
pub fn refuses(document: &Value, pointer: &str, reason: Reason) {
    expect(judged(document), document, pointer, reason);
}

#[track_caller]
pub fn accepts_presentation(document: &Value) {
    assert_eq!(judged_presentation(document), Ok(()), "{document}");
}

#[track_caller]
pub fn refuses_presentation(document: &Value, pointer: &str, reason: Reason) {
    expect(judged_presentation(document), document, pointer, reason);
}

#[track_caller]
pub fn expect(judged: Result<(), DataModelError>, document: &Value, pointer: &str, reason: Reason) {
    match judged {
        Ok(()) => panic!("accepted: {document}"),
        Err(error) => {
            assert_eq!((error.pointer.as_str(), error.reason), (pointer, reason), "{error}: {document}");
        }
    }
}

pub fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn multikey(signer: &SigningKey) -> String {
    PublicKey::from_bytes(&signer.verifying_key().to_bytes()).expect("an honest key").to_multikey()
}

pub fn did(signer: &SigningKey) -> String {
    format!("did:key:{}", multikey(signer))
}

pub fn key_id(signer: &SigningKey) -> String {
    format!("{}#{}", did(signer), multikey(signer))
}

/// Options of an honest proof.
pub fn options(document: &Value, signer: &SigningKey, purpose: &str) -> Value {
    json!({
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2027-01-15T08:00:00Z",
        "verificationMethod": key_id(signer),
        "proofPurpose": purpose,
    })
}

/// The proof object of these options over a document, which has no `proof` but those that this one builds on.
pub fn proof(document: &Value, options: &Value, signer: &SigningKey) -> Value {
    let mut input = json::digest(options).to_vec();
    input.extend(json::digest(document));
    with(options.clone(), "/proofValue", multibase::encode_base58(&signer.sign(&input).to_bytes()).into())
}

/// The document with a proof of these options.
pub fn signed(document: &Value, options: &Value, signer: &SigningKey) -> Value {
    with(document.clone(), "/proof", proof(document, options, signer))
}

/// A credential signed by its issuer.
pub fn issued(signer: &SigningKey) -> Value {
    let document = with(credential(), "/issuer", did(signer).into());
    signed(&document, &options(&document, signer, "assertionMethod"), signer)
}

/// A compact JWS with any header.
pub fn compact(header: &Value, payload: &Value, signer: &SigningKey) -> String {
    let part = |value: &Value| multibase::base64url(&json::canonical(value));
    let input = format!("{}.{}", part(header), part(payload));
    jws::attach_signature(&input, &signer.sign(input.as_bytes()).to_bytes())
}

pub fn verify(document: &Value, expected: &Expected<'_>) -> ForeignReport {
    at(NOW, |verifier| verifier.credential(&arrived(document), expected))
}

pub fn verify_presentation(document: &Value, expected: &Expected<'_>) -> ForeignReport {
    at(NOW, |verifier| verifier.presentation(&arrived(document), expected))
}

pub fn at<T>(now_unix_s: u64, run: impl FnOnce(&ForeignVerifier<'_>) -> T) -> T {
    let contexts = Contexts::published();
    run(&ForeignVerifier { contexts: &contexts, resolver: &SelfDescribing, suites: &[&EddsaJcs2022], now_unix_s })
}
