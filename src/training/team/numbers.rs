//! What became of some findings.

use serde::Serialize;

use crate::training::history::Episode;

/// Whether something becomes more frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// By a quarter or more from the first half of the time to the second.
    Rising,
    /// Down by a fifth or more.
    Falling,
    /// Neither.
    Steady,
    /// Too few findings or lines to tell.
    Unknown,
}

impl Trend {
    /// Its word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Steady => "steady",
            Self::Unknown => "unknown",
        }
    }
}

/// Fewest findings that make a trend.
const FEWEST_FOR_TREND: u64 = 5;

/// How many, and what became of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// Findings.
    pub findings: u64,
    /// Findings in 1,000 changed lines; `None` without lines.
    pub per_1000: Option<f64>,
    /// Those repaired before a review of what was pushed saw them.
    pub before_push: u64,
    /// Those that such a review saw.
    pub in_review: u64,
    /// Those still open.
    pub open: u64,
    /// Those that had been repaired before.
    pub again: u64,
    /// Seconds from found to gone: the median. `None` where none is gone.
    pub median_seconds: Option<i64>,
    /// Findings by step of the trend.
    pub per_step: Vec<u64>,
    /// Those of them that a review saw, by step.
    pub reviewed_per_step: Vec<u64>,
    /// Findings in 1,000 changed lines by step.
    pub rates: Vec<Option<f64>>,
    /// Where it goes.
    pub trend: Trend,
}

impl Numbers {
    /// The share of those repaired before the push, of those whose end is known: percent.
    pub fn share_before_push(&self) -> Option<u64> {
        let known = self.before_push + self.in_review;
        (self.before_push * 100 + known / 2).checked_div(known)
    }

    /// Leaves out what is told by step of time.
    pub(super) fn forget_steps(&mut self) {
        self.per_step.clear();
        self.reviewed_per_step.clear();
        self.rates.clear();
        self.trend = Trend::Unknown;
    }

    /// The median time from found to gone in words.
    pub fn time_to_fix(&self) -> String {
        const HOUR: i64 = 3_600;
        match self.median_seconds {
            None => "none yet".to_owned(),
            Some(seconds) if seconds < HOUR => format!("{} min", (seconds + 59) / 60),
            Some(seconds) if seconds < 48 * HOUR => format!("{} h", seconds / HOUR),
            Some(seconds) => format!("{} days", seconds / (24 * HOUR)),
        }
    }
}

/// Counts; `lines` are changed lines by step.
pub(super) fn numbers(
    some: &[&Episode<'_>],
    lines: &[u64],
    step_of: impl Fn(&Episode<'_>) -> usize,
) -> Numbers {
    let mut per_step = vec![0_u64; lines.len().max(1)];
    let mut times: Vec<i64> = Vec::new();
    let mut counted = Numbers {
        findings: 0,
        per_1000: None,
        before_push: 0,
        in_review: 0,
        open: 0,
        again: 0,
        median_seconds: None,
        per_step: Vec::new(),
        reviewed_per_step: vec![0; lines.len().max(1)],
        rates: Vec::new(),
        trend: Trend::Unknown,
    };
    for episode in some {
        counted.findings += 1;
        let step = step_of(episode);
        if let (Some(all), Some(reviewed)) = (
            per_step.get_mut(step),
            counted.reviewed_per_step.get_mut(step),
        ) {
            *all += 1;
            *reviewed += u64::from(episode.reviewed);
        }
        counted.again += u64::from(episode.again);
        counted.in_review += u64::from(episode.reviewed);
        match episode.gone {
            Some(gone) => {
                times.push(gone.seconds_since(episode.at));
                counted.before_push += u64::from(!episode.reviewed);
            }
            None => counted.open += 1,
        }
    }
    times.sort_unstable();
    counted.median_seconds = times.get(times.len().saturating_sub(1) / 2).copied();
    counted.per_1000 = rate(counted.findings, lines.iter().sum());
    counted.rates = per_step
        .iter()
        .zip(lines)
        .map(|(count, lines)| rate(*count, *lines))
        .collect();
    counted.trend = trend(&per_step, lines);
    counted.per_step = per_step;
    counted
}

/// Findings in 1,000 lines, to two places.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn rate(findings: u64, lines: u64) -> Option<f64> {
    (lines > 0).then(|| (findings as f64 * 100_000.0 / lines as f64).round() / 100.0)
}

fn trend(counts: &[u64], lines: &[u64]) -> Trend {
    let half = counts.len() / 2;
    let sum = |list: &[u64], early: bool| -> u64 {
        let (before, after) = list.split_at(half.min(list.len()));
        if early { before } else { after }.iter().sum()
    };
    let rates = (
        rate(sum(counts, true), sum(lines, true)),
        rate(sum(counts, false), sum(lines, false)),
    );
    let is_enough = counts.iter().sum::<u64>() >= FEWEST_FOR_TREND;
    match rates {
        (Some(early), Some(late)) if is_enough => {
            if late >= early * 1.25 {
                Trend::Rising
            } else if late <= early * 0.8 {
                Trend::Falling
            } else {
                Trend::Steady
            }
        }
        _ => Trend::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_need_findings_and_lines_on_both_sides() {
        assert_eq!(trend(&[1, 1, 4, 4], &[100; 4]), Trend::Rising);
        assert_eq!(trend(&[4, 4, 1, 1], &[100; 4]), Trend::Falling);
        assert_eq!(trend(&[3, 3, 3, 3], &[100; 4]), Trend::Steady);
        // More findings in more lines.
        assert_eq!(trend(&[2, 2, 4, 4], &[100, 100, 200, 200]), Trend::Steady);
        assert_eq!(trend(&[1, 1, 1, 1], &[100; 4]), Trend::Unknown);
        assert_eq!(trend(&[5, 5, 5, 5], &[0, 0, 100, 100]), Trend::Unknown);
        assert_eq!(trend(&[9], &[100]), Trend::Unknown);
        assert_eq!(trend(&[], &[]), Trend::Unknown);
    }

    #[test]
    fn rates_are_per_thousand_lines() {
        assert_eq!(rate(3, 2_000), Some(1.5));
        assert_eq!(rate(1, 3_000), Some(0.33));
        assert_eq!(rate(1, 0), None);
    }
}
