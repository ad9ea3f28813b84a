//! Pull requests: list, one, its diff, files and commits.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::{Call, Links};
use crate::diff::{DIFF_FILES, DIFF_LINES, LISTED_FILES};
use crate::render;
use crate::reply::{Answer, Reply};
use crate::state::State;

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let wanted = call.query.get("state").map_or("open", String::as_str);
    let head = call.query.get("head");
    let base = call.query.get("base");
    let repo = call.repo()?;
    let mut numbers: Vec<u64> = repo
        .pulls
        .values()
        .filter(|pull| match wanted {
            "open" => pull.open,
            "closed" => !pull.open,
            _ => true,
        })
        .filter(|pull| base.is_none_or(|base| *base == pull.base_ref))
        .filter(|pull| {
            let owner = pull.head_repo.split('/').next().unwrap_or_default();
            head.is_none_or(|head| *head == format!("{owner}:{}", pull.head_ref))
        })
        .map(|pull| pull.number)
        .collect();
    if call.query.get("direction").map_or("desc", String::as_str) == "desc" {
        numbers.reverse();
    }
    call.paged(numbers.len(), |range| {
        let shown = numbers[range].iter();
        shown
            .map(|number| render::pull(call.state, &call.links, repo, &repo.pulls[number]))
            .collect()
    })
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    if call.accept.contains(".diff") {
        let (_, diff) = call.repo_mut()?.pull_diff(number);
        if diff.files.len() > DIFF_FILES {
            return Err(Reply::too_large(&format!(
                "Sorry, the diff exceeded the maximum number of files ({DIFF_FILES}). Consider using 'List pull requests files' API or locally cloning the repository instead."
            )));
        }
        if diff.lines > DIFF_LINES {
            return Err(Reply::too_large(&format!(
                "Sorry, the diff exceeded the maximum number of lines ({DIFF_LINES})"
            )));
        }
        return Ok(Reply::bytes(
            "application/vnd.github.v3.diff; charset=utf-8",
            diff.text.clone(),
        ));
    }
    let (links, name) = (call.links.clone(), call.full_name());
    Ok(Reply::ok(whole(call.state, &links, &name, number)))
}

/// A pull request with all that is counted on it, as the API shows a single one. The pull request
/// exists.
pub(crate) fn whole(state: &mut State, links: &Links, name: &str, number: u64) -> Value {
    let Some(repo) = state.repo_mut(name) else {
        return Value::Null;
    };
    let (merge_base, diff) = repo.pull_diff(number);
    let Some(repo) = state.repo(name) else {
        return Value::Null;
    };
    let pull = &repo.pulls[&number];
    let mut shown = render::pull(state, links, repo, pull);
    let commits = repo.git.between(&merge_base, &pull.head_sha).len();
    let sum = |part: fn(&crate::diff::FileDiff) -> u64| diff.files.iter().map(part).sum::<u64>();
    shown["commits"] = json!(commits);
    shown["additions"] = json!(sum(|file| file.additions));
    shown["deletions"] = json!(sum(|file| file.deletions));
    shown["changed_files"] = json!(diff.files.len());
    shown["comments"] = json!(
        repo.issue_comments
            .iter()
            .filter(|one| one.pull == number)
            .count()
    );
    let on_diff = repo.review_comments.iter().filter(|one| one.pull == number);
    shown["review_comments"] = json!(on_diff.count());
    shown
}

pub(crate) fn files(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    let (_, diff) = call.repo_mut()?.pull_diff(number);
    let repo = call.repo()?;
    let head = &repo.pulls[&number].head_sha;
    let diff = Arc::clone(&diff);
    call.paged(diff.files.len().min(LISTED_FILES), |range| {
        let files = diff.files[range].iter();
        files
            .map(|file| render::file(&call.links, repo, head, file))
            .collect()
    })
}

pub(crate) fn commits(call: &mut Call<'_>) -> Answer {
    let number = call.pull()?.number;
    let (merge_base, _) = call.repo_mut()?.pull_diff(number);
    let repo = call.repo()?;
    // GitHub lists at most 250 commits of a pull request.
    let mut list = repo.git.between(&merge_base, &repo.pulls[&number].head_sha);
    list.truncate(250);
    call.paged(list.len(), |range| {
        list[range]
            .iter()
            .map(|sha| render::commit(&call.links, repo, sha))
            .collect()
    })
}

/// Pull requests that hold a commit.
pub(crate) fn of_commit(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let sha = repo
        .git
        .commit_of(call.param("commit_sha"))
        .ok_or_else(|| {
            Reply::error(
                422,
                &format!("No commit found for SHA: {}", call.param("commit_sha")),
            )
        })?;
    let holds = |head: &str| {
        repo.git
            .try_fixed(&["merge-base", "--is-ancestor", &sha, head])
            .is_some()
    };
    let found: Vec<Value> = repo
        .pulls
        .values()
        .filter(|pull| holds(&pull.head_sha) && !holds(&pull.base_sha))
        .map(|pull| render::pull(call.state, &call.links, repo, pull))
        .collect();
    call.paged(found.len(), |range| found[range].to_vec().into())
}
