//! The guideline enforcement plan and the re-categorisation plan (in the manner of MISRA Compliance:2020): by what each
//! rule is enforced, and what a project made of its severity.

use super::Controls;
use crate::finding::{Precision, RuleStatus};
use crate::report::sheet::{Paper, Sheet, Table};
use crate::rules::RuleInfo;
use crate::training::profiled::Profiled;

/// How a rule is enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforced {
    /// What scrubin does about it.
    pub by_scrubin: &'static str,
    /// Warnings of compilers that find it, wholly or in part.
    pub by_compiler: String,
    /// Checks of other tools.
    pub by_tool: String,
    /// What is left for people.
    pub by_review: &'static str,
}

impl Controls {
    /// How a rule is enforced in a project.
    pub fn enforced(&self, rule: &Profiled<'_>) -> Enforced {
        let info = rule.rule;
        let other = self
            .other_means
            .iter()
            .find(|one| one.rule == info.id.as_str());
        let joined = |pick: fn(&super::OtherMeans) -> &Vec<String>| {
            other.map(|one| pick(one).join(", ")).unwrap_or_default()
        };
        let by_scrubin = match (rule.effective, info.status, info.precision) {
            (None, ..) => "off in this project",
            (_, RuleStatus::Experimental, _) => "shown, never closes the gate",
            _ if rule.is_shown => "every change: hook, check, review",
            (_, _, Precision::High | Precision::Medium) => {
                "comments of `scrubin review`; `check --precision medium`"
            }
            _ => "on demand: `check --precision low`",
        };
        let by_review = match (rule.effective, info.precision) {
            (None, _) => "wholly",
            (_, Precision::Low) => "each finding is a place to look at",
            (_, Precision::Medium) => "what the rule misses; each finding before it is acted on",
            (_, Precision::High) => "what the rule misses (docs/detection.md)",
        };
        Enforced {
            by_scrubin,
            by_compiler: joined(|one| &one.compiler),
            by_tool: joined(|one| &one.tool),
            by_review,
        }
    }
}

/// The guidelines of MISRA C against the rules that cite them, and those that no rule cites.
pub(super) fn push_misra(sheet: &mut Sheet, controls: &Controls, rules: &[&RuleInfo]) {
    let all = controls.misra_c.numbers();
    let citing = |number: &String| -> Vec<String> {
        rules
            .iter()
            .filter(|rule| rule.misra_c_2012.contains(number))
            .map(|rule| rule.id.to_string())
            .collect()
    };
    let mut table = Table::new(
        "Guidelines of MISRA C that rules cite",
        &["MISRA C", "cited by", "enforced by scrubin"],
    );
    let mut missing = Vec::new();
    for number in &all {
        let rules = citing(number);
        if rules.is_empty() {
            missing.push(number.clone());
        } else {
            table.push([number, &rules.join(", "), "in part, never as a whole"]);
        }
    }
    sheet.heading("MISRA C by number");
    sheet.text(&format!(
        "scrubin is not a MISRA checker. Of the {} guidelines of {}, its rules cite {}, each for a part of it; a guideline that is \
         cited is not enforced as a whole. A checker for MISRA C is needed for all of them.",
        all.len(),
        controls.misra_c.edition,
        table.rows.len()
    ));
    sheet.table(table);
    sheet.text(&format!(
        "Not checked by scrubin at all ({}): {}.",
        missing.len(),
        missing.join(", ")
    ));
}

/// The plan as a document; `profiled` are the rules as they hold in the project.
pub fn enforcement_plan(controls: &Controls, profiled: &[Profiled<'_>], version: &str) -> Sheet {
    let mut sheet =
        Sheet::new(&format!("Guideline enforcement plan, scrubin {version}")).on(Paper::Across);
    sheet.text(
        "By what each rule of the coding standard is enforced: this tool, warnings of compilers, other tools, people. Warnings and \
         checks of others are named where they look for the same defect; what they find was not measured here. The plan is evidence \
         for planning; a project signs its own.",
    );
    let mut table = Table::new(
        "Enforcement of each rule",
        &[
            "rule",
            "name",
            "severity",
            "precision",
            "scrubin",
            "compiler",
            "other tool",
            "manual review",
            "MISRA C",
            "CERT C",
        ],
    );
    for rule in profiled {
        let enforced = controls.enforced(rule);
        let info = rule.rule;
        table.push([
            info.id.as_str(),
            &info.slug,
            rule.effective.map_or("off", |severity| severity.as_str()),
            info.precision.as_str(),
            enforced.by_scrubin,
            &enforced.by_compiler,
            &enforced.by_tool,
            enforced.by_review,
            &info.misra_c_2012.join(", "),
            &info.cert_c.join(", "),
        ]);
    }
    sheet.heading("Rules");
    sheet.table(table);
    let infos: Vec<&RuleInfo> = profiled.iter().map(|one| one.rule).collect();
    push_misra(&mut sheet, controls, &infos);
    push_not_checked(&mut sheet, controls);
    sheet.heading("Agreed");
    sheet.signatures(&["Author", "Project", "Quality"]);
    sheet
}

/// What scrubin does not check, plainly.
pub(super) fn push_not_checked(sheet: &mut Sheet, controls: &Controls) {
    let mut table = Table::new(
        "What scrubin does not check",
        &["not checked", "usual means", "our means, document"],
    );
    for one in &controls.not_checked {
        table.push([&one.topic, &one.means, ""]);
    }
    sheet.heading("Not checked by scrubin");
    sheet.table(table);
}

/// What a project made of each rule, as a document.
pub fn recategorisation(profiled: &[Profiled<'_>], heading: &str, version: &str) -> Sheet {
    let mut sheet = Sheet::new(&format!(
        "Guideline re-categorisation plan, scrubin {version}"
    ))
    .on(Paper::Across);
    sheet.text(heading);
    sheet.text(
        "The severity that each rule has by itself and the one it has in this project, with the reason of each change. Severities are \
         those of scrubin; the categories that MISRA gives its guidelines stand in your copy of it, and a guideline whose category \
         is mandatory cannot be deviated from.",
    );
    let mut table = Table::new(
        "Severity of each rule",
        &[
            "rule",
            "name",
            "by itself",
            "here",
            "change",
            "because",
            "MISRA C",
        ],
    );
    for rule in profiled {
        let own = rule.rule.severity;
        let change = match rule.effective {
            None => "off",
            Some(here) if here > own => "raised",
            Some(here) if here < own => "lowered",
            Some(_) => "",
        };
        table.push([
            rule.rule.id.as_str(),
            &rule.rule.slug,
            own.as_str(),
            rule.effective.map_or("off", |severity| severity.as_str()),
            change,
            &rule.because.join("; "),
            &rule.rule.misra_c_2012.join(", "),
        ]);
    }
    let changed = |word: &str| {
        table
            .rows
            .iter()
            .filter(|row| row.get(4).is_some_and(|cell| cell == word))
            .count()
    };
    sheet.text(&format!(
        "{} rules: {} raised, {} lowered, {} off.",
        table.rows.len(),
        changed("raised"),
        changed("lowered"),
        changed("off")
    ));
    sheet.table(table);
    sheet.heading("Agreed");
    sheet.signatures(&["Author", "Project", "Quality"]);
    sheet
}
