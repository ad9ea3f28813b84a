//! Months and quarters.

use chrono::{Datelike as _, NaiveDate};

/// Step of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
}

impl Period {
    /// Its word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    fn per_year(self) -> i32 {
        match self {
            Self::Month => 12,
            Self::Quarter => 4,
        }
    }

    /// The number of the period that holds a day, counted from the year 0.
    pub(super) fn of(self, day: NaiveDate) -> i32 {
        let month = i32::try_from(day.month0()).unwrap_or_default();
        day.year() * self.per_year() + month * self.per_year() / 12
    }

    /// `2026-11` or `2026-Q4`: so many steps after the first.
    pub(super) fn label(self, first: i32, step: usize) -> String {
        let number = first + i32::try_from(step).unwrap_or_default();
        let (year, part) = (
            number.div_euclid(self.per_year()),
            number.rem_euclid(self.per_year()) + 1,
        );
        match self {
            Self::Month => format!("{year}-{part:02}"),
            Self::Quarter => format!("{year}-Q{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn periods_have_names() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let name = |by: Period, text: &str| by.label(by.of(day(text)), 0);
        assert_eq!(name(Period::Month, "2026-11-30"), "2026-11");
        assert_eq!(name(Period::Quarter, "2026-09-30"), "2026-Q3");
        assert_eq!(name(Period::Quarter, "2026-10-01"), "2026-Q4");
        let first = Period::Month.of(day("2026-11-30"));
        assert_eq!(Period::Month.label(first, 2), "2027-01");
    }
}
