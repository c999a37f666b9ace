//! Steps of a command: announced, timed, and listed at the end.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How long each step took.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    steps: Vec<(String, Duration)>,
}

impl Timing {
    /// Runs one step; its name is put before any error.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("xtask: {name}");
        let started = Instant::now();
        let result = work().with_context(|| name.to_owned());
        let elapsed = started.elapsed();
        eprintln!("xtask: {name}: {:.1} s", elapsed.as_secs_f32());
        self.steps.push((name.to_owned(), elapsed));
        result
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = Duration::ZERO;
        for (name, elapsed) in &self.steps {
            total += *elapsed;
            writeln!(formatter, "{:>8.1} s  {name}", elapsed.as_secs_f32())?;
        }
        write!(formatter, "{:>8.1} s  in total", total.as_secs_f32())
    }
}
