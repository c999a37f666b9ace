//! Signaling sockets: one task each, between a WebSocket and the hub.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use p2c2r_protocol::signaling::{CLOSE_SLOW_CONSUMER, MAX_MESSAGE_BYTES, SUBPROTOCOL};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::hub::{ConnectionId, Hub, HubCounts, HubOutput};
use crate::limits::AddressLimiter;
use crate::{Shared, headers, problem::Problem};

/// Messages that wait for one socket; more, and it is too slow.
const QUEUE_MESSAGES: usize = 512;
/// Most time for one write, and for the goodbye.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server waits for the other side of a close.
const LINGER: Duration = Duration::from_secs(1);
/// New sockets a second from one address, and at once.
const SOCKETS_PER_SECOND: u32 = 5;
const SOCKET_BURST: u32 = 100;
/// Size of the buffers of a socket; the defaults are far larger.
const BUFFER_BYTES: usize = 8 * 1024;

enum Outgoing {
    Text(String),
    Ping,
    Close(u16),
}

/// The way to one socket task.
struct Outlet {
    queue: mpsc::Sender<Outgoing>,
    /// Ends a task that no longer empties its queue.
    kick: oneshot::Sender<()>,
}

struct Inner {
    hub: Hub,
    outlets: BTreeMap<ConnectionId, Outlet>,
    arrivals: AddressLimiter,
    next_connection: u64,
}

/// The hub with its clock and its sockets.
pub(crate) struct Switchboard {
    started: Instant,
    inner: Mutex<Inner>,
}

impl Switchboard {
    /// Around a fresh hub.
    pub(crate) fn new(hub: Hub) -> Self {
        let arrivals = AddressLimiter::new(SOCKETS_PER_SECOND, SOCKET_BURST);
        let inner = Inner { hub, outlets: BTreeMap::new(), arrivals, next_connection: 0 };
        Self { started: Instant::now(), inner: Mutex::new(inner) }
    }

    /// Time since the server started.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Lets time pass.
    pub(crate) fn tick(&self) {
        self.with(|hub, now| hub.tick(now));
    }

    /// Tells everybody to come back later, and closes.
    pub(crate) fn go_away(&self, after: Duration) {
        self.with(|hub, now| hub.go_away(now, after));
    }

    /// How much is here.
    pub(crate) fn counts(&self) -> HubCounts {
        self.lock().hub.counts()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_arrive(&self, address: IpAddr) -> bool {
        let now = self.now();
        self.lock().arrivals.take(now, address)
    }

    fn connect(&self, address: IpAddr, outlet: Outlet) -> ConnectionId {
        let mut inner = self.lock();
        inner.next_connection += 1;
        let id = ConnectionId(inner.next_connection);
        inner.outlets.insert(id, outlet);
        let now = self.now();
        inner.hub.opened(now, id, address);
        inner.dispatch(now);
        id
    }

    fn disconnect(&self, id: ConnectionId) {
        self.lock().outlets.remove(&id);
        self.with(|hub, now| hub.closed(now, id));
    }

    fn with(&self, action: impl FnOnce(&mut Hub, Duration)) {
        let mut inner = self.lock();
        let now = self.now();
        action(&mut inner.hub, now);
        inner.dispatch(now);
    }
}

impl Inner {
    fn dispatch(&mut self, now: Duration) {
        while let Some(output) = self.hub.poll_output() {
            let (id, outgoing, is_last) = match output {
                HubOutput::Send { connection, text } => (connection, Outgoing::Text(text), false),
                HubOutput::Ping { connection } => (connection, Outgoing::Ping, false),
                HubOutput::Close { connection, code } => (connection, Outgoing::Close(code), true),
            };
            let Some(outlet) = self.outlets.get(&id) else { continue };
            let is_full =
                matches!(outlet.queue.try_send(outgoing), Err(mpsc::error::TrySendError::Full(_)));
            if (is_full || is_last)
                && let Some(outlet) = self.outlets.remove(&id)
                && is_full
            {
                tracing::debug!(connection = id.0, "slow consumer");
                // The task may be gone already.
                let _ = outlet.kick.send(());
                self.hub.overflowed(now, id);
            }
        }
    }
}

/// `GET /v1/signal`.
pub(crate) async fn signal(
    State(shared): State<Shared>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let (request_headers, extensions) = (request.headers(), request.extensions());
    if !headers::is_origin_allowed(&shared.allow_origins, request_headers) {
        return Err(Problem::origin());
    }
    let upgrade = upgrade.map_err(|_| {
        let message = "this is a WebSocket; open it with an upgrade";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    })?;
    if !speaks_our_protocol(request_headers) {
        let message = format!("ask for the WebSocket subprotocol {SUBPROTOCOL}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "unsupported_version", message));
    }
    let address = headers::client_address(shared.trust_forwarded, request_headers, extensions);
    if shared.is_draining() {
        let message = "the server is about to stop";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message));
    }
    if !shared.switchboard.may_arrive(address) {
        return Err(Problem::too_fast());
    }
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        // Somewhat longer messages still get a typed error from the hub.
        .max_message_size(2 * MAX_MESSAGE_BYTES)
        .max_frame_size(2 * MAX_MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * MAX_MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(move |socket| serve(shared, socket, address)))
}

fn speaks_our_protocol(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut texts = offers.iter().filter_map(|value| value.to_str().ok());
    texts.any(|list| list.split(',').any(|name| name.trim() == SUBPROTOCOL))
}

async fn serve(shared: Shared, mut socket: WebSocket, address: IpAddr) {
    let (queue, mut outgoing) = mpsc::channel(QUEUE_MESSAGES);
    let (kick, mut kicked) = oneshot::channel();
    let id = shared.switchboard.connect(address, Outlet { queue, kick });
    tracing::debug!(connection = id.0, %address, "signaling socket opened");
    loop {
        tokio::select! {
            biased;
            // The sender is also dropped after an ordinary close, whose frame is in the queue.
            kick = &mut kicked, if !kicked.is_terminated() => {
                if kick.is_ok() {
                    close(&mut socket, CLOSE_SLOW_CONSUMER).await;
                    break;
                }
            }
            next = outgoing.recv() => {
                let message = match next {
                    Some(Outgoing::Text(text)) => Message::Text(text.into()),
                    Some(Outgoing::Ping) => Message::Ping(Vec::new().into()),
                    Some(Outgoing::Close(code)) => {
                        close(&mut socket, code).await;
                        break;
                    }
                    None => break,
                };
                if !matches!(timeout(WRITE_TIMEOUT, socket.send(message)).await, Ok(Ok(()))) {
                    break;
                }
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    shared.switchboard.with(|hub, now| hub.text(now, id, text.as_str()));
                }
                // Not JSON, so the hub refuses it like any other malformed text.
                Some(Ok(Message::Binary(_))) => {
                    shared.switchboard.with(|hub, now| hub.text(now, id, ""));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    shared.switchboard.with(|hub, _| hub.heard(id));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    shared.switchboard.disconnect(id);
    tracing::debug!(connection = id.0, "signaling socket closed");
}

/// Says goodbye and waits a little, so that a reset does not overtake the last messages.
async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: "".into() };
    let sent = timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
    if matches!(sent, Ok(Ok(()))) {
        // Whatever still comes is dropped; a timeout is as good as an end.
        let _ = timeout(LINGER, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}
