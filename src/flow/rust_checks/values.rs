//! What values are: keys that equal values share, the parts they were computed from, their limits.

use std::hash::{Hash, Hasher as _};

use rustc_hash::FxHasher;

use super::super::ir::{
    Base, BinaryOp, Callee, LocalId, Operand, Origin, Place, Projection, Rvalue, TypeId,
};
use super::body::{Body, Definition, MAX_CHAIN, TRANSPARENT};

/// Most parts of a value.
const MAX_PARTS: usize = 24;

/// Methods that compute a number from numbers.
fn is_arithmetic(name: &str) -> bool {
    name.starts_with("checked_")
        || name.starts_with("saturating_")
        || name.starts_with("wrapping_")
        || name.starts_with("overflowing_")
        || matches!(
            name,
            "min"
                | "max"
                | "clamp"
                | "pow"
                | "abs"
                | "rem_euclid"
                | "div_ceil"
                | "abs_diff"
                | "next_multiple_of"
                | "try_from"
                | "from"
                | "swap_bytes"
                | "to_le"
                | "to_be"
        )
}

impl Body<'_> {
    /// A number that is equal for operands with equal values.
    pub(super) fn key(&self, operand: &Operand) -> u64 {
        self.key_at(operand, MAX_CHAIN)
    }

    pub(super) fn place_key(&self, place: &Place) -> u64 {
        self.place_key_at(place, MAX_CHAIN)
    }

    fn key_at(&self, operand: &Operand, depth: u32) -> u64 {
        match operand {
            Operand::Copy(place) => self.place_key_at(place, depth),
            Operand::Constant(constant) => match (&constant.value, &constant.origin) {
                (Some(value), _) => hash(&(1_u8, *value)),
                (None, Origin::Named(name)) => hash(&(2_u8, name.0)),
                // No two unknown numbers are the same.
                (None, _) => hash(&(3_u8, std::ptr::from_ref(operand) as usize)),
            },
            Operand::Text(text) => hash(&(4_u8, text.0)),
            Operand::Function(name) => hash(&(5_u8, name.0)),
            Operand::Unknown(_) => hash(&(6_u8, std::ptr::from_ref(operand) as usize)),
        }
    }

    fn place_key_at(&self, place: &Place, depth: u32) -> u64 {
        let mut key = match place.base {
            Base::Local(local) => self.local_key(local, depth),
            Base::Global(global) => hash(&(7_u8, global.0)),
        };
        for step in &place.path {
            key = match step {
                Projection::Deref => key,
                step if self.is_payload(step) => key,
                Projection::Field(name) => hash(&(8_u8, key, name.0)),
                Projection::Index(index) => {
                    let index = self.key_at(index, depth.saturating_sub(1));
                    hash(&(9_u8, key, index))
                }
            };
        }
        key
    }

    fn local_key(&self, local: LocalId, depth: u32) -> u64 {
        let own = hash(&(10_u8, local.0));
        let Some(depth) = depth.checked_sub(1) else {
            return own;
        };
        let Some(definition) = self.definition(local) else {
            return own;
        };
        match definition {
            Definition::Value(value) => match value {
                Rvalue::Use(inner) => self.key_at(inner, depth),
                Rvalue::Cast { value, to, .. } => {
                    let inner = self.key_at(value, depth);
                    match self.is_widening(value, *to) {
                        true => inner,
                        false => hash(&(11_u8, inner, to.0)),
                    }
                }
                Rvalue::AddressOf(place) => self.place_key_at(place, depth),
                Rvalue::Len(place) => hash(&(12_u8, self.place_key_at(place, depth))),
                Rvalue::Binary(op, left, right) => {
                    let (mut left, mut right) =
                        (self.key_at(left, depth), self.key_at(right, depth));
                    if matches!(op, BinaryOp::Add | BinaryOp::Mul) && left > right {
                        std::mem::swap(&mut left, &mut right);
                    }
                    hash(&(13_u8, *op as u8, left, right))
                }
                _ => own,
            },
            Definition::Call(Callee::Method(name), arguments) => {
                let text = self.name(*name);
                match arguments {
                    [receiver, ..] if TRANSPARENT.contains(&text) => self.key_at(receiver, depth),
                    [receiver] => hash(&(14_u8, self.key_at(receiver, depth), name.0)),
                    [receiver, other] if is_arithmetic(text) || text == "get" => hash(&(
                        15_u8,
                        self.key_at(receiver, depth),
                        self.key_at(other, depth),
                        name.0,
                    )),
                    _ => own,
                }
            }
            Definition::Call(Callee::Function(name), [left, right])
                if is_arithmetic(self.name(*name)) =>
            {
                hash(&(
                    16_u8,
                    name.0,
                    self.key_at(left, depth),
                    self.key_at(right, depth),
                ))
            }
            Definition::Call(..) => own,
        }
    }

    /// Whether a cast keeps every value.
    pub(super) fn is_widening(&self, value: &Operand, to: TypeId) -> bool {
        let types = &self.unit.types;
        match (types.int(self.type_of(value)), types.int(to)) {
            (Some((from, from_signed)), Some((to, to_signed))) => {
                if from_signed == to_signed {
                    to >= from
                } else {
                    !from_signed && to > from
                }
            }
            // `usize` is 32 bits wide here; what is not known is taken to fit it.
            (None, Some((to, _))) => to >= 32,
            _ => true,
        }
    }

    /// Keys of the value and of what it was computed from; constants are no parts.
    pub(super) fn parts(&self, operand: &Operand) -> Vec<u64> {
        let mut parts = Vec::new();
        self.collect_parts(operand, MAX_CHAIN, &mut parts);
        parts
    }

    fn collect_parts(&self, operand: &Operand, depth: u32, out: &mut Vec<u64>) {
        let (Some(depth), false) = (depth.checked_sub(1), out.len() >= MAX_PARTS) else {
            return;
        };
        let Operand::Copy(place) = operand else {
            return;
        };
        out.push(self.place_key(place));
        if let Base::Local(local) = place.base
            && self.definitions(local).len() > 1
            && place.path.is_empty()
        {
            // A variable that is reassigned is its own part, and what it was first.
            if let Some(first) = self.definitions(local).first()
                && let Some(Definition::Value(Rvalue::Use(inner))) = self.definition_at(*first)
            {
                self.collect_parts(inner, depth.min(2), out);
            }
            return;
        }
        match self.definition_of_place(place) {
            Some(Definition::Value(
                Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. } | Rvalue::Unary(_, inner),
            )) => self.collect_parts(inner, depth, out),
            Some(Definition::Value(Rvalue::Binary(_, left, right))) => {
                self.collect_parts(left, depth, out);
                self.collect_parts(right, depth, out);
            }
            Some(Definition::Call(callee, arguments)) => {
                let name = self.callee_name(callee);
                if is_arithmetic(name) {
                    for argument in arguments {
                        self.collect_parts(argument, depth, out);
                    }
                } else if TRANSPARENT.contains(&name)
                    && let Some(receiver) = arguments.first()
                {
                    self.collect_parts(receiver, depth, out);
                }
            }
            _ => {}
        }
    }

    /// Largest value that the shape of the expression allows.
    pub(super) fn maximum(&self, operand: &Operand) -> Option<i128> {
        self.maximum_at(operand, MAX_CHAIN)
    }

    fn maximum_at(&self, operand: &Operand, depth: u32) -> Option<i128> {
        let depth = depth.checked_sub(1)?;
        if let Some(value) = self.number(operand) {
            return Some(value);
        }
        let by_type = self
            .unit
            .types
            .int_range(self.type_of(operand))
            .map(|range| range.1);
        let by_shape = match self.definition_of(operand) {
            Some(Definition::Value(value)) => match value {
                Rvalue::Use(inner) => self.maximum_at(inner, depth),
                Rvalue::Cast { value, .. } => self.maximum_at(value, depth),
                Rvalue::Binary(op, left, right) => {
                    let (a, b) = (self.maximum_at(left, depth), self.maximum_at(right, depth));
                    match op {
                        BinaryOp::And => match (a, b) {
                            (Some(a), Some(b)) => Some(a.min(b)),
                            (one, other) => one.or(other),
                        },
                        BinaryOp::Rem => b.map(|b| b.saturating_sub(1)),
                        BinaryOp::Shr => a
                            .zip(self.number(right))
                            .and_then(|(a, bits)| Some(a >> u32::try_from(bits).ok()?.min(120))),
                        BinaryOp::Div => a
                            .zip(self.number(right))
                            .and_then(|(a, by)| a.checked_div(by)),
                        BinaryOp::Add => a.zip(b).and_then(|(a, b)| a.checked_add(b)),
                        BinaryOp::Mul => a.zip(b).and_then(|(a, b)| a.checked_mul(b)),
                        BinaryOp::Sub => a,
                        _ if op.is_comparison() => Some(1),
                        _ => None,
                    }
                }
                _ => None,
            },
            Some(Definition::Call(callee, arguments)) => match self.callee_name(callee) {
                "min" => arguments
                    .iter()
                    .filter_map(|argument| self.maximum_at(argument, depth))
                    .min(),
                "trailing_zeros" | "leading_zeros" | "count_ones" => Some(64),
                _ => None,
            },
            None => None,
        };
        match (by_type, by_shape) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }

    /// Smallest value that the shape of the expression allows; `None` = nothing is known.
    pub(super) fn minimum(&self, operand: &Operand) -> Option<i128> {
        self.minimum_at(operand, MAX_CHAIN)
    }

    fn minimum_at(&self, operand: &Operand, depth: u32) -> Option<i128> {
        let depth = depth.checked_sub(1)?;
        if let Some(value) = self.number(operand) {
            return Some(value);
        }
        let by_type = self
            .unit
            .types
            .int_range(self.type_of(operand))
            .map(|range| range.0);
        let by_shape = match self.definition_of(operand) {
            Some(Definition::Value(value)) => match value {
                Rvalue::Use(inner) => self.minimum_at(inner, depth),
                Rvalue::Cast { value, to, .. } if self.is_widening(value, *to) => {
                    self.minimum_at(value, depth)
                }
                Rvalue::Binary(BinaryOp::Add, left, right) => {
                    let (a, b) = (self.minimum_at(left, depth), self.minimum_at(right, depth));
                    a.zip(b).and_then(|(a, b)| a.checked_add(b))
                }
                Rvalue::Binary(BinaryOp::Mul, left, right) => {
                    let (a, b) = (self.minimum_at(left, depth), self.minimum_at(right, depth));
                    a.zip(b)
                        .filter(|(a, b)| *a >= 0 && *b >= 0)
                        .and_then(|(a, b)| a.checked_mul(b))
                }
                Rvalue::Len(_) => Some(0),
                _ => None,
            },
            Some(Definition::Call(callee, arguments)) if self.callee_name(callee) == "max" => {
                arguments
                    .iter()
                    .filter_map(|argument| self.minimum_at(argument, depth))
                    .max()
            }
            Some(Definition::Call(..)) => None,
            None => self.counted_from(operand, depth),
        };
        match (by_type, by_shape) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (one, other) => one.or(other),
        }
    }

    /// The start of a counter that only goes up.
    fn counted_from(&self, operand: &Operand, depth: u32) -> Option<i128> {
        let Operand::Copy(place) = operand else {
            return None;
        };
        let (Base::Local(local), true) = (place.base, place.path.is_empty()) else {
            return None;
        };
        let [first, rest @ ..] = self.definitions(local) else {
            return None;
        };
        if self.is_parameter(local) || rest.is_empty() {
            return None;
        }
        let goes_up = rest.iter().all(|at| {
            let Some(Definition::Value(Rvalue::Use(next))) = self.definition_at(*at) else {
                return false;
            };
            matches!(self.definition_of(next), Some(Definition::Value(Rvalue::Binary(BinaryOp::Add, left, right)))
                if matches!(left, Operand::Copy(of) if of.base == place.base && of.path.is_empty())
                    && self.minimum_at(right, depth).is_some_and(|step| step >= 0))
        });
        let Some(Definition::Value(Rvalue::Use(start))) = self.definition_at(*first) else {
            return None;
        };
        goes_up.then(|| self.minimum_at(start, depth)).flatten()
    }

    /// Whether a value is the same in every run: made of numbers, named constants and lengths of arrays.
    pub(super) fn is_fixed(&self, operand: &Operand) -> bool {
        self.is_fixed_at(operand, MAX_CHAIN)
    }

    fn is_fixed_at(&self, operand: &Operand, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        if self.is_constant(operand) {
            return true;
        }
        let Operand::Copy(place) = operand else {
            return false;
        };
        // `REGION.size`, `chip::REGION.size`: names in capitals are constants.
        let root = self.text(place.span);
        let root = root.split(['.', '(']).next().unwrap_or(root);
        let root = root.rsplit("::").next().unwrap_or(root);
        let is_capital = root.len() > 1
            && root
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_capital
            && !matches!(place.base, Base::Global(global) if self.unit.global(global).is_some_and(|g| !g.is_const))
        {
            return true;
        }
        match self.definition_of_place(place) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                self.is_fixed_at(inner, depth)
            }
            Some(Definition::Value(Rvalue::Binary(_, left, right))) => {
                self.is_fixed_at(left, depth) && self.is_fixed_at(right, depth)
            }
            Some(Definition::Value(Rvalue::Len(of))) => matches!(
                self.unit.types.get(self.behind_pointers(of.ty)),
                super::super::ir::Type::Array { .. }
            ),
            Some(Definition::Call(callee, arguments)) => {
                matches!(self.callee_name(callee), "from" | "into" | "size_of")
                    && arguments.iter().all(|one| self.is_fixed_at(one, depth))
            }
            _ => false,
        }
    }

    /// Whether a value was cut to a limit: `min`, `clamp`, `%`.
    pub(super) fn is_clamped(&self, operand: &Operand) -> bool {
        match self.origin(operand) {
            Some(Definition::Call(callee, _)) => {
                matches!(
                    self.callee_name(callee),
                    "min" | "clamp" | "rem_euclid" | "position"
                )
            }
            Some(Definition::Value(Rvalue::Binary(op, left, _))) => match op {
                BinaryOp::Rem => true,
                BinaryOp::Sub | BinaryOp::Shr | BinaryOp::Div => self.is_clamped(left),
                _ => false,
            },
            _ => false,
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
