//! Which GPU kernels were found fastest, kept in the user's cache folder between runs.
//!
//! It is a cache: whatever cannot be read or written is measured again.

use std::io;

use p2c2r_tracer_gpu::{TuneChoice, TuneMemory};

use super::user_files::{cache_file, read_limited, replace};

/// A larger file is not ours.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// Adapters and drivers that are remembered; the oldest ones go first.
const MAX_ENTRIES: usize = 64;
const FILE_NAME: &str = "gpu-kernels";

/// Remembers choices in `gpu-kernels` in the user's cache folder.
pub const TUNE_FILE: TuneMemory = TuneMemory { recall, keep };

fn recall(key: &str) -> Option<TuneChoice> {
    found(&stored()?, key)
}

fn keep(key: &str, choice: TuneChoice) {
    let text = with_entry(&stored().unwrap_or_default(), key, choice);
    if let Err(error) = write(&text) {
        tracing::debug!(%error, "the choice of GPU kernels is not kept");
    }
}

/// The file's text, unless there is none or it is too large.
fn stored() -> Option<String> {
    let bytes = read_limited(&cache_file(FILE_NAME)?, MAX_FILE_BYTES).ok()??;
    String::from_utf8(bytes).ok()
}

fn write(text: &str) -> io::Result<()> {
    let path = cache_file(FILE_NAME).ok_or_else(|| io::Error::other("there is no cache folder"))?;
    replace(&path, text.as_bytes())
}

/// A line per adapter: the choice, a tab, the key.
fn found(text: &str, key: &str) -> Option<TuneChoice> {
    let entries = text.lines().filter_map(|line| line.split_once('\t'));
    entries.filter(|(_, of)| *of == key).find_map(|(choice, _)| choice.parse().ok())
}

/// The same text with one entry more, or another choice in it, and not too many of them.
fn with_entry(text: &str, key: &str, choice: TuneChoice) -> String {
    let others = text.lines().filter(|line| line.split_once('\t').is_some_and(|(_, of)| of != key));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.push(format!("{choice}\t{key}"));
    let first = lines.len().saturating_sub(MAX_ENTRIES);
    lines[first..].iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_found_under_their_own_key() {
        let all = TuneChoice::all(true);
        let text = with_entry("", "one adapter|1.0", all[0]);
        let text = with_entry(&text, "other adapter|2.0", all[5]);
        assert_eq!(found(&text, "one adapter|1.0"), Some(all[0]));
        assert_eq!(found(&text, "other adapter|2.0"), Some(all[5]));
        assert_eq!(found(&text, "one adapter|1.1"), None);
        let text = with_entry(&text, "one adapter|1.0", all[3]);
        assert_eq!(found(&text, "one adapter|1.0"), Some(all[3]));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn broken_files_say_nothing_and_heal() {
        for text in ["", "\t", "megakernel-64-private", "nonsense\tkey", "\0\n\tkey\n"] {
            assert_eq!(found(text, "key"), None, "{text:?}");
            let healed = with_entry(text, "key", TuneChoice::DEFAULT);
            assert_eq!(found(&healed, "key"), Some(TuneChoice::DEFAULT));
        }
    }

    #[test]
    fn files_do_not_grow_without_end() {
        let mut text = String::new();
        for adapter in 0..200 {
            text = with_entry(&text, &format!("adapter {adapter}"), TuneChoice::DEFAULT);
        }
        assert_eq!(text.lines().count(), MAX_ENTRIES);
        assert!(found(&text, "adapter 199").is_some() && found(&text, "adapter 0").is_none());
    }
}
