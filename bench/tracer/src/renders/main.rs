//! Renders beside Mitsuba's and Cycles': writes the scenes that all read, and renders them with our tracer.

mod jobs;
mod serve;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// One of the two.
#[derive(Parser)]
enum Arguments {
    /// Write every job and its scene into a folder; print their names as JSON.
    Export {
        /// The folder.
        folder: PathBuf,
        /// The folder of real scenes; those that are not there are left out.
        #[arg(long)]
        scenes: PathBuf,
        /// The folder of the reference scenes.
        #[arg(long)]
        references: PathBuf,
    },
    /// Load a job, then render a picture for each line of input: samples, seed, file.
    Serve {
        /// The job's file.
        job: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::Export { folder, scenes, references } => {
            let names = jobs::export(&folder, &scenes, &references)?;
            println!("{}", serde_json::to_string(&names)?);
            Ok(())
        }
        Arguments::Serve { job } => serve::serve(&job),
    }
}
