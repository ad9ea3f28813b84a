//! Two commits compared: merge base, commits between, changed files.

use serde_json::{Value, json};

use crate::call::Call;
use crate::diff::DIFF_FILES;
use crate::render::{self, repo_url};
use crate::reply::{Answer, Body, Reply};

/// Most commits of a comparison without paging.
const COMMITS: usize = 250;

/// `BASE...HEAD`; each a branch, tag or commit, or `OWNER:BRANCH` of a fork.
pub(crate) fn compare(call: &mut Call<'_>) -> Answer {
    let basehead = call.param("basehead").to_owned();
    let (base, head) = basehead.split_once("...").ok_or_else(Reply::not_found)?;
    let (base, head) = (commit(call, base)?, commit(call, head)?);
    let repo = call.repo()?;
    let merge_base = repo.git.merge_base(&base, &head).ok_or_else(|| {
        Reply::error(
            404,
            &format!("No common ancestor between {base} and {head}."),
        )
    })?;
    let list = repo.git.between(&base, &head);
    let (ahead, behind) = (list.len(), repo.git.between(&head, &base).len());
    let page: usize = call
        .query
        .get("page")
        .and_then(|page| page.parse().ok())
        .unwrap_or(1);
    // Only the first page lists the files.
    let diff = match page {
        1 => Some(call.repo_mut()?.diff(&merge_base, &head)),
        _ => None,
    };
    let repo = call.repo()?;
    let commits_of = |shown: &[String]| -> Value {
        let commits = shown
            .iter()
            .map(|sha| render::commit(&call.links, repo, sha));
        commits.collect()
    };
    // Without paging up to 250 commits come at once.
    let paged = ["page", "per_page"]
        .iter()
        .any(|name| call.query.contains_key(*name));
    let (mut reply, commits) = if paged {
        let mut commits = Value::Null;
        let reply = call.paged(list.len(), |range| {
            commits = commits_of(&list[range]);
            Value::Null
        })?;
        (reply, commits)
    } else {
        (
            Reply::ok(Value::Null),
            commits_of(&list[..list.len().min(COMMITS)]),
        )
    };
    let files: Vec<Value> = diff
        .iter()
        .flat_map(|diff| &diff.files)
        .take(DIFF_FILES)
        .map(|file| render::file(&call.links, repo, &head, file))
        .collect();
    let web = format!("{}/{}/compare/{basehead}", call.links.web, repo.full_name);
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    reply.body = Body::Json(json!({
        "url": format!("{}/compare/{basehead}", repo_url(&call.links, repo)),
        "html_url": web,
        "permalink_url": format!("{}/{}/compare/{base}...{head}", call.links.web, repo.full_name),
        "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"),
        "base_commit": render::commit(&call.links, repo, &base),
        "merge_base_commit": render::commit(&call.links, repo, &merge_base),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": list.len(),
        "commits": commits,
        "files": files,
    }));
    Ok(reply)
}

fn commit(call: &Call<'_>, name: &str) -> Result<String, Reply> {
    let repo = call.repo()?;
    if let Some((owner, branch)) = name.split_once(':') {
        let fork = call.state.repos.values().find(|one| {
            one.owner() == owner
                && (one.fork_of.as_ref() == Some(&repo.full_name)
                    || one.full_name == repo.full_name)
        });
        let fork = fork.ok_or_else(Reply::not_found)?;
        let tip = fork.git.branch(branch).ok_or_else(Reply::not_found)?;
        repo.git.fetch(&fork.git, &tip);
        return Ok(tip);
    }
    repo.git.commit_of(name).ok_or_else(Reply::not_found)
}
