//! What a hook has to look at: its report shows what the change brought in and nothing else, so
//! that of a changed file the analyses need not be told of every function.

use std::collections::BTreeSet;
use std::ops::Range;

use super::analyse::Shared;
use crate::change::classify::FileClass;
use crate::change::diff::{Hunk, LineDiff};
use crate::change::git::Reader;
use crate::change::{Change, ChangedFile, Source};
use crate::config::Scope;
use crate::finding::Span;
use crate::flow::{self, Selection, Touched};
use crate::syntax::{LineTable, Outline, Parser, SourceFile, is_self_contained};

/// Whether a review shows only what a change brought in, and has the time of a hook. A review of
/// commits looks at whole files: it also says what is repaired.
pub(super) fn is_of_changes(change: &Change, scope: Scope) -> bool {
    change.source == Source::Staged && matches!(scope, Scope::New | Scope::Added | Scope::Function)
}

/// What changed in a C file, told before it is parsed.
pub(super) struct Changes {
    base: Vec<u8>,
    touched: Vec<Touched>,
    /// Added and modified lines.
    pub(super) lines: u64,
}

impl Changes {
    /// The changes of a file; `None` where the whole file counts.
    pub(super) fn of(
        shared: &Shared<'_>,
        reader: &Reader,
        file: &ChangedFile,
        head: &[u8],
    ) -> Option<Self> {
        // Only functions of C are selected.
        let is_c = FileClass::of_path(&file.path) == FileClass::C;
        if !shared.is_of_changes || !is_c || !file.other_bases.is_empty() || file.is_renamed() {
            return None;
        }
        // What cannot be read is said where base and head are compared.
        let base = reader.read(file.base.as_ref()?).ok()?;
        let diff = LineDiff::between(&base, head);
        let lines = u64::try_from(diff.added_lines().count()).unwrap_or(u64::MAX);
        let touched = touched(&diff, &base, head);
        let is_alone = |one: &Touched| {
            let gone = one.gone.unwrap_or_default();
            is_self_contained(head, one.span) && is_self_contained(&base, gone)
        };
        touched.iter().all(is_alone).then_some(Self {
            base,
            touched,
            lines,
        })
    }
}

/// The part of a C file that a change can matter for.
pub(super) struct Part {
    outline: Outline,
    selection: Selection,
    /// The insides of function bodies that are not read.
    pub(super) unread: Vec<Span>,
}

impl Part {
    /// The part for these changes; `None` where the whole file counts.
    pub(super) fn of(parser: &mut Parser, text: &[u8], changes: &Changes) -> Option<Self> {
        let outline = parser.outline(text)?;
        let base = parser.outline(&changes.base)?;
        let selection = flow::select(&outline, &base, &changes.touched)?;
        Some(Self {
            unread: selection.unseen_bodies(&outline),
            outline,
            selection,
        })
    }

    /// Which functions of the parsed file count.
    pub(super) fn selection(&self, file: &SourceFile<'_>) -> Selection {
        self.selection.among(&self.outline, file)
    }

    /// Whether the parser finds the same functions as the outline; if not, one of the two is wrong, and
    /// the whole file counts.
    pub(super) fn holds(&self, file: &SourceFile<'_>) -> bool {
        let bodies: BTreeSet<Span> = file
            .functions
            .iter()
            .map(|one| file.tree.span(one.body))
            .collect();
        let mut outlined = self.outline.functions.iter();
        outlined.all(|one| bodies.contains(&one.body))
    }
}

/// The bytes of the changed lines on both sides.
fn touched(diff: &LineDiff, base: &[u8], head: &[u8]) -> Vec<Touched> {
    let (lines, base_lines) = (LineTable::new(head), LineTable::new(base));
    let of_lines = |lines: &LineTable, text: &[u8], changed: &Range<u32>| {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let first = lines.span(changed.start, text);
        // Lines taken away at the end of the file: what would follow has no bytes.
        let is_past_end = changed.start > 1 && first == Span::default();
        if is_past_end {
            Span::new(end, end)
        } else if changed.is_empty() {
            Span::new(first.start, first.start)
        } else {
            Span::new(first.start, lines.span(changed.end - 1, text).end)
        }
    };
    let of_hunk = |hunk: &Hunk| Touched {
        span: of_lines(&lines, head, &hunk.head),
        gone: (!hunk.base.is_empty()).then(|| of_lines(&base_lines, base, &hunk.base)),
    };
    diff.hunks().iter().map(of_hunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(base: &str, head: &str) -> Vec<(String, bool)> {
        let (base, head) = (base.as_bytes(), head.as_bytes());
        touched(&LineDiff::between(base, head), base, head)
            .iter()
            .map(|one| {
                let text = one.span.of(head);
                (
                    String::from_utf8_lossy(text).into_owned(),
                    one.gone.is_some(),
                )
            })
            .collect()
    }

    #[test]
    fn changed_lines_are_bytes() {
        let base = "int a;\nint b;\nint c;\n";
        let one = |text: &str, removes: bool| vec![(text.to_owned(), removes)];
        assert_eq!(
            told(base, "int a;\nint x;\nint y;\nint c;\n"),
            one("int x;\nint y;", true)
        );
        assert_eq!(
            told(base, "int a;\nint b;\nint b2;\nint c;\n"),
            one("int b2;", false)
        );
        assert_eq!(told(base, "int a;\nint c;\n"), one("", true));
        assert_eq!(told(base, "int a;\nint b;\n"), one("", true));
        assert_eq!(told(base, base), []);
    }
}
