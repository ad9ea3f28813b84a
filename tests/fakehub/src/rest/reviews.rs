//! Reviews: create whole or not at all, submit, change, dismiss, delete pending ones.

use serde_json::Value;

use crate::anchor::{self, Anchor};
use crate::call::Call;
use crate::render;
use crate::reply::{Answer, Reply};
use crate::rest::check_body;
use crate::state::{Place, Repo, Review, ReviewComment};
use crate::webhook::news;

fn state_of(event: Option<&str>) -> &'static str {
    match event {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        _ => "PENDING",
    }
}

fn show(call: &Call<'_>, id: u64) -> Result<Value, Reply> {
    let repo = call.repo()?;
    let review = find(repo, id)?;
    Ok(render::review(call.state, &call.links, repo, review))
}

fn find(repo: &Repo, id: u64) -> Result<&Review, Reply> {
    repo.reviews
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(Reply::not_found)
}

/// The review of the path. A pending one is seen by its author alone.
fn current(call: &Call<'_>) -> Result<Review, Reply> {
    let number = call.pull()?.number;
    let review = find(call.repo()?, call.id("review_id")?)?;
    let hidden = review.state == "PENDING" && review.author != call.login();
    if review.pull != number || hidden {
        return Err(Reply::not_found());
    }
    Ok(review.clone())
}

fn change(call: &mut Call<'_>, id: u64, edit: impl FnOnce(&mut Review)) -> Answer {
    let repo = call.repo_mut()?;
    if let Some(review) = repo.reviews.iter_mut().find(|one| one.id == id) {
        edit(review);
    }
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    let login = call.login();
    let repo = call.repo()?;
    let all: Vec<&Review> = repo
        .reviews
        .iter()
        .filter(|one| one.pull == number && (one.state != "PENDING" || one.author == login))
        .collect();
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        shown
            .map(|one| render::review(call.state, &call.links, repo, one))
            .collect()
    })
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = current(call)?.id;
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let pull = call.pull()?.clone();
    let login = call.login();
    let state = state_of(call.body["event"].as_str());
    let body = call.text("body").unwrap_or_default();
    check_body("PullRequestReview", &body)?;
    let comments = call.body["comments"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    refuse_event(
        state,
        pull.author == login,
        body.is_empty() && comments.is_empty(),
        &body,
    )?;
    let pending =
        |one: &Review| one.pull == pull.number && one.author == login && one.state == "PENDING";
    if call.repo()?.reviews.iter().any(pending) {
        return Err(Reply::unprocessable(&[
            "User can only have one pending review per pull request",
        ]));
    }
    let commit = commit_of(call, &pull.head_sha)?;
    let places = places(call, pull.number, &commit, &comments)?;
    let (id, now) = (call.state.id(), call.state.now());
    let submitted_at = (state != "PENDING").then_some(now);
    let ids: Vec<u64> = places.iter().map(|_| call.state.id()).collect();
    let repo = call.repo_mut()?;
    repo.reviews.push(Review {
        id,
        pull: pull.number,
        author: login.clone(),
        body,
        state,
        commit,
        minimized: None,
        submitted_at,
    });
    for ((comment, place), comment_id) in comments.iter().zip(places).zip(ids) {
        repo.review_comments.push(ReviewComment {
            id: comment_id,
            pull: pull.number,
            review: id,
            in_reply_to: None,
            author: login.clone(),
            body: comment["body"].as_str().unwrap_or_default().to_owned(),
            place,
            minimized: None,
            created_at: now,
            updated_at: now,
        });
    }
    anchor::follow(repo, pull.number);
    let name = call.full_name();
    news::submitted(call.state, &name, id, &login);
    Ok(Reply::ok(show(call, id)?))
}

/// What GitHub says to an event that cannot be.
fn refuse_event(state: &str, own: bool, empty: bool, body: &str) -> Result<(), Reply> {
    match state {
        "APPROVED" if own => Err(Reply::unprocessable(&[
            "Review Can not approve your own pull request",
        ])),
        "CHANGES_REQUESTED" if own => Err(Reply::unprocessable(&[
            "Review Can not request changes on your own pull request",
        ])),
        "CHANGES_REQUESTED" if body.is_empty() => {
            Err(Reply::unprocessable(&["Review body can't be blank"]))
        }
        "COMMENTED" if empty => Err(Reply::unprocessable(&["Review body can't be blank"])),
        _ => Ok(()),
    }
}

/// The commit a review or comment is for; by default the head.
pub(crate) fn commit_of(call: &Call<'_>, head: &str) -> Result<String, Reply> {
    let Some(wanted) = call.text("commit_id") else {
        return Ok(head.to_owned());
    };
    if wanted == head {
        return Ok(wanted);
    }
    let base = format!("refs/heads/{}", call.pull()?.base_ref);
    let git = &call.repo()?.git;
    // An earlier head is part of it still; a commit of the base branch never was.
    let known = git.commit_of(&wanted).is_some_and(|found| found == wanted);
    let in_base = || {
        git.try_run(&["merge-base", "--is-ancestor", &wanted, &base])
            .is_some()
    };
    if known && !in_base() {
        return Ok(wanted);
    }
    Err(Reply::unprocessable(&[
        "commit_id is not part of the pull request",
    ]))
}

/// All places of a review, or the refusal of the whole.
fn places(
    call: &mut Call<'_>,
    number: u64,
    commit: &str,
    comments: &[Value],
) -> Result<Vec<Place>, Reply> {
    let repo = call.repo_mut()?;
    let (merge_base, diff) = repo.diff_at(number, commit);
    comments
        .iter()
        .map(|comment| {
            let body = comment["body"].as_str().unwrap_or_default();
            check_body("PullRequestReview", body)?;
            if body.trim().is_empty() {
                return Err(Reply::unprocessable(&["Review comments is invalid"]));
            }
            let anchor = Anchor::read(comment);
            let placed = anchor.place(&diff, &merge_base, commit);
            placed.map_err(|refusals| anchor::review_refusal(&refusals))
        })
        .collect()
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let review = current(call)?;
    if review.author != call.login() {
        return Err(Reply::error(
            403,
            "You do not have permission to edit this review.",
        ));
    }
    let body = call.text("body").unwrap_or_default();
    check_body("PullRequestReview", &body)?;
    change(call, review.id, |review| review.body = body)
}

pub(crate) fn submit(call: &mut Call<'_>) -> Answer {
    let review = current(call)?;
    if review.state != "PENDING" {
        return Err(Reply::unprocessable(&[
            "Can not submit a review that is not pending",
        ]));
    }
    let state = state_of(call.body["event"].as_str());
    let body = call.text("body").unwrap_or(review.body);
    check_body("PullRequestReview", &body)?;
    refuse_event(state, call.pull()?.author == call.login(), false, &body)?;
    let (now, id) = (call.state.now(), review.id);
    change(call, id, |review| {
        review.state = state;
        review.body = body;
        review.submitted_at = Some(now);
    })?;
    let (name, login) = (call.full_name(), call.login());
    news::submitted(call.state, &name, id, &login);
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn dismiss(call: &mut Call<'_>) -> Answer {
    let review = current(call)?;
    match review.state {
        "APPROVED" | "CHANGES_REQUESTED" => {}
        "COMMENTED" => {
            return Err(Reply::unprocessable(&[
                "Can not dismiss a commented pull request review",
            ]));
        }
        "PENDING" => {
            return Err(Reply::unprocessable(&[
                "Can not dismiss a pending pull request review",
            ]));
        }
        _ => {
            return Err(Reply::unprocessable(&[
                "Can not dismiss a dismissed pull request review",
            ]));
        }
    }
    change(call, review.id, |review| review.state = "DISMISSED")?;
    let (name, login) = (call.full_name(), call.login());
    news::review(call.state, &name, review.id, "dismissed", &login);
    Ok(Reply::ok(show(call, review.id)?))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let review = current(call)?;
    if review.state != "PENDING" {
        return Err(Reply::unprocessable(&[
            "Can not delete a non-pending pull request review",
        ]));
    }
    let shown = show(call, review.id)?;
    let repo = call.repo_mut()?;
    repo.reviews.retain(|one| one.id != review.id);
    repo.review_comments.retain(|one| one.review != review.id);
    Ok(Reply::ok(shown))
}

pub(crate) fn comments(call: &mut Call<'_>) -> Answer {
    let id = current(call)?.id;
    let repo = call.repo()?;
    let all: Vec<&ReviewComment> = repo
        .review_comments
        .iter()
        .filter(|one| one.review == id)
        .collect();
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        shown
            .map(|one| render::review_comment(call.state, &call.links, repo, one))
            .collect()
    })
}
