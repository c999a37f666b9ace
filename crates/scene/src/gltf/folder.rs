//! Files of a folder on disk.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::resolver::{ResourceError, ResourceResolver};

/// Reads files below a folder; links that lead out of it are refused.
#[derive(Debug, Clone)]
pub struct FolderResolver {
    folder: PathBuf,
}

impl FolderResolver {
    /// A resolver for the folder that a scene file lies in.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// A resolver for the folder of a scene file.
    pub fn beside(file: &Path) -> Self {
        let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::new(folder.unwrap_or(Path::new(".")))
    }
}

impl ResourceResolver for FolderResolver {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ResourceError> {
        let name = || path.to_owned();
        let missing = |_| ResourceError::Missing(path.to_owned());
        let folder = self.folder.canonicalize().map_err(missing)?;
        let file = folder.join(path).canonicalize().map_err(missing)?;
        if !file.starts_with(&folder) || !file.is_file() {
            return Err(ResourceError::Missing(name()));
        }
        let unreadable = |error: std::io::Error| ResourceError::Unreadable {
            name: path.to_owned(),
            reason: error.to_string(),
        };
        let file = File::open(file).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?.len();
        if found > max_bytes {
            return Err(ResourceError::TooLarge { name: name(), found, limit: max_bytes });
        }
        let mut bytes = Vec::with_capacity(found as usize);
        // Bounded again, since the file can grow meanwhile.
        file.take(max_bytes).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}
