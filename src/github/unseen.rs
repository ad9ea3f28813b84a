//! The parts of files that were not analysed: silence about them proves nothing. Pure.

use serde::{Deserialize, Serialize};

use crate::finding::{Gap, GapKind};

/// Most places of a file that are told apart; more become one from the first to the last.
const PLACES: usize = 64;

/// The lines of a gap that names none.
const WHOLE: (u32, u32) = (1, u32::MAX);

/// What of a file was not looked at, though the file was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseen {
    /// First and last lines, 1-based, sorted.
    pub lines: Vec<(u32, u32)>,
    /// Whether some of it could not be analysed, other than an arm of `#if` that was not chosen or a
    /// file that is left out by rule: functions around it may not have been analysed as far as others.
    pub is_broken: bool,
}

impl Unseen {
    /// Whether nothing of the file was looked at.
    pub fn is_all(&self) -> bool {
        self.lines.contains(&WHOLE)
    }

    /// Whether one of the lines is among them.
    pub fn has_any_of(&self, first: u32, last: u32) -> bool {
        let overlaps = |(from, to): &(u32, u32)| *from <= last && first <= *to;
        self.lines.iter().any(overlaps)
    }

    /// Adds a part.
    pub(super) fn add(&mut self, gap: &Gap) {
        self.is_broken |= !matches!(
            gap.kind,
            GapKind::InactiveArm | GapKind::Vendor | GapKind::Language | GapKind::LfsPointer
        );
        self.lines.push(gap.lines.unwrap_or(WHOLE));
        if self.lines.len() > PLACES {
            let first = self.lines.iter().map(|(first, _)| *first).min();
            let last = self.lines.iter().map(|(_, last)| *last).max();
            self.lines = first.zip(last).into_iter().collect();
        }
        self.lines.sort_unstable();
        self.lines.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(kind: GapKind, lines: Option<(u32, u32)>) -> Gap {
        Gap {
            path: "src/a.c".into(),
            kind,
            span: None,
            lines,
            function: None,
            detail: String::new(),
        }
    }

    #[test]
    fn lines_of_gaps_are_known() {
        let mut unseen = Unseen::default();
        unseen.add(&gap(GapKind::InactiveArm, Some((10, 12))));
        assert!(!unseen.is_broken && !unseen.is_all());
        assert!(unseen.has_any_of(12, 20) && unseen.has_any_of(1, 10));
        assert!(!unseen.has_any_of(13, 20) && !unseen.has_any_of(1, 9));
        unseen.add(&gap(GapKind::Language, None));
        assert!(!unseen.is_broken && unseen.is_all());
        unseen.add(&gap(GapKind::Syntax, Some((40, 40))));
        assert!(unseen.is_broken);
    }

    #[test]
    fn many_gaps_become_one() {
        let mut unseen = Unseen::default();
        for line in 1..=1_000 {
            unseen.add(&gap(GapKind::InactiveArm, Some((line * 3, line * 3))));
            assert!(unseen.lines.len() <= PLACES);
        }
        assert!(unseen.has_any_of(3, 3) && unseen.has_any_of(3_000, 3_000));
        assert!(!unseen.has_any_of(1, 2));
    }
}
