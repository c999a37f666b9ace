//! Sockets around the router: plain or TLS, with a graceful end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::task::JoinHandle;

use crate::{AppState, Config, StartError, app};

/// How long running requests may take after a stop was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// A server that runs until told to stop.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its state, for counts.
    pub state: Arc<AppState>,
    handle: Handle<SocketAddr>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Binds the address and starts to serve.
pub async fn serve(config: &Config) -> Result<Running, StartError> {
    let (router, state) = app(config)?;
    let failed = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let task = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => {
            // Someone else in the process may have chosen a provider; then theirs serves.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let tls = RustlsConfig::from_pem_file(cert, key).await.map_err(StartError::Tls)?;
            let server = axum_server::from_tcp_rustls(listener, tls).map_err(failed)?;
            tokio::spawn(server.handle(handle.clone()).serve(service))
        }
        _ => {
            let server = axum_server::from_tcp(listener).map_err(failed)?;
            tokio::spawn(server.handle(handle.clone()).serve(service))
        }
    };
    Ok(Running { address, state, handle, task })
}

impl Running {
    /// Sends the peers away, lets requests end, and returns when everything has stopped.
    pub async fn stop(self) {
        self.state.drain();
        self.handle.graceful_shutdown(Some(GRACE));
        // The task ends with the sockets; its error was logged where it happened.
        let _ = self.task.await;
    }

    /// Cuts every connection at once, as a crash would.
    pub fn abort(self) {
        self.handle.shutdown();
        self.task.abort();
    }
}
