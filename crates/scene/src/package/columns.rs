//! Arrays of 32-bit words as byte planes.

use bytemuck::Pod;

/// Writes columns one after another.
#[derive(Debug, Default)]
pub(super) struct ColumnWriter {
    pub(super) bytes: Vec<u8>,
}

impl ColumnWriter {
    /// Appends rows of N words: for each word its four byte planes, lowest first.
    pub(super) fn words<T: Pod, const N: usize>(&mut self, rows: &[T]) {
        let rows: &[[u32; N]] = bytemuck::cast_slice(rows);
        self.bytes.reserve(size_of_val(rows));
        for word in 0..N {
            for shift in [0, 8, 16, 24] {
                self.bytes.extend(rows.iter().map(|row| (row[word] >> shift) as u8));
            }
        }
    }

    /// Appends raw bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

/// Reads columns one after another.
#[derive(Debug, Clone)]
pub(super) struct ColumnReader<'a> {
    bytes: &'a [u8],
}

impl<'a> ColumnReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next bytes, or `None` if there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.bytes
    }

    /// Rows of N words; allocates only what the bytes at hand can fill.
    pub(super) fn words<T: Pod, const N: usize>(&mut self, count: usize) -> Option<Vec<T>> {
        let planes = self.take(count.checked_mul(4 * N)?)?;
        let mut rows = vec![[0u32; N]; count];
        if count == 0 {
            return Some(Vec::new());
        }
        for (word, planes) in planes.chunks_exact(4 * count).enumerate() {
            let (low, high) = planes.split_at(2 * count);
            let (byte0, byte1) = low.split_at(count);
            let (byte2, byte3) = high.split_at(count);
            for (index, row) in rows.iter_mut().enumerate() {
                row[word] =
                    u32::from_le_bytes([byte0[index], byte1[index], byte2[index], byte3[index]]);
            }
        }
        Some(bytemuck::allocation::cast_vec(rows))
    }
}

/// Replaces each value by its difference to the one before, signs folded in.
pub(super) fn delta_encode(values: &mut [u32]) {
    let mut previous = 0u32;
    for value in values {
        let difference = value.wrapping_sub(previous) as i32;
        previous = *value;
        *value = ((difference << 1) ^ (difference >> 31)) as u32;
    }
}

/// Undoes `delta_encode`.
pub(super) fn delta_decode(values: &mut [u32]) {
    let mut previous = 0u32;
    for value in values {
        let difference = (*value >> 1) ^ (*value & 1).wrapping_neg();
        previous = previous.wrapping_add(difference);
        *value = previous;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn columns_survive(rows in prop::collection::vec(any::<[u32; 3]>(), 0..50)) {
            let mut writer = ColumnWriter::default();
            writer.words::<[u32; 3], 3>(&rows);
            let mut reader = ColumnReader::new(&writer.bytes);
            prop_assert_eq!(reader.words::<[u32; 3], 3>(rows.len()), Some(rows));
            prop_assert_eq!(reader.words::<[f32; 2], 2>(1), None);
            prop_assert_eq!(reader.words::<[f32; 2], 2>(usize::MAX), None);
            prop_assert!(reader.rest().is_empty());
        }

        #[test]
        fn deltas_survive(values in prop::collection::vec(any::<u32>(), 0..50)) {
            let mut coded = values.clone();
            delta_encode(&mut coded);
            delta_decode(&mut coded);
            prop_assert_eq!(coded, values);
        }
    }
}
