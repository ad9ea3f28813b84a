//! What limits a number from above at a point: a constant, a capacity, what was received.

use super::facts::{Direction, Fact, FactKind};
use super::roles::{Region, View};
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::BinaryOp;

/// Limits of a number from above, by kind.
#[derive(Debug, Default)]
pub(super) struct Upper {
    /// The largest it can be, where that is a known number.
    pub constant: Option<i128>,
    /// It was compared with a capacity, or with something whose role is not known.
    pub capacity: bool,
    /// It was compared with the bytes received, or with something whose role is not known.
    pub input: bool,
    /// It was compared with a constant whose value is not known or that is a size.
    pub named: bool,
    /// A comparison with what was received.
    pub input_guard: Option<Span>,
    /// A comparison with a destination's size.
    pub destination_guard: Option<Span>,
}

impl Upper {
    /// Looks for the limits of a value at an event. `source` is where bytes of that number are
    /// read.
    pub(super) fn new(
        view: &View<'_>,
        value: ValueId,
        block: u32,
        event: u32,
        source: Region,
    ) -> Self {
        let mut out = Self::default();
        let intrinsic = intrinsic(view, value, 0);
        out.structure(view, value, source, 0);
        let own = out.constant;
        let mut leaves = Vec::new();
        view.values().leaves(value, &mut leaves);
        out.constant = None;
        for fact in view.bounds(&leaves, Direction::Upper, block, event) {
            out.fact(view, fact, &leaves, source);
        }
        out.joined(view, value, source, 0);
        // A limit of a term, moved by what is added to it; of one term of several it is none.
        let sum = super::linear::Linear::of(view.values(), value);
        out.constant = match sum.terms.as_slice() {
            [(_, 1)] => out
                .constant
                .and_then(|bound| bound.checked_add(sum.constant)),
            [(_, factor)] if *factor > 1 => out
                .constant
                .and_then(|bound| bound.checked_mul(i128::from(*factor)))
                .and_then(|bound| bound.checked_add(sum.constant)),
            _ => None,
        };
        let direct = view
            .bounds(&leaves, Direction::Upper, block, event)
            .filter_map(|fact| whole(fact, &sum))
            .min();
        if let Some(bound) = intrinsic.into_iter().chain(own).chain(direct).min() {
            out.limit(bound);
        }
        out
    }

    /// Whether something limits it at all.
    pub(super) fn has_any(&self) -> bool {
        self.capacity || self.input || self.named || self.constant.is_some_and(|bound| bound < 255)
    }

    /// The largest value that the tests before leave, where they name a number.
    pub(super) fn largest(&self) -> Option<i128> {
        self.constant
    }

    /// Whether a destination of that capacity is safe.
    pub(super) fn fits(&self, capacity: Option<u64>) -> bool {
        if self.capacity || self.named {
            return true;
        }
        match (self.constant, capacity) {
            (Some(bound), Some(capacity)) => bound <= i128::from(capacity),
            (Some(bound), None) => bound < 255 || self.destination_guard.is_some(),
            (None, _) => false,
        }
    }

    fn fact(&mut self, view: &View<'_>, fact: &Fact, leaves: &[ValueId], source: Region) {
        let FactKind::Compare { op, difference, .. } = &fact.kind else {
            self.capacity = true;
            self.input = true;
            return;
        };
        let values = view.values();
        let others: Vec<ValueId> = fact.others(values, leaves).collect();
        if others.is_empty() {
            // `k·n + c op 0`
            if let [(_, factor)] = difference.terms.as_slice()
                && *factor != 0
            {
                let strict = i128::from(matches!(op, BinaryOp::Lt | BinaryOp::Gt));
                let factor = i128::from(*factor);
                let limit = if factor > 0 {
                    (-difference.constant).div_euclid(factor) - strict
                } else {
                    difference.constant.div_euclid(-factor) - strict
                };
                self.limit(limit);
            }
            self.destination_guard.get_or_insert(fact.span);
            return;
        }
        // `at + n <= received`: what comes before it in the packet is no room for it.
        let is_received = others.iter().any(|other| is_received(view, *other, source));
        for other in others {
            if is_received && !is_received_or_room(view, other, source) {
                continue;
            }
            self.other(view, other, source, fact.span);
        }
    }

    fn other(&mut self, view: &View<'_>, other: ValueId, source: Region, span: Span) {
        let values = view.values();
        if matches!(values.get(other), Value::Constant { .. }) {
            self.named = true;
            self.destination_guard.get_or_insert(span);
        } else if is_received(view, other, source) {
            self.input = true;
            self.input_guard.get_or_insert(span);
        } else if view.is_capacity(other)
            && !values
                .sources(other)
                .iter()
                .any(|leaf| view.is_packet_length(*leaf, None))
        {
            self.capacity = true;
            // What a pair holds may be named a size.
            self.input = true;
            self.destination_guard.get_or_insert(span);
        } else {
            self.capacity = true;
            self.input = true;
        }
    }

    fn limit(&mut self, bound: i128) {
        self.constant = Some(self.constant.map_or(bound, |own| own.min(bound)));
    }

    /// What the expression itself says: `min(n, cap)`, `cap - off`.
    fn structure(&mut self, view: &View<'_>, value: ValueId, source: Region, depth: u32) {
        if depth > 6 {
            return;
        }
        let values = view.values();
        match values.get(value) {
            Value::Min(left, right) => {
                for side in [left, right] {
                    if values.is_constant(side) {
                        match values.constant(side) {
                            Some(number) => self.limit(number),
                            None => self.named = true,
                        }
                    } else {
                        let span = values.span(value);
                        if !view.is_sent(side) || view.is_length_of(side, source) {
                            self.other(view, side, source, span);
                        }
                        self.structure(view, side, source, depth + 1);
                    }
                }
            }
            Value::Cast { value, .. } => self.structure(view, value, source, depth + 1),
            // `strnlen(s, MAX)` is MAX at most.
            Value::Call(_) | Value::Pure { .. } => {
                if let Some((Some(callee), arguments)) = values.calls.get(&value)
                    && is_counting_to_limit(view.name(*callee))
                    && let Some(&limit) = arguments.get(1)
                {
                    match values.constant(limit) {
                        Some(number) => self.limit(number),
                        None if values.is_constant(limit) => self.named = true,
                        None => self.other(view, limit, source, values.span(value)),
                    }
                }
            }
            Value::Binary(BinaryOp::Sub, left, _) => {
                if values.is_constant(left) {
                    self.named = true;
                } else if view.is_length_of(left, source) {
                    self.input = true;
                }
                self.structure(view, left, source, depth + 1);
            }
            _ => {}
        }
    }

    /// A join is limited by what limits every way into it (`if (n > MAX) n = MAX;`).
    fn joined(&mut self, view: &View<'_>, value: ValueId, source: Region, depth: u32) {
        if depth > 3 {
            return;
        }
        let values = view.values();
        let value = values.strip(value);
        // Limits of the parts of a sum are not added up: one limited part of a sum is enough.
        let parts: Vec<ValueId> = {
            let mut leaves = Vec::new();
            values.leaves(value, &mut leaves);
            leaves
                .into_iter()
                .filter(|leaf| matches!(values.get(*leaf), Value::Phi { .. }))
                .collect()
        };
        for phi in parts {
            let Value::Phi { block, .. } = values.get(phi) else {
                continue;
            };
            let Some(list) = values.inputs.get(&phi) else {
                continue;
            };
            let mut all: Option<Self> = None;
            for &(from, input) in list {
                if values.strip(input) == phi {
                    continue;
                }
                let mut own = Self {
                    constant: intrinsic(view, input, 0),
                    ..Self::default()
                };
                if values.is_constant(input) && values.constant(input).is_none() {
                    own.named = true;
                }
                own.structure(view, input, source, 0);
                let mut leaves = Vec::new();
                values.leaves(input, &mut leaves);
                if from != super::graph::NONE {
                    for fact in view.facts.on_edge(view.graph, from, block) {
                        if fact.bounds(values, &leaves, Direction::Upper) && view.counts(fact) {
                            own.fact(view, fact, &leaves, source);
                        }
                    }
                } else if let Some(&before) = view
                    .graph
                    .predecessors(block)
                    .iter()
                    .find(|from| !view.graph.is_back_edge(**from, block))
                {
                    for fact in view.facts.on_edge(view.graph, before, block) {
                        if fact.bounds(values, &leaves, Direction::Upper) && view.counts(fact) {
                            own.fact(view, fact, &leaves, source);
                        }
                    }
                }
                own.joined(view, input, source, depth + 1);
                // A constant that fits is a limit of each kind.
                if own.constant.is_some_and(|bound| bound <= 0) {
                    own.input = true;
                }
                all = Some(match all {
                    None => own,
                    Some(before) => before.both(own),
                });
            }
            if let Some(all) = all {
                self.capacity |= all.capacity;
                self.input |= all.input;
                self.named |= all.named;
                if let Some(bound) = all.constant {
                    self.limit(bound);
                }
            }
        }
    }

    fn both(self, other: Self) -> Self {
        let any = |own: &Self| own.capacity || own.named;
        let limited = |own: &Self| any(own) || own.constant.is_some_and(|bound| bound < 1 << 16);
        Self {
            constant: match (self.constant, other.constant) {
                (Some(one), Some(two)) => Some(one.max(two)),
                _ => None,
            },
            capacity: limited(&self) && limited(&other) && (any(&self) || any(&other)),
            input: self.input && other.input,
            named: self.named && other.named,
            input_guard: self.input_guard.or(other.input_guard),
            destination_guard: self.destination_guard.or(other.destination_guard),
        }
    }
}

/// Functions that count the characters of a text up to a limit, their second argument.
fn is_counting_to_limit(name: &str) -> bool {
    matches!(name, "strnlen" | "strnlen_s" | "wcsnlen")
}

/// The limit that a fact sets to a whole sum of several terms (`a - b <= 20` for `a - b`).
fn whole(fact: &Fact, sum: &super::linear::Linear) -> Option<i128> {
    let FactKind::Compare { op, difference, .. } = &fact.kind else {
        return None;
    };
    let sign = match op {
        BinaryOp::Lt | BinaryOp::Le => 1,
        BinaryOp::Gt | BinaryOp::Ge => -1,
        _ => return None,
    };
    if sum.terms.len() < 2
        || sum.terms.len() != difference.terms.len()
        || !sum
            .terms
            .iter()
            .all(|(term, factor)| difference.factor(*term).saturating_mul(sign) == *factor)
    {
        return None;
    }
    let strict = i128::from(matches!(op, BinaryOp::Lt | BinaryOp::Gt));
    let limit = difference.constant.saturating_mul(i128::from(-sign)) - strict;
    limit.checked_add(sum.constant)
}

/// The largest number an expression can give, by its types and masks.
pub(super) fn intrinsic(view: &View<'_>, value: ValueId, depth: u32) -> Option<i128> {
    if depth > 8 {
        return None;
    }
    let values = view.values();
    let by_type = view
        .unit
        .types
        .int(values.ty(value))
        .filter(|(bits, signed)| !*signed && *bits <= 16 || *bits <= 8)
        .and_then(|_| view.unit.types.int_range(values.ty(value)))
        .map(|(_, high)| high);
    let by_shape = match values.get(value) {
        Value::Constant { value, .. } => value,
        Value::Cast { value, .. } => intrinsic(view, value, depth + 1),
        Value::Binary(op, left, right) => {
            let one = intrinsic(view, left, depth + 1);
            let two = intrinsic(view, right, depth + 1);
            match op {
                BinaryOp::And => match (values.constant(left), values.constant(right)) {
                    (Some(mask), _) | (_, Some(mask)) if mask >= 0 => Some(mask),
                    _ => None,
                },
                BinaryOp::Rem => values.constant(right).filter(|by| *by > 0).map(|by| by - 1),
                BinaryOp::Add => one?.checked_add(two?),
                BinaryOp::Mul => one?.checked_mul(two?),
                BinaryOp::Or => Some(one?.max(two?).saturating_mul(2).saturating_add(1)),
                BinaryOp::Shl => {
                    let bits = values
                        .constant(right)
                        .filter(|bits| (0..32).contains(bits))?;
                    one?.checked_mul(1 << bits)
                }
                BinaryOp::Shr => {
                    let bits = values
                        .constant(right)
                        .filter(|bits| (0..32).contains(bits))?;
                    Some(one? >> bits)
                }
                BinaryOp::Div => {
                    let by = values.constant(right).filter(|by| *by > 0)?;
                    Some(one? / by)
                }
                _ => None,
            }
        }
        Value::Min(left, right) => match (
            intrinsic(view, left, depth + 1),
            intrinsic(view, right, depth + 1),
        ) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        },
        Value::Call(_) | Value::Pure { .. } => result_of(view, value),
        _ => None,
    };
    match (by_type, by_shape) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

/// The largest result of a call: of `get_le24(p)`, and of a function of this file that only gives
/// constants.
fn result_of(view: &View<'_>, call: ValueId) -> Option<i128> {
    let callee = match view.values().get(call) {
        Value::Pure { callee, .. } => callee,
        _ => view.values().calls.get(&call)?.0?,
    };
    if let Some((returns, _)) = view.file.returns(callee) {
        let least = *returns.constants.first()?;
        let most = *returns.constants.last()?;
        return (returns.is_complete && least >= 0).then_some(i128::from(most));
    }
    if !view.lexicon.is(Some(callee), super::tables::flag::DECODER) {
        return None;
    }
    let name = view.name(callee);
    [("24", 24), ("16", 16)]
        .into_iter()
        .find(|(digits, _)| name.contains(digits))
        .filter(|_| !["32", "48", "64"].iter().any(|wide| name.contains(wide)))
        .map(|(_, bits)| (1 << bits) - 1)
}

/// Whether a number says how many bytes there are where a copy reads, or are left there.
fn is_received(view: &View<'_>, other: ValueId, source: Region) -> bool {
    let values = view.values();
    if let Value::Difference(end, start) = values.get(values.strip(other)) {
        let is_read = |side: ValueId| view.region(side) == source && view.is_received(source);
        return is_read(end) || is_read(start);
    }
    view.is_length_of(other, source) && !view.is_capacity_of_other(other, source)
}

fn is_received_or_room(view: &View<'_>, other: ValueId, source: Region) -> bool {
    matches!(view.values().get(other), Value::Constant { .. })
        || view.is_capacity(other)
        || is_received(view, other, source)
}
