//! The record that a review of a change on GitHub leaves.

use super::super::failure::Failure;
use super::super::record::{Change, Request};
use super::{Session, Work};
use crate::evidence::Reviewers;
use crate::github::ApiError;
use crate::github::analyse::Analysis;
use crate::github::api::SecondPersons;

/// What a record says that the analysis does not.
pub(super) struct Recorded<'r> {
    pub(super) work: &'r Work<'r>,
    /// Number of the pull request.
    pub(super) pull: Option<u64>,
    /// Who opened it.
    pub(super) author: Option<String>,
    /// Who reviewed and approved it, or why nobody knows; `None` where nobody asked.
    pub(super) people: Option<Result<SecondPersons, ApiError>>,
}

impl Session<'_> {
    /// Adds the record of the review to the log, where one is wanted.
    pub(super) fn record(
        &self,
        analysis: &mut Analysis,
        recorded: Recorded<'_>,
    ) -> Result<(), Failure> {
        let Some(recorder) = &self.recorder else {
            return Ok(());
        };
        let reviewers = match recorded.people {
            Some(Ok(people)) => Some(Reviewers {
                said_by: "github".to_owned(),
                author: recorded.author,
                reviewers: people.reviewers,
                approvers: people.approvers,
            }),
            // Names nobody could read are not stated; those of trailers are no answer of GitHub's.
            Some(Err(error)) => {
                let text = format!("reviewers and approver are not in the record: {error}");
                analysis.report.notices.push(crate::report::Notice { text });
                Some(Reviewers::default())
            }
            None => None,
        };
        let variable = |name: &str| {
            let value = self.environment.get(name).cloned();
            value.filter(|value| !value.is_empty())
        };
        let root = recorded
            .work
            .repository
            .root()
            .map(std::path::Path::to_path_buf);
        let log = recorder.place(&analysis.config, &root.unwrap_or_default())?;
        let change = Change {
            report: &analysis.report,
            repository: Some(recorded.work.repository),
            config: &analysis.config,
            terms: std::mem::take(&mut analysis.terms),
            request: Request {
                reviewers,
                branch: variable("GITHUB_HEAD_REF").or_else(|| variable("GITHUB_REF_NAME")),
                pull_request: recorded.pull,
            },
        };
        recorder.write(&log, change)
    }
}
