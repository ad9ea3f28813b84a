//! The calls we make of GitHub, with our own request and answer types.
//!
//! octocrab's typed review calls cannot make a review with comments on lines, so the bodies are
//! ours; the fields are those of GitHub's REST description, and answers name only what is used.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::approval::{self, PostedReview};
use super::client::Client;
use super::error::{ApiError, ErrorClass};
use super::event::RepositoryName;
use super::parts::{CommitPart, UserPart};
use super::plan::Rung;
use super::reconcile::{NewComment, ReviewComment};
use super::submission::Item;
use crate::finding::RepoPath;

/// Who the token speaks for.
const VIEWER: &str = "query Viewer { viewer { login } }";

/// Folds a comment away.
const MINIMIZE: &str = "mutation Minimize($id: ID!, $classifier: ReportedContentClassifiers!) { \
     minimizeComment(input: {subjectId: $id, classifier: $classifier}) { \
     minimizedComment { isMinimized } } }";

/// Every GraphQL document we send, for checks against GitHub's schema.
pub const OPERATIONS: [&str; 2] = [VIEWER, MINIMIZE];

/// A pull request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its newest commit.
    pub head: String,
    /// The branch it goes into.
    pub base_ref: String,
    /// Who opened it.
    pub author: String,
    /// Its title.
    pub title: String,
    /// Whether it was merged.
    pub is_merged: bool,
    /// Whether it can still be merged.
    pub is_open: bool,
    /// Whether the head lives in another repository.
    pub is_fork: bool,
    /// Repository and branch of the head; the repository is `None` once a fork is deleted.
    pub head_source: (Option<String>, String),
    /// Whether it is a draft.
    pub is_draft: bool,
}

/// A comment on the pull request as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueComment {
    /// Its number.
    pub id: u64,
    /// Its name in GraphQL.
    pub node_id: String,
    /// Its text.
    pub body: String,
    /// Whether we wrote it.
    pub is_ours: bool,
}

/// Who we are to GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Option<String>);

impl Identity {
    /// Nobody knows.
    pub(super) fn unknown() -> Self {
        Self(None)
    }

    /// Whether a text of this author is ours. GitHub writes an App's name with `[bot]` in REST and
    /// without it in GraphQL. If we do not know our name, every App is taken for us: the hidden
    /// marker then decides, which people cannot plant in an App's comment.
    fn wrote(&self, user: Option<&UserPart>) -> bool {
        let Some(user) = user else {
            return false;
        };
        let bare = |login: &str| login.trim_end_matches("[bot]").to_ascii_lowercase();
        match &self.0 {
            Some(own) => bare(own) == bare(&user.login),
            None => user.kind == "Bot",
        }
    }
}

#[derive(Deserialize)]
struct PullPart {
    state: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    merged: bool,
    #[serde(default)]
    draft: bool,
    user: Option<UserPart>,
    head: SidePart,
    base: SidePart,
}

#[derive(Deserialize)]
struct SidePart {
    sha: String,
    #[serde(rename = "ref")]
    name: String,
    repo: Option<RepositoryPart>,
}

#[derive(Deserialize)]
struct RepositoryPart {
    full_name: String,
}

#[derive(Deserialize)]
struct CommentPart {
    id: u64,
    #[serde(default)]
    node_id: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    path: String,
    start_line: Option<u32>,
    line: Option<u32>,
    subject_type: Option<String>,
    in_reply_to_id: Option<u64>,
    user: Option<UserPart>,
}

#[derive(Deserialize)]
struct ReviewPart {
    id: u64,
    body: Option<String>,
    state: String,
    commit_id: Option<String>,
    user: Option<UserPart>,
}

#[derive(Deserialize)]
struct FilePart {
    filename: String,
    patch: Option<String>,
}

#[derive(Deserialize)]
struct ComparePart {
    base_commit: CommitPart,
    merge_base_commit: CommitPart,
}

#[derive(Deserialize)]
struct PermissionPart {
    permission: String,
}

#[derive(Deserialize)]
struct IdPart {
    id: u64,
}

/// `POST pulls/N/reviews`.
#[derive(Debug, Serialize)]
struct NewReview<'a> {
    commit_id: &'a str,
    event: &'static str,
    body: &'a str,
    comments: Vec<NewReviewComment<'a>>,
}

/// A comment of a review. GitHub has no `subject_type` here.
#[derive(Debug, Serialize)]
struct NewReviewComment<'a> {
    path: &'a str,
    body: &'a str,
    line: u32,
    side: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_side: Option<&'static str>,
}

/// The calls about one pull request.
#[derive(Debug, Clone, Copy)]
pub struct PullApi<'c> {
    /// The connection.
    pub client: &'c Client,
    /// The repository.
    pub repository: &'c RepositoryName,
    /// The pull request.
    pub number: u64,
}

/// Asks who the token speaks for: GraphQL answers Apps as well, REST people alone. A token that may
/// ask neither is no error.
pub async fn identity(client: &Client) -> Identity {
    let answer = client.graphql(VIEWER, json!({}), false).await;
    let login = answer.ok().and_then(|data| {
        let login = data.get("viewer")?.get("login")?.as_str()?;
        Some(login.to_owned())
    });
    if login.is_some() {
        return Identity(login);
    }
    let user: Result<UserPart, ApiError> = client.get("/user").await;
    Identity(
        user.ok()
            .map(|user| user.login)
            .filter(|login| !login.is_empty()),
    )
}

/// People other than the author of a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondPersons {
    /// Who reviewed it at all.
    pub reviewers: Vec<String>,
    /// Who may write to the repository and approved exactly this head.
    pub approvers: Vec<String>,
}

/// Who reviewed a pull request, and who of them approved exactly this head and may write to the repository.
///
/// # Errors
/// Reviews or permissions cannot be read.
pub async fn second_persons(
    api: &PullApi<'_>,
    author: &str,
    head: &str,
) -> Result<SecondPersons, ApiError> {
    let reviews: Vec<PostedReview> = api
        .reviews(&Identity::unknown())
        .await?
        .into_iter()
        .map(|(review, _)| review)
        .collect();
    let mut approvers = Vec::new();
    for person in approval::approvers(&reviews, author, head) {
        if approval::may_write(&api.permission(&person).await?) {
            approvers.push(person);
        }
    }
    Ok(SecondPersons {
        reviewers: approval::reviewers(&reviews, author),
        approvers,
    })
}

/// A branch compared with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The newest commit of the branch.
    pub tip: String,
    /// Their merge base.
    pub merge_base: String,
}

/// A branch, as it is now, compared with a commit.
///
/// # Errors
/// As any request.
pub async fn compared(
    client: &Client,
    repository: &RepositoryName,
    base: &str,
    head: &str,
) -> Result<Compared, ApiError> {
    let base = RepoPath::from(base).to_uri();
    let path = format!("/repos/{repository}/compare/{base}...{head}?per_page=1");
    // Only the first page holds the files with their patches, of which nothing is wanted.
    let answer: ComparePart = match client.get(&format!("{path}&page=2")).await {
        Err(error) if error.class() == ErrorClass::Permanent => client.get(&path).await?,
        answer => answer?,
    };
    Ok(Compared {
        tip: answer.base_commit.sha,
        merge_base: answer.merge_base_commit.sha,
    })
}

/// Hands a SARIF log (gzip, base64) to code scanning.
///
/// # Errors
/// As any request; private repositories without the paid product answer 403.
pub async fn upload_sarif(
    client: &Client,
    repository: &RepositoryName,
    commit: &str,
    reference: &str,
    sarif: &str,
) -> Result<(), ApiError> {
    let body = json!({
        "commit_sha": commit,
        "ref": reference,
        "sarif": sarif,
        "tool_name": "scrubin",
    });
    let path = format!("/repos/{repository}/code-scanning/sarifs");
    let _: Value = client.write(Method::POST, &path, &body).await?;
    Ok(())
}

impl PullApi<'_> {
    fn pull_path(&self, rest: &str) -> String {
        format!("/repos/{}/pulls/{}{rest}", self.repository, self.number)
    }

    /// The pull request.
    pub async fn pull(&self) -> Result<Pull, ApiError> {
        let pull: PullPart = self.client.get(&self.pull_path("")).await?;
        let full_name = |side: &SidePart| side.repo.as_ref().map(|repo| repo.full_name.clone());
        Ok(Pull {
            is_fork: full_name(&pull.head) != full_name(&pull.base),
            head_source: (full_name(&pull.head), pull.head.name),
            is_draft: pull.draft,
            title: pull.title,
            is_merged: pull.merged,
            head: pull.head.sha,
            base_ref: pull.base.name,
            author: pull.user.map(|user| user.login).unwrap_or_default(),
            is_open: pull.state == "open",
        })
    }

    /// Every file with its patch.
    pub async fn files(&self) -> Result<Vec<(String, Option<String>)>, ApiError> {
        let files: Vec<FilePart> = self.client.list(&self.pull_path("/files")).await?;
        Ok(files
            .into_iter()
            .map(|file| (file.filename, file.patch))
            .collect())
    }

    /// Every comment on lines and files, oldest first.
    pub async fn review_comments(&self, own: &Identity) -> Result<Vec<ReviewComment>, ApiError> {
        let comments: Vec<CommentPart> = self.client.list(&self.pull_path("/comments")).await?;
        Ok(comments
            .into_iter()
            .map(|part| ReviewComment {
                id: part.id,
                is_ours: own.wrote(part.user.as_ref()),
                node_id: part.node_id,
                body: part.body.unwrap_or_default(),
                path: part.path,
                start_line: part.start_line,
                line: part.line,
                is_on_file: part.subject_type.as_deref() == Some("file"),
                in_reply_to: part.in_reply_to_id,
            })
            .collect())
    }

    /// Every comment on the pull request as a whole, oldest first.
    pub async fn issue_comments(&self, own: &Identity) -> Result<Vec<IssueComment>, ApiError> {
        let path = format!("/repos/{}/issues/{}/comments", self.repository, self.number);
        let comments: Vec<CommentPart> = self.client.list(&path).await?;
        Ok(comments
            .into_iter()
            .map(|part| IssueComment {
                id: part.id,
                node_id: part.node_id,
                is_ours: own.wrote(part.user.as_ref()),
                body: part.body.unwrap_or_default(),
            })
            .collect())
    }

    /// Every review, oldest first, and whether it is ours.
    pub async fn reviews(&self, own: &Identity) -> Result<Vec<(PostedReview, bool)>, ApiError> {
        let reviews: Vec<ReviewPart> = self.client.list(&self.pull_path("/reviews")).await?;
        Ok(reviews
            .into_iter()
            .map(|part| {
                let is_ours = own.wrote(part.user.as_ref());
                let user = part.user;
                let review = PostedReview {
                    id: part.id,
                    is_person: user.as_ref().is_some_and(UserPart::is_person),
                    author: user.map(|user| user.login).unwrap_or_default(),
                    state: part.state,
                    commit: part.commit_id,
                    body: part.body.unwrap_or_default(),
                };
                (review, is_ours)
            })
            .collect())
    }

    /// The level of a person in the repository.
    pub async fn permission(&self, login: &str) -> Result<String, ApiError> {
        let login = RepoPath::from(login).to_uri();
        let path = format!(
            "/repos/{}/collaborators/{login}/permission",
            self.repository
        );
        match self.client.get::<PermissionPart>(&path).await {
            Ok(answer) => Ok(answer.permission),
            // An account that is gone, or was renamed.
            Err(ApiError::NotFound { .. }) => Ok("none".to_owned()),
            Err(error) => Err(error),
        }
    }

    /// Makes one review with comments on lines. `event` is `COMMENT` or `REQUEST_CHANGES`.
    pub async fn create_review(
        &self,
        head: &str,
        event: &'static str,
        body: &str,
        comments: &[(&Item, &NewComment)],
    ) -> Result<u64, ApiError> {
        let comments = comments
            .iter()
            .filter_map(|(item, new)| {
                let anchor = new.anchor?;
                Some(NewReviewComment {
                    path: &item.path,
                    body: &new.body,
                    line: anchor.line,
                    side: "RIGHT",
                    start_line: anchor.start_line,
                    start_side: anchor.start_line.map(|_| "RIGHT"),
                })
            })
            .collect();
        let review = NewReview {
            commit_id: head,
            event,
            body,
            comments,
        };
        let path = self.pull_path("/reviews");
        let made: IdPart = self.client.write(Method::POST, &path, &review).await?;
        Ok(made.id)
    }

    /// Makes a comment on a file as a whole.
    pub async fn comment_on_file(
        &self,
        head: &str,
        path: &str,
        body: &str,
    ) -> Result<(), ApiError> {
        let comment = json!({
            "commit_id": head,
            "path": path,
            "body": body,
            "subject_type": "file",
        });
        let route = self.pull_path("/comments");
        let _: IdPart = self.client.write(Method::POST, &route, &comment).await?;
        Ok(())
    }

    /// Gives one of our comments another text.
    pub async fn edit_comment(&self, id: u64, body: &str) -> Result<(), ApiError> {
        let path = format!("/repos/{}/pulls/comments/{id}", self.repository);
        let _: IdPart = self
            .client
            .write(Method::PATCH, &path, &json!({"body": body}))
            .await?;
        Ok(())
    }

    /// Answers one of our comments.
    pub async fn reply(&self, id: u64, body: &str) -> Result<(), ApiError> {
        let path = self.pull_path(&format!("/comments/{id}/replies"));
        let _: IdPart = self
            .client
            .write(Method::POST, &path, &json!({"body": body}))
            .await?;
        Ok(())
    }

    /// Folds one of our comments away.
    pub async fn minimise(&self, node_id: &str, classifier: &str) -> Result<(), ApiError> {
        let variables = json!({"id": node_id, "classifier": classifier});
        self.client.graphql(MINIMIZE, variables, true).await?;
        Ok(())
    }

    /// Makes a comment on the pull request as a whole.
    pub async fn create_summary(&self, body: &str) -> Result<(), ApiError> {
        let path = format!("/repos/{}/issues/{}/comments", self.repository, self.number);
        let _: IdPart = self
            .client
            .write(Method::POST, &path, &json!({"body": body}))
            .await?;
        Ok(())
    }

    /// Gives our summary another text.
    pub async fn edit_summary(&self, id: u64, body: &str) -> Result<(), ApiError> {
        let path = format!("/repos/{}/issues/comments/{id}", self.repository);
        let _: IdPart = self
            .client
            .write(Method::PATCH, &path, &json!({"body": body}))
            .await?;
        Ok(())
    }

    /// Lifts a request for changes of ours.
    pub async fn dismiss(&self, review: u64, message: &str) -> Result<(), ApiError> {
        let path = self.pull_path(&format!("/reviews/{review}/dismissals"));
        let body = json!({"message": message, "event": "DISMISS"});
        let _: IdPart = self.client.write(Method::PUT, &path, &body).await?;
        Ok(())
    }
}

/// The body of a review, which GitHub wants for its event.
pub(super) fn review_body(head: &str, rungs: &[Rung]) -> String {
    let marker = super::marker::Marker::Review {
        head: head.to_owned(),
    };
    let comments = rungs.iter().filter(|rung| rung.is_comment()).count() as u64;
    format!(
        "{}scrubin: {} at {}.\n",
        marker.line(),
        crate::report::words::count(comments, "finding"),
        super::reconcile::abbreviated(head)
    )
}
