//! The command line, as clap sees it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use p2c2r_image::ToneMap;
use p2c2r_peer::native::DeviceChoice;
use p2c2r_protocol::RoomId;

use crate::surfaces::AovLayer;

/// Ray trace together: render, contribute, and look into scenes.
#[derive(Debug, Parser)]
#[command(name = "p2c2r", version, about, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render a picture.
    Render(Box<RenderArguments>),
    /// Render for others until Ctrl-C.
    Contribute(ContributeArguments),
    /// Inspect, pack or generate scenes.
    #[command(subcommand)]
    Scene(SceneCommand),
    /// Print how far apart two pictures (.exr or .hdr) are.
    Compare(CompareArguments),
    /// Race ways to schedule on simulated people and links.
    Sim(SimArguments),
    /// The other ends of measurements.
    #[command(subcommand, hide = true)]
    Measure(MeasureCommand),
}

/// What `render` takes.
#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    /// A .glb, .gltf or .p2c2r file, or a generated scene: night-city[:size=N,seed=N], cornell, furnace.
    pub(crate) scene: String,
    /// Width and height in pixels.
    #[arg(long, default_value = "1280x720")]
    pub(crate) size: FilmSize,
    /// Samples per pixel.
    #[arg(long, default_value_t = 64)]
    pub(crate) spp: u32,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u32,
    /// A camera's name, or look-at:EX,EY,EZ,TX,TY,TZ[,VERTICAL_FOV_DEGREES].
    #[arg(long)]
    pub(crate) camera: Option<String>,
    /// Seconds since the scene's animation began; it begins again after the longest of its clips.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = seconds)]
    pub(crate) time: f64,
    /// Radius of the lens in metres; without it or --f-stop everything is sharp.
    #[arg(long, value_name = "METRES", requires = "focus", conflicts_with = "f_stop")]
    pub(crate) lens_radius: Option<f32>,
    /// Aperture as on a full-frame camera of the same field of view, such as 1.4.
    #[arg(long, value_name = "NUMBER", requires = "focus")]
    pub(crate) f_stop: Option<f32>,
    /// Distance of the plane that is sharp, in metres along the line of sight.
    #[arg(long, value_name = "METRES")]
    pub(crate) focus: Option<f32>,
    /// Light from infinity: a Radiance .hdr file, equirectangular.
    #[arg(long, value_name = "FILE.hdr")]
    pub(crate) environment: Option<PathBuf>,
    /// What traces here.
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub(crate) device: Device,
    /// CPU threads; 0 takes all.
    #[arg(long, default_value_t = 0)]
    pub(crate) threads: usize,
    /// Most path vertices after the camera.
    #[arg(long, default_value_t = 8)]
    pub(crate) bounces: u8,
    /// Keep lobes and textures as sharp as their material says: no bias, but more noise.
    #[arg(long)]
    pub(crate) unbiased: bool,
    /// Stops by which the picture is made brighter, or darker (PNG only).
    #[arg(long, value_name = "EV", default_value_t = 0.0, allow_hyphen_values = true)]
    pub(crate) exposure: f32,
    /// What brings highlights into a screen's range (PNG only).
    #[arg(long, value_enum, default_value_t = ToneMapChoice::Neutral)]
    pub(crate) tone_map: ToneMapChoice,
    /// Take the noise off the picture after the merge (not of .sums).
    #[arg(long)]
    pub(crate) denoise: bool,
    /// Layers beside the colours: depth,normal,albedo,emission,mirrored,motion,ids (EXR only).
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LAYER,…")]
    pub(crate) aov: Vec<AovLayer>,
    /// Server that introduces contributors: its http(s):// or ws(s):// address.
    #[arg(long, value_name = "URL")]
    pub(crate) signal: Option<String>,
    /// Room to meet contributors in, 16 to 64 letters, digits, - or _; without it, the public pool.
    #[arg(long, value_name = "ID", requires = "signal")]
    pub(crate) room: Option<RoomId>,
    /// Most contributors.
    #[arg(long, value_name = "COUNT", default_value_t = 16, requires = "signal",
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_peers: u16,
    /// Let contributors round their sums, without bias and by less than the noise: a fraction of the bytes.
    #[arg(long, requires = "signal")]
    pub(crate) lossy: bool,
    /// Trace nothing here: contributors do it all. For measurements.
    #[arg(long, requires = "signal")]
    pub(crate) no_local: bool,
    /// Begin, and start the clock, when so many contributors are ready. For measurements.
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "signal")]
    pub(crate) wait_for_peers: usize,
    /// Keep what is learned of contributors in this file, not in the user's cache folder.
    #[arg(long, value_name = "FILE", requires = "signal", conflicts_with = "no_state")]
    pub(crate) state: Option<PathBuf>,
    /// Learn from nothing but this render, and be recognised by nobody.
    #[arg(long, requires = "signal")]
    pub(crate) no_state: bool,
    /// Base model of contributors' latency, an ONNX file, in place of the one in this program.
    #[arg(long, value_name = "FILE.onnx", requires = "signal")]
    pub(crate) model: Option<PathBuf>,
    /// Model of what each part of the picture costs, an ONNX file, in place of the one in this program.
    #[arg(long, value_name = "FILE.onnx", requires = "signal")]
    pub(crate) cost_model: Option<PathBuf>,
    /// Write each attempt at a task, with what was expected of it, as a line of JSON without names.
    #[arg(long, value_name = "FILE.jsonl", requires = "signal")]
    pub(crate) prediction_log: Option<PathBuf>,
    /// The picture: .png, .exr, .hdr, or .sums (raw little-endian u64 sums).
    #[arg(long, default_value = "render.png")]
    pub(crate) out: PathBuf,
    /// Also write a report as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) stats: Option<PathBuf>,
    /// Print the report as one JSON line on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `contribute` takes.
#[derive(Debug, Args)]
pub(crate) struct ContributeArguments {
    /// The server's http(s):// or ws(s):// address; that of its contribute page will do.
    pub(crate) url: String,
    /// Whom to serve, 16 to 64 letters, digits, - or _; without it, the room of the address or the public pool.
    #[arg(long, value_name = "ID")]
    pub(crate) room: Option<RoomId>,
    /// Name shown to requesters.
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// What traces here.
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    pub(crate) device: Device,
    /// CPU threads; 0 takes all.
    #[arg(long, default_value_t = 0)]
    pub(crate) threads: usize,
    /// Most requesters at the same time.
    #[arg(long, value_name = "COUNT", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) max_peers: u16,
    /// For measurements: take this many times as long for each task, by waiting.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, hide = true, value_parser = slow_down)]
    pub(crate) slow_down: f64,
    /// For measurements: never answer this share of the tasks.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, hide = true, value_parser = share)]
    pub(crate) fail_share: f64,
    /// Print what it came to as one JSON line on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `scene` takes.
#[derive(Debug, Subcommand)]
pub(crate) enum SceneCommand {
    /// Say what a scene holds.
    Inspect {
        /// A scene file or a generated scene's name.
        scene: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the scene package of a glTF scene.
    Pack {
        /// A .glb or .gltf file.
        scene: String,
        /// Light from infinity: a Radiance .hdr file.
        #[arg(long, value_name = "FILE.hdr")]
        environment: Option<PathBuf>,
        /// The package, .p2c2r.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write the scene package of a generated scene.
    Generate {
        /// night-city[:size=N,seed=N], cornell, furnace[:albedo=A,metallic=M,roughness=R].
        scene: String,
        /// The package, .p2c2r.
        #[arg(long)]
        out: PathBuf,
    },
}

/// What `measure` takes.
#[derive(Debug, Subcommand)]
pub(crate) enum MeasureCommand {
    /// Push bytes over a link in both directions and print how long it took.
    Link {
        /// The server.
        url: String,
        /// Where both ends meet.
        #[arg(long)]
        room: RoomId,
        /// `pull` asks and prints, `serve` answers until it is ended.
        #[arg(long, value_enum)]
        side: LinkSide,
        /// Bytes for each direction.
        #[arg(long, default_value_t = 32 << 20)]
        bytes: u64,
    },
    /// Render frames by contributors alone, and print what each task took.
    Frames(FramesArguments),
    /// Accept every task and answer none, until ended.
    Mute {
        /// The server.
        url: String,
        /// Whom to disappoint.
        #[arg(long)]
        room: RoomId,
    },
}

/// What `measure frames` takes.
#[derive(Debug, Args)]
pub(crate) struct FramesArguments {
    /// The server.
    pub(crate) url: String,
    /// Where the contributors are.
    #[arg(long)]
    pub(crate) room: RoomId,
    /// A scene file or a generated scene's name.
    #[arg(long)]
    pub(crate) scene: String,
    /// Width and height in pixels.
    #[arg(long)]
    pub(crate) size: FilmSize,
    /// Samples per pixel.
    #[arg(long)]
    pub(crate) spp: u32,
    /// Frames, one after the other.
    #[arg(long)]
    pub(crate) frames: u32,
    /// Contributors that must be ready before the first.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) peers: u16,
    /// Who gets which task: a policy of `sim`.
    #[arg(long, default_value = "product")]
    pub(crate) scheduler: String,
    /// Tasks of a frame, for policies over equal tasks.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) tasks: u32,
    /// Seed of the policy's dice.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How fast a contributor of this name says it is.
    #[arg(long, value_name = "NAME=SPEED", value_parser = advertised)]
    pub(crate) advertise: Vec<(String, f64)>,
}

/// A name and a speed.
fn advertised(text: &str) -> Result<(String, f64), String> {
    let parts = text.split_once('=').and_then(|(name, speed)| Some((name, speed.parse().ok()?)));
    let known = parts.filter(|(_, speed): &(&str, f64)| speed.is_finite());
    known
        .map(|(name, speed)| (name.to_owned(), speed))
        .ok_or_else(|| format!("`{text}` is not NAME=SPEED"))
}

/// The ends of a measured link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkSide {
    /// The requester.
    Pull,
    /// The contributor.
    Serve,
}

/// What `compare` takes.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// One picture.
    pub(crate) ours: PathBuf,
    /// The other.
    pub(crate) theirs: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `sim` takes.
#[derive(Debug, Args)]
pub(crate) struct SimArguments {
    /// First seed: it fixes people, links, frames and dice.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Seeds, counted up from the first; each is a run of every policy.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) seeds: u32,
    /// A JSON file that changes what people and links are drawn from.
    #[arg(long, value_name = "FILE")]
    pub(crate) population: Option<PathBuf>,
    /// Policies to race, separated by commas; all if none is named.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) policy: Vec<String>,
    /// Loads in percent of what everybody together can trace.
    #[arg(long, value_delimiter = ',', value_name = "PERCENT", default_values_t = [25.0, 50.0, 75.0, 90.0])]
    pub(crate) load: Vec<f64>,
    /// Virtual seconds of a run.
    #[arg(long, default_value_t = 30.0)]
    pub(crate) seconds: f64,
    /// Virtual seconds between the starts of two frames.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.15)]
    pub(crate) period: f64,
    /// Tasks of a frame at full load, in proportion at others.
    #[arg(long, value_name = "COUNT", default_value_t = 32.0)]
    pub(crate) tasks: f64,
    /// Base model that requesters begin from, instead of the one that ships.
    #[arg(long, value_name = "FILE", conflicts_with = "no_model")]
    pub(crate) model: Option<PathBuf>,
    /// Requesters have no base model.
    #[arg(long)]
    pub(crate) no_model: bool,
    /// Replay peers that a log recorded (`render --prediction-log`, or `--log` here) instead of drawing them.
    #[arg(long, value_name = "FILE", conflicts_with = "population")]
    pub(crate) trace: Option<PathBuf>,
    /// Also write a page with charts, index.html, into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,
    /// Race nobody: write the attempts of as many runs as there are seeds to this file, one JSON record a
    /// line, to train on. Each run has people of its own, drawn wider than any benchmark's.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["population", "trace", "report", "policy", "load", "period", "tasks", "model",
          "no_model", "no_churn", "json"])]
    pub(crate) log: Option<PathBuf>,
    /// Nobody comes or goes.
    #[arg(long)]
    pub(crate) no_churn: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How many times slower a contributor can be made.
fn slow_down(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor| (1.0..=100.0).contains(factor));
    factor.ok_or_else(|| format!("`{text}` is not a factor from 1 to 100"))
}

/// A share of a whole.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("`{text}` is not a share from 0 to 1"))
}

/// A time that a view can have.
fn seconds(text: &str) -> Result<f64, String> {
    let most = p2c2r_frame::MAX_TIME_US as f64 / 1e6;
    let seconds = text.parse().ok().filter(|seconds| (0.0..=most).contains(seconds));
    seconds.ok_or_else(|| format!("`{text}` is not a number of seconds from 0 to {most}"))
}

/// What traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Device {
    /// The GPU where a real one is there, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, a software one too.
    Gpu,
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Cpu => Self::Cpu,
            Device::Gpu => Self::Gpu,
        }
    }
}

/// Tone mapping operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ToneMapChoice {
    /// Khronos PBR Neutral.
    Neutral,
    /// AgX.
    Agx,
    /// ACES, as fitted by Stephen Hill.
    Aces,
    /// Cut at white.
    Clamp,
}

impl From<ToneMapChoice> for ToneMap {
    fn from(choice: ToneMapChoice) -> Self {
        match choice {
            ToneMapChoice::Neutral => Self::Neutral,
            ToneMapChoice::Agx => Self::Agx,
            ToneMapChoice::Aces => Self::Aces,
            ToneMapChoice::Clamp => Self::Clamp,
        }
    }
}

/// Width × height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilmSize {
    /// Width.
    pub(crate) width_px: u32,
    /// Height.
    pub(crate) height_px: u32,
}

impl FromStr for FilmSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |side: &str| side.parse::<u32>().ok();
        let size = text
            .split_once('x')
            .and_then(|(width, height)| Some((parse(width)?, parse(height)?)))
            .ok_or_else(|| format!("`{text}` is not WIDTHxHEIGHT, such as 1280x720"))?;
        let (width_px, height_px) = size;
        let side = 1..=p2c2r_frame::MAX_FILM_SIDE_PX;
        if !side.contains(&width_px) || !side.contains(&height_px) {
            return Err(format!("each side of {text} must be 1 to {} pixels", side.end()));
        }
        Ok(Self { width_px, height_px })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_checked() {
        assert_eq!(seconds("1.5"), Ok(1.5));
        for bad in ["", "-1", "NaN", "inf", "1e9", "1s"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_checked() {
        assert_eq!("3x4".parse(), Ok(FilmSize { width_px: 3, height_px: 4 }));
        for bad in ["", "x", "0x0", "1x0", "10", "-1x4", "99999x1", "1x2x3"] {
            assert!(bad.parse::<FilmSize>().is_err(), "{bad}");
        }
    }
}
