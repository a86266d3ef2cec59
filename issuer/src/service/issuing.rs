//! Issuing standing credentials: at once for managed agents, in two steps for those that keep their secrets.

use std::sync::Arc;

use poa_circuits::native::field;
use poa_prover::{Disclosure, Predicates, prove_standing, standing_subject};
use poa_verifier::did::AgentDid;
use poa_verifier::report::Class;
use poa_verifier::schema::DisclosureSchema;
use poa_verifier::time;
use serde_json::{Map, Value, json};

use super::checking::{Checker, Question, first_obstacle};
use super::{ServiceError, material};
use crate::app::App;
use crate::documents::{Unsigned, opening, unsigned_credential};
use crate::domain::{
    Actor, AgentStatus, AgentUuid, Begin, Begun, Credential, CredentialId, CredentialState, Custody,
    DisclosureSchemaRecord, DomainError, Idempotency, Kind, Pending,
};
use crate::keys::IssuerKeys;
use crate::proving::{Lane, Principal, WorkError};

/// A leaf that lives no longer than this, in seconds, is not worth a credential.
const LEAST_VALIDITY_S: u64 = 3600;

/// What is to be issued.
#[derive(Debug)]
pub struct Issue {
    /// Who asked, and whose place the proof takes.
    pub principal: Principal,
    /// About whom.
    pub agent: AgentUuid,
    /// Name of the disclosure schema.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Bounds asked for, as the caller wrote them.
    pub predicates: Map<String, Value>,
    /// Makes a repetition give the first result.
    pub idempotency: Option<Idempotency>,
}

/// What came of it.
#[derive(Debug)]
pub enum Issued {
    /// A finished credential.
    Credential {
        /// Its id.
        id: CredentialId,
        /// With both proofs.
        document: Value,
    },
    /// What a self-custody holder needs to prove.
    Pending(Value),
}

impl App {
    /// Issues, to the end even when the caller goes away: a reserved credential is completed or given up,
    /// never left lying.
    pub async fn issue(self: &Arc<Self>, request: Issue) -> Result<Issued, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move { app.issue_to_the_end(request, Lane::Single).await });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    pub(super) async fn issue_to_the_end(&self, request: Issue, lane: Lane) -> Result<Issued, ServiceError> {
        let domain = self.domain();
        self.sound_now().await?;
        let agent = domain.agent(request.agent).await?;
        let record = domain.disclosure_schema(&request.name, request.version).await?;
        let attestation = material::attestation(&domain.attestation_schema_for(agent.custody).await?)?;
        let asked = Value::Object(request.predicates);
        let predicates = Predicates::from_json(&asked, &attestation)?;
        if let Some(key) = &request.idempotency
            && let Some(first) = domain.earlier_credential(key, self.now()).await?
        {
            return self.repeated(first).await;
        }
        check_active(agent.status)?;
        let schema = material::disclosure(&record)?;
        // Known before anything is reserved.
        let known = domain.leaf_opening(agent.id).await?;
        material::shown(&schema, &predicates, &known.attributes)?;
        // Some status indices are kept for the operator, and agents have a share a day.
        let by = if matches!(request.principal, Principal::Operator) { Actor::Operator } else { Actor::Agent };
        let key = request.idempotency;
        let begin = match domain.begin_credential(agent.id, &record.id, key, by, self.now()).await? {
            Begun::Fresh(begin) => begin,
            Begun::Repeat(first) => return self.repeated(*first).await,
        };
        let id = begin.id;
        let did = agent_did(&agent.did)?;
        let principal = request.principal;
        let order = Order { principal, did, record, schema, predicates };
        let result = match agent.custody {
            Custody::Holder => self.hold(*begin, &order).await,
            Custody::Issuer => self.prove_and_complete(*begin, order, lane).await,
        };
        if result.is_err() {
            // The reservation would lapse by itself; giving it up frees the idempotency key and the index at once.
            if let Err(error) = domain.abandon_credential(id).await
                && let Some(left_out) = crate::log_lines::admit("reservation", "")
            {
                tracing::warn!(%error, left_out, "a reservation could not be given up");
            }
        }
        result
    }

    /// What the first request under an idempotency key gave.
    async fn repeated(&self, first: Credential) -> Result<Issued, ServiceError> {
        if first.state == CredentialState::Pending {
            let pending = self.domain().pending_credential(first.id, self.now()).await?;
            return self.pending_view(&pending).map(Issued::Pending);
        }
        finished(first.id, first.document)
    }

    async fn hold(&self, begin: Begin, order: &Order) -> Result<Issued, ServiceError> {
        let draft = self.draft(&begin, order)?;
        let now = self.believed_now()?;
        let credential = self.domain().hold_credential(begin.id, draft.document, now).await?;
        let Begin { opening, head, path, .. } = begin;
        self.pending_view(&Pending { credential, opening, head, path }).map(Issued::Pending)
    }

    async fn prove_and_complete(&self, begin: Begin, order: Order, lane: Lane) -> Result<Issued, ServiceError> {
        let Draft { document, disclosure, valid_until } = self.draft(&begin, &order)?;
        let secrets = self.domain().managed_secrets(begin.opening.agent).await?;
        let material = material::material(&begin.opening, begin.path, secrets, order.did)?;
        let checker = self.checker().await?;
        let (engine, keys, mut rng) = (self.engine(), self.shared_keys(), self.rng());
        let (head, now) = (begin.head.jws, self.believed_now()?);
        let signed = self
            .provers()
            .run_in(lane, order.principal, move || {
                let proof = prove_standing(&engine, &material, &head, &document, &disclosure, now, &mut rng)?;
                sign_and_check(&keys, &checker, document, proof, now).map_err(own_fault)
            })
            .await??;
        self.note_proof();
        let id = begin.id;
        let done = self.domain().complete_credential(id, signed, valid_until, self.now()).await?;
        finished(done.id, done.document)
    }

    /// Completes a self-custody credential with its holder's proof.
    pub async fn complete(&self, id: CredentialId, caller: AgentUuid, proof: Value) -> Result<Issued, ServiceError> {
        let now = self.sound_now().await?;
        if self.domain().credential(id).await?.agent != caller {
            return Err(DomainError::NotFound(Kind::Credential).into());
        }
        let pending = self.domain().pending_credential(id, now).await?;
        let document = pending.credential.document.unwrap_or_default();
        let valid_until = valid_until(&document)?;
        let (checker, keys) = (self.checker().await?, self.shared_keys());
        let principal = Principal::Agent(caller);
        let check = move || sign_and_check(&keys, &checker, document, proof, now);
        let signed = self.verifiers().run(principal, check).await??;
        // Verifying took a while: a credential that lapsed meanwhile is refused.
        let done = self.domain().complete_credential(id, signed, valid_until, self.now()).await?;
        finished(done.id, done.document)
    }

    /// The document before any proof, once the attributes are known to satisfy what is asked.
    fn draft(&self, begin: &Begin, order: &Order) -> Result<Draft, ServiceError> {
        let opening = &begin.opening;
        let schema = &order.schema;
        let attestation = material::attestation(&opening.schema)?;
        let disclosure = material::shown(schema, &order.predicates, &opening.attributes)?;
        let now = self.believed_now()?;
        let valid_until = now.saturating_add(schema.document().valid_for_s).min(opening.expires_at);
        if valid_until < now.saturating_add(LEAST_VALIDITY_S.min(schema.document().valid_for_s)) {
            return Err(ServiceError::LeafExpiring);
        }
        let subject = standing_subject(&order.did, &attestation, &opening.attributes, &disclosure)?;
        let document = unsigned_credential(&Unsigned {
            url: &self.config().public_url,
            id: begin.id,
            subject,
            schema: &order.record,
            status_index: begin.status_index,
            valid_from: now,
            valid_until,
        })?;
        Ok(Draft { document, disclosure, valid_until })
    }

    fn pending_view(&self, pending: &Pending) -> Result<Value, ServiceError> {
        let siblings: Vec<_> = pending.path.siblings.iter().map(field::encode_hex).collect();
        Ok(json!({
            "id": pending.credential.id.to_string(),
            "document": pending.credential.document,
            "opening": opening(&pending.opening)?,
            "path": { "index": pending.path.index, "siblings": siblings },
            "head": pending.head.jws,
            "expires_at": pending.credential.pending_until,
        }))
    }
}

/// What was asked for, checked as far as it can be without the leaf.
struct Order {
    principal: Principal,
    did: AgentDid,
    record: DisclosureSchemaRecord,
    schema: DisclosureSchema,
    predicates: Predicates,
}

struct Draft {
    document: Value,
    disclosure: Disclosure,
    valid_until: u64,
}

/// Adds the issuer's proof to the holder's, and lets the finished document out only when our own verifier
/// takes it. When the key is replaced meanwhile, because it leaked, the new one signs.
fn sign_and_check(
    keys: &IssuerKeys,
    checker: &Checker,
    mut document: Value,
    proof: Value,
    now: u64,
) -> Result<Value, ServiceError> {
    document["proof"] = proof;
    loop {
        let generation = keys.generation();
        let signed = keys.sign_credential(&document, now)?;
        let question = Question::new(signed.to_string().as_bytes(), None);
        let report = checker.check(&question);
        if report.class == Class::Standing && report.authentic() == Some(true) {
            return Ok(signed);
        }
        if keys.generation() == generation {
            let (check, reason) = first_obstacle(&report);
            return Err(ServiceError::ProofRefused { check, reason });
        }
    }
}

/// A document that we made alone and that does not verify is our failure, not the caller's.
fn own_fault(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::ProofRefused { check, reason } => ServiceError::SelfCheck { check, reason },
        error => error,
    }
}

fn finished(id: CredentialId, document: Option<Value>) -> Result<Issued, ServiceError> {
    let document = document.ok_or(DomainError::CredentialState)?;
    Ok(Issued::Credential { id, document })
}

fn valid_until(document: &Value) -> Result<u64, ServiceError> {
    let text = document["validUntil"].as_str().unwrap_or_default();
    Ok(time::parse_utc(text).map_err(crate::documents::DocumentError::from)?)
}

pub(super) fn agent_did(did: &str) -> Result<AgentDid, ServiceError> {
    Ok(did.parse::<AgentDid>().map_err(crate::documents::DocumentError::from)?)
}

/// Refuses for an agent that is not in good standing.
pub(super) fn check_active(status: AgentStatus) -> Result<(), DomainError> {
    match status {
        AgentStatus::Active => Ok(()),
        AgentStatus::Suspended | AgentStatus::Revoked => Err(DomainError::AgentNotActive(status)),
    }
}
