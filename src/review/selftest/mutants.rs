//! Cases that are broken on purpose. Each must fail: a set of cases that cannot fail shows nothing.

use std::sync::Arc;

use super::{Bench, Judged, marked, path_of, reported, silent};
use crate::evidence::validation::{Case, CaseGroup};
use crate::finding::RepoPath;
use crate::matching::ActiveRule;
use crate::review::Ruleset;
use crate::rules::{Example, ExampleKind, RuleInfo};

/// How often a rule is given the search of another one before its examples count as blind: two rules may
/// well find the same line.
const DONORS: usize = 3;

/// The broken cases of every rule.
pub(super) fn cases(ruleset: &Ruleset) -> Vec<Case> {
    let mut cases = turned(ruleset);
    cases.extend(with_another_search(ruleset));
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

/// A bad example whose defect is repaired, and a good one with the defect in it, each with the answer of
/// the unbroken one.
fn turned(ruleset: &Ruleset) -> Vec<Case> {
    let mut bench = Bench::new(&ruleset.rules);
    let mut cases = Vec::new();
    for info in infos(ruleset) {
        let Some((bad, good)) = nearest(&info) else {
            continue;
        };
        let marks = marked(&bad.code, "ruleid:", &info.id);
        let judged = match findings(&mut bench, &info, good) {
            Ok(found) => reported(&info.id, &marks, &found),
            Err(problem) => Judged::unable("code that parses", problem),
        };
        let what = "the bad example with its defect repaired, still expected to be reported";
        cases.push(case(&info, "repaired", what, judged));
        let judged = match findings(&mut bench, &info, bad) {
            Ok(found) => silent(&info.id, &found),
            Err(problem) => Judged::unable("code that parses", problem),
        };
        let what = "the good example with the defect put in, still expected to be silent";
        cases.push(case(&info, "defect", what, judged));
    }
    cases
}

/// Every rule with the search of another one: its bad examples must notice.
fn with_another_search(ruleset: &Ruleset) -> Vec<Case> {
    let rules: Vec<(ActiveRule, Arc<RuleInfo>)> = ruleset
        .rules
        .iter()
        .filter_map(|rule| Some((rule.clone(), Arc::clone(rule.info()?))))
        .filter(|(_, info)| nearest(info).is_some())
        .collect();
    let mut cases = Vec::new();
    let mut left: Vec<usize> = (0..rules.len()).collect();
    for donor in 0..DONORS {
        if left.is_empty() {
            break;
        }
        let broken: Vec<ActiveRule> = (0..rules.len())
            .filter_map(|index| broken(&rules, index, donor))
            .collect();
        let mut bench = Bench::new(&broken);
        let is_last = donor + 1 == DONORS;
        left.retain(|&index| {
            let Some((_, info)) = rules.get(index) else {
                return false;
            };
            let judged = first_that_fails(&mut bench, info);
            let is_noticed = judged.fails();
            if is_noticed || is_last {
                let what = "the rule with the search of another one (left out where there is none), on its bad examples";
                cases.push(case(info, "other-search", what, judged));
            }
            !(is_noticed || is_last)
        });
    }
    cases
}

/// The rule at `index` with the search of the `donor`-th rule behind it that reads the same languages and
/// is about another weakness; `None` where there is none, as in a set of one rule, which leaves the rule out.
fn broken(rules: &[(ActiveRule, Arc<RuleInfo>)], index: usize, donor: usize) -> Option<ActiveRule> {
    let (_, own) = rules.get(index)?;
    let (before, from) = rules.split_at_checked(index)?;
    let (rule, info) = from
        .iter()
        .chain(before)
        .filter(|(_, other)| other.languages == own.languages && other.id != own.id)
        .filter(|(_, other)| other.lesson != own.lesson || own.lesson.is_empty())
        .nth(donor)?;
    let mut told = own.as_ref().clone();
    told.analysis.clone_from(&info.analysis);
    Some(ActiveRule::new(told, rule.program()?.as_ref().clone()))
}

/// The first bad example that does not hold; the last one where all do.
fn first_that_fails(bench: &mut Bench, info: &RuleInfo) -> Judged {
    let mut judged = Judged::unable("a bad example", "none");
    for example in bad(info) {
        let marks = marked(&example.code, "ruleid:", &info.id);
        judged = match findings(bench, info, example) {
            Ok(found) => reported(&info.id, &marks, &found),
            Err(problem) => Judged::unable("code that parses", problem),
        };
        if judged.fails() {
            break;
        }
    }
    judged
}

fn findings(
    bench: &mut Bench,
    info: &RuleInfo,
    example: &Example,
) -> Result<Vec<crate::finding::Finding>, String> {
    let path = RepoPath::from(path_of(info, example).as_str());
    bench.findings(&path, (&example.code, example.base.as_deref()))
}

fn infos(ruleset: &Ruleset) -> impl Iterator<Item = Arc<RuleInfo>> {
    ruleset
        .rules
        .iter()
        .filter_map(|rule| rule.info().map(Arc::clone))
}

fn bad(info: &RuleInfo) -> impl Iterator<Item = &Example> {
    info.examples
        .iter()
        .filter(|example| example.kind == ExampleKind::Bad)
}

/// The bad and the good example that have most lines in common; the first of equal ones.
fn nearest(info: &RuleInfo) -> Option<(&Example, &Example)> {
    let good = || {
        info.examples
            .iter()
            .filter(|example| example.kind == ExampleKind::Good)
    };
    let pairs = bad(info).flat_map(|bad| good().map(move |good| (bad, good)));
    pairs
        .map(|(bad, good)| (shared_lines(&bad.code, &good.code), bad, good))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, bad, good)| (bad, good))
}

/// How many lines of one text stand in the other, markers aside.
fn shared_lines(a: &str, b: &str) -> usize {
    let code = |line: &str| {
        line.split("//")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let others: std::collections::BTreeSet<String> = b.lines().map(code).collect();
    a.lines()
        .map(code)
        .filter(|line| line.len() > 1 && others.contains(line))
        .count()
}

/// A broken case as a case: it holds if the check of the broken one fails.
fn case(info: &RuleInfo, name: &str, what: &str, judged: Judged) -> Case {
    Case {
        id: format!("mutant/{}/{name}", info.id),
        group: CaseGroup::Mutant,
        requirements: vec!["R-02".to_owned()],
        what: what.to_owned(),
        expected: format!("anything but {}", judged.expected),
        holds: judged.fails(),
        actual: judged.actual,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A rule whose examples hold whatever it looks for.
    const BLIND: &str = "rules:\n  - id: blind\n    languages: [c]\n    severity: ERROR\n    message: m\n    \
        pattern: f($X)\n    metadata:\n      examples:\n        - bad: |\n            int x = f(1); // ruleid: blind\n        \
        - good: |\n            int x = g(1);\n";

    #[test]
    fn a_broken_case_that_passes_is_seen() {
        let mut rules = Ruleset::default();
        // The same search under so many names that every donor finds what the rule does.
        let texts: Vec<(String, String)> = (0..=DONORS)
            .map(|number| BLIND.replace("blind", &format!("blind{number}")))
            .map(|text| ("a".to_owned(), text))
            .collect();
        rules.add_texts(&texts, false).unwrap();
        let cases = cases(&rules);
        let failed: Vec<&Case> = cases.iter().filter(|case| !case.holds).collect();
        assert_eq!(failed.len(), DONORS + 1);
        assert!(failed.iter().all(|case| case.id.ends_with("/other-search")));
    }
}
