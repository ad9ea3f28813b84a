//! tree-sitter's tree → the flat tree, in one iterative walk.

use super::kind::{Field, Kind};
use super::language::{Keep, Language, Symbols};
use super::tree::Tree;
use crate::finding::Span;

/// What a flattening noticed on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct Flattened {
    /// Outermost ERROR nodes and MISSING tokens in preorder: index of the node and its span.
    pub(super) errors: Vec<(u32, Span)>,
    /// Subtrees left out because they lie deeper than the limit: index of the innermost node that
    /// was kept above them, and their span.
    pub(super) too_deep: Vec<(u32, Span)>,
}

/// A node whose children are being walked.
#[derive(Clone, Copy)]
struct Level {
    /// Index of the node.
    node: u32,
    /// Its children that the walk has not reached yet. Counting them spares the dearest call of
    /// tree-sitter's cursor, the search for a sibling behind the last child.
    remaining: u32,
    /// Whether only named children are counted: what follows the last one is punctuation that is
    /// not kept.
    named: bool,
    /// Whether its children are tokens of a macro call, which are all kept.
    tokens: bool,
    /// Whether its children may have fields.
    fields: bool,
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
    let mut walk = Walk {
        symbols: language.symbols(),
        tree,
        seen: Flattened::default(),
        error_end: 0,
    };
    let mut open: Vec<Level> = Vec::with_capacity(64);
    let mut above = Level {
        node: 0,
        remaining: 1,
        named: false,
        tokens: false,
        fields: false,
    };
    let mut cursor = parsed.walk();
    loop {
        if let Some(level) = walk.visit(&cursor, &mut above) {
            if open.len() >= max_depth {
                walk.seen
                    .too_deep
                    .push((level.node, span_of(cursor.node())));
            } else if cursor.goto_first_child() {
                open.push(above);
                above = level;
                continue;
            }
        }
        while above.remaining == 0 || !cursor.goto_next_sibling() {
            let (true, Some(outer)) = (cursor.goto_parent(), open.pop()) else {
                return walk.seen;
            };
            close(walk.tree, above.node);
            above = outer;
        }
    }
}

/// The state of one walk.
struct Walk<'t> {
    symbols: &'static Symbols,
    tree: &'t mut Tree,
    seen: Flattened,
    /// End of the last outermost ERROR.
    error_end: u32,
}

impl Walk<'_> {
    /// Writes the node under the cursor if it is kept; gives its level if it has children.
    #[inline]
    fn visit(&mut self, cursor: &tree_sitter::TreeCursor<'_>, above: &mut Level) -> Option<Level> {
        let node = cursor.node();
        let symbol = self.symbols.symbol(node.kind_id());
        if !above.named || matches!(symbol.keep, Keep::Named | Keep::Comment) {
            above.remaining = above.remaining.saturating_sub(1);
        }
        let span = span_of(node);
        // MISSING tokens are zero bytes wide; the second question is dear.
        let missing = span.start == span.end && node.is_missing();
        let mut field = Field::NONE;
        match symbol.keep {
            Keep::Comment => {
                self.tree.comments.push(span);
                return None;
            }
            Keep::Punctuation if !above.tokens && !missing => return None,
            _ if above.fields => {
                if let Some(id) = cursor.field_id() {
                    field = self.symbols.field(id.get());
                }
            }
            _ => {}
        }
        if symbol.keep == Keep::Operator && field == Field::NONE && !above.tokens && !missing {
            return None;
        }
        let kind = if missing { Kind::MISSING } else { symbol.kind };
        let index = offset(self.tree.kinds.len());
        if missing || (kind == Kind::ERROR && span.end > self.error_end) {
            self.seen.errors.push((index, span));
            self.error_end = self.error_end.max(span.end);
        }
        self.tree.kinds.push(kind);
        self.tree.fields.push(field);
        self.tree.spans.push(span);
        self.tree.parents.push(above.node);
        self.tree.sizes.push(1);
        if symbol.keep != Keep::Named {
            return None;
        }
        let tokens = kind == Kind::TOKEN_TREE;
        // A MISSING token may be punctuation, and is kept.
        let named = !symbol.fields && !tokens && !node.has_error();
        let remaining = if named {
            u32::try_from(node.named_child_count()).unwrap_or(u32::MAX)
        } else {
            node.child_count()
        };
        (remaining > 0).then_some(Level {
            node: index,
            remaining,
            named,
            tokens,
            fields: symbol.fields,
        })
    }
}

#[inline]
fn span_of(node: tree_sitter::Node<'_>) -> Span {
    Span::new(offset(node.start_byte()), offset(node.end_byte()))
}

/// Sets the size of a node whose last descendant has just been written.
#[inline]
fn close(tree: &mut Tree, index: u32) {
    let end = offset(tree.kinds.len());
    if let Some(size) = tree.sizes.get_mut(index as usize) {
        *size = end.saturating_sub(index);
    }
}

/// Files are limited to far less than 4 GiB, so this never saturates.
#[inline]
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
