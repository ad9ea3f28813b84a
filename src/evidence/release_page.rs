//! The report of a release for people, and its findings as a table.

use super::register::{Filter, Register};
use super::release::{CommitRow, Release};
use super::sheets::{self, or_none};
use crate::report::sheet::{Paper, Sheet, Table};

/// The report as a document.
pub fn release_page(release: &Release) -> Sheet {
    let mut sheet = Sheet::new(&format!("Release report {}", release.tag)).on(Paper::Across);
    sheet.text(
        "Evidence for the list of residual anomalies (IEC 62304, 5.8.2) and for the review of what the release took in. \
         Whether the anomalies are acceptable, and whether the product conforms to a standard, is for people to say.",
    );
    head(&mut sheet, release);
    anomalies(&mut sheet, release);
    coverage(&mut sheet, release);
    commits(&mut sheet, release);
    deviations(&mut sheet, &release.register);
    tools(&mut sheet, release);
    sheet.heading("Agreed by");
    sheet.signatures(&["evaluated by", "approved by"]);
    sheet
}

fn head(sheet: &mut Sheet, release: &Release) {
    let project = &release.project;
    let range = match &release.since {
        Some(since) => format!("{since} to {}", release.tag),
        None => format!("the beginning to {}", release.tag),
    };
    let totals = &release.totals;
    sheet.heading("Summary");
    let decided: Vec<String> = release
        .by_evaluation()
        .into_iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    sheets::facts(
        sheet,
        vec![
            ("project", or_none(project.name.as_deref())),
            ("device", or_none(project.device.as_deref())),
            ("software item", or_none(project.item.as_deref())),
            ("safety class", or_none(project.safety_class.as_deref())),
            ("security level", or_none(project.level.as_deref())),
            ("commit", or_none(release.commit.as_deref())),
            ("tree", or_none(release.tree.as_deref())),
            ("from", range),
            ("made", release.made.clone()),
            (
                "findings",
                if decided.is_empty() {
                    "none".to_owned()
                } else {
                    decided.join(", ")
                },
            ),
            (
                "below the thresholds of the project",
                release.below_threshold.to_string(),
            ),
            (
                "commits taken in",
                format!(
                    "{}: {} reviewed, {} let in by a person, {} without a record",
                    totals.commits, totals.reviewed, totals.let_in, totals.missing
                ),
            ),
        ],
    );
}

fn anomalies(sheet: &mut Sheet, release: &Release) {
    sheet.heading(&format!(
        "Findings at the tag ({})",
        release.anomalies.len()
    ));
    let rows = release
        .by_cwe()
        .into_iter()
        .map(|(cwe, (all, open))| vec![cwe.to_owned(), all.to_string(), open.to_string()])
        .collect();
    sheets::table(
        sheet,
        "Findings by weakness",
        &["weakness", "findings", "open"],
        rows,
        "No finding is open, and none was decided about.",
    );
    if release.anomalies.is_empty() {
        return;
    }
    let rows = release
        .anomalies
        .iter()
        .map(|one| {
            let finding = &one.finding;
            vec![
                format!("{} {}", finding.rule, finding.rule_version),
                finding.cwe.join(" "),
                format!("{}:{}", finding.path, finding.line),
                finding.severity.clone(),
                one.effect.clone(),
                one.decision(),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Findings",
        &["rule", "CWE", "place", "severity", "effect", "evaluation"],
        rows,
        "",
    );
}

fn coverage(sheet: &mut Sheet, release: &Release) {
    let coverage = &release.coverage;
    sheet.heading("Analysis of the tag");
    sheets::facts(
        sheet,
        vec![
            (
                "files analysed",
                format!("{} of {}", coverage.files_analysed, coverage.files),
            ),
            (
                "functions analysed",
                format!("{} of {}", coverage.functions_analysed, coverage.functions),
            ),
            ("lines", coverage.lines.to_string()),
        ],
    );
    let rows = coverage
        .gaps
        .iter()
        .map(|gap| {
            let line = gap.line.map(|line| format!(":{line}")).unwrap_or_default();
            vec![
                format!("{}{line}", gap.path),
                gap.function.clone().unwrap_or_default(),
                format!("{}: {}", gap.kind, gap.why),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Not analysed",
        &["not analysed", "function", "why"],
        rows,
        "Everything in scope was analysed.",
    );
    let rows = coverage
        .skipped
        .iter()
        .map(|one| vec![one.reason.clone(), one.count.to_string()])
        .collect();
    sheets::table(
        sheet,
        "Left out on purpose",
        &["left out on purpose", "files"],
        rows,
        "No file was left out.",
    );
}

/// What became of a commit, and whether its review was weaker than the configuration asks.
fn state(row: &CommitRow) -> String {
    let state = row.lack.as_deref().unwrap_or(row.status);
    match row.weaker.as_slice() {
        [] => state.to_owned(),
        weaker => format!(
            "{state}, weaker than the repository's configuration: {}",
            weaker.join("; ")
        ),
    }
}

fn commits(sheet: &mut Sheet, release: &Release) {
    let totals = &release.totals;
    sheet.heading(&format!("Review of what was taken in ({})", totals.commits));
    sheets::facts(
        sheet,
        vec![
            ("reviewed, gate open", totals.reviewed.to_string()),
            ("let in by a person", totals.let_in.to_string()),
            ("without a record", totals.missing.to_string()),
            ("checklist signed off", totals.signed_off.to_string()),
            (
                "functions analysed",
                format!("{} of {}", totals.functions_analysed, totals.functions),
            ),
            ("gaps", totals.gaps.to_string()),
        ],
    );
    let short = |name: &str| name.get(..12).unwrap_or(name).to_owned();
    let rows = release
        .commits
        .iter()
        .map(|row| {
            vec![
                short(&row.commit),
                row.subject.clone(),
                state(row),
                row.records.join(" "),
                row.approver.clone().unwrap_or_default(),
                format!("{} of {}", row.functions_analysed, row.functions),
                row.signed_off_by.join(", "),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Commits taken in",
        &[
            "commit",
            "subject",
            "status",
            "records",
            "approver",
            "functions",
            "checklist",
        ],
        rows,
        "The release took nothing in.",
    );
    sheet.heading("Gates opened by hand");
    let rows = release
        .overrides
        .iter()
        .map(|row| {
            vec![
                row.commit.as_deref().map(short).unwrap_or_default(),
                row.result.to_owned(),
                row.approver.clone(),
                row.decided.clone(),
                row.reason.clone(),
                row.ticket.clone().unwrap_or_default(),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Gates opened by hand",
        &["commit", "gate", "decided by", "at", "reason", "ticket"],
        rows,
        "None.",
    );
}

fn deviations(sheet: &mut Sheet, register: &Register) {
    let filter = Filter {
        open: true,
        ..Filter::default()
    };
    let force = register.clone().only(&filter);
    sheet.heading(&format!("Deviations in force ({})", force.deviations.len()));
    let rows = force
        .deviations
        .iter()
        .map(|row| {
            vec![
                row.id.clone().unwrap_or_default(),
                row.rules.join(", "),
                format!("{}:{}", row.path, row.line),
                row.category.to_owned(),
                row.excused.to_string(),
                row.reason.clone().unwrap_or_default(),
                row.approved_by.clone().unwrap_or_default(),
                row.until.clone().unwrap_or_default(),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Deviations in force",
        &[
            "id",
            "rules",
            "stands in",
            "category",
            "excuses",
            "reason",
            "approved by",
            "until",
        ],
        rows,
        "None.",
    );
    let lapsed = register.deviations.len() - force.deviations.len();
    if lapsed > 0 {
        sheet.text(&format!(
            "{lapsed} more excuse nothing: they are over, superseded, or without a use."
        ));
    }
    sheet.heading("Permits in force");
    let rows = register
        .permits
        .iter()
        .filter(|permit| !permit.expired)
        .map(|permit| {
            vec![
                permit.id.clone(),
                permit.rules.join(", "),
                permit.use_case.clone(),
                permit.approved_by.clone(),
                permit.until.clone().unwrap_or_default(),
                permit.excused.to_string(),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Permits in force",
        &[
            "id",
            "rules",
            "use-case",
            "approved by",
            "until",
            "findings",
        ],
        rows,
        "None.",
    );
}

/// As much of a digest as tells rulesets apart; JSON has all of it.
fn start(digest: &str) -> String {
    digest.get(..16).unwrap_or(digest).to_owned()
}

fn tools(sheet: &mut Sheet, release: &Release) {
    sheet.heading("Tool and rules");
    sheets::facts(
        sheet,
        vec![
            ("this report", format!("scrubin {}", release.tool)),
            (
                "SHA-256 of the program",
                or_none(release.binary_sha256.as_deref()),
            ),
            ("digest of the ruleset", release.ruleset.clone()),
        ],
    );
    let rows = release
        .rulesets
        .iter()
        .map(|row| {
            vec![
                row.version.clone(),
                start(&row.digest),
                start(&row.rules_sha256),
                row.rules.to_string(),
                row.reviews.to_string(),
                format!("{} to {}", row.first, row.last),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Rulesets that reviewed",
        &[
            "reviews by",
            "ruleset",
            "rules and severities",
            "rules",
            "reviews",
            "when",
        ],
        rows,
        "No review of the commits is on record.",
    );
    let rows = release
        .logs
        .iter()
        .map(|log| {
            let state = if log.problems.is_empty() {
                "holds".to_owned()
            } else {
                log.problems.join("; ")
            };
            let last = log.last.clone().unwrap_or_default();
            vec![log.file.clone(), log.entries.to_string(), state, last]
        })
        .collect();
    sheets::table(
        sheet,
        "Logs",
        &["log", "entries", "state", "SHA-256 of the last"],
        rows,
        "No log of records was given.",
    );
}

/// The findings of a release as a table, one a row.
pub fn release_table(release: &Release) -> Table {
    let rows = release
        .anomalies
        .iter()
        .map(|one| {
            let finding = &one.finding;
            let decided = finding.disposition.clone().unwrap_or_default();
            let text = |value: Option<String>| value.unwrap_or_default();
            vec![
                release.tag.clone(),
                finding.rule.clone(),
                finding.rule_version.clone(),
                finding.cwe.join(" "),
                finding.path.clone(),
                finding.line.to_string(),
                finding.function.clone().unwrap_or_default(),
                finding.severity.clone(),
                finding.precision.clone(),
                one.effect.clone(),
                one.evaluation.clone(),
                text(decided.id),
                decided.reason,
                text(decided.risk_file),
                text(decided.ticket),
                text(decided.permit),
                text(decided.approver),
                text(decided.decided),
                text(decided.until),
                finding.fingerprint.clone(),
            ]
        })
        .collect();
    let mut table = Table::new(
        "findings",
        &[
            "release",
            "rule",
            "rule-version",
            "cwe",
            "path",
            "line",
            "function",
            "severity",
            "precision",
            "effect",
            "evaluation",
            "decision",
            "reason",
            "risk-file",
            "ticket",
            "permit",
            "approver",
            "decided",
            "until",
            "fingerprint",
        ],
    );
    table.rows = rows;
    table
}
