//! What happened, in the words and fields of GitHub's webhooks, for every installation that may hear.

mod checks;
mod installations;
mod talk;

use serde_json::{Value, json};

use super::delivery::{Delivery, Outcome, guid, queue};
use crate::contract;
use crate::people::MergeGroup;
use crate::render;
use crate::rest::pulls;
use crate::state::{Repo, State};
use crate::token::{Access, Permission};

pub(crate) use checks::{check_run, check_suite};
pub(crate) use installations::{installation, installation_repositories};
pub(crate) use talk::{issue_comment, review, review_comment, submitted, thread};

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
