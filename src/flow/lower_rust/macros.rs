//! Calls of macros.

use super::super::ir::{
    BinaryOp, BlockId, Callee, Operand, ResultUse, StatementKind, Symbol, Terminator, TypeId,
};
use super::builder::Builder;
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// Most tokens of a macro's argument that are read as an expression.
const MAX_TOKENS: usize = 300;

/// A macro call's name and arguments.
pub(super) struct MacroCall<'s> {
    pub(super) name: &'s str,
    /// Tokens between the commas (or semicolons).
    pub(super) arguments: Vec<Vec<NodeId>>,
}

impl<'s> Builder<'_, '_, 's> {
    pub(super) fn macro_call(&self, node: NodeId) -> MacroCall<'s> {
        let tree = &self.env.file.tree;
        let name = tree.child(node, Field::MACRO).map_or("", |name| {
            let text = self.text(name);
            text.rsplit("::").next().unwrap_or(text)
        });
        let tokens = tree
            .children(node)
            .find(|&child| tree.kind(child) == Kind::TOKEN_TREE);
        let arguments = tokens.map_or_else(Vec::new, |tokens| self.split_arguments(tokens));
        MacroCall { name, arguments }
    }

    /// The token tree between its delimiters, cut at commas and semicolons.
    pub(super) fn split_arguments(&self, tokens: NodeId) -> Vec<Vec<NodeId>> {
        let inner = self.inner_tokens(tokens);
        if inner.is_empty() {
            return Vec::new();
        }
        let mut arguments = vec![Vec::new()];
        for token in inner {
            if matches!(self.text(token), "," | ";") {
                arguments.push(Vec::new());
            } else if let Some(last) = arguments.last_mut() {
                last.push(token);
            }
        }
        if arguments.last().is_some_and(Vec::is_empty) {
            arguments.pop();
        }
        arguments
    }

    /// Tokens of a token tree without its delimiters.
    pub(super) fn inner_tokens(&self, tokens: NodeId) -> Vec<NodeId> {
        let tree = &self.env.file.tree;
        let all: Vec<NodeId> = tree.children(tokens).collect();
        all.get(1..all.len().saturating_sub(1))
            .unwrap_or_default()
            .to_vec()
    }

    pub(super) fn is_matches(&self, node: NodeId) -> bool {
        self.env
            .file
            .tree
            .child(node, Field::MACRO)
            .is_some_and(|name| self.text(name) == "matches")
    }

    pub(super) fn macro_invocation(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let span = self.span(node);
        let result = self.result_use(node);
        if self.is_matches(node) {
            let (yes, no) = (self.new_block(), self.new_block());
            self.matches_condition(node, yes, no);
            return self.join_bool(yes, no, span);
        }
        let call = self.macro_call(node);
        let name = self.intern(call.name);
        match call.name {
            "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq"
            | "debug_assert_ne" => {
                self.assertion(&call, name, span);
                self.unit_value()
            }
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                self.push(
                    StatementKind::Call {
                        callee: Callee::Macro(name),
                        arguments: Vec::new(),
                        target: None,
                        result: ResultUse::Dropped,
                    },
                    span,
                );
                self.end_dead(Terminator::Unreachable, span);
                self.unit_value()
            }
            "try" | "r#try" => match call.arguments.first() {
                Some(tokens) => {
                    let value = self.tokens_value(tokens, TypeId::UNKNOWN);
                    self.try_value(value, span)
                }
                None => Operand::Unknown(expected),
            },
            _ => {
                let values = self.macro_arguments(&call.arguments);
                let ty = match call.name {
                    "vec" => {
                        let of = values
                            .first()
                            .map_or(TypeId::UNKNOWN, |value| self.type_of(value));
                        self.env.slice_of(of)
                    }
                    "unwrap" => {
                        let inner = values
                            .first()
                            .map_or(TypeId::UNKNOWN, |value| self.type_of(value));
                        let fields = [self.intern("Some.0"), self.intern("Ok.0")];
                        fields
                            .into_iter()
                            .map(|field| self.env.field_type(inner, field))
                            .find(|ty| *ty != TypeId::UNKNOWN)
                            .unwrap_or(TypeId::UNKNOWN)
                    }
                    _ => TypeId::UNKNOWN,
                };
                self.call(Callee::Macro(name), values, ty, span, result)
            }
        }
    }

    fn macro_arguments(&mut self, arguments: &[Vec<NodeId>]) -> Vec<Operand> {
        arguments
            .iter()
            .map(|tokens| {
                let value = self.tokens_value(tokens, TypeId::UNKNOWN);
                if matches!(value, Operand::Unknown(_)) {
                    self.clobber(tokens);
                }
                value
            })
            .collect()
    }

    /// Code that was not understood may read and write whatever it names.
    fn clobber(&mut self, tokens: &[NodeId]) {
        let mut places: Vec<super::super::ir::Place> = Vec::new();
        for &token in tokens {
            for node in self.env.file.tree.subtree(token).take(MAX_TOKENS) {
                if !matches!(
                    self.env.file.tree.kind(node),
                    Kind::IDENTIFIER | Kind::SELF_VALUE
                ) {
                    continue;
                }
                let name = self.env.symbol(node);
                if let Some(local) = self.lookup(name)
                    && !places
                        .iter()
                        .any(|place| place.base == super::super::ir::Base::Local(local))
                {
                    places.push(self.whole(local, self.span(node)));
                }
            }
        }
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last())
            && !places.is_empty()
        {
            let span = Span::new(self.span(*first).start, self.span(*last).end);
            self.push(StatementKind::Clobber(places), span);
        }
    }

    fn assertion(&mut self, call: &MacroCall<'_>, name: Symbol, span: Span) {
        let is_debug = call.name.starts_with("debug_");
        let [first, rest @ ..] = call.arguments.as_slice() else {
            return;
        };
        let op = match call.name {
            "assert_eq" | "debug_assert_eq" => Some(BinaryOp::Eq),
            "assert_ne" | "debug_assert_ne" => Some(BinaryOp::Ne),
            _ => None,
        };
        let (on, out) = (self.new_block(), self.new_block());
        match (op, rest.first()) {
            (Some(op), Some(second)) => {
                let left = self.tokens_value(first, TypeId::UNKNOWN);
                let hint = self.type_of(&left);
                let right = self.tokens_value(second, hint);
                let test = self.binary_value(op, left, right, TypeId::UNKNOWN, span);
                self.assert_statement(test.clone(), name, span);
                if is_debug {
                    return self.goto_new(on, span);
                }
                self.branch(test, on, out, span);
            }
            _ if is_debug || first.len() > MAX_TOKENS => {
                let test = self.tokens_value(first, TypeId::BOOL);
                self.assert_statement(test, name, span);
                return self.goto_new(on, span);
            }
            _ => {
                // `assert!(a && b)` claims both: the branches say so, the statement names the last.
                self.tokens_condition(first, on, out);
                let tested = self
                    .blocks
                    .iter()
                    .rev()
                    .find_map(|block| match &block.terminator {
                        Terminator::Branch {
                            condition, then, ..
                        } if *then == on => Some(condition.clone()),
                        _ => None,
                    });
                self.current = on;
                if let Some(tested) = tested {
                    self.assert_statement(tested, name, span);
                }
            }
        }
        self.current = out;
        self.push(
            StatementKind::Call {
                callee: Callee::Macro(name),
                arguments: Vec::new(),
                target: None,
                result: ResultUse::Dropped,
            },
            span,
        );
        self.end(Terminator::Unreachable, span);
        self.current = on;
    }

    fn goto_new(&mut self, to: BlockId, span: Span) {
        self.goto(to, span);
        self.current = to;
    }

    fn assert_statement(&mut self, condition: Operand, name: Symbol, span: Span) {
        self.push(StatementKind::Assert { condition, name }, span);
    }

    /// `matches!(value, pattern)` as a branch: numbers and ranges are compared, of any other
    /// pattern only the variant's name is.
    pub(super) fn matches_condition(&mut self, node: NodeId, then: BlockId, otherwise: BlockId) {
        let span = self.span(node);
        let call = self.macro_call(node);
        let (Some(value), Some(pattern)) = (call.arguments.first(), call.arguments.get(1)) else {
            return self.branch(Operand::Unknown(TypeId::BOOL), then, otherwise, span);
        };
        let value = self.tokens_value(value, TypeId::UNKNOWN);
        let ty = self.type_of(&value);
        let mut alternatives = vec![Vec::new()];
        for &token in pattern {
            if self.text(token) == "|" {
                alternatives.push(Vec::new());
            } else if let Some(last) = alternatives.last_mut() {
                last.push(token);
            }
        }
        for tokens in alternatives {
            let next = self.new_block();
            let dots = tokens
                .iter()
                .position(|&token| matches!(self.text(token), ".." | "..="));
            let is_number = |builder: &Self, tokens: &[NodeId]| matches!(tokens, [only] if builder.env.file.tree.kind(*only) == Kind::INTEGER_LITERAL);
            match dots {
                Some(at) => {
                    let (low, high) = (
                        tokens.get(..at).unwrap_or_default(),
                        tokens.get(at + 1..).unwrap_or_default(),
                    );
                    let is_inclusive = tokens
                        .get(at)
                        .is_some_and(|&token| self.text(token) == "..=");
                    if !low.is_empty() {
                        let low = self.tokens_value(low, ty);
                        let test = self.compare(BinaryOp::Ge, value.clone(), low, span);
                        self.pass(test, next, span);
                    }
                    if !high.is_empty() {
                        let op = match is_inclusive {
                            true => BinaryOp::Le,
                            false => BinaryOp::Lt,
                        };
                        let high = self.tokens_value(high, ty);
                        let test = self.compare(op, value.clone(), high, span);
                        self.pass(test, next, span);
                    }
                    self.goto(then, span);
                }
                None if is_number(self, &tokens) => {
                    let number = self.tokens_value(&tokens, ty);
                    let test = self.compare(BinaryOp::Eq, value.clone(), number, span);
                    self.branch(test, then, next, span);
                }
                None => self.branch(Operand::Unknown(TypeId::BOOL), then, next, span),
            }
            self.current = next;
        }
        self.goto(otherwise, span);
    }
}
