//! Closures and `async` blocks, lowered where they stand.

use super::super::ir::{BlockId, LocalId, Operand, Rvalue, TypeId};
use super::builder::{Builder, Exit};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

impl Builder<'_, '_, '_> {
    /// The body of a closure, with parameters of the given types. It may be passed by, unless
    /// `always`. Gives what it returned.
    pub(super) fn closure(&mut self, node: NodeId, parameters: &[TypeId], always: bool) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let Some(body) = tree.child(node, Field::BODY) else {
            return Operand::Unknown(TypeId::UNKNOWN);
        };
        let result = tree
            .child(node, Field::RETURN_TYPE)
            .map_or(TypeId::UNKNOWN, |ty| self.env.lower_type(ty, self.own));
        let (inside, end) = (self.new_block(), self.new_block());
        if always {
            self.goto(inside, span);
        } else {
            self.branch(Operand::Unknown(TypeId::BOOL), inside, end, span);
        }
        self.current = inside;
        self.open_scope();
        self.closure_parameters(node, parameters);
        let value = self.inner_body(body, result, end, span);
        self.current = end;
        self.copy(value, span)
    }

    /// Lowers a body whose `return` and `?` lead to `end`; its scope was opened.
    fn inner_body(&mut self, body: NodeId, result: TypeId, end: BlockId, span: Span) -> LocalId {
        let value = self.joined(result, span);
        self.exits.push(Exit {
            to: Some((end, value)),
            scopes: self.scopes.len().saturating_sub(1),
            frames: self.frames.len(),
        });
        let operand = self.expression(body, result);
        let ty = self.type_of(&operand);
        if self.local_type(value) == TypeId::UNKNOWN {
            self.set_local_type(value, ty);
        }
        if ty != TypeId::VOID {
            self.assign(value, Rvalue::Use(operand), span);
        }
        self.close_scope(span);
        self.exits.pop();
        self.goto(end, span);
        value
    }

    fn closure_parameters(&mut self, node: NodeId, types: &[TypeId]) {
        let tree = &self.env.file.tree;
        let Some(list) = tree.child(node, Field::PARAMETERS) else {
            return;
        };
        let children: Vec<NodeId> = tree.children(list).collect();
        for (index, child) in children.into_iter().enumerate() {
            let tree = &self.env.file.tree;
            let mut ty = types.get(index).copied().unwrap_or(TypeId::UNKNOWN);
            let pattern = match tree.kind(child) {
                Kind::PARAMETER => {
                    if let Some(written) = tree.child(child, Field::TYPE) {
                        ty = self.env.lower_type(written, self.own);
                    }
                    self.env.file.tree.child(child, Field::PATTERN)
                }
                _ => Some(child),
            };
            if let Some(pattern) = pattern {
                let place = self.unknown_place(ty, self.span(child));
                self.bind_irrefutable(pattern, &place);
            }
        }
    }

    /// `async { .. }`: runs once, its `return` and `?` stay inside.
    pub(super) fn inner_function(&mut self, body: NodeId, span: Span) -> Operand {
        let end = self.new_block();
        self.open_scope();
        let value = self.inner_body(body, TypeId::UNKNOWN, end, span);
        self.current = end;
        self.copy(value, span)
    }
}
