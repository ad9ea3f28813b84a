//! Tokens: who is calling, what may be done, until when.

use std::collections::{BTreeMap, BTreeSet};

/// A permission in GitHub's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are GitHub's own")]
pub enum Permission {
    Administration,
    Checks,
    Contents,
    Issues,
    MergeQueues,
    Metadata,
    PullRequests,
    SecurityEvents,
    Statuses,
}

impl Permission {
    /// GitHub's key in the `permissions` of a token.
    pub fn key(self) -> &'static str {
        match self {
            Self::Administration => "administration",
            Self::Checks => "checks",
            Self::Contents => "contents",
            Self::Issues => "issues",
            Self::MergeQueues => "merge_queues",
            Self::Metadata => "metadata",
            Self::PullRequests => "pull_requests",
            Self::SecurityEvents => "security_events",
            Self::Statuses => "statuses",
        }
    }

    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Administration,
        Self::Checks,
        Self::Contents,
        Self::Issues,
        Self::MergeQueues,
        Self::Metadata,
        Self::PullRequests,
        Self::SecurityEvents,
        Self::Statuses,
    ];

    pub(crate) fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// How far a permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are GitHub's own")]
pub enum Access {
    Read,
    Write,
}

impl Access {
    /// GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            _ => None,
        }
    }
}

/// What a token may do.
pub type Permissions = BTreeMap<Permission, Access>;

/// What kind of caller a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person, or a machine account, with a personal access token.
    User(String),
    /// The `GITHUB_TOKEN` of a workflow run: acts as `github-actions[bot]`.
    Actions,
    /// An installation of the App with this slug: acts as `SLUG[bot]`.
    App(String),
}

/// How a test describes a token; see [`crate::Hub::add_token`].
#[derive(Debug, Clone)]
pub struct TokenSpec {
    pub(crate) caller: Caller,
    pub(crate) permissions: Permissions,
    pub(crate) repositories: Option<BTreeSet<String>>,
    pub(crate) requests: Option<u64>,
}

impl TokenSpec {
    /// A `GITHUB_TOKEN` that a workflow with the permissions of a reviewer gets: contents and
    /// metadata read; pull requests, issues, checks and statuses write.
    pub fn actions() -> Self {
        Self::new(Caller::Actions)
            .with(Permission::Contents, Access::Read)
            .with(Permission::PullRequests, Access::Write)
            .with(Permission::Issues, Access::Write)
            .with(Permission::Checks, Access::Write)
            .with(Permission::Statuses, Access::Write)
    }

    /// The `GITHUB_TOKEN` of a `pull_request` run from a fork: everything read, nothing write.
    pub fn fork() -> Self {
        Permission::ALL
            .into_iter()
            .filter(|one| *one != Permission::Administration)
            .fold(Self::new(Caller::Actions), |spec, one| {
                spec.with(one, Access::Read)
            })
    }

    /// An installation token of an App.
    pub fn app(slug: &str) -> Self {
        let mut spec = Self::actions();
        spec.caller = Caller::App(slug.to_owned());
        spec
    }

    /// A person's token with write access to everything but administration.
    pub fn user(login: &str) -> Self {
        Permission::ALL
            .into_iter()
            .filter(|one| *one != Permission::Administration)
            .fold(Self::new(Caller::User(login.to_owned())), |spec, one| {
                spec.with(one, Access::Write)
            })
    }

    /// A token that may read metadata alone.
    pub fn new(caller: Caller) -> Self {
        Self {
            caller,
            permissions: Permissions::from([(Permission::Metadata, Access::Read)]),
            repositories: None,
            requests: None,
        }
    }

    /// Grants a permission, or changes how far it goes.
    pub fn with(mut self, permission: Permission, access: Access) -> Self {
        self.permissions.insert(permission, access);
        self
    }

    /// Takes a permission away.
    pub fn without(mut self, permission: Permission) -> Self {
        self.permissions.remove(&permission);
        self
    }

    /// Narrows the token to these repositories (`owner/name`).
    pub fn only(mut self, repositories: &[&str]) -> Self {
        self.repositories = Some(
            repositories
                .iter()
                .map(|name| name.to_lowercase())
                .collect(),
        );
        self
    }

    /// The token expires after this many requests.
    pub fn expiring_after(mut self, requests: u64) -> Self {
        self.requests = Some(requests);
        self
    }
}

/// A token in use.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) caller: Caller,
    pub(crate) permissions: Permissions,
    pub(crate) repositories: Option<BTreeSet<String>>,
    /// The installation it was made for.
    pub(crate) installation: Option<u64>,
    /// Made for fewer repositories than the installation has.
    pub(crate) narrowed: bool,
    /// The hub's time it ends at.
    pub(crate) expires_at: Option<i64>,
    /// Requests it is good for; `None` = no end.
    pub(crate) requests: Option<u64>,
    pub(crate) dead: bool,
    /// The App through which a person signed in; such a token sees what both see.
    pub(crate) through: Option<String>,
    pub(crate) budget: Budget,
}

/// The primary rate limit of a token, or of all tokens of an installation.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// When it starts anew, in the hub's time.
    pub(crate) reset: i64,
}

impl Budget {
    pub(crate) fn new(limit: u64, now: i64) -> Self {
        Self {
            limit,
            remaining: limit,
            reset: now + HOUR,
        }
    }

    /// Starts anew when it is time.
    pub(crate) fn refresh(&mut self, now: i64) {
        if now >= self.reset {
            self.reset = now + HOUR;
            self.remaining = self.limit;
        }
    }
}

/// Requests in an hour of a person's or an installation's token.
pub(crate) const REQUESTS: u64 = 5_000;

const HOUR: i64 = 3_600;

impl Token {
    pub(crate) fn new(spec: TokenSpec, now: i64) -> Self {
        let limit = if spec.caller == Caller::Actions {
            1_000
        } else {
            REQUESTS
        };
        Self {
            caller: spec.caller,
            permissions: spec.permissions,
            repositories: spec.repositories,
            installation: None,
            narrowed: false,
            expires_at: None,
            requests: spec.requests,
            dead: false,
            through: None,
            budget: Budget::new(limit, now),
        }
    }

    pub(crate) fn allows(&self, permission: Permission, access: Access) -> bool {
        self.permissions
            .get(&permission)
            .is_some_and(|granted| *granted >= access)
    }

    pub(crate) fn reaches(&self, repository: &str) -> bool {
        self.repositories
            .as_ref()
            .is_none_or(|names| names.contains(&repository.to_lowercase()))
    }

    /// The account it acts as.
    pub(crate) fn login(&self) -> String {
        match &self.caller {
            Caller::User(login) => login.clone(),
            Caller::Actions => "github-actions[bot]".to_owned(),
            Caller::App(slug) => format!("{slug}[bot]"),
        }
    }

    /// The App it belongs to.
    pub(crate) fn app(&self) -> Option<&str> {
        match &self.caller {
            Caller::User(_) => None,
            Caller::Actions => Some("github-actions"),
            Caller::App(slug) => Some(slug),
        }
    }

    /// GitHub's words for a token that lacks a permission.
    pub(crate) fn refusal(&self) -> &'static str {
        match self.caller {
            Caller::User(_) => "Resource not accessible by personal access token",
            Caller::Actions | Caller::App(_) => "Resource not accessible by integration",
        }
    }
}
