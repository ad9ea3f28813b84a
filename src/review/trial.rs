//! Texts that stand nowhere yet, analysed as the files of the change that they would be.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::analyse::{Shared, Side, analyse, limits};
use super::indexing::IndexSession;
use super::inputs::{Inputs, Prepared};
use super::macros::RunMacros;
use super::surroundings::Surroundings;
use crate::finding::{Finding, GapKind, RepoPath, RuleId};
use crate::syntax::Parser;
use crate::triage;

/// Analyses texts with the rules, settings and headers of a review.
pub struct Trial<'t> {
    shared: Shared<'t>,
    parser: Parser,
}

/// What a text says under all rules.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// Whether it could be analysed at all.
    pub is_analysed: bool,
    /// Findings that would be shown, sorted by place.
    pub findings: Vec<Finding>,
    /// Parts that were not understood; arms of `#if` that were not chosen do not count.
    pub gaps: usize,
    /// Functions without a gap.
    pub understood: u64,
    /// Names of its functions, in order.
    pub functions: Vec<String>,
}

/// Lends a trial for the change and the settings of `inputs`, on a thread with the stack that deeply
/// nested input needs.
///
/// # Errors
/// The system gives no such thread.
pub fn with_trial<T: Send>(
    inputs: &Inputs<'_>,
    work: impl FnOnce(&mut Trial<'_>) -> T + Send,
) -> std::io::Result<T> {
    let stack = limits(inputs.prepared).worker_stack();
    std::thread::scope(|scope| {
        let lend = || {
            // What was read of other files stands in the index by now; nothing is added to it.
            let session = IndexSession::open(inputs);
            let prepared = inputs.prepared;
            let shared = Shared {
                prepared,
                is_of_changes: false,
                macros: RunMacros::new(inputs.change, inputs.reader, &prepared.macros),
                around: Surroundings::new(inputs.change, inputs.reader),
                gathers: false,
                elsewhere: session.known(),
                ran: Arc::new(BTreeSet::<RuleId>::new()),
            };
            let parser = Parser::new(limits(prepared));
            work(&mut Trial { shared, parser })
        };
        let worker = std::thread::Builder::new()
            .stack_size(stack)
            .spawn_scoped(scope, lend)?;
        worker.join().map_err(|_| {
            std::io::Error::other("the analysis of an edit ended early; please report this defect")
        })
    })
}

impl Trial<'_> {
    /// Analyses `text` as if it were the file `path`.
    pub fn of(&mut self, path: &RepoPath, text: &[u8]) -> Tried {
        let Self { shared, parser } = self;
        let prepared: &Prepared = shared.prepared;
        let _turn = prepared.watch.enter(path);
        let analysed = analyse(shared, Side::Head(None), parser, path, text);
        let mut findings = analysed.findings;
        findings.retain(|finding| triage::is_shown(finding, &prepared.settings));
        Tried {
            is_analysed: analysed.is_analysed,
            findings,
            gaps: analysed
                .gaps
                .iter()
                .filter(|gap| gap.kind != GapKind::InactiveArm)
                .count(),
            understood: analysed.function_counts.1,
            functions: analysed.functions.into_iter().map(|one| one.name).collect(),
        }
    }
}
