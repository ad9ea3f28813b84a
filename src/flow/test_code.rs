//! Which parts of a Rust file are compiled for tests alone.

use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// Modules and functions that are compiled for tests alone.
pub fn spans(file: &SourceFile<'_>) -> Vec<Span> {
    let tree = &file.tree;
    let mut spans = Vec::new();
    for index in 0..u32::try_from(tree.len()).unwrap_or(u32::MAX) {
        let node = NodeId(index);
        match tree.kind(node) {
            Kind::ATTRIBUTE_ITEM => {
                let text = tree.text(node, file.text);
                if !is_test_attribute(text) {
                    continue;
                }
                // The item behind it, past other attributes.
                let after = tree.end(node);
                let Some(above) = tree.parent(node) else {
                    continue;
                };
                let item = tree
                    .children(above)
                    .find(|&child| child >= after && tree.kind(child) != Kind::ATTRIBUTE_ITEM);
                if let Some(item) = item {
                    spans.push(tree.span(item));
                }
            }
            Kind::INNER_ATTRIBUTE_ITEM => {
                let text = tree.text(node, file.text);
                let is_test =
                    text.starts_with(b"#![cfg(test)") || text.starts_with(b"#![cfg(all(test");
                if let Some(above) = tree.parent(node).filter(|_| is_test) {
                    spans.push(tree.span(above));
                }
            }
            Kind::MOD_ITEM => {
                let is_test = tree
                    .child(node, Field::NAME)
                    .is_some_and(|name| matches!(tree.text(name, file.text), b"test" | b"tests"));
                if is_test {
                    spans.push(tree.span(node));
                }
            }
            _ => {}
        }
    }
    spans
}

fn is_test_attribute(text: &[u8]) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    (has(b"test") && !has(b"not(test") && !has(b"not(feature"))
        && (has(b"#[test")
            || has(b"cfg(test")
            || has(b"::test")
            || has(b"cfg(all(test")
            || has(b"rstest"))
        || has(b"bench]")
        || has(b"cfg(kani")
        || has(b"cfg(fuzzing")
}
