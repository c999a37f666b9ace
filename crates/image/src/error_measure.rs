//! How far two pictures are apart.

/// Root of the mean squared difference over all pixels and channels, in linear radiance;
/// `None` if the pictures have no pixel or different sizes.
pub fn rmse(ours: &[[f32; 3]], theirs: &[[f32; 3]]) -> Option<f64> {
    if ours.is_empty() || ours.len() != theirs.len() {
        return None;
    }
    let channels = ours.as_flattened().iter().zip(theirs.as_flattened());
    let sum: f64 = channels
        .map(|(&a, &b)| {
            let difference = f64::from(a) - f64::from(b);
            difference * difference
        })
        .sum();
    Some((sum / (3 * ours.len()) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_difference_is_found() {
        let (a, b) = ([[1.0, 2.0, 3.0]], [[1.0, 2.0, 6.0]]);
        assert_eq!(rmse(&a, &a), Some(0.0));
        assert_eq!(rmse(&a, &b), Some(3f64.sqrt()));
        assert_eq!(rmse(&a, &[]), None);
    }
}
