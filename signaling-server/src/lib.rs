//! The server that introduces peers and holds scene blobs: one router, no pixels.
//!
//! [`app`] builds everything but sockets; [`serve`] adds those. The state of signaling lives in
//! [`hub`], which knows neither.

pub mod assets;
pub mod blobs;
pub mod config;
pub mod headers;
pub mod hub;
pub mod limits;
mod problem;
mod serve;
mod signal;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use p2c2r_protocol::signaling::SUBPROTOCOL;
use thiserror::Error;
use tower_http::set_header::SetResponseHeaderLayer;

pub use config::Config;
pub use problem::Problem;
pub use serve::{Running, serve};

/// How often the hub is told the time.
const TICK: Duration = Duration::from_millis(500);
/// When clients may come back after a shutdown.
const COME_BACK_AFTER: Duration = Duration::from_secs(2);

/// The server cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder of the blobs is not usable.
    #[error("cannot use {path} for blobs: {source}")]
    Blobs {
        /// The folder.
        path: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The web app cannot be read.
    #[error(transparent)]
    Assets(#[from] assets::AssetsError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("cannot use the TLS certificate or key: {0}")]
    Tls(io::Error),
}

/// What every handler shares.
pub struct AppState {
    allow_origins: Vec<headers::OriginRule>,
    trust_forwarded: bool,
    is_draining: AtomicBool,
    switchboard: signal::Switchboard,
    blobs: blobs::BlobStore,
    assets: assets::Assets,
}

type Shared = Arc<AppState>;

impl AppState {
    fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Refuses new signaling and sends everybody away.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.switchboard.go_away(COME_BACK_AFTER);
    }

    /// How much signaling goes on.
    pub fn counts(&self) -> hub::HubCounts {
        self.switchboard.counts()
    }
}

/// The router and the handle to its state. Needs a tokio runtime, which keeps the hub's time.
pub fn app(config: &Config) -> Result<(Router, Arc<AppState>), StartError> {
    let path = config.blob_dir();
    let blobs = blobs::BlobStore::open(&path, config.blob_max_bytes(), config.blob_quota_bytes());
    let blobs = blobs.map_err(|source| StartError::Blobs { path, source })?;
    let state = Arc::new(AppState {
        allow_origins: config.allow_origins.clone(),
        trust_forwarded: config.trust_forwarded,
        is_draining: AtomicBool::new(false),
        switchboard: signal::Switchboard::new(hub::Hub::new(config.hub(), Box::new(random_bits))),
        blobs,
        assets: assets::Assets::find(config.assets.as_deref())?,
    });
    tokio::spawn(keep_time(Arc::downgrade(&state)));
    let router = Router::new()
        .route("/v1/signal", get(signal::signal))
        .route("/v1/blobs/{id}", blobs::routes())
        .route("/v1/{*rest}", axum::routing::any(unknown_path))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/version", get(version))
        .fallback(assets::serve_asset)
        .layer(set_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set_header(header::REFERRER_POLICY, "no-referrer"))
        .with_state(state.clone());
    Ok((router, state))
}

fn set_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn random_bits() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    u128::from_le_bytes(bytes)
}

async fn keep_time(state: Weak<AppState>) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        let Some(state) = state.upgrade() else { return };
        state.switchboard.tick();
    }
}

async fn unknown_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
}

async fn readyz(State(state): State<Shared>) -> Response {
    if state.is_draining() {
        let message = "the server is about to stop";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message).into_response();
    }
    match state.blobs.check_writable().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => Problem::storage(&error).into_response(),
    }
}

async fn version(State(state): State<Shared>) -> Response {
    let counts = state.counts();
    let body = serde_json::json!({
        "name": "p2c2r-server",
        "version": env!("CARGO_PKG_VERSION"),
        "signaling": SUBPROTOCOL,
        "connections": counts.connections,
    });
    let mut response = Json(body).into_response();
    headers::make_public(response.headers_mut());
    response
}
