//! One picture on its way through the denoiser: pass after pass, in steps of a bounded number of taps.

use std::ops::{Deref, Range};
use std::sync::Arc;

use p2c2r_frame::Aovs;
use p2c2r_scene::math::Vec3;

use super::guide::{Guide, guide_at};
use super::history::{History, Surface};
use super::light::{cleaned, light_of, radiance_of};
use super::pixels::Picture;
use super::wavelet::{Level, Noisy};
use super::{
    LEVELS, MIRRORED_SCALES, MIRRORED_STRENGTH, SCALES, STRENGTH, STRENGTH_KEPT, variance,
};

/// A pass over all pixels, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Surfaces without hostile numbers, and what they mirror.
    Guides,
    /// What smooth surfaces mirror, without the noise of rougher ones.
    Mirrors,
    /// Radiance to light.
    Light,
    /// Light of this picture and of earlier ones.
    History,
    /// How noisy the light is.
    Variance,
    /// A level of the wavelet.
    Level(u32),
    /// Light to radiance.
    Radiance,
    Done,
}

impl Pass {
    /// Pixels that it looks at for each that it writes, roughly: what a step is measured by.
    const fn taps(self) -> u64 {
        match self {
            Self::Guides => 5,
            Self::Light | Self::Radiance | Self::Done => 2,
            Self::History => 54,
            Self::Variance => 49,
            Self::Mirrors | Self::Level(_) => 34,
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Guides => Self::Mirrors,
            Self::Mirrors => Self::Light,
            Self::Light => Self::History,
            Self::History => Self::Variance,
            Self::Variance => Self::Level(0),
            Self::Level(level) if level + 1 < LEVELS => Self::Level(level + 1),
            Self::Level(_) => Self::Radiance,
            Self::Radiance | Self::Done => Self::Done,
        }
    }
}

/// A picture that is being denoised; made by [`super::Denoiser::begin`].
#[derive(Debug)]
pub struct DenoiseJob<A> {
    aovs: A,
    /// Of the film.
    radiance: Vec<[f32; 3]>,
    /// Of a pixel of it.
    samples: f32,
    earlier: Option<Arc<History>>,
    pass: Pass,
    /// Pixels that the pass has done.
    done: usize,
    guides: Vec<Guide>,
    /// As the surfaces have it, then smoothed.
    mirrored: Noisy,
    /// Light before the wavelet, with that of earlier pictures.
    joined: Vec<Vec3>,
    /// Of how many samples it is.
    lengths: Vec<f32>,
    /// What the pass reads and what it writes.
    input: Noisy,
    output: Noisy,
    picture: Vec<[f32; 3]>,
}

impl<A: Deref<Target = Aovs>> DenoiseJob<A> {
    /// Of a checked picture.
    pub(super) fn new(
        radiance: Vec<[f32; 3]>,
        samples: u32,
        aovs: A,
        earlier: Option<Arc<History>>,
    ) -> Self {
        Self {
            aovs,
            radiance,
            samples: samples.max(1) as f32,
            earlier,
            pass: Pass::Guides,
            done: 0,
            guides: Vec::new(),
            mirrored: Noisy::default(),
            joined: Vec::new(),
            lengths: Vec::new(),
            input: Noisy::default(),
            output: Noisy::default(),
            picture: Vec::new(),
        }
    }

    /// Looks at about `max_taps` more pixels; true once the picture is done.
    pub fn step(&mut self, max_taps: u64) -> bool {
        let mut left = max_taps;
        let count = self.aovs.pixels.len();
        while self.pass != Pass::Done && left > 0 {
            // At least one pixel, or a small step would never end.
            let fits = (left / self.pass.taps()).max(1);
            let end = count.min(self.done.saturating_add(fits.min(count as u64) as usize));
            left = left.saturating_sub((end - self.done) as u64 * self.pass.taps());
            if self.done == 0 {
                self.make_room(count);
            }
            self.run(self.done..end);
            self.done = end;
            if end == count {
                self.turn();
            }
        }
        self.pass == Pass::Done
    }

    /// The picture, what it was joined with, and what it leaves to the next.
    pub(super) fn into_results(self) -> (Vec<[f32; 3]>, Option<Arc<History>>, History) {
        let width = self.aovs.rect.width as usize;
        let surfaces = self.guides.iter().map(Surface::from).collect();
        let (light, length) = (self.joined, self.lengths);
        (self.picture, self.earlier, History { width, light, length, surfaces })
    }

    /// Takes what the pass will write at once: arrays that grow take more.
    fn make_room(&mut self, count: usize) {
        match self.pass {
            Pass::Guides => {
                self.guides.reserve_exact(count);
                self.input.reserve_exact(count);
            }
            Pass::History => {
                self.joined.reserve_exact(count);
                self.lengths.reserve_exact(count);
            }
            Pass::Radiance => self.picture.reserve_exact(count),
            Pass::Mirrors | Pass::Level(_) => self.output.reserve_exact(count),
            Pass::Light => self.output.light.reserve_exact(count),
            Pass::Variance => self.output.variance.reserve_exact(count),
            Pass::Done => {}
        }
    }

    /// The pass over some pixels.
    fn run(&mut self, range: Range<usize>) {
        let width = self.aovs.rect.width as usize;
        let pixels = &self.aovs.pixels;
        if self.pass == Pass::Guides {
            self.guides.extend(range.clone().map(|index| guide_at(pixels, width, index)));
            let seen = &pixels[range];
            self.input.light.extend(seen.iter().map(|pixel| Vec3::from(cleaned(pixel.mirrored))));
            let variances = seen.iter().map(|pixel| cleaned([pixel.mirrored_variance; 3])[0]);
            self.input.variance.extend(variances);
            return;
        }
        let height = pixels.len() / width;
        let picture = Picture { width, height, guides: &self.guides };
        match self.pass {
            Pass::Mirrors => smooth(&mirrors(), &picture, &self.input, &mut self.output, range),
            Pass::Light => {
                let light = range.map(|index| {
                    light_of(self.radiance[index], self.mirrored.light[index], &pixels[index])
                });
                self.output.light.extend(light);
            }
            Pass::History => {
                let joined = range.map(|index| match &self.earlier {
                    Some(earlier) => {
                        let film = (&*self.input.light, self.samples);
                        earlier.followed_by(&picture, film, index, pixels[index].motion_px)
                    }
                    None => (self.input.light[index], self.samples),
                });
                for (light, length) in joined {
                    self.joined.push(light);
                    self.lengths.push(length);
                }
            }
            Pass::Variance => {
                let variance =
                    range.map(|index| variance::spatial(&picture, &self.joined, index, &SCALES));
                self.output.variance.extend(variance);
            }
            Pass::Level(number) => {
                smooth(&level(number), &picture, &self.input, &mut self.output, range);
            }
            Pass::Radiance => {
                let radiances = range.map(|index| {
                    let (light, mirrored) = (self.input.light[index], self.mirrored.light[index]);
                    radiance_of(light, mirrored, &pixels[index])
                });
                self.picture.extend(radiances);
            }
            Pass::Guides | Pass::Done => {}
        }
    }

    /// Goes on to the next pass, which reads what this one wrote.
    fn turn(&mut self) {
        match self.pass {
            Pass::Mirrors => self.mirrored = std::mem::take(&mut self.output),
            Pass::Light => self.radiance = Vec::new(),
            Pass::Variance => self.output.light.clone_from(&self.joined),
            _ => {}
        }
        if !matches!(self.pass, Pass::Guides | Pass::History) {
            self.input = std::mem::take(&mut self.output);
        }
        self.pass = self.pass.next();
        self.done = 0;
    }
}

/// The one level that smooths what is mirrored.
const fn mirrors() -> Level {
    Level { stride: 1, strength: MIRRORED_STRENGTH, scales: MIRRORED_SCALES }
}

/// A level of the light.
fn level(number: u32) -> Level {
    let strength = (0..number).fold(STRENGTH, |strength, _| strength * STRENGTH_KEPT);
    Level { stride: 1 << number, strength, scales: SCALES }
}

fn smooth(
    level: &Level,
    picture: &Picture<'_>,
    input: &Noisy,
    output: &mut Noisy,
    range: Range<usize>,
) {
    for index in range {
        let (light, variance) = level.smoothed(picture, input, index);
        output.light.push(light);
        output.variance.push(variance);
    }
}
