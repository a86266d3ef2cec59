//! A stable word for each way in which a reader refuses, as the report has for its checks. Where one reader calls
//! another, the words are joined by a colon, the outer one first.

use poa_circuits::native::field::FieldError;
use poa_circuits::native::scope::AudienceError;

use crate::agenthood::ss58::Ss58Error;
use crate::data_integrity::DataIntegrityError;
use crate::did::DidError;
use crate::ed25519::Ed25519Error;
use crate::groth16::ProofError;
use crate::head::HeadError;
use crate::json::JsonError;
use crate::jws::JwsError;
use crate::key::KeyError;
use crate::multibase::MultibaseError;
use crate::request::RequestError;
use crate::snarkjs::SnarkjsError;
use crate::status::StatusError;
use crate::status::token_list::TokenListError;
use crate::trust::TrustError;
use crate::trust::succession::SuccessionError;

pub(super) fn key(error: KeyError) -> &'static str {
    match error {
        KeyError::Length(_) => "length",
        KeyError::Inputs => "count",
        KeyError::Point(_) => "point",
        KeyError::Identity(_) => "identity",
        KeyError::EqualInputs => "equal_inputs",
        KeyError::DeltaIsGamma => "delta_is_gamma",
        KeyError::DeltaIsGenerator => "delta_is_generator",
        KeyError::Phase1IsGenerator(_) => "phase1_is_generator",
    }
}

pub(super) fn proof(error: ProofError) -> &'static str {
    match error {
        ProofError::Length => "length",
        ProofError::Point(_) => "point",
        ProofError::Identity(_) => "identity",
        ProofError::Unsatisfied => "pairing",
    }
}

pub(super) fn snarkjs(error: SnarkjsError) -> &'static str {
    match error {
        SnarkjsError::Member(_) => "member",
        SnarkjsError::Proof(error) => proof(error),
        SnarkjsError::Key(error) => key(error),
    }
}

pub(super) fn field(error: FieldError) -> &'static str {
    match error {
        FieldError::NotReduced => "not_reduced",
        _ => "shape",
    }
}

pub(super) fn audience(error: AudienceError) -> &'static str {
    match error {
        AudienceError::Length => "length",
        AudienceError::Character => "character",
        _ => "form",
    }
}

pub(super) fn json(error: &JsonError) -> &'static str {
    match error {
        JsonError::TooLarge { .. } => "too_large",
        JsonError::Malformed(_) => "malformed",
    }
}

pub(super) fn jws(error: &JwsError) -> String {
    match error {
        JwsError::TooLarge { .. } => "too_large".to_owned(),
        JwsError::Shape(_) => "shape".to_owned(),
        JwsError::Json { part, .. } => format!("json:{part}"),
        JwsError::Header { member, .. } => format!("header:{member}"),
        JwsError::Signature(error) => ed25519(*error).to_owned(),
    }
}

pub(super) fn ed25519(error: Ed25519Error) -> &'static str {
    match error {
        Ed25519Error::Encoding => "encoding",
        Ed25519Error::Point => "point",
        Ed25519Error::Weak => "weak",
        Ed25519Error::Signature => "signature",
    }
}

pub(super) fn data_integrity(error: &DataIntegrityError) -> String {
    match error {
        DataIntegrityError::Member { member, .. } => format!("member:{member}"),
        DataIntegrityError::Created(_) => "created".to_owned(),
        DataIntegrityError::Signature(error) => ed25519(*error).to_owned(),
    }
}

pub(super) fn trust(error: &TrustError) -> String {
    match error {
        TrustError::Json(error) => format!("json:{}", json(error)),
        TrustError::Shape(_) => "shape".to_owned(),
        TrustError::Member { member, .. } => format!("member:{member}"),
        TrustError::IssuerKey { error, .. } => format!("issuer_key:{}", ed25519(*error)),
        TrustError::VerifyingKey { error, .. } => format!("verifying_key:{}", key(*error)),
        TrustError::Schema { error, .. } => format!("schema:{}", error.member),
        TrustError::Proof(error) => format!("proof:{}", data_integrity(error)),
    }
}

pub(super) fn succession(error: &SuccessionError) -> &'static str {
    match error {
        SuccessionError::Issuer => "succession:issuer",
        SuccessionError::Older { .. } => "succession:older",
        SuccessionError::Reinstated(_) => "succession:reinstated",
        SuccessionError::Unlinked(_) => "succession:unlinked",
    }
}

pub(super) fn token_list(error: &TokenListError) -> String {
    match error {
        TokenListError::Jws(error) => format!("jws:{}", jws(error)),
        TokenListError::Claims(_) => "claims".to_owned(),
        TokenListError::Key(_) => "key".to_owned(),
    }
}

pub(super) fn request(error: &RequestError) -> String {
    match error {
        RequestError::Json(error) => format!("json:{}", json(error)),
        RequestError::Shape(_) => "shape".to_owned(),
        RequestError::Member { member, .. } => format!("member:{member}"),
    }
}

pub(super) fn list(error: &StatusError) -> &'static str {
    match error {
        StatusError::Length => "length",
        StatusError::Index(_) => "index",
        StatusError::Encoding | StatusError::Shape(_) | StatusError::Member { .. } | StatusError::Time(_) => "encoding",
    }
}

pub(super) fn head(error: &HeadError) -> &'static str {
    match error {
        HeadError::Claims(_) => "claims",
        HeadError::Lifetime => "lifetime",
        HeadError::EmptyRoot => "empty_root",
        HeadError::Future { .. } => "future",
        HeadError::Equivocation { .. } | HeadError::TwoAnchors { .. } => "two_histories",
        HeadError::Order { .. } => "order",
    }
}

pub(super) fn did(error: DidError) -> &'static str {
    match error {
        DidError::Issuer | DidError::Agent | DidError::Url | DidError::Web => "form",
        DidError::KeyMethod | DidError::VerificationMethod => "form",
        DidError::Attestor(error) | DidError::Key(error) => ed25519(error),
        DidError::Jwk(_) => "jwk",
        DidError::OtherJwk(_) => "other_jwk",
    }
}

pub(super) fn multibase(error: MultibaseError) -> &'static str {
    match error {
        MultibaseError::Prefix(_) => "prefix",
        MultibaseError::Malformed => "malformed",
    }
}

pub(super) fn ss58(error: Ss58Error) -> &'static str {
    match error {
        Ss58Error::Malformed => "malformed",
        Ss58Error::Checksum => "checksum",
        Ss58Error::Network { .. } => "network",
        Ss58Error::Prefix(_) => "prefix",
        Ss58Error::Zero => "zero",
    }
}
