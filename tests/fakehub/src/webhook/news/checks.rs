//! News of check runs and suites.

use serde_json::json;

use super::{News, tell};
use crate::render;
use crate::rest::checks;
use crate::state::State;
use crate::suite;

/// An event of `check_run`. Requests go to the App that made the run, news of it to all.
pub(crate) fn check_run(
    state: &mut State,
    name: &str,
    id: u64,
    action: &str,
    sender: &str,
    requested: Option<&str>,
) {
    if !state.hook.wants("check_run") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let Some(run) = repo.check_runs.iter().find(|one| one.id == id) else {
        return;
    };
    let app = run.app.clone();
    let mut fields = json!({"check_run": checks::show(state, &links, repo, run)});
    let suite = repo.check_suites.iter().find(|one| one.id == run.suite);
    if let Some(suite) = suite {
        fields["check_run"]["check_suite"] = suite::show(state, &links, repo, suite);
    }
    if let Some(identifier) = requested {
        fields["requested_action"] = json!({"identifier": identifier});
    }
    let asked = matches!(action, "rerequested" | "requested_action");
    let mut news = News::new("check_run", action, sender, fields);
    news.app = asked.then_some(app.as_str());
    tell(state, name, news);
}

/// An event of `check_suite`.
pub(crate) fn check_suite(state: &mut State, name: &str, id: u64, action: &str, sender: &str) {
    if !state.hook.wants("check_suite") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let Some(suite) = repo.check_suites.iter().find(|one| one.id == id) else {
        return;
    };
    let app = suite.app.clone();
    let mut fields = json!({"check_suite": suite::show(state, &links, repo, suite)});
    fields["check_suite"]["head_commit"] = render::simple_commit(repo, &suite.head_sha);
    let mut news = News::new("check_suite", action, sender, fields);
    news.app = (action != "completed").then_some(app.as_str());
    tell(state, name, news);
}
