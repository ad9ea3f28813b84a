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
    /// Typed guards.
    Guards,
    /// Analyses of Rust.
    Rust,
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
pub const ANALYSES: &[AnalysisInfo] = &[
    c(
        Part::Interpreter,
        "allocation-size-wraps",
        "an allocation size that wraps around or is impossible",
    ),
    c(
        Part::Interpreter,
        "blocking-under-lock",
        "a call that may block while a lock is held",
    ),
    c(
        Part::Interpreter,
        "buffer-underrun",
        "an access before the start of its object",
    ),
    c(
        Part::Interpreter,
        "contradicting-conditions",
        "a condition that no value satisfies",
    ),
    c(
        Part::Interpreter,
        "copy-out-of-bounds",
        "a library call that writes past the end of its destination",
    ),
    c(
        Part::Interpreter,
        "copy-over-read",
        "a library call that reads past the end of its source",
    ),
    c(
        Part::Interpreter,
        "division-by-zero",
        "a division whose divisor is zero on the path",
    ),
    c(Part::Interpreter, "double-free", "memory released twice"),
    c(
        Part::Interpreter,
        "double-lock",
        "a lock taken again by the path that holds it",
    ),
    c(Part::Interpreter, "double-unlock", "a lock released twice"),
    c(
        Part::Interpreter,
        "free-of-interior-pointer",
        "a release of a pointer into the middle of what was allocated",
    ),
    c(
        Part::Interpreter,
        "free-of-non-heap",
        "memory released that was never allocated",
    ),
    c(
        Part::Interpreter,
        "handle-leak",
        "an opened handle that is never closed",
    ),
    c(
        Part::Interpreter,
        "index-off-by-one-guard",
        "a bound test that lets the index be one too large",
    ),
    c(
        Part::Frames,
        "large-stack-frame",
        "automatic objects of a function that together need more stack than a task has",
    ),
    c(
        Part::Interpreter,
        "lock-not-released",
        "a lock still held when the function returns",
    ),
    c(
        Part::Interpreter,
        "lock-order",
        "two locks taken in both orders",
    ),
    c(
        Part::Interpreter,
        "lossy-conversion",
        "a constant or known value that does not fit the type it is put into",
    ),
    c(
        Part::Interpreter,
        "maybe-uninitialised",
        "a variable that has no value on some path",
    ),
    c(
        Part::Interpreter,
        "memory-leak",
        "allocated memory whose last pointer is lost",
    ),
    c(
        Part::Interpreter,
        "mismatched-release",
        "memory released by another family's function than allocated it",
    ),
    c(
        Part::Interpreter,
        "null-dereference",
        "a dereference of a pointer that is NULL on the path",
    ),
    c(
        Part::Interpreter,
        "object-smaller-than-type",
        "an object used as a type that is larger",
    ),
    c(
        Part::Interpreter,
        "out-of-bounds-read",
        "an element or field read outside of its object",
    ),
    c(
        Part::Interpreter,
        "out-of-bounds-write",
        "an element or field written outside of its object",
    ),
    c(
        Part::Interpreter,
        "overlapping-copy",
        "source and destination of a copy that overlap",
    ),
    c(
        Part::Interpreter,
        "pointer-subtraction",
        "a difference of pointers to different objects",
    ),
    c(
        Part::Interpreter,
        "possible-division-by-zero",
        "a division by a value from outside that may be zero",
    ),
    c(
        Part::Interpreter,
        "possible-null-dereference",
        "a dereference of a pointer that is NULL on some path",
    ),
    c(
        Part::Interpreter,
        "return-of-local-address",
        "the address of a local object, returned",
    ),
    c(
        Part::Interpreter,
        "shift-out-of-range",
        "a shift by the width of the type or more",
    ),
    c(
        Part::Interpreter,
        "signed-overflow",
        "a signed result that does not fit its type",
    ),
    c(
        Part::Interpreter,
        "stored-local-address",
        "the address of a local object, kept for longer than it lives",
    ),
    c(
        Part::Interpreter,
        "string-not-terminated",
        "bytes without a terminating zero, read as a string",
    ),
    c(
        Part::Interpreter,
        "unchecked-allocation",
        "the result of an allocation, dereferenced without a test",
    ),
    c(
        Part::Interpreter,
        "uninitialised-memory",
        "memory read before anything was written to it",
    ),
    c(
        Part::Interpreter,
        "uninitialised-pointer",
        "a pointer used before it was set",
    ),
    c(
        Part::Interpreter,
        "uninitialised-read",
        "a variable read before anything was written to it",
    ),
    c(
        Part::Interpreter,
        "unlock-without-lock",
        "a lock released that the path does not hold",
    ),
    c(
        Part::Interpreter,
        "unsigned-wrap",
        "an unsigned result that wraps around",
    ),
    c(
        Part::Interpreter,
        "use-after-free",
        "memory used after its release",
    ),
    c(
        Part::Interpreter,
        "wrong-function-type",
        "a call through a pointer of another type than the function has",
    ),
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
