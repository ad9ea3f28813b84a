//! Hunks and line maps between two versions of a text. Pure.
//!
//! Lines end with `\n`, which belongs to the line; a changed end of line is a changed line, as in
//! git. Lines are 1-based, ranges half-open.

mod unified;

#[cfg(test)]
mod tests;

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};

pub use unified::{UnifiedError, UnifiedHunk, UnifiedProblem, parse_unified};

/// One run of changed lines without context.
///
/// At least one of the two ranges is not empty. An empty range starts at the line before which
/// the other side's lines stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hunk {
    /// 1-based lines of the base that are removed.
    pub base: Range<u32>,
    /// 1-based lines of the head that are added.
    pub head: Range<u32>,
}

/// The difference of two texts by lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineDiff {
    hunks: Vec<Hunk>,
    /// The head's side of the hunks, less what a further parent of a merge has as well.
    touched: Vec<Range<u32>>,
    base_lines: u32,
    head_lines: u32,
}

impl LineDiff {
    /// Compares two texts.
    pub fn between(base: &[u8], head: &[u8]) -> Self {
        let input = InternedInput::new(byte_lines(base), byte_lines(head));
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        diff.postprocess_lines(&input);
        let hunks = diff
            .hunks()
            .map(|hunk| Hunk {
                base: one_based(&hunk.before),
                head: one_based(&hunk.after),
            })
            .collect();
        Self::new(hunks, count(input.before.len()), count(input.after.len()))
    }

    fn new(hunks: Vec<Hunk>, base_lines: u32, head_lines: u32) -> Self {
        Self {
            touched: hunks.iter().map(|hunk| hunk.head.clone()).collect(),
            hunks,
            base_lines,
            head_lines,
        }
    }

    /// The difference of a changed file to what was there: to its base (`None` = added), and in a
    /// merge to the file in each further parent as well.
    pub fn of_change<'a>(
        base: Option<&[u8]>,
        other_bases: impl IntoIterator<Item = &'a [u8]>,
        head: &[u8],
    ) -> Self {
        let first = match base {
            Some(base) => Self::between(base, head),
            None => Self::whole_file_added(head),
        };
        other_bases.into_iter().fold(first, |diff, other| {
            diff.merged_with(&Self::between(other, head))
        })
    }

    /// The difference of a text to nothing: every line is added.
    pub fn whole_file_added(head: &[u8]) -> Self {
        let head_lines = count(byte_lines(head).count());
        let hunks = if head_lines == 0 {
            Vec::new()
        } else {
            vec![Hunk {
                base: 1..1,
                head: 1..head_lines.saturating_add(1),
            }]
        };
        Self::new(hunks, 0, head_lines)
    }

    /// Takes off what `other`, the diff of a further parent to the same head, does not call
    /// changed: for a merge only what is in neither parent remains added or touched. Hunks and line
    /// maps stay those of `self`.
    #[must_use]
    pub fn merged_with(mut self, other: &Self) -> Self {
        let mut touched = Vec::new();
        for ours in &self.touched {
            if ours.is_empty() {
                if other.touches(ours.start.saturating_sub(1), ours.start) {
                    touched.push(ours.clone());
                }
                continue;
            }
            let first = other
                .touched
                .partition_point(|theirs| theirs.end <= ours.start);
            touched.extend(
                other
                    .touched
                    .iter()
                    .skip(first)
                    .take_while(|theirs| theirs.start < ours.end)
                    .map(|theirs| theirs.start.max(ours.start)..theirs.end.min(ours.end))
                    .filter(|both| !both.is_empty()),
            );
        }
        self.touched = touched;
        self
    }

    /// The hunks in file order; they neither overlap nor touch.
    pub fn hunks(&self) -> &[Hunk] {
        &self.hunks
    }

    /// Number of lines of the base.
    pub fn base_lines(&self) -> u32 {
        self.base_lines
    }

    /// Number of lines of the head.
    pub fn head_lines(&self) -> u32 {
        self.head_lines
    }

    /// 1-based added lines of the head, ascending.
    pub fn added_lines(&self) -> impl Iterator<Item = u32> + '_ {
        self.touched.iter().cloned().flatten()
    }

    /// Whether the 1-based line of the head is added.
    pub fn is_added(&self, head_line: u32) -> bool {
        let index = self.touched.partition_point(|range| range.end <= head_line);
        self.touched
            .get(index)
            .is_some_and(|range| range.contains(&head_line))
    }

    /// Whether any of the 1-based lines `first..=last` of the head is added, or lines were removed
    /// between two of them.
    pub fn touches(&self, first: u32, last: u32) -> bool {
        let index = self.touched.partition_point(|range| range.end <= first);
        self.touched
            .get(index)
            .is_some_and(|range| range.start <= last && (!range.is_empty() || first < range.start))
    }

    /// The head's line for a 1-based line of the base; `None` if it was removed or never existed.
    pub fn head_line(&self, base_line: u32) -> Option<u32> {
        map(
            &self.hunks,
            base_line,
            self.base_lines,
            |h| &h.base,
            |h| &h.head,
        )
    }

    /// The base's line for a 1-based line of the head; `None` if it was added or never existed.
    pub fn base_line(&self, head_line: u32) -> Option<u32> {
        map(
            &self.hunks,
            head_line,
            self.head_lines,
            |h| &h.head,
            |h| &h.base,
        )
    }
}

/// Follows an unchanged line from one side to the other.
fn map(
    hunks: &[Hunk],
    line: u32,
    lines: u32,
    from: impl Fn(&Hunk) -> &Range<u32>,
    to: impl Fn(&Hunk) -> &Range<u32>,
) -> Option<u32> {
    if line == 0 || line > lines {
        return None;
    }
    let index = hunks.partition_point(|hunk| from(hunk).end <= line);
    if hunks
        .get(index)
        .is_some_and(|hunk| from(hunk).contains(&line))
    {
        return None;
    }
    match index.checked_sub(1).and_then(|before| hunks.get(before)) {
        Some(before) => Some(to(before).end + (line - from(before).end)),
        None => Some(line),
    }
}

fn one_based(range: &Range<u32>) -> Range<u32> {
    range.start.saturating_add(1)..range.end.saturating_add(1)
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}
