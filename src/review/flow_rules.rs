//! The rules that name an analysis: which analyses a file needs, and their defects as findings.

use std::collections::{BTreeMap, BTreeSet};

use super::headers::Held;
use super::taint_rules;
use crate::config::{C, CharSign};
use crate::finding::{
    Finding, Gap, GapKind, Location, Precision, Related, RepoPath, RuleId, Span, Step,
};
use crate::flow::lower_c::HeaderSet;
use crate::flow::summary::{Elsewhere, FarNote, FileSummary};
use crate::flow::{self, Defect, FlowGap, Note, Selection};
use crate::matching::{ActiveRule, Place, TaintMatches, describe};
use crate::rules::RuleLanguage;
use crate::syntax::{Language, SourceFile};

/// The rules of a run that name an analysis.
#[derive(Debug, Default)]
pub(super) struct FlowRules {
    target: flow::ir::Target,
    /// Names of interrupt handlers that the configuration adds.
    isr_names: Vec<String>,
    /// Rules by the analysis they name.
    by_analysis: BTreeMap<&'static str, Vec<ActiveRule>>,
    /// Rules that do not run, because what they find would not be shown.
    below: BTreeSet<RuleId>,
}

/// What the analyses say of one file.
#[derive(Debug, Default)]
pub(super) struct FlowScan {
    /// Findings by place.
    pub(super) findings: Vec<Finding>,
    /// Functions left out at a counted bound.
    pub(super) gaps: Vec<Gap>,
    /// Functions of which a part was not understood.
    pub(super) doubtful: Vec<Span>,
    /// Rules that did not run to the end: that they found nothing more proves nothing.
    pub(super) unsure: Vec<RuleId>,
    /// What other files may know of it, if that was wanted.
    pub(super) summary: Option<FileSummary>,
}

impl FlowRules {
    /// The rules among `active` that name an analysis. Those below `threshold` do not run,
    /// unless they are among `shown_below`: an analysis costs more than the patterns of all rules, and nothing of it would be shown.
    pub(super) fn new(
        active: &[ActiveRule],
        target: flow::ir::Target,
        threshold: Precision,
        shown_below: &BTreeSet<RuleId>,
    ) -> Self {
        let mut rules = Self {
            target,
            ..Self::default()
        };
        for rule in active {
            let head = rule.head();
            let Some((name, _)) = &head.analysis else {
                continue;
            };
            match flow::find_analysis(name) {
                Some(analysis) if head.precision >= threshold || shown_below.contains(&head.id) => {
                    let named = rules.by_analysis.entry(analysis.name).or_default();
                    named.push(rule.clone());
                }
                _ => {
                    rules.below.insert(head.id.clone());
                }
            }
        }
        rules
    }

    /// Adds names of interrupt handlers.
    #[must_use]
    pub(super) fn with_isr_names(mut self, names: &[String]) -> Self {
        self.isr_names = names.to_vec();
        self
    }

    /// Whether some analysis of C runs.
    pub(super) fn reads_c(&self) -> bool {
        let is_of_c = |name: &&str| {
            flow::find_analysis(name).is_some_and(|known| known.languages.contains(&Language::C))
        };
        self.by_analysis.keys().any(is_of_c)
    }

    /// Widths of the target.
    pub(super) fn target(&self) -> flow::ir::Target {
        self.target
    }

    /// What other files may know of this one.
    pub(super) fn summary<'r>(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        headers: &dyn Fn() -> Held<'r>,
    ) -> FileSummary {
        let held = headers();
        let visible = held.set().visible(&path.to_string(), file.text);
        let is_header = path.extension() == b"h";
        let settings = flow::Settings {
            target: self.target,
            wanted: &BTreeSet::new(),
            taint: &[],
            isr_names: &self.isr_names,
            headers: &visible,
            selection: None,
            summary: if is_header {
                flow::Summary::OfHeader
            } else {
                flow::Summary::OfSource
            },
            elsewhere: None,
        };
        flow::analyse(file, &settings).summary.unwrap_or_default()
    }

    /// Rules that do not run on any file.
    pub(super) fn below(&self) -> &BTreeSet<RuleId> {
        &self.below
    }

    /// Whether a rule names an analysis.
    pub(super) fn has(&self, id: &RuleId) -> bool {
        self.all().any(|rule| rule.head().id == *id)
    }

    /// Rules that compare a file with its base. That one finds nothing says nothing about the file:
    /// the next change has another base.
    fn comparing(&self) -> impl Iterator<Item = &ActiveRule> {
        let of_change = self.by_analysis.iter().filter(|(name, _)| compares(name));
        of_change.flat_map(|(_, rules)| rules)
    }

    /// Codes of the rules that compare a file with its base.
    pub(super) fn comparing_ids(&self) -> BTreeSet<RuleId> {
        self.comparing()
            .map(|rule| rule.head().id.clone())
            .collect()
    }

    /// Whether some rule compares this file with its base.
    pub(super) fn compares(&self, path: &RepoPath) -> bool {
        self.comparing().any(|rule| rule.head().is_on(path))
    }

    /// Compares a file with its base.
    pub(super) fn compare<'r>(
        &self,
        path: &RepoPath,
        (base, head): (&SourceFile<'_>, &SourceFile<'_>),
        headers: &dyn Fn() -> Held<'r>,
    ) -> Vec<Finding> {
        let held = headers();
        let visible = held.set().visible(&path.to_string(), head.text);
        let settings = flow::Settings {
            target: self.target,
            wanted: &BTreeSet::new(),
            taint: &[],
            isr_names: &self.isr_names,
            headers: &visible,
            selection: None,
            summary: flow::Summary::No,
            elsewhere: None,
        };
        let place = Place {
            path,
            text: head.text,
            lines: &head.lines,
            file: Some(head),
        };
        let mut findings = Vec::new();
        for defect in flow::compare(base, head, &settings) {
            let rules = self.by_analysis.get(defect.analysis).into_iter().flatten();
            let wanted = rules.filter(|rule| rule.head().is_on(path));
            findings.extend(wanted.map(|rule| as_finding(rule, place, &defect)));
        }
        findings
    }

    /// Every rule that runs.
    pub(super) fn all(&self) -> impl Iterator<Item = &ActiveRule> {
        self.by_analysis.values().flatten()
    }

    /// Runs the analyses that some rule wants of this file; where `only` is given, those rules
    /// alone count; where a selection is given, only those
    /// functions do. Follows the values that
    /// `taint` rules ask for. `headers` gives what the repository has to include; it is asked only if some
    /// analysis runs on a C file.
    pub(super) fn scan<'r>(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        only: Option<&BTreeSet<RuleId>>,
        (selection, taint): (Option<&Selection>, &[TaintMatches]),
        (summary, elsewhere): (flow::Summary, Option<&dyn Elsewhere>),
        headers: &dyn Fn() -> Held<'r>,
    ) -> FlowScan {
        let language = match file.language {
            Language::C => RuleLanguage::C,
            Language::Rust => RuleLanguage::Rust,
        };
        let wants = |rule: &&ActiveRule| {
            let head = rule.head();
            let reads =
                |(_, languages): &(String, Vec<RuleLanguage>)| languages.contains(&language);
            head.analysis.as_ref().is_some_and(reads)
                && only.is_none_or(|only| only.contains(&head.id))
                && head.is_on(path)
        };
        // What taint rules matched stands anywhere.
        let selection = selection.filter(|_| taint.is_empty());
        let is_part = selection.is_some_and(|selection| selection.seen.contains(&false));
        let wanted: BTreeSet<&'static str> = self
            .by_analysis
            .iter()
            .filter(|(name, _)| !(compares(name) || is_part && counts_habits(name)))
            .filter(|(_, rules)| rules.iter().any(|rule| wants(&rule)))
            .map(|(&name, _)| name)
            .collect();
        if wanted.is_empty() && taint.is_empty() && summary == flow::Summary::No {
            return FlowScan::default();
        }
        if selection.is_some_and(|selection| !selection.asked.contains(&true)) {
            return FlowScan::default();
        }
        let held = match file.language {
            Language::C => headers(),
            Language::Rust => Held::Own(HeaderSet::default()),
        };
        let visible = held.set().visible(&path.to_string(), file.text);
        let queries: Vec<flow::taint::Query> = taint.iter().map(taint_rules::query).collect();
        let settings = flow::Settings {
            target: self.target,
            wanted: &wanted,
            taint: &queries,
            isr_names: &self.isr_names,
            headers: &visible,
            selection,
            summary,
            elsewhere,
        };
        let analysis = flow::analyse(file, &settings);
        let place = Place {
            path,
            text: file.text,
            lines: &file.lines,
            file: Some(file),
        };
        let mut scan = FlowScan {
            gaps: analysis.gaps.iter().map(|gap| as_gap(place, gap)).collect(),
            doubtful: analysis.doubtful,
            summary: analysis.summary,
            ..FlowScan::default()
        };
        for defect in &analysis.defects {
            let rules = self.by_analysis.get(defect.analysis).into_iter().flatten();
            let findings = rules
                .filter(wants)
                .map(|rule| as_finding(rule, place, defect));
            scan.findings.extend(findings);
        }
        for (index, matches) in taint.iter().enumerate() {
            let found = taint_rules::findings(matches, index, &analysis.leaks, place);
            scan.findings.extend(found);
        }
        if !scan.gaps.is_empty() {
            let rules = self.all().chain(taint.iter().map(|matches| &matches.rule));
            scan.unsure = rules.map(|rule| rule.head().id.clone()).collect();
        }
        scan
    }
}

/// Whether an analysis holds what most functions of a file do against one that does not: a part of
/// the file says nothing of most.
fn counts_habits(analysis: &str) -> bool {
    matches!(analysis, "peers-check-you-dont" | "unchecked-field")
}

/// Whether an analysis compares two versions of a file.
fn compares(analysis: &str) -> bool {
    flow::find_analysis(analysis).is_some_and(flow::AnalysisInfo::compares)
}

fn as_finding(rule: &ActiveRule, place: Place<'_>, defect: &Defect) -> Finding {
    let metas: Vec<String> = defect
        .names
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let bound = |index: usize| defect.names.get(index).map(|(_, text)| text.clone());
    let mut finding = describe(rule, place, defect.span, &metas, &bound);
    let far = defect.far.iter().map(
        |FarNote {
             path,
             place,
             message,
         }| Step {
            location: Location {
                path: path.clone(),
                span: place.span,
                start: place.start,
                end: place.end,
            },
            message: message.clone(),
        },
    );
    finding.trace = far.chain(steps(place, &defect.trace)).collect();
    finding.related = defect
        .related
        .iter()
        .map(|Note { span, message }| Related {
            location: place.locate(*span),
            message: message.clone(),
        })
        .collect();
    finding
}

/// The notes of a path as a finding has them.
pub(super) fn steps(place: Place<'_>, notes: &[Note]) -> Vec<Step> {
    let step = |Note { span, message }: &Note| Step {
        location: place.locate(*span),
        message: message.clone(),
    };
    notes.iter().map(step).collect()
}

fn as_gap(place: Place<'_>, gap: &FlowGap) -> Gap {
    let location = place.locate(gap.span);
    Gap {
        path: place.path.clone(),
        kind: GapKind::Bound,
        span: Some(gap.span),
        lines: Some((location.start.line, location.end.line)),
        function: (!gap.function.is_empty()).then(|| gap.function.clone()),
        detail: gap.detail.to_owned(),
    }
}

/// A file on its own.
pub(super) fn no_headers() -> Held<'static> {
    Held::Own(HeaderSet::default())
}

/// The widths that `[c]` sets, as the flow engine takes them.
pub(super) fn target(c: &C) -> flow::ir::Target {
    let bits = |bits: u32| u8::try_from(bits).unwrap_or(32);
    flow::ir::Target {
        int_bits: bits(c.data_model.int_bits()),
        long_bits: bits(c.data_model.long_bits()),
        pointer_bits: bits(c.data_model.pointer_bits()),
        char_is_signed: c.char == CharSign::Signed,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::review::ruleset::{Ruleset, builtin};
    use crate::syntax::{Limits, MacroTable, Parser};

    fn user_rule(analysis: &str, languages: &str, more: &str) -> Result<Ruleset, String> {
        let text = format!(
            "rules:\n  - id: acme.frame\n    languages: {languages}\n    severity: WARNING\n    \
             message: \"$FUNCTION takes $SIZE bytes\"\n    analysis: {analysis}\n{more}"
        );
        let mut rules = Ruleset::default();
        match rules.add_texts(&[("acme.yaml".to_owned(), text)], false) {
            Ok(()) => Ok(rules),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Each analysis has a built-in rule, and each built-in rule's analysis exists and reads its
    /// languages.
    #[test]
    fn rules_and_analyses_match_both_ways() {
        let rules = builtin().unwrap().rules;
        let mut named = BTreeSet::new();
        for rule in &rules {
            if let Some((name, languages)) = &rule.head().analysis {
                let analysis = flow::find_analysis(name);
                assert!(analysis.is_some(), "{}: no analysis {name}", rule.head().id);
                let reads: Vec<&str> = analysis
                    .unwrap()
                    .languages
                    .iter()
                    .map(|language| match language {
                        Language::C => "c",
                        Language::Rust => "rust",
                    })
                    .collect();
                for language in languages {
                    assert!(reads.contains(&language.as_str()), "{}", rule.head().id);
                }
                named.insert(name.clone());
            }
        }
        for analysis in flow::ANALYSES {
            assert!(
                named.contains(analysis.name),
                "no rule names the analysis {}",
                analysis.name
            );
        }
    }

    #[test]
    fn an_unknown_analysis_is_refused_with_its_place_and_a_near_name() {
        let error = user_rule("{name: large-stack-fram}", "[c]", "").unwrap_err();
        assert_eq!(
            error,
            "no analysis is called `large-stack-fram`\n  --> acme.yaml:6:22\n   |\n 6 |     analysis: {name: \
             large-stack-fram}\n   |                      ^\nhelp: did you mean `large-stack-frame`? \
             docs/analysis.md lists them all"
        );
        let error = user_rule("{name: large-stack-frame}", "[c, rust]", "").unwrap_err();
        assert!(error.contains("does not read rust"), "{error}");
        let error = user_rule("{name: large-stack-frame, limit: 3}", "[c]", "").unwrap_err();
        assert!(error.contains("limit"), "{error}");
        let both = user_rule("{name: large-stack-frame}", "[c]", "    pattern: f($X)\n");
        assert!(both.unwrap_err().contains("not both"));
    }

    #[test]
    fn a_rule_of_the_user_gets_the_defects_in_its_own_words() {
        let rules = user_rule("{name: large-stack-frame}", "[c]", "")
            .unwrap()
            .rules;
        let flow = FlowRules::new(
            &rules,
            target(&C::default()),
            Precision::High,
            &BTreeSet::new(),
        );
        let path = RepoPath::from("a.c");
        let text = b"void f(void)\n{\n    char big[5000];\n    use(big);\n}\n";
        let mut parser = Parser::new(Limits::default());
        let file = parser.parse(Language::C, text, &MacroTable::new()).unwrap();
        let scan = flow.scan(
            &path,
            &file,
            None,
            (None, &[]),
            (flow::Summary::No, None),
            &no_headers,
        );
        let told: Vec<(u32, &str, Option<&str>)> = scan
            .findings
            .iter()
            .map(|one| {
                let function = one.function.as_deref();
                (one.location.start.line, one.message.as_str(), function)
            })
            .collect();
        assert_eq!(told, [(3, "f takes 5000 bytes", Some("f"))]);
        let none = BTreeSet::new();
        assert!(
            flow.scan(
                &path,
                &file,
                Some(&none),
                (None, &[]),
                (flow::Summary::No, None),
                &no_headers
            )
            .findings
            .is_empty()
        );
    }

    #[test]
    fn what_would_not_be_shown_does_not_run() {
        let more = "    metadata:\n      precision: low\n";
        let rules = user_rule("{name: large-stack-frame}", "[c]", more)
            .unwrap()
            .rules;
        let flow = FlowRules::new(
            &rules,
            target(&C::default()),
            Precision::High,
            &BTreeSet::new(),
        );
        assert_eq!(flow.below().len(), 1);
        assert_eq!(flow.all().count(), 0);
    }
}
