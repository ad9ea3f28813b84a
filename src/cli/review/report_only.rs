//! `scrubin review` of what is no pull request: merge groups, pushes, runs started by hand. No
//! comments; job summary, annotations, outputs, SARIF.

use std::path::Path;

use super::super::Outcome;
use super::super::failure::Failure;
use super::recorded::Recorded;
use super::{Session, Work};
use crate::change::git::Repository;
use crate::github::base::{Base, Sources};
use crate::github::checkout::Checkout;
use crate::github::event::{RepositoryName, Target};
use crate::github::publish::Published;

impl Session<'_> {
    /// A report without comments.
    pub(super) async fn report_only(&self, target: &Target) -> Result<Outcome, Failure> {
        let (head, base, what) = match target {
            Target::MergeGroup { head, base } => (
                head.as_str(),
                Some(base),
                "the commit before the merge group",
            ),
            Target::Push { head, before } => {
                (head.as_str(), before.as_ref(), "the branch before the push")
            }
            Target::Dispatch | Target::Closed | Target::PullRequest(_) => ("HEAD", None, "a base"),
        };
        let here = Path::new(".");
        let repository = Repository::discover(here)?;
        let checkout = Checkout::new(here);
        // Without comments nothing but code scanning needs it.
        let known = self.repository().ok();
        let name = known.clone().unwrap_or_else(|| RepositoryName {
            owner: String::new(),
            name: String::new(),
        });
        let sources = Sources {
            checkout: &checkout,
            is_shallow: repository.is_shallow(),
            client: None,
            repository: &name,
            addresses: &self.addresses,
            token: self.token.as_ref(),
        };
        let head = match checkout.resolve(head) {
            Some(head) => head,
            None if sources.obtain(head) => head.to_owned(),
            None => {
                return Err(Failure::message(format!(
                    "the commit {head} is not in this checkout of the repository"
                )));
            }
        };
        let is_named = base.is_some() || self.arguments.base.is_some();
        let base = match (&self.arguments.base, base) {
            (Some(revision), _) => self.given_base(&checkout, revision)?,
            (None, Some(base)) if sources.obtain(base) => Base::of(base.clone()),
            (None, _) => Base {
                commit: None,
                tip: None,
                note: format!("{what} cannot be had; everything in the head counts as changed"),
            },
        };
        // Where nothing comes before, nobody can switch a gate off: the commit's own settings count.
        let settings = match &base.commit {
            None if !is_named => Some(head.clone()),
            commit => commit.clone(),
        };
        let work = Work {
            repository: &repository,
            head,
            settings,
            base,
            // Each pull request was judged by its own gate before.
            proposes: false,
        };
        let mut analysis = self.analyse(&work)?;
        // The base's own rules did not run.
        analysis.report.incomplete |= is_named && work.base.commit.is_none();
        let submission = analysis.submission(&name, None, &work.head, &work.base);
        let mut published = Published::default();
        if self.arguments.upload_sarif {
            let reference = self.environment.get("GITHUB_REF").map(String::as_str);
            match (target, reference, &known, self.client()?) {
                (Target::Dispatch, Some(reference), Some(known), Some(client)) if !is_named => {
                    self.upload(
                        &client,
                        known,
                        &analysis,
                        &work.head,
                        reference,
                        &mut published,
                    )
                    .await;
                }
                // Code scanning takes a log for all there is: what is not in it counts as fixed.
                _ if is_named || *target != Target::Dispatch => {
                    published.notes.push(
                        "the SARIF log was not handed to code scanning: it has the findings of this \
                         change alone; a run started by hand (workflow_dispatch) hands over all of them"
                            .to_owned(),
                    );
                }
                _ => published.notes.push(
                    "the SARIF log was not handed to code scanning: no token was given, or \
                     GITHUB_REF or GITHUB_REPOSITORY (OWNER/NAME) is not set"
                        .to_owned(),
                ),
            }
        }
        let recorded = Recorded {
            work: &work,
            pull: None,
            author: None,
            people: None,
        };
        self.finish(&mut analysis, &submission, &published, recorded)
    }
}
