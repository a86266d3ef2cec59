//! Proving on the holder's side, from what the service answered.

use getrandom::SysRng;
use poa_circuits::native::attributes::{Attributes, Reputation};
use poa_circuits::native::field;
use poa_circuits::native::tree::Path;
use poa_prover::{Disclosure, Material, Predicates, prove_standing};
use poa_verifier::render;
use poa_verifier::request::read_bound;
use poa_verifier::schema::AttestationSchema;
use poa_verifier::trust::Trust;
use rand_core::UnwrapErr;
use serde_json::Value;

use super::{Agent, Holder, Service};

impl Holder {
    /// The `Groth16Proof2024` object over a pending credential.
    pub async fn prove(&self, service: &Service, agent: &Agent, pending: &Value, predicates: &Value) -> Value {
        let trust = Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap();
        let material = self.material(&trust, agent, pending);
        let schema_id = pending["document"]["credentialSchema"]["id"].as_str().unwrap();
        let schema = trust.disclosure_schema(schema_id).unwrap();
        let predicates = Predicates::from_json(predicates, &material.schema).unwrap();
        let disclosure = Disclosure::new(schema, &predicates, &material.attributes).unwrap();
        let now = service.now();
        let (head, document) = (pending["head"].as_str().unwrap().to_owned(), pending["document"].clone());
        tokio::task::spawn_blocking(move || {
            let mut rng = UnwrapErr(SysRng);
            prove_standing(&super::engine(), &material, &head, &document, &disclosure, now, &mut rng).unwrap()
        })
        .await
        .unwrap()
    }

    fn material(&self, trust: &Trust, agent: &Agent, pending: &Value) -> Material {
        let opening = &pending["opening"];
        let element = |value: &Value| field::decode_hex(value.as_str().unwrap()).unwrap();
        let schema = trust.attestation_schema(&element(&opening["schema"])).unwrap();
        let siblings = pending["path"]["siblings"].as_array().unwrap();
        Material {
            holder: self.secret.clone(),
            pseudonym: self.pseudonym.clone(),
            agent: agent.did.parse().unwrap(),
            schema: schema.clone(),
            attributes: attributes(&opening["attributes"], schema),
            expires_at: opening["expires_at"].as_u64().unwrap(),
            salt: element(&opening["salt"]),
            path: Path {
                index: pending["path"]["index"].as_u64().unwrap() as u32,
                siblings: std::array::from_fn(|level| element(&siblings[level])),
            },
        }
    }
}

fn attributes(shown: &Value, schema: &AttestationSchema) -> Attributes {
    use poa_circuits::native::attributes::Slot;
    let number = |slot: Slot| read_bound(slot, &shown[slot.name()]).unwrap();
    let names: Vec<&str> = shown["capabilities"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    Attributes {
        reputation: Reputation::new(number(Slot::Reputation) as u16).unwrap(),
        tasks_completed: number(Slot::TasksCompleted),
        earnings_sats: number(Slot::EarningsSats),
        member_since: number(Slot::MemberSince),
        capabilities: schema.capability_bits(&names).unwrap(),
        build_sha256: render::build_sha256(shown),
    }
}
