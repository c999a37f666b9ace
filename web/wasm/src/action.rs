//! What a session wants done: by the worker around it, on its links, on its GPU.

use std::sync::Arc;

use p2c2r_frame::{SceneId, TileTask};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_scene::Scene;

use crate::environment::Output;
use crate::finish::DenoiseRequest;
use crate::messages::FromSession;

/// One thing to do; in order.
#[derive(Debug)]
pub(crate) enum Action {
    /// For the worker, with attachments.
    Output(Output, Vec<Vec<u8>>),
    /// Send on a link.
    Send {
        /// To whom.
        peer: PeerId,
        /// On which channel.
        channel: Channel,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Close a link after what was sent on it.
    CloseLink {
        /// Whose.
        peer: PeerId,
    },
    /// Ask for a GPU; [`crate::core::Event::GpuReady`] or `GpuFailed` answers.
    StartGpu {
        /// Whether an adapter that computes on the CPU will do.
        allow_software: bool,
    },
    /// Keep a scene for the GPU.
    GpuScene {
        /// The scene.
        scene: Arc<Scene>,
    },
    /// Drop a scene.
    ForgetGpuScene {
        /// The scene.
        scene: SceneId,
    },
    /// Trace a task on the GPU.
    TraceGpu {
        /// Names the task.
        ticket: u32,
        /// The work.
        task: TileTask,
    },
    /// Stop a task on the GPU.
    CancelGpu {
        /// Of the task.
        ticket: u32,
    },
    /// Denoise on the GPU; [`crate::base::Event::GpuDenoised`] answers.
    DenoiseGpu(DenoiseRequest),
    /// Stop denoising on the GPU; nothing answers.
    CancelGpuDenoise {
        /// Of the request.
        ticket: u32,
    },
}

impl From<Output> for Action {
    fn from(output: Output) -> Self {
        Self::Output(output, Vec::new())
    }
}

impl From<FromSession> for Action {
    fn from(message: FromSession) -> Self {
        Self::Output(Output::Page { message }, Vec::new())
    }
}
