//! Accessors into numbers: every component type, strides, normalized integers and sparse values.

use super::container::File;
use super::error::{ImportError, at};
use super::schema::Accessor;

const SIGNED_BYTE: u32 = 5120;
const BYTE: u32 = 5121;
const SIGNED_SHORT: u32 = 5122;
const SHORT: u32 = 5123;
const INT: u32 = 5125;
const FLOAT: u32 = 5126;

/// A component type that accessors can have.
#[derive(Clone, Copy)]
struct Component {
    bytes: usize,
    /// Reads one component; the slice is at least `bytes` long.
    read: fn(&[u8]) -> f32,
    /// What an integer is divided by if the accessor is normalized.
    one: f32,
}

impl Component {
    fn of(code: u32) -> Option<Self> {
        type Read = fn(&[u8]) -> f32;
        let (bytes, read, one): (usize, Read, f32) = match code {
            SIGNED_BYTE => (1, |b| f32::from(b[0] as i8), 127.0),
            BYTE => (1, |b| f32::from(b[0]), 255.0),
            SIGNED_SHORT => (2, |b| f32::from(i16::from_le_bytes([b[0], b[1]])), 32_767.0),
            SHORT => (2, |b| f32::from(u16::from_le_bytes([b[0], b[1]])), 65_535.0),
            INT => (4, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32, 1.0),
            FLOAT => (4, |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]), 1.0),
            _ => return None,
        };
        Some(Self { bytes, read, one })
    }
}

impl File<'_> {
    /// Number of elements of an accessor, checked against the limit of vertices or indices.
    fn element_count(&self, index: usize, accessor: &Accessor) -> Result<usize, ImportError> {
        // A triangle has three indices, and a scene may have this many triangles.
        let limit = self.limits.content.max_vertices.max(3 * self.limits.content.max_triangles);
        if accessor.count > limit || accessor.count == 0 {
            let place = format!("accessor {index}");
            return Err(ImportError::form(place, format!("{} elements", accessor.count)));
        }
        Ok(accessor.count as usize)
    }

    /// What integers of an accessor are divided by: 1 unless they are normalized.
    pub(super) fn normalization(
        &self,
        index: usize,
        place: impl Fn() -> String,
    ) -> Result<f32, ImportError> {
        let accessor = at(&self.document.accessors, index, "accessor", place)?;
        let component = Component::of(accessor.component_type).filter(|_| accessor.normalized);
        Ok(component.map_or(1.0, |component| component.one))
    }

    /// Elements of N floats.
    pub(super) fn read_vectors<const N: usize>(
        &self,
        index: usize,
        place: impl Fn() -> String,
    ) -> Result<Vec<[f32; N]>, ImportError> {
        let accessor = at(&self.document.accessors, index, "accessor", &place)?;
        let shape = ["SCALAR", "VEC2", "VEC3", "VEC4"][N.clamp(1, 4) - 1];
        let wrong = |reason: String| ImportError::form(format!("accessor {index}"), reason);
        if accessor.shape != shape {
            return Err(wrong(format!("{} where {shape} is needed", accessor.shape)));
        }
        let component = Component::of(accessor.component_type)
            .ok_or_else(|| wrong(format!("component type {}", accessor.component_type)))?;
        let read_element = |bytes: &[u8]| -> [f32; N] {
            std::array::from_fn(|k| {
                let value = (component.read)(&bytes[k * component.bytes..]);
                if !accessor.normalized || component.one == 1.0 {
                    return value;
                }
                let scaled = value / component.one;
                if scaled < -1.0 { -1.0 } else { scaled }
            })
        };
        self.read_elements(index, accessor, N * component.bytes, [0.0; N], read_element)
    }

    /// Elements of one unsigned integer.
    pub(super) fn read_indices(
        &self,
        index: usize,
        place: impl Fn() -> String,
    ) -> Result<Vec<u32>, ImportError> {
        let accessor = at(&self.document.accessors, index, "accessor", &place)?;
        let wrong = |reason: String| ImportError::form(format!("accessor {index}"), reason);
        if accessor.shape != "SCALAR" {
            return Err(wrong(format!("{} where indices are needed", accessor.shape)));
        }
        let (bytes, read) = index_type(accessor.component_type)
            .ok_or_else(|| wrong(format!("component type {}", accessor.component_type)))?;
        self.read_elements(index, accessor, bytes, 0, read)
    }

    fn read_elements<T: Clone>(
        &self,
        index: usize,
        accessor: &Accessor,
        element_bytes: usize,
        zero: T,
        read: impl Fn(&[u8]) -> T,
    ) -> Result<Vec<T>, ImportError> {
        let place = || format!("accessor {index}");
        let count = self.element_count(index, accessor)?;
        let mut elements = match accessor.buffer_view {
            None => vec![zero; count],
            Some(view) => {
                let stride = at(&self.document.buffer_views, view, "buffer view", place)?
                    .byte_stride
                    .unwrap_or(element_bytes as u64);
                let bytes = self.view_bytes(view, accessor.byte_offset, place)?;
                strided(bytes, count, stride, element_bytes, &place)?.map(&read).collect()
            }
        };
        if let Some(sparse) = &accessor.sparse {
            let place = || format!("accessor {index}, sparse");
            let count = sparse.count.min(elements.len() as u64) as usize;
            if count as u64 != sparse.count {
                return Err(ImportError::form(place(), format!("{} values", sparse.count)));
            }
            let indices = &sparse.indices;
            let (index_bytes, read_index) = index_type(indices.component_type)
                .ok_or_else(|| ImportError::form(place(), "component type of its indices"))?;
            let bytes = self.view_bytes(indices.buffer_view, indices.byte_offset, place)?;
            let targets = strided(bytes, count, index_bytes as u64, index_bytes, &place)?;
            let values = &sparse.values;
            let bytes = self.view_bytes(values.buffer_view, values.byte_offset, place)?;
            let stride = element_bytes as u64;
            let values = strided(bytes, count, stride, element_bytes, &place)?;
            for (target, value) in targets.map(read_index).zip(values) {
                let count = elements.len();
                *elements.get_mut(target as usize).ok_or_else(|| ImportError::Index {
                    place: place(),
                    what: "element",
                    found: u64::from(target),
                    count,
                })? = read(value);
            }
        }
        Ok(elements)
    }
}

/// Bytes of an index, and how to read one from at least as many.
type IndexType = (usize, fn(&[u8]) -> u32);

fn index_type(code: u32) -> Option<IndexType> {
    match code {
        BYTE => Some((1, |b| u32::from(b[0]))),
        SHORT => Some((2, |b| u32::from(u16::from_le_bytes([b[0], b[1]])))),
        INT => Some((4, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        _ => None,
    }
}

/// `count` slices of an element each; fails if the last leaves the bytes.
fn strided<'a>(
    bytes: &'a [u8],
    count: usize,
    stride: u64,
    element_bytes: usize,
    place: &dyn Fn() -> String,
) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>, ImportError> {
    let before_last = (count as u64).saturating_sub(1);
    let end = before_last.saturating_mul(stride).saturating_add(element_bytes as u64);
    if count > 0 && end > bytes.len() as u64 {
        let length = bytes.len() as u64;
        return Err(ImportError::Range { place: place(), start: 0, end, length });
    }
    if stride < element_bytes as u64 {
        return Err(ImportError::form(
            place(),
            format!("elements overlap at a stride of {stride}"),
        ));
    }
    // The stride fits: it is below the length, or there is at most one element.
    let stride = usize::try_from(stride).unwrap_or(usize::MAX);
    Ok((0..count).map(move |k| &bytes[k * stride..][..element_bytes]))
}
