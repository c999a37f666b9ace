//! The HTTP interface, called without a socket.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use p2c2r_server::{AppState, Config, app};
use tempfile::TempDir;
use tower::ServiceExt;

struct Server {
    router: Router,
    state: Arc<AppState>,
    _folders: [TempDir; 2],
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()));
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Server {
    fn new() -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        write_assets(folders[0].path());
        let config = Config {
            assets: Some(folders[0].path().to_owned()),
            data_dir: Some(folders[1].path().to_owned()),
            blob_max_mib: 1,
            allow_origins: vec!["https://game.example".parse().unwrap()],
            ..Config::local()
        };
        let (router, state) = app(&config).unwrap();
        Self { router, state, _folders: folders }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn read(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(request("GET", path, headers, Vec::new())).await
    }

    async fn put(&self, name: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Answer {
        let path = format!("/v1/blobs/{name}");
        self.ask(request("PUT", &path, headers, bytes.to_vec())).await
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header("host", "render.example");
    let builder =
        headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Body::from(body)).unwrap()
}

fn write_assets(folder: &Path) {
    let files: [(&str, &[u8]); 5] = [
        ("index.html", b"<!doctype html>"),
        ("app-0123456789abcdef_bg.wasm", b"\0asm"),
        ("app-0123456789abcdef_bg.wasm.br", b"br!"),
        ("player/p2c2r-player.js", b"export {}"),
        ("style.css", b"body {}"),
    ];
    std::fs::create_dir(folder.join("player")).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

fn name_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[tokio::test]
async fn blob_comes_back_whole_in_part_and_not_at_all_if_known() {
    let server = Server::new();
    let bytes: Vec<u8> = (0..200_000u32).map(|index| (index % 251) as u8).collect();
    let name = name_of(&bytes);
    let path = format!("/v1/blobs/{name}");
    assert_eq!(server.read(&path, &[]).await.code(), "blob_not_found");
    assert_eq!(server.put(&name, &bytes, &[]).await.status, StatusCode::CREATED);
    assert_eq!(server.put(&name, &bytes, &[]).await.status, StatusCode::OK);

    let whole = server.read(&path, &[]).await;
    assert_eq!((whole.status, &whole.body), (StatusCode::OK, &bytes));
    assert!(whole.header("cache-control").contains("immutable"));
    assert_eq!(whole.header("access-control-allow-origin"), "*");
    assert_eq!(whole.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(whole.header("content-length"), "200000");

    let part = server.read(&path, &[("range", "bytes=100000-100009")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, bytes[100_000..100_010]);
    assert_eq!(part.header("content-range"), "bytes 100000-100009/200000");
    let outside = server.read(&path, &[("range", "bytes=200000-")]).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);

    let known = server.read(&path, &[("if-none-match", whole.header("etag"))]).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = server.ask(request("HEAD", &path, &[], vec![])).await;
    assert_eq!((head.header("content-length"), head.body.len()), ("200000", 0));
}

#[tokio::test]
async fn bad_uploads_get_a_typed_error() {
    let server = Server::new();
    let check =
        async |name: &str, bytes: &[u8], headers: &[(&str, &str)], status: u16, code: &str| {
            let answer = server.put(name, bytes, headers).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{name}");
        };
    let good = name_of(b"x");
    check("abc", b"x", &[], 400, "bad_blob_id").await;
    check(&good.to_uppercase(), b"x", &[], 400, "bad_blob_id").await;
    check("..%2f..%2fetc%2fpasswd", b"x", &[], 400, "bad_blob_id").await;
    check(&good, b"y", &[], 422, "hash_mismatch").await;
    check(&good, &vec![0; 1024 * 1024 + 1], &[], 413, "blob_too_large").await;
    check(&good, b"x", &[("content-length", "99999999999")], 413, "blob_too_large").await;
    check(&good, b"x", &[("origin", "https://evil.example")], 403, "origin_not_allowed").await;
    let deleted = server.ask(request("DELETE", &format!("/v1/blobs/{good}"), &[], vec![])).await;
    assert_eq!(deleted.code(), "method_not_allowed");
}

#[tokio::test]
async fn page_of_an_allowed_origin_may_upload() {
    let server = Server::new();
    let origin = ("origin", "https://game.example");
    let path = format!("/v1/blobs/{}", name_of(b"x"));
    let asked = server.ask(request("OPTIONS", &path, &[origin], vec![])).await;
    assert_eq!(asked.header("access-control-allow-origin"), "https://game.example");
    assert!(asked.header("access-control-allow-methods").contains("PUT"));
    let stored = server.put(&name_of(b"x"), b"x", &[origin]).await;
    assert_eq!(stored.status, StatusCode::CREATED);
    assert_eq!(stored.header("access-control-allow-origin"), "https://game.example");
    let refused = server.ask(request("OPTIONS", &path, &[("origin", "https://e")], vec![])).await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn uploads_from_one_address_are_limited() {
    let server = Server::new();
    let mut codes = Vec::new();
    for _ in 0..80 {
        codes.push(server.put(&name_of(b"a"), b"b", &[]).await.code());
    }
    assert_eq!(codes[0], "hash_mismatch");
    assert_eq!(codes[79], "too_many_requests");
}

#[tokio::test]
async fn app_is_served_with_its_headers() {
    let server = Server::new();
    for path in ["/", "/contribute", "/watch?scene=x", "/contribute/"] {
        let page = server.read(path, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
    let wasm = server.read("/app-0123456789abcdef_bg.wasm", &[("accept-encoding", "br")]).await;
    assert_eq!((wasm.header("content-encoding"), &wasm.body[..]), ("br", &b"br!"[..]));
    assert_eq!(wasm.header("content-type"), "application/wasm");
    assert!(wasm.header("cache-control").contains("immutable"));
    let plain = server.read("/app-0123456789abcdef_bg.wasm", &[]).await;
    assert_eq!((plain.header("content-encoding"), &plain.body[..]), ("", &b"\0asm"[..]));
    assert_ne!(plain.header("etag"), wasm.header("etag"));
    let style = server.read("/style.css", &[]).await;
    let known = server.read("/style.css", &[("if-none-match", style.header("etag"))]).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn player_may_be_embedded_and_the_app_may_not() {
    let server = Server::new();
    let player = server.read("/player/p2c2r-player.js", &[]).await;
    assert_eq!(player.header("access-control-allow-origin"), "*");
    assert_eq!(player.header("cross-origin-resource-policy"), "cross-origin");
    let page = server.read("/", &[]).await;
    assert_eq!(page.header("access-control-allow-origin"), "");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
}

#[tokio::test]
async fn paths_outside_the_app_are_not_found() {
    let server = Server::new();
    for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/player/../../x", "/app.br", "/nothing"] {
        assert_eq!(server.read(path, &[]).await.code(), "not_found", "{path}");
    }
    assert_eq!(server.read("/v1/nothing", &[]).await.code(), "not_found");
    let posted = server.ask(request("POST", "/", &[], vec![])).await;
    assert_eq!(posted.code(), "method_not_allowed");
}

#[tokio::test]
async fn health_follows_the_state() {
    let server = Server::new();
    assert_eq!(server.read("/livez", &[]).await.status, StatusCode::OK);
    assert_eq!(server.read("/readyz", &[]).await.status, StatusCode::OK);
    let version: serde_json::Value =
        serde_json::from_slice(&server.read("/version", &[]).await.body).unwrap();
    assert_eq!(version["signaling"], "p2c2r.v1.json");
    server.state.drain();
    assert_eq!(server.read("/readyz", &[]).await.code(), "draining");
    assert_eq!(server.read("/livez", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn plain_request_to_the_signaling_socket_is_told_to_upgrade() {
    let server = Server::new();
    assert_eq!(server.read("/v1/signal", &[]).await.code(), "upgrade_required");
    let foreign = server.read("/v1/signal", &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.code(), "origin_not_allowed");
}
