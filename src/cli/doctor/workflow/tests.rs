use super::*;

fn workflow(text: &str) -> Workflow {
    Workflow::parse(".github/workflows/scrubin.yml", text).expect("a workflow")
}

/// States of the checks by name.
fn states(text: &str, has_queue: bool) -> Vec<(&'static str, State)> {
    checks(&[workflow(text)], has_queue)
        .iter()
        .map(|check| (check.name, check.state))
        .filter(|(_, state)| *state != State::Good)
        .collect()
}

const GOOD: &str = "on:\n  pull_request:\n  merge_group:\njobs:\n  scrubin:\n    name: Secure-code review\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n        with:\n          fetch-depth: 0\n      - uses: scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0\n";

#[test]
fn a_good_workflow_has_nothing_to_say() {
    assert_eq!(states(GOOD, true), []);
    assert_eq!(gate_names(&[workflow(GOOD)]), ["Secure-code review"]);
    let called = GOOD.replace(
        "uses: scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0",
        "run: scrubin review",
    );
    assert_eq!(states(&called, true), []);
}

#[test]
fn no_workflow_is_no_gate() {
    let checks = checks(&[], false);
    assert_eq!(checks.first().map(|check| check.state), Some(State::Open));
    assert_eq!(
        states(&GOOD.replace("pull_request:", "push:"), true),
        [("workflow", State::Open)]
    );
}

#[test]
fn what_makes_a_gate_worthless_is_seen() {
    let lenient = GOOD.replace("    runs-on:", "    continue-on-error: true\n    runs-on:");
    assert_eq!(states(&lenient, true), [("red-is-red", State::Open)]);
    let never = format!("{GOOD}        with:\n          fail-on: never\n");
    assert_eq!(states(&never, true), [("red-is-red", State::Open)]);
    let target = GOOD.replace("pull_request:", "pull_request_target:");
    assert_eq!(
        states(&target, true),
        [("workflow", State::Open), ("fork-code", State::Open)]
    );
    let head = GOOD
        .replace("pull_request:", "pull_request:\n  pull_request_target:")
        .replace(
            "fetch-depth: 0",
            "fetch-depth: 0\n          ref: ${{ github.event.pull_request.head.sha }}",
        );
    assert_eq!(states(&head, true), [("fork-code", State::Open)]);
}

#[test]
fn what_weakens_a_gate_is_seen() {
    let tag = GOOD.replace("0123456789012345678901234567890123456789", "v1");
    assert_eq!(states(&tag, true), [("pinned", State::Weak)]);
    let shallow = GOOD.replace("        with:\n          fetch-depth: 0\n", "");
    assert_eq!(states(&shallow, true), [("history", State::Weak)]);
    let paths = GOOD.replace("pull_request:", "pull_request:\n    paths: [src/**]");
    assert_eq!(states(&paths, true), [("workflow", State::Weak)]);
    let skipped = GOOD.replace(
        "    runs-on:",
        "    if: github.actor != 'bot'\n    runs-on:",
    );
    assert_eq!(states(&skipped, true), [("red-is-red", State::Weak)]);
    let no_queue = GOOD.replace("  merge_group:\n", "");
    assert_eq!(states(&no_queue, true), [("merge-queue", State::Weak)]);
    assert_eq!(states(&no_queue, false), []);
}

#[test]
fn a_posting_job_is_no_gate() {
    let post = "on:\n  workflow_run:\n    workflows: [scrubin]\njobs:\n  post:\n    steps:\n      - uses: scrubin/scrubin@v1\n        with:\n          mode: post\n";
    assert!(workflow(post).places().is_empty());
    assert!(workflow(post).foreign_checkouts().is_empty());
}
