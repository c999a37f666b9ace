//! Scene packages over HTTP: fetched with their hash checked, stored where they are missing.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::SceneId;
use thiserror::Error;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{PeerError, ServerAddress};

/// Longest wait for a connection and for the head of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest time for a whole transfer.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(600);
/// Longest error text that is read from a server.
const MAX_ERROR_BYTES: u64 = 4096;

/// A scene package could not be fetched or stored.
#[derive(Debug, Error)]
pub(super) enum BlobError {
    /// The server cannot be reached, or broke off.
    #[error("{0}")]
    Transfer(#[from] ureq::Error),
    /// The server says no.
    #[error("the server answers {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its reason.
        message: String,
    },
    /// More bytes than announced.
    #[error("more than the announced {0} bytes came")]
    TooLong(u64),
    /// Other bytes than the name says.
    #[error("the bytes do not have the hash of the scene")]
    WrongHash,
}

/// Talks to the blob store of one server; blocking, so call it off the event loop.
#[derive(Debug, Clone)]
pub(super) struct BlobClient {
    server: ServerAddress,
    agent: Agent,
}

impl BlobClient {
    pub(super) fn new(server: ServerAddress) -> Self {
        install_crypto();
        // Reading the system's certificates takes a while and would be for nothing.
        let roots = if server.is_secure() { system_roots() } else { Vec::new() };
        let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_connect(Some(ANSWER_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_global(Some(TRANSFER_TIMEOUT))
            .build()
            .new_agent();
        Self { server, agent }
    }

    /// Reads a package of at most `limit_bytes` and checks its hash.
    pub(super) fn fetch(&self, id: SceneId, limit_bytes: u64) -> Result<Vec<u8>, BlobError> {
        let mut response = self.agent.get(self.server.blob_url(id)).call()?;
        if !response.status().is_success() {
            return Err(refusal(&mut response));
        }
        let mut bytes = Vec::new();
        let body = response.body_mut().as_reader();
        body.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(ureq::Error::from)?;
        if bytes.len() as u64 > limit_bytes {
            return Err(BlobError::TooLong(limit_bytes));
        }
        if blake3::hash(&bytes).as_bytes() != &id.0 {
            return Err(BlobError::WrongHash);
        }
        Ok(bytes)
    }

    /// Stores a package unless the server has it.
    pub(super) fn store(&self, id: SceneId, bytes: &[u8]) -> Result<(), BlobError> {
        let url = self.server.blob_url(id);
        if self.agent.head(&url).call()?.status().is_success() {
            return Ok(());
        }
        let mut response = self.agent.put(&url).send(bytes)?;
        if response.status().is_success() { Ok(()) } else { Err(refusal(&mut response)) }
    }
}

/// Stores a scene package on a server unless it is there; blocking.
pub fn store_package(server: &ServerAddress, id: SceneId, package: &[u8]) -> Result<(), PeerError> {
    let stored = BlobClient::new(server.clone()).store(id, package);
    stored.map_err(|error| PeerError::Network(format!("cannot store the scene: {error}")))
}

fn refusal(response: &mut ureq::http::Response<ureq::Body>) -> BlobError {
    let status = response.status().as_u16();
    let mut message = String::new();
    // Half a reason, or none, is still an answer.
    let _ = response.body_mut().as_reader().take(MAX_ERROR_BYTES).read_to_string(&mut message);
    BlobError::Refused { status, message: message.trim().to_owned() }
}

fn system_roots() -> Vec<Certificate<'static>> {
    let roots = rustls_native_certs::load_native_certs().certs;
    roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect()
}

/// TLS needs a provider for the whole process.
pub(super) fn install_crypto() {
    // Someone else in the process may have chosen one; then theirs serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
