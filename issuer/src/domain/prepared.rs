//! Presentations of managed agents, proved before their challenge is known: what is worth preparing, where it is
//! kept, when it is dropped.
//!
//! A stored one is a bearer secret for its agent. So it is
//! - sealed under the master key for its own row: a copy in another row does not open;
//! - for one kind, leaf, anchor and span of time, and taken only when all of them are exactly those of the request;
//! - dropped when it is used and shows no pseudonym (its random scope must not be seen twice), when its agent is
//!   revoked, suspended or rotates a key, when its leaf is set to 0 (each in the transaction that decides so), and
//!   when a newer anchor is out or its time is over;
//! - never stored for an agent or leaf that is not in good standing at that moment.
//!
//! What is worth preparing is what was shown most often lately. Of each use no challenge is kept, of its time no more than
//! the hour, and what was shown to whom is sealed too: the rows' names are tags under the master key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::agents::AgentStatus;
use super::ids::AgentUuid;
use super::log::Head;
use super::{Domain, DomainError, ids};
use crate::keys::Place;
use crate::store::Tx;

mod weight;

/// Most kinds prepared for one agent, so that a busy one does not crowd out the others.
const MAX_PER_AGENT: u32 = 8;
/// Most kinds remembered of one agent, for the same reason.
const MAX_REMEMBERED_PER_AGENT: u32 = 4 * MAX_PER_AGENT;
/// Kinds remembered for each one that is prepared.
const REMEMBERED: u32 = 16;
/// What takes over is prepared this long before the hour's presentations end, seconds.
const LEAD_S: u64 = 300;
const TAG_PURPOSE: &str = "presentation-kind";

/// What an agent shows, and to whom: everything about a presentation but its challenge and the moment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PresentationKind {
    /// Who shows; a UUID.
    pub agent: String,
    /// Name of the disclosure schema.
    pub schema: String,
    /// Its version.
    pub version: u32,
    /// Bounds, as asked for.
    pub predicates: Map<String, Value>,
    /// The verifier's origin or DID.
    pub domain: String,
    /// Whether the agent's pseudonym for the domain is shown.
    pub pseudonym: bool,
    /// Whether the agent is named.
    pub show_subject: bool,
}

/// For which leaf and under which head something is prepared.
#[derive(Clone, Copy, Debug)]
pub struct PlaceInLog<'a> {
    /// The log.
    pub log: &'a str,
    /// The leaf.
    pub leaf_index: u32,
    /// The head's publication.
    pub head_seq: u64,
    /// The head's time, Unix seconds.
    pub head_iat: u64,
}

/// Something prepared, opened. A bearer secret.
pub struct Opened {
    id: String,
    /// What was given to [`Domain::keep_prepared`].
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A kind of which something has to be prepared.
#[derive(Clone, Debug)]
pub struct DueKind {
    id: String,
    /// Who shows.
    pub agent: AgentUuid,
    /// What is shown.
    pub kind: PresentationKind,
    /// The moment to prove it for, Unix seconds.
    pub shown_at: u64,
    /// From when it is usable as stored, Unix seconds. For what is wanted now it is the anchor's time: the moment of the
    /// use that made it wanted is not kept.
    usable_from: u64,
}

/// A kind as stored.
pub(crate) struct StoredKind {
    pub id: String,
    pub agent: AgentUuid,
    pub sealed: Vec<u8>,
    /// Until when something prepared can be used that can be used now.
    pub until: Option<u64>,
    /// Until when anything prepared can be used.
    pub last_until: Option<u64>,
}

/// A prepared presentation to be stored.
pub(crate) struct PreparedRow<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub agent: AgentUuid,
    pub place: PlaceInLog<'a>,
    pub usable_from: u64,
    pub usable_until: u64,
    pub sealed: &'a [u8],
}

impl<'a> PlaceInLog<'a> {
    /// A leaf under a head.
    pub fn new(head: &'a Head, leaf_index: u32) -> Self {
        Self { log: &head.log, leaf_index, head_seq: head.seq, head_iat: head.iat }
    }
}

impl PresentationKind {
    /// One spelling of each kind.
    fn canonical(&self) -> Vec<u8> {
        // Cannot fail: every member has a JSON form, and maps have text keys.
        let value = serde_json::to_value(self).unwrap_or_default();
        poa_verifier::json::canonical(&value)
    }
}

impl Domain {
    /// Notes that a kind is shown now, and takes what is prepared of it for exactly this place and time.
    ///
    /// Without a pseudonym it is gone from the database when this returns, whatever becomes of the answer.
    pub async fn use_presentation_kind(
        &self,
        agent: AgentUuid,
        kind: &PresentationKind,
        place: Option<PlaceInLog<'_>>,
        now: u64,
    ) -> Result<Option<Opened>, DomainError> {
        let canonical = kind.canonical();
        let id = &hex::encode(self.master.tag(TAG_PURPOSE, &canonical));
        let sealed_kind = &self.master.seal(&kind_place(id), &canonical, &mut self.rng());
        let found = self
            .store
            .run_tx("use_presentation_kind", |tx, _| {
                Box::pin(async move {
                    let before = tx.kind_weight(id).await?;
                    let weight = weight::after_use(before, now);
                    match before {
                        Some(_) => tx.set_kind_weight(id, weight).await?,
                        None => tx.insert_kind(id, agent, sealed_kind, weight).await?,
                    }
                    let Some(place) = &place else { return Ok::<_, DomainError>(None) };
                    let found = tx.prepared(id, place, now).await?;
                    if let Some((row, _)) = &found
                        && !kind.pseudonym
                    {
                        tx.delete_prepared(row).await?;
                    }
                    Ok(found)
                })
            })
            .await?;
        match found {
            Some((row, sealed)) => {
                let column = place.map(|place| presentation_column(id, &place)).unwrap_or_default();
                self.open_prepared(row, &column, &sealed).await
            }
            None => Ok(None),
        }
    }

    /// One that does not open was altered or moved: it is dropped and never served.
    async fn open_prepared(&self, id: String, column: &str, sealed: &[u8]) -> Result<Option<Opened>, DomainError> {
        match self.master.open(&presentation_place(&id, column), sealed) {
            Ok(bytes) => Ok(Some(Opened { id, bytes })),
            Err(error) => {
                tracing::error!(%error, "a prepared presentation does not open and is dropped");
                self.drop_row(&id).await?;
                Ok(None)
            }
        }
    }

    /// Drops one that turned out to be of no use.
    pub async fn drop_prepared(&self, opened: &Opened) -> Result<(), DomainError> {
        self.drop_row(&opened.id).await
    }

    async fn drop_row(&self, id: &str) -> Result<(), DomainError> {
        self.store
            .run_tx("drop_prepared", |tx, _| {
                Box::pin(async move {
                    tx.delete_prepared(id).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Of the `limit` kinds shown most often, those of which nothing is prepared under `anchor` for now, or for the
    /// next hour once this one ends in five minutes.
    pub async fn due_presentations(&self, anchor: &Head, limit: u32, now: u64) -> Result<Vec<DueKind>, DomainError> {
        let place = PlaceInLog::new(anchor, 0);
        let most_used = self
            .store
            .read_tx(|tx, _| {
                Box::pin(
                    async move { Ok::<_, DomainError>(tx.most_used_kinds(&place, now, limit, MAX_PER_AGENT).await?) },
                )
            })
            .await?;
        let mut due = Vec::new();
        for stored in most_used {
            let Some(shown_at) = due_at(&stored, now) else { continue };
            let usable_from = if shown_at <= now { anchor.iat.min(now) } else { shown_at };
            match self.open_kind(&stored) {
                Some(kind) => due.push(DueKind { id: stored.id, agent: stored.agent, kind, shown_at, usable_from }),
                None => self.forget(&stored.id).await?,
            }
        }
        Ok(due)
    }

    fn open_kind(&self, stored: &StoredKind) -> Option<PresentationKind> {
        let opened = self.master.open(&kind_place(&stored.id), &stored.sealed);
        let kind = opened.ok().and_then(|bytes| serde_json::from_slice::<PresentationKind>(&bytes).ok());
        let kind = kind.filter(|kind| kind.agent == stored.agent.to_string());
        if kind.is_none() {
            tracing::error!("a presentation kind does not open and is forgotten");
        }
        kind
    }

    /// Forgets a kind that cannot be shown any more; it is learned again when it is.
    pub async fn forget_presentation_kind(&self, due: &DueKind) -> Result<(), DomainError> {
        self.forget(&due.id).await
    }

    async fn forget(&self, id: &str) -> Result<(), DomainError> {
        self.store
            .run_tx("forget_presentation_kind", |tx, _| {
                Box::pin(async move { Ok::<_, DomainError>(tx.delete_kind(id).await?) })
            })
            .await
    }

    /// Seals and stores what was prepared. False, and nothing is stored, when agent, leaf or anchor are no longer
    /// those it was prepared for.
    pub async fn keep_prepared(
        &self,
        due: &DueKind,
        place: PlaceInLog<'_>,
        usable_until: u64,
        bytes: &[u8],
    ) -> Result<bool, DomainError> {
        let mut rng = self.rng();
        let id = &ids::random_uuid(&mut rng).hyphenated().to_string();
        let column = presentation_column(&due.id, &place);
        let sealed = &self.master.seal(&presentation_place(id, &column), bytes, &mut rng);
        let row = &PreparedRow {
            id,
            kind: &due.id,
            agent: due.agent,
            place,
            usable_from: due.usable_from,
            usable_until,
            sealed,
        };
        self.store
            .run_tx("keep_prepared", |tx, _| {
                Box::pin(async move {
                    let kept = self.still_stands(tx, row).await? && tx.insert_prepared(row).await?;
                    Ok::<_, DomainError>(kept)
                })
            })
            .await
    }

    async fn still_stands(&self, tx: &mut Tx, row: &PreparedRow<'_>) -> Result<bool, DomainError> {
        let log = self.settings.log.as_str();
        let place = &row.place;
        let active = self.required_agent(tx, row.agent).await?.status == AgentStatus::Active;
        let leaf = tx.live_leaf(row.agent, log).await?.map(|leaf| leaf.index);
        let anchor = tx.newest_anchor(log).await?.map(|anchor| (anchor.seq, anchor.iat));
        Ok(active
            && leaf == Some(place.leaf_index)
            && anchor == Some((place.head_seq, place.head_iat))
            && tx.kind_weight(row.kind).await?.is_some())
    }

    /// Drops what a newer anchor or the clock made useless, and forgets kinds that are hardly shown any more.
    pub async fn drop_stale_prepared(&self, limit: u32, now: u64) -> Result<u64, DomainError> {
        let log = self.settings.log.as_str();
        let remembered = limit.saturating_mul(REMEMBERED);
        self.store
            .run_tx("drop_stale_prepared", |tx, _| {
                Box::pin(async move {
                    // Without an anchor nothing was ever prepared.
                    let Some(anchor) = tx.newest_anchor(log).await? else { return Ok::<_, DomainError>(0) };
                    tx.delete_light_kinds(weight::forgotten_below(now), remembered, MAX_REMEMBERED_PER_AGENT).await?;
                    Ok(tx.delete_stale_prepared(log, anchor.seq, anchor.iat, now).await?)
                })
            })
            .await
    }
}

/// From when something is needed; none when there is enough.
fn due_at(stored: &StoredKind, now: u64) -> Option<u64> {
    let Some(until) = stored.until else { return Some(now) };
    let ends_soon = until - now < LEAD_S;
    let nothing_after = stored.last_until.is_none_or(|last| last <= until);
    (ends_soon && nothing_after).then_some(until + 1)
}

fn kind_place(row: &str) -> Place<'_> {
    Place { table: "presentation_kinds", row, column: "sealed_kind" }
}

fn presentation_place<'a>(row: &'a str, column: &'a str) -> Place<'a> {
    Place { table: "prepared_presentations", row, column }
}

/// What is sealed opens only for the kind (its tag says whose, what and to whom) and the place it was prepared for, as
/// the request has them: whoever can edit the row's other columns cannot have it served for another.
fn presentation_column(kind: &str, place: &PlaceInLog<'_>) -> String {
    let PlaceInLog { log, leaf_index, head_seq, head_iat } = place;
    format!("sealed_presentation/{kind}/{leaf_index}/{head_seq}/{head_iat}/{log}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind() -> PresentationKind {
        PresentationKind {
            agent: "67e55044-10b1-426f-9247-bb680e5fe0c8".into(),
            schema: "task_completion".into(),
            version: 1,
            predicates: Map::new(),
            domain: "https://verifier.example".into(),
            pseudonym: false,
            show_subject: false,
        }
    }

    #[test]
    fn each_member_makes_another_kind() {
        let changed = |change: fn(&mut PresentationKind)| {
            let mut kind = kind();
            change(&mut kind);
            kind.canonical()
        };
        let forms = [
            changed(|_| {}),
            changed(|kind| kind.agent = "67e55044-10b1-426f-9247-bb680e5fe0c9".into()),
            changed(|kind| kind.schema = "earnings_proof".into()),
            changed(|kind| kind.version = 2),
            changed(|kind| _ = kind.predicates.insert("reputation".into(), serde_json::json!({ "atLeast": 500 }))),
            changed(|kind| kind.domain = "https://elsewhere.example".into()),
            changed(|kind| kind.pseudonym = true),
            changed(|kind| kind.show_subject = true),
        ];
        let different: std::collections::BTreeSet<_> = forms.iter().collect();
        assert_eq!(different.len(), forms.len());
    }

    #[test]
    fn what_takes_over_is_due_five_minutes_before_the_end() {
        let due = |until: Option<u64>, last_until: Option<u64>| {
            let agent = kind().agent.parse().unwrap();
            due_at(&StoredKind { id: String::new(), agent, sealed: Vec::new(), until, last_until }, 1_000)
        };
        assert_eq!(due(None, None), Some(1_000));
        assert_eq!(due(None, Some(2_000)), Some(1_000), "what is for later does not serve now");
        assert_eq!(due(Some(1_300), Some(1_300)), None);
        assert_eq!(due(Some(1_299), Some(1_299)), Some(1_300));
        assert_eq!(due(Some(1_299), Some(2_000)), None);
        assert_eq!(due(Some(1_000), Some(1_000)), Some(1_001));
    }
}
