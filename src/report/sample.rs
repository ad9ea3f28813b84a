//! Reports for the tests of the renderers.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use crate::finding::{
    Finding, Fix, FixSafety, Gap, GapKind, Location, Position, Precision, Related, RepoPath,
    RuleId, RuleStatus, Severity, SourceLine, Span, Step,
};
use crate::rules::{Example, ExampleKind, RuleInfo, RuleLanguage};
use crate::triage::{BaselineState, Fingerprint, Triaged, Verdict};

use super::{FileCounts, Notice, Report, ReportedChange, Skipped};

/// A place on one line, columns `from..to`, 1-based.
pub(crate) fn place(path: &str, line: u32, from: u32, to: u32) -> Location {
    Location {
        path: RepoPath::from(path),
        span: Span::new(
            line.wrapping_mul(40),
            line.wrapping_mul(40).wrapping_add(to),
        ),
        start: Position { line, column: from },
        end: Position { line, column: to },
    }
}

/// The rule most samples break.
pub(crate) fn rule() -> RuleInfo {
    RuleInfo {
        id: RuleId::parse("C-LEN-014").unwrap(),
        slug: "source-sized-copy".to_owned(),
        aliases: vec!["copy-sizeof-source".to_owned()],
        languages: vec![RuleLanguage::C],
        severity: Severity::Error,
        precision: Precision::High,
        status: RuleStatus::Stable,
        version: "1.0.0".to_owned(),
        message: "`$DST` is filled with the size of `$SRC`, not its own".to_owned(),
        cwe: vec!["CWE-806".to_owned(), "CWE-787".to_owned()],
        cert_c: vec!["ARR38-C".to_owned()],
        misra_c_2012: vec!["21.18".to_owned()],
        lesson: "L-LEN-BOUND".to_owned(),
        why: "A frame longer than the buffer overwrites what lies behind it: the dose, say, or a \
              return address.\nThe peer chooses the length. Nothing on a microcontroller stops \
              the write."
            .to_owned(),
        how_to_fix: "Use the size of the destination, and refuse what does not fit.".to_owned(),
        false_positive: "Wrong where both are of one size.".to_owned(),
        incidents: vec!["CVE-2020-11896".to_owned()],
        examples: vec![
            Example {
                kind: ExampleKind::Bad,
                code: "char d[8];\nvoid f(void) {\n    memcpy(d, s, sizeof s); // ruleid: C-LEN-014\n}\n"
                    .to_owned(),
                path: None,
                base: None,
                fixed: None,
            },
            Example {
                kind: ExampleKind::Good,
                code: "char d[8];\nvoid f(void) {\n    // ok: C-LEN-014\n    memcpy(d, s, sizeof d);\n}\n"
                    .to_owned(),
                path: None,
                base: None,
                fixed: None,
            },
        ],
        references: vec!["https://cwe.mitre.org/data/definitions/806.html".to_owned()],
        fix_safety: Some(FixSafety::Suggested),
        argues_from_absence: false,
        once_per_function: false,
        analysis: None,
        supersedes: Vec::new(),
        builtin: true,
    }
}

/// A rule of a user: no slug, no page.
pub(crate) fn user_rule() -> RuleInfo {
    RuleInfo {
        id: RuleId::parse("acme.no-printf").unwrap(),
        slug: String::new(),
        aliases: Vec::new(),
        languages: vec![RuleLanguage::C, RuleLanguage::Rust],
        severity: Severity::Warning,
        precision: Precision::Medium,
        status: RuleStatus::Stable,
        version: String::new(),
        message: "no printf in interrupt handlers".to_owned(),
        cwe: Vec::new(),
        cert_c: Vec::new(),
        misra_c_2012: Vec::new(),
        lesson: String::new(),
        why: String::new(),
        how_to_fix: String::new(),
        false_positive: String::new(),
        incidents: Vec::new(),
        examples: Vec::new(),
        references: Vec::new(),
        fix_safety: None,
        argues_from_absence: false,
        once_per_function: false,
        analysis: None,
        supersedes: Vec::new(),
        builtin: false,
    }
}

/// A finding of [`rule`] on one line of code, its underline on `from..to`.
pub(crate) fn finding(path: &str, line: u32, code: &str, from: u32, to: u32) -> Finding {
    Finding {
        rule: rule().id,
        severity: Severity::Error,
        precision: Precision::High,
        status: RuleStatus::Stable,
        message: "`buf` is filled with the size of `frame`, not its own".to_owned(),
        location: place(path, line, from, to),
        related: Vec::new(),
        trace: Vec::new(),
        function: Some("on_frame".to_owned()),
        lines: vec![SourceLine {
            number: line,
            text: code.to_owned(),
        }],
        fix: None,
        tokens: String::new(),
        origin: None,
    }
}

/// The finding with a verdict.
pub(crate) fn triaged(finding: Finding, verdict: Verdict) -> Triaged {
    let blocks = verdict == Verdict::Report
        && finding.severity == Severity::Error
        && finding.status != RuleStatus::Experimental;
    let state = if verdict == Verdict::Known {
        BaselineState::Unchanged
    } else {
        BaselineState::New
    };
    Triaged {
        fingerprint: Fingerprint {
            key: format!("{:064x}", u64::from(finding.location.start.line)),
            ordinal: 0,
            moved_key: "0".repeat(64),
        },
        finding,
        verdict,
        state: Some(state),
        on_changed_line: true,
        blocks,
    }
}

/// A report with nothing in it.
pub(crate) fn empty() -> Report {
    Report {
        version: "0.0.0".to_owned(),
        ruleset_digest: "0123456789abcdef".to_owned(),
        change: ReportedChange {
            source: "staged".to_owned(),
            base: None,
            head: None,
            scope: "new".to_owned(),
        },
        findings: Vec::new(),
        gaps: Vec::new(),
        skipped: Vec::new(),
        profile: super::ProfileReport::default(),
        notices: Vec::new(),
        files: FileCounts::default(),
        functions: FileCounts::default(),
        unreached_functions: 0,
        reach: super::Reach::default(),
        lines: 0,
        rules: BTreeMap::new(),
        familiar: std::collections::BTreeSet::new(),
        rules_active: 75,
        phases: Vec::new(),
        deviations: Vec::new(),
        absent: Vec::new(),
        line_hashes: BTreeMap::new(),
        fixes: None,
        imports: Vec::new(),
        incomplete: false,
    }
}

/// A report with something of everything.
pub(crate) fn full() -> Report {
    let copy = "\tmemcpy(buf, frame, sizeof(frame));";
    let mut first = finding("src/ble.c", 42, copy, 2, 35);
    first.fix = Some(Fix {
        location: place("src/ble.c", 42, 28, 33),
        replacement: "buf".to_owned(),
        safety: FixSafety::Suggested,
    });
    first.trace = vec![
        Step {
            location: place("src/ble.c", 30, 5, 20),
            message: "`frame` comes from the radio".to_owned(),
        },
        Step {
            location: first.location.clone(),
            message: "copied without a check against `buf`".to_owned(),
        },
    ];
    first.related = vec![Related {
        location: place("src/ble.h", 7, 1, 14),
        message: "`buf` has 16 bytes".to_owned(),
    }];
    let second = finding("src/ble.c", 57, copy, 2, 35);
    let mut third = finding("src/uart.c", 9, "printf(\"%d\", x);", 1, 16);
    third.rule = user_rule().id;
    third.severity = Severity::Warning;
    third.precision = Precision::Medium;
    third.message = "no printf in interrupt handlers".to_owned();
    third.function = None;
    let old = |line| finding("src/old.c", line, "memcpy(a, b, sizeof b);", 1, 23);
    let mut report = empty();
    report.findings = vec![
        triaged(first, Verdict::Report),
        triaged(second, Verdict::Report),
        triaged(old(3), Verdict::Known),
        triaged(
            old(8),
            Verdict::Deviated {
                reason: "length checked in parse_hdr".to_owned(),
                ticket: Some("RISK-41".to_owned()),
            },
        ),
        triaged(old(11), Verdict::OutsideChange),
        triaged(old(12), Verdict::BelowThreshold),
        triaged(third, Verdict::Report),
    ];
    report.gaps = vec![
        Gap {
            path: RepoPath::from("src/isr.c"),
            kind: GapKind::Syntax,
            span: Some(Span::new(100, 160)),
            lines: Some((12, 14)),
            function: Some("isr".to_owned()),
            detail: "the parser could not read these lines; name the macro in scrubin.toml"
                .to_owned(),
        },
        Gap {
            path: RepoPath::from("src/latin1.c"),
            kind: GapKind::Encoding,
            span: None,
            lines: None,
            function: None,
            detail: "not UTF-8: convert the file".to_owned(),
        },
    ];
    report.skipped = vec![Skipped {
        reason: "vendor register header".to_owned(),
        count: 12,
        examples: vec!["vendor/stm32f4.h".to_owned(), "vendor/nrf52.h".to_owned()],
    }];
    report.notices = vec![Notice {
        text: "2 rules name languages scrubin does not have".to_owned(),
    }];
    report.files = FileCounts {
        total: 5,
        analysed: 4,
    };
    report.functions = FileCounts {
        total: 38,
        analysed: 37,
    };
    report.lines = 1234;
    report.rules = [rule(), user_rule()]
        .into_iter()
        .map(|rule| (rule.id.clone(), rule))
        .collect();
    report.incomplete = true;
    report
}

/// A report whose every text is hostile.
pub(crate) fn hostile() -> Report {
    let evil =
        "\u{1b}[2J\u{202e}evil\u{200b}\u{7}`x` @octocat #1 <img src=x> ]]> ```\n::error::no%0A|,:";
    let mut one = finding("src/a.c", 5, &format!("\tx = \"{evil}\";\r"), 2, 30);
    one.location.path = RepoPath::new(b"src/\xff:,%\n::warning::\x1b[0m @octocat <b>|.c".to_vec());
    one.message = format!("`{evil}` is bad ## [x](0) {{0}}");
    one.function = Some(evil.to_owned());
    one.related = vec![Related {
        location: one.location.clone(),
        message: evil.to_owned(),
    }];
    one.trace = vec![Step {
        location: one.location.clone(),
        message: evil.to_owned(),
    }];
    one.fix = Some(Fix {
        location: one.location.clone(),
        replacement: evil.to_owned(),
        safety: FixSafety::Suggested,
    });
    // Columns and lines that do not fit the text they claim to describe.
    let mut two = finding("src/b.c", 1, &"é".repeat(5000), 4000, 9000);
    two.location.end.line = 700;
    let mut three = finding("src/c.c", u32::MAX, "", u32::MAX, 0);
    three.lines.clear();
    let mut report = full();
    report.findings = [one, two, three]
        .into_iter()
        .map(|finding| triaged(finding, Verdict::Report))
        .collect();
    report.gaps = vec![Gap {
        path: RepoPath::new(evil.as_bytes().to_vec()),
        kind: GapKind::Crash,
        span: None,
        lines: None,
        function: Some(evil.to_owned()),
        detail: evil.to_owned(),
    }];
    report.skipped = vec![Skipped {
        reason: evil.to_owned(),
        count: 1,
        examples: vec![evil.to_owned()],
    }];
    report.notices = vec![Notice {
        text: evil.to_owned(),
    }];
    report
}
