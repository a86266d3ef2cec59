//! From a connection's requests to the router: what is checked and counted of each before a route sees it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::time::sleep;
use tower::Service as _;

use super::bodies::{Arriving, Leaving};
use super::connections::Connections;
use super::figures::DoorFigures;
use super::head;
use super::pulse::{Pulse, UnderWay};
use super::refused::Refused;
use super::room::Room;
use super::shares::{Full, Share, Shares};
use crate::client::Client;
use crate::config::{Config, ConnectionLimits};
use crate::http::{Receipt, client_of};

/// How often, and after which pause, a request tries for a place that another has to give back first.
const ATTEMPTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// What answers: the service, or before it is there whatever says that it starts.
pub(super) struct Answering(RwLock<Router>);

impl Answering {
    pub(super) fn new(router: Router) -> Self {
        Self(RwLock::new(router))
    }

    pub(super) fn set(&self, router: Router) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    fn get(&self) -> Router {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What all connections share.
pub(super) struct Common {
    pub(super) answering: Answering,
    pub(super) limits: ConnectionLimits,
    pub(super) connections: Arc<Connections>,
    trusted_proxies: Vec<std::net::IpAddr>,
    requests: Arc<Shares>,
    body_bytes: Arc<Room>,
    pub(super) figures: Arc<DoorFigures>,
}

impl Common {
    pub(super) fn new(config: &Config, router: Router) -> Self {
        let limits = config.connections;
        let (requests, body_bytes) = (Shares::new(limits.places), Room::new(limits.body_bytes));
        let figures = Arc::new(DoorFigures::new(Arc::clone(&requests), Arc::clone(&body_bytes)));
        Self {
            answering: Answering::new(router),
            limits,
            connections: Connections::new(limits.places),
            trusted_proxies: config.trusted_proxies.clone(),
            requests,
            body_bytes,
            figures,
        }
    }

    /// Whom a connection is counted for; none when it is a trusted proxy's.
    pub(super) fn client_of(&self, peer: SocketAddr) -> Option<Client> {
        let address = peer.ip().to_canonical();
        let is_proxy = self.trusted_proxies.iter().any(|proxy| proxy.to_canonical() == address);
        (!is_proxy).then(|| Client::of(address))
    }
}

/// The requests of one connection.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) common: Arc<Common>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) peer: SocketAddr,
}

impl Edge {
    async fn answer(self, request: Request<Incoming>, under_way: UnderWay) -> Response<Leaving> {
        let answer = match self.admit(&request).await {
            Ok(place) => self.route(request, place).await,
            Err(refused) => {
                self.common.figures.refused(refused.status());
                refused.into_response()
            }
        };
        answer.map(|body| Leaving::new(body, under_way))
    }

    /// Who calls, with a place for one request more.
    async fn admit(&self, request: &Request<Incoming>) -> Result<(Client, Share), Refused> {
        head::check(request)?;
        let client = client_of(Some(self.peer.ip()), request.headers(), &self.common.trusted_proxies);
        let place = self.common.requests.none(client);
        let mut closed = false;
        for _ in 0..ATTEMPTS {
            match place.grow(1) {
                Ok(()) => return Ok((client, place)),
                Err(Full::Client) => return Err(Refused::too_many_at_once()),
                Err(Full::Total) => closed = closed || self.common.connections.close_for_requests_of(client),
            }
            if !closed {
                break;
            }
            // The connection that was closed gives its places back when its task looks next.
            sleep(PAUSE).await;
        }
        Err(Refused::no_place())
    }

    async fn route(&self, request: Request<Incoming>, (client, _place): (Client, Share)) -> Response<Body> {
        let receipt = Arc::new(Receipt::default());
        let space = Arc::new(self.common.body_bytes.space(client));
        let arriving = |body| Arriving::new(body, Arc::clone(&space), Arc::clone(&receipt), self);
        let mut request = request.map(|body| Body::new(arriving(body)));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request.extensions_mut().insert(Arc::clone(&receipt));
        request.extensions_mut().insert(Arc::clone(&self.common.figures));
        // A router is always ready.
        self.common.answering.get().call(request).await.unwrap_or_else(|never: Infallible| match never {})
    }
}

impl Service<Request<Incoming>> for Edge {
    type Response = Response<Leaving>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Leaving>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let under_way = self.pulse.begin();
        let edge = self.clone();
        Box::pin(async move { Ok(edge.answer(request, under_way).await) })
    }
}
