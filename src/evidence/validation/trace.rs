//! Which case shows which requirement: `docs/validation/requirements.md` held against the cases that were run.

use std::collections::BTreeSet;

use super::{Case, CaseGroup};
use crate::report::quote;

/// The requirements as people read them.
const REQUIREMENTS: &str = include_str!("../../../docs/validation/requirements.md");

/// A requirement and what shows that it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Covered {
    /// Its number, `R-01`.
    pub number: String,
    /// What scrubin must do.
    pub must: String,
    /// The steps of the acceptance procedure that show it.
    pub acceptance: String,
    /// The cases of the self-test that show it, without the parts that count.
    pub cases: Vec<String>,
}

/// The requirements of this version: number, what scrubin must do, steps of the acceptance procedure.
fn requirements() -> Vec<(&'static str, &'static str, &'static str)> {
    REQUIREMENTS
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let number = cells.next()?;
            let is_number = number
                .strip_prefix("R-")?
                .bytes()
                .all(|b| b.is_ascii_digit());
            is_number.then_some((number, cells.next()?, cells.next().unwrap_or_default()))
        })
        .collect()
}

/// The requirements with the cases that show them.
fn covered(cases: &[Case]) -> Vec<Covered> {
    requirements()
        .into_iter()
        .map(|(number, must, acceptance)| {
            let names: BTreeSet<String> = cases
                .iter()
                .filter(|case| case.requirements.iter().any(|one| one == number))
                .map(name)
                .collect();
            Covered {
                number: number.to_owned(),
                must: must.to_owned(),
                acceptance: acceptance.to_owned(),
                cases: names.into_iter().collect(),
            }
        })
        .collect()
}

/// The name of a case as the table gives it: those of each rule and example as one.
fn name(case: &Case) -> String {
    match case.group {
        CaseGroup::Rule | CaseGroup::Mutant => format!("{}/*", case.group.as_str()),
        CaseGroup::Engine => case.id.split('/').take(2).collect::<Vec<_>>().join("/"),
        _ => case.id.clone(),
    }
}

/// Numbers that cases name and no requirement has, sorted.
fn unknown(cases: &[Case]) -> Vec<String> {
    let known: BTreeSet<&str> = requirements().iter().map(|(number, ..)| *number).collect();
    let named: BTreeSet<&String> = cases.iter().flat_map(|case| &case.requirements).collect();
    named
        .into_iter()
        .filter(|number| !known.contains(number.as_str()))
        .cloned()
        .collect()
}

/// The table of requirements against cases as markdown; ends with a line feed.
///
/// # Errors
/// The numbers that cases name and no requirement has.
pub fn traceability(cases: &[Case]) -> Result<String, Vec<String>> {
    let unknown = unknown(cases);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut out = String::from(
        "# Traceability\n\
         *Written by `scrubin selftest --traceability`; do not edit.* Which cases of the self-test show which requirement of\n\
         [requirements.md](requirements.md). `rule/*` are the examples of all rules, `mutant/*` the broken cases of each, which must\n\
         fail. A requirement without a case is shown by steps of [acceptance.md](acceptance.md) or by tests of the project alone.\n\n\
         | no. | scrubin must | cases of `scrubin selftest` | acceptance |\n| --- | --- | --- | --- |\n",
    );
    for one in covered(cases) {
        let names: Vec<String> = one
            .cases
            .iter()
            .map(|name| quote::code_cell(name))
            .collect();
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            one.number,
            one.must,
            names.join(", "),
            one.acceptance
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::samples::report;
    use super::*;

    #[test]
    fn the_requirements_are_read_and_their_numbers_are_unique() {
        let all = requirements();
        assert!(all.len() > 30, "{}", all.len());
        let numbers: BTreeSet<&str> = all.iter().map(|(number, ..)| *number).collect();
        assert_eq!(numbers.len(), all.len());
        assert!(all.iter().all(|(_, must, _)| must.len() > 10));
        // Acceptance is the cell behind, empty or not.
        let of = |number| all.iter().find(|one| one.0 == number).unwrap().2;
        assert_eq!((of("R-01"), of("R-05")), ("T1", ""));
    }

    #[test]
    fn a_case_stands_at_its_requirement_and_an_unknown_number_is_named() {
        let mut cases = report().cases;
        let text = traceability(&cases).unwrap();
        let row = text
            .lines()
            .find(|line| line.starts_with("| R-40 "))
            .unwrap();
        assert!(
            row.contains("`gate/error`") && row.contains("`fail-closed/odd`"),
            "{row}"
        );
        for case in &mut cases {
            case.requirements = vec!["R-999".to_owned()];
        }
        assert_eq!(traceability(&cases), Err(vec!["R-999".to_owned()]));
    }
}
