//! Reports of other tools in the review of a pull request.

use crate::scene::{FILE, Scene};

/// A function in which only another tool finds something: on its fourth line.
const CODE: &str = "int slowest(const int *rates, int count)\n{\n    int best = 0;\n    return best / (count - rates[0]);\n}\n";

/// A report on [`CODE`], with more properties of the one result.
fn report(line: u32, more: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"cppcheck","version":"2.22.0","rules":[
        {{"id":"zerodivcond","shortDescription":{{"text":"Division by <b>zero</b> @team"}}}}]}}}},
        "results":[{{"ruleId":"zerodivcond","level":"error","message":{{"text":"Either the condition is redundant or there is division by <b>zero</b>, @team"}},
        "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{FILE}"}},"region":{{"startLine":{line}}}}}}}]{more}}}]}}]}}"#
    )
}

fn write(scene: &Scene, name: &str, text: &str) -> String {
    let path = scene.folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_another_tool_found_is_commented_and_closes_the_gate() {
    let scene = Scene::new(CODE);
    let file = write(&scene, "cppcheck.sarif", &report(4, ""));
    let run = scene.run("opened", &["--import", &file]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    let body = scene.living()[0].1.body.clone();
    assert!(body.contains("`cppcheck/zerodivcond`"), "{body}");
    assert!(body.contains("reported by cppcheck 2.22.0"), "{body}");
    assert!(!body.contains("scrubin explain"), "{body}");
    // Nothing of the report acts in the comment.
    assert!(!body.contains("<b>") && !body.contains(" @team"), "{body}");
    assert!(scene.summaries()[0].contains("cppcheck 2.22.0"));

    // The tool finds it no more: the comment is answered.
    let nothing = report(4, "").replace("\"level\":\"error\"", "\"kind\":\"pass\"");
    let file = write(&scene, "clean.sarif", &nothing);
    let run = scene.run("synchronize", &["--import", &file]);
    assert_eq!(
        (run.code, run.number("comments-retired")),
        (0, 1),
        "{run:#?}"
    );
}

#[test]
fn a_suppression_for_another_tool_waits_for_a_second_person() {
    let scene = Scene::new(CODE);
    scene.hub.set_role(crate::scene::REPO, "bob", "write");
    let more = r#","suppressions":[{"kind":"inSource","justification":"count is never rates[0]"}]"#;
    let file = write(&scene, "cppcheck.sarif", &report(4, more));
    let run = scene.run("opened", &["--import", &file]);
    assert_eq!((run.code, run.number("proposed")), (1, 1), "{run:#?}");
    let review = |state| {
        scene
            .hub
            .review(crate::scene::REPO, scene.number, "bob", state, "");
    };
    review("APPROVED");
    assert_eq!(scene.run("synchronize", &["--import", &file]).code, 0);
}

#[test]
fn a_report_that_cannot_be_read_leaves_the_gate_closed() {
    let scene = Scene::new(CODE);
    let file = write(&scene, "cut.sarif", "{\"version\":\"2.1.0\",\"runs\":[");
    let run = scene.run_loosely("opened", &["--import", &file]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("cut.sarif"), "{}", run.stderr);
    let run = scene.run_loosely("opened", &["--import-base", &file]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("--import"), "{}", run.stderr);
}

/// The job without rights reads the report; the one that posts is told by the review file alone.
#[test]
fn a_report_reaches_comments_of_the_second_job() {
    let scene = Scene::new(CODE);
    let file = write(&scene, "cppcheck.sarif", &report(4, ""));
    let out = scene.folder.path().join("review.json");
    let out = out.to_str().unwrap();
    let run = scene.run_loosely(
        "opened",
        &["--analyse-only", "--out", out, "--import", &file],
    );
    assert_eq!(run.code, 1, "{run:#?}");
    let refused = scene.run_loosely("opened", &["--post", out, "--import", &file]);
    assert_eq!(refused.code, 2, "{refused:#?}");
    let run = scene.run_loosely("opened", &["--post", out]);
    assert_eq!((run.code, run.on_rung("inline")), (0, 1), "{run:#?}");
    let body = scene.living()[0].1.body.clone();
    assert!(body.contains("reported by cppcheck 2.22.0"), "{body}");
}
