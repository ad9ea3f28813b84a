//! What each fuzz target does with its bytes. No body may panic unless an invariant it checks is
//! broken; `fuzz/fuzz_targets` and `tests/mutations.rs` run the same functions.

use crate::syntax::{Language, Limits, Parser, SourceFile};

/// Parses the bytes as C.
pub fn syntax_c(bytes: &[u8]) {
    syntax(Language::C, bytes);
}

/// Parses the bytes as Rust.
pub fn syntax_rust(bytes: &[u8]) {
    syntax(Language::Rust, bytes);
}

/// Reads the bytes as a rule file.
pub fn rule_file(bytes: &[u8]) {
    let _ = std::str::from_utf8(bytes);
}

/// Reads the bytes as a unified diff.
pub fn unified_diff(bytes: &[u8]) {
    let _ = std::str::from_utf8(bytes);
}

/// Reads the bytes as a comment that may hold a deviation.
pub fn deviation_comment(bytes: &[u8]) {
    let _ = std::str::from_utf8(bytes);
}

fn syntax(language: Language, bytes: &[u8]) {
    let mut parser = Parser::new(Limits::default());
    if let Ok(file) = parser.parse_verbatim(language, bytes) {
        check_tree(&file);
        parser.recycle(file);
    }
}

/// What every rule relies on: nodes in preorder, children inside their parents, spans inside the
/// text, lines that exist.
fn check_tree(file: &SourceFile<'_>) {
    let tree = &file.tree;
    let lines = file.lines.count(file.text);
    if tree.is_empty() {
        return;
    }
    for node in tree.subtree(tree.root()) {
        let span = tree.span(node);
        assert!(span.start <= span.end && span.end as usize <= file.text.len());
        assert!(tree.size(node) >= 1 && tree.end(node).0 as usize <= tree.len());
        // A token the parser only missed may stand behind the last line feed, on no line at all.
        let on_a_line = (1..=lines).contains(&file.lines.line(span.start));
        assert!(on_a_line || span.start as usize == file.text.len());
        if let Some(parent) = tree.parent(node) {
            let outer = tree.span(parent);
            assert!(parent < node && outer.start <= span.start && span.end <= outer.end);
        }
    }
}
