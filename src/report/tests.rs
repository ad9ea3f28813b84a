//! What holds for every renderer and every report.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use crate::finding::{Gap, GapKind, RepoPath, Severity};
use crate::triage::Verdict;

use super::github;
use super::json::{self, JsonOptions};
use super::markdown::{self, MarkdownOptions};
use super::sarif::{self, SarifOptions};
use super::terminal::{self, TerminalOptions};
use super::{Report, sample, visible};

/// Every rendering of a report, with its name.
fn renderings(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        (
            "terminal",
            terminal::render(report, TerminalOptions::default()),
        ),
        ("json", json::render(report, JsonOptions::default())),
        ("sarif", sarif::render(report, &SarifOptions::default())),
        (
            "markdown",
            markdown::render(report, MarkdownOptions::default()),
        ),
        ("github", github::render(report)),
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Report),
        Just(Verdict::OutsideChange),
        Just(Verdict::Known),
        Just(Verdict::BelowThreshold),
        Just(Verdict::Deviated {
            reason: "checked".to_owned(),
            ticket: None
        }),
    ]
}

fn severity() -> impl Strategy<Value = Severity> {
    prop_oneof![
        Just(Severity::Error),
        Just(Severity::Warning),
        Just(Severity::Info)
    ]
}

prop_compose! {
    /// Reports of up to 30 findings with any text at any place.
    fn any_report()(
        rows in proptest::collection::vec(
            (verdict(), severity(), any::<String>(), any::<String>(), any::<Vec<u8>>(),
             1..200_u32, 1..60_u32, 0..60_u32),
            0..30,
        ),
        gaps in proptest::collection::vec((any::<String>(), any::<Option<(u32, u32)>>()), 0..20),
    ) -> Report {
        let mut report = sample::full();
        report.findings = rows
            .into_iter()
            .map(|(verdict, severity, message, code, path, line, column, length)| {
                let mut finding = sample::finding("", line, &code, column, column + length);
                finding.severity = severity;
                finding.message = message;
                finding.location.path = RepoPath::new(path);
                sample::triaged(finding, verdict)
            })
            .collect();
        report.gaps = gaps
            .into_iter()
            .map(|(detail, lines)| Gap {
                path: RepoPath::from("src/a.c"),
                kind: GapKind::Syntax,
                span: None,
                lines,
                function: None,
                detail,
            })
            .collect();
        report
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counts_add_up(report in any_report()) {
        let total: u64 = report.counts().values().sum();
        prop_assert_eq!(total, report.findings.len() as u64);

        let all = JsonOptions { all_verdicts: true, ..JsonOptions::default() };
        let text = json::render(&report, all);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(json["findings"].as_array().unwrap().len(), report.findings.len());
        let counted: u64 = json["counts"].as_object().unwrap().values()
            .map(|number| number.as_u64().unwrap()).sum();
        prop_assert_eq!(counted, total);
        prop_assert_eq!(json["gaps"].as_array().unwrap().len(), report.gaps.len());

        let text = sarif::render(&report, &SarifOptions::default());
        let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
        let run = &sarif["runs"][0];
        let counts = &run["properties"]["counts"];
        let listed = run["results"].as_array().unwrap().len() as u64;
        let unlisted = counts["outside-change"].as_u64().unwrap()
            + counts["below-threshold"].as_u64().unwrap();
        prop_assert_eq!(listed + unlisted, total);
        let notified = run["invocations"][0]["toolExecutionNotifications"]
            .as_array().map_or(0, Vec::len);
        prop_assert_eq!(notified, report.gaps.len());
    }

    #[test]
    fn any_text_is_safe_and_reported(report in any_report()) {
        for (name, text) in renderings(&report) {
            prop_assert!(!text.chars().any(|c| c != '\n' && visible::is_hidden(c)), "{}", name);
        }
        let text = terminal::render(&report, TerminalOptions::default());
        for triaged in super::words::reported(&report) {
            let location = &triaged.finding.location;
            let path = location.path.to_string();
            let place = format!("{}:{}", visible::line(&path), location.start.line);
            prop_assert!(text.contains(&place), "{} in {}", place, text);
        }
        for line in github::render(&report).lines() {
            prop_assert!(line.starts_with("::") || line.starts_with("  "), "{}", line);
        }
    }
}

#[test]
fn same_report_same_bytes() {
    let once = renderings(&sample::full());
    assert_eq!(once, renderings(&sample::full()));
    for (name, text) in once {
        assert!(text.ends_with('\n'), "{name}");
    }
}
