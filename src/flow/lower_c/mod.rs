//! C functions → the IR.
//!
//! One walk over the flat tree: the file's declarations first, then each function. Macros are
//! expanded where they are used: their bodies are parsed once as expressions or statements, and
//! their parameters stand for the arguments' nodes (`source`). Choices worth knowing:
//!
//! - A condition is control flow; `a && b` as a value, and `c ? a : b`, assign a local without a
//!   name ([`LocalKind::Variable`](super::ir::LocalKind)) in both arms.
//! - The value of an expression may be a read of a place that happens where the operand is used.
//! - Of `#if` groups in a body one arm is lowered, as if every name were defined and not zero but
//!   for those whose absence keeps more code of the file (`variants`).
//! - What is not understood becomes [`Operand::Unknown`](super::ir::Operand) or a `Clobber`, and
//!   sets `has_gap`.

mod arithmetic;
mod builder;
mod call;
mod condition;
mod constant_text;
mod control;
mod declaration;
mod declarator;
mod directives;
mod endings;
mod expand;
mod expression;
mod headers;
mod initialiser;
mod layout;
mod literal;
mod lookup;
mod macro_body;
mod operators;
mod place;
mod prelude;
mod scan;
mod scope;
mod simplify;
mod source;
mod statement;
#[cfg(test)]
mod tests;
mod type_names;
mod unit;
mod variants;

pub use headers::{HeaderFile, HeaderSet, Headers};

use super::ir::{Target, Unit};
use crate::syntax::SourceFile;

/// Lowers every function of a C file.
pub fn lower(file: &SourceFile<'_>, target: Target, headers: &Headers<'_>) -> Unit {
    lower_some(file, target, headers, &|_| true)
}

/// Lowers the functions of a C file that are wanted, by their index in
/// [`SourceFile::functions`]. What the file declares is read only if there is one.
pub fn lower_some(
    file: &SourceFile<'_>,
    target: Target,
    headers: &Headers<'_>,
    wanted: &dyn Fn(u32) -> bool,
) -> Unit {
    let indices = 0..u32::try_from(file.functions.len()).unwrap_or(u32::MAX);
    if !indices.into_iter().any(wanted) {
        return Unit::new(file.language, target);
    }
    let macros = lookup::FileMacros::new(file.text);
    let mut lowerer = unit::Lowerer::new(file, target, headers, &macros);
    lowerer.file_declarations();
    lowerer.functions(file, wanted);
    lowerer.finish()
}
