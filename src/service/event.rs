//! GitHub's event → what follows from it. Pure: headers and body in, a delivery and its effects out.
//!
//! Only the fields that are used are read, so that a new field or an unknown action is never an error.
//! The head of a pull request is not taken from the event: events come late and out of order, and the
//! job asks GitHub for the newest one.

use serde::Deserialize;

use super::asked::Asked;
use crate::github::checks;
use crate::github::parts::UserPart;
use crate::store::{
    Delivery, Effect, InstallationState, Job, Person, RepositoryFacts, RepositoryState, Request,
};
use crate::training::history::short_hash;

/// An event that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body of the `{event}` event is not understood: {message}")]
pub struct EventError {
    /// Its name.
    pub event: String,
    /// What the parser said.
    pub message: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    action: Option<String>,
    installation: Option<InstallationPart>,
    repository: Option<RepositoryPart>,
    repositories: Option<Vec<RepositoryPart>>,
    repositories_added: Option<Vec<RepositoryPart>>,
    repositories_removed: Option<Vec<RepositoryPart>>,
    pull_request: Option<NumberPart>,
    issue: Option<IssuePart>,
    review: Option<ReviewPart>,
    comment: Option<CommentPart>,
    merge_group: Option<GroupPart>,
    reason: Option<String>,
    check_run: Option<CheckPart>,
    check_suite: Option<SuitePart>,
    requested_action: Option<ActionPart>,
    sender: Option<UserPart>,
}

#[derive(Deserialize)]
struct InstallationPart {
    id: i64,
    account: Option<UserPart>,
}

#[derive(Deserialize)]
struct RepositoryPart {
    id: i64,
    full_name: String,
    default_branch: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    archived: bool,
}

#[derive(Deserialize)]
struct NumberPart {
    number: i64,
}

#[derive(Deserialize)]
struct IssuePart {
    number: i64,
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct ReviewPart {
    #[serde(default)]
    state: String,
    user: Option<UserPart>,
}

#[derive(Deserialize)]
struct CommentPart {
    id: i64,
    #[serde(default)]
    body: Option<String>,
    in_reply_to_id: Option<i64>,
    user: Option<UserPart>,
}

#[derive(Deserialize)]
struct GroupPart {
    head_sha: String,
    base_sha: String,
}

#[derive(Deserialize)]
struct CheckPart {
    id: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    head_sha: String,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    pull_requests: Vec<NumberPart>,
    app: Option<AppPart>,
}

#[derive(Deserialize)]
struct SuitePart {
    #[serde(default)]
    pull_requests: Vec<NumberPart>,
    app: Option<AppPart>,
}

#[derive(Deserialize)]
struct AppPart {
    id: u64,
}

#[derive(Deserialize)]
struct ActionPart {
    identifier: String,
}

/// Events that something may follow from.
const EVENTS: [&str; 10] = [
    "installation",
    "installation_repositories",
    "repository",
    "pull_request",
    "merge_group",
    "check_run",
    "check_suite",
    "pull_request_review_comment",
    "issue_comment",
    "pull_request_review",
];

/// Headers of a delivery that count.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'h> {
    /// `X-GitHub-Event`.
    pub event: &'h str,
    /// `X-GitHub-Delivery`.
    pub delivery: &'h str,
}

/// What an event asks for; no effects where it asks for nothing we do. `app` is our App's number: events
/// about checks of others are not ours.
///
/// # Errors
/// The body is no JSON, or a field that is used has another type.
pub fn effects(
    headers: Headers<'_>,
    body: &[u8],
    app: u64,
) -> Result<(Delivery, Vec<Effect>), EventError> {
    let failed = |error: serde_json::Error| EventError {
        event: headers.event.to_owned(),
        message: error.to_string(),
    };
    if !EVENTS.contains(&headers.event) {
        // Fields of the same name may be anything else there; that it is JSON is enough.
        let _: serde::de::IgnoredAny = serde_json::from_slice(body).map_err(failed)?;
        let delivery = Delivery {
            id: headers.delivery.to_owned(),
            event: headers.event.to_owned(),
            action: String::new(),
            installation: None,
            repository: None,
            pull: None,
        };
        return Ok((delivery, Vec::new()));
    }
    let payload: Payload = serde_json::from_slice(body).map_err(failed)?;
    let action = payload.action.clone().unwrap_or_default();
    let number = payload
        .pull_request
        .as_ref()
        .map(|pull| pull.number)
        .or_else(|| payload.issue.as_ref().map(|issue| issue.number));
    let delivery = Delivery {
        id: headers.delivery.to_owned(),
        event: headers.event.to_owned(),
        action: action.clone(),
        installation: payload.installation.as_ref().map(|one| one.id),
        repository: payload.repository.as_ref().map(|one| one.id),
        pull: number,
    };
    let Some(installation) = &payload.installation else {
        return Ok((delivery, Vec::new()));
    };
    let scene = Scene {
        payload: &payload,
        action: &action,
        installation: installation.id,
        headers,
        app,
    };
    let effects = match headers.event {
        "installation" => scene.installation(installation),
        "installation_repositories" => scene.repositories(installation),
        "repository" => scene.repository(),
        "pull_request" => scene.pull_request(),
        "merge_group" => scene.merge_group(),
        "check_run" => scene.check_run(),
        "check_suite" => scene.check_suite(),
        "pull_request_review_comment" => scene.comment("review-comment"),
        "issue_comment" => scene.comment("comment"),
        "pull_request_review" => scene.review(),
        _ => Vec::new(),
    };
    Ok((delivery, effects))
}

struct Scene<'s> {
    payload: &'s Payload,
    action: &'s str,
    installation: i64,
    headers: Headers<'s>,
    app: u64,
}

impl Scene<'_> {
    fn state(&self, installation: &InstallationPart, state: InstallationState) -> Effect {
        let account = installation.account.as_ref();
        Effect::Installation {
            id: installation.id,
            account: Person {
                login: account.map(|one| one.login.clone()).unwrap_or_default(),
            },
            state,
        }
    }

    fn sweep(&self) -> Effect {
        Effect::Job(Job::sweep(self.installation))
    }

    fn facts(&self, part: &RepositoryPart, state: Option<RepositoryState>) -> Effect {
        let usual = match part.archived {
            true => RepositoryState::Archived,
            false => RepositoryState::Active,
        };
        Effect::Repository {
            installation: self.installation,
            facts: RepositoryFacts {
                id: part.id,
                full_name: part.full_name.clone(),
                default_branch: part.default_branch.clone().unwrap_or_default(),
                is_private: part.private,
                state: state.unwrap_or(usual),
            },
        }
    }

    fn listed(&self, parts: Option<&Vec<RepositoryPart>>, state: RepositoryState) -> Vec<Effect> {
        parts
            .into_iter()
            .flatten()
            .map(|part| self.facts(part, Some(state)))
            .collect()
    }

    fn installation(&self, part: &InstallationPart) -> Vec<Effect> {
        match self.action {
            "created" | "unsuspend" | "new_permissions_accepted" => {
                let mut effects = vec![self.state(part, InstallationState::Active)];
                let listed = self.payload.repositories.as_ref();
                effects.extend(self.listed(listed, RepositoryState::Active));
                effects.push(self.sweep());
                effects
            }
            "suspend" => vec![self.state(part, InstallationState::Suspended)],
            "deleted" => {
                let listed = self.payload.repositories.as_ref();
                let mut effects = self.listed(listed, RepositoryState::Removed);
                effects.push(self.state(part, InstallationState::Deleted));
                effects
            }
            _ => Vec::new(),
        }
    }

    fn repositories(&self, part: &InstallationPart) -> Vec<Effect> {
        let mut effects = vec![self.state(part, InstallationState::Active)];
        let removed = self.payload.repositories_removed.as_ref();
        let added = self.payload.repositories_added.as_ref();
        effects.extend(self.listed(removed, RepositoryState::Removed));
        effects.extend(self.listed(added, RepositoryState::Active));
        if added.is_some_and(|added| !added.is_empty()) {
            effects.push(self.sweep());
        }
        effects
    }

    fn repository(&self) -> Vec<Effect> {
        let Some(part) = &self.payload.repository else {
            return Vec::new();
        };
        match self.action {
            "deleted" => vec![self.facts(part, Some(RepositoryState::Removed))],
            "archived" => vec![self.facts(part, Some(RepositoryState::Archived))],
            "unarchived" => vec![
                self.facts(part, Some(RepositoryState::Active)),
                self.sweep(),
            ],
            "renamed" | "transferred" | "privatized" | "publicized" | "edited" => {
                vec![self.facts(part, None)]
            }
            _ => Vec::new(),
        }
    }

    /// The job of a pull request, and the repository as the event shows it.
    fn job(&self, number: i64) -> Vec<Effect> {
        let Some(part) = &self.payload.repository else {
            return Vec::new();
        };
        let job = Job::pull(self.installation, part.id, number);
        vec![self.facts(part, None), Effect::Job(job)]
    }

    fn pull_request(&self) -> Vec<Effect> {
        let known = [
            "opened",
            "synchronize",
            "reopened",
            "ready_for_review",
            "converted_to_draft",
            // Its base may be another one now.
            "edited",
            "closed",
        ];
        match &self.payload.pull_request {
            Some(pull) if known.contains(&self.action) => self.job(pull.number),
            _ => Vec::new(),
        }
    }

    /// An approval may put a proposed deviation in force, its dismissal take it back.
    fn review(&self) -> Vec<Effect> {
        match &self.payload.pull_request {
            Some(pull) if self.settles() => self.job(pull.number),
            _ => Vec::new(),
        }
    }

    /// Whether a review changes who approved: a person's approval, or the end of one. What we and others
    /// merely say does not, and our own review must not ask for the next one.
    fn settles(&self) -> bool {
        let review = self.payload.review.as_ref();
        let is_person = review
            .and_then(|review| review.user.as_ref())
            .is_some_and(UserPart::is_person);
        let state = review
            .map(|review| review.state.to_ascii_lowercase())
            .unwrap_or_default();
        match self.action {
            "submitted" => is_person && (state == "approved" || state == "changes_requested"),
            "dismissed" => is_person,
            _ => false,
        }
    }

    fn merge_group(&self) -> Vec<Effect> {
        let (Some(group), Some(part)) = (&self.payload.merge_group, &self.payload.repository)
        else {
            return Vec::new();
        };
        let (head, base) = (group.head_sha.clone(), group.base_sha.clone());
        let effect = match self.action {
            "checks_requested" => Effect::Job(Job::group(self.installation, part.id, head, base)),
            "destroyed" => Effect::Dissolved {
                installation: self.installation,
                repository: part.id,
                head,
                base,
                is_merged: self.payload.reason.as_deref() == Some("merged"),
            },
            _ => return Vec::new(),
        };
        vec![self.facts(part, None), effect]
    }

    fn check_run(&self) -> Vec<Effect> {
        let (Some(run), Some(part)) = (&self.payload.check_run, &self.payload.repository) else {
            return Vec::new();
        };
        let is_ours =
            run.app.as_ref().is_none_or(|app| app.id == self.app) && run.name == checks::NAME;
        if !is_ours {
            return Vec::new();
        }
        let asked = Asked::of(run.external_id.as_deref().unwrap_or_default());
        match self.action {
            "rerequested" => match asked {
                Some(Asked::Group { base }) => vec![
                    self.facts(part, None),
                    Effect::Job(Job::group(
                        self.installation,
                        part.id,
                        run.head_sha.clone(),
                        base,
                    )),
                ],
                Some(Asked::Pull { number }) => self.job(number),
                // Pull requests of forks are not listed here; ours name theirs themselves.
                None => self.all_of(&run.pull_requests),
            },
            "requested_action" => {
                let (Some(Asked::Pull { number }), Some(button)) =
                    (asked, &self.payload.requested_action)
                else {
                    return Vec::new();
                };
                if checks::Button::parse(&button.identifier).is_none() {
                    return Vec::new();
                }
                let person = self.payload.sender.as_ref();
                let mut effects = self.job(number);
                effects.push(Effect::Request(Request {
                    id: format!("action:{}", self.headers.delivery),
                    repository: part.id,
                    number,
                    kind: "action",
                    target: run.id,
                    action: button.identifier.clone(),
                    person: person.map(|one| one.login.clone()).unwrap_or_default(),
                }));
                effects
            }
            _ => Vec::new(),
        }
    }

    fn check_suite(&self) -> Vec<Effect> {
        let Some(suite) = &self.payload.check_suite else {
            return Vec::new();
        };
        let is_ours = suite.app.as_ref().is_none_or(|app| app.id == self.app);
        if self.action != "rerequested" || !is_ours {
            return Vec::new();
        }
        self.all_of(&suite.pull_requests)
    }

    fn all_of(&self, pulls: &[NumberPart]) -> Vec<Effect> {
        pulls
            .iter()
            .flat_map(|pull| self.job(pull.number))
            .collect()
    }

    /// A comment that speaks to us. Its text is not kept: the job reads it from GitHub.
    fn comment(&self, kind: &'static str) -> Vec<Effect> {
        let (Some(comment), Some(part)) = (&self.payload.comment, &self.payload.repository) else {
            return Vec::new();
        };
        let number = match kind {
            "review-comment" => self.payload.pull_request.as_ref().map(|pull| pull.number),
            _ => self
                .payload
                .issue
                .as_ref()
                .filter(|issue| issue.pull_request.is_some())
                .map(|issue| issue.number),
        };
        let speaks = super::command::speaks(comment.body.as_deref().unwrap_or_default());
        let is_person = comment.user.as_ref().is_some_and(UserPart::is_person);
        let is_reply = kind != "review-comment" || comment.in_reply_to_id.is_some();
        let (Some(number), true) = (number, speaks && is_person && is_reply) else {
            return Vec::new();
        };
        // An edited comment is not asked again: what it said was answered, and stands.
        if self.action != "created" {
            return Vec::new();
        }
        let mut effects = self.job(number);
        effects.push(Effect::Request(Request {
            id: format!("{kind}:{}", comment.id),
            repository: part.id,
            number,
            kind,
            target: comment.id,
            // Its words then: GitHub has them, and somebody may change them.
            action: short_hash(comment.body.as_deref().unwrap_or_default().as_bytes()),
            person: comment
                .user
                .as_ref()
                .map(|user| user.login.clone())
                .unwrap_or_default(),
        }));
        effects
    }
}

#[cfg(test)]
mod tests;
