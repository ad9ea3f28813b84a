//! A parsed file and what could not be understood of it.

use super::functions::{Function, function_at};
use super::language::Language;
use super::lines::LineTable;
use super::tree::{NodeId, Tree};
use crate::finding::{GapKind, Span};

/// A file with its syntax tree.
#[derive(Debug, Clone)]
pub struct SourceFile<'s> {
    /// The language it was parsed as.
    pub language: Language,
    /// The original bytes.
    pub text: &'s [u8],
    /// The flat tree; spans are bytes of `text`, though the parser may have seen other bytes there.
    pub tree: Tree,
    /// Lines of the original bytes.
    pub lines: LineTable,
    /// Functions by first byte.
    pub functions: Vec<Function>,
    /// What was not understood or not chosen, by first byte.
    pub gaps: Vec<SyntaxGap>,
    /// Insides of function bodies that were left out on demand, by first byte: empty in the tree.
    pub left_out: Vec<Span>,
    /// `while` and `if` statements that are macro calls in the text (`LIST_FOREACH(..) {`), in
    /// preorder.
    pub macro_loops: Vec<MacroLoop>,
}

/// A statement of the tree that the text writes as a macro call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacroLoop {
    /// The `while_statement` or `if_statement`. Its condition holds the macro's arguments, joined
    /// by comma operators.
    pub node: NodeId,
    /// The macro's name.
    pub name: Span,
}

/// A part of a file that was not analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxGap {
    /// [`GapKind::Syntax`], [`GapKind::InactiveArm`] or [`GapKind::Depth`].
    pub kind: GapKind,
    /// The bytes left out.
    pub span: Span,
    /// 1-based first and last line.
    pub lines: (u32, u32),
    /// Name of the innermost function around it.
    pub function: Option<String>,
}

impl SourceFile<'_> {
    /// The innermost function around a byte.
    pub fn function_at(&self, offset: u32) -> Option<&Function> {
        function_at(&self.functions, offset).and_then(|index| self.functions.get(index))
    }

    /// Whether the bytes lie in a function whose body was left out.
    pub fn is_left_out(&self, span: Span) -> bool {
        let of = |function: &Function| {
            let mut left_out = self.left_out.iter();
            function.span.contains(span) && left_out.any(|inside| function.span.contains(*inside))
        };
        !self.left_out.is_empty() && self.functions.iter().any(of)
    }

    /// The macro behind a `while` or `if` statement, if it is one.
    pub fn macro_loop(&self, node: NodeId) -> Option<MacroLoop> {
        self.macro_loops
            .binary_search_by_key(&node, |found| found.node)
            .ok()
            .and_then(|index| self.macro_loops.get(index))
            .copied()
    }
}
