//! Elements of arrays of a known size: indexes that others sent, limits that are one too high,
//! tests that come too late, and assertions as the only limit.

use super::bound::{Upper, intrinsic};
use super::facts::{Direction, FactKind};
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::spans::{argument, object_name};
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports `tainted-index`, `inclusive-bound-exit`, `check-after-use`, `assert-only-bound`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<(ValueId, &'static str)> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let index = index as u32;
        match &event.kind {
            EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                let mut at = *location;
                for _ in 0..4 {
                    match view.values().get(at) {
                        Value::Element {
                            base,
                            index: element,
                            scale,
                        } => {
                            if !view.values().is_constant(element)
                                && let Some(analysis) =
                                    access(view, event, index, (base, element, scale), &told, out)
                            {
                                told.push((element, analysis));
                            }
                            at = base;
                        }
                        Value::Field(base, _) => at = base,
                        _ => break,
                    }
                }
            }
            EventKind::Call {
                callee, arguments, ..
            } => {
                for &argument in arguments {
                    if let Value::Element {
                        base,
                        index: element,
                        scale,
                    } = view.values().get(argument)
                        && !view.values().is_constant(element)
                        && view.lexicon.copy(*callee).is_none()
                        && let Some(analysis) =
                            access(view, event, index, (base, element, scale), &told, out)
                    {
                        told.push((element, analysis));
                    }
                }
                if let Some(copy) = view.lexicon.copy(*callee)
                    && let Some(&length) = arguments.get(copy.length as usize)
                {
                    asserted_length(
                        view,
                        event,
                        index,
                        length,
                        copy.destination
                            .and_then(|at| arguments.get(at as usize).copied()),
                        out,
                    );
                }
            }
            _ => {}
        }
    }
}

fn access(
    view: &View<'_>,
    event: &Event,
    index: u32,
    (base, element, scale): (ValueId, ValueId, u32),
    told: &[(ValueId, &'static str)],
    out: &mut Vec<Defect>,
) -> Option<&'static str> {
    let Region::Fixed(capacity) = view.region(base) else {
        return None;
    };
    let count = capacity
        .filter(|_| scale > 0)
        .map(|bytes| i128::from(bytes) / i128::from(scale));
    let new = |analysis: &'static str| !told.contains(&(element, analysis));
    let upper = Upper::new(view, element, event.block, index, Region::Other);
    let object = object_name(view, base).unwrap_or_default();
    let text = view.words(index_span(view, event, element));
    if let Some(count) = count
        && count > 1
        && upper.constant == Some(count)
        && !upper.capacity
        && let Some(guard) = upper.destination_guard
        && intrinsic(view, element, 0).is_none_or(|most| most >= count)
        && new("inclusive-bound-exit")
        && !is_loop_counter(view, element)
    {
        out.push(view.defect(
            "inclusive-bound-exit",
            guard,
            vec![("$INDEX", text.clone()), ("$ARRAY", object.clone())],
            Some(element),
            vec![note(
                event.span,
                format!("`{text}` selects an element of `{object}`"),
            )],
            format!("this lets `{text}` be {count}, and `{object}` has {count} elements"),
        ));
        return Some("inclusive-bound-exit");
    }
    if count.is_none()
        && !is_loop_counter(view, element)
        && let Some((guard, name)) = one_too_many(view, event, index, element, base)
        && new("inclusive-bound-exit")
    {
        out.push(view.defect(
            "inclusive-bound-exit",
            guard,
            vec![("$INDEX", text.clone()), ("$ARRAY", object.clone())],
            Some(element),
            vec![note(
                event.span,
                format!("`{text}` selects an element of `{object}`"),
            )],
            format!("this lets `{text}` be `{name}`, and `{object}` has `{name}` elements"),
        ));
        return Some("inclusive-bound-exit");
    }
    if is_later_limit(view, event, index, element)
        && let Some(span) = later_test(view, event, index, element)
        && new("check-after-use")
    {
        report_late(view, event, (base, element), span, out);
        return Some("check-after-use");
    }
    if upper.fits(count.and_then(|count| u64::try_from(count - 1).ok())) {
        return None;
    }
    if upper.has_any() && upper.constant.is_none_or(|bound| bound < 255) {
        return None;
    }
    if let Some(span) = claim(view, element)
        && new("assert-only-bound")
    {
        out.push(view.defect(
            "assert-only-bound",
            event.span,
            vec![("$LEN", text.clone())],
            Some(element),
            vec![note(span, format!("only this assertion limits `{text}`"))],
            format!("`{text}` selects an element of `{object}`"),
        ));
        return Some("assert-only-bound");
    }
    if is_directly_sent(view, element)
        && count.is_some_and(|count| intrinsic(view, element, 0).is_none_or(|most| most >= count))
        && new("tainted-index")
    {
        out.push(view.defect(
            "tainted-index",
            event.span,
            vec![("$INDEX", text.clone()), ("$ARRAY", object.clone())],
            Some(element),
            Vec::new(),
            format!("`{text}` selects an element of `{object}`; nothing compares it with the number of elements"),
        ));
        return Some("tainted-index");
    }
    None
}

/// Whether nothing before a use limits the index as it is there: what limits it came from another
/// round of the loop.
fn is_later_limit(view: &View<'_>, event: &Event, index: u32, element: ValueId) -> bool {
    let element = view.values().strip(element);
    !view
        .bounds(&[element], Direction::Upper, event.block, index)
        .any(|fact| match &fact.kind {
            FactKind::Compare { difference, .. } => difference.factor(element) != 0,
            FactKind::Asked { .. } => true,
        })
}

fn report_late(
    view: &View<'_>,
    event: &Event,
    (base, element): (ValueId, ValueId),
    test: Span,
    out: &mut Vec<Defect>,
) {
    let object = object_name(view, base).unwrap_or_default();
    let text = view.words(index_span(view, event, element));
    let mut defect = view.defect(
        "check-after-use",
        event.span,
        vec![("$INDEX", text.clone()), ("$ARRAY", object.clone())],
        Some(element),
        Vec::new(),
        format!("`{text}` selects an element of `{object}`"),
    );
    defect
        .trace
        .push(note(test, format!("`{text}` is compared only here")));
    out.push(defect);
}

/// An index that may be the macro an array is declared with: `i > N` left, then `a[i]`, `a[N]`.
fn one_too_many(
    view: &View<'_>,
    event: &Event,
    index: u32,
    element: ValueId,
    base: ValueId,
) -> Option<(Span, String)> {
    let values = view.values();
    let element = values.strip(element);
    let declared = match values.get(base) {
        Value::Address(crate::flow::ir::Base::Global(id)) => view.unit.global(id)?.span,
        Value::Address(crate::flow::ir::Base::Local(id)) => view.function.local(id)?.span,
        _ => return None,
    };
    let declared = declared_text(view, declared);
    let mut found = None;
    for fact in view.facts.at(view.graph, event.block, index) {
        let FactKind::Compare { op, difference, .. } = &fact.kind else {
            continue;
        };
        let own = difference.factor(element);
        if own == 0 {
            continue;
        }
        let upper = match op {
            BinaryOp::Lt | BinaryOp::Le => own > 0,
            BinaryOp::Gt | BinaryOp::Ge => own < 0,
            _ => continue,
        };
        if !upper {
            continue;
        }
        let [(one, _), (two, _)] = difference.terms.as_slice() else {
            return None;
        };
        let other = if *one == element { *two } else { *one };
        let Value::Constant {
            written: super::values::Written::Name(name),
            ..
        } = values.get(other)
        else {
            return None;
        };
        let name = view.name(name).to_owned();
        let is_inclusive = matches!(op, BinaryOp::Le | BinaryOp::Ge) && difference.constant == 0;
        if !is_inclusive || !declared.contains(&format!("[{name}]")) {
            return None;
        }
        found = Some((fact.span, name));
    }
    found
}

/// A declarator with its brackets, without blanks.
fn declared_text(view: &View<'_>, span: Span) -> String {
    let rest = view.text.get(span.start as usize..).unwrap_or_default();
    let end = rest
        .iter()
        .take(160)
        .position(|byte| matches!(byte, b';' | b'=' | b'{' | b','))
        .unwrap_or(0);
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default())
        .split_whitespace()
        .collect()
}

fn is_loop_counter(view: &View<'_>, element: ValueId) -> bool {
    let mut leaves = Vec::new();
    view.values().leaves(element, &mut leaves);
    leaves.iter().any(|leaf| {
        matches!(view.values().get(*leaf), Value::Phi { block, .. } if view.graph.loop_at(block).is_some())
    })
}

fn is_directly_sent(view: &View<'_>, element: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(element, &mut leaves);
    leaves
        .iter()
        .any(|leaf| !matches!(values.get(*leaf), Value::Phi { .. }) && view.is_sent(*leaf))
}

/// The bytes of an index: the text between the last brackets of the access.
fn index_span(view: &View<'_>, event: &Event, element: ValueId) -> Span {
    let text = view
        .text
        .get(event.span.start as usize..event.span.end as usize)
        .unwrap_or_default();
    let open = memchr::memrchr(b'[', text);
    let close = memchr::memrchr(b']', text);
    match (open, close) {
        (Some(open), Some(close)) if open < close && close - open < 60 => Span {
            start: event.span.start + open as u32 + 1,
            end: event.span.start + close as u32,
        },
        _ => view.values().span(element),
    }
}

/// A comparison of the same index that comes right behind its use, as in `a[i] && i < N`.
fn later_test(view: &View<'_>, event: &Event, index: u32, element: ValueId) -> Option<Span> {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(element, &mut leaves);
    if leaves.is_empty() {
        return None;
    }
    for (at, later) in view
        .numbered
        .events
        .iter()
        .enumerate()
        .skip(index as usize + 1)
    {
        if let EventKind::Compute { value, .. } = &later.kind
            && let Value::Binary(op, left, right) = values.get(*value)
            && matches!(op, BinaryOp::Lt | BinaryOp::Ge)
            && view.graph.dominates(event.block, later.block)
            && at - (index as usize) < 12
        {
            let (tested, limit) = (values.strip(left), right);
            if tested == values.strip(element)
                && (values.constant(limit).is_some_and(|number| number > 1)
                    || view.is_named_constant(limit)
                    || is_count(view, limit))
                && same_statement(view, event, later)
            {
                return Some(later.span);
            }
        }
    }
    None
}

/// `ARRAY_SIZE(a)` of a macro that was not seen.
fn is_count(view: &View<'_>, limit: ValueId) -> bool {
    matches!(view.values().get(view.values().strip(limit)), Value::Pure { callee, .. }
        if super::names::is_constant_name(view.name(callee)))
        || view
            .values()
            .calls
            .get(&view.values().strip(limit))
            .is_some_and(|(callee, _)| {
                callee.is_some_and(|name| super::names::is_constant_name(view.name(name)))
            })
}

/// Whether two events stand in one condition: `a[i] != 0 && i < N`.
fn same_statement(view: &View<'_>, one: &Event, two: &Event) -> bool {
    if two.span.start < one.span.end {
        return false;
    }
    let between = view
        .text
        .get(one.span.end as usize..two.span.start as usize)
        .unwrap_or_default();
    between.len() < 200
        && !between.contains(&b';')
        && !between.contains(&b'{')
        && between.windows(2).any(|pair| pair == b"&&")
}

/// An assertion that limits the value from above.
fn claim(view: &View<'_>, value: ValueId) -> Option<Span> {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(value, &mut leaves);
    let is_outside = leaves.iter().any(|leaf| match values.get(*leaf) {
        Value::Parameter(index) => {
            view.pairs
                .iter()
                .any(|pair| pair.length == index && !pair.is_output)
                || !view.function.is_private
                    && view
                        .parameter_name(index)
                        .is_some_and(super::names::is_length_name)
        }
        // What a call gave back for an object of the caller.
        Value::Out { .. } | Value::Pure { .. } => {
            !view.function.is_private && is_measured(view, *leaf)
        }
        _ => view.is_sent(*leaf),
    });
    if !is_outside {
        return None;
    }
    view.facts
        .claims
        .iter()
        .find(|fact| {
            matches!(fact.kind, FactKind::Compare { op, .. } if op != BinaryOp::Eq && op != BinaryOp::Ne)
                && fact.bounds(values, &leaves, Direction::Upper)
        })
        .map(|fact| fact.span)
}

/// A length that a call wrote behind a pointer, or of a text that the caller gave.
fn is_measured(view: &View<'_>, leaf: ValueId) -> bool {
    let values = view.values();
    match values.get(leaf) {
        Value::Out { .. } => super::nullable::holder(view, leaf)
            .or_else(|| object_name(view, leaf))
            .is_some_and(|name| super::names::is_byte_length_name(&name)),
        Value::Pure {
            callee,
            first: Some(first),
            ..
        } => {
            matches!(view.name(callee), "strlen" | "strnlen")
                && matches!(values.get(values.root(first)), Value::Parameter(_))
        }
        _ => false,
    }
}

fn asserted_length(
    view: &View<'_>,
    event: &Event,
    index: u32,
    length: ValueId,
    destination: Option<ValueId>,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    if values.is_constant(length) {
        return;
    }
    let Some(span) = claim(view, length) else {
        return;
    };
    if super::copies::is_allocated_with(view, length, event, index) {
        return;
    }
    let upper = Upper::new(view, length, event.block, index, Region::Other);
    if upper.capacity
        || upper.named
        || upper.destination_guard.is_some()
        || upper.input_guard.is_some()
    {
        return;
    }
    if let Some(destination) = destination
        && let Region::Fixed(Some(capacity)) = view.region(destination)
        && upper.fits(Some(capacity))
    {
        return;
    }
    let text = view.words(argument(view, event, length, 2));
    out.push(view.defect(
        "assert-only-bound",
        event.span,
        vec![("$LEN", text.clone())],
        Some(length),
        vec![note(span, format!("only this assertion limits `{text}`"))],
        format!("`{text}` bytes are copied"),
    ));
}
