//! `EXT_meshopt_compression`: buffer views as that extension's bit streams, written from its specification.

mod attributes;
mod filters;
mod indices;

use serde::Deserialize;

use filters::Filter;

/// Largest element of attributes in bytes.
const MAX_STRIDE_BYTES: usize = 256;

/// What a compressed buffer view says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompressedView {
    pub(super) buffer: usize,
    #[serde(default)]
    pub(super) byte_offset: u64,
    pub(super) byte_length: u64,
    pub(super) byte_stride: u64,
    pub(super) count: u64,
    mode: String,
    filter: Option<String>,
}

impl CompressedView {
    /// Bytes of the view once it is decoded, whatever the stream says.
    pub(super) const fn decoded_bytes(&self) -> u64 {
        self.count.saturating_mul(self.byte_stride)
    }

    /// Decodes the stream of the view; allocates [`Self::decoded_bytes`].
    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
        let stride = self.byte_stride as usize;
        let count = usize::try_from(self.count).map_err(|_| "count is too large")?;
        let filter = match self.filter.as_deref() {
            None | Some("NONE") => None,
            Some(name) => Some(Filter::named(name, stride).ok_or("filter is not known")?),
        };
        match (self.mode.as_str(), filter) {
            ("ATTRIBUTES", filter) => {
                if stride == 0 || stride > MAX_STRIDE_BYTES || !stride.is_multiple_of(4) {
                    return Err("byte stride of attributes");
                }
                let mut decoded = attributes::decode(bytes, count, stride)?;
                if let Some(filter) = filter {
                    filter.apply(&mut decoded);
                }
                Ok(decoded)
            }
            ("TRIANGLES", None) => indices::decode_triangles(bytes, count, IndexSize::of(stride)?),
            ("INDICES", None) => indices::decode_sequence(bytes, count, IndexSize::of(stride)?),
            ("TRIANGLES" | "INDICES", Some(_)) => Err("indices have no filter"),
            _ => Err("mode is not known"),
        }
    }
}

/// How wide decoded indices are.
#[derive(Clone, Copy)]
enum IndexSize {
    Two,
    Four,
}

impl IndexSize {
    const fn of(stride: usize) -> Result<Self, &'static str> {
        match stride {
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            _ => Err("byte stride of indices"),
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    fn push(self, bytes: &mut Vec<u8>, index: u32) {
        match self {
            Self::Two => bytes.extend((index as u16).to_le_bytes()),
            Self::Four => bytes.extend(index.to_le_bytes()),
        }
    }
}

/// Takes a number of bytes from the front.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], &'static str> {
    let (head, rest) = bytes.split_at_checked(count).ok_or("the stream ends early")?;
    *bytes = rest;
    Ok(head)
}
