//! `p2c2r sim --log`: attempts of simulated people, to train the base model on.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use p2c2r_sim::training_attempts;

use crate::args::SimArguments;
use crate::failure::{Failure, OrFail};
use crate::progress;

/// Runs one after another, so that the same seeds give the same file.
pub(crate) fn write(path: &Path, options: &SimArguments) -> anyhow::Result<()> {
    let about = || format!("cannot write {}", path.display());
    let first = u32::try_from(options.seed).unwrap_or(u32::MAX);
    let attempts =
        |run| training_attempts(first.saturating_add(run), options.seconds).or_fail(Failure::Usage);
    // What is impossible is told before a file is lost to it.
    let mut next = attempts(0)?;
    let mut file = BufWriter::new(File::create(path).with_context(about).or_fail(Failure::Output)?);
    let bar = progress::bar("simulate");
    for done in 1..=options.seeds {
        for attempt in &next {
            serde_json::to_writer(&mut file, attempt)
                .with_context(about)
                .or_fail(Failure::Output)?;
            writeln!(file).with_context(about).or_fail(Failure::Output)?;
        }
        progress::set(&bar, done as f32 / options.seeds as f32);
        if done < options.seeds {
            next = attempts(done)?;
        }
    }
    bar.finish_and_clear();
    file.flush().with_context(about).or_fail(Failure::Output)
}
