//! Signaling over TLS, with a certificate made for the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{
    ClientMessage, Envelope, Hello, SUBPROTOCOL, ServerMessage, VERSION, decode, encode,
};
use p2c2r_server::{Config, StartError, serve};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Writes a certificate for 127.0.0.1 and its key; gives their files and the certificate.
fn certify(folder: &Path) -> ([PathBuf; 2], CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = [folder.join("cert.pem"), folder.join("key.pem")];
    std::fs::write(&files[0], made.cert.pem()).unwrap();
    std::fs::write(&files[1], made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

fn config(folder: &Path, [cert, key]: [PathBuf; 2]) -> Config {
    Config {
        data_dir: Some(folder.to_owned()),
        assets: Some(folder.to_owned()),
        tls_cert: Some(cert),
        tls_key: Some(key),
        ..Config::local()
    }
}

/// Opens a socket, trusting this certificate and no other.
async fn connect(url: &str, trusted: Option<CertificateDer<'static>>) -> Result<Socket, Error> {
    let mut roots = RootCertStore::empty();
    trusted.into_iter().for_each(|certificate| roots.add(certificate).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    let connector = Connector::Rustls(Arc::new(tls));
    let opened = connect_async_tls_with_config(request, None, false, Some(connector)).await;
    opened.map(|(socket, _)| socket)
}

#[tokio::test]
async fn peer_is_welcomed_over_tls_and_only_by_the_server_it_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let (files, certificate) = certify(folder.path());
    let server = serve(&config(folder.path(), files)).await.unwrap();
    let url = format!("wss://{}/v1/signal", server.address);
    let mut socket = connect(&url, Some(certificate)).await.unwrap();
    let hello = Hello {
        version: VERSION,
        role: Role::Contributor,
        room: None,
        name: PeerName::default(),
        max_peers: 1,
        resume: None,
    };
    let text = encode(&Envelope { seq: 0, ack: 0, message: ClientMessage::Hello(hello) });
    socket.send(Message::text(text)).await.unwrap();
    let Some(Ok(Message::Text(answer))) = socket.next().await else { panic!("no answer") };
    let answer = decode::<ServerMessage>(answer.as_str()).unwrap();
    assert!(matches!(answer.message, ServerMessage::Welcome(_)), "{answer:?}");
    assert!(matches!(connect(&url, None).await, Err(Error::Tls(_) | Error::Io(_))));
    let plain = url.replace("wss:", "ws:");
    assert!(connect(&plain, None).await.is_err(), "the port speaks without TLS");
    server.abort();
}

#[tokio::test]
async fn certificate_that_is_none_stops_the_start_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = certify(folder.path());
    std::fs::write(&files[0], "not a certificate").unwrap();
    let Err(error) = serve(&config(folder.path(), files)).await else { panic!("it serves") };
    assert!(matches!(error, StartError::Tls(_)), "{error}");
}
