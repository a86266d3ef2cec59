//! Taking connections, as long as there are places and descriptors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::edge::Common;
use super::pulse::Pulse;
use super::refused::Refused;
use crate::log_lines;

/// The pause after an error of the listener itself, such as no free descriptor, when nothing could be closed.
const LONG_PAUSE: Duration = Duration::from_secs(1);
/// The pause when a connection was closed for it.
const SHORT_PAUSE: Duration = Duration::from_millis(20);

/// A listener with what its connections need.
pub(super) struct Acceptor {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) common: Arc<Common>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Acceptor {
    /// Takes connections until the service stops.
    pub(super) async fn run(mut self) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = self.stopping.wait_for(|stopping| *stopping) => return,
            };
            match accepted {
                Ok((stream, peer)) => self.take(stream, peer),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if let Some(left_out) = log_lines::admit("listener", "") {
                        tracing::error!(%error, left_out, "no connection can be taken");
                    }
                    let pause = if self.common.connections.close_one() { SHORT_PAUSE } else { LONG_PAUSE };
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = self.stopping.wait_for(|stopping| *stopping) => return,
                    }
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        let pulse = Pulse::new(self.common.limits);
        let Some(ticket) = self.common.connections.enter(self.common.client_of(peer), &pulse) else {
            if let Some(left_out) = log_lines::admit("places", "") {
                tracing::warn!(left_out, "a connection is refused: all places are at work");
            }
            self.common.figures.no_place();
            if self.tls.is_none() {
                // As much as the socket takes at once; whoever does not read it learns it from the end.
                let _ = stream.try_write(&Refused::no_place().to_bytes());
            }
            return;
        };
        let (common, stopping, tls) = (Arc::clone(&self.common), self.stopping.clone(), self.tls.clone());
        // A connection has a task of its own, so that one that is slow in its handshake keeps nobody waiting.
        tokio::spawn(async move {
            let (_ticket, figures) = (ticket, Arc::clone(&common.figures));
            figures.opened();
            figures.closed(Connection { common, pulse, peer, stopping }.serve(stream, tls).await);
        });
    }
}

/// Whether only the connection that was about to be taken is concerned.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
