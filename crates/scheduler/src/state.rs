//! What was learned, as bytes that another session can go on from.
//!
//! A header, what holds for everybody, and one record a peer, all little endian; then the FNV-1a hash of all
//! of that. Bytes that are not exactly so are refused: losing them costs nothing but accuracy.

use std::time::Duration;

use thiserror::Error;

use crate::archive::{
    Archive, LARGEST, MAX_KEPT_PEERS, NUMBERS, NUMBERS_BY_HOUR, POSTERIOR, PeerKey, Saved,
    curves_of, numbers_of,
};
use crate::conformal::{Calibration, SKETCH};
use crate::day::QUANTITIES;
use crate::failure::Stays;
use crate::learned::LearnedScheduler;
use crate::likes::{KINDS, Kind};
use crate::regression::{TRIANGLE, WEIGHTS};
use crate::scores::SAVED_SCORES;

const MAGIC: [u8; 4] = *b"P2LS";
/// Raised when the meaning of a number changes.
const VERSION: u16 = 1;
/// Magic, version, time, peers.
const HEADER_BYTES: usize = 4 + 2 + 8 + 2;
const CHECKSUM_BYTES: usize = 8;
/// Numbers that hold for everybody: stays, curves, scores.
const SHARED_NUMBERS: usize = 2 + QUANTITIES * POSTERIOR + SAVED_SCORES * SKETCH;
/// Key, time, tasks, kind, whether there are daily curves.
const PEER_HEADER_BYTES: usize = 16 + 8 + 4 + 1 + 1;
const MOST_BYTES: usize = HEADER_BYTES
    + 4 * SHARED_NUMBERS
    + MAX_KEPT_PEERS * (PEER_HEADER_BYTES + 4 * NUMBERS_BY_HOUR)
    + CHECKSUM_BYTES;
/// A state may be this much younger than now: clocks are set.
const FUTURE_SECONDS: u64 = 600;
/// Largest count of departures, or sum of stays.
const LARGEST_COUNT: f32 = 1e9;
/// What rounding may have taken from a variance, relative and absolute.
const ROUNDING: (f64, f64) = (1e-5, 1e-9);

/// A state that cannot be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// More bytes than any state has.
    #[error("a saved state of {0} bytes; the largest has {MOST_BYTES}")]
    TooLong(usize),
    /// It ends too early, or goes on after its end.
    #[error("a saved state of {found} bytes that should have {expected}")]
    Length {
        /// Bytes that there are.
        found: usize,
        /// Bytes that there should be.
        expected: usize,
    },
    /// It is something else.
    #[error("this is no saved state of a scheduler")]
    Magic,
    /// Another version wrote it.
    #[error("a saved state of version {0}; this is version {VERSION}")]
    Version(u16),
    /// It was damaged.
    #[error("a saved state that was damaged")]
    Checksum,
    /// It was saved later than now.
    #[error("a saved state from {0} seconds in the future")]
    Future(u64),
    /// A number means nothing there.
    #[error("a saved state whose {0} cannot be meant")]
    Number(&'static str),
}

impl StateError {
    /// Whether the bytes are somebody else's: no state at all, or that of a later version, which can read it.
    pub const fn is_foreign(&self) -> bool {
        match self {
            Self::TooLong(_) | Self::Magic => true,
            Self::Version(version) => *version > VERSION,
            Self::Length { .. } | Self::Checksum | Self::Future(_) | Self::Number(_) => false,
        }
    }
}

/// What a scheduler has learned by now.
pub(crate) fn save(scheduler: &LearnedScheduler, now: Duration) -> Vec<u8> {
    let unix_seconds = scheduler.unix_seconds(now);
    let common = scheduler.common();
    let mut archive = scheduler.archive.clone();
    for known in scheduler.workers.values() {
        Saved::of(known, &common, unix_seconds).into_iter().for_each(|saved| archive.keep(saved));
    }
    let peers = archive.peers();
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(unix_seconds.unwrap_or(0).to_le_bytes());
    bytes.extend((peers.len() as u16).to_le_bytes());
    let mut put = |number: f32| bytes.extend(number.to_le_bytes());
    scheduler.stays.saved().into_iter().for_each(|number| put(number as f32));
    for curve in scheduler.curves.curves() {
        numbers_of(curve).for_each(|number| put(number as f32));
    }
    scheduler.scores.saved().for_each(|scores| scores.sketch().into_iter().for_each(&mut put));
    for saved in peers {
        bytes.extend(saved.key);
        bytes.extend(saved.saved_at.to_le_bytes());
        bytes.extend(saved.tasks.to_le_bytes());
        bytes.push(saved.kind);
        bytes.push(u8::from(saved.numbers.len() == NUMBERS_BY_HOUR));
        saved.numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

/// Goes on from saved bytes; on an error nothing changes.
pub(crate) fn restore(
    scheduler: &mut LearnedScheduler,
    bytes: &[u8],
    now: Duration,
) -> Result<(), StateError> {
    if bytes.len() > MOST_BYTES {
        return Err(StateError::TooLong(bytes.len()));
    }
    let mut reader = Reader { rest: bytes, whole: bytes.len() };
    if reader.take::<4>()? != MAGIC {
        return Err(StateError::Magic);
    }
    let version = u16::from_le_bytes(reader.take()?);
    if version != VERSION {
        return Err(StateError::Version(version));
    }
    let hashed = bytes.len().saturating_sub(CHECKSUM_BYTES);
    let (hashed, sum) = bytes.split_at(hashed);
    if sum != checksum(hashed).to_le_bytes() {
        return Err(StateError::Checksum);
    }
    let saved_at = u64::from_le_bytes(reader.take()?);
    let future = |now: u64| saved_at.saturating_sub(now);
    if let Some(future) = scheduler.unix_seconds(now).map(future)
        && future > FUTURE_SECONDS
    {
        return Err(StateError::Future(future));
    }
    let peers = u16::from_le_bytes(reader.take()?);
    let shared = reader.numbers(SHARED_NUMBERS)?;
    let mut archive = Archive::default();
    for _ in 0..peers {
        archive.keep(peer(&mut reader, saved_at)?);
    }
    if reader.rest.len() != CHECKSUM_BYTES {
        let expected = bytes.len() - reader.rest.len() + CHECKSUM_BYTES;
        return Err(StateError::Length { found: bytes.len(), expected });
    }
    put_shared(scheduler, &shared)?;
    scheduler.likes.remember(archive.likes(scheduler.config.prior_speed));
    scheduler.archive = archive;
    Ok(())
}

/// One peer's record; nobody was seen later than the whole was saved.
fn peer(reader: &mut Reader<'_>, latest: u64) -> Result<Saved, StateError> {
    let key: PeerKey = reader.take()?;
    let saved_at = u64::from_le_bytes(reader.take()?).min(latest);
    let tasks = u32::from_le_bytes(reader.take()?);
    let [kind, by_hour]: [u8; 2] = reader.take()?;
    if usize::from(kind) >= KINDS || by_hour > 1 {
        return Err(StateError::Number("peer"));
    }
    let count = if by_hour == 1 { NUMBERS_BY_HOUR } else { NUMBERS };
    let mut numbers = reader.numbers(count)?;
    check(&numbers, LARGEST, "peer")?;
    sound(&mut numbers[..POSTERIOR])?;
    let (noise, way) = (POSTERIOR, POSTERIOR + 2);
    let record = way + 4;
    // Variances, weights and counts.
    let positive = [noise, noise + 1, way + 1, way + 2, way + 3, record];
    let counts = [record, record + 1, record + 2];
    let is_sound = positive.into_iter().all(|index| numbers[index] > 0.0)
        && counts.into_iter().all(|index| numbers[index] >= 0.0)
        && numbers[record] < 1.0;
    if !is_sound {
        return Err(StateError::Number("peer"));
    }
    numbers[NUMBERS..].chunks_exact_mut(POSTERIOR).try_for_each(sound)?;
    Ok(Saved { key, saved_at, tasks, kind: kind as Kind, numbers })
}

fn put_shared(scheduler: &mut LearnedScheduler, numbers: &[f32]) -> Result<(), StateError> {
    let (stays, rest) = numbers.split_at(2);
    check(stays, LARGEST_COUNT, "stays")?;
    if !(stays[0] >= 0.0 && stays[1] > 0.0) {
        return Err(StateError::Number("stays"));
    }
    check(rest, LARGEST, "curves")?;
    let (curves, scores) = rest.split_at(QUANTITIES * POSTERIOR);
    let mut curves = curves.to_vec();
    curves.chunks_exact_mut(POSTERIOR).try_for_each(sound)?;
    let curves: Vec<f64> = curves.into_iter().map(f64::from).collect();
    let curves = curves_of(&curves).ok_or(StateError::Number("curves"))?;
    let mut restored = scheduler.scores.clone();
    for (known, sketch) in restored.saved_mut().zip(scores.chunks_exact(SKETCH)) {
        *known = Calibration::from_sketch(sketch).ok_or(StateError::Number("scores"))?;
    }
    scheduler.stays = Stays::restore([f64::from(stays[0]), f64::from(stays[1])]);
    scheduler.curves = curves;
    scheduler.scores = restored;
    Ok(())
}

fn check(numbers: &[f32], largest: f32, what: &'static str) -> Result<(), StateError> {
    let is_sound = numbers.iter().all(|number| number.abs() <= largest);
    if is_sound { Ok(()) } else { Err(StateError::Number(what)) }
}

/// Makes up for what rounding took from a posterior's variances, and refuses covariances that no
/// distribution has (Cholesky's factorisation fails on them).
fn sound(numbers: &mut [f32]) -> Result<(), StateError> {
    let covariance = &mut numbers[WEIGHTS..];
    let mut factor = [[0.0f64; WEIGHTS]; WEIGHTS];
    let mut place = 0;
    for row in 0..WEIGHTS {
        for column in 0..=row {
            let mut value = f64::from(covariance[place]);
            if row == column {
                value += ROUNDING.0 * value.abs() + ROUNDING.1;
                covariance[place] = value as f32;
            }
            let known: f64 = (0..column).map(|at| factor[row][at] * factor[column][at]).sum();
            let rest = value - known;
            if row > column {
                factor[row][column] = rest / factor[column][column];
            } else if rest > 0.0 {
                factor[row][row] = rest.sqrt();
            } else {
                return Err(StateError::Number("covariance"));
            }
            place += 1;
        }
    }
    debug_assert_eq!(place, TRIANGLE);
    Ok(())
}

/// What is left to read.
struct Reader<'a> {
    rest: &'a [u8],
    whole: usize,
}

impl Reader<'_> {
    fn take<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], StateError> {
        let read = self.whole - self.rest.len();
        let error = StateError::Length { found: self.whole, expected: read + COUNT };
        let (taken, rest) = self.rest.split_first_chunk().ok_or(error)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn numbers(&mut self, count: usize) -> Result<Vec<f32>, StateError> {
        (0..count).map(|_| self.take().map(f32::from_le_bytes)).collect()
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo): finds accidents, not forgeries.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
