//! What became of findings, counted: by month, by rule, by repository, and how long repairs took. Numbers of
//! repositories; nothing here knows a person. Pure.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Months, NaiveDate};

use super::moment;
use crate::store::{FindingState, Millis, Outcome};

/// Months that a trend shows, this one included.
pub(super) const MONTHS: u32 = 12;

/// A month of a trend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Month {
    /// `2026-11`.
    pub(super) label: String,
    /// Findings that were first seen.
    pub(super) new: i64,
    /// Findings that a push removed.
    pub(super) fixed: i64,
    /// Findings that people took the risk of.
    pub(super) accepted: i64,
    /// Findings that people called wrong.
    pub(super) disputed: i64,
}

/// The first day of the months that a trend shows.
pub(super) fn first_day(now: Millis) -> NaiveDate {
    let today = moment::day(now);
    let month = today.with_day(1).unwrap_or(today);
    month
        .checked_sub_months(Months::new(MONTHS - 1))
        .unwrap_or(month)
}

/// Counts by month: this one and those before it.
pub(super) fn months(outcomes: &[Outcome], now: Millis) -> Vec<Month> {
    let first = first_day(now);
    let number = |day: NaiveDate| {
        let months = i64::from(day.year()) * 12 + i64::from(day.month0());
        let from = i64::from(first.year()) * 12 + i64::from(first.month0());
        usize::try_from(months - from).ok()
    };
    let mut months: Vec<Month> = (0..MONTHS)
        .map(|step| {
            let day = first.checked_add_months(Months::new(step)).unwrap_or(first);
            Month {
                label: day.format("%Y-%m").to_string(),
                new: 0,
                fixed: 0,
                accepted: 0,
                disputed: 0,
            }
        })
        .collect();
    for one in outcomes {
        if let Some(month) = number(moment::day(one.first_ms)).and_then(|at| months.get_mut(at)) {
            month.new += 1;
        }
        if one.ended_ms == 0 {
            continue;
        }
        let Some(month) = number(moment::day(one.ended_ms)).and_then(|at| months.get_mut(at))
        else {
            continue;
        };
        match one.state {
            FindingState::Fixed => month.fixed += 1,
            FindingState::Accepted => month.accepted += 1,
            FindingState::Disputed => month.disputed += 1,
            FindingState::Open | FindingState::Closed | FindingState::Merged => {}
        }
    }
    months
}

/// How long repairs took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repairs {
    /// `error`, `warning`, `info`, or `all`.
    pub(super) severity: &'static str,
    /// Repaired findings.
    pub(super) fixed: i64,
    /// Seconds from first seen to gone: half of them took no longer. `None` where none is repaired.
    pub(super) median_s: Option<i64>,
    /// Nine of ten took no longer.
    pub(super) most_s: Option<i64>,
}

/// How long repairs took, by severity and in all. A percentile is the smallest time that so many did not pass.
pub(super) fn repairs(outcomes: &[Outcome]) -> Vec<Repairs> {
    ["error", "warning", "info", "all"]
        .into_iter()
        .map(|severity| {
            let mut times: Vec<i64> = outcomes
                .iter()
                .filter(|one| one.state == FindingState::Fixed)
                .filter(|one| severity == "all" || one.severity == severity)
                .map(|one| one.ended_ms.saturating_sub(one.first_ms).max(0) / 1_000)
                .collect();
            times.sort_unstable();
            Repairs {
                severity,
                fixed: i64::try_from(times.len()).unwrap_or(i64::MAX),
                median_s: percentile(&times, 50),
                most_s: percentile(&times, 90),
            }
        })
        .collect()
}

/// The nearest-rank percentile of sorted numbers.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// How people took the findings of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Taken {
    /// Findings that were fixed.
    pub(super) adopted: i64,
    /// Findings that were called wrong, by a decision or a button.
    pub(super) disputed: i64,
    /// Findings whose risk was taken.
    pub(super) accepted: i64,
    /// Findings that are open.
    pub(super) open: i64,
    /// Findings that went with their pull request, merged or not.
    pub(super) left: i64,
}

impl Taken {
    /// Findings in all.
    pub(super) fn all(&self) -> i64 {
        self.adopted + self.disputed + self.accepted + self.open + self.left
    }

    /// Whether so many were called wrong that the rule is better reported than enforced: under half were fixed
    /// of twenty that people judged.
    pub(super) fn is_noisy(&self) -> bool {
        let judged = self.adopted + self.disputed;
        judged >= 20 && self.adopted * 2 < judged
    }

    /// Share of fixed ones among those that were fixed or called wrong, in percent.
    pub(super) fn precision(&self) -> Option<i64> {
        let judged = self.adopted + self.disputed;
        (self.adopted * 100 + judged / 2).checked_div(judged)
    }
}

/// How people took the findings of each rule.
pub(super) fn by_rule(outcomes: &[Outcome]) -> BTreeMap<&str, Taken> {
    let mut rules: BTreeMap<&str, Taken> = BTreeMap::new();
    for one in outcomes {
        let taken = rules.entry(&one.rule).or_default();
        let count = match one.state {
            _ if one.is_disputed => &mut taken.disputed,
            FindingState::Disputed => &mut taken.disputed,
            FindingState::Fixed => &mut taken.adopted,
            FindingState::Accepted => &mut taken.accepted,
            FindingState::Open => &mut taken.open,
            FindingState::Closed | FindingState::Merged => &mut taken.left,
        };
        *count += 1;
    }
    rules
}

/// Open findings of each repository.
pub(super) fn open_by_repository(outcomes: &[Outcome]) -> BTreeMap<i64, i64> {
    let mut open: BTreeMap<i64, i64> = BTreeMap::new();
    for one in outcomes {
        if one.state == FindingState::Open {
            *open.entry(one.repository).or_default() += 1;
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::pages::moment::DAY_MS;

    /// 2026-11-30.
    const NOW: Millis = 1_796_024_054_123;

    fn outcome(rule: &str, state: FindingState, first: Millis, ended: Millis) -> Outcome {
        Outcome {
            repository: 1,
            rule: rule.to_owned(),
            severity: "error".to_owned(),
            state,
            is_disputed: false,
            first_ms: first,
            ended_ms: ended,
        }
    }

    #[test]
    fn a_finding_counts_where_it_was_seen_and_where_it_ended() {
        let old = NOW - 400 * DAY_MS;
        let all = [
            outcome("a", FindingState::Fixed, NOW - 40 * DAY_MS, NOW),
            outcome("a", FindingState::Accepted, NOW, NOW),
            outcome("a", FindingState::Disputed, NOW, NOW),
            outcome("a", FindingState::Open, NOW, 0),
            outcome("a", FindingState::Merged, NOW, NOW),
            // Older than the trend, ended in it.
            outcome("a", FindingState::Fixed, old, NOW),
        ];
        let months = months(&all, NOW);
        let labels: Vec<&str> = months.iter().map(|month| month.label.as_str()).collect();
        assert_eq!(
            labels.first().zip(labels.last()),
            Some((&"2025-12", &"2026-11"))
        );
        let last = months.last().cloned();
        let expected = Month {
            label: "2026-11".to_owned(),
            new: 4,
            fixed: 2,
            accepted: 1,
            disputed: 1,
        };
        assert_eq!(last, Some(expected));
        assert_eq!(months.iter().map(|month| month.new).sum::<i64>(), 5);
    }

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let fixed = |days: i64| outcome("a", FindingState::Fixed, NOW - days * DAY_MS, NOW);
        let all: Vec<Outcome> = (1..=10).map(fixed).collect();
        let day = 24 * 60 * 60;
        let of_all = repairs(&all).pop();
        let expected = Repairs {
            severity: "all",
            fixed: 10,
            median_s: Some(5 * day),
            most_s: Some(9 * day),
        };
        assert_eq!(of_all, Some(expected));
        let none = repairs(&[]).pop();
        assert_eq!(none.and_then(|none| none.median_s), None);
        assert_eq!(percentile(&[7], 90), Some(7));
    }

    #[test]
    fn what_a_button_said_outweighs_what_a_push_did() {
        let mut said = outcome("a", FindingState::Fixed, NOW, NOW);
        said.is_disputed = true;
        let all = [
            said,
            outcome("a", FindingState::Fixed, NOW, NOW),
            outcome("a", FindingState::Fixed, NOW, NOW),
            outcome("a", FindingState::Merged, NOW, NOW),
            outcome("b", FindingState::Open, NOW, 0),
        ];
        let rules = by_rule(&all);
        let a = rules.get("a").cloned().unwrap_or_default();
        assert_eq!((a.adopted, a.disputed, a.left, a.all()), (2, 1, 1, 4));
        assert_eq!(a.precision(), Some(67));
        let noisy = |adopted, disputed| {
            let taken = Taken {
                adopted,
                disputed,
                ..Taken::default()
            };
            taken.is_noisy()
        };
        assert!(noisy(9, 11) && !noisy(10, 10) && !noisy(1, 18));
        let b = rules.get("b").cloned().unwrap_or_default();
        assert_eq!((b.open, b.precision()), (1, None));
        assert_eq!(open_by_repository(&all).get(&1), Some(&1));
    }
}
