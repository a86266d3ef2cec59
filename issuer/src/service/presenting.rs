//! Presentations for managed agents: the service answers a verifier's challenge in the agent's name, when
//! the agent itself asks for it.
//!
//! One that was [prepared](super::preparing) answers when it is for exactly this agent, disclosure schema, predicates,
//! domain, naming, leaf, head and hour; else the proof is made now. The two cannot be told apart, and both are checked
//! as the verifier will before they leave.

use std::time::Instant;

use poa_circuits::native::scope;
use poa_circuits::native::tree::Path;
use poa_prover::{Audience, Disclosure, Material, Occasion, Predicates, PreparedPresentation, Showing, present};
use poa_verifier::Request;
use poa_verifier::schema::DisclosureSchema;
use poa_verifier::time;
use poa_verifier::zk_proof::Binding;
use serde_json::{Map, Value};

use super::checking::{Checker, Question, first_obstacle};
use super::issuing::{agent_did, check_active};
use super::{ServiceError, material};
use crate::app::App;
use crate::documents::DocumentError;
use crate::domain::{Agent, AgentUuid, Custody, DomainError, Head, Opened, Opening, PlaceInLog, PresentationKind};
use crate::proving::Principal;

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
    /// Whether the caller agrees to a root that is not the hour's anchor, under which few others present.
    pub allow_newest_root: bool,
}

/// A presentation that verified.
#[derive(Debug)]
pub struct Presented {
    /// As it goes to the verifier.
    pub document: Value,
    /// Whether it stands under the hour's anchor, as everybody's does.
    pub under_anchor: bool,
}

/// What a presentation of one kind is made from, before any proof: known to be allowed and true.
pub(super) struct Ready {
    agent: Agent,
    opening: Opening,
    pub head: Head,
    schema: DisclosureSchema,
    disclosure: Disclosure,
    audience: Audience,
}

/// The same with the secrets and the path, for a worker.
pub(super) struct Provable {
    material: Material,
    head: Head,
    schema: DisclosureSchema,
    disclosure: Disclosure,
    audience: Audience,
    issuer_url: String,
}

impl App {
    /// Makes a presentation, and checks it as the verifier will, before it leaves.
    pub async fn present(&self, wanted: Present) -> Result<Presented, ServiceError> {
        let began = Instant::now();
        let request = request(&wanted)?;
        self.sound_now().await?;
        let (kind, challenge, principal) = (kind(&wanted), wanted.challenge, Principal::Agent(wanted.agent));
        let ready = self.ready(wanted.agent, &kind, wanted.allow_newest_root).await?;
        let under_anchor = ready.head.anchor;
        // Nothing is prepared under another head than an anchor.
        let place = ready.head.anchor.then(|| ready.place());
        let opened = match self.config().prepared {
            // Nothing is noted of what nothing is prepared for.
            0 => None,
            _ => self.domain().use_presentation_kind(wanted.agent, &kind, place, self.now()).await?,
        };
        self.wake_preparer();
        // Before a direct answer was timed nothing is known to keep a prepared one back for.
        let usable = !self.config().level_timing || self.direct_times().level().is_some();
        if usable
            && let Some(opened) = opened
            && let Some(document) = self.finish(principal, opened, &challenge, &request).await?
        {
            self.keep_back(began).await;
            return Ok(Presented { document, under_anchor });
        }
        let provable = self.provable(ready).await?;
        let checker = self.checker().await?;
        let (engine, mut rng, now) = (self.engine(), self.rng(), self.now());
        let document = self
            .provers()
            .run(principal, move || {
                let made = present(&engine, &provable.material, &provable.showing(now), &challenge, &mut rng)?;
                check(&checker, made, request)
            })
            .await??;
        self.note_proof();
        self.direct_times().note(began.elapsed());
        self.keep_back(began).await;
        Ok(Presented { document, under_anchor })
    }

    /// Waits until a direct answer would be there, when answers are levelled. Direct ones wait too: their own
    /// differences would tell them from those that wait for the level.
    async fn keep_back(&self, began: Instant) {
        if !self.config().level_timing {
            return;
        }
        let level = self.direct_times().level();
        if let Some(level) = level {
            tokio::time::sleep_until((began + level).into()).await;
        }
    }

    /// Answers the challenge with what was prepared; none when that turns out to be of no use, which the log tells.
    async fn finish(
        &self,
        principal: Principal,
        opened: Opened,
        challenge: &str,
        request: &Request,
    ) -> Result<Option<Value>, ServiceError> {
        let checker = self.checker().await?;
        let (engine, mut rng, now) = (self.engine(), self.rng(), self.now());
        let (challenge, request) = (challenge.to_owned(), request.clone());
        let (opened, made) = self
            .provers()
            .run(principal, move || {
                let finish = || -> Result<Value, ServiceError> {
                    let key = engine.verifying_key();
                    let mut prepared = PreparedPresentation::restore(key, &opened.bytes, &mut rng)?;
                    check(&checker, prepared.present(key, &challenge, now, &mut rng)?, request)
                };
                let made = finish();
                (opened, made)
            })
            .await?;
        match made {
            Ok(presentation) => Ok(Some(presentation)),
            Err(error @ ServiceError::Binding { .. }) => Err(error),
            Err(error) => {
                tracing::error!(%error, "a prepared presentation is of no use and is dropped");
                self.domain().drop_prepared(&opened).await?;
                Ok(None)
            }
        }
    }

    /// Everything about a kind but the proof; refused as a presentation of it is refused.
    pub(super) async fn ready(
        &self,
        agent: AgentUuid,
        kind: &PresentationKind,
        allow_newest_root: bool,
    ) -> Result<Ready, ServiceError> {
        let domain = self.domain();
        let agent = domain.agent(agent).await?;
        check_active(agent.status)?;
        if agent.custody != Custody::Issuer {
            return Err(DomainError::Custody.into());
        }
        let record = domain.disclosure_schema(&kind.schema, kind.version).await?;
        let schema = material::disclosure(&record)?;
        let opening = domain.leaf_opening(agent.id).await?;
        let attestation = material::attestation(&opening.schema)?;
        let predicates = Predicates::from_json(&Value::Object(kind.predicates.clone()), &attestation)?;
        let disclosure = material::shown(&schema, &predicates, &opening.attributes)?;
        let head = self.head_for(&opening, allow_newest_root).await?;
        let audience =
            Audience { domain: kind.domain.clone(), pseudonym: kind.pseudonym, show_subject: kind.show_subject };
        Ok(Ready { agent, opening, head, schema, disclosure, audience })
    }

    /// Adds what only a proof needs.
    pub(super) async fn provable(&self, ready: Ready) -> Result<Provable, ServiceError> {
        let Ready { agent, opening, head, schema, disclosure, audience } = ready;
        let secrets = self.domain().managed_secrets(agent.id).await?;
        let path: Path = self.domain().leaf_path(opening.index, head.seq).await?;
        let material = material::material(&opening, path, secrets, agent_did(&agent.did)?)?;
        let issuer_url = self.config().public_url.to_string();
        Ok(Provable { material, head, schema, disclosure, audience, issuer_url })
    }

    /// The hour's anchor when the leaf is in it, so that everybody of the hour shares one root; else the newest head,
    /// when the caller agrees: few leaves are newer than the anchor, and that is told with it.
    async fn head_for(&self, opening: &Opening, allow_newest_root: bool) -> Result<Head, ServiceError> {
        match self.domain().anchor_head().await {
            Ok(anchor) if opening.seq <= anchor.seq => return Ok(anchor),
            Ok(_) | Err(DomainError::NoHead) => {}
            Err(error) => return Err(error.into()),
        }
        if allow_newest_root {
            return Ok(self.domain().latest_head().await?);
        }
        let now = self.now();
        let next = self.domain().next_anchor_at(now).await?;
        let next_anchor = time::format_utc(next).map_err(DocumentError::from)?;
        // At least a moment: the publication itself takes some time.
        Err(ServiceError::LeafNotInAnchor { next_anchor, seconds: (next - now).max(1) })
    }
}

impl Ready {
    /// Which leaf it is about, under which head.
    pub fn place(&self) -> PlaceInLog<'_> {
        PlaceInLog::new(&self.head, self.opening.index)
    }

    /// The leaf.
    pub fn leaf_index(&self) -> u32 {
        self.opening.index
    }
}

impl Provable {
    /// What is shown, as of a moment in Unix seconds.
    pub fn showing(&self, now_unix_s: u64) -> Showing<'_> {
        let occasion =
            Occasion { issuer_url: &self.issuer_url, head_jws: &self.head.jws, now_unix_s, valid_at_least: None };
        Showing { schema: &self.schema, disclosure: &self.disclosure, audience: &self.audience, occasion }
    }

    /// Opening, path and secrets.
    pub fn material(&self) -> &Material {
        &self.material
    }
}

fn kind(wanted: &Present) -> PresentationKind {
    PresentationKind {
        agent: wanted.agent.to_string(),
        schema: wanted.name.clone(),
        version: wanted.version,
        predicates: wanted.predicates.clone(),
        domain: wanted.domain.clone(),
        pseudonym: wanted.audience.is_some(),
        show_subject: wanted.show_subject,
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
    let question = Question::new(made.to_string().as_bytes(), Some(request));
    let report = checker.check(&question);
    if report.verified() {
        return Ok(made);
    }
    let (check, reason) = first_obstacle(&report);
    Err(ServiceError::SelfCheck { check, reason })
}
