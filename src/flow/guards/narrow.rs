//! Numbers kept in variables that are too narrow for them.

use super::bound::{Upper, intrinsic};
use super::facts::FactKind;
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::{Region, View};
use super::story::note;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, LocalId};

/// Reports `narrow-length-variable`, `narrow-remainder` and `counter-wraps`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        if let EventKind::Assign { local, value } = &event.kind {
            narrowed(view, event, index as u32, *local, *value, out);
        }
    }
    counters(view, out);
    growth(view, out);
}

/// A length put into a variable of fewer bits.
fn narrowed(
    view: &View<'_>,
    event: &super::numbering::Event,
    index: u32,
    local: LocalId,
    value: ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let types = &view.unit.types;
    let Value::Cast { value: wide, to } = values.get(value) else {
        return;
    };
    let Some((bits @ 2..=16, false)) = types.int(to) else {
        return;
    };
    let Some((_, most)) = types.int_range(to) else {
        return;
    };
    let wide = values.strip(wide);
    let is_count = match values.get(wide) {
        // A remainder of a wider number by something that is no number.
        Value::Binary(BinaryOp::Rem, left, right) => {
            !values.is_constant(right)
                && intrinsic(view, right, 0).is_none_or(|by| by > most.saturating_add(1))
                && is_wider(view, left, bits)
        }
        Value::Parameter(at) => {
            view.pairs.iter().any(|pair| pair.length == at) && is_wider(view, wide, bits)
        }
        Value::Pure { callee, .. } => bits <= 8 && view.name(callee) == "strlen",
        _ => false,
    };
    if !is_count || intrinsic(view, wide, 0).is_some_and(|largest| largest <= most) {
        return;
    }
    let upper = Upper::new(view, wide, event.block, index, Region::Other);
    if upper.named || upper.capacity || upper.constant.is_some_and(|bound| bound <= most) {
        return;
    }
    if is_of_short_array(view, wide, most) {
        return;
    }
    // A cast that the author wrote, and a later comparison of both, is a test.
    let Some(info) = view.function.local(local) else {
        return;
    };
    let name = view.name(info.name).to_owned();
    let is_compared = view.numbered.events.iter().any(|other| match &other.kind {
        EventKind::Compute {
            value: compared, ..
        } => match values.get(*compared) {
            Value::Binary(op, left, right) if op.is_comparison() => {
                let (left, right) = (values.strip(left), values.strip(right));
                left == wide && right == wide
            }
            _ => false,
        },
        _ => false,
    });
    if name.is_empty() || is_compared {
        return;
    }
    // Both operands of a remainder are known to be wider: only a test could make it fit.
    let is_remainder = matches!(values.get(wide), Value::Binary(BinaryOp::Rem, ..));
    out.push(view.defect(
        if is_remainder {
            "narrow-remainder"
        } else {
            "narrow-length-variable"
        },
        event.span,
        vec![
            ("$NARROW", name.clone()),
            ("$WIDE", view.words(values.span(wide))),
            ("$BITS", bits.to_string()),
        ],
        Some(wide),
        Vec::new(),
        format!("`{name}` has {bits} bits; what does not fit is cut off without a test"),
    ));
}

/// `strlen(names[i])` where the array has no room for more.
fn is_of_short_array(view: &View<'_>, wide: ValueId, most: i128) -> bool {
    let values = view.values();
    match values.get(wide) {
        Value::Pure {
            first: Some(first), ..
        } => match view.region(first) {
            Region::Fixed(Some(size)) => {
                // Of an array of arrays the inner one counts; the whole is larger still.
                i128::from(size) <= most.saturating_add(1)
            }
            _ => false,
        },
        // A remainder by a sum of two narrow numbers.
        Value::Binary(BinaryOp::Rem, _, by) => {
            let mut leaves = Vec::new();
            values.leaves(by, &mut leaves);
            !leaves.is_empty()
                && leaves
                    .iter()
                    .all(|leaf| intrinsic(view, *leaf, 0).is_some_and(|one| one <= most))
                && matches!(
                    values.get(values.strip(by)),
                    Value::Binary(BinaryOp::Add, ..)
                )
        }
        _ => false,
    }
}

fn is_wider(view: &View<'_>, value: ValueId, bits: u8) -> bool {
    view.unit
        .types
        .int(view.values().ty(value))
        .is_some_and(|(own, _)| own > bits)
}

/// What a block's end asks.
fn condition_at(view: &View<'_>, block: u32) -> Option<ValueId> {
    let conditions = &view.numbered.conditions;
    conditions.get(block as usize).copied().flatten()
}

/// A counter of few bits in a loop that ends at a terminator in memory.
fn counters(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    for found in &view.graph.loops {
        let Some(condition) = condition_at(view, found.head) else {
            continue;
        };
        let mut kinds = Vec::new();
        super::facts::decompose(values, condition, true, &mut kinds, 0);
        let [
            FactKind::Compare {
                op: BinaryOp::Ne,
                left,
                right,
                ..
            },
        ] = kinds.as_slice()
        else {
            continue;
        };
        // `a[i] != 0` and nothing else.
        if !(left == right || values.constant(*right) == Some(0)) {
            continue;
        }
        let Value::Load { location, .. } = values.get(values.strip(*left)) else {
            continue;
        };
        let Value::Element { base, index, .. } = values.get(location) else {
            continue;
        };
        let phi = values.strip(index);
        if !matches!(values.get(phi), Value::Phi { block, .. } if block == found.head) {
            continue;
        }
        let Some((bits @ 2..=8, false)) = view.unit.types.int(values.ty(phi)) else {
            continue;
        };
        let counts = values.inputs.get(&phi).is_some_and(|list| {
            list.iter().any(|(_, input)| {
                let sum = Linear::of(values, *input);
                sum.factor(phi) == 1 && sum.terms.len() == 1 && sum.constant == 1
            })
        });
        // An array of a known size that the counter covers ends by itself.
        if !counts || matches!(view.region(base), Region::Fixed(Some(_))) {
            continue;
        }
        // Another way out that limits the counter.
        let is_limited = view.facts.list.iter().chain(&view.facts.edges).any(|fact| {
            found.contains(fact.block)
                && matches!(&fact.kind, FactKind::Compare { op, difference, .. }
                    if *op != BinaryOp::Ne
                        && *op != BinaryOp::Eq
                        // Of itself, or of another counter of the same loop.
                        && difference.terms.iter().any(|(term, _)| {
                            matches!(values.get(values.strip(*term)), Value::Phi { block, .. } if block == found.head)
                        }))
        });
        if is_limited {
            continue;
        }
        let span = values.span(phi);
        let name = view.words(span);
        let name = super::names::words(&name)
            .first()
            .map_or(name.clone(), |_| name.clone());
        let at = view
            .function
            .block(crate::flow::ir::BlockId(found.head))
            .map_or(span, |body| body.span);
        out.push(view.defect(
            "counter-wraps",
            at,
            vec![("$COUNTER", name.clone()), ("$BITS", bits.to_string())],
            None,
            vec![note(span, format!("`{name}` has {bits} bits"))],
            "the loop runs to a terminator in memory, however far it is; the counter starts again before".to_owned(),
        ));
    }
}

/// `for (t = 10; t <= v; …) t *= 10`: the last factor takes `t` past its type, and the loop goes
/// on with a small number.
fn growth(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    let types = &view.unit.types;
    for found in &view.graph.loops {
        let Some(condition) = condition_at(view, found.head) else {
            continue;
        };
        let Value::Binary(op, left, right) = values.get(condition) else {
            continue;
        };
        let (counter, limit) = match op {
            BinaryOp::Lt | BinaryOp::Le => (values.strip(left), right),
            BinaryOp::Gt | BinaryOp::Ge => (values.strip(right), left),
            _ => continue,
        };
        if !matches!(values.get(counter), Value::Phi { block, .. } if block == found.head)
            || values.is_constant(limit)
        {
            continue;
        }
        let factor = values.inputs.get(&counter).and_then(|list| {
            list.iter().find_map(|(_, input)| {
                let step = Linear::of(values, *input);
                (step.terms.len() == 1 && step.constant == 0)
                    .then(|| step.factor(counter))
                    .filter(|factor| *factor > 1)
            })
        });
        // Doubling finds the next power of two, of a number that its author knows to be small.
        let Some(factor) = factor.filter(|factor| *factor != 2) else {
            continue;
        };
        let (Some((bits @ 2..=64, _)), Some((_, most))) = (
            types.int(values.ty(counter)),
            types.int_range(values.ty(counter)),
        ) else {
            continue;
        };
        let largest = Upper::new(view, limit, found.head, u32::MAX, Region::Other)
            .constant
            .or_else(|| types.int_range(values.ty(limit)).map(|(_, high)| high));
        let start = values.inputs.get(&counter).and_then(|list| {
            list.iter()
                .find(|(from, _)| !found.contains(*from))
                .and_then(|(_, input)| values.constant(*input))
        });
        if largest.is_none_or(|largest| !passes(start, factor, largest, most))
            || is_left_otherwise(view, found, counter)
        {
            continue;
        }
        let span = values.span(counter);
        let name = view.words(span);
        let at = view
            .function
            .block(crate::flow::ir::BlockId(found.head))
            .map_or(span, |body| body.span);
        out.push(
            view.defect(
                "counter-wraps",
                at,
                vec![("$COUNTER", name.clone()), ("$BITS", bits.to_string())],
                None,
                vec![note(
                    span,
                    format!("`{name}` has {bits} bits and grows by the factor {factor}"),
                )],
                "near the largest value of the type the next step wraps, and the loop goes on"
                    .to_owned(),
            ),
        );
    }
}

/// Whether a counter that grows by a factor leaves its type before it passes the limit.
fn passes(start: Option<i128>, factor: i64, limit: i128, most: i128) -> bool {
    let factor = i128::from(factor);
    let Some(mut at) = start.filter(|start| *start > 0) else {
        return limit.saturating_mul(factor) > most;
    };
    // A factor of 2 or more passes 128 bits in as many steps.
    for _ in 0..128 {
        if at > limit {
            return false;
        }
        at = at.saturating_mul(factor);
        if at > most {
            return true;
        }
    }
    false
}

/// Whether another test inside the loop looks at the counter.
fn is_left_otherwise(view: &View<'_>, found: &super::graph::Loop, counter: ValueId) -> bool {
    view.facts.list.iter().chain(&view.facts.edges).any(|fact| {
        found.contains(fact.block)
            && !view.graph.predecessors(fact.block).contains(&found.head)
            && matches!(&fact.kind, FactKind::Compare { difference, .. }
                if difference.factor(counter) != 0)
    })
}
