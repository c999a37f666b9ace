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

/// The base model that this program was built with.
const SHIPPED_MODEL: &[u8] = include_bytes!("../../../models/latency.onnx");

/// The bytes of a model file, or of the model that ships.
pub(crate) fn read_model(path: Option<&Path>) -> anyhow::Result<Cow<'static, [u8]>> {
    let Some(path) = path else { return Ok(Cow::Borrowed(SHIPPED_MODEL)) };
    let about = || format!("cannot read the model {}", path.display());
    Ok(Cow::Owned(fs::read(path).with_context(about).or_fail(Failure::Input)?))
}

/// What the command line says about it.
pub(crate) fn foresight_of(options: &RenderArguments) -> anyhow::Result<Foresight> {
    let model = Some(read_model(options.model.as_deref())?);
    let state = match options.no_state {
        true => None,
        false => options.state.clone().or_else(default_state_file),
    };
    let fresh_tag = random_bytes()?;
    let tells_attempts = options.prediction_log.is_some();
    Ok(Foresight { model, state, fresh_tag, tells_attempts })
}

/// A file of attempts: a line of JSON each.
pub(crate) struct PredictionLog {
    file: BufWriter<File>,
}

impl PredictionLog {
    /// Begins a file anew.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()));
        Ok(Self { file: BufWriter::new(file.or_fail(Failure::Input)?) })
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
