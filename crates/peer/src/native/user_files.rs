//! Small files of ours in the user's cache folder. They are a cache: whoever loses one goes on without it.

use std::io::Read;
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

/// A file's bytes; `None` if there is no such file, an error if it is no file or larger than ours are.
pub(super) fn read_limited(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let length = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(no_file()),
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let too_long =
        |length| io::Error::other(format!("{length} bytes; at most {max_bytes} are read"));
    if length > max_bytes {
        return Err(too_long(length));
    }
    // It may be growing.
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > max_bytes { Err(too_long(length)) } else { Ok(Some(bytes)) }
}

/// Replaces a file at once, so that another process never reads half of it. What is no file, such as
/// `/dev/null`, is left alone, and a link stays one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(no_file());
    }
    let folder = path.parent().ok_or_else(|| io::Error::other("the path has no folder"))?;
    fs::create_dir_all(folder)?;
    let beside = path.with_extension(format!("{}.new", process::id()));
    let replaced = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn no_file() -> io::Error {
    io::Error::other("this is no file")
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

    #[test]
    fn what_is_no_file_is_neither_read_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("name");
        fs::create_dir(&path).unwrap();
        assert!(read_limited(&path, 9).is_err() && replace(&path, b"bytes").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn link_still_leads_to_the_file_that_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        fs::write(&file, b"first").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
