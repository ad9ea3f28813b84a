#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use serde_json::Value;

use super::super::sample;
use super::*;

fn value(report: &Report) -> Value {
    serde_json::from_str(&render(report, &SarifOptions::default())).unwrap()
}

#[test]
fn a_full_report() {
    insta::assert_snapshot!(render(&sample::full(), &SarifOptions::default()));
}

#[test]
fn a_hostile_report() {
    let text = render(&sample::hostile(), &SarifOptions::default());
    assert!(!text.chars().any(|c| c != '\n' && visible::is_hidden(c)));
    insta::assert_snapshot!(text);
}

/// The constraints of the schema and of GitHub that a mistake here could break, checked on every
/// object without the network. `tests/sarif_validate.sh` runs the full validator.
fn check_structure(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string() && driver["semanticVersion"].is_string());
    let rules = driver["rules"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for rule in rules {
        assert!(ids.insert(rule["id"].as_str().unwrap()), "duplicate rule");
        for key in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[key]["text"].as_str().unwrap().is_empty(), "{key}");
        }
        let level = &rule["defaultConfiguration"]["level"];
        assert!(level.is_null() || ["error", "warning", "note"].contains(&level.as_str().unwrap()));
        let name = rule["name"].as_str().unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric()), "{name}");
        if let Some(tags) = rule["properties"]["tags"].as_array() {
            let unique: BTreeSet<&str> = tags.iter().map(|tag| tag.as_str().unwrap()).collect();
            assert_eq!(unique.len(), tags.len(), "tags are unique");
            assert!(tags.len() <= 20);
        }
    }
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(["new", "unchanged"].contains(&result["baselineState"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let prints = result["partialFingerprints"].as_object().unwrap();
        assert!(
            prints
                .values()
                .all(|print| !print.as_str().unwrap().is_empty())
        );
        assert!(prints.contains_key("scrubin/v1"));
        let hash = prints["primaryLocationLineHash"].as_str().unwrap();
        let (hex, count) = hash.split_once(':').unwrap();
        assert!(u64::from_str_radix(hex, 16).is_ok() && count.parse::<u32>().is_ok());
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        for suppression in result["suppressions"].as_array().into_iter().flatten() {
            assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap()));
            assert_eq!(suppression["status"], "accepted");
            assert!(!suppression["justification"].as_str().unwrap().is_empty());
        }
    }
    let invocation = &run["invocations"][0];
    assert!(invocation["executionSuccessful"].is_boolean());
    let notifications: BTreeSet<&str> = driver["notifications"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|descriptor| descriptor["id"].as_str().unwrap())
        .collect();
    for notification in invocation["toolExecutionNotifications"]
        .as_array()
        .into_iter()
        .flatten()
    {
        assert!(notifications.contains(notification["descriptor"]["id"].as_str().unwrap()));
    }
    every_object(log);
}

/// Regions, addresses and messages, wherever they stand.
fn every_object(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(every_object),
        Value::Object(map) => {
            if let Some(line) = map.get("startLine").and_then(Value::as_u64) {
                let number = |key: &str| map.get(key).and_then(Value::as_u64);
                let end = number("endLine").unwrap_or(line);
                assert!(line >= 1 && end >= line, "{value}");
                if let (Some(from), Some(to)) = (number("startColumn"), number("endColumn")) {
                    assert!(from >= 1 && (end > line || to >= from), "{value}");
                }
            }
            if let Some(uri) = map.get("uri").and_then(Value::as_str) {
                assert!(uri.bytes().all(|b| b.is_ascii_graphic()), "{uri}");
                assert!(!uri.starts_with('/') && !uri.contains('\\'), "{uri}");
                assert_eq!(map["uriBaseId"], ROOT);
            }
            map.values().for_each(every_object);
        }
        _ => {}
    }
}

#[test]
fn the_structure_holds() {
    check_structure(&value(&sample::full()));
    check_structure(&value(&sample::empty()));
    check_structure(&value(&sample::hostile()));
}

#[test]
fn rules_nobody_described_are_named() {
    let mut report = sample::full();
    report.rules.clear();
    let log = value(&report);
    check_structure(&log);
    assert_eq!(
        log["runs"][0]["tool"]["driver"]["rules"][0]["name"],
        "CLEN014"
    );
}

#[test]
fn verdicts_follow_the_contract() {
    let log = value(&sample::full());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    let of = |verdict: &str| {
        let found = |result: &&Value| result["properties"]["verdict"] == verdict;
        results.iter().filter(found).collect::<Vec<_>>()
    };
    assert_eq!(of("report").len(), 3);
    assert!(
        of("report")
            .iter()
            .all(|result| result["suppressions"].is_null())
    );
    assert_eq!(
        of("deviated")[0]["suppressions"][0]["justification"],
        "length checked in parse_hdr (RISK-41)"
    );
    assert_eq!(of("known")[0]["baselineState"], "unchanged");
    assert_eq!(of("known")[0]["suppressions"][0]["kind"], "external");
    assert_eq!(run["properties"]["counts"]["outside-change"], 1);
    assert_eq!(run["properties"]["counts"]["below-threshold"], 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let tags = &run["tool"]["driver"]["rules"][0]["properties"]["tags"];
    assert_eq!(tags[1], "external/cwe/cwe-806");
    assert_eq!(results[0]["properties"]["cwe"][0], "CWE-806");
    assert_eq!(results[0]["properties"]["slug"], "source-sized-copy");
}

#[test]
fn the_hash_of_the_file_wins_over_that_of_the_line() {
    let mut report = sample::full();
    let path = report
        .findings
        .first()
        .unwrap()
        .finding
        .location
        .path
        .clone();
    report.line_hashes.insert((path, 42), "abc:7".to_owned());
    let log = value(&report);
    let prints = |index: usize| &log["runs"][0]["results"][index]["partialFingerprints"];
    assert_eq!(prints(0)["primaryLocationLineHash"], "abc:7");
    assert_ne!(prints(1)["primaryLocationLineHash"], "abc:7");
}

#[test]
fn the_revision_is_named_where_it_is_known() {
    let mut report = sample::full();
    report.change.head = Some("0123abcd".to_owned());
    let options = SarifOptions {
        repository_uri: Some("https://git.example/pump".to_owned()),
        category: "pump/firmware".to_owned(),
        page_base: Some("https://rules.example".to_owned()),
    };
    let log: Value = serde_json::from_str(&render(&report, &options)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["versionControlProvenance"][0]["revisionId"], "0123abcd");
    assert_eq!(run["automationDetails"]["id"], "pump/firmware/");
    assert_eq!(
        run["tool"]["driver"]["rules"][0]["helpUri"],
        "https://rules.example/source-sized-copy"
    );
    assert!(value(&report)["runs"][0]["versionControlProvenance"].is_null());
}

#[test]
fn links_in_code_are_no_links() {
    assert_eq!(result::plain_text("table[0](1)"), "table\\[0\\](1)");
    assert_eq!(result::plain_text("a[0] (1)"), "a[0] (1)");
}

#[test]
fn long_traces_keep_their_ends() {
    let mut report = sample::full();
    let finding = &mut report.findings.first_mut().unwrap().finding;
    let step = finding.trace.first().unwrap().clone();
    finding.trace = (0..500)
        .map(|number| crate::finding::Step {
            message: format!("step {number}"),
            ..step.clone()
        })
        .collect();
    let log = value(&report);
    let flow = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let flow = flow.as_array().unwrap();
    assert_eq!(flow.len(), 100);
    assert_eq!(flow[0]["location"]["message"]["text"], "step 0.");
    assert_eq!(flow[99]["location"]["message"]["text"], "step 499.");
}

#[test]
fn names_are_pascal_case() {
    assert_eq!(rule::pascal_case("source-sized-copy"), "SourceSizedCopy");
    assert_eq!(rule::pascal_case("acme.no_printf"), "AcmeNoPrintf");
}

#[test]
fn snippets_are_the_text_of_the_region() {
    let log = value(&sample::full());
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["region"]["snippet"]["text"],
        "memcpy(buf, frame, sizeof(frame));".get(..33).unwrap()
    );
    assert_eq!(
        place["contextRegion"]["snippet"]["text"],
        "\tmemcpy(buf, frame, sizeof(frame));"
    );
}
