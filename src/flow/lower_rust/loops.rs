//! `loop`, `while`, `for`, `break`, `continue`.

use super::super::ir::{
    BinaryOp, BlockId, Callee, LocalId, Operand, Place, Projection, ResultUse, Rvalue, Terminator,
    TypeId,
};
use super::builder::{Builder, Frame};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// What a `for` runs over.
enum Over {
    /// `a..b`, `(a..b).rev()`, `(a..b).step_by(n)`.
    Range {
        start: Option<NodeId>,
        end: Option<NodeId>,
        is_inclusive: bool,
        step: Option<NodeId>,
    },
    /// Elements of something with a length; with `.enumerate()` the index too.
    Elements { of: NodeId, is_enumerated: bool },
    /// Any other iterator.
    Other,
}

impl Builder<'_, '_, '_> {
    fn label_of(&mut self, node: NodeId) -> Option<super::super::ir::Symbol> {
        let tree = &self.env.file.tree;
        let label = tree
            .children(node)
            .next()
            .filter(|&child| tree.kind(child) == Kind::LABEL)?;
        Some(self.env.symbol(label))
    }

    /// Lowers the body of a loop whose head decides in `body` and `end`; goes back to `next`.
    fn loop_body(
        &mut self,
        node: NodeId,
        (body, next, end): (BlockId, BlockId, BlockId),
        value: LocalId,
    ) {
        let span = self.span(node);
        let label = self.label_of(node);
        let Some(block) = self.env.file.tree.child(node, Field::BODY) else {
            return;
        };
        self.frames.push(Frame {
            label,
            next: Some(next),
            end,
            value,
            scopes: self.scopes.len(),
        });
        self.current = body;
        self.block_value(block, TypeId::VOID);
        self.goto(next, span);
        self.frames.pop();
    }

    pub(super) fn loop_expression(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let span = self.span(node);
        let (body, end) = (self.new_block(), self.new_block());
        let value = self.joined(expected, span);
        self.goto(body, span);
        self.loop_body(node, (body, body, end), value);
        self.current = end;
        self.copy(value, span)
    }

    pub(super) fn while_expression(&mut self, node: NodeId) -> Operand {
        let span = self.span(node);
        let (head, body, end) = (self.new_block(), self.new_block(), self.new_block());
        let value = self.joined(TypeId::VOID, span);
        self.goto(head, span);
        self.current = head;
        self.open_scope();
        if let Some(condition) = self.env.file.tree.child(node, Field::CONDITION) {
            self.condition(condition, body, end);
        }
        self.loop_body(node, (body, head, end), value);
        self.scopes.pop();
        self.current = end;
        self.unit_value()
    }

    pub(super) fn for_expression(&mut self, node: NodeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let (Some(pattern), Some(value)) = (
            tree.child(node, Field::PATTERN),
            tree.child(node, Field::VALUE),
        ) else {
            return self.unit_value();
        };
        self.open_scope();
        match self.over(value) {
            Over::Range {
                start,
                end,
                is_inclusive,
                step,
            } => {
                let start = match start {
                    Some(start) => self.expression(start, TypeId::UNKNOWN),
                    None => self.number(0, TypeId::UNKNOWN),
                };
                let hint = self.type_of(&start);
                let end = end.map(|end| self.expression(end, hint));
                let step = step.map(|step| self.expression(step, TypeId::UNKNOWN));
                self.counted_loop(node, pattern, (start, end, is_inclusive, step), None, span);
            }
            Over::Elements { of, is_enumerated } => {
                let place = self.place(of);
                let place = self.dereferenced(place);
                let size = self.env.unit.types.size_type();
                let len = self.value_of(Rvalue::Len(place.clone()), size, span);
                let start = self.number(0, size);
                self.counted_loop(
                    node,
                    pattern,
                    (start, Some(len), false, None),
                    Some((place, is_enumerated)),
                    span,
                );
            }
            Over::Other => self.iterator_loop(node, pattern, value, span),
        }
        self.close_scope(span);
        self.unit_value()
    }

    /// What the value of a `for` is.
    fn over(&self, value: NodeId) -> Over {
        let tree = &self.env.file.tree;
        let (mut node, mut step, mut is_enumerated) = (value, None, false);
        loop {
            match tree.kind(node) {
                Kind::PARENTHESIZED_EXPRESSION => match tree.children(node).next() {
                    Some(inner) => node = inner,
                    None => return Over::Other,
                },
                Kind::RANGE_EXPRESSION => {
                    let Some((start, end, is_inclusive)) = self.env.range_parts(node) else {
                        return Over::Other;
                    };
                    return Over::Range {
                        start,
                        end,
                        is_inclusive,
                        step,
                    };
                }
                Kind::REFERENCE_EXPRESSION => {
                    let Some(of) = tree.child(node, Field::VALUE) else {
                        return Over::Other;
                    };
                    return Over::Elements { of, is_enumerated };
                }
                Kind::CALL_EXPRESSION => {
                    let Some(function) = tree.child(node, Field::FUNCTION) else {
                        return Over::Other;
                    };
                    let (Some(receiver), Some(name)) = (
                        tree.child(function, Field::VALUE),
                        tree.child(function, Field::FIELD),
                    ) else {
                        return Over::Other;
                    };
                    let argument = tree
                        .child(node, Field::ARGUMENTS)
                        .and_then(|arguments| tree.children(arguments).next());
                    match (self.text(name), argument) {
                        ("rev", None) => node = receiver,
                        ("enumerate", None) => {
                            is_enumerated = true;
                            node = receiver;
                        }
                        ("step_by", Some(by)) => {
                            step = Some(by);
                            node = receiver;
                        }
                        ("iter" | "iter_mut", None) if step.is_none() => {
                            return Over::Elements {
                                of: receiver,
                                is_enumerated,
                            };
                        }
                        _ => return Over::Other,
                    }
                }
                _ => return Over::Other,
            }
        }
    }

    /// A hidden counter from start to end; the pattern binds it, or the element it counts.
    fn counted_loop(
        &mut self,
        node: NodeId,
        pattern: NodeId,
        (start, end, is_inclusive, step): (Operand, Option<Operand>, bool, Option<Operand>),
        elements: Option<(Place, bool)>,
        span: Span,
    ) {
        if let Some(end) = &end {
            self.unify(&start, end);
        }
        let ty = match self.type_of(&start) {
            TypeId::UNKNOWN => end
                .as_ref()
                .map_or(TypeId::UNKNOWN, |end| self.type_of(end)),
            known => known,
        };
        let start = self.tell_type(&start, ty);
        let counter = self.joined(ty, span);
        if ty == TypeId::UNKNOWN {
            self.open_ints.push(counter);
        }
        self.assign(counter, Rvalue::Use(start), span);
        let (head, body, next, done) = (
            self.new_block(),
            self.new_block(),
            self.new_block(),
            self.new_block(),
        );
        self.goto(head, span);
        self.current = head;
        let now = self.copy(counter, span);
        match end {
            Some(end) => {
                let op = match is_inclusive {
                    true => BinaryOp::Le,
                    false => BinaryOp::Lt,
                };
                let test = self.compare(op, now.clone(), end, span);
                self.branch(test, body, done, span);
            }
            None => self.goto(body, span),
        }
        self.current = body;
        let bound = match elements {
            None => self.whole(counter, span),
            Some((place, is_enumerated)) => {
                let element = self
                    .env
                    .unit
                    .types
                    .element(place.ty)
                    .unwrap_or(TypeId::UNKNOWN);
                let place = self.project(&place, Projection::Index(now.clone()), element, span);
                match is_enumerated {
                    false => place,
                    true => {
                        let pair = self.env.tuple_of(&[ty, element]);
                        let value =
                            self.aggregate(vec![now.clone(), Operand::Copy(place)], pair, span);
                        self.as_place(value, span)
                    }
                }
            }
        };
        self.bind_irrefutable(pattern, &bound);
        let value = self.joined(TypeId::VOID, span);
        let body = self.current;
        self.loop_body(node, (body, next, done), value);
        self.current = next;
        let step = step.unwrap_or_else(|| self.number(1, ty));
        let more = self.value_of(Rvalue::Binary(BinaryOp::Add, now, step), ty, span);
        self.assign(counter, Rvalue::Use(more), span);
        self.goto(head, span);
        self.current = done;
    }

    /// `while let Some(pattern) = value.next()`.
    fn iterator_loop(&mut self, node: NodeId, pattern: NodeId, value: NodeId, span: Span) {
        let at = self.span(value);
        let iterator = self.expression(value, TypeId::UNKNOWN);
        let element = self.element_of_iterator(&iterator);
        let (head, body, end) = (self.new_block(), self.new_block(), self.new_block());
        self.goto(head, span);
        self.current = head;
        let some = self.env.option_of(element);
        let name = self.intern("next");
        let item = self.call(
            Callee::Method(name),
            vec![iterator],
            some,
            at,
            ResultUse::Used,
        );
        let item = self.as_place(item, at);
        let size = self.env.unit.types.size_type();
        let variant = self.value_of(Rvalue::Discriminant(item.clone()), size, at);
        let one = self.number(1, size);
        let test = self.compare(BinaryOp::Eq, variant, one, at);
        self.branch(test, body, end, at);
        self.current = body;
        let field = self.intern("Some.0");
        let place = self.field_of(item, field, at);
        self.bind_irrefutable(pattern, &place);
        let value = self.joined(TypeId::VOID, span);
        let body = self.current;
        self.loop_body(node, (body, head, end), value);
        self.current = end;
    }

    /// The frame a `break` or `continue` means.
    fn frame(&mut self, node: NodeId, needs_loop: bool) -> Option<Frame> {
        let tree = &self.env.file.tree;
        let label = tree
            .children(node)
            .find(|&child| tree.kind(child) == Kind::LABEL);
        let label = label.map(|label| self.env.symbol(label));
        let first = self.exits.last().map_or(0, |exit| exit.frames);
        self.frames
            .iter()
            .skip(first)
            .rev()
            .find(|frame| match label {
                Some(_) => frame.label == label,
                None => frame.next.is_some() || (!needs_loop && frame.label.is_none()),
            })
            .cloned()
    }

    pub(super) fn break_expression(&mut self, node: NodeId, span: Span) -> Operand {
        let frame = self.frame(node, true);
        let tree = &self.env.file.tree;
        let value = tree
            .children(node)
            .find(|&child| tree.kind(child) != Kind::LABEL);
        if let Some(frame) = frame {
            let expected = self.local_type(frame.value);
            if let Some(value) = value {
                let value = self.expression(value, expected);
                if self.local_type(frame.value) == TypeId::UNKNOWN {
                    let ty = self.type_of(&value);
                    self.set_local_type(frame.value, ty);
                }
                self.assign(frame.value, Rvalue::Use(value), span);
            }
            self.leave_scopes(frame.scopes, span);
            self.goto(frame.end, span);
        } else {
            self.end(Terminator::Unreachable, span);
        }
        self.current = self.new_block();
        self.unit_value()
    }

    pub(super) fn continue_expression(&mut self, node: NodeId, span: Span) -> Operand {
        match self.frame(node, true) {
            Some(Frame {
                next: Some(next),
                scopes,
                ..
            }) => {
                self.leave_scopes(scopes, span);
                self.goto(next, span);
            }
            _ => self.end(Terminator::Unreachable, span),
        }
        self.current = self.new_block();
        self.unit_value()
    }
}
