//! Choosing an adapter, and a device that has shown a known picture.

use std::time::Duration;

use crate::pipeline::Pipelines;
use crate::submit::DeviceReports;
use crate::{GpuError, probe};

/// Time since any fixed moment; the caller's, since this crate reads no clock.
pub type Clock = fn() -> Duration;

/// Bindings larger than this are not asked for, whatever the adapter offers.
const MAX_BINDING_BYTES: u64 = 1 << 30;

/// Names of adapters that run on the CPU and may not say so.
const SOFTWARE_NAMES: [&str; 5] =
    ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "microsoft basic render"];

/// How to choose an adapter.
#[derive(Debug, Clone, Copy)]
pub struct GpuOptions {
    /// Whether an adapter that runs on the CPU will do.
    pub allow_software: bool,
    /// Measures how long slices take.
    pub clock: Clock,
}

/// A device that is ready to trace; clones share it.
#[derive(Debug, Clone)]
pub struct GpuContext {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) pipelines: Pipelines,
    pub(crate) reports: DeviceReports,
    pub(crate) options: GpuOptions,
    adapter_name: String,
    is_software: bool,
}

impl GpuContext {
    /// Finds an adapter, makes a device, compiles the kernel and checks a known picture.
    pub async fn request(options: GpuOptions) -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|error| GpuError::NoAdapter(error.to_string()))?;
        let info = adapter.get_info();
        let adapter_name = name_of(&info);
        let is_software = is_software(&info);
        if is_software && !options.allow_software {
            return Err(GpuError::SoftwareAdapter(adapter_name));
        }
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("p2c2r"),
                required_limits: limits(&adapter.limits()),
                ..Default::default()
            })
            .await
            .map_err(|error| GpuError::NoDevice {
                name: adapter_name.clone(),
                reason: error.to_string(),
            })?;
        let reports = DeviceReports::of(&device);
        let pipelines = Pipelines::new(&device);
        let context =
            Self { device, queue, pipelines, reports, options, adapter_name, is_software };
        probe::check(&context).await?;
        Ok(context)
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
