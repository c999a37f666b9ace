//! Waiting for the GPU: natively by polling the device, in a browser by its promises.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures::channel::oneshot;

use crate::GpuError;

/// No wait for the GPU is longer than this natively; browsers have a watchdog of their own.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What the device reported out of band.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeviceReports {
    first: Arc<Mutex<Option<GpuError>>>,
}

impl DeviceReports {
    /// Listens to a device; without this, wgpu panics on errors.
    pub(crate) fn of(device: &wgpu::Device) -> Self {
        let reports = Self::default();
        let on_lost = reports.clone();
        device.set_device_lost_callback(move |reason, message| {
            on_lost.report(GpuError::DeviceLost(format!("{message} ({reason:?})")));
        });
        let on_error = reports.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            on_error.report(match error {
                wgpu::Error::OutOfMemory { source } => GpuError::OutOfMemory(source.to_string()),
                other => GpuError::Refused(other.to_string()),
            });
        }));
        reports
    }

    /// Keeps the first report, except that a loss explains all others.
    pub(crate) fn report(&self, error: GpuError) {
        let mut first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if first.is_none() || matches!(error, GpuError::DeviceLost(_)) {
            *first = Some(error);
        }
    }

    /// Fails if the device reported anything since it was made.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        let first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.clone().map_or(Ok(()), Err)
    }
}

/// Work on its way, and the news of its end.
#[derive(Debug)]
pub(crate) struct Submitted {
    index: wgpu::SubmissionIndex,
    done: oneshot::Receiver<()>,
}

impl Submitted {
    /// Submits an encoder's commands.
    pub(crate) fn new(queue: &wgpu::Queue, encoder: wgpu::CommandEncoder) -> Self {
        let index = queue.submit([encoder.finish()]);
        let (sender, done) = oneshot::channel();
        queue.on_submitted_work_done(move || {
            // The receiver is gone only when nobody waits any more.
            let _ = sender.send(());
        });
        Self { index, done }
    }

    /// Waits until the work is done.
    pub(crate) async fn finished(self, device: &wgpu::Device) -> Result<(), GpuError> {
        wait_for(device, Some(self.index))?;
        self.done.await.map_err(|_| GpuError::DeviceLost("a submit never ended".to_owned()))
    }
}

/// Maps a buffer and gives its words.
pub(crate) async fn read_words(
    device: &wgpu::Device,
    buffer: &wgpu::Buffer,
    bytes: u64,
) -> Result<Vec<u32>, GpuError> {
    let slice = buffer.slice(..bytes);
    let (sender, mapped) = oneshot::channel();
    slice.map_async(wgpu::MapMode::Read, move |result| {
        // As above.
        let _ = sender.send(result);
    });
    wait_for(device, None)?;
    let lost = |reason: String| GpuError::DeviceLost(format!("the film cannot be read: {reason}"));
    mapped
        .await
        .map_err(|_| lost("no answer".to_owned()))?
        .map_err(|error| lost(error.to_string()))?;
    let view = slice.get_mapped_range().map_err(|error| lost(error.to_string()))?;
    let words = bytemuck::pod_collect_to_vec(&view);
    drop(view);
    buffer.unmap();
    Ok(words)
}

/// Drives the device natively; does nothing in a browser, where it drives itself.
fn wait_for(
    device: &wgpu::Device,
    submission_index: Option<wgpu::SubmissionIndex>,
) -> Result<(), GpuError> {
    let poll = wgpu::PollType::Wait { submission_index, timeout: Some(LONGEST_WAIT) };
    device.poll(poll).map(|_| ()).map_err(|error| GpuError::DeviceLost(error.to_string()))
}
