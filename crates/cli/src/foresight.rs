//! What a render with peers knows of them beforehand, and where it writes what it learns.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use p2c2r_peer::native::{Foresight, default_state_file};
use p2c2r_swarm::AttemptRecord;

use crate::args::RenderArguments;
use crate::failure::{Failure, OrFail};
use crate::network::random_bytes;

/// The models that this program was built with.
pub(crate) const SHIPPED_MODEL: &[u8] = include_bytes!("../../../models/latency.onnx");
const SHIPPED_COST_MODEL: &[u8] = include_bytes!("../../../models/cost.onnx");

/// What the command line says about it.
pub(crate) fn foresight_of(options: &RenderArguments) -> anyhow::Result<Foresight> {
    let model = Some(model_of(options.model.as_deref(), SHIPPED_MODEL)?);
    let cost_model = Some(model_of(options.cost_model.as_deref(), SHIPPED_COST_MODEL)?);
    let state = match options.no_state {
        true => None,
        false => options.state.clone().or_else(default_state_file),
    };
    let fresh_tag = random_bytes()?;
    let tells_attempts = options.prediction_log.is_some();
    Ok(Foresight { model, cost_model, state, fresh_tag, tells_attempts })
}

/// A model file, or the shipped one where none is named.
pub(crate) fn model_of(
    path: Option<&Path>,
    shipped: &'static [u8],
) -> anyhow::Result<Cow<'static, [u8]>> {
    let Some(path) = path else { return Ok(Cow::Borrowed(shipped)) };
    let about = || format!("cannot read the model {}", path.display());
    Ok(Cow::Owned(fs::read(path).with_context(about).or_fail(Failure::Input)?))
}

/// A file of attempts: a line of JSON each.
pub(crate) struct PredictionLog {
    file: BufWriter<File>,
}

impl PredictionLog {
    /// Begins a file anew.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()));
        Ok(Self { file: BufWriter::new(file.or_fail(Failure::Output)?) })
    }

    /// Adds an attempt.
    pub(crate) fn add(&mut self, attempt: &AttemptRecord) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.file, attempt)?;
        writeln!(self.file)?;
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().context("cannot write the log of predictions")
    }
}
