//! One connection, from its handshake to its end.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep_until};
use tokio_rustls::TlsAcceptor;

use super::edge::{Common, Edge};
use super::figures::Closed;
use super::io::Watched;
use super::pulse::{Overdue, Pulse};
use super::refused::Refused;
use crate::app::tls::HTTP_2;

/// What is kept of a header or an answer at most, for each connection. Larger headers are refused anyway.
const BUFFER_BYTES: usize = 64 * 1024;
/// What an HTTP/2 client may send before it is read.
const WINDOW_BYTES: u32 = 64 * 1024;
/// An HTTP/2 connection whose peer does not answer for so long is closed.
const PING: Duration = Duration::from_secs(30);
/// How long a client may take to see that an HTTP/2 connection ends.
const GOAWAY: Duration = Duration::from_millis(250);
/// Resets by the client of streams that were not looked at yet, and by the service of streams that broke the protocol.
const RESETS: usize = 20;

/// A connection that was taken.
pub(super) struct Connection {
    pub(super) common: Arc<Common>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) peer: SocketAddr,
    /// Becomes true when the service stops.
    pub(super) stopping: watch::Receiver<bool>,
}

/// How a connection ended.
enum End {
    /// By its peer, or after its last answer.
    Served,
    Overdue(Overdue),
    /// It was told to, for want of places.
    Closed,
}

impl End {
    fn closed(&self) -> Closed {
        match self {
            Self::Served => Closed::Served,
            Self::Closed => Closed::Displaced,
            Self::Overdue(Overdue::Header) => Closed::Header,
            Self::Overdue(Overdue::Idle) => Closed::Idle,
            Self::Overdue(Overdue::Answer) => Closed::Answer,
            Self::Overdue(Overdue::Stopping) => Closed::Stopping,
            Self::Overdue(Overdue::Abandoned) => Closed::Abandoned,
        }
    }
}

impl Connection {
    /// Serves until the peer, the limits or the service end it. Its failures are its client's own and are not worth a line
    /// above `debug`. Returns how it ended.
    pub(super) async fn serve(mut self, stream: TcpStream, tls: Option<TlsAcceptor>) -> Closed {
        let Some(tls) = tls else { return self.http_1(stream).await };
        let handshake = {
            let mut handshake = pin!(tls.accept(stream));
            tokio::select! {
                done = &mut handshake => done,
                () = self.pulse.closed() => return Closed::Displaced,
                _ = self.stopping.wait_for(|stopping| *stopping) => return Closed::Stopping,
                () = tokio::time::sleep(self.common.limits.header) => return Closed::Handshake,
            }
        };
        match handshake {
            Ok(stream) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => self.http_2(stream).await,
            Ok(stream) => self.http_1(stream).await,
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                Closed::Handshake
            }
        }
    }

    fn edge(&self) -> Edge {
        Edge { common: Arc::clone(&self.common), pulse: Arc::clone(&self.pulse), peer: self.peer }
    }

    async fn http_1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(mut self, stream: S) -> Closed {
        let mut builder = http1::Builder::new();
        // The pulse knows a better time for headers: hyper's counts the idle time before them.
        builder.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER_BYTES);
        let io = TokioIo::new(Watched::http_1(stream, &self.edge()));
        let mut connection = builder.serve_connection(io, self.edge());
        let end = self.watch(Pin::new(&mut connection)).await;
        let mut io = connection.into_parts().io.into_inner();
        match end {
            End::Served => io.linger().await,
            End::Overdue(Overdue::Header) => io.end_with(&Refused::header_too_slow()).await,
            End::Overdue(_) | End::Closed => {}
        }
        end.closed()
    }

    async fn http_2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(mut self, stream: S) -> Closed {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .max_concurrent_streams(self.common.limits.streams)
            // Twice what a request may have, so that one that is too large is refused with a problem document. What is
            // larger still never becomes a request: the library resets its stream.
            .max_header_list_size(BUFFER_BYTES as u32)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_send_buf_size(BUFFER_BYTES)
            .max_pending_accept_reset_streams(RESETS)
            .max_local_error_reset_streams(RESETS);
        let io = TokioIo::new(Watched::http_2(stream, &self.edge()));
        let mut connection = pin!(builder.serve_connection(io, self.edge()));
        let end = self.watch(connection.as_mut()).await;
        match end {
            // What is under way would keep its places.
            End::Overdue(Overdue::Idle | Overdue::Header) | End::Closed if self.pulse.requests() == 0 => {
                // GOAWAY says that what comes now is not looked at, so that a client sends it elsewhere.
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(GOAWAY, connection).await;
            }
            End::Served | End::Overdue(_) | End::Closed => {}
        }
        end.closed()
    }

    /// Drives the connection until it ends or has to.
    async fn watch<C>(&mut self, mut connection: Pin<&mut C>) -> End
    where
        C: GracefulConnection,
        C::Error: std::fmt::Display,
    {
        let mut told = false;
        loop {
            let (now, due) = (Instant::now(), self.pulse.deadline());
            if let Some((_, why)) = due.filter(|(at, _)| *at <= now) {
                tracing::debug!(?why, "a connection is closed");
                return End::Overdue(why);
            }
            let next = now + self.pulse.tick();
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke off");
                    }
                    return End::Served;
                }
                () = self.pulse.closed() => return End::Closed,
                _ = self.stopping.wait_for(|stopping| *stopping), if !told => {
                    told = true;
                    self.pulse.stop();
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(due.map_or(next, |(at, _)| at.min(next))) => {}
            }
        }
    }
}
