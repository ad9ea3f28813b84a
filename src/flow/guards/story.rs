//! Puts a report together: the words of the message, and the path from source to sink.

use super::roles::View;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::{Defect, Note};

/// A note.
pub(super) fn note(span: Span, message: impl Into<String>) -> Note {
    Note {
        span,
        message: message.into(),
    }
}

impl View<'_> {
    /// Where a value came from, as the first notes of a trace.
    pub(super) fn source_notes(&self, value: ValueId) -> Vec<Note> {
        let values = self.values();
        let mut out: Vec<Note> = Vec::new();
        for leaf in values.sources(value) {
            if out.len() >= 3 {
                break;
            }
            let span = values.span(leaf);
            if span.end <= span.start {
                continue;
            }
            let message = match values.get(leaf) {
                Value::Parameter(index) => format!(
                    "the caller gives `{}`",
                    self.parameter_name(index).unwrap_or_default()
                ),
                Value::Load { .. } => format!("`{}` is read here", self.words(span)),
                Value::Pure { .. } | Value::Call(_) => {
                    format!("`{}` gives the value", self.words(span))
                }
                Value::Out { .. } => format!("`{}` writes the value", self.words(span)),
                _ => continue,
            };
            if out.iter().all(|other| other.span != span) {
                out.push(note(span, message));
            }
        }
        out.sort_by_key(|note| note.span.start);
        out
    }

    /// A defect whose trace starts where a value came from and ends at the sink.
    pub(super) fn defect(
        &self,
        analysis: &'static str,
        span: Span,
        names: Vec<(&'static str, String)>,
        value: Option<ValueId>,
        steps: Vec<Note>,
        sink: String,
    ) -> Defect {
        let mut trace = value.map_or_else(Vec::new, |value| self.source_notes(value));
        trace.retain(|note| note.span != span);
        trace.extend(steps);
        trace.push(note(span, sink));
        Defect {
            analysis,
            span,
            names,
            trace,
            related: Vec::new(),
            far: Vec::new(),
        }
    }
}
