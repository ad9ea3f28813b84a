//! What a change took away: the rules whose analysis compares a file with its base.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::analyse::{Shared, limits};
use super::flow_rules::FlowRules;
use crate::change::classify::{FileClass, classify};
use crate::change::diff::LineDiff;
use crate::finding::{Finding, Gap, GapKind, RepoPath};
use crate::syntax::{Language, Parser};

/// Whether a removed line may have held a comparison; without one there is nothing to look for, and
/// most changes end here.
pub(super) fn may_hold_a_guard(diff: &LineDiff, base: &[u8]) -> bool {
    let mut hunks = diff.hunks().iter().peekable();
    let lines = base.split_inclusive(|&byte| byte == b'\n');
    for (number, line) in (1_u32..).zip(lines) {
        while hunks.next_if(|hunk| hunk.base.end <= number).is_some() {}
        match hunks.peek() {
            None => return false,
            Some(hunk) if hunk.base.contains(&number) && compares(line) => return true,
            Some(_) => {}
        }
    }
    false
}

/// Whether the text may compare: `<` and `>` beyond arrows, shifts and includes.
fn compares(line: &[u8]) -> bool {
    if line.trim_ascii_start().starts_with(b"#include") {
        return false;
    }
    let is_of = |at: usize, byte: u8| line.get(at) == Some(&byte);
    // An operator of one character: no shift, no arrow.
    let is_alone = |at: usize, (twice, arrow): (u8, u8)| {
        let before = at.checked_sub(1);
        let neighbours = [before, at.checked_add(1)];
        let is_other = |place: Option<usize>, byte| place.is_some_and(|place| is_of(place, byte));
        !neighbours.iter().any(|&place| is_other(place, twice)) && !is_other(before, arrow)
    };
    (0..line.len()).any(|at| match line.get(at) {
        Some(b'<') => is_alone(at, (b'<', b'<')),
        Some(b'>') => is_alone(at, (b'>', b'-')),
        _ => false,
    })
}

/// What the change of a file took away, as findings in its head. A defect of scrubin itself becomes
/// a gap.
pub(super) fn findings(
    shared: &Shared<'_>,
    path: &RepoPath,
    sides: (&[u8], &[u8]),
    gaps: &mut Vec<Gap>,
) -> Vec<Finding> {
    let work = AssertUnwindSafe(|| findings_unguarded(shared, path, sides));
    catch_unwind(work).unwrap_or_else(|_| {
        gaps.push(Gap {
            path: path.clone(),
            kind: GapKind::Crash,
            span: None,
            lines: None,
            function: None,
            detail: "scrubin failed to compare this file with its base; this is a defect of scrubin, please report it".to_owned(),
        });
        Vec::new()
    })
}

fn findings_unguarded(
    shared: &Shared<'_>,
    path: &RepoPath,
    (base, head): (&[u8], &[u8]),
) -> Vec<Finding> {
    let flow: &FlowRules = &shared.prepared.flow;
    if !flow.compares(path) {
        return Vec::new();
    }
    let is_c = |bytes: &[u8]| {
        let classified = classify(path, bytes);
        classified.gap.is_none() && classified.class == FileClass::C
    };
    if !is_c(base) || !is_c(head) {
        return Vec::new();
    }
    let parse = |bytes| {
        let mut parser = Parser::new(limits(shared.prepared));
        parser.parse(Language::C, bytes, &shared.macros.of(path, bytes))
    };
    // That the head does not parse is told where it is analysed.
    let (Ok(before), Ok(after)) = (parse(base), parse(head)) else {
        return Vec::new();
    };
    flow.compare(path, (&before, &after), &|| {
        shared.macros.header_set(path, head)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_removed_comparisons_are_worth_a_look() {
        let of = |base: &str, head: &str| {
            let diff = LineDiff::between(base.as_bytes(), head.as_bytes());
            may_hold_a_guard(&diff, base.as_bytes())
        };
        assert!(of("a\nif (n > 3) return;\nb\n", "a\nb\n"));
        assert!(of("a\nif (n <= 3)\nb\n", "a\nif (n)\nb\n"));
        assert!(!of("a\nb\n", "a\nif (n > 3) return;\nb\n"));
        assert!(!of("a\nif (n > 3) return;\nb\n", "a\nif (n > 3) return;\n"));
        assert!(!of("a->b = 1 << 3;\n#include <x>\n", "\n"));
    }
}
