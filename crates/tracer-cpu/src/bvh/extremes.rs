//! The smaller and the larger of two vectors' numbers, in one instruction on every machine.
//!
//! What comes of NaN differs between machines; where one may come, callers throw the result away.

use fearless_simd::prelude::*;
use fearless_simd::{f32x4, f32x8};

/// Vectors that can be compared so.
pub(super) trait Extremes {
    /// The smaller number in each lane.
    fn smaller(self, other: Self) -> Self;
    /// The larger number in each lane.
    fn larger(self, other: Self) -> Self;
}

#[cfg(not(target_arch = "wasm32"))]
impl<S: Simd> Extremes for f32x4<S> {
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.min(other)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
}

/// The instructions that say what NaN and −0 give take browsers seven or eight of the processor's.
#[cfg(target_arch = "wasm32")]
impl<S: Simd> Extremes for f32x4<S> {
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        core::arch::wasm32::f32x4_pmin(self.into(), other.into()).simd_into(self.simd)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        core::arch::wasm32::f32x4_pmax(self.into(), other.into()).simd_into(self.simd)
    }
}

impl<S: Simd> Extremes for f32x8<S> {
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.min(other)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
}
