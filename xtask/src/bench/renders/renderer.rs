//! A renderer in a process of its own: a line with samples, seed and file in, a line with the seconds out.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{self, Child};

/// A renderer that has loaded its scene.
pub(super) struct Renderer {
    /// What it calls itself.
    pub(super) version: String,
    /// How long it loaded.
    pub(super) load_seconds: f64,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    child: Child,
}

impl Renderer {
    /// Starts a program and waits until it has loaded.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let mut child = Child::spawn(
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()),
        )?;
        let input = child.stdin.take().context("standard input was piped")?;
        let output = BufReader::new(child.stdout.take().context("standard output was piped")?);
        let mut renderer = Self { version: String::new(), load_seconds: 0.0, input, output, child };
        let loaded = renderer.answer().with_context(|| process::describe(command))?;
        renderer.load_seconds = seconds(&loaded)?;
        loaded["version"].as_str().unwrap_or_default().clone_into(&mut renderer.version);
        Ok(renderer)
    }

    /// Renders a picture into a file; gives the seconds that it took.
    pub(super) fn render(&mut self, samples: u32, seed: u32, file: &Path) -> Result<f64> {
        writeln!(self.input, "{samples} {seed} {}", file.display())?;
        self.input.flush()?;
        seconds(&self.answer()?)
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        process::check_alive(&self.child)?;
        serde_json::from_str(&line).with_context(|| format!("the renderer answers {line:?}"))
    }
}

fn seconds(answer: &Value) -> Result<f64> {
    answer["seconds"].as_f64().context("the answer has no seconds")
}
