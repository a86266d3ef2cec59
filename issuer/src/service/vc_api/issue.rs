//! Signing a credential that the caller wrote.
//!
//! The document is signed as it came, with three things added where they are missing: `issuer`, `id` and
//! `credentialStatus`. Nothing that is there is changed. It is checked against the data model before and after.

use std::sync::Arc;

use poa_verifier::status::{self, StatusEntry};
use poa_verifier::trust::ListPurpose;
use poa_verifier::vc::{
    BASE_CONTEXT, DataModelError, ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION, check_credential, type_iris,
};
use poa_verifier::{credential, time};
use rand_core::Rng as _;
use serde_json::{Map, Value, json};

use super::{VcApiError, refused};
use crate::app::App;
use crate::documents::status_list_url;
use crate::domain::vc_api::{NewVcApiCredential, SignedForVcApi};
use crate::domain::{Actor, DomainError};
use crate::proving::Principal;
use crate::service::ServiceError;

/// Types that mean something of this service's own, which VC-API's key must never say.
const OWN_TYPES: [&str; 4] =
    [credential::CREDENTIAL_TYPE, status::CREDENTIAL_TYPE, ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION];
/// Claims of a JWT: terms of the VC 2.0 context besides, so that a credential may have them as members. As a `vc+jwt` they
/// would say when the signature expires, or for whom it is, and be no part of the credential.
const JWT_CLAIMS: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce"];
/// Longest `credentialId`, in bytes.
const MAX_REFERENCE_BYTES: usize = 512;

/// How the credential is secured.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecuringMechanism {
    /// A proof inside it, `eddsa-jcs-2022`.
    #[default]
    DataIntegrity,
    /// A JWS around it, `application/vc+jwt`, inside an `EnvelopedVerifiableCredential`.
    Jwt,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The credential without a proof.
    pub credential: Map<String, Value>,
    /// What its status is changed by, when not by its `id`.
    pub reference: Option<String>,
    /// How it is secured.
    pub secured: SecuringMechanism,
}

/// A document that can be signed.
struct Prepared {
    document: Value,
    /// Whether it has a status of another kind.
    keeps_status: bool,
    reference: String,
}

impl App {
    /// Signs a credential; it can be revoked from then on. What takes long is done by a reader.
    pub async fn vc_api_issue(self: &Arc<Self>, principal: Principal, asked: Asked) -> Result<Value, VcApiError> {
        let (app, secured) = (Arc::clone(self), asked.secured);
        let prepared = self
            .readers()
            .run(principal, move || app.prepare_for_vc_api(asked))
            .await
            .map_err(ServiceError::from)??;
        let Prepared { mut document, keeps_status, reference } = prepared;
        let now = self.believed_now()?;
        let expires_at = document["validUntil"].as_str().and_then(|text| time::parse_utc(text).ok());
        let new = NewVcApiCredential { reference, issued_at: now, expires_at };
        // The reserve of status indices is the operator's, not everybody's.
        let by = if self.config().vc_api_open { Actor::Agent } else { Actor::Operator };
        let sign = |index: u32| {
            if !keeps_status {
                document["credentialStatus"] = self.status_entries(index);
            }
            let app = Arc::clone(self);
            let sign = move || app.sign_for_vc_api(&document, secured, now);
            async move {
                let signed = self.readers().run(principal, sign).await.map_err(ServiceError::from)?;
                Ok(signed.map_err(DomainError::Signing)?)
            }
        };
        self.domain().issue_for_vc_api(&new, by, sign).await
    }

    /// The document before it has a status, checked.
    fn prepare_for_vc_api(&self, asked: Asked) -> Result<Prepared, VcApiError> {
        let Asked { credential, reference, secured } = asked;
        let keeps_status = self.check_claims(&credential)?;
        if secured == SecuringMechanism::Jwt {
            check_jwt_claims(&credential)?;
        }
        let mut document = Value::Object(credential);
        let reference = self.add_missing(&mut document, reference)?;
        self.check_conforms(&document)?;
        Ok(Prepared { document, keeps_status, reference })
    }

    /// What the caller may not claim; gives whether a status of another kind stays as it is.
    fn check_claims(&self, credential: &Map<String, Value>) -> Result<bool, VcApiError> {
        check_types(credential.get("type").map(texts).unwrap_or_default())?;
        if credential.contains_key("proof") {
            return Err(refused("/proof", "the service signs credentials without a proof; leave it out"));
        }
        self.check_id(credential.get("id"))?;
        let issuer = match credential.get("issuer") {
            None => return self.check_status(credential),
            Some(Value::Object(members)) => members.get("id"),
            issuer => issuer,
        };
        if issuer.and_then(Value::as_str) != Some(self.keys().issuer()) {
            let reason = format!("is not {}, who signs here; leave it out or name that", self.keys().issuer());
            return Err(refused("/issuer", reason));
        }
        self.check_status(credential)
    }

    /// A missing id is added. One that is there stays as it is, so it has to be one.
    fn check_id(&self, id: Option<&Value>) -> Result<(), VcApiError> {
        let own_url = format!("{}/", self.config().public_url);
        match id {
            None => Ok(()),
            Some(Value::String(id)) if id.starts_with(&own_url) => {
                Err(refused("/id", "names something of this service's own; choose another or leave it out"))
            }
            Some(Value::String(_)) => Ok(()),
            Some(_) => Err(refused("/id", "must be one absolute URL as a text; or leave it out")),
        }
    }

    /// The service alone assigns places in its lists, and answers for no other list. A status of a kind that is no list
    /// is signed under `--vc-api-open` alone, where nobody relies on it: test suites ask for that.
    fn check_status(&self, credential: &Map<String, Value>) -> Result<bool, VcApiError> {
        let Some(found) = credential.get("credentialStatus") else { return Ok(false) };
        let entries = match found {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let says_list = |entry: &Value| {
            let kinds = entry.get("type").map(texts).unwrap_or_default();
            kinds.is_empty() || kinds.iter().any(|kind| kind.contains("StatusList") && kind.contains("Entry"))
        };
        if self.config().vc_api_open && !entries.iter().any(says_list) {
            return Ok(true);
        }
        Err(refused("/credentialStatus", "is assigned by the service, in its own lists; leave it out"))
    }

    /// Adds `issuer` and `id` where they are missing; gives what the status is changed by.
    fn add_missing(&self, document: &mut Value, reference: Option<String>) -> Result<String, VcApiError> {
        if document.get("issuer").is_none() {
            document["issuer"] = self.keys().issuer().into();
        }
        let id = match document.get("id") {
            None => None,
            // Never overwritten: what is no text was refused before.
            Some(id) => {
                Some(id.as_str().ok_or_else(|| refused("/id", "must be one absolute URL as a text"))?.to_owned())
            }
        };
        let usable =
            |text: &String| (1..=MAX_REFERENCE_BYTES).contains(&text.len()) && !text.contains(char::is_control);
        let reference = match (reference, id) {
            (Some(reference), Some(id)) if reference != id => {
                return Err(refused("options.credentialId", "is not the credential's id; leave one of them out"));
            }
            (Some(reference), _) | (None, Some(reference)) => reference,
            (None, None) => {
                let mut bytes = [0; 16];
                self.rng().fill_bytes(&mut bytes);
                let id = format!("urn:uuid:{}", uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated());
                document["id"] = id.clone().into();
                id
            }
        };
        if usable(&reference) {
            Ok(reference)
        } else {
            Err(refused("options.credentialId", "has 1 to 512 bytes and no control characters"))
        }
    }

    fn check_conforms(&self, document: &Value) -> Result<(), VcApiError> {
        let (contexts, member) = (self.vc_contexts(), |error: DataModelError| refused(error.pointer, error.text));
        check_credential(&contexts, document).map_err(member)?;
        // Contexts may give a type another name.
        check_types(type_iris(&contexts, document).map_err(member)?.iter().map(String::as_str))
    }

    fn status_entries(&self, index: u32) -> Value {
        let url = &self.config().public_url;
        let entries = [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| {
            StatusEntry { list: status_list_url(url, purpose), purpose, index: index.into() }.to_value()
        });
        entries.to_vec().into()
    }

    fn sign_for_vc_api(
        &self,
        document: &Value,
        secured: SecuringMechanism,
        now: u64,
    ) -> Result<SignedForVcApi, String> {
        let conforms =
            |document: &Value| check_credential(&self.vc_contexts(), document).map_err(|error| error.to_string());
        match secured {
            SecuringMechanism::DataIntegrity => {
                let (signed, key) = self.keys().sign_for_vc_api(document, now).map_err(|error| error.to_string())?;
                conforms(&signed)?;
                Ok((signed, key))
            }
            SecuringMechanism::Jwt => {
                conforms(document)?;
                let (jwt, key) = self.keys().sign_jwt_for_vc_api(document).map_err(|error| error.to_string())?;
                Ok((envelope(&jwt), key))
            }
        }
    }
}

fn check_jwt_claims(credential: &Map<String, Value>) -> Result<(), VcApiError> {
    match JWT_CLAIMS.into_iter().find(|claim| credential.contains_key(*claim)) {
        Some(claim) => {
            let reason = "is a claim of a JWT, which its readers take out of the credential; say it in another member";
            Err(refused(format!("/{claim}"), reason))
        }
        None => Ok(()),
    }
}

fn check_types<'a>(types: impl IntoIterator<Item = &'a str>) -> Result<(), VcApiError> {
    match types.into_iter().find(|kind| OWN_TYPES.iter().any(|own| kind.contains(own))) {
        Some(own) => Err(refused("/type", format!("{own} is not issued through VC-API"))),
        None => Ok(()),
    }
}

/// A credential as a JWS, as the data model carries it (§4.13.2).
fn envelope(jwt: &str) -> Value {
    json!({
        "@context": BASE_CONTEXT,
        "id": format!("data:application/vc+jwt,{jwt}"),
        "type": ENVELOPED_CREDENTIAL,
    })
}

/// One text or several.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}
