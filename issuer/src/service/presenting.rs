//! Presentations for managed agents: the service answers a verifier's challenge in the agent's name, when
//! the agent itself asks for it.

use poa_circuits::native::scope;
use poa_circuits::native::tree::Path;
use poa_prover::{Audience, Occasion, Predicates, Showing, present};
use poa_verifier::Request;
use poa_verifier::zk_proof::Binding;
use serde_json::{Map, Value};

use super::checking::{Checker, Question, first_obstacle};
use super::issuing::{agent_did, check_active};
use super::{ServiceError, material};
use crate::app::App;
use crate::domain::{AgentUuid, Head, Opening};

/// What a managed agent wants to show, and to whom.
#[derive(Debug)]
pub struct Present {
    /// Who shows.
    pub agent: AgentUuid,
    /// Name of the disclosure schema.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Bounds to be shown.
    pub predicates: Map<String, Value>,
    /// Whose pseudonym is shown; equals `domain`.
    pub audience: Option<String>,
    /// The verifier's challenge.
    pub challenge: String,
    /// The verifier's origin or DID.
    pub domain: String,
    /// Whether the agent is named.
    pub show_subject: bool,
}

impl App {
    /// Makes a presentation, and checks it as the verifier will, before it leaves.
    pub async fn present(&self, wanted: Present) -> Result<Value, ServiceError> {
        let request = request(&wanted)?;
        let domain = self.domain();
        let agent = domain.agent(wanted.agent).await?;
        check_active(agent.status)?;
        let secrets = domain.managed_secrets(agent.id).await?;
        let record = domain.disclosure_schema(&wanted.name, wanted.version).await?;
        let schema = material::disclosure(&record)?;
        let opening = domain.leaf_opening(agent.id).await?;
        let attestation = material::attestation(&opening.schema)?;
        let predicates = Predicates::from_json(&Value::Object(wanted.predicates), &attestation)?;
        let disclosure = material::shown(&schema, &predicates, &opening.attributes)?;
        let (head, path) = self.head_for(&opening).await?;
        let material = material::material(&opening, path, secrets, agent_did(&agent.did)?)?;
        let audience =
            Audience { domain: wanted.domain, pseudonym: wanted.audience.is_some(), show_subject: wanted.show_subject };
        let checker = self.checker().await?;
        let (engine, mut rng, now) = (self.engine(), self.rng(), self.now());
        let url = self.config().public_url.to_string();
        let presentation = self
            .provers()
            .run(move || {
                let occasion =
                    Occasion { issuer_url: &url, head_jws: &head.jws, now_unix_s: now, valid_at_least: None };
                let showing = Showing { schema: &schema, disclosure: &disclosure, audience: &audience, occasion };
                let made = present(engine, &material, &showing, &wanted.challenge, &mut rng)?;
                check(&checker, made, request)
            })
            .await??;
        self.note_proof();
        Ok(presentation)
    }

    /// The hour's anchor when the leaf is in it, so that everybody of the hour shares one root; else the
    /// newest head.
    async fn head_for(&self, opening: &Opening) -> Result<(Head, Path), ServiceError> {
        let anchor = self.domain().anchor_head().await?;
        let head = if opening.seq <= anchor.seq { anchor } else { self.domain().latest_head().await? };
        let path = self.domain().leaf_path(opening.index, head.seq).await?;
        Ok((head, path))
    }
}

/// What the verifier will ask, as far as we know it.
fn request(wanted: &Present) -> Result<Request, ServiceError> {
    let audience = match &wanted.audience {
        Some(audience) if *audience != wanted.domain => {
            let reason = "the domain of a presentation with a pseudonym is its audience".to_owned();
            return Err(ServiceError::Binding { member: "audience", reason });
        }
        Some(audience) => Some(
            scope::Audience::new(audience)
                .map_err(|error| ServiceError::Binding { member: "audience", reason: error.to_string() })?,
        ),
        None => None,
    };
    let binding = Binding { challenge: wanted.challenge.clone(), domain: wanted.domain.clone() };
    Ok(Request { audience, binding: Some(binding), ..Request::default() })
}

fn check(checker: &Checker, made: Value, request: Request) -> Result<Value, ServiceError> {
    let question = Question { document: made.to_string().into_bytes(), request: Some(request) };
    let report = checker.check(&question);
    if report.verified() {
        return Ok(made);
    }
    let (check, reason) = first_obstacle(&report);
    Err(ServiceError::SelfCheck { check, reason })
}
