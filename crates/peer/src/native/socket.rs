//! The signaling WebSocket: opens, carries texts, and says when it ends.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use p2c2r_protocol::signaling::{MAX_MESSAGE_BYTES, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Texts that wait to be sent; the session keeps no more than this unacknowledged.
const QUEUE_TEXTS: usize = 1024;
/// Longest wait for one write or for the close.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// What became of a socket; `number` tells it from earlier ones.
#[derive(Debug)]
pub(super) struct SocketEvent {
    pub(super) number: u64,
    pub(super) what: SocketNews,
}

#[derive(Debug)]
pub(super) enum SocketNews {
    Open,
    Text(String),
    /// With the reason, where it never opened.
    Closed(Option<String>),
}

enum Command {
    Text(String),
    Close(u16),
}

/// A handle to a socket's task; dropping it ends the socket.
pub(super) struct Socket {
    pub(super) number: u64,
    commands: mpsc::Sender<Command>,
}

impl Socket {
    /// Starts to open a socket.
    pub(super) fn open(url: String, number: u64, events: mpsc::Sender<SocketEvent>) -> Self {
        let (commands, queue) = mpsc::channel(QUEUE_TEXTS);
        let teller = Teller { number, events };
        tokio::spawn(async move {
            match connect(&url).await {
                Ok(socket) => {
                    teller.tell(SocketNews::Open).await;
                    carry(socket, queue, &teller).await;
                    teller.tell(SocketNews::Closed(None)).await;
                }
                Err(error) => teller.tell(SocketNews::Closed(Some(explain(&url, error)))).await,
            }
        });
        Self { number, commands }
    }

    /// Queues a text; a socket that takes none is about to end, which is told.
    pub(super) fn send(&self, text: String) {
        let _ = self.commands.try_send(Command::Text(text));
    }

    /// Closes after what was queued.
    pub(super) fn close(&self, code: u16) {
        let _ = self.commands.try_send(Command::Close(code));
    }
}

/// Where a socket's news go.
struct Teller {
    number: u64,
    events: mpsc::Sender<SocketEvent>,
}

impl Teller {
    async fn tell(&self, what: SocketNews) {
        // Nobody listens once the peer has ended.
        let _ = self.events.send(SocketEvent { number: self.number, what }).await;
    }
}

async fn connect(url: &str) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let mut request = url.into_client_request()?;
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let config = WebSocketConfig::default()
        .max_message_size(Some(2 * MAX_MESSAGE_BYTES))
        .max_frame_size(Some(2 * MAX_MESSAGE_BYTES));
    let (socket, _) = connect_async_with_config(request, Some(config), true).await?;
    Ok(socket)
}

async fn carry(
    mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    mut queue: mpsc::Receiver<Command>,
    teller: &Teller,
) {
    loop {
        tokio::select! {
            command = queue.recv() => {
                let message = match command {
                    Some(Command::Text(text)) => Message::text(text),
                    Some(Command::Close(code)) => return close(&mut socket, code).await,
                    None => return close(&mut socket, 1001).await,
                };
                if !matches!(timeout(WRITE_TIMEOUT, socket.send(message)).await, Ok(Ok(()))) {
                    return;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    teller.tell(SocketNews::Text(text.as_str().to_owned())).await;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

async fn close(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, code: u16) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
    // The socket goes either way.
    let _ = timeout(WRITE_TIMEOUT, socket.close(Some(frame))).await;
}

fn explain(url: &str, error: Error) -> String {
    match error {
        Error::Http(response) => {
            let status = response.status();
            let body = response.body().as_deref().unwrap_or_default();
            let reason = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
            format!("{url} answers {status} {reason}")
        }
        error => format!("cannot reach {url}: {error}"),
    }
}
