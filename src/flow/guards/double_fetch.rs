//! Memory that others write between two reads of it: one reading is tested, another one is used.
//!
//! Volatile are objects declared so, what a pointer to `volatile` leads to, members declared so, and
//! memory at an address that is a number.

use super::facts::Direction;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{Base, BlockId, LocalId, Symbol, TypeId};

/// Bytes before a declarator that are looked at for its qualifiers.
const DECLARATION: usize = 120;

/// Reports `double-fetch`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee, arguments, ..
        } = &event.kind
        else {
            continue;
        };
        let size = match view.lexicon.copy(*callee) {
            Some(copy) => arguments.get(copy.length as usize).copied(),
            None if view.lexicon.is(*callee, flag::ALLOC) => arguments.first().copied(),
            None => None,
        };
        if let Some(size) = size {
            let sink = Sink {
                span: event.span,
                block: event.block,
                index: index as u32,
            };
            fetch(view, &sink, size, out);
        }
    }
    for (block, condition) in (0_u32..).zip(&view.numbered.conditions) {
        if let Some(condition) = condition {
            loop_bound(view, block, *condition, out);
        }
    }
}

/// Where a number is used.
struct Sink {
    /// The expression that reads it.
    span: Span,
    block: u32,
    /// Events before it.
    index: u32,
}

/// `i < box->count` of a loop that walks an array, where `box->count` was tested before the loop.
fn loop_bound(view: &View<'_>, block: u32, condition: ValueId, out: &mut Vec<Defect>) {
    let values = view.values();
    let Some(round) = view.graph.loop_at(block) else {
        return;
    };
    let Value::Binary(op, left, right) = values.get(values.strip(condition)) else {
        return;
    };
    if !op.is_comparison() {
        return;
    }
    let is_counter = |side: ValueId| matches!(values.get(values.strip(side)), Value::Phi { block: at, .. } if at == block);
    let (counter, bound) = match (is_counter(left), is_counter(right)) {
        (true, false) => (values.strip(left), right),
        (false, true) => (values.strip(right), left),
        _ => return,
    };
    let selects = view.numbered.events.iter().any(|event| {
        round.contains(event.block)
            && match &event.kind {
                EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                    matches!(values.get(*location), Value::Element { index, .. }
                        if super::facts::mentions(values, index, &[counter]))
                }
                _ => false,
            }
    });
    let Some(body) = view.function.block(BlockId(block)) else {
        return;
    };
    let index = view
        .numbered
        .events
        .iter()
        .rposition(|event| event.block == block)
        .map_or(0, |at| at as u32 + 1);
    if selects {
        let sink = Sink {
            span: body.span,
            block,
            index,
        };
        fetch(view, &sink, bound, out);
    }
}

/// A volatile object whose first reading was tested and whose second is used.
fn fetch(view: &View<'_>, sink: &Sink, size: ValueId, out: &mut Vec<Defect>) {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(size, &mut leaves);
    for &leaf in &leaves {
        let Value::Load { location, .. } = values.get(leaf) else {
            continue;
        };
        let is_new_each_time = is_volatile_object(view, location);
        let reads = |event: &&Event| matches!(&event.kind, EventKind::Read { location: other, .. } if *other == location);
        let record = view
            .numbered
            .events
            .iter()
            .find_map(|event| match &event.kind {
                EventKind::Read {
                    location: other,
                    record,
                    ..
                } if *other == location => Some(*record),
                _ => None,
            });
        if !is_new_each_time && !is_volatile(view, location, record) {
            continue;
        }
        let before = || {
            view.numbered
                .events
                .iter()
                .take(sink.index as usize)
                .filter(reads)
        };
        // Such a reading has a value of its own only where the object itself is volatile; elsewhere
        // the two are told by where they stand.
        let is_again = |event: &Event| sink.span.contains(event.span);
        if !is_new_each_time && !before().any(&is_again) {
            continue;
        }
        let first = before().find(|event| {
            let EventKind::Read { value, .. } = &event.kind else {
                return false;
            };
            let is_other = match is_new_each_time {
                true => *value != leaf,
                false => !is_again(event),
            };
            is_other && view.graph.dominates(event.block, sink.block)
        });
        let Some(first) = first else { continue };
        let EventKind::Read { value, .. } = &first.kind else {
            continue;
        };
        let is_tested = view
            .facts
            .at(view.graph, sink.block, sink.index)
            .any(|fact| {
                fact.bounds(values, &[*value], Direction::Upper) && !sink.span.contains(fact.span)
            });
        let is_kept = is_new_each_time
            && view.numbered.events.iter().any(|other| {
                matches!(&other.kind, EventKind::Assign { value: kept, .. } if values.strip(*kept) == *value)
            });
        if !is_tested && !is_kept {
            continue;
        }
        let name = object_name(view, location).unwrap_or_default();
        out.push(view.defect(
            "double-fetch",
            sink.span,
            vec![("$X", name.clone())],
            None,
            vec![note(first.span, format!("`{name}` is read here first"))],
            format!("`{name}` is read again and used; it may have changed between"),
        ));
        return;
    }
}

/// An object declared `volatile` itself.
fn is_volatile_object(view: &View<'_>, location: ValueId) -> bool {
    match view.values().get(view.values().root(location)) {
        Value::Address(Base::Global(id)) => view.lexicon.is_volatile(id),
        Value::Address(Base::Local(id)) => view
            .function
            .local(id)
            .is_some_and(|local| local.is_volatile),
        _ => false,
    }
}

/// A part of an object that is `volatile`, or memory behind a pointer to such.
fn is_volatile(view: &View<'_>, location: ValueId, record: Option<TypeId>) -> bool {
    let values = view.values();
    let mut at = location;
    loop {
        at = match values.get(at) {
            Value::Field(_, name) if at == location && is_volatile_member(view, name, record) => {
                return true;
            }
            Value::Field(base, _) | Value::Element { base, .. } => base,
            Value::Cast { value, .. } => value,
            _ => break,
        };
    }
    if at == location {
        return false;
    }
    match values.get(at) {
        // Registers and memory that two cores share stand at addresses that are numbers.
        Value::Constant { value, .. } => value.is_none_or(|address| address > 0),
        Value::Parameter(index) => view
            .function
            .parameters
            .get(index as usize)
            .is_some_and(|id| is_declared_volatile(view, *id)),
        Value::Load { location, .. }
            if matches!(values.get(location), Value::Address(Base::Global(_))) =>
        {
            let Value::Address(Base::Global(id)) = values.get(location) else {
                return false;
            };
            view.unit
                .global(id)
                .is_some_and(|global| says_volatile(view.text, global.span))
        }
        _ => view.numbered.events.iter().any(|event| {
            matches!(&event.kind, EventKind::Assign { local, value }
                if values.strip(*value) == at && is_declared_volatile(view, *local))
        }),
    }
}

/// Whether a member is declared `volatile` in its record.
fn is_volatile_member(view: &View<'_>, name: Symbol, record: Option<TypeId>) -> bool {
    record
        .and_then(|record| view.unit.types.as_record(record))
        .is_some_and(|record| {
            record
                .fields
                .iter()
                .any(|field| field.name == name && field.is_volatile)
        })
}

fn is_declared_volatile(view: &View<'_>, id: LocalId) -> bool {
    view.function
        .local(id)
        .is_some_and(|local| says_volatile(view.text, local.span))
}

/// Whether `volatile` stands before a declarator.
fn says_volatile(text: &[u8], declarator: Span) -> bool {
    let end = declarator.start as usize;
    let before = text
        .get(end.saturating_sub(DECLARATION)..end)
        .unwrap_or_default();
    let start = before
        .iter()
        .rposition(|byte| matches!(byte, b';' | b'{' | b'}' | b'(' | b','))
        .map_or(0, |at| at + 1);
    let own = before.get(start..).unwrap_or_default();
    own.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
        .any(|word| word == b"volatile")
}

#[cfg(test)]
mod tests {
    use super::says_volatile;
    use crate::finding::Span;

    #[test]
    fn qualifiers_stand_before_their_own_declarator() {
        let at = |text: &str, name: &str| {
            let start = text.find(name).unwrap() as u32;
            says_volatile(text.as_bytes(), Span::new(start, start + 1))
        };
        assert!(at("void f(volatile struct d *d)", "d)"));
        assert!(at("extern const volatile\n struct d *box;", "box"));
        assert!(!at("void f(volatile int *a, int *b)", "b)"));
        assert!(!at("volatile int a; int *b;", "b;"));
        assert!(!at("int volatile_count(int *b)", "b)"));
    }
}
