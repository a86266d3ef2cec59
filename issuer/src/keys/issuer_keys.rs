//! The three signing keys of the issuer and what each of them signs.

use ed25519_dalek::{Signer, SigningKey};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::{data_integrity, json, jws};
use rand_core::CryptoRng;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::jose;
use super::seal::{MasterKey, Place, SealError};
use crate::domain::{HeadClaims, HeadSigner, HeadSigningError};
use crate::store::{IssuerKeyRow, Store, StoreError};

/// What a key may sign.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Credentials and the trust document.
    Credentials,
    /// Tree heads.
    Heads,
    /// Status lists.
    Status,
}

/// One signing key. It has no `Debug`; the private half is zeroized on drop.
pub struct IssuerKey {
    purpose: Purpose,
    id: String,
    signing: SigningKey,
    public: PublicKey,
}

/// The keys in force, one per purpose.
pub struct IssuerKeys {
    issuer: String,
    credentials: IssuerKey,
    heads: IssuerKey,
    status: IssuerKey,
}

/// Why a document could not be signed, or the keys not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The database holds a key that does not open, or whose halves do not belong together.
    #[error("issuer key {0} in the database is damaged or sealed under another master key: {1}")]
    Damaged(String, SealError),
    /// The public half in the database is not that of the private half.
    #[error("issuer key {0} in the database has halves of two keys")]
    Halves(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document has no signable form.
    #[error("cannot be signed: {0}")]
    Document(String),
    /// What was just signed did not verify: nothing leaves the service.
    #[error("a signature just made does not verify: {0}")]
    SelfCheck(String),
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Purpose; 3] = [Self::Credentials, Self::Heads, Self::Status];

    /// As the trust document and the database spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Heads => "heads",
            Self::Status => "status",
        }
    }
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

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The public half as a JWK.
    pub fn public_jwk(&self) -> Result<Map<String, Value>, SignError> {
        jose::public_jwk(&self.signing.verifying_key(), &self.id)
            .map_err(|error| SignError::Document(error.to_string()))
    }

    fn new(issuer: &str, name: &str, purpose: Purpose, secret: &[u8; 32]) -> Result<Self, SignError> {
        let signing = SigningKey::from_bytes(secret);
        let public = PublicKey::from_bytes(&signing.verifying_key().to_bytes())
            .map_err(|_| SignError::Halves(name.to_owned()))?;
        Ok(Self { purpose, id: format!("{issuer}#{name}"), signing, public })
    }

    fn sign_jws(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        let text = jose::sign_compact(&self.signing, typ, &self.id, payload)
            .map_err(|error| SignError::Document(error.to_string()))?;
        let unfit = |error: jws::JwsError| SignError::SelfCheck(error.to_string());
        jws::parse(&text).map_err(unfit)?.verify(&self.public).map_err(unfit)?;
        Ok(text)
    }

    fn add_proof(&self, document: &Value, created_unix_s: u64) -> Result<Value, SignError> {
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
}

impl IssuerKeys {
    /// Opens the active keys in `store`, making those that are missing.
    pub async fn load(
        store: &Store,
        issuer: &str,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
        now_unix_s: u64,
    ) -> Result<Self, SignError> {
        let rows = store.issuer_keys().await?;
        let mut keys = Vec::with_capacity(Purpose::ALL.len());
        for purpose in Purpose::ALL {
            let active = rows.iter().find(|row| row.purpose == purpose.as_str() && row.state == "active");
            keys.push(match active {
                Some(row) => open(issuer, purpose, row, master)?,
                None => {
                    let ordinal = 1 + rows.iter().filter(|r| r.purpose == purpose.as_str()).count();
                    let name = format!("{}-{ordinal}", purpose.as_str());
                    make(store, issuer, &name, purpose, master, rng, now_unix_s).await?
                }
            });
        }
        let [credentials, heads, status] =
            <[IssuerKey; 3]>::try_from(keys).unwrap_or_else(|_| unreachable!("one per purpose"));
        Ok(Self { issuer: issuer.to_owned(), credentials, heads, status })
    }

    /// The issuer's DID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys in force.
    pub fn all(&self) -> [&IssuerKey; 3] {
        [&self.credentials, &self.heads, &self.status]
    }

    /// Adds the issuer's `eddsa-jcs-2022` proof to a credential or to the trust document. A proof that
    /// is there already stays, after ours.
    pub fn sign_credential(&self, document: &Value, created: u64) -> Result<Value, SignError> {
        self.credentials.add_proof(document, created)
    }

    /// The credential, which has no proof member, as a compact JWS of type `vc+jwt`.
    pub fn sign_vc_jwt(&self, document: &Value) -> Result<String, SignError> {
        self.credentials.sign_jws("vc+jwt", &json::canonical(document))
    }

    /// Adds the proof of the status key to a status list credential.
    pub fn sign_status_list(&self, document: &Value, created: u64) -> Result<Value, SignError> {
        self.status.add_proof(document, created)
    }
}

impl HeadSigner for IssuerKeys {
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError> {
        let payload = serde_json::to_vec(claims).map_err(|error| HeadSigningError(error.to_string()))?;
        self.heads.sign_jws("poa-root+jwt", &payload).map_err(|error| HeadSigningError(error.to_string()))
    }
}

fn place(name: &str) -> Place<'_> {
    Place { table: "issuer_keys", row: name, column: "sealed_secret" }
}

fn open(issuer: &str, purpose: Purpose, row: &IssuerKeyRow, master: &MasterKey) -> Result<IssuerKey, SignError> {
    let damaged = |error| SignError::Damaged(row.name.clone(), error);
    let secret = master.open(&place(&row.name), &row.sealed_secret).map_err(damaged)?;
    let secret = Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).map_err(|_| damaged(SealError::Form))?);
    let key = IssuerKey::new(issuer, &row.name, purpose, &secret)?;
    if key.public.to_multikey() != row.public_key_multibase {
        return Err(SignError::Halves(row.name.clone()));
    }
    Ok(key)
}

async fn make(
    store: &Store,
    issuer: &str,
    name: &str,
    purpose: Purpose,
    master: &MasterKey,
    rng: &mut impl CryptoRng,
    now_unix_s: u64,
) -> Result<IssuerKey, SignError> {
    let mut secret = Zeroizing::new([0u8; 32]);
    rng.fill_bytes(secret.as_mut());
    let key = IssuerKey::new(issuer, name, purpose, &secret)?;
    let sealed_secret = master.seal(&place(name), secret.as_ref(), rng);
    store
        .insert_issuer_key(IssuerKeyRow {
            name: name.to_owned(),
            purpose: purpose.as_str().to_owned(),
            state: "active".to_owned(),
            public_key_multibase: key.public.to_multikey(),
            sealed_secret,
            created_at: now_unix_s,
        })
        .await?;
    Ok(key)
}
