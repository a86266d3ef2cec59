//! A leaf's opening: what the holder knows about its leaf and nobody else but the issuer does.

use poa_circuits::native::attributes::{Attributes, Reputation, SLOTS, Slot};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::leaf::Leaf;
use poa_circuits::native::tree::Path;
use poa_prover::holder::Material;
use poa_verifier::did::AgentDid;
use poa_verifier::schema::{AttestationSchema, AttestationSchemaDocument};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secret::ProvingSecrets;
use crate::exit::{Failure, OrFail, Outcome};

/// An opening, checked against the holder's own secrets when it arrived.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The log the leaf is in.
    pub log: String,
    /// The leaf's index.
    pub index: u32,
    /// The first publication that had it.
    pub seq: u64,
    agent: AgentDid,
    attestation_schema: AttestationSchemaDocument,
    attributes: Values,
    expires_at: u64,
    salt: FieldHex,
}

/// The six attributes in slot order; SHA-256 of the build in hex, none for 0.
#[derive(Clone, Deserialize, Serialize)]
struct Values(u16, u64, u64, u64, u64, Option<String>);

/// A field element in its wire form.
#[derive(Clone, Copy, Deserialize, Serialize)]
struct FieldHex(#[serde(with = "poa_verifier::head::field_hex")] F);

/// The service's answer, of which only these members are read.
#[derive(Deserialize)]
struct Answer {
    log: String,
    index: u32,
    seq: u64,
    opening: AnsweredLeaf,
    attestation_schema: AttestationSchemaDocument,
}

#[derive(Deserialize)]
struct AnsweredLeaf {
    identity: FieldHex,
    pseudonym: FieldHex,
    agent: FieldHex,
    schema: FieldHex,
    attribute_fields: [FieldHex; SLOTS],
    #[serde(default)]
    build_sha256: Option<String>,
    expires_at: u64,
    salt: FieldHex,
}

impl Opening {
    /// Reads the service's answer and checks that the leaf is this holder's: its key, its pseudonym,
    /// its agent, and the attestation schema that is named.
    pub fn from_answer(answer: &Value, agent: &AgentDid, secrets: &ProvingSecrets) -> Outcome<Self> {
        let answer = Answer::deserialize(answer).or_fail("the opening has another form", ASK)?;
        let leaf = answer.opening;
        let opening = Self {
            log: answer.log,
            index: answer.index,
            seq: answer.seq,
            agent: agent.clone(),
            attestation_schema: answer.attestation_schema,
            attributes: Values::of(&leaf.attribute_fields, leaf.build_sha256)?,
            expires_at: leaf.expires_at,
            salt: leaf.salt,
        };
        let own = opening.leaf(secrets)?;
        for (name, ours, theirs) in [
            ("holder key", own.identity, leaf.identity.0),
            ("pseudonym", own.pseudonym, leaf.pseudonym.0),
            ("agent", own.agent.to_field(), leaf.agent.0),
            ("attestation schema", own.schema, leaf.schema.0),
        ] {
            if ours != theirs {
                let what = format!("the newest published leaf is for another {name} than this directory has");
                // After a rotation it is the old one's until the next publication.
                let next = match name {
                    "holder key" | "pseudonym" => WAIT,
                    _ => ASK,
                };
                return Err(Failure::refused(what, next));
            }
        }
        Ok(opening)
    }

    /// The leaf, with the holder's own commitments in it.
    pub fn leaf(&self, secrets: &ProvingSecrets) -> Outcome<Leaf> {
        Ok(Leaf {
            identity: secrets.holder.public().commitment(),
            pseudonym: secrets.pseudonym.commitment(),
            agent: self.agent.agent_id(),
            schema: self.schema()?.field(),
            attributes: self.attributes()?.to_fields(),
            expires_at: self.expires_at,
            salt: self.salt.0,
        })
    }

    /// What the leaf means.
    pub fn schema(&self) -> Outcome<AttestationSchema> {
        AttestationSchema::new(self.attestation_schema.clone()).or_fail("the attestation schema", ASK)
    }

    /// The six attributes.
    pub fn attributes(&self) -> Outcome<Attributes> {
        self.attributes.read()
    }

    /// Everything a proof needs but the request.
    pub fn material(&self, secrets: &ProvingSecrets, path: &Path) -> Outcome<Material> {
        Ok(Material {
            holder: secrets.holder.clone(),
            pseudonym: secrets.pseudonym.clone(),
            agent: self.agent.clone(),
            schema: self.schema()?,
            attributes: self.attributes()?,
            expires_at: self.expires_at,
            salt: self.salt.0,
            path: path.clone(),
        })
    }
}

impl Values {
    /// From the field elements; refused when they are no attributes, or the build's digest is not theirs.
    fn of(fields: &[FieldHex; SLOTS], build_sha256: Option<String>) -> Outcome<Self> {
        let malformed = || Failure::refused("the opening's attributes are out of range", ASK);
        let number = |slot: Slot| field::to_u64(&fields[slot.index()].0).ok_or_else(malformed);
        let values = Self(
            number(Slot::Reputation)?.try_into().map_err(|_| malformed())?,
            number(Slot::TasksCompleted)?,
            number(Slot::EarningsSats)?,
            number(Slot::MemberSince)?,
            number(Slot::Capabilities)?,
            build_sha256,
        );
        if values.read()?.to_fields() == fields.map(|field| field.0) { Ok(values) } else { Err(malformed()) }
    }

    fn read(&self) -> Outcome<Attributes> {
        let Self(reputation, tasks_completed, earnings_sats, member_since, capabilities, build) = self;
        let digest = |text: &String| {
            let mut digest = [0; 32];
            hex::decode_to_slice(text, &mut digest).or_fail("the opening's build", ASK)?;
            Ok(digest)
        };
        Ok(Attributes {
            reputation: Reputation::new(*reputation).or_fail("the opening's reputation", ASK)?,
            tasks_completed: *tasks_completed,
            earnings_sats: *earnings_sats,
            member_since: *member_since,
            capabilities: *capabilities,
            build_sha256: build.as_ref().map(digest).transpose()?,
        })
    }
}

/// What to do when the leaf does not follow a rotation yet.
const WAIT: &str = "after a rotation, wait for the next publication (a minute at most) and try again; if it stays so, another \
                    directory is this agent's holder: ask whoever operates the service";
const ASK: &str = "ask whoever operates the service; nothing was proved";
