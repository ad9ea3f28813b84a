//! Typed guards: what was compared with what before a copy, a read, a subtraction.
//!
//! A guard against the destination does not stand in for one against the bytes received. A guard
//! counts where every way to the sink passes it; an assertion never counts. Each function is run
//! over once ([`numbering`]), the comparisons are collected ([`facts`]), and each analysis asks
//! what is known at its sinks.

mod appends;
mod arithmetic;
mod bound;
mod by_design;
mod callers;
mod capacities;
mod cleanup;
mod contradictions;
mod copies;
mod copy_limits;
mod cursor;
mod decisions;
mod differences;
mod double_fetch;
mod elsewhere;
mod errno;
mod facts;
mod fields;
mod file_facts;
mod graph;
mod guarded;
mod headers;
mod images;
mod indexes;
mod late_bounds;
mod lengths;
mod lexicon;
mod library_null;
mod linear;
mod lookups;
mod lower;
mod measured;
mod names;
mod narrow;
mod no_round;
mod null_tests;
mod nullable;
mod nulls;
mod numbering;
mod offsets;
mod only_null;
mod overlays;
mod packets;
mod pair_bounds;
mod pairs;
mod releases;
mod results;
mod roles;
mod rounded;
mod sentinels;
mod shared;
mod signs;
mod sizes;
mod spans;
mod story;
mod summarise;
mod sums;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod walk_ends;
mod walk_reads;
mod walk_steps;
mod walkers;
mod ways;
mod wipes;
mod wrapped_limits;

pub use self::guarded::{GuardedSink, removed};
pub(in crate::flow) use self::names::words;

use crate::flow::Defect;
use crate::flow::ir::Unit;
use crate::flow::summary::{Elsewhere, FileSummary};
use crate::syntax::SourceFile;

use self::facts::Facts;
use self::file_facts::{Analysed, FileFacts};
use self::graph::Graph;
use self::lexicon::Lexicon;
use self::roles::View;

/// Names of the analyses of this part with what each finds, sorted by name.
pub const ANALYSES: &[(&str, &str)] = &[
    (
        "add-wrap-in-bound",
        "a test adds a number of the packet to another, and the sum can wrap",
    ),
    (
        "alloc-size-wrap",
        "the size of an allocation is a sum or product that nothing limits",
    ),
    (
        "append-in-walk",
        "a walk over received bytes fills an array, and nothing limits it",
    ),
    (
        "append-without-bound",
        "elements are put one behind the other with no limit",
    ),
    (
        "assert-only-bound",
        "only an assertion limits a length or an index",
    ),
    (
        "boot-without-verify",
        "an image is started or scheduled, and nothing verified it",
    ),
    (
        "capacity-ignored",
        "a buffer of the caller is written and its size never looked at",
    ),
    (
        "check-after-use",
        "an index is compared after it selected an element",
    ),
    (
        "command-without-auth",
        "a command acts on the device, and nothing asks who sent it",
    ),
    (
        "copy-beyond-input",
        "a length is not compared with the bytes received",
    ),
    (
        "counter-wraps",
        "a narrow counter runs to a terminator in memory",
    ),
    (
        "double-fetch",
        "a volatile object is read again after its first reading was tested or kept",
    ),
    (
        "errno-not-read",
        "a number is read from text, and nobody asks whether it was one",
    ),
    (
        "failure-ignored",
        "a result is dropped that says of failures, and that other callers test",
    ),
    (
        "fixed-copy-of-input",
        "as many bytes as fit are read, however few there are",
    ),
    (
        "fixed-offset-before-length",
        "bytes are read before their number is compared",
    ),
    (
        "float-to-int-unranged",
        "a floating-point number becomes an integer, whatever it is",
    ),
    (
        "freed-out-parameter",
        "memory that a parameter still points to is freed",
    ),
    (
        "given-copy-length",
        "a length of a caller or an object is not compared with the size of the destination",
    ),
    (
        "guard-cannot-fire",
        "a test is decided by an earlier one and limits nothing",
    ),
    (
        "guard-made-vain",
        "a limit that its own sum, or a value just overwritten, keeps from ever being passed",
    ),
    (
        "header-cast-before-length",
        "a header is read before the number of bytes is compared",
    ),
    (
        "image-header-unbounded",
        "a size or place in an image's header is used as it is",
    ),
    (
        "inclusive-bound-exit",
        "a test lets an index be the number of elements",
    ),
    (
        "limit-wraps",
        "a limit is a difference that is huge where more is taken off than there is",
    ),
    (
        "narrow-length-variable",
        "a length is cut off by a variable of fewer bits",
    ),
    (
        "narrow-remainder",
        "a remainder of wide numbers is cut off by a variable of fewer bits",
    ),
    (
        "narrowed-check-wide-use",
        "a copy of fewer bits is compared, the whole is used",
    ),
    (
        "no-default-on-input",
        "a number of the packet selects an arm, and the others are not refused",
    ),
    (
        "no-rollback-check",
        "a verified image is taken, however old it is",
    ),
    (
        "not-released-on-exit",
        "a way out does not release what the others do",
    ),
    (
        "null-on-one-way",
        "a pointer that a test found NULL is used all the same",
    ),
    (
        "null-only-pointer",
        "a pointer that is never anything but NULL is used",
    ),
    (
        "null-test-after-use",
        "a pointer is compared with NULL after its use",
    ),
    (
        "option-cast-before-length",
        "an option is read as a larger record before its length is compared",
    ),
    (
        "output-of-unchecked-call",
        "the output of a call is used whether or not it worked",
    ),
    (
        "packet-not-released",
        "a way out does not release the packet that the others do",
    ),
    (
        "packet-used-after-release",
        "a packet is used, or released again, after its release",
    ),
    (
        "peers-check-you-dont",
        "a result is ignored that other calls of the file test",
    ),
    (
        "read-past-tested-end",
        "more bytes are read than the test makes sure of",
    ),
    (
        "reassembly-no-cap",
        "bytes are appended, and offset and length are not compared with the size",
    ),
    (
        "sent-offset-unchecked",
        "the sender says where in the packet something stands, and nothing compares that",
    ),
    (
        "rounded-up-walk",
        "a loop over bytes takes whole groups, and the last one is not whole",
    ),
    (
        "search-result-minus",
        "the distance to what a search found, less something, where it may be 0",
    ),
    (
        "signed-length-upper-only",
        "a size with a sign is compared with a maximum alone",
    ),
    (
        "status-never-tested",
        "a status is kept and never looked at",
    ),
    (
        "string-call-on-wire-buffer",
        "a string function on bytes that were received",
    ),
    (
        "tainted-index",
        "an index of the packet selects an element with no test",
    ),
    (
        "tlv-walk-unchecked",
        "a walk advances by a length of the packet that nothing compares",
    ),
    (
        "tlv-zero-advance",
        "a walk advances by a length of the packet that may be 0",
    ),
    (
        "unbounded-copy-length",
        "a length is not compared with the size of the destination",
    ),
    (
        "unchecked-field",
        "a pointer in a field is used that other functions test first",
    ),
    (
        "unchecked-lookup",
        "the result of a look-up is used with no test for NULL",
    ),
    (
        "unchecked-null-result",
        "a result that this file makes NULL is used with no test",
    ),
    (
        "unset-on-one-way",
        "a variable is used that has no value on one way to it",
    ),
    (
        "unset-output-of-unchecked-call",
        "a variable that only a call fills is used whether or not it worked",
    ),
    (
        "unsigned-underflow-length",
        "a length minus something wraps where it is smaller",
    ),
    (
        "usb-setup-unclamped",
        "a length of the USB host is used as it is",
    ),
    (
        "verify-then-reload",
        "a buffer is filled again after it was verified",
    ),
    (
        "wipe-skipped-on-exit",
        "a way out does not wipe the secret that the others do",
    ),
    (
        "wrong-sentinel",
        "a result is compared with what the function never returns",
    ),
];

/// Bound of blocks of a function that is analysed.
const MAX_BLOCKS: usize = 2_000;

/// The values of a file's functions, from which the analyses and its summary are made.
pub struct Guards<'a> {
    unit: &'a Unit,
    source: &'a SourceFile<'a>,
    lexicon: Lexicon,
    all: Vec<Analysed>,
    file: FileFacts,
}

impl<'a> Guards<'a> {
    /// Runs over the functions of a C file, which was parsed as `source`.
    pub fn new(unit: &'a Unit, source: &'a SourceFile<'a>) -> Self {
        let lexicon = Lexicon::new(unit, source.text);
        let all = number_all(unit, &lexicon);
        let mut file = FileFacts::new(unit, &all, &lexicon);
        file.note_returns(unit, source, &all);
        Self {
            unit,
            source,
            lexicon,
            all,
            file,
        }
    }

    /// What other files may know of this one.
    pub fn summary(&self, is_header: bool) -> FileSummary {
        summarise::summarise(
            self.unit,
            self.source,
            &self.all,
            &self.file,
            &self.lexicon,
            is_header,
        )
    }

    /// Runs every analysis. `elsewhere`: what other files know.
    pub fn defects(&self, elsewhere: Option<&dyn Elsewhere>, out: &mut Vec<Defect>) {
        analyse(self, elsewhere, out);
    }
}

fn analyse(guards: &Guards<'_>, elsewhere: Option<&dyn Elsewhere>, out: &mut Vec<Defect>) {
    let Guards {
        unit,
        source,
        lexicon,
        all,
        file,
    } = guards;
    let start = out.len();
    for analysed in all {
        let Some(mut view) = view(unit, source.text, analysed, lexicon, file) else {
            continue;
        };
        view.elsewhere = elsewhere;
        copies::check(&view, all, out);
        headers::check(&view, all, out);
        walkers::check(&view, out);
        arithmetic::check(&view, all, out);
        wrapped_limits::check(&view, all, out);
        nulls::check(&view, out);
        only_null::check(&view, out);
        no_round::check(&view, all, out);
        ways::check(&view, out);
        indexes::check(&view, out);
        appends::check(&view, out);
        cleanup::check(&view, out);
        cursor::check(&view, out);
        walk_reads::check(&view, out);
        rounded::check(&view, out);
        narrow::check(&view, out);
        contradictions::check(&view, out);
        double_fetch::check(&view, out);
        shared::check(&view, out);
        results::check(&view, analysed, all, out);
        sentinels::check(&view, analysed, out);
        errno::check(&view, analysed, out);
        overlays::check(&view, out);
        pair_bounds::check(&view, out);
        late_bounds::check(&view, out);
        releases::check(&view, out);
        wipes::check(&view, out);
        packets::check(&view, out);
        capacities::check(&view, out);
        offsets::check(&view, out);
        decisions::check(&view, out);
        signs::check(&view, all, out);
        images::check(&view, all, out);
    }
    if let Some(new) = out.get_mut(start..) {
        new.sort_by(|one, two| {
            (one.span.start, one.analysis, one.span.end).cmp(&(
                two.span.start,
                two.analysis,
                two.span.end,
            ))
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
            || !is_said(defect, &walks, &asserted)
                && seen.insert((defect.span.start, defect.span.end, defect.analysis))
    });
}

/// Whether another report says the same better.
fn is_said(defect: &Defect, walks: &[u32], asserted: &[u32]) -> bool {
    match defect.analysis {
        "unsigned-underflow-length" => walks.contains(&defect.span.start),
        "unbounded-copy-length" | "given-copy-length" => asserted.contains(&defect.span.start),
        _ => false,
    }
}

/// Every sink of a C file with the comparisons that come before it. Two versions of a file are
/// compared by [`removed`].
pub fn guarded_sinks(unit: &Unit, text: &[u8]) -> Vec<GuardedSink> {
    let lexicon = Lexicon::new(unit, text);
    let all = number_all(unit, &lexicon);
    let file = FileFacts::new(unit, &all, &lexicon);
    let mut out = Vec::new();
    for analysed in &all {
        if let Some(view) = view(unit, text, analysed, &lexicon, &file) {
            guarded::collect(&view, &mut out);
        }
    }
    out
}

fn view<'a>(
    unit: &'a Unit,
    text: &'a [u8],
    analysed: &'a Analysed,
    lexicon: &'a Lexicon,
    file: &'a FileFacts,
) -> Option<View<'a>> {
    let function = unit.functions.get(analysed.function)?;
    Some(View::new(
        unit,
        text,
        function,
        &analysed.graph,
        &analysed.numbered,
        &analysed.facts,
        lexicon,
        file,
    ))
}

fn number_all(unit: &Unit, lexicon: &Lexicon) -> Vec<Analysed> {
    let mut all: Vec<Analysed> = Vec::new();
    for (index, function) in unit.functions.iter().enumerate() {
        if function.has_gap || function.blocks.len() > MAX_BLOCKS {
            continue;
        }
        let graph = Graph::new(function);
        let numbered = numbering::number(unit, function, &graph, lexicon);
        let facts = Facts::new(function, &graph, &numbered, lexicon);
        all.push(Analysed {
            function: index,
            graph,
            numbered,
            facts,
        });
    }
    all
}
