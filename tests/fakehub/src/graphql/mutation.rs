//! The mutations: minimise, resolve, comment.

use serde_json::{Value, json};

use super::execute::{Failure, Request};
use super::resolve::{Found, Node, node_by_id};
use crate::anchor::{self, Anchor};
use crate::reply::ARCHIVED;
use crate::state::{Review, ReviewComment, State};
use crate::token::{Access, Caller, Permission};
use crate::webhook::news;

pub(crate) fn carry_out(
    request: &Request<'_>,
    state: &mut State,
    name: &str,
    input: &Value,
) -> Result<Found, Failure> {
    let text = |field: &str| input[field].as_str().unwrap_or_default().to_owned();
    let payload = |node: Option<Node>| {
        let kind = format!("{}{}Payload", name[..1].to_uppercase(), &name[1..]);
        let inner = node.map(Box::new);
        let client = input["clientMutationId"].clone();
        Ok(Found::One(Some(Node::Payload {
            kind,
            inner,
            client,
        })))
    };
    match name {
        "minimizeComment" | "unminimizeComment" => {
            let node = node_by_id(request, state, &text("subjectId"))?;
            writes(
                request,
                state,
                &node,
                &[Permission::PullRequests, Permission::Issues],
            )?;
            let reason = (name == "minimizeComment").then(|| text("classifier"));
            minimize(state, &node, reason)?;
            payload(Some(node))
        }
        "resolveReviewThread" | "unresolveReviewThread" => {
            let node = node_by_id(request, state, &text("threadId"))?;
            // The token of a workflow run may resolve only with write access to contents.
            let needed = match request.caller.caller {
                Caller::Actions => Permission::Contents,
                Caller::User(_) | Caller::App(_) => Permission::PullRequests,
            };
            writes(request, state, &node, &[needed])?;
            let Node::Thread(repo, root) = &node else {
                return Err(no_node(&text("threadId")));
            };
            let login = request.caller.login();
            let mut action = "unresolved";
            if let Some(repo) = state.repo_mut(repo) {
                if name == "resolveReviewThread" {
                    repo.resolved.insert(*root, login.clone());
                    action = "resolved";
                } else {
                    repo.resolved.remove(root);
                }
            }
            news::thread(state, repo, *root, action, &login);
            payload(Some(node))
        }
        "addPullRequestReviewThread" => payload(add_thread(request, state, input)?),
        "addPullRequestReviewThreadReply" => payload(Some(add_reply(request, state, input)?)),
        other => Err(Failure::new("NOT_FOUND", format!("no mutation {other}"))),
    }
}

fn no_node(id: &str) -> Failure {
    Failure::new(
        "NOT_FOUND",
        format!("Could not resolve to a node with the global id of '{id}'"),
    )
}

fn writes(
    request: &Request<'_>,
    state: &State,
    node: &Node,
    any: &[Permission],
) -> Result<(), Failure> {
    let reaches = node.repo().is_some_and(|name| request.caller.reaches(name));
    let repo = node.repo().and_then(|name| state.repo(name));
    if repo.is_some_and(|repo| repo.archived) {
        return Err(Failure::new("FORBIDDEN", ARCHIVED));
    }
    if reaches
        && any
            .iter()
            .any(|one| request.caller.allows(*one, Access::Write))
    {
        return Ok(());
    }
    Err(Failure::new("FORBIDDEN", request.caller.refusal()))
}

fn minimize(state: &mut State, node: &Node, reason: Option<String>) -> Result<(), Failure> {
    let Some(repo) = node.repo().and_then(|name| state.repo_mut(name)) else {
        return Err(Failure::new("UNPROCESSABLE", "Could not minimize"));
    };
    let slot = match node {
        Node::DiffComment(_, id) => repo
            .review_comments
            .iter_mut()
            .find(|one| one.id == *id)
            .map(|one| &mut one.minimized),
        Node::IssueComment(_, id) => repo
            .issue_comments
            .iter_mut()
            .find(|one| one.id == *id)
            .map(|one| &mut one.minimized),
        Node::Review(_, id) => repo
            .reviews
            .iter_mut()
            .find(|one| one.id == *id)
            .map(|one| &mut one.minimized),
        _ => None,
    };
    match slot {
        Some(slot) => {
            *slot = reason;
            Ok(())
        }
        None => Err(Failure::new(
            "UNPROCESSABLE",
            "The subject cannot be minimized",
        )),
    }
}

fn new_review(state: &mut State, repo: &str, pull: u64, login: &str, pending: bool) -> u64 {
    let (id, now) = (state.id(), state.now());
    if let Some(repo) = state.repo_mut(repo) {
        let commit = repo.pulls[&pull].head_sha.clone();
        repo.reviews.push(Review {
            id,
            pull,
            author: login.to_owned(),
            body: String::new(),
            state: if pending { "PENDING" } else { "COMMENTED" },
            commit,
            minimized: None,
            submitted_at: (!pending).then_some(now),
        });
    }
    id
}

/// A thread of a pending review. As on GitHub an anchor outside the diff is no error: the payload
/// then holds no thread, and nothing is to be seen.
fn add_thread(
    request: &Request<'_>,
    state: &mut State,
    input: &Value,
) -> Result<Option<Node>, Failure> {
    let review = input["pullRequestReviewId"].as_str();
    let subject = review
        .or(input["pullRequestId"].as_str())
        .unwrap_or_default();
    let node = node_by_id(request, state, subject)?;
    writes(request, state, &node, &[Permission::PullRequests])?;
    let login = request.caller.login();
    let (name, number, review) = match &node {
        Node::Pull(name, number) => {
            let repo = state.repo(name).ok_or_else(|| no_node(subject))?;
            let mine = |one: &&Review| {
                one.pull == *number && one.author == login && one.state == "PENDING"
            };
            let open = repo.reviews.iter().find(mine).map(|one| one.id);
            let review = open.unwrap_or_else(|| new_review(state, name, *number, &login, true));
            (name.clone(), *number, review)
        }
        Node::Review(name, id) => {
            let repo = state.repo(name).ok_or_else(|| no_node(subject))?;
            let found = repo
                .reviews
                .iter()
                .find(|one| one.id == *id)
                .ok_or_else(|| no_node(subject))?;
            (name.clone(), found.pull, *id)
        }
        _ => return Err(no_node(subject)),
    };
    // The REST names of the same fields.
    let anchor = Anchor::read(&json!({
        "path": input["path"],
        "line": input["line"],
        "side": input["side"],
        "start_line": input["startLine"],
        "start_side": input["startSide"],
        "subject_type": input["subjectType"].as_str().map(str::to_lowercase),
    }));
    let (id, now) = (state.id(), state.now());
    let repo = state.repo_mut(&name).ok_or_else(|| no_node(subject))?;
    let (merge_base, diff) = repo.pull_diff(number);
    let head = repo.pulls[&number].head_sha.clone();
    let Ok(place) = anchor.place(&diff, &merge_base, &head) else {
        return Ok(None);
    };
    repo.review_comments.push(ReviewComment {
        id,
        pull: number,
        review,
        in_reply_to: None,
        author: login,
        body: input["body"].as_str().unwrap_or_default().to_owned(),
        place,
        minimized: None,
        created_at: now,
        updated_at: now,
    });
    anchor::follow(repo, number);
    Ok(Some(Node::Thread(name, id)))
}

fn add_reply(request: &Request<'_>, state: &mut State, input: &Value) -> Result<Node, Failure> {
    let thread = input["pullRequestReviewThreadId"]
        .as_str()
        .unwrap_or_default();
    let node = node_by_id(request, state, thread)?;
    writes(request, state, &node, &[Permission::PullRequests])?;
    let Node::Thread(name, root) = node else {
        return Err(no_node(thread));
    };
    let login = request.caller.login();
    let found = state
        .repo(&name)
        .and_then(|repo| repo.review_comments.iter().find(|one| one.id == root));
    let mut answer = found.ok_or_else(|| no_node(thread))?.clone();
    answer.review = new_review(state, &name, answer.pull, &login, false);
    let (id, now) = (state.id(), state.now());
    answer.id = id;
    answer.in_reply_to = Some(root);
    answer.author = login.clone();
    answer.body = input["body"].as_str().unwrap_or_default().to_owned();
    answer.minimized = None;
    answer.created_at = now;
    answer.updated_at = now;
    let review = answer.review;
    if let Some(repo) = state.repo_mut(&name) {
        repo.review_comments.push(answer);
    }
    news::submitted(state, &name, review, &login);
    Ok(Node::DiffComment(name, id))
}
