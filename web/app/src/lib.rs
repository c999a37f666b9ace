//! The pages that people see: what this is, contribute, watch.
//!
//! What the pages decide (states, numbers, links) lives in `logic` and is tested natively. What they show lives in
//! `pages` and `components`; `browser` is their only way to the browser and to the player package.

pub mod logic;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro writes `pub` items of its own")]
mod components;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "the component macro writes `pub` items of its own")]
mod pages;

#[cfg(target_arch = "wasm32")]
pub use pages::mount;
