//! Every linked shader is valid plain WGSL, and its structs lie as the Rust structs do.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use p2c2r_shaders::{KERNELS, StructLayout, WORKGROUP_SIZE_ID, mirrored_structs};

/// All linked texts with their entry points and what they may use.
fn shaders() -> Vec<(&'static str, &'static str, Capabilities)> {
    let mut shaders = Vec::new();
    for kernel in KERNELS {
        shaders.push((kernel.entry_point, kernel.text, Capabilities::empty()));
        if let Some(text) = kernel.variant_text {
            shaders.push((kernel.entry_point, text, variant_capabilities(text)));
        }
    }
    shaders
}

/// Subgroups, where a variant is for devices that have them.
fn variant_capabilities(text: &str) -> Capabilities {
    if text.contains("subgroup") { Capabilities::SUBGROUP } else { Capabilities::empty() }
}

fn parsed(name: &str, source: &str) -> naga::Module {
    naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(source)))
}

/// The struct whose linked name ends with the mirrored one's.
fn find_struct<'a>(module: &'a naga::Module, name: &str) -> Option<&'a naga::Type> {
    module.types.iter().map(|(_, ty)| ty).find(|ty| {
        let linked = ty.name.as_deref().unwrap_or_default();
        matches!(ty.inner, naga::TypeInner::Struct { .. })
            && linked.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    })
}

#[test]
fn every_shader_is_valid_with_no_capability_beyond_webgpu() {
    for (name, source, capabilities) in shaders() {
        let module = parsed(name, source);
        let mut validator = Validator::new(ValidationFlags::all(), capabilities);
        validator
            .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
            .subgroup_operations(naga::valid::SubgroupOperationSet::all());
        if let Err(error) = validator.validate(&module) {
            panic!("{name}: {}", error.emit_to_string(source));
        }
        assert_eq!(module.entry_points.len(), 1, "{name} has one entry point");
        assert_eq!(module.entry_points[0].name, name);
    }
}

#[test]
fn workgroup_size_is_left_to_the_host() {
    for (name, source, _) in shaders() {
        let module = parsed(name, source);
        let is_sized_here = module.entry_points[0].workgroup_size_overrides.is_none();
        assert_eq!(is_sized_here, name == "wave_arrange", "{name}");
        // naga makes nameless ones for the sizes of workgroup arrays.
        let ids: Vec<_> = module.overrides.iter().filter_map(|(_, value)| value.id).collect();
        assert_eq!(ids, [WORKGROUP_SIZE_ID.parse().unwrap()], "{name}");
    }
}

#[test]
fn bindings_stay_within_webgpu_defaults() {
    for (name, source, _) in shaders() {
        let module = parsed(name, source);
        let storage = module
            .global_variables
            .iter()
            .filter(|(_, variable)| matches!(variable.space, naga::AddressSpace::Storage { .. }));
        assert!(storage.count() <= 8, "{name}: too many storage buffers");
    }
}

#[test]
fn structs_lie_in_wgsl_as_in_rust() {
    let modules = KERNELS.map(|kernel| parsed(kernel.entry_point, kernel.text));
    for StructLayout { name, size_bytes, fields } in mirrored_structs() {
        let ty = modules.iter().find_map(|module| find_struct(module, name));
        let ty = ty.unwrap_or_else(|| panic!("no WGSL struct {name}"));
        let naga::TypeInner::Struct { members, span } = &ty.inner else {
            panic!("{name} is no struct");
        };
        assert_eq!(*span as usize, size_bytes, "size of {name}");
        let found: Vec<_> = members
            .iter()
            .map(|member| (member.name.as_deref().unwrap_or_default(), member.offset as usize))
            .collect();
        assert_eq!(found, fields, "fields of {name}");
    }
}
