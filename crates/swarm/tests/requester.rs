//! What one contributor, honest or not, makes a requester do.

#[path = "requester/bench.rs"]
mod bench;
#[expect(dead_code, reason = "shared with the tests of whole networks, which use the rest")]
mod world;

use std::time::Duration;

use bench::{Bench, LONG_AGO, chunks_of, hello};
use p2c2r_frame::{RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_image::{CodecError, pack_sums, pack_sums_below_noise};
use p2c2r_protocol::peer::{
    CHUNK_PAYLOAD_BYTES, Channel, ChunkBytes, Condition, GoodbyeReason, Message, RefuseJob,
    RefuseTask, Role, TileChunk, TileDone, ViolationKind,
};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_swarm::requester::MAX_PEERS;
use p2c2r_swarm::{
    CostSource, Insight, LocalWork, PeerEnd, PeerState, RequesterInput, Violation, Worker,
};
use proptest::prelude::*;
use world::{control, job, trace};

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A bench whose requester traces nothing itself, with one peer ready for tasks.
fn with_peer() -> Bench {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.connect(A, 1);
    bench
}

/// Breaks a rule as A while B works, and checks that A alone is gone and B completes the frame.
fn check_violation(expected: &Violation, attack: impl FnOnce(&mut Bench, LeaseId)) {
    let mut bench = with_peer();
    let lease = bench.task_of(A).0;
    attack(&mut bench, lease);
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(expected.clone()))]);
    let told = Message::Goodbye { reason: GoodbyeReason::Violation(expected.kind()) };
    assert_eq!(bench.said_to(A).last(), Some(&told));
    bench.connect(B, 1);
    bench.complete_by(B);
}

#[test]
fn frame_completes_without_any_peer() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Always);
    bench.complete_locally();
    assert!(bench.merged.iter().all(|(.., by)| *by == Worker::Local));
}

#[test]
fn nothing_is_said_before_the_hellos_but_hellos() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.input(RequesterInput::PeerConnected { peer: A });
    for second in 1..=9 {
        bench.at(s(second));
    }
    let said = bench.said_to(A);
    assert_eq!(said.len(), 10);
    assert!(
        said.iter().all(|message| matches!(message, Message::Hello(hello) if !hello.has_heard))
    );
    bench.at(s(10));
    assert_eq!(bench.closed, [(A, PeerEnd::Silent)]);
}

#[test]
fn lost_hello_is_made_good() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.input(RequesterInput::PeerConnected { peer: A });
    // The peer has not heard ours, so it gets another one, and the job.
    bench.say(A, &Message::Hello(hello(1)));
    let said = bench.said_to(A);
    assert!(matches!(&said[1], Message::Hello(hello) if hello.has_heard), "{said:?}");
    assert!(matches!(said[2], Message::Job { .. }), "{said:?}");
    // It answers; from now on no hello is repeated.
    bench.say(A, &Message::JobReady { job: JobId(1) });
    bench.at(s(5));
    let hellos = |message: &&Message| matches!(message, Message::Hello(_));
    assert_eq!(bench.said_to(A).iter().filter(hellos).count(), 2);
}

#[test]
fn peer_that_cannot_share_a_frame_is_told_why() {
    let check = |change: fn(&mut p2c2r_protocol::peer::Hello), end: PeerEnd, reason| {
        let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
        bench.input(RequesterInput::PeerConnected { peer: A });
        let mut hello = hello(1);
        change(&mut hello);
        bench.say(A, &Message::Hello(hello));
        assert_eq!(bench.closed, [(A, end)]);
        assert_eq!(bench.said_to(A).last(), Some(&Message::Goodbye { reason }));
    };
    check(|hello| hello.version = 9, PeerEnd::Version(9), GoodbyeReason::Version);
    check(|hello| hello.estimator = 9, PeerEnd::Estimator(9), GoodbyeReason::Estimator);
    let unexpected = GoodbyeReason::Violation(ViolationKind::Unexpected);
    let role = PeerEnd::Violation(Violation::Unexpected("hello"));
    check(|hello| hello.role = Role::Requester, role, unexpected);
}

#[test]
fn message_before_the_hello_ends_the_link() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.input(RequesterInput::PeerConnected { peer: A });
    bench.say(A, &Message::Credit { tasks: 1 });
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::BeforeHello("credit")))]);
}

#[test]
fn garbage_ends_its_peer_only() {
    let mut bench = with_peer();
    bench.connect(B, 1);
    let bytes = vec![0xee; 40];
    bench.input(RequesterInput::Message { peer: A, channel: Channel::Tiles, bytes });
    assert!(matches!(bench.closed[..], [(A, PeerEnd::Violation(Violation::Malformed(_)))]));
    bench.complete_by(B);
}

#[test]
fn result_for_a_task_never_given_ends_the_link() {
    let never = LeaseId(77);
    check_violation(&Violation::NeverGiven(never), |bench, _| {
        let bytes = ChunkBytes::new(&[0]).unwrap();
        bench.say(A, &Message::TileChunk(TileChunk { lease: never, index: 0, count: 1, bytes }));
    });
}

#[test]
fn result_for_the_task_of_another_peer_ends_the_link() {
    let mut bench = with_peer();
    bench.connect(B, 1);
    let (lease, task) = bench.task_of(B);
    bench.answer(A, lease, &task);
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::NeverGiven(lease)))]);
    bench.answer(B, lease, &task);
    assert_eq!(bench.merged.len(), 1);
}

#[test]
fn result_given_twice_counts_once_and_ends_the_link() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    bench.answer(A, lease, &task);
    assert_eq!(bench.merged.len(), 1);
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::Duplicate(lease)))]);
}

#[test]
fn result_that_says_it_is_too_long_ends_the_link() {
    let mut bench = with_peer();
    let lease = bench.task_of(A).0;
    let (length_bytes, counters) = (u32::MAX, TraceCounters::default());
    bench.say(A, &Message::TileDone(TileDone { lease, length_bytes, counters, elapsed_us: 0 }));
    let [(A, PeerEnd::Violation(Violation::ResultTooLong { .. }))] = bench.closed[..] else {
        panic!("{:?}", bench.closed)
    };
}

#[test]
fn result_of_too_many_parts_ends_the_link() {
    let mut bench = with_peer();
    let lease = bench.task_of(A).0;
    let bytes = ChunkBytes::new(&vec![0; CHUNK_PAYLOAD_BYTES]).unwrap();
    bench.say(A, &Message::TileChunk(TileChunk { lease, index: 0, count: u16::MAX, bytes }));
    let [(A, PeerEnd::Violation(Violation::ResultTooLong { .. }))] = bench.closed[..] else {
        panic!("{:?}", bench.closed)
    };
}

#[test]
fn result_that_does_not_unpack_ends_the_link() {
    let mut bench = with_peer();
    let lease = bench.task_of(A).0;
    bench.answer_bytes(A, lease, &[0x55; 100]);
    let [(A, PeerEnd::Violation(Violation::Packing { .. }))] = bench.closed[..] else {
        panic!("{:?}", bench.closed)
    };
}

#[test]
fn rounded_sums_end_the_link_where_exact_ones_were_asked_for() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    let count = task.samples.count / 2;
    let half = |first, count| {
        let samples = SampleRange::new(task.samples.first + first, count);
        trace(&TileTask { samples, ..task }).0
    };
    let (first, second) = (half(0, count), half(count, task.samples.count - count));
    let packed = pack_sums_below_noise(&first, &second, task.seed).unwrap();
    bench.answer_bytes(A, lease, &packed);
    let [(A, PeerEnd::Violation(Violation::Packing { source: CodecError::Rounded, .. }))] =
        bench.closed[..]
    else {
        panic!("{:?}", bench.closed)
    };
}

#[test]
fn sums_that_no_tracer_gives_end_the_link() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    let mut sums = RadianceSums::zeroed(task.rect, task.samples);
    sums.sums[3][1] = 1 << 40;
    bench.answer_bytes(A, lease, &pack_sums(&sums).unwrap());
    let [(A, PeerEnd::Violation(Violation::Sums { .. }))] = bench.closed[..] else {
        panic!("{:?}", bench.closed)
    };
    assert_eq!(bench.merged.len(), 0);
}

#[test]
fn words_of_a_requester_are_not_taken_from_a_contributor() {
    check_violation(&Violation::Unexpected("ping"), |bench, _| {
        bench.say(A, &Message::Ping { nonce: 1 });
    });
    check_violation(&Violation::Unexpected("cancel"), |bench, lease| {
        bench.say(A, &Message::Cancel { lease });
    });
}

#[test]
fn endless_credit_ends_the_link() {
    check_violation(&Violation::Flood("credit"), |bench, _| {
        bench.say(A, &Message::Credit { tasks: 200 });
    });
}

#[test]
fn late_result_without_end_ends_the_link() {
    let mut bench = with_peer();
    let lease = bench.task_of(A).0;
    bench.say(A, &Message::Refuse { lease, reason: RefuseTask::Paused });
    let bytes = ChunkBytes::new(&vec![0; CHUNK_PAYLOAD_BYTES]).unwrap();
    let chunk = Message::TileChunk(TileChunk { lease, index: 0, count: 9, bytes });
    let taken = (0..1000).take_while(|_| {
        bench.say(A, &chunk);
        bench.closed.is_empty()
    });
    assert!(taken.count() < 65);
    let [(A, PeerEnd::Violation(Violation::ResultTooLong { .. }))] = bench.closed[..] else {
        panic!("{:?}", bench.closed)
    };
}

#[test]
fn endless_chatter_ends_the_link() {
    check_violation(&Violation::Flood("control"), |bench, _| {
        for nonce in 0..10_100 {
            bench.say(A, &Message::Pong { nonce });
        }
    });
}

#[test]
fn endless_hellos_end_the_link() {
    check_violation(&Violation::Flood("hello"), |bench, _| {
        for _ in 0..40 {
            bench.say(A, &Message::Hello(hello(1)));
        }
    });
}

#[test]
fn peer_that_goes_silent_inside_a_result_loses_the_task_in_time() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    let messages = chunks_of(lease, &task);
    bench.say(A, &messages[0]);
    // Alive but mute: it answers pings only.
    for second in 1..=6 {
        bench.at(s(second));
        bench.say(A, &Message::Pong { nonce: 0 });
    }
    assert!(bench.said_to(A).contains(&Message::Cancel { lease }));
    bench.connect(B, 1);
    bench.complete_by(B);
    // Late parts of it are no crime.
    for message in &messages[1..] {
        bench.say(A, message);
    }
    assert_eq!(bench.closed, []);
}

#[test]
fn peer_that_never_delivers_is_left_after_three_tasks() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.connect_with_credit(A, 8, 10);
    for second in 1..=25 {
        bench.at(s(second));
        bench.say(A, &Message::Pong { nonce: 0 });
    }
    assert_eq!(bench.closed, [(A, PeerEnd::NeverDelivered(3))]);
    let tasks = |message: &&Message| matches!(message, Message::Task { .. });
    assert_eq!(bench.said_to(A).iter().filter(tasks).count(), 3);
}

#[test]
fn silent_peer_is_suspect_then_gone_and_a_word_makes_it_good() {
    let mut bench = with_peer();
    let (lease, _) = bench.task_of(A);
    for second in 1..=3 {
        bench.at(s(second));
    }
    assert_eq!(bench.state_of(A), PeerState::Suspect);
    assert!(bench.said_to(A).contains(&Message::Cancel { lease }));
    bench.say(A, &Message::Pong { nonce: 4 });
    assert_eq!(bench.state_of(A), PeerState::Working);
    for second in 4..=20 {
        bench.at(s(second));
    }
    assert_eq!(bench.closed, [(A, PeerEnd::Silent)]);
}

#[test]
fn tasks_of_a_lost_peer_are_leased_again_at_once() {
    let mut bench = with_peer();
    let (_, task) = bench.task_of(A);
    bench.connect(B, 1);
    let (lease, other) = bench.task_of(B);
    bench.answer(B, lease, &other);
    bench.input(RequesterInput::PeerGone { peer: A });
    assert_eq!(bench.closed, []);
    // No time has passed: the next task of B is from what A had.
    bench.say(B, &Message::Credit { tasks: 1 });
    let (lease, other) = bench.tasks_of(B)[1];
    bench.answer(B, lease, &other);
    let again = bench.task_of(B).1;
    assert!(again.rect.intersection(task.rect).is_some() && again.samples.overlaps(task.samples));
    bench.complete_by(B);
}

#[test]
fn refused_task_goes_to_another() {
    let mut bench = with_peer();
    let (lease, _) = bench.task_of(A);
    bench.say(A, &Message::Refuse { lease, reason: RefuseTask::Paused });
    bench.connect(B, 1);
    bench.complete_by(B);
    assert_eq!(bench.closed, []);
}

#[test]
fn peer_whose_tracer_fails_three_times_is_left() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.connect_with_credit(A, 1, 3);
    for tenth in 1..=3 {
        let (lease, _) = bench.task_of(A);
        bench.say(A, &Message::Refuse { lease, reason: RefuseTask::TraceFailed });
        bench.at(Duration::from_millis(100 * tenth));
    }
    assert_eq!(bench.closed, [(A, PeerEnd::NeverDelivered(3))]);
}

#[test]
fn job_refused_ends_the_link() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.greet(A, 1);
    let reason = RefuseJob::SceneTooLarge;
    bench.say(A, &Message::JobRefused { job: JobId(1), reason });
    assert_eq!(bench.closed, [(A, PeerEnd::JobRefused(reason))]);
}

#[test]
fn no_task_without_credit_or_before_the_scene_is_loaded() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.greet(A, 4);
    bench.say(A, &Message::Credit { tasks: 2 });
    assert_eq!(bench.tasks_of(A), []);
    bench.say(A, &Message::JobReady { job: JobId(1) });
    // One only, since it has delivered nothing yet.
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    assert_eq!(bench.tasks_of(A).len(), 2, "one credit is left");
}

#[test]
fn tasks_stay_below_the_limits_of_the_peer() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.input(RequesterInput::PeerConnected { peer: A });
    let mut hello = hello(1);
    hello.limits.max_task_pixels = 70;
    hello.limits.max_task_paths = 90;
    bench.say(A, &Message::Hello(hello));
    bench.say(A, &Message::JobReady { job: JobId(1) });
    bench.say(A, &Message::Credit { tasks: 3 });
    let (_, task) = bench.task_of(A);
    assert!(task.rect.area() <= 70);
    assert!(task.rect.area() * u64::from(task.samples.count) <= 90);
}

#[test]
fn peer_that_takes_next_to_nothing_gets_nothing() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    bench.input(RequesterInput::PeerConnected { peer: A });
    let mut hello = hello(1);
    hello.limits.max_task_pixels = 0;
    bench.say(A, &Message::Hello(hello));
    bench.say(A, &Message::JobReady { job: JobId(1) });
    bench.say(A, &Message::Credit { tasks: 3 });
    assert_eq!(bench.tasks_of(A), []);
}

#[test]
fn many_results_begun_and_none_finished_end_the_link() {
    let mut bench = Bench::new(job(2000, 2000, 1, 0.5), LocalWork::Never);
    bench.connect(A, 64);
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    // Every task that it now holds gets all parts but the last.
    let bytes = ChunkBytes::new(&vec![0; CHUNK_PAYLOAD_BYTES]).unwrap();
    'all: for (lease, task) in bench.tasks_of(A).split_off(1) {
        let most = p2c2r_image::packed_limit_bytes(task.rect.area()) / CHUNK_PAYLOAD_BYTES;
        for index in 0..most as u16 {
            let (count, bytes) = (most as u16 + 1, bytes.clone());
            bench.say(A, &Message::TileChunk(TileChunk { lease, index, count, bytes }));
            if !bench.closed.is_empty() {
                break 'all;
            }
        }
    }
    assert_eq!(bench.closed, [(A, PeerEnd::Violation(Violation::Flood("tile-chunk")))]);
}

#[test]
fn new_view_cancels_everything_and_late_results_are_dropped() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Always);
    bench.connect(A, 1);
    let (lease, task) = bench.task_of(A);
    let (local, local_task) = bench.local[0];
    bench.new_job(job(40, 30, 2, 0.7));
    assert!(bench.said_to(A).contains(&Message::Cancel { lease }));
    assert!(bench.cancelled.contains(&local));
    bench.answer(A, lease, &task);
    let (sums, counters) = trace(&local_task);
    bench.input(RequesterInput::Traced { lease: local, sums, counters });
    assert_eq!(bench.merged, []);
    assert_eq!(bench.closed, []);
    // The scene is the same, so the peer goes on without loading anything.
    bench.say(A, &Message::Credit { tasks: 1 });
    let (lease, task) = bench.task_of(A);
    assert_eq!((task.view.width_px, task.view.tan_half_fov_y), (40, 0.7));
    bench.answer(A, lease, &task);
    assert_eq!(bench.merged.len(), 1);
}

#[test]
fn new_scene_is_announced_and_awaited() {
    let mut bench = with_peer();
    let mut other = job(64, 48, 4, 0.5);
    other.scene.0[0] = 99;
    bench.new_job(other.clone());
    let mut announced = bench.said_to(A).into_iter().filter_map(|message| match message {
        Message::Job { job, scene, .. } => Some((job, scene)),
        _ => None,
    });
    assert_eq!(announced.next_back(), Some((JobId(2), other.scene)));
    let before = bench.tasks_of(A).len();
    bench.say(A, &Message::JobReady { job: JobId(1) });
    bench.say(A, &Message::Credit { tasks: 1 });
    assert_eq!(bench.tasks_of(A).len(), before);
    bench.say(A, &Message::JobReady { job: JobId(2) });
    assert_eq!(bench.task_of(A).1.scene, other.scene);
}

#[test]
fn impossible_job_changes_nothing() {
    let mut bench = with_peer();
    let film = bench.requester.film().rect();
    assert!(bench.requester.new_job(s(1), job(0, 48, 4, 0.5)).is_err());
    assert!(bench.requester.new_job(s(1), job(64, 48, 4, f32::NAN)).is_err());
    assert_eq!(bench.requester.film().rect(), film);
    bench.complete_by(A);
}

#[test]
fn stop_takes_everything_back_in_one_call() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Always);
    bench.connect(A, 1);
    let local = bench.local[0].0;
    bench.stop();
    assert!(bench.cancelled.contains(&local));
    let goodbye = Message::Goodbye { reason: GoodbyeReason::Stopped };
    assert_eq!(bench.said_to(A).last(), Some(&goodbye));
    assert_eq!(bench.closed, [(A, PeerEnd::Stopped)]);
    let before = bench.outputs;
    bench.input(RequesterInput::PeerConnected { peer: B });
    bench.at(s(60));
    assert_eq!((bench.outputs, bench.requester.next_timeout()), (before, None));
}

#[test]
fn peer_that_wants_to_leave_is_let_go_once_its_result_is_here() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    bench.say(A, &Message::Draining);
    assert_eq!(bench.closed, []);
    bench.answer(A, lease, &task);
    assert_eq!(bench.merged.len(), 1);
    assert_eq!(bench.closed, [(A, PeerEnd::Finished)]);
}

#[test]
fn idle_tracer_copies_the_task_of_a_peer_that_never_delivered() {
    let mut bench = Bench::new(job(16, 8, 1, 0.5), LocalWork::Always);
    bench.connect(A, 1);
    let (lease, _) = bench.task_of(A);
    // The local tracer does all that is open, then the task that A sits on.
    bench.complete_locally();
    assert!(bench.said_to(A).contains(&Message::Cancel { lease }));
    assert_eq!(bench.closed, []);
}

#[test]
fn loser_of_a_copied_task_is_cancelled_whoever_it_is() {
    let mut bench = Bench::new(job(16, 8, 1, 0.5), LocalWork::Always);
    bench.connect(A, 1);
    let (lease, task) = bench.task_of(A);
    while bench.local.last().is_none_or(|(_, local)| local.rect != task.rect) {
        let (id, open) = bench.local.pop().unwrap();
        let (sums, counters) = trace(&open);
        bench.input(RequesterInput::Traced { lease: id, sums, counters });
    }
    let (copy, copied) = *bench.local.last().unwrap();
    assert_eq!((copied.samples, copied.seed), (task.samples, task.seed));
    bench.answer(A, lease, &task);
    assert!(bench.cancelled.contains(&copy));
    assert!(bench.requester.is_complete());
}

#[test]
fn failing_local_tracer_is_not_asked_for_ever() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Always);
    for _ in 0..3 {
        let (lease, _) = bench.local.pop().unwrap();
        bench.input(RequesterInput::TraceFailed { lease });
    }
    assert_eq!(bench.local, []);
    assert!(bench.is_local_lost);
    bench.connect(A, 1);
    bench.complete_by(A);
}

#[test]
fn local_tracer_without_need_waits_for_peers_to_fail() {
    let mut bench = Bench::new(job(64, 48, 8, 0.5), LocalWork::WithoutPeers);
    assert_eq!(bench.local.len(), 1, "no peer yet");
    bench.connect(A, 1);
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    let (id, open) = bench.local.pop().unwrap();
    let (sums, counters) = trace(&open);
    bench.input(RequesterInput::Traced { lease: id, sums, counters });
    assert_eq!(bench.local, [], "a peer works");
    bench.input(RequesterInput::PeerGone { peer: A });
    assert_eq!(bench.local.len(), 1, "no peer any more");
}

#[test]
fn paused_peer_does_not_keep_the_local_tracer_waiting() {
    let mut bench = Bench::new(job(64, 48, 8, 0.5), LocalWork::WithoutPeers);
    bench.connect(A, 1);
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    let mut refused = 1;
    while let Some((lease, _)) = bench.tasks_of(A).get(refused).copied() {
        bench.say(A, &Message::Refuse { lease, reason: RefuseTask::Paused });
        refused += 1;
    }
    bench.complete_locally();
}

#[test]
fn probe_comes_first_and_is_no_part_of_the_picture() {
    let mut spec = job(300, 200, 1, 0.5);
    spec.cost = CostSource::Probe;
    let mut bench = Bench::new(spec, LocalWork::Always);
    bench.connect(A, 1);
    assert_eq!(bench.tasks_of(A), []);
    let view = bench.local[0].1.view;
    assert!(view.width_px <= 128 && view.height_px <= 128, "{view:?}");
    bench.complete_locally();
    assert_eq!(bench.merged.iter().map(|(rect, ..)| rect.area()).sum::<u64>(), 300 * 200);
}

#[test]
fn one_peer_too_many_is_turned_away() {
    let mut bench = Bench::new(job(64, 48, 4, 0.5), LocalWork::Never);
    for id in 1..=MAX_PEERS as u64 + 1 {
        bench.input(RequesterInput::PeerConnected { peer: PeerId(id) });
    }
    assert_eq!(bench.closed, [(PeerId(MAX_PEERS as u64 + 1), PeerEnd::Full)]);
}

#[test]
fn figures_outlive_their_peer() {
    let mut bench = with_peer();
    let (lease, task) = bench.task_of(A);
    bench.answer(A, lease, &task);
    bench.input(RequesterInput::PeerGone { peer: A });
    let stats = bench.requester.stats(s(1));
    let stats = stats.iter().find(|stats| stats.worker == Worker::Peer(A)).unwrap();
    let samples = task.rect.area() * u64::from(task.samples.count);
    assert_eq!((stats.state, stats.samples, stats.tiles), (PeerState::Gone, samples, 1));
    assert!(stats.received_bytes > 0 && stats.sent_bytes > 0);
}

/// Messages with small numbers, so that they often hit something.
fn any_message() -> impl Strategy<Value = Message> {
    let lease = (0u64..6).prop_map(LeaseId);
    let bytes = prop::collection::vec(any::<u8>(), 0..64);
    prop_oneof![
        Just(Message::Hello(hello(3))),
        (0u32..3).prop_map(|job| Message::JobReady { job: JobId(job) }),
        (0u16..4).prop_map(|tasks| Message::Credit { tasks }),
        any::<u32>().prop_map(|nonce| Message::Pong { nonce }),
        lease.clone().prop_map(|lease| Message::Refuse { lease, reason: RefuseTask::TooLarge }),
        (lease.clone(), 0u16..3, 0u16..4, bytes).prop_map(|(lease, index, count, bytes)| {
            let bytes = ChunkBytes::new(&bytes).unwrap_or_default();
            Message::TileChunk(TileChunk { lease, index, count, bytes })
        }),
        (lease, 0u32..100).prop_map(|(lease, length_bytes)| {
            let counters = TraceCounters { rays: u64::MAX, shadow_rays: u64::MAX };
            Message::TileDone(TileDone { lease, length_bytes, counters, elapsed_us: u64::MAX })
        }),
        (any::<u32>(), any::<bool>(), any::<bool>()).prop_map(
            |(speed, is_on_battery, is_hidden)| {
                Message::Condition(Condition { benchmark: Some(speed), is_on_battery, is_hidden })
            }
        ),
        Just(Message::Pseudonym([1; 16])),
        Just(Message::Draining),
        Just(Message::Goodbye { reason: GoodbyeReason::Finished }),
    ]
}

proptest! {
    #[test]
    fn whatever_a_peer_says_the_frame_completes(
        messages in prop::collection::vec((any_message(), 0u64..3000), 0..40),
        is_greeted: bool,
    ) {
        let insight = Insight { asks_model: true, tells_attempts: true, ..Insight::default() };
        let mut bench = Bench::with_insight(job(32, 24, 2, 0.5), LocalWork::Always, insight);
        if is_greeted {
            bench.connect(A, 2);
        } else {
            bench.input(RequesterInput::PeerConnected { peer: A });
        }
        let mut now = Duration::ZERO;
        for (message, wait) in messages {
            now += Duration::from_millis(wait);
            bench.at(now);
            let (channel, bytes) = control(&message);
            bench.input(RequesterInput::Message { peer: A, channel, bytes });
        }
        bench.at(now + LONG_AGO);
        bench.complete_locally();
    }

    #[test]
    fn random_bytes_never_panic(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..10),
    ) {
        let mut bench = with_peer();
        for bytes in messages {
            for channel in Channel::ALL {
                bench.input(RequesterInput::Message { peer: A, channel, bytes: bytes.clone() });
            }
        }
    }
}

#[test]
fn pseudonym_is_said_once_and_only_if_it_is_wanted() {
    let unexpected = PeerEnd::Violation(Violation::Unexpected("pseudonym"));
    let mut bench = with_peer();
    bench.say(A, &Message::Pseudonym([1; 16]));
    assert_eq!(bench.closed, [(A, unexpected.clone())]);
    let insight = Insight { tag: Some([9; 16]), ..Insight::default() };
    let mut bench = Bench::with_insight(job(64, 48, 4, 0.5), LocalWork::Never, insight);
    bench.connect(A, 1);
    bench.say(A, &Message::Pseudonym([1; 16]));
    assert!(bench.closed.is_empty());
    let said = bench.said_to(A);
    assert!(matches!(&said[0], Message::Hello(hello) if hello.tag == insight.tag), "{said:?}");
    bench.say(A, &Message::Pseudonym([2; 16]));
    assert_eq!(bench.closed, [(A, unexpected)]);
}

#[test]
fn output_is_what_it_was_for_the_same_input() {
    let run = || {
        let mut bench = with_peer();
        let (lease, task) = bench.task_of(A);
        bench.answer(A, lease, &task);
        bench.said_to(A)
    };
    assert_eq!(run(), run());
}
