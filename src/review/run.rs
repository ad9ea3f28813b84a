//! Change and settings in, report out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::analyse::{Analysed, Shared, Side, analyse, limits};
use super::compare::compare;
use super::imported::{Joined, Joining};
use super::indexing::{self, IndexSession};
use super::inputs::{Inputs, Prepared};
use super::macros::RunMacros;
use super::reach::reach;
use super::surroundings::Surroundings;
use super::touched::{Changes, is_of_changes};
use super::vendored;
use super::withheld;
use crate::change::ChangedFile;
use crate::change::classify::FileClass;
use crate::change::git::Reader;
use crate::config::Kind;
use crate::config::profile::Leveled;
use crate::finding::{Finding, Gap, GapKind, RepoPath, RuleId};
use crate::report::{
    FileCounts, ImportSummary, Notice, Phase, ProfileReport, Report, ReportedChange, Skipped,
    line_hashes,
};
use crate::syntax::Parser;
use crate::triage::{self, ChangedLines, FileFindings, Triaged, Verdict};

/// Below this many files one thread is faster than several.
const FILES_PER_THREAD: usize = 8;

/// Names of left-out files that a report shows for each reason.
const EXAMPLES: usize = 3;

/// Reviews the change.
///
/// # Errors
/// The system gives no thread with the stack that deeply nested input needs.
pub fn run(inputs: &Inputs<'_>) -> std::io::Result<Report> {
    let is_code = |file: &ChangedFile| FileClass::of_path(&file.path).is_code();
    if !inputs.change.files.iter().any(is_code) {
        // Nothing will be parsed, so any stack does.
        return Ok(review(inputs));
    }
    let stack = limits(inputs.prepared).worker_stack();
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(stack)
            .spawn_scoped(scope, || review(inputs))?;
        // What fails file by file is a gap; a failure here is one of scrubin's own joining code.
        worker
            .join()
            .map_err(|_| std::io::Error::other("the review ended early; please report this defect"))
    })
}

fn review(inputs: &Inputs<'_>) -> Report {
    let start = Instant::now();
    let prepared = inputs.prepared;
    let mut skipped = SkipCounts::default();
    let mut gaps: Vec<Gap> = Vec::new();
    let whole = inputs.change.source.is_whole();
    for entry in &inputs.change.skipped {
        match entry.reason.gap() {
            Some(kind) => gaps.push(Gap {
                path: entry.path.clone(),
                kind,
                span: None,
                lines: None,
                function: None,
                detail: entry.reason.as_str().to_owned(),
            }),
            None => skipped.add(entry.reason.as_str(), &entry.path),
        }
    }
    let mut joining = Joining::new(inputs);
    let wanted = select(inputs, &mut skipped, &joining);
    let comparing = prepared.flow.comparing_ids();
    let session = IndexSession::open(inputs);
    let added;
    let mut shared = Shared {
        prepared,
        is_of_changes: is_of_changes(inputs.change, prepared.settings.scope),
        macros: RunMacros::new(inputs.change, inputs.reader, &prepared.macros),
        around: Surroundings::new(inputs.change, inputs.reader),
        gathers: session.gathers(),
        elsewhere: session.read_only(),
        ran: Arc::new(
            prepared
                .engine
                .rules()
                .iter()
                .map(|rule| rule.head().id.clone())
                .filter(|id| !prepared.flow.below().contains(id) && !comparing.contains(id))
                .collect(),
        ),
    };
    let mut analysed = analyse_all(inputs, &wanted, &shared);
    let mut index_notice = session.notice();
    if session.gathers() {
        let fresh = wanted.iter().zip(&mut analysed);
        let fresh = fresh.filter_map(|(file, one)| Some((*file, one.summary.take()?)));
        added = session.add(inputs, fresh.collect());
        index_notice = index_notice.or_else(|| added.notice.clone());
        shared.gathers = false;
        shared.elsewhere = added.repository.as_ref();
        look_again(inputs, &wanted, &shared, &mut analysed);
    }
    joining.add(inputs, &wanted, &mut analysed);
    let after_analysis = Instant::now();

    let mut files: Vec<FileFindings> = Vec::with_capacity(wanted.len());
    let mut file_counts = FileCounts::default();
    let mut functions = FileCounts::default();
    let mut unreached_functions = 0;
    let mut unreached: BTreeMap<RepoPath, Vec<String>> = BTreeMap::new();
    let mut withheld: Vec<Finding> = Vec::new();
    let mut lines = 0;
    let mut changed_lines: BTreeMap<RepoPath, u64> = BTreeMap::new();
    let mut incomplete = gaps.iter().any(|gap| gap.kind.is_failure()) && !whole;
    for (file, mut result) in wanted.iter().zip(analysed) {
        let left_out = result
            .gaps
            .iter()
            .find(|gap| gap.span.is_none() && !result.is_analysed);
        let on_purpose = left_out.is_some_and(|gap| !gap.kind.is_failure());
        if on_purpose {
            // Left out by rule: counted with its reason, no part of the files under review.
            for gap in &result.gaps {
                skipped.add(gap_reason(gap), &gap.path);
            }
            continue;
        }
        file_counts.total += 1;
        file_counts.analysed += u64::from(result.is_analysed);
        functions.total += result.function_counts.0;
        functions.analysed += result.function_counts.1;
        unreached_functions += u64::try_from(result.unreached.len()).unwrap_or(u64::MAX);
        if !result.unreached.is_empty() {
            unreached.insert(file.path.clone(), std::mem::take(&mut result.unreached));
        }
        lines += result.lines;
        let added = file.base.is_none().then_some(result.lines);
        if let Some(count) = added.or(result.changed_lines) {
            changed_lines.insert(file.path.clone(), count);
        }
        incomplete |= !result.is_analysed && !whole;
        gaps.append(&mut result.gaps);
        withheld.append(&mut result.withheld);
        files.push(FileFindings {
            path: file.path.clone(),
            base_path: file.base_path.clone().filter(|path| *path != file.path),
            head: result.findings,
            base: None,
            // Without a base every line is given for review.
            changed: if whole {
                ChangedLines::whole_file()
            } else {
                ChangedLines::none()
            },
            functions: result.functions,
            comments: result.comments,
            is_new_file: file.base.is_none() && !whole,
            ran: if result.is_analysed {
                result.ran
            } else {
                Arc::default()
            },
        });
    }
    let by_path: BTreeMap<&RepoPath, &ChangedFile> =
        wanted.iter().map(|file| (&file.path, *file)).collect();
    if !whole {
        compare(
            inputs,
            (&by_path, &unreached),
            &shared,
            &mut files,
            &mut gaps,
        );
        joining.compare(inputs, &shared, &mut files);
    }
    let reach = reach(inputs, &by_path, &files, &changed_lines, unreached);
    let Joined {
        summaries: imports,
        infos: foreign,
        lowered,
    } = joining.finish();
    // A tool that did not finish may have found more.
    let incomplete = incomplete || imports.iter().any(|one| one.unfinished.is_some());
    let mut profile = profile_report(prepared, &by_path);
    profile.lowered.extend(lowered);
    for finding in vendored::findings(inputs) {
        files.push(FileFindings {
            path: finding.location.path.clone(),
            base_path: None,
            head: vec![finding],
            base: None,
            changed: ChangedLines::whole_file(),
            functions: Vec::new(),
            comments: Vec::new(),
            // The defect is that it changes: no base has it.
            is_new_file: true,
            ran: Arc::default(),
        });
    }
    let after_base = Instant::now();
    let mut outcome = triage::run(files, &prepared.settings);
    if whole && prepared.settings.baseline.is_none() {
        for triaged in &mut outcome.triaged {
            triaged.state = None;
        }
    }
    gaps.sort();
    gaps.dedup();
    let hashes = if inputs.line_hashes {
        hashes_of(inputs.reader, &by_path, &outcome.triaged)
    } else {
        BTreeMap::new()
    };
    let micros = |from: Instant, to: Instant| {
        u64::try_from(to.duration_since(from).as_micros()).unwrap_or(u64::MAX)
    };
    let phases = vec![
        Phase {
            name: "analysis",
            micros: micros(start, after_analysis),
        },
        Phase {
            name: "base",
            micros: micros(after_analysis, after_base),
        },
        Phase {
            name: "triage",
            micros: micros(after_base, Instant::now()),
        },
    ];
    Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ruleset_digest: prepared.digest.clone(),
        change: ReportedChange {
            source: inputs.change.source.as_str().to_owned(),
            base: inputs.change.base.clone(),
            head: inputs.change.head.clone(),
            scope: prepared.settings.scope.as_str().to_owned(),
        },
        rules: rules_of(prepared, foreign, &outcome.triaged),
        familiar: BTreeSet::new(),
        findings: outcome.triaged,
        deviations: outcome.deviations,
        absent: outcome.absent,
        gaps,
        skipped: skipped.into_list(),
        notices: prepared
            .notices
            .iter()
            .chain(&inputs.change.notices)
            .chain(&withheld::notice(&withheld))
            .chain(&index_notice)
            .cloned()
            .chain(imports.iter().map(ImportSummary::sentence))
            .map(|text| Notice { text })
            .collect(),
        imports,
        profile,
        files: file_counts,
        functions,
        unreached_functions,
        reach,
        lines,
        line_hashes: hashes,
        rules_active: u64::try_from(prepared.active_rules()).unwrap_or(u64::MAX),
        phases,
        fixes: None,
        incomplete,
    }
}

/// What profile and configuration do to the review of these files.
fn profile_report(prepared: &Prepared, files: &BTreeMap<&RepoPath, &ChangedFile>) -> ProfileReport {
    let policy = &prepared.settings.policy;
    let level = policy.level();
    let is_class_c = |path: &RepoPath| {
        FileClass::of_path(path).is_code()
            && policy
                .ruling(path)
                .is_some_and(|ruling| ruling.kind == Kind::Device && ruling.terms.effects.checklist)
    };
    ProfileReport {
        level: level.map(|leveled| leveled.level.as_str()),
        level_sentence: level.map(Leveled::sentence).unwrap_or_default(),
        lowered: policy.lowered(),
        change: prepared.policy_change.clone(),
        class_c: files
            .keys()
            .filter(|path| is_class_c(path))
            .map(|path| (*path).clone())
            .collect(),
    }
}

/// The files that some rule reads; the others are counted by reason, or are no business of ours.
fn select<'c>(
    inputs: &Inputs<'c>,
    skipped: &mut SkipCounts,
    joining: &Joining<'_>,
) -> Vec<&'c ChangedFile> {
    let prepared = inputs.prepared;
    inputs
        .change
        .files
        .iter()
        .filter(|file| {
            let is_code = match FileClass::of_path(&file.path) {
                FileClass::Cpp => {
                    skipped.add("C++ is not analysed", &file.path);
                    return false;
                }
                class => class.is_code(),
            };
            let is_wanted = |path| prepared.engine.wants_text(path) || joining.has(path);
            if !is_code && !is_wanted(&file.path) {
                return false;
            }
            if prepared.settings.policy.is_excluded(&file.path) {
                skipped.add("excluded by the configuration", &file.path);
                return false;
            }
            if prepared.settings.policy.is_vendor(&file.path) {
                skipped.add("code of others (configuration)", &file.path);
                return false;
            }
            true
        })
        .collect()
}

/// Analyses those files once more of which the others, which are known now, say something.
fn look_again(
    inputs: &Inputs<'_>,
    files: &[&ChangedFile],
    shared: &Shared<'_>,
    analysed: &mut [Analysed],
) {
    let Some(repository) = shared.elsewhere else {
        return;
    };
    let (indexes, again): (Vec<usize>, Vec<&ChangedFile>) = files
        .iter()
        .zip(analysed.iter())
        .enumerate()
        .filter(|(_, (file, one))| indexing::is_answered(repository, &file.path, one))
        .map(|(index, (file, _))| (index, *file))
        .unzip();
    for (index, result) in indexes.into_iter().zip(analyse_all(inputs, &again, shared)) {
        if let Some(slot) = analysed.get_mut(index) {
            *slot = result;
        }
    }
}

/// Analyses the heads of all files, on several threads where that pays.
fn analyse_all(inputs: &Inputs<'_>, files: &[&ChangedFile], shared: &Shared<'_>) -> Vec<Analysed> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let threads = inputs
        .prepared
        .jobs
        .unwrap_or_else(cores)
        .clamp(1, files.len().div_ceil(FILES_PER_THREAD).max(1));
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut parser = Parser::new(limits(inputs.prepared));
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(index) else {
                return done;
            };
            let head = read_and_analyse(shared, inputs.reader, &mut parser, file);
            done.push((index, head));
        }
    };
    let mut all: Vec<(usize, Analysed)> = if threads <= 1 {
        worker()
    } else {
        std::thread::scope(|scope| {
            let stack = limits(inputs.prepared).worker_stack();
            let spawn = || {
                std::thread::Builder::new()
                    .stack_size(stack)
                    .spawn_scoped(scope, worker)
            };
            // This thread works too, so that the review goes on where the system gives no more.
            let handles: Vec<_> = (1..threads).filter_map(|_| spawn().ok()).collect();
            let mine = worker();
            let others = handles
                .into_iter()
                .flat_map(|handle| handle.join().unwrap_or_default());
            mine.into_iter().chain(others).collect()
        })
    };
    all.sort_by_key(|(index, _)| *index);
    // A thread that died (which `analyse` prevents) must not make files vanish.
    let mut results = Vec::with_capacity(files.len());
    let mut done = all.into_iter().peekable();
    for (index, file) in files.iter().enumerate() {
        match done.next_if(|(at, _)| *at == index) {
            Some((_, analysed)) => results.push(analysed),
            None => {
                let detail = "the thread that analysed this file ended early";
                results.push(Analysed::left_out(&file.path, GapKind::Crash, detail));
            }
        }
    }
    results
}

fn read_and_analyse(
    shared: &Shared<'_>,
    reader: &Reader,
    parser: &mut Parser,
    file: &ChangedFile,
) -> Analysed {
    let _turn = shared.prepared.watch.enter(&file.path);
    match reader.read(&file.head) {
        Ok(bytes) => {
            let changes = Changes::of(shared, reader, file, &bytes);
            let side = Side::Head(changes.as_ref());
            Analysed {
                changed_lines: changes.as_ref().map(|changes| changes.lines),
                ..analyse(shared, side, parser, &file.path, &bytes)
            }
        }
        Err(error) => Analysed::left_out(&file.path, error.gap(), reasons(&error)),
    }
}

/// An error and its causes in one line.
pub(super) fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// What people are told about the rules that the report names.
fn rules_of(
    prepared: &Prepared,
    foreign: BTreeMap<RuleId, crate::rules::RuleInfo>,
    triaged: &[Triaged],
) -> BTreeMap<RuleId, crate::rules::RuleInfo> {
    let shown = |one: &&Triaged| {
        matches!(
            one.verdict,
            Verdict::Report | Verdict::Deviated { .. } | Verdict::Known | Verdict::SoupList
        )
    };
    let wanted: BTreeSet<&RuleId> = triaged
        .iter()
        .filter(shown)
        .map(|one| &one.finding.rule)
        .collect();
    let mut found = foreign;
    found.retain(|id, _| wanted.contains(id));
    for rule in prepared.engine.rules() {
        if wanted.contains(&rule.head().id)
            && let Some(info) = rule.info()
        {
            found.insert(rule.head().id.clone(), info.as_ref().clone());
        }
    }
    let in_code = prepared.settings.deviation_rules.iter();
    for info in in_code.chain(&prepared.change_rules) {
        if wanted.contains(&info.id) {
            found.insert(info.id.clone(), info.clone());
        }
    }
    found
}

/// GitHub's hash of the first line of each listed finding.
fn hashes_of(
    reader: &Reader,
    by_path: &BTreeMap<&RepoPath, &ChangedFile>,
    triaged: &[Triaged],
) -> BTreeMap<(RepoPath, u32), String> {
    let mut wanted: BTreeMap<&RepoPath, BTreeSet<u32>> = BTreeMap::new();
    for one in triaged {
        let Finding { location, .. } = &one.finding;
        if !matches!(
            one.verdict,
            Verdict::OutsideChange | Verdict::BelowThreshold | Verdict::Fixed
        ) {
            wanted
                .entry(&location.path)
                .or_default()
                .insert(location.start.line);
        }
    }
    let mut hashes = BTreeMap::new();
    for (path, lines) in wanted {
        let Some(file) = by_path.get(path) else {
            continue;
        };
        let Ok(bytes) = reader.read(&file.head) else {
            continue;
        };
        let all = line_hashes(&bytes);
        for line in lines {
            if let Some(hash) = (line as usize)
                .checked_sub(1)
                .and_then(|index| all.get(index))
            {
                hashes.insert((path.clone(), line), hash.clone());
            }
        }
    }
    hashes
}

/// Files left out on purpose, by reason.
#[derive(Debug, Default)]
struct SkipCounts {
    by_reason: BTreeMap<String, (u64, Vec<String>)>,
}

impl SkipCounts {
    fn add(&mut self, reason: &str, path: &RepoPath) {
        let (count, examples) = self.by_reason.entry(reason.to_owned()).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(path.to_string());
        }
    }

    fn into_list(self) -> Vec<Skipped> {
        self.by_reason
            .into_iter()
            .map(|(reason, (count, examples))| Skipped {
                reason,
                count,
                examples,
            })
            .collect()
    }
}

fn gap_reason(gap: &Gap) -> &'static str {
    match gap.kind {
        GapKind::Vendor => "vendor register header",
        GapKind::LfsPointer => "Git LFS pointer",
        GapKind::Language => "C++ is not analysed",
        _ => "left out",
    }
}
