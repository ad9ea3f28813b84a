//! Expressions inside macro calls, which the tree holds as tokens.

use super::super::ir::{BlockId, Operand, Place, ResultUse, TypeId};
use super::builder::Builder;
use super::operators::operator;
use crate::finding::Span;
use crate::syntax::{Kind, NodeId};

/// Most tokens of one expression.
const MAX_TOKENS: usize = 200;

/// How tightly an operator binds; `None` for other tokens.
fn precedence(text: &str) -> Option<u8> {
    Some(match text {
        ".." | "..=" => 1,
        "||" => 2,
        "&&" => 3,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 4,
        "|" => 5,
        "^" => 6,
        "&" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        "as" => 11,
        _ => return None,
    })
}

/// Tokens that make a list something other than an expression.
const FOREIGN: &[&str] = &[
    "=>", "=", "let", "move", "if", "match", "return", "for", "while", "loop", "async", "->", "@",
    "#", "$", "unsafe",
];

impl Builder<'_, '_, '_> {
    fn tokens_span(&self, tokens: &[NodeId]) -> Span {
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => Span::new(self.span(*first).start, self.span(*last).end),
            _ => Span::default(),
        }
    }

    /// Lowers tokens as an expression; anything else is unknown.
    pub(super) fn tokens_value(&mut self, tokens: &[NodeId], expected: TypeId) -> Operand {
        if tokens.is_empty() || tokens.len() > MAX_TOKENS || !self.enter() {
            return Operand::Unknown(expected);
        }
        let value = self.tokens_value_inner(tokens, expected);
        self.leave();
        value
    }

    fn tokens_value_inner(&mut self, tokens: &[NodeId], expected: TypeId) -> Operand {
        let span = self.tokens_span(tokens);
        let is_foreign = tokens
            .iter()
            .any(|&token| FOREIGN.contains(&self.text(token)));
        let starts_closure = tokens
            .first()
            .is_some_and(|&token| matches!(self.text(token), "|" | "||"));
        if is_foreign || starts_closure {
            return Operand::Unknown(expected);
        }
        let Some(at) = self.split_point(tokens) else {
            return self.prefixed(tokens, expected, span);
        };
        let (Some(left), Some(sign), Some(right)) =
            (tokens.get(..at), tokens.get(at), tokens.get(at + 1..))
        else {
            return Operand::Unknown(expected);
        };
        match self.text(*sign) {
            "as" => {
                let [ty] = right else {
                    return Operand::Unknown(expected);
                };
                let to = self.env.lower_type(*ty, self.own);
                let value = self.tokens_value(left, TypeId::UNKNOWN);
                self.cast_value(value, to, span)
            }
            ".." | "..=" => Operand::Unknown(expected),
            "||" | "&&" => {
                let (yes, no) = (self.new_block(), self.new_block());
                self.tokens_condition(tokens, yes, no);
                self.join_bool(yes, no, span)
            }
            sign => {
                let Some(op) = operator(sign) else {
                    return Operand::Unknown(expected);
                };
                let outer = match op.is_comparison() {
                    true => TypeId::UNKNOWN,
                    false => expected,
                };
                let left = self.tokens_value(left, outer);
                let hint = match self.type_of(&left) {
                    TypeId::UNKNOWN => outer,
                    known => known,
                };
                let right = self.tokens_value(right, hint);
                self.binary_value(op, left, right, outer, span)
            }
        }
    }

    /// Branches on tokens as a condition.
    pub(super) fn tokens_condition(
        &mut self,
        tokens: &[NodeId],
        then: BlockId,
        otherwise: BlockId,
    ) {
        let span = self.tokens_span(tokens);
        if tokens.is_empty() || tokens.len() > MAX_TOKENS || !self.enter() {
            return self.branch(Operand::Unknown(TypeId::BOOL), then, otherwise, span);
        }
        self.tokens_condition_inner(tokens, then, otherwise, span);
        self.leave();
    }

    fn tokens_condition_inner(
        &mut self,
        tokens: &[NodeId],
        then: BlockId,
        otherwise: BlockId,
        span: Span,
    ) {
        match self.split_point(tokens) {
            Some(at) => {
                let sign = tokens.get(at).map_or("", |&sign| self.text(sign));
                if let (true, Some(left), Some(right)) = (
                    matches!(sign, "&&" | "||"),
                    tokens.get(..at),
                    tokens.get(at + 1..),
                ) {
                    let middle = self.new_block();
                    match sign {
                        "&&" => self.tokens_condition(left, middle, otherwise),
                        _ => self.tokens_condition(left, then, middle),
                    }
                    self.current = middle;
                    return self.tokens_condition(right, then, otherwise);
                }
            }
            None => {
                if let [first, rest @ ..] = tokens
                    && self.text(*first) == "!"
                {
                    return self.tokens_condition(rest, otherwise, then);
                }
                if let [only] = tokens
                    && self.is_group(*only, "(")
                {
                    let inner = self.inner_tokens(*only);
                    return self.tokens_condition(&inner, then, otherwise);
                }
            }
        }
        let value = self.tokens_value(tokens, TypeId::BOOL);
        self.branch(value, then, otherwise, span);
    }

    fn is_group(&self, token: NodeId, open: &str) -> bool {
        self.env.file.tree.kind(token) == Kind::TOKEN_TREE && self.text(token).starts_with(open)
    }

    /// The operator that binds least, the last one of them.
    fn split_point(&self, tokens: &[NodeId]) -> Option<usize> {
        let mut best: Option<(u8, usize)> = None;
        let mut after_operand = false;
        let mut angle = 0_u32;
        let mut previous = "";
        for (at, &token) in tokens.iter().enumerate() {
            let text = self.text(token);
            // Type arguments: `::<u8>`.
            if angle > 0 || (text == "<" && previous == "::") {
                match text {
                    "<" => angle += 1,
                    ">" => angle = angle.saturating_sub(1),
                    ">>" => angle = angle.saturating_sub(2),
                    _ => {}
                }
                previous = text;
                continue;
            }
            previous = text;
            match precedence(text) {
                Some(level) if after_operand => {
                    if best.is_none_or(|(known, _)| level <= known) {
                        best = Some((level, at));
                    }
                    after_operand = false;
                }
                Some(_) => {}
                None => after_operand = !matches!(text, "!" | "." | "::" | "mut"),
            }
        }
        best.map(|(_, at)| at)
    }

    /// `!x`, `-x`, `*x`, `&x`, or a postfix expression.
    fn prefixed(&mut self, tokens: &[NodeId], expected: TypeId, span: Span) -> Operand {
        let Some((first, rest)) = tokens.split_first() else {
            return Operand::Unknown(expected);
        };
        match self.text(*first) {
            "!" => {
                let value = self.tokens_value(rest, expected);
                self.not(value, span)
            }
            "-" => {
                let value = self.tokens_value(rest, expected);
                self.negate(value, span)
            }
            "*" => {
                let value = self.tokens_value(rest, TypeId::UNKNOWN);
                let place = self.as_place(value, span);
                Operand::Copy(self.deref_of(place, span))
            }
            "&" | "&&" => {
                let rest = match rest.split_first() {
                    Some((first, rest)) if self.text(*first) == "mut" => rest,
                    _ => rest,
                };
                let value = self.tokens_value(rest, TypeId::UNKNOWN);
                let place = self.as_place(value, span);
                let ty = self.env.reference_to(place.ty);
                self.value_of(super::super::ir::Rvalue::AddressOf(place), ty, span)
            }
            _ => self.postfix(tokens, expected, span),
        }
    }

    /// A name, literal or group, followed by fields, calls, indices and `?`.
    fn postfix(&mut self, tokens: &[NodeId], expected: TypeId, span: Span) -> Operand {
        let Some((value, mut at)) = self.primary(tokens, expected) else {
            return Operand::Unknown(expected);
        };
        let mut value = value;
        while let Some(&token) = tokens.get(at) {
            let here = Span::new(span.start, self.span(token).end);
            let text = self.text(token);
            if text == "?" {
                value = self.try_value(value, here);
                at += 1;
            } else if text == "." {
                let Some(&name) = tokens.get(at + 1) else {
                    return Operand::Unknown(expected);
                };
                at += 2;
                // Type arguments of a method.
                if tokens.get(at).is_some_and(|&next| self.text(next) == "::") {
                    at = self.behind_angles(tokens, at + 1);
                }
                match tokens.get(at) {
                    Some(&list) if self.is_group(list, "(") => {
                        at += 1;
                        let here = Span::new(span.start, self.span(list).end);
                        value = self.tokens_method(value, name, list, here);
                    }
                    _ => {
                        let place = self.as_place(value, here);
                        let symbol = self.env.symbol(name);
                        let here = Span::new(span.start, self.span(name).end);
                        value = Operand::Copy(self.field_of(place, symbol, here));
                    }
                }
            } else if self.is_group(token, "[") {
                let place = self.as_place(value, here);
                let place = self.dereferenced(place);
                value = Operand::Copy(self.tokens_index(place, token, here));
                at += 1;
            } else {
                return Operand::Unknown(expected);
            }
        }
        value
    }

    fn tokens_index(&mut self, base: Place, group: NodeId, span: Span) -> Place {
        let inner = self.inner_tokens(group);
        let size = self.env.unit.types.size_type();
        let dots = inner
            .iter()
            .position(|&token| matches!(self.text(token), ".." | "..="));
        let Some(at) = dots else {
            let index = self.tokens_value(&inner, size);
            return self.index_value(base, index, span);
        };
        let is_inclusive = inner
            .get(at)
            .is_some_and(|&token| self.text(token) == "..=");
        let side = |builder: &mut Self, tokens: Option<&[NodeId]>| {
            let tokens = tokens.filter(|tokens| !tokens.is_empty())?;
            Some(builder.tokens_value(tokens, size))
        };
        let start = side(self, inner.get(..at));
        let end = side(self, inner.get(at + 1..));
        self.range_of_place(base, start, end, is_inclusive, span)
    }

    /// The index behind `<..>` that starts at `at`.
    fn behind_angles(&self, tokens: &[NodeId], at: usize) -> usize {
        let mut depth = 0_u32;
        for (index, &token) in tokens.iter().enumerate().skip(at) {
            match self.text(token) {
                "<" => depth += 1,
                ">" => depth = depth.saturating_sub(1),
                ">>" => depth = depth.saturating_sub(2),
                _ => {}
            }
            if depth == 0 {
                return index + 1;
            }
        }
        tokens.len()
    }

    /// A name with its path, a call of it, a literal, or a group; and how many tokens that is.
    fn primary(&mut self, tokens: &[NodeId], expected: TypeId) -> Option<(Operand, usize)> {
        let &first = tokens.first()?;
        let tree = &self.env.file.tree;
        match tree.kind(first) {
            Kind::TOKEN_TREE => {
                if !self.is_group(first, "(") {
                    return None;
                }
                let inner = self.inner_tokens(first);
                if inner.iter().any(|&token| self.text(token) == ",") {
                    return None;
                }
                Some((self.tokens_value(&inner, expected), 1))
            }
            Kind::INTEGER_LITERAL
            | Kind::CHAR_LITERAL
            | Kind::BOOLEAN_LITERAL
            | Kind::STRING_LITERAL
            | Kind::RAW_STRING_LITERAL
            | Kind::FLOAT_LITERAL => Some((self.expression(first, expected), 1)),
            Kind::IDENTIFIER
            | Kind::SELF_VALUE
            | Kind::PRIMITIVE_TYPE
            | Kind::TYPE_IDENTIFIER
            | Kind::SUPER_VALUE
            | Kind::CRATE_ROOT => self.tokens_path(tokens, expected),
            _ => None,
        }
    }

    fn tokens_path(&mut self, tokens: &[NodeId], expected: TypeId) -> Option<(Operand, usize)> {
        let &first = tokens.first()?;
        let mut last = first;
        let mut qualifier = None;
        let mut at = 1;
        while tokens
            .get(at)
            .is_some_and(|&token| self.text(token) == "::")
        {
            let &next = tokens.get(at + 1)?;
            if self.text(next) == "<" {
                at = self.behind_angles(tokens, at + 1);
                continue;
            }
            qualifier = Some(last);
            last = next;
            at += 2;
        }
        let span = Span::new(self.span(first).start, self.span(last).end);
        let name = self.env.symbol(last);
        match tokens.get(at) {
            Some(&token) if self.text(token) == "!" => None,
            Some(&list) if self.is_group(list, "(") => {
                let span = Span::new(span.start, self.span(list).end);
                let arguments = self.split_arguments(list);
                let values = arguments
                    .iter()
                    .map(|tokens| self.tokens_value(tokens, TypeId::UNKNOWN))
                    .collect();
                let path = std::str::from_utf8(
                    Span::new(self.span(first).start, self.span(last).end).of(self.env.file.text),
                )
                .unwrap_or_default();
                let ty = match qualifier {
                    None => self
                        .env
                        .items
                        .results
                        .get(&name)
                        .copied()
                        .unwrap_or(TypeId::UNKNOWN),
                    Some(_) => TypeId::UNKNOWN,
                };
                Some((self.call_function(path, values, ty, span), at + 1))
            }
            _ => {
                let value = match qualifier {
                    None => self.resolve(name, expected, span),
                    Some(qualifier) => {
                        let qualifier = self.env.symbol(qualifier);
                        match self.env.find_const(Some(qualifier), name) {
                            Some(item) => self.constant_item(item, name),
                            None if super::places::is_constant_name(
                                self.env.unit.names.text(name),
                            ) =>
                            {
                                self.named_constant(name, expected)
                            }
                            None => Operand::Unknown(TypeId::UNKNOWN),
                        }
                    }
                };
                Some((value, at))
            }
        }
    }

    fn tokens_method(
        &mut self,
        receiver: Operand,
        name: NodeId,
        list: NodeId,
        span: Span,
    ) -> Operand {
        let place = self.as_place(receiver, span);
        let place = self.dereferenced(place);
        let text = self.text(name);
        let arguments = self.split_arguments(list);
        if arguments.is_empty()
            && let Some(value) = self.length_method(text, &place, span)
        {
            return value;
        }
        let mut values = vec![Operand::Copy(place.clone())];
        for tokens in arguments {
            let value = self.tokens_value(&tokens, TypeId::UNKNOWN);
            values.push(value);
        }
        self.finish_method(
            text,
            place,
            values,
            None,
            TypeId::UNKNOWN,
            (false, ResultUse::Used),
            span,
        )
    }
}
