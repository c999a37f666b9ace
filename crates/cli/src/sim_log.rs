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
    let mut file = BufWriter::new(File::create(path).with_context(about).or_fail(Failure::Input)?);
    let bar = progress::bar("simulate");
    let first =
        u32::try_from(options.seed).context("such a seed has no run").or_fail(Failure::Input)?;
    for run in 0..options.seeds {
        let number = first.saturating_add(run);
        for attempt in training_attempts(number, options.seconds).or_fail(Failure::Input)? {
            serde_json::to_writer(&mut file, &attempt).with_context(about)?;
            writeln!(file).with_context(about)?;
        }
        progress::set(&bar, (run + 1) as f32 / options.seeds as f32);
    }
    bar.finish_and_clear();
    file.flush().with_context(about)
}
