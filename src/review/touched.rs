//! What a hook has to look at: its report shows what the change brought in and nothing else, so
//! that of a changed file the analyses need not be told of every function.

use super::analyse::Shared;
use crate::change::classify::FileClass;
use crate::change::diff::LineDiff;
use crate::change::git::Reader;
use crate::change::{Change, ChangedFile, Source};
use crate::config::Scope;
use crate::finding::Span;
use crate::flow::Touched;
use crate::syntax::SourceFile;

/// Whether a review shows only what a change brought in, and has the time of a hook. A review of
/// commits looks at whole files: it also says what is repaired.
pub(super) fn is_of_changes(change: &Change, scope: Scope) -> bool {
    change.source == Source::Staged && matches!(scope, Scope::New | Scope::Added | Scope::Function)
}

/// The lines of `head` that are not in the file's base; `None` where the whole file counts.
pub(super) fn changed_lines(
    shared: &Shared<'_>,
    reader: &Reader,
    file: &ChangedFile,
    head: &[u8],
) -> Option<LineDiff> {
    // Only functions of C are selected.
    let is_c = FileClass::of_path(&file.path) == FileClass::C;
    if !shared.is_of_changes || !is_c || !file.other_bases.is_empty() || file.is_renamed() {
        return None;
    }
    // What cannot be read is said where base and head are compared.
    let base = reader.read(file.base.as_ref()?).ok()?;
    Some(LineDiff::between(&base, head))
}

/// The bytes of the changed lines.
pub(super) fn touched(diff: &LineDiff, file: &SourceFile<'_>) -> Vec<Touched> {
    let end = u32::try_from(file.text.len()).unwrap_or(u32::MAX);
    let spans = diff.hunks().iter().map(|hunk| {
        let first = file.lines.span(hunk.head.start, file.text);
        // Lines taken away at the end of the file: what would follow has no bytes.
        let is_past_end = hunk.head.start > 1 && first == Span::default();
        let span = if is_past_end {
            Span::new(end, end)
        } else if hunk.head.is_empty() {
            Span::new(first.start, first.start)
        } else {
            Span::new(
                first.start,
                file.lines.span(hunk.head.end - 1, file.text).end,
            )
        };
        Touched {
            span,
            removes: !hunk.base.is_empty(),
        }
    });
    spans.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::syntax::{Language, Limits, MacroTable, Parser};

    fn told(base: &str, head: &str) -> Vec<(String, bool)> {
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::C, head.as_bytes(), &MacroTable::new())
            .unwrap();
        touched(&LineDiff::between(base.as_bytes(), head.as_bytes()), &file)
            .iter()
            .map(|one| {
                let text = one.span.of(head.as_bytes());
                (String::from_utf8_lossy(text).into_owned(), one.removes)
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
