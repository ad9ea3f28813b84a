//! Expressions that name an object or a part of one.

use super::super::ir::{
    Base, Constant, GlobalId, Operand, Origin, Place, Projection, Symbol, Type, TypeId,
};
use super::builder::Builder;
use super::{INDEX_RANGE, INDEX_RANGE_INCLUSIVE};
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

impl Builder<'_, '_, '_> {
    /// The place an expression names; a temporary for any other value.
    pub(super) fn place(&mut self, node: NodeId) -> Place {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::PARENTHESIZED_EXPRESSION => match tree.children(node).next() {
                Some(inner) => self.place(inner),
                None => self.unknown_place(TypeId::UNKNOWN, span),
            },
            Kind::FIELD_EXPRESSION => {
                let (Some(value), Some(field)) = (
                    tree.child(node, Field::VALUE),
                    tree.child(node, Field::FIELD),
                ) else {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                };
                if !self.enter() {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                }
                let base = self.place(value);
                self.leave();
                let name = self.env.symbol(field);
                self.field_of(base, name, span)
            }
            Kind::INDEX_EXPRESSION => {
                let mut children = tree.children(node);
                let (Some(base), Some(index)) = (children.next(), children.next()) else {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                };
                if !self.enter() {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                }
                let place = self.index(base, index, span);
                self.leave();
                place
            }
            Kind::UNARY_EXPRESSION if self.text(node).starts_with('*') => {
                let Some(inner) = tree.children(node).last() else {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                };
                if !self.enter() {
                    return self.unknown_place(TypeId::UNKNOWN, span);
                }
                let place = self.place(inner);
                self.leave();
                self.deref_of(place, span)
            }
            _ => {
                let value = self.expression(node, TypeId::UNKNOWN);
                self.as_place(value, span)
            }
        }
    }

    pub(super) fn unknown_place(&mut self, ty: TypeId, span: Span) -> Place {
        self.as_place(Operand::Unknown(ty), span)
    }

    /// `*place`. Bindings of patterns are not typed as the references they may be, so that
    /// dereferencing a number is the number.
    pub(super) fn deref_of(&mut self, place: Place, span: Span) -> Place {
        match self.env.unit.types.get(place.ty) {
            Type::Pointer { to, .. } => {
                let to = *to;
                self.project(&place, Projection::Deref, to, span)
            }
            Type::Unknown | Type::Named(_) => {
                self.project(&place, Projection::Deref, TypeId::UNKNOWN, span)
            }
            _ => Place { span, ..place },
        }
    }

    pub(super) fn field_of(&mut self, base: Place, name: Symbol, span: Span) -> Place {
        let base = self.dereferenced(base);
        let ty = self.env.field_type(base.ty, name);
        self.project(&base, Projection::Field(name), ty, span)
    }

    /// `base[index]`, an element or a range of them.
    fn index(&mut self, base: NodeId, index: NodeId, span: Span) -> Place {
        let base = self.place(base);
        let base = self.dereferenced(base);
        let size = self.env.unit.types.size_type();
        if let Some((start, end, is_inclusive)) = self.env.range_parts(index) {
            let start = start.map(|start| self.expression(start, size));
            let end = end.map(|end| self.expression(end, size));
            return self.range_of_place(base, start, end, is_inclusive, span);
        }
        if matches!(
            self.env.file.tree.kind(index),
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER
        ) && let Some((start, end)) = self.constant_range_of(index)
        {
            return self.range_of_place(base, start, end, false, span);
        }
        let value = self.expression(index, size);
        self.index_value(base, value, span)
    }

    /// Start and end of a range constant of the file, as constants with its name.
    pub(super) fn constant_range_of(
        &mut self,
        node: NodeId,
    ) -> Option<(Option<Operand>, Option<Operand>)> {
        if self.env.file.tree.kind(node) == Kind::IDENTIFIER {
            let name = self.env.symbol(node);
            if self.lookup(name).is_some() {
                return None;
            }
        }
        let (start, end) = self.env.constant_range(node)?;
        let (_, name) = self.env.path_ends(node)?;
        let ty = self.env.unit.types.size_type();
        let named = |value: Option<i128>| {
            Operand::Constant(Constant {
                value,
                ty,
                origin: Origin::Named(name),
            })
        };
        Some((Some(named(start)), end.map(|end| named(Some(end)))))
    }

    /// `base[value]` where the value may be a range object.
    pub(super) fn index_value(&mut self, base: Place, value: Operand, span: Span) -> Place {
        let ty = self.type_of(&value);
        if self.env.is_record(ty, "Range")
            && let Operand::Copy(range) = &value
        {
            let (start, end) = (self.intern("start"), self.intern("end"));
            let start = self.field_of(range.clone(), start, span);
            let end = self.field_of(range.clone(), end, span);
            let (start, end) = (Operand::Copy(start), Operand::Copy(end));
            return self.range_of_place(base, Some(start), Some(end), false, span);
        }
        self.tell_type(&value, self.env.unit.types.size_type());
        let element = self
            .env
            .unit
            .types
            .element(base.ty)
            .unwrap_or(TypeId::UNKNOWN);
        self.project(&base, Projection::Index(value), element, span)
    }

    /// The slice behind `base[start..end]`.
    pub(super) fn range_of_place(
        &mut self,
        base: Place,
        start: Option<Operand>,
        end: Option<Operand>,
        is_inclusive: bool,
        span: Span,
    ) -> Place {
        let size = self.env.unit.types.size_type();
        let start = start.unwrap_or_else(|| self.number(0, size));
        let end = match end {
            Some(end) => end,
            None => self.value_of(super::super::ir::Rvalue::Len(base.clone()), size, span),
        };
        self.tell_type(&start, size);
        self.tell_type(&end, size);
        let element = self
            .env
            .unit
            .types
            .element(base.ty)
            .unwrap_or(TypeId::UNKNOWN);
        let slice = self.env.slice_of(element);
        let reference = self.env.reference_to(slice);
        let name = match is_inclusive {
            true => INDEX_RANGE_INCLUSIVE,
            false => INDEX_RANGE,
        };
        let result =
            self.call_function(name, vec![Operand::Copy(base), start, end], reference, span);
        let place = self.as_place(result, span);
        self.project(&place, Projection::Deref, slice, span)
    }

    /// What a name stands for.
    pub(super) fn name(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let name = self.env.symbol(node);
        let span = self.span(node);
        self.resolve(name, expected, span)
    }

    pub(super) fn resolve(&mut self, name: Symbol, expected: TypeId, span: Span) -> Operand {
        if let Some(local) = self.lookup(name) {
            return self.copy(local, span);
        }
        if let Some(item) = self.env.find_const(None, name) {
            return self.constant_item(item, name);
        }
        if let Some(&global) = self.env.items.statics.get(&name) {
            return Operand::Copy(self.global(global, span));
        }
        let text = self.env.unit.names.text(name);
        if text == "None" {
            let ty = match self.env.is_record(expected, "Option") {
                true => expected,
                false => self.env.option_of(TypeId::UNKNOWN),
            };
            return self.value_of(super::super::ir::Rvalue::Aggregate(Vec::new()), ty, span);
        }
        if is_constant_name(text) {
            return self.named_constant(name, expected);
        }
        if text.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Operand::Unknown(TypeId::UNKNOWN);
        }
        Operand::Function(name)
    }

    pub(super) fn global(&self, id: GlobalId, span: Span) -> Place {
        Place {
            base: Base::Global(id),
            path: Vec::new(),
            ty: self
                .env
                .unit
                .global(id)
                .map_or(TypeId::UNKNOWN, |global| global.ty),
            span,
        }
    }

    /// A constant of which only the name is known.
    pub(super) fn named_constant(&self, name: Symbol, ty: TypeId) -> Operand {
        Operand::Constant(Constant {
            value: None,
            ty,
            origin: Origin::Named(name),
        })
    }

    pub(super) fn constant_item(&mut self, item: super::items::ConstItem, name: Symbol) -> Operand {
        let ty = self.env.const_type(item);
        let value = self.env.constant_value(item.value);
        Operand::Constant(Constant {
            value,
            ty,
            origin: Origin::Named(name),
        })
    }
}

/// `MAX_LEN`, `N`: letters are upper case.
pub(super) fn is_constant_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && !text.contains(|c: char| c.is_ascii_lowercase())
}
