//! Pointers that may be NULL: results of look-ups, and tests that come after the use.

use super::facts::{Fact, FactKind};
use super::nullable::{holder, is_promised, may_be_null};
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};
use crate::flow::summary::Question;
use smallvec::SmallVec;

/// Reports `unchecked-lookup` and `null-test-after-use`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        for pointer in used_pointers(view, event) {
            if told.contains(&pointer) {
                continue;
            }
            if one_way(view, event, index as u32, pointer, out)
                || lookup(view, event, index as u32, pointer, out)
                || late_test(view, event, index as u32, pointer, out)
                || field(view, event, index as u32, pointer, out)
            {
                told.push(pointer);
            }
        }
    }
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
            } else if let Some(at) = view.file.goes_through(*callee) {
                add(u8::try_from(at).ok());
            }
        }
        _ => {}
    }
    out
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
                } => found = Some(fact.span),
                _ => return None,
            }
        }
    }
    found
}

fn tells(view: &View<'_>, fact: &Fact, pointer: ValueId) -> bool {
    match &fact.kind {
        FactKind::Compare { difference, .. } => difference.factor(pointer) != 0,
        FactKind::Asked { call } => view
            .values()
            .calls
            .get(call)
            .is_some_and(|(_, arguments)| arguments.contains(&pointer)),
    }
}

/// Whether a fact is a comparison of the pointer with NULL.
fn is_null_test(fact: &Fact, pointer: ValueId) -> bool {
    match &fact.kind {
        FactKind::Compare { op, difference, .. } => {
            matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && difference.constant == 0
                && matches!(difference.terms.as_slice(), [(term, _)] if *term == pointer)
        }
        FactKind::Asked { .. } => false,
    }
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
        // A claim in between is a promise.
        if leads_straight(view, end, event.block) && !is_assumption(view, body.span) {
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

/// Whether a block leads to another without a condition between.
fn leads_straight(view: &View<'_>, from: u32, to: u32) -> bool {
    let mut at = from;
    for _ in 0..8 {
        if at == to {
            return true;
        }
        match view
            .function
            .block(BlockId(at))
            .map(|body| &body.terminator)
        {
            Some(Terminator::Goto(next)) => at = next.0,
            _ => return false,
        }
    }
    false
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
    let reason = may_be_null(view, *callee, pointer);
    // Of what the file defines itself it has said all.
    if reason.is_none() && (view.elsewhere.is_none() || view.unit.function(*callee).is_some()) {
        return false;
    }
    if is_known(view, pointer, event.block, index)
        || is_claimed(view, pointer)
        || is_promised(view, pointer)
        || is_asked_again(view, pointer, event.block, index)
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

/// Whether an assertion spoke of the pointer before.
fn is_claimed_before(view: &View<'_>, pointer: ValueId, event: &Event, index: u32) -> bool {
    view.facts.claims.iter().any(|fact| {
        tells(view, fact, pointer)
            && if fact.block == event.block {
                fact.after <= index
            } else {
                view.graph.dominates(fact.block, event.block)
            }
    })
}

fn is_claimed(view: &View<'_>, pointer: ValueId) -> bool {
    view.facts
        .claims
        .iter()
        .any(|fact| is_null_test(fact, pointer))
}

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
    if is_known(view, pointer, event.block, index) || is_claimed_before(view, pointer, event, index)
    {
        return false;
    }
    let Some(span) = later_test(view, event, index, pointer) else {
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
    defect.trace.push(note(
        span,
        format!("`{name}` is compared with NULL only here"),
    ));
    out.push(defect);
    true
}

/// Whether the words of a test name what the pointer is called.
fn names_it(view: &View<'_>, test: Span, pointer: ValueId) -> bool {
    let name = object_name(view, pointer).or_else(|| holder(view, pointer));
    let Some(name) = name else { return true };
    let last = name.rsplit(['.', '>']).next().unwrap_or_default();
    let text = view
        .text
        .get(test.start as usize..test.end as usize)
        .unwrap_or_default();
    let aliases = view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Assign { local, value } => {
            view.values().strip(*value) == pointer
                && view.function.local(*local).is_some_and(|local| {
                    memchr::memmem::find(text, view.name(local.name).as_bytes()).is_some()
                })
        }
        _ => false,
    });
    aliases || memchr::memmem::find(text, last.as_bytes()).is_some()
}

/// Whether a test stands in a macro that promises what it tests.
fn is_assumption(view: &View<'_>, test: Span) -> bool {
    let start = test.start as usize;
    let before = view
        .text
        .get(start.saturating_sub(40)..start)
        .unwrap_or_default();
    let line = memchr::memrchr3(b'\n', b';', b'{', before)
        .map_or(before, |at| before.get(at + 1..).unwrap_or_default());
    let lower = line.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"assume").is_some()
        || memchr::memmem::find(&lower, b"assert").is_some()
}

/// A comparison with NULL, or an assertion of it, that every way behind the event meets.
fn later_test(view: &View<'_>, event: &Event, index: u32, pointer: ValueId) -> Option<Span> {
    for (block, condition) in view.numbered.conditions.iter().enumerate() {
        let Some(condition) = condition else { continue };
        let block = block as u32;
        if !(view.graph.dominates(event.block, block)) || !view.graph.is_reachable(block) {
            continue;
        }
        let mut found = Vec::new();
        super::facts::decompose(view.values(), *condition, true, &mut found, 0);
        let tested = found.into_iter().any(|kind| {
            is_null_test(
                &Fact {
                    block,
                    edge_from: None,
                    after: 0,
                    kind,
                    span: event.span,
                },
                pointer,
            )
        });
        if tested {
            let span = view
                .function
                .block(crate::flow::ir::BlockId(block))
                .map(|body| body.span)?;
            // A macro may test and use in any order; what is compared may only hold the same.
            if span.start > event.span.end && names_it(view, span, pointer) {
                return Some(span);
            }
        }
    }
    view.facts
        .claims
        .iter()
        .find(|fact| {
            is_null_test(fact, pointer)
                && fact.span.start > event.span.end
                && view.graph.dominates(event.block, fact.block)
                && (fact.block != event.block || fact.after > index)
        })
        .map(|fact| fact.span)
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
