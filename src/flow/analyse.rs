//! One file through lowering and the analyses that are wanted of it.

use std::collections::BTreeSet;

use super::defect::Defect;
use super::ir::{Function, Target, Unit};
use super::stack_frame;
use crate::finding::Span;
use crate::syntax::{Language, SourceFile};

/// What is wanted of a file, and what is known of its target.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'s> {
    /// Widths of the target.
    pub target: Target,
    /// Names of the analyses to run.
    pub wanted: &'s BTreeSet<&'static str>,
}

/// What the analyses say of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What was found, by place.
    pub defects: Vec<Defect>,
    /// Functions that the engine gave up at a counted bound, and why. Nothing is said of them.
    pub gaps: Vec<FlowGap>,
    /// Functions of which a part was not understood: what is missing in them may stand there.
    pub doubtful: Vec<Span>,
}

/// A function that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowGap {
    /// The function's bytes.
    pub span: Span,
    /// Its name.
    pub function: String,
    /// Which bound was reached, in one sentence.
    pub detail: &'static str,
}

/// Runs the wanted analyses. The same file and settings give the same answer.
pub fn analyse(file: &SourceFile<'_>, settings: &Settings<'_>) -> Analysis {
    let mut analysis = Analysis::default();
    if settings.wanted.is_empty() || file.functions.is_empty() {
        return analysis;
    }
    let Some(unit) = lower(file, settings.target) else {
        return analysis;
    };
    let doubtful = |function: &&Function| function.has_gap;
    analysis.doubtful = unit
        .functions
        .iter()
        .filter(doubtful)
        .map(|function| function.span)
        .collect();
    if settings.wanted.contains(stack_frame::NAME) {
        stack_frame::check(&unit, &mut analysis.defects);
    }
    finish(&mut analysis);
    analysis
}

fn lower(file: &SourceFile<'_>, target: Target) -> Option<Unit> {
    match file.language {
        Language::C | Language::Rust => {
            let _ = target;
            None
        }
    }
}

/// Sorted; one defect for each analysis and place.
fn finish(analysis: &mut Analysis) {
    analysis.defects.sort_by(|a, b| {
        (a.span, a.analysis, &a.names, a.trace.len()).cmp(&(
            b.span,
            b.analysis,
            &b.names,
            b.trace.len(),
        ))
    });
    analysis
        .defects
        .dedup_by(|a, b| a.span == b.span && a.analysis == b.analysis);
    analysis
        .gaps
        .sort_by(|a, b| (a.span, a.detail).cmp(&(b.span, b.detail)));
    analysis.gaps.dedup();
}
