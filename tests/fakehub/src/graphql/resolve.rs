//! The fields of each type, read from the state.

use serde_json::{Value, json};

use super::comments::{diff_comment, issue_comment, review};
use super::execute::{Failure, Request};
use crate::render::time;
use crate::state::{Pull, Repo, ReviewComment, State};
use crate::token::{Access, Permission};

/// An object that fields can be asked of; the text is the repository's full name.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Query,
    Mutation,
    RateLimit,
    Account(String),
    Repository(String),
    Pull(String, u64),
    /// By its first comment.
    Thread(String, u64),
    DiffComment(String, u64),
    IssueComment(String, u64),
    Review(String, u64),
    Commit(String),
    Connection {
        of: &'static str,
        nodes: Vec<Node>,
        start: usize,
        total: usize,
    },
    Edge {
        of: &'static str,
        node: Box<Node>,
        index: usize,
    },
    PageInfo {
        start: usize,
        end: usize,
        total: usize,
    },
    Payload {
        kind: String,
        inner: Option<Box<Node>>,
        client: Value,
    },
}

/// What a field holds.
pub(crate) enum Found {
    Scalar(Value),
    One(Option<Node>),
    Many(Vec<Option<Node>>),
}

impl Node {
    pub(crate) fn type_name(&self) -> &str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::RateLimit => "RateLimit",
            Self::Account(login) if login.ends_with("[bot]") => "Bot",
            Self::Account(_) => "User",
            Self::Repository(_) => "Repository",
            Self::Pull(..) => "PullRequest",
            Self::Thread(..) => "PullRequestReviewThread",
            Self::DiffComment(..) => "PullRequestReviewComment",
            Self::IssueComment(..) => "IssueComment",
            Self::Review(..) => "PullRequestReview",
            Self::Commit(_) => "Commit",
            Self::Connection { of, .. } => match *of {
                "PullRequestReviewThread" => "PullRequestReviewThreadConnection",
                "IssueComment" => "IssueCommentConnection",
                "PullRequestReview" => "PullRequestReviewConnection",
                _ => "PullRequestReviewCommentConnection",
            },
            Self::Edge { of, .. } => match *of {
                "PullRequestReviewThread" => "PullRequestReviewThreadEdge",
                "IssueComment" => "IssueCommentEdge",
                "PullRequestReview" => "PullRequestReviewEdge",
                _ => "PullRequestReviewCommentEdge",
            },
            Self::PageInfo { .. } => "PageInfo",
            Self::Payload { kind, .. } => kind,
        }
    }

    pub(crate) fn repo(&self) -> Option<&str> {
        match self {
            Self::Repository(repo)
            | Self::Pull(repo, _)
            | Self::Thread(repo, _)
            | Self::DiffComment(repo, _)
            | Self::IssueComment(repo, _)
            | Self::Review(repo, _) => Some(repo),
            _ => None,
        }
    }
}

/// The object of a global id.
pub(crate) fn node_by_id(request: &Request<'_>, state: &State, id: &str) -> Result<Node, Failure> {
    let none = || {
        Failure::new(
            "NOT_FOUND",
            format!("Could not resolve to a node with the global id of '{id}'"),
        )
    };
    let (kind, number) = id.split_once('_').ok_or_else(none)?;
    let number: u64 = number.parse().map_err(|_| none())?;
    for repo in state.repos.values() {
        let name = repo.full_name.clone();
        if repo.private && !request.caller.reaches(&name) {
            continue;
        }
        let on_diff = || repo.review_comments.iter().any(|one| one.id == number);
        let found = match kind {
            "R" if repo.id == number => Some(Node::Repository(name)),
            "PR" => {
                let pull = repo.pulls.values().find(|pull| pull.id == number);
                pull.map(|pull| Node::Pull(name, pull.number))
            }
            "PRRT" if on_diff() => Some(Node::Thread(name, number)),
            "PRRC" if on_diff() => Some(Node::DiffComment(name, number)),
            "IC" if repo.issue_comments.iter().any(|one| one.id == number) => {
                Some(Node::IssueComment(name, number))
            }
            "PRR" if repo.reviews.iter().any(|one| one.id == number) => {
                Some(Node::Review(name, number))
            }
            _ => None,
        };
        if let Some(node) = found {
            return Ok(node);
        }
    }
    Err(none())
}

pub(crate) fn field(
    request: &Request<'_>,
    state: &State,
    node: &Node,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    let repo = node.repo().and_then(|name| state.repo(name));
    match (node, repo) {
        (Node::Query, _) => query(request, state, name, arguments),
        (Node::RateLimit, _) => Ok(Found::Scalar(match name {
            "limit" => json!(request.caller.budget.limit),
            "remaining" => json!(request.caller.budget.remaining),
            "used" => json!(request.caller.budget.limit - request.caller.budget.remaining),
            "resetAt" => json!(time(request.caller.budget.reset)),
            _ => json!(1),
        })),
        (Node::Account(login), _) => Ok(Found::Scalar(account(request, state, login, name))),
        (Node::Commit(oid), _) => Ok(Found::Scalar(match name {
            "oid" => json!(oid),
            _ => json!(format!("C_{oid}")),
        })),
        (Node::Repository(_), Some(repo)) => repository(request, repo, name, arguments),
        (Node::Pull(_, number), Some(repo)) => match repo.pulls.get(number) {
            Some(one) => pull(request, repo, one, name, arguments),
            None => Ok(Found::One(None)),
        },
        (Node::Thread(_, root), Some(repo)) => thread(request, repo, *root, name, arguments),
        (Node::DiffComment(_, id), Some(repo)) => diff_comment(request, repo, *id, name),
        (Node::IssueComment(_, id), Some(repo)) => issue_comment(request, repo, *id, name),
        (Node::Review(_, id), Some(repo)) => review(request, repo, *id, name, arguments),
        (
            Node::Connection {
                of,
                nodes,
                start,
                total,
            },
            _,
        ) => Ok(match name {
            "nodes" => Found::Many(nodes.iter().cloned().map(Some).collect()),
            "edges" => {
                let edge = |(index, node): (usize, &Node)| {
                    Some(Node::Edge {
                        of,
                        node: Box::new(node.clone()),
                        index: start + index,
                    })
                };
                Found::Many(nodes.iter().enumerate().map(edge).collect())
            }
            "pageInfo" => Found::One(Some(Node::PageInfo {
                start: *start,
                end: start + nodes.len(),
                total: *total,
            })),
            _ => Found::Scalar(json!(total)),
        }),
        (Node::Edge { node, index, .. }, _) => Ok(match name {
            "node" => Found::One(Some((**node).clone())),
            _ => Found::Scalar(json!(cursor(*index))),
        }),
        (Node::PageInfo { start, end, total }, _) => Ok(Found::Scalar(match name {
            "hasNextPage" => json!(end < total),
            "hasPreviousPage" => json!(*start > 0),
            "startCursor" => json!((end > start).then(|| cursor(*start))),
            _ => json!((end > start).then(|| cursor(end - 1))),
        })),
        (Node::Payload { inner, client, .. }, _) => Ok(match name {
            "clientMutationId" => Found::Scalar(client.clone()),
            _ => Found::One(inner.as_deref().cloned()),
        }),
        _ => Ok(Found::One(None)),
    }
}

fn cursor(index: usize) -> String {
    format!("Y3Vyc29yOg{index}")
}

/// A page of a connection, by GitHub's rules for `first` and `last`.
pub(super) fn connection(
    of: &'static str,
    field: &str,
    all: Vec<Node>,
    arguments: &Value,
) -> Result<Found, Failure> {
    let count = |name: &str| arguments[name].as_u64().map(|count| count as usize);
    let at = |name: &str| -> Option<usize> {
        arguments[name]
            .as_str()?
            .strip_prefix("Y3Vyc29yOg")?
            .parse()
            .ok()
    };
    for name in ["first", "last"] {
        if let Some(count) = count(name).filter(|count| *count > 100) {
            return Err(Failure::new(
                "EXCESSIVE_PAGINATION",
                format!(
                    "Requesting {count} records on the `{field}` connection exceeds the `{name}` limit of 100 records."
                ),
            ));
        }
    }
    let total = all.len();
    let low = at("after").map_or(0, |index| index + 1).min(total);
    let high = at("before").unwrap_or(total).clamp(low, total);
    let (start, end) = match (count("first"), count("last")) {
        (Some(first), _) => (low, (low + first).min(high)),
        (None, Some(last)) => (high.saturating_sub(last).max(low), high),
        (None, None) => {
            return Err(Failure::new(
                "MISSING_PAGINATION_BOUNDARIES",
                format!(
                    "You must provide a `first` or `last` value to properly paginate the `{field}` connection."
                ),
            ));
        }
    };
    let nodes = all[start..end].to_vec();
    Ok(Found::One(Some(Node::Connection {
        of,
        nodes,
        start,
        total,
    })))
}

fn query(
    request: &Request<'_>,
    state: &State,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    match name {
        "viewer" => Ok(Found::One(Some(Node::Account(request.caller.login())))),
        "rateLimit" => Ok(Found::One(Some(Node::RateLimit))),
        "node" => {
            let id = arguments["id"].as_str().unwrap_or_default();
            node_by_id(request, state, id).map(|node| Found::One(Some(node)))
        }
        "nodes" => {
            let ids = arguments["ids"].as_array().into_iter().flatten();
            let one = |id: &Value| node_by_id(request, state, id.as_str().unwrap_or_default()).ok();
            Ok(Found::Many(ids.map(one).collect()))
        }
        _ => {
            let part = |name: &str| arguments[name].as_str().unwrap_or_default();
            let full_name = format!("{}/{}", part("owner"), part("name"));
            // Unlike REST, GraphQL follows a renaming without a word.
            let now = state.new_name(&full_name);
            let seen = state
                .repo(&full_name)
                .or_else(|| state.repo(&now?))
                .filter(|repo| !repo.private || request.caller.reaches(&repo.full_name));
            match seen {
                Some(repo) => Ok(Found::One(Some(Node::Repository(repo.full_name.clone())))),
                None => Err(Failure::new(
                    "NOT_FOUND",
                    format!("Could not resolve to a Repository with the name '{full_name}'."),
                )),
            }
        }
    }
}

/// In GraphQL the login of a bot has no `[bot]`, but for the viewer.
fn account(request: &Request<'_>, state: &State, login: &str, name: &str) -> Value {
    let id = state.users.get(login).copied();
    let plain = login.trim_end_matches("[bot]");
    match name {
        "login" if login == request.caller.login() && plain == login => json!(login),
        "login" => json!(plain),
        "databaseId" => json!(id),
        "url" => json!(format!("{}/{plain}", request.links.web)),
        _ => json!(format!("U_{}", id.unwrap_or(0))),
    }
}

fn repository(
    request: &Request<'_>,
    repo: &Repo,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    Ok(Found::Scalar(match name {
        "id" => json!(format!("R_{}", repo.id)),
        "databaseId" => json!(repo.id),
        "name" => json!(repo.name()),
        "nameWithOwner" => json!(repo.full_name),
        "isPrivate" => json!(repo.private),
        "isFork" => json!(repo.fork_of.is_some()),
        "url" => json!(format!("{}/{}", request.links.web, repo.full_name)),
        _ => {
            let number = arguments["number"].as_u64().unwrap_or(0);
            if !request
                .caller
                .allows(Permission::PullRequests, Access::Read)
            {
                return Err(Failure::new("FORBIDDEN", request.caller.refusal()));
            }
            if !repo.pulls.contains_key(&number) {
                return Err(Failure::new(
                    "NOT_FOUND",
                    format!("Could not resolve to a PullRequest with the number of {number}."),
                ));
            }
            return Ok(Found::One(Some(Node::Pull(repo.full_name.clone(), number))));
        }
    }))
}

fn pending(repo: &Repo, comment: &ReviewComment, login: &str) -> bool {
    let hidden = |one: &crate::state::Review| {
        one.id == comment.review && one.state == "PENDING" && one.author != login
    };
    repo.reviews.iter().any(hidden)
}

fn pull(
    request: &Request<'_>,
    repo: &Repo,
    pull: &Pull,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    let full_name = || repo.full_name.clone();
    let login = request.caller.login();
    Ok(match name {
        "author" => Found::One(Some(Node::Account(pull.author.clone()))),
        "repository" => Found::One(Some(Node::Repository(full_name()))),
        "headRepository" => Found::One(Some(Node::Repository(pull.head_repo.clone()))),
        "reviewThreads" => {
            let roots = repo.review_comments.iter().filter(|one| {
                one.pull == pull.number && one.in_reply_to.is_none() && !pending(repo, one, &login)
            });
            let nodes = roots.map(|one| Node::Thread(full_name(), one.id)).collect();
            return connection("PullRequestReviewThread", name, nodes, arguments);
        }
        "comments" => {
            let all = repo
                .issue_comments
                .iter()
                .filter(|one| one.pull == pull.number);
            let nodes = all
                .map(|one| Node::IssueComment(full_name(), one.id))
                .collect();
            return connection("IssueComment", name, nodes, arguments);
        }
        "reviews" => {
            let states = arguments["states"].as_array();
            let author = arguments["author"].as_str();
            let all = repo.reviews.iter().filter(|one| {
                one.pull == pull.number
                    && (one.state != "PENDING" || one.author == login)
                    && states.is_none_or(|states| states.contains(&json!(one.state)))
                    && author.is_none_or(|author| author == one.author.trim_end_matches("[bot]"))
            });
            let nodes = all.map(|one| Node::Review(full_name(), one.id)).collect();
            return connection("PullRequestReview", name, nodes, arguments);
        }
        _ => Found::Scalar(match name {
            "id" => json!(format!("PR_{}", pull.id)),
            "number" => json!(pull.number),
            "title" => json!(pull.title),
            "body" => json!(pull.body.clone().unwrap_or_default()),
            "state" if pull.merged => json!("MERGED"),
            "state" => json!(if pull.open { "OPEN" } else { "CLOSED" }),
            "isDraft" => json!(pull.draft),
            "isCrossRepository" => json!(pull.head_repo != repo.full_name),
            "headRefName" => json!(pull.head_ref),
            "headRefOid" => json!(pull.head_sha),
            "baseRefName" => json!(pull.base_ref),
            "baseRefOid" => json!(
                repo.git
                    .branch(&pull.base_ref)
                    .unwrap_or(pull.base_sha.clone())
            ),
            _ => json!(format!(
                "{}/{}/pull/{}",
                request.links.web, repo.full_name, pull.number
            )),
        }),
    })
}

fn thread(
    request: &Request<'_>,
    repo: &Repo,
    root: u64,
    name: &str,
    arguments: &Value,
) -> Result<Found, Failure> {
    let Some(first) = repo.review_comments.iter().find(|one| one.id == root) else {
        return Ok(Found::One(None));
    };
    let place = &first.place;
    let resolved_by = repo.resolved.get(&root);
    let can = request.caller.allows(Permission::Contents, Access::Write);
    let full_name = || repo.full_name.clone();
    Ok(match name {
        "resolvedBy" => Found::One(resolved_by.map(|login| Node::Account(login.clone()))),
        "pullRequest" => Found::One(Some(Node::Pull(full_name(), first.pull))),
        "repository" => Found::One(Some(Node::Repository(full_name()))),
        "comments" => {
            let all = repo.review_comments.iter().filter(|one| one.root() == root);
            let skip = arguments["skip"].as_u64().unwrap_or(0) as usize;
            let nodes = all
                .skip(skip)
                .map(|one| Node::DiffComment(full_name(), one.id))
                .collect();
            return connection("PullRequestReviewComment", name, nodes, arguments);
        }
        _ => Found::Scalar(match name {
            "id" => json!(format!("PRRT_{root}")),
            "isResolved" => json!(resolved_by.is_some()),
            "isCollapsed" => json!(resolved_by.is_some() || place.outdated),
            "isOutdated" => json!(place.outdated),
            "path" => json!(place.path),
            "line" => json!(place.line),
            "startLine" => json!(place.start_line),
            "originalLine" => json!(place.original_line),
            "originalStartLine" => json!(place.original_start_line),
            "diffSide" => json!(place.side.as_str()),
            "startDiffSide" => json!(place.start_side.map(|side| side.as_str())),
            "subjectType" => json!(if place.whole_file { "FILE" } else { "LINE" }),
            "viewerCanResolve" => json!(can && resolved_by.is_none()),
            "viewerCanUnresolve" => json!(can && resolved_by.is_some()),
            _ => json!(
                request
                    .caller
                    .allows(Permission::PullRequests, Access::Write)
            ),
        }),
    })
}
