//! Comments in the conversation of a pull request (GitHub: issue comments).

use serde_json::Value;

use crate::call::Call;
use crate::render;
use crate::reply::{Answer, Reply};
use crate::rest::check_body;
use crate::state::{IssueComment, Repo};
use crate::token::{Access, Permission};
use crate::webhook::news;

const RESOURCE: &str = "IssueComment";

fn find(repo: &Repo, id: u64) -> Result<&IssueComment, Reply> {
    repo.issue_comments
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(Reply::not_found)
}

fn show(call: &Call<'_>, id: u64) -> Result<Value, Reply> {
    let repo = call.repo()?;
    Ok(render::issue_comment(
        call.state,
        &call.links,
        repo,
        find(repo, id)?,
    ))
}

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    let repo = call.repo()?;
    let all: Vec<&IssueComment> = repo
        .issue_comments
        .iter()
        .filter(|one| one.pull == number && call.since(one.updated_at))
        .collect();
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        shown
            .map(|one| render::issue_comment(call.state, &call.links, repo, one))
            .collect()
    })
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let pull = call.pull()?.number;
    let body = call.text("body").unwrap_or_default();
    check_body(RESOURCE, &body)?;
    if body.trim().is_empty() {
        return Err(Reply::invalid(
            RESOURCE,
            "data",
            "unprocessable",
            "Body cannot be blank",
        ));
    }
    let author = call.login();
    let (id, now) = (call.state.id(), call.state.now());
    call.repo_mut()?.issue_comments.push(IssueComment {
        id,
        pull,
        author,
        body,
        minimized: None,
        created_at: now,
        updated_at: now,
    });
    tell(call, id, "created", None);
    Ok(Reply::created(show(call, id)?))
}

fn tell(call: &mut Call<'_>, id: u64, action: &str, earlier: Option<&str>) {
    let (name, login) = (call.full_name(), call.login());
    news::issue_comment(call.state, &name, id, action, &login, earlier);
}

fn own(call: &Call<'_>, id: u64) -> Result<(), Reply> {
    let author = &find(call.repo()?, id)?.author;
    let token = call.caller.as_ref();
    let writer = token.is_some_and(|token| token.allows(Permission::Contents, Access::Write));
    if writer || *author == call.login() {
        return Ok(());
    }
    Err(Reply::error(
        403,
        token.map_or("Forbidden", |token| token.refusal()),
    ))
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    own(call, id)?;
    let body = call.text("body").unwrap_or_default();
    check_body(RESOURCE, &body)?;
    let now = call.state.now();
    let earlier = find(call.repo()?, id)?.body.clone();
    let repo = call.repo_mut()?;
    for one in repo.issue_comments.iter_mut().filter(|one| one.id == id) {
        one.body.clone_from(&body);
        one.updated_at = now;
    }
    tell(call, id, "edited", Some(&earlier));
    Ok(Reply::ok(show(call, id)?))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.id("comment_id")?;
    own(call, id)?;
    tell(call, id, "deleted", None);
    call.repo_mut()?.issue_comments.retain(|one| one.id != id);
    Ok(Reply::no_content())
}
