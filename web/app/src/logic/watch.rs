//! The watch page's states and settings.

use super::contributor::{Status, Tone, sentence};
use super::look::Look;
use super::query::Query;
use super::room::room_from_text;

/// What the picture is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    /// No scene yet.
    Empty,
    /// Getting the player or the scene; the text says which.
    Loading(String),
    /// Samples are arriving.
    Rendering,
    /// Held by the person.
    Paused,
    /// Every sample asked for is there.
    Done,
    /// It cannot go on; the text says why.
    Failed(String),
}

impl WatchState {
    /// A word for style sheets and tests.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loading(_) => "loading",
            Self::Rendering => "rendering",
            Self::Paused => "paused",
            Self::Done => "complete",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether there is a picture to look at or save.
    pub const fn has_picture(&self) -> bool {
        matches!(self, Self::Rendering | Self::Paused | Self::Done)
    }

    /// The state for the player package's word and what it said with it.
    pub fn of_word(word: &str, reason: &str) -> Self {
        match word {
            "idle" => Self::Empty,
            "loading" => Self::Loading("getting the scene".to_owned()),
            "rendering" => Self::Rendering,
            "paused" => Self::Paused,
            "complete" => Self::Done,
            _ if reason.is_empty() => Self::Failed("the player gave no reason".to_owned()),
            _ => Self::Failed(reason.to_owned()),
        }
    }

    /// One word and one sentence about now.
    pub fn status(&self) -> Status {
        let (word, reason, tone) = match self {
            Self::Empty => ("Empty", "Choose a scene, then press Render.".to_owned(), Tone::Quiet),
            Self::Loading(what) => ("Loading", sentence(what), Tone::Pending),
            Self::Rendering => {
                ("Rendering", "The picture refines with every tile.".to_owned(), Tone::Active)
            }
            Self::Paused => ("Paused", "You paused the picture.".to_owned(), Tone::Alert),
            Self::Done => {
                ("Done", "Every sample asked for is in the picture.".to_owned(), Tone::Quiet)
            }
            Self::Failed(why) => ("Failed", sentence(why), Tone::Alert),
        };
        Status { word, reason, tone }
    }
}

/// What a loading stage of the player is called here.
pub const fn stage_text(stage: &str) -> &'static str {
    match stage.as_bytes() {
        b"download" => "downloading the scene",
        b"build" => "building the scene",
        b"upload" => "handing the scene to the helpers",
        _ => "getting the scene",
    }
}

/// Film sizes offered, in pixels.
pub const FILM_SIZES: [(u32, u32); 4] = [(640, 360), (960, 540), (1280, 720), (1920, 1080)];
/// Samples per pixel offered.
pub const SAMPLE_COUNTS: [u32; 6] = [16, 32, 64, 128, 256, 1024];

/// What this tab renders its own picture with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnDevice {
    /// The GPU where it is a real one, else the CPU.
    Auto,
    /// The GPU.
    Gpu,
    /// The CPU.
    Cpu,
    /// Nothing: the helpers do it all.
    Nothing,
}

impl OwnDevice {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Gpu, Self::Cpu, Self::Nothing];

    /// The player's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
            Self::Nothing => "none",
        }
    }

    /// The text shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auto => "Automatic",
            Self::Gpu => "GPU",
            Self::Cpu => "CPU",
            Self::Nothing => "Nothing, helpers only",
        }
    }

    /// The choice of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.word() == word)
    }
}

/// What to render besides the scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSettings {
    /// Film size in pixels.
    pub size: (u32, u32),
    /// Samples per pixel at which the picture is done.
    pub samples: u32,
    /// Keys the random numbers.
    pub seed: u32,
    /// What this tab renders with.
    pub device: OwnDevice,
    /// How the picture is shown.
    pub look: Look,
    /// The room in which helpers meet; none draws from the public pool.
    pub room: Option<String>,
    /// Scene text of the link, if any.
    pub scene: Option<String>,
}

impl WatchSettings {
    /// Settings from the page's query; whatever is missing or unusable gets its default.
    pub fn of_query(query: &Query) -> Self {
        let number = |name: &str| query.value(name).and_then(|text| text.parse::<u32>().ok());
        Self {
            size: query.value("size").and_then(film_size).unwrap_or(FILM_SIZES[0]),
            samples: number("samples")
                .filter(|samples| (1..=65_536).contains(samples))
                .unwrap_or(64),
            seed: number("seed").unwrap_or(1),
            device: query.value("device").and_then(OwnDevice::of_word).unwrap_or(OwnDevice::Auto),
            look: Look::of_query(query),
            room: query.value("room").and_then(room_from_text),
            scene: query.value("scene").map(str::to_owned),
        }
    }
}

/// Reads `640x360`; sides from 1 to 4096.
pub fn film_size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (1..=4096).contains(side));
    Some((side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_sets_everything() {
        let query = Query::parse(
            "?scene=generated:cornell&size=320x200&samples=8&seed=9&device=none&room=abcdefghijklmnop",
        );
        let expected = WatchSettings {
            size: (320, 200),
            samples: 8,
            seed: 9,
            device: OwnDevice::Nothing,
            look: Look::default(),
            room: Some("abcdefghijklmnop".to_owned()),
            scene: Some("generated:cornell".to_owned()),
        };
        assert_eq!(WatchSettings::of_query(&query), expected);
    }

    #[test]
    fn unusable_settings_get_their_defaults() {
        let defaults = WatchSettings::of_query(&Query::default());
        let query = Query::parse("?size=0x0&samples=0&seed=x&device=abacus&room=a/b");
        assert_eq!(WatchSettings::of_query(&query), defaults);
        for size in ["", "640", "x", "-1x2", "9999x1", "1x1x1"] {
            assert_eq!(film_size(size), None, "{size}");
        }
    }

    #[test]
    fn failures_say_why() {
        let status = WatchState::Failed("the scene has no triangle".to_owned()).status();
        assert_eq!(status.reason, "The scene has no triangle.");
        assert!(!WatchState::Failed(String::new()).has_picture());
    }
}
