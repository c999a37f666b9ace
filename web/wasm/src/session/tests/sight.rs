//! What the player sees of its films: asked of the finisher, one look at a time, and of no harm whatever comes.

use p2c2r_frame::AovTask;
use p2c2r_protocol::peer::{Capabilities, Condition, DeviceKind, PeerLimits, PeerName};
use p2c2r_swarm::{CostSource, JobSpec, LocalWork, RefineOrder, Requester, RequesterConfig};

use super::denoising::finisher;
use super::*;
use crate::aovs::aovs_of;
use crate::finish::{MAX_LOOK_SAMPLES, look_bytes, surfaces_of};

/// Numbers of a row about a cell, which the trained model fixes.
const COST_FEATURES: u32 = 20;
const ELSEWHERE: CameraChoice =
    CameraChoice::LookAt { eye: [0.5, 1.2, 3.0], target: [0.0, 1.0, 0.0], tan_half_fov_y: 0.4 };

impl World {
    /// A player that may meet peers.
    fn sociable() -> Self {
        Self::player(Some(network()))
    }

    /// Answers the look on its way as a finisher does; gives its question.
    fn look_one(&mut self) -> u32 {
        let (question, task) = self.looking.remove(0);
        let seen = finisher().look(&task).unwrap();
        self.feed(Input::Looked { question }, vec![seen]);
        question
    }

    fn set_seed(&mut self, seed: u32) {
        self.page(ToSession::Settings { settings: RenderSettings { seed, ..SETTINGS } });
    }

    /// Questions to the cost model.
    fn asked(&self) -> Vec<u32> {
        self.cost_questions.iter().map(|(question, _)| *question).collect()
    }
}

/// What a look that was asked for looks at.
fn look_of(task: &[u8]) -> AovTask {
    let task: TileTask = postcard::from_bytes(task).unwrap();
    surfaces_of(&task, task.samples.count, None)
}

/// A session like the player's own.
fn requester(world: &World, seed: u32) -> Requester {
    let size = [SETTINGS.width, SETTINGS.height];
    let (device, condition) = (DeviceKind::BrowserCpu, Condition::default());
    let config = RequesterConfig {
        capabilities: Capabilities { device, lanes: 1, condition, name: PeerName::lossy("test") },
        limits: PeerLimits::default(),
        local_work: LocalWork::Always,
        local_lanes: 2,
        insight: Default::default(),
    };
    let job = JobSpec {
        scene: world.scene.id,
        scene_bytes: 1,
        view: crate::scene_load::view(&world.scene, &CameraChoice::Default, 0, size).unwrap(),
        samples_per_pixel: SETTINGS.samples,
        seed,
        effects: Effects::PATH_TRACED,
        max_bounces: SETTINGS.bounces,
        packing: p2c2r_frame::Packing::Exact,
        order: RefineOrder::Progressive,
        cost: CostSource::Probe,
    };
    Requester::new(config, job).unwrap()
}

#[test]
fn what_the_finisher_sees_is_what_a_tracer_here_would_see() {
    let mut world = World::sociable();
    let (_, bytes) = world.looking[0].clone();
    let mut oracle = requester(&world, SETTINGS.seed);
    let look = oracle.look();
    assert_eq!(look_of(&bytes), look);
    let direct = world.tracer.aovs(&look).unwrap();
    let seen = finisher().look(&bytes).unwrap();
    assert_eq!(aovs_of(look.rect, &seen), Some(direct.clone()));
    world.look_one();
    oracle.see(&look, &direct, &world.scene.sketch());
    let [(_, rows)] = &world.cost_questions[..] else { panic!("not asked once") };
    assert!(!rows.is_empty() && rows == bytemuck::cast_slice::<_, u8>(oracle.cost_rows()));
}

#[test]
fn each_settled_film_is_looked_at_once_with_peers_and_none_alone() {
    let mut lone = World::player(None);
    lone.trace_all();
    assert!(lone.looking.is_empty(), "there is nobody to cut the film for");
    let mut world = World::sociable();
    let first = world.look_one();
    world.trace_all();
    world.now += Duration::from_secs(9);
    world.feed(Input::Timeout, Vec::new());
    assert!(world.looking.is_empty(), "one film is looked at twice");
    world.set_seed(8);
    let second = world.look_one();
    assert!(first != second && world.asked() == [first, second]);
}

#[test]
fn moving_camera_is_looked_through_only_where_it_comes_to_rest() {
    let mut world = World::sociable();
    world.look_one();
    let large = RenderSettings { width: 640, height: 360, samples: 1, ..SETTINGS };
    world.page(ToSession::Settings { settings: large });
    // The camera moves before the film has been looked at.
    world.page(ToSession::Camera { camera: ELSEWHERE });
    let early = world.look_one();
    assert!(world.looking.is_empty(), "a preview is looked at");
    assert!(!world.asked().contains(&early), "the look came too late");
    world.now += Duration::from_secs(1);
    world.feed(Input::Timeout, Vec::new());
    let look = look_of(&world.looking[0].1);
    assert_eq!((look.view.width_px, look.view.height_px), (128, 72));
    let late = world.look_one();
    assert_eq!(world.asked().last(), Some(&late));
}

#[test]
fn looks_do_not_pile_up_and_the_last_film_gets_the_next() {
    let mut world = World::sociable();
    for seed in 8..12 {
        world.set_seed(seed);
    }
    assert_eq!(world.looking.len(), 1);
    let stale = world.look_one();
    assert!(world.asked().is_empty(), "the answer is another film's");
    let [(last, task)] = &world.looking[..] else { panic!("{} looks", world.looking.len()) };
    assert_eq!((look_of(task).seed, last - stale), (11, 4));
    let seen = finisher().look(task).unwrap();
    for question in [stale, last - 1, last + 1] {
        world.feed(Input::Looked { question }, vec![seen.clone()]);
    }
    assert!(world.asked().is_empty() && world.looking.len() == 1);
    let last = world.look_one();
    world.feed(Input::Looked { question: last }, vec![seen]);
    assert_eq!(world.asked(), [last], "the second answer belongs to nothing");
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn look_that_comes_to_nothing_leaves_the_film_alone_and_is_not_tried_on_the_scene_again() {
    let whole = {
        let world = World::sociable();
        finisher().look(&world.looking[0].1).unwrap()
    };
    let cut = whole[..whole.len() - 1].to_vec();
    let long = [&whole[..], &whole].concat();
    let answers = [vec![], vec![vec![]], vec![vec![7; 5]], vec![cut], vec![long]];
    for attachments in answers {
        let mut world = World::sociable();
        let (question, _) = world.looking.remove(0);
        world.feed(Input::Looked { question }, attachments);
        world.trace_all();
        assert_eq!(world.film(), (world.expected(&CameraChoice::Default), true));
        world.set_seed(8);
        assert!(world.looking.is_empty() && world.cost_questions.is_empty());
        assert_eq!(world.errors(), Vec::<&str>::new());
        let source = SceneSource::Generated { spec: "gallery".to_owned() };
        world.page(ToSession::Load { source, environment_url: None });
        assert_eq!(world.looking.len(), 1, "another scene can be looked at");
    }
}

#[test]
fn numbers_that_nobody_can_have_seen_are_survived() {
    for byte in [0x00, 0x7f, 0xff] {
        let mut world = World::sociable();
        let (question, task) = world.looking.remove(0);
        let length = finisher().look(&task).unwrap().len();
        world.feed(Input::Looked { question }, vec![vec![byte; length]]);
        let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(&world.cost_questions[0].1);
        assert!(numbers.iter().all(|number| number.is_finite()));
        world.trace_all();
        assert_eq!(world.film(), (world.expected(&CameraChoice::Default), true));
    }
}

#[test]
fn what_is_seen_of_a_scene_that_was_replaced_meanwhile_is_dropped() {
    let mut world = World::sociable();
    let scene = world.scene.id;
    world.feed(Input::BlobStored { scene }, Vec::new());
    let source = SceneSource::Generated { spec: "gallery".to_owned() };
    world.page(ToSession::Load { source, environment_url: None });
    world.look_one();
    assert!(world.asked().is_empty(), "the film waits for the server, and its scene is gone");
    let mut ids = world.said.iter().filter_map(|said| match said {
        FromSession::Loaded { summary, .. } => Some(summary.id.parse().unwrap()),
        _ => None,
    });
    let scene = ids.next_back().unwrap();
    world.feed(Input::BlobStored { scene }, Vec::new());
    assert_eq!(look_of(&world.looking[0].1).scene, scene);
}

#[test]
fn scene_that_had_gone_when_it_was_to_be_looked_at_can_be_looked_at_when_it_is_back() {
    let mut world = World::sociable();
    let first = world.scene.id;
    world.feed(Input::BlobStored { scene: first }, Vec::new());
    // A film that has not been looked at, of a scene that goes: its film waits for the next scene's upload.
    world.set_seed(8);
    let load = |spec: &str| {
        let source = SceneSource::Generated { spec: spec.to_owned() };
        ToSession::Load { source, environment_url: None }
    };
    world.page(load("gallery"));
    // No scene is there to be looked at: what was asked comes to nothing, and nothing else is asked.
    let (question, _) = world.looking.remove(0);
    world.feed(Input::Looked { question }, Vec::new());
    assert!(world.looking.is_empty(), "a scene that is gone is looked at");
    world.page(load(SCENE));
    world.feed(Input::BlobStored { scene: first }, Vec::new());
    assert_eq!(world.looking.len(), 1, "the scene is here again");
}

#[test]
fn cost_model_is_asked_about_what_was_seen_and_any_answer_is_survived() {
    let mut world = World::sociable();
    let cells = SETTINGS.width.div_ceil(8) * SETTINGS.height.div_ceil(8);
    let question = world.look_one();
    let [(asked, rows)] = &world.cost_questions[..] else { panic!("not asked once") };
    assert_eq!(*asked, question);
    let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(rows);
    assert_eq!(numbers.len() as u32, cells * COST_FEATURES);
    assert!(numbers.iter().all(|number| number.is_finite()) && numbers.iter().any(|n| *n != 0.0));
    let sound = [0.5f32, 1.0, 2.0, 3.0, 2.0, 1.0].map(f32::to_le_bytes).concat();
    for (question, bytes) in [
        (question, vec![0; 7]),
        (question, [f32::NAN; 6].map(f32::to_le_bytes).concat()),
        (question + 1, sound.clone()),
        (question, sound),
    ] {
        world.feed(Input::CostsPredicted { question }, vec![bytes]);
    }
    world.feed(Input::CostsPredicted { question }, Vec::new());
    world.trace_all();
    assert_eq!(world.film(), (world.expected(&CameraChoice::Default), true));
}

#[test]
fn finisher_refuses_looks_that_it_cannot_do() {
    let world = World::sociable();
    let (_, task) = &world.looking[0];
    let idle = crate::FinishWorker::default();
    assert!(idle.look(task).is_err(), "there is no scene");
    let finisher = finisher();
    assert!(finisher.look(&task[..task.len() - 1]).is_err());
    assert!(finisher.look(&[]).is_err());
    let largest = AovTask {
        view: p2c2r_frame::View { width_px: 128, height_px: 128, ..look_of(task).view },
        rect: PixelRect::of_size(128, 128),
        ..look_of(task)
    };
    assert_eq!(largest.rect.area(), MAX_LOOK_SAMPLES);
    assert!(finisher.look(&look_bytes(&largest)).is_ok());
    let deeper = AovTask { samples: SampleRange::new(0, 2), ..largest };
    assert!(finisher.look(&look_bytes(&deeper)).is_err());
    let other = AovTask { scene: p2c2r_frame::SceneId([7; 32]), ..largest };
    assert!(finisher.look(&look_bytes(&other)).is_err());
}
