//! The web app and the player: read once at the start, served from memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::Shared;
use crate::headers::{CONTENT_SECURITY_POLICY, make_public};
use crate::problem::Problem;

/// Most files of an app.
const MAX_FILES: usize = 4096;
/// Most bytes of all files together.
const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;
/// Where a checkout has its built app.
const DEFAULT_FOLDER: &str = "web/app/dist";
/// Pages that the app routes itself.
const APP_PAGES: [&str; 2] = ["contribute", "watch"];
/// What pages of other origins may embed.
const PUBLIC_PREFIX: &str = "player/";
/// Fewest characters of a content hash in a file name.
const MIN_HASH_CHARS: usize = 8;

/// The app cannot be read.
#[derive(Debug, Error)]
pub enum AssetsError {
    /// A file or folder failed.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More than an app would have; probably the wrong folder.
    #[error(
        "{0} holds more than {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes; is it the app's dist folder?"
    )]
    TooMuch(PathBuf),
}

#[derive(Debug)]
struct Asset {
    bytes: Bytes,
    brotli: Option<Bytes>,
    tag: String,
}

/// All files by their path below the root.
#[derive(Debug, Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

impl Assets {
    /// From the folder, else embedded in the binary, else from the checkout, else none.
    pub fn find(folder: Option<&Path>) -> Result<Self, AssetsError> {
        if let Some(folder) = folder {
            return Self::read(folder);
        }
        #[cfg(feature = "embed-assets")]
        if let Some(embedded) = Self::embedded() {
            return Ok(embedded);
        }
        let default = Path::new(DEFAULT_FOLDER);
        if default.join("index.html").is_file() {
            return Self::read(default);
        }
        tracing::warn!("no web app found: only peers are served; see --assets");
        Ok(Self::default())
    }

    /// Reads a folder and everything below it; links are not followed.
    pub fn read(folder: &Path) -> Result<Self, AssetsError> {
        let mut contents = BTreeMap::new();
        let mut total_bytes = 0;
        let mut open = vec![folder.to_owned()];
        while let Some(directory) = open.pop() {
            let failed = |source| AssetsError::Io { path: directory.clone(), source };
            for entry in std::fs::read_dir(&directory).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_file() {
                    let failed = |source| AssetsError::Io { path: path.clone(), source };
                    total_bytes += entry.metadata().map_err(failed)?.len();
                    if total_bytes > MAX_TOTAL_BYTES || contents.len() >= MAX_FILES {
                        return Err(AssetsError::TooMuch(folder.to_owned()));
                    }
                    let bytes = std::fs::read(&path).map_err(failed)?;
                    if let Some(name) = web_path(folder, &path) {
                        contents.insert(name, Bytes::from(bytes));
                    }
                }
            }
        }
        Ok(Self::from_contents(contents))
    }

    #[cfg(feature = "embed-assets")]
    fn embedded() -> Option<Self> {
        static FOLDER: include_dir::Dir<'_> =
            include_dir::include_dir!("$CARGO_MANIFEST_DIR/../web/app/dist");
        let mut contents = BTreeMap::new();
        let mut open = vec![&FOLDER];
        while let Some(directory) = open.pop() {
            open.extend(directory.dirs());
            for file in directory.files() {
                let name = file.path().to_string_lossy().replace('\\', "/");
                contents.insert(name, Bytes::from_static(file.contents()));
            }
        }
        contents.contains_key("index.html").then(|| Self::from_contents(contents))
    }

    fn from_contents(mut contents: BTreeMap<String, Bytes>) -> Self {
        let plain: Vec<_> =
            contents.keys().filter(|name| !name.ends_with(".br")).cloned().collect();
        let mut files = BTreeMap::new();
        for name in plain {
            let Some(bytes) = contents.remove(&name) else { continue };
            let brotli = contents.get(&format!("{name}.br")).cloned();
            let hash = blake3::hash(&bytes).to_hex();
            let tag = hash.chars().take(2 * MIN_HASH_CHARS).collect();
            files.insert(name, Asset { bytes, brotli, tag });
        }
        Self { files }
    }
}

/// The path as it appears in a URL; none for names that are not text.
fn web_path(root: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str());
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("/"))
}

/// Everything that is not an interface.
pub(crate) async fn serve_asset(State(shared): State<Shared>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let message = "files are read with GET or HEAD";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Problem::new(status, "method_not_allowed", message).into_response();
    }
    let path = request.uri().path().trim_start_matches('/').trim_end_matches('/');
    let name = if path.is_empty() || APP_PAGES.contains(&path) { "index.html" } else { path };
    let Some(asset) = shared.assets.files.get(name) else {
        let message = match shared.assets.files.is_empty() {
            true => "this server was started without a web app; see --assets",
            false => "there is nothing at this address",
        };
        return Problem::new(StatusCode::NOT_FOUND, "not_found", message).into_response();
    };
    answer(name, asset, request.headers())
}

fn answer(name: &str, asset: &Asset, request: &HeaderMap) -> Response {
    let brotli = asset.brotli.as_ref().filter(|_| accepts_brotli(request));
    let tag = match brotli {
        Some(_) => format!("\"{}-br\"", asset.tag),
        None => format!("\"{}\"", asset.tag),
    };
    let is_known = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.to_str().is_ok_and(|tags| tags.contains(&tag)));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(brotli.unwrap_or(&asset.bytes).clone()).into_response()
    };
    let caching = match has_content_hash(name) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut insert = |field: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(field, value);
        }
    };
    insert(header::ETAG, &tag);
    insert(header::CACHE_CONTROL, caching);
    insert(header::CONTENT_TYPE, content_type(name));
    insert(header::VARY, "accept-encoding");
    if brotli.is_some() && !is_known {
        insert(header::CONTENT_ENCODING, "br");
    }
    insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    if name.starts_with(PUBLIC_PREFIX) {
        make_public(response.headers_mut());
    } else {
        let own = HeaderValue::from_static("same-origin");
        response.headers_mut().insert("cross-origin-resource-policy", own);
    }
    response
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    let texts = request.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings =
        texts.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|text| text.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("br") && quality.is_some_and(|quality| quality > 0.0)
    })
}

/// Whether a name changes with its content: `app-0123456789abcdef_bg.wasm`, `worker-ABCD2345.js`.
fn has_content_hash(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once('-') else { return false };
    let is_hex = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_base32 = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z'));
    hash.len() >= MIN_HASH_CHARS && (is_hex || is_base32)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "glb" => "model/gltf-binary",
        "gltf" => "model/gltf+json",
        "txt" | "ts" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_cached_for_ever() {
        let check = |name: &str, expected: bool| {
            assert_eq!(has_content_hash(name), expected, "{name}");
        };
        check("app-0123456789abcdef_bg.wasm", true);
        check("player/session-worker-AB23CD45.js", true);
        check("player/p2c2r-player.js", false);
        check("index.html", false);
        check("session-worker.js", false);
    }

    #[test]
    fn refused_encoding_is_not_used() {
        let check = |text: &'static str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            assert_eq!(accepts_brotli(&headers), expected, "{text}");
        };
        check("gzip, deflate, br, zstd", true);
        check("gzip;q=1.0, br;q=0.2", true);
        check("br;q=0", false);
        check("gzip, brr", false);
    }
}
