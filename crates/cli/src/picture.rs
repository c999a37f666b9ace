//! Pictures to and from files: PNG for eyes, EXR and HDR for radiance, sums for exact comparison.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use image::codecs::hdr::{HdrDecoder, HdrEncoder};
use p2c2r_frame::Aovs;
use p2c2r_image::{Display, Film};

use crate::exr_layers;
use crate::failure::{Failure, OrFail, fail};
use crate::surfaces::AovLayer;

/// The formats a picture can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tone-mapped 8-bit sRGB.
    Png,
    /// 32-bit linear radiance.
    Exr,
    /// Radiance RGBE.
    Hdr,
    /// Little-endian u64 red, green, blue sums per pixel, row by row, without a header.
    Sums,
}

impl Format {
    /// The format of a file name; fails before any work is done.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "exr" => Ok(Self::Exr),
            "hdr" => Ok(Self::Hdr),
            "sums" => Ok(Self::Sums),
            _ => {
                let name = path.display();
                Err(fail(Failure::Usage, format!("`{name}`: write .png, .exr, .hdr or .sums")))
            }
        }
    }

    /// Fails if the format cannot hold what is asked for: before any work is done.
    pub(crate) fn check_extras(self, is_denoised: bool, has_layers: bool) -> anyhow::Result<()> {
        if is_denoised && self == Self::Sums {
            return Err(fail(Failure::Usage, "sums are exact; denoise a .png, .exr or .hdr"));
        }
        if has_layers && self != Self::Exr {
            return Err(fail(Failure::Usage, "layers need a picture in .exr"));
        }
        Ok(())
    }
}

/// Fails if the file cannot be written later on: rendering takes long.
pub(crate) fn check_writable(path: &Path) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if folder.is_dir() {
        return Ok(());
    }
    let message = format!("cannot write {}: no folder {}", path.display(), folder.display());
    Err(fail(Failure::Output, message))
}

/// What is written.
pub(crate) struct Picture<'a> {
    /// The samples.
    pub(crate) film: &'a Film,
    /// Radiance that takes the film's place.
    pub(crate) denoised: Option<Vec<[f32; 3]>>,
    /// Surfaces and which of their layers to write.
    pub(crate) layers: Option<(&'a Aovs, &'a [AovLayer])>,
    /// How radiance becomes screen colours.
    pub(crate) display: Display,
}

impl Picture<'_> {
    /// Writes the picture; the old file stays until the new one is whole.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let part = part_path(path);
        let result = match Format::of(path)? {
            Format::Png => self.write_png(&part),
            Format::Exr => self.write_exr(&part),
            Format::Hdr => self.write_hdr(&part),
            Format::Sums => write_sums(self.film, &part),
        };
        result
            .and_then(|()| Ok(fs::rename(&part, path)?))
            .inspect_err(|_| drop(fs::remove_file(&part)))
            .or_fail(Failure::Output)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn radiances(&self) -> Vec<[f32; 3]> {
        self.denoised.clone().unwrap_or_else(|| self.film.radiances())
    }

    fn write_png(&self, path: &Path) -> anyhow::Result<()> {
        let counts = self.film.sample_counts().iter();
        let pixels = self.radiances().into_iter().zip(counts.map(|&count| count > 0));
        let bytes = self.display.rgba8(pixels);
        let (width, height) = (self.film.width_px(), self.film.height_px());
        let (colors, format) = (image::ColorType::Rgba8, image::ImageFormat::Png);
        image::save_buffer_with_format(path, &bytes, width, height, colors, format)?;
        Ok(())
    }

    fn write_exr(&self, path: &Path) -> anyhow::Result<()> {
        let size = (self.film.width_px() as usize, self.film.height_px() as usize);
        let channels = exr_layers::channels(&self.radiances(), self.layers);
        exr_layers::write(path, size, channels)
    }

    fn write_hdr(&self, path: &Path) -> anyhow::Result<()> {
        let (width, height) = (self.film.width_px() as usize, self.film.height_px() as usize);
        let pixels: Vec<_> = self.radiances().into_iter().map(image::Rgb).collect();
        let file = BufWriter::new(File::create(path)?);
        HdrEncoder::new(file).encode(&pixels, width, height)?;
        Ok(())
    }
}

fn part_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn write_sums(film: &Film, path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for sum in film.sums().iter().flatten() {
        file.write_all(&sum.to_le_bytes())?;
    }
    file.flush()?;
    Ok(())
}

/// Linear radiance of a picture file.
pub(crate) struct Radiance {
    /// Width and height in pixels.
    pub(crate) size_px: [u32; 2],
    /// Red, green, blue, row by row.
    pub(crate) pixels: Vec<[f32; 3]>,
}

/// Reads an .exr or .hdr picture.
pub(crate) fn read_radiance(path: &Path) -> anyhow::Result<Radiance> {
    let radiance = match Format::of(path)? {
        Format::Exr => read_exr(path),
        Format::Hdr => read_hdr(path),
        Format::Png | Format::Sums => {
            return Err(fail(Failure::Usage, format!("{}: compare .exr or .hdr", path.display())));
        }
    };
    radiance.or_fail(Failure::Input).with_context(|| format!("cannot read {}", path.display()))
}

fn read_exr(path: &Path) -> anyhow::Result<Radiance> {
    use exr::prelude::{ReadChannels, ReadLayers, read};
    let picture = read()
        .no_deep_data()
        .largest_resolution_level()
        .rgb_channels(
            |size, _| (size.width(), vec![[0f32; 3]; size.area()]),
            |(width, pixels), position, (red, green, blue): (f32, f32, f32)| {
                pixels[position.y() * *width + position.x()] = [red, green, blue];
            },
        )
        .first_valid_layer()
        .all_attributes()
        .from_file(path)?;
    let size = picture.layer_data.size;
    let (_, pixels) = picture.layer_data.channel_data.pixels;
    Ok(Radiance { size_px: [size.width() as u32, size.height() as u32], pixels })
}

fn read_hdr(path: &Path) -> anyhow::Result<Radiance> {
    let decoder = HdrDecoder::new(BufReader::new(File::open(path)?))?;
    let picture = image::DynamicImage::from_decoder(decoder)?.into_rgb32f();
    let size_px = [picture.width(), picture.height()];
    let pixels = picture.pixels().map(|pixel| pixel.0).collect();
    Ok(Radiance { size_px, pixels })
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, RadianceSums, SampleRange};

    use super::*;

    fn gradient() -> Film {
        let mut film = Film::new(5, 3, 2).unwrap();
        let mut sums = RadianceSums::zeroed(PixelRect::of_size(5, 3), SampleRange::new(0, 2));
        for (index, sum) in sums.sums.iter_mut().enumerate() {
            *sum = [index as u64 * 1_000, 70_000, index as u64 * 900_000];
        }
        film.merge(&sums).unwrap();
        film
    }

    fn write(film: &Film, path: &Path) {
        let display = Display::default();
        Picture { film, denoised: None, layers: None, display }.write(path).unwrap();
    }

    #[test]
    fn exr_keeps_radiance_exactly_and_hdr_to_eight_bits() {
        let folder = std::env::temp_dir().join(format!("p2c2r-picture-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let film = gradient();
        let exr = folder.join("a.exr");
        write(&film, &exr);
        assert_eq!(read_radiance(&exr).unwrap().pixels, film.radiances());
        let hdr = folder.join("a.hdr");
        write(&film, &hdr);
        let read = read_radiance(&hdr).unwrap();
        assert_eq!(read.size_px, [5, 3]);
        for (read, wrote) in read.pixels.iter().zip(film.radiances()) {
            let brightest = wrote.iter().copied().fold(0.0, f32::max);
            assert!(read.iter().zip(wrote).all(|(a, b)| (a - b).abs() <= brightest / 128.0));
        }
        let sums = folder.join("a.sums");
        write(&film, &sums);
        assert_eq!(fs::read(&sums).unwrap().len(), 5 * 3 * 24);
        write(&film, &folder.join("a.png"));
        assert!(!folder.join("a.png.part").exists());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn unknown_formats_and_missing_folders_are_named_before_the_work() {
        assert!(Format::of(Path::new("a.jpg")).is_err());
        assert!(check_writable(Path::new("no/such/folder/a.png")).is_err());
        assert!(check_writable(Path::new("a.png")).is_ok());
    }
}
