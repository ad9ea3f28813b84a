//! Which lines of a pull request can carry a comment.
//!
//! GitHub takes a line comment only where the diff shows the line, context included, and a range
//! only inside one hunk; one wrong line makes it refuse the whole review with 422. So every anchor
//! is looked up here first. Only the head's side is used: findings are about the head.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::change::diff::{UnifiedError, UnifiedHunk, parse_unified};

/// Lines a comment is shown at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// First line, 1-based; `None` where the comment is on one line.
    pub start_line: Option<u32>,
    /// Last line, 1-based.
    pub line: u32,
    /// Whether these are exactly the lines asked for, so that a suggestion may replace them.
    pub is_exact: bool,
}

/// The hunks of each file of a diff.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Anchors {
    files: BTreeMap<String, Vec<Range<u32>>>,
    /// Files whose hunks were not understood.
    unread: usize,
}

impl Anchors {
    /// Adds a file with its hunks; none for a file of which GitHub shows no diff.
    pub fn add(&mut self, path: &str, hunks: &[UnifiedHunk]) {
        let shown = hunks
            .iter()
            .map(|hunk| hunk.head.clone())
            .filter(|head| !head.is_empty())
            .collect();
        self.files.insert(path.to_owned(), shown);
    }

    /// Adds a file from its `patch` as GitHub's list of files gives it; absent for big and binary
    /// files.
    ///
    /// # Errors
    /// The patch is no diff of one file; the file is added without hunks.
    pub fn add_patch(&mut self, path: &str, patch: Option<&str>) -> Result<(), UnifiedError> {
        let (hunks, result) = match parse_unified(patch.unwrap_or_default().as_bytes()) {
            Ok(hunks) => (hunks, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        self.unread += usize::from(result.is_err());
        self.add(path, &hunks);
        result
    }

    /// Adds a file from its hunks as text. Where they are none, the file is added without hunks and counted.
    pub(super) fn add_text(&mut self, path: &str, hunks: &[u8]) {
        let read = parse_unified(hunks);
        self.unread += usize::from(read.is_err());
        self.add(path, &read.unwrap_or_default());
    }

    /// How many files have hunks that were not understood, so that comments go to the file as a whole.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Whether the file is part of the diff, so that a comment on the file as a whole is possible.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Where a comment about the lines `first..=last` goes: those of them that one hunk shows,
    /// preferring the hunk of the first line. `None` where no hunk shows any of them.
    pub fn place(&self, path: &str, first: u32, last: u32) -> Option<Anchor> {
        let last = last.max(first);
        let hunks = self.files.get(path)?;
        let hunk = hunks
            .iter()
            .find(|hunk| hunk.contains(&first))
            .or_else(|| {
                hunks
                    .iter()
                    .find(|hunk| hunk.start <= last && first < hunk.end)
            })?;
        let from = first.max(hunk.start);
        let to = last.min(hunk.end.saturating_sub(1));
        Some(Anchor {
            start_line: (from < to).then_some(from),
            line: to,
            is_exact: (from, to) == (first, last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors() -> Anchors {
        let mut anchors = Anchors::default();
        // Head lines 8..=14 and 30..=32 are shown.
        let patch = "@@ -8,6 +8,7 @@ int f(void)\n a\n b\n c\n+x\n d\n e\n f\n\
                     @@ -29,4 +30,3 @@\n a\n-b\n c\n d\n";
        anchors.add_patch("src/a.c", Some(patch)).unwrap();
        anchors.add_patch("big.c", None).unwrap();
        anchors
    }

    fn check(first: u32, last: u32, expect: Option<(Option<u32>, u32, bool)>) {
        let found = anchors()
            .place("src/a.c", first, last)
            .map(|anchor| (anchor.start_line, anchor.line, anchor.is_exact));
        assert_eq!(found, expect, "{first}..={last}");
    }

    #[test]
    fn lines_of_a_hunk_carry_comments() {
        check(11, 11, Some((None, 11, true)));
        check(8, 8, Some((None, 8, true)));
        check(14, 14, Some((None, 14, true)));
        check(10, 12, Some((Some(10), 12, true)));
    }

    #[test]
    fn ranges_are_cut_to_one_hunk() {
        check(12, 40, Some((Some(12), 14, false)));
        check(5, 9, Some((Some(8), 9, false)));
        check(20, 31, Some((Some(30), 31, false)));
        check(14, 31, Some((None, 14, false)));
        // Upside down is one line.
        check(11, 3, Some((None, 11, true)));
    }

    #[test]
    fn lines_outside_carry_none() {
        check(7, 7, None);
        check(15, 29, None);
        check(33, 90, None);
        check(u32::MAX, u32::MAX, None);
        assert_eq!(anchors().place("src/b.c", 11, 11), None);
        assert_eq!(anchors().place("big.c", 1, 1), None);
        assert!(anchors().has_file("big.c"));
        assert!(!anchors().has_file("src/b.c"));
    }

    #[test]
    fn a_patch_that_is_none_leaves_the_file() {
        let mut anchors = Anchors::default();
        assert!(anchors.add_patch("a.c", Some("@@ nonsense")).is_err());
        assert!(anchors.has_file("a.c"));
        assert_eq!(anchors.place("a.c", 1, 1), None);
        anchors.add_text("b.c", b"@@ nonsense");
        anchors.add_text("c.c", b"@@ -1 +1 @@\n-a\n+b\n");
        assert!(anchors.has_file("b.c") && anchors.has_file("c.c"));
        assert_eq!(anchors.unread(), 2);
    }

    #[test]
    fn a_deleted_hunk_shows_nothing_of_the_head() {
        let mut anchors = Anchors::default();
        anchors
            .add_patch("a.c", Some("@@ -1,2 +0,0 @@\n-a\n-b\n"))
            .unwrap();
        assert_eq!(anchors.place("a.c", 1, 1), None);
    }
}
