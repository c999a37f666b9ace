//! Elementary functions from polynomials (coefficients after Moshier's Cephes, single precision).
//!
//! The error bounds in the comments are asserted below against f64.

/// π, rounded to f32.
pub const PI: f32 = std::f32::consts::PI;

/// The smaller of two; `b` where they are equal or one is NaN.
#[inline]
pub const fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger of two; `b` where they are equal or one is NaN.
#[inline]
pub const fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Clamps to 0..=1; NaN and −0 become 0.
#[inline]
pub const fn unit_clamped(value: f32) -> f32 {
    smaller(larger(value, 0.0), 1.0)
}

/// Sine and cosine of x in ±π/4.
#[inline]
fn sin_cos_kernel(x: f32) -> (f32, f32) {
    let z = x * x;
    let sin = ((-1.951_529_6e-4 * z + 8.332_161e-3) * z - 1.666_665_5e-1) * z * x + x;
    let cos = ((2.443_315_7e-5 * z - 1.388_731_6e-3) * z + 4.166_664_6e-2) * z * z;
    (sin, cos - 0.5 * z + 1.0)
}

/// Turns the kernel's result by `quarter` quarter turns.
#[inline]
fn rotated_by_quarters((sin, cos): (f32, f32), quarter: i32) -> (f32, f32) {
    match quarter & 3 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// Sine and cosine of `turns` × 2π; error below 2e-7 for every |turns| below 2²⁰.
#[inline]
pub fn sin_cos_turns(turns: f32) -> (f32, f32) {
    let quarter = (turns * 4.0 + 0.5).floor();
    // The difference is exact: both are multiples of the ulp of `turns`.
    let rest = turns - quarter * 0.25;
    rotated_by_quarters(sin_cos_kernel(rest * (2.0 * PI)), quarter as i32)
}

/// Sine and cosine of an angle in radians; error below 3e-7 for |angle| below 1000.
#[inline]
pub fn sin_cos(angle: f32) -> (f32, f32) {
    let quarter = (angle * std::f32::consts::FRAC_2_PI + 0.5).floor();
    // π/2 in three parts whose products with `quarter` are exact (Cody and Waite).
    let rest = ((angle - quarter * 1.570_312_5) - quarter * 4.837_513e-4) - quarter * 7.549_79e-8;
    rotated_by_quarters(sin_cos_kernel(rest), quarter as i32)
}

/// Tangent of an angle in radians; relative error below 5e-7 within ±1.5.
#[inline]
pub fn tan(angle: f32) -> f32 {
    let (sin, cos) = sin_cos(angle);
    sin / cos
}

/// Arc tangent of x in 0..=1.
#[inline]
fn atan_of_unit(x: f32) -> f32 {
    // tan(π/8): above it, atan x = π/4 + atan((x−1)/(x+1)).
    let (base, x) = if x > 0.414_213_57 { (0.25 * PI, (x - 1.0) / (x + 1.0)) } else { (0.0, x) };
    let z = x * x;
    let polynomial =
        ((8.053_744_5e-2 * z - 1.387_768_6e-1) * z + 1.997_771_1e-1) * z - 3.333_295e-1;
    base + (polynomial * z * x + x)
}

/// Angle of (x, y) in −π..=π; error below 4e-7. The origin and NaN give 0; −0 counts as 0.
#[inline]
pub fn atan2(y: f32, x: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let (low, high) = if ax > ay { (ay, ax) } else { (ax, ay) };
    let is_direction = high > 0.0 && high.is_finite() && low >= 0.0;
    if !is_direction {
        return 0.0;
    }
    let octant = atan_of_unit(low / high);
    let quadrant = if ay > ax { 0.5 * PI - octant } else { octant };
    let half = if x < 0.0 { PI - quadrant } else { quadrant };
    if y < 0.0 { -half } else { half }
}

/// Arc cosine in 0..=π; error below 6e-7. Arguments outside −1..=1 are clamped.
#[inline]
pub fn acos(x: f32) -> f32 {
    let clamped = smaller(larger(x, -1.0), 1.0);
    2.0 * atan2((1.0 - clamped).sqrt(), (1.0 + clamped).sqrt())
}

/// 2^n for n in −126..=127.
#[inline]
const fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

/// e^x; relative error below 2e-7. Below −87 the result is 0, above 88 it is e^88; NaN gives 0.
#[inline]
pub fn exp(x: f32) -> f32 {
    // NaN fails every comparison, so it gives 0 as well.
    let is_representable = x >= -87.0;
    if !is_representable {
        return 0.0;
    }
    let x = smaller(x, 88.0);
    let n = (x * std::f32::consts::LOG2_E + 0.5).floor();
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let polynomial =
        ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r
            + 1.666_666_5e-1)
            * r
            + 0.5;
    (polynomial * (r * r) + r + 1.0) * power_of_two(n as i32)
}

/// Natural logarithm of a positive finite x; error below 1e-7 + 2e-7·|ln x|. Zero, negative and NaN give
/// −104 (below the logarithm of the smallest f32), infinity is taken as the largest f32.
#[inline]
pub fn ln(x: f32) -> f32 {
    let is_positive = x > 0.0;
    if !is_positive {
        return -104.0;
    }
    let x = smaller(x, f32::MAX);
    let is_subnormal = x < f32::MIN_POSITIVE;
    let bits = if is_subnormal { x * 8_388_608.0 } else { x }.to_bits();
    let mut exponent = (bits >> 23) as i32 - 126 - if is_subnormal { 23 } else { 0 };
    let mut m = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    if m < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1;
        m = m + m;
    }
    let m = m - 1.0;
    let z = m * m;
    let polynomial = (((((((7.037_683_6e-2 * m - 1.151_461e-1) * m + 1.167_699_9e-1) * m
        - 1.242_014_1e-1)
        * m
        + 1.424_932_3e-1)
        * m
        - 1.666_805_8e-1)
        * m
        + 2.000_071_5e-1)
        * m
        - 2.499_999_4e-1)
        * m
        + 3.333_333e-1;
    let e = exponent as f32;
    let low = m * z * polynomial - e * 2.121_944_4e-4 - 0.5 * z;
    (m + low) + e * 0.693_359_4
}

/// base^exponent for base ≥ 0; relative error below 4e-7·(1 + |exponent·ln base|). A negative base
/// counts as 0; 0 to a positive power is 0, anything to the power 0 is 1.
#[inline]
pub fn pow(base: f32, exponent: f32) -> f32 {
    if exponent == 0.0 {
        return 1.0;
    }
    let is_positive = base > 0.0;
    if !is_positive && exponent > 0.0 {
        return 0.0;
    }
    exp(exponent * ln(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error over a grid; `weigh` gives the allowed error at the true value.
    fn check(
        from: f32,
        to: f32,
        ours: impl Fn(f32) -> f32,
        truth: impl Fn(f64) -> f64,
        allowed: impl Fn(f64, f64) -> f64,
    ) {
        const STEPS: u32 = 100_000;
        for step in 0..=STEPS {
            let x = from + (to - from) * (step as f32 / STEPS as f32);
            let expected = truth(f64::from(x));
            let error = (f64::from(ours(x)) - expected).abs();
            let limit = allowed(f64::from(x), expected);
            assert!(error <= limit, "at {x}: {} for {expected}, error {error:e}", ours(x));
        }
    }

    #[test]
    fn sine_and_cosine_keep_their_bounds() {
        check(-1000., 1000., |x| sin_cos(x).0, f64::sin, |_, _| 3e-7);
        check(-1000., 1000., |x| sin_cos(x).1, f64::cos, |_, _| 3e-7);
        let turn = std::f64::consts::TAU;
        check(-3., 3., |x| sin_cos_turns(x).0, |x| (x * turn).sin(), |_, _| 2e-7);
        check(-3., 3., |x| sin_cos_turns(x).1, |x| (x * turn).cos(), |_, _| 2e-7);
        check(-1.5, 1.5, tan, f64::tan, |_, t| 5e-7 * t.abs() + 1e-12);
    }

    #[test]
    fn inverse_functions_keep_their_bounds() {
        check(-1., 1., acos, f64::acos, |_, _| 6e-7);
        check(-5., 5., |x| atan2(x, 1.5), |x| x.atan2(1.5), |_, _| 4e-7);
        check(-5., 5., |x| atan2(1.5, x), |x| 1.5f64.atan2(x), |_, _| 4e-7);
        check(-5., 5., |x| atan2(-1e-3, x), |x| f64::from(-1e-3f32).atan2(x), |_, _| 4e-7);
        assert_eq!(atan2(0.0, 0.0), 0.0);
        assert_eq!(atan2(f32::NAN, 1.0), 0.0);
        assert_eq!(atan2(0.0, -1.0), PI);
        assert_eq!(acos(2.0), 0.0);
    }

    #[test]
    fn exponential_family_keeps_its_bounds() {
        check(-87., 88., exp, f64::exp, |_, t| 2e-7 * t);
        check(1e-6, 100., ln, f64::ln, |_, t| 1e-7 + 2e-7 * t.abs());
        check(1e-44, 1e-37, ln, f64::ln, |_, t| 1e-7 + 2e-7 * t.abs());
        check(0.5, 2.0, ln, f64::ln, |_, t| 1e-7 + 2e-7 * t.abs());
        for exponent in [0.3, 1.0, 2.4, -1.5] {
            let wide = f64::from(exponent);
            let allowed = |x: f64, t: f64| 4e-7 * (1.0 + (wide * x.ln()).abs()) * t;
            check(1e-3, 50., |x| pow(x, exponent), |x| x.powf(wide), allowed);
        }
        assert_eq!(pow(0.0, 2.0), 0.0);
        assert_eq!(pow(-3.0, 2.0), 0.0);
        assert_eq!(exp(f32::NAN), 0.0);
    }
}
