//! The denoiser's arrays on the device, four words a pixel, and how they get there and back.

use p2c2r_frame::{AovPixel, Aovs};
use p2c2r_scene::math::{Vec3, luminance};

use crate::submit::read_words;
use crate::{GpuContext, GpuError};

/// What a pixel takes of each array.
pub(super) const PIXEL_BYTES: u64 = 16;

/// Pixels that are brought to the device at once, to bound what is copied on the way.
const UPLOAD_PIXELS: usize = 1 << 16;

/// What goes into one array of a pixel.
type Part = fn(&AovPixel) -> [f32; 4];

/// A picture and its surfaces, of the same size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// Means of the film.
    pub(super) radiance: &'a [[f32; 3]],
    /// What the camera sees first.
    pub(super) aovs: &'a Aovs,
}

/// What a picture leaves to the next.
#[derive(Debug)]
pub(super) struct Kept {
    /// Its size.
    pub(super) size_px: [u32; 2],
    /// Light before the wavelet and of how many samples it is.
    pub(super) lights: wgpu::Buffer,
    /// Normal and depth.
    pub(super) shapes: wgpu::Buffer,
    /// Slopes and ids.
    pub(super) steps: wgpu::Buffer,
}

/// What the host fills; each name is that of `denoise_bindings.wesl`.
#[derive(Debug)]
pub(super) struct Uploads {
    pub(super) seen_shapes: wgpu::Buffer,
    pub(super) seen_paints: wgpu::Buffer,
    pub(super) seen_marks: wgpu::Buffer,
    pub(super) radiances: wgpu::Buffer,
    pub(super) sampled_albedos: wgpu::Buffer,
    pub(super) sampled_emissions: wgpu::Buffer,
    pub(super) emissions: wgpu::Buffer,
    pub(super) mirrored: wgpu::Buffer,
}

/// The arrays of pictures of one size that nobody needs between two pictures.
#[derive(Debug)]
pub(super) struct Arrays {
    size_px: [u32; 2],
    /// From the host.
    pub(super) uploads: Uploads,
    /// Albedo of the guides.
    pub(super) paints: wgpu::Buffer,
    /// What is mirrored, smoothed.
    pub(super) mirrors: wgpu::Buffer,
    /// Light on its way: kernels read one and write the other.
    pub(super) work: [wgpu::Buffer; 2],
    /// What the host reads.
    readable: wgpu::Buffer,
}

/// What is known of pictures beyond their end.
#[derive(Debug)]
pub(super) struct Memory {
    /// Of this picture.
    pub(super) current: Kept,
    /// Of the one before.
    pub(super) previous: Option<Kept>,
    /// Arrays that nobody needs.
    spare: Option<Kept>,
    next: Next,
}

/// What the next picture is to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It comes after it.
    Follows,
    /// It is the same with more samples.
    Again,
    /// They have nothing to do with each other.
    Unknown,
}

impl Arrays {
    /// Those of another picture if they fit, filled with this one.
    pub(super) fn with(earlier: Option<Self>, context: &GpuContext, inputs: &Inputs<'_>) -> Self {
        let size_px = inputs.size_px();
        let fitting = earlier.filter(|earlier| earlier.size_px == size_px);
        let arrays = fitting.unwrap_or_else(|| Self::new(context, size_px));
        arrays.uploads.fill(context, inputs);
        arrays
    }

    fn new(context: &GpuContext, size_px: [u32; 2]) -> Self {
        let array = |label| array(context, label, size_px);
        let readable = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("denoised picture for reading"),
            size: bytes_of(size_px),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            size_px,
            uploads: Uploads::new(context, size_px),
            paints: array("paints"),
            mirrors: array("mirrors"),
            work: [array("light"), array("light")],
            readable,
        }
    }

    /// Reads the array that the last pass wrote.
    pub(super) async fn read(&self, context: &GpuContext) -> Result<Vec<[f32; 3]>, GpuError> {
        let bytes = bytes_of(self.size_px);
        let mut encoder = context.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.work[1], 0, &self.readable, 0, bytes);
        context.queue.submit([encoder.finish()]);
        let words = read_words(&context.device, &self.readable, bytes).await?;
        context.reports.check()?;
        let channel = |word: u32| f32::from_bits(word);
        Ok(words.chunks_exact(4).map(|pixel| [0, 1, 2].map(|at| channel(pixel[at]))).collect())
    }
}

impl Memory {
    /// For a picture of this size, after what another one left.
    pub(super) fn after(earlier: Option<Self>, context: &GpuContext, size_px: [u32; 2]) -> Self {
        let (previous, mut free) = match earlier {
            None => (None, vec![]),
            Some(Self { current, previous, spare, next }) => match next {
                Next::Follows => (Some(current), vec![previous, spare]),
                Next::Again => (previous, vec![Some(current), spare]),
                Next::Unknown => (None, vec![Some(current), previous]),
            },
        };
        let fitting = |kept: &mut Option<Kept>| kept.take_if(|kept| kept.size_px == size_px);
        let current = free.iter_mut().find_map(fitting);
        let current = current.unwrap_or_else(|| Kept::new(context, size_px));
        let spare = free.iter_mut().find_map(fitting);
        Self { current, previous, spare, next: Next::Follows }
    }

    /// The next picture has no previous one.
    pub(super) const fn forget(&mut self) {
        self.next = Next::Unknown;
    }

    /// The next picture is this one with more samples. After pictures were forgotten that changes nothing.
    pub(super) fn again(&mut self) {
        if self.next == Next::Follows {
            self.next = Next::Again;
        }
    }

    /// Gives back what no picture needs.
    pub(super) fn rest(&mut self) {
        self.spare = None;
    }
}

impl Inputs<'_> {
    /// Columns and rows.
    pub(super) const fn size_px(&self) -> [u32; 2] {
        [self.aovs.rect.width, self.aovs.rect.height]
    }
}

impl Kept {
    /// Pixels of the picture.
    pub(super) const fn pixel_count(&self) -> u32 {
        let [width, height] = self.size_px;
        width * height
    }

    fn new(context: &GpuContext, size_px: [u32; 2]) -> Self {
        let array = |label| array(context, label, size_px);
        Self { size_px, lights: array("lights"), shapes: array("shapes"), steps: array("steps") }
    }
}

impl Uploads {
    fn new(context: &GpuContext, size_px: [u32; 2]) -> Self {
        let array = |label| array(context, label, size_px);
        Self {
            seen_shapes: array("seen shapes"),
            seen_paints: array("seen paints"),
            seen_marks: array("seen marks"),
            radiances: array("radiances"),
            sampled_albedos: array("sampled albedos"),
            sampled_emissions: array("sampled emissions"),
            emissions: array("emissions"),
            mirrored: array("mirrored"),
        }
    }

    fn fill(&self, context: &GpuContext, inputs: &Inputs<'_>) {
        let parts: [(&wgpu::Buffer, Part); 6] = [
            (&self.seen_shapes, |pixel| row(pixel.normal, pixel.depth)),
            (&self.seen_paints, |pixel| row(pixel.albedo, luminance(Vec3::from(pixel.emission)))),
            (&self.sampled_albedos, |pixel| row(pixel.sampled_albedo, 0.0)),
            (&self.sampled_emissions, |pixel| row(pixel.sampled_emission, 0.0)),
            (&self.emissions, |pixel| row(pixel.emission, 0.0)),
            (&self.mirrored, |pixel| row(pixel.mirrored, pixel.mirrored_variance)),
        ];
        for (buffer, part) in parts {
            write(context, buffer, &inputs.aovs.pixels, part);
        }
        write(context, &self.radiances, inputs.radiance, |&radiance| row(radiance, 0.0));
        write(context, &self.seen_marks, &inputs.aovs.pixels, |pixel| {
            let [x, y] = pixel.motion_px.map(f32::to_bits);
            [x, y, pixel.material, pixel.instance]
        });
    }
}

fn row([x, y, z]: [f32; 3], w: f32) -> [f32; 4] {
    [x, y, z, w]
}

fn write<S, T: bytemuck::Pod>(
    context: &GpuContext,
    buffer: &wgpu::Buffer,
    pixels: &[S],
    part: impl Fn(&S) -> [T; 4],
) {
    for (index, pixels) in pixels.chunks(UPLOAD_PIXELS).enumerate() {
        let rows: Vec<[T; 4]> = pixels.iter().map(&part).collect();
        let offset = (index * UPLOAD_PIXELS) as u64 * PIXEL_BYTES;
        context.queue.write_buffer(buffer, offset, bytemuck::cast_slice(&rows));
    }
}

fn bytes_of([width, height]: [u32; 2]) -> u64 {
    u64::from(width) * u64::from(height) * PIXEL_BYTES
}

fn array(context: &GpuContext, label: &'static str, size_px: [u32; 2]) -> wgpu::Buffer {
    context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes_of(size_px),
        usage: wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_DST
            | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    })
}
