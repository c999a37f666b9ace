//! Scenes made from a few numbers: the same input gives the same scene on every target.

mod builder;
mod city;
mod cornell;
mod furnace;
mod gallery;
mod random;
mod raster;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::SceneSource;

pub use furnace::FurnaceMaterial;
pub use gallery::EXHIBITS;

/// Buildings of `night-city` where no size is given.
pub const DEFAULT_CITY_SIZE: u32 = 1200;
/// Most buildings of `night-city`.
pub const MAX_CITY_SIZE: u32 = 50_000;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeneratedScene {
    /// A wet street at night, between neon signs.
    NightCity {
        /// Number of buildings, 1 to [`MAX_CITY_SIZE`].
        size: u32,
        /// What else the city could have looked like.
        seed: u32,
    },
    /// The Cornell box, with one block of metal.
    Cornell,
    /// A faceted ball in a uniform environment of radiance 1: what it reflects is its albedo.
    Furnace(FurnaceMaterial),
    /// Balls that each show one extension of glTF's material.
    Gallery {
        /// The one of [`EXHIBITS`] that is shown alone.
        only: Option<&'static str>,
    },
}

/// A text that names no generated scene.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GeneratedSceneError {
    /// No scene of this name.
    #[error(
        "no generated scene is called {0:?}; there are night-city, cornell, furnace and gallery"
    )]
    Name(String),
    /// A parameter that the scene does not have.
    #[error("{scene} has no parameter {found:?}; it has {known}")]
    Parameter {
        /// The scene.
        scene: &'static str,
        /// The word found.
        found: String,
        /// What it could be.
        known: &'static str,
    },
    /// No exhibit of this name.
    #[error("the gallery has no exhibit {found:?}; it has {}", EXHIBITS.join(", "))]
    Exhibit {
        /// The text found.
        found: String,
    },
    /// A value that is not a number of the parameter's range.
    #[error("{parameter}={found:?} is not a number from {least} to {most}")]
    Value {
        /// The parameter.
        parameter: &'static str,
        /// The text found.
        found: String,
        /// Least value.
        least: u32,
        /// Largest value.
        most: u32,
    },
}

/// Generates a scene.
pub fn generate(scene: &GeneratedScene) -> SceneSource {
    match scene {
        GeneratedScene::NightCity { size, seed } => city::night_city(*size, *seed),
        GeneratedScene::Cornell => cornell::cornell(),
        GeneratedScene::Furnace(material) => furnace::furnace(material),
        GeneratedScene::Gallery { only } => gallery::gallery(*only),
    }
}

impl FromStr for GeneratedScene {
    type Err = GeneratedSceneError;

    /// Reads `name`, `name:parameter=value,parameter=value`, or the form of a URL,
    /// `generated:name?parameter=value&parameter=value`.
    fn from_str(text: &str) -> Result<Self, GeneratedSceneError> {
        let text = text.strip_prefix("generated:").unwrap_or(text);
        let (name, parameters) = text.split_once([':', '?']).unwrap_or((text, ""));
        let pairs = parameters
            .split([',', '&'])
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        match name {
            "cornell" => {
                let unknown = |(key, _): (&str, &str)| unknown_parameter("cornell", key, "none");
                pairs.map(unknown).next().map_or(Ok(Self::Cornell), Err)
            }
            "furnace" => furnace_from_pairs(pairs),
            "gallery" => gallery_from_pairs(pairs),
            "night-city" => city_from_pairs(pairs),
            _ => Err(GeneratedSceneError::Name(name.to_owned())),
        }
    }
}

impl fmt::Display for GeneratedScene {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NightCity { size, seed } => {
                write!(formatter, "night-city:size={size},seed={seed}")
            }
            Self::Cornell => formatter.write_str("cornell"),
            Self::Gallery { only: None } => formatter.write_str("gallery"),
            Self::Gallery { only: Some(name) } => write!(formatter, "gallery:only={name}"),
            Self::Furnace(FurnaceMaterial { albedo, metallic, roughness }) => write!(
                formatter,
                "furnace:albedo={albedo},metallic={metallic},roughness={roughness}"
            ),
        }
    }
}

fn city_from_pairs<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<GeneratedScene, GeneratedSceneError> {
    let (mut size, mut seed) = (DEFAULT_CITY_SIZE, 1);
    for (key, value) in pairs {
        match key {
            "size" => size = whole_number("size", value, [1, MAX_CITY_SIZE])?,
            "seed" => seed = whole_number("seed", value, [0, u32::MAX])?,
            _ => return Err(unknown_parameter("night-city", key, "size and seed")),
        }
    }
    Ok(GeneratedScene::NightCity { size, seed })
}

fn whole_number(
    parameter: &'static str,
    text: &str,
    [least, most]: [u32; 2],
) -> Result<u32, GeneratedSceneError> {
    let wrong = || GeneratedSceneError::Value { parameter, found: text.to_owned(), least, most };
    text.parse().ok().filter(|value| (least..=most).contains(value)).ok_or_else(wrong)
}

fn furnace_from_pairs<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<GeneratedScene, GeneratedSceneError> {
    let mut material = FurnaceMaterial::default();
    for (key, value) in pairs {
        match key {
            "albedo" => material.albedo = unit_number("albedo", value)?,
            "metallic" => material.metallic = unit_number("metallic", value)?,
            "roughness" => material.roughness = unit_number("roughness", value)?,
            _ => return Err(unknown_parameter("furnace", key, "albedo, metallic and roughness")),
        }
    }
    Ok(GeneratedScene::Furnace(material))
}

fn gallery_from_pairs<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<GeneratedScene, GeneratedSceneError> {
    let mut only = None;
    for (key, value) in pairs {
        if key != "only" {
            return Err(unknown_parameter("gallery", key, "only"));
        }
        let exhibit = EXHIBITS.into_iter().find(|name| *name == value);
        only =
            Some(exhibit.ok_or_else(|| GeneratedSceneError::Exhibit { found: value.to_owned() })?);
    }
    Ok(GeneratedScene::Gallery { only })
}

fn unit_number(parameter: &'static str, text: &str) -> Result<f32, GeneratedSceneError> {
    let wrong =
        || GeneratedSceneError::Value { parameter, found: text.to_owned(), least: 0, most: 1 };
    text.parse().ok().filter(|value| (0.0..=1.0).contains(value)).ok_or_else(wrong)
}

fn unknown_parameter(scene: &'static str, found: &str, known: &'static str) -> GeneratedSceneError {
    GeneratedSceneError::Parameter { scene, found: found.to_owned(), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_text_form() {
        for text in [
            "cornell",
            "night-city:size=2000,seed=7",
            "furnace:albedo=0.5,metallic=1,roughness=0.25",
            "gallery",
            "gallery:only=amber",
        ] {
            let scene: GeneratedScene = text.parse().unwrap();
            assert_eq!(scene.to_string(), text);
        }
        let city = "night-city".parse();
        assert_eq!(city, Ok(GeneratedScene::NightCity { size: DEFAULT_CITY_SIZE, seed: 1 }));
        assert_eq!(
            "generated:night-city?size=5&seed=2".parse::<GeneratedScene>().unwrap().to_string(),
            "night-city:size=5,seed=2"
        );
    }

    #[test]
    fn wrong_names_say_what_would_be_right() {
        let check = |text: &str, expected: &str| {
            let message = text.parse::<GeneratedScene>().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        check("paris", "there are night-city");
        check("cornell:size=1", "no parameter \"size\"");
        check("night-city:size=0", "from 1 to 50000");
        check("night-city:size", "size=\"\"");
        check("night-city:floors=3", "it has size and seed");
        check("furnace:albedo=NaN", "from 0 to 1");
        check("gallery:only=gold", "it has glass, frosted");
    }
}
