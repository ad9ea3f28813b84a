//! One file: bytes → findings, gaps and what triage needs to know of it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::flow_rules::FlowScan;
use super::indexing::{self, Recorder};
use super::inputs::Prepared;
use super::macros::RunMacros;
use super::surroundings::Surroundings;
use super::touched::{Changes, Part};
use crate::change::classify::{FileClass, classify};
use crate::finding::{Finding, Gap, GapKind, RepoPath, RuleId, Span};
use crate::flow::Summary;
use crate::flow::summary::{Elsewhere, FileSummary, Question};
use crate::index::Repository;
use crate::matching::Scan;
use crate::syntax::{Language, Limits, ParseError, Parser, SourceFile};
use crate::triage::{Comment, FunctionSpan, find_comments, find_comments_in_plain_text};

/// What was learnt of one file.
#[derive(Debug, Default)]
pub(super) struct Analysed {
    pub(super) findings: Vec<Finding>,
    pub(super) gaps: Vec<Gap>,
    /// Findings of rules that argue from absence, in functions with a gap: not reported, counted.
    pub(super) withheld: Vec<Finding>,
    pub(super) functions: Vec<FunctionSpan>,
    pub(super) comments: Vec<Comment>,
    /// Lines of the file.
    pub(super) lines: u64,
    /// Added and modified lines, where they were counted on the way.
    pub(super) changed_lines: Option<u64>,
    /// Functions in all, and those understood without a gap.
    pub(super) function_counts: (u64, u64),
    /// Names of further functions, which were not read because the change cannot reach them.
    pub(super) unreached: Vec<String>,
    /// Rules that ran to the end.
    pub(super) ran: Arc<BTreeSet<RuleId>>,
    /// Whether the file was analysed at all.
    pub(super) is_analysed: bool,
    /// What other files may know of it.
    pub(super) summary: Option<FileSummary>,
    /// What it would ask of other files.
    pub(super) questions: Vec<(String, Question)>,
}

impl Analysed {
    /// A file that was left out as a whole.
    pub(super) fn left_out(path: &RepoPath, kind: GapKind, detail: impl Into<String>) -> Self {
        let gap = Gap {
            path: path.clone(),
            kind,
            span: None,
            lines: None,
            function: None,
            detail: detail.into(),
        };
        Self {
            gaps: vec![gap],
            ..Self::default()
        }
    }
}

/// The parser's limits as the configuration sets them, for a thread with the stack they ask for.
pub(super) fn limits(prepared: &Prepared) -> Limits {
    Limits {
        file_bytes: prepared.limits.file_bytes,
        depth: prepared.limits.depth,
        parser_steps: prepared.limits.parser_steps,
        ..Limits::default()
    }
    .on_worker()
}

/// What the analysis of every file of a run shares.
pub(super) struct Shared<'r> {
    pub(super) prepared: &'r Prepared,
    pub(super) macros: RunMacros<'r>,
    /// The files around those under review.
    pub(super) around: Surroundings<'r>,
    /// Whether the analyses may leave out what the change cannot have brought in.
    pub(super) is_of_changes: bool,
    /// Whether the files' summaries are gathered for the index.
    pub(super) gathers: bool,
    /// What is known of other files; of a run that gathers, once it has.
    pub(super) elsewhere: Option<&'r Repository>,
    /// All rules of the run.
    pub(super) ran: Arc<BTreeSet<RuleId>>,
}

/// Which side of the change a file is of.
#[derive(Clone, Copy)]
pub(super) enum Side<'r> {
    /// Under review: all rules.
    ///
    /// Where changes are given, the report shows only what they brought in.
    Head(Option<&'r Changes>),
    /// For comparison: only these rules, those that have a finding in some head.
    Base(&'r BTreeSet<RuleId>),
}

impl<'r> Side<'r> {
    fn only(self) -> Option<&'r BTreeSet<RuleId>> {
        match self {
            Self::Head(_) => None,
            Self::Base(only) => Some(only),
        }
    }
}

/// Analyses one file. A defect of scrubin itself is caught and becomes a gap: the other files are
/// still reviewed, and the review says what it could not do.
pub(super) fn analyse(
    shared: &Shared<'_>,
    side: Side<'_>,
    parser: &mut Parser,
    path: &RepoPath,
    bytes: &[u8],
) -> Analysed {
    let work = AssertUnwindSafe(|| {
        if shared.prepared.fails {
            std::panic::resume_unwind(Box::new("a defect that the self-test asked for"));
        }
        analyse_unguarded(shared, side, parser, path, bytes)
    });
    match catch_unwind(work) {
        Ok(analysed) => analysed,
        Err(_) => {
            // The parser's state is unknown now.
            *parser = Parser::new(limits(shared.prepared));
            Analysed::left_out(
                path,
                GapKind::Crash,
                "scrubin failed on this file; this is a defect of scrubin, please report it",
            )
        }
    }
}

fn analyse_unguarded(
    shared: &Shared<'_>,
    side: Side<'_>,
    parser: &mut Parser,
    path: &RepoPath,
    bytes: &[u8],
) -> Analysed {
    let classified = classify(path, bytes);
    if let Some(kind) = classified.gap {
        return Analysed::left_out(path, kind, classified.detail());
    }
    let language = match classified.class {
        FileClass::C => Language::C,
        FileClass::Rust => Language::Rust,
        FileClass::Text | FileClass::Cpp | FileClass::Binary => {
            return analyse_text(shared, side, path, bytes);
        }
    };
    let mut part = match side {
        Side::Head(Some(changes)) if language == Language::C => Part::of(parser, bytes, changes),
        Side::Head(_) | Side::Base(_) => None,
    };
    let (file, mut scan) = match scanned(shared, side, parser, (path, language, bytes), &mut part) {
        Ok(scanned) => scanned,
        Err(error) => {
            let kind = match error {
                ParseError::Size(_) => GapKind::Size,
                ParseError::Bound(_) => GapKind::Bound,
                ParseError::Grammar => GapKind::Crash,
            };
            return Analysed::left_out(path, kind, error.to_string());
        }
    };
    let taint = std::mem::take(&mut scan.taint);
    let mut analysed = Analysed {
        lines: u64::from(file.lines.count(bytes)),
        comments: find_comments(path, bytes, &file.lines, file.tree.comments()),
        functions: file
            .functions
            .iter()
            .map(|function| FunctionSpan {
                name: function.name.clone(),
                first_line: function.first_line,
                last_line: function.last_line,
            })
            .collect(),
        is_analysed: true,
        ..Analysed::default()
    };
    let read = || {
        let functions = file.functions.iter();
        functions.filter(|function| !file.is_left_out(function.span))
    };
    let whole = read().filter(|function| !function.has_error).count();
    analysed.function_counts = (count(read().count()), count(whole));
    let unread = file
        .functions
        .iter()
        .filter(|function| file.is_left_out(function.span));
    analysed.unreached = unread.map(|function| function.name.clone()).collect();
    analysed.gaps = file
        .gaps
        .iter()
        .map(|gap| Gap {
            path: path.clone(),
            kind: gap.kind,
            span: Some(gap.span),
            lines: Some(gap.lines),
            function: gap.function.clone(),
            detail: detail(gap.kind).to_owned(),
        })
        .collect();
    take_scan(shared, path, scan, &mut analysed);
    let selection = part.as_ref().map(|part| part.selection(&file));
    if selection
        .as_ref()
        .is_some_and(|selection| selection.asked.contains(&false))
    {
        // Nobody looked whether what comments excuse is still there.
        analysed.ran = Arc::default();
    }
    let headers = || shared.macros.header_set(path, bytes);
    let view = shared.elsewhere.map(|repository| repository.but(path));
    let recorder = Recorder::default();
    let elsewhere: Option<&dyn Elsewhere> = match &view {
        Some(view) => Some(view),
        None if shared.gathers => Some(&recorder),
        None => None,
    };
    let flow = &shared.prepared.flow;
    let flow = flow.scan(
        path,
        &file,
        side.only(),
        (selection.as_ref(), &taint),
        match side {
            Side::Head(_) => (indexing::kind(shared, path), elsewhere),
            Side::Base(_) => (Summary::No, elsewhere),
        },
        &headers,
    );
    analysed.questions = recorder.take();
    let doubtful = take_flow(shared, path, flow, &mut analysed);
    let host_code = &shared.prepared.host_code;
    host_code.leave_out(path, &file, &mut analysed.findings, &shared.around);
    let host_tools = &shared.prepared.host_tools;
    host_tools.leave_out(path, &file, &mut analysed.findings);
    // What the base had counts in full: nothing of it is shown, it only makes findings old.
    if matches!(side, Side::Head(_)) {
        withhold(shared, &file, &doubtful, &mut analysed);
    }
    parser.recycle(file);
    analysed
}

/// Parses a file and runs the patterns over it; of a part over that alone, where nothing asks for the
/// rest. `part` is gone where the parser does not understand the file as its outline does.
fn scanned<'b>(
    shared: &Shared<'_>,
    side: Side<'_>,
    parser: &mut Parser,
    (path, language, bytes): (&RepoPath, Language, &'b [u8]),
    part: &mut Option<Part>,
) -> Result<(SourceFile<'b>, Scan), ParseError> {
    let engine = &shared.prepared.engine;
    let macros = shared.macros.of(path, bytes);
    let unread = part.as_ref().map_or(&[][..], |part| &part.unread);
    if !unread.is_empty() && !engine.spans_functions(path) {
        let file = parser.parse_without(language, bytes, unread, &macros)?;
        if part.as_ref().is_some_and(|part| part.holds(&file)) {
            let mut scan = engine.scan_only(path, &file, side.only());
            if !scan.spans_functions && scan.taint.is_empty() {
                let is_of_others = |finding: &Finding| file.is_left_out(finding.location.span);
                scan.findings.retain(|finding| !is_of_others(finding));
                return Ok((file, scan));
            }
        }
        parser.recycle(file);
    }
    let file = parser.parse(language, bytes, &macros)?;
    if part.as_ref().is_some_and(|part| !part.holds(&file)) {
        *part = None;
    }
    let scan = engine.scan_only(path, &file, side.only());
    Ok((file, scan))
}

/// Takes back what rules that argue from absence say of functions with a gap: what they miss may
/// stand in the gap.
///
/// `doubtful` are the functions that the flow engine did not understand as a whole; patterns do not
/// ask it.
fn withhold(
    shared: &Shared<'_>,
    file: &SourceFile<'_>,
    doubtful: &[Span],
    analysed: &mut Analysed,
) {
    let absence = &shared.prepared.absence;
    if file.gaps.is_empty() && doubtful.is_empty() || absence.is_empty() {
        return;
    }
    let has_gap = |finding: &Finding| {
        file.function_at(finding.location.span.start)
            .is_some_and(|function| {
                function.has_error || file.gaps.iter().any(|gap| function.span.contains(gap.span))
            })
    };
    let is_in_doubt = |finding: &Finding| {
        absence.contains(&finding.rule)
            && (has_gap(finding)
                || shared.prepared.flow.has(&finding.rule)
                    && doubtful
                        .iter()
                        .any(|function| function.contains(finding.location.span)))
    };
    let (doubtful, sure) = std::mem::take(&mut analysed.findings)
        .into_iter()
        .partition(is_in_doubt);
    analysed.findings = sure;
    analysed.withheld = doubtful;
    if !analysed.withheld.is_empty() {
        // The silence of these rules proves nothing here.
        let ran = Arc::make_mut(&mut analysed.ran);
        for finding in &analysed.withheld {
            ran.remove(&finding.rule);
        }
    }
}

fn analyse_text(shared: &Shared<'_>, side: Side<'_>, path: &RepoPath, bytes: &[u8]) -> Analysed {
    let engine = &shared.prepared.engine;
    let scan = engine.scan_text_only(path, bytes, side.only());
    let mut analysed = Analysed {
        lines: count(memchr::memchr_iter(b'\n', bytes).count()),
        comments: find_comments_in_plain_text(path, bytes),
        is_analysed: true,
        ..Analysed::default()
    };
    take_scan(shared, path, scan, &mut analysed);
    let host_code = &shared.prepared.host_code;
    host_code.leave_out_of_manifest(path, bytes, &mut analysed.findings, &shared.around);
    analysed
}

/// Takes the findings over.
fn take_scan(shared: &Shared<'_>, path: &RepoPath, scan: Scan, analysed: &mut Analysed) {
    let ran = ran(shared, path);
    analysed.findings = scan.findings;
    settle(shared, path, &mut analysed.findings);
    analysed.ran = if scan.cut.is_empty() {
        ran
    } else {
        let mut rest = ran.as_ref().clone();
        for rule in &scan.cut {
            rest.remove(rule);
        }
        let named: Vec<&str> = scan.cut.iter().map(RuleId::as_str).collect();
        analysed.gaps.push(Gap {
            path: path.clone(),
            kind: GapKind::Bound,
            span: None,
            lines: None,
            function: None,
            detail: format!(
                "the counted limit of {} was reached in this file",
                named.join(", ")
            ),
        });
        Arc::new(rest)
    };
}

/// Takes the findings of the flow engine over; gives the functions it did not understand as a whole.
fn take_flow(
    shared: &Shared<'_>,
    path: &RepoPath,
    mut scan: FlowScan,
    analysed: &mut Analysed,
) -> Vec<Span> {
    if !scan.gaps.is_empty() {
        // A function was left out: that its defects are not listed proves nothing.
        let ran = Arc::make_mut(&mut analysed.ran);
        for rule in &scan.unsure {
            ran.remove(rule);
        }
        let understood = &mut analysed.function_counts.1;
        *understood = understood.saturating_sub(count(scan.gaps.len()));
        analysed.gaps.append(&mut scan.gaps);
    }
    analysed.summary = scan.summary;
    if !scan.findings.is_empty() {
        settle(shared, path, &mut scan.findings);
        analysed.findings.append(&mut scan.findings);
        analysed.findings.sort_by(|a, b| {
            (a.location.span, &a.rule, &a.message).cmp(&(b.location.span, &b.rule, &b.message))
        });
    }
    let findings = std::mem::take(&mut analysed.findings);
    analysed.findings = shared.prepared.sinks.keep_one_each(findings);
    scan.doubtful
}

/// Gives findings the severities that configuration and profile give their rules in this place, and
/// leaves out those of rules that do not run there.
pub(super) fn settle(shared: &Shared<'_>, path: &RepoPath, findings: &mut Vec<Finding>) {
    if let Some(ruling) = shared.prepared.settings.policy.ruling(path) {
        findings.retain_mut(|finding| ruling.settle(finding));
    }
}

/// The rules that run on the file, of those of the run.
fn ran(shared: &Shared<'_>, path: &RepoPath) -> Arc<BTreeSet<RuleId>> {
    match shared.prepared.settings.policy.ruling(path) {
        Some(ruling) if !ruling.terms.off.is_disjoint(&shared.ran) => {
            Arc::new(&*shared.ran - &ruling.terms.off)
        }
        _ => Arc::clone(&shared.ran),
    }
}

fn detail(kind: GapKind) -> &'static str {
    match kind {
        GapKind::InactiveArm => "this arm of an #if was not analysed; the other one was",
        GapKind::Depth => "nested deeper than the limit",
        _ => "not understood by the parser; the rest of the file was analysed",
    }
}

fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
