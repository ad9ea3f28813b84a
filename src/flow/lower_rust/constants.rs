//! Values of constant expressions.

use super::super::ir::{Symbol, TypeId};
use super::items::ConstItem;
use super::{Env, literals};
use crate::syntax::{Field, Kind, NodeId};

/// Deepest chain of constants and operators.
const MAX_DEPTH: u32 = 24;

impl Env<'_, '_> {
    /// Value of an expression of literals, constants of the file and operators.
    pub(super) fn constant_value(&mut self, node: NodeId) -> Option<i128> {
        self.constant_at(node, MAX_DEPTH)
    }

    fn constant_at(&mut self, node: NodeId, depth: u32) -> Option<i128> {
        let depth = depth.checked_sub(1)?;
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::INTEGER_LITERAL => literals::integer(self.text(node)).0,
            Kind::CHAR_LITERAL => literals::character(self.text(node)),
            Kind::BOOLEAN_LITERAL => Some(i128::from(self.text(node) == "true")),
            Kind::PARENTHESIZED_EXPRESSION | Kind::CONST_BLOCK | Kind::BLOCK => {
                let mut children = tree.children(node);
                let (first, rest) = (children.next()?, children.next());
                rest.is_none().then_some(())?;
                self.constant_at(first, depth)
            }
            Kind::TYPE_CAST_EXPRESSION => {
                let value = tree.child(node, Field::VALUE)?;
                let ty = tree.child(node, Field::TYPE)?;
                let value = self.constant_at(value, depth)?;
                let ty = literals::primitive(&self.unit.types, self.text(ty))?;
                let (low, high) = self.unit.types.int_range(ty)?;
                (low..=high).contains(&value).then_some(value)
            }
            Kind::UNARY_EXPRESSION => {
                let operand = tree.children(node).last()?;
                let value = self.constant_at(operand, depth)?;
                self.text(node).starts_with('-').then_some(-value)
            }
            Kind::BINARY_EXPRESSION => {
                let left = tree.child(node, Field::LEFT)?;
                let right = tree.child(node, Field::RIGHT)?;
                let operator = tree.child(node, Field::OPERATOR)?;
                let (left, right) = (
                    self.constant_at(left, depth)?,
                    self.constant_at(right, depth)?,
                );
                fold(self.text(operator), left, right)
            }
            Kind::FIELD_EXPRESSION => {
                let value = tree.child(node, Field::VALUE)?;
                let field = tree.child(node, Field::FIELD)?;
                let (start, end) = self.constant_range(value)?;
                match self.text(field) {
                    "start" => start,
                    "end" => end,
                    _ => None,
                }
            }
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                if let Some(value) = self.limit_of(node) {
                    return Some(value);
                }
                let item = self.const_item(node)?;
                self.constant_at(item.value, depth.min(12))
            }
            _ => None,
        }
    }

    /// Start and end of a range literal, or of a constant that is one.
    pub(super) fn constant_range(&mut self, node: NodeId) -> Option<(Option<i128>, Option<i128>)> {
        let mut node = node;
        for _ in 0..4 {
            let tree = &self.file.tree;
            match tree.kind(node) {
                Kind::RANGE_EXPRESSION => break,
                Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                    node = self.const_item(node)?.value;
                }
                _ => return None,
            }
        }
        let (start, end, is_inclusive) = self.range_parts(node)?;
        let start = match start {
            Some(start) => self.constant_value(start),
            None => Some(0),
        };
        let end = end
            .and_then(|end| self.constant_value(end))
            .map(|end| end.saturating_add(i128::from(is_inclusive)));
        Some((start, end))
    }

    /// Start, end and whether the end belongs to it, of a range expression.
    pub(super) fn range_parts(
        &self,
        node: NodeId,
    ) -> Option<(Option<NodeId>, Option<NodeId>, bool)> {
        let tree = &self.file.tree;
        if tree.kind(node) != Kind::RANGE_EXPRESSION {
            return None;
        }
        let is_dots = |child: NodeId| matches!(self.text(child), ".." | "..=");
        let dots = tree.children(node).find(|&child| is_dots(child))?;
        let start = tree.children(node).find(|&child| child < dots);
        let end = tree.children(node).find(|&child| child > dots);
        Some((start, end, self.text(dots) == "..="))
    }

    /// The constant a path leads to, if it is one of the file and no other has its name.
    pub(super) fn const_item(&mut self, node: NodeId) -> Option<ConstItem> {
        let (qualifier, name) = self.path_ends(node)?;
        self.find_const(qualifier, name)
    }

    /// The constant of that name; the qualifier decides among several.
    pub(super) fn find_const(
        &mut self,
        qualifier: Option<Symbol>,
        name: Symbol,
    ) -> Option<ConstItem> {
        let found = self.items.consts.get(&name)?;
        match found.as_slice() {
            [only] => Some(*only),
            several => {
                let mut fitting = several.iter().filter(|item| item.module == qualifier);
                let first = fitting.next()?;
                fitting.next().is_none().then_some(*first)
            }
        }
    }

    /// Last two names of a path.
    pub(super) fn path_ends(&mut self, node: NodeId) -> Option<(Option<Symbol>, Symbol)> {
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::IDENTIFIER | Kind::TYPE_IDENTIFIER => Some((None, self.symbol(node))),
            Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER => {
                let name = tree.child(node, Field::NAME)?;
                let mut path = tree.child(node, Field::PATH);
                while let Some(inner) = path {
                    match tree.kind(inner) {
                        Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER => {
                            path = tree.child(inner, Field::NAME);
                        }
                        Kind::GENERIC_TYPE | Kind::BRACKETED_TYPE => {
                            path = tree.child(inner, Field::TYPE);
                        }
                        _ => break,
                    }
                }
                let qualifier = path.map(|path| self.symbol(path));
                Some((qualifier, self.symbol(name)))
            }
            _ => None,
        }
    }

    /// `u8::MAX`, `i32::MIN`, `u16::BITS`.
    pub(super) fn limit_of(&mut self, node: NodeId) -> Option<i128> {
        if self.file.tree.kind(node) != Kind::SCOPED_IDENTIFIER {
            return None;
        }
        let (qualifier, name) = self.path_ends(node)?;
        let ty = literals::primitive(&self.unit.types, self.unit.names.text(qualifier?))?;
        let (low, high) = self.unit.types.int_range(ty)?;
        match self.unit.names.text(name) {
            "MAX" => Some(high),
            "MIN" => Some(low),
            "BITS" => self.unit.types.int(ty).map(|(bits, _)| i128::from(bits)),
            _ => None,
        }
    }

    /// Type of a constant of the file.
    pub(super) fn const_type(&mut self, item: ConstItem) -> TypeId {
        item.ty
            .map_or(TypeId::UNKNOWN, |ty| self.lower_type(ty, TypeId::UNKNOWN))
    }
}

/// A binary operator on two numbers.
pub(super) fn fold(operator: &str, left: i128, right: i128) -> Option<i128> {
    match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "<<" => u32::try_from(right)
            .ok()
            .filter(|bits| *bits < 100 && left.unsigned_abs() < 1 << 24)
            .map(|bits| left << bits),
        ">>" => u32::try_from(right)
            .ok()
            .filter(|bits| *bits < 127)
            .map(|bits| left >> bits),
        "&" => Some(left & right),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        _ => None,
    }
}
