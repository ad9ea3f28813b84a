//! Bytes → pre-pass → tree-sitter → one flat tree with its own line table, functions and gaps.
//!
//! The only module that knows tree-sitter. Parsing never fails on text: what could not be
//! understood becomes a gap.

mod allocator;
mod arms;
mod directives;
mod flatten;
mod functions;
mod includes;
mod kind;
mod language;
mod lines;
mod lines_alone;
mod macro_names;
mod macros;
mod outline;
mod parse;
mod prepass;
mod rewrite;
mod source;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;

pub use allocator::use_fast_allocator;
pub use directives::{is_never_c, unseen_groups};
pub use functions::Function;
pub use includes::{Include, includes};
pub use kind::{Field, Kind};
pub use language::Language;
pub use lines::LineTable;
pub use lines_alone::is_self_contained;
pub use macros::{MacroClass, MacroSource, MacroTable, define_lines};
pub use outline::{Outline, OutlinedDeclaration, OutlinedFunction, OutlinedMacro};
pub use parse::{Limits, ParseError, Parser};
pub use source::{MacroLoop, SourceFile, SyntaxGap};
pub use tokens::line_of_code_ends;
pub use tree::{Children, NodeId, Tree};
