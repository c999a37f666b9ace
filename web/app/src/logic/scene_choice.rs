//! Which scene to show: a generated one, an address, or a file from this machine.

use thiserror::Error;

/// Longest scene address that is accepted.
pub const MAX_ADDRESS_LENGTH: usize = 2048;
/// Largest scene file that is read from this machine, in bytes.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// A scene that every build can make from a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// A wet street at night under neon signs.
    NightCity,
    /// The Cornell box.
    Cornell,
    /// The white furnace: a uniform picture if and only if no energy is lost.
    Furnace,
}

impl Generated {
    /// Every generated scene, in the order shown.
    pub const ALL: [Self; 3] = [Self::NightCity, Self::Cornell, Self::Furnace];

    /// The word that names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NightCity => "night-city",
            Self::Cornell => "cornell",
            Self::Furnace => "furnace",
        }
    }

    /// The name shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NightCity => "Night city",
            Self::Cornell => "Cornell box",
            Self::Furnace => "White furnace",
        }
    }

    /// The scene as a choice, with its default arguments.
    pub fn choice(self) -> SceneChoice {
        SceneChoice::Generated(format!("generated:{}", self.word()))
    }

    /// Whether `choice` is this scene, whatever its arguments.
    pub fn is(self, choice: &SceneChoice) -> bool {
        matches!(choice, SceneChoice::Generated(_)) && choice.name() == self.word()
    }

    /// One line about it.
    pub const fn caption(self) -> &'static str {
        match self {
            Self::NightCity => "Wet street, neon, hundreds of buildings",
            Self::Cornell => "The classic box of bounced light",
            Self::Furnace => "Uniform if no energy is lost",
        }
    }
}

/// What the person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SceneChoice {
    /// Made from words, such as `generated:night-city?size=2000&seed=7`.
    Generated(String),
    /// Fetched from an address.
    Address(String),
    /// A file from this machine, by name.
    File(String),
}

/// Why a text names no scene.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SceneTextError {
    /// Nothing was typed.
    #[error("enter the address of a .glb or .gltf file")]
    Empty,
    /// Longer than any address should be.
    #[error("this address is longer than {MAX_ADDRESS_LENGTH} characters")]
    TooLong,
    /// A scheme that a browser cannot fetch from here.
    #[error(
        "{0}: addresses cannot be opened here; use http: or https:, or drop the file on the picture"
    )]
    Scheme(String),
    /// `generated:` with a name that no build knows.
    #[error("no generated scene is called {0}; there are night-city, cornell and furnace")]
    UnknownGenerated(String),
}

/// Why a file from this machine is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SceneFileError {
    /// Not a binary glTF by its name.
    #[error(
        "{0} is not a .glb file; export the scene as binary glTF (.glb), which holds everything in one file"
    )]
    Kind(String),
    /// Nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// More than the limit.
    #[error("{0} is larger than {limit} MiB", limit = MAX_FILE_BYTES >> 20)]
    TooLarge(String),
}

impl SceneChoice {
    /// Reads what was typed or came in a link.
    pub fn of_text(text: &str) -> Result<Self, SceneTextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SceneTextError::Empty);
        }
        if text.len() > MAX_ADDRESS_LENGTH {
            return Err(SceneTextError::TooLong);
        }
        match scheme(text) {
            Some("generated") => generated(text),
            None | Some("http" | "https") => Ok(Self::Address(text.to_owned())),
            Some(other) => Err(SceneTextError::Scheme(other.to_owned())),
        }
    }

    /// Checks a dropped or picked file by name and size.
    pub fn of_file(name: &str, size_bytes: u64) -> Result<Self, SceneFileError> {
        if !name.to_ascii_lowercase().ends_with(".glb") {
            return Err(SceneFileError::Kind(name.to_owned()));
        }
        match size_bytes {
            0 => Err(SceneFileError::Empty(name.to_owned())),
            size if size > MAX_FILE_BYTES => Err(SceneFileError::TooLarge(name.to_owned())),
            _ => Ok(Self::File(name.to_owned())),
        }
    }

    /// The player's `src`; a file has none.
    pub fn src(&self) -> Option<&str> {
        match self {
            Self::Generated(text) | Self::Address(text) => Some(text),
            Self::File(_) => None,
        }
    }

    /// A short name for titles and file names.
    pub fn name(&self) -> &str {
        match self {
            Self::Generated(text) => {
                let words = text.strip_prefix("generated:").unwrap_or(text);
                words.split(['?', ':']).next().unwrap_or(words)
            }
            Self::Address(text) | Self::File(text) => {
                let path = text.split(['?', '#']).next().unwrap_or(text).trim_end_matches('/');
                path.rsplit('/').next().unwrap_or(path)
            }
        }
    }
}

/// The part before a colon, when it is a scheme and not part of a path.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(scheme)
}

fn generated(text: &str) -> Result<SceneChoice, SceneTextError> {
    let choice = SceneChoice::Generated(text.to_owned());
    if Generated::ALL.iter().any(|scene| scene.word() == choice.name()) {
        Ok(choice)
    } else {
        Err(SceneTextError::UnknownGenerated(choice.name().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_scene_can_be_chosen() {
        for scene in Generated::ALL {
            let choice =
                SceneChoice::of_text(&format!("generated:{}?seed=2", scene.word())).unwrap();
            assert!(scene.is(&choice));
            assert!(scene.is(&scene.choice()));
        }
    }

    #[test]
    fn generated_scenes_keep_their_arguments() {
        let choice = SceneChoice::of_text("generated:night-city?size=2000&seed=7").unwrap();
        assert_eq!(choice.src(), Some("generated:night-city?size=2000&seed=7"));
        assert_eq!(choice.name(), "night-city");
    }

    #[test]
    fn addresses_may_be_relative() {
        for text in [
            "https://a.example/x/helmet.glb?v=1",
            "/scenes/helmet.glb",
            "helmet.glb",
            "a/b:c/helmet.glb",
        ] {
            let choice = SceneChoice::of_text(text).unwrap();
            assert_eq!(choice.src(), Some(text));
            assert_eq!(choice.name(), "helmet.glb", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_fetched_is_refused_with_a_reason() {
        let error = |text: &str| SceneChoice::of_text(text).unwrap_err();
        assert_eq!(error("  "), SceneTextError::Empty);
        assert_eq!(error("file:///tmp/a.glb"), SceneTextError::Scheme("file".to_owned()));
        assert_eq!(error("javascript:alert(1)"), SceneTextError::Scheme("javascript".to_owned()));
        assert_eq!(error("generated:moon"), SceneTextError::UnknownGenerated("moon".to_owned()));
        assert_eq!(error(&"a".repeat(3000)), SceneTextError::TooLong);
    }

    #[test]
    fn files_are_checked_before_they_are_read() {
        assert_eq!(SceneChoice::of_file("A.GLB", 10), Ok(SceneChoice::File("A.GLB".to_owned())));
        assert!(matches!(SceneChoice::of_file("a.gltf", 10), Err(SceneFileError::Kind(_))));
        assert!(matches!(SceneChoice::of_file("a.glb", 0), Err(SceneFileError::Empty(_))));
        assert!(matches!(
            SceneChoice::of_file("a.glb", MAX_FILE_BYTES + 1),
            Err(SceneFileError::TooLarge(_))
        ));
    }
}
