//! How the state looks as GitHub's JSON. Required fields that are missing here are filled in by
//! [`crate::contract::complete`].

use chrono::DateTime;
use serde_json::{Value, json};

use crate::call::Links;
use crate::diff::FileDiff;
use crate::git::Said;
use crate::state::{IssueComment, Pull, Repo, Review, ReviewComment, State};
use crate::url::encode_path;

/// A time in GitHub's form.
pub(crate) fn time(seconds: i64) -> String {
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn user(state: &State, links: &Links, login: &str) -> Value {
    let id = state.users.get(login).copied().unwrap_or(1);
    let bot = login.ends_with("[bot]");
    let page = login.trim_end_matches("[bot]");
    let path = format!("{}/users/{}", links.api, encode_path(login));
    json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id}"),
        "avatar_url": format!("{}/avatars/{id}", links.web),
        "gravatar_id": "",
        "url": path,
        "html_url": if bot { format!("{}/apps/{page}", links.web) } else { format!("{}/{page}", links.web) },
        "followers_url": format!("{path}/followers"),
        "following_url": format!("{path}/following{{/other_user}}"),
        "gists_url": format!("{path}/gists{{/gist_id}}"),
        "starred_url": format!("{path}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{path}/subscriptions"),
        "organizations_url": format!("{path}/orgs"),
        "repos_url": format!("{path}/repos"),
        "events_url": format!("{path}/events{{/privacy}}"),
        "received_events_url": format!("{path}/received_events"),
        "type": kind(state, login),
        "site_admin": false,
    })
}

/// What kind of account this is.
pub(crate) fn kind(state: &State, login: &str) -> &'static str {
    if login.ends_with("[bot]") {
        "Bot"
    } else if state.organizations.contains(login) {
        "Organization"
    } else {
        "User"
    }
}

/// An organisation as webhooks show it.
pub(crate) fn organization(state: &State, links: &Links, login: &str) -> Value {
    let shown = user(state, links, login);
    let path = format!("{}/orgs/{}", links.api, encode_path(login));
    json!({
        "login": login,
        "id": shown["id"],
        "node_id": shown["node_id"],
        "url": path,
        "repos_url": format!("{path}/repos"),
        "events_url": format!("{path}/events"),
        "hooks_url": format!("{path}/hooks"),
        "issues_url": format!("{path}/issues"),
        "members_url": format!("{path}/members{{/member}}"),
        "public_members_url": format!("{path}/public_members{{/member}}"),
        "avatar_url": shown["avatar_url"],
        "description": null,
    })
}

pub(crate) fn repo_url(links: &Links, repo: &Repo) -> String {
    format!("{}/repos/{}", links.api, repo.full_name)
}

pub(crate) fn repository(state: &State, links: &Links, repo: &Repo) -> Value {
    let page = format!("{}/{}", links.web, repo.full_name);
    json!({
        "id": repo.id,
        "node_id": format!("R_{}", repo.id),
        "name": repo.name(),
        "full_name": repo.full_name,
        "private": repo.private,
        "visibility": if repo.private { "private" } else { "public" },
        "owner": user(state, links, repo.owner()),
        "html_url": page,
        "url": repo_url(links, repo),
        "clone_url": format!("{page}.git"),
        "git_url": format!("{page}.git"),
        "ssh_url": format!("git@localhost:{}.git", repo.full_name),
        "svn_url": page,
        "fork": repo.fork_of.is_some(),
        "archived": repo.archived,
        "disabled": false,
        "size": repo.size,
        "created_at": time(repo.created_at),
        "updated_at": time(repo.pushed_at),
        "pushed_at": time(repo.pushed_at),
        "default_branch": repo.default_branch,
        "permissions": {"admin": false, "push": false, "pull": true},
        "has_issues": true,
        "topics": [],
    })
}

/// The relation of an author to the repository, as far as roles tell.
pub(crate) fn association(repo: &Repo, login: &str) -> &'static str {
    match repo.collaborators.get(login).map(String::as_str) {
        Some("admin") if login == repo.owner() => "OWNER",
        Some("admin" | "maintain" | "write" | "triage" | "read") => "COLLABORATOR",
        _ => "NONE",
    }
}

/// A pull request; `state` holds the repository, whose diff the caller has computed.
pub(crate) fn pull(state: &State, links: &Links, repo: &Repo, pull: &Pull) -> Value {
    let url = format!("{}/pulls/{}", repo_url(links, repo), pull.number);
    let issue = format!("{}/issues/{}", repo_url(links, repo), pull.number);
    let page = format!("{}/{}/pull/{}", links.web, repo.full_name, pull.number);
    let statuses = format!("{}/statuses/{}", repo_url(links, repo), pull.head_sha);
    let end = |name: &str, reference: &str, sha: &str| {
        let owner = name.split('/').next().unwrap_or_default();
        json!({
            "label": format!("{owner}:{reference}"),
            "ref": reference,
            "sha": sha,
            "user": user(state, links, owner),
            // A fork may be gone.
            "repo": state.repo(name).map(|repo| repository(state, links, repo)),
        })
    };
    let links_of = json!({
        "self": {"href": url},
        "html": {"href": page},
        "issue": {"href": issue},
        "comments": {"href": format!("{issue}/comments")},
        "review_comments": {"href": format!("{url}/comments")},
        "review_comment": {"href": format!("{}/pulls/comments{{/number}}", repo_url(links, repo))},
        "commits": {"href": format!("{url}/commits")},
        "statuses": {"href": statuses},
    });
    let closed_at = (!pull.open).then(|| time(pull.updated_at));
    json!({
        "id": pull.id,
        "node_id": format!("PR_{}", pull.id),
        "number": pull.number,
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "body": pull.body,
        "draft": pull.draft,
        "user": user(state, links, &pull.author),
        "author_association": association(repo, &pull.author),
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": closed_at,
        "merged_at": closed_at.as_ref().filter(|_| pull.merged),
        "merged": pull.merged,
        "merge_commit_sha": pull.merge_sha,
        "mergeable": pull.merge_sha.is_some(),
        "rebaseable": pull.merge_sha.is_some(),
        "mergeable_state": if pull.merge_sha.is_some() { "clean" } else { "dirty" },
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "head": end(&pull.head_repo, &pull.head_ref, &pull.head_sha),
        "base": end(&repo.full_name, &pull.base_ref, &pull.base_sha),
        "url": url,
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "issue_url": issue,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{}/pulls/comments{{/number}}", repo_url(links, repo)),
        "comments_url": format!("{issue}/comments"),
        "statuses_url": statuses,
        "_links": links_of,
    })
}

/// The issue that a pull request is, too.
pub(crate) fn issue(state: &State, links: &Links, repo: &Repo, pull: &Pull) -> Value {
    let url = format!("{}/issues/{}", repo_url(links, repo), pull.number);
    let page = format!("{}/{}/pull/{}", links.web, repo.full_name, pull.number);
    let comments = repo
        .issue_comments
        .iter()
        .filter(|one| one.pull == pull.number);
    json!({
        "id": pull.id,
        "node_id": format!("I_{}", pull.id),
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "user": user(state, links, &pull.author),
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "draft": pull.draft,
        "labels": [],
        "assignees": [],
        "comments": comments.count(),
        "author_association": association(repo, &pull.author),
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": (!pull.open).then(|| time(pull.updated_at)),
        "url": url,
        "html_url": page,
        "repository_url": repo_url(links, repo),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "labels_url": format!("{url}/labels{{/name}}"),
        "pull_request": {
            "url": format!("{}/pulls/{}", repo_url(links, repo), pull.number),
            "html_url": page,
            "diff_url": format!("{page}.diff"),
            "patch_url": format!("{page}.patch"),
            "merged_at": pull.merged.then(|| time(pull.updated_at)),
        },
    })
}

pub(crate) fn review(state: &State, links: &Links, repo: &Repo, review: &Review) -> Value {
    let url = format!("{}/pulls/{}", repo_url(links, repo), review.pull);
    let page = format!(
        "{}/{}/pull/{}#pullrequestreview-{}",
        links.web, repo.full_name, review.pull, review.id
    );
    let mut made = json!({
        "id": review.id,
        "node_id": format!("PRR_{}", review.id),
        "user": user(state, links, &review.author),
        "body": review.body,
        "state": review.state,
        "commit_id": review.commit,
        "html_url": page,
        "pull_request_url": url,
        "author_association": association(repo, &review.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
    });
    if let Some(submitted) = review.submitted_at {
        made["submitted_at"] = json!(time(submitted));
    }
    made
}

pub(crate) fn review_comment(
    state: &State,
    links: &Links,
    repo: &Repo,
    comment: &ReviewComment,
) -> Value {
    let place = &comment.place;
    let url = format!("{}/pulls/comments/{}", repo_url(links, repo), comment.id);
    let pull = format!("{}/pulls/{}", repo_url(links, repo), comment.pull);
    let page = format!(
        "{}/{}/pull/{}#discussion_r{}",
        links.web, repo.full_name, comment.pull, comment.id
    );
    let mut made = json!({
        "id": comment.id,
        "node_id": format!("PRRC_{}", comment.id),
        "pull_request_review_id": comment.review,
        "diff_hunk": place.diff_hunk,
        "path": place.path,
        "position": place.position,
        "original_position": place.original_position,
        "commit_id": place.commit,
        "original_commit_id": place.original_commit,
        "user": user(state, links, &comment.author),
        "body": comment.body,
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "html_url": page,
        "url": url,
        "pull_request_url": pull,
        "author_association": association(repo, &comment.author),
        "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull}},
        "start_line": place.start_line,
        "original_start_line": place.original_start_line,
        "start_side": place.start_side.map(|side| side.as_str()),
        "line": place.line,
        "original_line": place.original_line,
        "side": place.side.as_str(),
        "subject_type": if place.whole_file { "file" } else { "line" },
    });
    if let Some(root) = comment.in_reply_to {
        made["in_reply_to_id"] = json!(root);
    }
    made
}

pub(crate) fn issue_comment(
    state: &State,
    links: &Links,
    repo: &Repo,
    comment: &IssueComment,
) -> Value {
    json!({
        "id": comment.id,
        "node_id": format!("IC_{}", comment.id),
        "url": format!("{}/issues/comments/{}", repo_url(links, repo), comment.id),
        "html_url": format!(
            "{}/{}/pull/{}#issuecomment-{}",
            links.web, repo.full_name, comment.pull, comment.id
        ),
        "issue_url": format!("{}/issues/{}", repo_url(links, repo), comment.pull),
        "body": comment.body,
        "user": user(state, links, &comment.author),
        "author_association": association(repo, &comment.author),
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
    })
}

pub(crate) fn file(links: &Links, repo: &Repo, head: &str, file: &FileDiff) -> Value {
    let path = encode_path(&file.path);
    let page = format!("{}/{}", links.web, repo.full_name);
    let mut made = json!({
        "sha": file.blob,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": format!("{page}/blob/{head}/{path}"),
        "raw_url": format!("{page}/raw/{head}/{path}"),
        "contents_url": format!("{}/contents/{path}?ref={head}", repo_url(links, repo)),
    });
    if let Some(patch) = &file.patch {
        made["patch"] = json!(patch);
    }
    if let Some(previous) = &file.previous {
        made["previous_filename"] = json!(previous);
    }
    made
}

/// A commit as webhooks show it.
pub(crate) fn simple_commit(repo: &Repo, sha: &str) -> Value {
    let commit = repo.git.said(sha);
    let person = json!({"name": commit.name, "email": commit.email});
    json!({
        "id": sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": time(commit.time),
        "author": person,
        "committer": person,
    })
}

/// A commit as the commit, compare and pull request operations show it.
pub(crate) fn commit(links: &Links, repo: &Repo, sha: &str) -> Value {
    let Said {
        tree,
        parents,
        name,
        email,
        time: when,
        message,
    } = repo.git.said(sha);
    let person = json!({"name": name, "email": email, "date": time(when)});
    let git = format!("{}/git", repo_url(links, repo));
    let parents: Vec<Value> = parents
        .iter()
        .map(|parent| json!({"sha": parent, "url": format!("{}/commits/{parent}", repo_url(links, repo))}))
        .collect();
    json!({
        "sha": sha,
        "node_id": format!("C_{sha}"),
        "url": format!("{}/commits/{sha}", repo_url(links, repo)),
        "html_url": format!("{}/{}/commit/{sha}", links.web, repo.full_name),
        "comments_url": format!("{}/commits/{sha}/comments", repo_url(links, repo)),
        "commit": {
            "url": format!("{git}/commits/{sha}"),
            "author": person,
            "committer": person,
            "message": message,
            "comment_count": 0,
            "tree": {"sha": tree, "url": format!("{git}/trees/{tree}")},
        },
        "author": null,
        "committer": null,
        "parents": parents,
    })
}
