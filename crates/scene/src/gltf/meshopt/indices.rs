//! Modes 1 and 2: triangles by the edges and vertices seen last, and plain sequences of indices.

use super::{IndexSize, take};

const TRIANGLES_HEADER: u8 = 0xe1;
const SEQUENCE_HEADER: u8 = 0xd1;
/// Bytes at the end of triangles: the table of common vertex pairs.
const TABLE_BYTES: usize = 16;
/// Bytes at the end of a sequence.
const SEQUENCE_TAIL_BYTES: usize = 4;

/// The last sixteen of something, the newest at distance 1.
struct Recent<T> {
    items: [T; 16],
    newest: usize,
}

impl<T: Copy> Recent<T> {
    const fn new(empty: T) -> Self {
        Self { items: [empty; 16], newest: 0 }
    }

    fn push(&mut self, item: T) {
        self.newest = (self.newest + 1) % 16;
        self.items[self.newest] = item;
    }

    /// The item that so many came after.
    fn back(&self, distance: u8) -> T {
        self.items[(self.newest + 16 - usize::from(distance & 15)) % 16]
    }
}

/// What is known while triangles are decoded.
struct Triangles<'a> {
    /// The bytes behind the codes.
    data: &'a [u8],
    edges: Recent<(u32, u32)>,
    vertices: Recent<u32>,
    /// The lowest index that no triangle has used.
    next: u32,
    /// The last index that was written out.
    last: u32,
}

/// Decodes `count` indices, three for each triangle.
pub(super) fn decode_triangles(
    bytes: &[u8],
    count: usize,
    size: IndexSize,
) -> Result<Vec<u8>, &'static str> {
    let (&header, mut rest) = bytes.split_first().ok_or("the stream is empty")?;
    if header != TRIANGLES_HEADER {
        return Err("the stream is not triangles of version 1");
    }
    if !count.is_multiple_of(3) {
        return Err("the count of indices is not one of triangles");
    }
    let codes = take(&mut rest, count / 3)?;
    let data = rest.len().checked_sub(TABLE_BYTES).ok_or("the stream ends early")?;
    let (data, table) = rest.split_at(data);
    let mut state =
        Triangles { data, edges: Recent::new((0, 0)), vertices: Recent::new(0), next: 0, last: 0 };
    let mut decoded = Vec::with_capacity(count * size.bytes());
    for &code in codes {
        let triangle = match code {
            0x00..0xf0 => state.beside_an_edge(code)?,
            0xf0..0xfe => state.fresh(table[usize::from(code & 15)]),
            _ => state.explicit(code)?,
        };
        triangle.into_iter().for_each(|index| size.push(&mut decoded, index));
    }
    if state.data.is_empty() { Ok(decoded) } else { Err("bytes are left in the stream") }
}

impl Triangles<'_> {
    /// A triangle on an edge seen lately.
    fn beside_an_edge(&mut self, code: u8) -> Result<[u32; 3], &'static str> {
        let (a, b) = self.edges.back(code >> 4);
        let c = match code & 15 {
            0 => self.take_next(),
            place @ 1..13 => self.vertices.back(place),
            written => {
                self.last = match written {
                    13 => self.last.wrapping_sub(1),
                    14 => self.last.wrapping_add(1),
                    _ => self.read_index()?,
                };
                self.last
            }
        };
        // A vertex that was in the list does not move to its front.
        if !matches!(code & 15, 1..13) {
            self.vertices.push(c);
        }
        self.edges.push((c, b));
        self.edges.push((a, c));
        Ok([a, b, c])
    }

    /// A triangle whose first vertex is new, the others by a byte of the table.
    fn fresh(&mut self, pair: u8) -> [u32; 3] {
        let a = self.take_next();
        // Both are looked up before any of the three is pushed.
        let b = if pair >> 4 == 0 { self.take_next() } else { self.vertices.back((pair >> 4) - 1) };
        let c = if pair & 15 == 0 { self.take_next() } else { self.vertices.back((pair & 15) - 1) };
        self.vertices.push(a);
        if pair >> 4 == 0 {
            self.vertices.push(b);
        }
        if pair & 15 == 0 {
            self.vertices.push(c);
        }
        self.push_edges([a, b, c]);
        [a, b, c]
    }

    /// A triangle whose byte of vertices lies in the data.
    fn explicit(&mut self, code: u8) -> Result<[u32; 3], &'static str> {
        let pair = take(&mut self.data, 1)?[0];
        if pair == 0 {
            self.next = 0;
        }
        let places = [if code == 0xfe { 0 } else { 15 }, pair >> 4, pair & 15];
        let mut triangle = [0; 3];
        for (vertex, place) in triangle.iter_mut().zip(places) {
            *vertex = match place {
                0 => self.take_next(),
                // Written indices come after those that are looked up.
                15 => 0,
                _ => self.vertices.back(place - 1),
            };
        }
        for (vertex, place) in triangle.iter_mut().zip(places) {
            if place == 15 {
                self.last = self.read_index()?;
                *vertex = self.last;
            }
        }
        for (vertex, place) in triangle.into_iter().zip(places) {
            if matches!(place, 0 | 15) {
                self.vertices.push(vertex);
            }
        }
        self.push_edges(triangle);
        Ok(triangle)
    }

    fn push_edges(&mut self, [a, b, c]: [u32; 3]) {
        self.edges.push((b, a));
        self.edges.push((c, b));
        self.edges.push((a, c));
    }

    const fn take_next(&mut self) -> u32 {
        let index = self.next;
        self.next = index.wrapping_add(1);
        index
    }

    fn read_index(&mut self) -> Result<u32, &'static str> {
        Ok(self.last.wrapping_add(unfold(read_varint(&mut self.data)?)))
    }
}

/// Decodes `count` indices, each as a difference to one of two earlier ones.
pub(super) fn decode_sequence(
    bytes: &[u8],
    count: usize,
    size: IndexSize,
) -> Result<Vec<u8>, &'static str> {
    let (&header, rest) = bytes.split_first().ok_or("the stream is empty")?;
    if header != SEQUENCE_HEADER {
        return Err("the stream is not indices of version 1");
    }
    let data = rest.len().checked_sub(SEQUENCE_TAIL_BYTES).ok_or("the stream ends early")?;
    let mut data = &rest[..data];
    // Each index takes a byte at least.
    if count > data.len() {
        return Err("the stream ends early");
    }
    let mut last = [0u32; 2];
    let mut decoded = Vec::with_capacity(count * size.bytes());
    for _ in 0..count {
        let word = read_varint(&mut data)?;
        let last = &mut last[(word & 1) as usize];
        *last = last.wrapping_add(unfold(word >> 1));
        size.push(&mut decoded, *last);
    }
    if data.is_empty() { Ok(decoded) } else { Err("bytes are left in the stream") }
}

/// Seven bits a byte, the lowest first, the eighth says that more follow.
fn read_varint(bytes: &mut &[u8]) -> Result<u32, &'static str> {
    let mut word = 0;
    for shift in (0..35).step_by(7) {
        let byte = take(bytes, 1)?[0];
        word |= u32::from(byte & 127) << shift;
        if byte < 128 {
            return Ok(word);
        }
    }
    Err("an index has too many bytes")
}

const fn unfold(folded: u32) -> u32 {
    (folded >> 1) ^ 0u32.wrapping_sub(folded & 1)
}
