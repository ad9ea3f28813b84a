//! Operators and the types of their operands.

use super::super::ir::{Base, BinaryOp, Operand, Rvalue, Type, TypeId, UnaryOp};
use super::builder::Builder;
use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId};

/// The operator a token stands for.
pub(super) fn operator(text: &str) -> Option<BinaryOp> {
    Some(match text {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "<<" => BinaryOp::Shl,
        ">>" => BinaryOp::Shr,
        "&" => BinaryOp::And,
        "|" => BinaryOp::Or,
        "^" => BinaryOp::Xor,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        _ => return None,
    })
}

impl Builder<'_, '_, '_> {
    pub(super) fn binary(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let (Some(left), Some(right), Some(sign)) = (
            tree.child(node, Field::LEFT),
            tree.child(node, Field::RIGHT),
            tree.child(node, Field::OPERATOR),
        ) else {
            return Operand::Unknown(expected);
        };
        let Some(op) = operator(self.text(sign)) else {
            return self.condition_value(node, span);
        };
        let outer = match op.is_comparison() {
            true => TypeId::UNKNOWN,
            false => expected,
        };
        let left = self.expression(left, outer);
        let hint = match (op, self.type_of(&left)) {
            (BinaryOp::Shl | BinaryOp::Shr, _) => TypeId::UNKNOWN,
            (_, TypeId::UNKNOWN) => outer,
            (_, known) => known,
        };
        let right = self.expression(right, hint);
        self.binary_value(op, left, right, outer, span)
    }

    /// `left op right`, with the operands' types made one.
    pub(super) fn binary_value(
        &mut self,
        op: BinaryOp,
        mut left: Operand,
        mut right: Operand,
        expected: TypeId,
        span: Span,
    ) -> Operand {
        let is_shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
        if !is_shift {
            let (left_type, right_type) = (self.type_of(&left), self.type_of(&right));
            if left_type == TypeId::UNKNOWN {
                left = self.tell_type(&left, right_type);
            } else {
                right = self.tell_type(&right, left_type);
            }
        }
        if op.is_comparison() {
            return self.compare(op, left, right, span);
        }
        if let (Operand::Constant(a), Operand::Constant(b)) = (&left, &right)
            && let (Some(x), Some(y)) = (a.value, b.value)
            && let Some(value) = super::constants::fold(op.as_str(), x, y)
        {
            let ty = match a.ty {
                TypeId::UNKNOWN => b.ty,
                known => known,
            };
            return self.constant(Some(value), ty, super::super::ir::Origin::Folded);
        }
        // Operators on references to numbers give numbers.
        let types = [self.type_of(&left), self.type_of(&right)];
        let found = types
            .into_iter()
            .take(if is_shift { 1 } else { 2 })
            .map(|ty| self.env.behind_references(ty))
            .find(|ty| *ty != TypeId::UNKNOWN);
        let ty = match found {
            Some(ty) => match self.env.unit.types.get(ty) {
                Type::Int { .. } | Type::Float { .. } | Type::Bool => ty,
                // `Instant - Instant` is another type.
                _ => TypeId::UNKNOWN,
            },
            None if self.env.unit.types.int(expected).is_some() => expected,
            None => TypeId::UNKNOWN,
        };
        self.value_of(Rvalue::Binary(op, left, right), ty, span)
    }

    /// Gives an untyped number a type, where it has none of its own.
    pub(super) fn tell_type(&mut self, operand: &Operand, ty: TypeId) -> Operand {
        let is_number = matches!(
            self.env.unit.types.get(ty),
            Type::Int { .. } | Type::Float { .. }
        );
        match operand {
            Operand::Constant(constant) if constant.ty == TypeId::UNKNOWN && is_number => {
                let mut constant = constant.clone();
                constant.ty = ty;
                Operand::Constant(constant)
            }
            Operand::Copy(place) if place.path.is_empty() && is_number => {
                if let Base::Local(local) = place.base
                    && self.local_type(local) == TypeId::UNKNOWN
                    && self.open_ints.contains(&local)
                {
                    self.set_local_type(local, ty);
                }
                operand.clone()
            }
            _ => operand.clone(),
        }
    }

    /// Makes the types of two operands one.
    pub(super) fn unify(&mut self, left: &Operand, right: &Operand) {
        let (left_type, right_type) = (self.type_of(left), self.type_of(right));
        self.tell_type(left, right_type);
        self.tell_type(right, left_type);
    }

    pub(super) fn unary(&mut self, node: NodeId, expected: TypeId) -> Operand {
        let tree = &self.env.file.tree;
        let span = tree.span(node);
        let text = self.text(node);
        let Some(inner) = tree.children(node).last() else {
            return Operand::Unknown(expected);
        };
        if text.starts_with('*') {
            let place = self.place(node);
            return Operand::Copy(place);
        }
        if text.starts_with('-') {
            let value = self.expression(inner, expected);
            return self.negate(value, span);
        }
        let value = self.expression(inner, expected);
        self.not(value, span)
    }

    pub(super) fn negate(&mut self, value: Operand, span: Span) -> Operand {
        if let Operand::Constant(mut constant) = value {
            constant.value = constant.value.and_then(i128::checked_neg);
            return Operand::Constant(constant);
        }
        let ty = self.type_of(&value);
        self.value_of(Rvalue::Unary(UnaryOp::Negate, value), ty, span)
    }

    pub(super) fn not(&mut self, value: Operand, span: Span) -> Operand {
        let ty = self.type_of(&value);
        let op = match self.env.unit.types.get(ty) {
            Type::Int { .. } => UnaryOp::BitNot,
            _ => UnaryOp::Not,
        };
        self.value_of(Rvalue::Unary(op, value), ty, span)
    }

    pub(super) fn assignment(&mut self, node: NodeId, span: Span) -> Operand {
        let tree = &self.env.file.tree;
        let (Some(left), Some(right)) = (
            tree.child(node, Field::LEFT),
            tree.child(node, Field::RIGHT),
        ) else {
            return self.unit_value();
        };
        // `_ = f();`
        if self.text(left) == "_" {
            self.unused = Some((right, super::super::ir::ResultUse::Discarded));
            self.expression(right, TypeId::UNKNOWN);
            self.unused = None;
            return self.unit_value();
        }
        if matches!(
            self.env.file.tree.kind(left),
            Kind::TUPLE_EXPRESSION | Kind::ARRAY_EXPRESSION
        ) {
            self.expression(right, TypeId::UNKNOWN);
            let targets: Vec<NodeId> = self.env.file.tree.children(left).collect();
            for target in targets {
                let place = self.place(target);
                self.store(place, Operand::Unknown(TypeId::UNKNOWN), span);
            }
            return self.unit_value();
        }
        let hint = self.place_type_hint(left);
        let value = self.expression(right, hint);
        let target = self.place(left);
        self.store(target, value, span);
        self.unit_value()
    }

    /// Type of a plain variable, without lowering anything.
    fn place_type_hint(&mut self, node: NodeId) -> TypeId {
        if self.env.file.tree.kind(node) != Kind::IDENTIFIER {
            return TypeId::UNKNOWN;
        }
        let name = self.env.symbol(node);
        self.lookup(name)
            .map_or(TypeId::UNKNOWN, |local| self.local_type(local))
    }

    fn store(&mut self, target: super::super::ir::Place, value: Operand, span: Span) {
        let value = self.tell_type(&value, target.ty);
        if let (Base::Local(local), true) = (target.base, target.path.is_empty())
            && self.local_type(local) == TypeId::UNKNOWN
        {
            let ty = self.type_of(&value);
            self.set_local_type(local, ty);
        }
        self.push(
            super::super::ir::StatementKind::Assign {
                target,
                value: Rvalue::Use(value),
            },
            span,
        );
    }

    pub(super) fn compound_assignment(&mut self, node: NodeId, span: Span) -> Operand {
        let tree = &self.env.file.tree;
        let (Some(left), Some(right), Some(sign)) = (
            tree.child(node, Field::LEFT),
            tree.child(node, Field::RIGHT),
            tree.child(node, Field::OPERATOR),
        ) else {
            return self.unit_value();
        };
        let Some(op) = operator(self.text(sign).trim_end_matches('=')) else {
            return self.unit_value();
        };
        let target = self.place(left);
        let hint = match op {
            BinaryOp::Shl | BinaryOp::Shr => TypeId::UNKNOWN,
            _ => self.type_of(&Operand::Copy(target.clone())),
        };
        let value = self.expression(right, hint);
        let result = self.binary_value(op, Operand::Copy(target.clone()), value, hint, span);
        self.store(target, result, span);
        self.unit_value()
    }
}
