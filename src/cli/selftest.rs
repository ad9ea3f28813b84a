//! `scrubin selftest`: what a record says of the tool that made it.

use std::path::PathBuf;

use serde_json::json;

use super::args::ListFormat;
use super::failure::Failure;
use super::{Outcome, output};
use crate::review::{self, ExampleFailure, Ruleset};
use crate::rules::ExampleKind;

/// Runs the examples of the built-in rules, and those of `further` among themselves: a rule of the
/// user may well speak about an example of ours.
pub(super) fn selftest(further: &[PathBuf], format: ListFormat) -> Result<Outcome, Failure> {
    let mut all = review::builtin()?;
    let (mut cases, mut failures) = review::check_examples(&all);
    if !further.is_empty() {
        let mut added = Ruleset::default();
        added.add(further, false)?;
        let (count, more) = review::check_examples(&added);
        cases += count;
        failures.extend(more);
        // Digest and number are those of a review with these rules.
        all.add(further, false)?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let text = match format {
        ListFormat::Json => {
            let rows: Vec<_> = failures
                .iter()
                .map(|failure| {
                    json!({
                        "rule": failure.rule.as_str(),
                        "slug": failure.slug,
                        "kind": kind(failure),
                        "number": failure.number,
                        "problem": failure.problem,
                    })
                })
                .collect();
            let report = json!({
                "version": 1,
                "scrubin": version,
                "ruleset-digest": all.digest,
                "rules": all.rules.len(),
                "cases": cases,
                "failures": rows,
            });
            format!("{report}\n")
        }
        ListFormat::Terminal => format!(
            "scrubin {version}\n{} rules, digest {}\n{cases} cases, {} do not hold\n",
            all.rules.len(),
            all.digest,
            failures.len()
        ),
    };
    output::text(&text)?;
    for failure in &failures {
        output::message(&line(failure));
    }
    Ok(if failures.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// One failure in one line.
pub(super) fn line(failure: &ExampleFailure) -> String {
    format!(
        "{} {}: {} example {}: {}",
        failure.rule,
        failure.slug,
        kind(failure),
        failure.number,
        failure.problem
    )
}

fn kind(failure: &ExampleFailure) -> &'static str {
    match failure.kind {
        ExampleKind::Bad => "bad",
        ExampleKind::Good => "good",
    }
}
