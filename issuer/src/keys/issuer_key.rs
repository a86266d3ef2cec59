//! One signing key of the issuer, and the key as others see it.

use ed25519_dalek::{Signer, SigningKey};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::trust::{KeyState, succession};
use poa_verifier::{data_integrity, json, jws};
use rand_core::CryptoRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::SignError;
use super::jose::{self, Header};
use super::seal::{MasterKey, Place, SealError};
use crate::store::IssuerKeyRow;

/// What a key may sign.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Purpose {
    /// Credentials and the trust document.
    Credentials,
    /// Tree heads.
    Heads,
    /// Status lists.
    Status,
    /// Credentials that VC-API is asked for.
    VcApi,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Purpose; 4] = [Self::Credentials, Self::Heads, Self::Status, Self::VcApi];

    /// As the trust document and the database spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Heads => "heads",
            Self::Status => "status",
            Self::VcApi => "vc-api",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(())
    }
}

/// A key as it is published: no private half.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedKey {
    /// The key id, `<issuer>#<name>`.
    pub id: String,
    /// What it may sign.
    pub purpose: Purpose,
    /// What it still counts for.
    pub state: KeyState,
    /// Whether it waits for its turn: it counts already and signs nothing yet.
    pub standby: bool,
    /// Unix seconds, exactly when it is retired: no earlier than anything it signed.
    pub retired_at: Option<u64>,
    /// The key.
    pub public: PublicKey,
}

impl ListedKey {
    pub(super) fn of_row(issuer: &str, row: &IssuerKeyRow) -> Result<Self, SignError> {
        let damaged = || SignError::Halves(row.name.clone());
        let state = match row.state.as_str() {
            // Verifiers are to take what it signs from the moment it does, without fetching anything anew.
            "standby" | "active" => KeyState::Active,
            "retired" => KeyState::Retired,
            "compromised" => KeyState::Compromised,
            _ => return Err(damaged()),
        };
        Ok(Self {
            id: format!("{issuer}#{}", row.name),
            purpose: row.purpose.parse().map_err(|()| damaged())?,
            state,
            standby: row.state == "standby",
            retired_at: row.retired_at.filter(|_| state == KeyState::Retired),
            public: PublicKey::from_multikey(&row.public_key_multibase).map_err(|_| damaged())?,
        })
    }

    /// The key as a JWK.
    pub fn public_jwk(&self) -> Result<serde_json::Map<String, Value>, SignError> {
        self.jwk(&self.id)
    }

    /// The key as a JWK under the id of its `JsonWebKey` method, `<issuer>#<RFC 7638 thumbprint>`.
    pub fn jwk_method(&self) -> Result<serde_json::Map<String, Value>, SignError> {
        let issuer = self.id.split('#').next().unwrap_or_default();
        self.jwk(&jwk_method_id(issuer, &self.public))
    }

    fn jwk(&self, kid: &str) -> Result<serde_json::Map<String, Value>, SignError> {
        jose::public_jwk(&self.public.to_bytes(), kid).map_err(|error| SignError::Document(error.to_string()))
    }
}

/// One signing key. It has no `Debug`; the private half is zeroized on drop.
pub struct IssuerKey {
    purpose: Purpose,
    name: String,
    id: String,
    signing: SigningKey,
    public: PublicKey,
}

impl IssuerKey {
    /// What it may sign.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The key id, `<issuer>#<name>`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The fragment of the key id.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes a key from `rng`, with the row that stores it as the standby of its purpose.
    pub(super) fn make(
        issuer: &str,
        name: &str,
        purpose: Purpose,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
        now_unix_s: u64,
    ) -> Result<(Self, IssuerKeyRow), SignError> {
        let mut secret = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(secret.as_mut());
        let key = Self::new(issuer, name, purpose, &secret)?;
        let row = IssuerKeyRow {
            name: name.to_owned(),
            purpose: purpose.as_str().to_owned(),
            state: "standby".to_owned(),
            public_key_multibase: key.public.to_multikey(),
            sealed_secret: master.seal(&place(name), secret.as_ref(), rng),
            created_at: now_unix_s,
            retired_at: None,
            compromised_at: None,
            dropped_at: None,
            endorsement: None,
        };
        Ok((key, row))
    }

    /// Opens a stored key.
    pub(super) fn open(
        issuer: &str,
        purpose: Purpose,
        row: &IssuerKeyRow,
        master: &MasterKey,
    ) -> Result<Self, SignError> {
        let damaged = |error| SignError::Damaged(row.name.clone(), error);
        let secret = master.open(&place(&row.name), &row.sealed_secret).map_err(damaged)?;
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).map_err(|_| damaged(SealError::Form))?);
        let key = Self::new(issuer, &row.name, purpose, &secret)?;
        if key.public.to_multikey() != row.public_key_multibase {
            return Err(SignError::Halves(row.name.clone()));
        }
        Ok(key)
    }

    fn new(issuer: &str, name: &str, purpose: Purpose, secret: &[u8; 32]) -> Result<Self, SignError> {
        let signing = SigningKey::from_bytes(secret);
        let public = PublicKey::from_bytes(&signing.verifying_key().to_bytes())
            .map_err(|_| SignError::Halves(name.to_owned()))?;
        Ok(Self { purpose, name: name.to_owned(), id: format!("{issuer}#{name}"), signing, public })
    }

    /// A compact JWS, verified once before it is given out.
    pub(super) fn sign_jws(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        self.sign(Header { typ, cty: None, kid: &self.id }, payload)
    }

    /// A credential without `proof` as a `vc+jwt`. Its `kid` is the key's `JsonWebKey` method, the only one that
    /// VC-JOSE-COSE allows.
    pub(super) fn sign_vc_jwt(&self, issuer: &str, payload: &[u8]) -> Result<String, SignError> {
        let kid = jwk_method_id(issuer, &self.public);
        self.sign(Header { typ: "vc+jwt", cty: Some("vc"), kid: &kid }, payload)
    }

    fn sign(&self, header: Header<'_>, payload: &[u8]) -> Result<String, SignError> {
        let text = jose::sign_compact(&self.signing, &header, payload)
            .map_err(|error| SignError::Document(error.to_string()))?;
        let unfit = |error: jws::JwsError| SignError::SelfCheck(error.to_string());
        // How much they read is for its readers to say; a status list may have megabytes.
        jws::parse_bounded(&text, text.len()).map_err(unfit)?.verify(&self.public).map_err(unfit)?;
        Ok(text)
    }

    /// The document with an `eddsa-jcs-2022` proof, verified once before it is given out.
    pub(super) fn add_proof(&self, document: &Value, created_unix_s: u64) -> Result<Value, SignError> {
        let options = data_integrity::options(document, &self.id, created_unix_s)
            .map_err(|error| SignError::Document(error.to_string()))?;
        let signature = self.signing.sign(&data_integrity::signing_input(document, &options));
        let proof = data_integrity::attach_signature(&options, &signature.to_bytes());
        data_integrity::parse(&proof, document)
            .and_then(|parsed| parsed.verify(document, &self.public))
            .map_err(|error| SignError::SelfCheck(error.to_string()))?;
        let mut signed = document.clone();
        signed["proof"] = match document.get("proof") {
            // The issuer's proof comes first, so that verifiers without ZK meet theirs first.
            Some(other) => Value::Array(vec![proof, other.clone()]),
            None => proof,
        };
        Ok(signed)
    }

    /// What this key says of the one that follows it: a succession link.
    pub(super) fn vouch_for(&self, issuer: &str, next: &Self, now_unix_s: u64) -> Result<String, SignError> {
        let claims = json!({
            "iss": issuer,
            "sub": next.id,
            "iat": now_unix_s,
            "publicKeyMultibase": next.public.to_multikey(),
        });
        self.sign_jws(succession::TYP, &json::canonical(&claims))
    }
}

/// The id of a key's `JsonWebKey` method.
fn jwk_method_id(issuer: &str, key: &PublicKey) -> String {
    format!("{issuer}#{}", key.jwk_thumbprint())
}

fn place(name: &str) -> Place<'_> {
    Place { table: "issuer_keys", row: name, column: "sealed_secret" }
}
