//! The app's only way to the browser and to the player package.

pub(crate) mod events;
pub(crate) mod page;
pub(crate) mod player;
pub(crate) mod read;
