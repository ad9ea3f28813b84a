//! Bytes → pre-pass → tree-sitter → one flat tree with its own line table, functions and gaps.
//!
//! The only module that knows tree-sitter. Parsing never fails on text: what could not be
//! understood becomes a gap.

mod flatten;
mod kind;
mod language;
mod lines;
mod parse;
mod tree;

pub use kind::{Field, Kind};
pub use language::Language;
pub use lines::LineTable;
pub use parse::{Limits, ParseError, Parser, SourceFile};
pub use tree::{Children, NodeId, Tree};
