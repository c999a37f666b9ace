//! The denoised picture: nearer to a converged one, never in the way of the film, asked for when it pays.

use p2c2r_image::Display;

use super::*;
use crate::finish::FinishWorker;

/// Samples of a film that stands for a converged one.
const CONVERGED: u32 = 1024;

/// A request for a denoised picture.
pub(super) struct DenoiseCall {
    ticket: u32,
    looks: u32,
    task: Vec<u8>,
    radiance: Vec<u8>,
}

impl DenoiseCall {
    pub(super) fn new(ticket: u32, looks: u32, mut attachments: Vec<Vec<u8>>) -> Self {
        let radiance = attachments.pop().expect("the means of the film");
        let task = attachments.pop().expect("the film's task");
        Self { ticket, looks, task, radiance }
    }

    fn samples(&self) -> u32 {
        postcard::from_bytes::<TileTask>(&self.task).unwrap().samples.count
    }
}

impl World {
    /// A player whose picture is denoised.
    fn denoising(settings: RenderSettings) -> Self {
        let mut world = Self::new();
        let (device, threads) = (DeviceChoice::Cpu, 2);
        world.page(ToSession::StartPlayer {
            settings,
            device,
            threads,
            network: None,
            prediction_log: false,
        });
        let source = SceneSource::Generated { spec: SCENE.to_owned() };
        world.page(ToSession::Load { source, environment_url: None });
        world
    }

    /// Lets the session report what has happened.
    fn wait(&mut self) {
        self.now += Duration::from_secs(1);
        self.feed(Input::Timeout, Vec::new());
    }

    /// Traces until a picture is asked for.
    fn trace_until_asked(&mut self) {
        while self.denoising.is_empty() {
            assert!(self.trace_one(), "no picture was asked for");
            self.wait();
        }
    }

    /// Answers the oldest request as a finisher does, in small steps; gives its samples.
    fn denoise_one(&mut self) -> Option<u32> {
        if self.denoising.is_empty() {
            return None;
        }
        let call = self.denoising.remove(0);
        let finisher = finisher();
        finisher.begin(&call.task, call.looks, &call.radiance).unwrap();
        while !finisher.step(10_000).unwrap() {}
        let radiance = finisher.finish().unwrap();
        self.feed(Input::Denoised { ticket: call.ticket }, vec![radiance]);
        self.wait();
        Some(call.samples())
    }

    fn exported(&mut self, format: ExportFormat) -> (Vec<u8>, bool) {
        self.page(ToSession::Export { request: 9, format });
        let Some(FromSession::Exported { is_denoised, .. }) = self.said.last() else {
            panic!("no picture came: {:?}", self.said.last());
        };
        (self.exports.pop().unwrap(), *is_denoised)
    }

    fn last_shown(&self) -> Option<(bool, u32)> {
        self.said.iter().rev().find_map(|said| match said {
            FromSession::Shown { is_denoised, samples, .. } => Some((*is_denoised, *samples)),
            _ => None,
        })
    }

    /// What the settings make of a film of many samples.
    fn converged(&self, settings: &RenderSettings) -> Vec<u8> {
        let size = [settings.width, settings.height];
        let view = crate::scene_load::view(&self.scene, &CameraChoice::Default, 0, size).unwrap();
        let task = TileTask {
            scene: self.scene.id,
            view,
            rect: PixelRect::of_size(settings.width, settings.height),
            samples: SampleRange::new(0, CONVERGED),
            seed: 77,
            effects: Effects::PATH_TRACED,
            max_bounces: settings.bounces,
        };
        let mut film = p2c2r_image::Film::new(settings.width, settings.height, CONVERGED).unwrap();
        film.merge(&self.tracer.trace(&task, &AtomicBool::new(false)).unwrap().sums).unwrap();
        let display = Display { exposure_ev: settings.exposure, ..Display::default() };
        film.rgba8(film.rect(), &display)
    }
}

const DENOISED: RenderSettings =
    RenderSettings { width: 48, height: 32, samples: 4, denoise: Denoising::On, ..SETTINGS };

/// A finisher that holds the scene.
pub(super) fn finisher() -> FinishWorker {
    let finisher = FinishWorker::default();
    let packed = pack(&generate(&SCENE.parse().unwrap())).unwrap();
    finisher.set_scene(&packed.bytes).unwrap();
    finisher
}

fn squared_error(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let square = |(a, b): (&u8, &u8)| (f64::from(*a) - f64::from(*b)).powi(2);
    one.iter().zip(other).map(square).sum::<f64>() / one.len() as f64
}

#[test]
fn denoised_picture_is_nearer_to_a_converged_one_and_the_film_is_untouched() {
    let mut plain = World::denoising(RenderSettings { denoise: Denoising::Off, ..DENOISED });
    plain.trace_all();
    assert!(plain.denoising.is_empty(), "nobody has asked for a denoised picture");
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    while world.denoise_one().is_some() {}
    assert_eq!(world.film(), plain.film(), "the film is another one");
    assert_eq!(world.exported(ExportFormat::Rgba8), plain.exported(ExportFormat::Rgba8));
    let (shown, is_denoised) = world.exported(ExportFormat::Shown);
    assert!(is_denoised);
    assert!(world.painted == shown, "the export shows what the screen shows");
    let converged = world.converged(&DENOISED);
    let (before, after) = (
        squared_error(&plain.exported(ExportFormat::Shown).0, &converged),
        squared_error(&shown, &converged),
    );
    assert!(after < 0.5 * before, "an error of {before} became {after}");
    assert_eq!(world.errors(), Vec::<&str>::new());
}

#[test]
fn picture_is_denoised_again_at_twice_the_samples_and_at_the_end() {
    let mut world = World::denoising(RenderSettings { samples: 13, ..DENOISED });
    let mut asked = Vec::new();
    while world.trace_one() {
        world.wait();
        asked.extend(world.denoise_one());
    }
    asked.extend(std::iter::from_fn(|| world.denoise_one()));
    let doubles = asked.windows(2).all(|pair| pair[1] >= 2 * pair[0] || pair[1] == 13);
    assert!(doubles && asked[0] == 1 && asked.last() == Some(&13), "{asked:?}");
    assert_eq!(world.last_shown(), Some((true, 13)));
}

#[test]
fn tiles_do_not_paint_over_the_denoised_picture_and_off_shows_the_film() {
    let mut world = World::denoising(RenderSettings { samples: 64, ..DENOISED });
    world.trace_until_asked();
    let samples = world.denoise_one().unwrap();
    assert_eq!(world.last_shown(), Some((true, samples)));
    let painted = world.painted.clone();
    world.trace_one();
    world.wait();
    assert!(world.painted == painted, "a tile shows among denoised pixels");
    let settings = RenderSettings { samples: 64, denoise: Denoising::Off, ..DENOISED };
    world.page(ToSession::Settings { settings });
    world.wait();
    assert!(matches!(world.last_shown(), Some((false, _))));
    let film = world.exported(ExportFormat::Rgba8);
    assert_eq!(world.exported(ExportFormat::Shown), film);
    assert!(world.painted == film.0, "the film is not shown again");
    world.trace_all();
    assert!(world.film().1, "the film has been disturbed");
}

#[test]
fn film_far_ahead_of_its_denoised_picture_is_shown_until_a_better_one_comes() {
    let mut world = World::denoising(RenderSettings { samples: 64, ..DENOISED });
    world.trace_until_asked();
    let early = world.denoise_one().unwrap();
    while matches!(world.last_shown(), Some((true, _))) {
        assert!(world.trace_one(), "a picture of {early} samples hides a whole film");
        world.wait();
    }
    let (_, samples) = world.last_shown().unwrap();
    assert_eq!(samples, 16 * early + 1);
    let (film, _) = world.exported(ExportFormat::Rgba8);
    assert_eq!(world.painted, film);
    let late = world.denoise_one().unwrap();
    assert!(16 * late > samples && world.last_shown() == Some((true, late)));
    world.trace_all();
    while world.denoise_one().is_some() {}
    assert_eq!(world.last_shown(), Some((true, 64)));
}

#[test]
fn new_view_stops_what_was_begun_and_late_answers_are_dropped() {
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    let late = world.denoising.remove(0);
    let camera =
        CameraChoice::LookAt { eye: [0.5, 1.2, 3.0], target: [0.0, 1.0, 0.0], tan_half_fov_y: 0.4 };
    world.page(ToSession::Camera { camera });
    assert_eq!(world.denoise_cancels, [late.ticket]);
    world.feed(Input::Denoised { ticket: late.ticket }, vec![late.radiance]);
    assert_eq!(world.last_shown(), None);
    world.trace_all();
    assert!(world.denoise_one().is_some(), "the new view is not denoised");
}

#[test]
fn automatic_denoising_ends_where_the_film_has_converged() {
    let few = RenderSettings { denoise: Denoising::Auto, ..DENOISED };
    let mut world = World::denoising(few.clone());
    world.trace_all();
    while world.denoise_one().is_some() {}
    assert_eq!(world.last_shown(), Some((true, 4)));
    let many = RenderSettings { width: 12, height: 8, samples: 256, ..few };
    let mut world = World::denoising(many);
    while world.trace_one() {
        world.wait();
        world.denoise_one();
    }
    assert_eq!(world.last_shown(), Some((false, 256)));
    assert!(world.denoising.is_empty());
    assert_eq!(world.exported(ExportFormat::Shown), world.exported(ExportFormat::Rgba8));
}

#[test]
fn export_of_a_whole_film_waits_for_its_denoised_picture() {
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    world.page(ToSession::Export { request: 5, format: ExportFormat::Shown });
    assert!(!world.has_said(|said| matches!(said, FromSession::Exported { .. })));
    while world.denoise_one().is_some() {}
    let denoised = |said: &FromSession| {
        matches!(said, FromSession::Exported { request: 5, is_denoised: true, .. })
    };
    assert!(world.has_said(denoised));
}

#[test]
fn picture_that_cannot_be_denoised_is_told_once_and_shown_as_it_is() {
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    let ticket = world.denoising.remove(0).ticket;
    let message = "out of memory".to_owned();
    world.feed(Input::DenoiseFailed { ticket, message }, Vec::new());
    world.wait();
    assert!(world.denoising.is_empty(), "it is asked again");
    assert_eq!(world.errors(), ["DENOISE_FAILED"]);
    assert!(!world.exported(ExportFormat::Shown).1);
}

#[test]
fn gpu_denoises_where_it_traces_and_the_cpu_where_the_gpu_cannot() {
    let mut world = World::new();
    let (device, threads) = (DeviceChoice::Auto, 2);
    world.page(ToSession::StartPlayer {
        settings: DENOISED,
        device,
        threads,
        network: None,
        prediction_log: false,
    });
    world.event(Event::GpuReady { name: "a test".to_owned() });
    let source = SceneSource::Generated { spec: SCENE.to_owned() };
    world.page(ToSession::Load { source, environment_url: None });
    let mut requests = Vec::new();
    while let Some(action) = world.others.pop() {
        match action {
            Action::TraceGpu { ticket, task } => {
                let traced = world.tracer.trace(&task, &AtomicBool::new(false)).unwrap();
                let (sums, counters, busy) = (traced.sums, traced.counters, Duration::ZERO);
                world.event(Event::GpuTraced { ticket, sums, counters, busy });
            }
            Action::DenoiseGpu(request) => requests.push(request),
            _ => {}
        }
    }
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert!(world.denoising.is_empty(), "the CPU is asked as well");
    assert_eq!(request.task.rect, PixelRect::of_size(DENOISED.width, DENOISED.height));
    let (ticket, outcome) = (request.ticket, Err("no memory".to_owned()));
    world.event(Event::GpuDenoised { ticket, outcome });
    assert_eq!(world.denoise_one(), Some(DENOISED.samples));
    assert_eq!(world.errors(), Vec::<&str>::new());
}

#[test]
fn cut_radiance_is_no_picture() {
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    let call = world.denoising.remove(0);
    let cut = call.radiance[..call.radiance.len() - 12].to_vec();
    world.feed(Input::Denoised { ticket: call.ticket }, vec![cut]);
    assert_eq!(world.errors(), ["DENOISE_FAILED"]);
    let finisher = FinishWorker::default();
    assert!(finisher.begin(&call.task, call.looks, &call.radiance).is_err(), "there is no scene");
    assert!(finisher.begin(&[1, 2], call.looks, &call.radiance).is_err());
    assert!(finisher.step(1).is_err());
    assert!(finisher.finish().is_err());
}

#[test]
fn look_between_two_steps_of_a_picture_leaves_the_picture_as_it_is() {
    let mut world = World::denoising(DENOISED);
    world.trace_all();
    let call = world.denoising.remove(0);
    let mut task: TileTask = postcard::from_bytes(&call.task).unwrap();
    task.samples.count = 1;
    let look = postcard::to_allocvec(&task).unwrap();
    let picture = |looks_every: usize| {
        let finisher = finisher();
        let begun = finisher.begin(&call.task, call.looks, &call.radiance);
        let mut steps = 0;
        begun.unwrap();
        while !finisher.step(10_000).unwrap() {
            steps += 1;
            if steps % looks_every == 0 {
                finisher.look(&look).unwrap();
            }
        }
        (finisher.finish().unwrap(), steps)
    };
    let (plain, steps) = picture(usize::MAX);
    assert!(steps > 4, "{steps} steps have nothing between them");
    assert!(picture(2).0 == plain, "a look has changed the picture");
}
