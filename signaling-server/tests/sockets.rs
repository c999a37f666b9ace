//! Signaling over real WebSockets on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::{SinkExt, StreamExt};
use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{
    ClientMessage, Description, DescriptionKind, Envelope, ErrorCode, Hello, SUBPROTOCOL,
    ServerMessage, SignalPayload, VERSION, Welcome, decode, encode,
};
use p2c2r_server::{Config, Running, serve};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

struct Server {
    running: Running,
    _folder: TempDir,
}

async fn start() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        data_dir: Some(folder.path().to_owned()),
        assets: Some(folder.path().to_owned()),
        ..Config::local()
    };
    Server { running: serve(&config).await.unwrap(), _folder: folder }
}

impl Server {
    fn request(&self, headers: &[(&'static str, &str)]) -> Request {
        let url = format!("ws://{}/v1/signal", self.running.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        request
    }

    async fn connect(&self) -> Client {
        let request = self.request(&[("sec-websocket-protocol", SUBPROTOCOL)]);
        let (socket, _) = connect_async(request).await.unwrap();
        Client { socket, seq: 0 }
    }

    async fn refusal(&self, headers: &[(&'static str, &str)]) -> u16 {
        match connect_async(self.request(headers)).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("not refused: {other:?}"),
        }
    }
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seq: u64,
}

impl Client {
    async fn say(&mut self, seq: u64, message: ClientMessage) {
        let text = encode(&Envelope { seq, ack: 0, message });
        self.socket.send(Message::text(text)).await.unwrap();
    }

    async fn say_next(&mut self, message: ClientMessage) {
        self.seq += 1;
        self.say(self.seq, message).await;
    }

    /// The next message; none when the socket is closed.
    async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => {
                    return Some(decode(text.as_str()).unwrap().message);
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn greet(&mut self, role: Role) -> Welcome {
        let name = PeerName::default();
        let hello = Hello { version: VERSION, role, room: None, name, max_peers: 4, resume: None };
        self.say(0, ClientMessage::Hello(hello)).await;
        match self.hear().await {
            Some(ServerMessage::Welcome(welcome)) => welcome,
            other => panic!("no welcome: {other:?}"),
        }
    }
}

#[tokio::test]
async fn two_clients_exchange_an_offer() {
    let server = start().await;
    let (mut contributor, mut requester) = (server.connect().await, server.connect().await);
    let contributor_id = contributor.greet(Role::Contributor).await.peer_id;
    let requester_id = requester.greet(Role::Requester).await.peer_id;
    let Some(ServerMessage::Connect { peer, generation, you_offer, .. }) = requester.hear().await
    else {
        panic!("no introduction");
    };
    assert_eq!((peer, you_offer), (contributor_id, true));
    assert!(matches!(contributor.hear().await, Some(ServerMessage::Connect { .. })));
    let payload =
        SignalPayload::Description(Description { kind: DescriptionKind::Offer, sdp: "v=0".into() });
    let signal = ClientMessage::Signal { to: peer, generation, payload: payload.clone() };
    requester.say_next(signal).await;
    let expected = ServerMessage::Signal { from: requester_id, generation, payload };
    assert_eq!(contributor.hear().await, Some(expected));
}

#[tokio::test]
async fn handshake_needs_our_origin_and_our_version() {
    let server = start().await;
    let ours = ("sec-websocket-protocol", SUBPROTOCOL);
    assert_eq!(server.refusal(&[("sec-websocket-protocol", "p2c2r.v9.json")]).await, 400);
    assert_eq!(server.refusal(&[]).await, 400);
    assert_eq!(server.refusal(&[ours, ("origin", "https://evil.example")]).await, 403);
    let own = format!("http://{}", server.running.address);
    let request = server.request(&[ours, ("origin", &own)]);
    assert!(connect_async(request).await.is_ok());
}

#[tokio::test]
async fn garbage_ends_one_socket_with_a_typed_error_and_no_other() {
    let server = start().await;
    let mut bystander = server.connect().await;
    bystander.greet(Role::Contributor).await;
    let check = async |message: Message, expected: ErrorCode| {
        let mut client = server.connect().await;
        client.socket.send(message).await.unwrap();
        match client.hear().await {
            Some(ServerMessage::Error { code, .. }) => assert_eq!(code, expected),
            other => panic!("no error: {other:?}"),
        }
        assert_eq!(client.hear().await, None);
    };
    check(Message::text("}{"), ErrorCode::Malformed).await;
    check(Message::binary(vec![0xff; 100]), ErrorCode::Malformed).await;
    check(Message::text(" ".repeat(40_000)), ErrorCode::TooLong).await;
    check(Message::text("[".repeat(30_000)), ErrorCode::Malformed).await;
    // Far too long for the socket itself: closed without ceremony.
    let mut client = server.connect().await;
    let _ = client.socket.send(Message::text(" ".repeat(1_000_000))).await;
    assert_eq!(client.hear().await, None);
    bystander.say(0, ClientMessage::Ping).await;
    assert_eq!(bystander.hear().await, Some(ServerMessage::Pong));
}

#[tokio::test]
async fn consumer_that_never_reads_is_cut_and_the_server_goes_on() {
    let server = start().await;
    let mut lazy = server.connect().await;
    let lazy_id = lazy.greet(Role::Contributor).await.peer_id;
    let mut eager = server.connect().await;
    eager.greet(Role::Requester).await;
    let Some(ServerMessage::Connect { generation, .. }) = eager.hear().await else {
        panic!("no introduction");
    };
    let sdp = "s".repeat(16_000);
    let payload = SignalPayload::Description(Description { kind: DescriptionKind::Offer, sdp });
    // More than the queue and every socket buffer on the way hold; the rate limit is far below,
    // so the sender is cut first or the receiver is: the hub stays within its bounds either way.
    for _ in 0..600 {
        let signal = ClientMessage::Signal { to: lazy_id, generation, payload: payload.clone() };
        eager.seq += 1;
        let text = encode(&Envelope { seq: eager.seq, ack: 0, message: signal });
        if eager.socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
    while eager.hear().await.is_some() {}
    let mut third = server.connect().await;
    third.greet(Role::Requester).await;
    assert!(server.running.state.counts().connections <= 3);
}

#[tokio::test]
async fn stop_sends_everybody_away_and_ends() {
    let server = start().await;
    let mut client = server.connect().await;
    client.greet(Role::Contributor).await;
    let stopping = tokio::spawn(server.running.stop());
    assert!(matches!(client.hear().await, Some(ServerMessage::GoAway { .. })));
    // A frame, and not merely the end of the connection: the task still lives to say goodbye.
    assert!(matches!(client.socket.next().await, Some(Ok(Message::Close(Some(_))))));
    drop(client);
    stopping.await.unwrap();
}
