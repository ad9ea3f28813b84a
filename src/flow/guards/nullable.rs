//! Why the result of a call may be NULL, as far as the file itself says.

use super::facts::FactKind;
use super::numbering::EventKind;
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, BlockId, LocalKind, Symbol};

/// Why the result of a function may be NULL.
pub(super) fn may_be_null(
    view: &View<'_>,
    callee: Symbol,
    result: ValueId,
) -> Option<crate::flow::Note> {
    let bits = view.lexicon.flags(callee);
    if let Some(span) = view.file.may_fail(callee) {
        return Some(note(
            span,
            format!("`{}` hands on what may be NULL", view.name(callee)),
        ));
    }
    // What one caller knows to be there, another must test: one that tests says that it may fail.
    if let Some(span) = view.file.null_return(callee)
        && view.file.habit(callee).tested > 0
    {
        return Some(note(
            span,
            format!(
                "`{}` returns NULL here, and other calls test it",
                view.name(callee)
            ),
        ));
    }
    if bits & flag::NULLABLE != 0 && !super::names::is_plain_allocator(view.name(callee)) {
        return Some(note(
            view.function.span,
            format!("`{}` returns NULL if it finds nothing", view.name(callee)),
        ));
    }
    let habit = view.file.habit(callee);
    let is_lookup = super::names::is_lookup_name(view.name(callee));
    if let Some(span) = view.file.null_return(callee)
        && (is_lookup || super::names::is_selecting_name(view.name(callee)))
    {
        return Some(note(
            span,
            format!("`{}` returns NULL here", view.name(callee)),
        ));
    }
    if let Some((span, name)) = other_value_tested(view, result) {
        return Some(note(
            span,
            format!("what `{name}` held at another point is tested here"),
        ));
    }
    // Many exceptions are a convention of the file.
    let often = habit.tested >= 2
        && habit.tested * 2 >= habit.calls
        && (habit.calls - habit.tested <= 2 || habit.tested * 4 >= habit.calls * 3);
    if (often || is_lookup && habit.tested * 2 >= habit.calls) && habit.tested < habit.calls {
        let span = habit.example?;
        return Some(note(
            span,
            format!(
                "{} of {} calls in this file test the result, as here",
                habit.tested, habit.calls
            ),
        ));
    }
    None
}

/// Whether an assertion speaks of what the look-up is given.
pub(super) fn is_promised(view: &View<'_>, call: ValueId) -> bool {
    let values = view.values();
    let Some((_, arguments)) = values.calls.get(&call) else {
        return false;
    };
    view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Assert { condition }
            if arguments.iter().any(|argument| super::facts::mentions(values, *condition, &[*argument])))
    })
}

/// The variable that holds a value.
pub(super) fn holder(view: &View<'_>, value: ValueId) -> Option<String> {
    view.numbered
        .events
        .iter()
        .find_map(|event| match &event.kind {
            EventKind::Assign {
                local,
                value: assigned,
            } if view.values().strip(*assigned) == value => view
                .function
                .local(*local)
                .map(|local| view.name(local.name).to_owned())
                .filter(|name| !name.is_empty()),
            EventKind::Write {
                location,
                value: assigned,
                ..
            } if view.values().strip(*assigned) == value => object_name(view, *location),
            _ => None,
        })
}

/// A comparison with NULL of another value that the same variable held: who tests what a
/// variable got first should test what it gets later.
fn other_value_tested(view: &View<'_>, result: ValueId) -> Option<(Span, String)> {
    let values = view.values();
    let local = view
        .numbered
        .events
        .iter()
        .find_map(|event| match &event.kind {
            EventKind::Assign { local, value } if values.strip(*value) == result => Some(*local),
            _ => None,
        })?;
    let info = view.function.local(local)?;
    let others: Vec<ValueId> = view
        .numbered
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Assign {
                local: other,
                value,
            } if *other == local => Some(values.strip(*value)),
            _ => None,
        })
        .filter(|value| *value != result && !values.is_constant(*value))
        .collect();
    let is_other = |term: ValueId| {
        others.contains(&term)
            || matches!((values.get(term), info.kind),
                (Value::Parameter(at), LocalKind::Parameter(own)) if at == own)
    };
    for (block, condition) in view.numbered.conditions.iter().enumerate() {
        let Some(condition) = condition else { continue };
        let mut kinds = Vec::new();
        super::facts::decompose(values, *condition, true, &mut kinds, 0);
        let tests = kinds.iter().any(|kind| match kind {
            FactKind::Compare { op, difference, .. } => {
                matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                    && difference.constant == 0
                    && matches!(difference.terms.as_slice(), [(term, _)] if is_other(*term))
            }
            FactKind::Asked { .. } => false,
        });
        if tests {
            let body = view.function.block(BlockId(block as u32))?;
            return Some((body.span, view.name(info.name).to_owned()));
        }
    }
    None
}
