//! The matches of a query that concern one function, and where they stand in its IR.

use std::collections::BTreeMap;

use super::{Carry, Match, Query};
use crate::finding::Span;
use crate::flow::ir::{
    Base, Function, Operand, Place, Projection, Rvalue, StatementKind, Terminator, Unit,
};

/// The matches inside of a function (sources and sanitizers around it too), by index in the query.
#[derive(Debug)]
pub(super) struct Matches<'q> {
    pub(super) sources: Vec<(u32, &'q Match)>,
    pub(super) sinks: Vec<(usize, &'q Match)>,
    pub(super) sanitizers: Vec<&'q Match>,
    pub(super) carries: Vec<&'q Carry>,
    /// Sources that are no operand of their own (literals, names of constants), by block and
    /// statement that they are used in.
    pub(super) loose: BTreeMap<(usize, usize), Vec<(u32, &'q Match)>>,
}

/// Whether a match speaks of what stands at `span`.
pub(super) fn covers(of: &Match, span: Span) -> bool {
    if of.exact {
        of.span == span
    } else {
        of.span.contains(span)
    }
}

fn touches(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

impl<'q> Matches<'q> {
    /// `None` where nothing can be found in the function.
    pub(super) fn new(
        unit: &Unit,
        function: &Function,
        text: &[u8],
        query: &'q Query,
    ) -> Option<Self> {
        let here = |of: &Match| touches(of.span, function.span);
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let sources: Vec<(u32, &Match)> = query
            .sources
            .iter()
            .enumerate()
            .filter(|(_, of)| here(of))
            .map(|(index, of)| (number(index), of))
            .collect();
        let sinks: Vec<(usize, &Match)> = query
            .sinks
            .iter()
            .enumerate()
            .filter(|(_, of)| here(of))
            .collect();
        if sources.is_empty() || sinks.is_empty() {
            return None;
        }
        let mut matches = Self {
            sources,
            sinks,
            sanitizers: query.sanitizers.iter().filter(|of| here(of)).collect(),
            carries: query
                .propagators
                .iter()
                .filter(|carry| touches(carry.from, function.span))
                .collect(),
            loose: BTreeMap::new(),
        };
        matches.find_loose(unit, function, text);
        Some(matches)
    }

    /// Matches that stand inside of a place and name what is around it: the `p` of `p->len`.
    pub(super) fn names_inside(&self, span: Span) -> bool {
        let is_inside = |of: Span| of != span && span.contains(of);
        self.sources.iter().any(|(_, of)| is_inside(of.span))
            || self.sinks.iter().any(|(_, of)| is_inside(of.span))
            || self.sanitizers.iter().any(|of| is_inside(of.span))
    }

    fn find_loose(&mut self, unit: &Unit, function: &Function, text: &[u8]) {
        let mut spans = Vec::new();
        for &parameter in &function.parameters {
            spans.extend(function.local(parameter).map(|local| (local.span, None)));
        }
        let mut statements = Vec::new();
        for (block_index, block) in function.blocks.iter().enumerate() {
            for (index, statement) in block.statements.iter().enumerate() {
                statements.push((statement.span, (block_index, index)));
                spans.push((statement.span, None));
                each_place(&statement.kind, &mut |place| {
                    spans.push((place.span, Some(place.clone())))
                });
            }
            if let Some(Operand::Copy(place)) = last_operand(&block.terminator) {
                spans.push((place.span, Some(place.clone())));
            }
        }
        for (number, source) in &self.sources {
            let is_seen = spans.iter().any(|(span, place)| {
                covers(source, *span)
                    || place.as_ref().is_some_and(|place| {
                        place.span.contains(source.span)
                            && prefix_named(unit, function, place, source.span.of(text)).is_some()
                    })
                    // A parameter's declarator.
                    || place.is_none()
                        && function.parameters.iter().any(|&parameter| {
                            function
                                .local(parameter)
                                .is_some_and(|local| local.span.contains(source.span))
                        })
            });
            if is_seen {
                continue;
            }
            let around = statements
                .iter()
                .filter(|(span, _)| span.contains(source.span))
                .min_by_key(|(span, at)| (span.end - span.start, *at));
            if let Some((_, at)) = around {
                self.loose.entry(*at).or_default().push((*number, *source));
            }
        }
    }
}

/// The operand that decides where a block goes on.
pub(super) fn last_operand(terminator: &Terminator) -> Option<&Operand> {
    match terminator {
        Terminator::Branch { condition, .. } => Some(condition),
        Terminator::Switch { value, .. } => Some(value),
        Terminator::Return(value) => value.as_ref(),
        Terminator::Goto(_) | Terminator::Unreachable => None,
    }
}

/// The operands of an assigned value, and the place it is taken of, if any.
pub(super) fn operands(value: &Rvalue) -> (Vec<&Operand>, Option<&Place>) {
    match value {
        Rvalue::Use(one) | Rvalue::Unary(_, one) | Rvalue::Cast { value: one, .. } => {
            (vec![one], None)
        }
        Rvalue::Binary(_, one, two) | Rvalue::PointerSub(one, two) => (vec![one, two], None),
        Rvalue::PointerAdd { pointer, count, .. } => (vec![pointer, count], None),
        Rvalue::AddressOf(place) | Rvalue::Len(place) | Rvalue::Discriminant(place) => {
            (Vec::new(), Some(place))
        }
        Rvalue::Aggregate(parts) => (parts.iter().map(|(_, part)| part).collect(), None),
    }
}

/// Calls `see` for every place that a statement reads or writes, indices included.
fn each_place(kind: &StatementKind, see: &mut dyn FnMut(&Place)) {
    let mut of_operand = |operand: &Operand| {
        if let Operand::Copy(place) = operand {
            with_indices(place, see);
        }
    };
    match kind {
        StatementKind::Assign { target, value } => {
            let (read, place) = operands(value);
            read.into_iter().for_each(&mut of_operand);
            for place in place.into_iter().chain([target]) {
                with_indices(place, see);
            }
        }
        StatementKind::Call {
            callee,
            arguments,
            target,
            ..
        } => {
            if let crate::flow::ir::Callee::Pointer(pointer) = callee {
                of_operand(pointer);
            }
            arguments.iter().for_each(&mut of_operand);
            if let Some(target) = target {
                with_indices(target, see);
            }
        }
        StatementKind::Assert { condition, .. } => of_operand(condition),
        StatementKind::Enter(_) | StatementKind::Leave(_) | StatementKind::Clobber(_) => {}
    }
}

fn with_indices(place: &Place, see: &mut dyn FnMut(&Place)) {
    see(place);
    for part in &place.path {
        if let Projection::Index(Operand::Copy(index)) = part {
            see(index);
        }
    }
}

/// How many steps of a place the text names: `p` in `p->len[2]` is none, `p->len` the first two.
pub(super) fn prefix_named(
    unit: &Unit,
    function: &Function,
    place: &Place,
    text: &[u8],
) -> Option<usize> {
    let name = |symbol| unit.names.text(symbol).as_bytes();
    let base = match place.base {
        Base::Local(id) => function.local(id).map(|local| name(local.name)),
        Base::Global(id) => unit.global(id).map(|global| name(global.name)),
    }?;
    if !base.is_empty() && text == base {
        return Some(0);
    }
    let ends = |word: &[u8]| {
        text.strip_suffix(word).is_some_and(|before| {
            !word.is_empty() && (before.ends_with(b".") || before.ends_with(b"->"))
        })
    };
    place
        .path
        .iter()
        .enumerate()
        .rev()
        .find(|(_, part)| match part {
            Projection::Field(field) => ends(name(*field)),
            Projection::Index(_) => text.ends_with(b"]"),
            Projection::Deref => false,
        })
        .map(|(index, _)| index + 1)
        .filter(|&steps| steps < place.path.len())
}
