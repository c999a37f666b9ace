//! Everything the pages decide without a browser: states, numbers, links. Pure and tested natively.

pub mod contributor;
pub mod forecast;
pub mod format;
pub mod history;
pub mod limits;
pub mod peers;
pub mod query;
pub mod readiness;
pub mod room;
pub mod route;
pub mod scene_choice;
pub mod share;
pub mod tiles;
pub mod watch;
