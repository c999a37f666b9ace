//! A task and its result between two workers of one page; the result is counters, then the sums as they lie in memory.

use p2c2r_frame::{RadianceSums, TileTask, TraceCounters};
use thiserror::Error;

const HEADER_BYTES: usize = 16;
const PIXEL_BYTES: usize = 24;

/// Bytes that are no result of the task.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found} bytes for a tile of {expected} bytes")]
pub struct TracedError {
    found: usize,
    expected: usize,
}

/// The bytes of a task.
pub(crate) fn task_bytes(task: &TileTask) -> Vec<u8> {
    postcard::to_allocvec(task).expect("a task has only plain fields")
}

/// Reads a task.
pub(crate) fn task_of(bytes: &[u8]) -> Result<TileTask, String> {
    postcard::from_bytes(bytes).map_err(|error| error.to_string())
}

/// The bytes of a result.
pub fn encode(sums: &RadianceSums, counters: TraceCounters) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + sums.sums.len() * PIXEL_BYTES);
    bytes.extend_from_slice(&counters.rays.to_le_bytes());
    bytes.extend_from_slice(&counters.shadow_rays.to_le_bytes());
    for sum in sums.sums.as_flattened() {
        bytes.extend_from_slice(&sum.to_le_bytes());
    }
    bytes
}

/// Reads a result of `task`.
pub fn decode(task: &TileTask, bytes: &[u8]) -> Result<(RadianceSums, TraceCounters), TracedError> {
    let mut sums = RadianceSums::zeroed(task.rect, task.samples);
    let expected = HEADER_BYTES + sums.sums.len() * PIXEL_BYTES;
    let (words, []) = bytes.as_chunks::<8>() else {
        return Err(TracedError { found: bytes.len(), expected });
    };
    if bytes.len() != expected {
        return Err(TracedError { found: bytes.len(), expected });
    }
    let counters = TraceCounters {
        rays: u64::from_le_bytes(words[0]),
        shadow_rays: u64::from_le_bytes(words[1]),
    };
    for (sum, word) in sums.sums.as_flattened_mut().iter_mut().zip(&words[2..]) {
        *sum = u64::from_le_bytes(*word);
    }
    Ok((sums, counters))
}

/// The sums of a film as the page exports them: three little-endian u64 a pixel.
pub fn sums_bytes(sums: &[[u64; 3]]) -> Vec<u8> {
    sums.as_flattened().iter().flat_map(|sum| sum.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{Effects, Lens, PixelRect, SampleRange, SceneId, View};

    use super::*;

    fn task() -> TileTask {
        TileTask {
            scene: SceneId([7; 32]),
            view: View {
                world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
                tan_half_fov_y: 0.5,
                width_px: 8,
                height_px: 8,
                lens: Lens::PINHOLE,
                time_us: 0,
            },
            rect: PixelRect { x: 1, y: 2, width: 3, height: 2 },
            samples: SampleRange::new(4, 2),
            seed: 1,
            effects: Effects::PATH_TRACED,
            max_bounces: 8,
        }
    }

    #[test]
    fn result_survives_the_way_between_workers() {
        let task = task();
        let mut sums = RadianceSums::zeroed(task.rect, task.samples);
        for (index, sum) in sums.sums.as_flattened_mut().iter_mut().enumerate() {
            *sum = u64::MAX - index as u64;
        }
        let counters = TraceCounters { rays: 5, shadow_rays: u64::MAX };
        let bytes = encode(&sums, counters);
        assert_eq!(decode(&task, &bytes), Ok((sums, counters)));
        assert!(decode(&task, &bytes[..bytes.len() - 8]).is_err());
        assert!(decode(&task, &bytes[..bytes.len() - 1]).is_err());
        assert!(decode(&task, &[]).is_err());
    }
}
