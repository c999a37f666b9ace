//! What a base model is asked about workers, what its answers do, and what is told of attempts.

#[path = "requester/bench.rs"]
#[expect(dead_code, reason = "shared with the tests of rules, which use the rest")]
mod bench;
#[expect(dead_code, reason = "shared with the tests of whole networks, which use the rest")]
mod world;

use std::time::Duration;

use bench::{Bench, hello};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{Condition, Hello, Message};
use p2c2r_scheduler::{FEATURE_NAMES, TaskEnd};
use p2c2r_swarm::{
    COST_BUCKETS, ContributorInput, FEATURES, Insight, LocalWork, Memory, OUTPUTS, RequesterInput,
    TaskKind, Worker,
};
use p2c2r_transport::memory::LinkFaults;
use world::{AskedAbout, Event, TYPICAL_SPEED, World, job};

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);
/// 2026-11-28, a Saturday, at noon.
const NOON: u64 = 1_795_867_200;
const ALL: Insight =
    Insight { unix_at_zero: Some(NOON), tag: None, asks_model: true, tells_attempts: true };

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn feature(row: &[f32; FEATURES], name: &str) -> f32 {
    row[FEATURE_NAMES.iter().position(|known| *known == name).expect("a feature")]
}

/// One row of the last question about a worker.
fn last_row(questions: &[AskedAbout], worker: Worker) -> [f32; FEATURES] {
    let last = questions.iter().rfind(|(_, about, ..)| *about == worker);
    last.expect("a question about it").3[0]
}

fn count(questions: &[AskedAbout], worker: Worker) -> usize {
    questions.iter().filter(|(_, about, ..)| *about == worker).count()
}

/// A network of a near and a far peer that has rendered a frame.
fn rendered() -> World {
    let spec = job(96, 64, 16, 0.5);
    let mut world = World::with_insight(7, spec, LocalWork::Always, TYPICAL_SPEED, ALL);
    let far = LinkFaults { delay: ms(80), bytes_per_second: 20e3, ..LinkFaults::default() };
    world.add(A.0, 1, 2.0 * TYPICAL_SPEED, LinkFaults::default(), Duration::ZERO);
    world.add(B.0, 2, TYPICAL_SPEED, far, Duration::ZERO);
    let condition = ContributorInput::Condition { is_on_battery: true, is_hidden: false };
    world.at(ms(1500), Event::Contributor(B, condition));
    assert!(world.run(Duration::from_secs(60)));
    world.check_film();
    world
}

#[test]
fn model_is_asked_about_everybody_with_what_was_measured() {
    let world = rendered();
    let (near, far) = (Worker::Peer(A), Worker::Peer(B));
    let rows = [near, far].map(|worker| last_row(&world.questions, worker));
    let value = |name| rows.map(|row| feature(&row, name));
    assert_eq!(value("is_native_cpu"), [1.0, 1.0]);
    assert_eq!(value("has_round_trip"), [1.0, 1.0]);
    let [near_trip, far_trip] = value("log_round_trip").map(|log| f64::from(log).exp());
    assert!(near_trip < 0.1 && (0.15..0.4).contains(&far_trip), "{near_trip} {far_trip}");
    let [near_rate, far_rate] = value("log_bandwidth").map(|log| f64::from(log).exp());
    assert!(far_rate < 25e3 && (near_rate <= 1.0 || near_rate > 1e5), "{near_rate} {far_rate}");
    assert_eq!(value("is_on_battery"), [0.0, 1.0]);
    assert_eq!(value("is_weekend"), [1.0, 1.0]);
    assert!(value("cos_day").iter().all(|cosine| *cosine < -0.99));
    assert!(count(&world.questions, Worker::Local) > 0);
}

#[test]
fn model_is_asked_when_something_changes_and_not_for_each_task() {
    let world = rendered();
    let seconds = world.now().as_secs_f64();
    for worker in [Worker::Local, Worker::Peer(A), Worker::Peer(B)] {
        let asked = count(&world.questions, worker) as f64;
        assert!((1.0..=2.0 + seconds).contains(&asked), "{asked} times in {seconds} s");
    }
    let peers = [A, B].map(|peer| count(&world.questions, Worker::Peer(peer)));
    assert!(peers.iter().sum::<usize>() * 2 < world.attempts.len(), "{peers:?}");
    assert_eq!(world.requester.model_stats().asked, world.questions.len() as u64);
}

#[test]
fn every_attempt_is_told_without_a_name() {
    let world = rendered();
    let delivered = |worker| {
        let of_worker = world.attempts.iter().filter(move |attempt| attempt.worker == worker);
        of_worker.filter(|attempt| attempt.end == TaskEnd::Delivered).count()
    };
    let merged = |worker| world.merged.iter().filter(|(.., by)| *by == worker).count();
    for (number, worker) in [(0, Worker::Local), (1, Worker::Peer(A)), (2, Worker::Peer(B))] {
        assert_eq!(delivered(number), merged(worker), "{worker:?}");
        assert!(delivered(number) > 0);
    }
    for attempt in &world.attempts {
        let [low, median, high] = attempt.expected;
        assert!(low <= median && median <= high && attempt.features.len() == FEATURES);
        assert!(attempt.seconds.is_finite() && attempt.computed.is_finite());
    }
}

#[test]
fn nothing_is_asked_or_told_unless_it_is_wanted() {
    let mut world = World::new(7, job(48, 48, 8, 0.5), LocalWork::Always, TYPICAL_SPEED);
    world.add(A.0, 1, TYPICAL_SPEED, LinkFaults::default(), Duration::ZERO);
    assert!(world.run(Duration::from_secs(60)));
    assert!(world.questions.is_empty() && world.attempts.is_empty());
}

/// A bench that asks, with one peer that has introduced itself.
fn asking() -> Bench {
    let mut bench = Bench::with_insight(job(64, 48, 4, 0.5), LocalWork::Never, ALL);
    bench.connect(A, 1);
    bench
}

#[test]
fn hello_and_condition_reach_the_model_and_a_flood_of_them_does_not() {
    let mut bench = Bench::with_insight(job(64, 48, 4, 0.5), LocalWork::Never, ALL);
    bench.input(RequesterInput::PeerConnected { peer: A });
    let mut hello = Hello { has_heard: true, ..hello(4) };
    hello.capabilities.condition = Condition::default().with_speed(9000.0);
    bench.say(A, &Message::Hello(hello));
    let worker = Worker::Peer(A);
    assert_eq!(count(&bench.questions, worker), 1);
    assert_eq!(feature(&last_row(&bench.questions, worker), "log_benchmark"), 9000f64.ln() as f32);
    assert_eq!(feature(&last_row(&bench.questions, worker), "log_lanes"), 4f64.ln() as f32);
    bench.at(ms(1500));
    for step in 0..1000 {
        let condition = Condition { is_hidden: step % 2 == 0, ..Condition::default() };
        bench.say(A, &Message::Condition(condition));
    }
    let asked = count(&bench.questions, worker);
    assert!((2..=4).contains(&asked), "{asked}");
    // The last word counts, a little later.
    bench.say(A, &Message::Condition(Condition { is_hidden: true, ..Condition::default() }));
    bench.at(ms(4000));
    assert_eq!(feature(&last_row(&bench.questions, worker), "is_hidden"), 1.0);
    assert_eq!(feature(&last_row(&bench.questions, worker), "has_benchmark"), 0.0);
}

#[test]
fn driver_says_what_carries_a_link() {
    let mut bench = asking();
    bench.at(ms(1500));
    bench.input(RequesterInput::LinkKnown { peer: A, is_relayed: true });
    assert_eq!(feature(&last_row(&bench.questions, Worker::Peer(A)), "is_relayed"), 1.0);
    // Nobody is there any more; nothing happens.
    bench.input(RequesterInput::PeerGone { peer: A });
    bench.input(RequesterInput::LinkKnown { peer: A, is_relayed: false });
}

#[test]
fn another_kind_of_task_is_a_question_of_its_own() {
    let mut bench = asking();
    let first = bench.questions.len();
    let mut spec = job(64, 48, 4, 0.6);
    spec.max_bounces = 1;
    bench.new_job(spec);
    let (_, worker, kind, rows) = &bench.questions[first];
    assert_eq!((*worker, *kind), (Worker::Peer(A), TaskKind::Direct));
    assert_eq!(feature(&rows[0], "is_direct"), 1.0);
}

#[test]
fn hostile_answers_change_nothing() {
    let mut bench = asking();
    let (question, ..) = bench.questions[0].clone();
    let nonsense = [[f32::NAN; OUTPUTS]; COST_BUCKETS];
    bench.input(RequesterInput::Predicted { question, answers: nonsense });
    bench.input(RequesterInput::Predicted { question, answers: nonsense });
    bench
        .input(RequesterInput::Predicted { question: 77, answers: [[0.0; OUTPUTS]; COST_BUCKETS] });
    let stats = bench.requester.model_stats();
    assert_eq!((stats.used, stats.unsound, stats.stale), (0, 1, 2));
    bench.complete_by(A);
}

/// A bench that goes on from a memory, with a peer that says by what it is to be recognised.
fn recognising(memory: Option<&Memory>, pseudonym: u8) -> Bench {
    let insight = Insight { tag: Some([4; 16]), unix_at_zero: Some(NOON), ..Insight::default() };
    let mut bench = Bench::with_insight(job(64, 48, 4, 0.5), LocalWork::Never, insight);
    if let Some(memory) = memory {
        bench.requester.recall(&memory.learned).expect("it was saved just so");
    }
    bench.connect(A, 1);
    bench.say(A, &Message::Pseudonym([pseudonym; 16]));
    bench
}

fn tasks_of(bench: &Bench) -> u64 {
    let stats = bench.requester.stats(bench.now);
    stats.iter().find(|stats| stats.worker == Worker::Peer(A)).expect("it is here").tasks
}

#[test]
fn peer_is_recognised_in_the_next_session_by_its_pseudonym() {
    let mut first = recognising(None, 9);
    first.complete_by(A);
    let delivered = tasks_of(&first);
    assert!(delivered > 0);
    let bytes = first.requester.memory().expect("there is a tag to keep it under");
    let memory = Memory::from_bytes(&bytes).expect("a whole memory");
    assert_eq!(memory.tag, [4; 16]);
    assert_eq!(first.recognised, [], "it was a stranger");
    let second = recognising(Some(&memory), 9);
    assert_eq!((tasks_of(&second), &second.recognised[..]), (delivered, &[(A, delivered)][..]));
    let other = recognising(Some(&memory), 8);
    assert_eq!((tasks_of(&other), &other.recognised[..]), (0, &[][..]));
}

#[test]
fn damaged_memory_is_refused_and_the_frame_comes_all_the_same() {
    let mut first = recognising(None, 9);
    first.complete_by(A);
    let bytes = first.requester.memory().expect("there is a tag to keep it under");
    for cut in [0, 15] {
        assert_eq!(Memory::from_bytes(&bytes[..cut]), None);
    }
    let learned = Memory::from_bytes(&bytes).expect("a whole memory").learned;
    for damage in (0..learned.len()).step_by(7) {
        let mut damaged = learned.clone();
        damaged[damage] ^= 0x40;
        let mut bench = recognising(None, 9);
        assert!(bench.requester.recall(&damaged).is_err(), "byte {damage}");
        if damage % 91 == 0 {
            bench.complete_by(A);
        }
    }
    let without_tag = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    assert_eq!(without_tag.requester.memory(), None);
}

#[test]
fn figures_say_what_is_expected_and_how_it_went() {
    let world = rendered();
    let stats = world.requester.stats(world.now());
    for worker in &stats {
        let failed = |attempt: &&p2c2r_swarm::AttemptRecord| {
            attempt.worker == worker.number && attempt.end != TaskEnd::Delivered
        };
        let failures = world.attempts.iter().filter(failed).count() as u64;
        assert_eq!((worker.tasks, worker.failures), (worker.tiles, failures));
        assert!(worker.prediction.low <= worker.prediction.high);
        let lanes = worker.capabilities.as_ref().map_or(1, |known| known.lanes);
        let most = world.now() * u32::from(lanes);
        assert!(worker.busy > Duration::ZERO && worker.busy <= most, "{:?}", worker.busy);
    }
    let won: u64 = stats.iter().map(|stats| stats.hedges_won).sum();
    let lost: u64 = stats.iter().map(|stats| stats.hedges_lost).sum();
    assert_eq!(won, lost);
}
