//! Pages for people at a demo: a pull request with what was said, and a check run. Plain HTML; what
//! clients read is in the API.

use crate::oauth::{escaped, page};
use crate::reply::Reply;
use crate::state::{Repo, State};

/// The page a path names, if it is one: `/OWNER/REPO/pull/N` or `/OWNER/REPO/runs/ID`.
pub(crate) fn find(state: &State, method: &str, path: &str) -> Option<Reply> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let [owner, name, kind @ ("pull" | "runs"), id] = parts[..] else {
        return None;
    };
    let repo = state.repo(&format!("{owner}/{name}"))?;
    let id = id.parse().ok()?;
    match (method, kind) {
        ("GET", "pull") => pull(repo, id),
        ("GET", _) => run(repo, id),
        _ => None,
    }
}

fn quoted(who: &str, place: &str, body: &str) -> String {
    format!(
        "<article><h3>{} {}</h3><pre>{}</pre></article>\n",
        escaped(who),
        escaped(place),
        escaped(body)
    )
}

fn pull(repo: &Repo, number: u64) -> Option<Reply> {
    let pull = repo.pulls.get(&number)?;
    let state = match (pull.open, pull.merged, pull.draft) {
        (true, _, true) => "draft",
        (true, ..) => "open",
        (_, true, _) => "merged",
        _ => "closed",
    };
    let mut text = format!(
        "<p>{} #{number} by {}, {state}: {} into {}</p>\n",
        escaped(&repo.full_name),
        escaped(&pull.author),
        escaped(&pull.head_ref),
        escaped(&pull.base_ref)
    );
    for check in repo
        .check_runs
        .iter()
        .filter(|run| run.head_sha == pull.head_sha)
    {
        let word = |name: &str| {
            let value = check.fields.get(name).and_then(|value| value.as_str());
            escaped(value.unwrap_or("none"))
        };
        text.push_str(&format!(
            "<p>Check <a href=\"/{}/runs/{}\">{}</a>: {}, {}</p>\n",
            escaped(&repo.full_name),
            check.id,
            word("name"),
            word("status"),
            word("conclusion")
        ));
    }
    for review in repo
        .reviews
        .iter()
        .filter(|one| one.pull == number && !one.body.is_empty())
    {
        text.push_str(&quoted(&review.author, "reviewed", &review.body));
    }
    for comment in repo.review_comments.iter().filter(|one| one.pull == number) {
        let line = comment
            .place
            .line
            .map_or("outdated".to_owned(), |line| format!("line {line}"));
        let place = format!("on {}, {line}", comment.place.path);
        text.push_str(&quoted(&comment.author, &place, &comment.body));
    }
    for comment in repo.issue_comments.iter().filter(|one| one.pull == number) {
        text.push_str(&quoted(&comment.author, "said", &comment.body));
    }
    Some(page(200, &escaped(&pull.title), &text))
}

fn run(repo: &Repo, id: u64) -> Option<Reply> {
    let run = repo.check_runs.iter().find(|one| one.id == id)?;
    let output = run.fields.get("output");
    let part = |name: &str| {
        let value = output.and_then(|output| output[name].as_str());
        escaped(value.unwrap_or_default())
    };
    let text = format!(
        "<p>{} at {}</p>\n<pre>{}</pre>\n<pre>{}</pre>\n",
        escaped(&repo.full_name),
        run.head_sha,
        part("summary"),
        part("text")
    );
    Some(page(200, &part("title"), &text))
}
