//! Blocks, statements, conditions, `if` and `match`.

use super::super::ir::{BlockId, LocalId, Operand, Place, ResultUse, Rvalue, Terminator, TypeId};
use super::builder::{Builder, Frame};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

impl Builder<'_, '_, '_> {
    /// A block in its own scope; gives the value of its last expression.
    pub(super) fn block_value(&mut self, block: NodeId, expected: TypeId) -> Operand {
        let span = self.span(block);
        self.open_scope();
        let value = self.statements(block, expected);
        // The value lives on in a temporary; its variables do not.
        let value = match value {
            Operand::Copy(place) if self.scopes.len() > 1 => {
                let ty = self.type_of(&Operand::Copy(place.clone()));
                match ty {
                    TypeId::VOID => Operand::Copy(place),
                    _ => self.value_of(Rvalue::Use(Operand::Copy(place)), ty, span),
                }
            }
            other => other,
        };
        self.close_scope(span);
        value
    }

    /// `'label: { .. }` or `{ .. }`.
    pub(super) fn labelled_block(&mut self, block: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let label = tree
            .children(block)
            .next()
            .filter(|&child| tree.kind(child) == Kind::LABEL);
        let Some(label) = label else {
            return self.block_value(block, expected);
        };
        let label = self.env.symbol(label);
        let span = self.span(block);
        let value = self.joined(expected, span);
        let end = self.new_block();
        self.frames.push(Frame {
            label: Some(label),
            next: None,
            end,
            value,
            scopes: self.scopes.len(),
        });
        let result = self.block_value(block, expected);
        self.frames.pop();
        self.join_value(value, result, end, span);
        self.current = end;
        self.copy(value, span)
    }

    /// Assigns the value of one way and goes to where the ways meet.
    pub(super) fn join_value(&mut self, joined: LocalId, value: Operand, end: BlockId, span: Span) {
        let ty = self.type_of(&value);
        if self.local_type(joined) == TypeId::UNKNOWN && ty != TypeId::VOID {
            self.set_local_type(joined, ty);
        }
        if ty != TypeId::VOID {
            self.assign(joined, Rvalue::Use(value), span);
        }
        self.goto(end, span);
    }

    fn statements(&mut self, block: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let children: Vec<NodeId> = tree.children(block).collect();
        let last = children.last().copied();
        let mut value = self.unit_value();
        for child in children {
            value = self.unit_value();
            match self.env.file.tree.kind(child) {
                Kind::LET_DECLARATION => self.let_declaration(child),
                Kind::EXPRESSION_STATEMENT => {
                    let Some(inner) = self.env.file.tree.children(child).next() else {
                        continue;
                    };
                    // The last statement of a block may be its value: `if`, `match`, `loop`
                    // without a semicolon are statements to the parser.
                    let is_value = last == Some(child) && !self.text(child).ends_with(';');
                    let wanted = if is_value { expected } else { TypeId::UNKNOWN };
                    if !is_value {
                        self.unused = Some((self.innermost_call(inner), ResultUse::Dropped));
                    }
                    let result = self.expression(inner, wanted);
                    self.unused = None;
                    if is_value {
                        value = result;
                    }
                }
                Kind::LABEL
                | Kind::ATTRIBUTE_ITEM
                | Kind::INNER_ATTRIBUTE_ITEM
                | Kind::EMPTY_STATEMENT
                | Kind::FUNCTION_ITEM
                | Kind::CONST_ITEM
                | Kind::STATIC_ITEM
                | Kind::STRUCT_ITEM
                | Kind::ENUM_ITEM
                | Kind::IMPL_ITEM
                | Kind::TRAIT_ITEM
                | Kind::MOD_ITEM
                | Kind::TYPE_ITEM
                | Kind::UNION_ITEM
                | Kind::USE_DECLARATION
                | Kind::MACRO_DEFINITION
                | Kind::FOREIGN_MOD_ITEM
                | Kind::EXTERN_CRATE_DECLARATION => {}
                _ => value = self.expression(child, expected),
            }
        }
        value
    }

    /// The call whose result `f()`, `unsafe { f() }` gives.
    fn innermost_call(&self, node: NodeId) -> NodeId {
        let tree = &self.env.file.tree;
        let mut node = node;
        while matches!(tree.kind(node), Kind::PARENTHESIZED_EXPRESSION) {
            match tree.children(node).next() {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node
    }

    fn let_declaration(&mut self, node: NodeId) {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let Some(pattern) = tree.child(node, Field::PATTERN) else {
            return;
        };
        let ty_node = tree.child(node, Field::TYPE);
        let value = tree.child(node, Field::VALUE);
        let alternative = tree.child(node, Field::ALTERNATIVE);
        let is_mutable = tree
            .children(node)
            .any(|child| tree.kind(child) == Kind::MUTABLE_SPECIFIER);
        let ty = ty_node.map_or(TypeId::UNKNOWN, |ty| self.env.lower_type(ty, self.own));
        let is_name = tree.kind(pattern) == Kind::IDENTIFIER;
        if self.text(pattern) == "_" {
            if let Some(value) = value {
                self.unused = Some((self.innermost_call(value), ResultUse::Discarded));
                self.expression(value, ty);
                self.unused = None;
            }
            return;
        }
        let operand = value.map(|value| self.expression(value, ty));
        if is_name && alternative.is_none() {
            let name = self.env.symbol(pattern);
            let at = self.span(pattern);
            let known = match (&operand, ty) {
                (Some(operand), TypeId::UNKNOWN) => self.type_of(operand),
                _ => ty,
            };
            let local = self.declare(name, known, at, operand.is_some());
            let is_open = match &operand {
                Some(Operand::Constant(constant)) => constant.value.is_some(),
                Some(_) => false,
                None => true,
            };
            if known == TypeId::UNKNOWN && (is_open || is_mutable) {
                self.open_ints.push(local);
            }
            if let Some(operand) = operand {
                let operand = self.tell_type(&operand, known);
                self.assign(local, Rvalue::Use(operand), span);
            }
            return;
        }
        let Some(operand) = operand else {
            let place = self.unknown_place(ty, span);
            self.bind_irrefutable(pattern, &place);
            return;
        };
        let place = self.as_place(operand, span);
        match alternative {
            None => self.bind_irrefutable(pattern, &place),
            Some(alternative) => {
                let fail = self.new_block();
                self.pattern(pattern, &place, fail);
                let on = self.current;
                self.current = fail;
                self.block_value(alternative, TypeId::UNKNOWN);
                self.end(Terminator::Unreachable, span);
                self.current = on;
            }
        }
    }

    /// Branches on a condition; names that `let` binds live in the innermost scope.
    pub(super) fn condition(&mut self, node: NodeId, then: BlockId, otherwise: BlockId) {
        if !self.enter() {
            self.goto(then, self.span(node));
            return;
        }
        self.condition_inner(node, then, otherwise);
        self.leave();
    }

    fn condition_inner(&mut self, node: NodeId, then: BlockId, otherwise: BlockId) {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::PARENTHESIZED_EXPRESSION => {
                if let Some(inner) = tree.children(node).next() {
                    return self.condition(inner, then, otherwise);
                }
            }
            Kind::UNARY_EXPRESSION if self.text(node).starts_with('!') => {
                if let Some(inner) = tree.children(node).last() {
                    return self.condition(inner, otherwise, then);
                }
            }
            Kind::BINARY_EXPRESSION => {
                let parts = (
                    tree.child(node, Field::LEFT),
                    tree.child(node, Field::RIGHT),
                    tree.child(node, Field::OPERATOR),
                );
                if let (Some(left), Some(right), Some(sign)) = parts {
                    let middle = match self.text(sign) {
                        "&&" => {
                            let middle = self.new_block();
                            self.condition(left, middle, otherwise);
                            Some(middle)
                        }
                        "||" => {
                            let middle = self.new_block();
                            self.condition(left, then, middle);
                            Some(middle)
                        }
                        _ => None,
                    };
                    if let Some(middle) = middle {
                        self.current = middle;
                        return self.condition(right, then, otherwise);
                    }
                }
            }
            Kind::LET_CHAIN => {
                let parts: Vec<NodeId> = tree.children(node).collect();
                let last = parts.len().saturating_sub(1);
                for (index, part) in parts.into_iter().enumerate() {
                    let next = if index == last {
                        then
                    } else {
                        self.new_block()
                    };
                    self.condition(part, next, otherwise);
                    self.current = next;
                }
                return;
            }
            Kind::LET_CONDITION => {
                let parts = (
                    tree.child(node, Field::PATTERN),
                    tree.child(node, Field::VALUE),
                );
                if let (Some(pattern), Some(value)) = parts {
                    let place = self.place(value);
                    self.pattern(pattern, &place, otherwise);
                    return self.goto(then, span);
                }
            }
            Kind::MACRO_INVOCATION if self.is_matches(node) => {
                return self.matches_condition(node, then, otherwise);
            }
            _ => {}
        }
        let value = self.expression(node, TypeId::BOOL);
        self.branch(value, then, otherwise, span);
    }

    pub(super) fn if_expression(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let (Some(condition), Some(consequence)) = (
            tree.child(node, Field::CONDITION),
            tree.child(node, Field::CONSEQUENCE),
        ) else {
            return self.unit_value();
        };
        let alternative = tree
            .child(node, Field::ALTERNATIVE)
            .and_then(|clause| tree.children(clause).next());
        let (then, otherwise, end) = (self.new_block(), self.new_block(), self.new_block());
        let joined = self.joined(expected, span);
        self.open_scope();
        self.condition(condition, then, otherwise);
        self.current = then;
        let value = self.block_value(consequence, expected);
        self.close_scope(span);
        self.join_value(joined, value, end, span);
        self.current = otherwise;
        match alternative {
            Some(alternative) => {
                let value = self.expression(alternative, expected);
                self.join_value(joined, value, end, span);
            }
            None => self.goto(end, span),
        }
        self.current = end;
        self.copy(joined, span)
    }

    pub(super) fn match_expression(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let (Some(value), Some(body)) = (
            tree.child(node, Field::VALUE),
            tree.child(node, Field::BODY),
        ) else {
            return self.unit_value();
        };
        let arms: Vec<NodeId> = tree
            .children(body)
            .filter(|&child| tree.kind(child) == Kind::MATCH_ARM)
            .collect();
        let place = self.place(value);
        let end = self.new_block();
        let joined = self.joined(expected, span);
        for arm in arms {
            let next = self.new_block();
            self.match_arm(arm, &place, next, (joined, end), expected);
            self.current = next;
        }
        // Arms are exhaustive.
        self.end(Terminator::Unreachable, span);
        self.current = end;
        self.copy(joined, span)
    }

    fn match_arm(
        &mut self,
        arm: NodeId,
        place: &Place,
        next: BlockId,
        (joined, end): (LocalId, BlockId),
        expected: TypeId,
    ) {
        let tree = &self.env.file.tree;
        let span = tree.span(arm);
        let (pattern, value) = (
            tree.child(arm, Field::PATTERN),
            tree.child(arm, Field::VALUE),
        );
        let condition = pattern.and_then(|pattern| tree.child(pattern, Field::CONDITION));
        let inner = pattern.and_then(|pattern| {
            tree.children(pattern)
                .find(|&child| tree.field(child) != Field::CONDITION)
        });
        self.open_scope();
        if let Some(inner) = inner {
            self.pattern(inner, place, next);
        }
        if let Some(condition) = condition {
            let body = self.new_block();
            self.condition(condition, body, next);
            self.current = body;
        }
        let result = match value {
            Some(value) => self.expression(value, expected),
            None => self.unit_value(),
        };
        self.close_scope(span);
        self.join_value(joined, result, end, span);
    }
}
