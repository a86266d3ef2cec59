//! A verifier's request that the verifier signed: a compact JWS with `typ: poa-request+jwt`.
//!
//! Whoever hosts the request then vouches for nothing. The holder resolves `did:web:<domain>` and checks the signature
//! under one of its `authentication` keys; this module does no I/O and leaves that to it.
//!
//! # Claims
//! | claim | what |
//! |---|---|
//! | `iss` | the verifier, `did:web:<host>`; `kid` is one of its keys |
//! | `aud` | the origin of the service that receives the answer, so that no other one takes it |
//! | `iat`, `exp` | Unix seconds, at most [`MAX_LIFETIME_S`] apart |
//! | `token_sha256` | of the token that fetches the outcome, so that only the signer does, whoever states the request |
//! | `request` | the demands with the verifier's own challenge; `domain` is the origin of `iss`, or `iss` itself |

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::did::IssuerDid;
use crate::ed25519::PublicKey;
use crate::jws::{self, JwsError, Unverified};
use crate::origin::{Origin, Party};
use crate::report::Class;
use crate::request::{Request, RequestError};

/// `typ` of the JWS.
pub const TYP: &str = "poa-request+jwt";
/// The longest time between `iat` and `exp`, in seconds: as long as a service keeps a request open.
pub const MAX_LIFETIME_S: u64 = 600;
/// Largest JWS that is read, in bytes.
pub const MAX_BYTES: usize = 12 * 1024;
/// How far `iat` may lie ahead of the reader's clock, in seconds.
const SKEW_S: u64 = 60;

/// Why a signed request was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedRequestError {
    /// Not a JWS of this type, or not signed by the key.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The demands.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A claim is missing, unknown or of another form.
    #[error("signed request: {0}")]
    Shape(String),
    /// A claim with a wrong value.
    #[error("signed request, claim {claim:?}: {reason}")]
    Claim {
        /// The offending claim.
        claim: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

fn refused(claim: &'static str, reason: impl Into<String>) -> SignedRequestError {
    SignedRequestError::Claim { claim, reason: reason.into() }
}

/// The claims.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The verifier.
    pub iss: IssuerDid,
    /// The origin of the service that receives the answer.
    pub aud: String,
    /// Unix seconds.
    pub iat: u64,
    /// Unix seconds.
    pub exp: u64,
    /// 64 lower-case hex digits.
    pub token_sha256: String,
    /// The demands, with challenge and domain.
    pub request: Value,
}

/// A request that says who signed it. Nobody has, until [`Self::verify`] passed.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedRequest {
    claims: Claims,
    request: Request,
    jws: Unverified,
}

impl SignedRequest {
    /// Reads a JWS and checks everything that needs neither a key, nor a clock, nor to know the service.
    ///
    /// # Errors
    /// [`SignedRequestError`] with the offending claim.
    pub fn parse(text: &str) -> Result<Self, SignedRequestError> {
        let jws = jws::parse_bounded(text, MAX_BYTES)?;
        jws.expect_typ(TYP)?;
        let claims: Claims = crate::json::read_object(&jws.claims()?).map_err(SignedRequestError::Shape)?;
        if jws.kid().strip_prefix(claims.iss.as_str()).and_then(|rest| rest.strip_prefix('#')).is_none_or(str::is_empty)
        {
            return Err(refused("iss", "the header's kid is not one of its keys"));
        }
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if claims.token_sha256.len() != 64 || !claims.token_sha256.bytes().all(is_digit) {
            return Err(refused("token_sha256", "must be 64 lower-case hex digits"));
        }
        if claims.exp <= claims.iat || claims.exp - claims.iat > MAX_LIFETIME_S {
            return Err(refused("exp", format!("must be 1 to {MAX_LIFETIME_S} seconds after iat")));
        }
        let request = Request::from_json(&claims.request)?;
        let binding =
            request.binding.as_ref().ok_or_else(|| refused("request", "must have a challenge and a domain"))?;
        if request.classes != [Class::Presentation] {
            return Err(refused("request", "classes must be [\"presentation\"]: nothing else answers a challenge"));
        }
        if verifier_of(&binding.domain).as_ref() != Some(&claims.iss) {
            return Err(refused("request", format!("its domain must be the origin of {}, or that DID", claims.iss)));
        }
        Ok(Self { claims, request, jws })
    }

    /// Refuses a request that is for another service, or not for this time.
    ///
    /// # Errors
    /// [`SignedRequestError::Claim`].
    pub fn expect(&self, service: &Origin, now_unix_s: u64) -> Result<(), SignedRequestError> {
        let Claims { aud, iat, exp, .. } = &self.claims;
        if aud.parse().as_ref() != Ok(service) {
            return Err(refused("aud", format!("the request is for the service {aud:?}, not for {service}")));
        }
        if *iat > now_unix_s.saturating_add(SKEW_S) {
            return Err(refused("iat", "lies in the future"));
        }
        if *exp <= now_unix_s { Err(refused("exp", "the request has expired")) } else { Ok(()) }
    }

    /// Checks the signature under the key of [`Self::kid`].
    ///
    /// # Errors
    /// [`SignedRequestError::Jws`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignedRequestError> {
        Ok(self.jws.verify(key)?)
    }

    /// The claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The demands.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The id of the key that is said to have signed: a DID URL of `iss`.
    pub fn kid(&self) -> &str {
        self.jws.kid()
    }
}

/// The `did:web` whose keys may sign for a domain: itself, or the one of an origin. Origins of plain http are those of
/// this machine. A domain has one spelling here, that of [`Party`].
pub fn verifier_of(domain: &str) -> Option<IssuerDid> {
    let party: Party = domain.parse().ok().filter(|party: &Party| party.to_string() == domain)?;
    party.web_did()
}

/// Whether the DID names this machine, whoever reads it.
pub fn is_loopback(did: &IssuerDid) -> bool {
    let host = did.encoded_host().split("%3A").next().unwrap_or_default();
    format!("http://{host}").parse::<Origin>().is_ok_and(|origin| origin.is_loopback())
}

/// The first two parts of the JWS, to be signed by the verifier with the key `<iss>#<name>`.
pub fn signing_input(claims: &Claims, name: &str) -> String {
    jws::signing_input(TYP, &claims.iss.key_id(name), &json!(claims))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const SERVICE: &str = "https://poa.example";

    fn claims() -> Value {
        json!({
            "iss": "did:web:shop.example", "aud": SERVICE, "iat": NOW, "exp": NOW + 600,
            "token_sha256": "ab".repeat(32),
            "request": {
                "classes": ["presentation"], "challenge": "c", "domain": "https://shop.example",
                "at_least": { "tasks_completed": "100" },
            },
        })
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn sign(typ: &str, kid: &str, claims: &Value) -> String {
        let input = jws::signing_input(typ, kid, claims);
        jws::attach_signature(&input, &key().sign(input.as_bytes()).to_bytes())
    }

    fn parse(claims: &Value) -> Result<SignedRequest, SignedRequestError> {
        SignedRequest::parse(&sign(TYP, "did:web:shop.example#key-1", claims))
    }

    #[test]
    fn a_request_by_the_domains_key_is_taken() {
        let signed = parse(&claims()).unwrap();
        let service = SERVICE.parse().unwrap();
        let public = PublicKey::from_bytes(&key().verifying_key().to_bytes()).unwrap();
        assert_eq!((signed.verify(&public), signed.expect(&service, NOW)), (Ok(()), Ok(())));
        assert_eq!(signed.kid(), "did:web:shop.example#key-1");
        let stranger = PublicKey::from_bytes(&SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes()).unwrap();
        assert!(signed.verify(&stranger).is_err());
        let again = signing_input(signed.claims(), "key-1");
        assert_eq!(again, jws::signing_input(TYP, "did:web:shop.example#key-1", &claims()));
        for domain in ["did:web:shop.example", "https://shop.example"] {
            let mut other = claims();
            other["request"]["domain"] = domain.into();
            assert!(parse(&other).is_ok(), "{domain}");
        }
    }

    #[test]
    fn what_another_verifier_service_or_time_is_meant_by_is_refused() {
        for (pointer, value) in [
            ("/iss", json!("did:web:bank.example")),
            ("/iss", json!("https://shop.example")),
            ("/request/domain", json!("https://bank.example")),
            ("/request/domain", json!("https://shop.example:8443")),
            ("/request/domain", json!("http://shop.example")),
            ("/request/domain", json!("did:web:bank.example")),
            ("/request/classes", json!(["presentation", "standing"])),
            ("/request/at_least", json!({ "reputation": 10_001 })),
            ("/request", json!({})),
            ("/exp", json!(NOW + 601)),
            ("/exp", json!(NOW)),
            ("/token_sha256", json!("AB".repeat(32))),
            ("/token_sha256", json!("ab")),
        ] {
            let mut bad = claims();
            *bad.pointer_mut(pointer).unwrap() = value.clone();
            assert!(parse(&bad).is_err(), "{pointer} {value}");
        }
        let mut surplus = claims();
        surplus["nonce"] = 1.into();
        assert!(parse(&surplus).is_err());
        let signed = parse(&claims()).unwrap();
        for (service, now) in [("https://relay.example", NOW), (SERVICE, NOW - 61), (SERVICE, NOW + 600)] {
            assert!(signed.expect(&service.parse().unwrap(), now).is_err(), "{service} {now}");
        }
        // A service that its verifier spelled otherwise is the same one.
        let mut spelled = claims();
        spelled["aud"] = "https://POA.example:443/".into();
        assert_eq!(parse(&spelled).unwrap().expect(&SERVICE.parse().unwrap(), NOW), Ok(()));
        let kids = ["did:web:bank.example#key-1", "did:web:shop.example", "did:web:shop.example#", "key-1"];
        for kid in kids {
            assert!(SignedRequest::parse(&sign(TYP, kid, &claims())).is_err(), "{kid}");
        }
        assert!(SignedRequest::parse(&sign("JWT", "did:web:shop.example#key-1", &claims())).is_err());
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let found = |domain: &str| verifier_of(domain).map(|did| did.as_str().to_owned());
        assert_eq!(found("http://127.0.0.1:9360").as_deref(), Some("did:web:127.0.0.1%3A9360"));
        assert_eq!(found("https://shop.example:8443").as_deref(), Some("did:web:shop.example%3A8443"));
        for domain in [
            "http://shop.example",
            "did:key:z6Mk",
            "shop.example",
            "https://shop.example/a",
            // Other spellings of what has one.
            "https://shop.example/",
            "https://shop.example:443",
            "https://Shop.example",
            "",
        ] {
            assert_eq!(found(domain), None, "{domain}");
        }
    }
}
