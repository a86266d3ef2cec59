//! Cases of what is computed rather than judged: the values that every implementation must agree on.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderKey, HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, AgentId, Leaf};
use poa_circuits::native::scope::Audience;
use poa_circuits::native::tree::{DEPTH, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Expectation;
use crate::agenthood::binding::{Details, claims_digest};
use crate::agenthood::hex32::Seed;
use crate::did::{AgentDid, IssuerDid};
use crate::holder_pop::{Action, HolderPop};
use crate::schema::{AttestationSchema, DisclosureSchema};
use crate::{VerifyingKey, context, json as strict, multibase};

/// A field element in its wire form.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Element(F);

impl TryFrom<String> for Element {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        field::decode_hex(&text).map(Self).map_err(|error| error.to_string())
    }
}

/// Bytes in hexadecimal.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Bytes(Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        hex::decode(&text).map(Self).map_err(|error| error.to_string())
    }
}

impl Bytes {
    fn fixed<const N: usize>(&self) -> Result<[u8; N], &'static str> {
        self.0.as_slice().try_into().map_err(|_| "length")
    }
}

/// A function with its arguments.
#[derive(Deserialize)]
#[serde(tag = "function", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Derivation {
    ToField { tag: String, bytes: Bytes },
    DigestToField { sha256: Bytes },
    AgentIdOf { did: AgentDid },
    SchemaField { document: Value },
    DisclosureDigest { document: Value },
    Scope { audience: String },
    ScopeInPeriod { audience: String, period: String, i: u32 },
    Identity { k: Element },
    PseudonymCommitment { n: Element },
    Nullifier { n: Element, scope: Element },
    Salt { ext: Element, rho: Element },
    LeafHash(Box<LeafArguments>),
    Root { leaf: Element, index: u32, siblings: Vec<Element> },
    Context { options: Value, document: Value },
    HolderMessage(Box<HolderArguments>),
    AgenthoodNonce { seed: Seed, details: Details },
    AgentClaimDigest { agent: Value },
    KeyDigest { verifying_key: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeafArguments {
    identity: Element,
    pseudonym: Element,
    agent: AgentDid,
    schema: Element,
    attributes: [Element; 6],
    expires_at: u64,
    salt: Element,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolderArguments {
    action: String,
    agent: AgentDid,
    issuer: IssuerDid,
    key: [Element; 2],
    pseudonym: Element,
    nonce: Bytes,
    exp: u64,
}

impl Derivation {
    pub(super) fn judge(&self) -> Expectation {
        Expectation::of("derivation", self.value())
    }

    fn value(&self) -> Result<Value, &'static str> {
        Ok(match self {
            Self::ToField { tag, bytes } => element(&field::to_field(tag, &bytes.0)),
            Self::DigestToField { sha256 } => element(&field::digest_to_field(&sha256.fixed()?)),
            Self::AgentIdOf { did } => element(&did.agent_id().to_field()),
            Self::SchemaField { document } => {
                let document = strict::read_exact(document).map_err(|_| "schema")?;
                element(&AttestationSchema::new(document).map_err(|_| "schema")?.field())
            }
            Self::DisclosureDigest { document } => {
                let document = strict::read_exact(document).map_err(|_| "schema")?;
                DisclosureSchema::new(document).map_err(|_| "schema")?.digest_sri().into()
            }
            Self::Scope { audience } => element(&read_audience(audience)?.scope()),
            Self::ScopeInPeriod { audience, period, i } => {
                element(&read_audience(audience)?.scope_in_period(period, *i))
            }
            Self::Identity { k } => {
                let secret = HolderSecret::from_bytes(&field::to_bytes_be(&k.0)).map_err(|_| "scalar")?;
                let key = secret.public();
                json!({ "key": [element(&key.x()), element(&key.y())], "identity": element(&key.commitment()) })
            }
            Self::PseudonymCommitment { n } => element(&pseudonym(n)?.commitment()),
            Self::Nullifier { n, scope } => element(&pseudonym(n)?.nullifier(&scope.0)),
            Self::Salt { ext, rho } => element(&leaf::salt(&ext.0, &rho.0)),
            Self::LeafHash(arguments) => element(&arguments.leaf().hash()),
            Self::Root { leaf, index, siblings } => {
                let siblings: Vec<F> = siblings.iter().map(|sibling| sibling.0).collect();
                let siblings = <[F; DEPTH]>::try_from(siblings).map_err(|_| "count")?;
                element(&Path { index: *index, siblings }.root(&leaf.0))
            }
            Self::Context { options, document } => element(&context::context(options, document)),
            Self::HolderMessage(arguments) => element(&arguments.message()?),
            Self::AgenthoodNonce { seed, details } => details.nonce(seed).to_string().into(),
            Self::AgentClaimDigest { agent } => hex::encode(claims_digest(agent).as_bytes()).into(),
            Self::KeyDigest { verifying_key } => {
                let bytes = multibase::decode_base64url(verifying_key).map_err(|_| "encoding")?;
                VerifyingKey::from_bytes(&bytes).map_err(super::reasons::key)?.urn().into()
            }
        })
    }
}

impl LeafArguments {
    fn leaf(&self) -> Leaf {
        let agent: AgentId = self.agent.agent_id();
        Leaf {
            identity: self.identity.0,
            pseudonym: self.pseudonym.0,
            agent,
            schema: self.schema.0,
            attributes: self.attributes.map(|attribute| attribute.0),
            expires_at: self.expires_at,
            salt: self.salt.0,
        }
    }
}

impl HolderArguments {
    fn message(&self) -> Result<F, &'static str> {
        let actions = [Action::Register, Action::Rotate, Action::Revoke];
        let action = actions.into_iter().find(|action| action.as_str() == self.action).ok_or("action")?;
        let key = HolderKey::from_xy(self.key[0].0, self.key[1].0).map_err(|_| "key")?;
        let nonce = self.nonce.fixed()?;
        let pop = HolderPop {
            action,
            agent: &self.agent,
            issuer: &self.issuer,
            key: &key,
            pseudonym: &self.pseudonym.0,
            nonce: &nonce,
            exp: self.exp,
        };
        Ok(pop.message())
    }
}

fn element(value: &F) -> Value {
    field::encode_hex(value).into()
}

fn read_audience(text: &str) -> Result<Audience, &'static str> {
    Audience::new(text).map_err(super::reasons::audience)
}

fn pseudonym(n: &Element) -> Result<PseudonymSecret, &'static str> {
    PseudonymSecret::from_bytes(&field::to_bytes_be(&n.0)).map_err(|_| "secret")
}
