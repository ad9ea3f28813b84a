//! GitHub's event → what is to be reviewed. Pure: the environment is a map, the event file a text.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::marker::is_hex;

/// `OWNER/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryName {
    /// User or organisation.
    pub owner: String,
    /// Name of the repository.
    pub name: String,
}

impl RepositoryName {
    /// Reads `OWNER/NAME`; the characters are those GitHub allows, so that the parts can stand in a
    /// path as they are.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let good = |part: &str| {
            (1..=100).contains(&part.len())
                && part != "."
                && part != ".."
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        (good(owner) && good(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for RepositoryName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.owner, self.name)
    }
}

/// Where GitHub answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// REST, `https://api.github.com` or `https://HOST/api/v3`.
    pub api: String,
    /// GraphQL, `https://api.github.com/graphql` or `https://HOST/api/graphql`.
    pub graphql: String,
    /// For people, `https://github.com` or `https://HOST`.
    pub server: String,
}

/// A pull request under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The head commit, a hex object name.
    pub head: String,
    /// Name of the branch it goes into.
    pub base_ref: String,
    /// The base commit when the event was made. May be old; only a last resort.
    pub base_sha: Option<String>,
    /// Whether the head lives in another repository: Actions then give a read-only token, whatever
    /// the workflow asks for.
    pub is_fork: bool,
    /// Whether it was a draft when the event was made.
    pub is_draft: bool,
}

/// What is to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A pull request, with comments.
    PullRequest(PullRequest),
    /// A group of the merge queue: reviewed anew, on its own commit, no comments.
    MergeGroup {
        /// The group's commit.
        head: String,
        /// The commit the group goes onto.
        base: String,
    },
    /// A push: a report, no comments.
    Push {
        /// The pushed commit.
        head: String,
        /// What the branch was before; `None` = a new branch.
        before: Option<String>,
    },
    /// Started by hand: a report on the whole tree, no comments.
    Dispatch,
    /// A closed pull request: nothing to gate.
    Closed,
}

/// Why an event gives nothing to review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// An event scrubin has no answer to.
    #[error("the event `{name}` is none scrubin reviews, so nothing was reviewed")]
    Unsupported {
        /// `GITHUB_EVENT_NAME`, with the action where that is the reason.
        name: String,
    },
    /// `pull_request_target` runs with the rights of the base on what a stranger sent.
    #[error(
        "scrubin does not run on `pull_request_target`: its token must never meet a stranger's code"
    )]
    PullRequestTarget,
    /// A variable that Actions sets is missing.
    #[error("`{name}` is not set")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A variable or field that does not hold what it should.
    #[error("{what} cannot be used")]
    Malformed {
        /// Which one.
        what: String,
    },
    /// The event file is no JSON of the expected shape.
    #[error("the event file (GITHUB_EVENT_PATH, --event) cannot be read: {message}")]
    Json {
        /// What the parser or the system said.
        message: String,
    },
}

impl EventError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => {
                "run it on pull_request, merge_group, push or workflow_dispatch; `--unsupported pass` ends with 0"
            }
            Self::PullRequestTarget => {
                "use `pull_request` with `--analyse-only`, and `--post` in a `workflow_run` job"
            }
            Self::Missing { .. } | Self::Malformed { .. } | Self::Json { .. } => {
                "run it in a GitHub Actions job, or give --repo and --pr"
            }
        }
    }
}

/// The environment as name → value.
pub type Environment = BTreeMap<String, String>;

fn value<'e>(environment: &'e Environment, name: &str) -> Option<&'e str> {
    environment
        .get(name)
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
}

/// Where GitHub answers, from `GITHUB_SERVER_URL`, `GITHUB_API_URL` and `GITHUB_GRAPHQL_URL`;
/// what is missing follows from the API's address.
pub fn addresses(environment: &Environment) -> Addresses {
    let trimmed = |text: &str| text.trim_end_matches('/').to_owned();
    let api = value(environment, "GITHUB_API_URL")
        .map_or_else(|| "https://api.github.com".to_owned(), trimmed);
    let graphql = value(environment, "GITHUB_GRAPHQL_URL").map_or_else(
        // On Enterprise Server REST is under /api/v3 and GraphQL under /api.
        || format!("{}/graphql", api.strip_suffix("/v3").unwrap_or(&api)),
        trimmed,
    );
    let server = value(environment, "GITHUB_SERVER_URL").map_or_else(
        || match api.strip_suffix("/api/v3") {
            Some(host) => host.to_owned(),
            None => "https://github.com".to_owned(),
        },
        trimmed,
    );
    Addresses {
        api,
        graphql,
        server,
    }
}

/// The repository of the run, from `GITHUB_REPOSITORY`.
///
/// # Errors
/// Not set, or no `OWNER/NAME`.
pub fn repository(environment: &Environment) -> Result<RepositoryName, EventError> {
    let name = "GITHUB_REPOSITORY";
    let text = value(environment, name).ok_or(EventError::Missing { name })?;
    RepositoryName::parse(text).ok_or_else(|| EventError::Malformed {
        what: format!("`{name}`"),
    })
}

#[derive(Deserialize)]
struct Payload {
    action: Option<String>,
    pull_request: Option<PullPart>,
    merge_group: Option<GroupPart>,
    before: Option<String>,
    after: Option<String>,
    repository: Option<RepositoryPart>,
}

#[derive(Deserialize)]
struct PullPart {
    number: u64,
    #[serde(default)]
    draft: bool,
    head: SidePart,
    base: SidePart,
}

#[derive(Deserialize)]
struct SidePart {
    sha: String,
    #[serde(rename = "ref")]
    name: String,
    /// `null` once a fork is deleted.
    repo: Option<RepositoryPart>,
}

#[derive(Deserialize)]
struct RepositoryPart {
    full_name: String,
}

#[derive(Deserialize)]
struct GroupPart {
    head_sha: String,
    base_sha: String,
}

/// What the event asks for: `GITHUB_EVENT_NAME` and the text of the file `GITHUB_EVENT_PATH`.
///
/// An `edited` pull request is reviewed whatever was edited: it may be the base, and a run that
/// reviewed nothing must not turn a red gate green.
///
/// # Errors
/// [`EventError`].
pub fn target(event: &str, text: &str) -> Result<Target, EventError> {
    let wants_file = matches!(
        event,
        "pull_request" | "pull_request_review" | "merge_group" | "push"
    );
    match event {
        "workflow_dispatch" => return Ok(Target::Dispatch),
        "pull_request_target" => return Err(EventError::PullRequestTarget),
        _ if wants_file => {}
        other => {
            return Err(EventError::Unsupported {
                name: other.to_owned(),
            });
        }
    }
    if text.is_empty() {
        return Err(EventError::Json {
            message: "no file is named, or it is empty".to_owned(),
        });
    }
    let payload: Payload = serde_json::from_str(text).map_err(|error| EventError::Json {
        message: error.to_string(),
    })?;
    let action = payload.action.as_deref().unwrap_or_default();
    let missing = |what: &str| EventError::Malformed {
        what: format!("the event's `{what}`"),
    };
    match event {
        "pull_request" if action == "closed" => Ok(Target::Closed),
        "pull_request" | "pull_request_review" => {
            let known = match event {
                "pull_request" => &[
                    "opened",
                    "synchronize",
                    "reopened",
                    "ready_for_review",
                    "edited",
                ][..],
                // An approval may open the gate, its dismissal close it.
                _ => &["submitted", "dismissed"][..],
            };
            if !known.contains(&action) {
                return Err(EventError::Unsupported {
                    name: format!("{event} ({action})"),
                });
            }
            let pull = payload
                .pull_request
                .ok_or_else(|| missing("pull_request"))?;
            pull_request(&pull, payload.repository.as_ref())
        }
        "merge_group" => {
            if !matches!(action, "" | "checks_requested") {
                return Err(EventError::Unsupported {
                    name: format!("{event} ({action})"),
                });
            }
            let group = payload.merge_group.ok_or_else(|| missing("merge_group"))?;
            Ok(Target::MergeGroup {
                head: commit(&group.head_sha, "head_sha")?,
                base: commit(&group.base_sha, "base_sha")?,
            })
        }
        _ => {
            let head = payload.after.ok_or_else(|| missing("after"))?;
            let before = payload
                .before
                .filter(|name| name.bytes().any(|b| b != b'0'));
            Ok(Target::Push {
                head: commit(&head, "after")?,
                before: before.map(|name| commit(&name, "before")).transpose()?,
            })
        }
    }
}

fn pull_request(
    pull: &PullPart,
    repository: Option<&RepositoryPart>,
) -> Result<Target, EventError> {
    let head_repository = pull.head.repo.as_ref().map(|repo| repo.full_name.as_str());
    let own = pull
        .base
        .repo
        .as_ref()
        .or(repository)
        .map(|repo| repo.full_name.as_str());
    Ok(Target::PullRequest(PullRequest {
        number: pull.number,
        head: commit(&pull.head.sha, "pull_request.head.sha")?,
        base_ref: branch(&pull.base.name)?,
        base_sha: commit(&pull.base.sha, "pull_request.base.sha").ok(),
        // A deleted fork has no repository any more; it was one.
        is_fork: own.is_some() && head_repository != own,
        is_draft: pull.draft,
    }))
}

/// What a `workflow_run` event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHead {
    /// The commit that ran.
    pub commit: String,
    /// Repository and branch it ran for: two pull requests may have the same commit.
    pub source: (Option<String>, String),
}

/// The head of the run that a `workflow_run` event is about.
///
/// # Errors
/// Not such an event, or a run that no pull request started.
pub fn workflow_run_head(text: &str) -> Result<RunHead, EventError> {
    #[derive(Deserialize)]
    struct RunEvent {
        workflow_run: RunPart,
    }
    #[derive(Deserialize)]
    struct RunPart {
        event: String,
        head_sha: String,
        #[serde(default)]
        head_branch: Option<String>,
        head_repository: Option<RepositoryPart>,
    }
    let event: RunEvent = serde_json::from_str(text).map_err(|error| EventError::Json {
        message: error.to_string(),
    })?;
    if event.workflow_run.event != "pull_request" {
        return Err(EventError::Unsupported {
            name: format!("workflow_run after {}", event.workflow_run.event),
        });
    }
    let run = event.workflow_run;
    Ok(RunHead {
        commit: commit(&run.head_sha, "workflow_run.head_sha")?,
        source: (
            run.head_repository.map(|repository| repository.full_name),
            run.head_branch.unwrap_or_default(),
        ),
    })
}

fn commit(text: &str, field: &str) -> Result<String, EventError> {
    if text.len() >= 40 && is_hex(text) {
        Ok(text.to_owned())
    } else {
        Err(EventError::Malformed {
            what: format!("the event's `{field}`"),
        })
    }
}

/// A branch name that can be an argument of git and a part of a path.
///
/// # Errors
/// It starts with `-`, or holds what git forbids (git-check-ref-format(1)).
pub fn branch(text: &str) -> Result<String, EventError> {
    let bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    if text.is_empty()
        || text.len() > 255
        || text.starts_with(['-', '/', '.'])
        || text.contains("..")
        || text.contains("@{")
        || text.contains(bad)
    {
        return Err(EventError::Malformed {
            what: "the name of the base branch".to_owned(),
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn pull(action: &str, head_repo: &str) -> String {
        format!(
            r#"{{"action":"{action}","number":7,"pull_request":{{"number":7,"draft":false,
            "head":{{"sha":"{A}","ref":"feature","repo":{head_repo}}},
            "base":{{"sha":"{B}","ref":"main","repo":{{"full_name":"acme/pump"}}}}}},
            "repository":{{"full_name":"acme/pump"}}}}"#
        )
    }

    #[test]
    fn pull_requests_are_reviewed_at_their_head() {
        for action in [
            "opened",
            "synchronize",
            "reopened",
            "ready_for_review",
            "edited",
        ] {
            let text = pull(action, r#"{"full_name":"acme/pump"}"#);
            let expected = PullRequest {
                number: 7,
                head: A.to_owned(),
                base_ref: "main".to_owned(),
                base_sha: Some(B.to_owned()),
                is_fork: false,
                is_draft: false,
            };
            assert_eq!(
                target("pull_request", &text),
                Ok(Target::PullRequest(expected)),
                "{action}"
            );
        }
        let closed = pull("closed", "null");
        assert_eq!(target("pull_request", &closed), Ok(Target::Closed));
        let approved = pull("submitted", r#"{"full_name":"acme/pump"}"#);
        assert!(matches!(
            target("pull_request_review", &approved),
            Ok(Target::PullRequest(_))
        ));
    }

    #[test]
    fn forks_are_seen_up_front() {
        for repo in [r#"{"full_name":"eve/pump"}"#, "null"] {
            match target("pull_request", &pull("opened", repo)) {
                Ok(Target::PullRequest(pull)) => assert!(pull.is_fork, "{repo}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn queue_push_and_hand() {
        let group = format!(
            r#"{{"action":"checks_requested","merge_group":{{"head_sha":"{A}","base_sha":"{B}","head_ref":"refs/heads/x"}}}}"#
        );
        assert_eq!(
            target("merge_group", &group),
            Ok(Target::MergeGroup {
                head: A.to_owned(),
                base: B.to_owned()
            })
        );
        let push = |before: &str| format!(r#"{{"before":"{before}","after":"{A}"}}"#);
        assert_eq!(
            target("push", &push(B)),
            Ok(Target::Push {
                head: A.to_owned(),
                before: Some(B.to_owned())
            })
        );
        assert_eq!(
            target("push", &push(&"0".repeat(40))),
            Ok(Target::Push {
                head: A.to_owned(),
                before: None
            })
        );
        assert_eq!(target("workflow_dispatch", ""), Ok(Target::Dispatch));
    }

    #[test]
    fn anything_else_says_so() {
        for (event, text) in [
            ("schedule", "{}".to_owned()),
            ("issue_comment", "{}".to_owned()),
            ("pull_request", pull("labeled", "null")),
            ("merge_group", r#"{"action":"destroyed"}"#.to_owned()),
        ] {
            let error = target(event, &text).unwrap_err();
            assert!(error.to_string().contains(event), "{error}");
            assert!(matches!(error, EventError::Unsupported { .. }), "{error}");
        }
        assert_eq!(
            target("pull_request_target", "{}"),
            Err(EventError::PullRequestTarget)
        );
    }

    #[test]
    fn a_workflow_run_names_its_head() {
        let text = |event: &str| {
            format!(
                r#"{{"workflow_run":{{"event":"{event}","head_sha":"{A}","head_branch":"fix",
                "head_repository":{{"full_name":"eve/pump"}}}}}}"#
            )
        };
        let expected = RunHead {
            commit: A.to_owned(),
            source: (Some("eve/pump".to_owned()), "fix".to_owned()),
        };
        assert_eq!(workflow_run_head(&text("pull_request")), Ok(expected));
        assert!(workflow_run_head(&text("push")).is_err());
        assert!(workflow_run_head("{}").is_err());
    }

    #[test]
    fn hostile_fields_are_refused() {
        let text = pull("opened", "null").replace(A, "--upload-pack=evil");
        assert!(matches!(
            target("pull_request", &text),
            Err(EventError::Malformed { .. })
        ));
        for name in ["-x", "a..b", "a b", "a\u{7}", "", "/a", "a@{1}"] {
            assert!(branch(name).is_err(), "{name}");
        }
        assert_eq!(branch("release/1.x").as_deref(), Ok("release/1.x"));
        assert!(target("pull_request", "{").is_err());
        for name in ["acme", "a/b/c", "../x", "a/..", "a /b", "a/"] {
            assert_eq!(RepositoryName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn addresses_of_cloud_and_enterprise_server() {
        let cloud = addresses(&Environment::new());
        assert_eq!(cloud.api, "https://api.github.com");
        assert_eq!(cloud.graphql, "https://api.github.com/graphql");
        assert_eq!(cloud.server, "https://github.com");
        let own: Environment = [("GITHUB_API_URL", "https://git.acme.example/api/v3/")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let own = addresses(&own);
        assert_eq!(own.api, "https://git.acme.example/api/v3");
        assert_eq!(own.graphql, "https://git.acme.example/api/graphql");
        assert_eq!(own.server, "https://git.acme.example");
    }
}
