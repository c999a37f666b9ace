//! Scene packages by the hash of their bytes: put once, read for ever, evicted when space runs out.

mod range;
mod store;

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use axum::{Json, routing};
use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use crate::problem::Problem;
use crate::{Shared, headers};
use range::{RangeAnswer, answer_range};
pub use store::{BlobId, BlobStore};
use store::{PutError, Upload};

/// Longest pause between two pieces of an upload.
const UPLOAD_PAUSE: Duration = Duration::from_secs(30);
/// Most of a refused upload that is read for the sake of the answer.
const MAX_REFUSED_BYTES: u64 = 4 * 1024 * 1024;
/// A blob never changes under its name.
const CACHE_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Everything that can be done with `/v1/blobs/{id}`.
pub(crate) fn routes() -> MethodRouter<Shared> {
    routing::get(read).put(write).options(preflight).fallback(wrong_method)
}

async fn wrong_method() -> Problem {
    let message = "blobs are read with GET or HEAD and stored with PUT";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}

fn parse_id(text: &str) -> Result<BlobId, Problem> {
    text.parse().map_err(|_| {
        let message = "a blob is named by the 64 lower-case hex digits of its blake3 hash";
        Problem::new(StatusCode::BAD_REQUEST, "bad_blob_id", message)
    })
}

async fn preflight(State(shared): State<Shared>, request: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    headers::allow_origin(&shared.allow_origins, &request, response.headers_mut());
    let fields = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, range, if-none-match"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn read(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    method: Method,
    request: HeaderMap,
) -> Response {
    let mut response = match find(&shared, &id, &method, &request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    headers::make_public(response.headers_mut());
    let exposed = HeaderValue::from_static("content-length, content-range, etag");
    response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    response
}

async fn find(
    shared: &Shared,
    id: &str,
    method: &Method,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(id)?;
    let tag = format!("\"{id}\"");
    let opened = shared.blobs.open_blob(id).await.map_err(|error| Problem::storage(&error))?;
    let Some((mut file, bytes)) = opened else {
        let message = "no blob of this name is stored here";
        return Err(Problem::new(StatusCode::NOT_FOUND, "blob_not_found", message));
    };
    let text = |name| request.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.contains(&tag) || tags == "*") {
        return Ok(with_validators(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    // A range of another version of the blob cannot exist, so If-Range changes nothing.
    let (status, first, length) = match answer_range(text(header::RANGE), bytes) {
        RangeAnswer::Whole => (StatusCode::OK, 0, bytes),
        RangeAnswer::Part { first, length } => (StatusCode::PARTIAL_CONTENT, first, length),
        RangeAnswer::Unsatisfiable => {
            let message = format!("the blob has {bytes} bytes");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let mut response = Problem::new(status, "bad_range", message).into_response();
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{bytes}"));
            return Ok(response);
        }
    };
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let seek = file.seek(std::io::SeekFrom::Start(first)).await;
        seek.map_err(|error| Problem::storage(&error))?;
        Body::from_stream(ReaderStream::with_capacity(file.take(length), 64 * 1024))
    };
    let mut response = with_validators((status, body).into_response(), &tag);
    insert(&mut response, header::CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {first}-{}/{bytes}", first + length - 1);
        insert(&mut response, header::CONTENT_RANGE, &range);
    }
    Ok(response)
}

fn with_validators(mut response: Response, tag: &str) -> Response {
    insert(&mut response, header::ETAG, tag);
    insert(&mut response, header::CACHE_CONTROL, CACHE_FOR_EVER);
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    response
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

async fn write(State(shared): State<Shared>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut pieces = body.into_data_stream();
    let (mut response, limit_bytes) = match store(&shared, &id, &parts, &mut pieces).await {
        Ok(response) => (response, shared.blobs.max_bytes()),
        Err(problem) => (problem.into_response(), MAX_REFUSED_BYTES),
    };
    // Who waits to be asked has sent nothing, and reading would ask.
    if !parts.headers.contains_key(header::EXPECT) {
        drain(&mut pieces, limit_bytes).await;
    }
    headers::allow_origin(&shared.allow_origins, &parts.headers, response.headers_mut());
    response
}

/// Reads what is still being sent. A server that answers and closes before the end of a request resets
/// the connection, and browsers then never see the answer (RFC 9112, section 9.6).
async fn drain(pieces: &mut BodyDataStream, limit_bytes: u64) {
    let mut left_bytes = limit_bytes;
    // Whoever sends more, or pauses for long, has no right to the answer.
    while let Ok(Some(Ok(piece))) = timeout(UPLOAD_PAUSE, pieces.next()).await {
        let Some(left) = left_bytes.checked_sub(piece.len() as u64) else { return };
        left_bytes = left;
    }
}

async fn store(
    shared: &Shared,
    id: &str,
    parts: &Parts,
    pieces: &mut BodyDataStream,
) -> Result<Response, Problem> {
    let id = parse_id(id)?;
    if !headers::is_origin_allowed(&shared.allow_origins, &parts.headers) {
        return Err(Problem::origin());
    }
    let trust = shared.trust_forwarded;
    let address = headers::client_address(trust, &parts.headers, &parts.extensions);
    if !shared.blobs.may_upload(shared.switchboard.now(), address) {
        return Err(Problem::too_fast());
    }
    if let Some(bytes) = shared.blobs.touch(id) {
        return Ok(stored(StatusCode::OK, id, bytes));
    }
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let mut upload = shared.blobs.begin(announced.unwrap_or(0)).await.map_err(put_problem)?;
    receive(&mut upload, pieces).await?;
    let bytes = upload.finish(id).await.map_err(put_problem)?;
    tracing::info!(%id, bytes, %address, "blob stored");
    Ok(stored(StatusCode::CREATED, id, bytes))
}

async fn receive(upload: &mut Upload<'_>, pieces: &mut BodyDataStream) -> Result<(), Problem> {
    loop {
        let piece = match timeout(UPLOAD_PAUSE, pieces.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => return Ok(()),
            Ok(Some(Err(_))) => {
                let message = "the upload broke off";
                return Err(Problem::new(StatusCode::BAD_REQUEST, "upload_failed", message));
            }
            Err(_) => {
                let message = "the upload paused for too long";
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "upload_timeout", message));
            }
        };
        upload.write(&piece).await.map_err(put_problem)?;
    }
}

fn stored(status: StatusCode, id: BlobId, bytes: u64) -> Response {
    let body = serde_json::json!({ "id": id.to_string(), "bytes": bytes });
    (status, Json(body)).into_response()
}

fn put_problem(error: PutError) -> Problem {
    let message = error.to_string();
    match error {
        PutError::TooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "blob_too_large", message)
        }
        PutError::WrongHash { .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "hash_mismatch", message)
        }
        PutError::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message),
        PutError::Io(error) => Problem::storage(&error),
    }
}
