//! The outer layers: .glb chunks, the JSON text, buffers and what lies in them.

use std::collections::BTreeMap;

use super::error::{ImportError, at};
use super::resolver::{ResourceResolver, read_uri};
use super::schema::Document;
use crate::ImportLimits;
use crate::source::warn;

const GLB_MAGIC: &[u8; 4] = b"glTF";
const JSON_CHUNK: u32 = 0x4e4f_534a;
const BINARY_CHUNK: u32 = 0x004e_4942;

/// Extensions that change nothing we do not handle.
const SUPPORTED_EXTENSIONS: [&str; 17] = [
    "EXT_meshopt_compression",
    "EXT_texture_webp",
    "KHR_draco_mesh_compression",
    "KHR_lights_punctual",
    "KHR_materials_anisotropy",
    "KHR_materials_clearcoat",
    "KHR_materials_dispersion",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_iridescence",
    "KHR_materials_sheen",
    "KHR_materials_specular",
    "KHR_materials_transmission",
    "KHR_materials_unlit",
    "KHR_materials_volume",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
];

/// A parsed file with its buffers.
pub(super) struct File<'a> {
    pub(super) document: Document,
    pub(super) buffers: Vec<Vec<u8>>,
    /// What compressed buffer views decompress to, by their index.
    decompressed: BTreeMap<usize, Vec<u8>>,
    pub(super) resolver: &'a dyn ResourceResolver,
    pub(super) limits: &'a ImportLimits,
    /// Bytes that files may still have.
    pub(super) bytes_left: u64,
    pub(super) warnings: Vec<String>,
}

impl<'a> File<'a> {
    /// Parses the root and reads the buffers.
    pub(super) fn open(
        root: &[u8],
        resolver: &'a dyn ResourceResolver,
        limits: &'a ImportLimits,
    ) -> Result<Self, ImportError> {
        let (found, limit) = (root.len() as u64, limits.max_bytes as u64);
        let bytes_left = limit.checked_sub(found).ok_or(ImportError::TooMuch {
            what: "bytes of the file",
            found,
            limit,
        })?;
        let (json, binary) = split_glb(root)?;
        let document: Document = serde_json::from_slice(json).map_err(|error| {
            let reason = error.to_string();
            ImportError::Json { line: error.line(), column: error.column(), reason }
        })?;
        let mut file = Self {
            document,
            buffers: Vec::new(),
            decompressed: BTreeMap::new(),
            resolver,
            limits,
            bytes_left,
            warnings: Vec::new(),
        };
        file.check_version()?;
        file.check_extensions()?;
        file.read_buffers(binary)?;
        file.decompress_views()?;
        Ok(file)
    }

    fn check_version(&self) -> Result<(), ImportError> {
        let asset = &self.document.asset;
        let version = asset.min_version.as_ref().unwrap_or(&asset.version);
        if version != "2.0" {
            return Err(ImportError::Version(version.clone()));
        }
        Ok(())
    }

    fn check_extensions(&mut self) -> Result<(), ImportError> {
        let is_unknown = |name: &&String| !SUPPORTED_EXTENSIONS.contains(&name.as_str());
        if let Some(name) = self.document.extensions_required.iter().find(is_unknown) {
            return Err(ImportError::RequiredExtension(name.clone()));
        }
        for name in self.document.extensions_used.iter().filter(is_unknown) {
            warn(&mut self.warnings, format!("extension {name} is ignored"));
        }
        Ok(())
    }

    fn read_buffers(&mut self, binary: Option<&[u8]>) -> Result<(), ImportError> {
        for index in 0..self.document.buffers.len() {
            let place = || format!("buffer {index}");
            let buffer = &self.document.buffers[index];
            let length = buffer.byte_length;
            let is_stand_in = buffer.extensions.meshopt.as_ref().is_some_and(|m| m.fallback);
            if is_stand_in && buffer.uri.is_none() {
                // All its views must be compressed ones; others lie outside of nothing.
                self.buffers.push(Vec::new());
                continue;
            }
            let mut bytes = match (&buffer.uri, binary) {
                (Some(uri), _) => read_uri(uri, &place, self.resolver, self.bytes_left)?,
                (None, Some(binary)) if index == 0 => binary.to_vec(),
                (None, _) => return Err(ImportError::form(place(), "has no URI and no data")),
            };
            self.bytes_left = self.bytes_left.saturating_sub(bytes.len() as u64);
            let found = bytes.len() as u64;
            if found < length {
                return Err(ImportError::Range {
                    place: place(),
                    start: 0,
                    end: length,
                    length: found,
                });
            }
            // A chunk may be padded; nothing may lie in the padding.
            bytes.truncate(length as usize);
            self.buffers.push(bytes);
        }
        Ok(())
    }

    /// Decompresses every compressed view; what they come to counts as bytes of the file.
    fn decompress_views(&mut self) -> Result<(), ImportError> {
        for (index, view) in self.document.buffer_views.iter().enumerate() {
            let Some(compressed) = &view.extensions.meshopt else { continue };
            let place = || format!("buffer view {index}");
            let found = compressed.decoded_bytes();
            self.bytes_left = self.bytes_left.checked_sub(found).ok_or(ImportError::TooMuch {
                what: "bytes of decompressed buffer views",
                found,
                limit: self.bytes_left,
            })?;
            let buffer = at(&self.buffers, compressed.buffer, "buffer", place)?;
            let start = compressed.byte_offset;
            let bytes = range(buffer, start, compressed.byte_length, &place)?;
            let decoded = compressed
                .decode(bytes)
                .map_err(|reason| ImportError::form(place(), format!("meshopt: {reason}")))?;
            self.decompressed.insert(index, decoded);
        }
        Ok(())
    }

    /// The bytes of a buffer view from `offset` on.
    pub(super) fn view_bytes(
        &self,
        view: usize,
        offset: u64,
        place: impl Fn() -> String,
    ) -> Result<&[u8], ImportError> {
        let record = at(&self.document.buffer_views, view, "buffer view", &place)?;
        let here = || format!("buffer view {view}");
        let bytes = match self.decompressed.get(&view) {
            Some(bytes) => bytes,
            None => {
                let buffer = at(&self.buffers, record.buffer, "buffer", here)?;
                range(buffer, record.byte_offset, record.byte_length, &here)?
            }
        };
        let outside = || ImportError::Range {
            place: place(),
            start: offset,
            end: offset,
            length: bytes.len() as u64,
        };
        usize::try_from(offset).ok().and_then(|o| bytes.get(o..)).ok_or_else(outside)
    }
}

/// A part of a buffer.
fn range<'a>(
    buffer: &'a [u8],
    start: u64,
    byte_length: u64,
    place: &dyn Fn() -> String,
) -> Result<&'a [u8], ImportError> {
    let length = buffer.len() as u64;
    let end = start.saturating_add(byte_length);
    if end > length {
        return Err(ImportError::Range { place: place(), start, end, length });
    }
    Ok(&buffer[start as usize..end as usize])
}

/// The JSON and the binary chunk; a root that is no .glb is all JSON.
fn split_glb(root: &[u8]) -> Result<(&[u8], Option<&[u8]>), ImportError> {
    let Some(after_magic) = root.strip_prefix(GLB_MAGIC) else {
        return Ok((root, None));
    };
    let (version, rest) = read_u32(after_magic, "the header is cut off")?;
    if version != 2 {
        return Err(ImportError::Version(version.to_string()));
    }
    let (length, _) = read_u32(rest, "the header is cut off")?;
    let content = usize::try_from(length).ok().and_then(|length| root.get(12..length));
    let content = content.ok_or(ImportError::Container("it is shorter than its header says"))?;
    let (json, rest) = read_chunk(content, JSON_CHUNK, "the first chunk is not JSON")?;
    if rest.is_empty() {
        return Ok((json, None));
    }
    let (binary, _) = read_chunk(rest, BINARY_CHUNK, "the second chunk is not binary data")?;
    Ok((json, Some(binary)))
}

fn read_chunk<'a>(
    bytes: &'a [u8],
    kind: u32,
    wrong_kind: &'static str,
) -> Result<(&'a [u8], &'a [u8]), ImportError> {
    const CUT: &str = "a chunk is cut off";
    let (length, rest) = read_u32(bytes, CUT)?;
    let (found, rest) = read_u32(rest, CUT)?;
    if found != kind {
        return Err(ImportError::Container(wrong_kind));
    }
    let length = usize::try_from(length).map_err(|_| ImportError::Container(CUT))?;
    rest.split_at_checked(length).ok_or(ImportError::Container(CUT))
}

fn read_u32<'a>(bytes: &'a [u8], cut: &'static str) -> Result<(u32, &'a [u8]), ImportError> {
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(ImportError::Container(cut))?;
    Ok((u32::from_le_bytes(*head), rest))
}
