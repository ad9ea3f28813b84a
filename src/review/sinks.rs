//! One finding for one defect: where several rules report the same place for the same weakness,
//! the one that says most stays.
//!
//! Two findings are of one defect if their spans are equal, or begin on one line and one holds the
//! other, and if one rule says so (`metadata.supersedes`) or one of them names an analysis and both
//! have the same lesson or the same primary CWE. Patterns alone never displace each other unless a
//! rule says so: their authors wrote them side by side.
//!
//! Who stays: the rule that supersedes the other; else the one with the higher precision, the rule
//! of patterns, the lower code. A finding that would not be shown displaces none that would. What
//! stays takes over the path of what goes, if it has none of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Precision, RuleId};
use crate::matching::ActiveRule;

/// What decides between two rules.
#[derive(Debug, Clone, Default)]
struct Weakness {
    supersedes: Vec<RuleId>,
    is_analysis: bool,
    lesson: String,
    cwe: Option<String>,
}

/// The rules of a run by what decides between them.
#[derive(Debug, Default)]
pub(super) struct Sinks {
    rules: BTreeMap<RuleId, ActiveRule>,
    threshold: Option<Precision>,
    shown_below: BTreeSet<RuleId>,
}

impl Sinks {
    /// Takes up the rules of a run; findings below `threshold` are not shown,
    /// but for those of `shown_below`.
    pub(super) fn new(
        active: &[ActiveRule],
        threshold: Precision,
        shown_below: BTreeSet<RuleId>,
    ) -> Self {
        let decides = active.iter().any(|rule| {
            let head = rule.head();
            head.analysis.is_some() || !head.supersedes.is_empty()
        });
        // Without such a rule there is nothing to decide.
        let rules = active
            .iter()
            .filter(|_| decides)
            .map(|rule| (rule.head().id.clone(), rule.clone()))
            .collect();
        Self {
            rules,
            threshold: Some(threshold),
            shown_below,
        }
    }

    /// Leaves one finding for each defect. `findings` are sorted by span.
    pub(super) fn keep_one_each(&self, findings: Vec<Finding>) -> Vec<Finding> {
        if self.rules.is_empty() || findings.len() < 2 {
            return findings;
        }
        let mut weaknesses: BTreeMap<RuleId, Weakness> = BTreeMap::new();
        // By whom each finding is displaced.
        let mut displaced: Vec<Option<usize>> = vec![None; findings.len()];
        for (index, one) in findings.iter().enumerate() {
            for (offset, other) in findings.iter().enumerate().skip(index + 1) {
                if other.location.span.start
                    >= one.location.span.end.max(one.location.span.start + 1)
                {
                    break;
                }
                if one.rule == other.rule || !share_a_place(one, other) {
                    continue;
                }
                let first = self.weakness(&mut weaknesses, &one.rule);
                let second = self.weakness(&mut weaknesses, &other.rule);
                match self.winner((one, &first), (other, &second)) {
                    Some(true) => set(&mut displaced, offset, index),
                    Some(false) => set(&mut displaced, index, offset),
                    None => {}
                }
            }
        }
        merge(findings, &displaced)
    }

    fn weakness(&self, known: &mut BTreeMap<RuleId, Weakness>, id: &RuleId) -> Weakness {
        if let Some(weakness) = known.get(id) {
            return weakness.clone();
        }
        let weakness = self.rules.get(id).map_or_else(Weakness::default, |rule| {
            let info = rule.info();
            Weakness {
                supersedes: rule.head().supersedes.clone(),
                is_analysis: rule.head().analysis.is_some(),
                lesson: info.map(|info| info.lesson.clone()).unwrap_or_default(),
                cwe: info.and_then(|info| info.cwe.first().cloned()),
            }
        });
        known.insert(id.clone(), weakness.clone());
        weakness
    }

    /// Whether the first stays (`true`), the second (`false`), or both (`None`).
    fn winner(&self, one: (&Finding, &Weakness), other: (&Finding, &Weakness)) -> Option<bool> {
        let ((one, first), (other, second)) = (one, other);
        let wins = if first.supersedes.contains(&other.rule) {
            true
        } else if second.supersedes.contains(&one.rule) {
            false
        } else {
            let is_same = (!first.lesson.is_empty() && first.lesson == second.lesson)
                || (first.cwe.is_some() && first.cwe == second.cwe);
            if !is_same || !(first.is_analysis || second.is_analysis) {
                return None;
            }
            let rank = |finding: &Finding, weakness: &Weakness| {
                let id = finding.rule.clone();
                (
                    std::cmp::Reverse(finding.precision),
                    weakness.is_analysis,
                    id,
                )
            };
            rank(one, first) < rank(other, second)
        };
        let (stays, goes) = if wins { (one, other) } else { (other, one) };
        let is_shown = |finding: &Finding| {
            self.threshold
                .is_none_or(|threshold| finding.precision >= threshold)
                || self.shown_below.contains(&finding.rule)
        };
        (is_shown(stays) || !is_shown(goes)).then_some(wins)
    }
}

fn set(displaced: &mut [Option<usize>], loser: usize, winner: usize) {
    if let Some(entry) = displaced.get_mut(loser)
        && entry.is_none()
    {
        *entry = Some(winner);
    }
}

fn share_a_place(one: &Finding, other: &Finding) -> bool {
    let (a, b) = (one.location.span, other.location.span);
    a == b
        || (one.location.start.line == other.location.start.line
            && (a.contains(b) || b.contains(a)))
}

/// Takes the displaced findings out; their paths go to whom they were displaced by.
fn merge(findings: Vec<Finding>, displaced: &[Option<usize>]) -> Vec<Finding> {
    let mut paths: BTreeMap<usize, usize> = BTreeMap::new();
    for (loser, winner) in displaced.iter().enumerate() {
        if let Some(winner) = winner {
            paths.entry(*winner).or_insert(loser);
        }
    }
    let traces: Vec<_> = paths
        .iter()
        .filter_map(|(winner, loser)| {
            let loser = findings.get(*loser)?;
            Some((*winner, loser.trace.clone(), loser.related.clone()))
        })
        .collect();
    let mut kept = findings;
    for (winner, trace, related) in traces {
        if let Some(finding) = kept.get_mut(winner)
            && finding.trace.is_empty()
        {
            finding.trace = trace;
            if finding.related.is_empty() {
                finding.related = related;
            }
        }
    }
    let mut index = 0;
    kept.retain(|_| {
        let stays = displaced.get(index).is_none_or(Option::is_none);
        index += 1;
        stays
    });
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::finding::{Span, Step};
    use crate::report::sample;
    use crate::review::ruleset::Ruleset;

    /// Rules by id, analysis or none, precision and superseded rules.
    fn rules(specs: &[(&str, bool, &str, &str)]) -> Vec<ActiveRule> {
        let mut ruleset = Ruleset::default();
        for (id, is_analysis, precision, supersedes) in specs {
            let search = if *is_analysis {
                "analysis: {name: large-stack-frame}"
            } else {
                "pattern: f($X)"
            };
            let text = format!(
                "rules:\n  - id: {id}\n    languages: [c]\n    severity: ERROR\n    message: m\n    {search}\n    \
                 metadata:\n      precision: {precision}\n      lesson: L-LEN-BOUND\n      supersedes: [{supersedes}]\n"
            );
            ruleset
                .add_texts(&[(format!("{id}.yaml"), text)], false)
                .unwrap();
        }
        ruleset.rules
    }

    fn found(rules: &[ActiveRule], id: &str, line: u32, span: (u32, u32)) -> Finding {
        let mut finding = sample::finding("a.c", line, "f(x);", 1, 5);
        let head = rules
            .iter()
            .find(|rule| rule.head().id.as_str() == id)
            .unwrap()
            .head();
        finding.rule = head.id.clone();
        finding.precision = head.precision;
        finding.location.span = Span::new(span.0, span.1);
        finding.trace = Vec::new();
        if head.analysis.is_some() {
            finding.trace = vec![Step {
                location: finding.location.clone(),
                message: "read here".to_owned(),
            }];
        }
        finding
    }

    fn kept(rules: &[ActiveRule], findings: Vec<Finding>) -> Vec<String> {
        Sinks::new(rules, Precision::High, BTreeSet::new())
            .keep_one_each(findings)
            .iter()
            .map(|one| {
                format!(
                    "{}{}",
                    one.rule,
                    if one.trace.is_empty() { "" } else { "+path" }
                )
            })
            .collect()
    }

    #[test]
    fn patterns_stand_side_by_side_unless_one_supersedes() {
        let apart = rules(&[("a", false, "high", ""), ("b", false, "high", "")]);
        let both = |rules: &[ActiveRule]| {
            vec![
                found(rules, "a", 3, (10, 20)),
                found(rules, "b", 3, (10, 20)),
            ]
        };
        assert_eq!(kept(&apart, both(&apart)), ["a", "b"]);
        let above = rules(&[("a", false, "high", ""), ("b", false, "high", "a")]);
        assert_eq!(kept(&above, both(&above)), ["b"]);
    }

    #[test]
    fn an_analysis_lends_its_path_to_the_pattern_that_stays() {
        let rules = rules(&[("a", true, "high", ""), ("b", false, "high", "")]);
        let both = |span| vec![found(&rules, "b", 3, (10, 40)), found(&rules, "a", 3, span)];
        assert_eq!(kept(&rules, both((10, 40))), ["b+path"]);
        assert_eq!(kept(&rules, both((20, 30))), ["b+path"]);
        // Beside each other on one line: two defects.
        assert_eq!(kept(&rules, both((40, 50))), ["b", "a+path"]);
    }

    #[test]
    fn the_more_precise_stays_and_what_is_not_shown_displaces_nothing() {
        let better = rules(&[("a", true, "high", ""), ("b", false, "medium", "")]);
        let both = |rules: &[ActiveRule]| {
            vec![
                found(rules, "a", 3, (10, 20)),
                found(rules, "b", 3, (10, 20)),
            ]
        };
        assert_eq!(kept(&better, both(&better)), ["a+path"]);
        let hidden = rules(&[("a", true, "high", ""), ("b", false, "low", "a")]);
        assert_eq!(kept(&hidden, both(&hidden)), ["a+path", "b"]);
    }
}
