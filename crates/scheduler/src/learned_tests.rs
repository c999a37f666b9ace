//! A learned scheduler against workers whose truth is known.

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;

use super::*;
use crate::{LearnedParts, TaskKind};

const FAST: Worker = Worker::Peer(PeerId(1));
const SLOW: Worker = Worker::Peer(PeerId(2));
const NEW: Worker = Worker::Peer(PeerId(3));

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn sketch(cost: f64) -> TaskSketch {
    TaskSketch { cost, kind: TaskKind::Long }
}

const fn open(cost: f64) -> OpenWork {
    OpenWork { cost, kind: TaskKind::Long }
}

const fn slot(worker: Worker) -> WorkerSlot {
    WorkerSlot { worker, lanes: 1, room: 1, held: 0, starts_in: Duration::ZERO, target: ms(400) }
}

/// A worker of known truth.
#[derive(Clone, Copy)]
struct Truth {
    worker: Worker,
    /// Cost per second.
    speed: f64,
    way: f64,
    /// Standard deviation of the logarithm of its tracing time.
    noise: f64,
}

/// Standard normal numbers without a generator: quantiles of a sequence that fills the unit interval.
fn normal(index: u64) -> f64 {
    let uniform = (index as f64 * 0.618_033_988_749_895).fract().clamp(1e-9, 1.0 - 1e-9);
    crate::normal::quantile_above(uniform)
}

fn run(scheduler: &mut LearnedScheduler, truth: &Truth, cost: f64, index: u64) -> Outcome {
    let task = sketch(cost);
    let at = ms(500 * index);
    let prediction = scheduler.predict(truth.worker, &task, at);
    let computed = cost / truth.speed * (truth.noise * normal(index)).exp();
    let way = truth.way * (0.3 * normal(index * 7 + 3)).exp();
    let outcome = Outcome {
        worker: truth.worker,
        task,
        prediction,
        at,
        elapsed: Duration::from_secs_f64(computed + way),
        computed: Duration::from_secs_f64(computed),
        way: Some(Duration::from_secs_f64(way)),
        end: TaskEnd::Delivered,
    };
    scheduler.observe(&outcome);
    outcome
}

const TRUTHS: [Truth; 2] = [
    Truth { worker: FAST, speed: 2e6, way: 0.02, noise: 0.15 },
    Truth { worker: SLOW, speed: 2e5, way: 0.06, noise: 0.3 },
];

fn trained(tasks: u64) -> LearnedScheduler {
    let mut scheduler = LearnedScheduler::default();
    for index in 1..=tasks {
        for truth in &TRUTHS {
            let cost = truth.speed * (0.05 + 0.3 * (index as f64 * 0.37).fract());
            run(&mut scheduler, truth, cost, index);
        }
    }
    scheduler
}

#[test]
fn time_is_predicted_for_costs_that_were_never_seen() {
    let scheduler = trained(60);
    for truth in &TRUTHS {
        for seconds in [0.02, 0.2, 1.0] {
            let predicted = scheduler.predict(truth.worker, &sketch(truth.speed * seconds), ms(0));
            let ratio = predicted.median.as_secs_f64() / (seconds + truth.way);
            assert!((0.8..1.25).contains(&ratio), "{seconds} {ratio}");
        }
    }
}

#[test]
fn nine_of_ten_tasks_take_a_time_within_the_interval() {
    let mut scheduler = trained(30);
    let (mut inside, mut count) = (0, 0);
    for index in 31..1500 {
        for truth in &TRUTHS {
            let Outcome { prediction, elapsed, .. } =
                run(&mut scheduler, truth, truth.speed * 0.2, index);
            inside += i32::from((prediction.low..=prediction.high).contains(&elapsed));
            count += 1;
        }
    }
    let coverage = f64::from(inside) / f64::from(count);
    assert!((0.88..0.92).contains(&coverage), "{coverage}");
}

#[test]
fn all_are_expected_to_end_together_and_who_could_only_delay_gets_nothing() {
    let scheduler = trained(60);
    let pieces = scheduler.assign(&open(440_000.0), &[slot(SLOW), slot(FAST)], ms(0));
    let cost = |worker| pieces.iter().find(|piece| piece.worker == worker).map(|piece| piece.cost);
    let ratio = cost(FAST).unwrap() / cost(SLOW).unwrap();
    assert!((8.0..16.0).contains(&ratio), "{pieces:?}");
    // What the fast one does before the slow one's way is over.
    let pieces = scheduler.assign(&open(20_000.0), &[slot(SLOW), slot(FAST)], ms(0));
    assert!(pieces.iter().all(|piece| piece.worker == FAST) && !pieces.is_empty(), "{pieces:?}");
    // The last work waits for the fast one if that will be free soon enough.
    let busy = WorkerSlot { room: 0, held: 1, starts_in: ms(5), ..slot(FAST) };
    assert_eq!(scheduler.assign(&open(20_000.0), &[slot(SLOW), busy], ms(0)), []);
}

#[test]
fn worker_alone_always_gets_work() {
    for tasks in [0, 1, 60] {
        let pieces = trained(tasks).assign(&open(1.0), &[slot(SLOW)], ms(0));
        assert_eq!(pieces.len(), 1);
        assert_eq!(LearnedScheduler::default().assign(&open(1e9), &[], ms(0)), []);
    }
}

#[test]
fn newcomer_is_expected_to_be_like_its_like() {
    let mut scheduler = LearnedScheduler::default();
    let gpu = WorkerTraits { device: Some(DeviceKind::NativeGpu), ..WorkerTraits::default() };
    let cpu = WorkerTraits { device: Some(DeviceKind::BrowserCpu), ..WorkerTraits::default() };
    for (truth, traits) in TRUTHS.iter().zip([gpu, cpu]) {
        scheduler.meet(truth.worker, traits, ms(0));
        (1..30).for_each(|index| {
            run(&mut scheduler, truth, truth.speed * 0.2, index);
        });
    }
    let median = |traits| {
        let mut scheduler = scheduler.clone();
        scheduler.meet(NEW, traits, ms(0));
        let prediction = scheduler.predict(NEW, &sketch(1e6), ms(0));
        assert!(!prediction.is_proven && prediction.stage == Stage::Heuristic);
        prediction.median.as_secs_f64()
    };
    assert!(median(cpu) > 2.0 * median(gpu), "{} {}", median(cpu), median(gpu));
}

#[test]
fn five_times_slower_worker_is_found_out_within_three_tasks() {
    let mut scheduler = trained(60);
    let slowed = Truth { speed: TRUTHS[0].speed / 5.0, ..TRUTHS[0] };
    (61..64).for_each(|index| {
        run(&mut scheduler, &slowed, 4e5, index);
    });
    let median = scheduler.predict(FAST, &sketch(4e5), ms(0)).median.as_secs_f64();
    assert!((0.7..1.4).contains(&median), "{median}");
    (64..67).for_each(|index| {
        run(&mut scheduler, &TRUTHS[0], 4e5, index);
    });
    let median = scheduler.predict(FAST, &sketch(4e5), ms(0)).median.as_secs_f64();
    assert!(median < 0.35, "{median}");
}

#[test]
fn leases_that_run_out_make_a_worker_slow_and_unreliable() {
    let mut scheduler = trained(60);
    let before = scheduler.predict(FAST, &sketch(4e5), ms(0));
    for index in 61..64 {
        let outcome = run(&mut scheduler.clone(), &TRUTHS[0], 4e5, index);
        let end = TaskEnd::Expired;
        scheduler.observe(&Outcome { elapsed: ms(2000), end, ..outcome });
    }
    let after = scheduler.predict(FAST, &sketch(4e5), ms(0));
    assert!(after.median > before.median * 2, "{after:?}");
    assert!(after.failure > before.failure + 0.03, "{after:?}");
}

#[test]
fn word_about_tracing_is_believed_only_as_far_as_the_way_allows() {
    let (mut honest, mut liar) = (LearnedScheduler::default(), LearnedScheduler::default());
    for index in 1..60 {
        let outcome = run(&mut honest, &TRUTHS[0], 4e5, index);
        liar.observe(&Outcome { computed: Duration::ZERO, ..outcome });
    }
    let cost =
        |scheduler: &LearnedScheduler| scheduler.assign(&open(1e9), &[slot(FAST)], ms(0))[0].cost;
    let gain = cost(&liar) / cost(&honest);
    assert!((0.95..1.25).contains(&gain), "{gain}");
}

#[test]
fn stages_come_with_tasks() {
    let stage = |tasks| trained(tasks).predict(FAST, &sketch(1e5), ms(0)).stage;
    assert_eq!(stage(9), Stage::Heuristic);
    assert_eq!(stage(10), Stage::PerWorker);
    assert_eq!(stage(50), Stage::PerKind);
    assert_eq!(stage(99), Stage::PerKind);
    assert_eq!(stage(100), Stage::ByHour);
}

#[test]
fn nonsense_and_crowds_are_survived() {
    let mut scheduler = trained(20);
    let outcome = run(&mut scheduler, &TRUTHS[0], 4e5, 21);
    for cost in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        scheduler.observe(&Outcome { task: sketch(cost), ..outcome });
        let prediction = scheduler.predict(FAST, &sketch(cost), ms(0));
        assert!(prediction.failure.is_finite() && prediction.spread.is_finite(), "{cost}");
        for piece in scheduler.assign(&open(cost), &[slot(FAST), slot(NEW)], ms(0)) {
            assert!(piece.cost >= 1.0, "{piece:?}");
        }
    }
    for peer in 0..3000 {
        scheduler.observe(&Outcome { worker: Worker::Peer(PeerId(peer)), ..outcome });
    }
    assert!(scheduler.workers.len() <= MAX_WORKERS);
    assert!(scheduler.predict(FAST, &sketch(4e5), ms(0)).median < Duration::from_secs(2));
}

/// A curve that takes everything to be so many times slower than the prior speed, with gaps of 0.5.
fn curve(slower: f64) -> BaseCurve {
    let answer = |bucket: usize| {
        let cost = 256.0 * 4f64.powi(bucket as i32);
        [(slower * cost / 1e5).ln() as f32, 0.5, 0.5, -3.0, -4.0]
    };
    BaseCurve::new(TaskKind::Long, std::array::from_fn(answer)).expect("a sound curve")
}

fn seconds(scheduler: &LearnedScheduler, worker: Worker) -> f64 {
    scheduler.predict(worker, &sketch(1e5), ms(0)).median.as_secs_f64()
}

#[test]
fn worker_that_has_shown_nothing_is_what_the_base_model_says_and_more_surely_so() {
    let mut scheduler = LearnedScheduler::default();
    scheduler.meet(NEW, WorkerTraits::default(), ms(0));
    let before = scheduler.predict(NEW, &sketch(1e5), ms(0));
    scheduler.expect(NEW, curve(0.1));
    let after = scheduler.predict(NEW, &sketch(1e5), ms(0));
    let expected = 0.1 + (-3f64).exp();
    let ratio = after.median.as_secs_f64() / expected;
    assert!((0.8..1.4).contains(&ratio) && after.spread < 0.7 * before.spread, "{after:?}");
    assert!(!after.is_proven && (0.01..0.03).contains(&after.failure), "{after:?}");
}

#[test]
fn curve_that_comes_late_keeps_what_was_learned_and_so_does_a_new_word() {
    for tasks in [3, 30] {
        let mut scheduler = trained(tasks);
        let before = seconds(&scheduler, SLOW);
        scheduler.expect(SLOW, curve(20.0));
        let ratio = seconds(&scheduler, SLOW) / before;
        assert!((0.9..1.25).contains(&ratio), "{tasks}: {ratio}");
        // What follows from a boast does not count, nor what only the model has learned; another condition does.
        let boast = WorkerTraits { benchmark: Some(u32::MAX), ..WorkerTraits::default() };
        let settled = seconds(&scheduler, SLOW);
        scheduler.meet(SLOW, boast, ms(0));
        scheduler.expect(SLOW, curve(0.01));
        let ratio = seconds(&scheduler, SLOW) / settled;
        assert!((0.8..1.1).contains(&ratio), "{tasks}: {ratio}");
        scheduler.expect(SLOW, curve(0.03));
        let ratio = seconds(&scheduler, SLOW) / settled;
        assert!((0.8..1.1).contains(&ratio), "{tasks}: {ratio}");
        scheduler.meet(SLOW, WorkerTraits { is_hidden: true, ..boast }, ms(0));
        scheduler.expect(SLOW, curve(0.09));
        let ratio = seconds(&scheduler, SLOW) / settled;
        assert!((2.0..3.2).contains(&ratio), "{tasks}: {ratio}");
    }
}

#[test]
fn benchmark_is_a_prior_without_a_model_and_others_say_what_it_is_worth() {
    let mut scheduler = LearnedScheduler::default();
    let says = |speed| WorkerTraits { benchmark: Some(speed), ..WorkerTraits::default() };
    for (truth, speed) in TRUTHS.iter().zip([4_000_000, 400_000]) {
        scheduler.meet(truth.worker, says(speed), ms(0));
    }
    scheduler.meet(NEW, says(1_000_000), ms(0));
    let unknown = seconds(&scheduler, NEW);
    assert!(unknown < 0.7, "{unknown}");
    // This scene costs twice what the benchmark thinks.
    for index in 1..30 {
        for truth in &TRUTHS {
            run(&mut scheduler, truth, truth.speed * 0.2, index);
        }
    }
    let known = seconds(&scheduler, NEW);
    assert!((0.14..0.35).contains(&known), "{known}");
}

#[test]
fn newcomers_that_wait_learn_from_the_first_tasks_of_others() {
    let mut scheduler = LearnedScheduler::default();
    let gpu = WorkerTraits { device: Some(DeviceKind::NativeGpu), ..WorkerTraits::default() };
    scheduler.meet(NEW, gpu, ms(0));
    scheduler.meet(FAST, gpu, ms(0));
    let before = seconds(&scheduler, NEW);
    run(&mut scheduler, &TRUTHS[0], 4e5, 1);
    assert!(seconds(&scheduler, NEW) < 0.5 * before, "{}", seconds(&scheduler, NEW));
}

#[test]
fn who_is_overtaken_again_and_again_is_slow_and_unreliable() {
    let mut scheduler = trained(60);
    let before = scheduler.predict(FAST, &sketch(4e5), ms(0));
    for index in 61..65 {
        let outcome = run(&mut scheduler.clone(), &TRUTHS[0], 4e5, index);
        scheduler.overtake(&Outcome { elapsed: ms(700), end: TaskEnd::Lost, ..outcome });
    }
    let after = scheduler.predict(FAST, &sketch(4e5), ms(0));
    assert!(after.failure > before.failure + 0.02, "{after:?}");
    assert!(after.median > before.median * 3 / 2, "{after:?}");
    // Who is overtaken early has shown nothing.
    let known = scheduler.clone();
    let outcome = run(&mut scheduler.clone(), &TRUTHS[0], 4e5, 66);
    scheduler.overtake(&Outcome { elapsed: ms(50), end: TaskEnd::Lost, ..outcome });
    assert_eq!(scheduler, known);
}

/// A worker whose way is longest in the evening has done tasks at hours `from` to `until` of a day.
fn by_hour(from: f64, until: f64) -> LearnedScheduler {
    let mut scheduler = LearnedScheduler::default();
    let start = 1_795_824_000;
    scheduler.set_moment(Moment { unix_seconds: Some(start) }, ms(0));
    scheduler.meet(FAST, WorkerTraits::default(), ms(0));
    for index in 0..150 {
        let hour = from + (until - from) * f64::from(index) / 150.0;
        let evening = ((hour - 20.0) / 24.0 * std::f64::consts::TAU).cos();
        let at = Duration::from_secs_f64(hour * 3600.0);
        let (task, way) = (sketch(1e3), 0.1 * (0.5 * evening).exp());
        let prediction = scheduler.predict(FAST, &task, at);
        let computed = ms(1);
        let elapsed = computed + Duration::from_secs_f64(way);
        let (worker, end, way) = (FAST, TaskEnd::Delivered, Some(elapsed));
        let outcome = Outcome { worker, task, prediction, at, elapsed, computed, way, end };
        scheduler.observe(&outcome);
    }
    // It is asked about at another hour of the next day.
    scheduler.set_moment(Moment { unix_seconds: Some(start + (24 + 20) * 3600) }, ms(0));
    scheduler
}

#[test]
fn history_of_whole_days_knows_the_evening_and_one_of_an_hour_only_that_it_does_not() {
    let (days, hour) = (by_hour(0.0, 48.0), by_hour(8.0, 9.0));
    let evening = |scheduler: &LearnedScheduler| scheduler.predict(FAST, &sketch(1e3), ms(0));
    let (known, guessed) = (evening(&days), evening(&hour));
    assert_eq!(known.stage, Stage::ByHour);
    let truth = 0.1 * 0.5f64.exp();
    let ratio = known.median.as_secs_f64() / truth;
    assert!((0.8..1.25).contains(&ratio), "{known:?}");
    assert!(guessed.spread > 1.3 * known.spread, "{guessed:?} {known:?}");
    // Within the hour it is as sure as the other is.
    let mut morning = hour.clone();
    let start = 1_795_824_000;
    morning.set_moment(Moment { unix_seconds: Some(start + (24 + 8) * 3600 + 3000) }, ms(0));
    assert!(evening(&morning).spread < 1.1 * known.spread, "{:?}", evening(&morning));
}

#[test]
fn each_part_can_be_left_out() {
    let all = LearnedParts::ALL;
    let without = [
        LearnedParts { base: false, ..all },
        LearnedParts { residual: false, ..all },
        LearnedParts { failure: false, ..all },
        LearnedParts { conformal: false, ..all },
        LearnedParts { drift: false, ..all },
        LearnedParts { likes: false, ..all },
        LearnedParts { hedging: false, ..all },
        LearnedParts { time_of_day: false, ..all },
    ];
    let outcome_of = |parts| {
        let mut scheduler =
            LearnedScheduler::new(LearnedConfig { parts, ..LearnedConfig::default() });
        scheduler.set_moment(Moment { unix_seconds: Some(1_795_824_000) }, ms(0));
        let says = WorkerTraits { benchmark: Some(1_000_000), ..WorkerTraits::default() };
        [FAST, NEW].into_iter().for_each(|worker| scheduler.meet(worker, says, ms(0)));
        for index in 1..150 {
            let slowed = if index > 145 { 0.2 } else { 1.0 };
            let truth = Truth { speed: TRUTHS[0].speed * slowed, ..TRUTHS[0] };
            run(&mut scheduler, &truth, 4e5, index * 3600);
        }
        let later = ms(500 * 3600 * 150);
        let [known, new] = [FAST, NEW].map(|worker| scheduler.predict(worker, &sketch(4e5), later));
        (known, new, scheduler.copies())
    };
    let whole = outcome_of(all);
    for parts in without {
        assert_ne!(outcome_of(parts), whole, "{parts:?} makes no difference");
    }
}
