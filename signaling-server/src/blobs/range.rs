//! The `Range` header: one range of bytes, or the whole.

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RangeAnswer {
    /// Everything: no range, or one that servers may ignore.
    Whole,
    /// This part.
    Part { first: u64, length: u64 },
    /// The range lies outside.
    Unsatisfiable,
}

/// Decides for a file of `bytes` (RFC 9110 §14).
pub(super) fn answer_range(header: Option<&str>, bytes: u64) -> RangeAnswer {
    let Some(range) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return RangeAnswer::Whole;
    };
    // Several ranges may be ignored, and so may nonsense.
    let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
        return RangeAnswer::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let number =
        |text: &str| text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u64>());
    match (first.is_empty(), last.is_empty(), number(first), number(last)) {
        (true, false, _, Some(Ok(suffix))) => {
            let length = suffix.min(bytes);
            part(bytes - length, length)
        }
        (false, true, Some(Ok(first)), _) => part(first, bytes.saturating_sub(first)),
        (false, false, Some(Ok(first)), Some(Ok(last))) if first <= last => {
            let end = last.saturating_add(1).min(bytes);
            part(first, end.saturating_sub(first))
        }
        _ => RangeAnswer::Whole,
    }
}

fn part(first: u64, length: u64) -> RangeAnswer {
    if length == 0 { RangeAnswer::Unsatisfiable } else { RangeAnswer::Part { first, length } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: RangeAnswer) {
        assert_eq!(answer_range(Some(header), 100), expected, "{header}");
    }

    #[test]
    fn ranges_follow_the_rfc() {
        let part = |first, length| RangeAnswer::Part { first, length };
        check("bytes=0-0", part(0, 1));
        check("bytes=10-19", part(10, 10));
        check("bytes=90-", part(90, 10));
        check("bytes=-30", part(70, 30));
        check("bytes=-300", part(0, 100));
        check("bytes=90-500", part(90, 10));
        check("bytes=100-", RangeAnswer::Unsatisfiable);
        check("bytes=-0", RangeAnswer::Unsatisfiable);
    }

    #[test]
    fn nonsense_gets_the_whole() {
        for header in [
            "bytes=9-3",
            "bytes=a-b",
            "bytes=",
            "bytes=-",
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=99999999999999999999-",
            "bytes=+1-2",
        ] {
            check(header, RangeAnswer::Whole);
        }
        assert_eq!(answer_range(None, 100), RangeAnswer::Whole);
    }
}
