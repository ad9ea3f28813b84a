//! Why the result of a call may be NULL, as far as the file itself says.

use super::Analysed;
use super::facts::FactKind;
use super::lexicon::Lexicon;
use super::library_null::Null;
use super::numbering::EventKind;
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{
    BinaryOp, BlockId, Function, LocalKind, ResultUse, Symbol, Type, TypeId, Unit,
};

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
    if view.unit.function(callee).is_none() && super::library_null::why(view.name(callee)).is_some()
    {
        return Some(note(
            view.values().span(result),
            format!(
                "`{}` returns NULL if it finds nothing, says its documentation",
                view.name(callee)
            ),
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

/// Where a function of this file returns NULL for a reason that its caller cannot rule out: memory ran
/// out, or nothing was found for what anybody may ask for.
pub(super) fn returns_null_here(
    view: &View<'_>,
    callee: Symbol,
    result: ValueId,
    used: (u32, u32),
) -> Option<crate::flow::Note> {
    let name = view.name(callee);
    if let Some(span) = view.file.exhausted(callee) {
        return Some(note(
            span,
            format!("`{name}` returns NULL where there is no memory left"),
        ));
    }
    if view.unit.function(callee).is_none()
        && let Some(why) = super::library_null::why(name)
    {
        let when = match why {
            Null::Exhausted => "where there is no memory left",
            Null::NotFound if is_anybodys(view, result, used) => "if it finds nothing",
            Null::NotFound => return None,
        };
        return Some(note(
            view.values().span(result),
            format!("`{name}` returns NULL {when}, says its documentation"),
        ));
    }
    let span = view.file.null_return(callee)?;
    let is_search = super::names::is_lookup_name(name)
        || super::names::is_selecting_name(name)
        || view.file.habit(callee).tested > 0;
    (is_search && is_anybodys(view, result, used))
        .then(|| note(span, format!("`{name}` returns NULL here")))
}

/// Whether something in front of a use asks about a result: a test whose answer goes on in another
/// variable, or a call that is given it and whose own result is looked at.
pub(super) fn is_asked_before(
    view: &View<'_>,
    result: ValueId,
    (block, event): (u32, u32),
) -> bool {
    let values = view.values();
    let Some(used) = view
        .numbered
        .events
        .get(event as usize)
        .map(|event| event.span)
    else {
        return false;
    };
    let is_tested = view
        .numbered
        .conditions
        .iter()
        .enumerate()
        .any(|(at, condition)| {
            condition.is_some_and(|condition| {
                super::facts::mentions(values, condition, &[result])
                    && view
                        .function
                        .block(BlockId(at as u32))
                        .is_some_and(|body| body.span.start < used.start)
            })
        });
    is_tested
        || view
            .numbered
            .events
            .iter()
            .take(event as usize)
            .any(|other| {
                matches!(&other.kind, EventKind::Call { arguments, usage: ResultUse::Used, .. }
                if arguments.iter().any(|argument| values.strip(*argument) == result)
                    && (other.block == block || view.graph.dominates(other.block, block)))
            })
}

/// Whether what a call is given is chosen by a caller from another file: parameters, and a number or an
/// object of the file beside them. `used`: block and event; what was compared before it is looked for
/// on purpose.
fn is_anybodys(view: &View<'_>, call: ValueId, (block, event): (u32, u32)) -> bool {
    let values = view.values();
    if view.function.is_private || view.name(view.function.name) == "main" {
        return false;
    }
    let Some((_, arguments)) = values.calls.get(&call) else {
        return false;
    };
    let mut is_chosen = false;
    for argument in arguments {
        match values.get(values.strip(*argument)) {
            Value::Parameter(index) => {
                let is_asked = view
                    .facts
                    .at(view.graph, block, event)
                    .any(|fact| super::null_tests::tells(view, fact, values.strip(*argument)));
                if is_asked {
                    return false;
                }
                // An object is there as its caller made it; a number or a name may be any.
                is_chosen |= view
                    .function
                    .parameters
                    .get(index as usize)
                    .and_then(|id| view.function.local(*id))
                    .is_some_and(|local| is_key(view, local.ty));
            }
            Value::Constant { .. } | Value::Address(_) => {}
            _ => return false,
        }
    }
    is_chosen
}

/// A number, or bytes that stand for a name.
fn is_key(view: &View<'_>, ty: TypeId) -> bool {
    let types = &view.unit.types;
    types.int(ty).is_some()
        || match types.get(ty) {
            Type::Pointer { to, .. } => types.int(*to).is_some(),
            _ => false,
        }
}

/// Where a function returns NULL because an allocator did, if it asks that itself.
pub(super) fn exhausted(
    unit: &Unit,
    analysed: &Analysed,
    function: &Function,
    lexicon: &Lexicon,
) -> Option<Span> {
    let values = &analysed.numbered.values;
    let is_alloc = |id: ValueId| {
        matches!(values.get(id), Value::Call(_))
            && values
                .calls
                .get(&id)
                .is_some_and(|(callee, _)| lexicon.is(*callee, flag::ALLOC))
    };
    let is_asked = |id: ValueId| {
        analysed
            .numbered
            .conditions
            .iter()
            .flatten()
            .any(|condition| super::facts::mentions(values, *condition, &[id]))
    };
    // `if (p == NULL) out_of_memory();` does not come back.
    let may_stop = analysed.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call { callee: Some(callee), .. } if {
            let name = unit.names.text(*callee).to_ascii_lowercase();
            super::names::may_stop(&name) || name.contains("oom") || name.contains("out_of_mem")
        })
    });
    if may_stop {
        return None;
    }
    let compares = |kind: &FactKind, wanted: BinaryOp| match kind {
        FactKind::Compare { op, difference, .. } => {
            *op == wanted
                && difference.constant == 0
                && matches!(difference.terms.as_slice(), [(term, _)] if is_alloc(*term))
        }
        FactKind::Asked { .. } => false,
    };
    for event in &analysed.numbered.events {
        let EventKind::Return(Some(value)) = &event.kind else {
            continue;
        };
        let value = values.strip(*value);
        let at = |block: u32| analysed.facts.at(&analysed.graph, block, u32::MAX);
        let is_null = match values.get(value) {
            Value::Constant { value: Some(0), .. } => {
                at(event.block).any(|fact| compares(&fact.kind, BinaryOp::Eq))
            }
            Value::Call(_) => {
                is_alloc(value)
                    && is_asked(value)
                    && !at(event.block).any(|fact| {
                        matches!(&fact.kind,
                        FactKind::Compare { difference, .. } if difference.factor(value) != 0)
                    })
            }
            Value::Phi { block, .. } => values.inputs.get(&value).is_some_and(|list| {
                list.iter().any(|(from, input)| {
                    let mut ways = analysed.facts.on_edge(&analysed.graph, *from, block);
                    if values.constant(*input) == Some(0) {
                        ways.any(|fact| compares(&fact.kind, BinaryOp::Eq))
                    } else {
                        let input = values.strip(*input);
                        is_alloc(input)
                            && is_asked(input)
                            && ways.all(|fact| !compares(&fact.kind, BinaryOp::Ne))
                    }
                })
            }),
            _ => false,
        };
        if is_null {
            return Some(if event.span.end > event.span.start {
                event.span
            } else {
                function.span
            });
        }
    }
    None
}

/// Whether an assertion speaks of what the look-up is given, or it waits until there is something.
pub(super) fn is_promised(view: &View<'_>, call: ValueId) -> bool {
    let values = view.values();
    let Some((callee, arguments)) = values.calls.get(&call) else {
        return false;
    };
    if callee.is_some_and(|callee| {
        let text = view.words_of(values.span(call));
        super::library_null::waits_forever(&text, view.name(callee))
    }) {
        return true;
    }
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
