//! Signing work receipts (`docs/protocol.md`, receipts): compact JWS, `typ: poa-attestation+jwt`.

use ed25519_dalek::{Signer, SigningKey};
use poa_issuer::domain::receipts::{MEMBERS, RECEIPT_TYP, UnverifiedReceipt};
use poa_verifier::did::AgentDid;
use poa_verifier::jws;
use serde_json::{Map, Value};

use crate::exit::{Failure, OrFail as _, Outcome};
use crate::keyfile;

const REQUIRED: [&str; 6] = ["sub", "iat", "jti", "period_end", "attempted", "completed"];

/// Signs receipt claims as the attestor that owns `key`; `iss` is put in, and refused when it names somebody else. Nothing
/// leaves that the service's own reader refuses. Which capabilities there are is the service's to say.
pub fn sign(claims: &Map<String, Value>, key: &SigningKey, now_unix_s: u64) -> Outcome<String> {
    let attestor = keyfile::did_key(key)?;
    let next = "correct the claims and sign again";
    if let Some(name) = claims.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(Failure::refused(format!("a receipt has no member `{name}`"), next));
    }
    if let Some(name) = REQUIRED.iter().find(|name| !claims.contains_key(**name)) {
        return Err(Failure::refused(format!("the receipt lacks `{name}`"), next));
    }
    if claims.get("iss").is_some_and(|iss| *iss != attestor) {
        let what = format!("`iss` is not the key's owner {attestor}");
        return Err(Failure::refused(what, next));
    }
    let mut claims = claims.clone();
    claims.insert("iss".into(), attestor.clone().into());
    let input = jws::signing_input(RECEIPT_TYP, &attestor, &Value::Object(claims.clone()));
    let signature = key.sign(input.as_bytes()).to_bytes();
    let receipt = jws::attach_signature(&input, &signature);
    let subject: AgentDid = claims["sub"].as_str().unwrap_or_default().parse().or_refuse("`sub`", next)?;
    let named = claims.get("capabilities").and_then(Value::as_array).into_iter().flatten();
    let capabilities: Vec<String> = named.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    UnverifiedReceipt::parse(&receipt, subject.issuer().encoded_host(), &capabilities, now_unix_s)
        .or_refuse("no service would take this, so it was not signed", next)?;
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system;
    use poa_verifier::ed25519::PublicKey;
    use poa_verifier::multibase::from_base64url;
    use serde_json::json;

    fn claims() -> Map<String, Value> {
        let claims = json!({ "sub": "did:poa:h.example:67e55044-10b1-426f-9247-bb680e5fe0c8", "iat": 1, "jti": "a", "period_end": 1,
            "attempted": 2, "completed": 1 });
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn a_signed_receipt_verifies_under_the_key_it_names() {
        let key = keyfile::generate(&mut system::rng());
        let jws = sign(&claims(), &key, 1).unwrap();
        let (signed, signature) = jws.rsplit_once('.').unwrap();
        let signature: [u8; 64] = from_base64url(signature).unwrap().try_into().unwrap();
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
        assert_eq!(public.verify(signed.as_bytes(), &signature), Ok(()));
        let payload = from_base64url(signed.split_once('.').unwrap().1).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["iss"], keyfile::did_key(&key).unwrap());
    }

    #[test]
    fn a_misspelt_a_missing_and_a_foreign_member_are_refused_before_signing() {
        let key = keyfile::generate(&mut system::rng());
        let refused = |change: fn(&mut Map<String, Value>)| {
            let mut claims = claims();
            change(&mut claims);
            sign(&claims, &key, 1).unwrap_err().what
        };
        assert!(refused(|c| drop(c.insert("qualty".into(), 1.into()))).contains("qualty"));
        assert!(refused(|c| drop(c.remove("jti"))).contains("jti"));
        assert!(refused(|c| drop(c.insert("iss".into(), "did:key:z".into()))).contains("iss"));
        assert!(refused(|c| drop(c.insert("completed".into(), 3.into()))).contains("completed"));
        assert!(refused(|c| drop(c.insert("quality".into(), 10_001.into()))).contains("quality"));
        assert!(refused(|c| drop(c.insert("sub".into(), "did:poa:h.example:1".into()))).contains("sub"));
    }
}
