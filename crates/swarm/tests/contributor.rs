//! What requesters, honest or not, make a contributor do.

#[path = "contributor/bench.rs"]
mod bench;
#[expect(dead_code, reason = "shared with the tests of whole networks, which use the rest")]
mod world;

use std::time::Duration;

use bench::{Bench, hello, tile};
use p2c2r_frame::{Packing, PixelRect, SampleRange, SceneId, TaskError, TileTask};
use p2c2r_image::unpack_sums;
use p2c2r_protocol::peer::{
    Channel, Condition, GoodbyeReason, Hello, Message, RefuseJob, RefuseTask, Role,
};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_swarm::{
    BenchmarkSpec, ContributorInput, ContributorOutput, PeerEnd, TaskKey, Violation,
};
use proptest::prelude::*;
use world::{control, trace};

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);
const SCENE: SceneId = SceneId([7; 32]);

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key(requester: PeerId, lease: u64) -> TaskKey {
    TaskKey { requester, lease: LeaseId(lease) }
}

/// A contributor of some lanes with one requester that may send tasks.
fn serving(lanes: u16) -> Bench {
    let mut bench = Bench::new(lanes, 4);
    bench.connect(A);
    bench
}

/// Credits that a requester has got so far.
fn credits(bench: &Bench, peer: PeerId) -> u32 {
    let credits = bench.said_to(peer).into_iter().filter_map(|message| match message {
        Message::Credit { tasks } => Some(u32::from(tasks)),
        _ => None,
    });
    credits.sum()
}

fn check_violation(expected: Violation, attack: impl FnOnce(&mut Bench)) {
    let mut bench = serving(1);
    bench.connect(B);
    bench.task(B, 1);
    attack(&mut bench);
    let told = Message::Goodbye { reason: GoodbyeReason::Violation(expected.kind()) };
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(expected))]);
    assert_eq!(bench.said_to(A).last(), Some(&told));
    // The other one gets its result.
    bench.trace_all();
    assert!(bench.said_to(B).iter().any(|message| matches!(message, Message::TileDone(_))));
}

#[test]
fn result_comes_back_whole_in_chunks_with_its_credit() {
    let mut bench = serving(1);
    assert_eq!(credits(&bench, A), 3);
    bench.task(A, 5);
    bench.now = Duration::from_millis(250);
    bench.trace_all();
    let packed = packed_result(&bench);
    let done = bench.said_to(A).into_iter().find_map(|message| match message {
        Message::TileDone(done) => Some(done),
        _ => None,
    });
    let done = done.unwrap();
    assert_eq!((done.lease, done.elapsed_us), (LeaseId(5), 250_000));
    assert_eq!(done.length_bytes as usize, packed.len());
    let task = tile(SCENE);
    assert_eq!(unpack_sums(&packed, task.rect, task.samples, None), Ok(trace(&task).0));
    assert_eq!(credits(&bench, A), 4);
    let stats = bench.contributor.stats();
    assert_eq!((stats.tasks_done, stats.tracing, stats.queued), (1, 0, 0));
    assert_eq!(stats.samples, task.rect.area() * u64::from(task.samples.count));
}

/// The packed result of the only task of a bench.
fn packed_result(bench: &Bench) -> Vec<u8> {
    let chunks = bench.said_to(A).into_iter().filter_map(|message| match message {
        Message::TileChunk(chunk) => Some(chunk.bytes.into_vec()),
        _ => None,
    });
    chunks.flatten().collect()
}

#[test]
fn rounded_result_is_traced_in_halves_and_is_much_smaller() {
    let task = tile(SCENE);
    let mut exact = serving(1);
    exact.give(A, 1, task);
    exact.trace_all();
    let mut bench = serving(1);
    bench.give_packed(A, 1, task, Packing::BelowNoise);
    let mut parts = Vec::new();
    while let Some((key, part)) = bench.tracing.first().copied() {
        parts.push(part.samples);
        bench.trace_one(key);
    }
    assert_eq!(parts, [SampleRange::new(0, 2), SampleRange::new(2, 2)]);
    let packed = packed_result(&bench);
    let lengths = (packed.len(), packed_result(&exact).len());
    assert!(3 * lengths.0 < lengths.1, "{lengths:?}");
    let found = unpack_sums(&packed, task.rect, task.samples, Some(task.seed)).unwrap();
    let (sums, counters) = trace(&task);
    assert_ne!(found, sums);
    let total = |sums: &p2c2r_frame::RadianceSums| sums.sums.as_flattened().iter().sum::<u64>();
    let ratio = total(&found) as f64 / total(&sums) as f64;
    assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
    let said = bench.said_to(A);
    let done = said.iter().find_map(|message| match message {
        Message::TileDone(done) => Some(done.counters),
        _ => None,
    });
    assert_eq!(done, Some(counters));
    assert_eq!(bench.contributor.stats().tasks_done, 1);
}

#[test]
fn single_sample_shows_no_noise_and_stays_exact() {
    let task = TileTask { samples: SampleRange::new(3, 1), ..tile(SCENE) };
    let mut bench = serving(1);
    bench.give_packed(A, 1, task, Packing::BelowNoise);
    bench.trace_all();
    let found = unpack_sums(&packed_result(&bench), task.rect, task.samples, None);
    assert_eq!(found, Ok(trace(&task).0));
}

#[test]
fn rounded_task_is_cancelled_between_its_halves() {
    let mut bench = serving(1);
    bench.give_packed(A, 1, tile(SCENE), Packing::BelowNoise);
    bench.trace_one(key(A, 1));
    bench.say(A, &Message::Cancel { lease: LeaseId(1) });
    assert_eq!(bench.cancelled, [key(A, 1)]);
    assert!(packed_result(&bench).is_empty());
    assert_eq!((bench.contributor.stats().tracing, credits(&bench, A)), (0, 4));
}

#[test]
fn requesters_are_served_in_turn() {
    let mut bench = serving(1);
    bench.connect(B);
    for lease in 1..=3 {
        bench.task(A, lease);
    }
    for lease in 1..=3 {
        bench.task(B, lease);
    }
    let mut order = Vec::new();
    while let Some((key, _)) = bench.tracing.first().copied() {
        order.push(key);
        bench.trace_one(key);
    }
    let expected = [key(A, 1), key(B, 1), key(A, 2), key(B, 2), key(A, 3), key(B, 3)];
    assert_eq!(order, expected);
}

#[test]
fn as_many_tasks_run_as_there_are_lanes() {
    let mut bench = serving(3);
    for lease in 1..=5 {
        bench.task(A, lease);
    }
    assert_eq!((bench.tracing.len(), bench.contributor.stats().queued), (3, 2));
    bench.trace_one(key(A, 2));
    assert_eq!(bench.tracing.len(), 3);
}

#[test]
fn task_without_credit_ends_the_link() {
    check_violation(Violation::Flood("task"), |bench| {
        for lease in 1..=4 {
            bench.task(A, lease);
        }
    });
}

#[test]
fn task_that_nobody_can_trace_ends_the_link() {
    let source = TaskError::Bounces(0);
    check_violation(Violation::Task { lease: LeaseId(1), source }, |bench| {
        let mut task = tile(SCENE);
        task.max_bounces = 0;
        bench.give(A, 1, task);
    });
}

#[test]
fn task_of_another_scene_ends_the_link() {
    check_violation(Violation::WrongScene(LeaseId(1)), |bench| {
        bench.give(A, 1, tile(SceneId([8; 32])));
    });
}

#[test]
fn lease_used_again_ends_the_link() {
    check_violation(Violation::LeaseReused(LeaseId(4)), |bench| {
        bench.task(A, 4);
        bench.task(A, 4);
    });
}

#[test]
fn cancel_of_a_task_never_given_ends_the_link() {
    check_violation(Violation::NeverGiven(LeaseId(9)), |bench| {
        bench.say(A, &Message::Cancel { lease: LeaseId(9) });
    });
}

#[test]
fn endless_chatter_ends_the_link() {
    check_violation(Violation::Flood("control"), |bench| {
        for nonce in 0..10_100 {
            bench.say(A, &Message::Ping { nonce });
        }
    });
}

#[test]
fn words_of_a_contributor_are_not_taken_from_a_requester() {
    check_violation(Violation::Unexpected("credit"), |bench| {
        bench.say(A, &Message::Credit { tasks: 1 });
    });
}

#[test]
fn anything_before_the_hello_ends_the_link() {
    let mut bench = Bench::new(1, 4);
    bench.input(ContributorInput::RequesterConnected { peer: A });
    bench.say(A, &Message::Ping { nonce: 1 });
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::BeforeHello("ping")))]);
}

#[test]
fn two_contributors_do_not_work_together() {
    let mut bench = Bench::new(1, 4);
    bench.input(ContributorInput::RequesterConnected { peer: A });
    let mut hello = hello();
    hello.role = Role::Contributor;
    bench.say(A, &Message::Hello(hello));
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::Unexpected("hello")))]);
}

#[test]
fn task_beyond_the_limits_is_refused_and_forgiven() {
    let mut bench = serving(1);
    let mut task = tile(SCENE);
    (task.view.width_px, task.view.height_px) = (400, 400);
    task.rect = PixelRect::of_size(400, 400);
    bench.give(A, 1, task);
    let refuse = Message::Refuse { lease: LeaseId(1), reason: RefuseTask::TooLarge };
    assert!(bench.said_to(A).contains(&refuse));
    assert_eq!((bench.closed.len(), credits(&bench, A)), (0, 4));
}

#[test]
fn ping_is_answered_at_once() {
    let mut bench = serving(1);
    bench.say(A, &Message::Ping { nonce: 77 });
    assert_eq!(bench.said_to(A).last(), Some(&Message::Pong { nonce: 77 }));
}

#[test]
fn cancelled_tasks_are_dropped_and_their_results_too() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.task(A, 2);
    bench.say(A, &Message::Cancel { lease: LeaseId(2) });
    bench.say(A, &Message::Cancel { lease: LeaseId(1) });
    assert_eq!(bench.cancelled, [key(A, 1)]);
    assert_eq!(credits(&bench, A), 5);
    let (sums, counters) = trace(&tile(SCENE));
    bench.input(ContributorInput::Traced { key: key(A, 1), sums, counters });
    // A cancel that comes too late finds nothing and gives nothing.
    bench.say(A, &Message::Cancel { lease: LeaseId(1) });
    assert_eq!(credits(&bench, A), 5);
    assert!(!bench.said_to(A).iter().any(|message| matches!(message, Message::TileChunk(_))));
}

#[test]
fn failed_and_wrong_results_go_back_as_refusals() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.input(ContributorInput::TraceFailed { key: key(A, 1) });
    bench.task(A, 2);
    let mut other = tile(SCENE);
    other.rect.width -= 1;
    let (sums, counters) = trace(&other);
    bench.input(ContributorInput::Traced { key: key(A, 2), sums, counters });
    for lease in [1, 2] {
        let (lease, reason) = (LeaseId(lease), RefuseTask::TraceFailed);
        assert!(bench.said_to(A).contains(&Message::Refuse { lease, reason }));
    }
    assert_eq!(credits(&bench, A), 5);
}

#[test]
fn scene_is_fetched_once_for_all_and_released_after_the_last() {
    let mut bench = Bench::new(1, 4);
    bench.announce(A, SCENE, 1000);
    bench.announce(B, SCENE, 1000);
    let fetch = ContributorOutput::FetchScene { scene: SCENE, scene_bytes: 1000 };
    assert_eq!(bench.scenes, [fetch]);
    bench.input(ContributorInput::SceneReady { scene: SCENE });
    for peer in [A, B] {
        assert!(bench.said_to(peer).contains(&Message::JobReady { job: JobId(1) }));
    }
    bench.input(ContributorInput::RequesterGone { peer: A });
    assert_eq!(bench.scenes.len(), 1);
    bench.input(ContributorInput::RequesterGone { peer: B });
    assert_eq!(bench.scenes[1..], [ContributorOutput::ReleaseScene { scene: SCENE }]);
}

#[test]
fn scene_that_fails_is_refused_with_the_reason() {
    let mut bench = Bench::new(1, 4);
    bench.announce(A, SCENE, 1000);
    let reason = RefuseJob::SceneUnavailable;
    bench.input(ContributorInput::SceneFailed { scene: SCENE, reason });
    assert_eq!(bench.said_to(A).last(), Some(&Message::JobRefused { job: JobId(1), reason }));
    // Too large to be fetched at all.
    bench.announce(B, SceneId([9; 32]), u64::MAX);
    let reason = RefuseJob::SceneTooLarge;
    assert_eq!(bench.said_to(B).last(), Some(&Message::JobRefused { job: JobId(1), reason }));
    assert_eq!(bench.scenes.len(), 1);
}

#[test]
fn new_scene_drops_the_tasks_of_the_old_one() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.task(A, 2);
    let other = SceneId([8; 32]);
    bench.say(A, &Message::Job { job: JobId(2), scene: other, scene_bytes: 10 });
    assert_eq!((bench.cancelled.as_slice(), bench.tracing.len()), ([key(A, 1)].as_slice(), 0));
    assert_eq!(credits(&bench, A), 5);
    bench.input(ContributorInput::SceneReady { scene: other });
    bench.give(A, 3, tile(other));
    assert_eq!(bench.tracing.len(), 1);
}

#[test]
fn pause_gives_everything_back_and_resume_takes_up_again() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.task(A, 2);
    bench.input(ContributorInput::Pause);
    assert_eq!(bench.cancelled, [key(A, 1)]);
    for lease in [1, 2] {
        let (lease, reason) = (LeaseId(lease), RefuseTask::Paused);
        assert!(bench.said_to(A).contains(&Message::Refuse { lease, reason }));
    }
    bench.task(A, 3);
    assert_eq!((credits(&bench, A), bench.tracing.len()), (3, 0));
    bench.input(ContributorInput::Resume);
    assert_eq!(credits(&bench, A), 6);
    bench.task(A, 4);
    assert_eq!(bench.tracing.len(), 1);
}

#[test]
fn requester_that_comes_during_a_pause_is_served_after_it() {
    let mut bench = Bench::new(1, 4);
    bench.input(ContributorInput::Pause);
    bench.connect(A);
    assert_eq!(credits(&bench, A), 0);
    bench.input(ContributorInput::Resume);
    assert_eq!(credits(&bench, A), 3);
}

#[test]
fn stop_is_done_when_the_call_returns() {
    let mut bench = serving(2);
    bench.connect(B);
    bench.task(A, 1);
    bench.task(B, 1);
    bench.task(B, 2);
    bench.input(ContributorInput::Stop);
    assert_eq!(bench.cancelled, [key(A, 1), key(B, 1)]);
    assert_eq!(bench.closed, [(A, PeerEnd::Stopped), (B, PeerEnd::Stopped)]);
    let goodbye = Message::Goodbye { reason: GoodbyeReason::Stopped };
    assert_eq!(bench.said_to(A).last(), Some(&goodbye));
    assert!(bench.is_finished && bench.contributor.is_finished());
    let before = bench.outputs;
    bench.input(ContributorInput::RequesterConnected { peer: PeerId(3) });
    bench.task(A, 2);
    bench.input(ContributorInput::Timeout);
    assert_eq!((bench.outputs, bench.contributor.next_timeout()), (before, None));
}

/// A bench of two lanes that measures itself.
fn measuring(is_after_first_task: bool) -> Bench {
    let TileTask { scene, view, .. } = tile(SceneId([8; 32]));
    let spec = BenchmarkSpec { scene, view, is_after_first_task };
    Bench::with_benchmark(2, spec)
}

/// Traces whatever the benchmark wants at this many paths per second; gives the paths of each round.
fn run_benchmark(bench: &mut Bench, paths_per_second: f64) -> Vec<u64> {
    let mut rounds = Vec::new();
    while let [(one, task), (other, _)] = bench.tracing[..] {
        let paths = task.rect.area() * u64::from(task.samples.count);
        rounds.push(paths);
        assert!(rounds.len() < 9);
        bench.now += Duration::from_secs_f64(paths as f64 / paths_per_second);
        bench.trace_one(one);
        bench.trace_one(other);
    }
    rounds
}

#[test]
fn machine_measures_itself_in_a_fifth_of_a_second_and_says_so() {
    for speed in [3e3, 1e5, 4e6] {
        let mut bench = measuring(false);
        bench.input(ContributorInput::Timeout);
        let rounds = run_benchmark(&mut bench, speed);
        assert!((2..=4).contains(&rounds.len()), "{rounds:?}");
        // The slowest one needs more than that for its first round.
        assert!(speed < 1e4 || bench.now < Duration::from_millis(200), "{:?}", bench.now);
        bench.input(ContributorInput::RequesterConnected { peer: A });
        let said = bench.said_to(A);
        let Message::Hello(hello) = &said[0] else { panic!("{said:?}") };
        let found = f64::from(hello.capabilities.condition.benchmark.expect("it was measured"));
        assert!((found / speed - 1.0).abs() < 0.01, "{found} for {speed}");
    }
}

#[test]
fn machine_that_is_tuned_by_its_first_scene_measures_after_the_first_task() {
    let mut bench = measuring(true);
    bench.connect(A);
    assert!(bench.tracing.is_empty());
    bench.task(A, 1);
    bench.trace_one(key(A, 1));
    assert!(run_benchmark(&mut bench, 1e5).len() > 1);
    let condition = |message: &Message| matches!(message, Message::Condition(_));
    assert_eq!(bench.said_to(A).iter().filter(|message| condition(message)).count(), 1);
}

#[test]
fn tasks_wait_for_a_measurement_and_a_stop_does_not() {
    let mut bench = measuring(false);
    bench.connect(A);
    assert_eq!(bench.tracing.len(), 2);
    bench.task(A, 1);
    assert_eq!(bench.tracing.len(), 2, "both lanes are measured");
    bench.input(ContributorInput::Stop);
    assert!(bench.tracing.is_empty() && bench.is_finished);
}

#[test]
fn tracer_that_fails_has_no_speed_and_works_on() {
    let mut bench = measuring(false);
    bench.connect(A);
    let (key, _) = bench.tracing[0];
    bench.input(ContributorInput::TraceFailed { key });
    assert!(bench.tracing.is_empty());
    bench.task(A, 1);
    assert_eq!(bench.tracing.len(), 1);
}

#[test]
fn requesters_hear_of_another_condition_once_and_only_after_their_hello() {
    let mut bench = serving(1);
    let hidden = Condition { is_hidden: true, ..Condition::default() };
    bench.input(ContributorInput::RequesterConnected { peer: PeerId(3) });
    for _ in 0..2 {
        bench.input(ContributorInput::Condition { is_on_battery: false, is_hidden: true });
    }
    let heard = |bench: &Bench, peer| {
        let said = bench.said_to(peer);
        said.into_iter().filter(|message| *message == Message::Condition(hidden)).count()
    };
    assert_eq!((heard(&bench, A), heard(&bench, PeerId(3))), (1, 0));
    bench.say(PeerId(3), &Message::Hello(hello()));
    assert_eq!(heard(&bench, PeerId(3)), 1);
    // Who comes later reads it in the hello.
    bench.input(ContributorInput::RequesterConnected { peer: PeerId(4) });
    bench.say(PeerId(4), &Message::Hello(hello()));
    let said = bench.said_to(PeerId(4));
    assert_eq!(heard(&bench, PeerId(4)), 0);
    assert!(
        matches!(&said[0], Message::Hello(hello) if hello.capabilities.condition == hidden),
        "{said:?}"
    );
}

#[test]
fn requester_recognises_a_contributor_by_its_own_tag_only() {
    let pseudonym = |secret: u8, tag: Option<u8>| {
        let mut bench = Bench::with_secret(Some([secret; 32]));
        bench.input(ContributorInput::RequesterConnected { peer: A });
        bench.say(A, &Message::Hello(Hello { tag: tag.map(|tag| [tag; 16]), ..hello() }));
        let said = bench.said_to(A).into_iter();
        said.filter(|message| matches!(message, Message::Pseudonym(_))).collect::<Vec<_>>()
    };
    assert_eq!(pseudonym(3, None), []);
    assert_eq!(pseudonym(3, Some(1)).len(), 1);
    assert_eq!(pseudonym(3, Some(1)), pseudonym(3, Some(1)));
    assert_ne!(pseudonym(3, Some(1)), pseudonym(3, Some(2)));
    assert_ne!(pseudonym(3, Some(1)), pseudonym(4, Some(1)));
}

#[test]
fn finish_delivers_what_is_here_and_leaves_when_it_has_arrived() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.task(A, 2);
    bench.input(ContributorInput::Finish);
    assert!(bench.said_to(A).contains(&Message::Draining));
    bench.task(A, 3);
    let (lease, reason) = (LeaseId(3), RefuseTask::Draining);
    assert!(bench.said_to(A).contains(&Message::Refuse { lease, reason }));
    bench.trace_all();
    let done = |message: &&Message| matches!(message, Message::TileDone(_));
    assert_eq!(bench.said_to(A).iter().filter(done).count(), 2);
    assert!(!bench.is_finished, "the results may still be on their way");
    bench.say(A, &Message::Goodbye { reason: GoodbyeReason::Finished });
    assert!(bench.is_finished);
}

#[test]
fn finish_does_not_wait_for_a_requester_for_ever() {
    let mut bench = serving(1);
    bench.input(ContributorInput::Finish);
    bench.at(s(4));
    assert!(!bench.is_finished);
    bench.at(s(5));
    assert!(bench.is_finished);
    assert_eq!(bench.closed, [(A, PeerEnd::Finished)]);
}

#[test]
fn finish_without_anybody_is_immediate() {
    let mut bench = Bench::new(1, 4);
    bench.input(ContributorInput::Finish);
    assert!(bench.is_finished);
}

#[test]
fn silent_requester_is_left_and_its_task_dropped() {
    let mut bench = serving(1);
    bench.task(A, 1);
    bench.at(s(29));
    assert_eq!(bench.closed, []);
    bench.at(s(30));
    assert_eq!(bench.closed, [(A, PeerEnd::Silent)]);
    assert_eq!(bench.cancelled, [key(A, 1)]);
}

#[test]
fn requester_beyond_the_limit_is_told_that_no_place_is_left() {
    let mut bench = Bench::new(1, 1);
    bench.connect(A);
    bench.input(ContributorInput::RequesterConnected { peer: B });
    assert_eq!(bench.closed, [(B, PeerEnd::Full)]);
    assert_eq!(bench.said_to(B), [Message::Goodbye { reason: GoodbyeReason::Full }]);
}

fn any_message() -> impl Strategy<Value = Message> {
    let lease = (0u64..8).prop_map(LeaseId);
    prop_oneof![
        Just(Message::Hello(hello())),
        (0u32..3, 0u8..3).prop_map(|(job, scene)| Message::Job {
            job: JobId(job),
            scene: SceneId([scene; 32]),
            scene_bytes: 10,
        }),
        (lease.clone(), 0u8..3).prop_map(|(lease, scene)| Message::Task {
            lease,
            task: p2c2r_frame::Task::Tile(tile(SceneId([scene; 32]))),
            packing: p2c2r_frame::Packing::Exact,
        }),
        lease.prop_map(|lease| Message::Cancel { lease }),
        any::<u32>().prop_map(|nonce| Message::Ping { nonce }),
    ]
}

proptest! {
    #[test]
    fn whatever_a_requester_says_its_tasks_stay_within_its_credits(
        messages in prop::collection::vec((any_message(), 0u8..6), 0..80),
    ) {
        let mut bench = serving(2);
        for (message, then) in messages {
            let (channel, bytes) = control(&message);
            bench.input(ContributorInput::Message { peer: A, channel, bytes });
            match then {
                0 => bench.trace_all(),
                1 => bench.input(ContributorInput::SceneReady { scene: SceneId([1; 32]) }),
                2 => bench.input(ContributorInput::Pause),
                3 => bench.input(ContributorInput::Resume),
                _ => {}
            }
            let stats = bench.contributor.stats();
            prop_assert!(stats.tracing <= 2 && stats.tracing + stats.queued <= 4);
        }
        bench.input(ContributorInput::Stop);
        prop_assert!(bench.is_finished && bench.tracing.is_empty());
    }

    #[test]
    fn random_bytes_never_panic(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..10),
    ) {
        let mut bench = serving(1);
        for bytes in messages {
            for channel in Channel::ALL {
                bench.input(ContributorInput::Message { peer: A, channel, bytes: bytes.clone() });
            }
        }
    }
}
