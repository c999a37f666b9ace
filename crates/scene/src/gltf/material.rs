//! Materials, textures and images.

use std::collections::BTreeMap;

use super::container::File;
use super::error::{ImportError, at};
use super::resolver::read_uri;
use super::schema::{self, TextureInfo};
use crate::image::{ImageLimits, image_size, sniff_format};
use crate::math::{Vec3, sin_cos, unit_clamped};
use crate::source::warn;
use crate::{
    AlphaMode, ImageSource, Material, SceneSource, TextureRef, TextureSource, TextureWrap,
};

const NEAREST: u32 = 9728;
const CLAMP_TO_EDGE: u32 = 33071;
const MIRRORED_REPEAT: u32 = 33648;

/// A material, and the set of texture coordinates that its meshes must store.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImportedMaterial {
    pub(super) uv_set: u32,
    pub(super) needs_tangents: bool,
}

/// Adds all images, then all materials with the textures that they use.
pub(super) fn import_materials(
    file: &mut File<'_>,
    scene: &mut SceneSource,
) -> Result<Vec<ImportedMaterial>, ImportError> {
    let image_of_file = import_images(file, scene)?;
    let mut warnings = std::mem::take(&mut file.warnings);
    let mut imported = Vec::new();
    let mut known_textures = BTreeMap::new();
    for (index, record) in file.document.materials.iter().enumerate() {
        let mut importer = MaterialImporter {
            file,
            scene,
            image_of_file: &image_of_file,
            known_textures: &mut known_textures,
            index,
            uv_sets: Vec::new(),
        };
        let material = importer.import(record)?;
        let uv_sets = importer.uv_sets;
        let uv_set = uv_sets.first().copied().unwrap_or(0);
        if uv_sets.iter().any(|&set| set != uv_set) {
            let found = "its textures use several sets of coordinates";
            warn(&mut warnings, format!("material {index}: {found}, {uv_set} is used for all"));
        }
        let needs_tangents = material.needs_tangents();
        scene.materials.push(material);
        imported.push(ImportedMaterial { uv_set, needs_tangents });
    }
    file.warnings = warnings;
    Ok(imported)
}

/// Reads every image that a texture names; for each image of the file its place in the scene.
fn import_images(
    file: &mut File<'_>,
    scene: &mut SceneSource,
) -> Result<Vec<Option<u32>>, ImportError> {
    let mut is_used = vec![false; file.document.images.len()];
    for source in file.document.textures.iter().filter_map(schema::Texture::image) {
        if let Some(is_used) = is_used.get_mut(source) {
            *is_used = true;
        }
    }
    let mut texels_left = file.limits.content.max_texels;
    let mut image_of_file = vec![None; is_used.len()];
    for index in (0..is_used.len()).filter(|&index| is_used[index]) {
        let bytes = image_bytes(file, index)?;
        let Some(format) = sniff_format(&bytes) else {
            return Err(ImportError::form(
                format!("image {index}"),
                "is none of PNG, JPEG and WebP",
            ));
        };
        let image = ImageSource { format, bytes };
        let limits =
            ImageLimits { max_texels: texels_left, max_side: file.limits.content.max_image_side };
        let (width, height) =
            image_size(&image, &limits).map_err(|error| ImportError::Image { index, error })?;
        texels_left -= u64::from(width) * u64::from(height);
        image_of_file[index] = Some(scene.images.len() as u32);
        scene.images.push(image);
    }
    Ok(image_of_file)
}

fn image_bytes(file: &mut File<'_>, index: usize) -> Result<Vec<u8>, ImportError> {
    let place = || format!("image {index}");
    let image = &file.document.images[index];
    match (&image.uri, image.buffer_view) {
        (Some(uri), _) => {
            let bytes = read_uri(uri, &place, file.resolver, file.bytes_left)?;
            file.bytes_left = file.bytes_left.saturating_sub(bytes.len() as u64);
            Ok(bytes)
        }
        (None, Some(view)) => {
            let bytes = file.view_bytes(view, 0, place)?.to_vec();
            // Many images may name one view; each copy counts.
            let found = bytes.len() as u64;
            file.bytes_left = file.bytes_left.checked_sub(found).ok_or(ImportError::TooMuch {
                what: "bytes of images",
                found,
                limit: file.bytes_left,
            })?;
            Ok(bytes)
        }
        (None, None) => Err(ImportError::form(place(), "has neither a URI nor a buffer view")),
    }
}

pub(super) struct MaterialImporter<'a> {
    file: &'a File<'a>,
    scene: &'a mut SceneSource,
    image_of_file: &'a [Option<u32>],
    known_textures: &'a mut BTreeMap<TextureSource, u32>,
    index: usize,
    /// Coordinate sets of the textures seen so far.
    uv_sets: Vec<u32>,
}

impl MaterialImporter<'_> {
    fn import(&mut self, record: &schema::Material) -> Result<Material, ImportError> {
        let surface = &record.pbr_metallic_roughness;
        let strength =
            record.extensions.emissive_strength.as_ref().map_or(1.0, |e| e.emissive_strength);
        let alpha_mode = match record.alpha_mode.as_str() {
            "OPAQUE" => AlphaMode::Opaque,
            "MASK" => AlphaMode::Mask { cutoff: record.alpha_cutoff },
            "BLEND" => AlphaMode::Blend,
            other => return Err(self.form(format!("alpha mode {other:?}"))),
        };
        let normal_texture = self.texture(record.normal_texture.as_ref(), false)?;
        let mut material = Material {
            base_color_texture: self.texture(surface.base_color_texture.as_ref(), true)?,
            base_color: surface.base_color_factor.map(unit_clamped),
            metallic: unit_clamped(surface.metallic_factor),
            roughness: unit_clamped(surface.roughness_factor),
            metallic_roughness_texture: self
                .texture(surface.metallic_roughness_texture.as_ref(), false)?,
            normal_texture,
            normal_scale: record.normal_texture.as_ref().map_or(1.0, |normal| normal.scale),
            emissive: (Vec3::from(record.emissive_factor) * strength).to_array(),
            emissive_texture: self.texture(record.emissive_texture.as_ref(), true)?,
            alpha_mode,
            is_double_sided: record.double_sided,
            ..Material::default()
        };
        self.import_layers(&record.extensions, &mut material)?;
        Ok(material)
    }

    fn form(&self, reason: String) -> ImportError {
        ImportError::form(format!("material {}", self.index), reason)
    }

    /// A texture without an image (its extension is not supported) counts as none.
    pub(super) fn texture(
        &mut self,
        info: Option<&TextureInfo>,
        is_srgb: bool,
    ) -> Result<Option<TextureRef>, ImportError> {
        let Some(info) = info else {
            return Ok(None);
        };
        let place = || format!("material {}", self.index);
        let texture = at(&self.file.document.textures, info.index, "texture", place)?;
        let place = || format!("texture {}", info.index);
        let Some(source) = texture.image() else {
            return Ok(None);
        };
        let Some(image) = *at(self.image_of_file, source, "image", place)? else {
            return Ok(None);
        };
        let sampler = texture
            .sampler
            .map(|sampler| at(&self.file.document.samplers, sampler, "sampler", place))
            .transpose()?;
        let record = TextureSource {
            image,
            wrap_u: wrap_of(sampler.map(|sampler| sampler.wrap_s)),
            wrap_v: wrap_of(sampler.map(|sampler| sampler.wrap_t)),
            is_srgb,
            is_filtered: sampler.and_then(|sampler| sampler.mag_filter) != Some(NEAREST),
        };
        let texture = *self.known_textures.entry(record).or_insert_with(|| {
            self.scene.textures.push(record);
            self.scene.textures.len() as u32 - 1
        });
        let transform = info.extensions.transform.as_ref();
        self.uv_sets.push(transform.and_then(|t| t.tex_coord).unwrap_or(info.tex_coord));
        let uv_from_mesh_uv = transform.map_or([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], transform_rows);
        Ok(Some(TextureRef { texture, uv_from_mesh_uv }))
    }
}

fn wrap_of(code: Option<u32>) -> TextureWrap {
    match code {
        Some(CLAMP_TO_EDGE) => TextureWrap::Clamp,
        Some(MIRRORED_REPEAT) => TextureWrap::Mirror,
        _ => TextureWrap::Repeat,
    }
}

/// `KHR_texture_transform`: first scaled, then turned, then moved. A positive angle turns
/// counter-clockwise as seen in the image, whose v points down.
fn transform_rows(transform: &schema::TextureTransform) -> [[f32; 3]; 2] {
    let (sin, cos) = sin_cos(transform.rotation);
    let [scale_u, scale_v] = transform.scale;
    let [offset_u, offset_v] = transform.offset;
    [[cos * scale_u, sin * scale_v, offset_u], [-sin * scale_u, cos * scale_v, offset_v]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageFormat;

    #[test]
    fn texture_transform_scales_then_turns_then_moves() {
        let transform = schema::TextureTransform {
            offset: [0.25, 0.5],
            rotation: std::f32::consts::FRAC_PI_2,
            scale: [2.0, 3.0],
            tex_coord: None,
        };
        let rows = transform_rows(&transform);
        let [u, v] = rows.map(|row| row[0] * 1.0 + row[1] * 1.0 + row[2]);
        assert!((u - 3.25).abs() < 1e-5 && (v - -1.5).abs() < 1e-5, "{u} {v}");
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        assert_eq!(sniff_format(b"\x89PNG\r\n\x1a\nrest"), Some(ImageFormat::Png));
        assert_eq!(sniff_format(&[0xff, 0xd8, 0xff, 0xe0]), Some(ImageFormat::Jpeg));
        assert_eq!(sniff_format(b"RIFF....WEBPVP8 "), Some(ImageFormat::WebP));
        assert_eq!(sniff_format(b"RIFF....WAVE"), None);
    }
}
