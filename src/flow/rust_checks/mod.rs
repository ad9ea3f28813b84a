//! Analyses of Rust: panics and unsoundness that data can reach.
//!
//! They argue over the IR: a value is followed back through assignments, casts and `?` to where it
//! was read; the comparisons that dominate a use are its guards. `get`, `checked_*`, `min`, `match`
//! ranges, `is_empty`, a slice pattern and a test function's verdict are guards too; `debug_assert!`
//! is none. `assert!` guards what follows it; whether it may panic itself is `rust-panic-on-input`.

mod allocations;
mod arithmetic;
mod body;
mod bounds;
mod callers;
mod casts;
mod checked;
mod division;
mod facts;
mod graph;
mod impls;
mod lengths;
mod memory;
mod panics;
mod probes;
mod recursion;
mod slices;
mod sources;
mod taken;
#[cfg(test)]
mod tests;
mod times;
mod values;

use rustc_hash::FxHashSet;

use self::body::Body;
use self::callers::Known;
use super::defect::{Defect, Note};
use super::ir::{Operand, Symbol, Terminator, TypeId, Unit};
use super::test_code;
use crate::finding::Span;
use crate::syntax::SourceFile;

/// All analyses of this module by name, with what each finds.
pub const ANALYSES: &[(&str, &str)] = &[
    (
        "rust-aliased-unchecked-borrows",
        "two unchecked mutable references into one object in one argument list",
    ),
    (
        "rust-allocation-from-input",
        "an allocation of a size from outside that nothing limits",
    ),
    (
        "rust-bound-sum-wraps",
        "a limit test on a sum that may wrap, so that a huge number passes",
    ),
    (
        "rust-capacity-unwrapped",
        "data into a container of fixed capacity, the failure unwrapped",
    ),
    (
        "rust-copy-length-mismatch",
        "a call that panics unless two lengths agree, which nothing tested",
    ),
    (
        "rust-division-by-data",
        "a division by a number from outside that may be zero",
    ),
    (
        "rust-drop-before-reset",
        "elements dropped before their owner forgets them",
    ),
    (
        "rust-generic-send",
        "unsafe Send or Sync for a type that owns a generic value, without a bound",
    ),
    (
        "rust-index-by-parameter",
        "a table indexed by a narrow parameter that nothing tested",
    ),
    (
        "rust-index-by-wire-value",
        "an element selected by a received number that nothing tested",
    ),
    (
        "rust-instant-difference",
        "a subtraction of times that panics below zero",
    ),
    (
        "rust-length-cut",
        "a length cut to a narrow type, which nothing limits",
    ),
    (
        "rust-lookup-unwrapped",
        "a lookup unwrapped in a function that could report that there is no entry",
    ),
    (
        "rust-narrow-length",
        "a length cut to a narrow type, or a counter too narrow for its end",
    ),
    (
        "rust-off-by-one-bound",
        "a test that lets the value one past the end through",
    ),
    ("rust-panic-on-input", "a panic that a message decides"),
    (
        "rust-pointer-add-from-input",
        "a pointer moved by a number from outside",
    ),
    (
        "rust-predictable-id",
        "a transaction identifier made by counting",
    ),
    (
        "rust-quotient-underflow",
        "a quotient reduced by one although it may be zero",
    ),
    (
        "rust-raw-parts-address",
        "a slice at an address from outside that may be zero",
    ),
    (
        "rust-read-before-length",
        "a read at a fixed offset before the length is known",
    ),
    ("rust-recursion", "a call cycle"),
    (
        "rust-reversed-range",
        "a range whose end may lie before its start",
    ),
    (
        "rust-slice-by-parameter",
        "a slice bounded by a parameter that nothing tested",
    ),
    (
        "rust-slice-by-wire-length",
        "a slice bounded by a received number that nothing tested",
    ),
    (
        "rust-taken-then-dropped",
        "a value taken out of a field on a way that drops the field once more",
    ),
    (
        "rust-unchecked-length-arithmetic",
        "arithmetic on a received length that may wrap",
    ),
    (
        "rust-uninitialised-use",
        "memory declared initialised on a way on which nothing wrote it",
    ),
    (
        "rust-unproved-unchecked-index",
        "an unchecked access with an index that the function never compares",
    ),
    (
        "rust-wrapping-arithmetic",
        "counters, indices and generators that wrap by design, computed with operators that panic",
    ),
];

/// The analyses of one function.
const CHECKS: &[fn(&Body<'_>, &mut Vec<Defect>)] = &[
    slices::check,
    lengths::check,
    checked::check,
    arithmetic::check,
    casts::check,
    division::check,
    panics::check,
    memory::check,
    times::check,
    bounds::check,
    probes::check,
    allocations::check,
    taken::check,
];

/// Runs every analysis over a lowered Rust file; defects are in the order of the file.
pub fn run(file: &SourceFile<'_>, unit: &Unit) -> Vec<Defect> {
    let mut out = Vec::new();
    let known = Known::new(wire_accessors(file, unit));
    let tests = test_code::spans(file);
    for function in &unit.functions {
        if tests.iter().any(|span| span.contains(function.span)) {
            continue;
        }
        let body = Body::new(file, unit, function, &known);
        let before = out.len();
        for check in CHECKS {
            check(&body, &mut out);
            if body.is_exhausted() {
                out.truncate(before);
                break;
            }
        }
    }
    recursion::check(file, unit, &tests, &mut out);
    impls::check(file, &tests, &mut out);
    out.sort_by(|a, b| {
        (a.span.start, a.span.end, a.analysis).cmp(&(b.span.start, b.span.end, b.analysis))
    });
    out.dedup_by(|a, b| a.analysis == b.analysis && a.span == b.span);
    out
}

/// Names of methods of the file that only give a number read from bytes.
fn wire_accessors(file: &SourceFile<'_>, unit: &Unit) -> FxHashSet<(TypeId, Symbol)> {
    let none = Known::default();
    let mut found = FxHashSet::default();
    for function in &unit.functions {
        let is_number = unit
            .types
            .int(function.result)
            .is_some_and(|(bits, _)| bits > 1);
        if !is_number || function.parameters.len() != 1 || function.blocks.len() > 12 {
            continue;
        }
        let body = Body::new(file, unit, function, &none);
        let gives_bytes = function.blocks.iter().any(|block| match &block.terminator {
            Terminator::Return(Some(value)) => body.source(value).is_some(),
            _ => false,
        });
        if gives_bytes {
            let own = function
                .parameters
                .first()
                .and_then(|parameter| function.local(*parameter))
                .map_or(TypeId::UNKNOWN, |local| local.ty);
            found.insert((body.behind_pointers(own), function.name));
        }
    }
    found
}

/// Puts a defect together.
struct Report<'b, 'a> {
    body: &'b Body<'a>,
    defect: Defect,
}

impl<'b, 'a> Report<'b, 'a> {
    fn new(body: &'b Body<'a>, analysis: &'static str, span: Span) -> Self {
        Self {
            body,
            defect: Defect {
                analysis,
                span,
                names: vec![("$EXPR", short(body.text(span)))],
                trace: Vec::new(),
                related: Vec::new(),
                far: Vec::new(),
            },
        }
    }

    /// What a metavariable of the message stands for: the operand's text.
    fn operand(self, name: &'static str, operand: &Operand) -> Self {
        let text = match operand {
            Operand::Copy(place) => short(self.body.text(place.span)),
            Operand::Constant(constant) => match (&constant.origin, constant.value) {
                (super::ir::Origin::Named(symbol), _) => self.body.name(*symbol).to_owned(),
                (_, Some(value)) => value.to_string(),
                _ => "…".to_owned(),
            },
            _ => "…".to_owned(),
        };
        self.text(name, text)
    }

    fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.defect.names.push((name, text.into()));
        self
    }

    fn step(mut self, span: Span, message: impl Into<String>) -> Self {
        self.defect.trace.push(Note {
            span,
            message: message.into(),
        });
        self
    }

    /// The source as the first step.
    fn from(self, source: Option<sources::Source>) -> Self {
        match source {
            Some(source) => {
                let text = short(self.body.text(source.span));
                self.step(source.span, format!("`{text}` {}", source.what))
            }
            None => self,
        }
    }

    fn push(self, out: &mut Vec<Defect>) {
        out.push(self.defect);
    }
}

/// One line of at most 40 characters.
fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 40 {
        return line;
    }
    line.chars().take(39).chain(['…']).collect()
}
