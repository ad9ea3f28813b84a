//! What names mean, block by block.

use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{GlobalId, LocalId, StatementKind, Symbol, TypeId};

/// What an ordinary identifier means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// A parameter or variable.
    Local(LocalId),
    /// An object with static storage.
    Global(GlobalId),
    /// A function.
    Function,
    /// A typedef.
    Type(TypeId),
    /// An enumerator.
    Enumerator(Option<i128>),
    /// A macro that is a number.
    Constant(Option<i128>, TypeId),
    /// A macro without parameters: index in [`Lowerer::expandable`].
    Expand(u32),
    /// A macro with parameters.
    Call(u32),
    /// Nothing tells of it.
    Unseen,
}

/// What a scope hides until it ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shadowed {
    /// An identifier.
    Name(Symbol, Option<Binding>),
    /// A tag.
    Tag(Symbol, Option<TypeId>),
}

/// Where a scope began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    undo: usize,
    locals: usize,
}

impl Lowerer<'_> {
    /// Gives a name a meaning in the scope at hand.
    pub(super) fn bind(&mut self, name: Symbol, binding: Binding) {
        let known = self.names.get(&name);
        if self.is_secondary && known.is_some_and(|known| *known != Binding::Unseen) {
            return;
        }
        let before = self.names.insert(name, binding);
        if self.body.is_open {
            self.undo.push(Shadowed::Name(name, before));
        }
    }

    /// Gives a tag a meaning in the scope at hand.
    pub(super) fn bind_tag(&mut self, name: Symbol, ty: TypeId) {
        if self.is_secondary && self.tags.contains_key(&name) {
            return;
        }
        let before = self.tags.insert(name, ty);
        if self.body.is_open {
            self.undo.push(Shadowed::Tag(name, before));
        }
    }

    pub(super) fn open_scope(&mut self) -> Scope {
        Scope {
            undo: self.undo.len(),
            locals: self.body.entered.len(),
        }
    }

    /// Ends a scope: its names lose their meaning, its variables their storage.
    pub(super) fn close_scope(&mut self, scope: Scope, span: Span) {
        self.leave_to(scope.locals, span);
        self.body.entered.truncate(scope.locals);
        self.forget_names(scope);
    }

    pub(super) fn forget_names(&mut self, scope: Scope) {
        while self.undo.len() > scope.undo {
            match self.undo.pop() {
                Some(Shadowed::Name(name, Some(before))) => {
                    self.names.insert(name, before);
                }
                // A function that was first declared inside another stays known.
                Some(Shadowed::Name(name, None))
                    if !matches!(self.names.get(&name), Some(Binding::Function)) =>
                {
                    self.names.remove(&name);
                }
                Some(Shadowed::Tag(name, Some(before))) => {
                    self.tags.insert(name, before);
                }
                Some(Shadowed::Tag(name, None)) => {
                    self.tags.remove(&name);
                }
                _ => {}
            }
        }
    }

    /// Ends the storage of the variables entered since, on a way out of their scope.
    pub(super) fn leave_to(&mut self, locals: usize, span: Span) {
        let leaving: Vec<LocalId> = self
            .body
            .entered
            .get(locals..)
            .unwrap_or_default()
            .iter()
            .rev()
            .copied()
            .collect();
        for local in leaving {
            self.emit(StatementKind::Leave(local), span);
        }
    }
}
