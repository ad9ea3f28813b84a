//! Values as sums: `c + k₁·a₁ + k₂·a₂ …` over values that are no sums themselves.

use smallvec::SmallVec;

use super::values::{Value, ValueId, Values, Written};
use crate::flow::ir::{BinaryOp, UnaryOp};

/// A sum. Conversions are seen through: what is asked is what the author meant to compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Linear {
    /// Values and their factors, sorted by value, no factor 0.
    pub terms: SmallVec<[(ValueId, i64); 4]>,
    /// The rest.
    pub constant: i128,
}

impl Linear {
    /// A value as a sum.
    pub(super) fn of(values: &Values, id: ValueId) -> Self {
        let mut out = Self::default();
        let mut budget = 32;
        out.add(values, id, 1, &mut budget);
        out.terms.retain(|(_, factor)| *factor != 0);
        out.terms.sort_unstable();
        out
    }

    /// `left - right`.
    pub(super) fn difference(values: &Values, left: ValueId, right: ValueId) -> Self {
        let mut out = Self::default();
        let mut budget = 32;
        out.add(values, left, 1, &mut budget);
        out.add(values, right, -1, &mut budget);
        out.terms.retain(|(_, factor)| *factor != 0);
        out.terms.sort_unstable();
        out
    }

    /// The factor of a value; 0 if it is no term.
    pub(super) fn factor(&self, id: ValueId) -> i64 {
        self.terms
            .iter()
            .find(|(term, _)| *term == id)
            .map_or(0, |(_, factor)| *factor)
    }

    /// Whether it is a number.
    pub(super) fn is_constant(&self) -> bool {
        self.terms.is_empty()
    }

    fn term(&mut self, id: ValueId, factor: i64) {
        match self.terms.iter_mut().find(|(term, _)| *term == id) {
            Some((_, sum)) => *sum = sum.saturating_add(factor),
            None => self.terms.push((id, factor)),
        }
    }

    fn add(&mut self, values: &Values, id: ValueId, factor: i64, budget: &mut u32) {
        if *budget == 0 || factor == 0 {
            self.term(id, factor);
            return;
        }
        *budget -= 1;
        match values.get(id) {
            Value::Constant {
                value: Some(number),
                ..
            } => {
                self.constant = self
                    .constant
                    .saturating_add(number.saturating_mul(i128::from(factor)));
            }
            Value::Constant {
                value: None,
                written:
                    Written::Name(_) | Written::Sizeof(_) | Written::SizeofObject(_) | Written::Number,
            } => self.term(id, factor),
            Value::Cast { value, .. } => self.add(values, value, factor, budget),
            Value::Unary(UnaryOp::Negate, value) => {
                self.add(values, value, factor.saturating_neg(), budget);
            }
            Value::Binary(BinaryOp::Add, left, right) => {
                self.add(values, left, factor, budget);
                self.add(values, right, factor, budget);
            }
            Value::Binary(BinaryOp::Sub, left, right) => {
                self.add(values, left, factor, budget);
                self.add(values, right, factor.saturating_neg(), budget);
            }
            Value::Binary(BinaryOp::Mul, left, right) => {
                match (small(values, left), small(values, right)) {
                    (Some(number), _) => {
                        self.add(values, right, factor.saturating_mul(number), budget);
                    }
                    (_, Some(number)) => {
                        self.add(values, left, factor.saturating_mul(number), budget);
                    }
                    _ => self.term(id, factor),
                }
            }
            Value::Binary(BinaryOp::Shl, left, right) => match small(values, right) {
                Some(bits @ 0..=32) => {
                    self.add(values, left, factor.saturating_mul(1 << bits), budget);
                }
                _ => self.term(id, factor),
            },
            Value::Element { base, index, scale } => {
                self.add(values, base, factor, budget);
                let scale = i64::from(scale.max(1));
                self.add(values, index, factor.saturating_mul(scale), budget);
            }
            Value::Difference(left, right) => {
                self.add(values, left, factor, budget);
                self.add(values, right, factor.saturating_neg(), budget);
            }
            _ => self.term(id, factor),
        }
    }
}

fn small(values: &Values, id: ValueId) -> Option<i64> {
    values
        .constant(id)
        .filter(|number| number.unsigned_abs() <= 1 << 20)
        .and_then(|number| i64::try_from(number).ok())
}
