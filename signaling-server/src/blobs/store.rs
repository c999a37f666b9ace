//! The files behind the blobs, and which of them must go when the quota is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::AddressLimiter;

/// Uploads at the same time; each may hold the size limit on disk beyond the quota.
const MAX_UPLOADS: usize = 4;
/// Uploads a second from one address, and at once.
const UPLOADS_PER_SECOND: u32 = 1;
const UPLOAD_BURST: u32 = 60;
/// What unfinished uploads are called.
const PARTIAL_PREFIX: &str = "partial-";

/// The blake3 hash of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobId([u8; 32]);

/// A text names no blob.
#[derive(Debug, Error)]
#[error("not 64 lower-case hex digits")]
pub struct BlobIdError;

impl FromStr for BlobId {
    type Err = BlobIdError;

    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| BlobIdError)?;
        // One blob has one name: no upper case.
        if hash.to_hex().as_str() == text { Ok(Self(*hash.as_bytes())) } else { Err(BlobIdError) }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

/// A blob was not stored.
#[derive(Debug, Error)]
pub enum PutError {
    /// Larger than a blob may be, or than all the space there is.
    #[error("a blob has at most {limit} bytes here")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The bytes are not those of the name.
    #[error("the bytes hash to {found}, not to the name of the blob")]
    WrongHash {
        /// Their hash.
        found: BlobId,
    },
    /// As many uploads run as may.
    #[error("too many uploads at the same time; try again")]
    Busy,
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Debug)]
struct Entry {
    bytes: u64,
    used: u64,
}

#[derive(Debug, Default)]
struct Index {
    entries: BTreeMap<BlobId, Entry>,
    total_bytes: u64,
    clock: u64,
}

/// A folder of blobs with a quota.
#[derive(Debug)]
pub struct BlobStore {
    folder: PathBuf,
    max_bytes: u64,
    quota_bytes: u64,
    index: Mutex<Index>,
    uploads: Semaphore,
    rates: Mutex<AddressLimiter>,
    next_upload: AtomicU64,
}

impl BlobStore {
    /// Opens or makes the folder; what is there stays, the oldest first in line for eviction.
    pub fn open(folder: &Path, max_bytes: u64, quota_bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut found = Vec::new();
        for file in std::fs::read_dir(folder)? {
            let file = file?;
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(PARTIAL_PREFIX) {
                std::fs::remove_file(file.path())?;
            } else if let Ok(id) = name.parse::<BlobId>() {
                let metadata = file.metadata()?;
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.push((modified, id, metadata.len()));
            }
        }
        found.sort();
        let mut index = Index::default();
        for (_, id, bytes) in found {
            index.insert(id, bytes);
        }
        let store = Self {
            folder: folder.to_owned(),
            max_bytes: max_bytes.min(quota_bytes),
            quota_bytes,
            index: Mutex::new(index),
            uploads: Semaphore::new(MAX_UPLOADS),
            rates: Mutex::new(AddressLimiter::new(UPLOADS_PER_SECOND, UPLOAD_BURST)),
            next_upload: AtomicU64::new(0),
        };
        for id in store.lock().make_room(0, quota_bytes) {
            std::fs::remove_file(store.path(id))?;
        }
        Ok(store)
    }

    /// Largest blob that is taken.
    pub const fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Whether the address may upload once more now.
    pub fn may_upload(&self, now: Duration, address: IpAddr) -> bool {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).take(now, address)
    }

    /// Length of a stored blob, which thereby counts as used.
    pub fn touch(&self, id: BlobId) -> Option<u64> {
        self.lock().touch(id)
    }

    /// A stored blob, open for reading, and its length.
    pub async fn open_blob(&self, id: BlobId) -> io::Result<Option<(File, u64)>> {
        if self.touch(id).is_none() {
            return Ok(None);
        }
        match File::open(self.path(id)).await {
            Ok(file) => {
                let bytes = file.metadata().await?.len();
                Ok(Some((file, bytes)))
            }
            // Evicted a moment ago, or removed by the operator.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.lock().remove(id);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Starts an upload; `announced` bytes may be 0 if unknown.
    pub async fn begin(&self, announced: u64) -> Result<Upload<'_>, PutError> {
        if announced > self.max_bytes {
            return Err(PutError::TooLarge { limit: self.max_bytes });
        }
        let permit = self.uploads.try_acquire().map_err(|_| PutError::Busy)?;
        let number = self.next_upload.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{PARTIAL_PREFIX}{}-{number}", std::process::id()));
        let file = File::create(&path).await?;
        let partial = PartialFile { path };
        let hasher = blake3::Hasher::new();
        Ok(Upload { store: self, file, partial, hasher, bytes: 0, _permit: permit })
    }

    /// Fails if nothing could be stored.
    pub async fn check_writable(&self) -> io::Result<()> {
        let path = self.folder.join(format!("{PARTIAL_PREFIX}{}-ready", std::process::id()));
        let _partial = PartialFile { path: path.clone() };
        tokio::fs::write(&path, b"ready").await
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn insert(&mut self, id: BlobId, bytes: u64) {
        self.clock += 1;
        let entry = Entry { bytes, used: self.clock };
        let old = self.entries.insert(id, entry);
        self.total_bytes += bytes;
        self.total_bytes -= old.map_or(0, |old| old.bytes);
    }

    fn touch(&mut self, id: BlobId) -> Option<u64> {
        self.clock += 1;
        let clock = self.clock;
        let entry = self.entries.get_mut(&id)?;
        entry.used = clock;
        Some(entry.bytes)
    }

    fn remove(&mut self, id: BlobId) {
        if let Some(entry) = self.entries.remove(&id) {
            self.total_bytes -= entry.bytes;
        }
    }

    /// Takes the least recently used out until `bytes` more fit; returns whom to delete.
    fn make_room(&mut self, bytes: u64, quota_bytes: u64) -> Vec<BlobId> {
        let mut evicted = Vec::new();
        while self.total_bytes + bytes > quota_bytes {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            let Some(id) = oldest.map(|(&id, _)| id) else { break };
            self.remove(id);
            evicted.push(id);
        }
        evicted
    }
}

/// Deletes an unfinished upload when it is dropped.
#[derive(Debug)]
struct PartialFile {
    path: PathBuf,
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // Gone already after a rename; nothing to do about anything else.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Bytes on their way to becoming a blob.
#[derive(Debug)]
pub struct Upload<'store> {
    store: &'store BlobStore,
    file: File,
    partial: PartialFile,
    hasher: blake3::Hasher,
    bytes: u64,
    _permit: SemaphorePermit<'store>,
}

impl Upload<'_> {
    /// Takes the next piece.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), PutError> {
        self.bytes += piece.len() as u64;
        let limit = self.store.max_bytes;
        if self.bytes > limit {
            return Err(PutError::TooLarge { limit });
        }
        self.hasher.update(piece);
        Ok(self.file.write_all(piece).await?)
    }

    /// Checks the hash and gives the file its name; returns the length.
    pub async fn finish(mut self, id: BlobId) -> Result<u64, PutError> {
        self.file.flush().await?;
        self.file.sync_data().await?;
        let found = BlobId(*self.hasher.finalize().as_bytes());
        if found != id {
            return Err(PutError::WrongHash { found });
        }
        let evicted = {
            let mut index = self.store.lock();
            let evicted = index.make_room(self.bytes, self.store.quota_bytes);
            // Counted before it is there, so that parallel uploads cannot exceed the quota.
            index.insert(id, self.bytes);
            evicted
        };
        for old in evicted {
            tracing::info!(id = %old, "blob evicted");
            // A file that the operator removed is as good as evicted.
            let _ = tokio::fs::remove_file(self.store.path(old)).await;
        }
        if let Err(error) = tokio::fs::rename(&self.partial.path, self.store.path(id)).await {
            self.store.lock().remove(id);
            return Err(error.into());
        }
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(bytes: &[u8]) -> BlobId {
        BlobId(*blake3::hash(bytes).as_bytes())
    }

    async fn put(store: &BlobStore, bytes: &[u8]) -> Result<u64, PutError> {
        let mut upload = store.begin(0).await?;
        upload.write(bytes).await?;
        upload.finish(id_of(bytes)).await
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn least_recently_used_blob_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 100, 100).unwrap();
        let blobs = [[1u8; 40], [2; 40], [3; 40]];
        put(&store, &blobs[0]).await.unwrap();
        put(&store, &blobs[1]).await.unwrap();
        store.touch(id_of(&blobs[0]));
        put(&store, &blobs[2]).await.unwrap();
        let is_there = blobs.map(|blob| store.touch(id_of(&blob)).is_some());
        assert_eq!(is_there, [true, false, true]);
        assert_eq!(files(folder.path()), 2);
    }

    #[tokio::test]
    async fn wrong_hash_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 100, 100).unwrap();
        let mut upload = store.begin(0).await.unwrap();
        upload.write(b"honest").await.unwrap();
        let result = upload.finish(id_of(b"other")).await;
        assert!(matches!(result, Err(PutError::WrongHash { .. })));
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn oversized_upload_stops_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 10, 100).unwrap();
        assert!(matches!(store.begin(11).await, Err(PutError::TooLarge { limit: 10 })));
        let mut upload = store.begin(0).await.unwrap();
        upload.write(&[0; 10]).await.unwrap();
        assert!(matches!(upload.write(&[0]).await, Err(PutError::TooLarge { .. })));
        drop(upload);
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn blobs_survive_a_restart_and_a_smaller_quota_trims_them() {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = BlobStore::open(folder.path(), 100, 100).unwrap();
            put(&store, b"first").await.unwrap();
            put(&store, b"second").await.unwrap();
        }
        std::fs::write(folder.path().join("partial-1-1"), b"x").unwrap();
        let store = BlobStore::open(folder.path(), 100, 6).unwrap();
        assert_eq!(files(folder.path()), 1);
        let (first, second) = (store.touch(id_of(b"first")), store.touch(id_of(b"second")));
        assert!(first.is_some() != second.is_some());
    }
}
