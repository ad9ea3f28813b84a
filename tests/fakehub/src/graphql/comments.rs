//! The fields of comments and reviews.

use serde_json::{Value, json};

use super::execute::{Failure, Request};
use super::resolve::{Found, Node, connection};
use crate::render::time;
use crate::state::Repo;
use crate::token::{Access, Permission};

/// `OFF_TOPIC` is read back as `off-topic`.
fn reason(minimized: Option<&String>) -> Value {
    json!(minimized.map(|reason| reason.to_lowercase().replace('_', "-")))
}

/// The fields all comments share.
struct Shared<'a> {
    prefix: &'a str,
    id: u64,
    author: &'a str,
    body: &'a str,
    minimized: Option<&'a String>,
    created_at: i64,
    updated_at: i64,
    page: String,
}

fn shared(request: &Request<'_>, comment: &Shared<'_>, name: &str) -> Found {
    Found::Scalar(match name {
        "author" => return Found::One(Some(Node::Account(comment.author.to_owned()))),
        "id" => json!(format!("{}_{}", comment.prefix, comment.id)),
        "databaseId" => json!(comment.id),
        "fullDatabaseId" => json!(comment.id.to_string()),
        "body" => json!(comment.body),
        "isMinimized" => json!(comment.minimized.is_some()),
        "minimizedReason" => reason(comment.minimized),
        "viewerCanMinimize" => json!(
            request
                .caller
                .allows(Permission::PullRequests, Access::Write)
        ),
        "viewerDidAuthor" => json!(comment.author == request.caller.login()),
        "createdAt" => json!(time(comment.created_at)),
        "updatedAt" => json!(time(comment.updated_at)),
        _ => json!(format!("{}{}", request.links.web, comment.page)),
    })
}

pub(super) fn diff_comment(
    request: &Request<'_>,
    repo: &Repo,
    id: u64,
    name: &str,
) -> Result<Found, Failure> {
    let Some(one) = repo.review_comments.iter().find(|one| one.id == id) else {
        return Ok(Found::One(None));
    };
    let place = &one.place;
    let full_name = || repo.full_name.clone();
    Ok(match name {
        "replyTo" => Found::One(
            one.in_reply_to
                .map(|root| Node::DiffComment(full_name(), root)),
        ),
        "pullRequestReview" => Found::One(Some(Node::Review(full_name(), one.review))),
        "pullRequest" => Found::One(Some(Node::Pull(full_name(), one.pull))),
        "path" => Found::Scalar(json!(place.path)),
        "line" => Found::Scalar(json!(place.line)),
        "startLine" => Found::Scalar(json!(place.start_line)),
        "originalLine" => Found::Scalar(json!(place.original_line)),
        "originalStartLine" => Found::Scalar(json!(place.original_start_line)),
        "diffHunk" => Found::Scalar(json!(place.diff_hunk)),
        "outdated" => Found::Scalar(json!(place.outdated)),
        _ => shared(
            request,
            &Shared {
                prefix: "PRRC",
                id,
                author: &one.author,
                body: &one.body,
                minimized: one.minimized.as_ref(),
                created_at: one.created_at,
                updated_at: one.updated_at,
                page: format!("/{}/pull/{}#discussion_r{id}", repo.full_name, one.pull),
            },
            name,
        ),
    })
}

pub(super) fn issue_comment(
    request: &Request<'_>,
    repo: &Repo,
    id: u64,
    name: &str,
) -> Result<Found, Failure> {
    let Some(one) = repo.issue_comments.iter().find(|one| one.id == id) else {
        return Ok(Found::One(None));
    };
    Ok(shared(
        request,
        &Shared {
            prefix: "IC",
            id,
            author: &one.author,
            body: &one.body,
            minimized: one.minimized.as_ref(),
            created_at: one.created_at,
            updated_at: one.updated_at,
            page: format!("/{}/pull/{}#issuecomment-{id}", repo.full_name, one.pull),
        },
        name,
    ))
}

pub(super) fn review(
    request: &Request<'_>,
    repo: &Repo,
    id: u64,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    let Some(one) = repo.reviews.iter().find(|one| one.id == id) else {
        return Ok(Found::One(None));
    };
    let when = one.submitted_at.unwrap_or(0);
    Ok(match name {
        "state" => Found::Scalar(json!(one.state)),
        "commit" => Found::One(Some(Node::Commit(one.commit.clone()))),
        "submittedAt" => Found::Scalar(json!(one.submitted_at.map(time))),
        "comments" => {
            let all = repo
                .review_comments
                .iter()
                .filter(|comment| comment.review == id);
            let nodes = all
                .map(|comment| Node::DiffComment(repo.full_name.clone(), comment.id))
                .collect();
            return connection("PullRequestReviewComment", name, nodes, arguments);
        }
        _ => shared(
            request,
            &Shared {
                prefix: "PRR",
                id,
                author: &one.author,
                body: &one.body,
                minimized: one.minimized.as_ref(),
                created_at: when,
                updated_at: when,
                page: format!(
                    "/{}/pull/{}#pullrequestreview-{id}",
                    repo.full_name, one.pull
                ),
            },
            name,
        ),
    })
}
