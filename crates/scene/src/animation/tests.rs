//! What lies between keys, held to what the formulas promise.

use proptest::prelude::*;

use super::*;

fn moved(interpolation: Interpolation, times_s: &[f32], values: &[[f32; 3]]) -> Animation {
    let rest =
        NodePlace::Free { translation: [0.0; 3], rotation: [0., 0., 0., 1.], scale: [1.0; 3] };
    let channel = Channel {
        node: 0,
        property: Property::Translation,
        interpolation,
        times_s: times_s.to_vec(),
        values: values.as_flattened().to_vec(),
    };
    assert_eq!(channel.fault(), None);
    Animation {
        nodes: vec![MovingNode { parent: None, rest }],
        channels: vec![channel],
        ..Animation::default()
    }
}

fn at(animation: &Animation, seconds: f64) -> [f32; 3] {
    let time_us = (seconds * 1e6) as u64;
    animation.world_from_nodes(time_us)[0].column(3).to_array()
}

fn rotated(interpolation: Interpolation, values: &[[f32; 4]]) -> Channel {
    Channel {
        node: 0,
        property: Property::Rotation,
        interpolation,
        times_s: (0..values.len() / interpolation.values_per_key()).map(|k| k as f32).collect(),
        values: values.as_flattened().to_vec(),
    }
}

#[test]
fn linear_is_straight_steps_hold_and_all_loop() {
    let keys = [[0.0, 0.0, 0.0], [4.0, 2.0, 0.0], [4.0, 2.0, 8.0]];
    let linear = moved(Interpolation::Linear, &[1.0, 2.0, 4.0], &keys);
    assert_eq!(linear.duration_s(), 4.0);
    assert_eq!(at(&linear, 0.5), keys[0], "the first key holds before its time");
    assert_eq!(at(&linear, 1.25), [1.0, 0.5, 0.0]);
    assert_eq!(at(&linear, 3.0), [4.0, 2.0, 4.0]);
    assert_eq!(at(&linear, 4.0), keys[0], "the end is the beginning");
    assert_eq!(at(&linear, 4.0 * 1000.0 + 3.0), [4.0, 2.0, 4.0]);
    let step = moved(Interpolation::Step, &[1.0, 2.0, 4.0], &keys);
    assert_eq!(at(&step, 1.999), keys[0]);
    assert_eq!(at(&step, 2.0), keys[1]);
    assert_eq!(at(&step, 3.999), keys[1]);
    let twice =
        moved(Interpolation::Linear, &[0.0, 1.0, 1.0, 2.0], &[[0.; 3], [1.; 3], [5.; 3], [6.; 3]]);
    assert_eq!(at(&twice, 1.0), [5.0; 3], "two keys at one time are a jump");
    let single = moved(Interpolation::CubicSpline, &[0.0], &[[9.0; 3], [1.0; 3], [9.0; 3]]);
    assert_eq!(at(&single, 7.0), [1.0; 3]);
}

proptest! {
    /// A cubic is its own Hermite spline: any one is met between keys, with its own slopes as tangents.
    #[test]
    fn spline_reproduces_every_cubic(
        coefficients in prop::array::uniform4(-2.0f64..2.0),
        start in 0.0f32..3.0,
        length in 0.1f32..3.0,
        share in 0.0f64..1.0,
    ) {
        let [a, b, c, d] = coefficients;
        let value = |t: f64| ((a * t + b) * t + c) * t + d;
        let slope = |t: f64| (3.0 * a * t + 2.0 * b) * t + c;
        let end = start + length;
        let key = |t: f32| {
            let [slope, value] = [slope(f64::from(t)), value(f64::from(t))].map(|x| [x as f32; 3]);
            [slope, value, slope]
        };
        let values = [key(start), key(end)].concat();
        let spline = moved(Interpolation::CubicSpline, &[start, end], &values);
        let seconds = f64::from(start) + share * f64::from(length) * 0.999;
        let seconds = (seconds * 1e6).floor() / 1e6;
        prop_assume!(seconds > f64::from(start));
        let found = f64::from(at(&spline, seconds)[1]);
        let most = 1.0 + value(f64::from(start)).abs() + value(f64::from(end)).abs() + 40.0;
        prop_assert!((found - value(seconds)).abs() < 1e-5 * most, "{} {}", found, value(seconds));
    }

    /// Whatever a file holds: rotations have length one.
    #[test]
    fn rotations_are_unit(
        values in prop::collection::vec(prop::array::uniform4(-1e9f32..1e9), 6),
        seconds in -1.0f32..9.0,
        is_spline: bool,
    ) {
        let kind = if is_spline { Interpolation::CubicSpline } else { Interpolation::Linear };
        let channel = rotated(kind, &values);
        let mut place =
            NodePlace::Free { translation: [0.0; 3], rotation: [0.0; 4], scale: [1.0; 3] };
        channel.apply(seconds, &mut place);
        let NodePlace::Free { rotation, .. } = place else { panic!() };
        let square: f32 = rotation.iter().map(|x| x * x).sum();
        prop_assert!((square - 1.0).abs() < 1e-5, "{:?}", rotation);
    }
}

#[test]
fn rotation_takes_the_shorter_arc() {
    let half = std::f32::consts::FRAC_1_SQRT_2;
    // A quarter turn about y, given by the quaternion on the far side.
    let channel = rotated(Interpolation::Linear, &[[0., 0., 0., 1.], [0., -half, 0., -half]]);
    let mut place = NodePlace::Free { translation: [0.0; 3], rotation: [0.0; 4], scale: [1.0; 3] };
    channel.apply(0.5, &mut place);
    let x = place.parent_from_node().column(0).to_array();
    for (found, expected) in x.into_iter().zip([half, 0.0, -half]) {
        assert!((found - expected).abs() < 1e-6, "{x:?}");
    }
}

#[test]
fn unusable_channels_are_told() {
    let good = || rotated(Interpolation::Linear, &[[0., 0., 0., 1.], [1., 0., 0., 0.]]);
    let check = |change: fn(&mut Channel), expected: &str| {
        let mut channel = good();
        change(&mut channel);
        let fault = channel.fault().unwrap();
        assert!(fault.contains(expected), "{fault}");
    };
    assert_eq!(good().fault(), None);
    check(|channel| channel.times_s.clear(), "no key");
    check(|channel| channel.times_s[1] = f32::NAN, "usable time");
    check(|channel| channel.times_s[0] = -1.0, "usable time");
    check(|channel| channel.times_s[1] = f32::INFINITY, "usable time");
    check(|channel| channel.times_s.reverse(), "order of time");
    check(|channel| channel.values.truncate(7), "number of values");
    check(|channel| channel.interpolation = Interpolation::CubicSpline, "number of values");
    check(|channel| channel.values[2] = f32::NAN, "usable number");
}
