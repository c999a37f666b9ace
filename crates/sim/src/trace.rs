//! Peers as a log of real attempts recorded them: speeds, ways and failures over time, replayed.
//!
//! A log is lines of [`AttemptRecord`] JSON. Each run draws its peers from the recorded ones, with repetition, and
//! where in its record each begins; a record that ends begins again. The requester's own tracer, number 0, is left out:
//! the simulator has its own.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;
use p2c2r_scheduler::{AttemptRecord, FEATURES, SCHEMA_VERSION, TaskEnd};
use p2c2r_transport::memory::LinkFaults;
use thiserror::Error;

use crate::draw::Draw;
use crate::population::{self, MAX_PEERS, Population};
use crate::visit::{Mood, Visit};

/// Longest line of a log in bytes.
pub const MAX_LINE_BYTES: usize = 8192;
/// Most lines of a log.
pub const MAX_LINES: usize = 1_000_000;
/// Longest attempt, and longest log, in seconds.
const LONGEST_SECONDS: f64 = 86_400.0;
/// Shortest time that a speed is worked out from.
const SHORTEST_SECONDS: f64 = 1e-4;
/// Slowest and fastest peer that can have been recorded, in mean paths per second.
const SPEEDS: (f64, f64) = (1e-3, 1e12);
/// Most changes of speed of all peers together in a run, about; who has had its share of them goes on at its
/// median speed.
const MOST_MOODS: usize = 1_000_000;
/// Where features say what.
const IS_ON_BATTERY: usize = 7;
const IS_RELAYED: usize = 18;
/// Rate of a recorded link in bytes per second: what results weighed is part of the way already.
const RATE: f64 = 12.5e6;

/// A log that cannot be replayed.
#[derive(Debug, Error)]
pub enum TraceError {
    /// It cannot be read.
    #[error("line {line}: {source}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: std::io::Error,
    },
    /// A line is too long.
    #[error("line {line}: more than {MAX_LINE_BYTES} bytes")]
    LongLine {
        /// Counted from 1.
        line: usize,
    },
    /// There are too many lines.
    #[error("more than {MAX_LINES} lines")]
    ManyLines,
    /// A line is no record.
    #[error("line {line}: {reason}")]
    Record {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// More peers than a simulation can have.
    #[error("line {line}: more than {MAX_PEERS} peers")]
    ManyPeers {
        /// Counted from 1.
        line: usize,
    },
    /// Nobody has delivered anything.
    #[error("no peer in the log has delivered a task")]
    NoPeer,
}

/// A log, ready to be replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    peers: Vec<Recorded>,
}

/// What was recorded of one peer.
#[derive(Debug, Clone, PartialEq)]
struct Recorded {
    device: DeviceKind,
    is_on_battery: bool,
    is_relayed: bool,
    /// Median speed in mean paths per second.
    speed: f64,
    /// Median and ninth decile of the way there and back, in seconds.
    way: (f64, f64),
    /// Share of tasks that came to nothing.
    failure: f64,
    /// Until when its speed was what part of the median, in order, from 0 on.
    speeds: Vec<(f64, f64)>,
}

impl Trace {
    /// Reads a log.
    pub fn read(mut log: impl BufRead) -> Result<Self, TraceError> {
        let mut peers: BTreeMap<u32, Vec<AttemptRecord>> = BTreeMap::new();
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            // One byte more, so that a line that is too long shows.
            let mut limited = log.by_ref().take(MAX_LINE_BYTES as u64 + 2);
            let read = limited.read_until(b'\n', &mut bytes);
            if read.map_err(|source| TraceError::Read { line, source })? == 0 {
                break;
            }
            if bytes.last() != Some(&b'\n') && bytes.len() > MAX_LINE_BYTES {
                return Err(TraceError::LongLine { line });
            }
            if line > MAX_LINES {
                return Err(TraceError::ManyLines);
            }
            let text = bytes.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let record = read_record(text).map_err(|reason| TraceError::Record { line, reason })?;
            if record.worker != 0 {
                peers.entry(record.worker).or_default().push(record);
            }
            if peers.len() > MAX_PEERS {
                return Err(TraceError::ManyPeers { line });
            }
        }
        let peers: Vec<Recorded> =
            peers.values().filter_map(|records| Recorded::of(records)).collect();
        if peers.is_empty() { Err(TraceError::NoPeer) } else { Ok(Self { peers }) }
    }

    /// A population of as many peers with the log's speeds, without what a log does not tell.
    pub fn population(&self) -> Population {
        let speeds = self.peers.iter().map(|peer| peer.speed).collect();
        Population {
            peers: self.peers.len(),
            speed: (middle(speeds, 0.5).clamp(population::SPEEDS.0, population::SPEEDS.1), 0.6),
            bursts: (0.0, 1.0),
            outage: (1e9, 1.0),
            ..Population::default()
        }
    }

    /// Peers for one run; all stay to its end.
    pub(crate) fn visits(&self, seed: u64, length: Duration) -> Vec<Visit> {
        let mut draw = Draw::new(seed, 0x7ace);
        let most_moods = MOST_MOODS / self.peers.len();
        let place = |index: usize| {
            let chosen = (draw.unit() * self.peers.len() as f64) as usize;
            let peer = &self.peers[chosen.min(self.peers.len() - 1)];
            let moods = peer.moods(draw.unit(), length.as_secs_f64(), most_moods);
            peer.visit(index, length, moods)
        };
        (0..self.peers.len()).map(place).collect()
    }
}

fn read_record(text: &[u8]) -> Result<AttemptRecord, String> {
    let record: AttemptRecord = serde_json::from_slice(text).map_err(|error| no_record(&error))?;
    if record.schema != SCHEMA_VERSION {
        let found = record.schema;
        return Err(format!(
            "features of version {found}; {SCHEMA_VERSION} is needed: record anew"
        ));
    }
    if record.features.len() != FEATURES {
        return Err(format!("{} features instead of {FEATURES}", record.features.len()));
    }
    let time = 0.0..=LONGEST_SECONDS;
    let is_sound = time.contains(&record.at)
        && time.contains(&record.seconds)
        && time.contains(&record.computed)
        && (f64::MIN_POSITIVE..=1e18).contains(&record.cost)
        && (SPEEDS.0..=SPEEDS.1).contains(&(record.cost / computed_seconds(&record)))
        && record.features.iter().all(|feature| feature.is_finite());
    if is_sound { Ok(record) } else { Err("a number that no attempt can have".to_owned()) }
}

/// What is wrong with a line, without the library's word for where it is: the line is counted here.
fn no_record(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the record is cut off; remove the line".to_owned();
    }
    let text = error.to_string();
    let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("no record of an attempt: {what}, at column {}", error.column())
}

/// Seconds that were tracing, as far as they can be meant.
fn computed_seconds(record: &AttemptRecord) -> f64 {
    record.computed.clamp(SHORTEST_SECONDS, record.seconds.max(SHORTEST_SECONDS))
}

impl Recorded {
    /// `None` if it has delivered nothing.
    fn of(records: &[AttemptRecord]) -> Option<Self> {
        let first = records.first()?;
        let delivered: Vec<&AttemptRecord> =
            records.iter().filter(|record| record.end == TaskEnd::Delivered).collect();
        if delivered.is_empty() {
            return None;
        }
        let speed_of = |record: &AttemptRecord| record.cost / computed_seconds(record);
        let speed = middle(delivered.iter().map(|record| speed_of(record)).collect(), 0.5);
        let way_of = |record: &&AttemptRecord| (record.seconds - computed_seconds(record)).max(0.0);
        let ways = || delivered.iter().map(way_of);
        let began =
            records.iter().map(|record| record.at - record.seconds).fold(f64::INFINITY, f64::min);
        let mut ordered = delivered.clone();
        ordered.sort_by(|a, b| a.at.total_cmp(&b.at));
        let speeds = ordered.iter().map(|record| (record.at - began, speed_of(record) / speed));
        let lost = records.len() - delivered.len();
        let devices = [
            DeviceKind::BrowserGpu,
            DeviceKind::BrowserCpu,
            DeviceKind::NativeGpu,
            DeviceKind::NativeCpu,
        ];
        let device = devices.into_iter().zip(&first.features).find(|(_, flag)| **flag > 0.5);
        Some(Self {
            device: device.map_or(DeviceKind::NativeCpu, |(device, _)| device),
            is_on_battery: first.features[IS_ON_BATTERY] > 0.5,
            is_relayed: first.features[IS_RELAYED] > 0.5,
            speed,
            way: (middle(ways().collect(), 0.5), middle(ways().collect(), 0.9)),
            failure: lost as f64 / records.len() as f64,
            speeds: speeds.filter(|(until, part)| *until > 0.0 && *part > 0.0).collect(),
        })
    }

    /// The peer at a place among those of a run.
    fn visit(&self, index: usize, length: Duration, moods: Vec<Mood>) -> Visit {
        let arrives = Duration::from_millis(5 * index as u64);
        let seconds = |value: f64| Duration::from_secs_f64(value.clamp(0.0, LONGEST_SECONDS));
        Visit {
            peer: PeerId(1 + index as u64),
            arrives,
            leaves: length,
            is_abrupt: false,
            device: self.device,
            speed: self.speed,
            advertised: self.speed,
            boast: 1.0,
            // Each recorded task has its own speed already.
            noise_sigma: 0.0,
            failure: self.failure,
            is_on_battery: self.is_on_battery,
            is_relayed: self.is_relayed,
            access: 0,
            link: LinkFaults {
                delay: seconds(0.5 * self.way.0),
                jitter: seconds(self.way.1 - self.way.0),
                loss: 0.0,
                retransmit_after: Duration::ZERO,
                bytes_per_second: RATE,
            },
            moods,
        }
    }

    /// What was recorded from `part` of the record on, again and again until `length`.
    fn moods(&self, part: f64, length: f64, most: usize) -> Vec<Mood> {
        let whole = self.speeds.last().map_or(0.0, |(until, _)| *until);
        // A record of a moment says nothing of changes.
        if whole < 1e-3 {
            return Vec::new();
        }
        let mut moods = Vec::new();
        let mut start = -part * whole;
        while start < length && moods.len() < most {
            let mut from = start.max(0.0);
            for (until, speed) in &self.speeds {
                let until = (start + until).min(length);
                if until > from {
                    let times = [from, until].map(Duration::from_secs_f64);
                    let [from, until] = times;
                    moods.push(Mood { from, until, factor: 1.0 / speed, is_hidden: false });
                }
                from = from.max(until);
            }
            start += whole;
        }
        moods
    }
}

/// A quantile; the list is not empty.
fn middle(mut values: Vec<f64>, level: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let rank = (level * values.len() as f64) as usize;
    values.get(rank.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use p2c2r_scheduler::{Stage, TaskKind};

    use super::*;

    fn record(worker: u32, at: f64, speed: f64, end: TaskEnd) -> AttemptRecord {
        let mut features = vec![0.0; FEATURES];
        (features[1], features[IS_RELAYED]) = (1.0, 1.0);
        AttemptRecord {
            schema: SCHEMA_VERSION,
            worker,
            at,
            features,
            cost: 1000.0,
            kind: TaskKind::Long,
            expected: [0.1, 0.2, 0.3],
            failure: 0.03,
            stage: Stage::Heuristic,
            seconds: 1000.0 / speed + 0.05,
            computed: 1000.0 / speed,
            end,
        }
    }

    fn log(records: &[AttemptRecord]) -> String {
        records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
    }

    #[test]
    fn recorded_peer_is_replayed_as_it_was() {
        let delivered = |at, speed| record(3, at, speed, TaskEnd::Delivered);
        let mut records = vec![record(0, 1.0, 9e9, TaskEnd::Delivered)];
        records.extend((1..=9).map(|step| delivered(f64::from(step), 10_000.0)));
        records.push(delivered(10.0, 2_500.0));
        records.push(record(3, 11.0, 10_000.0, TaskEnd::Expired));
        let trace = Trace::read(log(&records).as_bytes()).unwrap();
        let visits = trace.visits(1, Duration::from_secs(60));
        let visit = &visits[0];
        assert_eq!(
            (visits.len(), visit.device, visit.is_relayed),
            (1, DeviceKind::BrowserCpu, true)
        );
        assert!((visit.speed - 10_000.0).abs() < 1.0 && (visit.failure - 1.0 / 11.0).abs() < 1e-9);
        assert!((visit.link.delay.as_secs_f64() - 0.025).abs() < 1e-6);
        // Of each round of 9.15 s one second was at a quarter of the speed: 6 or 7 of a minute.
        let seconds = (0..6000).map(|step| Duration::from_millis(10 * step));
        let slow = seconds.filter(|now| visit.speed_at(*now) < 3000.0).count();
        assert!((590..=710).contains(&slow), "{slow}");
        assert!(visit.moods.windows(2).all(|pair| pair[0].until <= pair[1].from));
    }

    #[test]
    fn hostile_logs_are_refused_with_the_line() {
        let good = record(1, 1.0, 1e4, TaskEnd::Delivered);
        let check = |change: &dyn Fn(&mut AttemptRecord)| {
            let mut bad = good.clone();
            change(&mut bad);
            Trace::read(log(&[good.clone(), bad]).as_bytes()).unwrap_err().to_string()
        };
        assert!(check(&|bad| bad.schema = 99).starts_with("line 2: features of version 99"));
        assert!(check(&|bad| bad.features.clear()).starts_with("line 2: 0 features"));
        for odd in [-1.0, 1e300, f64::MAX] {
            assert!(check(&|bad| bad.seconds = odd).starts_with("line 2: a number"), "{odd}");
        }
        assert!(check(&|bad| bad.cost = 1e18).starts_with("line 2: a number"), "too fast");
        let whole = log(&[good.clone(), good.clone()]);
        let cut = Trace::read(&whole.as_bytes()[..whole.len() - 20]).unwrap_err();
        assert_eq!(cut.to_string(), "line 2: the record is cut off; remove the line");
        let read = |text: &[u8]| Trace::read(text).unwrap_err();
        assert!(matches!(read(b"\n{\"schema\": 1"), TraceError::Record { line: 2, .. }));
        assert!(matches!(read(&vec![b' '; 100_000]), TraceError::LongLine { line: 1 }));
        assert!(matches!(read(b""), TraceError::NoPeer));
        let lost = log(&[record(1, 1.0, 1e4, TaskEnd::Lost)]);
        assert!(matches!(read(lost.as_bytes()), TraceError::NoPeer));
        let crowd: Vec<AttemptRecord> =
            (1..=1001).map(|worker| record(worker, 1.0, 1e4, TaskEnd::Delivered)).collect();
        assert!(matches!(read(log(&crowd).as_bytes()), TraceError::ManyPeers { line: 1001 }));
    }
}
