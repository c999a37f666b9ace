//! Libraries that the whole tree must hold once.

use std::collections::BTreeMap;

/// Two of these would mean two of a protocol, a device or an allocator, or types that do not meet.
const ONCE: &[&str] = &[
    "blake3",
    "js-sys",
    "leptos",
    "naga",
    "postcard",
    "rtc",
    "serde",
    "tokio",
    "wasm-bindgen",
    "web-sys",
    "webrtc",
    "wgpu",
];

/// Libraries of the list that the lock file holds in more than one version.
pub fn held_twice(lock: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = value_of(line, "name") {
            name = value;
        } else if let Some(version) = value_of(line, "version")
            && ONCE.contains(&name)
        {
            versions.entry(name).or_default().push(version);
        }
    }
    let twice = versions.iter().filter(|(_, held)| held.len() > 1);
    twice.map(|(name, held)| format!("{name} is held as {}", held.join(" and "))).collect()
}

fn value_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_versions_of_one_library_are_told() {
        let lock = "[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\n\n\
                    [[package]]\nname = \"serde\"\nversion = \"2.0.0\"\n\n\
                    [[package]]\nname = \"syn\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"syn\"\nversion = \"2.0.0\"\n";
        assert_eq!(held_twice(lock), ["serde is held as 1.0.1 and 2.0.0"]);
    }
}
