//! Typed guards: what was compared with what before a copy, a read, a subtraction.
//!
//! A guard against the destination does not stand in for one against the bytes received. A guard
//! counts where every way to the sink passes it; an assertion never counts. Each function is run
//! over once ([`numbering`]), the comparisons are collected ([`facts`]), and each analysis asks
//! what is known at its sinks.

mod appends;
mod arithmetic;
mod bound;
mod cleanup;
mod contradictions;
mod copies;
mod cursor;
mod facts;
mod file_facts;
mod graph;
mod headers;
mod indexes;
mod lexicon;
mod linear;
mod lower;
mod narrow;
mod nulls;
mod numbering;
mod results;
mod roles;
mod shared;
mod spans;
mod story;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod walkers;

use crate::flow::Defect;
use crate::flow::ir::Unit;

use self::facts::Facts;
use self::file_facts::{Analysed, FileFacts};
use self::graph::Graph;
use self::lexicon::Lexicon;
use self::roles::View;

/// Names of the analyses of this part, sorted.
pub const ANALYSES: &[&str] = &[
    "add-wrap-in-bound",
    "alloc-size-wrap",
    "append-without-bound",
    "assert-only-bound",
    "check-after-use",
    "copy-beyond-input",
    "counter-wraps",
    "double-fetch",
    "fixed-offset-before-length",
    "freed-out-parameter",
    "guard-cannot-fire",
    "header-cast-before-length",
    "inclusive-bound-exit",
    "null-test-after-use",
    "output-of-unchecked-call",
    "narrow-length-variable",
    "narrowed-check-wide-use",
    "null-on-one-way",
    "peers-check-you-dont",
    "read-past-tested-end",
    "reassembly-no-cap",
    "status-never-tested",
    "string-call-on-wire-buffer",
    "tainted-index",
    "tlv-walk-unchecked",
    "tlv-zero-advance",
    "unbounded-copy-length",
    "unchecked-lookup",
    "unsigned-underflow-length",
    "usb-setup-unclamped",
];

/// Bound of blocks of a function that is analysed.
const MAX_BLOCKS: usize = 2_000;

/// Runs every analysis over the functions of a C file. `text` is the file's bytes, for the words
/// of messages.
pub fn analyse(unit: &Unit, text: &[u8], out: &mut Vec<Defect>) {
    let lexicon = Lexicon::new(unit, text);
    let mut all: Vec<Analysed> = Vec::new();
    for (index, function) in unit.functions.iter().enumerate() {
        if function.has_gap || function.blocks.len() > MAX_BLOCKS {
            continue;
        }
        let graph = Graph::new(function);
        let numbered = numbering::number(unit, function, &graph, &lexicon);
        let facts = Facts::new(function, &graph, &numbered, &lexicon);
        all.push(Analysed {
            function: index,
            graph,
            numbered,
            facts,
        });
    }
    let file = FileFacts::new(unit, &all, &lexicon);
    let start = out.len();
    for analysed in &all {
        let Some(function) = unit.functions.get(analysed.function) else {
            continue;
        };
        let view = View::new(
            unit,
            text,
            function,
            &analysed.graph,
            &analysed.numbered,
            &analysed.facts,
            &lexicon,
            &file,
        );
        copies::check(&view, &all, out);
        headers::check(&view, &all, out);
        walkers::check(&view, out);
        arithmetic::check(&view, &all, out);
        nulls::check(&view, out);
        indexes::check(&view, out);
        appends::check(&view, out);
        cleanup::check(&view, out);
        cursor::check(&view, out);
        narrow::check(&view, out);
        contradictions::check(&view, out);
        shared::check(&view, out);
        results::check(&view, analysed, out);
    }
    if let Some(new) = out.get_mut(start..) {
        new.sort_by(|one, two| {
            (one.span.start, one.analysis, one.span.end).cmp(&(two.span.start, two.analysis, two.span.end))
        });
    }
    // A walk that was told needs no second word on its subtraction.
    let walks: Vec<u32> = out
        .iter()
        .skip(start)
        .filter(|defect| defect.analysis == "tlv-walk-unchecked")
        .map(|defect| defect.span.start)
        .collect();
    // What only an assertion limits is said by that rule alone.
    let asserted: Vec<u32> = out
        .iter()
        .skip(start)
        .filter(|defect| defect.analysis == "assert-only-bound")
        .map(|defect| defect.span.start)
        .collect();
    let mut seen = rustc_hash::FxHashSet::default();
    let mut index = 0;
    out.retain(|defect| {
        index += 1;
        index <= start
            || !(defect.analysis == "unsigned-underflow-length" && walks.contains(&defect.span.start))
                && !(defect.analysis == "unbounded-copy-length" && asserted.contains(&defect.span.start))
                && seen.insert((defect.span.start, defect.span.end, defect.analysis))
    });
}
