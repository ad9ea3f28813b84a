//! Which values an integer expression may have, by the expression alone: constants, casts, masks,
//! shifts, remainders. What a variable may hold is told by `variable_range`.

use super::infer::Types;
use super::items::last_name;
use super::ty::{Int, Span128, Ty};
use crate::syntax::{Field, Kind, NodeId};

/// Deepest nesting that is looked into.
const MAX_DEPTH: u32 = 30;

impl Types<'_, '_> {
    /// The values an expression may have; `None` where its type is no integer or not known and
    /// nothing bounds it.
    pub(super) fn range(&self, node: NodeId) -> Option<Span128> {
        self.range_at(node, MAX_DEPTH)
    }

    /// All values of the expression's type.
    pub(super) fn whole(&self, node: NodeId) -> Option<Span128> {
        let ty = self.of(node);
        if let Some(values) = self.enum_values(&ty) {
            return Some(values);
        }
        match ty.peeled() {
            Ty::Int(int) => Some(Span128::of(*int)),
            Ty::Integer => Some(Span128::of(Int::I32)),
            Ty::Bool => Some(Span128 { low: 0, high: 1 }),
            Ty::Char => Some(Span128 {
                low: 0,
                high: 0x10_FFFF,
            }),
            _ => None,
        }
    }

    /// The numbers of an enum of the file.
    pub(super) fn enum_values(&self, ty: &Ty) -> Option<Span128> {
        let record = self.items.records.get(ty.name()?)?;
        let variants = record.variants.as_ref()?;
        Some(Span128 {
            low: *variants.iter().min()?,
            high: *variants.iter().max()?,
        })
    }

    pub(super) fn range_at(&self, node: NodeId, depth: u32) -> Option<Span128> {
        let depth = depth.checked_sub(1)?;
        let tree = &self.file.tree;
        let all = || self.whole(node);
        match tree.kind(node) {
            Kind::INTEGER_LITERAL | Kind::NEGATIVE_LITERAL => {
                self.reader().constant(node).map(Span128::exact)
            }
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                let name = last_name(self.file, node);
                let is_local =
                    tree.kind(node) == Kind::IDENTIFIER && self.scopes.find(name, node).is_some();
                match is_local {
                    true => self.variable_range(name, node, depth).or_else(all),
                    false => self
                        .reader()
                        .constant(node)
                        .map(Span128::exact)
                        .or_else(all),
                }
            }
            Kind::PARENTHESIZED_EXPRESSION => self.range_at(tree.children(node).next()?, depth),
            Kind::BLOCK => {
                let last = tree.children(node).last()?;
                match tree.kind(last) {
                    Kind::EXPRESSION_STATEMENT | Kind::LET_DECLARATION => None,
                    _ => self.range_at(last, depth),
                }
            }
            Kind::REFERENCE_EXPRESSION => self.range_at(tree.child(node, Field::VALUE)?, depth),
            Kind::UNARY_EXPRESSION => {
                let inner = tree.children(node).last()?;
                match self.text(node).as_bytes().first() {
                    Some(b'*') => self.range_at(inner, depth).or_else(all),
                    Some(b'-') => {
                        let inner = self.range_at(inner, depth)?;
                        let (low, high) = (inner.high.checked_neg()?, inner.low.checked_neg()?);
                        self.fitted(node, Span128 { low, high })
                    }
                    _ => all(),
                }
            }
            Kind::TYPE_CAST_EXPRESSION => {
                let to = match self.of(node) {
                    Ty::Int(int) => Span128::of(int),
                    _ => return None,
                };
                let value = tree.child(node, Field::VALUE)?;
                match self.range_at(value, depth) {
                    Some(inner) if inner.is_within(to) => Some(inner),
                    _ => Some(to),
                }
            }
            Kind::BINARY_EXPRESSION => self.binary_range(node, depth),
            Kind::CALL_EXPRESSION => self.call_range(node, depth).or_else(all),
            Kind::IF_EXPRESSION => {
                let then = self.range_at(tree.child(node, Field::CONSEQUENCE)?, depth)?;
                let other = tree.child(node, Field::ALTERNATIVE)?;
                let other = self.range_at(tree.children(other).next()?, depth)?;
                Some(Span128 {
                    low: then.low.min(other.low),
                    high: then.high.max(other.high),
                })
            }
            _ => all(),
        }
    }

    /// Values of a result: those of the type where it may wrap.
    fn fitted(&self, node: NodeId, values: Span128) -> Option<Span128> {
        match self.whole(node) {
            Some(all) if !values.is_within(all) => Some(all),
            _ => Some(values),
        }
    }

    fn binary_range(&self, node: NodeId, depth: u32) -> Option<Span128> {
        let tree = &self.file.tree;
        let left = tree.child(node, Field::LEFT)?;
        let right = tree.child(node, Field::RIGHT)?;
        let sign = self.text(tree.child(node, Field::OPERATOR)?);
        let values = || self.whole(node);
        let (a, b) = (self.range_at(left, depth), self.range_at(right, depth));
        let (a, b) = match (sign, a, b) {
            // A mask or a remainder bounds what nothing is known of.
            ("&", None, Some(mask)) | ("&", Some(mask), None) if mask.low >= 0 => {
                return Some(Span128 {
                    low: 0,
                    high: mask.high,
                });
            }
            ("%", None, Some(by)) if by.low > 0 => {
                let most = by.high - 1;
                return Some(Span128 {
                    low: -most,
                    high: most,
                });
            }
            (_, Some(a), Some(b)) => (a, b),
            _ => return values(),
        };
        let found = apply(sign, a, b);
        match found {
            Some(found) => self.fitted(node, found),
            None => values(),
        }
    }

    fn call_range(&self, node: NodeId, depth: u32) -> Option<Span128> {
        let tree = &self.file.tree;
        let function = tree.child(node, Field::FUNCTION)?;
        let list = tree.child(node, Field::ARGUMENTS)?;
        let argument = |index: usize| {
            tree.children(list)
                .nth(index)
                .and_then(|one| self.range_at(one, depth))
        };
        match tree.kind(function) {
            Kind::FIELD_EXPRESSION => {
                let receiver = tree.child(function, Field::VALUE)?;
                let name = self.text(tree.child(function, Field::FIELD)?);
                let own = || self.range_at(receiver, depth);
                match name {
                    "len" => match self.of(receiver).peeled() {
                        Ty::Array(_, Some(length)) => Some(Span128::exact(i128::from(*length))),
                        _ => None,
                    },
                    "min" => bounded(own(), argument(0), true),
                    "max" => bounded(own(), argument(0), false),
                    "clamp" => {
                        let (low, high) = (argument(0)?, argument(1)?);
                        (low.low <= high.high).then_some(Span128 {
                            low: low.low,
                            high: high.high,
                        })
                    }
                    "signum" => Some(Span128 { low: -1, high: 1 }),
                    "rem_euclid" | "wrapping_rem_euclid" => match argument(0) {
                        Some(by) => Some(Span128 {
                            low: 0,
                            high: by.high.max(by.low.checked_neg()?).checked_sub(1)?,
                        }),
                        None => Some(non_negative(self.whole(node)?)),
                    },
                    "isqrt" | "saturating_abs" => Some(non_negative(self.whole(node)?)),
                    "pow" => {
                        let power = argument(0)?.value()?;
                        let all = self.whole(node)?;
                        let own = own()?;
                        let largest = own.low.unsigned_abs().max(own.high.unsigned_abs());
                        let most = u32::try_from(power)
                            .ok()
                            .and_then(|power| largest.checked_pow(power))
                            .and_then(|most| i128::try_from(most).ok());
                        match (power % 2, most) {
                            (0, Some(most)) if all.contains(most) => {
                                Some(Span128 { low: 0, high: most })
                            }
                            // An even power is not negative but for a wrap.
                            (0, _) => Some(non_negative(all)),
                            (_, Some(most)) if own.low >= 0 && all.contains(most) => {
                                Some(Span128 { low: 0, high: most })
                            }
                            _ => None,
                        }
                    }
                    "unwrap" | "expect" => self.checked_range(receiver),
                    "count_ones" | "leading_zeros" | "trailing_zeros" | "count_zeros" => {
                        Some(Span128 { low: 0, high: 128 })
                    }
                    _ => None,
                }
            }
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                let name = last_name(self.file, function);
                let first = tree.children(list).next()?;
                match (name, self.of(node)) {
                    // `u64::from(x)`: all values of the narrower type.
                    ("from", Ty::Int(_)) if self.callee(node).is_none() => {
                        self.range_at(first, depth)
                    }
                    ("min", _) => bounded(argument(0), argument(1), true),
                    ("max", _) => bounded(argument(0), argument(1), false),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `x.checked_abs().unwrap()` and the like: never negative.
    fn checked_range(&self, call: NodeId) -> Option<Span128> {
        let tree = &self.file.tree;
        let function = tree.child(call, Field::FUNCTION)?;
        let name = self.text(tree.child(function, Field::FIELD)?);
        let all = Span128::of(self.of(call).argument(0).int()?);
        match name {
            "checked_abs" | "checked_isqrt" | "checked_rem_euclid" => Some(non_negative(all)),
            _ => None,
        }
    }
}

fn non_negative(all: Span128) -> Span128 {
    Span128 {
        low: 0,
        high: all.high,
    }
}

/// `min` and `max` of two, of which one may be unknown.
fn bounded(one: Option<Span128>, other: Option<Span128>, is_min: bool) -> Option<Span128> {
    match (one, other, is_min) {
        (Some(a), Some(b), true) => Some(Span128 {
            low: a.low.min(b.low),
            high: a.high.min(b.high),
        }),
        (Some(a), Some(b), false) => Some(Span128 {
            low: a.low.max(b.low),
            high: a.high.max(b.high),
        }),
        _ => None,
    }
}

/// The values of `a sign b` as if there were no widths; `None` where that says nothing.
pub(super) fn apply(sign: &str, a: Span128, b: Span128) -> Option<Span128> {
    let corners = |of: &dyn Fn(i128, i128) -> Option<i128>| {
        let all = [
            of(a.low, b.low)?,
            of(a.low, b.high)?,
            of(a.high, b.low)?,
            of(a.high, b.high)?,
        ];
        Some(Span128 {
            low: *all.iter().min()?,
            high: *all.iter().max()?,
        })
    };
    match sign {
        "+" => corners(&i128::checked_add),
        "-" => corners(&i128::checked_sub),
        "*" => corners(&i128::checked_mul),
        "/" if b.low > 0 => corners(&i128::checked_div),
        "/" => None,
        "%" if b.low > 0 || b.high < 0 => {
            let most = b.high.checked_abs()?.max(b.low.checked_abs()?) - 1;
            if let (Some(left), Some(right)) = (a.value(), b.value()) {
                return Some(Span128::exact(left % right));
            }
            Some(Span128 {
                low: match a.low < 0 {
                    true => a.low.max(-most),
                    false => 0,
                },
                high: a.high.max(0).min(most),
            })
        }
        "&" if a.low >= 0 && b.low >= 0 => Some(Span128 {
            low: 0,
            high: a.high.min(b.high),
        }),
        "&" if a.low >= 0 || b.low >= 0 => Some(Span128 {
            low: 0,
            high: match a.low >= 0 {
                true => a.high,
                false => b.high,
            },
        }),
        "|" | "^" if a.low >= 0 && b.low >= 0 => {
            let most = a.high.max(b.high);
            let bits = 128 - most.leading_zeros();
            Some(Span128 {
                low: 0,
                high: match bits {
                    0..=126 => (1_i128 << bits) - 1,
                    _ => i128::MAX,
                },
            })
        }
        ">>" if b.low >= 0 && b.high < 127 => {
            let (least, most) = (u32::try_from(b.low).ok()?, u32::try_from(b.high).ok()?);
            Some(Span128 {
                low: (a.low >> least).min(a.low >> most),
                high: (a.high >> least).max(a.high >> most),
            })
        }
        "<<" if b.low >= 0 && b.high < 64 && a.low >= 0 => {
            let most = u32::try_from(b.high).ok()?;
            Some(Span128 {
                low: 0,
                high: a.high.checked_mul(1_i128 << most)?,
            })
        }
        _ => None,
    }
}
