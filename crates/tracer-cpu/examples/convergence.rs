//! Draws how the error falls with the samples, ours beside independent ones: `docs/pictures/convergence.svg`.

use std::fmt::Write;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::TileTask;
use p2c2r_testkit::{Numbers, generated_scene, log_log_slope, rmse_by_samples, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

/// Scenes, each with its name in the legend and its colour.
const SCENES: [(&str, &str, &str); 4] = [
    ("night-city:size=60", "night-city", "#c2410c"),
    ("cornell", "cornell", "#1d4ed8"),
    ("furnace:albedo=1,metallic=1,roughness=0.5", "rough metal", "#15803d"),
    ("furnace:albedo=0.8,metallic=0,roughness=1", "diffuse", "#7e22ce"),
];
/// Samples per pixel that are measured.
const SAMPLES: [u32; 5] = [2, 8, 32, 128, 512];
/// Pictures from whose deviation an error is told.
const RUNS: u32 = 8;
/// Left, top, right and bottom of the axes.
const FRAME: [f64; 4] = [70.0, 20.0, 560.0, 400.0];
/// Powers of ten at the top of the error's axis and at its foot.
const DECADES: [i32; 2] = [1, -4];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or("docs/pictures/convergence.svg".to_owned());
    let mut lines = String::new();
    for (index, (text, name, color)) in SCENES.into_iter().enumerate() {
        let scene = generated_scene(text);
        let tracer = CpuTracer::new(scene.clone());
        let task = whole_task(&scene, [16, 12], 1, 0);
        for numbers in [Numbers::Stratified, Numbers::Independent] {
            let mut failure = None;
            let errors = rmse_by_samples(&task, numbers, &SAMPLES, RUNS, &mut |task: &TileTask| {
                tracer.trace(task, &AtomicBool::new(false)).map(|tile| tile.sums).unwrap_or_else(
                    |error| {
                        failure = Some(error);
                        p2c2r_frame::RadianceSums::zeroed(task.rect, task.samples)
                    },
                )
            });
            if let Some(error) = failure {
                return Err(error.into());
            }
            let slope =
                log_log_slope(SAMPLES.map(f64::from).into_iter().zip(errors.iter().copied()));
            println!("{name}, {numbers:?}: slope {slope:.2}, errors {errors:.4?}");
            lines += &curve(&errors, color, numbers)?;
        }
        let y = FRAME[1] + 20.0 + 20.0 * index as f64;
        writeln!(lines, "<text x=\"440\" y=\"{y}\" fill=\"{color}\">{name}</text>")?;
    }
    std::fs::write(&path, format!("{}{lines}</svg>\n", axes()?))?;
    println!("{path}");
    Ok(())
}

/// Where a number of samples and an error lie.
fn place(samples: f64, error: f64) -> [f64; 2] {
    let [left, top, right, bottom] = FRAME;
    let last = f64::from(SAMPLES[SAMPLES.len() - 1]).log2();
    let across = (samples.log2() - 1.0) / (last - 1.0);
    let [highest, lowest] = DECADES.map(f64::from);
    let down = (highest - error.log10()) / (highest - lowest);
    [left + across * (right - left), top + down * (bottom - top)]
}

/// The line of a scene: dashed for independent numbers.
fn curve(errors: &[f64], color: &str, numbers: Numbers) -> Result<String, std::fmt::Error> {
    let mut points = String::new();
    for (&samples, &error) in SAMPLES.iter().zip(errors) {
        let [x, y] = place(f64::from(samples), error);
        write!(points, "{x:.1},{y:.1} ")?;
    }
    let dashes = if numbers == Numbers::Independent { " stroke-dasharray=\"5 4\"" } else { "" };
    let points = points.trim_end();
    Ok(format!(
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"{dashes}/>\n"
    ))
}

/// Frame, ticks and captions.
fn axes() -> Result<String, std::fmt::Error> {
    let [left, top, right, bottom] = FRAME;
    let mut text = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 450\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"600\" height=\"450\" fill=\"#fff\"/>\n",
    );
    let (width, height) = (right - left, bottom - top);
    writeln!(
        text,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#888\"/>"
    )?;
    for samples in SAMPLES {
        let [x, _] = place(f64::from(samples), 1.0);
        writeln!(text, "<text x=\"{x:.1}\" y=\"417\" text-anchor=\"middle\">{samples}</text>")?;
    }
    let names = ["0.0001", "0.001", "0.01", "0.1", "1", "10"];
    for (decade, name) in (DECADES[1]..=DECADES[0]).zip(names) {
        let [_, y] = place(2.0, 10f64.powi(decade));
        let label = y + 4.0;
        writeln!(
            text,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"62\" y=\"{label:.1}\" text-anchor=\"end\">{name}</text>"
        )?;
    }
    writeln!(
        text,
        "<text x=\"315\" y=\"440\" text-anchor=\"middle\">samples per pixel</text>\
         <text x=\"80\" y=\"392\">RMSE in radiance; solid: ours, dashed: independent numbers</text>"
    )?;
    Ok(text)
}
