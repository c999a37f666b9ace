//! What can go wrong on a GPU.

use p2c2r_frame::{SceneId, TaskError};
use thiserror::Error;

use crate::MAX_TASK_PIXELS;

/// Why there is no picture from the GPU.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GpuError {
    /// There is no adapter at all.
    #[error("no gpu adapter: {0}")]
    NoAdapter(String),
    /// The adapter runs on the CPU and the options refuse that.
    #[error("the adapter {0} is software; the cpu tracer is faster")]
    SoftwareAdapter(String),
    /// The adapter gave no device.
    #[error("the adapter {name} gave no device: {reason}")]
    NoDevice {
        /// The adapter.
        name: String,
        /// What it said.
        reason: String,
    },
    /// The adapter renders a known picture wrongly.
    #[error("the adapter {name} renders the probe wrongly: {reason}")]
    WrongPicture {
        /// The adapter.
        name: String,
        /// What was seen.
        reason: String,
    },
    /// An array of the scene is larger than the device can bind.
    #[error("the scene's {array} need {needed_bytes} bytes, the device binds {limit_bytes}")]
    SceneTooLarge {
        /// The array.
        array: &'static str,
        /// Its size.
        needed_bytes: u64,
        /// The device's limit.
        limit_bytes: u64,
    },
    /// The device ran out of memory.
    #[error("the gpu is out of memory: {0}")]
    OutOfMemory(String),
    /// No tracer can trace this task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The task names another scene than the tracer holds.
    #[error("the task names scene {wanted}, the tracer holds {held}")]
    OtherScene {
        /// The task's scene.
        wanted: SceneId,
        /// The tracer's scene.
        held: SceneId,
    },
    /// The rectangle is too large for one task.
    #[error("a task of {0} pixels; at most {MAX_TASK_PIXELS} are traced at once")]
    TooManyPixels(u64),
    /// Things move between the two views of a task, and the device only knows where they are now.
    #[error("the scene moves between the two views, and motion by itself is seen on the cpu alone")]
    MovingSurfaces,
    /// Picture and surfaces do not belong together.
    #[error("{pixels} pixels of radiance and {surfaces} of surfaces")]
    OtherPicture {
        /// Pixels of the radiance.
        pixels: usize,
        /// Pixels of the surfaces' rectangle.
        surfaces: u64,
    },
    /// The device cannot denoise so large a picture: the CPU can.
    #[error("{pixels} pixels to denoise; the device takes {limit}")]
    PictureTooLarge {
        /// Pixels of the picture.
        pixels: u64,
        /// What the device takes.
        limit: u64,
    },
    /// The caller cancelled the task.
    #[error("the task was cancelled")]
    Cancelled,
    /// The device is gone, also after one rebuild: trace on the CPU.
    #[error("the gpu device was lost: {0}")]
    DeviceLost(String),
    /// wgpu refused something that this crate did: a bug here.
    #[error("the gpu refused a command: {0}")]
    Refused(String),
}
