//! What the vectors of each kind of machine suit.

use fearless_simd::Level;

/// Whether one instruction takes eight numbers.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(super) fn has_wide_vectors(level: Level) -> bool {
    level.as_avx2().is_some()
}

/// Whether one instruction takes eight numbers.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) const fn has_wide_vectors(_level: Level) -> bool {
    false
}

/// Moves a large array to pages of 2 MiB.
pub(super) fn on_large_pages<T: Copy>(items: Vec<T>) -> Vec<T> {
    let mut moved = with_room_on_large_pages(items.len());
    moved.extend_from_slice(&items);
    moved
}

/// Room for a large array in pages of 2 MiB, where the system has them: a walk jumps all over it, and each
/// page takes one of few places in the processor's table of addresses.
#[cfg(target_os = "linux")]
pub(super) fn with_room_on_large_pages<T: Copy>(count: usize) -> Vec<T> {
    use rustix::mm::{Advice, madvise};
    const PAGE_BYTES: usize = 2 << 20;
    let mut room = Vec::with_capacity(count);
    let bytes = count * size_of::<T>();
    if bytes < 2 * PAGE_BYTES {
        return room;
    }
    let start = room.spare_capacity_mut().as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE_BYTES);
    if skipped < bytes {
        // SAFETY: the range lies within the allocation, nothing refers to it yet, and the advice changes
        // no contents. A system that does not take it goes on with small pages.
        let _ =
            unsafe { madvise(start.add(skipped).cast(), bytes - skipped, Advice::LinuxHugepage) };
    }
    room
}

/// Room for an array, wherever it is.
#[cfg(not(target_os = "linux"))]
pub(super) fn with_room_on_large_pages<T: Copy>(count: usize) -> Vec<T> {
    Vec::with_capacity(count)
}

/// Every kind of vectors that this machine has.
#[cfg(all(test, any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) fn levels() -> Vec<Level> {
    use fearless_simd::Simd;
    let best = Level::new();
    let avx2 = best.as_avx2().map(Simd::level);
    let sse4_2 = best.as_sse4_2().map(Simd::level);
    [Some(best), avx2, sse4_2, Some(Level::baseline())].into_iter().flatten().collect()
}

/// Every kind of vectors that this machine has.
#[cfg(all(test, not(any(target_arch = "x86", target_arch = "x86_64"))))]
pub(super) fn levels() -> Vec<Level> {
    vec![Level::new()]
}
