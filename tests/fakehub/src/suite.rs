//! Check suites: all check runs of an App on a commit.

use serde_json::{Value, json};

use crate::app::id_of;
use crate::call::Links;
use crate::render::{self, repo_url, time};
use crate::state::{CheckSuite, Repo, State};
use crate::token::{Access, Permission};
use crate::webhook::news;

/// The suite of an App on a commit, made when there is none.
pub(crate) fn of_commit(state: &mut State, name: &str, app: &str, sha: &str) -> u64 {
    let (id, now) = (state.id(), state.now());
    let Some(repo) = state.repo_mut(name) else {
        return id;
    };
    let same = |one: &&CheckSuite| one.app == app && one.head_sha == sha;
    if let Some(known) = repo.check_suites.iter().find(same) {
        return known.id;
    }
    let at = repo.tips.iter().find(|(_, tip)| *tip == sha);
    let head_branch = at.map(|(branch, _)| branch.clone());
    repo.check_suites.push(CheckSuite {
        id,
        app: app.to_owned(),
        head_sha: sha.to_owned(),
        head_branch,
        before: None,
        created_at: now,
    });
    id
}

/// Notes where a branch is by now; when that is somewhere new, asks the Apps that write checks for a
/// suite, as GitHub does after a push.
pub(crate) fn pushed(state: &mut State, name: &str, branch: &str) {
    let now = state.now();
    let Some(repo) = state.repo_mut(name) else {
        return;
    };
    let Some(tip) = repo.git.branch(branch) else {
        repo.tips.remove(branch);
        return;
    };
    let before = repo.tips.insert(branch.to_owned(), tip.clone());
    if before.as_ref() == Some(&tip) {
        return;
    }
    repo.pushed_at = now;
    let writes = state.installations.values().filter(|one| {
        one.suspended_at.is_none()
            && one.covers(name)
            && one.allows(Permission::Checks, Access::Write)
    });
    let apps: Vec<String> = writes.map(|one| one.app.clone()).collect();
    for app in apps {
        let id = of_commit(state, name, &app, &tip);
        let suites = state.repo_mut(name).map(|repo| &mut repo.check_suites);
        if let Some(made) = suites.and_then(|all| all.iter_mut().find(|one| one.id == id)) {
            made.head_branch = Some(branch.to_owned());
            made.before.clone_from(&before);
        }
        news::check_suite(state, name, id, "requested", "author");
    }
}

/// `queued`, `in_progress` or `completed`, and the conclusion of the whole.
fn standing(repo: &Repo, suite: &CheckSuite) -> (&'static str, Value) {
    let runs: Vec<_> = repo
        .check_runs
        .iter()
        .filter(|run| run.suite == suite.id)
        .collect();
    let done =
        |run: &&crate::state::CheckRun| run.fields.get("status") == Some(&json!("completed"));
    if runs.is_empty() {
        return ("queued", Value::Null);
    }
    if !runs.iter().all(done) {
        return ("in_progress", Value::Null);
    }
    // The worst first.
    let order = [
        "action_required",
        "timed_out",
        "cancelled",
        "failure",
        "success",
        "neutral",
        "skipped",
        "stale",
    ];
    let has = |word: &&&str| {
        runs.iter()
            .any(|run| run.fields.get("conclusion") == Some(&json!(word)))
    };
    ("completed", json!(order.iter().find(has)))
}

/// Whether all runs of a suite are completed.
pub(crate) fn is_complete(repo: &Repo, id: u64) -> bool {
    let suite = repo.check_suites.iter().find(|one| one.id == id);
    suite.is_some_and(|suite| standing(repo, suite).0 == "completed")
}

/// The open pull requests whose head is a commit of the repository itself.
pub(crate) fn pulls_at(links: &Links, repo: &Repo, sha: &str) -> Vec<Value> {
    let here = repo
        .pulls
        .values()
        .filter(|pull| pull.open && pull.head_sha == sha && pull.head_repo == repo.full_name);
    let small = json!({"id": repo.id, "url": repo_url(links, repo), "name": repo.name()});
    here.map(|pull| {
        json!({
            "id": pull.id,
            "number": pull.number,
            "url": format!("{}/pulls/{}", repo_url(links, repo), pull.number),
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": small},
            "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": small},
        })
    })
    .collect()
}

/// The App of a check, as check runs and suites show it.
pub(crate) fn show_app(state: &State, links: &Links, repo: &Repo, slug: &str) -> Value {
    let id = id_of(state, slug);
    let page = format!("{}/apps/{slug}", links.web);
    json!({
        "id": id,
        "slug": slug,
        "node_id": format!("A_{id}"),
        "owner": render::user(state, links, repo.owner()),
        "name": slug,
        "description": null,
        "external_url": page,
        "html_url": page,
        "created_at": time(state.now()),
        "updated_at": time(state.now()),
        "permissions": {},
        "events": [],
    })
}

/// A suite as GitHub shows it.
pub(crate) fn show(state: &State, links: &Links, repo: &Repo, suite: &CheckSuite) -> Value {
    let url = format!("{}/check-suites/{}", repo_url(links, repo), suite.id);
    let (status, conclusion) = standing(repo, suite);
    let runs = repo.check_runs.iter().filter(|run| run.suite == suite.id);
    json!({
        "id": suite.id,
        "node_id": format!("CS_{}", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": url,
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": pulls_at(links, repo, &suite.head_sha),
        "app": show_app(state, links, repo, &suite.app),
        "created_at": time(suite.created_at),
        "updated_at": time(suite.created_at),
        "latest_check_runs_count": runs.count(),
        "check_runs_url": format!("{url}/check-runs"),
    })
}
