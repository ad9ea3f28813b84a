//! `scrubin review --post`: the second of two jobs, for pull requests from forks.

use std::path::Path;

use super::super::args::DraftsArgument;
use super::super::failure::Failure;
use super::super::{Outcome, output};
use super::{Session, failure, live_pull, no_token, outputs};
use crate::github::event;
use crate::github::plan::PlanOptions;
use crate::github::publish::{Publication, publish};
use crate::github::submission::{FILE_LIMIT, RuleText, Submission, SubmissionError};
use crate::review;
use crate::triage;

impl Session<'_> {
    /// Posts what another job found. The file may come from anybody: its pull request and head are
    /// checked with GitHub and with the event, and nothing of it is posted unescaped.
    pub(super) async fn post(&self, file: &Path) -> Result<Outcome, Failure> {
        let doing = |failure: Failure| failure.doing(&format!("post `{}`", file.display()));
        let mut submission = read_submission(file).map_err(doing)?;
        distrust(&mut submission)?;
        let name = self.repository()?;
        let client = self.client()?.ok_or_else(no_token)?;
        let suspicious = |what: &str| {
            doing(Failure::new(SubmissionError::Suspicious {
                what: what.to_owned(),
            }))
        };
        if !submission
            .repository
            .eq_ignore_ascii_case(&name.to_string())
        {
            return Err(suspicious("it is about another repository"));
        }
        let Some(number) = submission.pull else {
            return Err(suspicious("it names no pull request"));
        };
        let live = live_pull(&client, &name, number).await.map_err(doing)?;
        let is_workflow_run = self
            .environment
            .get("GITHUB_EVENT_NAME")
            .is_some_and(|event| event == "workflow_run");
        if is_workflow_run {
            let text = self.event_text().map_err(failure)?;
            let run = event::workflow_run_head(&text).map_err(failure)?;
            if run.commit != submission.head {
                return Err(suspicious("its head is not that of the run that made it"));
            }
            // Anybody can open a pull request of the same commit, and speak for this one.
            if run.source != live.head_source && live.head == submission.head {
                return Err(suspicious(
                    "the run that made it was not one of its pull request's branch",
                ));
            }
        }
        if live.is_draft && self.arguments.drafts == DraftsArgument::Skip {
            return self.skip_draft();
        }
        let publication = Publication {
            repository: &name,
            number,
            submission: &submission,
            anchors: None,
            server: &self.addresses.server,
            options: PlanOptions {
                comments: self.comments(live.is_draft),
                can_write: !self.arguments.no_comments,
            },
            request_changes: self.arguments.request_changes,
        };
        let published = publish(&client, &publication).await;
        for note in &published.notes {
            output::message(&format!("scrubin: {note}"));
        }
        outputs::write_posted(&self.environment, &submission, &published)?;
        Ok(if published.is_refused {
            Outcome::Incomplete
        } else {
            Outcome::Passed
        })
    }
}

/// Replaces what this program knows better than the file: the words of built-in rules. Code to
/// commit with one click is not taken from a stranger at all, nor is an address to go to.
fn distrust(submission: &mut Submission) -> Result<(), Failure> {
    for item in &mut submission.findings {
        item.suggestion = None;
    }
    for text in submission.rules.values_mut() {
        text.page = None;
    }
    let builtin = review::builtin()?;
    let infos = builtin.rules.iter().filter_map(|rule| rule.info());
    for info in infos
        .map(AsRef::as_ref)
        .chain(&triage::rules())
        .chain(&review::change_rules())
    {
        if let Some(text) = submission.rules.get_mut(&info.id) {
            *text = RuleText::of(info);
        }
    }
    Ok(())
}

fn read_submission(file: &Path) -> Result<Submission, Failure> {
    // Not more than is taken: the file may be of any size, or have no end.
    let bytes = std::fs::File::open(file).and_then(|opened| {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        opened.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = bytes.map_err(Failure::new)?;
    Submission::parse(&bytes).map_err(Failure::new)
}
