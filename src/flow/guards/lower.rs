//! How many bytes are known to be there at a point.

use super::facts::{Direction, Fact, FactKind};
use super::roles::{Region, View};
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::BinaryOp;

/// What is known of the number of bytes in a region.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lower {
    /// At least so many.
    pub bytes: Option<i128>,
    /// It was compared with something that is no number; how many that is, is not asked.
    pub relation: bool,
    /// A comparison that is not enough.
    pub guard: Option<Span>,
    /// That comparison is `== number`: what it counts may be elements as well as bytes.
    pub is_exact: bool,
}

impl Lower {
    /// Whether so many bytes may be read.
    pub(super) fn covers(&self, need: i128) -> bool {
        self.relation || self.bytes.is_some_and(|bytes| bytes >= need)
    }
}

/// Bytes known to be in a region at an event.
pub(super) fn of_region(view: &View<'_>, region: Region, block: u32, event: u32) -> Lower {
    let mut out = Lower::default();
    for fact in view.facts.at(view.graph, block, event) {
        add(view, fact, &mut out, |id| view.is_length_of(id, region));
    }
    if !out.relation && was_validated(view, region, block, event) {
        out.relation = true;
    }
    out
}

/// What a value is known to be at least, at an event.
pub(super) fn of_value(view: &View<'_>, value: ValueId, block: u32, event: u32) -> Lower {
    let mut out = Lower::default();
    let mut leaves = Vec::new();
    view.values().leaves(value, &mut leaves);
    for fact in view.facts.at(view.graph, block, event) {
        add(view, fact, &mut out, |id| {
            super::facts::mentions(view.values(), id, &leaves)
        });
    }
    out
}

fn add(view: &View<'_>, fact: &Fact, out: &mut Lower, is_length: impl Fn(ValueId) -> bool) {
    match &fact.kind {
        FactKind::Asked { call } => {
            if view.counts(fact)
                && view.values().calls.get(call).is_some_and(|(_, arguments)| {
                    arguments.iter().any(|argument| is_length(*argument))
                })
            {
                out.relation = true;
            }
        }
        FactKind::Compare {
            op,
            left,
            right,
            difference,
        } => {
            let mut own: Option<i64> = None;
            let mut unit = Some(1);
            let mut others = false;
            for &(term, factor) in &difference.terms {
                if is_length(term) {
                    own = Some(factor);
                    unit = unit_of(view, term, 0);
                } else {
                    others = true;
                }
            }
            let Some(factor) = own.filter(|factor| *factor != 0) else {
                return;
            };
            let lower = match op {
                BinaryOp::Gt | BinaryOp::Ge => factor > 0,
                BinaryOp::Lt | BinaryOp::Le => factor < 0,
                BinaryOp::Eq => true,
                BinaryOp::Ne => {
                    // A number without sign that is not 0.
                    if !others && difference.constant == 0 {
                        match unit {
                            Some(unit) => raise(out, unit, fact.span, false),
                            None => out.relation = true,
                        }
                    }
                    return;
                }
                _ => false,
            };
            if !lower {
                return;
            }
            if others {
                out.relation = true;
                return;
            }
            let strict = i128::from(matches!(op, BinaryOp::Gt | BinaryOp::Lt));
            let by = i128::from(factor.abs());
            let rest = if factor > 0 {
                difference.constant.saturating_neg()
            } else {
                difference.constant
            };
            let least = rest.saturating_add(strict);
            let least = least.div_euclid(by) + i128::from(least.rem_euclid(by) != 0);
            let is_exact = *op == BinaryOp::Eq
                && ![*left, *right]
                    .into_iter()
                    .any(|side| view.is_named_constant(side));
            let least = least.saturating_mul(unit.unwrap_or(1));
            raise(out, least, fact.span, is_exact);
        }
    }
}

/// Bytes that one of a quotient stands for: `len / 8` is not 0 from 8 bytes on. `None` where the
/// divisor is not known.
fn unit_of(view: &View<'_>, term: ValueId, depth: u32) -> Option<i128> {
    const DEEPEST: u32 = 6;
    let values = view.values();
    match values.get(values.strip(term)) {
        Value::Binary(BinaryOp::Div, _, by) => values.constant(by).filter(|by| *by > 0),
        Value::Binary(BinaryOp::Shr, _, by) => values
            .constant(by)
            .filter(|by| (0..32).contains(by))
            .map(|by| 1 << by),
        Value::Binary(BinaryOp::Mul, left, right) if depth < DEEPEST => {
            unit_of(view, left, depth + 1)?;
            unit_of(view, right, depth + 1).map(|_| 1)
        }
        _ => Some(1),
    }
}

fn raise(out: &mut Lower, bytes: i128, span: Span, is_exact: bool) {
    if out.bytes.is_none_or(|before| before < bytes) {
        out.bytes = Some(bytes);
        out.guard = Some(span);
        out.is_exact = is_exact;
    }
}

/// A call before this point was given the bytes and their number, and its answer was asked.
fn was_validated(view: &View<'_>, region: Region, block: u32, event: u32) -> bool {
    let values = view.values();
    view.facts.at(view.graph, block, event).any(|fact| {
        let call = match &fact.kind {
            FactKind::Asked { call } => *call,
            FactKind::Compare { difference, .. } => match difference.terms.as_slice() {
                [(term, _)] => *term,
                _ => return false,
            },
        };
        values.calls.get(&call).is_some_and(|(_, arguments)| {
            let bytes = arguments.iter().any(|argument| {
                view.is_pointer(*argument) && view.region(*argument) == region
                    || matches!(region, Region::Packet(packet) if values.strip(*argument) == packet)
            });
            let length = arguments
                .iter()
                .any(|argument| view.is_length_of(*argument, region));
            bytes && (length || matches!(region, Region::Packet(_)))
        })
    })
}

/// Facts of the function that bound the region's number from below, wherever they hold.
pub(super) fn later_guard(view: &View<'_>, region: Region) -> Option<Span> {
    view.facts
        .list
        .iter()
        .chain(&view.facts.edges)
        .find(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                matches!(
                    op,
                    BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                ) && difference
                    .terms
                    .iter()
                    .any(|(term, _)| view.is_length_of(*term, region))
                    && fact_is_lower(view, fact, region)
            }
            FactKind::Asked { .. } => false,
        })
        .map(|fact| fact.span)
}

fn fact_is_lower(view: &View<'_>, fact: &Fact, region: Region) -> bool {
    let FactKind::Compare { difference, .. } = &fact.kind else {
        return false;
    };
    difference.terms.iter().any(|(term, _)| {
        view.is_length_of(*term, region) && fact.bounds(view.values(), &[*term], Direction::Lower)
    })
}
