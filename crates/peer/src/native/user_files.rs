//! Small files of ours in the user's cache folder. They are a cache: whoever loses one goes on without it.

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

/// Folders in the environment that may hold caches, with what comes below them.
const CACHE_FOLDERS: [(&str, &str); 3] =
    [("XDG_CACHE_HOME", "p2c2r"), ("LOCALAPPDATA", "p2c2r"), ("HOME", ".cache/p2c2r")];

/// Where a file of this name belongs; `None` where there is no such folder.
pub(super) fn cache_file(name: &str) -> Option<PathBuf> {
    let folder = |&(variable, below): &(&str, &str)| {
        let base = PathBuf::from(env::var_os(variable)?);
        base.is_absolute().then(|| base.join(below))
    };
    Some(CACHE_FOLDERS.iter().find_map(folder)?.join(name))
}

/// A file's bytes; `None` if there is no such file, an error if it is larger than ours are.
pub(super) fn read_limited(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > max_bytes {
        return Err(io::Error::other(format!("{length} bytes; at most {max_bytes} are read")));
    }
    fs::read(path).map(Some)
}

/// Replaces a file at once, so that another process never reads half of it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("the path has no folder"))?;
    fs::create_dir_all(folder)?;
    let beside = path.with_extension(format!("{}.new", process::id()));
    fs::write(&beside, bytes)?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_read_as_it_was_written_unless_it_is_too_long_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/name");
        assert!(read_limited(&path, 9).unwrap().is_none());
        replace(&path, b"first").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(read_limited(&path, 6).unwrap().unwrap(), b"second");
        assert!(read_limited(&path, 5).is_err());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
