#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn lines(text: &[u8]) -> Vec<&[u8]> {
    byte_lines(text).collect()
}

/// Rebuilds the head from the base and the hunks.
fn apply(diff: &LineDiff, base: &[u8], head: &[u8]) -> Vec<u8> {
    let (base, head) = (lines(base), lines(head));
    let mut out = Vec::new();
    let mut next = 1;
    for hunk in diff.hunks() {
        for line in next..hunk.base.start {
            out.extend_from_slice(base[line as usize - 1]);
        }
        for line in hunk.head.clone() {
            out.extend_from_slice(head[line as usize - 1]);
        }
        next = hunk.base.end;
    }
    for line in next..=u32::try_from(base.len()).unwrap() {
        out.extend_from_slice(base[line as usize - 1]);
    }
    out
}

/// The diff as text, with `context` lines around each hunk.
fn print(diff: &LineDiff, base: &[u8], head: &[u8], context: u32) -> String {
    use std::fmt::Write as _;
    let (base, head) = (lines(base), lines(head));
    let text = |line: &[u8]| String::from_utf8_lossy(line).trim_end().to_owned();
    let mut out = String::from("diff --git a/x b/x\n--- a/x\n+++ b/x\n");
    let mut index = 0;
    while index < diff.hunks().len() {
        let mut last = index;
        while last + 1 < diff.hunks().len()
            && diff.hunks()[last + 1].base.start - diff.hunks()[last].base.end <= 2 * context
        {
            last += 1;
        }
        let (first, end) = (&diff.hunks()[index], &diff.hunks()[last]);
        let lead = context.min(first.base.start - 1);
        let trail = context.min(diff.base_lines() + 1 - end.base.end);
        let (b, h) = (first.base.start - lead, first.head.start - lead);
        let (bn, hn) = (end.base.end + trail - b, end.head.end + trail - h);
        let shown = |start: u32, count: u32| if count == 0 { start - 1 } else { start };
        writeln!(
            out,
            "@@ -{},{bn} +{},{hn} @@ fn",
            shown(b, bn),
            shown(h, hn)
        )
        .unwrap();
        let mut at = b;
        for hunk in &diff.hunks()[index..=last] {
            for line in at..hunk.base.start {
                writeln!(out, " {}", text(base[line as usize - 1])).unwrap();
            }
            for line in hunk.base.clone() {
                writeln!(out, "-{}", text(base[line as usize - 1])).unwrap();
            }
            for line in hunk.head.clone() {
                writeln!(out, "+{}", text(head[line as usize - 1])).unwrap();
            }
            at = hunk.base.end;
        }
        for line in at..b + bn {
            writeln!(out, " {}", text(base[line as usize - 1])).unwrap();
        }
        index = last + 1;
    }
    out
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof!["[ab]{0,2}\n", "[{};]\r\n", "    x\n"];
    (prop::collection::vec(line, 0..30), "[a]{0,1}")
        .prop_map(|(lines, end)| (lines.concat() + &end).into_bytes())
}

proptest! {
    #[test]
    fn hunks_turn_base_into_head(base in text(), head in text()) {
        let diff = LineDiff::between(&base, &head);
        prop_assert_eq!(apply(&diff, &base, &head), head);
    }

    #[test]
    fn line_maps_are_inverse_and_monotone(base in text(), head in text()) {
        let diff = LineDiff::between(&base, &head);
        let (old, new) = (lines(&base), lines(&head));
        let mut previous = 0;
        for line in 1..=diff.base_lines() {
            if let Some(to) = diff.head_line(line) {
                prop_assert_eq!(diff.base_line(to), Some(line));
                prop_assert!(!diff.is_added(to));
                prop_assert_eq!(old[line as usize - 1], new[to as usize - 1]);
                prop_assert!(to > previous);
                previous = to;
            }
        }
        let added: Vec<u32> = diff.added_lines().collect();
        for line in 1..=diff.head_lines() {
            prop_assert_eq!(added.contains(&line), diff.is_added(line));
            prop_assert_eq!(diff.is_added(line), diff.base_line(line).is_none());
            prop_assert_eq!(diff.is_added(line), diff.touches(line, line));
        }
        prop_assert_eq!(diff.head_line(0), None);
        prop_assert_eq!(diff.base_line(diff.head_lines() + 1), None);
    }

    #[test]
    fn printed_diff_reads_back(base in text(), head in text(), context in 0u32..4) {
        let diff = LineDiff::between(&base, &head);
        let printed = print(&diff, &base, &head, context);
        let read = parse_unified(printed.as_bytes()).unwrap();
        let changes: Vec<Hunk> = read.into_iter().flat_map(|hunk| hunk.changes).collect();
        prop_assert_eq!(changes.as_slice(), diff.hunks());
    }

    #[test]
    fn a_merge_adds_what_no_parent_has(ours in text(), theirs in text(), head in text()) {
        let a = LineDiff::between(&ours, &head);
        let b = LineDiff::between(&theirs, &head);
        let both = a.clone().merged_with(&b);
        prop_assert_eq!(both.hunks(), a.hunks());
        for line in 1..=both.head_lines() {
            prop_assert_eq!(both.is_added(line), a.is_added(line) && b.is_added(line));
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_unified(&bytes);
        let mut hunk = b"@@ -1,3 +1,3 @@\n".to_vec();
        hunk.extend_from_slice(&bytes);
        let _ = parse_unified(&hunk);
    }
}

#[test]
fn a_new_file_is_added_line_by_line() {
    let diff = LineDiff::whole_file_added(b"a\nb");
    assert_eq!(diff.added_lines().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(diff, LineDiff::between(b"", b"a\nb"));
    assert!(LineDiff::whole_file_added(b"").hunks().is_empty());
}

#[test]
fn removed_lines_touch_the_lines_around_them() {
    let diff = LineDiff::between(b"a\ncheck\nb\nc\n", b"a\nb\nc\n");
    assert!(diff.touches(1, 2));
    assert!(!diff.touches(2, 3));
    assert_eq!(diff.added_lines().count(), 0);
}

#[test]
fn a_removal_counts_for_a_merge_only_against_both_parents() {
    let head = b"a\nb\n";
    let with_check = LineDiff::between(b"a\ncheck\nb\n", head);
    let same = LineDiff::between(head, head);
    assert!(!with_check.clone().merged_with(&same).touches(1, 2));
    assert!(with_check.clone().merged_with(&with_check).touches(1, 2));
}

#[test]
fn a_change_is_seen_against_base_and_parents() {
    let added = |base: Option<&[u8]>, others: &[&[u8]]| {
        let diff = LineDiff::of_change(base, others.iter().copied(), b"a\nb\nc\n");
        diff.added_lines().collect::<Vec<_>>()
    };
    assert_eq!(added(None, &[]), [1, 2, 3]);
    assert_eq!(added(Some(b"a\n"), &[]), [2, 3]);
    assert_eq!(added(Some(b"a\n"), &[b"b\n"]), [3]);
    assert_eq!(added(None, &[b"a\nb\n"]), [3]);
}

#[test]
fn errors_of_a_diff_name_line_and_problem() {
    let problem = |text: &str| {
        let error = parse_unified(text.as_bytes()).unwrap_err();
        (error.line, error.problem)
    };
    assert_eq!(problem("@@ -1 +x @@\n"), (1, UnifiedProblem::Header));
    assert_eq!(problem("@@ -0,1 +1 @@\n"), (1, UnifiedProblem::Header));
    assert_eq!(
        problem("@@ -4294967295 +1 @@\n"),
        (1, UnifiedProblem::Header)
    );
    assert_eq!(problem("@@ -1,2 +1 @@\n a\n"), (2, UnifiedProblem::Short));
    assert_eq!(
        problem("@@ -1 +1 @@\n-a\n+b\n+c\n"),
        (4, UnifiedProblem::Long)
    );
    assert_eq!(
        problem("@@ -1 +1 @@\n-a\n?b\n"),
        (3, UnifiedProblem::Prefix)
    );
    assert_eq!(
        problem("@@ -5 +5 @@\n-a\n+b\n@@ -5 +5 @@\n-a\n+b\n"),
        (4, UnifiedProblem::Order)
    );
    assert_eq!(
        problem("@@ -1 +1 @@\n-a\n+b\ndiff --git a/y b/y\n"),
        (4, UnifiedProblem::SecondFile)
    );
    assert_eq!(
        parse_unified(b"@@ -1 +x @@\n").unwrap_err().to_string(),
        "line 1 of the diff: the hunk header does not read `@@ -LINE[,COUNT] +LINE[,COUNT] @@`"
    );
}

#[test]
fn a_missing_last_newline_is_no_line() {
    let hunks = parse_unified(
        b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
    )
    .unwrap();
    assert_eq!(
        hunks[0].changes,
        [Hunk {
            base: 1..2,
            head: 1..2
        }]
    );
}
