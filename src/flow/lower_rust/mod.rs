//! Rust functions → IR.
//!
//! What differs from C, and what analyses may rely on:
//!
//! - Types are inferred locally: suffixes, annotations, parameters, fields and functions of the
//!   file, casts, and the methods of integers, slices, `Option` and `Result`. What is not known
//!   stays [`super::ir::TypeId::UNKNOWN`].
//! - `a[i]` is an `Index` projection. `a[x..y]` is a call of the pseudo-function
//!   [`INDEX_RANGE`] (or [`INDEX_RANGE_INCLUSIVE`]) with the base's place, the start and the end;
//!   a start left out is 0, an end left out is the length of the base.
//! - `[x; n]` is a call of [`ARRAY_REPEAT`].
//! - `Option` and `Result` are records with the payloads `Some.0`, `Ok.0`, `Err.0`. `?`, `if let`,
//!   `let else`, `while let` and `match` branch on a `Discriminant` (`None` 0, `Some` 1; `Ok` 0,
//!   `Err` 1). The variants of enums that the file does not define have numbers made from names.
//! - `x.await` is a call of the method `await`.
//! - `assert!` is an `Assert` statement *and* a branch whose failing side panics; `debug_assert!` is
//!   the statement alone.
//! - A closure's body stands where the closure is written, in a branch that may be passed by;
//!   closures of critical sections and register accesses always run.
//! - `x.len()` and `x.is_empty()` are `Len`; `T::from(x)` of integers is a cast.

mod builder;
mod calls;
mod closures;
mod constants;
mod control;
mod expressions;
mod functions;
mod items;
mod literals;
mod loops;
mod macros;
mod operators;
mod patterns;
mod places;
mod results;
#[cfg(test)]
mod tests;
mod tokens;
mod types;

use self::items::Items;
use super::ir::{Symbol, Target, Unit};
use crate::syntax::{Language, NodeId, SourceFile};

/// The callee of `base[start..end]`.
pub const INDEX_RANGE: &str = "index_range";
/// The callee of `base[start..=end]`.
pub const INDEX_RANGE_INCLUSIVE: &str = "index_range_inclusive";
/// The callee of `[value; count]`.
pub const ARRAY_REPEAT: &str = "array_repeat";

/// Deepest nesting of expressions that is lowered.
const MAX_DEPTH: u32 = 120;
/// Most blocks of one function.
const MAX_BLOCKS: usize = 6_000;

/// Lowers every function of a Rust file.
pub fn lower(file: &SourceFile<'_>, target: Target) -> Unit {
    let mut env = Env {
        file,
        unit: Unit::new(Language::Rust, target),
        items: Items::default(),
    };
    items::collect(&mut env);
    let functions = (0..file.functions.len())
        .filter_map(|index| functions::lower(&mut env, index))
        .collect();
    env.unit.functions = functions;
    env.unit
}

/// What all functions of a file share.
struct Env<'f, 's> {
    file: &'f SourceFile<'s>,
    unit: Unit,
    items: Items,
}

impl<'s> Env<'_, 's> {
    fn text(&self, node: NodeId) -> &'s str {
        std::str::from_utf8(self.file.tree.text(node, self.file.text)).unwrap_or_default()
    }

    fn symbol(&mut self, node: NodeId) -> Symbol {
        let text = self.text(node);
        self.unit.names.intern(text)
    }
}
