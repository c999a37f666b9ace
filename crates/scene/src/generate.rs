//! Scenes made from a few numbers: the same input gives the same scene on every target.

mod builder;
mod cornell;
mod furnace;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::SceneSource;

pub use furnace::FurnaceMaterial;

/// Buildings of `night-city` where no size is given.
pub const DEFAULT_CITY_SIZE: u32 = 1200;
/// Most buildings of `night-city`.
pub const MAX_CITY_SIZE: u32 = 50_000;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeneratedScene {
    /// The Cornell box, with one block of metal.
    Cornell,
    /// A faceted ball in a uniform environment of radiance 1: what it reflects is its albedo.
    Furnace(FurnaceMaterial),
}

/// A text that names no generated scene.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GeneratedSceneError {
    /// No scene of this name.
    #[error("no generated scene is called {0:?}; there are night-city, cornell and furnace")]
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
        GeneratedScene::Cornell => cornell::cornell(),
        GeneratedScene::Furnace(material) => furnace::furnace(material),
    }
}

impl FromStr for GeneratedScene {
    type Err = GeneratedSceneError;

    /// Reads `name` or `name:parameter=value,parameter=value`.
    fn from_str(text: &str) -> Result<Self, GeneratedSceneError> {
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
            _ => Err(GeneratedSceneError::Name(name.to_owned())),
        }
    }
}

impl fmt::Display for GeneratedScene {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cornell => formatter.write_str("cornell"),
            Self::Furnace(FurnaceMaterial { albedo, metallic, roughness }) => write!(
                formatter,
                "furnace:albedo={albedo},metallic={metallic},roughness={roughness}"
            ),
        }
    }
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

fn unit_number(parameter: &'static str, text: &str) -> Result<f32, GeneratedSceneError> {
    let wrong =
        || GeneratedSceneError::Value { parameter, found: text.to_owned(), least: 0, most: 1 };
    text.parse().ok().filter(|value| (0.0..=1.0).contains(value)).ok_or_else(wrong)
}

fn unknown_parameter(scene: &'static str, found: &str, known: &'static str) -> GeneratedSceneError {
    GeneratedSceneError::Parameter { scene, found: found.to_owned(), known }
}
