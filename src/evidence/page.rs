//! A record for people.

use crate::report::quote;

use super::record::ReviewRecord;
use super::verify::VerifiedRecord;

/// A heading and rows of name and value.
struct Section {
    title: &'static str,
    rows: Vec<(&'static str, String)>,
}

/// What a value that nobody gave is shown as.
const NONE: &str = "not stated";

fn or_none(value: Option<&str>) -> String {
    value.unwrap_or(NONE).to_owned()
}

fn yes_or_no(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => NONE.to_owned(),
    }
}

/// The record without its lists.
fn sections(verified: &VerifiedRecord) -> Vec<Section> {
    let record = &verified.record;
    let (change, people, coverage) = (&record.change, &record.people, &record.coverage);
    vec![
        Section {
            title: "Result",
            rows: vec![
                ("gate", record.gate.result.as_str().to_owned()),
                ("findings that close it", record.gate.blocking.to_string()),
                ("began", record.started.clone()),
                ("ended", record.ended.clone()),
            ],
        },
        Section {
            title: "Change",
            rows: vec![
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
        },
        Section {
            title: "Product",
            rows: vec![
                ("project", or_none(record.project.name.as_deref())),
                ("device", or_none(record.project.device.as_deref())),
                ("software item", or_none(record.project.item.as_deref())),
                (
                    "safety class",
                    or_none(record.project.safety_class.as_deref()),
                ),
                ("security level", or_none(record.project.level.as_deref())),
                (
                    "SHA-256 of the configuration",
                    or_none(record.project.profile_sha256.as_deref()),
                ),
            ],
        },
        Section {
            title: "People",
            rows: vec![
                ("author", or_none(people.author.as_deref())),
                ("committer", or_none(people.committer.as_deref())),
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
            ],
        },
        Section {
            title: "Coverage",
            rows: vec![
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
        },
        Section {
            title: "Tool",
            rows: vec![
                (
                    "tool",
                    format!("{} {}", record.tool.name, record.tool.version),
                ),
                (
                    "SHA-256 of the program",
                    or_none(record.tool.binary_sha256.as_deref()),
                ),
                ("grammars", record.tool.grammars.join(", ")),
                ("active rules", record.ruleset.rules.len().to_string()),
                ("digest of the ruleset", record.ruleset.digest.clone()),
                (
                    "digest of rules and severities",
                    record.ruleset.rules_sha256.clone(),
                ),
            ],
        },
        Section {
            title: "Chain",
            rows: vec![
                ("record", record.id.clone()),
                ("number in its log", record.sequence.to_string()),
                ("SHA-256 of this record", verified.digest.clone()),
                (
                    "SHA-256 of the one before",
                    or_none(record.previous.as_deref()),
                ),
                ("signed by", verified.key.clone()),
            ],
        },
    ]
}

/// A table: a title, its columns and rows.
struct Table {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

fn tables(record: &ReviewRecord) -> Vec<Table> {
    let mut tables = vec![Table {
        title: format!("Findings ({})", record.findings.len()),
        columns: vec!["rule", "place", "severity", "closes the gate", "decision"],
        rows: record
            .findings
            .iter()
            .map(|finding| {
                let decision = finding.disposition.as_ref().map_or_else(
                    || "open".to_owned(),
                    |one| match &one.ticket {
                        Some(ticket) => format!("{}: {} ({ticket})", one.kind, one.reason),
                        None => format!("{}: {}", one.kind, one.reason),
                    },
                );
                vec![
                    format!("{} {}", finding.rule, finding.cwe.join(" ")),
                    format!("{}:{}", finding.path, finding.line),
                    finding.severity.clone(),
                    yes_or_no(Some(finding.blocks)),
                    decision,
                ]
            })
            .collect(),
    }];
    tables.push(Table {
        title: format!("Not analysed ({})", record.coverage.gaps.len()),
        columns: vec!["file", "line", "why"],
        rows: record
            .coverage
            .gaps
            .iter()
            .map(|gap| {
                let line = gap.line.map(|line| line.to_string()).unwrap_or_default();
                vec![gap.path.clone(), line, gap.kind.clone()]
            })
            .collect(),
    });
    tables.push(Table {
        title: "Left out on purpose".to_owned(),
        columns: vec!["why", "files"],
        rows: record
            .coverage
            .skipped
            .iter()
            .map(|skipped| vec![skipped.reason.clone(), skipped.count.to_string()])
            .collect(),
    });
    tables.push(Table {
        title: "Remarks".to_owned(),
        columns: vec!["remark"],
        rows: record
            .notices
            .iter()
            .map(|text| vec![text.clone()])
            .collect(),
    });
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// Renders a record as markdown; ends with a line feed.
pub fn markdown(verified: &VerifiedRecord) -> String {
    let mut out = format!("# Review record {}\n", quote::text(&verified.record.id));
    for section in sections(verified) {
        out.push_str(&format!("\n## {}\n\n| | |\n| --- | --- |\n", section.title));
        for (name, value) in section.rows {
            out.push_str(&format!("| {name} | {} |\n", quote::cell(&value)));
        }
    }
    for table in tables(&verified.record) {
        out.push_str(&format!(
            "\n## {}\n\n| {} |\n|{}\n",
            table.title,
            table.columns.join(" | "),
            " --- |".repeat(table.columns.len())
        ));
        for row in table.rows {
            let cells: Vec<String> = row.iter().map(|cell| quote::cell(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    out
}

/// How the page looks, on screen and on paper.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}\
th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th[scope=row]{width:16rem;font-weight:600}thead th{background:#e8e8e8}\
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}}";

/// Renders a record as a page that stands alone; ends with a line feed.
pub fn html(verified: &VerifiedRecord) -> String {
    let title = format!("Review record {}", quote::html(&verified.record.id));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    for section in sections(verified) {
        out.push_str(&format!("<h2>{}</h2>\n<table>\n<tbody>\n", section.title));
        for (name, value) in section.rows {
            out.push_str(&format!(
                "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n",
                quote::html(&value)
            ));
        }
        out.push_str("</tbody>\n</table>\n");
    }
    for table in tables(&verified.record) {
        out.push_str(&format!("<h2>{}</h2>\n<table>\n<thead>\n<tr>", table.title));
        for column in table.columns {
            out.push_str(&format!("<th scope=\"col\">{column}</th>"));
        }
        out.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in table.rows {
            let cells: String = row
                .iter()
                .map(|cell| format!("<td>{}</td>", quote::html(cell)))
                .collect();
            out.push_str(&format!("<tr>{cells}</tr>\n"));
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::super::record::samples::record;
    use super::*;

    fn sample() -> VerifiedRecord {
        VerifiedRecord {
            line: 1,
            digest: "00ff".to_owned(),
            key: "SHA256:abc".to_owned(),
            record: ReviewRecord {
                id: "0123456789ab-1".to_owned(),
                sequence: 1,
                ..record("0123456789abcdef")
            },
        }
    }

    #[test]
    fn a_record_in_markdown() {
        insta::assert_snapshot!(markdown(&sample()));
    }

    #[test]
    fn a_page_escapes_what_it_quotes_and_says_all_that_markdown_says() {
        let page = html(&sample());
        assert!(
            page.contains("src/&lt;b&gt;.c:43") && !page.contains("<b>"),
            "{page}"
        );
        for value in [
            "RISK-41",
            "00ff",
            "SHA256:abc",
            "C-LEN-014 CWE-806",
            "6 of 7",
            "not stated",
        ] {
            assert!(page.contains(value), "{value}");
        }
    }
}
