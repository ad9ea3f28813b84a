//! What is known where: comparisons that every way to a point has passed.

use super::graph::{Graph, NONE};
use super::lexicon::Lexicon;
use super::linear::Linear;
use super::numbering::{EventKind, Numbered};
use super::tables::flag;
use super::values::{Value, ValueId, Values};
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, BlockId, Function, Terminator, UnaryOp};

/// Something that is true from a point on.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// First block it holds in; with `edge_from`, only on the way from there.
    pub block: u32,
    /// Where the block has other ways in: the one it holds on.
    pub edge_from: Option<u32>,
    /// First event of `block` it holds at (calls that make sure of something).
    pub after: u32,
    /// What is true.
    pub kind: FactKind,
    /// The comparison as written.
    pub span: Span,
}

/// What is true.
#[derive(Debug, Clone)]
pub(super) enum FactKind {
    /// `left op right`.
    Compare {
        /// Comparison.
        op: BinaryOp,
        /// Left side.
        left: ValueId,
        /// Right side.
        right: ValueId,
        /// `left - right`.
        difference: Linear,
    },
    /// A call with that event was asked and answered as the author wants it.
    Asked {
        /// The call's result.
        call: ValueId,
    },
}

/// The facts of a function.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Facts that dominate, in the order of the graph.
    pub list: Vec<Fact>,
    /// Facts that hold on one of several ways into a block.
    pub edges: Vec<Fact>,
    /// What asserts claim: no guards.
    pub claims: Vec<Fact>,
}

/// Which way a comparison bounds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From above.
    Upper,
    /// From below.
    Lower,
}

impl Facts {
    /// Collects the facts of a function.
    pub(super) fn new(
        function: &Function,
        graph: &Graph,
        numbered: &Numbered,
        lexicon: &Lexicon,
    ) -> Self {
        let mut this = Self::default();
        let values = &numbered.values;
        for &block in &graph.order {
            let Some(body) = function.block(BlockId(block)) else {
                continue;
            };
            let condition = numbered.conditions.get(block as usize).copied().flatten();
            let Some(condition) = condition else { continue };
            match &body.terminator {
                Terminator::Branch {
                    then, otherwise, ..
                } if then != otherwise => {
                    this.branch(values, graph, block, then.0, condition, true, body.span);
                    this.branch(
                        values,
                        graph,
                        block,
                        otherwise.0,
                        condition,
                        false,
                        body.span,
                    );
                }
                Terminator::Switch {
                    cases, otherwise, ..
                } => {
                    for (low, high, to) in cases {
                        let twice = cases.iter().filter(|(_, _, other)| other == to).count() > 1
                            || otherwise == to;
                        if !twice {
                            this.arm(
                                values,
                                graph,
                                block,
                                to.0,
                                condition,
                                (*low, *high),
                                body.span,
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        this.joined_conditions(function, graph, numbered);
        for (index, event) in numbered.events.iter().enumerate() {
            match &event.kind {
                EventKind::Assert { condition } => {
                    let joined = this.behind_join(graph, values, *condition, true);
                    for kind in joined {
                        this.claims.push(Fact {
                            block: event.block,
                            edge_from: None,
                            after: index as u32,
                            kind,
                            span: event.span,
                        });
                    }
                    let mut found = Vec::new();
                    decompose(values, *condition, true, &mut found, 0);
                    for kind in found {
                        this.claims.push(Fact {
                            block: event.block,
                            edge_from: None,
                            after: index as u32,
                            kind,
                            span: event.span,
                        });
                    }
                }
                EventKind::Call {
                    callee, arguments, ..
                } if lexicon.flags_or_zero(*callee) & flag::LOG == 0 => {
                    // A macro that takes a comparison and leaves when it fails.
                    for &argument in arguments {
                        if is_comparison(values, argument) {
                            let mut found = Vec::new();
                            decompose(values, argument, true, &mut found, 0);
                            for kind in found {
                                this.list.push(Fact {
                                    block: event.block,
                                    edge_from: None,
                                    after: index as u32,
                                    kind,
                                    span: event.span,
                                });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        this
    }

    /// `ok = a < b && c < d; if (ok)`: what holds where `ok` became true.
    fn joined_conditions(&mut self, function: &Function, graph: &Graph, numbered: &Numbered) {
        let values = &numbered.values;
        for &block in &graph.order {
            let Some(body) = function.block(BlockId(block)) else {
                continue;
            };
            let Terminator::Branch {
                then, otherwise, ..
            } = &body.terminator
            else {
                continue;
            };
            let Some(condition) = numbered.conditions.get(block as usize).copied().flatten() else {
                continue;
            };
            for (to, truth) in [(then.0, true), (otherwise.0, false)] {
                if then == otherwise || graph.predecessors(to) != [block] {
                    continue;
                }
                let found = self.behind_join(graph, values, condition, truth);
                self.push(graph, block, to, found, body.span);
            }
        }
    }

    /// Facts of the only way on which a joined condition has that truth.
    fn behind_join(
        &self,
        graph: &Graph,
        values: &Values,
        condition: ValueId,
        truth: bool,
    ) -> Vec<FactKind> {
        let mut condition = values.strip(condition);
        let mut truth = truth;
        loop {
            match values.get(condition) {
                Value::Unary(UnaryOp::Not, inner) => {
                    condition = values.strip(inner);
                    truth = !truth;
                }
                Value::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), left, right)
                    if values.constant(right) == Some(0)
                        && matches!(values.get(values.strip(left)), Value::Phi { .. }) =>
                {
                    condition = values.strip(left);
                    truth = (op == BinaryOp::Ne) == truth;
                }
                _ => break,
            }
        }
        let Value::Phi { block, .. } = values.get(condition) else {
            return Vec::new();
        };
        let Some(list) = values.inputs.get(&condition) else {
            return Vec::new();
        };
        let mut ways = list.iter().filter(|(_, input)| {
            values
                .constant(*input)
                .is_none_or(|number| (number != 0) == truth)
        });
        let (Some(&(from, input)), None) = (ways.next(), ways.next()) else {
            return Vec::new();
        };
        if from == NONE || graph.dominates(block, from) {
            return Vec::new();
        }
        let mut out: Vec<FactKind> = self
            .on_edge(graph, from, block)
            .filter(|fact| !graph.dominates(fact.block, block))
            .map(|fact| fact.kind.clone())
            .collect();
        if values.constant(input).is_none() {
            decompose(values, input, truth, &mut out, 0);
        }
        out
    }

    #[expect(clippy::too_many_arguments, reason = "one edge of the graph")]
    fn branch(
        &mut self,
        values: &Values,
        graph: &Graph,
        from: u32,
        to: u32,
        condition: ValueId,
        truth: bool,
        span: Span,
    ) {
        let mut found = Vec::new();
        decompose(values, condition, truth, &mut found, 0);
        self.push(graph, from, to, found, span);
    }

    #[expect(clippy::too_many_arguments, reason = "one edge of the graph")]
    fn arm(
        &mut self,
        values: &Values,
        graph: &Graph,
        from: u32,
        to: u32,
        value: ValueId,
        range: (i128, i128),
        span: Span,
    ) {
        let mut found = Vec::new();
        let own = Linear::of(values, value);
        for (op, bound) in [(BinaryOp::Ge, range.0), (BinaryOp::Le, range.1)] {
            let mut difference = own.clone();
            difference.constant = difference.constant.saturating_sub(bound);
            found.push(FactKind::Compare {
                op,
                left: value,
                right: value,
                difference,
            });
        }
        self.push(graph, from, to, found, span);
    }

    fn push(&mut self, graph: &Graph, from: u32, to: u32, found: Vec<FactKind>, span: Span) {
        // A loop is entered by this way alone, where the others come from within it.
        let is_entry = |other: u32| other == from || graph.is_back_edge(other, to);
        let others = graph.predecessors(to);
        let only = !graph.is_back_edge(from, to) && others.iter().all(|other| is_entry(*other))
            || others == [from];
        for kind in found {
            let fact = Fact {
                block: to,
                edge_from: (!only).then_some(from),
                after: 0,
                kind,
                span,
            };
            if only {
                self.list.push(fact);
            } else {
                self.edges.push(fact);
            }
        }
    }

    /// Facts that hold at an event of a block.
    pub(super) fn at<'f>(
        &'f self,
        graph: &'f Graph,
        block: u32,
        event: u32,
    ) -> impl Iterator<Item = &'f Fact> {
        self.list.iter().filter(move |fact| {
            if fact.block == block {
                fact.after <= event
            } else {
                graph.dominates(fact.block, block)
            }
        })
    }

    /// Facts that hold on the way from one block into the next.
    pub(super) fn on_edge<'f>(
        &'f self,
        graph: &'f Graph,
        from: u32,
        to: u32,
    ) -> impl Iterator<Item = &'f Fact> {
        self.at(graph, from, NONE).chain(
            self.edges
                .iter()
                .filter(move |fact| fact.block == to && fact.edge_from == Some(from)),
        )
    }
}

impl Fact {
    /// Whether the fact bounds the value or what it was computed from, in that direction.
    pub(super) fn bounds(&self, values: &Values, leaves: &[ValueId], direction: Direction) -> bool {
        match &self.kind {
            FactKind::Compare { op, difference, .. } => {
                difference.terms.iter().any(|(term, factor)| {
                    leads(*op, *factor, direction) && mentions(values, *term, leaves)
                })
            }
            FactKind::Asked { call } => mentions_call(values, *call, leaves),
        }
    }

    /// The terms on the other side of a bound: what the value is compared with.
    pub(super) fn others<'f>(
        &'f self,
        values: &'f Values,
        leaves: &'f [ValueId],
    ) -> impl Iterator<Item = ValueId> + 'f {
        let terms = match &self.kind {
            FactKind::Compare { difference, .. } => difference.terms.as_slice(),
            FactKind::Asked { .. } => &[],
        };
        terms
            .iter()
            .map(|(term, _)| *term)
            .filter(move |term| !mentions(values, *term, leaves))
    }
}

/// Whether `factor · term + … op 0` bounds the term in that direction.
fn leads(op: BinaryOp, factor: i64, direction: Direction) -> bool {
    match op {
        BinaryOp::Lt | BinaryOp::Le => (factor > 0) == (direction == Direction::Upper),
        BinaryOp::Gt | BinaryOp::Ge => (factor > 0) == (direction == Direction::Lower),
        BinaryOp::Eq => true,
        _ => false,
    }
}

/// Whether a term was computed from one of the leaves.
pub(super) fn mentions(values: &Values, term: ValueId, leaves: &[ValueId]) -> bool {
    if leaves.contains(&term) {
        return true;
    }
    let mut own = Vec::new();
    values.leaves(term, &mut own);
    own.iter().any(|leaf| leaves.contains(leaf))
}

fn mentions_call(values: &Values, call: ValueId, leaves: &[ValueId]) -> bool {
    values.calls.get(&call).is_some_and(|(_, arguments)| {
        arguments
            .iter()
            .any(|argument| mentions(values, *argument, leaves))
    })
}

fn is_comparison(values: &Values, id: ValueId) -> bool {
    match values.get(id) {
        Value::Binary(op, ..) => matches!(
            op,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
        ),
        Value::Unary(UnaryOp::Not, inner) | Value::Cast { value: inner, .. } => {
            is_comparison(values, inner)
        }
        _ => false,
    }
}

/// What the truth of a condition says.
pub(super) fn decompose(
    values: &Values,
    condition: ValueId,
    truth: bool,
    out: &mut Vec<FactKind>,
    depth: u32,
) {
    if depth > 12 {
        return;
    }
    match values.get(condition) {
        Value::Binary(op, left, right) if op.is_comparison() => {
            let Some(op) = (if truth { Some(op) } else { op.negated() }) else {
                return;
            };
            // `(a < b) != 0`
            if matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && let Some(number) = values.constant(right)
                && (number == 0 || number == 1)
                && is_truth_value(values, left)
            {
                decompose(
                    values,
                    left,
                    (op == BinaryOp::Ne) == (number == 0),
                    out,
                    depth + 1,
                );
                return;
            }
            if matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && let Value::Pure { .. } | Value::Call(_) = values.get(values.strip(left))
            {
                out.push(FactKind::Asked {
                    call: values.strip(left),
                });
            }
            out.push(FactKind::Compare {
                op,
                left,
                right,
                difference: Linear::difference(values, left, right),
            });
        }
        Value::Unary(UnaryOp::Not, inner) => {
            decompose(values, inner, !truth, out, depth + 1);
        }
        Value::Cast { value, .. } => decompose(values, value, truth, out, depth + 1),
        Value::Binary(BinaryOp::And, left, right)
            if truth && is_truth_value(values, left) && is_truth_value(values, right) =>
        {
            decompose(values, left, true, out, depth + 1);
            decompose(values, right, true, out, depth + 1);
        }
        Value::Binary(BinaryOp::Or, left, right)
            if !truth && is_truth_value(values, left) && is_truth_value(values, right) =>
        {
            decompose(values, left, false, out, depth + 1);
            decompose(values, right, false, out, depth + 1);
        }
        Value::Call(_) | Value::Pure { .. } => {
            out.push(FactKind::Asked { call: condition });
            out.push(FactKind::Compare {
                op: if truth { BinaryOp::Ne } else { BinaryOp::Eq },
                left: condition,
                right: condition,
                difference: Linear::of(values, condition),
            });
        }
        Value::Constant { .. } => {}
        _ => out.push(FactKind::Compare {
            op: if truth { BinaryOp::Ne } else { BinaryOp::Eq },
            left: condition,
            right: condition,
            difference: Linear::of(values, condition),
        }),
    }
}

fn is_truth_value(values: &Values, id: ValueId) -> bool {
    match values.get(id) {
        Value::Binary(op, ..) => op.is_comparison(),
        Value::Unary(UnaryOp::Not, _) => true,
        Value::Cast { value, .. } => is_truth_value(values, value),
        _ => false,
    }
}
