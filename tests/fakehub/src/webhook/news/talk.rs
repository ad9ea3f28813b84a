//! News of what is said: comments, reviews, threads.

use serde_json::{Value, json};

use super::{News, tell};
use crate::render;
use crate::state::State;

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
