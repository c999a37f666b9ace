//! Remembers what a result was made from, so that it is not made again for nothing.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::places::Places;

/// Folders that hold results or other people's files.
const NOT_INPUTS: &[&str] = &["node_modules", "dist", "target", "pkg"];
/// Deeper trees than this are not ours.
const MAX_DEPTH: usize = 16;

/// The note about one result.
pub(super) struct Note {
    file: PathBuf,
    fingerprint: String,
}

impl Note {
    /// Reads every file under the inputs; `words` are whatever else decides the result.
    pub(super) fn of(places: &Places, name: &str, inputs: &[PathBuf], words: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        for input in inputs {
            hash_tree(input, MAX_DEPTH, &mut hasher)
                .with_context(|| format!("cannot read {}", input.display()))?;
        }
        let file = places.stamps().join(format!("{name}.inputs"));
        Ok(Self { file, fingerprint: format!("{:016x}", hasher.finish()) })
    }

    /// Whether the result was made from exactly these inputs.
    pub(super) fn is_current(&self, result: &Path) -> bool {
        result.exists() && fs::read_to_string(&self.file).is_ok_and(|old| old == self.fingerprint)
    }

    /// Notes that the result now is.
    pub(super) fn keep(&self) -> Result<()> {
        let folder = self.file.parent().context("notes lie in a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(&self.file, &self.fingerprint).context("cannot note what was built")
    }
}

fn hash_tree(path: &Path, depth_left: usize, hasher: &mut DefaultHasher) -> Result<()> {
    path.hash(hasher);
    if path.is_file() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    anyhow::ensure!(depth_left > 0, "folders are nested too deep");
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    for entry in entries {
        let is_input =
            entry.file_name().is_some_and(|name| !NOT_INPUTS.iter().any(|folder| name == *folder));
        if is_input {
            hash_tree(&entry, depth_left - 1, hasher)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_input_makes_the_result_stale() {
        let folder = std::env::temp_dir().join(format!("xtask-inputs-{}", std::process::id()));
        let source = folder.join("source");
        fs::create_dir_all(source.join("node_modules")).unwrap();
        let places = Places { root: folder.clone(), cache: folder.clone() };
        let note = || Note::of(&places, "test", std::slice::from_ref(&source), "").unwrap();
        fs::write(source.join("a.ts"), "1").unwrap();
        assert!(!note().is_current(&source));
        note().keep().unwrap();
        assert!(note().is_current(&source));
        fs::write(source.join("node_modules/b.js"), "1").unwrap();
        assert!(note().is_current(&source), "other people's files do not count");
        fs::write(source.join("a.ts"), "2").unwrap();
        assert!(!note().is_current(&source));
        fs::remove_dir_all(folder).unwrap();
    }
}
