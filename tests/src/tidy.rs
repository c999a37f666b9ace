//! The shape of source files: what the compiler and clippy do not see.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Longer files, tests not counted, are several things in one.
const MAX_LINES: usize = 800;
/// Deeper trees than this are not ours.
const MAX_DEPTH: usize = 16;
/// Folders of results, of other people's files, and of git.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "dist", "pkg", "corpus"];
/// The kinds of files that the rules are about.
const SOURCES: &[&str] = &["rs", "ts", "mjs", "js", "wgsl", "wesl", "css"];
/// Names of files that somebody forgot.
const LEFTOVERS: &[&str] = &["orig", "bak", "rej", "old", "swp"];

/// One source file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path from the root.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Reads every source file under the root, in the order of their paths.
pub fn sources(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in files(root)? {
        if has_extension(&path, SOURCES) {
            let text = fs::read_to_string(&path)?;
            sources.push(Source { path: relative(root, &path), text });
        }
    }
    Ok(sources)
}

/// Backup files and the like.
pub fn leftovers(root: &Path) -> io::Result<Vec<String>> {
    let is_leftover = |path: &PathBuf| has_extension(path, LEFTOVERS);
    Ok(files(root)?
        .iter()
        .filter(|path| is_leftover(path))
        .map(|path| relative(root, path))
        .collect())
}

/// What is wrong with a file, one line each.
pub fn violations(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    let is_rust = source.path.ends_with(".rs");
    if is_rust && !source.text.starts_with("//!") {
        wrong.push(format!(
            "{}:1: the first line says what the module is for: `//! …`",
            source.path
        ));
    }
    let length = lines_without_tests(&source.text);
    if length > MAX_LINES {
        wrong.push(format!("{}: {length} lines; the limit is {MAX_LINES}", source.path));
    }
    for (index, line) in source.text.lines().enumerate() {
        if let Some(problem) = problem_in(line, is_rust) {
            wrong.push(format!("{}:{}: {problem}", source.path, index + 1));
        }
    }
    wrong
}

fn problem_in(line: &str, is_rust: bool) -> Option<&'static str> {
    // Written in two pieces, so that this file does not accuse itself.
    let todo = concat!("TO", "DO");
    if let Some((_, after)) = line.split_once(todo)
        && !names_an_issue(after)
    {
        return Some("a note of open work names its issue: `(#12)`");
    }
    if [concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")]
        .iter()
        .any(|mark| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == *mark))
    {
        return Some("open work belongs in an issue");
    }
    if is_rust
        && [concat!("#[al", "low("), concat!("#![al", "low(")].iter().any(|a| line.contains(a))
    {
        return Some("lints are excepted by `#[expect(lint, reason = \"…\")]`");
    }
    if line.trim_end() != line {
        return Some("blanks at the end of the line");
    }
    None
}

fn names_an_issue(after: &str) -> bool {
    let number = after.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
    number
        .is_some_and(|(digits, _)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn lines_without_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, MAX_DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth_left: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let is_skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
        if kind.is_dir() && !is_skipped && depth_left > 0 {
            collect(&entry.path(), depth_left - 1, found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations_of(path: &str, text: &str) -> usize {
        violations(&Source { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn module_without_its_purpose_is_told() {
        assert_eq!(violations_of("a.rs", "use std::fs;\n"), 1);
        assert_eq!(violations_of("a.rs", "//! Reads.\nuse std::fs;\n"), 0);
        assert_eq!(violations_of("a.ts", "import a from 'b';\n"), 0);
    }

    #[test]
    fn long_file_is_told_unless_its_tests_make_it_long() {
        let long = format!("//! Long.\n{}", "//\n".repeat(MAX_LINES));
        assert_eq!(violations_of("a.rs", &long), 1);
        let tested = format!("//! Short.\n#[cfg(test)]\n{}", "//\n".repeat(MAX_LINES));
        assert_eq!(violations_of("a.rs", &tested), 0);
    }

    #[test]
    fn open_work_needs_an_issue() {
        let todo = concat!("TO", "DO");
        assert_eq!(violations_of("a.ts", &format!("// {todo}: later\n")), 1);
        assert_eq!(violations_of("a.ts", &format!("// {todo}(#): later\n")), 1);
        assert_eq!(violations_of("a.ts", &format!("// {todo}(#7): later\n")), 0);
    }

    #[test]
    fn silenced_lint_is_told() {
        let allow = concat!("#[al", "low(dead_code)]");
        assert_eq!(violations_of("a.rs", &format!("//! A.\n{allow}\n")), 1);
    }
}
