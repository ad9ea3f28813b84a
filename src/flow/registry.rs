//! The analyses there are: what a rule file may name.

use crate::syntax::Language;

/// An analysis that a rule may name with `analysis: {name: NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalysisInfo {
    /// The name, in lower case with hyphens.
    pub name: &'static str,
    /// The languages it reads.
    pub languages: &'static [Language],
    /// What it finds, in one line.
    pub about: &'static str,
    /// What runs it.
    pub(super) part: Part,
}

/// The parts of the engine that run analyses; each runs all of its own at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Sums of locals.
    Frames,
    /// The abstract interpreter.
    Interpreter,
    /// Calls between functions, and what runs in interrupts.
    Calls,
    /// Typed guards.
    Guards,
    /// Analyses of Rust.
    Rust,
    /// Constructs of Rust, wherever they stand.
    RustSites,
    /// Records that leave the device.
    Wire,
    /// Comparisons of a file with its base.
    Change,
}

impl AnalysisInfo {
    /// Whether it compares two versions of a file: there is nothing for it to find in one.
    pub fn compares(&self) -> bool {
        self.part == Part::Change
    }
}

const fn c(part: Part, name: &'static str, about: &'static str) -> AnalysisInfo {
    AnalysisInfo {
        name,
        languages: &[Language::C],
        about,
        part,
    }
}

const fn rust(part: Part, name: &'static str, about: &'static str) -> AnalysisInfo {
    AnalysisInfo {
        name,
        languages: &[Language::Rust],
        about,
        part,
    }
}

/// Every analysis, by name. A test compares the list with the built-in rules, both ways.
#[rustfmt::skip]
pub const ANALYSES: &[AnalysisInfo] = &[
    c(Part::Guards, "add-wrap-in-bound", "a sum that can wrap before it is compared with a bound"),
    c(Part::Calls, "alloc-below-isr", "a call of the allocator that an interrupt handler leads to"),
    c(Part::Guards, "alloc-size-wrap", "an allocation size from input that can wrap"),
    c(Part::Interpreter, "allocation-size-wraps", "an allocation size that wraps around or is impossible"),
    c(Part::Guards, "append-in-walk", "an array that a walk over input fills, with no limit"),
    c(Part::Guards, "append-without-bound", "an append to a buffer whose fill level nothing limits"),
    c(Part::Guards, "assert-only-bound", "a length that only an assertion limits"),
    c(Part::Calls, "blocking-below-isr", "a call that waits, and that an interrupt handler leads to"),
    c(Part::Interpreter, "blocking-under-lock", "a call that may block while a lock is held"),
    c(Part::Guards, "boot-without-verify", "an image is started or scheduled, and nothing verified it"),
    c(Part::Interpreter, "buffer-underrun", "an access before the start of its object"),
    c(Part::Guards, "capacity-ignored", "a buffer of a caller that is filled without a look at its size"),
    c(Part::Guards, "check-after-use", "an index tested after it selected an element"),
    c(Part::Guards, "command-without-auth", "a command acts on the device, and nothing asks who sent it"),
    c(Part::Interpreter, "contradicting-conditions", "a condition that no value satisfies"),
    c(Part::Guards, "copy-beyond-input", "a copy whose length nothing compares with the bytes received"),
    c(Part::Interpreter, "copy-out-of-bounds", "a library call that writes past the end of its destination"),
    c(Part::Interpreter, "copy-over-read", "a library call that reads past the end of its source"),
    c(Part::Guards, "counter-wraps", "a counter that wraps before it reaches its bound"),
    c(Part::Interpreter, "division-by-zero", "a division whose divisor is zero on the path"),
    c(Part::Guards, "double-fetch", "a shared location read twice, tested once"),
    c(Part::Interpreter, "double-free", "memory released twice"),
    c(Part::Interpreter, "double-lock", "a lock taken again by the path that holds it"),
    c(Part::Interpreter, "double-unlock", "a lock released twice"),
    c(Part::Interpreter, "endless-loop", "a loop whose condition nothing in it changes"),
    c(Part::Guards, "errno-not-read", "a number read from text, and no look at whether it was one"),
    c(Part::Guards, "failure-ignored", "a dropped result of a function that fails and whose other callers look"),
    c(Part::Guards, "fixed-copy-of-input", "a copy of as many bytes as fit, from a buffer that may hold fewer"),
    c(Part::Guards, "fixed-offset-before-length", "a fixed offset of a buffer, read before its length is tested"),
    c(Part::Guards, "float-to-int-unranged", "a floating-point number becomes an integer, whatever it is"),
    c(Part::Interpreter, "free-of-interior-pointer", "a release of a pointer into the middle of what was allocated"),
    c(Part::Interpreter, "free-of-non-heap", "memory released that was never allocated"),
    c(Part::Interpreter, "free-of-null", "a release of what is always NULL"),
    c(Part::Guards, "freed-out-parameter", "an out parameter that still points to what was released"),
    c(Part::Interpreter, "function-address-compared", "the address of a function, compared in place of a call"),
    c(Part::Guards, "given-copy-length", "a copy whose length a caller gives, and that nothing compares with its destination"),
    c(Part::Guards, "guard-cannot-fire", "a test of a length that can never be true"),
    c(Part::Guards, "guard-made-vain", "a limit that adds where it has to subtract, or whose capacity was just overwritten"),
    c(Part::Change, "guard-removed", "a comparison before a copy or an index, taken away by the change"),
    c(Part::Interpreter, "handle-leak", "an opened handle that is never closed"),
    c(Part::Guards, "header-cast-before-length", "a header read through a cast before any test that it was received"),
    c(Part::Guards, "image-header-unbounded", "a size or place in an image's header is used as it is"),
    c(Part::Guards, "inclusive-bound-exit", "an early exit that lets the index be one too large"),
    c(Part::Interpreter, "index-off-by-one-guard", "a bound test that lets the index be one too large"),
    c(Part::Calls, "isr-shared-not-volatile", "a variable that an interrupt sets and the compiler may keep a copy of"),
    c(Part::Calls, "isr-shared-unprotected", "an object that an interrupt uses, changed in more than one step"),
    c(Part::Frames, "large-stack-frame", "automatic objects of a function that together need more stack than a task has"),
    c(Part::Guards, "limit-wraps", "a test against a difference without sign that may be below zero"),
    c(Part::Interpreter, "lock-not-released", "a lock still held when the function returns"),
    c(Part::Interpreter, "lock-order", "locks taken in orders that wait for each other"),
    c(Part::Interpreter, "long-sleep-under-lock", "a sleep of a second or more while a lock is held"),
    c(Part::Interpreter, "lossy-conversion", "a constant or known value that does not fit the type it is put into"),
    c(Part::Interpreter, "maybe-uninitialised", "a variable that has no value on some path"),
    c(Part::Interpreter, "memory-leak", "allocated memory whose last pointer is lost"),
    c(Part::Interpreter, "mismatched-release", "memory released by another family's function than allocated it"),
    c(Part::Interpreter, "missing-return-value", "a path that ends a function without the value it promises"),
    c(Part::Guards, "narrow-length-variable", "a length put into a variable too narrow for it"),
    c(Part::Guards, "narrow-remainder", "a remainder of wide numbers, put into a variable too narrow for it"),
    c(Part::Guards, "narrowed-check-wide-use", "a bound test of a narrow copy, and a use of the wide value"),
    c(Part::Guards, "no-default-on-input", "a number of the packet selects an arm, and the others are not refused"),
    c(Part::Guards, "no-rollback-check", "a verified image is taken, however old it is"),
    c(Part::Guards, "not-released-on-exit", "an object that one way out does not release"),
    c(Part::Interpreter, "null-dereference", "a dereference of a pointer that is NULL on the path"),
    c(Part::Guards, "null-on-one-way", "a pointer that is NULL on one way to its use"),
    c(Part::Guards, "null-only-pointer", "a pointer that is NULL from its declaration on, gone through"),
    c(Part::Guards, "null-test-after-use", "a pointer compared with NULL after it was used"),
    c(Part::Interpreter, "object-smaller-than-type", "an object used as a type that is larger"),
    c(Part::Guards, "option-cast-before-length", "an option of a packet taken for a larger record than its length says"),
    c(Part::Interpreter, "out-of-bounds-read", "an element or field read outside of its object"),
    c(Part::Interpreter, "out-of-bounds-write", "an element or field written outside of its object"),
    c(Part::Guards, "output-of-unchecked-call", "an output of a call used although the call may have failed"),
    c(Part::Interpreter, "overlapping-copy", "source and destination of a copy that overlap"),
    c(Part::Guards, "packet-not-released", "a received packet that one way out does not release"),
    c(Part::Guards, "packet-used-after-release", "a packet used, or released again, after its release"),
    c(Part::Guards, "peers-check-you-dont", "a result that is tested everywhere else in the file"),
    c(Part::Interpreter, "pointer-subtraction", "a difference of pointers to different objects"),
    c(Part::Interpreter, "possible-division-by-zero", "a division by a value from outside that may be zero"),
    c(Part::Interpreter, "possible-null-dereference", "a dereference of a pointer that is NULL on some path"),
    c(Part::Interpreter, "possible-shift-out-of-range", "a shift by what may be the width of the type or more"),
    c(Part::Interpreter, "power-overflow", "a power that its type cannot represent"),
    c(Part::Guards, "read-past-tested-end", "a read past the end that was tested"),
    c(Part::Guards, "reassembly-no-cap", "appends that nothing compares with the size of the buffer"),
    c(Part::Calls, "recursion", "a call cycle"),
    c(Part::Interpreter, "redundant-condition", "a part of a condition that follows from the others"),
    c(Part::Interpreter, "return-of-local-address", "the address of a local object, returned"),
    c(Part::Guards, "rounded-up-walk", "a loop that takes whole groups of bytes from a length that is rounded up"),
    rust(Part::Rust, "rust-aliased-unchecked-borrows", "two unchecked mutable references into one object in one argument list"),
    rust(Part::Rust, "rust-allocation-from-input", "an allocation of a size from outside that nothing limits"),
    rust(Part::RustSites, "rust-arithmetic-may-overflow", "an operator whose operands do not show that the result fits"),
    rust(Part::Rust, "rust-bound-sum-wraps", "a limit test on a sum that may wrap, so that a huge number passes"),
    rust(Part::Rust, "rust-capacity-unwrapped", "data into a container of fixed capacity, the failure unwrapped"),
    rust(Part::RustSites, "rust-cast-loses-sign", "a cast of what may be negative to an unsigned type"),
    rust(Part::RustSites, "rust-cast-raises-alignment", "a pointer cast to a type of higher alignment"),
    rust(Part::RustSites, "rust-cast-truncates", "a cast that may drop what does not fit"),
    rust(Part::RustSites, "rust-cast-wraps", "a cast of an unsigned number to a signed one of its width"),
    rust(Part::Rust, "rust-copy-length-mismatch", "a call that panics unless two lengths agree, which nothing tested"),
    rust(Part::RustSites, "rust-debug-macro", "a call of `dbg!`"),
    rust(Part::Rust, "rust-division-by-data", "a division by a number from outside that may be zero"),
    rust(Part::Rust, "rust-drop-before-reset", "elements dropped before their owner forgets them"),
    rust(Part::RustSites, "rust-endless-loop", "a loop without a way out in a function that says it returns"),
    rust(Part::RustSites, "rust-expect", "a call of `expect`"),
    rust(Part::RustSites, "rust-float-equality", "a comparison of floating-point numbers with `==`"),
    rust(Part::RustSites, "rust-forgotten-value", "a value that is never dropped"),
    rust(Part::Rust, "rust-generic-send", "unsafe Send or Sync for a type that owns a generic value, without a bound"),
    rust(Part::RustSites, "rust-get-unwrapped", "an element asked for with `get` and unwrapped"),
    rust(Part::Rust, "rust-index-by-parameter", "a table indexed by a narrow parameter that nothing tested"),
    rust(Part::Rust, "rust-index-by-wire-value", "an element selected by a received number that nothing tested"),
    rust(Part::RustSites, "rust-index-may-panic", "an index or a range that the expression does not bound"),
    rust(Part::Rust, "rust-instant-difference", "a subtraction of times that panics below zero"),
    rust(Part::Rust, "rust-length-cut", "a length cut to a narrow type, which nothing limits"),
    rust(Part::Rust, "rust-lookup-unwrapped", "a lookup unwrapped in a function that could report that there is no entry"),
    rust(Part::RustSites, "rust-mutable-from-shared", "a mutable reference made from a shared one"),
    rust(Part::Rust, "rust-narrow-length", "a length cut to a narrow type, or a counter too narrow for its end"),
    rust(Part::RustSites, "rust-native-byte-order", "bytes in the order of the machine"),
    rust(Part::RustSites, "rust-no-mangle-without-abi", "a symbol for others with the calling convention of Rust"),
    rust(Part::Rust, "rust-off-by-one-bound", "a test that lets the value one past the end through"),
    rust(Part::RustSites, "rust-panic-call", "a call of `panic!`"),
    rust(Part::Rust, "rust-panic-on-input", "a panic that a message decides"),
    rust(Part::RustSites, "rust-partial-transfer-ignored", "a read or write whose number of bytes is not looked at"),
    rust(Part::Rust, "rust-pointer-add-from-input", "a pointer moved by a number from outside"),
    rust(Part::Rust, "rust-predictable-id", "a transaction identifier made by counting"),
    rust(Part::RustSites, "rust-process-exit", "an end of the process outside of `main`"),
    rust(Part::Rust, "rust-quotient-underflow", "a quotient reduced by one although it may be zero"),
    rust(Part::RustSites, "rust-raw-argument-followed", "a raw pointer of safe callers, followed"),
    rust(Part::Rust, "rust-raw-parts-address", "a slice at an address from outside that may be zero"),
    rust(Part::Rust, "rust-read-before-length", "a read at a fixed offset before the length is known"),
    rust(Part::Rust, "rust-recursion", "a call cycle"),
    rust(Part::RustSites, "rust-result-discarded", "a result that `let _` throws away"),
    rust(Part::Rust, "rust-reversed-range", "a range whose end may lie before its start"),
    rust(Part::RustSites, "rust-safety-section-missing", "a public unsafe function without a safety section"),
    rust(Part::RustSites, "rust-several-unsafe-operations", "an unsafe block with more than one unsafe operation"),
    rust(Part::RustSites, "rust-signed-remainder", "a remainder of numbers that may be negative"),
    rust(Part::Rust, "rust-slice-by-parameter", "a slice bounded by a parameter that nothing tested"),
    rust(Part::Rust, "rust-slice-by-wire-length", "a slice bounded by a received number that nothing tested"),
    rust(Part::Rust, "rust-taken-then-dropped", "a value taken out of a field on a way that drops the field once more"),
    rust(Part::RustSites, "rust-transmute-between-pointers", "a pointer transmuted to one of another type"),
    rust(Part::RustSites, "rust-transmute-collection", "a collection transmuted to one of other elements"),
    rust(Part::RustSites, "rust-transmute-null-to-function", "NULL transmuted to a function pointer"),
    rust(Part::RustSites, "rust-transmute-pointer-to-reference", "a raw pointer transmuted to a reference"),
    rust(Part::RustSites, "rust-transmute-unspecified-layout", "a transmute of records whose layout the compiler chooses"),
    rust(Part::Rust, "rust-unchecked-length-arithmetic", "arithmetic on a received length that may wrap"),
    rust(Part::Rust, "rust-uninitialised-use", "memory declared initialised on a way on which nothing wrote it"),
    rust(Part::RustSites, "rust-uninitialised-vector", "a vector that gets a length before its elements"),
    rust(Part::Rust, "rust-unproved-unchecked-index", "an unchecked access with an index that the function never compares"),
    rust(Part::RustSites, "rust-unreachable-call", "a call of `unreachable!`"),
    rust(Part::RustSites, "rust-unwrap", "a call of `unwrap`"),
    rust(Part::Rust, "rust-wrapping-arithmetic", "counters, indices and generators that wrap by design, computed with operators that panic"),
    c(Part::Guards, "search-result-minus", "the distance to what a search found, less something, where it may be 0"),
    c(Part::Guards, "sent-offset-unchecked", "a place in a packet that the sender chose, read without a test"),
    c(Part::Interpreter, "shift-out-of-range", "a shift by the width of the type or more"),
    c(Part::Interpreter, "sign-changing-conversion", "a value that changes its sign in a conversion"),
    c(Part::Guards, "signed-length-upper-only", "a size with a sign is compared with a maximum alone"),
    c(Part::Interpreter, "signed-overflow", "a signed result that does not fit its type"),
    c(Part::Guards, "status-never-tested", "a status that is kept and never tested"),
    c(Part::Interpreter, "stored-local-address", "the address of a local object, kept for longer than it lives"),
    c(Part::Guards, "string-call-on-wire-buffer", "a string function on received bytes without a terminator"),
    c(Part::Interpreter, "string-not-terminated", "bytes without a terminating zero, read as a string"),
    c(Part::Guards, "tainted-index", "an index from input without a range test"),
    c(Part::Interpreter, "tautological-condition", "a condition that every value satisfies"),
    c(Part::Guards, "tlv-walk-unchecked", "a walk over lengths in a buffer that nothing compares with what is left"),
    c(Part::Guards, "tlv-zero-advance", "a walk over a buffer whose step may be zero"),
    c(Part::Guards, "unbounded-copy-length", "a copy whose length nothing compares with the size of the destination"),
    c(Part::Interpreter, "unchecked-allocation", "the result of an allocation, dereferenced without a test"),
    c(Part::Guards, "unchecked-field", "a pointer in a field that other functions test, used without a test"),
    c(Part::Guards, "unchecked-lookup", "a result that may be NULL, dereferenced without a test"),
    c(Part::Guards, "unchecked-null-result", "a result that a function of the file makes NULL, dereferenced without a test"),
    c(Part::Interpreter, "uninitialised-memory", "memory read before anything was written to it"),
    c(Part::Interpreter, "uninitialised-pointer", "a pointer used before it was set"),
    c(Part::Interpreter, "uninitialised-read", "a variable read before anything was written to it"),
    c(Part::Wire, "uninitialised-to-wire", "a record that is sent with bytes nobody wrote"),
    c(Part::Interpreter, "unlock-without-lock", "a lock released that the path does not hold"),
    c(Part::Guards, "unset-on-one-way", "a variable that has no value on one way to its use"),
    c(Part::Guards, "unset-output-of-unchecked-call", "a variable that only a call fills, used whether or not it worked"),
    c(Part::Guards, "unsigned-underflow-length", "a difference of lengths that wraps where nothing compares them"),
    c(Part::Interpreter, "unsigned-wrap", "an unsigned result that wraps around"),
    c(Part::Interpreter, "unsynchronised-access", "a global that a thread changes by what it was, without a lock"),
    c(Part::Guards, "usb-setup-unclamped", "a field of a USB request used without a limit"),
    c(Part::Interpreter, "use-after-free", "memory used after its release"),
    c(Part::Guards, "verify-then-reload", "a buffer is filled again after it was verified"),
    c(Part::Guards, "wipe-skipped-on-exit", "a secret that one way out does not wipe"),
    c(Part::Interpreter, "wrong-function-type", "a call through a pointer of another type than the function has"),
    c(Part::Guards, "wrong-sentinel", "a result compared with what the function never returns"),
    c(Part::Interpreter, "xor-as-power", "exclusive or where a power was meant"),
];

/// The analysis of that name.
pub fn find(name: &str) -> Option<&'static AnalysisInfo> {
    ANALYSES
        .binary_search_by_key(&name, |analysis| analysis.name)
        .ok()
        .and_then(|index| ANALYSES.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        for pair in ANALYSES.windows(2) {
            if let [one, next] = pair {
                assert!(one.name < next.name, "{} {}", one.name, next.name);
            }
        }
        for analysis in ANALYSES {
            assert_eq!(find(analysis.name), Some(analysis));
            assert!(!analysis.languages.is_empty() && !analysis.about.is_empty());
        }
    }
}
