//! The first message of both sides: who speaks, in which version, with what abilities and limits.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Version of the peer messages; a peer with another one is told so and left.
pub const PROTOCOL_VERSION: u16 = 4;
/// Raised with every change of the tracers that alters the bits of a tile: such peers cannot share a frame.
pub const ESTIMATOR_VERSION: u32 = 3;
/// Longest peer name in UTF-8 bytes.
pub const MAX_NAME_BYTES: usize = 48;
/// Most tasks that one contributor traces at the same time.
pub const MAX_LANES: u16 = 64;
/// Highest speed that a contributor may claim for a lane, in mean paths per second.
pub const MAX_BENCHMARK: u32 = 1_000_000_000;

/// Opens a link in both directions; repeated until the other side has been heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the sender; stays the first field in every version.
    pub version: u16,
    /// [`ESTIMATOR_VERSION`] of the sender's tracer.
    pub estimator: u32,
    /// What the sender does on this link.
    pub role: Role,
    /// Whether the sender has already received the other side's hello.
    pub has_heard: bool,
    /// What the sender can do.
    pub capabilities: Capabilities,
    /// What the sender is willing to take.
    pub limits: PeerLimits,
    /// Requester: by what contributors can tell that they have worked for it before; drawn at random,
    /// and anew unless it wants to recognise them.
    pub tag: Option<Pseudonym>,
}

/// A random-looking name that says nothing but that two sessions are of the same peer.
pub type Pseudonym = [u8; 16];

/// The part a peer plays on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Gives tasks and merges results.
    Requester,
    /// Traces tasks.
    Contributor,
}

/// What renders, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeviceKind {
    /// The GPU through WebGPU in a browser.
    BrowserGpu,
    /// WASM on the CPU in a browser.
    BrowserCpu,
    /// The GPU through wgpu in a native process.
    NativeGpu,
    /// The CPU in a native process.
    NativeCpu,
}

impl DeviceKind {
    /// The name used in reports, such as `browser-gpu`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BrowserGpu => "browser-gpu",
            Self::BrowserCpu => "browser-cpu",
            Self::NativeGpu => "native-gpu",
            Self::NativeCpu => "native-cpu",
        }
    }
}

/// What a peer can do; claims, believed only until measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What renders.
    pub device: DeviceKind,
    /// Tasks traced at the same time, 1 to [`MAX_LANES`]; 1 if one task uses the whole device.
    pub lanes: u16,
    /// How it is at the moment of the hello.
    pub condition: Condition,
    /// Shown to people, never trusted.
    pub name: PeerName,
}

/// What a contributor says of its present state; it says so again when something of it changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// Mean paths per second of one lane in the benchmark that it ran on itself, 1 to
    /// [`MAX_BENCHMARK`]; `None` if it has not.
    pub benchmark: Option<u32>,
    /// Whether it runs on a battery.
    pub is_on_battery: bool,
    /// Whether its tab is hidden.
    pub is_hidden: bool,
}

impl Condition {
    /// The same with a measured speed in mean paths per second; one that is none says nothing.
    #[must_use]
    pub fn with_speed(self, paths_per_second: f64) -> Self {
        let speed = paths_per_second.clamp(0.0, f64::from(MAX_BENCHMARK)) as u32;
        Self { benchmark: (speed > 0).then_some(speed), ..self }
    }
}

/// What a peer is willing to take; the other side stays below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLimits {
    /// Most pixels of a task.
    pub max_task_pixels: u32,
    /// Most paths (pixels × samples) of a task.
    pub max_task_paths: u64,
    /// Most bytes of a stored scene package.
    pub max_scene_bytes: u64,
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            max_task_pixels: 128 * 128,
            max_task_paths: 1 << 26,
            max_scene_bytes: 256 * 1024 * 1024,
        }
    }
}

/// A short printable name: no control characters, none that reorder text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerName(String);

/// Why a text cannot be a peer's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// More than [`MAX_NAME_BYTES`].
    #[error("a name of {0} bytes; at most {MAX_NAME_BYTES} are allowed")]
    TooLong(usize),
    /// A control or text-direction character.
    #[error("a name with the character U+{0:04X}, which does not print")]
    Unprintable(u32),
}

impl PeerName {
    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        if name.len() > MAX_NAME_BYTES {
            return Err(NameError::TooLong(name.len()));
        }
        match name.chars().find(|&character| !is_printable(character)) {
            Some(character) => Err(NameError::Unprintable(u32::from(character))),
            None => Ok(Self(name)),
        }
    }

    /// The longest acceptable name that a text holds: unprintable characters out, the rest cut.
    pub fn lossy(text: &str) -> Self {
        let mut name = String::new();
        for character in text.chars().filter(|&character| is_printable(character)) {
            if name.len() + character.len_utf8() > MAX_NAME_BYTES {
                break;
            }
            name.push(character);
        }
        Self(name)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PeerName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl From<PeerName> for String {
    fn from(name: PeerName) -> Self {
        name.0
    }
}

fn is_printable(character: char) -> bool {
    let is_direction = matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !is_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_print_are_refused() {
        assert!(PeerName::new("Anna's laptop").is_ok());
        assert_eq!(PeerName::new("a\nb"), Err(NameError::Unprintable(10)));
        assert_eq!(PeerName::new("\u{202e}gnp"), Err(NameError::Unprintable(0x202e)));
        assert_eq!(PeerName::new("x".repeat(49)), Err(NameError::TooLong(49)));
    }

    #[test]
    fn any_text_has_a_lossy_name() {
        assert_eq!(PeerName::lossy("a\u{0}b\u{202e}c").as_str(), "abc");
        assert_eq!(PeerName::lossy(&"é".repeat(40)).as_str().len(), 48);
    }
}
