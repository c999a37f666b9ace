//! The linked kernels, each with its variants.

/// A kernel: one entry point, linked with each feature that changes its text.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    /// Name of the entry point, and of the file that holds it.
    pub entry_point: &'static str,
    /// The WGSL text that needs nothing but WebGPU's defaults.
    pub text: &'static str,
    /// The same kernel in another form: see the constant's own words.
    pub variant_text: Option<&'static str>,
}

macro_rules! linked {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $name, ".wgsl"))
    };
}

/// Traces a slice of the paths of a tile from camera to end and adds them to the film: the
/// megakernel. The variant keeps the first entries of the stack in workgroup memory.
pub const TRACE_TILE: Kernel = Kernel {
    entry_point: "trace_tile",
    text: linked!("trace_tile"),
    variant_text: Some(linked!("trace_tile_workgroup_stack")),
};

/// Begins a batch of paths. The variant appends to queues with subgroup arithmetic.
pub const WAVE_GENERATE: Kernel = Kernel {
    entry_point: "wave_generate",
    text: linked!("wave_generate"),
    variant_text: Some(linked!("wave_generate_subgroups")),
};

/// Finds what queued rays hit, those of paths and shadow rays. The variant is that of [`TRACE_TILE`].
pub const WAVE_TRACE: Kernel = Kernel {
    entry_point: "wave_trace",
    text: linked!("wave_trace"),
    variant_text: Some(linked!("wave_trace_workgroup_stack")),
};

/// Shades hits and queues what follows. The variant is that of [`WAVE_GENERATE`].
pub const WAVE_SHADE: Kernel = Kernel {
    entry_point: "wave_shade",
    text: linked!("wave_shade"),
    variant_text: Some(linked!("wave_shade_subgroups")),
};

/// Hands the queues on from one vertex to the next; one invocation.
pub const WAVE_ARRANGE: Kernel =
    Kernel { entry_point: "wave_arrange", text: linked!("wave_arrange"), variant_text: None };

/// Adds a batch to the film.
pub const WAVE_FINISH: Kernel =
    Kernel { entry_point: "wave_finish", text: linked!("wave_finish"), variant_text: None };

/// Looks at the first surfaces of pixels. The variant is that of [`TRACE_TILE`].
pub const AOV_TILE: Kernel = Kernel {
    entry_point: "aov_tile",
    text: linked!("aov_tile"),
    variant_text: Some(linked!("aov_tile_workgroup_stack")),
};

/// Makes the denoiser's guides of what the camera sees first.
pub const DENOISE_GUIDE: Kernel =
    Kernel { entry_point: "denoise_guide", text: linked!("denoise_guide"), variant_text: None };

/// Takes emission, mirrors and albedo off the radiance.
pub const DENOISE_DEMODULATE: Kernel = Kernel {
    entry_point: "denoise_demodulate",
    text: linked!("denoise_demodulate"),
    variant_text: None,
};

/// Joins the light with that of earlier pictures.
pub const DENOISE_HISTORY: Kernel =
    Kernel { entry_point: "denoise_history", text: linked!("denoise_history"), variant_text: None };

/// Estimates the light's variance.
pub const DENOISE_VARIANCE: Kernel = Kernel {
    entry_point: "denoise_variance",
    text: linked!("denoise_variance"),
    variant_text: None,
};

/// One level of the denoiser's wavelet.
pub const DENOISE_WAVELET: Kernel =
    Kernel { entry_point: "denoise_wavelet", text: linked!("denoise_wavelet"), variant_text: None };

/// Makes radiance of the smoothed light.
pub const DENOISE_REMODULATE: Kernel = Kernel {
    entry_point: "denoise_remodulate",
    text: linked!("denoise_remodulate"),
    variant_text: None,
};

/// All kernels.
pub const KERNELS: [Kernel; 13] = [
    TRACE_TILE,
    WAVE_GENERATE,
    WAVE_TRACE,
    WAVE_SHADE,
    WAVE_ARRANGE,
    WAVE_FINISH,
    AOV_TILE,
    DENOISE_GUIDE,
    DENOISE_DEMODULATE,
    DENOISE_HISTORY,
    DENOISE_VARIANCE,
    DENOISE_WAVELET,
    DENOISE_REMODULATE,
];

/// Key of the constant that sets the invocations of a workgroup when a pipeline is made.
pub const WORKGROUP_SIZE_ID: &str = "0";

/// Words of a path in flight.
pub const PATH_WORDS: u64 = 4 * PATH_FIELDS;

/// Rows of four words that a path in flight takes.
pub const PATH_FIELDS: u64 = 11;

/// Words in front of the queues.
pub const QUEUE_HEADER_WORDS: u64 = 8;

/// Queues of the wavefront, each as long as there are paths in flight.
pub const QUEUES: u64 = 3;

/// Bytes of the dispatch sizes: of the kernel that follows rays, then of the kernel that shades paths.
pub const DISPATCH_BYTES: u64 = 24;

/// Where the rays' dispatch size lies, in bytes.
pub const DISPATCH_RAYS: u64 = 0;

/// Where the paths' dispatch size lies, in bytes.
pub const DISPATCH_PATHS: u64 = 12;
