//! Results of calls that nobody looks at where others do.

use super::file_facts::{Analysed, is_tested};
use super::numbering::EventKind;
use super::roles::View;
use super::story::note;
use super::tables::flag;
use super::values::Value;
use crate::flow::Defect;
use crate::flow::ir::{Base, BinaryOp, LocalKind, ResultUse};

/// Reports `peers-check-you-dont`.
pub(super) fn check(view: &View<'_>, analysed: &Analysed, all: &[Analysed], out: &mut Vec<Defect>) {
    for event in &view.numbered.events {
        let EventKind::Call {
            callee: Some(callee),
            result,
            usage,
            ..
        } = &event.kind
        else {
            continue;
        };
        if *usage != ResultUse::Used {
            thrown_away(view, all, event, *callee, out);
        }
        if view.lexicon.flags(*callee) & (flag::CALM | flag::LOG | flag::FREE) != 0
            || *usage == ResultUse::Discarded
            || !matches!(view.values().get(*result), Value::Call(_))
        {
            continue;
        }
        if *usage == ResultUse::Used {
            unread_status(view, analysed, event, *callee, *result, out);
        }
        let habit = view.file.habit(*callee);
        if habit.calls < 5 || habit.tested * 5 < habit.calls * 4 {
            continue;
        }
        if *usage == ResultUse::Used
            && (is_tested(analysed, *result)
                || is_stored(view, *result)
                || is_claimed(view, *result)
                || joins(view, *result))
        {
            continue;
        }
        let Some(example) = habit.example else {
            continue;
        };
        let name = view.name(*callee).to_owned();
        let mut defect = view.defect(
            "peers-check-you-dont",
            event.span,
            vec![
                ("$CALL", name.clone()),
                ("$N", habit.tested.to_string()),
                ("$ALL", habit.calls.to_string()),
            ],
            None,
            Vec::new(),
            format!("nothing looks at the result of `{name}`"),
        );
        defect.related.push(note(example, "here it is tested"));
        out.push(defect);
    }
}

/// A call that may fail, whose result nobody sees, and whose output is used.
fn thrown_away(
    view: &View<'_>,
    all: &[Analysed],
    event: &super::numbering::Event,
    callee: crate::flow::ir::Symbol,
    out: &mut Vec<Defect>,
) {
    let habit = view.file.habit(callee);
    if habit.tested == 0
        || habit.tested * 2 < habit.calls
        || view.lexicon.flags(callee) & (flag::CALM | flag::LOG | flag::FREE) != 0
    {
        return;
    }
    let Some(example) = habit.example else { return };
    let values = view.values();
    let EventKind::Call { arguments, .. } = &event.kind else {
        return;
    };
    // A variable that only this call fills.
    let filled = arguments.iter().copied().find(|argument| {
        matches!(values.get(*argument), Value::Address(Base::Local(_)))
            && view.numbered.events.iter().any(|other| {
                other.span.start > event.span.end
                    && match &other.kind {
                        EventKind::Read { location, .. } => values.root(*location) == *argument,
                        EventKind::Call { arguments, .. } => {
                            arguments.iter().any(|id| is_output_of(view, *id, event))
                        }
                        EventKind::Compute { value, .. } => is_output_of(view, *value, event),
                        EventKind::Write { value, .. } | EventKind::Assign { value, .. } => {
                            is_output_of(view, *value, event)
                        }
                        _ => false,
                    }
            })
    });
    let Some(filled) = filled else { return };
    let name = view.name(callee).to_owned();
    let object = super::spans::object_name(view, filled).unwrap_or_default();
    let position = arguments.iter().position(|one| *one == filled);
    if asks_for_size(view, event, callee, arguments) || is_always_set(view, all, callee, position) {
        return;
    }
    let analysis = if is_unset_before(view, filled, event) {
        "unset-output-of-unchecked-call"
    } else {
        "output-of-unchecked-call"
    };
    let mut defect = view.defect(
        analysis,
        event.span,
        vec![("$CALL", name.clone()), ("$OUT", object.clone())],
        None,
        Vec::new(),
        format!("`{object}` is used later whether or not `{name}` worked"),
    );
    defect
        .related
        .push(note(example, "here the result is tested"));
    out.push(defect);
}

/// Whether a function of the file writes what it is given there on every way.
fn is_always_set(
    view: &View<'_>,
    all: &[Analysed],
    callee: crate::flow::ir::Symbol,
    argument: Option<usize>,
) -> bool {
    let Some(argument) = argument.and_then(|at| u32::try_from(at).ok()) else {
        return false;
    };
    let found = all.iter().find_map(|other| {
        let function = view.unit.functions.get(other.function)?;
        (function.name == callee).then_some((other, function))
    });
    let Some((other, function)) = found else {
        // These fail for arguments that no program gives them.
        return matches!(
            view.name(callee),
            "clock_gettime" | "gettimeofday" | "gmtime_r" | "localtime_r" | "time"
        );
    };
    let values = &other.numbered.values;
    let ends = || {
        other.graph.order.iter().copied().filter(|block| {
            function
                .block(crate::flow::ir::BlockId(*block))
                .is_some_and(|body| {
                    matches!(body.terminator, crate::flow::ir::Terminator::Return(_))
                })
        })
    };
    other.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Write { location, .. }
            if values.get(values.root(*location)) == Value::Parameter(argument))
            && (ends().all(|end| other.graph.dominates(event.block, end))
                // `if (to != NULL) { *to = …; }`
                || is_asked_alone(other, event.block, argument))
    })
}

/// Whether a test of the parameter is there on the way to a block, and no other test.
fn is_asked_alone(other: &Analysed, block: u32, argument: u32) -> bool {
    let values = &other.numbered.values;
    let mut has_test = false;
    for fact in other.facts.at(&other.graph, block, u32::MAX) {
        let is_own = matches!(&fact.kind, super::facts::FactKind::Compare { difference, .. }
            if matches!(difference.terms.as_slice(), [(term, _)]
                if values.get(*term) == Value::Parameter(argument)));
        if !is_own {
            return false;
        }
        has_test = true;
    }
    has_test
}

/// `encode(NULL, 0, &needed, …)`: fails as it is meant to.
fn asks_for_size(
    view: &View<'_>,
    event: &super::numbering::Event,
    callee: crate::flow::ir::Symbol,
    arguments: &[super::values::ValueId],
) -> bool {
    let values = view.values();
    let is_zero = |at: usize| {
        arguments
            .get(at)
            .is_some_and(|id| values.constant(values.strip(*id)) == Some(0))
    };
    if !is_zero(0) || !is_zero(1) {
        return false;
    }
    // All zeros are one value with one type: only the text says which of them is a pointer.
    let bytes = view
        .text
        .get(event.span.start as usize..event.span.end as usize)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let first = text
        .split_once(view.name(callee))
        .and_then(|(_, rest)| rest.split_once('('))
        .and_then(|(_, rest)| rest.split_once(','))
        .map(|(first, _)| first.trim());
    first.is_some_and(|first| {
        matches!(first, "NULL" | "nullptr")
            || first.contains('*')
            || view
                .function
                .locals
                .iter()
                .any(|local| view.unit.types.is_pointer(local.ty) && view.name(local.name) == first)
    })
}

/// Whether nothing gave a variable a value before an event.
fn is_unset_before(
    view: &View<'_>,
    object: super::values::ValueId,
    event: &super::numbering::Event,
) -> bool {
    let values = view.values();
    let Value::Address(Base::Local(id)) = values.get(object) else {
        return false;
    };
    let is_declared_empty = view
        .function
        .local(id)
        .is_some_and(|local| local.kind == LocalKind::Variable && !local.has_init);
    is_declared_empty
        && !view.numbered.events.iter().any(|other| {
            other.span != event.span
                && other.span.start < event.span.start
                && match &other.kind {
                    EventKind::Assign { local, .. } => *local == id,
                    EventKind::Write { location, .. } => values.root(*location) == object,
                    EventKind::Call { arguments, .. } => {
                        arguments.iter().any(|one| values.root(*one) == object)
                    }
                    _ => false,
                }
        })
}

fn is_output_of(
    view: &View<'_>,
    value: super::values::ValueId,
    event: &super::numbering::Event,
) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(value, &mut leaves);
    leaves.iter().any(|leaf| {
        matches!(values.get(*leaf), Value::Out { event: writer, .. }
            if view.numbered.events.get(writer as usize).is_some_and(|writer| writer.span == event.span))
    })
}

/// A status that is kept in a variable and overwritten or left before anyone looked.
fn unread_status(
    view: &View<'_>,
    analysed: &Analysed,
    event: &super::numbering::Event,
    callee: crate::flow::ir::Symbol,
    result: super::values::ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let holder = view
        .numbered
        .events
        .iter()
        .find_map(|other| match &other.kind {
            EventKind::Assign { local, value } if values.strip(*value) == result => view
                .function
                .local(*local)
                .map(|local| view.name(local.name)),
            _ => None,
        });
    let Some(holder) = holder else { return };
    if !super::names::is_status_name(holder)
        || is_tested(analysed, result)
        || is_stored(view, result)
        || joins(view, result)
        || is_claimed(view, result)
        || is_compared(view, result)
    {
        return;
    }
    let name = view.name(callee).to_owned();
    out.push(view.defect(
        "status-never-tested",
        event.span,
        vec![("$CALL", name.clone()), ("$RC", holder.to_owned())],
        None,
        Vec::new(),
        format!("`{holder}` holds whether `{name}` worked; nothing looks at it"),
    ));
}

/// Whether a comparison looks at a result, whatever follows: a message may be all there is to do. Who
/// adds another result to it means to look at both.
fn is_compared(view: &View<'_>, result: super::values::ValueId) -> bool {
    let values = view.values();
    let own = super::file_facts::joined_from(values, result);
    view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Compute { value, .. }
            if matches!(values.get(*value), Value::Binary(op, ..)
                if op.is_comparison() || matches!(op, BinaryOp::Add | BinaryOp::Or))
                && super::facts::mentions(values, *value, &own))
    })
}

/// Whether an assertion looks at a result.
fn is_claimed(view: &View<'_>, result: super::values::ValueId) -> bool {
    view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Assert { condition } if super::facts::mentions(view.values(), *condition, &[result]))
    })
}

/// Whether a value meets others in a variable that is used later.
fn joins(view: &View<'_>, result: super::values::ValueId) -> bool {
    let values = view.values();
    values.inputs.iter().any(|(phi, list)| {
        list.iter().any(|(_, input)| values.strip(*input) == result)
            && (view.numbered.conditions.iter().flatten().any(|condition| super::facts::mentions(values, *condition, &[*phi]))
                || is_stored(view, *phi)
                || values.inputs.values().any(|other| other.iter().any(|(_, input)| values.strip(*input) == *phi))
                || view.numbered.events.iter().any(|event| matches!(&event.kind, EventKind::Return(Some(value)) if super::facts::mentions(values, *value, &[*phi])))
                || view.numbered.events.iter().any(|event| matches!(&event.kind, EventKind::Compute { value, .. } if super::facts::mentions(values, *value, &[*phi]))))
    })
}

/// Whether a result goes somewhere where others may test it.
fn is_stored(view: &View<'_>, result: super::values::ValueId) -> bool {
    let values = view.values();
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Write { value, .. } => super::facts::mentions(values, *value, &[result]),
        EventKind::Call { arguments, .. } => arguments
            .iter()
            .any(|argument| super::facts::mentions(values, *argument, &[result])),
        EventKind::Read { location, .. } => values.root(*location) == result,
        _ => false,
    })
}
