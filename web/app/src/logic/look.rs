//! How the picture is shown: tone map, exposure, denoising. The samples behind it stay the same.

use super::query::Query;

/// What brings highlights into a screen's range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToneMap {
    /// Khronos PBR Neutral.
    #[default]
    Neutral,
    /// AgX.
    Agx,
    /// ACES.
    Aces,
    /// Nothing does: it is cut at white.
    None,
}

impl ToneMap {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 4] = [Self::Neutral, Self::Agx, Self::Aces, Self::None];

    /// The player's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Agx => "agx",
            Self::Aces => "aces",
            Self::None => "none",
        }
    }

    /// The text shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Neutral => "Khronos PBR Neutral",
            Self::Agx => "AgX",
            Self::Aces => "ACES",
            Self::None => "None, cut at white",
        }
    }

    /// The choice of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.word() == word)
    }
}

/// When the shown picture is denoised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Denoise {
    /// While its pixels have few samples.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Denoise {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// The player's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// The text shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auto => "While samples are few",
            Self::On => "Always",
            Self::Off => "Off",
        }
    }

    /// The choice of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.word() == word)
    }
}

/// Stops by which the picture is brightened, in hundredths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exposure(i16);

impl Exposure {
    /// Stops that the page offers in both directions: beyond them nothing is left to see.
    pub const MAX_STOPS: i16 = 16;

    /// Reads `-0.5`; none if it is no number or too far from 0.
    pub fn of_text(text: &str) -> Option<Self> {
        let stops: f64 = text.trim().parse().ok()?;
        let is_offered = stops.abs() <= f64::from(Self::MAX_STOPS);
        is_offered.then(|| Self((stops * 100.0).round() as i16))
    }

    /// Writes `-0.5`.
    pub fn to_text(self) -> String {
        (f64::from(self.0) / 100.0).to_string()
    }
}

/// How the picture is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// What brings highlights into range.
    pub tone_map: ToneMap,
    /// In stops.
    pub exposure: Exposure,
    /// When it is denoised.
    pub denoise: Denoise,
}

impl Look {
    /// From the page's query; whatever is missing or unusable gets its default.
    pub fn of_query(query: &Query) -> Self {
        let tone_map = query.value("tone").and_then(ToneMap::of_word).unwrap_or_default();
        let exposure = query.value("exposure").and_then(Exposure::of_text).unwrap_or_default();
        let denoise = query.value("denoise").and_then(Denoise::of_word).unwrap_or_default();
        Self { tone_map, exposure, denoise }
    }

    /// The query with this look in place of the one it names.
    #[must_use]
    pub fn in_query(self, query: Query) -> Query {
        query
            .replacing("tone", self.tone_map.word())
            .replacing("exposure", &self.exposure.to_text())
            .replacing("denoise", self.denoise.word())
    }

    /// The player's attributes.
    pub fn attributes(self) -> [(&'static str, String); 3] {
        [
            ("tone-mapping", self.tone_map.word().to_owned()),
            ("exposure", self.exposure.to_text()),
            ("denoise", self.denoise.word().to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_how_the_picture_is_shown() {
        let query = Query::parse("?tone=agx&exposure=-0.5&denoise=off&seed=3");
        let look = Look::of_query(&query);
        assert_eq!((look.tone_map, look.denoise), (ToneMap::Agx, Denoise::Off));
        assert_eq!(look.exposure.to_text(), "-0.5");
        let plain = Look::default().in_query(query);
        assert_eq!(plain.to_text(), "?seed=3&tone=neutral&exposure=0&denoise=auto");
        assert_eq!(Look::of_query(&plain), Look::default());
    }

    #[test]
    fn unusable_words_get_their_defaults() {
        for text in ["tone=film", "exposure=nan", "exposure=17", "exposure=x", "denoise=maybe"] {
            assert_eq!(Look::of_query(&Query::parse(text)), Look::default(), "{text}");
        }
    }

    #[test]
    fn exposures_are_kept_to_a_hundredth() {
        for (text, kept) in [("1.005", "1"), ("0.333", "0.33"), ("-16", "-16"), (" 2 ", "2")] {
            assert_eq!(Exposure::of_text(text).map(Exposure::to_text).as_deref(), Some(kept));
        }
    }
}
