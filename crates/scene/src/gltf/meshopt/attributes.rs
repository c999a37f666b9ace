//! Mode 0, attributes: each byte of an element as differences to the element before, in groups of sixteen.

use super::take;

const HEADER: u8 = 0xa0;
/// Elements of a group.
const GROUP: usize = 16;
/// Most bytes and most elements of a block.
const BLOCK_BYTES: usize = 8192;
const BLOCK_ELEMENTS: usize = 256;
/// The baseline element at the end is padded to this.
const LEAST_TAIL_BYTES: usize = 32;

/// Decodes `count` elements of `stride` bytes.
pub(super) fn decode(bytes: &[u8], count: usize, stride: usize) -> Result<Vec<u8>, &'static str> {
    let (&header, rest) = bytes.split_first().ok_or("the stream is empty")?;
    if header != HEADER {
        return Err("the stream is not attributes of version 0");
    }
    let tail_bytes = stride.max(LEAST_TAIL_BYTES);
    let body = rest.len().checked_sub(tail_bytes).ok_or("the stream ends early")?;
    let (mut body, tail) = rest.split_at(body);
    let mut last = tail[tail_bytes - stride..].to_vec();
    let block = (BLOCK_BYTES / stride / GROUP * GROUP).min(BLOCK_ELEMENTS);
    let mut decoded = vec![0; count * stride];
    for elements in decoded.chunks_mut(block * stride) {
        decode_block(&mut body, elements, stride, &mut last)?;
    }
    if body.is_empty() { Ok(decoded) } else { Err("bytes are left in the stream") }
}

fn decode_block(
    stream: &mut &[u8],
    elements: &mut [u8],
    stride: usize,
    last: &mut [u8],
) -> Result<(), &'static str> {
    let count = elements.len() / stride;
    let groups = count.div_ceil(GROUP);
    for (place, last) in last.iter_mut().enumerate() {
        let modes = take(stream, groups.div_ceil(4))?;
        for group in 0..groups {
            let mode = modes[group / 4] >> (group % 4 * 2) & 3;
            let deltas = read_group(stream, mode)?;
            let first = group * GROUP;
            for (delta, element) in deltas.iter().zip(first..count) {
                *last = last.wrapping_add((delta >> 1) ^ 0u8.wrapping_sub(delta & 1));
                elements[element * stride + place] = *last;
            }
        }
    }
    Ok(())
}

/// Sixteen differences of 0, 2, 4 or 8 bits; the largest short one stands for a whole byte behind them.
fn read_group(stream: &mut &[u8], mode: u8) -> Result<[u8; GROUP], &'static str> {
    let mut deltas = [0; GROUP];
    let bits = match mode {
        0 => return Ok(deltas),
        1 => 2,
        2 => 4,
        _ => {
            deltas.copy_from_slice(take(stream, GROUP)?);
            return Ok(deltas);
        }
    };
    let packed = take(stream, GROUP * bits / 8)?;
    let (per_byte, sentinel) = (8 / bits, (1u8 << bits) - 1);
    for (place, delta) in deltas.iter_mut().enumerate() {
        // The first difference lies in the highest bits.
        let shift = 8 - bits * (place % per_byte + 1);
        let short = packed[place / per_byte] >> shift & sentinel;
        *delta = if short == sentinel { take(stream, 1)?[0] } else { short };
    }
    Ok(deltas)
}
