//! Patterns: tests and bindings.

use super::super::ir::{
    BinaryOp, BlockId, Operand, Place, Projection, Rvalue, Symbol, Type, TypeId,
};
use super::builder::Builder;
use super::literals;
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// Numbers of variants of enums that the file does not define start here.
const FOREIGN_VARIANTS: i128 = 1 << 20;

impl Builder<'_, '_, '_> {
    /// Binds the names of a pattern that always fits.
    pub(super) fn bind_irrefutable(&mut self, pattern: NodeId, place: &Place) {
        let fail = self.new_block();
        self.pattern(pattern, place, fail);
    }

    /// Tests the place and binds names; goes to `fail` where it does not fit.
    pub(super) fn pattern(&mut self, pattern: NodeId, place: &Place, fail: BlockId) {
        if !self.enter() {
            return;
        }
        self.pattern_inner(pattern, place, fail);
        self.leave();
    }

    fn pattern_inner(&mut self, pattern: NodeId, place: &Place, fail: BlockId) {
        let tree = &self.env.file.tree;
        let span = tree.span(pattern);
        match tree.kind(pattern) {
            Kind::IDENTIFIER | Kind::SHORTHAND_FIELD_IDENTIFIER => {
                let name = self.env.symbol(pattern);
                self.name_pattern(name, place, fail, span);
            }
            Kind::MUT_PATTERN | Kind::REF_PATTERN => {
                if let Some(inner) = tree
                    .children(pattern)
                    .find(|&child| tree.kind(child) != Kind::MUTABLE_SPECIFIER)
                {
                    self.pattern(inner, place, fail);
                }
            }
            Kind::REFERENCE_PATTERN => {
                let inner = tree
                    .children(pattern)
                    .find(|&child| tree.kind(child) != Kind::MUTABLE_SPECIFIER);
                if let Some(inner) = inner {
                    let place = self.deref_of(place.clone(), span);
                    self.pattern(inner, &place, fail);
                }
            }
            Kind::CAPTURED_PATTERN => {
                let mut children = tree.children(pattern);
                if let (Some(name), Some(inner)) = (children.next(), children.next()) {
                    self.pattern(inner, place, fail);
                    let (name, at) = (self.env.symbol(name), self.span(name));
                    self.bind(name, place, at);
                }
            }
            Kind::OR_PATTERN => self.or_pattern(pattern, place, fail, span),
            Kind::TUPLE_PATTERN => {
                let place = self.dereferenced(place.clone());
                for (index, child) in self.positions(pattern) {
                    let name = self.intern(&index.to_string());
                    let part = self.field_of(place.clone(), name, self.span(child));
                    self.pattern(child, &part, fail);
                }
            }
            Kind::TUPLE_STRUCT_PATTERN | Kind::STRUCT_PATTERN => {
                self.variant_pattern(pattern, place, fail, span);
            }
            Kind::SLICE_PATTERN => self.slice_pattern(pattern, place, fail, span),
            Kind::RANGE_PATTERN => self.range_pattern(pattern, place, fail, span),
            Kind::INTEGER_LITERAL
            | Kind::CHAR_LITERAL
            | Kind::NEGATIVE_LITERAL
            | Kind::BOOLEAN_LITERAL
            | Kind::STRING_LITERAL
            | Kind::RAW_STRING_LITERAL
            | Kind::FLOAT_LITERAL => {
                let place = self.dereferenced(place.clone());
                let value = self.pattern_value(pattern, place.ty);
                self.test(BinaryOp::Eq, place, value, fail, span);
            }
            Kind::SCOPED_IDENTIFIER => {
                let path = self.env.path_ends(pattern);
                let Some((qualifier, name)) = path else {
                    return;
                };
                let is_variant = qualifier.is_some_and(|qualifier| {
                    self.env.items.variants.contains_key(&(qualifier, name))
                });
                let is_constant = self.env.limit_of(pattern).is_some()
                    || (!is_variant
                        && super::places::is_constant_name(self.env.unit.names.text(name)));
                if is_constant {
                    let place = self.dereferenced(place.clone());
                    let value = self.expression(pattern, place.ty);
                    self.test(BinaryOp::Eq, place, value, fail, span);
                } else {
                    self.test_variant(qualifier, name, place, fail, span);
                }
            }
            Kind::MATCH_PATTERN | Kind::PARENTHESIZED_EXPRESSION => {
                if let Some(inner) = tree.children(pattern).next() {
                    self.pattern(inner, place, fail);
                }
            }
            Kind::REMAINING_FIELD_PATTERN => {}
            // `_`, and what macros or constants make.
            _ => {}
        }
    }

    /// A name alone binds, unless it is a constant or a variant without payload.
    fn name_pattern(&mut self, name: Symbol, place: &Place, fail: BlockId, span: Span) {
        let text = self.env.unit.names.text(name);
        if text == "_" {
            return;
        }
        if text == "None" {
            return self.test_variant(None, name, place, fail, span);
        }
        if text.starts_with(|c: char| c.is_ascii_uppercase()) {
            if super::places::is_constant_name(text) || self.env.find_const(None, name).is_some() {
                let place = self.dereferenced(place.clone());
                let value = self.resolve(name, place.ty, span);
                return self.test(BinaryOp::Eq, place, value, fail, span);
            }
            return self.test_variant(None, name, place, fail, span);
        }
        self.bind(name, place, span);
    }

    /// Declares the name, or assigns the one that another alternative declared.
    fn bind(&mut self, name: Symbol, place: &Place, span: Span) {
        let known = self
            .scopes
            .last()
            .and_then(|scope| scope.iter().rev().find(|(known, _)| *known == name))
            .map(|(_, local)| *local);
        let local = match known {
            Some(local) if self.in_or => local,
            _ => self.declare(name, place.ty, span, true),
        };
        self.assign(local, Rvalue::Use(Operand::Copy(place.clone())), span);
    }

    fn or_pattern(&mut self, pattern: NodeId, place: &Place, fail: BlockId, span: Span) {
        let alternatives: Vec<NodeId> = self.env.file.tree.children(pattern).collect();
        let found = self.new_block();
        let last = alternatives.len().saturating_sub(1);
        let was = self.in_or;
        for (index, alternative) in alternatives.into_iter().enumerate() {
            // Names of the first alternative are declared, later ones use them.
            self.in_or = was || index > 0;
            let next = if index == last {
                fail
            } else {
                self.new_block()
            };
            self.pattern(alternative, place, next);
            self.goto(found, span);
            self.current = next;
        }
        self.in_or = was;
        self.current = found;
    }

    /// Children with their positions. `_` is no node, so commas are counted.
    fn positions(&self, pattern: NodeId) -> Vec<(usize, NodeId)> {
        let tree = &self.env.file.tree;
        let text = self.env.file.text;
        let mut from = tree.span(pattern).start;
        let mut index = 0;
        let mut out = Vec::new();
        for child in tree.children(pattern) {
            let span = tree.span(child);
            if tree.field(child) == Field::TYPE {
                from = span.end;
                continue;
            }
            let gap = Span::new(from, span.start).of(text);
            index += gap.iter().filter(|byte| **byte == b',').count();
            from = span.end;
            // What follows `..` counts from the end; its position is not known.
            if tree.kind(child) == Kind::REMAINING_FIELD_PATTERN {
                index += 100;
                continue;
            }
            out.push((index, child));
        }
        out
    }

    /// `Some(x)`, `Type::Variant { a, b: c, .. }`, `Point { x, y }`.
    fn variant_pattern(&mut self, pattern: NodeId, place: &Place, fail: BlockId, span: Span) {
        let tree = &self.env.file.tree;
        let Some(ty) = tree.child(pattern, Field::TYPE) else {
            return;
        };
        let Some((qualifier, name)) = self.env.path_ends(ty) else {
            return;
        };
        let place = self.dereferenced(place.clone());
        // A struct's only form, or one of an enum's.
        let is_struct = self
            .env
            .items
            .types
            .get(&name)
            .and_then(|ty| self.env.unit.types.as_record(*ty))
            .is_some_and(|record| !record.is_enum)
            || self.env.unit.names.text(name) == "Self";
        let prefix = match is_struct {
            true => String::new(),
            false => {
                self.test_variant(qualifier, name, &place, fail, span);
                format!("{}.", self.env.unit.names.text(name))
            }
        };
        let tree = &self.env.file.tree;
        if tree.kind(pattern) == Kind::TUPLE_STRUCT_PATTERN {
            for (index, child) in self.positions(pattern) {
                let field = self.intern(&format!("{prefix}{index}"));
                let part = self.field_of(place.clone(), field, self.span(child));
                self.pattern(child, &part, fail);
            }
            return;
        }
        let fields: Vec<NodeId> = tree
            .children(pattern)
            .filter(|&child| tree.kind(child) == Kind::FIELD_PATTERN)
            .collect();
        for field in fields {
            let tree = &self.env.file.tree;
            let Some(name) = tree.child(field, Field::NAME) else {
                continue;
            };
            let inner = tree.child(field, Field::PATTERN);
            let text = format!("{prefix}{}", self.text(name));
            let symbol = self.intern(&text);
            let part = self.field_of(place.clone(), symbol, self.span(name));
            match inner {
                Some(inner) => self.pattern(inner, &part, fail),
                None => {
                    let name_symbol = self.env.symbol(name);
                    self.bind(name_symbol, &part, self.span(name));
                }
            }
        }
    }

    fn test_variant(
        &mut self,
        qualifier: Option<Symbol>,
        name: Symbol,
        place: &Place,
        fail: BlockId,
        span: Span,
    ) {
        let number = match self.env.unit.names.text(name) {
            "None" | "Ok" => 0,
            "Some" | "Err" => 1,
            _ => qualifier
                .and_then(|qualifier| self.env.items.variants.get(&(qualifier, name)))
                .map_or(FOREIGN_VARIANTS + i128::from(name.0), |variant| {
                    variant.number
                }),
        };
        let place = self.dereferenced(place.clone());
        let size = self.env.unit.types.size_type();
        let variant = self.value_of(Rvalue::Discriminant(place), size, span);
        let wanted = self.number(number, size);
        let test = self.compare(BinaryOp::Eq, variant, wanted, span);
        self.pass(test, fail, span);
    }

    /// Goes on where the condition is true, else to `fail`.
    pub(super) fn pass(&mut self, condition: Operand, fail: BlockId, span: Span) {
        let on = self.new_block();
        self.branch(condition, on, fail, span);
        self.current = on;
    }

    fn test(&mut self, op: BinaryOp, place: Place, value: Operand, fail: BlockId, span: Span) {
        let left = Operand::Copy(place);
        self.unify(&left, &value);
        let test = self.compare(op, left, value, span);
        self.pass(test, fail, span);
    }

    fn pattern_value(&mut self, node: NodeId, ty: TypeId) -> Operand {
        match self.env.file.tree.kind(node) {
            Kind::NEGATIVE_LITERAL => {
                let text = self.text(node).trim_start_matches('-').trim_start();
                let value = self.integer(text, ty);
                self.negate(value, self.span(node))
            }
            Kind::CHAR_LITERAL => {
                let value = literals::character(self.text(node));
                self.constant(value, ty, super::super::ir::Origin::Literal)
            }
            _ => self.expression(node, ty),
        }
    }

    fn range_pattern(&mut self, pattern: NodeId, place: &Place, fail: BlockId, span: Span) {
        let tree = &self.env.file.tree;
        let (left, right) = (
            tree.child(pattern, Field::LEFT),
            tree.child(pattern, Field::RIGHT),
        );
        let is_inclusive = tree
            .children(pattern)
            .any(|child| self.text(child) == "..=");
        let place = self.dereferenced(place.clone());
        if let Some(left) = left {
            let value = self.pattern_value(left, place.ty);
            self.test(BinaryOp::Ge, place.clone(), value, fail, span);
        }
        if let Some(right) = right {
            let op = match is_inclusive {
                true => BinaryOp::Le,
                false => BinaryOp::Lt,
            };
            let value = self.pattern_value(right, place.ty);
            self.test(op, place, value, fail, span);
        }
    }

    /// `[a, b, rest @ ..]`: the length first, then the elements from the front.
    fn slice_pattern(&mut self, pattern: NodeId, place: &Place, fail: BlockId, span: Span) {
        let place = self.dereferenced(place.clone());
        let tree = &self.env.file.tree;
        let rest = tree.children(pattern).find(|&child| {
            tree.kind(child) == Kind::REMAINING_FIELD_PATTERN
                || (tree.kind(child) == Kind::CAPTURED_PATTERN
                    && tree
                        .children(child)
                        .any(|inner| tree.kind(inner) == Kind::REMAINING_FIELD_PATTERN))
        });
        let positions = self.positions(pattern);
        let size = self.env.unit.types.size_type();
        if !matches!(self.env.unit.types.get(place.ty), Type::Array { .. }) {
            let len = self.value_of(Rvalue::Len(place.clone()), size, span);
            let elements = self
                .element_count(pattern)
                .saturating_sub(usize::from(rest.is_some()));
            let count = self.number(i128::try_from(elements).unwrap_or(0), size);
            let op = match rest {
                Some(_) => BinaryOp::Ge,
                None => BinaryOp::Eq,
            };
            let test = self.compare(op, len, count, span);
            self.pass(test, fail, span);
        }
        let element = self
            .env
            .unit
            .types
            .element(place.ty)
            .unwrap_or(TypeId::UNKNOWN);
        let slice = self.env.slice_of(element);
        for (index, child) in positions {
            let at = self.span(child);
            if Some(child) == rest {
                // The name of the rest: some slice.
                let name = self.env.file.tree.children(child).next();
                if let Some(name) = name {
                    let ty = self.env.reference_to(slice);
                    let place = self.unknown_place(ty, at);
                    let name = self.env.symbol(name);
                    self.bind(name, &place, at);
                }
                continue;
            }
            let index = self.number(i128::try_from(index).unwrap_or(0), size);
            let part = self.project(&place, Projection::Index(index), element, at);
            self.pattern(child, &part, fail);
        }
    }

    /// Elements of a slice pattern, `_` and `..` included.
    fn element_count(&self, pattern: NodeId) -> usize {
        let tree = &self.env.file.tree;
        let text = self.env.file.text;
        let span = tree.span(pattern);
        let mut from = span.start;
        let mut commas = 0;
        let mut tail: &[u8] = &[];
        for child in tree
            .children(pattern)
            .map(|child| tree.span(child))
            .chain([Span::new(span.end, span.end)])
        {
            tail = Span::new(from, child.start).of(text);
            commas += tail.iter().filter(|byte| **byte == b',').count();
            from = child.end;
        }
        // A comma behind the last element counts nothing more.
        let last = tail.trim_ascii_end().strip_suffix(b"]").unwrap_or(tail);
        let is_trailing = last.trim_ascii_end().ends_with(b",");
        let is_empty = commas == 0 && tree.is_leaf(pattern) && last.trim_ascii() == b"[";
        (commas + 1)
            .saturating_sub(usize::from(is_trailing))
            .saturating_sub(usize::from(is_empty))
    }
}
