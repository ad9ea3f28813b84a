//! `scrubin selftest`: every known-answer case on this machine, and the report that a quality system keeps.

mod closed;
mod gate;
mod probe;
mod records;
mod scene;
mod verify;

use std::path::Path;

use serde_json::json;

use super::args::{ListFormat, SelftestArguments};
use super::failure::Failure;
use super::record::{now, program, signing_key};
use super::{Outcome, output};
use crate::config::nearest;
use crate::evidence;
use crate::evidence::validation::{
    self, Attached, Case, Platform, TestedTool, VALIDATION_SCHEMA, ValidationReport,
};
use crate::review::{self, ExampleFailure, Ruleset};
use crate::rules::ExampleKind;

/// Runs all cases, those of further rules included: their examples are run among themselves, since a rule of the
/// user may well speak about an example of ours.
pub(super) fn selftest(arguments: &SelftestArguments) -> Result<Outcome, Failure> {
    if let Some(probe) = arguments.probe {
        return probe::run(probe);
    }
    if let (Some(file), Some(signers)) = (&arguments.verify, &arguments.signers) {
        return verify::verify(file, signers, arguments.format);
    }
    if let Some(rule) = &arguments.rule {
        return of_rule(rule, arguments.format);
    }
    // A wrong key or ending costs no time.
    let key = arguments.sign_key.as_deref().map(signing_key).transpose()?;
    let render = arguments.report.as_deref().map(renderer).transpose()?;
    output::progress("running the self-test ...");
    let report = run(arguments)?;
    if arguments.traceability {
        let table = validation::traceability(&report.cases).map_err(|unknown| {
            let numbers = unknown.join(", ");
            Failure::message(format!(
                "cases name requirements that do not exist: {numbers}"
            ))
            .with_help("docs/validation/requirements.md lists them")
        })?;
        output::text(&table)?;
        return Ok(outcome(&report));
    }
    output::text(&match arguments.format {
        ListFormat::Json => validation::json(&report),
        ListFormat::Terminal => validation::terminal(&report),
    })?;
    for case in report.failures() {
        output::message(&format!(
            "{}: {}: expected {}, came {}",
            case.id, case.what, case.expected, case.actual
        ));
    }
    if let (Some(file), Some(render)) = (&arguments.report, render) {
        let page = render(&report);
        write(file, &page)?;
        if let Some(key) = key {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let attached = Attached::new(&name, page.as_bytes());
            write(
                &verify::seal_of(file),
                &validation::seal(&report, &[attached], &key),
            )?;
        }
    }
    Ok(outcome(&report))
}

/// The cases of one built-in rule.
fn of_rule(name: &str, format: ListFormat) -> Result<Outcome, Failure> {
    let rules = review::builtin()?;
    let Some(rule) = rules.find(name) else {
        let failure = Failure::message(format!("no rule is called `{name}`"));
        let names = rules.rules.iter().map(|rule| rule.head().id.as_str());
        return Err(match nearest(name, names) {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => failure.with_help("`scrubin rules list` names all rules"),
        });
    };
    let id = rule.head().id.clone();
    let mut cases = review::known_answers_of_rules(&rules);
    cases.retain(|case| case.id.split('/').nth(1) == Some(id.as_str()));
    cases.sort_by(|a, b| (a.group, &a.id).cmp(&(b.group, &b.id)));
    let failed = cases.iter().filter(|case| !case.holds).count();
    output::text(&match format {
        ListFormat::Json => format!(
            "{}\n",
            json!({"version": 1, "rule": id.as_str(), "failed": failed, "cases": cases})
        ),
        ListFormat::Terminal => format!(
            "{}{} cases of {id}, {failed} do not hold\n",
            validation::listed(&cases),
            cases.len()
        ),
    })?;
    Ok(match failed {
        0 => Outcome::Passed,
        _ => Outcome::Findings,
    })
}

fn outcome(report: &ValidationReport) -> Outcome {
    match report.passes() {
        true => Outcome::Passed,
        false => Outcome::Findings,
    }
}

/// What writes a file of that name.
fn renderer(file: &Path) -> Result<fn(&ValidationReport) -> String, Failure> {
    let end = file.extension().unwrap_or_default().to_string_lossy();
    match end.as_ref() {
        "html" | "htm" => Ok(validation::html),
        "md" => Ok(validation::markdown),
        "json" => Ok(validation::json),
        _ => Err(Failure::message(format!(
            "`{}` does not say what kind of report it is",
            file.display()
        ))
        .with_help("give it a name that ends in .html, .md or .json")),
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| Failure::new(error).doing(&format!("write `{}`", file.display())))
}

/// All cases with the program, the tables and the machine.
fn run(arguments: &SelftestArguments) -> Result<ValidationReport, Failure> {
    let started = now();
    let further = review::rule_texts(&arguments.rules)?;
    let mut added = Ruleset::default();
    added.add_texts(&further, false)?;
    let (mut cases, mut all) = match review::builtin() {
        Ok(builtin) if review::integrity().iter().all(|case| case.holds) => {
            (known_answers(&builtin, &added), builtin)
        }
        // What a damaged program says of anything else is worth nothing.
        _ => (review::integrity(), Ruleset::default()),
    };
    cases.sort_by(|a, b| (a.group, &a.id).cmp(&(b.group, &b.id)));
    // Digest and number are those of a review with these rules.
    all.add_texts(&further, false)?;
    Ok(ValidationReport {
        schema: VALIDATION_SCHEMA.to_owned(),
        tool: TestedTool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            binary_sha256: evidence::file_digest(&program()?).unwrap_or_default(),
            grammars: evidence::GRAMMARS.map(str::to_owned).to_vec(),
            features: features(),
            ruleset_digest: all.digest,
            rules: u64::try_from(all.rules.len()).unwrap_or(u64::MAX),
            further_rules: further.into_iter().map(|(name, _)| name).collect(),
        },
        tables: review::table_digests(),
        platform: Platform {
            system: std::env::consts::OS.to_owned(),
            processor: std::env::consts::ARCH.to_owned(),
            threads: std::thread::available_parallelism()
                .map_or(1, |threads| u64::try_from(threads.get()).unwrap_or(1)),
            git: scene::git_version(),
        },
        started,
        ended: now(),
        cases,
    })
}

/// All cases of a program whose tables are intact.
fn known_answers(builtin: &Ruleset, added: &Ruleset) -> Vec<Case> {
    std::thread::scope(|scope| {
        // A second of waiting, and processes: both beside the work of this thread.
        let closed = scope.spawn(closed::cases);
        let processes = scope.spawn(|| {
            let mut cases = gate::cases();
            cases.extend(records::cases());
            cases
        });
        let mut cases = review::known_answers(builtin);
        cases.extend(review::known_answers_of_rules(added));
        for others in [closed, processes] {
            cases.extend(others.join().unwrap_or_else(|_| vec![scene::broken()]));
        }
        cases
    })
}

/// The Cargo features of this build.
fn features() -> Vec<String> {
    let github = cfg!(feature = "github").then(|| "github".to_owned());
    github.into_iter().collect()
}

/// One failure in one line.
pub(super) fn line(failure: &ExampleFailure) -> String {
    let kind = match failure.kind {
        ExampleKind::Bad => "bad",
        ExampleKind::Good => "good",
    };
    format!(
        "{} {}: {kind} example {}: {}",
        failure.rule, failure.slug, failure.number, failure.problem
    )
}
