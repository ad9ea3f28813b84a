use super::super::{Phase, sample};
use super::*;
use crate::finding::{Gap, GapKind, RepoPath, SourceLine};
use crate::triage::Verdict;

fn plain(report: &Report) -> String {
    render(report, TerminalOptions::default())
}

fn one(finding: Finding) -> Report {
    let mut report = sample::full();
    report.gaps.clear();
    report.skipped.clear();
    report.notices.clear();
    report.incomplete = false;
    report.findings = vec![sample::triaged(finding, Verdict::Report)];
    report
}

#[test]
fn a_full_report() {
    insta::assert_snapshot!(plain(&sample::full()));
}

#[test]
fn colours_change_nothing_but_colours() {
    let options = TerminalOptions {
        color: true,
        ..TerminalOptions::default()
    };
    let colored = render(&sample::full(), options);
    assert!(colored.contains("\x1b["));
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(stripped, plain(&sample::full()));
}

#[test]
fn nothing_to_review_is_said() {
    insta::assert_snapshot!(plain(&sample::empty()), @r"
    scrubin: 0 files reviewed, 0 of 0 functions analysed
             no findings
    ");
}

#[test]
fn stats_list_the_phases() {
    let mut report = sample::empty();
    report.phases = vec![
        Phase {
            name: "parse",
            micros: 1500,
        },
        Phase {
            name: "match",
            micros: 250,
        },
    ];
    let options = TerminalOptions {
        stats: true,
        ..TerminalOptions::default()
    };
    insta::assert_snapshot!(render(&report, options), @r"
    scrubin: 0 files reviewed, 0 of 0 functions analysed, 0.002 s
             no findings
             parse             1.500 ms
             match             0.250 ms
    ");
}

#[test]
fn several_lines_and_tabs() {
    let mut finding = sample::finding("src/a.c", 10, "\tmemcpy(buf,", 2, 13);
    finding.lines.push(SourceLine {
        number: 11,
        text: "\t\tframe,".to_owned(),
    });
    finding.lines.push(SourceLine {
        number: 12,
        text: "\t\tsizeof(frame));".to_owned(),
    });
    finding.location.end.line = 12;
    finding.location.end.column = 17;
    insta::assert_snapshot!(plain(&one(finding)));
}

#[test]
fn an_edit_on_other_lines_is_named() {
    let mut finding = sample::finding("src/a.c", 10, "memcpy(a, b, n);", 1, 16);
    finding.fix = Some(Fix {
        location: sample::place("src/a.h", 3, 1, 2),
        replacement: "x\u{1b}".to_owned(),
        safety: FixSafety::Safe,
    });
    let text = plain(&one(finding));
    assert!(text.contains("write: src/a.h:3:1: x\\x1b"), "{text}");
}

#[test]
fn long_lines_are_cut() {
    let code = format!(
        "{}strcpy(a, b);{}",
        "x".repeat(500_000),
        "y".repeat(500_000)
    );
    let text = plain(&one(sample::finding("src/a.c", 1, &code, 500_001, 500_013)));
    assert!(text.len() < 4_000, "{}", text.len());
    assert!(text.contains("strcpy(a, b);"), "{text}");
    assert!(text.contains("src/a.c:1:500001"));
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let report = sample::hostile();
    let text = plain(&report);
    assert!(
        !text.chars().any(|c| c != '\n' && visible::is_hidden(c)),
        "{text}"
    );
    insta::assert_snapshot!(text);
    // In colour the only escapes are ours: stripping them leaves the plain text.
    let options = TerminalOptions {
        color: true,
        ..TerminalOptions::default()
    };
    let stripped = anstream::adapter::strip_str(&render(&report, options)).to_string();
    assert_eq!(stripped, text);
}

#[test]
fn every_finding_shows_path_line_and_code() {
    let report = sample::full();
    let text = plain(&report);
    for triaged in words::reported(&report) {
        let location = &triaged.finding.location;
        assert!(text.contains(&format!("{}:{}", location.path, location.start.line)));
        assert!(text.contains(triaged.finding.rule.as_str()));
    }
    assert!(
        !text.contains("src/old.c"),
        "known and deviated are counted only"
    );
}

#[test]
fn many_gaps_are_counted() {
    let mut report = sample::empty();
    for line in 1..=30 {
        report.gaps.push(Gap {
            path: RepoPath::from("src/a.c"),
            kind: if line % 2 == 0 {
                GapKind::Syntax
            } else {
                GapKind::InactiveArm
            },
            span: None,
            lines: Some((line, line)),
            function: None,
            detail: "unknown macro".to_owned(),
        });
    }
    let text = plain(&report);
    assert_eq!(text.matches("not analysed: src/a.c").count(), 10);
    assert!(
        text.contains("5 places more not analysed (in all: 15 syntax)"),
        "{text}"
    );
    assert!(text.contains("15 arms of `#if` not analysed"));
}
