//! Records, sign-offs and overrides for people.

use super::entry::{About, Override, SignOff};
use super::record::{Disposition, FindingPart, ReviewRecord};
use super::sheets::{self, NONE, or_none};
use super::verify::{Signed, VerifiedRecord};
use crate::report::sheet::Sheet;

fn yes_or_no(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => NONE.to_owned(),
    }
}

/// A review with what people added to it later.
#[derive(Debug, Clone)]
pub struct Reviewed<'v> {
    /// The review.
    pub record: &'v VerifiedRecord,
    /// Who answered its checklist.
    pub sign_offs: Vec<&'v Signed<SignOff>>,
    /// Who opened its gate.
    pub overrides: Vec<&'v Signed<Override>>,
}

/// The document of a review.
pub fn review(reviewed: &Reviewed<'_>) -> Sheet {
    let record = &reviewed.record.record;
    let mut sheet = Sheet::new(&format!("Review record {}", record.id));
    sheet.text(
        "Evidence for a review. Whether a product conforms to a standard is for people to say.",
    );
    for (title, facts) in facts(reviewed.record) {
        sheet.heading(title);
        sheets::facts(&mut sheet, facts);
    }
    findings(&mut sheet, record);
    left_out(&mut sheet, record);
    checklist(&mut sheet, reviewed);
    if !reviewed.overrides.is_empty() {
        sheet.heading("The gate was opened by hand");
        for one in &reviewed.overrides {
            sheets::facts(&mut sheet, override_facts(one));
        }
    }
    if !record.notices.is_empty() {
        sheet.heading("Remarks");
        for text in &record.notices {
            sheet.text(text);
        }
    }
    sheet
}

/// The document of a sign-off.
pub fn sign_off(one: &Signed<SignOff>) -> Sheet {
    let record = &one.record;
    let mut sheet = Sheet::new(&format!("Checklist {}", record.id));
    sheets::facts(&mut sheet, sign_off_facts(one));
    sheet.heading("Answers");
    let rows = record
        .answers
        .iter()
        .map(|answer| {
            let note = answer.note.clone().unwrap_or_default();
            vec![answer.text.clone(), answer.answer.as_str().to_owned(), note]
        })
        .collect();
    sheets::table(
        &mut sheet,
        "Answers",
        &["point", "holds", "why"],
        rows,
        "No point is answered.",
    );
    sheet
}

/// The document of an override.
pub fn opened(one: &Signed<Override>) -> Sheet {
    let mut sheet = Sheet::new(&format!("Gate opened by hand {}", one.record.id));
    sheets::facts(&mut sheet, override_facts(one));
    sheet
}

fn sign_off_facts(one: &Signed<SignOff>) -> Vec<(&'static str, String)> {
    let record = &one.record;
    let mut facts = vec![
        ("signed off by", record.reviewer.clone()),
        ("at", record.signed.clone()),
        ("points answered", record.answers.len().to_string()),
        (
            "points left open",
            if record.open.is_empty() {
                "none".to_owned()
            } else {
                record.open.join(", ")
            },
        ),
    ];
    facts.extend(record.note.iter().map(|note| ("remark", note.clone())));
    facts.extend(chain_facts(&record.about, one));
    facts
}

fn override_facts(one: &Signed<Override>) -> Vec<(&'static str, String)> {
    let record = &one.record;
    let mut facts = vec![
        ("the gate had said", record.result.as_str().to_owned()),
        ("reason", record.reason.clone()),
        ("decided by", record.approver.clone()),
        ("at", record.decided.clone()),
        ("ticket", or_none(record.ticket.as_deref())),
    ];
    facts.extend(chain_facts(&record.about, one));
    facts
}

fn chain_facts<T>(about: &About, one: &Signed<T>) -> Vec<(&'static str, String)> {
    vec![
        ("review", about.record.clone()),
        ("commit", or_none(about.head.as_deref())),
        ("SHA-256 of the review's line", about.sha256.clone()),
        ("SHA-256 of this line", one.digest.clone()),
        ("key", one.key.clone()),
    ]
}

type Facts = Vec<(&'static str, String)>;

/// The record without its lists, by heading.
fn facts(verified: &VerifiedRecord) -> Vec<(&'static str, Facts)> {
    let record = &verified.record;
    let (change, people, coverage) = (&record.change, &record.people, &record.coverage);
    vec![
        (
            "Result",
            vec![
                ("gate", record.gate.result.as_str().to_owned()),
                ("findings that close it", record.gate.blocking.to_string()),
                (
                    "went by",
                    format!(
                        "closes from {}, reports precision {} and severity {} upwards",
                        record.gate.fail_on, record.gate.precision, record.gate.severity
                    ),
                ),
                ("settings", settings(record)),
                (
                    "weaker than the repository's configuration",
                    match record.configuration.weaker.is_empty() {
                        true => "no".to_owned(),
                        false => record.configuration.weaker.join("; "),
                    },
                ),
                ("began", record.started.clone()),
                ("ended", record.ended.clone()),
            ],
        ),
        (
            "Change",
            vec![
                ("repository", or_none(change.repository.as_deref())),
                ("head commit", or_none(change.head.as_deref())),
                ("base commit", or_none(change.base.as_deref())),
                ("tree", or_none(change.tree.as_deref())),
                ("patch id", or_none(change.patch_id.as_deref())),
                ("branch", or_none(change.branch.as_deref())),
                (
                    "pull request",
                    or_none(
                        change
                            .pull_request
                            .map(|number| number.to_string())
                            .as_deref(),
                    ),
                ),
                (
                    "what was reviewed",
                    format!("{}, scope {}", change.source, change.scope),
                ),
            ],
        ),
        (
            "Product",
            vec![
                ("project", or_none(record.project.name.as_deref())),
                ("device", or_none(record.project.device.as_deref())),
                ("software item", or_none(record.project.item.as_deref())),
                (
                    "safety class",
                    or_none(record.project.safety_class.as_deref()),
                ),
                ("security level", or_none(record.project.level.as_deref())),
            ],
        ),
        (
            "People",
            vec![
                ("author", or_none(people.author.as_deref())),
                ("committer", or_none(people.committer.as_deref())),
                ("had a hand in its commits", people.authors.join(", ")),
                (
                    "reviewers",
                    if people.reviewers.is_empty() {
                        NONE.to_owned()
                    } else {
                        people.reviewers.join(", ")
                    },
                ),
                ("approver", or_none(people.approver.as_deref())),
                (
                    "author and approver differ",
                    yes_or_no(people.author_is_not_approver),
                ),
                ("said by", or_none(people.said_by.as_deref())),
            ],
        ),
        (
            "Coverage",
            vec![
                (
                    "files analysed",
                    format!("{} of {}", coverage.files_analysed, coverage.files),
                ),
                (
                    "functions analysed",
                    format!("{} of {}", coverage.functions_analysed, coverage.functions),
                ),
                (
                    "functions out of reach",
                    coverage.functions_unreached.to_string(),
                ),
                ("lines", coverage.lines.to_string()),
            ],
        ),
        (
            "Tool",
            vec![
                (
                    "tool",
                    format!("{} {}", record.tool.name, record.tool.version),
                ),
                (
                    "SHA-256 of the program",
                    or_none(record.tool.binary_sha256.as_deref()),
                ),
                ("grammars", record.tool.grammars.join(", ")),
                (
                    "ruleset",
                    format!("{} {}", record.ruleset.id, record.ruleset.version),
                ),
                ("active rules", record.ruleset.rules.len().to_string()),
                ("rules of its own", record.ruleset.own.len().to_string()),
                ("digest of the ruleset", record.ruleset.digest.clone()),
                (
                    "digest of rules and severities",
                    record.ruleset.rules_sha256.clone(),
                ),
            ],
        ),
        (
            "Chain",
            vec![
                ("record", record.id.clone()),
                ("number in its log", record.sequence.to_string()),
                ("SHA-256 of this record", verified.digest.clone()),
                (
                    "SHA-256 of the one before",
                    or_none(record.previous.as_deref()),
                ),
                ("signed by", verified.signed_by()),
            ],
        ),
    ]
}

fn findings(sheet: &mut Sheet, record: &ReviewRecord) {
    sheet.heading(&format!("Findings ({})", record.findings.len()));
    let rows = record
        .findings
        .iter()
        .map(|finding| {
            let decision = finding.disposition.as_ref().map(decision);
            vec![
                format!("{} {}", finding.rule, finding.rule_version),
                finding.cwe.join(" "),
                format!("{}:{}:{}", finding.path, finding.line, finding.column),
                path_of(finding),
                finding.severity.clone(),
                finding.state.clone().unwrap_or_default(),
                yes_or_no(Some(finding.blocks)),
                decision.unwrap_or_else(|| "open".to_owned()),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Findings",
        &[
            "rule",
            "CWE",
            "place",
            "path",
            "severity",
            "state",
            "closes the gate",
            "decision",
        ],
        rows,
        "Nothing was found that this change brought in.",
    );
    if record.fixed.is_empty() {
        return;
    }
    sheet.heading(&format!("Fixed in this commit ({})", record.fixed.len()));
    let rows = record
        .fixed
        .iter()
        .map(|one| vec![one.rule.clone(), one.path.clone(), one.record.clone()])
        .collect();
    sheets::table(
        sheet,
        "Fixed in this commit",
        &["rule", "file", "reported by"],
        rows,
        "",
    );
}

/// The steps of a finding in a line.
fn path_of(finding: &FindingPart) -> String {
    let steps = finding.trace.iter().map(|step| {
        let place = match step.path == finding.path {
            true => format!("line {}", step.line),
            false => format!("{}:{}", step.path, step.line),
        };
        format!("{place}: {}", step.what)
    });
    steps.collect::<Vec<_>>().join("; ")
}

/// Where the settings came from.
fn settings(record: &ReviewRecord) -> String {
    let from = &record.configuration;
    match (&from.path, &from.sha256) {
        (Some(path), Some(digest)) => {
            let whose = match from.origin.as_str() {
                "argument" => "named by an argument",
                _ => "of the repository",
            };
            format!("{path}, {whose}, SHA-256 {digest}")
        }
        _ => "those that hold without a configuration".to_owned(),
    }
}

/// A decision in one line: what, why, who, when.
pub(super) fn decision(one: &Disposition) -> String {
    let mut text = one.kind.clone();
    if let Some(id) = &one.id {
        text.push_str(&format!(" {id}"));
    }
    text.push_str(&format!(": {}", one.reason));
    for (word, value) in [
        ("ticket", &one.ticket),
        ("risk file", &one.risk_file),
        ("permit", &one.permit),
        ("asked for by", &one.author),
        ("approved by", &one.approver),
        ("on", &one.decided),
        ("until", &one.until),
        ("in", &one.place),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("; {word} {value}"));
        }
    }
    text
}

fn left_out(sheet: &mut Sheet, record: &ReviewRecord) {
    let coverage = &record.coverage;
    sheet.heading(&format!("Not analysed ({})", coverage.gaps.len()));
    let rows = coverage
        .gaps
        .iter()
        .map(|gap| {
            let lines = match (gap.line, gap.last_line) {
                (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
                (Some(first), _) => first.to_string(),
                _ => "all".to_owned(),
            };
            vec![
                gap.path.clone(),
                lines,
                gap.function.clone().unwrap_or_default(),
                format!("{}: {}", gap.kind, gap.why),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Not analysed",
        &["file", "lines", "function", "why"],
        rows,
        "Everything in scope was analysed.",
    );
    if coverage.skipped.is_empty() {
        return;
    }
    sheet.heading("Left out on purpose");
    let rows = coverage
        .skipped
        .iter()
        .map(|skipped| {
            let mut examples = skipped.examples.join(", ");
            let shown = u64::try_from(skipped.examples.len()).unwrap_or(u64::MAX);
            if shown < skipped.count {
                examples.push_str(&format!(" and {} more", skipped.count - shown));
            }
            vec![skipped.reason.clone(), skipped.count.to_string(), examples]
        })
        .collect();
    sheets::table(
        sheet,
        "Left out on purpose",
        &["why", "files", "which"],
        rows,
        "",
    );
}

fn checklist(sheet: &mut Sheet, reviewed: &Reviewed<'_>) {
    let record = &reviewed.record.record;
    if record.checklist.is_empty() {
        return;
    }
    sheet.heading("What no tool checks");
    if reviewed.sign_offs.is_empty() {
        sheet.text("Nobody has signed this list off.");
    }
    for one in &reviewed.sign_offs {
        sheets::facts(sheet, sign_off_facts(one));
    }
    let rows = record
        .checklist
        .iter()
        .map(|check| {
            let answers: Vec<String> = reviewed
                .sign_offs
                .iter()
                .filter_map(|one| {
                    let mut answers = one.record.answers.iter();
                    let answer = answers.find(|answer| answer.key == check.key)?;
                    let note = answer.note.iter().map(|note| format!(" ({note})"));
                    let note: String = note.collect();
                    let word = answer.answer.as_str();
                    Some(format!("{word}, {}{note}", one.record.reviewer))
                })
                .collect();
            let answer = if answers.is_empty() {
                "open".to_owned()
            } else {
                answers.join("; ")
            };
            vec![check.text.clone(), check.because.clone(), answer]
        })
        .collect();
    sheets::table(
        sheet,
        "Points of the checklist",
        &["point", "asked because of", "answer"],
        rows,
        "",
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::entry::{self, Said};
    use super::super::samples::record;
    use super::super::sheet_page;
    use super::*;

    fn sample() -> VerifiedRecord {
        signed(ReviewRecord {
            id: "0123456789ab-1".to_owned(),
            sequence: 1,
            ..record("0123456789abcdef")
        })
    }

    fn signed<T>(record: T) -> Signed<T> {
        Signed {
            line: 1,
            digest: "00ff".to_owned(),
            key: "SHA256:abc".to_owned(),
            signer: String::new(),
            record,
        }
    }

    fn answered(review: &VerifiedRecord) -> Signed<SignOff> {
        let said = Said {
            all: true,
            reviewer: "M. Huber".to_owned(),
            signed: "2026-11-30T09:00:00Z".to_owned(),
            ..Said::default()
        };
        signed(entry::sign_off(&review.record, review.about(), said).unwrap())
    }

    #[test]
    fn a_record_in_markdown() {
        let record = sample();
        let sign_off = answered(&record);
        let reviewed = Reviewed {
            record: &record,
            sign_offs: vec![&sign_off],
            overrides: Vec::new(),
        };
        insta::assert_snapshot!(review(&reviewed).markdown());
    }

    #[test]
    fn a_page_escapes_what_it_quotes_and_says_all_that_markdown_says() {
        let record = sample();
        let reviewed = Reviewed {
            record: &record,
            sign_offs: Vec::new(),
            overrides: Vec::new(),
        };
        let page = sheet_page(&review(&reviewed));
        assert!(
            page.contains("src/&lt;b&gt;.c:43") && !page.contains("<b>"),
            "{page}"
        );
        for value in [
            "RISK-41",
            "DEV-7",
            "00ff",
            "SHA256:abc",
            "CWE-806",
            "6 of 7",
            "not stated",
            "Nobody has signed this list off.",
        ] {
            assert!(page.contains(value), "{value}");
        }
    }

    #[test]
    fn a_sign_off_names_who_answered_what() {
        let text = sign_off(&answered(&sample())).markdown();
        assert!(
            text.contains("M. Huber") && text.contains("| yes |"),
            "{text}"
        );
    }
}
