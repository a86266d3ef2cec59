//! Cases that one reader judges, or a reader and then an equation.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::scope::Audience;
use serde::Deserialize;
use serde_json::{Value, json};

use super::documents::{Shared, named};
use super::{Expectation, reasons};
use crate::agenthood::ss58::{Address, Network};
use crate::did::{AgentDid, AttestorDid, IssuerDid, KeyDid};
use crate::ed25519::PublicKey;
use crate::groth16::INPUTS;
use crate::head::HeadClaims;
use crate::status::Bits;
use crate::status::token_list::{Entries, TokenStatus};
use crate::{
    HeadMemory, Proof, Request, Trust, VerifyingKey, data_integrity, json as strict, jws, multibase, snarkjs, time,
};

/// How many entries of a status list an output shows.
const SHOWN_ENTRIES: u64 = 16;

/// A verifying key by name, the inputs and the proof as they stand in documents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Groth16Input {
    verifying_key: String,
    inputs: Vec<String>,
    proof: String,
}

impl Groth16Input {
    pub(super) fn judge(&self, shared: &Shared) -> Result<Expectation, String> {
        let key = named(&shared.verifying_keys, &self.verifying_key)?;
        let key = multibase::decode_base64url(key)
            .map_err(|_| "encoding")
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).map_err(reasons::key));
        let inputs = self.inputs.iter().map(|text| field::decode_hex(text)).collect::<Result<Vec<F>, _>>();
        let inputs =
            inputs.map_err(reasons::field).and_then(|inputs| <[F; INPUTS]>::try_from(inputs).map_err(|_| "count"));
        let proof = Proof::from_multibase(&self.proof).map_err(reasons::proof);
        Ok(equation(key, inputs, proof))
    }
}

/// The three parts in the order in which they are judged, then the equation.
fn equation<R: Into<String>>(
    key: Result<VerifyingKey, R>,
    inputs: Result<[F; INPUTS], R>,
    proof: Result<Proof, R>,
) -> Expectation {
    let key = match key {
        Ok(key) => key,
        Err(reason) => return Expectation::refused("key", reason),
    };
    let inputs = match inputs {
        Ok(inputs) => inputs,
        Err(reason) => return Expectation::refused("inputs", reason),
    };
    match proof.map_err(Into::into).and_then(|proof| key.verify(&inputs, &proof).map_err(|e| reasons::proof(e).into()))
    {
        Ok(()) => Expectation::accepted(None),
        Err(reason) => Expectation::refused("proof", reason),
    }
}

/// The three files of snarkjs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnarkjsInput {
    verification_key: String,
    public: Value,
    proof: Value,
}

impl SnarkjsInput {
    pub(super) fn judge(&self, shared: &Shared) -> Result<Expectation, String> {
        let key = named(&shared.snarkjs_keys, &self.verification_key)?;
        Ok(equation(
            snarkjs::read_key(key).map_err(reasons::snarkjs),
            snarkjs::read_inputs(&self.public).map_err(reasons::snarkjs),
            snarkjs::read_proof(&self.proof).map_err(reasons::snarkjs),
        ))
    }
}

/// A trust document, and the pinned one it is to follow from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustInput {
    text: String,
    #[serde(default)]
    pinned: Option<String>,
}

impl TrustInput {
    pub(super) fn judge(&self) -> Expectation {
        let read = |text: &str| Trust::from_json(text.as_bytes()).map_err(|error| reasons::trust(&error));
        let follows = |next: Trust| match &self.pinned {
            None => Ok(next),
            Some(text) => {
                let pinned = read(text)?;
                next.follows(&pinned).map_err(|error| reasons::succession(&error).to_owned()).map(|()| next)
            }
        };
        Expectation::of("trust", read(&self.text).and_then(follows).map(|trust| trust.fingerprint().to_owned()))
    }
}

/// A text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextInput {
    text: String,
}

impl TextInput {
    pub(super) fn judge_request(&self) -> Expectation {
        match Request::from_slice(self.text.as_bytes()) {
            Ok(_) => Expectation::accepted(None),
            Err(error) => Expectation::refused("request", reasons::request(&error)),
        }
    }
}

/// A text, or bytes that are none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BytesInput {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    base64url: Option<String>,
}

impl BytesInput {
    /// Strict JSON; the output is its canonical form.
    pub(super) fn judge_json(&self) -> Result<Expectation, String> {
        let bytes = match (&self.text, &self.base64url) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => multibase::from_base64url(text).map_err(|error| error.to_string())?,
            _ => return Err("exactly one of text and base64url is needed".to_owned()),
        };
        let read = strict::parse_strict(&bytes).map_err(|error| reasons::json(&error));
        // Canonical JSON is UTF-8.
        Ok(Expectation::of("json", read.map(|value| String::from_utf8_lossy(&strict::canonical(&value)).into_owned())))
    }
}

/// Tree heads in the order in which one verifier meets them; the verdict is that on the last.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadsInput {
    heads: Vec<Value>,
    now: u64,
}

impl HeadsInput {
    pub(super) fn judge(&self) -> Expectation {
        let mut memory = HeadMemory::default();
        let mut verdict = Ok(());
        for claims in &self.heads {
            verdict = HeadClaims::from_value(claims).and_then(|head| memory.accept(&head, self.now));
        }
        match verdict {
            Ok(()) => Expectation::accepted(None),
            Err(error) => Expectation::refused("head", reasons::head(&error)),
        }
    }
}

/// A document with its `eddsa-jcs-2022` proof, and the key that is said to have signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataIntegrityInput {
    document: String,
    public_key_multibase: String,
}

impl DataIntegrityInput {
    pub(super) fn judge(&self) -> Result<Expectation, String> {
        let key = PublicKey::from_multikey(&self.public_key_multibase).map_err(|error| error.to_string())?;
        let signed = strict::parse_strict(self.document.as_bytes()).map_err(|error| error.to_string())?;
        let proof = signed.get("proof").ok_or("it has no proof")?;
        let verified = data_integrity::parse(proof, &signed).and_then(|proof| proof.verify(&signed, &key));
        Ok(match verified {
            Ok(()) => Expectation::accepted(None),
            Err(error) => Expectation::refused("data_integrity", reasons::data_integrity(&error)),
        })
    }
}

/// A compact JWS, the one type that is expected of it, and the key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwsInput {
    jws: String,
    typ: String,
    public_key_multibase: String,
}

impl JwsInput {
    /// The output is the payload.
    pub(super) fn judge(&self) -> Result<Expectation, String> {
        let key = PublicKey::from_multikey(&self.public_key_multibase).map_err(|error| error.to_string())?;
        let claims = jws::parse(&self.jws).and_then(|jws| {
            jws.expect_typ(&self.typ)?;
            jws.verify(&key)?;
            jws.claims()
        });
        Ok(Expectation::of("jws", claims.map_err(|error| reasons::jws(&error))))
    }
}

/// Which reader of texts.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reader {
    IssuerDid,
    IssuerUrl,
    AgentDid,
    AttestorDid,
    /// A `did:key` or `did:jwk` whose key verifies signatures.
    KeyDid,
    Multikey,
    /// Multibase `u`; the output is hexadecimal.
    MultibaseU,
    /// Multibase `z`; the output is hexadecimal.
    MultibaseZ,
    FieldElement,
    Time,
    Audience,
    /// An account's address on the generic network, prefix 42.
    Ss58,
    /// `encodedList`: the output is the number of entries and the indices of those that are set.
    Bitstring,
    /// The claim `status_list` as JSON; the output is what its first entries say.
    TokenEntries,
}

/// A text and its reader.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReaderInput {
    reader: Reader,
    text: String,
}

impl ReaderInput {
    pub(super) fn judge(&self) -> Expectation {
        let text = self.text.as_str();
        let (check, result): (_, Result<Value, &str>) = match self.reader {
            Reader::IssuerDid => ("issuer_did", shown(text.parse::<IssuerDid>(), reasons::did)),
            Reader::IssuerUrl => ("issuer_url", shown(IssuerDid::from_url(text), reasons::did)),
            Reader::AgentDid => ("agent_did", shown(text.parse::<AgentDid>(), reasons::did)),
            Reader::AttestorDid => ("attestor_did", shown(text.parse::<AttestorDid>(), reasons::did)),
            Reader::KeyDid => ("key_did", shown(text.parse::<KeyDid>(), reasons::did)),
            Reader::Multikey => {
                ("multikey", PublicKey::from_multikey(text).map(|key| hex(&key.to_bytes())).map_err(reasons::ed25519))
            }
            Reader::MultibaseU => {
                ("multibase_u", multibase::decode_base64url(text).map(|b| hex(&b)).map_err(reasons::multibase))
            }
            Reader::MultibaseZ => {
                ("multibase_z", multibase::decode_base58(text).map(|b| hex(&b)).map_err(reasons::multibase))
            }
            Reader::FieldElement => {
                ("field_element", field::decode_hex(text).map(|f| f.to_string().into()).map_err(reasons::field))
            }
            Reader::Time => ("time", time::parse_utc(text).map(Value::from).map_err(|_| "malformed")),
            Reader::Audience => {
                ("audience", Audience::new(text).map(|audience| audience.as_str().into()).map_err(reasons::audience))
            }
            Reader::Ss58 => {
                let address = Address::parse(text, Network::SUBSTRATE);
                ("ss58", address.map(|address| hex(address.account().as_bytes())).map_err(reasons::ss58))
            }
            Reader::Bitstring => ("bitstring", bitstring(text)),
            Reader::TokenEntries => ("token_entries", token_entries(text)),
        };
        Expectation::of(check, result)
    }
}

fn shown<T: std::fmt::Display, E>(result: Result<T, E>, reason: fn(E) -> &'static str) -> Result<Value, &'static str> {
    result.map(|value| value.to_string().into()).map_err(reason)
}

fn hex(bytes: &[u8]) -> Value {
    hex::encode(bytes).into()
}

fn bitstring(text: &str) -> Result<Value, &'static str> {
    let bits = Bits::decode(text).map_err(|error| reasons::list(&error))?;
    let set: Vec<u64> = (0..bits.entries()).filter(|index| bits.get(*index) == Ok(true)).collect();
    Ok(json!({ "entries": bits.entries(), "set": set }))
}

fn token_entries(text: &str) -> Result<Value, &'static str> {
    let claim = strict::parse_strict(text.as_bytes()).map_err(|_| "json")?;
    let entries = Entries::from_value(&claim).map_err(|error| reasons::list(&error))?;
    let shown = 0..entries.count().min(SHOWN_ENTRIES);
    Ok(shown.filter_map(|index| entries.get(index).ok()).map(status_word).collect())
}

/// An entry in words; a number where the specification leaves it to the application.
pub(super) fn status_word(status: TokenStatus) -> Value {
    match status {
        TokenStatus::Valid => "valid".into(),
        TokenStatus::Invalid => "invalid".into(),
        TokenStatus::Suspended => "suspended".into(),
        TokenStatus::Other(value) => value.into(),
    }
}
