//! Workflow files: where scrubin runs, and what would make that worthless. Pure.

mod command;
mod events;
mod place;

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::{Check, State};
use command::Code;
use place::{Place, all_places};
pub(super) use place::{action_folder, action_is_ours, local_actions};

/// The workflow files of a repository.
#[derive(Debug, Default)]
pub(super) struct Workflows {
    /// The files.
    pub(super) files: Vec<Workflow>,
    /// Actions of the repository itself that run scrubin, as `uses:` names them.
    pub(super) actions: BTreeSet<String>,
}

/// A workflow file as far as it matters here.
#[derive(Debug)]
pub(super) struct Workflow {
    /// Its path in the repository.
    pub(super) path: String,
    value: Value,
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job.get("steps")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Workflow {
    /// Reads a workflow; none if the text is no YAML.
    pub(super) fn parse(path: &str, text: &str) -> Option<Self> {
        let value: Value = serde_saphyr::from_str(text).ok()?;
        value.get("jobs")?;
        Some(Self {
            path: path.to_owned(),
            value,
        })
    }

    /// All of it.
    fn value(&self) -> &Value {
        &self.value
    }

    /// The settings of an event: `Some(Null)` where it is named alone.
    fn event(&self, name: &str) -> Option<Value> {
        match self.value.get("on")? {
            Value::String(one) => (one == name).then_some(Value::Null),
            Value::Array(many) => many.iter().any(|one| one == name).then_some(Value::Null),
            Value::Object(map) => map.get(name).cloned(),
            _ => None,
        }
    }

    fn jobs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.value
            .get("jobs")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// Lines of the workflow that bring code of a fork into a job with the rights of the base.
    fn foreign_checkouts(&self) -> Vec<String> {
        let mut found = Vec::new();
        let events: Vec<&str> = ["pull_request_target", "workflow_run"]
            .into_iter()
            .filter(|name| self.event(name).is_some())
            .collect();
        let Some(event) = events.first() else {
            return found;
        };
        for (id, job) in self.jobs() {
            for step in steps(job) {
                let with = step.get("with");
                let wanted = |key: &str| with.map(|with| text(with, key)).unwrap_or_default();
                let takes_head = [wanted("ref"), wanted("repository")].iter().any(|value| {
                    [
                        "pull_request.head",
                        "head_ref",
                        "refs/pull/",
                        "workflow_run.head",
                    ]
                    .iter()
                    .any(|mark| value.contains(mark))
                });
                let run = text(step, "run");
                let fetches = ["gh pr checkout", "refs/pull/", "pull/"]
                    .iter()
                    .any(|mark| {
                        run.contains(mark) && (run.contains("git ") || run.contains("gh "))
                    });
                let is_checkout = text(step, "uses").starts_with("actions/checkout");
                if (is_checkout && takes_head) || fetches {
                    found.push(format!("{}: job `{id}` on `{event}`", self.path));
                }
            }
        }
        found
    }
}

/// The names of the checks that scrubin's jobs report on pull requests.
pub(super) fn gate_names(workflows: &Workflows) -> Vec<String> {
    let mut names: Vec<String> = all_places(workflows)
        .into_iter()
        .filter(|place| place.workflow.event("pull_request").is_some())
        .map(|place| place.check)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn is_hash(reference: &str) -> bool {
    reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The checks on the workflow files. `has_queue`: the branch has a merge queue.
pub(super) fn checks(workflows: &Workflows, has_queue: bool) -> Vec<Check> {
    let places = all_places(workflows);
    let mut checks = vec![
        runs(&workflows.files, &places),
        foreign(&workflows.files, &places),
    ];
    // Of nothing there is nothing to say.
    if !places.is_empty() {
        checks.extend(events::check(&places));
        checks.push(queue(&places, has_queue));
        checks.push(firm(&places));
        checks.push(pinned(&places));
        checks.push(history(&places));
    }
    checks
}

fn runs(workflows: &[Workflow], places: &[Place<'_>]) -> Check {
    const NAME: &str = "workflow";
    let on_pulls: Vec<&Place<'_>> = places
        .iter()
        .filter(|place| place.workflow.event("pull_request").is_some())
        .collect();
    let Some(first) = on_pulls.first() else {
        return Check::new(
            NAME,
            State::Open,
            format!(
                "none of the {} workflow files runs scrubin on pull_request; a hook alone can be skipped with --no-verify",
                workflows.len()
            ),
            "copy docs/workflows/pull-request.yml of scrubin into .github/workflows/",
        );
    };
    // A required check that never reports holds the merge up; people then drop it from the rules.
    let filtered = on_pulls.iter().find(|place| {
        let event = place.workflow.event("pull_request").unwrap_or_default();
        event.get("paths").is_some() || event.get("paths-ignore").is_some()
    });
    if let Some(place) = filtered {
        return Check::new(
            NAME,
            State::Weak,
            format!(
                "{} runs for some paths only, so the check is missing on other pull requests",
                place.workflow.path
            ),
            format!(
                "remove `paths` and `paths-ignore` under `pull_request` in {}: without C or Rust in the change a run ends at once",
                place.workflow.path
            ),
        );
    }
    Check::good(
        NAME,
        format!(
            "{} runs scrubin on pull requests, as `{}`",
            first.workflow.path, first.check
        ),
    )
}

fn queue(places: &[Place<'_>], has_queue: bool) -> Check {
    const NAME: &str = "merge-queue";
    let covered = places
        .iter()
        .any(|place| place.workflow.event("merge_group").is_some());
    if covered || !has_queue {
        let says = if covered {
            "merge groups are reviewed"
        } else {
            "the branch has no merge queue that is known of"
        };
        return Check::good(NAME, says);
    }
    Check::new(
        NAME,
        State::Weak,
        "the branch has a merge queue, and no workflow runs scrubin on merge_group: the queue waits for a check that never comes",
        "add `merge_group:` under `on:` of the workflow that runs scrubin",
    )
}

/// Whether a red review is a red job.
fn firm(places: &[Place<'_>]) -> Check {
    const NAME: &str = "red-is-red";
    for place in places {
        let path = &place.workflow.path;
        let lenient = place.parts().any(|value| {
            value
                .get("continue-on-error")
                .is_some_and(|set| set != &Value::Bool(false))
        });
        if lenient {
            return Check::new(
                NAME,
                State::Open,
                format!(
                    "`continue-on-error` makes the job `{}` of {path} green whatever is found",
                    place.check
                ),
                format!("remove `continue-on-error` in {path}"),
            );
        }
        let with = place.step.get("with");
        let never = with.is_some_and(|with| text(with, "fail-on") == "never");
        let run = text(place.step, "run");
        if never
            || run.contains("--fail-on never")
            || run.contains("--fail-on=never")
            || place.code() == Code::Lost
        {
            return Check::new(
                NAME,
                State::Open,
                format!(
                    "the job `{}` of {path} is green whatever is found",
                    place.check
                ),
                format!(
                    "remove `fail-on: never`, or what drops the exit code of scrubin (`||`, a pipe, `&`, `set +e`), in {path}"
                ),
            );
        }
    }
    if let Some(place) = places.iter().find(|one| one.code() == Code::Handled) {
        let path = &place.workflow.path;
        return Check::new(
            NAME,
            State::Weak,
            format!(
                "the job `{}` of {path} handles the exit code of scrubin itself; whether it keeps it cannot be seen from here",
                place.check
            ),
            format!(
                "let the review be a step of its own in {path}; later steps run with `if: always()`"
            ),
        );
    }
    for (key, says) in [
        ("if", "an `if:` can skip the review"),
        (
            "needs",
            "where a job that it `needs:` fails, the review is skipped",
        ),
    ] {
        let is_set = |place: &&Place<'_>| place.parts().any(|value| value.get(key).is_some());
        if let Some(place) = places.iter().find(is_set) {
            let path = &place.workflow.path;
            return Check::new(
                NAME,
                State::Weak,
                format!(
                    "{says} in the job `{}` of {path}, and a skipped job counts as passed",
                    place.check
                ),
                format!(
                    "remove the `{key}:` in {path}, or make sure that no author of a pull request can steer it"
                ),
            );
        }
    }
    Check::good(NAME, "a finding fails the job")
}

fn foreign(workflows: &[Workflow], places: &[Place<'_>]) -> Check {
    const NAME: &str = "fork-code";
    let mut found: Vec<String> = workflows
        .iter()
        .flat_map(Workflow::foreign_checkouts)
        .collect();
    found.extend(
        places
            .iter()
            .filter(|place| place.workflow.event("pull_request_target").is_some())
            .map(|place| format!("{}: scrubin on `pull_request_target`", place.workflow.path)),
    );
    if found.is_empty() {
        return Check::good(
            NAME,
            "no workflow brings code of forks together with rights of this repository",
        );
    }
    Check::new(
        NAME,
        State::Open,
        format!(
            "code of a fork meets the rights of this repository: {}",
            found.join("; ")
        ),
        "use `pull_request` and two jobs, as docs/workflows/fork-analyse.yml and fork-post.yml of scrubin do",
    )
}

fn pinned(places: &[Place<'_>]) -> Check {
    const NAME: &str = "pinned";
    for place in places {
        let Some(uses) = place.uses else { continue };
        // A part of the commit itself.
        if uses.starts_with("./") {
            continue;
        }
        let reference = uses.split_once('@').map_or("", |(_, reference)| reference);
        if !is_hash(reference) {
            return Check::new(
                NAME,
                State::Weak,
                format!(
                    "{} uses `{uses}`, which its owner can move to other code",
                    place.workflow.path
                ),
                "write the commit instead, with the version behind it: `uses: scrubin/scrubin@COMMIT # vX.Y.Z`; \
                 `git ls-remote https://github.com/scrubin/scrubin vX.Y.Z` prints it",
            );
        }
    }
    Check::good(NAME, "the action is pinned by commit, or not used")
}

fn history(places: &[Place<'_>]) -> Check {
    const NAME: &str = "history";
    for place in places {
        let checkout =
            steps(place.job).find(|step| text(step, "uses").starts_with("actions/checkout"));
        let Some(checkout) = checkout else { continue };
        let depth = checkout
            .get("with")
            .and_then(|with| with.get("fetch-depth"));
        let depth = match depth {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(number)) => number.parse().ok(),
            _ => Some(1),
        };
        if depth == Some(1) {
            let path = &place.workflow.path;
            return Check::new(
                NAME,
                State::Weak,
                format!(
                    "the job `{}` of {path} checks out one commit: the base has to be asked for and fetched",
                    place.check
                ),
                format!(
                    "set `fetch-depth: 0` under `with:` of actions/checkout in {path}; 2 is enough for pull requests"
                ),
            );
        }
    }
    Check::good(NAME, "the checkout has the base")
}

#[cfg(test)]
mod tests;
