//! Tone mapping operators: from exposed linear radiance to linear light of a screen, 0 to 1.
//!
//! Each is a published curve, named with its source. They use the project's own elementary functions,
//! so that a browser shows the same bytes as the command line writes.

use p2c2r_scene::math::{larger, ln, pow, smaller, unit_clamped};

/// How radiance beyond a screen's range is brought into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ToneMap {
    /// Khronos PBR Neutral: base colours stay as they are, highlights are compressed and desaturated.
    #[default]
    Neutral,
    /// AgX: film-like, bright colours go to white.
    Agx,
    /// The Academy's reference rendering and output transforms, as fitted by Stephen Hill.
    Aces,
    /// Cut at 1.
    Clamp,
}

/// Radiance is cut here, far above white of every operator, so that no square of it is infinite.
const MAX_RADIANCE: f32 = 1e9;

impl ToneMap {
    /// Every operator, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Neutral, Self::Agx, Self::Aces, Self::Clamp];

    /// The linear colour of a screen, 0 to 1; what is not a number counts as black.
    pub fn apply(self, radiance: [f32; 3]) -> [f32; 3] {
        let radiance = radiance.map(|channel| smaller(larger(channel, 0.0), MAX_RADIANCE));
        let mapped = match self {
            Self::Neutral => neutral(radiance),
            Self::Agx => agx(radiance),
            Self::Aces => aces(radiance),
            Self::Clamp => radiance,
        };
        mapped.map(unit_clamped)
    }
}

/// Rows of a matrix on colours.
type ColorMatrix = [[f32; 3]; 3];

fn transformed(rows: &ColorMatrix, [red, green, blue]: [f32; 3]) -> [f32; 3] {
    rows.map(|row| row[0] * red + row[1] * green + row[2] * blue)
}

/// Khronos PBR Neutral, version 1.0
/// (<https://github.com/KhronosGroup/ToneMapping/blob/main/PBR_Neutral/README.md>).
fn neutral(radiance: [f32; 3]) -> [f32; 3] {
    /// Reflectance of a dielectric seen head on: what a base colour gains from a white furnace.
    const FRESNEL: f32 = 0.04;
    const START: f32 = 0.8 - FRESNEL;
    const DESATURATION: f32 = 0.15;
    let [red, green, blue] = radiance;
    let least = smaller(smaller(red, green), blue);
    let is_dark = least < 2.0 * FRESNEL;
    let offset = if is_dark { least - least * least / (4.0 * FRESNEL) } else { FRESNEL };
    let color = radiance.map(|channel| channel - offset);
    let peak = larger(larger(color[0], color[1]), color[2]);
    if peak <= START {
        return color;
    }
    let room = 1.0 - START;
    let new_peak = 1.0 - room * room / (peak + room - START);
    let white = 1.0 - 1.0 / (DESATURATION * (peak - new_peak) + 1.0);
    color.map(|channel| {
        let scaled = channel * (new_peak / peak);
        scaled + (new_peak - scaled) * white
    })
}

/// AgX by Troy Sobotka, in the form of Filament and three.js: Rec. 2020 primaries around the inset, the
/// curve as Benjamin Wrensch's polynomial ("Minimal AgX implementation", 2023), no look.
fn agx(radiance: [f32; 3]) -> [f32; 3] {
    const REC2020_FROM_SRGB: ColorMatrix =
        [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0113], [0.0164, 0.0880, 0.8956]];
    const SRGB_FROM_REC2020: ColorMatrix =
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];
    const INSET: ColorMatrix = [
        [0.856_627_15, 0.095_121_24, 0.048_251_606],
        [0.137_318_97, 0.761_242, 0.101_439_04],
        [0.111_898_21, 0.076_799_42, 0.811_302_4],
    ];
    const OUTSET: ColorMatrix = [
        [1.127_100_6, -0.110_606_64, -0.016_493_938],
        [-0.141_329_76, 1.157_823_7, -0.016_493_938],
        [-0.141_329_76, -0.110_606_64, 1.251_936_4],
    ];
    /// Stops around 1 that the curve covers.
    const LOWEST_EV: f32 = -12.473_93;
    const HIGHEST_EV: f32 = 4.026_069;
    /// The curve's values are encoded for a display of this gamma.
    const GAMMA: f32 = 2.2;
    let inset = transformed(&INSET, transformed(&REC2020_FROM_SRGB, radiance));
    let curved = inset.map(|channel| {
        let stops = ln(larger(channel, 1e-10)) * std::f32::consts::LOG2_E;
        agx_curve(unit_clamped((stops - LOWEST_EV) / (HIGHEST_EV - LOWEST_EV)))
    });
    let linear = transformed(&OUTSET, curved).map(|channel| pow(larger(channel, 0.0), GAMMA));
    transformed(&SRGB_FROM_REC2020, linear)
}

/// The default contrast of AgX, a polynomial of degree six; mean squared error 3.7e-6.
fn agx_curve(x: f32) -> f32 {
    let x2 = x * x;
    let x4 = x2 * x2;
    15.5 * x4 * x2 - 40.14 * x4 * x + 31.96 * x4 - 6.868 * x2 * x + 0.4298 * x2 + 0.1191 * x
        - 0.002_32
}

/// ACES by Stephen Hill's fit of RRT and ODT (BakingLab, `ACES.hlsl`), exposed by 1/0.6 as three.js does,
/// so that it is about as bright as the others.
fn aces(radiance: [f32; 3]) -> [f32; 3] {
    const INPUT: ColorMatrix =
        [[0.59719, 0.35458, 0.04823], [0.07600, 0.90834, 0.01566], [0.02840, 0.13383, 0.83777]];
    const OUTPUT: ColorMatrix = [
        [1.60475, -0.53108, -0.07367],
        [-0.10208, 1.10813, -0.00605],
        [-0.00327, -0.07276, 1.07602],
    ];
    let input = transformed(&INPUT, radiance.map(|channel| channel / 0.6));
    let fitted = input.map(|v| {
        let above = v * (v + 0.024_578_6) - 0.000_090_537;
        let below = v * (0.983_729 * v + 0.432_951) + 0.238_081;
        above / below
    });
    transformed(&OUTPUT, fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Greys over 24 stops, dark to bright.
    fn greys() -> impl Iterator<Item = f32> {
        (0..=2_400).map(|step| (f64::from(step) / 100.0 - 14.0).exp2() as f32)
    }

    #[test]
    fn greys_stay_grey_and_in_order() {
        for operator in ToneMap::ALL {
            let mut last = 0.0;
            for grey in greys() {
                let [red, green, blue] = operator.apply([grey; 3]);
                assert!(green >= last, "{operator:?} falls at {grey}");
                // The published matrices have four to five digits.
                let spread = (red - green).abs().max((blue - green).abs());
                assert!(spread <= 3e-3 * green + 1e-4, "{operator:?} tints {grey} by {spread}");
                last = green - 1e-6;
            }
            assert!(last > 0.95, "{operator:?} never gets white: {last}");
        }
    }

    #[test]
    fn hostile_radiance_gives_a_color() {
        let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1.0, 0.0, 1e-40, 3.0];
        for operator in ToneMap::ALL {
            for index in 0..512 {
                let radiance = [values[index & 7], values[index >> 3 & 7], values[index >> 6]];
                let mapped = operator.apply(radiance);
                let is_color = mapped.iter().all(|channel| (0.0..=1.0).contains(channel));
                assert!(is_color, "{operator:?} of {radiance:?}: {mapped:?}");
            }
        }
    }

    fn assert_near(operator: ToneMap, radiance: [f32; 3], expected: [f32; 3]) {
        let mapped = operator.apply(radiance);
        let is_near = mapped.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 2e-5);
        assert!(is_near, "{operator:?} of {radiance:?}: {mapped:?}, not {expected:?}");
    }

    #[test]
    fn neutral_only_takes_off_the_fresnel_share_below_its_start() {
        // The specification: below the start f(x) = x − 0.04, and darker than 0.08 x²/0.16.
        assert_near(ToneMap::Neutral, [0.5, 0.3, 0.2], [0.46, 0.26, 0.16]);
        assert_near(ToneMap::Neutral, [0.8, 0.08, 0.08], [0.76, 0.04, 0.04]);
        assert_near(ToneMap::Neutral, [0.04; 3], [0.01; 3]);
        // A saturated colour without a grey part is kept.
        assert_near(ToneMap::Neutral, [0.7, 0.2, 0.0], [0.7, 0.2, 0.0]);
    }

    /// Against the published formulas in 64 bits.
    #[test]
    fn operators_give_known_values() {
        assert_near(ToneMap::Neutral, [1.0; 3], [0.869_090_9; 3]);
        assert_near(ToneMap::Neutral, [10.0, 1.0, 1.0], [0.993_898_3, 0.610_899, 0.610_899]);
        assert_near(ToneMap::Agx, [0.18; 3], [0.214_548_6, 0.214_502_4, 0.214_499_2]);
        assert_near(ToneMap::Agx, [4.0, 0.5, 0.1], [0.986_347_1, 0.524_874_5, 0.354_265_1]);
        assert_near(ToneMap::Aces, [0.18; 3], [0.213_105_5, 0.213_105_5, 0.213_103_3]);
        assert_near(ToneMap::Aces, [4.0, 0.5, 0.1], [1.0, 0.670_737_2, 0.302_257_5]);
        assert_near(ToneMap::Clamp, [0.3, 1.5, 0.0], [0.3, 1.0, 0.0]);
    }
}
