//! Sinks with the comparisons before them, for telling which comparison a change took away.

use super::facts::{Direction, FactKind};
use super::numbering::EventKind;
use super::roles::{Region, View};
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;

/// A copy or an access by a variable index, with what was compared before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardedSink {
    /// Name of the function around it.
    pub function: String,
    /// Its words, blanks squeezed: the same in two versions of a file if it was not changed.
    pub sink: String,
    /// Its bytes.
    pub span: Span,
    /// Words of the comparisons that bound its length or index, each once, sorted.
    pub guards: Vec<String>,
}

/// Adds the sinks of a function.
pub(super) fn collect(view: &View<'_>, out: &mut Vec<GuardedSink>) {
    let values = view.values();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let value: Option<ValueId> = match &event.kind {
            EventKind::Call {
                callee, arguments, ..
            } => view
                .lexicon
                .copy(*callee)
                .and_then(|copy| arguments.get(copy.length as usize).copied()),
            EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                match values.get(*location) {
                    Value::Element { base, index, .. }
                        if matches!(view.region(base), Region::Fixed(_)) =>
                    {
                        Some(index)
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        let Some(value) = value.filter(|value| !values.is_constant(*value)) else {
            continue;
        };
        let mut leaves = Vec::new();
        values.leaves(value, &mut leaves);
        let mut guards: Vec<String> = view
            .bounds(&leaves, Direction::Upper, event.block, index as u32)
            .filter(|fact| matches!(fact.kind, FactKind::Compare { .. }))
            .map(|fact| view.words(fact.span))
            .collect();
        guards.sort();
        guards.dedup();
        out.push(GuardedSink {
            function: view.name(view.function.name).to_owned(),
            sink: view.words(event.span),
            span: event.span,
            guards,
        });
    }
}

/// Sinks that stood behind a comparison in the base and stand behind none in the head, as defects
/// of the analysis `guard-removed` with places in the head.
pub fn removed(base: &[GuardedSink], head: &[GuardedSink]) -> Vec<Defect> {
    let mut out: Vec<Defect> = Vec::new();
    for sink in head {
        if !sink.guards.is_empty() {
            continue;
        }
        let same =
            |other: &&GuardedSink| other.function == sink.function && other.sink == sink.sink;
        // Where the sink stands more than once, all of them must have been guarded.
        let before: Vec<&GuardedSink> = base.iter().filter(same).collect();
        let Some(first) = before.first() else {
            continue;
        };
        if before.iter().any(|other| other.guards.is_empty()) {
            continue;
        }
        let guard = first.guards.join("`, `");
        out.push(Defect {
            analysis: "guard-removed",
            span: sink.span,
            names: vec![("$SINK", sink.sink.clone()), ("$GUARD", guard.clone())],
            trace: vec![note(
                sink.span,
                format!(
                    "before the change, `{guard}` was tested on every way to `{}`",
                    sink.sink
                ),
            )],
            related: Vec::new(),
            far: Vec::new(),
        });
    }
    out.dedup_by(|one, two| one.span == two.span);
    out
}
