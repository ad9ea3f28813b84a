//! What other tools found joins the findings of the review: their paths are looked up among the files
//! under review, their places in the reviewed text, and what we found too is said once.

mod build;
mod by_line;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use super::analyse::{Analysed, Shared, Side, analyse, limits};
use super::inputs::{Inputs, Prepared};
use crate::change::ChangedFile;
use crate::config::{ImportSettings, Lowered};
use crate::finding::{Finding, Related, RepoPath, RuleId, RuleStatus};
use crate::import::{ForeignPlace, ForeignResult, Imported, family, weaknesses};
use crate::report::ImportSummary;
use crate::rules::RuleInfo;
use crate::syntax::Parser;
use crate::triage::{self, FileFindings, FunctionSpan};
use build::{Text, finding};
use by_line::ByLine;
use weight::weigh;

/// Longest place, in lines, that counts as a whole where two findings are compared.
const LINES: u32 = 12;

/// What other tools found, and how their paths are to be read.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    /// Runs of tools on the text under review.
    pub head: Vec<Imported>,
    /// Runs of tools on the text before the change; `None` = nobody ran one.
    pub base: Option<Vec<Imported>>,
    /// The absolute folder that paths of the review count from, in every form it may be written.
    pub roots: Vec<String>,
    /// Folders below it that relative paths may count from, likeliest first; `""` is the root.
    pub folders: Vec<String>,
}

impl Imports {
    /// The paths of the review that a place may mean, likeliest first.
    pub(super) fn paths(&self, place: &ForeignPlace) -> Vec<String> {
        let mut found = Vec::new();
        for path in &place.paths {
            if crate::import::is_absolute(path) {
                found.extend(self.roots.iter().filter_map(|root| below(path, root)));
                continue;
            }
            for folder in &self.folders {
                let joined = match folder.as_str() {
                    "" => path.clone(),
                    folder => format!("{folder}/{path}"),
                };
                found.extend(crate::import::normal_path(&joined));
            }
        }
        found
    }
}

/// The path below a folder; drive letters have no case.
fn below(path: &str, root: &str) -> Option<String> {
    let drive = |text: &str| {
        let mut text = text.to_owned();
        if text.as_bytes().get(1) == Some(&b':')
            && let Some(letter) = text.get_mut(..1)
        {
            letter.make_ascii_lowercase();
        }
        text
    };
    let (path, root) = (drive(path), drive(root));
    let rest = path.strip_prefix(root.trim_end_matches('/'))?;
    let rest = rest.strip_prefix('/')?;
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// What [`Joining::finish`] gives.
pub(super) struct Joined {
    pub(super) summaries: Vec<ImportSummary>,
    pub(super) infos: BTreeMap<RuleId, RuleInfo>,
    pub(super) lowered: BTreeSet<Lowered>,
}

/// Imported results on their way into a review.
pub(super) struct Joining<'i> {
    imports: &'i Imports,
    prepared: &'i Prepared,
    summaries: Vec<ImportSummary>,
    /// For each file of the change: run and number of its results.
    by_file: BTreeMap<RepoPath, Vec<(usize, usize)>>,
    infos: BTreeMap<RuleId, RuleInfo>,
    /// Rules whose findings weigh less than their tool says.
    lowered: BTreeSet<Lowered>,
}

impl<'i> Joining<'i> {
    /// Looks the paths of all results up.
    pub(super) fn new(inputs: &Inputs<'i>) -> Self {
        let prepared = inputs.prepared;
        let imports = &prepared.imports;
        let mut joining = Self {
            imports,
            prepared,
            lowered: BTreeSet::new(),
            summaries: Vec::new(),
            by_file: BTreeMap::new(),
            infos: BTreeMap::new(),
        };
        if imports.head.is_empty() {
            return joining;
        }
        let files: BTreeSet<&[u8]> = inputs
            .change
            .files
            .iter()
            .map(|file| file.path.as_bytes())
            .collect();
        let mut tracked: Option<BTreeSet<Vec<u8>>> = None;
        for (run, imported) in imports.head.iter().enumerate() {
            let settings = prepared.of_tool(&imported.tool.name);
            let mut summary = ImportSummary {
                file: imported.file.clone(),
                tool: imported.tool.name.clone(),
                version: imported.tool.version.clone(),
                results: imported.results.len() as u64,
                unfinished: imported.unfinished.clone(),
                ..ImportSummary::default()
            };
            for (number, result) in imported.results.iter().enumerate() {
                if result.is_passed {
                    summary.passed += 1;
                    continue;
                }
                let name = rule_name(imported, result);
                let paths = match &result.place {
                    Some(place) => imports.paths(place),
                    None => Vec::new(),
                };
                let under_review = paths.iter().find(|path| files.contains(path.as_bytes()));
                let path = RepoPath::from(under_review.map_or("", String::as_str));
                if !joining.runs(&settings, &result.rule, name, &path) {
                    summary.disabled += 1;
                    continue;
                }
                let Some(place) = &result.place else {
                    summary.no_place += 1;
                    continue;
                };
                if under_review.is_some() {
                    joining.by_file.entry(path).or_default().push((run, number));
                    continue;
                }
                let tracked = tracked.get_or_insert_with(|| tracked_paths(inputs));
                match paths.iter().find(|path| tracked.contains(path.as_bytes())) {
                    Some(path) => summary.not_reviewed.add(path),
                    None => {
                        let path = place.paths.first().map_or("", String::as_str);
                        summary.not_here.add(path);
                    }
                }
            }
            joining.summaries.push(summary);
        }
        joining
    }

    /// Whether a rule of another tool counts in a file.
    fn runs(&self, settings: &ImportSettings, rule: &RuleId, name: &str, path: &RepoPath) -> bool {
        let prepared = self.prepared;
        let is_disabled = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => pattern == name || pattern == rule.as_str(),
        };
        settings.enabled.unwrap_or(true)
            && !settings.disable.iter().any(is_disabled)
            && (prepared.only.is_empty() || prepared.only.contains(rule))
            && prepared
                .settings
                .policy
                .named_rules(path)
                .is_none_or(|(_, named)| named.enabled(rule))
    }

    /// Whether some tool found something in a file of the change.
    pub(super) fn has(&self, path: &RepoPath) -> bool {
        self.by_file.contains_key(path)
    }

    /// Adds the results to what was found in each file.
    pub(super) fn add(
        &mut self,
        inputs: &Inputs<'_>,
        files: &[&ChangedFile],
        analysed: &mut [Analysed],
    ) {
        for (file, one) in files.iter().zip(analysed) {
            let Some(results) = self.by_file.remove(&file.path) else {
                continue;
            };
            let bytes = inputs.reader.read(&file.head).unwrap_or_default();
            let text = Text::new(&file.path, &bytes);
            let mut known = ByLine::new(&one.findings);
            for (run, number) in results {
                self.add_one(&text, (run, number), one, &mut known);
            }
            one.findings.sort_by(|a, b| {
                (a.location.span, &a.rule, &a.message).cmp(&(b.location.span, &b.rule, &b.message))
            });
        }
        // Files of the change that are left out of the review.
        for (path, results) in std::mem::take(&mut self.by_file) {
            for (run, _) in results {
                if let Some(summary) = self.summaries.get_mut(run) {
                    summary.not_reviewed.add(&path.to_string());
                }
            }
        }
    }

    fn add_one(
        &mut self,
        text: &Text<'_>,
        (run, number): (usize, usize),
        one: &mut Analysed,
        known_at: &mut ByLine,
    ) {
        let imports = self.imports;
        let (Some(imported), Some(summary)) = (imports.head.get(run), self.summaries.get_mut(run))
        else {
            return;
        };
        let Some(result) = imported.results.get(number) else {
            return;
        };
        let made = finding(text, imports, imported, result, &one.functions);
        let Some(mut made) = made else {
            let line = result.place.as_ref().and_then(|place| place.region.line);
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            summary.no_line.add(&format!("{}{line}", text.path));
            return;
        };
        let weighed = weigh(self.prepared, &imported.tool.name, &mut made);
        let described = imported.rules.get(result.described);
        let cwe = weaknesses(
            result.rule.as_str(),
            described.map_or(&[][..], |rule| &rule.cwe),
        );
        let title = imported.tool.titled();
        let name = rule_name(imported, result);
        let prepared = self.prepared;
        for number in known_at.beside(&made) {
            let Some(known) = one.findings.get_mut(number) else {
                continue;
            };
            let is_same_rule = known.rule == made.rule;
            if is_same_rule && known.location.span == made.location.span {
                summary.repeated += 1;
                return;
            }
            // A finding that nobody would see cannot speak for another one.
            if is_same_rule
                || !triage::is_shown(known, &prepared.settings)
                || !are_together(known, &made)
            {
                continue;
            }
            let is_ours = known.origin.is_none();
            let is_same_tool = known
                .origin
                .as_ref()
                .is_some_and(|origin| origin.tool == imported.tool.name);
            let known_cwe = match self.infos.get(&known.rule) {
                Some(info) => info.cwe.clone(),
                None => prepared
                    .engine
                    .rules()
                    .iter()
                    .find(|rule| rule.head().id == known.rule)
                    .and_then(|rule| rule.info())
                    .map(|info| info.cwe.clone())
                    .unwrap_or_default(),
            };
            if is_same_tool || !are_one(&known_cwe, &cwe) {
                continue;
            }
            known.related.push(Related {
                location: made.location.clone(),
                message: format!("also reported by {title} as {name}"),
            });
            if is_ours {
                summary.found_by_us += 1;
            } else {
                summary.found_by_others += 1;
            }
            return;
        }
        summary.findings += 1;
        summary.unreasoned += u64::from(weighed.is_unreasoned);
        summary.unexcused += u64::from(weighed.is_unexcused);
        self.lowered.extend(weighed.lowered);
        self.infos
            .entry(made.rule.clone())
            .or_insert_with(|| info(imported, result, &made, cwe));
        known_at.add(one.findings.len(), &made);
        one.findings.push(made);
    }

    /// Decides which of the imported findings were there before: those of the base's own import, or
    /// without one those on lines that the change did not touch.
    pub(super) fn compare(
        &self,
        inputs: &Inputs<'_>,
        shared: &Shared<'_>,
        files: &mut [FileFindings],
    ) {
        if self.imports.head.is_empty() {
            return;
        }
        let mut before = match &self.imports.base {
            Some(base) => self.of_base(inputs, shared, base),
            None => BTreeMap::new(),
        };
        for file in files.iter_mut() {
            let old: Vec<Finding> = match &self.imports.base {
                Some(_) => {
                    let path = file.base_path.as_ref().unwrap_or(&file.path);
                    before.remove(path).unwrap_or_default()
                }
                None => file
                    .head
                    .iter()
                    .filter(|finding| {
                        let (first, last) = lines(finding);
                        finding.origin.is_some() && !file.changed.touches(first, last)
                    })
                    .cloned()
                    .collect(),
            };
            if !old.is_empty() && !file.is_new_file {
                file.base.get_or_insert_default().extend(old);
            }
        }
    }

    /// What the tools found before the change, by the path it had then.
    fn of_base(
        &self,
        inputs: &Inputs<'_>,
        shared: &Shared<'_>,
        base: &[Imported],
    ) -> BTreeMap<RepoPath, Vec<Finding>> {
        let mut parser = Parser::new(limits(self.prepared));
        let none = BTreeSet::new();
        let mut found: BTreeMap<RepoPath, Vec<Finding>> = BTreeMap::new();
        for file in &inputs.change.files {
            let (Some(content), path) = (&file.base, file.base_path.as_ref().unwrap_or(&file.path))
            else {
                continue;
            };
            let here = |result: &&ForeignResult| {
                let place = result.place.as_ref();
                place.is_some_and(|place| {
                    let paths = self.imports.paths(place);
                    paths.iter().any(|one| one.as_bytes() == path.as_bytes())
                })
            };
            let mut text: Option<(Vec<u8>, Vec<FunctionSpan>)> = None;
            for imported in base {
                for result in imported.results.iter().filter(here) {
                    let (bytes, functions) = text.get_or_insert_with(|| {
                        let bytes = inputs.reader.read(content).unwrap_or_default();
                        let side = Side::Base(&none);
                        let read = analyse(shared, side, &mut parser, &file.path, &bytes);
                        (bytes, read.functions)
                    });
                    let text = Text::new(path, bytes);
                    let made = finding(&text, self.imports, imported, result, functions);
                    found.entry(path.clone()).or_default().extend(made);
                }
            }
        }
        found
    }

    /// What became of all results, the rules of those that are findings, and what weighs less than its
    /// tool says.
    pub(super) fn finish(self) -> Joined {
        Joined {
            summaries: self.summaries,
            infos: self.infos,
            lowered: self.lowered,
        }
    }
}

/// The tool's own name for the rule of a result.
fn rule_name<'i>(imported: &'i Imported, result: &ForeignResult) -> &'i str {
    imported
        .rules
        .get(result.described)
        .map_or("", |rule| rule.name.as_str())
}

/// Every text of the side under review.
fn tracked_paths(inputs: &Inputs<'_>) -> BTreeSet<Vec<u8>> {
    inputs
        .reader
        .texts(inputs.change.head.as_deref())
        .into_iter()
        .map(|(path, _)| path.as_bytes().to_vec())
        .collect()
}

/// First and last line of a finding, of a long one the first.
fn lines(finding: &Finding) -> (u32, u32) {
    let (first, last) = (finding.location.start.line, finding.location.end.line);
    if last.saturating_sub(first) > LINES {
        (first, first)
    } else {
        (first, last)
    }
}

/// Whether two findings of one file may be about one defect: they share lines, or, in one function,
/// the place of one is a step of the other (the allocation that both follow).
fn are_together(left: &Finding, right: &Finding) -> bool {
    let meet = |(a, b): (u32, u32), (c, d): (u32, u32)| a <= d && c <= b;
    let (here, there) = (lines(left), lines(right));
    let is_step = |place: (u32, u32), of: &Finding| {
        let steps = of.trace.iter().map(|step| &step.location);
        steps
            .filter(|step| step.path == of.location.path)
            .any(|step| meet(place, (step.start.line, step.start.line)))
    };
    let in_one = left.function.is_some() && left.function == right.function;
    meet(here, there) || in_one && (is_step(here, right) || is_step(there, left))
}

/// Whether two lists of CWE ids name one weakness.
fn are_one(left: &[String], right: &[String]) -> bool {
    left.iter()
        .any(|one| right.iter().any(|other| family(one) == family(other)))
}

/// What people are told about the rule of another tool.
fn info(imported: &Imported, result: &ForeignResult, made: &Finding, cwe: Vec<String>) -> RuleInfo {
    let rule = imported
        .rules
        .get(result.described)
        .cloned()
        .unwrap_or_default();
    let message = match rule.summary.as_str() {
        "" => format!("{} of {}", rule.name, imported.tool.titled()),
        summary => summary.to_owned(),
    };
    RuleInfo {
        id: result.rule.clone(),
        slug: String::new(),
        aliases: Vec::new(),
        languages: Vec::new(),
        severity: made.severity,
        precision: made.precision,
        status: RuleStatus::Stable,
        version: String::new(),
        message,
        cwe,
        cert_c: Vec::new(),
        misra_c_2012: Vec::new(),
        lesson: String::new(),
        why: rule.description,
        how_to_fix: rule.help,
        false_positive: String::new(),
        incidents: Vec::new(),
        examples: Vec::new(),
        references: [rule.address]
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect(),
        fix_safety: None,
        argues_from_absence: false,
        once_per_function: false,
        analysis: None,
        supersedes: Vec::new(),
        builtin: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Region;

    #[test]
    fn paths_count_from_the_root_wherever_it_is_named() {
        let imports = Imports {
            roots: vec!["/work/pump".to_owned(), "C:/work/pump".to_owned()],
            folders: vec![String::new(), "fw".to_owned()],
            ..Imports::default()
        };
        let paths = |path: &str| {
            imports.paths(&ForeignPlace {
                paths: vec![path.to_owned()],
                region: Region::default(),
            })
        };
        assert_eq!(paths("/work/pump/src/a.c"), ["src/a.c"]);
        assert_eq!(paths("c:/work/pump/src/a.c"), ["src/a.c"]);
        assert_eq!(paths("/work/pumpkin/a.c"), Vec::<String>::new());
        assert_eq!(paths("/work/pump"), Vec::<String>::new());
        assert_eq!(paths("src/a.c"), ["src/a.c", "fw/src/a.c"]);
        assert_eq!(paths("../src/a.c"), ["src/a.c"]);
    }
}
