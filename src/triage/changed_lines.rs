//! Which lines of the head the change added or modified.

/// A run of lines of the head, 1-based, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineRange {
    /// First line.
    pub first: u32,
    /// Last line; not before `first`.
    pub last: u32,
}

/// The added and modified lines of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangedLines {
    /// Sorted, without overlap.
    ranges: Vec<LineRange>,
    whole_file: bool,
    removes: bool,
}

impl ChangedLines {
    /// No line: a file that is reviewed without being changed, or that was only renamed.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every line: a new file, or one whose base cannot be compared.
    pub fn whole_file() -> Self {
        Self {
            whole_file: true,
            ..Self::default()
        }
    }

    /// The lines of hunks without context, each given as first head line (1-based), number of head
    /// lines, number of base lines. A hunk without head lines only removes.
    pub fn from_hunks(hunks: impl IntoIterator<Item = (u32, u32, u32)>) -> Self {
        let mut changed = Self::default();
        let mut ranges = Vec::new();
        for (first, head_lines, base_lines) in hunks {
            changed.removes |= base_lines > 0;
            if head_lines > 0 {
                let last = first.saturating_add(head_lines - 1);
                ranges.push(LineRange { first, last });
            }
        }
        ranges.sort_unstable();
        for range in ranges {
            match changed.ranges.last_mut() {
                Some(before) if range.first <= before.last.saturating_add(1) => {
                    before.last = before.last.max(range.last);
                }
                _ => changed.ranges.push(range),
            }
        }
        changed
    }

    /// Whether the change added or modified the line (1-based).
    pub fn is_added(&self, line: u32) -> bool {
        self.touches(line, line)
    }

    /// Whether any line from `first` to `last` (1-based, both included) was added or modified.
    pub fn touches(&self, first: u32, last: u32) -> bool {
        if self.whole_file {
            return true;
        }
        let after = self.ranges.partition_point(|range| range.last < first);
        self.ranges
            .get(after)
            .is_some_and(|range| range.first <= last)
    }

    /// How many lines the change added or modified; `None` where that is not known here.
    pub fn count(&self) -> Option<u64> {
        let length = |range: &LineRange| u64::from(range.last.saturating_sub(range.first)) + 1;
        let is_known = !self.whole_file && (self.removes || !self.ranges.is_empty());
        is_known.then(|| self.ranges.iter().map(length).sum())
    }

    /// Whether lines of the base are gone or modified, so that code may have moved away.
    pub fn removes_lines(&self) -> bool {
        self.removes
    }

    /// Says that lines of the base are gone, for a deleted file.
    #[must_use]
    pub fn with_removed_lines(mut self) -> Self {
        self.removes = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_become_sorted_ranges_without_overlap() {
        let changed = ChangedLines::from_hunks([(20, 2, 0), (3, 2, 1), (5, 1, 0), (9, 0, 4)]);
        assert_eq!(
            changed.ranges,
            [
                LineRange { first: 3, last: 5 },
                LineRange {
                    first: 20,
                    last: 21
                }
            ]
        );
        let added: Vec<u32> = (0..30).filter(|&line| changed.is_added(line)).collect();
        assert_eq!(added, [3, 4, 5, 20, 21]);
        assert!(changed.touches(1, 3) && changed.touches(4, 4) && changed.touches(6, 25));
        assert!(!changed.touches(6, 19) && !changed.touches(22, 99));
        assert!(changed.removes_lines());
        assert_eq!(changed.count(), Some(5));
    }

    #[test]
    fn a_removal_alone_adds_nothing() {
        let changed = ChangedLines::from_hunks([(4, 0, 2)]);
        assert!(!changed.touches(0, 99) && changed.removes_lines());
        assert!(!ChangedLines::from_hunks([(4, 2, 0)]).removes_lines());
        assert!(!ChangedLines::none().is_added(1));
        let counts = [ChangedLines::none(), ChangedLines::whole_file()].map(|one| one.count());
        assert_eq!(counts, [None, None]);
        assert_eq!(ChangedLines::from_hunks([(4, 0, 2)]).count(), Some(0));
        assert!(ChangedLines::whole_file().is_added(1));
        assert!(ChangedLines::none().with_removed_lines().removes_lines());
    }
}
