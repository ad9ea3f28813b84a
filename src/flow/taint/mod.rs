//! Follows values from sources to sinks inside one function, for taint rules.
//!
//! Who asks says where sources, sinks, sanitizers and propagators stand in the text; how those places
//! were found is not known here. The rest is a forward analysis over the blocks of the IR: which
//! objects, and which parts of them, hold a value of a source. It is flow-sensitive, asks no
//! condition, and stays inside the function: a call gives what its arguments hold.

mod follow;
mod matches;
mod objects;
mod path;
mod state;
mod steps;
#[cfg(test)]
mod tests;
mod transfer;

use crate::finding::Span;

use super::FlowGap;
use super::defect::Note;
use super::ir::Unit;

/// What a taint rule matched in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Where values of interest come from.
    pub sources: Vec<Match>,
    /// Where they must not get to.
    pub sinks: Vec<Match>,
    /// What makes them harmless.
    pub sanitizers: Vec<Match>,
    /// What carries them on.
    pub propagators: Vec<Carry>,
    /// What carries them at all.
    pub options: Options,
}

/// A source, sink or sanitizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Its bytes.
    pub span: Span,
    /// Whether what stands inside of it does not count.
    pub exact: bool,
    /// What it speaks of.
    pub of: Subject,
}

/// What a source or sanitizer speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The value at the place.
    Value,
    /// The value, and the object that was named, from there on.
    Both,
    /// The object alone.
    Object,
}

/// A propagator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carry {
    /// Where the taint is read.
    pub from: Span,
    /// What takes it.
    pub to: Span,
    /// Whether the object there takes it, or only its value there.
    pub by_side_effect: bool,
}

/// What carries taint beside assignments. The default: everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Results of calls do not depend on arguments.
    pub assume_safe_functions: bool,
    /// Elements do not depend on their index.
    pub assume_safe_indexes: bool,
    /// Comparisons give clean values.
    pub assume_safe_comparisons: bool,
    /// `bool` is clean.
    pub assume_safe_booleans: bool,
    /// Numbers are clean.
    pub assume_safe_numbers: bool,
    /// Operators and calls carry nothing.
    pub only_propagate_through_assignments: bool,
}

/// A value that got from a source to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Index of the query.
    pub query: usize,
    /// Index of the sink in its query.
    pub sink: usize,
    /// Index of the source in its query.
    pub source: usize,
    /// Source, assignments on the way, sink.
    pub trace: Vec<Note>,
}

/// Follows the values of all queries through all functions of a file. Leaks are sorted by query,
/// sink and source. Functions that reached a counted bound are added to `gaps`.
pub fn follow(unit: &Unit, text: &[u8], queries: &[Query], gaps: &mut Vec<FlowGap>) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for (index, query) in queries.iter().enumerate() {
        for function in &unit.functions {
            let found = follow::function(unit, function, text, query);
            if found.is_cut {
                gaps.push(FlowGap {
                    span: function.span,
                    function: unit.names.text(function.name).to_owned(),
                    detail: "the counted limit of the taint analysis was reached in this function",
                });
            }
            leaks.extend(found.leaks.into_iter().map(|leak| Leak {
                query: index,
                ..leak
            }));
        }
    }
    leaks.sort_by_key(|leak| (leak.query, leak.sink, leak.source));
    leaks.dedup_by_key(|leak| (leak.query, leak.sink, leak.source));
    leaks
}
