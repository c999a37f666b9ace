//! Who gets what when peers fail, change, lie, or are no help at all: whole sessions on the virtual network.

#[expect(dead_code, reason = "shared with the tests of single sessions, which use the rest")]
mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{
    BaseCurve, LearnedConfig, LearnedScheduler, LinkTraits, Moment, OpenWork, Outcome, PeerKey,
    Piece, Prediction, Scheduler, StateError, TaskKind, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};
use p2c2r_swarm::{Insight, LocalWork, PeerState};
use p2c2r_transport::memory::LinkFaults;
use world::{Manners, World, job};

/// Weighted paths of a frame: 64 × 48 pixels, the left quarter of them three times as dear.
const PATHS_PER_SAMPLE: f64 = 64.0 * 48.0 * 1.5;
const LIMIT: Duration = Duration::from_secs(3600);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn near() -> LinkFaults {
    LinkFaults { delay: ms(2), bytes_per_second: 1e8, ..LinkFaults::default() }
}

/// The product's scheduler, which the test can ask as well.
#[derive(Clone)]
struct Shared(Arc<Mutex<LearnedScheduler>>);

impl Shared {
    fn new(prior_speed: f64) -> Self {
        let config = LearnedConfig { prior_speed, ..LearnedConfig::default() };
        Self(Arc::new(Mutex::new(LearnedScheduler::new(config))))
    }

    fn lock(&self) -> MutexGuard<'_, LearnedScheduler> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, peer: u64, cost: f64, now: Duration) -> Prediction {
        let task = TaskSketch { cost, kind: TaskKind::Long };
        self.lock().predict(Worker::Peer(PeerId(peer)), &task, now)
    }
}

impl Scheduler for Shared {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.lock().meet(worker, traits, now);
    }

    fn expect(&mut self, worker: Worker, curve: BaseCurve) {
        self.lock().expect(worker, curve);
    }

    fn history(&self, worker: Worker) -> (u64, f64) {
        self.lock().history(worker)
    }

    fn recognise(&mut self, worker: Worker, key: PeerKey, now: Duration) {
        self.lock().recognise(worker, key, now);
    }

    fn measure(&mut self, worker: Worker, link: LinkTraits) {
        self.lock().measure(worker, link);
    }

    fn shares_fate(&self, one: Worker, other: Worker) -> bool {
        self.lock().shares_fate(one, other)
    }

    fn set_moment(&mut self, moment: Moment, now: Duration) {
        self.lock().set_moment(moment, now);
    }

    fn observe(&mut self, outcome: &Outcome) {
        self.lock().observe(outcome);
    }

    fn overtake(&mut self, outcome: &Outcome) {
        self.lock().overtake(outcome);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        self.lock().predict(worker, task, now)
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        self.lock().assign(open, slots, now)
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        self.lock().forget(worker, now);
    }

    fn save(&self, now: Duration) -> Vec<u8> {
        self.lock().save(now)
    }

    fn restore(&mut self, bytes: &[u8], now: Duration) -> Result<(), StateError> {
        self.lock().restore(bytes, now)
    }
}

/// A network whose frames have this many samples.
struct Scene {
    world: World,
    scheduler: Shared,
    samples: u32,
    view: u32,
}

impl Scene {
    fn new(samples: u32, local: (LocalWork, f64), prior_speed: f64) -> Self {
        let scheduler = Shared::new(prior_speed);
        let (first, insight) = (job(64, 48, samples, 0.5), Insight::default());
        let boxed = Box::new(scheduler.clone());
        let world = World::with_scheduler(11, first, local, insight, boxed);
        Self { world, scheduler, samples, view: 0 }
    }

    fn add(&mut self, peer: u64, speed: f64) {
        self.world.add(peer, 1, speed, near(), Duration::ZERO);
    }

    /// Renders the next frame, when everybody is idle again; returns how long that took.
    fn frame(&mut self) -> Duration {
        self.view += 1;
        let spec = job(64, 48, self.samples, 0.5 + 1e-3 * self.view as f32);
        let began = self.world.now();
        self.world.merged.clear();
        self.world.completed_at = None;
        self.world.requester.new_job(began, spec).expect("the test's job is possible");
        assert!(self.world.run(began + LIMIT), "the frame does not complete");
        self.world.check_film();
        let took = self.world.now() - began;
        self.world.run_on(self.world.now() + ms(100));
        took
    }

    /// Renders frames; returns their times, sorted.
    fn frames(&mut self, count: u32) -> Vec<Duration> {
        let mut times: Vec<Duration> = (0..count).map(|_| self.frame()).collect();
        times.sort_unstable();
        times
    }

    fn samples_by(&self, peer: u64) -> u64 {
        self.world.samples_by(Worker::Peer(PeerId(peer)))
    }

    fn now(&self) -> Duration {
        self.world.now()
    }

    fn set_speed(&mut self, peer: u64, speed: f64) {
        self.world.nodes.get_mut(&PeerId(peer)).expect("a peer").tracer.speed = speed;
    }
}

/// Whether a task comes to nothing, by its number.
type Fails = fn(u64) -> bool;

/// Cost of one of four equal parts of a frame of four samples.
const TILE: f64 = PATHS_PER_SAMPLE;
/// Milliseconds for a tile, and which of ten or twenty tasks fail.
const ORIGIN: [(u64, f64, Fails); 4] = [
    (1, 45.0, |task| task % 20 == 9),
    (2, 60.0, |task| task % 10 == 9),
    (3, 80.0, |task| task % 20 == 4 || task % 20 == 11 || task % 20 == 18),
    (4, 55.0, |task| task % 10 == 2 || task % 10 == 5 || task % 10 == 8),
];

fn origin() -> Scene {
    let mut scene = Scene::new(4, (LocalWork::Never, 0.0), TILE / 0.06);
    for (peer, milliseconds, fails) in ORIGIN {
        scene.add(peer, TILE / milliseconds * 1e3);
        scene.world.nodes.get_mut(&PeerId(peer)).expect("a peer").tracer.fails = Some(fails);
    }
    assert!(scene.world.run(LIMIT));
    scene
}

#[test]
fn fast_peer_gets_most_and_failures_of_the_unreliable_one_cost_no_more_than_a_backup() {
    let mut scene = origin();
    let times = scene.frames(40);
    let median = times[20];
    assert!(median < ms(130), "{times:?}");
    // A backup fails as well in some of the frames, about one in fourteen; then a lease has to end.
    assert!(times[36] < median * 2 && times[39] < ms(2200), "{times:?}");
    let failure = |scene: &Scene, peer| scene.scheduler.of(peer, TILE, scene.now()).failure;
    let known = [1, 2, 3, 4].map(|peer| failure(&scene, peer));
    assert!(known[3] > 0.12 && known[3] > 2.0 * known[0], "{known:?}");
    let stats = scene.world.requester.stats(scene.now());
    let unreliable = stats.iter().find(|stats| stats.worker == Worker::Peer(PeerId(4)));
    assert!(unreliable.expect("it is here").hedges_lost > 5, "{unreliable:?}");
    // Asked for four tiles at once, the scheduler gives the fastest the first and the largest.
    let slots = [4, 3, 2, 1].map(|peer| WorkerSlot {
        worker: Worker::Peer(PeerId(peer)),
        lanes: 1,
        room: 1,
        held: 0,
        starts_in: Duration::ZERO,
        target: ms(400),
    });
    let open = OpenWork { cost: 4.0 * TILE, kind: TaskKind::Long };
    let pieces = scene.scheduler.lock().assign(&open, &slots, scene.now());
    let largest = pieces.iter().max_by(|a, b| a.cost.total_cmp(&b.cost)).expect("pieces");
    assert_eq!(largest.worker, Worker::Peer(PeerId(1)), "{pieces:?}");

    let before = failure(&scene, 4);
    // It alone fails now.
    for (peer, ..) in ORIGIN {
        let fails: Option<Fails> = if peer == 4 { Some(|_| true) } else { None };
        scene.world.nodes.get_mut(&PeerId(peer)).expect("a peer").tracer.fails = fails;
    }
    let took = scene.frame();
    assert!(took < median * 2 + ms(30), "{took:?} {median:?}");
    assert!(failure(&scene, 4) > before, "{before}");
}

#[test]
fn peer_that_slows_delays_few_frames_and_is_used_again_when_it_recovers() {
    let speed = 60_000.0;
    let mut scene = Scene::new(16, (LocalWork::Never, 0.0), speed);
    (1..=4).for_each(|peer| scene.add(peer, if peer == 1 { 2.0 * speed } else { speed }));
    assert!(scene.world.run(LIMIT));
    scene.frames(20);
    let usual = scene.frames(10)[5];
    let share = scene.samples_by(1);
    let tasks = |scene: &Scene| scene.scheduler.history(Worker::Peer(PeerId(1))).0;
    scene.set_speed(1, 2.0 * speed / 5.0);
    let before = tasks(&scene);
    while tasks(&scene) < before + 5 {
        scene.frame();
    }
    // Five tasks later nobody waits for it: the others alone need 5/3 of the time.
    let slowed = scene.frames(10);
    assert!(slowed[9] < usual * 17 / 10, "{usual:?} {slowed:?}");
    assert!(scene.samples_by(1) < share / 2, "{share}");
    scene.set_speed(1, 2.0 * speed);
    scene.frames(20);
    let recovered = scene.frames(10);
    assert!(recovered[5] < usual * 11 / 10, "{usual:?} {recovered:?}");
    assert!(scene.samples_by(1) > share * 3 / 4, "{share}");
}

#[test]
fn tiles_stay_where_they_are_while_speeds_change_little() {
    let speed = 60_000.0;
    let mut scene = Scene::new(64, (LocalWork::Never, 0.0), speed);
    let speeds = [1.0, 1.0, 1.5, 2.0, 3.0].map(|factor| factor * speed);
    (1..).zip(speeds).for_each(|(peer, speed)| scene.add(peer, speed));
    assert!(scene.world.run(LIMIT));
    scene.frames(10);
    let tiles = |scene: &Scene| -> BTreeSet<(PixelRect, SampleRange)> {
        scene.world.merged.iter().map(|(rect, samples, _)| (*rect, *samples)).collect()
    };
    let (mut before, mut kept, mut all, mut bits) = (tiles(&scene), 0, 0, 1u64);
    for _ in 0..20 {
        for (peer, speed) in (1..).zip(speeds) {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let change = (bits >> 32) as f64 / f64::from(u32::MAX) - 0.5;
            scene.set_speed(peer, speed * (1.0 + 0.1 * change));
        }
        scene.frame();
        let now = tiles(&scene);
        kept += now.intersection(&before).count();
        all += now.len();
        before = now;
    }
    assert!(kept * 3 > all, "{kept} of {all}");
}

/// Samples that a peer among four traces until it has done 200 tasks, over those of all.
fn share_of(manners: Manners, lanes: u16, benchmark: Option<u32>) -> f64 {
    let speed = 60_000.0;
    let mut scene = Scene::new(160, (LocalWork::Never, 0.0), speed);
    (2..=4).for_each(|peer| scene.add(peer, speed));
    scene.world.add(1, lanes, speed, near(), Duration::ZERO);
    scene.world.set_manners(PeerId(1), manners);
    scene.world.nodes.get_mut(&PeerId(1)).expect("a peer").tracer.is_serial = true;
    let worker = Worker::Peer(PeerId(1));
    let traits = WorkerTraits { lanes, benchmark, ..WorkerTraits::default() };
    scene.scheduler.lock().meet(worker, traits, Duration::ZERO);
    assert!(scene.world.run(LIMIT));
    let (mut own, mut all) = (0, 0);
    while scene.scheduler.history(worker).0 < 200 {
        own += scene.samples_by(1);
        all += (1..=4).map(|peer| scene.samples_by(peer)).sum::<u64>();
        scene.frame();
    }
    own as f64 / all as f64
}

#[test]
fn lies_about_speed_lanes_and_times_gain_nothing() {
    let honest = share_of(Manners::Honest, 1, None);
    assert!((0.2..0.3).contains(&honest), "{honest}");
    let boasts = [
        share_of(Manners::Honest, 1, Some(6_000_000)),
        share_of(Manners::Honest, 4, None),
        share_of(Manners::Boasts, 1, None),
        share_of(Manners::Boasts, 4, Some(6_000_000)),
    ];
    // Of four equal ones, each should do a quarter.
    for boast in boasts {
        assert!(boast < 1.05 * 0.25, "{boasts:?} {honest}");
    }
}

#[test]
fn slow_peer_gets_some_work_and_delays_nothing() {
    let speed = 60_000.0;
    let median = |peers: &[(u64, f64)]| {
        let mut scene = Scene::new(64, (LocalWork::Never, 0.0), speed);
        peers.iter().for_each(|(peer, speed)| scene.add(*peer, *speed));
        assert!(scene.world.run(LIMIT));
        scene.frames(8);
        let mut by_slow = 0;
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..8 {
            times.push(scene.frame());
            by_slow += scene.samples_by(9);
        }
        times.sort_unstable();
        (times[4], by_slow)
    };
    let fast = [(1, speed), (2, speed), (3, speed)];
    let (alone, nothing) = median(&fast);
    let (together, something) = median(&[fast[0], fast[1], fast[2], (9, speed / 12.0)]);
    assert!(nothing == 0 && something > 0, "{something}");
    assert!(together < alone.mul_f64(1.02), "{together:?} {alone:?}");
}

/// The time of the third frame with a local tracer and peers.
fn with_local(peers: impl Iterator<Item = (u64, f64)>, link: LinkFaults) -> Duration {
    let speed = 60_000.0;
    let mut scene = Scene::new(16, (LocalWork::Always, speed), speed);
    peers.for_each(|(peer, speed)| scene.world.add(peer, 1, speed, link, Duration::ZERO));
    assert!(scene.world.run(LIMIT));
    scene.frames(2);
    scene.frame()
}

#[test]
fn nobody_one_and_a_thousand_peers_are_served_and_useless_ones_cost_next_to_nothing() {
    let speed = 60_000.0;
    let alone = with_local(std::iter::empty(), near());
    let one = with_local([(1, speed)].into_iter(), near());
    assert!(one < alone * 7 / 10, "{one:?} {alone:?}");
    let many = with_local((1..=1000).map(|peer| (peer, speed)), near());
    assert!(many < alone / 5, "{many:?} {alone:?}");
    let far = LinkFaults { delay: ms(400), ..near() };
    let useless = with_local((1..=6).map(|peer| (peer, speed / 50.0)), far);
    assert!(useless < alone.mul_f64(1.05), "{useless:?} {alone:?}");
    let mute = with_local((1..=6).map(|peer| (peer, 0.0)), near());
    assert!(mute < alone.mul_f64(1.05), "{mute:?} {alone:?}");
}

#[test]
fn nonsense_about_peers_and_clocks_that_jump_change_no_picture() {
    let speed = 60_000.0;
    let mut scene = Scene::new(16, (LocalWork::Always, speed), speed);
    (1..=4).for_each(|peer| scene.add(peer, speed));
    assert!(scene.world.run(LIMIT));
    let usual = scene.frames(8)[4];
    let odd = LinkTraits {
        round_trip: Some(Duration::MAX),
        jitter: Duration::MAX,
        bytes_per_second: Some(f64::NAN),
        loss: f64::NAN,
        is_relayed: true,
    };
    for unix_seconds in [Some(u64::MAX), Some(1_795_867_200), Some(1), None, Some(0)] {
        let now = scene.now();
        {
            let mut scheduler = scene.scheduler.lock();
            scheduler.set_moment(Moment { unix_seconds }, now);
            // The session's own clock runs back as well.
            scheduler.set_moment(Moment { unix_seconds }, Duration::ZERO);
            for peer in 1..=5 {
                scheduler.measure(Worker::Peer(PeerId(peer)), odd);
            }
            assert!(scheduler.restore(b"not a state", now).is_err());
        }
        let took = scene.frame();
        assert!(took < usual * 12 / 10, "{took:?} {usual:?}");
    }
    let working = scene.world.requester.stats(scene.now());
    assert!(working.iter().filter(|stats| stats.state == PeerState::Working).count() >= 4);
}
