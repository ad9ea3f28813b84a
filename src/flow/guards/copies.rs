//! Copies that are bounded on one side only: by the destination or by what was received.

use super::bound::Upper;
use super::copy_limits::{analysis_of, capacity_of};
use super::facts::Direction;
use super::file_facts::{Analysed, callers_bound};
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::story::note;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports copies whose length was not compared with the destination, or with what was received.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        match &event.kind {
            EventKind::Call {
                callee, arguments, ..
            } => {
                let Some(copy) = view.lexicon.copy(*callee) else {
                    continue;
                };
                let get = |at: u8| arguments.get(at as usize).copied();
                let Some(length) = get(copy.length) else {
                    continue;
                };
                let sink = Sink {
                    event: index as u32,
                    span: event.span,
                    destination: copy.destination.and_then(get),
                    source: copy.source.and_then(get).filter(|_| !copy.source_knows),
                    length,
                };
                copy_sink(view, all, event, &sink, out);
            }
            EventKind::Write { location, .. } => {
                element_write(view, event, index as u32, *location, out)
            }
            _ => {}
        }
    }
}

struct Sink {
    event: u32,
    span: crate::finding::Span,
    destination: Option<ValueId>,
    source: Option<ValueId>,
    length: ValueId,
}

fn copy_sink(view: &View<'_>, all: &[Analysed], event: &Event, sink: &Sink, out: &mut Vec<Defect>) {
    let values = view.values();
    let length = sink.length;
    let source = sink
        .source
        .map_or(Region::Other, |source| view.region(source));
    if values.is_constant(length) {
        constant_copy(view, all, event, sink, source, out);
        return;
    }
    if is_allocated_with(view, length, event, sink.event) {
        return;
    }
    let upper = Upper::new(view, length, event.block, sink.event, source);
    if narrowed_guard(view, event, sink, &upper, out) {
        return;
    }
    if let Some(destination) = sink.destination {
        let region = view.region(destination);
        if matches!(region, Region::Fixed(None))
            && super::copy_limits::is_sized_by_variable(view, destination)
        {
            return;
        }
        if let Region::Fixed(_) = region
            && let Some(offset) = growing_offset(view, destination, length)
            && !is_sum_tested(view, event, sink.event, offset, length)
        {
            let object = base_name(view, destination).unwrap_or_default();
            out.push(view.defect(
                "reassembly-no-cap",
                sink.span,
                vec![
                    ("$LEN", view.words(argument_span(view, event, length, 2))),
                    ("$DST", object.clone()),
                ],
                Some(length),
                Vec::new(),
                format!("bytes are appended to `{object}`; nothing compares offset and length with its size"),
            ));
            return;
        }
        if let Region::Fixed(capacity) = region
            && !upper.fits(capacity)
            && is_outside(view, all, length, source)
            && !super::copy_limits::is_limited_in_sum(
                view,
                event.block,
                sink.event,
                length,
                capacity,
            )
            && !is_small(view, all, sink, destination, capacity)
        {
            let name = view.words(argument_span(view, event, destination, 0));
            let size = view.words(argument_span(view, event, length, 2));
            let object = base_name(view, destination).unwrap_or(name);
            out.push(view.defect(
                analysis_of(view, length, sink.span),
                sink.span,
                vec![("$LEN", size.clone()), ("$DST", object.clone())],
                Some(length),
                upper.input_guard.map(|span| {
                    note(span, format!("this compares `{size}` with what was received, not with the size of `{object}`"))
                }).into_iter().collect(),
                format!("`{size}` bytes go to `{object}`; nothing compares `{size}` with its size"),
            ));
            return;
        }
        if matches!(region, Region::Other | Region::Bare(_))
            && !upper.has_any()
            && upper.destination_guard.is_none() // a test against a number, however large
            && super::copy_limits::is_wire_length(view, length)
            && !is_small(view, all, sink, destination, None)
        {
            let size = view.words(argument_span(view, event, length, 2));
            let object = base_name(view, destination).unwrap_or_default();
            out.push(view.defect(
                analysis_of(view, length, sink.span),
                sink.span,
                vec![("$LEN", size.clone()), ("$DST", object.clone())],
                Some(length),
                Vec::new(),
                format!(
                    "`{size}` bytes go to `{object}`; nothing compares `{size}` with any limit"
                ),
            ));
            return;
        }
        if is_array(view, destination, region)
            && sink.source.is_some()
            && !is_length_of_object(view, length, destination)
            && super::lengths::is_given(view, length)
            && !upper.has_any()
            && !super::copy_limits::is_few(view, length)
            && !super::lengths::is_compared(view, length)
            && !is_bounded_by_callers(view, all, length)
            && !super::sums::is_tested_in_sum(view, length)
            && !is_small(view, all, sink, destination, capacity_of(region))
        {
            let size = view.words(argument_span(view, event, length, 2));
            let object = base_name(view, destination).unwrap_or_default();
            out.push(view.defect(
                analysis_of(view, length, sink.span),
                sink.span,
                vec![("$LEN", size.clone()), ("$DST", object.clone())],
                Some(length),
                Vec::new(),
                format!(
                    "`{size}` bytes go to `{object}`; nothing in the function compares `{size}` with anything"
                ),
            ));
            return;
        }
    }
    if sink.source.is_some()
        && view.is_received(source)
        && view.is_sent(length)
        && !view.is_length_of(length, source)
        && !upper.input
    {
        let size = view.words(argument_span(view, event, length, 2));
        let from = source_words(view, event, sink);
        out.push(view.defect(
            "copy-beyond-input",
            sink.span,
            vec![("$LEN", size.clone()), ("$SRC", from.clone())],
            Some(length),
            upper.destination_guard.map(|span| {
                note(span, format!("this limits `{size}` by the destination, not by what was received"))
            }).into_iter().collect(),
            format!("`{size}` bytes of `{from}` are read; nothing compares `{size}` with the bytes received"),
        ));
    }
}

/// Whether something else than a comparison keeps the length of a copy within its destination.
fn is_small(
    view: &View<'_>,
    all: &[Analysed],
    sink: &Sink,
    destination: ValueId,
    capacity: Option<u64>,
) -> bool {
    super::copy_limits::is_made_for(view, sink.length, destination)
        || super::copy_limits::is_counted_in_array(view, sink.length, sink.source, capacity)
        || super::copy_limits::is_capped_field(view, sink.length)
        // Out of memory that was looked up, such as a packet, even so few bytes may not be there.
        || sink.source.is_some_and(|source| {
            let values = view.values();
            matches!(
                values.get(values.root(source)),
                Value::Parameter(_) | Value::Call(_) | Value::Pure { .. } | Value::Out { .. }
            )
        }) && super::copy_limits::is_length_of_address(view, all, sink.length)
}

/// An array, or a field whose type was not seen.
fn is_array(view: &View<'_>, destination: ValueId, region: Region) -> bool {
    let values = view.values();
    match region {
        Region::Fixed(_) => !super::copy_limits::is_sized_by_variable(view, destination),
        Region::Other | Region::Bare(_) => {
            let root = values.strip(destination);
            matches!(values.get(root), Value::Load { location, .. }
                if matches!(values.get(location), Value::Field(..)))
                && values.ty(root) == crate::flow::ir::TypeId::UNKNOWN
        }
        _ => false,
    }
}

/// Whether every caller in this file compares what it gives for the length.
fn is_bounded_by_callers(view: &View<'_>, all: &[Analysed], length: ValueId) -> bool {
    let values = view.values();
    values
        .sources(length)
        .iter()
        .any(|leaf| match values.get(*leaf) {
            Value::Parameter(index) => {
                callers_bound(
                    view.unit,
                    all,
                    view.file,
                    view.function,
                    index,
                    Direction::Upper,
                ) == Some(true)
            }
            _ => false,
        })
}

/// A length that the object itself holds beside the array.
fn is_length_of_object(view: &View<'_>, length: ValueId, destination: ValueId) -> bool {
    let values = view.values();
    let owner = values.root(destination);
    let mut leaves = Vec::new();
    values.leaves(length, &mut leaves);
    leaves
        .iter()
        .any(|leaf| matches!(values.get(*leaf), Value::Load { location, .. } if values.root(location) == owner))
}

/// Whether an earlier call was asked for as much memory.
pub(super) fn is_allocated_with(
    view: &View<'_>,
    length: ValueId,
    event: &Event,
    index: u32,
) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(length, &mut leaves);
    view.numbered
        .events
        .iter()
        .take(index as usize)
        .any(|before| match &before.kind {
            EventKind::Call {
                callee: Some(callee),
                arguments,
                ..
            } => {
                (view.lexicon.flags(*callee) & super::tables::flag::ALLOC != 0
                    || super::names::is_reserving_name(view.name(*callee)))
                    && view.graph.dominates(before.block, event.block)
                    && arguments
                        .iter()
                        .any(|argument| super::facts::mentions(values, *argument, &leaves))
            }
            _ => false,
        })
}

/// The only limit of a length is one of a copy of it that has fewer bits.
fn narrowed_guard(
    view: &View<'_>,
    event: &Event,
    sink: &Sink,
    upper: &Upper,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    let types = &view.unit.types;
    let wide = values.strip(sink.length);
    if wide != sink.length || !upper.has_any() {
        return false;
    }
    let Some((own, false)) = types.int(values.ty(wide)) else {
        return false;
    };
    let mut narrow_guard = None;
    for fact in view.bounds(&[wide], Direction::Upper, event.block, sink.event) {
        let super::facts::FactKind::Compare { left, right, .. } = &fact.kind else {
            return false;
        };
        let is_narrow = [*left, *right].into_iter().any(|side| {
            matches!(values.get(side), Value::Cast { value, to }
                if values.strip(value) == wide && types.int(to).is_some_and(|(bits, _)| bits < own))
        });
        if !is_narrow {
            return false;
        }
        narrow_guard = Some(fact.span);
    }
    let Some(guard) = narrow_guard else {
        return false;
    };
    let size = view.words(argument_span(view, event, sink.length, 2));
    out.push(view.defect(
        "narrowed-check-wide-use",
        sink.span,
        vec![("$WIDE", size.clone())],
        Some(sink.length),
        vec![note(guard, "this compares a copy of fewer bits")],
        format!("`{size}` itself is used, and may be larger"),
    ));
    true
}

/// Whether the number comes from outside the function in a way that needs a test: sent by others,
/// or the length of a pair that callers do not bound.
fn is_outside(view: &View<'_>, all: &[Analysed], length: ValueId, source: Region) -> bool {
    if view.is_sent(length) {
        return true;
    }
    let values = view.values();
    values
        .sources(length)
        .iter()
        .any(|leaf| match values.get(*leaf) {
            Value::Parameter(index) => {
                let is_pair = view
                    .pairs
                    .iter()
                    .any(|pair| pair.length == index && !pair.is_output);
                (is_pair
                    || matches!(source, Region::Bare(_))
                        && super::names::is_length_name(
                            view.parameter_name(index).unwrap_or_default(),
                        ))
                    && callers_bound(
                        view.unit,
                        all,
                        view.file,
                        view.function,
                        index,
                        Direction::Upper,
                    ) != Some(true)
            }
            Value::Pure {
                callee,
                first: Some(first),
                ..
            } if view.name(callee) == "strlen" => {
                // `if (s && strlen(s) > MAX) return` leaves no fact behind it, but is a test.
                matches!(
                    values.get(values.root(first)),
                    Value::Parameter(_) | Value::Load { .. }
                ) && !super::lengths::is_compared(view, *leaf)
            }
            _ => view.is_packet_length(*leaf, None) && view.is_received(source),
        })
}

/// A fixed number of bytes read from a pair whose number nobody looks at before.
fn constant_copy(
    view: &View<'_>,
    all: &[Analysed],
    event: &Event,
    sink: &Sink,
    region: Region,
    out: &mut Vec<Defect>,
) {
    let Region::Pair(index) = region else { return };
    let values = view.values();
    // A number that is known is the header check's business.
    if values.constant(sink.length).is_some() || sink.destination.is_none() {
        return;
    }
    let Some(pair) = view.pairs.get(index) else {
        return;
    };
    let known = super::lower::of_region(view, region, event.block, sink.event);
    let is_limited = view
        .facts
        .at(view.graph, event.block, sink.event)
        .any(|fact| {
            matches!(fact.kind, super::facts::FactKind::Compare { .. })
                && fact
                    .others(values, &[])
                    .any(|term| view.is_length_of(term, region))
        });
    if known.relation
        || is_limited
        || !view.is_received(region)
        || callers_bound(
            view.unit,
            all,
            view.file,
            view.function,
            pair.length,
            Direction::Lower,
        ) == Some(true)
        || callers_bound(
            view.unit,
            all,
            view.file,
            view.function,
            pair.length,
            Direction::Upper,
        ) == Some(true)
    {
        return;
    }
    let size = view.words(argument_span(view, event, sink.length, 2));
    let from = source_words(view, event, sink);
    let length = view
        .parameter_name(pair.length)
        .unwrap_or_default()
        .to_owned();
    out.push(view.defect(
        "fixed-copy-of-input",
        sink.span,
        vec![("$LEN", size.clone()), ("$SRC", from.clone())],
        None,
        Vec::new(),
        format!("`{size}` bytes of `{from}` are read, however few `{length}` says there are"),
    ));
}

/// Whether the offset was compared with something, alone or with the length.
fn is_sum_tested(
    view: &View<'_>,
    event: &Event,
    index: u32,
    offset: ValueId,
    length: ValueId,
) -> bool {
    let values = view.values();
    if Upper::new(view, offset, event.block, index, Region::Other).has_any() {
        return true;
    }
    let mut leaves = Vec::new();
    values.leaves(offset, &mut leaves);
    // `n = min(n, cap - off)`
    super::facts::mentions(values, length, &leaves)
        || values
            .sources(length)
            .iter()
            .any(|leaf| leaves.contains(leaf))
        || view.numbered.events.iter().any(|other| match &other.kind {
            EventKind::Compute { value, .. } => match values.get(*value) {
                Value::Binary(op, left, right)
                    if op.is_comparison() && op != BinaryOp::Ne && op != BinaryOp::Eq =>
                {
                    super::facts::mentions(values, left, &leaves)
                        || super::facts::mentions(values, right, &leaves)
                }
                _ => false,
            },
            _ => false,
        })
}

/// The variable offset of a destination that grows by what was copied.
fn growing_offset(view: &View<'_>, destination: ValueId, length: ValueId) -> Option<ValueId> {
    let values = view.values();
    let Value::Element { index, .. } = values.get(values.strip(destination)) else {
        return None;
    };
    if values.is_constant(index) {
        return None;
    }
    let wanted = values.strip(length);
    // Some later value is `offset + length`.
    let grows = view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(BinaryOp::Add, left, right) => {
                let (left, right) = (values.strip(left), values.strip(right));
                let index = values.strip(index);
                (left == index && right == wanted) || (right == index && left == wanted)
            }
            _ => false,
        },
        _ => false,
    });
    grows.then_some(index)
}

/// `a[i] = …` in a loop whose bound others sent, and no one compared with the size of `a`.
fn element_write(
    view: &View<'_>,
    event: &Event,
    index: u32,
    location: ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let Value::Element {
        base,
        index: element,
        ..
    } = values.get(location)
    else {
        return;
    };
    let capacity = match view.region(base) {
        Region::Fixed(capacity) => capacity,
        Region::Other | Region::Bare(_) => None,
        _ => return,
    };
    if values.is_constant(element) || view.is_received(view.region(base)) {
        return;
    }
    let mut leaves = Vec::new();
    values.leaves(element, &mut leaves);
    let upper = Upper::new(view, element, event.block, index, Region::Other);
    if let Some(capacity) = capacity
        && upper
            .constant
            .is_some_and(|bound| bound <= i128::from(capacity))
    {
        return;
    }
    // The loop's bound.
    for fact in view.bounds(&leaves, Direction::Upper, event.block, index) {
        let others: Vec<ValueId> = fact.others(values, &leaves).collect();
        let [bound] = others.as_slice() else { continue };
        if !view.is_sent(*bound) {
            continue;
        }
        let limit = Upper::new(view, *bound, event.block, index, Region::Other);
        if limit.fits(capacity) && capacity.is_some()
            || limit.has_any()
            || capacity.is_none() && !super::copy_limits::is_wire_length(view, *bound)
        {
            continue;
        }
        let object = base_name(view, base).unwrap_or_default();
        let size = view.words(values.span(*bound));
        out.push(view.defect(
            analysis_of(view, *bound, event.span),
            event.span,
            vec![("$LEN", size.clone()), ("$DST", object.clone())],
            Some(*bound),
            vec![note(
                fact.span,
                format!("the loop runs while this holds, up to `{size}`"),
            )],
            format!("an element of `{object}` is written; nothing compares `{size}` with its size"),
        ));
        return;
    }
}

/// Text of a call's argument that has the value.
pub(super) fn argument_span(
    view: &View<'_>,
    event: &Event,
    value: ValueId,
    position: usize,
) -> crate::finding::Span {
    super::spans::argument(view, event, value, position)
}

/// What a reader calls the source of a copy.
fn source_words(view: &View<'_>, event: &Event, sink: &Sink) -> String {
    let Some(source) = sink.source else {
        return String::new();
    };
    base_name(view, source)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| view.words(argument_span(view, event, source, 1)))
}

/// What a reader calls the object behind an address.
pub(super) fn base_name(view: &View<'_>, location: ValueId) -> Option<String> {
    super::spans::object_name(view, location)
}
