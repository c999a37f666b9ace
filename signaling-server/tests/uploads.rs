//! Uploads over a real connection, where an early answer can get lost.

use std::net::SocketAddr;

use p2c2r_server::{Config, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than the buffers of both ends of a connection hold.
const BLOB_BYTES: usize = 24 << 20;

/// As much of a refused upload as the server reads.
const REFUSED_BYTES: usize = 4 << 20;

/// Sends the whole request before reading, as browsers do; gives the first line of the answer.
async fn put(address: SocketAddr, name: &str, blob: &[u8]) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(address).await?;
    let length = blob.len();
    let head = format!(
        "PUT /v1/blobs/{name} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(blob).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn answer_that_is_known_before_the_end_of_an_upload_still_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path().to_owned());
    let config = Config { data_dir: path.clone(), assets: path, ..Config::local() };
    let server = serve(&config).await.unwrap();
    let blob = vec![7; BLOB_BYTES];
    let name = blake3::hash(&blob).to_string();
    let stored = put(server.address, &name, &blob).await.unwrap();
    assert_eq!(stored, "HTTP/1.1 201 Created");
    let known = put(server.address, &name, &blob).await.unwrap();
    assert_eq!(known, "HTTP/1.1 200 OK");
    let misnamed = put(server.address, "kitchen", &blob[..REFUSED_BYTES]).await.unwrap();
    assert_eq!(misnamed, "HTTP/1.1 400 Bad Request");
    server.stop().await;
}
