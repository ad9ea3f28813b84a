//! Expressions → operands.

use super::super::ir::{
    BlockId, Callee, Constant, Operand, Origin, ResultUse, Rvalue, TextId, Type, TypeId,
};
use super::builder::Builder;
use super::{ARRAY_REPEAT, MAX_DEPTH, literals};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// Most elements of an array literal that are kept.
const MAX_ELEMENTS: usize = 64;

impl Builder<'_, '_, '_> {
    /// Goes one level deeper; `false` where that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH || self.is_full() {
            self.has_gap = true;
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Lowers an expression; `expected` is the type its place asks for, or `UNKNOWN`.
    pub(super) fn expression(&mut self, node: NodeId, expected: TypeId) -> Operand {
        if !self.enter() {
            return Operand::Unknown(expected);
        }
        let value = self.expression_inner(node, expected);
        self.leave();
        value
    }

    fn expression_inner(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::IDENTIFIER | Kind::SELF_VALUE => self.name(node, expected),
            Kind::SCOPED_IDENTIFIER => self.path(node, expected),
            Kind::INTEGER_LITERAL => self.integer(self.text(node), expected),
            Kind::CHAR_LITERAL => {
                let text = self.text(node);
                let ty = match text.starts_with('b') {
                    true => TypeId::U8,
                    false => TypeId::U32,
                };
                self.constant(literals::character(text), ty, Origin::Literal)
            }
            Kind::BOOLEAN_LITERAL => {
                let value = i128::from(self.text(node) == "true");
                self.constant(Some(value), TypeId::BOOL, Origin::Literal)
            }
            Kind::FLOAT_LITERAL => {
                let ty = match self.text(node).ends_with("f32") {
                    true => TypeId::F32,
                    false => TypeId::F64,
                };
                self.constant(None, ty, Origin::Literal)
            }
            Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL => self.string(self.text(node)),
            Kind::PARENTHESIZED_EXPRESSION => match tree.children(node).next() {
                Some(inner) => self.expression(inner, expected),
                None => self.unit_value(),
            },
            Kind::BINARY_EXPRESSION => self.binary(node, expected),
            Kind::UNARY_EXPRESSION => self.unary(node, expected),
            Kind::REFERENCE_EXPRESSION => self.reference(node, expected, span),
            Kind::TYPE_CAST_EXPRESSION => self.cast(node, span),
            Kind::FIELD_EXPRESSION | Kind::INDEX_EXPRESSION => {
                let place = self.place(node);
                Operand::Copy(place)
            }
            Kind::CALL_EXPRESSION => self.call_expression(node, expected),
            Kind::TRY_EXPRESSION => self.question_mark(node, expected, span),
            Kind::AWAIT_EXPRESSION => {
                let result = self.result_use(node);
                let Some(inner) = tree.children(node).next() else {
                    return Operand::Unknown(TypeId::UNKNOWN);
                };
                let value = self.expression(inner, expected);
                let ty = self.type_of(&value);
                let name = self.intern("await");
                self.call(Callee::Method(name), vec![value], ty, span, result)
            }
            Kind::ASSIGNMENT_EXPRESSION => self.assignment(node, span),
            Kind::COMPOUND_ASSIGNMENT_EXPR => self.compound_assignment(node, span),
            Kind::BLOCK => self.labelled_block(node, expected),
            Kind::UNSAFE_BLOCK | Kind::CONST_BLOCK => {
                match tree
                    .children(node)
                    .find(|&child| tree.kind(child) == Kind::BLOCK)
                {
                    Some(body) => self.labelled_block(body, expected),
                    None => self.unit_value(),
                }
            }
            Kind::ASYNC_BLOCK | Kind::TRY_BLOCK | Kind::GEN_BLOCK => {
                match tree
                    .children(node)
                    .find(|&child| tree.kind(child) == Kind::BLOCK)
                {
                    Some(body) => self.inner_function(body, span),
                    None => self.unit_value(),
                }
            }
            Kind::IF_EXPRESSION => self.if_expression(node, expected),
            Kind::MATCH_EXPRESSION => self.match_expression(node, expected),
            Kind::LOOP_EXPRESSION => self.loop_expression(node, expected),
            Kind::WHILE_EXPRESSION => self.while_expression(node),
            Kind::FOR_EXPRESSION => self.for_expression(node),
            Kind::RETURN_EXPRESSION => {
                let value = tree.children(node).next();
                let expected = self.exit_type();
                let value = value.map(|value| self.expression(value, expected));
                self.return_value(value, span);
                self.unit_value()
            }
            Kind::BREAK_EXPRESSION => self.break_expression(node, span),
            Kind::CONTINUE_EXPRESSION => self.continue_expression(node, span),
            Kind::CLOSURE_EXPRESSION => self.closure(node, &[], false),
            Kind::MACRO_INVOCATION => self.macro_invocation(node, expected),
            Kind::TUPLE_EXPRESSION => self.tuple(node, span),
            Kind::ARRAY_EXPRESSION => self.array(node, expected, span),
            Kind::STRUCT_EXPRESSION => self.structure(node, span),
            Kind::RANGE_EXPRESSION => self.range(node, expected, span),
            Kind::LET_CONDITION | Kind::LET_CHAIN => self.condition_value(node, span),
            Kind::UNIT_EXPRESSION => self.unit_value(),
            Kind::GENERIC_FUNCTION => match tree.child(node, Field::FUNCTION) {
                Some(function) => self.expression(function, expected),
                None => Operand::Unknown(TypeId::UNKNOWN),
            },
            Kind::YIELD_EXPRESSION => self.unit_value(),
            Kind::ERROR | Kind::MISSING => {
                self.has_gap = true;
                Operand::Unknown(expected)
            }
            _ => Operand::Unknown(expected),
        }
    }

    pub(super) fn constant(&self, value: Option<i128>, ty: TypeId, origin: Origin) -> Operand {
        Operand::Constant(Constant { value, ty, origin })
    }

    /// An integer as written; of the expected type where it has no suffix.
    pub(super) fn integer(&self, text: &str, expected: TypeId) -> Operand {
        let (value, suffix) = literals::integer(text);
        let ty = suffix
            .and_then(|suffix| literals::primitive(&self.env.unit.types, suffix))
            .unwrap_or(match self.env.unit.types.get(expected) {
                Type::Int { .. } | Type::Float { .. } => expected,
                _ => TypeId::UNKNOWN,
            });
        self.constant(value, ty, Origin::Literal)
    }

    pub(super) fn string(&mut self, text: &str) -> Operand {
        let inner = text
            .trim_start_matches(['b', 'c', 'r', '#'])
            .trim_end_matches('#')
            .trim_matches('"');
        let id = TextId(u32::try_from(self.env.unit.texts.len()).unwrap_or(u32::MAX));
        self.env.unit.texts.push(inner.as_bytes().to_vec());
        Operand::Text(id)
    }

    /// A path: constant, limit, variant, function.
    fn path(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let span = self.span(node);
        let Some((qualifier, name)) = self.env.path_ends(node) else {
            return Operand::Unknown(expected);
        };
        if let Some(value) = self.env.limit_of(node) {
            let ty = qualifier
                .and_then(|qualifier| {
                    let text = self.env.unit.names.text(qualifier);
                    literals::primitive(&self.env.unit.types, text)
                })
                .unwrap_or(TypeId::UNKNOWN);
            let whole = self.env.symbol(node);
            return self.constant(Some(value), ty, Origin::Named(whole));
        }
        if let Some(qualifier) = qualifier
            && let Some(variant) = self.env.items.variants.get(&(qualifier, name)).copied()
        {
            return Operand::Unknown(variant.of);
        }
        if let Some(item) = self.env.find_const(qualifier, name) {
            return self.constant_item(item, name);
        }
        if let Some(&global) = self.env.items.statics.get(&name) {
            return Operand::Copy(self.global(global, span));
        }
        let text = self.env.unit.names.text(name);
        if text == "None" {
            return self.resolve(name, expected, span);
        }
        if super::places::is_constant_name(text) {
            let whole = self.env.symbol(node);
            return self.named_constant(whole, expected);
        }
        if text.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Operand::Unknown(TypeId::UNKNOWN);
        }
        let whole = self.env.symbol(node);
        Operand::Function(whole)
    }

    /// `&x`, `&mut x`, `&raw const x`.
    fn reference(&mut self, node: NodeId, expected: TypeId, span: Span) -> Operand {
        let Some(value) = self.env.file.tree.child(node, Field::VALUE) else {
            return Operand::Unknown(expected);
        };
        let inner = match self.env.unit.types.get(expected) {
            Type::Pointer { to, .. } => *to,
            _ => TypeId::UNKNOWN,
        };
        let tree = &self.env.file.tree;
        let place = match tree.kind(value) {
            Kind::FIELD_EXPRESSION
            | Kind::INDEX_EXPRESSION
            | Kind::IDENTIFIER
            | Kind::SELF_VALUE
            | Kind::PARENTHESIZED_EXPRESSION
            | Kind::UNARY_EXPRESSION => self.place(value),
            _ => {
                let value = self.expression(value, inner);
                self.as_place(value, span)
            }
        };
        // `&base[a..b]` and `&*r` are the references themselves.
        if place.path.last() == Some(&super::super::ir::Projection::Deref) {
            let mut place = place;
            place.path.pop();
            place.ty = self.env.reference_to(place.ty);
            place.span = span;
            return Operand::Copy(place);
        }
        let ty = self.env.reference_to(place.ty);
        self.value_of(Rvalue::AddressOf(place), ty, span)
    }

    fn cast(&mut self, node: NodeId, span: Span) -> Operand {
        let tree = &self.env.file.tree;
        let (Some(value), Some(ty)) = (
            tree.child(node, Field::VALUE),
            tree.child(node, Field::TYPE),
        ) else {
            return Operand::Unknown(TypeId::UNKNOWN);
        };
        let to = self.env.lower_type(ty, self.own);
        let value = self.expression(value, TypeId::UNKNOWN);
        self.cast_value(value, to, span)
    }

    pub(super) fn cast_value(&mut self, value: Operand, to: TypeId, span: Span) -> Operand {
        let cast = Rvalue::Cast {
            value,
            to,
            is_explicit: true,
        };
        self.value_of(cast, to, span)
    }

    fn question_mark(&mut self, node: NodeId, expected: TypeId, span: Span) -> Operand {
        let Some(inner) = self.env.file.tree.children(node).next() else {
            return Operand::Unknown(expected);
        };
        let value = self.expression(inner, TypeId::UNKNOWN);
        self.try_value(value, span)
    }

    /// `value?`: leaves on `None` and `Err`.
    pub(super) fn try_value(&mut self, value: Operand, span: Span) -> Operand {
        let ty = self.type_of(&value);
        let is_option = self.env.is_record(ty, "Option");
        let place = self.as_place(value, span);
        let (field, good) = match is_option {
            true => ("Some.0", 1),
            false => ("Ok.0", 0),
        };
        let size = self.env.unit.types.size_type();
        let variant = self.value_of(Rvalue::Discriminant(place.clone()), size, span);
        let wanted = self.number(good, size);
        let test = self.compare(super::super::ir::BinaryOp::Eq, variant, wanted, span);
        let (on, out) = (self.new_block(), self.new_block());
        self.branch(test, on, out, span);
        self.current = out;
        self.return_value(Some(Operand::Unknown(self.result)), span);
        self.current = on;
        let field = self.intern(field);
        let place = self.field_of(place, field, span);
        Operand::Copy(place)
    }

    /// Leaves the function, or the closure or `async` block around.
    pub(super) fn return_value(&mut self, value: Option<Operand>, span: Span) {
        let Some(exit) = self.exits.last().copied() else {
            return;
        };
        self.leave_scopes(exit.scopes, span);
        match exit.to {
            None => self.end_dead(super::super::ir::Terminator::Return(value), span),
            Some((to, local)) => {
                if let Some(value) = value {
                    self.assign(local, Rvalue::Use(value), span);
                }
                self.goto(to, span);
                self.current = self.new_block();
            }
        }
    }

    pub(super) fn exit_type(&self) -> TypeId {
        match self.exits.last().and_then(|exit| exit.to) {
            None => self.result,
            Some((_, local)) => self.local_type(local),
        }
    }

    fn tuple(&mut self, node: NodeId, span: Span) -> Operand {
        let children: Vec<NodeId> = self.env.file.tree.children(node).collect();
        let values: Vec<Operand> = children
            .into_iter()
            .map(|child| self.expression(child, TypeId::UNKNOWN))
            .collect();
        let types: Vec<TypeId> = values.iter().map(|value| self.type_of(value)).collect();
        let ty = self.env.tuple_of(&types);
        self.aggregate(values, ty, span)
    }

    pub(super) fn aggregate(&mut self, values: Vec<Operand>, ty: TypeId, span: Span) -> Operand {
        let parts = (0..).zip(values).collect();
        self.value_of(Rvalue::Aggregate(parts), ty, span)
    }

    fn array(&mut self, node: NodeId, expected: TypeId, span: Span) -> Operand {
        let tree = &self.env.file.tree;
        let element = self
            .env
            .unit
            .types
            .element(expected)
            .unwrap_or(TypeId::UNKNOWN);
        let length = tree.child(node, Field::LENGTH);
        let children: Vec<NodeId> = tree
            .children(node)
            .filter(|&child| tree.kind(child) != Kind::ATTRIBUTE_ITEM && Some(child) != length)
            .collect();
        let count = u64::try_from(children.len()).ok();
        let mut values = Vec::new();
        let mut of = element;
        for child in children.into_iter().take(MAX_ELEMENTS) {
            let value = self.expression(child, of);
            if of == TypeId::UNKNOWN {
                of = self.type_of(&value);
            }
            values.push(value);
        }
        if let Some(length) = length {
            let size = self.env.unit.types.size_type();
            let len = self
                .env
                .constant_value(length)
                .and_then(|value| u64::try_from(value).ok());
            let count = self.expression(length, size);
            values.push(count);
            let ty = self.env.array_of(of, len);
            return self.call_function(ARRAY_REPEAT, values, ty, span);
        }
        let is_whole = count.is_some_and(|count| count <= MAX_ELEMENTS as u64);
        let ty = self.env.array_of(of, count);
        match is_whole {
            true => self.aggregate(values, ty, span),
            false => Operand::Unknown(ty),
        }
    }

    fn structure(&mut self, node: NodeId, span: Span) -> Operand {
        let tree = &self.env.file.tree;
        let name = tree.child(node, Field::NAME);
        let body = tree.child(node, Field::BODY);
        let ty = name.map_or(TypeId::UNKNOWN, |name| self.env.lower_type(name, self.own));
        let children: Vec<NodeId> = body
            .map(|body| self.env.file.tree.children(body).collect())
            .unwrap_or_default();
        let mut parts = Vec::new();
        for child in children {
            let tree = &self.env.file.tree;
            let (field, value) = match tree.kind(child) {
                Kind::SHORTHAND_FIELD_INITIALIZER => {
                    let inner = tree
                        .children(child)
                        .find(|&inner| tree.kind(inner) == Kind::IDENTIFIER);
                    (inner, inner)
                }
                Kind::FIELD_INITIALIZER => (
                    tree.child(child, Field::FIELD)
                        .or_else(|| tree.child(child, Field::NAME)),
                    tree.child(child, Field::VALUE),
                ),
                _ => (None, tree.children(child).next()),
            };
            let Some(value) = value else { continue };
            let field = field.map(|field| self.env.symbol(field));
            let expected = field.map_or(TypeId::UNKNOWN, |field| self.env.field_type(ty, field));
            let operand = self.expression(value, expected);
            self.tell_type(&operand, expected);
            let index = field.and_then(|field| {
                self.env
                    .unit
                    .types
                    .as_record(ty)?
                    .fields
                    .iter()
                    .position(|known| known.name == field)
            });
            let index = index.and_then(|index| u64::try_from(index).ok());
            parts.push((index.unwrap_or(Rvalue::UNKNOWN_PART), operand));
        }
        self.value_of(Rvalue::Aggregate(parts), ty, span)
    }

    fn range(&mut self, node: NodeId, expected: TypeId, span: Span) -> Operand {
        let Some((start, end, _)) = self.env.range_parts(node) else {
            return Operand::Unknown(expected);
        };
        let of = match self.env.is_record(expected, "Range") {
            true => {
                let start = self.intern("start");
                self.env.field_type(expected, start)
            }
            false => TypeId::UNKNOWN,
        };
        let start = start.map(|start| self.expression(start, of));
        let of = start.as_ref().map_or(of, |start| self.type_of(start));
        let end = end.map(|end| self.expression(end, of));
        if let (Some(start), Some(end)) = (&start, &end) {
            self.unify(start, end);
        }
        let of = end.as_ref().map_or(of, |end| self.type_of(end));
        let ty = self.env.range_of(of);
        let parts = [(0, start), (1, end)]
            .into_iter()
            .filter_map(|(index, value)| Some((index, value?)))
            .collect();
        self.value_of(Rvalue::Aggregate(parts), ty, span)
    }

    /// What becomes of the call's result if `node` is a statement of its own.
    pub(super) fn result_use(&mut self, node: NodeId) -> ResultUse {
        match self.unused {
            Some((unused, result)) if unused == node => {
                self.unused = None;
                result
            }
            _ => ResultUse::Used,
        }
    }

    /// A condition as a value of 0 or 1.
    pub(super) fn condition_value(&mut self, node: NodeId, span: Span) -> Operand {
        let (yes, no) = (self.new_block(), self.new_block());
        self.open_scope();
        self.condition(node, yes, no);
        self.scopes.pop();
        self.join_bool(yes, no, span)
    }

    /// 1 behind `yes`, 0 behind `no`.
    pub(super) fn join_bool(&mut self, yes: BlockId, no: BlockId, span: Span) -> Operand {
        let joined = self.joined(TypeId::BOOL, span);
        let end = self.new_block();
        for (block, value) in [(yes, 1), (no, 0)] {
            self.current = block;
            let value = self.number(value, TypeId::BOOL);
            self.assign(joined, Rvalue::Use(value), span);
            self.goto(end, span);
        }
        self.current = end;
        self.copy(joined, span)
    }
}
