use super::*;
use crate::report::sample;

fn sample() -> Submission {
    let context = Context {
        repository: "acme/pump".to_owned(),
        pull: Some(7),
        head: "a".repeat(40),
        ..Context::default()
    };
    Submission::new(&sample::full(), &context)
}

#[test]
fn every_finding_is_listed_or_settled() {
    let report = sample::full();
    let one = sample();
    assert_eq!(
        one.findings.len() + one.settled.len(),
        report.findings.len()
    );
    assert_eq!(one.findings_left_out, 0);
    assert_eq!(one.unread, ["src/latin1.c"]);
}

#[test]
fn what_is_written_is_read() {
    let one = sample();
    assert_eq!(Submission::parse(one.to_json().as_bytes()).unwrap(), one);
    let context = Context {
        repository: "acme/pump".to_owned(),
        head: "a".repeat(40),
        ..Context::default()
    };
    let hostile = Submission::new(&sample::hostile(), &context);
    let read = Submission::parse(hostile.to_json().as_bytes()).unwrap();
    assert_eq!(read, hostile);
    assert!(!read.findings[0].path_is_exact);
}

#[test]
fn a_hostile_file_is_refused() {
    let good = sample().to_json();
    let refused = |text: String, word: &str| {
        let error = Submission::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(
        good.replacen("\"tool\"", "\"extra\": 1, \"tool\"", 1),
        "extra",
    );
    refused(good.replace("scrubin-review", "other"), "schema");
    refused(good.replace("acme/pump", "../../user"), "repository");
    refused(good.replace(&"a".repeat(40), "HEAD"), "head");
    refused(good.replace(&"0".repeat(63), "zz"), "fingerprint");
    refused("[]".to_owned(), "not understood");
    refused("{".to_owned(), "not understood");
    refused(" ".repeat(FILE_LIMIT as usize + 1), "bytes");
    let mut long = sample();
    long.findings[0].message = "x".repeat(TEXT_LIMIT + 1);
    refused(long.to_json(), "longer");
    for path in [
        "../../../evil/x",
        "/etc/passwd",
        "src/./a.c",
        "src//a.c",
        "",
    ] {
        let mut outside = sample();
        outside.findings[0].path = path.to_owned();
        refused(outside.to_json(), "leads out");
    }
    let mut endless = sample();
    endless.findings[0].rule = RuleId::parse(&"x".repeat(RULE_LIMIT + 1)).unwrap();
    refused(endless.to_json(), "id of a rule");
    let mut twice = sample();
    twice.findings[1] = twice.findings[0].clone();
    refused(twice.to_json(), "twice");
    let mut unseen = sample();
    unseen.findings[0].suggestion = Some(Suggestion {
        first_line: 1,
        last_line: 1,
        text: "a\u{202e}b".to_owned(),
    });
    refused(unseen.to_json(), "cannot be seen");
}
