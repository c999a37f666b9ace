//! Radiance .hdr files (RGBE): flat, old and new run-length coding.

use thiserror::Error;

use crate::EnvironmentSource;
use crate::limits::ContentLimits;

/// Longest header in bytes.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Widths that the new run-length coding can have.
const NEW_RLE_WIDTHS: std::ops::RangeInclusive<u32> = 8..=0x7fff;
/// Largest exponent that is kept; brighter texels are clamped to it.
const MAX_EXPONENT: u8 = 167;

/// Why bytes are not a Radiance picture that can light a scene.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HdrError {
    /// The first line is not that of a Radiance picture.
    #[error("not a Radiance picture: the first line is not #?RADIANCE or #?RGBE")]
    Magic,
    /// The header does not end.
    #[error("the header does not end within its limit or the file")]
    Header,
    /// The texels are not RGBE.
    #[error("format {0:?}; 32-bit_rle_rgbe is read")]
    Format(String),
    /// The line of the size is not as expected.
    #[error("size {0:?}; \"-Y height +X width\" is read")]
    Size(String),
    /// More texels than the limit.
    #[error("a picture of {width}x{height} texels, at most {limit} are allowed")]
    TooLarge {
        /// Width in texels.
        width: u32,
        /// Height in texels.
        height: u32,
        /// The limit.
        limit: u64,
    },
    /// The bytes end early.
    #[error("the file ends in row {0}")]
    Truncated(u32),
    /// A run is longer than its row.
    #[error("row {0} holds a run that does not fit")]
    Run(u32),
}

/// Reads an equirectangular environment.
pub fn parse_hdr(bytes: &[u8]) -> Result<EnvironmentSource, HdrError> {
    let limit = ContentLimits::default().max_environment_texels;
    let (width, height, mut rest) = read_header(bytes)?;
    if u64::from(width) * u64::from(height) > limit {
        return Err(HdrError::TooLarge { width, height, limit });
    }
    let mut rgbe = Vec::new();
    for row in 0..height {
        let texels = read_row(&mut rest, width, row)?;
        rgbe.extend(texels.into_iter().map(|[r, g, b, e]| [r, g, b, e.min(MAX_EXPONENT)]));
    }
    Ok(EnvironmentSource { width, height, rgbe })
}

/// The bytes of a file that [`parse_hdr`] reads back; nothing is compressed.
///
/// Rows are literals of the new coding. Widths that it cannot have are flat, where texels of (1, 1, 1, n),
/// which nobody who normalises them writes, would be taken for runs.
pub fn write_hdr(environment: &EnvironmentSource) -> Vec<u8> {
    let EnvironmentSource { width, height, rgbe } = environment;
    let header = format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n");
    let mut bytes = header.into_bytes();
    if !NEW_RLE_WIDTHS.contains(width) {
        bytes.extend(rgbe.as_flattened());
        return bytes;
    }
    for row in rgbe.chunks(*width as usize) {
        bytes.extend([2, 2, (*width >> 8) as u8, *width as u8]);
        for component in 0..4 {
            for texels in row.chunks(128) {
                bytes.push(texels.len() as u8);
                bytes.extend(texels.iter().map(|texel| texel[component]));
            }
        }
    }
    bytes
}

/// Width, height and the bytes after the header.
fn read_header(bytes: &[u8]) -> Result<(u32, u32, &[u8]), HdrError> {
    let mut rest = bytes;
    let magic = read_line(&mut rest, MAX_HEADER_BYTES).ok_or(HdrError::Magic)?;
    if !magic.starts_with(b"#?RADIANCE") && !magic.starts_with(b"#?RGBE") {
        return Err(HdrError::Magic);
    }
    loop {
        let used = bytes.len() - rest.len();
        let left = MAX_HEADER_BYTES.saturating_sub(used);
        let line = read_line(&mut rest, left).ok_or(HdrError::Header)?;
        if line.is_empty() {
            break;
        }
        if let Some(format) = line.strip_prefix(b"FORMAT=")
            && format != b"32-bit_rle_rgbe"
        {
            return Err(HdrError::Format(String::from_utf8_lossy(format).into_owned()));
        }
    }
    let line = read_line(&mut rest, MAX_HEADER_BYTES).ok_or(HdrError::Header)?;
    let text = String::from_utf8_lossy(line).into_owned();
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let size = match words.as_slice() {
        ["-Y", height, "+X", width] => width.parse().ok().zip(height.parse().ok()),
        _ => None,
    };
    match size {
        Some((width, height)) if width > 0 && height > 0 => Ok((width, height, rest)),
        _ => Err(HdrError::Size(text)),
    }
}

/// The next line without its end; `None` if it does not end within `limit` bytes.
fn read_line<'a>(rest: &mut &'a [u8], limit: usize) -> Option<&'a [u8]> {
    let end = rest.iter().take(limit).position(|&byte| byte == b'\n')?;
    let (line, after) = rest.split_at(end);
    *rest = &after[1..];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn read_row(rest: &mut &[u8], width: u32, row: u32) -> Result<Vec<[u8; 4]>, HdrError> {
    let is_new_rle = NEW_RLE_WIDTHS.contains(&width)
        && matches!(rest, [2, 2, high, low, ..]
            if *high < 128 && u32::from(*high) << 8 | u32::from(*low) == width);
    if is_new_rle {
        *rest = &rest[4..];
        read_new_rle(rest, width as usize, row)
    } else {
        read_old_rle(rest, width as usize, row)
    }
}

/// Each component of the row by itself, in runs and literals.
fn read_new_rle(rest: &mut &[u8], width: usize, row: u32) -> Result<Vec<[u8; 4]>, HdrError> {
    // A run of 127 takes two bytes, so the bytes at hand bound the row.
    if rest.len() < 4 * width.div_ceil(127) * 2 {
        return Err(HdrError::Truncated(row));
    }
    let mut texels = vec![[0; 4]; width];
    for component in 0..4 {
        let mut filled = 0;
        while filled < width {
            let code = take(rest, 1).ok_or(HdrError::Truncated(row))?[0];
            let (count, is_run) = if code > 128 {
                (usize::from(code - 128), true)
            } else {
                (usize::from(code), false)
            };
            if count == 0 || count > width - filled {
                return Err(HdrError::Run(row));
            }
            let values = take(rest, if is_run { 1 } else { count });
            let values = values.ok_or(HdrError::Truncated(row))?;
            for (offset, texel) in texels[filled..filled + count].iter_mut().enumerate() {
                texel[component] = values[if is_run { 0 } else { offset }];
            }
            filled += count;
        }
    }
    Ok(texels)
}

/// Flat texels; (1, 1, 1, n) repeats the texel before n times, further ones count in higher bytes.
fn read_old_rle(rest: &mut &[u8], width: usize, row: u32) -> Result<Vec<[u8; 4]>, HdrError> {
    let mut texels: Vec<[u8; 4]> = Vec::new();
    let mut shift = 0;
    while texels.len() < width {
        let (texel, after) = rest.split_first_chunk::<4>().ok_or(HdrError::Truncated(row))?;
        *rest = after;
        let [1, 1, 1, count] = *texel else {
            texels.push(*texel);
            shift = 0;
            continue;
        };
        let previous = *texels.last().ok_or(HdrError::Run(row))?;
        let count = usize::from(count).checked_shl(shift).unwrap_or(usize::MAX);
        if shift > 24 || count > width - texels.len() {
            return Err(HdrError::Run(row));
        }
        texels.extend(std::iter::repeat_n(previous, count));
        shift += 8;
    }
    Ok(texels)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(size: &str, texels: &[u8]) -> Vec<u8> {
        let mut bytes = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\nEXPOSURE=1\n\n".to_vec();
        bytes.extend(size.as_bytes());
        bytes.push(b'\n');
        bytes.extend(texels);
        bytes
    }

    #[test]
    fn flat_old_and_new_coding_are_read() {
        let flat = parse_hdr(&file("-Y 1 +X 2", &[1, 2, 3, 128, 4, 5, 6, 129])).unwrap();
        assert_eq!(flat.rgbe, [[1, 2, 3, 128], [4, 5, 6, 129]]);
        let old = parse_hdr(&file("-Y 1 +X 5", &[9, 8, 7, 130, 1, 1, 1, 4])).unwrap();
        assert_eq!(old.rgbe, [[9, 8, 7, 130]; 5]);
        let mut new = vec![2, 2, 0, 9];
        new.extend([128 + 9, 50]);
        new.extend([9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        new.extend([128 + 4, 10, 5, 1, 2, 3, 4, 5]);
        new.extend([128 + 9, 129]);
        let new = parse_hdr(&file("-Y 1 +X 9", &new)).unwrap();
        assert_eq!(new.rgbe[0], [50, 1, 10, 129]);
        assert_eq!(new.rgbe[8], [50, 9, 5, 129]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let check = |bytes: &[u8], expected: HdrError| {
            assert_eq!(parse_hdr(bytes), Err(expected));
        };
        check(b"", HdrError::Magic);
        check(b"P6\n", HdrError::Magic);
        check(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", HdrError::Header);
        check(b"#?RGBE\nFORMAT=32-bit_rle_xyze\n\n", HdrError::Format("32-bit_rle_xyze".into()));
        check(&file("+Y 1 +X 1", &[0; 4]), HdrError::Size("+Y 1 +X 1".into()));
        check(&file("-Y 0 +X 1", &[]), HdrError::Size("-Y 0 +X 1".into()));
        check(&file("-Y 2 +X 1", &[0; 4]), HdrError::Truncated(1));
        check(&file("-Y 1 +X 1", &[1, 1, 1, 9]), HdrError::Run(0));
        check(&file("-Y 1 +X 9", &[2, 2, 0, 9, 128 + 10, 0, 0, 0, 0, 0, 0, 0]), HdrError::Run(0));
        let size = format!("-Y {} +X {}", u32::MAX, u32::MAX);
        assert!(matches!(parse_hdr(&file(&size, &[])), Err(HdrError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn written_environments_are_read_back(
            width in prop::sample::select(vec![1u32, 7, 8, 128, 129, 300]),
            rows in 1u32..3,
            seed in any::<u8>(),
        ) {
            let texel = |index: u32| [2u8, 1, 0, 3].map(|k| (index as u8).wrapping_mul(k) ^ seed);
            let rgbe = (0..width * rows).map(texel).map(|[r, g, b, e]| [r, g, b | 4, e.min(MAX_EXPONENT)]);
            let sky = EnvironmentSource { width, height: rows, rgbe: rgbe.collect() };
            prop_assert_eq!(parse_hdr(&write_hdr(&sky)), Ok(sky));
        }

        #[test]
        fn random_texels_never_panic(
            width in 1u32..40,
            height in 1u32..4,
            texels in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 9, 20, 130, 255]), 0..300),
        ) {
            if let Ok(picture) = parse_hdr(&file(&format!("-Y {height} +X {width}"), &texels)) {
                prop_assert_eq!(picture.rgbe.len() as u32, width * height);
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse_hdr(&bytes).is_err());
        }
    }
}
