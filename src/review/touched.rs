//! What a hook has to look at: its report shows what the change brought in and nothing else, so
//! that of a changed file the analyses need not be told of every function.

use super::analyse::Shared;
use crate::change::classify::FileClass;
use crate::change::diff::LineDiff;
use crate::change::git::Reader;
use crate::change::{Change, ChangedFile, Source};
use crate::config::Scope;
use crate::finding::Span;
use crate::flow::{self, Removed, Selection, Touched};
use crate::syntax::{LineTable, Outline, Parser, SourceFile};

/// Whether a review shows only what a change brought in, and has the time of a hook. A review of
/// commits looks at whole files: it also says what is repaired.
pub(super) fn is_of_changes(change: &Change, scope: Scope) -> bool {
    change.source == Source::Staged && matches!(scope, Scope::New | Scope::Added | Scope::Function)
}

/// What changed in a file, told before it is parsed; `None` where the whole file counts.
pub(super) fn of_file(
    shared: &Shared<'_>,
    reader: &Reader,
    file: &ChangedFile,
    head: &[u8],
) -> Option<Vec<Touched>> {
    // Only functions of C are selected.
    let is_c = FileClass::of_path(&file.path) == FileClass::C;
    if !shared.is_of_changes || !is_c || !file.other_bases.is_empty() || file.is_renamed() {
        return None;
    }
    // What cannot be read is said where base and head are compared.
    let base = reader.read(file.base.as_ref()?).ok()?;
    Some(touched(&LineDiff::between(&base, head), &base, head))
}

/// The part of a C file that a change can matter for.
pub(super) struct Part {
    outline: Outline,
    selection: Selection,
    /// The insides of function bodies that are not read.
    pub(super) unread: Vec<Span>,
}

impl Part {
    /// The part for this change; `None` where the whole file counts.
    pub(super) fn of(parser: &mut Parser, text: &[u8], touched: &[Touched]) -> Option<Self> {
        let outline = parser.outline(text)?;
        let selection = flow::select(&outline, touched)?;
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
}

/// Whether everything that was left out of the file is the body of a function; if not, it was
/// understood in another way than the parser does.
pub(super) fn leaves_out_bodies(file: &SourceFile<'_>) -> bool {
    let mut bodies = file.functions.iter().map(|one| file.tree.span(one.body));
    let mut left_out = file.left_out.iter();
    left_out.all(|span| bodies.any(|body| body.start + 1 == span.start && body.end == span.end + 1))
}

/// The bytes of the changed lines, and what was removed there.
fn touched(diff: &LineDiff, base: &[u8], head: &[u8]) -> Vec<Touched> {
    let (lines, base_lines) = (LineTable::new(head), LineTable::new(base));
    let end = u32::try_from(head.len()).unwrap_or(u32::MAX);
    let spans = diff.hunks().iter().map(|hunk| {
        let first = lines.span(hunk.head.start, head);
        // Lines taken away at the end of the file: what would follow has no bytes.
        let is_past_end = hunk.head.start > 1 && first == Span::default();
        let span = if is_past_end {
            Span::new(end, end)
        } else if hunk.head.is_empty() {
            Span::new(first.start, first.start)
        } else {
            Span::new(first.start, lines.span(hunk.head.end - 1, head).end)
        };
        let gone = hunk.base.clone();
        let removed = match gone.is_empty() {
            true => Removed::Nothing,
            false => {
                let gone = gone.map(|line| base_lines.span(line, base).of(base));
                Outline::defines_alone(gone).map_or(Removed::Code, Removed::Macros)
            }
        };
        Touched { span, removed }
    });
    spans.collect()
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
                    one.removed != Removed::Nothing,
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

    #[test]
    fn removed_macros_are_told_by_name() {
        let removed = |base: &str, head: &str| {
            let (base, head) = (base.as_bytes(), head.as_bytes());
            let touched = touched(&LineDiff::between(base, head), base, head);
            touched
                .into_iter()
                .map(|one| one.removed)
                .collect::<Vec<_>>()
        };
        let base = "int a;\n#define N 1\n\n// why\nint b;\n";
        let names = |lines: &[u8]| Outline::defines_alone([lines]).map(Removed::Macros);
        let one = names(b"#define N 2");
        assert_eq!(removed(base, "int a;\nint b;\n").first(), one.as_ref());
        assert_eq!(removed(base, "int a;\n"), [Removed::Code]);
        assert_eq!(removed("#define N \\\n 1\nx\n", "x\n"), [Removed::Code]);
    }
}
