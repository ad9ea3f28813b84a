//! Bytes of a packet that are read before anyone asked how many there are.

use super::facts::Direction;
use super::file_facts::{Analysed, callers_bound};
use super::linear::Linear;
use super::lower::{self, Lower};
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::spans::object_name;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{Base, TypeId};

struct Access {
    location: ValueId,
    bytes: i128,
    record: TypeId,
    /// Handed to a function that may look at it.
    is_weak: bool,
}

/// Reports `header-cast-before-length` and `fixed-offset-before-length`, once for each region.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let mut told: Vec<Region> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let Some(access) = access(view, event) else {
            continue;
        };
        let region = view.region(access.location);
        if !view.is_received(region) || told.contains(&region) || is_text(view, region) {
            continue;
        }
        let Some((offset, is_start)) = offset(view, access.location) else {
            continue;
        };
        if !is_start || offset < 0 {
            continue;
        }
        let need = offset.saturating_add(access.bytes);
        let known = lower::of_region(view, region, event.block, index as u32);
        if known.covers(need)
            // `== 1` before more than a byte is read counts elements: bytes would not do.
            || known.is_exact && access.bytes > 1
            || is_filled(view, region, event, index)
        {
            continue;
        }
        let later = lower::later_guard(view, region).filter(|span| span.start > event.span.start);
        if access.is_weak && later.is_none() && !is_never_compared(view, region) {
            continue;
        }
        if !is_worth(view, all, region, later.is_some(), &known) {
            continue;
        }
        told.push(region);
        report(view, event, &access, region, need, &known, later, out);
    }
}

/// Bytes of `char` usually are a text that ends in a zero.
fn is_text(view: &View<'_>, region: Region) -> bool {
    let Region::Pair(index) = region else {
        return false;
    };
    view.pairs
        .get(index)
        .and_then(|pair| view.function.parameters.get(pair.pointer as usize))
        .and_then(|id| view.function.local(*id))
        .and_then(|local| view.unit.types.pointee(local.ty))
        .is_some_and(|to| view.unit.types.int(to) == Some((8, true)))
}

/// Whether a call before this point put something there: a buffer of the caller that may be written,
/// handed on with a number that is not its own length, as in `receive(bus, buf, 2)`, or a copy to it.
fn is_filled(view: &View<'_>, region: Region, event: &Event, index: usize) -> bool {
    let Region::Pair(pair) = region else {
        return false;
    };
    if view.pairs.get(pair).is_none_or(|pair| pair.is_const) {
        return false;
    }
    let values = view.values();
    let is_buffer = |id: &ValueId| {
        matches!(values.get(values.root(*id)), Value::Parameter(_)) && view.region(*id) == region
    };
    let fills = |before: &Event| {
        let EventKind::Call {
            callee, arguments, ..
        } = &before.kind
        else {
            return false;
        };
        if let Some(copy) = view.lexicon.copy(*callee) {
            let destination = copy.destination.and_then(|at| arguments.get(at as usize));
            return destination.is_some_and(is_buffer);
        }
        let Some(at) = arguments.iter().position(&is_buffer) else {
            return false;
        };
        // By its name: what reads the bytes looks the same otherwise.
        let is_input = callee.is_some_and(|name| {
            super::names::words(view.name(name)).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "rd" | "read"
                        | "reads"
                        | "rx"
                        | "recv"
                        | "receive"
                        | "get"
                        | "fill"
                        | "load"
                        | "fetch"
                        | "transfer"
                        | "xfer"
                        | "exchange"
                )
            })
        });
        is_input
            && !view
                .lexicon
                .is(*callee, flag::LOG | flag::CHECK | flag::DECODER)
            && arguments
                .get(at + 1)
                .is_some_and(|next| values.constant(*next).is_some_and(|number| number > 0))
    };
    let filled: rustc_hash::FxHashSet<u32> = view
        .numbered
        .events
        .iter()
        .take(index)
        .filter(|before| fills(before))
        .map(|before| before.block)
        .collect();
    if filled.is_empty() {
        return false;
    }
    // Whether no way from the beginning misses all of them.
    let mut seen = vec![event.block];
    let mut known = rustc_hash::FxHashSet::from_iter([event.block]);
    let mut next = 0;
    while let Some(&block) = seen.get(next) {
        next += 1;
        if filled.contains(&block) {
            continue;
        }
        let before = view.graph.predecessors(block);
        if before.is_empty() {
            return false;
        }
        for from in before {
            if known.insert(*from) {
                seen.push(*from);
            }
        }
    }
    true
}

/// What an event reads.
fn access(view: &View<'_>, event: &Event) -> Option<Access> {
    let types = &view.unit.types;
    match &event.kind {
        EventKind::Read {
            location,
            ty,
            record,
            ..
        } => {
            let bytes = types.size(*ty).map_or(1, i128::from);
            Some(Access {
                location: *location,
                bytes,
                record: *record,
                is_weak: false,
            })
        }
        EventKind::Call {
            callee, arguments, ..
        } => {
            let name = (*callee)?;
            if view.lexicon.flags(name) & flag::DECODER != 0 {
                let at = arguments
                    .iter()
                    .position(|argument| view.is_pointer(*argument))?;
                let location = *arguments.get(at)?;
                // `get_u16(buf, 4)`: a distance stands behind the pointer.
                let behind = match arguments.get(at + 1) {
                    Some(next) => view.values().constant(*next)?,
                    None => 0,
                };
                return Some(Access {
                    location,
                    bytes: decoder_width(view.name(name)).saturating_add(behind),
                    record: TypeId::UNKNOWN,
                    is_weak: false,
                });
            }
            if let Some((parameter, bytes)) = view.file.reads(name) {
                let location = arguments.get(parameter as usize).copied()?;
                // A function that is told the length looks for itself.
                let region = view.region(location);
                if arguments
                    .iter()
                    .any(|argument| view.is_length_of(*argument, region))
                {
                    return None;
                }
                return Some(Access {
                    location,
                    bytes,
                    record: TypeId::UNKNOWN,
                    is_weak: false,
                });
            }
            if view.lexicon.copy(Some(name)).is_none() {
                return asked_of_header(view, name, arguments);
            }
            let copy = view.lexicon.copy(Some(name))?;
            if copy.source_knows {
                return None;
            }
            let location = arguments.get(copy.source? as usize).copied()?;
            let bytes = view
                .values()
                .constant(*arguments.get(copy.length as usize)?)?;
            Some(Access {
                location,
                bytes,
                record: TypeId::UNKNOWN,
                is_weak: false,
            })
        }
        _ => None,
    }
}

/// `frame_is_ack(data)`: a question about the first byte, or about a field of a header.
fn asked_of_header(
    view: &View<'_>,
    name: crate::flow::ir::Symbol,
    arguments: &[ValueId],
) -> Option<Access> {
    let location = match arguments {
        [only] if super::names::is_question(view.name(name)) && view.is_pointer(*only) => *only,
        _ => arguments
            .iter()
            .copied()
            .find(|argument| matches!(view.values().get(*argument), Value::Field(..)))?,
    };
    Some(Access {
        location,
        bytes: 1,
        record: TypeId::UNKNOWN,
        is_weak: true,
    })
}

fn decoder_width(name: &str) -> i128 {
    for (digits, bytes) in [("64", 8), ("48", 6), ("32", 4), ("24", 3), ("16", 2)] {
        if name.contains(digits) {
            return bytes;
        }
    }
    if name.ends_with('l') { 4 } else { 2 }
}

/// Constant distance of a location from the first byte of its region, and whether it is counted
/// from that first byte.
fn offset(view: &View<'_>, location: ValueId) -> Option<(i128, bool)> {
    let values = view.values();
    let mut at = location;
    let mut sum: i128 = 0;
    for _ in 0..12 {
        match values.get(at) {
            Value::Cast { value, .. } => at = value,
            Value::Field(base, name) => {
                // Layout of the overlay, where it is known.
                let record = overlay_of(view, base, name);
                sum = sum.saturating_add(record.unwrap_or(0));
                at = base;
            }
            Value::Element { base, index, scale } => {
                let linear = Linear::of(values, index);
                if !linear.is_constant() {
                    return None;
                }
                sum = sum.saturating_add(linear.constant.saturating_mul(i128::from(scale.max(1))));
                at = base;
            }
            Value::Parameter(_) => return Some((sum, true)),
            Value::Load { .. } => {
                return Some((
                    sum,
                    matches!(view.region(at), Region::Packet(_) | Region::Held(_)),
                ));
            }
            _ => return None,
        }
    }
    None
}

/// Offset of a field; the record is not kept in the value, so the name must be unambiguous.
fn overlay_of(view: &View<'_>, base: ValueId, name: crate::flow::ir::Symbol) -> Option<i128> {
    let field = Value::Field(base, name);
    let _ = field;
    view.numbered
        .events
        .iter()
        .find_map(|event| match &event.kind {
            EventKind::Read {
                location, record, ..
            }
            | EventKind::Write {
                location, record, ..
            } if view.values().get(*location) == field => view
                .unit
                .types
                .field(*record, name)
                .and_then(|field| field.offset)
                .map(i128::from),
            _ => None,
        })
}

fn is_worth(
    view: &View<'_>,
    all: &[Analysed],
    region: Region,
    has_later_guard: bool,
    known: &Lower,
) -> bool {
    match region {
        Region::Pair(index) => {
            let Some(pair) = view.pairs.get(index) else {
                return false;
            };
            let caller = callers_bound(
                view.unit,
                all,
                view.file,
                view.function,
                pair.length,
                Direction::Lower,
            );
            if caller == Some(true) || super::callers::all_look(view, all) {
                return false;
            }
            has_later_guard
                || known.bytes.is_some()
                || super::names::is_called_with_input(view.name(view.function.name))
                || is_unused(view, pair.length)
        }
        Region::Packet(packet) => {
            let name = view.name(view.function.name);
            (has_later_guard
                || known.bytes.is_some()
                || !view.function.is_private
                    && super::names::is_input_name(name)
                    && is_never_compared(view, region))
                && (has_later_guard || matches!(view.values().get(packet), Value::Parameter(_)))
                && !super::names::is_output_name(name)
                && !(view.function.is_private && callers_look(view, all))
                // Who tests the packet itself, and too late, does not trust the callers.
                && (has_later_guard || !super::callers::all_look(view, all))
        }
        // What an object holds may be its own; a test that comes too late says that it is not.
        Region::Held(_) => {
            has_later_guard
                && !super::names::is_output_name(view.name(view.function.name))
                && !super::callers::all_look(view, all)
        }
        _ => false,
    }
}

/// Whether nothing in the function compares the number of bytes of a region.
fn is_never_compared(view: &View<'_>, region: Region) -> bool {
    !view.numbered.conditions.iter().flatten().any(|condition| {
        view.values()
            .sources(*condition)
            .iter()
            .any(|leaf| view.is_length_of(*leaf, region))
    })
}

/// Whether nothing in the function depends on a parameter.
pub(super) fn is_unused(view: &View<'_>, parameter: u32) -> bool {
    let values = view.values();
    let own = view.function.parameters.get(parameter as usize);
    // `fill(buf, &size)`
    let is_its_address = |id: ValueId| matches!(values.get(id), Value::Address(Base::Local(local)) if own == Some(&local));
    let uses = |id: ValueId| {
        values
            .sources(id)
            .iter()
            .any(|leaf| values.get(*leaf) == Value::Parameter(parameter))
    };
    !view
        .numbered
        .conditions
        .iter()
        .flatten()
        .any(|id| uses(*id))
        && !view.numbered.events.iter().any(|event| match &event.kind {
            EventKind::Call { arguments, .. } => arguments
                .iter()
                .any(|id| uses(*id) || is_its_address(values.strip(*id))),
            EventKind::Write {
                location, value, ..
            } => uses(*value) || uses(*location),
            EventKind::Read { location, .. } => uses(*location),
            EventKind::Compute { value, .. } => uses(*value),
            // `end = buf + size`; a mere copy is no use yet.
            EventKind::Assign { value, .. } => {
                values.get(values.strip(*value)) != Value::Parameter(parameter) && uses(*value)
            }
            EventKind::Return(Some(value)) => uses(*value),
            _ => false,
        })
}

/// Whether a caller in this file compares the length of a packet before it calls.
fn callers_look(view: &View<'_>, all: &[Analysed]) -> bool {
    view.file.sites(view.function.name).iter().any(|site| {
        let Some(caller) = all.get(site.caller) else {
            return false;
        };
        let Some(event) = caller.numbered.events.get(site.event as usize) else {
            return false;
        };
        let values = &caller.numbered.values;
        caller
            .facts
            .at(&caller.graph, event.block, site.event)
            .any(|fact| match &fact.kind {
                super::facts::FactKind::Compare { op, difference, .. } => {
                    !matches!(op, crate::flow::ir::BinaryOp::Ne)
                        && difference
                            .terms
                            .iter()
                            .any(|(term, _)| view.is_length_load(values, *term))
                }
                super::facts::FactKind::Asked { .. } => false,
            })
    })
}

#[expect(clippy::too_many_arguments, reason = "the parts of one report")]
fn report(
    view: &View<'_>,
    event: &Event,
    access: &Access,
    region: Region,
    need: i128,
    known: &Lower,
    later: Option<crate::finding::Span>,
    out: &mut Vec<Defect>,
) {
    let is_header = view.unit.types.as_record(access.record).is_some()
        || matches!(view.values().get(access.location), Value::Field(..));
    let length = match region {
        Region::Pair(index) => view
            .pairs
            .get(index)
            .and_then(|pair| view.parameter_name(pair.length))
            .unwrap_or_default()
            .to_owned(),
        Region::Packet(packet) => format!(
            "the length of {}",
            object_name(view, packet).unwrap_or_else(|| "the packet".to_owned())
        ),
        Region::Held(object) => format!(
            "the length in {}",
            object_name(view, object).unwrap_or_else(|| "the object".to_owned())
        ),
        _ => String::new(),
    };
    let buffer = object_name(view, view.values().root(access.location)).unwrap_or_default();
    let mut steps = Vec::new();
    if let (Some(bytes), Some(span)) = (known.bytes, known.guard) {
        steps.push(note(
            span,
            format!("this makes sure of {bytes} bytes; {need} are needed"),
        ));
    }
    let (analysis, mut names) = if is_header {
        (
            "header-cast-before-length",
            vec![(
                "$TYPE",
                view.type_name(access.record)
                    .unwrap_or("a header")
                    .to_owned(),
            )],
        )
    } else {
        ("fixed-offset-before-length", Vec::new())
    };
    names.push(("$BUF", buffer.clone()));
    names.push(("$LEN", length.clone()));
    let mut defect = view.defect(
        analysis,
        event.span,
        names,
        None,
        steps,
        format!("{need} bytes of `{buffer}` are needed here; nothing before compares `{length}` with that"),
    );
    if let Some(span) = later {
        defect.related.push(note(
            span,
            "this test comes too late: move it before the first read",
        ));
    }
    out.push(defect);
}
