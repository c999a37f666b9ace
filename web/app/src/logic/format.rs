//! Numbers as people read them: few digits, a unit, and never a jumping width.

use std::time::Duration;

/// Stands for a number that is not known yet.
pub const UNKNOWN: &str = "–";

/// A value and its unit, shown apart: `("12.4", "M")`.
pub type Quantity = (String, &'static str);

const THOUSANDS: [&str; 5] = ["", "k", "M", "G", "T"];
const BYTE_UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

/// Three digits and a decimal prefix: 12 400 000 is `12.4 M`.
pub fn scaled(value: f64) -> Quantity {
    in_steps(value, &THOUSANDS)
}

/// Three digits and a byte unit: 1 200 000 is `1.2 MB`.
pub fn bytes(count: f64) -> Quantity {
    in_steps(count, &BYTE_UNITS)
}

/// A quantity as one text.
pub fn joined((number, unit): &Quantity) -> String {
    if unit.is_empty() { number.clone() } else { format!("{number}\u{a0}{unit}") }
}

fn in_steps(value: f64, units: &[&'static str]) -> Quantity {
    if !value.is_finite() || value < 0.0 {
        return (UNKNOWN.to_owned(), "");
    }
    let mut scaled = value;
    let mut step = 0;
    // 999.5 would round to 1000; it belongs to the next unit.
    while scaled >= 999.5 && step + 1 < units.len() {
        scaled /= 1000.0;
        step += 1;
    }
    let decimals = if step == 0 || scaled >= 99.95 { 0 } else { 1 };
    (format!("{scaled:.decimals$}"), units[step])
}

/// A whole number in groups of three: 1234567 is `1 234 567` with thin spaces.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share from 0 to 1 in whole percent; something is never shown as nothing.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return UNKNOWN.to_owned();
    }
    let percent = share.clamp(0.0, 1.0) * 100.0;
    if percent > 0.0 && percent < 1.0 {
        "<1\u{a0}%".to_owned()
    } else {
        format!("{percent:.0}\u{a0}%")
    }
}

/// A running time: `0:07`, `12:03`, `1:02:03`.
pub fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_get_a_prefix() {
        let check = |value, expected: &str| assert_eq!(joined(&scaled(value)), expected, "{value}");
        check(0.0, "0");
        check(7.4, "7");
        check(999.4, "999");
        check(999.6, "1.0\u{a0}k");
        check(12_400_000.0, "12.4\u{a0}M");
        check(999_960_000.0, "1.0\u{a0}G");
        check(5e18, "5000000\u{a0}T");
        check(f64::NAN, "–");
        check(-1.0, "–");
    }

    #[test]
    fn bytes_count_in_thousands() {
        let check = |value, expected: &str| assert_eq!(joined(&bytes(value)), expected, "{value}");
        check(512.0, "512\u{a0}B");
        check(1_000.0, "1.0\u{a0}kB");
        check(123_456.0, "123\u{a0}kB");
        check(1_234_567.0, "1.2\u{a0}MB");
    }

    #[test]
    fn digits_are_grouped_in_threes() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1\u{202f}000");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn a_little_is_never_shown_as_nothing() {
        assert_eq!(percent(0.0), "0\u{a0}%");
        assert_eq!(percent(0.004), "<1\u{a0}%");
        assert_eq!(percent(0.5), "50\u{a0}%");
        assert_eq!(percent(1.7), "100\u{a0}%");
        assert_eq!(percent(f64::NAN), "–");
    }

    #[test]
    fn hours_appear_when_there_are_some() {
        assert_eq!(clock(Duration::from_secs(7)), "0:07");
        assert_eq!(clock(Duration::from_secs(723)), "12:03");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
    }
}
