//! Files that a glTF file names: where they may come from, and which names are refused.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::error::ImportError;

/// Longest part of a URI that an error repeats.
const SHOWN_URI_CHARS: usize = 80;

/// Why a named file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResourceError {
    /// There is no such file, or it lies outside the folder.
    #[error("there is no file {0:?} beside the scene")]
    Missing(String),
    /// The file is larger than what is left of the limit.
    #[error("the file {name:?} has {found} bytes, {limit} are left of the limit")]
    TooLarge {
        /// Its name.
        name: String,
        /// Its size.
        found: u64,
        /// What is left.
        limit: u64,
    },
    /// Reading failed.
    #[error("the file {name:?} cannot be read: {reason}")]
    Unreadable {
        /// Its name.
        name: String,
        /// The system's words.
        reason: String,
    },
}

/// Where a scene's files come from.
pub trait ResourceResolver {
    /// Reads a file by its relative path, forward slashes, already decoded and free of `..`.
    ///
    /// A file of more than `max_bytes` is an error and is not read.
    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ResourceError>;
}

/// Files that are already in memory, by their relative path.
#[derive(Debug, Clone, Default)]
pub struct MapResolver {
    files: BTreeMap<String, Vec<u8>>,
}

impl MapResolver {
    /// A resolver without files: a scene that names any cannot be read.
    pub const fn new() -> Self {
        Self { files: BTreeMap::new() }
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.files.insert(path.into(), bytes);
        self
    }
}

impl ResourceResolver for MapResolver {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ResourceError> {
        let bytes = self.files.get(path).ok_or_else(|| ResourceError::Missing(path.to_owned()))?;
        let found = bytes.len() as u64;
        if found > max_bytes {
            let name = path.to_owned();
            return Err(ResourceError::TooLarge { name, found, limit: max_bytes });
        }
        Ok(bytes.clone())
    }
}

/// Reads what a URI names: data in the URI itself, or a file through the resolver.
pub(super) fn read_uri(
    uri: &str,
    place: &dyn Fn() -> String,
    resolver: &dyn ResourceResolver,
    max_bytes: u64,
) -> Result<Vec<u8>, ImportError> {
    if let Some(data) = uri.strip_prefix("data:") {
        return decode_data_uri(data).map_err(|reason| refused(uri, place, reason));
    }
    let path = safe_path(uri).map_err(|reason| refused(uri, place, reason))?;
    resolver.read(&path, max_bytes).map_err(|error| ImportError::Resource { place: place(), error })
}

fn refused(uri: &str, place: &dyn Fn() -> String, reason: &'static str) -> ImportError {
    let uri = uri.chars().take(SHOWN_URI_CHARS).collect();
    ImportError::Uri { place: place(), uri, reason }
}

/// The decoded path, if it stays in the folder and names no host.
pub(super) fn safe_path(uri: &str) -> Result<String, &'static str> {
    let path = percent_decoded(uri).ok_or("is not valid percent-encoded UTF-8")?;
    let first_segment = path.split('/').next().unwrap_or_default();
    if first_segment.contains(':') {
        return Err("names a scheme or drive; only files beside the scene are read");
    }
    if path.starts_with("//") {
        return Err("names a host; only files beside the scene are read");
    }
    if path.starts_with('/') || path.split('/').any(|segment| segment == "..") {
        return Err("leaves the folder of the scene");
    }
    if path.is_empty() || path.contains(['\\', '\0']) {
        return Err("is not a relative path");
    }
    Ok(path)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            rest = tail;
            let digit = |index: usize| char::from(digits[index]).to_digit(16);
            bytes.push((digit(0)? << 4 | digit(1)?) as u8);
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn decode_data_uri(data: &str) -> Result<Vec<u8>, &'static str> {
    let (media_type, payload) = data.split_once(',').ok_or("has no comma before its data")?;
    if !media_type.ends_with(";base64") {
        return Err("is not base64");
    }
    STANDARD.decode(payload).map_err(|_| "is not valid base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_folder_or_name_a_host_are_refused() {
        for uri in [
            "../secret",
            "a/../../b",
            "/etc/passwd",
            "//host/file",
            "http://host/a.bin",
            "file:///etc/passwd",
            "C:/windows",
            "a\\..\\b",
            "%2e%2e/secret",
            "..%2fsecret",
            "%2Fetc%2Fpasswd",
            "a%00b",
            "",
            "%zz",
            "%+1",
            "%ff",
        ] {
            assert!(safe_path(uri).is_err(), "{uri}");
        }
        assert_eq!(safe_path("textures/my%20image.png"), Ok("textures/my image.png".to_owned()));
        assert_eq!(safe_path("..hidden/a..b"), Ok("..hidden/a..b".to_owned()));
    }

    #[test]
    fn data_uris_are_decoded() {
        assert_eq!(decode_data_uri("application/octet-stream;base64,AAEC"), Ok(vec![0, 1, 2]));
        assert!(decode_data_uri("text/plain,abc").is_err());
        assert!(decode_data_uri(";base64,****").is_err());
        assert!(decode_data_uri(";base64").is_err());
    }
}
