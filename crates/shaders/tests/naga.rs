//! Every linked shader is valid plain WGSL, and its structs lie as the Rust structs do.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use p2c2r_shaders::{StructLayout, TRACE_TILE, TRACE_TILE_WORKGROUP, mirrored_structs};

/// The linked shaders with their entry points.
const SHADERS: [(&str, &str); 1] = [("trace_tile", TRACE_TILE)];

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
    for (name, source) in SHADERS {
        let module = parsed(name, source);
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        if let Err(error) = validator.validate(&module) {
            panic!("{name}: {}", error.emit_to_string(source));
        }
        assert_eq!(module.entry_points.len(), 1, "{name} has one entry point");
        assert_eq!(module.entry_points[0].name, name);
    }
}

#[test]
fn workgroup_size_is_the_one_that_the_host_counts_with() {
    let module = parsed("trace_tile", TRACE_TILE);
    assert_eq!(module.entry_points[0].workgroup_size, [TRACE_TILE_WORKGROUP, 1, 1]);
}

#[test]
fn bindings_stay_within_webgpu_defaults() {
    for (name, source) in SHADERS {
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
    let module = parsed("trace_tile", TRACE_TILE);
    for StructLayout { name, size_bytes, fields } in mirrored_structs() {
        let ty = find_struct(&module, name).unwrap_or_else(|| panic!("no WGSL struct {name}"));
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
