//! Pointers that may be NULL: results of look-ups, and tests that come after the use.

use super::facts::FactKind;
use super::null_tests::{
    given_to, is_argument, is_assumption, is_claimed, is_claimed_before, is_in_assertion,
    is_inside_macro, is_invocation, is_null_test, is_rewritten, late_assertion, later_test, tells,
};
use super::nullable::{holder, is_asked_before, is_promised, may_be_null, returns_null_here};
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use super::ways::leads_straight;
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};
use crate::flow::summary::Question;
use smallvec::SmallVec;

/// Most uses of a function at which a pointer that is NULL on one way is looked at closer.
const JOINED: u32 = 256;

/// Reports `unchecked-lookup`, `unchecked-null-result`, `unchecked-field`, `null-on-one-way` and
/// `null-test-after-use`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    let stops = super::ways::Stops::new();
    let mut left = JOINED;
    for (index, event) in view.numbered.events.iter().enumerate() {
        if let Some(pointer) = returned_member(view, event)
            && !told.contains(&pointer)
            && one_way(view, event, index as u32, pointer, out)
        {
            told.push(pointer);
        }
        for pointer in used_pointers(view, event) {
            if told.contains(&pointer) {
                continue;
            }
            if one_way(view, event, index as u32, pointer, out)
                || joined(
                    view,
                    (&stops, &mut left),
                    (event, index as u32),
                    pointer,
                    out,
                )
                || lookup(view, event, index as u32, pointer, out)
                || late_test(view, event, index as u32, pointer, out)
                || field(view, event, index as u32, pointer, out)
            {
                told.push(pointer);
            }
        }
    }
}

/// `return &p->member`: made of NULL, it is no NULL any more.
fn returned_member(view: &View<'_>, event: &Event) -> Option<ValueId> {
    let values = view.values();
    let EventKind::Return(Some(value)) = &event.kind else {
        return None;
    };
    let value = values.strip(*value);
    matches!(values.get(value), Value::Field(..)).then(|| values.root(value))
}

/// Pointers an event goes through.
fn used_pointers(view: &View<'_>, event: &Event) -> SmallVec<[ValueId; 2]> {
    let values = view.values();
    let mut out = SmallVec::new();
    match &event.kind {
        EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
            out.push(values.root(*location));
        }
        EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } => {
            let mut add = |at: Option<u8>| {
                if let Some(id) = at.and_then(|at| arguments.get(at as usize)) {
                    out.push(values.root(*id));
                }
            };
            if let Some(copy) = view.lexicon.copy(Some(*callee)) {
                let length = arguments.get(copy.length as usize).copied();
                // A copy of nothing does not look at its pointers.
                if length
                    .is_some_and(|length| values.constant(length).is_some_and(|number| number > 0))
                {
                    add(copy.destination);
                    add(copy.source);
                } else if copy
                    .destination
                    .is_some_and(|at| is_allocated(view, arguments, at))
                {
                    add(copy.destination);
                }
            } else if view.name(*callee) == "memcmp" {
                // The address of a field is only made of a pointer that is there.
                for at in [0, 1] {
                    if arguments
                        .get(usize::from(at))
                        .is_some_and(|id| matches!(values.get(*id), Value::Field(..)))
                    {
                        add(Some(at));
                    }
                }
            } else {
                for at in view.file.goes_through(*callee) {
                    add(u8::try_from(*at).ok());
                }
            }
        }
        _ => {}
    }
    out
}

/// Whether an argument is what an allocator gave: memory that something is to be put into.
fn is_allocated(view: &View<'_>, arguments: &[ValueId], at: u8) -> bool {
    let values = view.values();
    arguments.get(at as usize).is_some_and(|id| {
        values
            .calls
            .get(&values.root(*id))
            .is_some_and(|(callee, _)| view.lexicon.is(*callee, super::tables::flag::ALLOC))
    })
}

/// Whether a fact at the event says that the pointer is, or may not be, NULL.
fn is_known(view: &View<'_>, pointer: ValueId, block: u32, event: u32) -> bool {
    view.facts
        .at(view.graph, block, event)
        .any(|fact| tells(view, fact, pointer))
}

/// Whether a fact at the event says that the pointer is NULL, and none says otherwise.
fn is_null(view: &View<'_>, pointer: ValueId, block: u32, event: u32) -> Option<Span> {
    let mut found = None;
    for fact in view.facts.at(view.graph, block, event) {
        if is_null_test(fact, pointer) {
            match &fact.kind {
                FactKind::Compare {
                    op: BinaryOp::Eq, ..
                } if !is_rewritten(view, pointer, fact.block, event as usize) => {
                    found = Some(fact.span);
                }
                _ => return None,
            }
        }
    }
    found
}

/// A pointer that an earlier test found may be NULL, used where the NULL way leads, too.
fn one_way(
    view: &View<'_>,
    event: &Event,
    index: u32,
    pointer: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if let Some(span) = is_null(view, pointer, event.block, index) {
        let name = object_name(view, pointer).unwrap_or_else(|| view.words(values.span(pointer)));
        out.push(view.defect(
            "null-on-one-way",
            event.span,
            vec![("$P", name.clone())],
            None,
            vec![note(span, format!("here `{name}` is NULL"))],
            format!("`{name}` is used all the same"),
        ));
        return true;
    }
    if is_known(view, pointer, event.block, index)
        || matches!(
            values.get(pointer),
            Value::Address(_) | Value::Constant { .. }
        )
    {
        return false;
    }
    for &block in &view.graph.order {
        if block == event.block || !view.graph.dominates(block, event.block) {
            continue;
        }
        let Some(condition) = view
            .numbered
            .conditions
            .get(block as usize)
            .copied()
            .flatten()
        else {
            continue;
        };
        let Some(body) = view.function.block(BlockId(block)) else {
            continue;
        };
        let Terminator::Branch {
            then, otherwise, ..
        } = &body.terminator
        else {
            continue;
        };
        let mut kinds = Vec::new();
        super::facts::decompose(values, condition, true, &mut kinds, 0);
        let [FactKind::Compare { op, difference, .. }] = kinds.as_slice() else {
            continue;
        };
        if difference.constant != 0
            || !matches!(difference.terms.as_slice(), [(term, _)] if *term == pointer)
            || !matches!(op, BinaryOp::Eq | BinaryOp::Ne)
        {
            continue;
        }
        let null = if *op == BinaryOp::Eq {
            then.0
        } else {
            otherwise.0
        };
        let Some(end) = straight(view, null) else {
            continue;
        };
        let is_made = is_invocation(view, body.span) || given_to(view, body.span).is_some();
        if is_made && (is_handed_over(view, null, end) || is_argument_behind(view, body.span, end))
        {
            continue;
        }
        if is_rewritten(view, pointer, null, index as usize) || is_stopped(view, null) {
            continue;
        }
        // A claim in between is a promise.
        if leads_straight(view, end, event.block)
            && !is_assumption(view, body.span)
            && !is_inside_macro(view, body.span, pointer, true)
        {
            if is_claimed(view, pointer) {
                return false;
            }
            let name =
                object_name(view, pointer).unwrap_or_else(|| view.words(values.span(pointer)));
            out.push(view.defect(
                "null-on-one-way",
                event.span,
                vec![("$P", name.clone())],
                None,
                vec![note(
                    body.span,
                    format!("`{name}` may be NULL, says this test, and goes on"),
                )],
                format!("`{name}` is used; the way on which it is NULL leads here, too"),
            ));
            return true;
        }
    }
    false
}

/// A pointer that is NULL on one of the ways that meet right before its use.
fn joined(
    view: &View<'_>,
    (stops, left): (&super::ways::Stops, &mut u32),
    (event, index): (&Event, u32),
    pointer: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let Some((span, is_tested)) = super::ways::null_input(view, stops, event, pointer) else {
        return false;
    };
    let Some(rest) = left.checked_sub(1) else {
        return false;
    };
    *left = rest;
    if is_known(view, pointer, event.block, index) || is_claimed(view, pointer) {
        return false;
    }
    let Some(name) = super::ways::holder_of(view, pointer) else {
        return false;
    };
    if !is_tested && !super::ways::is_set_to_null(view, &name) {
        return false;
    }
    let way = if is_tested {
        format!("here `{name}` is NULL")
    } else {
        format!("on the way from here `{name}` is still NULL")
    };
    out.push(view.defect(
        "null-on-one-way",
        event.span,
        vec![("$P", name.clone())],
        None,
        vec![note(span, way)],
        format!("`{name}` is used; the way on which it is NULL leads here, too"),
    ));
    true
}

/// The block that a block leads to without a condition.
fn next_straight(view: &View<'_>, block: u32) -> Option<u32> {
    match view.function.block(BlockId(block))?.terminator {
        Terminator::Goto(next) => Some(next.0),
        _ => None,
    }
}

/// Whether a call that a way leads straight to has the test in an argument.
fn is_argument_behind(view: &View<'_>, test: Span, from: u32) -> bool {
    let mut at = Some(from);
    (0..8).any(|_| {
        let found = at.is_some_and(|block| is_argument(view, test, block));
        at = at.and_then(|block| next_straight(view, block));
        found
    })
}

/// Whether a way calls, for nothing but what it does, a function that was not seen: it may not come
/// back.
fn is_handed_over(view: &View<'_>, from: u32, end: u32) -> bool {
    let mut at = from;
    for _ in 0..8 {
        if at == end {
            return false;
        }
        let calls = view.numbered.events.iter().any(|event| {
            event.block == at
                && matches!(&event.kind, EventKind::Call { callee, .. }
                if !view.lexicon.is(*callee, super::tables::flag::LOG)
                    && !callee.is_some_and(|name| view.unit.functions.iter().any(|own| own.name == name)))
        });
        if calls {
            return true;
        }
        match next_straight(view, at) {
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

/// Whether a way calls, for nothing but what it does, a function of another file whose name says that
/// it does not come back.
fn is_stopped(view: &View<'_>, block: u32) -> bool {
    view.numbered.events.iter().any(|event| {
        event.block == block
            && matches!(&event.kind, EventKind::Call { callee: Some(callee), .. }
                if view.unit.function(*callee).is_none()
                    && super::names::is_stop_name(view.name(*callee)))
    })
}

/// The block that a way leads to without doing anything on it.
fn straight(view: &View<'_>, from: u32) -> Option<u32> {
    let mut at = from;
    for _ in 0..6 {
        let body = view.function.block(BlockId(at))?;
        match &body.terminator {
            Terminator::Goto(to) if view.graph.predecessors(at).len() == 1 => at = to.0,
            // The other side of `p == NULL || …`.
            Terminator::Branch {
                then, otherwise, ..
            } if view.graph.predecessors(at).len() == 1 && body.statements.len() <= 2 => {
                let join = [then.0, otherwise.0]
                    .into_iter()
                    .find(|to| view.graph.predecessors(*to).len() > 1)?;
                return Some(join);
            }
            _ => return Some(at),
        }
    }
    Some(at)
}

/// `f(a) != NULL && f(a)->x`: another call of the same with the same was tested before.
fn is_asked_again(view: &View<'_>, pointer: ValueId, block: u32, event: u32) -> bool {
    let values = view.values();
    let Some(own) = values.calls.get(&pointer) else {
        return false;
    };
    view.facts
        .at(view.graph, block, event)
        .any(|fact| match &fact.kind {
            FactKind::Compare { difference, .. } => difference
                .terms
                .iter()
                .any(|(term, _)| *term != pointer && values.calls.get(term) == Some(own)),
            FactKind::Asked { .. } => false,
        })
}

fn lookup(
    view: &View<'_>,
    event: &Event,
    index: u32,
    pointer: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    let (Value::Call(_) | Value::Pure { .. }) = values.get(pointer) else {
        return false;
    };
    let Some((Some(callee), _)) = values.calls.get(&pointer) else {
        return false;
    };
    let own = returns_null_here(view, *callee, pointer, (event.block, index));
    let is_own = own.is_some();
    let reason = own.or_else(|| may_be_null(view, *callee, pointer));
    // Of what the file defines itself it has said all.
    if reason.is_none() && (view.elsewhere.is_none() || view.unit.function(*callee).is_some()) {
        return false;
    }
    if is_known(view, pointer, event.block, index)
        || is_claimed(view, pointer)
        || is_promised(view, pointer)
        || is_asked_again(view, pointer, event.block, index)
        || is_asked_before(view, pointer, (event.block, index))
        || super::lookups::is_certain(view, pointer, event.block, index)
    {
        return false;
    }
    let habit = view.file.habit(*callee);
    let far = match &reason {
        Some(_) => Vec::new(),
        None => {
            let question = Question::MayBeNull {
                tested: habit.tested,
                calls: habit.calls,
            };
            match view.ask(*callee, question) {
                Some(answer) => answer.notes,
                None => return false,
            }
        }
    };
    let call = view.name(*callee).to_owned();
    let name = holder(view, pointer).unwrap_or_else(|| format!("{call}()"));
    let (analysis, names) = match &reason {
        Some(_) if is_own => (
            "unchecked-null-result",
            vec![("$P", name.clone()), ("$CALL", call.clone())],
        ),
        Some(_) => (
            "unchecked-lookup",
            vec![("$P", name.clone()), ("$CALL", call.clone())],
        ),
        // What a caller elsewhere makes sure of before is not seen.
        None => ("possible-null-dereference", vec![("$X", name.clone())]),
    };
    let mut defect = view.defect(
        analysis,
        event.span,
        names,
        None,
        vec![note(
            values.span(pointer),
            format!("`{call}` gives `{name}`"),
        )],
        format!("`{name}` is used; nothing tests that it is not NULL"),
    );
    defect.related.extend(reason);
    defect.far = far;
    out.push(defect);
    true
}

/// A use of a pointer that is compared with NULL only behind it.
fn late_test(
    view: &View<'_>,
    event: &Event,
    index: u32,
    pointer: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if !matches!(
        values.get(pointer),
        Value::Parameter(_)
            | Value::Call(_)
            | Value::Load { .. }
            | Value::Phi { .. }
            | Value::Pure { .. }
    ) {
        return false;
    }
    if is_known(view, pointer, event.block, index) {
        return false;
    }
    // Who asserted it before may assert it again; who asks reckons with NULL.
    let is_claimed = is_claimed_before(view, pointer, event, index);
    if is_claimed && is_in_assertion(view, event) {
        return false;
    }
    let (span, what) = if let Some(span) = later_test(view, event, pointer, is_claimed) {
        (span, "compared with NULL")
    } else if let Some(span) = late_assertion(view, event, index, pointer) {
        (span, "asserted not to be NULL")
    } else {
        return false;
    };
    let name = object_name(view, pointer).unwrap_or_else(|| view.words(values.span(pointer)));
    let mut defect = view.defect(
        "null-test-after-use",
        event.span,
        vec![("$P", name.clone())],
        None,
        Vec::new(),
        format!("`{name}` is used before the test"),
    );
    defect
        .trace
        .push(note(span, format!("`{name}` is {what} only here")));
    out.push(defect);
    true
}

/// A pointer from a field that most functions of the file test before they go through it.
fn field(
    view: &View<'_>,
    event: &Event,
    index: u32,
    pointer: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    let Some((holder, name)) = super::fields::field_behind(values, pointer) else {
        return false;
    };
    let habit = view.file.fields().of(name);
    if habit.tested < 3 || habit.tested * 4 < habit.used * 3 {
        return false;
    }
    let Some(example) = habit.example else {
        return false;
    };
    let is_written = view.numbered.events.iter().any(
        |other| matches!(&other.kind, EventKind::Write { location, .. } if *location == holder),
    );
    if is_written
        || is_known(view, pointer, event.block, index)
        || super::fields::is_tested(view, holder)
    {
        return false;
    }
    let text = object_name(view, holder).unwrap_or_else(|| view.name(name).to_owned());
    let mut defect = view.defect(
        "unchecked-field",
        event.span,
        vec![
            ("$P", text.clone()),
            ("$FIELD", view.name(name).to_owned()),
            ("$N", habit.tested.to_string()),
            ("$ALL", habit.used.to_string()),
        ],
        None,
        Vec::new(),
        format!("`{text}` is used; nothing here tests that it is not NULL"),
    );
    defect.related.push(note(
        example,
        format!(
            "{} of {} functions that use `{}` test it first, as here",
            habit.tested,
            habit.used,
            view.name(name)
        ),
    ));
    out.push(defect);
    true
}
