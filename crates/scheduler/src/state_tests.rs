//! Saved states: what comes back, and that nothing else does harm.

use p2c2r_protocol::PeerId;
use proptest::prelude::*;

use super::*;
use crate::{
    LearnedConfig, Moment, OpenWork, Outcome, Prediction, Scheduler, Stage, TaskEnd, TaskKind,
    TaskSketch, Worker, WorkerSlot, WorkerTraits,
};

const NOW: u64 = 1_795_867_200;
const DAY: u64 = 86_400;
const TASK: TaskSketch = TaskSketch { cost: 1e5, kind: TaskKind::Long };

const fn peer_of(number: u64) -> Worker {
    Worker::Peer(PeerId(number))
}

fn at(unix_seconds: u64) -> LearnedScheduler {
    let mut scheduler = LearnedScheduler::new(LearnedConfig::default());
    let moment = Moment { unix_seconds: Some(unix_seconds) };
    scheduler.set_moment(moment, Duration::ZERO);
    scheduler
}

/// A scheduler that has seen peers with keys of their numbers; peer `n` needs `n` times 100 ms.
fn trained(peers: u64, tasks: u64) -> LearnedScheduler {
    let mut scheduler = at(NOW);
    for number in 1..=peers {
        let worker = peer_of(number);
        scheduler.meet(worker, WorkerTraits::default(), Duration::ZERO);
        scheduler.recognise(worker, [number as u8; 16], Duration::ZERO);
        for index in 0..tasks {
            let at = Duration::from_secs(index);
            let prediction = scheduler.predict(worker, &TASK, at);
            let computed = Duration::from_millis(100 * number);
            let elapsed = computed + Duration::from_millis(20);
            let (way, end) = (Some(Duration::from_millis(20)), TaskEnd::Delivered);
            let task = TASK;
            let outcome = Outcome { worker, task, prediction, at, elapsed, computed, way, end };
            scheduler.observe(&outcome);
        }
    }
    scheduler
}

fn back(bytes: &[u8], unix_seconds: u64, key: u8) -> Prediction {
    let mut scheduler = at(unix_seconds);
    scheduler.restore(bytes, Duration::ZERO).expect("a saved state");
    // Under another number.
    scheduler.meet(peer_of(77), WorkerTraits::default(), Duration::ZERO);
    scheduler.recognise(peer_of(77), [key; 16], Duration::ZERO);
    scheduler.predict(peer_of(77), &TASK, Duration::ZERO)
}

/// Whatever was restored, everything goes on with sound numbers.
fn works(scheduler: &mut LearnedScheduler) -> Result<(), TestCaseError> {
    for number in 0..4 {
        let (worker, now) = (peer_of(50 + number), Duration::from_secs(1));
        scheduler.meet(worker, WorkerTraits::default(), now);
        scheduler.recognise(worker, [number as u8; 16], now);
        for _ in 0..3 {
            let prediction = scheduler.predict(worker, &TASK, now);
            prop_assert!(prediction.failure.is_finite() && prediction.spread.is_finite());
            prop_assert!(prediction.low <= prediction.median);
            prop_assert!(prediction.median <= prediction.high);
            let elapsed = Duration::from_millis(300);
            let (task, end) = (TASK, TaskEnd::Delivered);
            scheduler.observe(&Outcome {
                worker,
                task,
                prediction,
                at: now,
                elapsed,
                computed: elapsed / 2,
                way: None,
                end,
            });
        }
        let (starts_in, target) = (Duration::ZERO, Duration::from_millis(400));
        let slot = WorkerSlot { worker, lanes: 1, room: 1, held: 0, starts_in, target };
        let open = OpenWork { cost: 1e6, kind: TaskKind::Long };
        let pieces = scheduler.assign(&open, &[slot], now);
        prop_assert!(pieces.len() == 1 && pieces[0].cost.is_finite() && pieces[0].cost >= 1.0);
    }
    Ok(())
}

/// The checksum of a damaged state, as somebody would who means it.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let hashed = bytes.len() - CHECKSUM_BYTES;
    let sum = checksum(&bytes[..hashed]).to_le_bytes();
    bytes[hashed..].copy_from_slice(&sum);
    bytes
}

#[test]
fn peers_come_back_as_they_were_and_less_surely_the_longer_they_were_away() {
    let bytes = trained(3, 120).save(Duration::ZERO);
    let known = trained(3, 120).predict(peer_of(3), &TASK, Duration::ZERO);
    let [soon, later] = [60, 30 * DAY].map(|age| back(&bytes, NOW + age, 3));
    for prediction in [soon, later] {
        let ratio = prediction.median.as_secs_f64() / known.median.as_secs_f64();
        assert!((0.95..1.05).contains(&ratio), "{prediction:?} {known:?}");
        assert!(prediction.is_proven && prediction.stage == Stage::ByHour);
    }
    assert!(soon.spread < 0.5 && later.spread > 1.5 * soon.spread, "{soon:?} {later:?}");
    let stranger = back(&bytes, NOW, 200);
    assert!(!stranger.is_proven);
    // Those who were there before say what to expect of strangers.
    let seconds = stranger.median.as_secs_f64();
    let nothing = LearnedScheduler::default().predict(peer_of(77), &TASK, Duration::ZERO);
    assert!(seconds < 0.6 * nothing.median.as_secs_f64(), "{stranger:?} {nothing:?}");
}

#[test]
fn peer_takes_half_a_kilobyte_and_those_not_seen_for_longest_go() {
    let few = trained(1, 120).save(Duration::ZERO).len();
    let more = trained(5, 120).save(Duration::ZERO).len();
    assert!((more - few) / 4 <= 512, "{few} {more}");
    let mut scheduler = trained(1, 1);
    let known = scheduler.workers[&peer_of(1)].clone();
    let saved = Saved::of(&known, &scheduler.common(), Some(NOW)).expect("it has a key");
    for number in 0..3 * MAX_KEPT_PEERS {
        let mut key = [0xff; 16];
        key[..8].copy_from_slice(&number.to_le_bytes());
        scheduler.archive.keep(Saved { key, ..saved.clone() });
    }
    let bytes = scheduler.save(Duration::ZERO);
    assert!(bytes.len() <= MOST_BYTES && bytes.len() < MAX_KEPT_PEERS * 512);
    let mut restored = at(NOW);
    assert_eq!(restored.restore(&bytes, Duration::ZERO), Ok(()));
    assert_eq!(restored.archive.peers().len(), MAX_KEPT_PEERS);
    // The one that is here was saved last.
    assert!(restored.archive.take(&[1; 16]).is_some());
}

#[test]
fn what_cannot_be_gone_on_from_is_told() {
    let bytes = trained(2, 5).save(Duration::ZERO);
    let error = |bytes: &[u8]| at(NOW).restore(bytes, Duration::ZERO).expect_err("it is damaged");
    assert_eq!(error(b"{\"json\": 1}"), StateError::Magic);
    assert_eq!(error(&vec![0; MOST_BYTES + 1]), StateError::TooLong(MOST_BYTES + 1));
    let mut old = bytes.clone();
    old[4] = 0;
    assert_eq!(error(&sealed(old)), StateError::Version(0));
    let mut longer = bytes.clone();
    longer.extend([0; 7]);
    assert!(matches!(error(&sealed(longer)), StateError::Length { .. }));
    let early = at(NOW - DAY).restore(&bytes, Duration::ZERO);
    assert_eq!(early, Err(StateError::Future(DAY)));
    // A clock that was set back a little is no reason to forget.
    assert_eq!(at(NOW - 60).restore(&bytes, Duration::ZERO), Ok(()));
    let nobody_knows = LearnedScheduler::default().restore(&bytes, Duration::ZERO);
    assert_eq!(nobody_knows, Ok(()));
    let mut odd = bytes;
    let last = odd.len() - CHECKSUM_BYTES - 4;
    odd[last..last + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(error(&sealed(odd)), StateError::Number("peer"));
}

#[test]
fn every_truncation_is_refused_and_changes_nothing() {
    let bytes = trained(2, 5).save(Duration::ZERO);
    let untouched = at(NOW);
    for length in 0..bytes.len() {
        let mut scheduler = at(NOW);
        assert!(scheduler.restore(&bytes[..length], Duration::ZERO).is_err(), "{length}");
        if length % 64 == 0 {
            assert_eq!(scheduler, untouched);
        }
    }
}

proptest! {
    #[test]
    fn damage_is_refused_and_a_forged_state_costs_only_accuracy(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6),
        seed in 1u64..4,
    ) {
        let bytes = trained(seed, 3).save(Duration::ZERO);
        let mut damaged = bytes.clone();
        for (place, bit) in flips {
            let place = place.index(damaged.len());
            damaged[place] ^= 1 << bit;
        }
        let mut scheduler = at(NOW);
        if damaged != bytes {
            prop_assert!(scheduler.restore(&damaged, Duration::ZERO).is_err());
        }
        works(&mut scheduler)?;
        let mut forged = at(NOW);
        let _ = forged.restore(&sealed(damaged), Duration::ZERO);
        works(&mut forged)?;
    }
}
