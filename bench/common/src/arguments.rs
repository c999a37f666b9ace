//! What every measuring program is told.

use std::path::PathBuf;

use clap::Parser;

/// Where scenes are, how often to measure, and what.
#[derive(Debug, Clone, Parser)]
pub struct Arguments {
    /// The folder of real scenes; those that are not there are left out.
    #[arg(long, default_value = "../../../shared/scenes")]
    pub scenes: PathBuf,
    /// Rounds that count.
    #[arg(long, default_value_t = 15)]
    pub repetitions: usize,
    /// Measure this row only.
    #[arg(long)]
    pub only: Option<String>,
}
