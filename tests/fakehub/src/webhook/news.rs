//! What happened, in the words and fields of GitHub's webhooks, for every installation that may hear.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::delivery::{Delivery, Outcome, guid, queue};
use crate::contract;
use crate::people::MergeGroup;
use crate::render;
use crate::rest::{apps, checks, pulls};
use crate::state::{Repo, State};
use crate::suite;
use crate::token::{Access, Permission};

/// Something to tell.
struct News<'a> {
    event: &'static str,
    action: &'a str,
    sender: &'a str,
    /// What the body holds beside action, repository, installation and sender.
    fields: Value,
    /// Only the installations of this App hear of it.
    app: Option<&'a str>,
}

impl<'a> News<'a> {
    fn new(event: &'static str, action: &'a str, sender: &'a str, fields: Value) -> Self {
        Self {
            event,
            action,
            sender,
            fields,
            app: None,
        }
    }
}

/// The permissions of which one must be granted, for an App to subscribe to an event.
fn needed(event: &str) -> &'static [Permission] {
    match event {
        "pull_request"
        | "pull_request_review"
        | "pull_request_review_comment"
        | "pull_request_review_thread" => &[Permission::PullRequests],
        "check_run" | "check_suite" => &[Permission::Checks],
        "issue_comment" => &[Permission::Issues, Permission::PullRequests],
        "merge_group" => &[Permission::MergeQueues],
        _ => &[Permission::Metadata],
    }
}

/// Repository and sender, which every body about a repository has.
pub(crate) fn about(state: &State, repo: &Repo, sender: &str) -> Value {
    let links = state.links();
    let mut body = json!({
        "repository": render::repository(state, &links, repo),
        "sender": render::user(state, &links, sender),
    });
    if state.organizations.contains(repo.owner()) {
        body["organization"] = render::organization(state, &links, repo.owner());
    }
    body
}

/// Tells the installations that cover a repository and have the permission.
fn tell(state: &mut State, name: &str, news: News<'_>) {
    let Some(repo) = state.repo(name) else { return };
    let permissions = needed(news.event);
    let hears = state.installations.iter().filter(|(_, one)| {
        one.suspended_at.is_none()
            && one.covers(name)
            && news.app.is_none_or(|app| one.app == app)
            && permissions
                .iter()
                .any(|permission| one.allows(*permission, Access::Read))
    });
    let hears: Vec<(u64, String)> = hears.map(|(id, one)| (*id, one.app.clone())).collect();
    if hears.is_empty() {
        return;
    }
    let id = repo.id;
    let mut body = about(state, repo, news.sender);
    for (field, value) in news.fields.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    for (installation, app) in hears {
        body["installation"] = json!({"id": installation, "node_id": format!("I_{installation}")});
        let to = (app, installation);
        keep(state, (news.event, news.action), to, Some(id), body.clone());
    }
}

/// Completes a body, holds it against GitHub's description and queues it.
fn keep(
    state: &mut State,
    (event, action): (&str, &str),
    (app, installation): (String, u64),
    repository: Option<u64>,
    mut body: Value,
) {
    body["action"] = json!(action);
    contract::complete_event(event, Some(action), &state.links().api, &mut body);
    for fault in contract::event_faults(event, Some(action), &body) {
        state
            .violations
            .push(format!("webhook {event} {action}: {fault}"));
    }
    let delivery = Delivery {
        id: state.id(),
        guid: guid(),
        event: event.to_owned(),
        action: Some(action.to_owned()),
        installation: Some(installation),
        repository,
        redelivery: false,
        app,
        at: state.now(),
        headers: Vec::new(),
        body: body.to_string(),
        outcome: Outcome::Waiting,
    };
    queue(state, delivery);
}

/// An event of `pull_request`; `extra` are fields beside the pull request, such as `changes`.
pub(crate) fn pull(state: &mut State, name: &str, number: u64, action: &str, extra: Value) {
    pull_by(state, name, number, action, None, extra);
}

/// The same, done by somebody else than the author.
pub(crate) fn pull_by(
    state: &mut State,
    name: &str,
    number: u64,
    action: &str,
    sender: Option<&str>,
    extra: Value,
) {
    if !state.hook.wants("pull_request") {
        return;
    }
    let mut fields = pull_fields(state, name, number);
    let author = fields["pull_request"]["user"]["login"].as_str();
    let sender = sender.or(author).unwrap_or_default().to_owned();
    for (field, value) in extra.as_object().into_iter().flatten() {
        fields[field] = value.clone();
    }
    let news = News::new("pull_request", action, &sender, fields);
    tell(state, name, news);
}

/// The pull request and its number.
pub(crate) fn pull_fields(state: &mut State, name: &str, number: u64) -> Value {
    let links = state.links();
    json!({"number": number, "pull_request": pulls::whole(state, &links, name, number)})
}

/// An event of `merge_group`; `reason` for its end.
pub(crate) fn merge_group(
    state: &mut State,
    name: &str,
    group: &MergeGroup,
    action: &str,
    reason: Option<&str>,
) {
    if !state.hook.wants("merge_group") {
        return;
    }
    let Some(repo) = state.repo(name) else { return };
    let mut fields = json!({"merge_group": merge_group_fields(repo, group)});
    if let Some(reason) = reason {
        fields["reason"] = json!(reason);
    }
    let sender = repo.owner().to_owned();
    tell(
        state,
        name,
        News::new("merge_group", action, &sender, fields),
    );
}

/// A merge group with its commit.
pub(crate) fn merge_group_fields(repo: &Repo, group: &MergeGroup) -> Value {
    json!({
        "head_sha": group.head_sha,
        "head_ref": group.head_ref,
        "base_sha": group.base_sha,
        "base_ref": group.base_ref,
        "head_commit": render::simple_commit(repo, &group.head_sha),
    })
}

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

/// An event of `issue_comment`.
pub(crate) fn issue_comment(
    state: &mut State,
    name: &str,
    id: u64,
    action: &str,
    sender: &str,
    earlier: Option<&str>,
) {
    if !state.hook.wants("issue_comment") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let Some(comment) = repo.issue_comments.iter().find(|one| one.id == id) else {
        return;
    };
    let mut fields = json!({
        "comment": render::issue_comment(state, &links, repo, comment),
        "issue": render::issue(state, &links, repo, &repo.pulls[&comment.pull]),
    });
    add_changes(&mut fields, earlier);
    tell(
        state,
        name,
        News::new("issue_comment", action, sender, fields),
    );
}

fn add_changes(fields: &mut Value, earlier: Option<&str>) {
    if let Some(text) = earlier {
        fields["changes"] = json!({"body": {"from": text}});
    }
}

/// An event of `pull_request_review_comment`. Comments of pending reviews are nobody's business yet.
pub(crate) fn review_comment(
    state: &mut State,
    name: &str,
    id: u64,
    action: &str,
    sender: &str,
    earlier: Option<&str>,
) {
    if !state.hook.wants("pull_request_review_comment") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let Some(comment) = repo.review_comments.iter().find(|one| one.id == id) else {
        return;
    };
    let of = repo.reviews.iter().find(|one| one.id == comment.review);
    if of.is_some_and(|review| review.state == "PENDING") {
        return;
    }
    let mut fields = json!({
        "comment": render::review_comment(state, &links, repo, comment),
        "pull_request": render::pull(state, &links, repo, &repo.pulls[&comment.pull]),
    });
    add_changes(&mut fields, earlier);
    let news = News::new("pull_request_review_comment", action, sender, fields);
    tell(state, name, news);
}

/// An event of `pull_request_review`.
pub(crate) fn review(state: &mut State, name: &str, id: u64, action: &str, sender: &str) {
    if !state.hook.wants("pull_request_review") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let found = repo.reviews.iter().find(|one| one.id == id);
    let Some(review) = found.filter(|one| one.state != "PENDING") else {
        return;
    };
    let mut shown = render::review(state, &links, repo, review);
    // The webhook says in small letters what the API says in capitals.
    shown["state"] = json!(review.state.to_lowercase());
    let fields = json!({
        "review": shown,
        "pull_request": render::pull(state, &links, repo, &repo.pulls[&review.pull]),
    });
    tell(
        state,
        name,
        News::new("pull_request_review", action, sender, fields),
    );
}

/// A review that was just submitted, and the comments it brought.
pub(crate) fn submitted(state: &mut State, name: &str, id: u64, sender: &str) {
    review(state, name, id, "submitted", sender);
    let comments: Vec<u64> = state.repo(name).map_or(Vec::new(), |repo| {
        let all = repo.review_comments.iter().filter(|one| one.review == id);
        all.map(|one| one.id).collect()
    });
    for comment in comments {
        review_comment(state, name, comment, "created", sender, None);
    }
}

/// An event of `pull_request_review_thread`, named by its first comment.
pub(crate) fn thread(state: &mut State, name: &str, root: u64, action: &str, sender: &str) {
    if !state.hook.wants("pull_request_review_thread") {
        return;
    }
    let links = state.links();
    let Some(repo) = state.repo(name) else { return };
    let comments: Vec<_> = repo
        .review_comments
        .iter()
        .filter(|one| one.root() == root)
        .collect();
    let Some(pull) = comments.first().map(|one| one.pull) else {
        return;
    };
    let shown: Vec<Value> = comments
        .iter()
        .map(|one| render::review_comment(state, &links, repo, one))
        .collect();
    let fields = json!({
        "thread": {"node_id": format!("PRRT_{root}"), "comments": shown},
        "pull_request": render::pull(state, &links, repo, &repo.pulls[&pull]),
    });
    let news = News::new("pull_request_review_thread", action, sender, fields);
    tell(state, name, news);
}

/// An event of `repository`; `changes` for a renaming.
pub(crate) fn repository(state: &mut State, name: &str, action: &str, changes: Option<Value>) {
    if !state.hook.wants("repository") {
        return;
    }
    let Some(repo) = state.repo(name) else { return };
    let sender = repo.owner().to_owned();
    let fields = changes.map_or(json!({}), |changes| json!({"changes": changes}));
    tell(
        state,
        name,
        News::new("repository", action, &sender, fields),
    );
}

/// The short form of repositories in the events of installations.
fn brief<'a>(state: &State, names: impl IntoIterator<Item = &'a String>) -> Vec<Value> {
    let known = names.into_iter().filter_map(|name| state.repo(name));
    known
        .map(|repo| {
            json!({
                "id": repo.id,
                "node_id": format!("R_{}", repo.id),
                "name": repo.name(),
                "full_name": repo.full_name,
                "private": repo.private,
            })
        })
        .collect()
}

fn to_installation(state: &mut State, id: u64, event: &str, action: &str, fields: Value) {
    let links = state.links();
    let Some(installation) = state.installations.get(&id) else {
        return;
    };
    let mut body = Map::new();
    body.insert(
        "installation".to_owned(),
        apps::show_installation(state, &links, id, installation),
    );
    let account = &installation.account;
    body.insert("sender".to_owned(), render::user(state, &links, account));
    if state.organizations.contains(account) {
        let shown = render::organization(state, &links, account);
        body.insert("organization".to_owned(), shown);
    }
    body.extend(fields.as_object().cloned().unwrap_or_default());
    let to = (installation.app.clone(), id);
    keep(state, (event, action), to, None, Value::Object(body));
}

/// An event of `installation`.
pub(crate) fn installation(state: &mut State, id: u64, action: &str) {
    if !state.hook.wants("installation") {
        return;
    }
    let Some(installation) = state.installations.get(&id) else {
        return;
    };
    let fields = match action {
        "created" | "deleted" => json!({"repositories": brief(state, &installation.repositories)}),
        _ => json!({}),
    };
    to_installation(state, id, "installation", action, fields);
}

/// An event of `installation_repositories`: `added` or `removed`.
pub(crate) fn installation_repositories(
    state: &mut State,
    id: u64,
    names: &BTreeSet<String>,
    action: &str,
) {
    if !state.hook.wants("installation_repositories") {
        return;
    }
    let Some(selection) = state.installations.get(&id).map(|one| one.selection()) else {
        return;
    };
    let listed = brief(state, names);
    let (added, removed) = match action {
        "added" => (listed, Vec::new()),
        _ => (Vec::new(), listed),
    };
    let fields = json!({
        "repository_selection": selection,
        "repositories_added": added,
        "repositories_removed": removed,
        "requester": null,
    });
    to_installation(state, id, "installation_repositories", action, fields);
}
