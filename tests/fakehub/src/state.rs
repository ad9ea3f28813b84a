//! What the fake remembers. Plain data; who may change it is in [`crate::token`], how it is shown in
//! [`crate::render`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::app::App;
use crate::call::Links;
use crate::diff::{Diff, Moves, Side};
use crate::fault::Fault;
use crate::git::Git;
use crate::log::{Exchange, GraphqlOperation};
use crate::oauth::SignIns;
use crate::outage::Trouble;
use crate::token::{Access, Budget, Permission, Permissions, Token};
use crate::webhook::Hook;

/// Everything behind the one lock.
pub(crate) struct State {
    next_id: u64,
    pub(crate) frozen_clock: Option<i64>,
    /// Seconds the clock is ahead of the system's, while it is not stopped.
    pub(crate) clock_ahead: i64,
    /// Where the fake listens.
    pub(crate) origin: String,
    pub(crate) public_url: Option<String>,
    pub(crate) users: BTreeMap<String, u64>,
    pub(crate) repos: BTreeMap<String, Repo>,
    /// Earlier names, in lower case, and the ids they lead to.
    pub(crate) renamed: BTreeMap<String, u64>,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// Accounts that are organisations.
    pub(crate) organizations: BTreeSet<String>,
    /// By slug.
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) installations: BTreeMap<u64, Installation>,
    pub(crate) hook: Hook,
    pub(crate) sign_ins: SignIns,
    pub(crate) trouble: Trouble,
    pub(crate) faults: Vec<Fault>,
    pub(crate) log: Vec<Exchange>,
    pub(crate) graphql: Vec<GraphqlOperation>,
    pub(crate) violations: Vec<String>,
}

impl State {
    pub(crate) fn new(origin: String) -> Self {
        Self {
            next_id: 1_000,
            frozen_clock: None,
            clock_ahead: 0,
            origin,
            public_url: None,
            users: BTreeMap::new(),
            repos: BTreeMap::new(),
            renamed: BTreeMap::new(),
            tokens: BTreeMap::new(),
            organizations: BTreeSet::new(),
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            hook: Hook::new(1_000),
            sign_ins: SignIns::default(),
            trouble: Trouble::default(),
            faults: Vec::new(),
            log: Vec::new(),
            graphql: Vec::new(),
            violations: Vec::new(),
        }
    }

    pub(crate) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.frozen_clock
            .unwrap_or_else(|| chrono::Utc::now().timestamp() + self.clock_ahead)
    }

    /// The rate limit that a token draws on: all tokens of an installation share one.
    pub(crate) fn budget(&mut self, secret: &str) -> Option<&mut Budget> {
        let token = self.tokens.get_mut(secret)?;
        let of = token.installation;
        match of.and_then(|id| self.installations.get_mut(&id)) {
            Some(installation) => Some(&mut installation.budget),
            None => Some(&mut token.budget),
        }
    }

    /// Where URLs point outside of an answer.
    pub(crate) fn links(&self) -> Links {
        let root = self.public_url.as_ref().unwrap_or(&self.origin);
        Links {
            api: root.clone(),
            web: root.clone(),
        }
    }

    /// The id of an account, made when first named.
    pub(crate) fn user(&mut self, login: &str) -> u64 {
        if let Some(id) = self.users.get(login) {
            return *id;
        }
        let id = self.id();
        self.users.insert(login.to_owned(), id);
        id
    }

    pub(crate) fn repo(&self, name: &str) -> Option<&Repo> {
        self.repos.get(&name.to_lowercase())
    }

    /// What a repository is called by now that once had this name.
    pub(crate) fn new_name(&self, earlier: &str) -> Option<String> {
        let id = self.renamed.get(&earlier.to_lowercase())?;
        self.repo_by_id(*id).map(|repo| repo.full_name.clone())
    }

    pub(crate) fn repo_by_id(&self, id: u64) -> Option<&Repo> {
        self.repos.values().find(|repo| repo.id == id)
    }

    pub(crate) fn repo_mut(&mut self, name: &str) -> Option<&mut Repo> {
        self.repos.get_mut(&name.to_lowercase())
    }
}

/// An App installed for an account.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) app: String,
    pub(crate) account: String,
    pub(crate) permissions: Permissions,
    pub(crate) repositories: BTreeSet<String>,
    /// Whether repositories that the account gets later belong to it too.
    pub(crate) all: bool,
    pub(crate) created_at: i64,
    pub(crate) suspended_at: Option<i64>,
    pub(crate) budget: Budget,
}

impl Installation {
    /// GitHub's word for which repositories it has.
    pub(crate) fn selection(&self) -> &'static str {
        if self.all { "all" } else { "selected" }
    }

    pub(crate) fn covers(&self, repository: &str) -> bool {
        self.repositories.contains(&repository.to_lowercase())
    }

    pub(crate) fn allows(&self, permission: Permission, access: Access) -> bool {
        self.permissions
            .get(&permission)
            .is_some_and(|granted| *granted >= access)
    }
}

/// A repository with all that hangs on it.
#[derive(Debug, Clone)]
pub(crate) struct Repo {
    pub(crate) id: u64,
    /// `owner/name`.
    pub(crate) full_name: String,
    pub(crate) private: bool,
    /// Read-only.
    pub(crate) archived: bool,
    /// What the API says of its size, in KB.
    pub(crate) size: u64,
    pub(crate) created_at: i64,
    pub(crate) pushed_at: i64,
    pub(crate) default_branch: String,
    pub(crate) git: Git,
    pub(crate) fork_of: Option<String>,
    /// Whether GitHub Code Security is bought; public repositories have it.
    pub(crate) code_security: bool,
    pub(crate) collaborators: BTreeMap<String, String>,
    pub(crate) protections: BTreeMap<String, Protection>,
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) issue_comments: Vec<IssueComment>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) review_comments: Vec<ReviewComment>,
    /// Root comment of a resolved thread → who resolved it.
    pub(crate) resolved: BTreeMap<u64, String>,
    pub(crate) check_runs: Vec<CheckRun>,
    pub(crate) check_suites: Vec<CheckSuite>,
    /// Branches and where they were when last looked at: what a push began from.
    pub(crate) tips: BTreeMap<String, String>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) sarifs: Vec<SarifUpload>,
    pub(crate) moves: Moves,
    pub(crate) diffs: BTreeMap<(String, String), Arc<Diff>>,
    pub(crate) next_number: u64,
}

impl Repo {
    pub(crate) fn owner(&self) -> &str {
        self.full_name.split('/').next().unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.full_name.split('/').nth(1).unwrap_or_default()
    }

    /// What a person may do: a collaborator's role, else `read` or `none` as the repository is public
    /// or not.
    pub(crate) fn role(&self, login: &str) -> &str {
        let default = if self.private { "none" } else { "read" };
        self.collaborators
            .get(login)
            .map_or(default, String::as_str)
    }

    /// Whether a person sees the repository at all.
    pub(crate) fn shown_to(&self, login: &str) -> bool {
        self.role(login) != "none"
    }

    /// The diff of two commits, computed once.
    pub(crate) fn diff(&mut self, base: &str, head: &str) -> Arc<Diff> {
        let key = (base.to_owned(), head.to_owned());
        if let Some(known) = self.diffs.get(&key) {
            return Arc::clone(known);
        }
        let diff = Arc::new(Diff::between(&self.git, base, head));
        self.diffs.insert(key, Arc::clone(&diff));
        diff
    }

    /// Deletes a comment on the diff. When it began a thread with answers, the oldest of these begins
    /// it from now on.
    pub(crate) fn delete_review_comment(&mut self, id: u64) {
        self.review_comments.retain(|one| one.id != id);
        let heir = self
            .review_comments
            .iter()
            .find(|one| one.in_reply_to == Some(id));
        let Some(heir) = heir.map(|one| one.id) else {
            return;
        };
        for one in self
            .review_comments
            .iter_mut()
            .filter(|one| one.in_reply_to == Some(id))
        {
            one.in_reply_to = (one.id != heir).then_some(heir);
        }
        if let Some(login) = self.resolved.remove(&id) {
            self.resolved.insert(heir, login);
        }
    }

    /// The three-dot diff at a commit of the pull request, which need not be its head.
    pub(crate) fn diff_at(&mut self, number: u64, commit: &str) -> (String, Arc<Diff>) {
        let pull = &self.pulls[&number];
        if commit == pull.head_sha {
            return self.pull_diff(number);
        }
        let base = self
            .git
            .branch(&pull.base_ref)
            .unwrap_or(pull.base_sha.clone());
        let merge_base = self.git.merge_base(&base, commit).unwrap_or(base);
        let diff = self.diff(&merge_base, commit);
        (merge_base, diff)
    }

    /// The three-dot diff of a pull request against the live base branch, with its merge base.
    pub(crate) fn pull_diff(&mut self, number: u64) -> (String, Arc<Diff>) {
        let pull = &self.pulls[&number];
        let head = pull.head_sha.clone();
        let base = self
            .git
            .branch(&pull.base_ref)
            .unwrap_or(pull.base_sha.clone());
        let merge_base = self.git.merge_base(&base, &head).unwrap_or(base);
        let diff = self.diff(&merge_base, &head);
        (merge_base, diff)
    }
}

/// Rules on a branch, as branch protection and as a ruleset at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// Names of checks that must pass.
    pub required_checks: Vec<String>,
    /// Number of approving reviews that are needed; 0 = no review needed.
    pub approvals: u64,
    /// Whether owners named in CODEOWNERS must approve.
    pub code_owners: bool,
    /// Whether administrators are bound as well.
    pub enforce_admins: bool,
    /// Whether a merge queue is required (rulesets only).
    pub merge_queue: bool,
    /// Who may pass the ruleset by: kind of actor and mode, in GitHub's words.
    pub bypass_actors: Vec<(String, String)>,
    /// The App that alone may report the required checks; `None` = anybody.
    pub checks_by: Option<u64>,
}

/// A pull request.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) head_repo: String,
    pub(crate) head_ref: String,
    pub(crate) head_sha: String,
    pub(crate) base_ref: String,
    /// The base tip when the pull request was opened, pushed to or retargeted. GitHub does not move
    /// it when only the base branch moves.
    pub(crate) base_sha: String,
    pub(crate) merge_sha: Option<String>,
    pub(crate) open: bool,
    pub(crate) draft: bool,
    pub(crate) merged: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A comment in the conversation of a pull request.
#[derive(Debug, Clone)]
pub(crate) struct IssueComment {
    pub(crate) id: u64,
    pub(crate) pull: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) minimized: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A review; `state` in GitHub's words.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) id: u64,
    pub(crate) pull: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) state: &'static str,
    pub(crate) commit: String,
    pub(crate) minimized: Option<String>,
    pub(crate) submitted_at: Option<i64>,
}

/// A comment on the diff. The first of a thread has `in_reply_to: None`.
#[derive(Debug, Clone)]
pub(crate) struct ReviewComment {
    pub(crate) id: u64,
    pub(crate) pull: u64,
    pub(crate) review: u64,
    pub(crate) in_reply_to: Option<u64>,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) place: Place,
    pub(crate) minimized: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ReviewComment {
    /// The first comment of the thread.
    pub(crate) fn root(&self) -> u64 {
        self.in_reply_to.unwrap_or(self.id)
    }
}

/// Where a comment was put and where that is today.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: String,
    /// A comment on the file as a whole.
    pub(crate) whole_file: bool,
    pub(crate) side: Side,
    pub(crate) start_side: Option<Side>,
    /// Last line today; `None` once outdated.
    pub(crate) line: Option<u64>,
    pub(crate) start_line: Option<u64>,
    pub(crate) position: Option<u64>,
    pub(crate) commit: String,
    pub(crate) original_line: Option<u64>,
    pub(crate) original_start_line: Option<u64>,
    pub(crate) original_position: u64,
    pub(crate) original_commit: String,
    /// Merge base when the comment was made: what LEFT lines count in.
    pub(crate) original_base: String,
    pub(crate) diff_hunk: String,
    pub(crate) outdated: bool,
}

/// A check run; the parts a client writes are kept as it wrote them.
#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub(crate) id: u64,
    pub(crate) app: String,
    /// The suite it belongs to.
    pub(crate) suite: u64,
    pub(crate) head_sha: String,
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) annotations: Vec<Value>,
}

/// All check runs of an App on a commit.
#[derive(Debug, Clone)]
pub(crate) struct CheckSuite {
    pub(crate) id: u64,
    pub(crate) app: String,
    pub(crate) head_sha: String,
    /// `None` when the commit was pushed to a fork.
    pub(crate) head_branch: Option<String>,
    /// Where the branch was before the push.
    pub(crate) before: Option<String>,
    pub(crate) created_at: i64,
}

/// A commit status.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) id: u64,
    pub(crate) sha: String,
    pub(crate) author: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: Option<String>,
    pub(crate) target_url: Option<String>,
    pub(crate) created_at: i64,
}

/// A SARIF file handed to code scanning.
#[derive(Debug, Clone)]
pub struct SarifUpload {
    /// The id the receipt named.
    pub id: String,
    /// Commit the results are for.
    pub commit: String,
    /// Full ref name.
    pub reference: String,
    /// The unpacked SARIF log.
    pub sarif: Value,
}
