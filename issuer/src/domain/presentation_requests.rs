//! What verifiers ask of holders: a request waits for one answer for ten minutes, and its outcome for the verifier for
//! another hour.
//!
//! The challenge is used up by taking the request, in one transaction, before the answer is verified: of two answers
//! at the same moment one is verified. When the service fails or stops meanwhile, nothing is verified under that challenge.
//!
//! Anybody may state one for the service's own origin, so places are bounded: per client, per network, in all. When all
//! are taken, [`places`] says whose oldest gives way. Clients and networks are stored as tags under the master key.

use std::str::FromStr;

use serde_json::Value;

use self::places::{GivesWay, gives_way};
use super::ids::{PresentationRequestId, VerifierId};
use super::{Domain, DomainError, Kind};
use crate::client::Client;
use crate::store::Tx;

pub mod places;

/// How long a request may be answered, in seconds.
pub const TTL_S: u64 = 600;
/// How long it is kept after that, in seconds, so that its verifier learns the outcome.
pub const KEPT_S: u64 = 3_600;
/// Most requests that wait for an answer.
pub const MAX_OPEN: u64 = 10_000;
/// Most of them that one client stated: twice what its calls in ten minutes allow.
pub const MAX_OPEN_OF_CLIENT: u64 = 80;
/// Most of them that one network stated, an IPv4 /24 or an IPv6 /48; also of a registered verifier, wherever it is.
pub const MAX_OPEN_OF_NETWORK: u64 = 400;

/// How far a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestState {
    /// It may be answered.
    Open,
    /// Its challenge is used; the answer is being verified.
    Taken,
    /// It has its report.
    Answered,
}

/// Who vouches that the verifier named in a request is the one that stated it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Voucher {
    /// It is for the service's own origin.
    Service,
    /// The operator registered the verifier, which showed its token.
    Operator(VerifierId),
    /// The verifier, which signed the request: the holder checks that, nobody else has.
    Signature(String),
}

impl Voucher {
    /// The name in answers.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Operator(_) => "operator",
            Self::Signature(_) => "signature",
        }
    }
}

/// For whom a place is counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Places {
    /// Tag of the client.
    pub client: String,
    /// Tag of its network.
    pub network: String,
}

/// A request to be opened.
#[derive(Clone, Debug)]
pub struct NewPresentationRequest {
    /// The demands, with challenge and domain.
    pub request: Value,
    /// SHA-256 of the verifier's token.
    pub token_sha256: [u8; 32],
    /// Until when its verifier wants it answered, Unix seconds; ten minutes at most.
    pub expires_at: Option<u64>,
    /// Who vouches for it.
    pub voucher: Voucher,
    /// Who stated it.
    pub stated_by: StatedBy,
}

/// Who stated a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatedBy {
    /// Whoever calls from there.
    Client(Client),
    /// A registered verifier, by its token.
    Verifier(VerifierId),
}

/// A verifier's request.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentationRequest {
    /// Its id.
    pub id: PresentationRequestId,
    /// The demands, with challenge and domain.
    pub request: Value,
    /// SHA-256 of the verifier's token.
    pub token_sha256: [u8; 32],
    /// Unix seconds.
    pub expires_at: u64,
    /// How far it is.
    pub state: RequestState,
    /// Who vouches for it.
    pub voucher: Voucher,
    /// Whether somebody has fetched it to answer.
    pub fetched: bool,
    /// Of the answer, exactly when it is answered.
    pub report: Option<Value>,
}

impl RequestState {
    /// The name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Answered => "answered",
        }
    }
}

impl FromStr for RequestState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Taken, Self::Answered].into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

impl Domain {
    /// Keeps a request that a holder may answer from now on.
    pub async fn open_presentation_request(
        &self,
        new: NewPresentationRequest,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        let places = &self.places(new.stated_by);
        let opened = PresentationRequest {
            id: PresentationRequestId::random(&mut self.rng()),
            request: new.request,
            token_sha256: new.token_sha256,
            expires_at: new.expires_at.unwrap_or(u64::MAX).min(now + TTL_S),
            state: RequestState::Open,
            voucher: new.voucher,
            fetched: false,
            report: None,
        };
        let new = &opened;
        self.store
            .run_tx("open_presentation_request", |tx, _| {
                Box::pin(async move {
                    take_place(tx, places, now).await?;
                    if !tx.insert_presentation_request(new, places).await? {
                        return Err(DomainError::SignedRequestKnown);
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(opened)
    }

    /// A registered verifier has places of its own, whatever network it shares.
    fn places(&self, stated_by: StatedBy) -> Places {
        match stated_by {
            StatedBy::Verifier(verifier) => {
                let tag = self.place_tag("verifier", &verifier.to_string());
                Places { client: tag.clone(), network: tag }
            }
            StatedBy::Client(client) => self.places_of(client),
        }
    }

    /// Where a client's places are counted.
    pub(super) fn places_of(&self, client: Client) -> Places {
        Places {
            client: self.place_tag("client", &client.to_string()),
            network: self.place_tag("network", &client.network().to_string()),
        }
    }

    fn place_tag(&self, kind: &str, text: &str) -> String {
        hex::encode(&self.places_key.tag(format!("{kind} {text}").as_bytes())[..16])
    }

    /// A request for a holder that may answer it.
    pub async fn fetch_presentation_request(
        &self,
        id: PresentationRequestId,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        let found = self.presentation_request(id, now).await?;
        if found.state == RequestState::Open && !found.fetched && now < found.expires_at {
            let mark = "fetch_presentation_request";
            self.store.run_tx(mark, |tx, _| Box::pin(async move { tx.mark_request_fetched(id).await })).await?;
        }
        Ok(found)
    }

    /// A request, until an hour after it expired.
    pub async fn presentation_request(
        &self,
        id: PresentationRequestId,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        let found = self.store.read_tx(|tx, _| Box::pin(async move { tx.presentation_request(id).await })).await?;
        let kept = |request: &PresentationRequest| now <= request.expires_at + KEPT_S;
        found.filter(kept).ok_or(DomainError::NotFound(Kind::PresentationRequest))
    }

    /// Uses up the challenge of a request that may be answered, and gives the request.
    pub async fn take_presentation_request(
        &self,
        id: PresentationRequestId,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        self.store
            .run_tx("take_presentation_request", |tx, _| {
                Box::pin(async move {
                    if tx.take_presentation_request(id, now).await? {
                        return tx.presentation_request(id).await?.ok_or(DomainError::Challenge);
                    }
                    match tx.presentation_request(id).await? {
                        Some(_) => Err(DomainError::Challenge),
                        None => Err(DomainError::NotFound(Kind::PresentationRequest)),
                    }
                })
            })
            .await
    }

    /// Gives a taken request its report.
    pub async fn conclude_presentation_request(
        &self,
        id: PresentationRequestId,
        report: &Value,
    ) -> Result<(), DomainError> {
        self.store
            .run_tx("conclude_presentation_request", |tx, _| {
                Box::pin(async move { Ok(tx.conclude_presentation_request(id, report).await?) })
            })
            .await
    }

    /// Opens a taken request again: its answer was not looked at, because the service was too busy.
    pub async fn reopen_presentation_request(&self, id: PresentationRequestId) -> Result<(), DomainError> {
        self.store
            .run_tx("reopen_presentation_request", |tx, _| {
                Box::pin(async move { Ok(tx.reopen_presentation_request(id).await?) })
            })
            .await
    }
}

/// Finds a place for one more, or refuses.
async fn take_place(tx: &mut Tx, places: &Places, now: u64) -> Result<(), DomainError> {
    let (of_client, of_network) = tx.open_requests_of(places, now).await?;
    // Those of a registered verifier are the same: it has one tag.
    if places.client != places.network && of_client >= MAX_OPEN_OF_CLIENT {
        return Err(DomainError::TooManyOpenOf("client"));
    }
    if of_network >= MAX_OPEN_OF_NETWORK {
        return Err(DomainError::TooManyOpenOf("network"));
    }
    if tx.open_presentation_requests(now).await? < MAX_OPEN {
        return Ok(());
    }
    let gone = match gives_way(&places.network, &tx.open_requests_by_network(now).await?) {
        Some(GivesWay::Unfetched(network)) => tx.delete_oldest_open_request(&network, false, now).await?,
        Some(GivesWay::Any(network)) => tx.delete_oldest_open_request(&network, true, now).await?,
        None => false,
    };
    if gone { Ok(()) } else { Err(DomainError::TooManyPresentationRequests) }
}
