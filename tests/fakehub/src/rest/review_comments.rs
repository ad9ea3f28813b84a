//! Comments on the diff, one by one.

use serde_json::Value;

use crate::anchor::{self, Anchor};
use crate::call::Call;
use crate::render;
use crate::reply::{Answer, Reply};
use crate::rest::check_body;
use crate::rest::reviews::commit_of;
use crate::state::{Place, Repo, Review, ReviewComment};
use crate::webhook::news;

const RESOURCE: &str = "PullRequestReviewComment";

fn find(repo: &Repo, id: u64) -> Result<&ReviewComment, Reply> {
    repo.review_comments
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(Reply::not_found)
}

fn show(call: &Call<'_>, id: u64) -> Result<Value, Reply> {
    let repo = call.repo()?;
    Ok(render::review_comment(
        call.state,
        &call.links,
        repo,
        find(repo, id)?,
    ))
}

fn pending(repo: &Repo, comment: &ReviewComment) -> bool {
    repo.reviews
        .iter()
        .any(|one| one.id == comment.review && one.state == "PENDING")
}

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    let repo = call.repo()?;
    let mut all: Vec<&ReviewComment> = repo
        .review_comments
        .iter()
        .filter(|one| one.pull == number && !pending(repo, one))
        .filter(|one| call.since(one.updated_at))
        .collect();
    // Without `sort` GitHub ignores `direction`: ascending by id.
    if call.query.contains_key("sort")
        && call.query.get("direction").map(String::as_str) != Some("asc")
    {
        all.reverse();
    }
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        shown
            .map(|one| render::review_comment(call.state, &call.links, repo, one))
            .collect()
    })
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    if pending(call.repo()?, find(call.repo()?, id)?) {
        return Err(Reply::not_found());
    }
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(root) = call.body["in_reply_to"].as_u64() {
        return answer(call, root);
    }
    let pull = call.pull()?.clone();
    let commit = commit_of(call, &pull.head_sha).map_err(|_| {
        Reply::invalid(
            RESOURCE,
            "commit_id",
            "custom",
            "commit_id is not part of the pull request",
        )
    })?;
    let repo = call.repo_mut()?;
    let (merge_base, diff) = repo.diff_at(pull.number, &commit);
    let anchor = Anchor::read(&call.body);
    let placed = anchor.place(&diff, &merge_base, &commit);
    let place = placed.map_err(|refusals| anchor::comment_refusal(&refusals))?;
    let id = store(call, pull.number, None, place)?;
    Ok(Reply::created(show(call, id)?))
}

/// The replies operation.
pub(crate) fn reply(call: &mut Call<'_>) -> Answer {
    let root = call.id("comment_id")?;
    answer(call, root)
}

fn answer(call: &mut Call<'_>, to: u64) -> Answer {
    let number = call.pull()?.number;
    let repo = call.repo()?;
    let Some(comment) = repo
        .review_comments
        .iter()
        .find(|one| one.id == to && one.pull == number)
    else {
        return Err(Reply::not_found());
    };
    if comment.in_reply_to.is_some() && call.params.contains_key("comment_id") {
        return Err(Reply::not_found());
    }
    let (root, place) = (comment.root(), comment.place.clone());
    let id = store(call, number, Some(root), place)?;
    Ok(Reply::created(show(call, id)?))
}

/// Stores the comment with the review GitHub makes for each single one.
fn store(call: &mut Call<'_>, pull: u64, root: Option<u64>, place: Place) -> Result<u64, Reply> {
    let body = call.text("body").unwrap_or_default();
    check_body(RESOURCE, &body)?;
    if body.trim().is_empty() {
        return Err(Reply::invalid(RESOURCE, "body", "missing_field", ""));
    }
    let author = call.login();
    let (review, id, now) = (call.state.id(), call.state.id(), call.state.now());
    let repo = call.repo_mut()?;
    repo.reviews.push(Review {
        id: review,
        pull,
        author: author.clone(),
        body: String::new(),
        state: "COMMENTED",
        commit: place.commit.clone(),
        minimized: None,
        submitted_at: Some(now),
    });
    repo.review_comments.push(ReviewComment {
        id,
        pull,
        review,
        in_reply_to: root,
        author,
        body,
        place,
        minimized: None,
        created_at: now,
        updated_at: now,
    });
    anchor::follow(repo, pull);
    let (name, login) = (call.full_name(), call.login());
    news::submitted(call.state, &name, review, &login);
    Ok(id)
}

fn tell(call: &mut Call<'_>, id: u64, action: &str, earlier: Option<&str>) {
    let (name, login) = (call.full_name(), call.login());
    news::review_comment(call.state, &name, id, action, &login, earlier);
}

/// Whether the caller may change somebody's comment: the author, or who may write contents.
fn own(call: &Call<'_>, author: &str) -> Result<(), Reply> {
    let writer = call.caller.as_ref().is_some_and(|token| {
        token.allows(
            crate::token::Permission::Contents,
            crate::token::Access::Write,
        )
    });
    if writer || author == call.login() {
        return Ok(());
    }
    Err(Reply::error(
        403,
        call.caller
            .as_ref()
            .map_or("Forbidden", |token| token.refusal()),
    ))
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    own(call, &find(call.repo()?, id)?.author.clone())?;
    let body = call.text("body").unwrap_or_default();
    check_body(RESOURCE, &body)?;
    let now = call.state.now();
    let earlier = find(call.repo()?, id)?.body.clone();
    let repo = call.repo_mut()?;
    for one in repo.review_comments.iter_mut().filter(|one| one.id == id) {
        one.body.clone_from(&body);
        one.updated_at = now;
    }
    tell(call, id, "edited", Some(&earlier));
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    own(call, &find(call.repo()?, id)?.author.clone())?;
    tell(call, id, "deleted", None);
    call.repo_mut()?.delete_review_comment(id);
    Ok(Reply::no_content())
}
