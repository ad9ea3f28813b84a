//! What tests look at after a run.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::hub::{Hub, repo};
use crate::log::{Exchange, GraphqlOperation};
use crate::state::{ReviewComment, SarifUpload};

/// A comment in the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationComment {
    /// Database id.
    pub id: u64,
    /// Login.
    pub author: String,
    /// Markdown.
    pub body: String,
    /// Reason it is minimised for, such as `OUTDATED`.
    pub minimized: Option<String>,
}

/// A comment on the diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffComment {
    /// Database id.
    pub id: u64,
    /// The review it came with.
    pub review: u64,
    /// First comment of the thread, for answers.
    pub in_reply_to: Option<u64>,
    /// Login.
    pub author: String,
    /// Markdown.
    pub body: String,
    /// File.
    pub path: String,
    /// Last line today, in the file of `side`; `None` once outdated or for a whole file.
    pub line: Option<u64>,
    /// First line today, of a range.
    pub start_line: Option<u64>,
    /// `LEFT` or `RIGHT`.
    pub side: &'static str,
    /// Last line when it was made.
    pub original_line: Option<u64>,
    /// The commit it last stood on.
    pub commit: String,
    /// On the file as a whole.
    pub whole_file: bool,
    /// No longer part of the diff.
    pub outdated: bool,
    /// Who resolved its thread.
    pub resolved_by: Option<String>,
    /// Reason it is minimised for.
    pub minimized: Option<String>,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewView {
    /// Database id.
    pub id: u64,
    /// Login.
    pub author: String,
    /// Markdown.
    pub body: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: &'static str,
    /// Commit reviewed.
    pub commit: String,
}

/// A check run.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRunView {
    /// Database id.
    pub id: u64,
    /// Slug of the App.
    pub app: String,
    /// Its name.
    pub name: String,
    /// Commit.
    pub head_sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// Such as `success`.
    pub conclusion: Option<String>,
    /// `title`, `summary`, `text` as last written.
    pub output: Value,
    /// All annotations, in the order they were added.
    pub annotations: Vec<Value>,
}

/// A commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView {
    /// Commit.
    pub sha: String,
    /// Name.
    pub context: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
}

impl Hub {
    /// Comments in the conversation of a pull request, oldest first.
    pub fn comments(&self, name: &str, number: u64) -> Vec<ConversationComment> {
        let state = self.state();
        let all = repo(&state, name)
            .issue_comments
            .iter()
            .filter(|one| one.pull == number);
        all.map(|one| ConversationComment {
            id: one.id,
            author: one.author.clone(),
            body: one.body.clone(),
            minimized: one.minimized.clone(),
        })
        .collect()
    }

    /// Comments on the diff of a pull request, oldest first, those of pending reviews included.
    pub fn diff_comments(&self, name: &str, number: u64) -> Vec<DiffComment> {
        let state = self.state();
        let repo = repo(&state, name);
        let view = |one: &ReviewComment| DiffComment {
            id: one.id,
            review: one.review,
            in_reply_to: one.in_reply_to,
            author: one.author.clone(),
            body: one.body.clone(),
            path: one.place.path.clone(),
            line: one.place.line,
            start_line: one.place.start_line,
            side: one.place.side.as_str(),
            original_line: one.place.original_line,
            commit: one.place.commit.clone(),
            whole_file: one.place.whole_file,
            outdated: one.place.outdated,
            resolved_by: repo.resolved.get(&one.root()).cloned(),
            minimized: one.minimized.clone(),
        };
        repo.review_comments
            .iter()
            .filter(|one| one.pull == number)
            .map(view)
            .collect()
    }

    /// Reviews of a pull request, oldest first.
    pub fn reviews(&self, name: &str, number: u64) -> Vec<ReviewView> {
        let state = self.state();
        let all = repo(&state, name)
            .reviews
            .iter()
            .filter(|one| one.pull == number);
        all.map(|one| ReviewView {
            id: one.id,
            author: one.author.clone(),
            body: one.body.clone(),
            state: one.state,
            commit: one.commit.clone(),
        })
        .collect()
    }

    /// All check runs of a repository, oldest first.
    pub fn check_runs(&self, name: &str) -> Vec<CheckRunView> {
        let state = self.state();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let all = repo(&state, name).check_runs.iter();
        all.map(|one| CheckRunView {
            id: one.id,
            app: one.app.clone(),
            name: text(one.fields.get("name")).unwrap_or_default(),
            head_sha: one.head_sha.clone(),
            status: text(one.fields.get("status")).unwrap_or_default(),
            conclusion: text(one.fields.get("conclusion")),
            output: one.fields.get("output").cloned().unwrap_or(Value::Null),
            annotations: one.annotations.clone(),
        })
        .collect()
    }

    /// How many commits of all repositories have a completed check run.
    pub fn checked_commits(&self) -> usize {
        let state = self.state();
        let runs = state.repos.values().flat_map(|repo| &repo.check_runs);
        let completed = runs
            .filter(|run| run.fields.get("status").and_then(Value::as_str) == Some("completed"));
        let commits: BTreeSet<&str> = completed.map(|run| run.head_sha.as_str()).collect();
        commits.len()
    }

    /// All commit statuses of a repository, oldest first.
    pub fn statuses(&self, name: &str) -> Vec<StatusView> {
        let state = self.state();
        let all = repo(&state, name).statuses.iter();
        all.map(|one| StatusView {
            sha: one.sha.clone(),
            context: one.context.clone(),
            state: one.state.clone(),
        })
        .collect()
    }

    /// All SARIF uploads of a repository, oldest first.
    pub fn sarif_uploads(&self, name: &str) -> Vec<SarifUpload> {
        repo(&self.state(), name).sarifs.clone()
    }

    /// Every request so far, in the order they were answered.
    pub fn log(&self) -> Vec<Exchange> {
        self.state().log.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.state().log.clear();
    }

    /// Tokens of this hub that a request carried outside its `Authorization` header: as
    /// `METHOD path`. A client has no reason to put one anywhere else.
    pub fn token_leaks(&self) -> Vec<String> {
        let state = self.state();
        let leaks = |exchange: &&Exchange| {
            let headers = exchange.headers.iter().map(|(_, value)| value);
            let mut texts = headers.chain([&exchange.path, &exchange.query, &exchange.body]);
            texts.any(|text| state.tokens.keys().any(|token| text.contains(token)))
        };
        let found = state.log.iter().filter(leaks);
        found
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect()
    }

    /// The GraphQL operations so far.
    pub fn graphql_operations(&self) -> Vec<GraphqlOperation> {
        self.state().graphql.clone()
    }

    /// Appends the accepted GraphQL operations so far to a file, one JSON object a line, for
    /// `graphql/validate.mjs`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn record_graphql(&self, file: &Path) -> std::io::Result<()> {
        use std::io::Write as _;
        let state = self.state();
        let accepted = state.graphql.iter().filter(|one| one.accepted);
        let lines: String = accepted
            .map(|one| {
                format!(
                    "{}\n",
                    json!({"query": one.query, "variables": one.variables})
                )
            })
            .collect();
        let mut out = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)?;
        // One write, so that tests in parallel do not mix their lines.
        out.write_all(lines.as_bytes())
    }

    /// Breaches of GitHub's description so far, by the client (`request ...`) or by the fake itself
    /// (`response ...`); forgets them.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }

    /// Fails with the list when a request or an answer breached GitHub's description, or when a token
    /// was sent anywhere but in the `Authorization` header.
    pub fn assert_clean(&self) {
        let violations = self.state().violations.clone();
        assert!(
            violations.is_empty(),
            "breaches of GitHub's description:\n  {}",
            violations.join("\n  ")
        );
        let leaks = self.token_leaks();
        assert!(
            leaks.is_empty(),
            "tokens outside the Authorization header:\n  {}",
            leaks.join("\n  ")
        );
    }
}
