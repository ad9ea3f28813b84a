//! Places where scrubin runs: steps of jobs, of workflows that jobs call, of actions of the
//! repository itself. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::command::{Code, code};
use super::{Workflow, Workflows, steps, text};

/// How deep a workflow may call others. GitHub allows four levels.
const DEPTH: usize = 4;

/// A place where scrubin runs.
#[derive(Debug)]
pub(super) struct Place<'w> {
    /// The workflow whose events start it.
    pub(super) workflow: &'w Workflow,
    /// The name under which GitHub shows the job's check; with ` / ` at its end where the workflow
    /// of another repository names the job.
    pub(super) check: String,
    /// The jobs that call the one below, outermost first.
    pub(super) callers: Vec<&'w Value>,
    pub(super) job: &'w Value,
    pub(super) step: &'w Value,
    /// What `uses:` names; none where the program is called.
    pub(super) uses: Option<&'w str>,
}

impl Place<'_> {
    /// Everything whose settings decide whether the step runs and what its failure does.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        self.callers.iter().copied().chain([self.job, self.step])
    }

    /// What its step does with the exit code of the review.
    pub(super) fn code(&self) -> Code {
        let shell = |value: &Value| match value.pointer("/defaults/run/shell") {
            Some(Value::String(shell)) => shell.clone(),
            _ => String::new(),
        };
        let own = text(self.step, "shell");
        let named = [
            own.to_owned(),
            shell(self.job),
            shell(self.workflow.value()),
        ];
        // Only the first that is named counts; alone it is run with `pipefail`.
        let shell = named.iter().find(|shell| !shell.is_empty());
        code(
            text(self.step, "run"),
            shell.is_some_and(|shell| shell == "bash"),
        )
    }
}

/// Whether a `uses:` names our action: `OWNER/scrubin@REF`, also from a mirror.
fn is_ours(uses: &str) -> bool {
    let name = uses.split('@').next().unwrap_or_default();
    !uses.starts_with('.') && name.split('/').nth(1) == Some("scrubin")
}

/// Whether a command runs a review whose exit code is the gate.
pub(super) fn runs_review(command: &str) -> bool {
    [
        "scrubin review",
        "scrubin check",
        "scrubin\" review",
        "scrubin\" check",
        // The script of our own action.
        "hooks/action-review",
    ]
    .iter()
    .any(|words| command.contains(words))
}

/// Every place in the given workflows.
pub(super) fn all_places(workflows: &Workflows) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for workflow in &workflows.files {
        collect(workflows, workflow, workflow, &[], "", &mut places);
    }
    places
}

/// Places of `file` when `started` is the workflow whose events started it. Posting jobs are left out.
fn collect<'w>(
    workflows: &'w Workflows,
    started: &'w Workflow,
    file: &'w Workflow,
    callers: &[&'w Value],
    prefix: &str,
    places: &mut Vec<Place<'w>>,
) {
    for (id, job) in file.jobs() {
        let name = text(job, "name");
        let name = if name.is_empty() { id.as_str() } else { name };
        let check = format!("{prefix}{name}");
        let place = |check, step, uses| Place {
            workflow: started,
            check,
            callers: callers.to_vec(),
            job,
            step,
            uses,
        };
        if let Some(called) = job.get("uses").and_then(Value::as_str) {
            let below = format!("{check} / ");
            match called.strip_prefix("./") {
                Some(path) => {
                    let found = workflows.files.iter().find(|one| one.path == path);
                    if let Some(found) = found.filter(|_| callers.len() < DEPTH) {
                        let callers = [callers, &[job]].concat();
                        collect(workflows, started, found, &callers, &below, places);
                    }
                }
                // What it does cannot be seen from here; its name says what it is for.
                None if called.contains("scrubin") => places.push(place(below, job, Some(called))),
                None => {}
            }
            continue;
        }
        for step in steps(job) {
            let uses = step
                .get("uses")
                .and_then(Value::as_str)
                .filter(|uses| is_ours(uses) || workflows.actions.contains(*uses));
            let run = text(step, "run");
            let posts = step
                .get("with")
                .is_some_and(|with| text(with, "mode") == "post")
                || run.contains("--post");
            if (uses.is_some() || runs_review(run)) && !posts {
                places.push(place(check.clone(), step, uses));
            }
        }
    }
}

/// What steps use of the repository itself, as `uses:` names it: `./` and a path.
pub(in super::super) fn local_actions(files: &[Workflow]) -> BTreeSet<String> {
    files
        .iter()
        .flat_map(Workflow::jobs)
        .flat_map(|(_, job)| steps(job))
        .filter_map(|step| step.get("uses")?.as_str())
        .filter(|uses| uses.starts_with("./"))
        .map(str::to_owned)
        .collect()
}

/// The folder of an action of the repository itself, from its root; empty for the root.
pub(in super::super) fn action_folder(uses: &str) -> &str {
    uses.trim_start_matches("./").trim_matches('/')
}

/// Whether an action file runs scrubin.
pub(in super::super) fn action_is_ours(text_of_it: &str) -> bool {
    let value: Value = serde_saphyr::from_str(text_of_it).unwrap_or_default();
    let Some(runs) = value.get("runs") else {
        return false;
    };
    steps(runs).any(|step| is_ours(text(step, "uses")) || runs_review(text(step, "run")))
}
