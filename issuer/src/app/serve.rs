//! Serving over a socket until told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::App;

/// How long requests under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

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
        let (stopped, stopping) = oneshot::channel();
        let signal = async move {
            shutdown.await;
            // Nobody waits any more when serving has ended by itself.
            let _ = stopped.send(());
        };
        let serving = axum::serve(listener, self.router().into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(signal);
        let deadline = async {
            match stopping.await {
                Ok(()) => tokio::time::sleep(DRAIN).await,
                Err(_) => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            result = serving => result,
            () = deadline => {
                tracing::warn!("requests under way did not finish in time");
                Ok(())
            }
        };
        list_reader.stop().await;
        watcher.stop().await;
        publisher.stop().await;
        result
    }
}
