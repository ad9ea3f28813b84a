//! tree-sitter's tree → the flat tree, in one iterative walk.

use super::kind::{Field, Kind};
use super::language::{Keep, Language};
use super::tree::Tree;
use crate::finding::Span;

/// What a flattening noticed on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct Flattened {
    /// Spans of outermost ERROR nodes and of MISSING tokens.
    pub(super) errors: Vec<Span>,
    /// Spans of subtrees left out because they lie deeper than the limit.
    pub(super) too_deep: Vec<Span>,
}

/// Fills `tree` (emptied first) from `parsed`. Subtrees below `max_depth` levels are left out and
/// listed.
pub(super) fn flatten(
    parsed: &tree_sitter::Tree,
    language: Language,
    max_depth: usize,
    tree: &mut Tree,
) -> Flattened {
    tree.clear();
    let symbols = language.symbols();
    let mut seen = Flattened::default();
    // Kept ancestors of the cursor: index of the node, whether it is a macro's token tree. One
    // entry per cursor level; a level whose node was not kept repeats the one above.
    let mut open: Vec<(u32, bool)> = Vec::with_capacity(64);
    let mut cursor = parsed.walk();
    let mut in_error = 0_u32;
    loop {
        let node = cursor.node();
        let (mut kind, keep) = symbols.kind(node.kind_id());
        let span = Span::new(offset(node.start_byte()), offset(node.end_byte()));
        let (parent, in_tokens) = open.last().copied().unwrap_or((0, false));
        let mut descend = true;
        let kept = match keep {
            Keep::Named => true,
            Keep::Comment => {
                tree.comments.push(span);
                descend = false;
                false
            }
            Keep::Token => true,
            Keep::Punctuation => in_tokens || cursor.field_id().is_some() || node.is_missing(),
        };
        let mut level = (parent, in_tokens);
        if kept {
            if node.is_missing() {
                kind = Kind::MISSING;
            }
            if matches!(kind, Kind::ERROR | Kind::MISSING) && span.end >= in_error {
                seen.errors.push(span);
                in_error = span.end;
            }
            let index = offset(tree.kinds.len());
            let field = cursor
                .field_id()
                .map_or(Field::NONE, |id| symbols.field(id.get()));
            tree.kinds.push(kind);
            tree.fields.push(field);
            tree.spans.push(span);
            tree.parents.push(parent);
            tree.sizes.push(1);
            level = (index, kind == Kind::TOKEN_TREE);
        }
        if descend && open.len() >= max_depth && node.child_count() > 0 {
            seen.too_deep.push(span);
            descend = false;
        }
        if descend && cursor.goto_first_child() {
            open.push(level);
            continue;
        }
        if kept {
            close(tree, level.0);
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return seen;
            }
            let Some((index, _)) = open.pop() else {
                return seen;
            };
            // The level is the node's own only if it was kept; closing it twice is harmless.
            close(tree, index);
        }
    }
}

/// Sets the size of a node whose last descendant has just been written.
fn close(tree: &mut Tree, index: u32) {
    let end = offset(tree.kinds.len());
    if let Some(size) = tree.sizes.get_mut(index as usize) {
        *size = end.saturating_sub(index);
    }
}

/// Files are limited to far less than 4 GiB, so this never saturates.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
