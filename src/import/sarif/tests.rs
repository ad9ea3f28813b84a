#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use serde_json::json;

use super::*;
use crate::finding::Severity;
use crate::import::{ForeignResult, Region};

fn read_one(run: Value) -> Imported {
    let log = json!({"version": "2.1.0", "runs": [run]}).to_string();
    super::read("r.sarif", &log).unwrap().remove(0)
}

fn results(rules: Value, results: Value) -> Vec<ForeignResult> {
    let driver = json!({"name": "Tool", "version": "1.2", "rules": rules});
    read_one(json!({"tool": {"driver": driver}, "results": results})).results
}

fn told(log: &Value) -> String {
    let error = super::read("r.sarif", &log.to_string()).unwrap_err();
    error.to_string()
}

#[test]
fn what_is_left_out_is_filled_in() {
    let rules = json!([
        {"id": "a", "defaultConfiguration": {"level": "error"},
         "messageStrings": {"default": {"text": "{0} overflows [here](1) in {1}"}}},
        {"id": "b", "properties": {"tags": ["CWE-120: Copy", "security"]}},
    ]);
    let found = results(
        rules,
        json!([
            {"ruleIndex": 0, "message": {"id": "default", "arguments": ["x", "f"]}},
            {"ruleId": "b/part", "message": {"markdown": "m"}, "level": "note"},
            {"rule": {"id": "c"}, "kind": "pass"},
            {"ruleId": "a", "kind": "open", "message": {"text": "see [1] and [a](b.html)"}},
            {},
        ]),
    );
    let seen: Vec<(String, Severity, &str, bool)> = found
        .iter()
        .map(|one| {
            (
                one.rule.to_string(),
                one.severity,
                one.message.as_str(),
                one.is_passed,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                "tool/a".to_owned(),
                Severity::Error,
                "x overflows here in f",
                false
            ),
            ("tool/b/part".to_owned(), Severity::Info, "m", false),
            (
                "tool/c".to_owned(),
                Severity::Info,
                "c, which tool does not explain",
                true
            ),
            (
                "tool/a".to_owned(),
                Severity::Info,
                "see [1] and [a](b.html)",
                false
            ),
            (
                "tool/unnamed".to_owned(),
                Severity::Warning,
                "unnamed, which tool does not explain",
                false
            ),
        ]
    );
}

#[test]
fn paths_are_resolved_by_their_bases() {
    let run = json!({
        "tool": {"driver": {"name": "GNU C17", "semanticVersion": "14.1"}},
        "originalUriBaseIds": {
            "PWD": {"uri": "file:///home/ci/pump/"},
            "SRC": {"uri": "src/", "uriBaseId": "PWD"},
            "A": {"uriBaseId": "B"}, "B": {"uriBaseId": "A"},
        },
        "artifacts": [{"location": {"uri": "listed.c"}}],
        "results": [
            {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "a%20b.c", "uriBaseId": "SRC"}}}]},
            {"locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]},
            {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "x.c", "uriBaseId": "A"}}}]},
            {"locations": [{"logicalLocations": []}]},
            {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "https://example.org/a"}}}]},
            {"locations": []},
        ],
    });
    let imported = read_one(run);
    assert_eq!(imported.tool.titled(), "gcc 14.1");
    let paths: Vec<Vec<String>> = imported
        .results
        .into_iter()
        .map(|one| one.place.map_or(Vec::new(), |place| place.paths))
        .collect();
    assert_eq!(paths[0], ["/home/ci/pump/src/a b.c", "a b.c"]);
    assert_eq!(paths[1], ["listed.c"]);
    assert_eq!(paths[2], ["x.c"]);
    assert!(paths[3..].iter().all(Vec::is_empty));
}

#[test]
fn regions_may_be_odd() {
    let place = |region: Value| {
        let location =
            json!({"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": region}});
        let found = results(json!([]), json!([{"locations": [location]}]));
        found[0].place.clone().unwrap().region
    };
    let nothing = Region::default();
    assert_eq!(place(json!({"startLine": 0, "startColumn": -1})), nothing);
    assert_eq!(place(Value::Null), nothing);
    let whole = place(json!({"startLine": 3, "startColumn": 2, "endLine": 4, "endColumn": 9}));
    assert_eq!((whole.line, whole.column), (Some(3), Some(2)));
    assert_eq!((whole.end_line, whole.end_column), (Some(4), Some(9)));
}

#[test]
fn suppressions_and_traces_are_kept() {
    let at = |line: u32| {
        json!({"message": {"text": format!("step {line}")},
               "physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": line}}})
    };
    let found = results(
        json!([]),
        json!([
            {"suppressions": [{"kind": "inSource", "justification": "checked by hand"}]},
            {"suppressions": [{"kind": "external", "status": "underReview"}]},
            {"suppressions": []},
            {"suppressions": [{"kind": "external"}],
             "relatedLocations": [at(7)],
             "codeFlows": [{"threadFlows": [{"locations": [{"location": at(1)}, {"location": at(2)}]}]}],
             "locations": [at(3), at(4)]},
        ]),
    );
    let reason = |index: usize| found[index].suppressed.clone().unwrap_or_default();
    assert_eq!(
        reason(0),
        "checked by hand (suppressed for tool in the code)"
    );
    assert_eq!((reason(1), reason(2)), (String::new(), String::new()));
    assert!(reason(3).contains("without a reason"));
    let trace: Vec<&str> = found[3]
        .trace
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(trace, ["step 1", "step 2"]);
    let related: Vec<&str> = found[3]
        .related
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(related, ["step 7", "step 4"]);
    assert_eq!(found[3].place.clone().unwrap().region.line, Some(3));
}

#[test]
fn errors_name_the_pointer() {
    let driver = json!({"driver": {"name": "T"}});
    assert!(told(&json!({"version": "1.0.0", "runs": []})).contains("at /version"));
    assert!(told(&json!({"runs": 3})).contains("at /runs: a list is expected, not a number"));
    assert!(told(&json!({"runs": [{}]})).contains("at /runs/0: the run names no `tool`"));
    assert!(told(&json!({"runs": [{"tool": {}}]})).contains("at /runs/0/tool/driver"));
    assert!(told(&json!({"vulnerabilities": {}, "lockfile": {}})).contains("no `runs`"));
    let of = |result: Value| told(&json!({"runs": [{"tool": driver, "results": [{}, result]}]}));
    assert!(of(json!(5)).contains("at /runs/0/results/1: an object is expected"));
    assert!(of(json!({"locations": {}})).contains("/runs/0/results/1/locations"));
    let region = json!({"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": "1"}}});
    assert!(
        of(json!({"locations": [region]}))
            .contains("/runs/0/results/1/locations/0/physicalLocation/region/startLine")
    );
    let uri = json!({"physicalLocation": {"artifactLocation": {"uri": 5}}});
    assert!(of(json!({"locations": [uri]})).contains("artifactLocation/uri: a text is expected"));
    // No run: no tool looked. No results: nothing was found, and that is no error.
    let empty = json!({"version": "2.1.0", "runs": []}).to_string();
    let told = super::read("r", &empty).unwrap_err().to_string();
    assert!(told.contains("no run of any tool"), "{told}");
    assert_eq!(
        read_one(json!({"tool": driver, "results": null})).results,
        []
    );
}
