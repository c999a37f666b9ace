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
