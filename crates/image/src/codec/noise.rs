//! How far apart the values of a block may be, from how far apart two halves of its samples are.

use p2c2r_frame::{MAX_SAMPLE_RADIANCE, PixelRect, RadianceSums, SampleRange, sample_to_fixed};

use super::lattice::Step;

/// Side of a block in pixels; each has a step of its own.
pub(super) const BLOCK_PX: usize = 8;
/// The root mean square error of a tile grows by this share at most, by the noise that its halves show; what
/// half floats would add where there is less noise than that comes on top.
pub const LOSSY_ERROR_GROWTH: f64 = 0.005;
/// A step is at most this many deviations of its block's noise, whatever the tile's error allows: the error
/// of rounding, a step over √12, then stays below the noise of each block.
const LARGEST_STEP: f64 = 3.25;
/// A tile's noise makes a block's count as at most this many times what it is.
const LARGEST_BLEND: f64 = 8.0;
/// A step is at least this share of its block's smallest sum, the distance of half floats (IEEE 754
/// binary16) just above a power of two: what has less noise than that is still no rougher than a half float.
const SMALLEST_STEP: f64 = 1.0 / 1024.0;
/// A difference counts as at most this many times the block's mean one, so that one firefly does not
/// coarsen its neighbours.
const LARGEST_DIFFERENCE: f64 = 4.0;

/// The steps of a tile's blocks, row by row.
pub(super) struct StepMap {
    columns: usize,
    steps: Vec<Step>,
}

impl StepMap {
    /// A map to be filled, for a rectangle.
    pub(super) fn exact(rect: PixelRect) -> Self {
        let columns = (rect.width as usize).div_ceil(BLOCK_PX);
        let rows = (rect.height as usize).div_ceil(BLOCK_PX);
        Self { columns, steps: vec![Step::EXACT; columns * rows] }
    }

    /// The noise of two halves of a tile's samples decides; `whole` are their sums.
    ///
    /// Fewest bytes for a given squared error of the tile take the same step in all blocks ("reverse
    /// water-filling", Cover and Thomas, "Elements of Information Theory", section 10.3.3); what is quiet
    /// beside something noisy should not suffer much. So each step is the same share of a mean, weighted by
    /// geometry, of the tile's and the block's noise: the share at which the error of the tile grows as much
    /// as it may. [`LARGEST_STEP`] and [`SMALLEST_STEP`] bound it.
    pub(super) fn measured(halves: [&RadianceSums; 2], whole: &RadianceSums) -> Self {
        let mut map = Self::exact(whole.rect);
        let place = |block: usize| (block % map.columns, block / map.columns);
        let noises: Vec<Noise> = (0..map.steps.len())
            .map(|block| Noise::of(pixels(whole.rect, place(block)), halves))
            .collect();
        let total = |part: fn(&Noise) -> f64| noises.iter().map(part).sum::<f64>();
        // A value that is uniform within a step has a twelfth of the step's square as its variance, and
        // √(1 + 2g) is about 1 + g.
        let allowed = 2.0 * LOSSY_ERROR_GROWTH * total(|noise| noise.squares);
        let tile = deviation(total(|noise| noise.capped_squares), total(|noise| noise.count));
        let blends: Vec<f64> = noises.iter().map(|noise| noise.blended(tile)).collect();
        let squares = noises.iter().zip(&blends).map(|(noise, blend)| noise.count * blend * blend);
        let added = squares.sum::<f64>() / 12.0;
        let share = if added > 0.0 { (allowed / added).sqrt() } else { 0.0 };
        let lengths = noises.iter().zip(blends).map(|(noise, blend)| noise.bounded(share * blend));
        let steps: Vec<Step> = lengths
            .enumerate()
            .map(|(block, length)| step_of(pixels(whole.rect, place(block)), length, whole))
            .collect();
        map.steps = steps;
        map
    }

    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn steps_mut(&mut self) -> &mut [Step] {
        &mut self.steps
    }
}

/// Row-major places of a block's pixels in a tile.
fn pixels(rect: PixelRect, (column, row): (usize, usize)) -> impl Iterator<Item = usize> + Clone {
    let (width, height) = (rect.width as usize, rect.height as usize);
    let columns = column * BLOCK_PX..width.min((column + 1) * BLOCK_PX);
    let rows = row * BLOCK_PX..height.min((row + 1) * BLOCK_PX);
    rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
}

/// The largest step of a length at most that the sums of a block have room for; a length below what half
/// floats keep apart counts as that.
fn step_of(pixels: impl Iterator<Item = usize>, length: f64, whole: &RadianceSums) -> Step {
    let sums = pixels.flat_map(|pixel| whole.sums[pixel]);
    let (least, most) =
        sums.fold((u64::MAX, 0), |(least, most), sum| (least.min(sum), most.max(sum)));
    let length = length.max(SMALLEST_STEP * least as f64);
    let subtractive = Step::below(length, true);
    let step = if subtractive.units() as u64 / 2 <= least {
        subtractive
    } else {
        // A sum that is rounded up or down by chance has twice the variance of a dithered one.
        Step::below(length * std::f64::consts::FRAC_1_SQRT_2, false)
    };
    if most + step.units() as u64 > largest_sum(whole.samples) { Step::EXACT } else { step }
}

/// What the halves' differences say of a block's sums.
struct Noise {
    /// Sum of the squared errors.
    squares: f64,
    /// The same, each difference capped.
    capped_squares: f64,
    count: f64,
}

impl Noise {
    fn of(pixels: impl Iterator<Item = usize> + Clone, halves: [&RadianceSums; 2]) -> Self {
        let counts = halves.map(|half| f64::from(half.samples.count));
        // Var(A/a − B/b) = σ²(1/a + 1/b), and the sum of both has (a + b)σ².
        let scale = (counts[0] * counts[1]).sqrt();
        let differences = pixels.flat_map(|pixel| {
            std::array::from_fn::<_, 3, _>(|channel| {
                let mean = |half: usize| halves[half].sums[pixel][channel] as f64 / counts[half];
                (mean(0) - mean(1)).abs() * scale
            })
        });
        let count = differences.clone().count() as f64;
        let most = LARGEST_DIFFERENCE * differences.clone().sum::<f64>() / count;
        let squares = |most: f64| differences.clone().map(|d| d.min(most) * d.min(most)).sum();
        Self { squares: squares(f64::INFINITY), capped_squares: squares(most), count }
    }

    fn deviation(&self) -> f64 {
        deviation(self.capped_squares, self.count)
    }

    /// The block's deviation to the power of 1/4 times the tile's to that of 3/4; by square roots, which
    /// are the same on every machine.
    fn blended(&self, tile: f64) -> f64 {
        let own = self.deviation();
        ((own * tile).sqrt() * tile).sqrt().min(LARGEST_BLEND * own)
    }

    fn bounded(&self, step: f64) -> f64 {
        step.min(LARGEST_STEP * self.deviation())
    }
}

/// Root of the mean of squares.
fn deviation(squares: f64, count: f64) -> f64 {
    if count > 0.0 { (squares / count).sqrt() } else { 0.0 }
}

fn largest_sum(samples: SampleRange) -> u64 {
    u64::from(sample_to_fixed(MAX_SAMPLE_RADIANCE)) * u64::from(samples.count)
}
