//! What an analysis hands to the rule that names it.

use super::summary::FarNote;
use crate::finding::Span;

/// One defect at one place of the file, with the path that leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The analysis that found it; a rule names it with `analysis: {name: …}`.
    pub analysis: &'static str,
    /// The bytes a reviewer would point at: the copy, read, subtraction, dereference.
    pub span: Span,
    /// What the metavariables of the rule's message stand for (`$DST`, with the `$`).
    pub names: Vec<(&'static str, String)>,
    /// Source, steps, sink, in the order they happen; the missing guard is the last note's matter.
    pub trace: Vec<Note>,
    /// Further places: the sibling that has the check, the lock that is not released.
    pub related: Vec<Note>,
    /// Places in other files that the defect rests on; the path begins with them.
    pub far: Vec<FarNote>,
}

/// A place with what happens there, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The bytes.
    pub span: Span,
    /// What happens there.
    pub message: String,
}
