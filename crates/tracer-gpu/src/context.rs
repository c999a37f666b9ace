//! Choosing an adapter, and a device that has shown a known picture.

use std::time::Duration;

use crate::layouts::Layouts;
use crate::pipeline::Kernels;
use crate::submit::DeviceReports;
use crate::{GpuError, TuneChoice, probe};

/// Time since any fixed moment; the caller's, since this crate reads no clock.
pub type Clock = fn() -> Duration;

/// Bindings larger than this are not asked for, whatever the adapter offers.
const MAX_BINDING_BYTES: u64 = 1 << 30;

/// Counts up whenever the kernels change so much that old choices say nothing.
const TUNE_VERSION: u32 = 2;

/// A driver's own words are cut at this length.
const MAX_TUNE_KEY_CHARS: usize = 300;

/// Names of adapters that run on the CPU and may not say so.
const SOFTWARE_NAMES: [&str; 5] =
    ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "microsoft basic render"];

/// Where the caller keeps what was found best on an adapter; this crate touches no files.
#[derive(Debug, Clone, Copy)]
pub struct TuneMemory {
    /// The choice kept under a key, if there is one.
    pub recall: fn(key: &str) -> Option<TuneChoice>,
    /// Keeps a choice under a key.
    pub keep: fn(key: &str, choice: TuneChoice),
}

/// How to choose an adapter, and kernels for it.
#[derive(Debug, Clone, Copy)]
pub struct GpuOptions {
    /// Whether an adapter that runs on the CPU will do.
    pub allow_software: bool,
    /// Measures how long slices take.
    pub clock: Clock,
    /// With a memory, an adapter that is not in it is tuned on the first scene; without, never.
    pub memory: Option<TuneMemory>,
}

/// A device that is ready to trace; clones share it.
#[derive(Debug, Clone)]
pub struct GpuContext {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) layouts: Layouts,
    pub(crate) reports: DeviceReports,
    pub(crate) options: GpuOptions,
    /// The kernels in use; none before the first probe.
    pub(crate) kernels: Option<Kernels>,
    /// Whether the kernels were measured against others, now or in an earlier run.
    pub(crate) is_tuned: bool,
    adapter_name: String,
    tune_key: String,
    is_software: bool,
}

impl GpuContext {
    /// Finds an adapter, makes a device, compiles kernels for it and checks a known picture.
    pub async fn request(options: GpuOptions) -> Result<Self, GpuError> {
        let mut context = Self::without_kernels(options).await?;
        let recalled = options
            .memory
            .and_then(|memory| (memory.recall)(&context.tune_key))
            .filter(|choice| choice.is_possible(context.has_subgroups()));
        if let Some(choice) = recalled
            && context.adopt(choice).await.is_ok()
        {
            context.is_tuned = true;
            return Ok(context);
        }
        // A kept choice that fails is as good as none: the driver may have changed under its name.
        let first = TuneChoice::first(context.is_software);
        if context.adopt(first).await.is_err() {
            context.adopt(TuneChoice::DEFAULT).await?;
        }
        Ok(context)
    }

    /// The same with kernels that are known to be right for the adapter.
    pub(crate) async fn request_with(
        options: GpuOptions,
        choice: TuneChoice,
    ) -> Result<Self, GpuError> {
        let mut context = Self::without_kernels(options).await?;
        context.adopt(choice).await?;
        context.is_tuned = true;
        Ok(context)
    }

    /// A device that cannot trace yet.
    async fn without_kernels(options: GpuOptions) -> Result<Self, GpuError> {
        let adapter = best_adapter().await?;
        let info = adapter.get_info();
        let adapter_name = name_of(&info);
        let is_software = is_software(&info);
        if is_software && !options.allow_software {
            return Err(GpuError::SoftwareAdapter(adapter_name));
        }
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("p2c2r"),
                required_features: adapter.features() & wgpu::Features::SUBGROUP,
                required_limits: limits(&adapter.limits()),
                ..Default::default()
            })
            .await
            .map_err(|error| GpuError::NoDevice {
                name: adapter_name.clone(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            layouts: Layouts::new(&device),
            reports: DeviceReports::of(&device),
            device,
            queue,
            options,
            kernels: None,
            is_tuned: false,
            tune_key: tune_key(&info),
            adapter_name,
            is_software,
        })
    }

    /// Compiles the kernels of a choice and uses them from now on, if they draw the probe rightly.
    pub(crate) async fn adopt(&mut self, choice: TuneChoice) -> Result<(), GpuError> {
        let mut candidate = self.clone();
        candidate.kernels = Some(Kernels::new(self, choice).await?);
        probe::check(&candidate).await?;
        self.kernels = candidate.kernels;
        Ok(())
    }

    /// The kernels in use.
    pub(crate) fn kernels(&self) -> Result<&Kernels, GpuError> {
        self.kernels.as_ref().ok_or_else(|| GpuError::Refused("there are no kernels".to_owned()))
    }

    /// Which kernels are in use.
    pub fn choice(&self) -> TuneChoice {
        self.kernels.as_ref().map_or(TuneChoice::DEFAULT, |kernels| kernels.choice)
    }

    /// Whether the device has subgroup arithmetic.
    pub fn has_subgroups(&self) -> bool {
        self.device.features().contains(wgpu::Features::SUBGROUP)
    }

    /// Names the adapter, its driver and this version: choices are kept under it.
    pub fn tune_key(&self) -> &str {
        &self.tune_key
    }

    /// The adapter's name, or its backend where the browser hides the name.
    pub fn adapter_name(&self) -> &str {
        &self.adapter_name
    }

    /// Whether the adapter runs on the CPU.
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// Fails if the device was lost or refused a command.
    pub fn check(&self) -> Result<(), GpuError> {
        self.reports.check()
    }
}

/// The fastest adapter there is.
async fn best_adapter() -> Result<wgpu::Adapter, GpuError> {
    let mut descriptor = wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    };
    // Only our own kernel writes dispatch sizes, within WebGPU's limit; checking each costs a dispatch.
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    wgpu::Instance::new(descriptor)
        .request_adapter(&wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        })
        .await
        .map_err(|error| GpuError::NoAdapter(error.to_string()))
}

/// WebGPU's defaults, with larger bindings where the adapter has them.
fn limits(adapter: &wgpu::Limits) -> wgpu::Limits {
    let defaults = wgpu::Limits::default();
    let raised = |default: u64, offered: u64| default.max(offered.min(MAX_BINDING_BYTES));
    wgpu::Limits {
        max_storage_buffer_binding_size: raised(
            defaults.max_storage_buffer_binding_size,
            adapter.max_storage_buffer_binding_size,
        ),
        max_buffer_size: raised(defaults.max_buffer_size, adapter.max_buffer_size),
        ..defaults
    }
}

fn name_of(info: &wgpu::AdapterInfo) -> String {
    if info.name.is_empty() { format!("{:?} adapter", info.backend) } else { info.name.clone() }
}

/// Everything that may change which kernels are best.
fn tune_key(info: &wgpu::AdapterInfo) -> String {
    let wgpu::AdapterInfo { vendor, device, driver, driver_info, backend, .. } = info;
    let name = name_of(info);
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "{name}|{vendor:x}:{device:x}|{backend:?}|{driver}|{driver_info}|{version}.{TUNE_VERSION}"
    );
    text.chars().filter(|c| !c.is_control()).take(MAX_TUNE_KEY_CHARS).collect()
}

fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = format!("{} {}", info.name, info.driver).to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu
        || SOFTWARE_NAMES.iter().any(|software| name.contains(software))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str, device_type: wgpu::DeviceType) -> wgpu::AdapterInfo {
        let mut info = wgpu::AdapterInfo::new(device_type, wgpu::Backend::Vulkan);
        info.name = name.to_owned();
        info
    }

    #[test]
    fn software_adapters_are_known_by_kind_or_by_name() {
        assert!(is_software(&info("anything", wgpu::DeviceType::Cpu)));
        assert!(is_software(&info("Google SwiftShader", wgpu::DeviceType::Other)));
        assert!(is_software(&info("llvmpipe (LLVM 15.0.6, 256 bits)", wgpu::DeviceType::Other)));
        assert!(!is_software(&info("NVIDIA H200", wgpu::DeviceType::DiscreteGpu)));
    }

    #[test]
    fn limits_never_ask_for_more_than_the_adapter_has() {
        let small = wgpu::Limits::default();
        assert_eq!(limits(&small), small);
        let large = wgpu::Limits { max_storage_buffer_binding_size: 1 << 40, ..small.clone() };
        assert_eq!(limits(&large).max_storage_buffer_binding_size, MAX_BINDING_BYTES);
    }
}
