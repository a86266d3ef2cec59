//! Credentials and presentations as a JWS (VC-JOSE-COSE 1.0 §3.1, §4).
//!
//! The payload is the document itself, with JWT claims beside its members. `iss` must be the issuer or holder, `exp`
//! and `nbf` are kept, an `iat` that is a number must not lie ahead, `jti` and `sub` must not contradict the document,
//! `vc` and `vp` are refused; `cnf` and unknown header members say nothing here. `nonce` and `aud` are compared with what
//! the caller states, and reported as [`NotCompared`] where it states nothing. A missing `typ` is refused by name,
//! which the standard allows to be missing: without it, one kind of JWS could be taken for another (RFC 8725 §3.11).
//! The key is `kid`, an absolute URL, or `iss` and `kid` where that is no URL.

use serde_json::{Map, Value};

use super::proof::{NotCompared, ProofError, ProofReport, as_signed, failed, wrong};
use super::{Expected, ForeignReport, ForeignVerifier, Kind};
use crate::jws;
use crate::steps::Steps;
use crate::time::SKEW_S;
use crate::vc::check_enveloped;
use crate::vc::credential::party;
use crate::vc::iri::{is_absolute_url, is_bare_did};
use crate::vc::{ENVELOPED_CREDENTIAL, data_url};

/// Claims that are not members of the document. Some are also terms of the VC 2.0 context.
const CLAIMS: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce"];

impl Kind {
    /// The JWS `typ`, which is also the media type without `application/`.
    fn typ(self) -> &'static str {
        match self {
            Self::Credential => "vc+jwt",
            Self::Presentation => "vp+jwt",
        }
    }

    /// The JWS `cty`.
    fn cty(self) -> &'static str {
        match self {
            Self::Credential => "vc",
            Self::Presentation => "vp",
        }
    }
}

impl ForeignVerifier<'_> {
    /// Verifies a credential as a compact JWS of type `vc+jwt`.
    pub fn credential_jwt(&self, text: &str, expected: &Expected<'_>) -> ForeignReport {
        self.jwt(Kind::Credential, text, expected, &Steps::default())
    }

    /// Verifies a presentation as a compact JWS of type `vp+jwt`.
    pub fn presentation_jwt(&self, text: &str, expected: &Expected<'_>) -> ForeignReport {
        let steps = Steps::default();
        self.with_credentials(self.jwt(Kind::Presentation, text, expected, &steps), &steps)
    }

    pub(super) fn enveloped(
        &self,
        kind: Kind,
        name: &str,
        envelope: &Value,
        expected: &Expected<'_>,
        steps: &Steps,
    ) -> ForeignReport {
        let conforms = check_enveloped(self.contexts, envelope, name);
        let carried = envelope.get("id").and_then(Value::as_str).and_then(data_url::read);
        let mut report = match carried {
            Some((media_type, data)) if media_type.strip_prefix("application/") == Some(kind.typ()) => {
                self.jwt(kind, data, expected, steps)
            }
            other => {
                let found = other.map_or("no data: URL", |(media_type, _)| media_type);
                let text = format!("its id must begin with data:application/{}, and has {found:?}", kind.typ());
                ForeignReport::unread(kind, failed(ProofError::Envelope(text)))
            }
        };
        if conforms.is_err() {
            report.data_model = conforms;
        }
        report
    }

    fn jwt(&self, kind: Kind, text: &str, expected: &Expected<'_>, steps: &Steps) -> ForeignReport {
        let mut proof = ProofReport { suite: kind.typ().to_owned(), ..failed(ProofError::Form) };
        let read = jws::parse(text).and_then(|jws| Ok((jws.claims()?, jws)));
        let (mut payload, jws) = match read {
            Ok(read) => read,
            Err(error) => {
                proof.result = Err(ProofError::Envelope(error.to_string()));
                return ForeignReport::unread(kind, proof);
            }
        };
        let mut claims = Map::new();
        if let Some(members) = payload.as_object_mut() {
            claims = CLAIMS.iter().filter_map(|name| members.remove_entry(*name)).collect();
        }
        proof.verification_method = Some(jws.kid().to_owned());
        proof.not_compared = not_compared(kind, &claims, expected);
        let judged = as_signed(self, kind, &payload);
        let data_model = self.check_data_model(kind, &judged, steps);
        proof.result =
            check_header(kind, &jws).and_then(|()| check_payload(kind, &payload)).and_then(|()| match &data_model {
                Ok(()) => self.check_jwt(kind, &jws, &payload, &claims, expected, &mut proof),
                Err(_) => Err(ProofError::NotReached),
            });
        let report = self.report(kind, payload, judged, data_model, vec![proof]);
        ForeignReport { steps: steps.taken(), ..report }
    }

    fn check_jwt(
        &self,
        kind: Kind,
        jws: &jws::Unverified,
        payload: &Value,
        claims: &Map<String, Value>,
        expected: &Expected<'_>,
        proof: &mut ProofReport,
    ) -> Result<(), ProofError> {
        self.check_claims(kind, jws, payload, claims, expected)?;
        let url = key_url(jws, claims)?;
        let purpose = expected.purpose.unwrap_or(kind.purpose());
        let key = self.resolver.resolve(&url, purpose)?;
        proof.verification_method = Some(url);
        proof.controller = Some(key.controller);
        jws.verify(&key.key).map_err(|error| ProofError::Envelope(error.to_string()))
    }

    fn check_claims(
        &self,
        kind: Kind,
        jws: &jws::Unverified,
        payload: &Value,
        claims: &Map<String, Value>,
        expected: &Expected<'_>,
    ) -> Result<(), ProofError> {
        let named = party(payload.get(kind.party()));
        let claimed = claims.get("iss").map(|iss| iss.as_str().unwrap_or_default());
        for iss in [claimed, jws.iss()].into_iter().flatten() {
            if named != Some(iss) {
                return Err(wrong("iss", format!("is not the {} of the document", kind.party())));
            }
        }
        let now = i128::from(self.now_unix_s);
        if numeric_date(claims, "exp")?.is_some_and(|exp| exp <= now) {
            return Err(ProofError::Expired);
        }
        if numeric_date(claims, "nbf")?.is_some_and(|nbf| nbf > now + i128::from(SKEW_S)) {
            return Err(ProofError::Future);
        }
        // A text is a claim that is not understood (§3.1.3), which says nothing.
        if claims.get("iat").is_some_and(Value::is_number)
            && numeric_date(claims, "iat")?.is_some_and(|iat| iat > now + i128::from(SKEW_S))
        {
            return Err(ProofError::Future);
        }
        check_names(kind, payload, claims)?;
        if expected.challenge.is_some() && expected.challenge != claims.get("nonce").and_then(Value::as_str) {
            return Err(ProofError::Challenge);
        }
        let audience = match claims.get("aud") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        match expected.domain {
            Some(domain) if !audience.iter().any(|aud| aud == domain) => Err(ProofError::Domain),
            _ => Ok(()),
        }
    }
}

/// `typ` and `cty`, with or without `application/` (RFC 7515 §4.1.9).
fn check_header(kind: Kind, jws: &jws::Unverified) -> Result<(), ProofError> {
    let short = |media_type: &'_ str| media_type.strip_prefix("application/").unwrap_or(media_type).to_owned();
    if short(jws.typ()) != kind.typ() {
        return Err(wrong("typ", format!("must be {}", kind.typ())));
    }
    match jws.cty() {
        Some(cty) if short(cty) != kind.cty() => Err(wrong("cty", format!("must be {}", kind.cty()))),
        _ => Ok(()),
    }
}

/// What the caller left open.
fn not_compared(kind: Kind, claims: &Map<String, Value>, expected: &Expected<'_>) -> Vec<NotCompared> {
    let audience = match kind {
        Kind::Credential => NotCompared::Audience,
        Kind::Presentation => NotCompared::Domain,
    };
    let open = [
        (NotCompared::Challenge, claims.contains_key("nonce") && expected.challenge.is_none()),
        (audience, claims.contains_key("aud") && expected.domain.is_none()),
    ];
    open.into_iter().filter(|(_, open)| *open).map(|(what, _)| what).collect()
}

/// `jti` and `sub` name what the document's own members name; where those are missing they say nothing.
fn check_names(kind: Kind, payload: &Value, claims: &Map<String, Value>) -> Result<(), ProofError> {
    let subject = match kind {
        Kind::Credential => payload.get("credentialSubject").and_then(|subject| subject.get("id")),
        Kind::Presentation => None,
    };
    for (claim, member, own) in [("jti", "id", payload.get("id")), ("sub", "credentialSubject.id", subject)] {
        if claims.get(claim).zip(own).is_some_and(|(claimed, own)| claimed != own) {
            return Err(wrong(claim, format!("is not the {member} of the document")));
        }
    }
    Ok(())
}

/// What must not stand inside.
fn check_payload(kind: Kind, payload: &Value) -> Result<(), ProofError> {
    for name in ["vc", "vp"] {
        if payload.get(name).is_some() {
            return Err(wrong(name, "must not be there: the payload is the document itself"));
        }
    }
    if payload.get("proof").is_some() {
        return Err(wrong("proof", "must not stand inside a signed JWS"));
    }
    if kind == Kind::Credential {
        return Ok(());
    }
    let credentials = match payload.get("verifiableCredential") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let enveloped = |value: &Value| {
        value.as_object().is_some_and(|members| crate::vc::credential::has_type(members, ENVELOPED_CREDENTIAL))
    };
    if credentials.iter().all(enveloped) {
        return Ok(());
    }
    Err(wrong("verifiableCredential", format!("must hold objects of type {ENVELOPED_CREDENTIAL} alone")))
}

/// A NumericDate (RFC 7519 §2), rounded down.
fn numeric_date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i128>, ProofError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Some(whole.into())),
            // Strict JSON bounds it by 2^53.
            (None, Some(fraction)) => Ok(Some(fraction.floor() as i128)),
            (None, None) => Err(wrong(name, "must be a number of seconds")),
        },
        Some(_) => Err(wrong(name, "must be a number of seconds")),
    }
}

/// The URL of the key (§4.1): `kid`, or a fragment of the DID that `iss` names.
fn key_url(jws: &jws::Unverified, claims: &Map<String, Value>) -> Result<String, ProofError> {
    let kid = jws.kid();
    if is_absolute_url(kid) {
        return Ok(kid.to_owned());
    }
    let iss = jws.iss().or_else(|| claims.get("iss").and_then(Value::as_str)).filter(|iss| is_bare_did(iss));
    match iss {
        Some(iss) => Ok(format!("{iss}#{}", kid.strip_prefix('#').unwrap_or(kid))),
        None => Err(wrong("kid", "must be an absolute URL where iss is no DID")),
    }
}
