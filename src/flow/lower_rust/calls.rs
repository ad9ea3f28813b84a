//! Calls of functions and methods.

use super::super::ir::{BinaryOp, Callee, Operand, Place, Rvalue, Symbol, Type, TypeId};
use super::builder::Builder;
use super::literals;
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// Functions and methods that run their closure exactly once.
const RUNS_CLOSURE: &[&str] = &[
    "with",
    "lock",
    "free",
    "modify",
    "write",
    "with_mut",
    "critical_section",
    "try_with",
    "update",
    "borrow_ref",
    "in_critical_section",
];

impl Builder<'_, '_, '_> {
    pub(super) fn call_expression(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let (Some(function), Some(list)) = (
            tree.child(node, Field::FUNCTION),
            tree.child(node, Field::ARGUMENTS),
        ) else {
            return Operand::Unknown(expected);
        };
        let arguments: Vec<NodeId> = tree
            .children(list)
            .filter(|&child| tree.kind(child) != Kind::ATTRIBUTE_ITEM)
            .collect();
        let (function, generics) = match tree.kind(function) {
            Kind::GENERIC_FUNCTION => (
                tree.child(function, Field::FUNCTION).unwrap_or(function),
                tree.child(function, Field::TYPE_ARGUMENTS),
            ),
            _ => (function, None),
        };
        if tree.kind(function) == Kind::FIELD_EXPRESSION {
            let (Some(receiver), Some(name)) = (
                tree.child(function, Field::VALUE),
                tree.child(function, Field::FIELD),
            ) else {
                return Operand::Unknown(expected);
            };
            return self.method_call(node, (receiver, name), &arguments, generics, expected);
        }
        if matches!(
            tree.kind(function),
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER
        ) {
            return self.path_call(node, function, &arguments, generics, expected);
        }
        // `(closure)(x)`, `make()(x)`.
        let pointer = self.expression(function, TypeId::UNKNOWN);
        let values = self.arguments(&arguments, false);
        let result = self.result_use(node);
        self.call(
            Callee::Pointer(pointer),
            values,
            TypeId::UNKNOWN,
            span,
            result,
        )
    }

    fn arguments(&mut self, nodes: &[NodeId], runs_closure: bool) -> Vec<Operand> {
        nodes
            .iter()
            .map(|&argument| self.argument(argument, &[], runs_closure))
            .collect()
    }

    fn argument(&mut self, node: NodeId, types: &[TypeId], runs_closure: bool) -> Operand {
        match self.env.file.tree.kind(node) {
            Kind::CLOSURE_EXPRESSION => self.closure(node, types, runs_closure),
            _ => self.expression(node, TypeId::UNKNOWN),
        }
    }

    /// `name(..)`, `path::name(..)`.
    fn path_call(
        &mut self,
        node: NodeId,
        function: NodeId,
        arguments: &[NodeId],
        generics: Option<NodeId>,
        expected: TypeId,
    ) -> Operand {
        let span = self.span(node);
        let Some((qualifier, name)) = self.env.path_ends(function) else {
            return Operand::Unknown(expected);
        };
        let result_use = self.result_use(node);
        let text = self.env.unit.names.text(name).to_owned();
        if qualifier.is_none()
            && let Some(local) = self.lookup(name)
        {
            let pointer = self.copy(local, span);
            let values = self.arguments(arguments, false);
            return self.call(
                Callee::Pointer(pointer),
                values,
                TypeId::UNKNOWN,
                span,
                result_use,
            );
        }
        if text.starts_with(|c: char| c.is_ascii_uppercase()) {
            return self.constructor(&text, (qualifier, name), arguments, expected, span);
        }
        let prefix = qualifier.map(|qualifier| self.env.unit.names.text(qualifier).to_owned());
        let primitive = prefix.as_deref().and_then(|prefix| match prefix {
            "u128" => Some(self.env.int_type(128, false)),
            "i128" => Some(self.env.int_type(128, true)),
            _ => literals::primitive(&self.env.unit.types, prefix),
        });
        let hint = match (text.as_str(), primitive) {
            ("from" | "try_from", _) | (_, None) => TypeId::UNKNOWN,
            (_, Some(ty)) => ty,
        };
        let runs = RUNS_CLOSURE.contains(&text.as_str());
        let values: Vec<Operand> = arguments
            .iter()
            .map(|&argument| match self.env.file.tree.kind(argument) {
                Kind::CLOSURE_EXPRESSION => self.closure(argument, &[], runs),
                _ => self.expression(argument, hint),
            })
            .collect();
        if let (Some(to), "from", [value]) = (primitive, text.as_str(), values.as_slice()) {
            let cast = Rvalue::Cast {
                value: value.clone(),
                to,
                is_explicit: false,
            };
            return self.value_of(cast, to, span);
        }
        if matches!(text.as_str(), "min" | "max")
            && let [left, right] = values.as_slice()
        {
            self.unify(left, right);
        }
        let own = match prefix.as_deref() {
            Some("Self") => Some(self.own),
            Some(_) => {
                qualifier.and_then(|qualifier| self.env.items.types.get(&qualifier).copied())
            }
            None => None,
        };
        let ty = self.function_result(&text, name, own, primitive, &values, generics, expected);
        let callee = self.callee_of_path(function);
        // A closure that always runs decides the result: `critical_section::with(|cs| ..)`.
        let ty = match (runs, ty, values.last()) {
            (true, TypeId::UNKNOWN, Some(last)) => self.type_of(last),
            _ => ty,
        };
        self.call(Callee::Function(callee), values, ty, span, result_use)
    }

    /// The path without type arguments.
    fn callee_of_path(&mut self, function: NodeId) -> Symbol {
        let text = self.text(function);
        if !text.contains(['<', ' ', '\n']) {
            return self.intern(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut depth = 0_u32;
        for c in text.chars() {
            match c {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                c if depth == 0 && !c.is_whitespace() => out.push(c),
                _ => {}
            }
        }
        let out = out.replace("::::", "::");
        self.intern(out.trim_start_matches("::"))
    }

    /// `Some(x)`, `Ok(x)`, `Type(x)`, `Enum::Variant(x)`.
    fn constructor(
        &mut self,
        text: &str,
        (qualifier, name): (Option<Symbol>, Symbol),
        arguments: &[NodeId],
        expected: TypeId,
        span: Span,
    ) -> Operand {
        let payload = match text {
            "Some" => Some("Some.0"),
            "Ok" => Some("Ok.0"),
            "Err" => Some("Err.0"),
            _ => None,
        };
        let hint = payload.map_or(TypeId::UNKNOWN, |payload| {
            let field = self.intern(payload);
            self.env.field_type(expected, field)
        });
        let values: Vec<Operand> = arguments
            .iter()
            .map(|&argument| {
                let value = match self.env.file.tree.kind(argument) {
                    Kind::CLOSURE_EXPRESSION => self.closure(argument, &[], false),
                    _ => self.expression(argument, hint),
                };
                self.tell_type(&value, hint)
            })
            .collect();
        let first = values
            .first()
            .map_or(TypeId::UNKNOWN, |value| self.type_of(value));
        let (ty, index) = match payload {
            Some("Some.0") => (self.env.option_of(first), 0),
            Some("Ok.0") => (self.env.result_of(first, TypeId::UNKNOWN), 0),
            Some(_) => (self.env.result_of(TypeId::UNKNOWN, first), 1),
            None => {
                let own = match text {
                    "Self" => Some(self.own),
                    _ => qualifier
                        .and_then(|qualifier| self.env.items.variants.get(&(qualifier, name)))
                        .map(|variant| variant.of)
                        .or_else(|| self.env.items.types.get(&name).copied()),
                };
                let ty = own.unwrap_or_else(|| self.env.unit.types.intern(Type::Named(name)));
                (ty, 0)
            }
        };
        let parts = (index..).zip(values).collect();
        self.value_of(Rvalue::Aggregate(parts), ty, span)
    }

    fn method_call(
        &mut self,
        node: NodeId,
        (receiver, name): (NodeId, NodeId),
        arguments: &[NodeId],
        generics: Option<NodeId>,
        expected: TypeId,
    ) -> Operand {
        let span = self.span(node);
        let result_use = self.result_use(node);
        let text = self.text(name);
        // A condition decides whether the closure runs: `(a >= b).then(|| a - b)`.
        if text == "then"
            && let [closure] = arguments
            && self.env.file.tree.kind(*closure) == Kind::CLOSURE_EXPRESSION
        {
            return self.then_call(receiver, *closure, span);
        }
        let place = self.place(receiver);
        let place = match text {
            // Methods of the reference itself.
            "cast" | "add" | "offset" | "sub" => place,
            _ => self.dereferenced(place),
        };
        if arguments.is_empty()
            && let Some(value) = self.length_method(text, &place, span)
        {
            return value;
        }
        let types = self.closure_types(text, place.ty);
        let runs = RUNS_CLOSURE.contains(&text);
        let hint = match self.env.unit.types.get(place.ty) {
            Type::Int { .. } | Type::Float { .. } if !text.contains("sh") && text != "pow" => {
                place.ty
            }
            _ => TypeId::UNKNOWN,
        };
        let mut values = vec![Operand::Copy(place.clone())];
        for &argument in arguments {
            let value = match self.env.file.tree.kind(argument) {
                Kind::CLOSURE_EXPRESSION => self.closure(argument, &types, runs),
                Kind::RANGE_EXPRESSION => {
                    let size = self.env.unit.types.size_type();
                    let range = self.env.range_of(size);
                    self.expression(argument, range)
                }
                _ => self.expression(argument, hint),
            };
            let value = self.tell_type(&value, hint);
            values.push(value);
        }
        self.finish_method(
            text,
            place,
            values,
            generics,
            expected,
            (runs, result_use),
            span,
        )
    }

    /// The call itself, once receiver and arguments are values.
    #[allow(clippy::too_many_arguments, reason = "parts of one call")]
    pub(super) fn finish_method(
        &mut self,
        text: &str,
        place: Place,
        values: Vec<Operand>,
        generics: Option<NodeId>,
        expected: TypeId,
        (runs, result_use): (bool, super::super::ir::ResultUse),
        span: Span,
    ) -> Operand {
        // `x.into()` between integers.
        if text == "into"
            && self.env.unit.types.int(place.ty).is_some()
            && self.env.unit.types.int(expected).is_some()
        {
            let cast = Rvalue::Cast {
                value: Operand::Copy(place),
                to: expected,
                is_explicit: false,
            };
            return self.value_of(cast, expected, span);
        }
        let name = self.intern(text);
        let mut ty = self.method_result(text, name, &place, &values, generics, expected);
        if runs
            && ty == TypeId::UNKNOWN
            && let Some(last) = values.get(1..).and_then(<[Operand]>::last)
        {
            ty = self.type_of(last);
        }
        self.call(Callee::Method(name), values, ty, span, result_use)
    }

    /// `len()` and `is_empty()`.
    pub(super) fn length_method(
        &mut self,
        text: &str,
        place: &Place,
        span: Span,
    ) -> Option<Operand> {
        let is_empty = match text {
            "len" => false,
            "is_empty" => true,
            _ => return None,
        };
        // A method of the file's own type is called, not known.
        if self.env.unit.types.as_record(place.ty).is_some() {
            return None;
        }
        let size = self.env.unit.types.size_type();
        let len = self.value_of(Rvalue::Len(place.clone()), size, span);
        if !is_empty {
            return Some(len);
        }
        let zero = self.number(0, size);
        Some(self.compare(BinaryOp::Eq, len, zero, span))
    }

    fn then_call(&mut self, receiver: NodeId, closure: NodeId, span: Span) -> Operand {
        let (yes, end) = (self.new_block(), self.new_block());
        self.open_scope();
        self.condition(receiver, yes, end);
        self.scopes.pop();
        self.current = yes;
        let value = self.closure(closure, &[], true);
        let ty = self.type_of(&value);
        let ty = self.env.option_of(ty);
        let joined = self.joined(ty, span);
        self.assign(joined, Rvalue::Aggregate(vec![(0, value)]), span);
        self.goto(end, span);
        self.current = end;
        self.copy(joined, span)
    }

    /// Types of the parameters of a closure that a method of this receiver gets.
    fn closure_types(&mut self, method: &str, receiver: TypeId) -> Vec<TypeId> {
        let is_option = self.env.is_record(receiver, "Option");
        let is_result = self.env.is_record(receiver, "Result");
        let field = match (is_option, is_result, method) {
            (
                true,
                _,
                "map" | "and_then" | "filter" | "map_or" | "map_or_else" | "is_some_and"
                | "inspect",
            ) => "Some.0",
            (_, true, "map" | "and_then" | "map_or" | "is_ok_and" | "inspect") => "Ok.0",
            (_, true, "map_err" | "unwrap_or_else" | "or_else") => "Err.0",
            _ => return Vec::new(),
        };
        let field = self.intern(field);
        vec![self.env.field_type(receiver, field)]
    }
}
