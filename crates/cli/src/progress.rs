//! Progress on standard error, where a person looks at it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Redraws at least this often, so that a slow step is seen to be alive.
const TICK: Duration = Duration::from_millis(200);
/// Parts of a whole that a bar counts.
pub(crate) const BAR_LENGTH: u64 = 1_000;

/// A bar from nothing to done; invisible where standard error is no terminal.
pub(crate) fn bar(what: &str) -> ProgressBar {
    let bar = ProgressBar::new(BAR_LENGTH);
    let template = "{msg:>10} [{bar:40}] {percent:>3} %  {elapsed} elapsed, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}

/// Moves a bar to a fraction in 0..=1.
pub(crate) fn set(bar: &ProgressBar, fraction: f32) {
    bar.set_position((fraction.clamp(0.0, 1.0) * BAR_LENGTH as f32) as u64);
}
