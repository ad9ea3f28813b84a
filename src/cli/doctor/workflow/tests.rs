use super::*;

fn workflow(text: &str) -> Workflow {
    Workflow::parse(".github/workflows/scrubin.yml", text).expect("a workflow")
}

fn all(text: &str) -> Workflows {
    Workflows {
        files: vec![workflow(text)],
        ..Workflows::default()
    }
}

/// States of the checks by name.
fn states(text: &str, has_queue: bool) -> Vec<(&'static str, State)> {
    checks(&all(text), has_queue)
        .iter()
        .map(|check| (check.name, check.state))
        .filter(|(_, state)| *state != State::Good)
        .collect()
}

const GOOD: &str = "on:\n  pull_request:\n    types: [opened, synchronize, reopened, ready_for_review, edited]\n  merge_group:\njobs:\n  scrubin:\n    name: Secure-code review\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n        with:\n          fetch-depth: 0\n      - uses: scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0\n";

#[test]
fn a_good_workflow_has_nothing_to_say() {
    assert_eq!(states(GOOD, true), []);
    assert_eq!(gate_names(&all(GOOD)), ["Secure-code review"]);
    let called = GOOD.replace(
        "uses: scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0",
        "run: scrubin review",
    );
    assert_eq!(states(&called, true), []);
}

#[test]
fn no_workflow_is_no_gate() {
    let checks = checks(&Workflows::default(), false);
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
    let action = "uses: scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0";
    let called = |run: &str| GOOD.replace(action, &format!("run: '{run}'"));
    let red = |state| vec![("red-is-red", state)];
    assert_eq!(states(&called("scrubin review"), true), []);
    let piped = called("scrubin review | tee log");
    assert_eq!(states(&piped, true), red(State::Open));
    let bash = piped.replace(
        "    runs-on:",
        "    defaults: {run: {shell: bash}}\n    runs-on:",
    );
    assert_eq!(states(&bash, true), []);
    assert_eq!(
        states(&called("scrubin review || :"), true),
        red(State::Open)
    );
    let handled = called("if ! scrubin review; then exit 1; fi");
    assert_eq!(states(&handled, true), red(State::Weak));
    let target = GOOD.replace("pull_request:", "pull_request_target:");
    assert_eq!(
        states(&target, true),
        [("workflow", State::Open), ("fork-code", State::Open)]
    );
    let head = GOOD
        .replace("  merge_group:", "  pull_request_target:\n  merge_group:")
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
    let needs = GOOD.replace("    runs-on:", "    needs: lint\n    runs-on:");
    assert_eq!(states(&needs, true), [("red-is-red", State::Weak)]);
    let no_queue = GOOD.replace("  merge_group:\n", "");
    assert_eq!(states(&no_queue, true), [("merge-queue", State::Weak)]);
    assert_eq!(states(&no_queue, false), []);
}

#[test]
fn a_posting_job_is_no_gate() {
    let post = "on:\n  workflow_run:\n    workflows: [scrubin]\njobs:\n  post:\n    steps:\n      - uses: scrubin/scrubin@v1\n        with:\n          mode: post\n";
    assert!(all_places(&all(post)).is_empty());
    assert!(workflow(post).foreign_checkouts().is_empty());
}

#[test]
fn every_change_has_to_be_reviewed() {
    let types = "    types: [opened, synchronize, reopened, ready_for_review, edited]\n";
    let with = |other: &str| GOOD.replace(types, other);
    // Another base is another change; GitHub's own choice of types leaves it out.
    assert_eq!(states(&with(""), true), [("events", State::Open)]);
    let named = with("").replace("on:\n  pull_request:\n", "on:\n  pull_request: {}\n");
    assert_eq!(states(&named, true), [("events", State::Open)]);
    let globs = with("    branches: [main, 'release/**']\n");
    assert_eq!(states(&globs, true), [("events", State::Open)]);
    // Against one branch alone there is no check of another base.
    let one = with(
        "    branches: [main]\n    types: [opened, synchronize, reopened, ready_for_review]\n",
    );
    assert_eq!(states(&one, true), []);
    let no_push = with("    types: [opened, edited, ready_for_review]\n");
    assert_eq!(states(&no_push, true), [("events", State::Weak)]);
    let never_ready = with("    types: [opened, synchronize, reopened, edited]\n");
    assert_eq!(states(&never_ready, true), [("events", State::Weak)]);
    let skips = format!("{never_ready}        with:\n          drafts: skip\n");
    assert_eq!(states(&skips, true), [("events", State::Open)]);
    let full = format!("{never_ready}        with:\n          drafts: full\n");
    assert_eq!(states(&full, true), []);
}

#[test]
fn a_called_workflow_is_looked_into() {
    let caller = "on:\n  pull_request:\n    types: [opened, synchronize, reopened, ready_for_review, edited]\njobs:\n  gate:\n    uses: ./.github/workflows/scrubin.yml\n";
    let called = GOOD.replace(
        "  pull_request:\n    types: [opened, synchronize, reopened, ready_for_review, edited]\n  merge_group:\n",
        "  workflow_call:\n",
    );
    let both = |caller: &str, called: &str| Workflows {
        files: vec![
            Workflow::parse(".github/workflows/caller.yml", caller).expect("a workflow"),
            workflow(called),
        ],
        ..Workflows::default()
    };
    let workflows = both(caller, &called);
    assert_eq!(gate_names(&workflows), ["gate / Secure-code review"]);
    let open = |workflows: &Workflows| -> Vec<&'static str> {
        let checks = checks(workflows, false);
        let open = checks.iter().filter(|check| check.state == State::Open);
        open.map(|check| check.name).collect()
    };
    assert!(open(&workflows).is_empty());
    let lenient = called.replace("    runs-on:", "    continue-on-error: true\n    runs-on:");
    assert_eq!(open(&both(caller, &lenient)), ["red-is-red"]);
    // One of another repository: its name alone is known, and whether it is pinned.
    let far = caller.replace(
        "./.github/workflows/scrubin.yml",
        "acme/ci/.github/workflows/scrubin.yml@v1",
    );
    let far = all(&far);
    assert_eq!(gate_names(&far), ["gate / "]);
    let states: Vec<_> = checks(&far, false)
        .iter()
        .filter(|check| check.state != State::Good)
        .map(|check| check.name)
        .collect();
    assert_eq!(states, ["pinned"]);
}

#[test]
fn a_workflow_that_calls_itself_ends() {
    let text = "on:\n  pull_request:\njobs:\n  again:\n    uses: ./.github/workflows/scrubin.yml\n";
    assert!(all_places(&all(text)).is_empty());
}

#[test]
fn an_action_of_the_repository_itself_is_known() {
    let local = GOOD.replace(
        "scrubin/scrubin@0123456789012345678901234567890123456789 # v1.0.0",
        "./",
    );
    let mut workflows = all(&local);
    assert!(all_places(&workflows).is_empty());
    assert_eq!(
        local_actions(&workflows.files)
            .into_iter()
            .collect::<Vec<_>>(),
        ["./"]
    );
    assert!(action_is_ours(
        "name: x\nruns:\n  steps:\n    - run: '\"$GITHUB_ACTION_PATH/hooks/action-review\"'\n"
    ));
    assert!(!action_is_ours(
        "name: x\nruns:\n  using: composite\n  steps:\n    - run: make\n"
    ));
    workflows.actions.insert("./".to_owned());
    assert_eq!(gate_names(&workflows), ["Secure-code review"]);
}
