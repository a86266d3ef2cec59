//! Reading published bodies: one strict JSON object, whatever media type it was declared as.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::agenthood::wallet::WalletSignature;
use poa_verifier::json;
use serde_json::{Map, Value};

use super::refusal::{Code, Refusal};
use crate::app::App;
use crate::service::agenthood::Answered;

/// Longest nonce that is looked up; ours have 64 digits.
const MAX_NONCE_BYTES: usize = 128;

/// The members of a body.
pub struct Members(Map<String, Value>);

impl Members {
    /// Reads an object; members that nobody asks for are passed over.
    pub fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, Refusal> {
        let bytes = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::BodyTooLarge),
            _ => Refusal::new(Code::InvalidJson),
        })?;
        match json::parse_strict(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Refusal::detailed(Code::InvalidJson, "The body is a JSON object.")),
            Err(error) => Err(Refusal::detailed(Code::InvalidJson, error.to_string())),
        }
    }

    /// `agentId`.
    pub fn agent(&self, app: &App) -> Result<Address, Refusal> {
        match self.0.get("agentId").and_then(Value::as_str) {
            None | Some("") => Err(Refusal::new(Code::AgentIdRequired)),
            Some(text) => agent(text, app),
        }
    }

    /// A member, unless it is missing or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// `controllerSig` of an issue call.
    pub fn controller_sig(&self) -> Result<Option<Answered>, Refusal> {
        let malformed = || Refusal::new(Code::ControllerSigMalformed);
        let Some(value) = self.get("controllerSig") else { return Ok(None) };
        let nonce = nonce(value.get("nonce")).ok_or_else(malformed)?;
        let (signature_hex, signature) = signature(value.get("signatureHex")).ok_or_else(malformed)?;
        Ok(Some(Answered { nonce, signature_hex, signature }))
    }

    /// `nonce` and `signatureHex` of a revoke call.
    pub fn revocation(&self) -> Result<Answered, Refusal> {
        let nonce = nonce(self.get("nonce")).ok_or_else(|| Refusal::new(Code::NonceRequired))?;
        let (signature_hex, signature) =
            signature(self.get("signatureHex")).ok_or_else(|| Refusal::new(Code::SignatureMalformed))?;
        Ok(Answered { nonce, signature_hex, signature })
    }
}

/// An agent's address of the configured network.
pub fn agent(text: &str, app: &App) -> Result<Address, Refusal> {
    Address::parse(text, app.config().agenthood.network)
        .map_err(|error| Refusal::detailed(Code::AgentIdInvalidFormat, error.to_string()))
}

fn nonce(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (1..=MAX_NONCE_BYTES).contains(&text.len()).then(|| text.to_owned())
}

fn signature(value: Option<&Value>) -> Option<(String, WalletSignature)> {
    let text = value?.as_str()?;
    WalletSignature::from_hex(text).ok().map(|signature| (text.to_owned(), signature))
}
