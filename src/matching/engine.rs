//! All rules over one file: one index, then only the rules whose names the file holds.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::active::ActiveRule;
use super::describe::{Place, describe};
use super::evaluate::{self, Evaluator};
use super::globs::{Glob, GlobAnswers, numbered};
use super::index::{FeatureId, FileIndex, NameTable};
use super::matcher::Matcher;
use super::needs::{Need, needs};
use super::pattern::MetaId;
use super::program::{Form, Program};
use super::readable::Readable;
use super::taint::TaintMatches;
use super::texts::TextsHeld;
use crate::finding::{Finding, RepoPath, RuleId};
use crate::rules::RuleLanguage;
use crate::syntax::{Language, LineTable, SourceFile};

/// A rule in one language with what its matches need.
#[derive(Debug)]
struct Entry {
    rule: usize,
    form: usize,
    clauses: Vec<Vec<FeatureId>>,
    /// What each of its parts needs, made at its first use.
    needs: OnceLock<Vec<Need>>,
    /// The globs of its path filter, by number in the engine.
    include: Vec<usize>,
    exclude: Vec<usize>,
}

/// The rules of one run, ready for any number of files. Shared by threads.
#[derive(Debug, Default)]
pub struct Engine {
    rules: Vec<ActiveRule>,
    names: NameTable,
    c: Vec<Entry>,
    rust: Vec<Entry>,
    text: Vec<Entry>,
    /// All globs of path filters; many rules have the same.
    globs: Vec<Glob>,
    /// Whether every pattern is tried everywhere.
    is_exhaustive: bool,
}

impl Entry {
    /// Whether the rule's path filter lets it run on the path of `answers`.
    fn is_on(&self, answers: &GlobAnswers<'_>) -> bool {
        (self.include.is_empty() || answers.holds_any(&self.include))
            && (self.exclude.is_empty() || !answers.holds_any(&self.exclude))
    }
}

/// What all rules found in one file.
#[derive(Debug, Default)]
pub struct Scan {
    /// Findings sorted by span and rule; one for each rule and span.
    pub findings: Vec<Finding>,
    /// Rules that reached a counted limit: matches may be missing.
    pub cut: Vec<RuleId>,
    /// What taint rules matched, in the order of the rules; who follows values reads it.
    pub taint: Vec<TaintMatches>,
    /// Whether a pattern of several statements began at file level, so that functions whose bodies
    /// were left out may hold the rest of it.
    pub spans_functions: bool,
}

impl Engine {
    /// Takes up the rules; their order decides nothing.
    pub fn new(rules: Vec<ActiveRule>) -> Self {
        let mut engine = Self {
            rules,
            ..Self::default()
        };
        for (rule, active) in engine.rules.iter().enumerate() {
            for (form, (language, clauses)) in active.head().forms.iter().enumerate() {
                let of_code = matches!(language, RuleLanguage::C | RuleLanguage::Rust)
                    || active.head().paths.include.is_empty();
                let clauses = clauses
                    .iter()
                    .filter_map(|clause| {
                        let ids = clause
                            .iter()
                            .map(|feature| engine.names.feature(feature, of_code));
                        // A feature that no file can be asked for rules nothing out.
                        ids.collect::<Option<Vec<FeatureId>>>()
                    })
                    .collect();
                let paths = &active.head().paths;
                let entry = Entry {
                    rule,
                    form,
                    clauses,
                    needs: OnceLock::new(),
                    include: numbered(&mut engine.globs, &paths.include),
                    exclude: numbered(&mut engine.globs, &paths.exclude),
                };
                match language {
                    RuleLanguage::C => engine.c.push(entry),
                    RuleLanguage::Rust => engine.rust.push(entry),
                    RuleLanguage::Generic | RuleLanguage::Regex => engine.text.push(entry),
                }
            }
        }
        // Patterns look names up that stand in no clause (alternatives, negations).
        for active in &engine.rules {
            for name in &active.head().names {
                engine.names.intern(name);
            }
        }
        engine
    }

    /// The same without any of the shortcuts that spare work: every pattern is tried everywhere. For
    /// tests that the shortcuts change nothing.
    #[must_use]
    pub fn exhaustive(self) -> Self {
        Self {
            is_exhaustive: true,
            ..self
        }
    }

    /// The rules it runs.
    pub fn rules(&self) -> &[ActiveRule] {
        &self.rules
    }

    /// Whether the match of some rule for C on this path may take several functions.
    pub fn spans_functions(&self, path: &RepoPath) -> bool {
        self.c.iter().any(|entry| {
            let rule = self.rules.get(entry.rule);
            rule.is_some_and(|rule| rule.head().spans_functions && rule.head().is_on(path))
        })
    }

    /// Whether any rule reads text files such as this one (`generic` and `regex` rules).
    pub fn wants_text(&self, path: &RepoPath) -> bool {
        let answers = GlobAnswers::new(&self.globs, path);
        self.text.iter().any(|entry| entry.is_on(&answers))
    }

    /// Runs all rules of the file's language, and the text rules that want it.
    pub fn scan(&self, path: &RepoPath, file: &SourceFile<'_>) -> Scan {
        self.scan_only(path, file, None)
    }

    /// As [`Self::scan`], but where `only` is given it runs those rules alone.
    pub fn scan_only(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        only: Option<&BTreeSet<RuleId>>,
    ) -> Scan {
        let texts = self.names.texts_held(file.text, true);
        let index = FileIndex::new(file, &self.names, &texts);
        let entries = match file.language {
            Language::C => &self.c,
            Language::Rust => &self.rust,
        };
        let readable = OnceCell::new();
        let place = Place {
            path,
            text: file.text,
            lines: &file.lines,
            file: Some(file),
        };
        let mut scan = Scan::default();
        let on_path = GlobAnswers::new(&self.globs, path);
        for entry in entries {
            let held = entry
                .clauses
                .iter()
                .all(|clause| clause.iter().any(|&feature| index.has(feature)));
            if !(held || self.is_exhaustive)
                || !self.is_wanted(entry, only)
                || !entry.is_on(&on_path)
            {
                continue;
            }
            let Some((active, program, form)) = self.parts(entry, &mut scan) else {
                continue;
            };
            let needs: &[Need] = match self.is_exhaustive {
                true => &[],
                false => entry.needs.get_or_init(|| needs(form, &self.names)),
            };
            let mut matcher = Matcher::new(file, &index, &self.names, program.options);
            matcher.is_exhaustive = self.is_exhaustive;
            let evaluator =
                Evaluator::new(Some(&matcher), (needs, &texts), file.text, &readable, None);
            if let Some(taint) = &form.taint {
                let matches = TaintMatches::new(active, &program.metas, (form, taint), &evaluator);
                if !matches.is_empty() {
                    scan.taint.push(matches);
                }
            } else {
                let found = evaluator.all(&form.formula);
                let is_cut = evaluator.cut.get() || matcher.is_exhausted();
                let found = found
                    .iter()
                    // The gap says that the rule has not come to an end.
                    .filter(|_| !is_cut || !form.formula.excludes())
                    .map(|each| of_match(active, program, place, each));
                match active.head().once_per_function {
                    true => scan
                        .findings
                        .extend(first_of_functions(file, found.collect())),
                    false => scan.findings.extend(found),
                }
            }
            scan.spans_functions |= matcher.spans_functions.get();
            if evaluator.cut.get() || matcher.is_exhausted() {
                scan.cut.push(active.head().id.clone());
            }
        }
        self.scan_text_rules(place, &texts, &readable, only, &on_path, &mut scan);
        finish(scan)
    }

    /// Runs the text rules on a file that is neither C nor Rust.
    pub fn scan_text(&self, path: &RepoPath, text: &[u8]) -> Scan {
        self.scan_text_only(path, text, None)
    }

    /// As [`Self::scan_text`], but where `only` is given it runs those rules alone.
    pub fn scan_text_only(
        &self,
        path: &RepoPath,
        text: &[u8],
        only: Option<&BTreeSet<RuleId>>,
    ) -> Scan {
        let lines = LineTable::new(text);
        let mut scan = Scan::default();
        let place = Place {
            path,
            text,
            lines: &lines,
            file: None,
        };
        let texts = self.names.texts_held(text, false);
        let on_path = GlobAnswers::new(&self.globs, path);
        self.scan_text_rules(place, &texts, &OnceCell::new(), only, &on_path, &mut scan);
        finish(scan)
    }

    fn is_wanted(&self, entry: &Entry, only: Option<&BTreeSet<RuleId>>) -> bool {
        only.is_none_or(|only| {
            self.rules
                .get(entry.rule)
                .is_some_and(|rule| only.contains(&rule.head().id))
        })
    }

    fn scan_text_rules(
        &self,
        place: Place<'_>,
        texts: &TextsHeld,
        readable: &OnceCell<Readable>,
        only: Option<&BTreeSet<RuleId>>,
        on_path: &GlobAnswers<'_>,
        scan: &mut Scan,
    ) {
        for entry in &self.text {
            let held = |clause: &Vec<FeatureId>| clause.iter().any(|&text| texts.has(text));
            if !(entry.clauses.iter().all(held) || self.is_exhaustive)
                || !self.is_wanted(entry, only)
                || !entry.is_on(on_path)
            {
                continue;
            }
            let Some((active, program, form)) = self.parts(entry, scan) else {
                continue;
            };
            let needs: &[Need] = match self.is_exhaustive {
                true => &[],
                false => entry.needs.get_or_init(|| needs(form, &self.names)),
            };
            let evaluator = Evaluator::new(None, (needs, texts), place.text, readable, None);
            let found = evaluator.all(&form.formula);
            if evaluator.cut.get() {
                scan.cut.push(active.head().id.clone());
                if form.formula.excludes() {
                    continue;
                }
            }
            for each in found.iter() {
                scan.findings.push(of_match(active, program, place, each));
            }
        }
    }

    /// The parts of an entry. A rule that cannot be decoded (a damaged program) counts as cut.
    fn parts(&self, entry: &Entry, scan: &mut Scan) -> Option<(&ActiveRule, &Program, &Form)> {
        let active = self.rules.get(entry.rule)?;
        let decoded = active
            .program()
            .and_then(|program| Some((program.as_ref(), program.forms.get(entry.form)?)));
        if decoded.is_none() {
            scan.cut.push(active.head().id.clone());
        }
        decoded.map(|(program, form)| (active, program, form))
    }
}

fn of_match(
    active: &ActiveRule,
    program: &Program,
    place: Place<'_>,
    found: &evaluate::Found,
) -> Finding {
    let bound = |id: usize| {
        let bound = found.env.get(MetaId::try_from(id).ok()?)?;
        Some(String::from_utf8_lossy(bound.span.of(place.text)).into_owned())
    };
    describe(active, place, found.span, &program.metas, &bound)
}

/// Of findings of one rule in one function that say the same, the first: what is around it decides
/// the others.
fn first_of_functions(file: &SourceFile<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.location.span);
    let mut seen = BTreeSet::new();
    findings.retain(|finding| {
        let start = finding.location.span.start;
        let function = file.function_at(start).map(|function| function.span.start);
        function.is_none() || seen.insert((function, finding.message.clone()))
    });
    findings
}

/// Sorted, one finding for each rule and span.
fn finish(mut scan: Scan) -> Scan {
    scan.findings.sort_by(|a, b| {
        (a.location.span, &a.rule, &a.message).cmp(&(b.location.span, &b.rule, &b.message))
    });
    scan.findings
        .dedup_by(|a, b| a.location.span == b.location.span && a.rule == b.rule);
    scan
}
