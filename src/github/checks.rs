//! Check runs: one of a fixed name for each pull request or merge group on its newest commit, found again
//! instead of made twice.
//!
//! GitHub takes 50 annotations in a request and appends those of later ones ("Update a check run",
//! GitHub Docs). A run that was left half annotated, because the service was killed, gets a successor:
//! of one name GitHub counts the newest. Two pull requests may have the same newest commit; the external id
//! tells their runs apart, and whoever ends last sees to it that the newest one is right for both.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::comment::cut;
use super::error::ApiError;
use super::event::RepositoryName;
use super::submission::{Item, Submission};
use crate::finding::{RepoPath, Severity};

/// The name under which a branch rule requires the check.
pub const NAME: &str = "scrubin/gate";

/// Most annotations in one request.
const BATCH: usize = 50;

/// Most annotations in all; the summary lists what has none.
const ANNOTATIONS: usize = 1_000;

/// Longest `summary` and `text` of GitHub's, less room for what our cutting adds, in bytes.
const TEXT_LIMIT: usize = 60_000;

/// Longest title of an annotation, in characters.
const TITLE_LIMIT: usize = 255;

/// Most pages of the runs on a commit, a hundred each: GitHub keeps no more than 1,000 of one name.
const PAGES: usize = 10;

/// A button on a check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Says more of each rule.
    Explain,
    /// Calls the findings not useful.
    NotUseful,
}

impl Button {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Explain, Self::NotUseful];

    /// What GitHub sends back, at most 20 characters.
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Explain => "explain",
            Self::NotUseful => "not-useful",
        }
    }

    /// Label, at most 20 characters, and description, at most 40.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Explain => ("Explain", "Show why and how to fix, rule by rule"),
            Self::NotUseful => ("Not useful", "Count these findings as not useful"),
        }
    }

    /// The button of an identifier.
    pub fn parse(identifier: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|button| button.identifier() == identifier)
    }
}

/// How a check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing closes the gate.
    Success,
    /// Findings close it, or the change could not be reviewed.
    Failure,
    /// Nothing was to be judged.
    Neutral,
}

impl Conclusion {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
        }
    }
}

/// What a check run shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// One line.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// Further markdown; may be empty.
    pub text: String,
    /// Places in files.
    pub annotations: Vec<Annotation>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    path: String,
    start_line: u32,
    end_line: u32,
    annotation_level: &'static str,
    title: String,
    message: String,
}

/// A check run of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// GitHub's number of it.
    pub id: i64,
    /// Whether it has ended.
    pub is_completed: bool,
    /// Whether it keeps its commit from merging.
    pub is_failure: bool,
    /// What it is about.
    external: String,
    /// Annotations it has so far.
    annotations: u64,
}

/// The runs of a pull request or group on a commit that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unfinished {
    /// The newest of all its runs there; `None` where that one has ended.
    pub newest: Option<CheckRun>,
    /// Those that a newer one of its runs follows, oldest first: nobody goes on with them.
    pub followed: Vec<CheckRun>,
}

impl Unfinished {
    /// Of runs that are sorted, oldest first.
    fn of(mut runs: Vec<CheckRun>, external: &str) -> Self {
        runs.retain(|run| run.external == external);
        let newest = runs.pop().filter(|run| !run.is_completed);
        runs.retain(|run| !run.is_completed);
        Self {
            newest,
            followed: runs,
        }
    }
}

#[derive(Deserialize)]
struct RunsPart {
    check_runs: Vec<RunPart>,
}

#[derive(Deserialize)]
struct RunPart {
    id: i64,
    status: String,
    conclusion: Option<String>,
    external_id: Option<String>,
    #[serde(default)]
    output: OutputPart,
    app: Option<AppPart>,
}

#[derive(Deserialize, Default)]
struct OutputPart {
    #[serde(default)]
    annotations_count: u64,
}

#[derive(Deserialize)]
struct AppPart {
    id: u64,
}

impl From<RunPart> for CheckRun {
    fn from(run: RunPart) -> Self {
        let passes = ["success", "neutral", "skipped"];
        Self {
            id: run.id,
            is_completed: run.status == "completed",
            is_failure: run
                .conclusion
                .is_some_and(|word| !passes.contains(&word.as_str())),
            external: run.external_id.unwrap_or_default(),
            annotations: run.output.annotations_count,
        }
    }
}

#[derive(Deserialize)]
struct IdPart {
    id: i64,
}

/// The check runs of one repository.
#[derive(Debug, Clone, Copy)]
pub struct ChecksApi<'c> {
    /// The connection.
    pub client: &'c Client,
    /// The repository.
    pub repository: &'c RepositoryName,
    /// GitHub's number of our App.
    pub app: u64,
}

/// The annotations of findings, as many as are shown.
pub fn annotations(submission: &Submission) -> Vec<Annotation> {
    submission
        .findings
        .iter()
        .filter(|item| item.path_is_exact)
        .take(ANNOTATIONS)
        .map(|item| annotation(item, submission))
        .collect()
}

fn annotation(item: &Item, submission: &Submission) -> Annotation {
    let slug = submission
        .rules
        .get(&item.rule)
        .map(|rule| rule.slug.as_str())
        .unwrap_or_default();
    let title = format!("{} {slug}", item.rule);
    let fix = submission
        .rules
        .get(&item.rule)
        .map(|rule| rule.how_to_fix.trim())
        .unwrap_or_default();
    let message = match fix {
        "" => item.message.clone(),
        fix => format!("{}\n\n{fix}", item.message),
    };
    Annotation {
        path: item.path.clone(),
        start_line: item.first_line.max(1),
        end_line: item.last_line.max(item.first_line).max(1),
        annotation_level: match item.severity {
            Severity::Error => "failure",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        },
        title: title.trim().chars().take(TITLE_LIMIT).collect(),
        message: cut(&message, TEXT_LIMIT),
    }
}

fn output(output: &Output, annotations: &[Annotation]) -> Value {
    let mut value = json!({
        "title": output.title.chars().take(TITLE_LIMIT).collect::<String>(),
        "summary": cut(&output.summary, TEXT_LIMIT),
        "annotations": annotations,
    });
    if let (false, Some(object)) = (output.text.is_empty(), value.as_object_mut()) {
        object.insert("text".to_owned(), json!(cut(&output.text, TEXT_LIMIT)));
    }
    value
}

fn buttons() -> Value {
    Button::ALL
        .into_iter()
        .map(|button| {
            let (label, description) = button.words();
            json!({"label": label, "description": description, "identifier": button.identifier()})
        })
        .collect()
}

impl ChecksApi<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/repos/{}/check-runs{rest}", self.repository)
    }

    /// Our check runs on a commit, oldest first: all, or those that GitHub counts.
    async fn runs(&self, head: &str, filter: &str) -> Result<Vec<CheckRun>, ApiError> {
        let name = RepoPath::from(NAME).to_uri();
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let path = format!(
                "/repos/{}/commits/{head}/check-runs?check_name={name}&filter={filter}&per_page=100&page={page}",
                self.repository
            );
            let part: RunsPart = self.client.get(&path).await?;
            let count = part.check_runs.len();
            found.extend(
                part.check_runs
                    .into_iter()
                    .filter(|run| run.app.as_ref().is_none_or(|app| app.id == self.app))
                    .map(CheckRun::from),
            );
            if count < 100 {
                break;
            }
        }
        found.sort_by_key(|run| run.id);
        Ok(found)
    }

    /// The run of ours that GitHub counts on a commit.
    ///
    /// # Errors
    /// As any request.
    pub async fn newest(&self, head: &str) -> Result<Option<CheckRun>, ApiError> {
        Ok(self.runs(head, "latest").await?.pop())
    }

    /// The runs of a pull request or group on a commit that were begun and have not ended.
    ///
    /// # Errors
    /// As any request.
    pub async fn unfinished(&self, head: &str, external: &str) -> Result<Unfinished, ApiError> {
        Ok(Unfinished::of(self.runs(head, "all").await?, external))
    }

    /// A run that shows that the review is under way: the one that is there, or a new one. Beside it those that
    /// it follows and that have not ended.
    ///
    /// # Errors
    /// As any request.
    pub async fn begin(
        &self,
        head: &str,
        external: &str,
    ) -> Result<(CheckRun, Vec<CheckRun>), ApiError> {
        let runs = self.runs(head, "all").await?;
        let last = runs.last().map(|run| run.id);
        let Unfinished {
            newest,
            mut followed,
        } = Unfinished::of(runs, external);
        match newest {
            // A completed one stays true until the new result is known, and gets a successor then. One that
            // another run follows, whoever's it is, is not counted any more.
            Some(run) if Some(run.id) == last && run.annotations == 0 => Ok((run, followed)),
            newest => {
                let run = self.create(head, external).await?;
                followed.extend(newest.filter(|one| one.id != run.id));
                Ok((run, followed))
            }
        }
    }

    /// Makes a run that shows that the review is under way.
    ///
    /// # Errors
    /// As any request.
    pub async fn create(&self, head: &str, external: &str) -> Result<CheckRun, ApiError> {
        let body = json!({
            "name": NAME,
            "head_sha": head,
            "external_id": external,
            "status": "in_progress",
        });
        let made: Result<IdPart, ApiError> =
            self.client.write(Method::POST, &self.path(""), &body).await;
        let id = match made {
            Ok(part) => part.id,
            // It may have been made: looked for before anything is sent again.
            Err(error @ ApiError::Unknown { .. }) => {
                match self.unfinished(head, external).await?.newest {
                    Some(run) => run.id,
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        Ok(CheckRun {
            id,
            is_completed: false,
            is_failure: false,
            external: external.to_owned(),
            annotations: 0,
        })
    }

    /// Ends a run: annotations in batches, the conclusion with the last of them.
    ///
    /// # Errors
    /// As any request; the run is then left in progress, and a later try makes a new one if this one
    /// has annotations already.
    pub async fn complete(
        &self,
        run: &CheckRun,
        conclusion: Conclusion,
        shown: &Output,
    ) -> Result<(), ApiError> {
        let mut batches: Vec<&[Annotation]> = shown.annotations.chunks(BATCH).collect();
        let last = batches.pop().unwrap_or_default();
        for batch in batches {
            let body = json!({"status": "in_progress", "output": output(shown, batch)});
            self.patch(run.id, &body).await?;
        }
        self.conclude(run, conclusion, shown, last).await
    }

    /// Gives a run that has its annotations already another conclusion.
    ///
    /// # Errors
    /// As any request.
    pub async fn correct(
        &self,
        run: &CheckRun,
        conclusion: Conclusion,
        shown: &Output,
    ) -> Result<(), ApiError> {
        self.conclude(run, conclusion, shown, &[]).await
    }

    async fn conclude(
        &self,
        run: &CheckRun,
        conclusion: Conclusion,
        shown: &Output,
        last: &[Annotation],
    ) -> Result<(), ApiError> {
        let mut body = json!({
            "status": "completed",
            "conclusion": conclusion.as_str(),
            "output": output(shown, last),
        });
        if let (false, Some(object)) = (shown.annotations.is_empty(), body.as_object_mut()) {
            object.insert("actions".to_owned(), buttons());
        }
        self.patch(run.id, &body).await
    }

    async fn patch(&self, run: i64, body: &Value) -> Result<(), ApiError> {
        let _: IdPart = self
            .client
            .write(Method::PATCH, &self.path(&format!("/{run}")), body)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: i64, external: &str, is_completed: bool) -> CheckRun {
        CheckRun {
            id,
            is_completed,
            is_failure: false,
            external: external.to_owned(),
            annotations: 0,
        }
    }

    #[test]
    fn only_the_newest_of_its_own_runs_is_gone_on_with() {
        let ids = |runs: Vec<CheckRun>| {
            let found = Unfinished::of(runs, "pull:3");
            let followed: Vec<i64> = found.followed.iter().map(|one| one.id).collect();
            (found.newest.map(|one| one.id), followed)
        };
        assert_eq!(ids(Vec::new()), (None, vec![]));
        let (mine, other) = ("pull:3", "pull:4");
        let runs = vec![
            run(1, mine, false),
            run(2, mine, true),
            run(3, other, false),
        ];
        assert_eq!(ids(runs), (None, vec![1]));
        let runs = vec![
            run(1, mine, false),
            run(2, mine, false),
            run(3, other, true),
        ];
        assert_eq!(ids(runs), (Some(2), vec![1]));
    }
}
