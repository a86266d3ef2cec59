//! Serving over a socket until told to stop, with TLS when the configuration names a certificate.
//!
//! Each connection has a task of its own, so that a client which is slow in its handshake keeps nobody waiting.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use super::App;
use super::tls::HTTP_2;

/// How long requests under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may wait for the header of its next request. Longer than proxies keep idle connections.
const HEADER: Duration = Duration::from_secs(75);
/// An HTTP/2 connection whose peer does not answer for so long is closed.
const PING: Duration = Duration::from_secs(30);
/// The pause after an error of the listener itself, such as no free file descriptor.
const LISTENER_PAUSE: Duration = Duration::from_secs(1);

/// What every connection needs.
#[derive(Clone)]
struct Server {
    router: Router,
    tls: Option<TlsAcceptor>,
}

impl App {
    /// Serves on `listener`, publishes, watches the chain and reads other issuers' lists, until `shutdown` resolves; then lets requests under way
    /// finish, for at most twenty seconds, and stops publishing.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let publisher = self.spawn_publisher();
        let watcher = self.spawn_watcher();
        let list_reader = self.spawn_list_reader();
        let server = Server { router: self.router(), tls: self.tls.clone() };
        let connections = GracefulShutdown::new();
        server.accept(&listener, &connections, shutdown).await;
        drop(listener);
        if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
            tracing::warn!("requests under way did not finish in time");
        }
        list_reader.stop().await;
        watcher.stop().await;
        publisher.stop().await;
        Ok(())
    }
}

impl Server {
    /// Takes connections until `shutdown` resolves.
    async fn accept(&self, listener: &TcpListener, connections: &GracefulShutdown, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut shutdown => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(self.clone().connection(stream, peer, connections.watcher()));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken");
                    tokio::time::sleep(LISTENER_PAUSE).await;
                }
            }
        }
    }

    /// Serves one connection. Its failures are its client's own and are not worth a line above `debug`.
    async fn connection(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let Some(tls) = self.tls.clone() else { return self.http_1(stream, peer, watcher).await };
        match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => {
                self.http_2(stream, peer, watcher).await;
            }
            Ok(Ok(stream)) => self.http_1(stream, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn http_1<S>(self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER);
        let connection = builder.serve_connection(TokioIo::new(stream), self.service(peer));
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }

    async fn http_2<S>(self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).keep_alive_interval(PING);
        let connection = builder.serve_connection(TokioIo::new(stream), self.service(peer));
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }

    /// The router, told who the peer is.
    fn service(
        self,
        peer: SocketAddr,
    ) -> TowerToHyperService<
        impl tower::Service<
            Request<Incoming>,
            Response = axum::response::Response,
            Error = std::convert::Infallible,
            Future: Send,
        > + Clone
        + Send
        + 'static,
    > {
        let router = self.router;
        TowerToHyperService::new(tower::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            // A router is always ready.
            router.clone().call(request)
        }))
    }
}

/// Whether only the connection that was about to be taken is concerned.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
