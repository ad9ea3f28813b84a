//! Moments and spans of time as pages write them. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use crate::store::Millis;

/// Milliseconds of a day.
pub(super) const DAY_MS: Millis = 24 * 60 * 60 * 1_000;

fn utc(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

/// The day, in UTC.
pub(super) fn day(at: Millis) -> NaiveDate {
    utc(at).date_naive()
}

/// `2026-11-30 07:34`; nothing for 0, which stands for never.
pub(super) fn shown(at: Millis) -> String {
    match at {
        0 => String::new(),
        at => utc(at).format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// `2026-11-30T07:34:14Z`; nothing for 0.
pub(super) fn iso(at: Millis) -> String {
    match at {
        0 => String::new(),
        at => utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// `40 s`, `12 min`, `5 h`, `3 days`: never less than it was by more than one unit.
pub(super) fn span(seconds: i64) -> String {
    const HOUR: i64 = 3_600;
    match seconds.max(0) {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 2 * HOUR => format!("{} min", seconds / 60),
        seconds if seconds < 48 * HOUR => format!("{} h", seconds / HOUR),
        seconds => format!("{} days", seconds / (24 * HOUR)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_and_never_is_nothing() {
        let at = 1_796_024_054_123;
        assert_eq!(shown(at), "2026-11-30 07:34");
        assert_eq!(iso(at), "2026-11-30T07:34:14Z");
        assert_eq!((shown(0), iso(0)), (String::new(), String::new()));
        assert_eq!(iso(i64::MAX), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn spans_have_one_unit() {
        for (seconds, text) in [
            (-5, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
