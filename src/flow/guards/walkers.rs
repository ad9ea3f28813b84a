//! Loops that step through received bytes by a length they read there.

use super::facts::{Direction, Fact, FactKind};
use super::graph::Loop;
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use super::walk_ends::{KEPT, exact_end, harm, late_start};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports `tlv-walk-unchecked`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let has_checked = has_checked(view);
    for found in &view.graph.loops {
        walk(view, found, has_checked, out);
    }
}

/// A function that walks once to check, and then to use, has checked.
pub(super) fn has_checked(view: &View<'_>) -> bool {
    view.graph.loops.iter().any(|found| {
        steps(view, found).iter().any(|step| {
            step.terms.iter().all(|term| view.is_sent(*term)) && step_is_checked(view, found, step)
        })
    })
}

pub(super) struct Step {
    pub cursor: ValueId,
    /// The block whose end goes round with it.
    pub from: u32,
    /// What is added, without numbers.
    pub terms: Vec<ValueId>,
    pub is_down: bool,
    pub constant: i128,
    pub new: ValueId,
}

fn walk(view: &View<'_>, found: &Loop, has_checked: bool, out: &mut Vec<Defect>) {
    let values = view.values();
    let mut steps = steps(view, found);
    // What counts down goes first: it says best what is wrong.
    steps.sort_by_key(|step| (!step.is_down, step.cursor));
    for step in &steps {
        if has_checked
            || !step.terms.iter().all(|term| view.is_sent(*term))
            || step_is_checked(view, found, step)
            || super::walk_steps::is_worked_out(view, step)
            || !decides(view, found, step)
        {
            continue;
        }
        let Some(reason) = harm(view, found, step) else {
            continue;
        };
        let at = span_of_step(view, step);
        let text = view.words(step.terms.first().map_or(at, |term| values.span(*term)));
        // The place to repair: where the length leaves the walk, or where the walk uses it.
        let (span, other) = if reason.1 == KEPT {
            (reason.0, note(at, "the walk goes on by it"))
        } else {
            (at, note(reason.0, reason.1))
        };
        let buffer = step
            .terms
            .first()
            .and_then(|term| match values.get(*term) {
                Value::Load { location, .. } => object_name(view, location),
                _ => None,
            })
            .unwrap_or_else(|| "the data".to_owned());
        out.push(view.defect(
            "tlv-walk-unchecked",
            span,
            vec![("$BUF", buffer), ("$STEP", text.clone())],
            step.terms.first().copied(),
            vec![other],
            format!("the walk advances by `{text}`; nothing compares it with what is left"),
        ));
        return;
    }
    for step in &steps {
        if let Some(defect) = zero_step(view, found, step) {
            out.push(defect);
            return;
        }
    }
    for step in &steps {
        if let Some(span) = exact_end(view, found, step).or_else(|| late_start(view, found, step)) {
            let text = step
                .terms
                .first()
                .map_or_else(String::new, |term| view.words(values.span(*term)));
            let buffer = object_name(view, step.cursor).unwrap_or_else(|| "the data".to_owned());
            out.push(
                view.defect(
                    "tlv-walk-unchecked",
                    span,
                    vec![("$BUF", buffer), ("$STEP", text.clone())],
                    None,
                    vec![note(
                        span_of_step(view, step),
                        format!("the walk advances by `{text}`"),
                    )],
                    "the loop ends only if the walk meets the end exactly; a step over it goes on"
                        .to_owned(),
                ),
            );
            return;
        }
    }
}

/// A step that may be 0: the walk then stays where it is for ever.
fn zero_step(view: &View<'_>, found: &Loop, step: &Step) -> Option<Defect> {
    let values = view.values();
    if step.constant != 0 || step.terms.len() != 1 {
        return None;
    }
    let term = *step.terms.first()?;
    // A function's result may have the header's size in it.
    let is_read = match values.get(values.strip(term)) {
        Value::Load { .. } => true,
        Value::Pure { callee, .. } => {
            view.lexicon.flags(callee) & super::tables::flag::DECODER != 0
        }
        _ => false,
    };
    if !view.is_sent(term) || !is_read {
        return None;
    }
    let mut leaves = Vec::new();
    values.leaves(term, &mut leaves);
    let is_limited = view
        .facts
        .at(view.graph, step.from, u32::MAX)
        .any(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                found.contains(fact.block)
                    && difference
                        .terms
                        .iter()
                        .any(|(own, _)| super::facts::mentions(values, *own, &leaves))
                    && (fact.bounds(values, &leaves, Direction::Lower)
                        || matches!(op, BinaryOp::Ne))
            }
            FactKind::Asked { .. } => {
                view.counts(fact) && fact.bounds(values, &leaves, Direction::Lower)
            }
        });
    if is_limited || !decides(view, found, step) {
        return None;
    }
    let span = span_of_step(view, step);
    let text = view.words(values.span(term));
    Some(view.defect(
        "tlv-zero-advance",
        span,
        vec![("$STEP", text.clone())],
        Some(term),
        Vec::new(),
        format!("`{text}` may be 0, and the loop then never ends"),
    ))
}

/// What the loop adds to its variables by values that are no numbers.
pub(super) fn steps(view: &View<'_>, found: &Loop) -> Vec<Step> {
    let values = view.values();
    let mut phis: Vec<ValueId> = values
        .inputs
        .keys()
        .copied()
        .filter(|phi| matches!(values.get(*phi), Value::Phi { block, .. } if block == found.head))
        .collect();
    phis.sort_unstable();
    let mut out: Vec<Step> = Vec::new();
    for phi in phis {
        // Joins inside the loop (`continue`, arms) are looked through.
        let mut stack: Vec<(u32, ValueId)> = values
            .inputs
            .get(&phi)
            .into_iter()
            .flatten()
            .copied()
            .filter(|(from, _)| found.contains(*from))
            .collect();
        let mut seen: Vec<ValueId> = vec![phi];
        while let Some((from, input)) = stack.pop() {
            if seen.contains(&input) || seen.len() > 24 {
                continue;
            }
            seen.push(input);
            let linear = Linear::of(values, input);
            if linear.factor(phi) != 1 {
                for (term, _) in &linear.terms {
                    if let Some(list) = values.inputs.get(term)
                        && linear.factor(*term) == 1
                    {
                        stack.extend(
                            list.iter()
                                .copied()
                                .filter(|(from, _)| found.contains(*from)),
                        );
                    }
                }
                // `cursor = join + n`: the join is the cursor on one of its ways.
                let joins: Vec<ValueId> = linear
                    .terms
                    .iter()
                    .filter(|(term, factor)| *factor == 1 && is_cursor_join(view, *term, phi, 0))
                    .map(|(term, _)| *term)
                    .collect();
                if let [join] = joins.as_slice() {
                    push_step(&mut out, phi, from, &linear, *join, input);
                }
                continue;
            }
            push_step(&mut out, phi, from, &linear, phi, input);
        }
    }
    out
}

fn is_cursor_join(view: &View<'_>, term: ValueId, phi: ValueId, depth: u32) -> bool {
    let values = view.values();
    if depth > 3 {
        return false;
    }
    if let Some(&before) = values.before.get(&term) {
        return before == phi
            || Linear::of(values, before).factor(phi) == 1
            || is_cursor_join(view, before, phi, depth + 1);
    }
    values.inputs.get(&term).is_some_and(|list| {
        list.iter().any(|(_, input)| {
            *input == phi
                || Linear::of(values, *input).factor(phi) == 1
                || *input != term && is_cursor_join(view, *input, phi, depth + 1)
        })
    })
}

fn push_step(
    out: &mut Vec<Step>,
    cursor: ValueId,
    from: u32,
    linear: &Linear,
    base: ValueId,
    new: ValueId,
) {
    let rest: Vec<(ValueId, i64)> = linear
        .terms
        .iter()
        .copied()
        .filter(|(term, _)| *term != base)
        .collect();
    if rest.is_empty() {
        return;
    }
    out.push(Step {
        cursor,
        from,
        is_down: rest.iter().all(|(_, factor)| *factor < 0),
        terms: rest.into_iter().map(|(term, _)| term).collect(),
        constant: linear.constant,
        new,
    });
}

/// Whether the cursor decides how long the loop runs, or is what it reads through.
fn decides(view: &View<'_>, found: &Loop, step: &Step) -> bool {
    view.facts.list.iter().chain(&view.facts.edges).any(|fact| {
        found.contains(fact.block)
            && matches!(&fact.kind, FactKind::Compare { difference, .. } if difference.factor(step.cursor) != 0)
    }) || view.is_pointer(step.cursor)
}

/// Where the cursor is advanced.
fn span_of_step(view: &View<'_>, step: &Step) -> Span {
    view.numbered
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.kind {
            EventKind::Assign { value, .. } | EventKind::Write { value, .. }
                if view.values().strip(*value) == view.values().strip(step.new) =>
            {
                Some(event.span)
            }
            _ => None,
        })
        .unwrap_or_else(|| view.values().span(step.new))
}

/// Whether the step was compared with what is left (or with anything that is no constant).
fn step_is_checked(view: &View<'_>, found: &Loop, step: &Step) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    for term in &step.terms {
        values.leaves(*term, &mut leaves);
    }
    super::walk_steps::add_same_places(view, found, &mut leaves);
    let is_check = |fact: &Fact| match &fact.kind {
        FactKind::Compare { .. } => {
            fact.bounds(values, &leaves, Direction::Upper)
                && fact
                    .others(values, &leaves)
                    .any(|other| !values.is_constant(other))
        }
        FactKind::Asked { .. } => {
            view.counts(fact) && fact.bounds(values, &leaves, Direction::Upper)
        }
    };
    // Before the step, or behind it and before the next round: `p += n; if (p > end) return`.
    view.facts
        .at(view.graph, step.from, u32::MAX)
        .chain(
            found
                .tails
                .iter()
                .flat_map(|tail| view.facts.at(view.graph, *tail, u32::MAX)),
        )
        .filter(|fact| found.contains(fact.block))
        .any(is_check)
        || step
            .terms
            .iter()
            .any(|term| matches!(values.get(values.strip(*term)), Value::Min(..)))
        || checked_behind(view, found, step)
        || step.is_down && wrap_is_tested(view, found, step)
}

/// `if (left > total) return;` in the loop: that what is left became huge is seen.
fn wrap_is_tested(view: &View<'_>, found: &Loop, step: &Step) -> bool {
    view.facts.list.iter().chain(&view.facts.edges).any(|fact| {
        found.contains(fact.block)
            && match &fact.kind {
                FactKind::Compare { op, difference, .. } => {
                    let factor = difference.factor(step.cursor);
                    difference.terms.len() > 1
                        && match op {
                            BinaryOp::Gt | BinaryOp::Ge => factor < 0,
                            BinaryOp::Lt | BinaryOp::Le => factor > 0,
                            _ => false,
                        }
                }
                FactKind::Asked { .. } => false,
            }
    })
}

/// A test of the new cursor inside the loop, other than the loop's own.
fn checked_behind(view: &View<'_>, found: &Loop, step: &Step) -> bool {
    let values = view.values();
    let new = Linear::of(values, step.new);
    view.facts.list.iter().chain(&view.facts.edges).any(|fact| {
        found.contains(fact.block)
            && match &fact.kind {
                FactKind::Compare { op, difference, .. } => {
                    matches!(
                        op,
                        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                    ) && difference.terms.len() > 1
                        && step.terms.iter().all(|term| difference.factor(*term) != 0)
                        && new
                            .terms
                            .iter()
                            .all(|(term, _)| difference.factor(*term) != 0)
                }
                FactKind::Asked { .. } => false,
            }
    })
}
