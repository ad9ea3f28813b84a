//! What people decided, applied to an analysis: excuses, proposed deviations, what is posted of it.

use std::collections::BTreeSet;

use super::analyse::Analysis;
use super::api::SecondPersons;
use super::base::Base;
use super::error::ApiError;
use super::event::RepositoryName;
use super::submission::{Context, Submission};
use crate::finding::Severity;
use crate::report::Notice;
use crate::triage::Verdict;

/// A decision of people that excuses a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excuse {
    /// `KEY:ORDINAL`.
    pub fingerprint: String,
    /// The key without the path, which follows moved code.
    pub moved_key: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Ticket or risk-file id.
    pub ticket: Option<String>,
    /// Whether a second person agreed: an error is excused by no less, wherever the decision was made.
    pub by_two: bool,
}

impl Analysis {
    /// Applies decisions that people made elsewhere: what they excuse is deviated. Gives the numbers of
    /// the excuses that fit a finding.
    pub fn excuse(&mut self, excuses: &[Excuse]) -> BTreeSet<usize> {
        let mut used = BTreeSet::new();
        for triaged in &mut self.report.findings {
            if triaged.verdict != Verdict::Report {
                continue;
            }
            let value = triaged.fingerprint.value();
            let rule = triaged.finding.rule.to_string();
            let is_error = triaged.finding.severity == Severity::Error;
            let counts = |one: &Excuse| one.by_two || !is_error;
            let exact = excuses
                .iter()
                .position(|one| one.fingerprint == value && counts(one));
            let found = exact.or_else(|| {
                excuses.iter().enumerate().position(|(number, one)| {
                    !used.contains(&number)
                        && counts(one)
                        && one.rule == rule
                        && one.moved_key == triaged.fingerprint.moved_key
                })
            });
            if let Some((number, one)) =
                found.and_then(|number| Some((number, excuses.get(number)?)))
            {
                used.insert(number);
                triaged.blocks = false;
                triaged.verdict = Verdict::Deviated {
                    reason: one.reason.clone(),
                    ticket: one.ticket.clone(),
                };
            }
        }
        used
    }

    /// Decides whether the deviations that the pull request adds count: `people` are those who approved
    /// it, or why nobody knows; `None` where nobody was asked.
    pub fn settle(&mut self, people: Option<&Result<SecondPersons, ApiError>>) {
        if self.proposed.is_empty() {
            return;
        }
        let text = match people {
            Some(Ok(people)) if !people.approvers.is_empty() => {
                let names = people.approvers.iter().map(|name| format!("@{name}"));
                let names: Vec<String> = names.collect();
                let count = self.proposed.len();
                self.proposed.clear();
                format!(
                    "deviations that this pull request adds excuse {count} of its findings: approved by {}",
                    names.join(", ")
                )
            }
            Some(Err(error)) => {
                self.refuse_proposed();
                format!("approvals cannot be read, so deviations are proposed only: {error}")
            }
            _ => {
                self.refuse_proposed();
                "deviations that this pull request adds are proposed only: a second person who may \
                 write here has to approve it"
                    .to_owned()
            }
        };
        self.report.notices.push(Notice { text });
    }

    /// What is posted of it.
    pub fn submission(
        &self,
        name: &RepositoryName,
        pull: Option<u64>,
        head: &str,
        base: &Base,
    ) -> Submission {
        let context = Context {
            repository: name.to_string(),
            pull,
            head: head.to_owned(),
            base_note: base.note.clone(),
            steering: self.steering.clone(),
            proposed: self.proposed.clone(),
            plain_files: self.plain_files.clone(),
        };
        Submission::new(&self.report, &context)
    }
}
