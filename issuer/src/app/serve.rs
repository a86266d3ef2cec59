//! Serving over a socket until told to stop, with TLS when the configuration names a certificate.
//!
//! | file | what |
//! |---|---|
//! | `accept` | the listener |
//! | `connections`, `shares`, `room` | who holds how many places and bytes |
//! | `connection`, `pulse`, `io`, `frames` | one connection: what it does, until when it may, its socket |
//! | `edge`, `head`, `bodies` | one request: its header, its body, its answer |
//! | `refused`, `starting` | answers that no route makes |
//! | `figures` | what is counted |

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::accept::Acceptor;
use self::edge::Common;
pub(crate) use self::figures::DoorFigures;
use super::{App, OpenError, tls};
use crate::config::Config;

mod accept;
mod bodies;
mod connection;
mod connections;
mod edge;
mod figures;
mod frames;
mod head;
mod io;
mod pulse;
mod refused;
mod room;
mod shares;
mod starting;

/// A listener that answers from the moment it is opened: until there is a service, that it starts. Dropping it ends all
/// connections.
pub struct Door {
    common: Arc<Common>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Door {
    /// Takes connections from now on. Needs a running Tokio.
    pub fn open(listener: TcpListener, config: &Config, now_unix_s: u64) -> Result<Self, OpenError> {
        Self::open_with(listener, config, now_unix_s, starting::router())
    }

    /// Takes connections from now on, which `router` answers.
    fn open_with(listener: TcpListener, config: &Config, now_unix_s: u64, router: Router) -> Result<Self, OpenError> {
        config.check()?;
        let tls = config.tls.as_ref().map(|files| tls::acceptor(files, now_unix_s)).transpose()?;
        let common = Arc::new(Common::new(config, router));
        let (stop, stopping) = watch::channel(false);
        let acceptor = Acceptor { listener, tls, common: Arc::clone(&common), stopping };
        Ok(Self { common, stop, accepting: tokio::spawn(acceptor.run()) })
    }

    /// From now on this answers, before whoever waits for the service is told that it is there.
    pub fn answer_with(&self, router: Router) {
        self.common.answering.set(router);
    }

    /// Takes no more connections and lets requests under way finish, as long as the limits say.
    async fn close(self) {
        let drain = self.common.limits.drain;
        self.stop.send_replace(true);
        // It fails when it panicked; then it takes no more connections either.
        let _ = self.accepting.await;
        // Each connection listens for the word as long as it lives.
        if tokio::time::timeout(drain, self.stop.closed()).await.is_err() {
            tracing::warn!("requests under way did not finish in time");
        }
    }
}

impl App {
    /// Opens the door on `listener` and serves there, see [`Self::serve_at`].
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        // There is a service already: nobody is told that it starts.
        let door =
            Door::open_with(listener, self.config(), self.now(), self.router()).map_err(std::io::Error::other)?;
        self.serve_at(door, shutdown).await
    }

    /// Serves at `door`, publishes, watches the chain and reads other issuers' lists, until `shutdown` resolves; then lets
    /// requests under way finish, for at most twenty seconds, stops publishing, and closes the database.
    pub async fn serve_at(
        self: Arc<Self>,
        door: Door,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let publisher = self.spawn_publisher();
        let watcher = self.spawn_watcher();
        let list_reader = self.spawn_list_reader();
        door.answer_with(self.router());
        shutdown.await;
        door.close().await;
        list_reader.stop().await;
        watcher.stop().await;
        publisher.stop().await;
        // Whoever copies the file of a stopped service copies everything.
        self.domain.store().close().await;
        Ok(())
    }
}
