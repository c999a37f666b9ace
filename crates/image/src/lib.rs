//! Exact merge of radiance sums, tile codec, tone map, error measures.
//!
//! Sums are integers, so that nothing here depends on the order in which tiles arrive: [`Film`]
//! adds them and proves that they partition the job, [`pack_sums`] carries them without loss.
//! Floats appear only on the way to a display and in error measures.

mod bits;
mod codec;
mod coverage;
mod denoise;
mod display;
mod error_measure;
mod film;
mod tone_map;

pub use codec::{
    CodecError, LOSSY_ERROR_GROWTH, pack_sums, pack_sums_below_noise, packed_limit_bytes,
    unpack_sums,
};
pub use denoise::{DenoiseError, DenoiseJob, Denoiser};
pub use display::{Display, MAX_EXPOSURE_EV, exposure_scale};
pub use error_measure::rmse;
pub use film::{Film, FilmError, MAX_FILM_PIXELS, MergeError};
pub use tone_map::ToneMap;
