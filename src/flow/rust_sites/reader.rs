//! Types and constants as they are written.

use super::items::{Items, last_name, seen_from, text};
use super::ty::{Span128, Ty};
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// Deepest nesting of types, aliases and constants that is read.
const MAX_DEPTH: u32 = 12;

/// Reads types of a file.
pub(super) struct Reader<'f, 's> {
    pub(super) file: &'f SourceFile<'s>,
    pub(super) items: &'f Items,
}

impl Reader<'_, '_> {
    /// The type a node of the tree stands for; `own` is the name behind `Self`.
    pub(super) fn ty(&self, node: NodeId, own: Option<&str>) -> Ty {
        if !self.enter() {
            return Ty::Unknown;
        }
        let ty = self.ty_inner(node, own);
        self.leave();
        ty
    }

    fn enter(&self) -> bool {
        let depth = &self.items.depth;
        if depth.get() >= MAX_DEPTH {
            return false;
        }
        depth.set(depth.get() + 1);
        true
    }

    fn leave(&self) {
        let depth = &self.items.depth;
        depth.set(depth.get().saturating_sub(1));
    }

    fn ty_inner(&self, node: NodeId, own: Option<&str>) -> Ty {
        let tree = &self.file.tree;
        let inner = || {
            tree.child(node, Field::TYPE)
                .map_or(Ty::Unknown, |inner| self.ty(inner, own))
        };
        let is_mut = || {
            tree.children(node)
                .any(|child| tree.kind(child) == Kind::MUTABLE_SPECIFIER)
        };
        match tree.kind(node) {
            Kind::PRIMITIVE_TYPE => Ty::primitive(text(self.file, node)).unwrap_or(Ty::Unknown),
            Kind::UNIT_TYPE => Ty::unit(),
            Kind::NEVER_TYPE => Ty::Never,
            Kind::REFERENCE_TYPE => Ty::Reference(is_mut(), inner().into()),
            Kind::POINTER_TYPE => Ty::Pointer(is_mut(), inner().into()),
            Kind::ARRAY_TYPE => {
                let of = tree
                    .child(node, Field::ELEMENT)
                    .map_or(Ty::Unknown, |of| self.ty(of, own));
                match tree.child(node, Field::LENGTH) {
                    None => Ty::Slice(of.into()),
                    Some(length) => {
                        let length = self
                            .constant(length)
                            .and_then(|value| u64::try_from(value).ok());
                        Ty::Array(of.into(), length)
                    }
                }
            }
            Kind::TUPLE_TYPE => {
                let parts: Vec<Ty> = tree.children(node).map(|part| self.ty(part, own)).collect();
                Ty::Tuple(parts.into())
            }
            Kind::FUNCTION_TYPE => {
                let is_unsafe = text(self.file, node).trim_start().starts_with("unsafe");
                Ty::Function(is_unsafe)
            }
            Kind::GENERIC_TYPE | Kind::GENERIC_TYPE_WITH_TURBOFISH => {
                let name = last_name(self.file, node);
                let arguments: Vec<Ty> = tree
                    .child(node, Field::TYPE_ARGUMENTS)
                    .map(|list| {
                        tree.children(list)
                            .filter(|&child| tree.kind(child) != Kind::LIFETIME)
                            .map(|child| self.ty(child, own))
                            .collect()
                    })
                    .unwrap_or_default();
                match (name, self.items.aliases.get(name)) {
                    // `io::Result<T>`.
                    ("Result" | "Option", _) | (_, None) => Ty::named(name, arguments),
                    (_, Some(&alias)) => self.ty(alias, own),
                }
            }
            Kind::TYPE_IDENTIFIER | Kind::IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER => {
                let name = last_name(self.file, node);
                let is_own = tree.kind(node) != Kind::SCOPED_TYPE_IDENTIFIER && name == "Self";
                match (is_own, own, self.items.aliases.get(name)) {
                    (true, Some(own), _) => Ty::named(own, Vec::new()),
                    (true, None, _) => Ty::Unknown,
                    (_, _, Some(&alias)) => self.ty(alias, own),
                    _ if text(self.file, node).contains('<') => Ty::Unknown,
                    _ => Ty::named(name, Vec::new()),
                }
            }
            Kind::ABSTRACT_TYPE | Kind::DYNAMIC_TYPE => Ty::Unknown,
            _ => Ty::Unknown,
        }
    }

    /// The value of a constant expression of integers.
    pub(super) fn constant(&self, node: NodeId) -> Option<i128> {
        if !self.enter() {
            return None;
        }
        let value = self.constant_inner(node);
        self.leave();
        value
    }

    fn constant_inner(&self, node: NodeId) -> Option<i128> {
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::INTEGER_LITERAL => literal(text(self.file, node)).map(|(value, _)| value),
            Kind::NEGATIVE_LITERAL => self
                .constant(tree.children(node).last()?)
                .and_then(i128::checked_neg),
            Kind::PARENTHESIZED_EXPRESSION | Kind::BLOCK if tree.children(node).count() == 1 => {
                self.constant(tree.children(node).next()?)
            }
            Kind::UNARY_EXPRESSION if text(self.file, node).starts_with('-') => self
                .constant(tree.children(node).last()?)
                .and_then(i128::checked_neg),
            Kind::TYPE_CAST_EXPRESSION => {
                let value = self.constant(tree.child(node, Field::VALUE)?)?;
                let ty = self.ty(tree.child(node, Field::TYPE)?, None);
                let fits = Span128::of(ty.int()?).contains(value);
                fits.then_some(value)
            }
            Kind::BINARY_EXPRESSION => {
                let left = self.constant(tree.child(node, Field::LEFT)?)?;
                let right = self.constant(tree.child(node, Field::RIGHT)?)?;
                let shift = || u32::try_from(right).ok().filter(|&bits| bits < 100);
                match text(self.file, tree.child(node, Field::OPERATOR)?) {
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    "*" => left.checked_mul(right),
                    "/" => left.checked_div(right),
                    "%" => left.checked_rem(right),
                    "&" => Some(left & right),
                    "|" => Some(left | right),
                    "^" => Some(left ^ right),
                    "<<" => shift().and_then(|bits| left.checked_mul(1 << bits)),
                    ">>" => shift().map(|bits| left >> bits),
                    _ => None,
                }
            }
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                let whole = text(self.file, node);
                let name = last_name(self.file, node);
                if let Some((qualifier, _)) = whole.rsplit_once("::") {
                    let qualifier = qualifier.rsplit("::").next().unwrap_or_default();
                    if let Some(Ty::Int(int)) = Ty::primitive(qualifier) {
                        if int.is_size && name != "MIN" {
                            return None;
                        }
                        let all = Span128::of(int);
                        return match name {
                            "MAX" if int.bits < 128 || int.is_signed => Some(all.high),
                            "MIN" => Some(all.low),
                            "BITS" => Some(i128::from(int.bits)),
                            _ => None,
                        };
                    }
                }
                let all = self.items.consts.get(name)?;
                let only = seen_from(self.file, all, node)?;
                self.constant(tree.child(only, Field::VALUE)?)
            }
            _ => None,
        }
    }
}

/// Value and suffix of an integer literal.
pub(super) fn literal(text: &str) -> Option<(i128, &str)> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x', ..] => (16, text.get(2..)?),
        [b'0', b'o', ..] => (8, text.get(2..)?),
        [b'0', b'b', ..] => (2, text.get(2..)?),
        _ => (10, text),
    };
    let suffix = digits
        .find(|c: char| c == 'u' || c == 'i' || (radix == 10 && c == 'f'))
        .and_then(|at| digits.get(at..))
        .unwrap_or_default();
    let number: String = digits
        .strip_suffix(suffix)?
        .chars()
        .filter(|c| *c != '_')
        .collect();
    Some((i128::from_str_radix(&number, radix).ok()?, suffix))
}
