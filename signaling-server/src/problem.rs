//! Errors of the HTTP interface: a status, a code for programs, a sentence for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that is no success.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    /// A problem with its HTTP status.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The page's origin may not use this server.
    pub fn origin() -> Self {
        let message = "pages of this origin may not use this server; see --allow-origin";
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", message)
    }

    /// Requests come too fast from one address.
    pub fn too_fast() -> Self {
        let message = "too many requests from this address; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
    }

    /// The disk failed; the log has the details.
    pub fn storage(error: &std::io::Error) -> Self {
        tracing::error!(%error, "blob storage failed");
        let message = "the server cannot store or read the blob";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage_failed", message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}
