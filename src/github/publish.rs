//! What is done in which order, and what happens when it fails.
//!
//! New comments first, then edits, then the retiring of old ones, the summary last: it lists what
//! no comment carries. Whatever GitHub refuses goes one rung down. After a write with an unknown
//! outcome the lists are read before anything is sent again, so that nothing is posted twice.

mod write;

use std::collections::BTreeSet;
use std::time::Duration;

use super::anchor::Anchors;
use super::api::{self, Identity, IssueComment, PullApi};
use super::client::Client;
use super::comment;
use super::error::{ApiError, ErrorClass};
use super::event::RepositoryName;
use super::marker::{Form, Marker, short};
use super::plan::{self, PlanOptions, Rung};
use super::reconcile::{Actions, NewComment, memory, reconcile};
use super::submission::{Item, Submission};
use super::summary;
use crate::report::words;

/// How often a write with an unknown outcome is sent in all.
const WRITES: u32 = 3;

/// What to publish, and where.
#[derive(Debug)]
pub struct Publication<'p> {
    /// The repository.
    pub repository: &'p RepositoryName,
    /// The pull request.
    pub number: u64,
    /// The result of the analysis.
    pub submission: &'p Submission,
    /// The diff of the local checkout; `None` = ask GitHub for it.
    pub anchors: Option<Anchors>,
    /// GitHub's address for people.
    pub server: &'p str,
    /// How many comments, and whether any.
    pub options: PlanOptions,
    /// Whether a closed gate also requests changes.
    pub request_changes: bool,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// The rung of each finding, in the order of the submission.
    pub rungs: Vec<Rung>,
    /// Comments made on lines and files.
    pub created: usize,
    /// Comments left as they were.
    pub kept: usize,
    /// Comments with a new text.
    pub edited: usize,
    /// Comments closed.
    pub retired: usize,
    /// Whether a summary comment stands and is true.
    pub has_summary: bool,
    /// Whether the token, or GitHub as a whole, refused to take anything.
    pub is_refused: bool,
    /// What fell short, one sentence each. Never holds a token.
    pub notes: Vec<String>,
    /// Something that may work later: after how long, as far as GitHub says it (zero otherwise).
    pub retry_after: Option<Duration>,
}

/// Publishes the findings of a pull request. Never fails: what cannot be posted stands lower on the
/// ladder, and `notes` says why.
pub async fn publish(client: &Client, publication: &Publication<'_>) -> Published {
    let mut run = Run {
        api: PullApi {
            client,
            repository: publication.repository,
            number: publication.number,
        },
        submission: publication.submission,
        identity: None,
        can_write: publication.options.can_write,
        published: Published::default(),
        deleted: BTreeSet::new(),
        known: BTreeSet::new(),
    };
    let prepared = if run.can_write {
        run.prepare(publication).await
    } else {
        None
    };
    match prepared {
        Some((actions, mut summaries)) => {
            let further = summaries.split_off(summaries.len().min(1));
            let standing = summaries.pop().map(|one| (one.id, one.body));
            run.published.rungs.clone_from(&actions.rungs);
            run.comments(publication, &actions).await;
            run.summary(publication, &actions, standing).await;
            for comment in further {
                run.supersede(&comment).await;
            }
        }
        None => {
            run.can_write = false;
            let options = PlanOptions {
                can_write: false,
                ..publication.options
            };
            run.published.rungs = plan::plan(run.submission, &Anchors::default(), &[], options);
        }
    }
    run.published
}

struct Run<'r> {
    api: PullApi<'r>,
    submission: &'r Submission,
    identity: Option<Identity>,
    /// Falls once the token is refused.
    can_write: bool,
    published: Published,
    /// Findings whose comment a person deleted while we were at work.
    deleted: BTreeSet<usize>,
    /// Comments that were there before, none of which this run can have made.
    known: BTreeSet<u64>,
}

/// A summary that stands: its number and text.
type Standing = Option<(u64, String)>;

impl Run<'_> {
    fn note(&mut self, text: impl Into<String>) {
        let text = self.api.client.redact(&text.into());
        if !self.published.notes.contains(&text) {
            self.published.notes.push(text);
        }
    }

    /// Notes an error; from a refused token on, nothing more is written.
    fn failed(&mut self, error: &ApiError) {
        if error.class() == ErrorClass::Auth {
            self.can_write = false;
            self.published.is_refused = true;
        }
        if error.class() == ErrorClass::Retryable {
            let wait = error
                .retry_after()
                .max(self.published.retry_after.unwrap_or_default());
            self.published.retry_after = Some(wait);
        }
        self.note(error.to_string());
    }

    fn own(&self) -> Identity {
        self.identity.clone().unwrap_or_else(Identity::unknown)
    }

    /// Reads what stands and decides what to do, with our summaries, the oldest first; `None` where
    /// nothing may be written.
    async fn prepare(
        &mut self,
        publication: &Publication<'_>,
    ) -> Option<(Actions, Vec<IssueComment>)> {
        if !self.is_head_current().await {
            return None;
        }
        self.identity = Some(api::identity(self.api.client).await);
        let own = self.own();
        let listed = async {
            let comments = self.api.review_comments(&own).await?;
            let general = self.api.issue_comments(&own).await?;
            let anchors = match &publication.anchors {
                Some(anchors) => anchors.clone(),
                None => anchors_of(&self.api.files().await?),
            };
            Ok::<_, ApiError>((comments, general, anchors))
        };
        let (comments, general, anchors) = match listed.await {
            Ok(listed) => listed,
            Err(error) => {
                self.failed(&error);
                self.published.is_refused = true;
                return None;
            }
        };
        if anchors.unread() > 0 {
            self.note(format!(
                "the difference of {} is not understood, so comments stand on the file as a whole",
                words::count(anchors.unread() as u64, "file")
            ));
        }
        self.known = comments.iter().map(|comment| comment.id).collect();
        let mut posted = Vec::new();
        let mut summaries = Vec::new();
        for comment in general.into_iter().filter(|comment| comment.is_ours) {
            if let Some(Marker::Summary {
                posted: mut had, ..
            }) = Marker::parse(&comment.body)
            {
                posted.append(&mut had);
                summaries.push(comment);
            }
        }
        let actions = reconcile(
            self.submission,
            &anchors,
            &comments,
            &posted,
            publication.options,
        );
        Some((actions, summaries))
    }

    /// Whether the reviewed commit is still the newest one of an open pull request.
    pub(super) async fn is_head_current(&mut self) -> bool {
        match self.api.pull().await {
            Ok(pull) if !pull.is_open => {
                self.note("the pull request is closed, so nothing was posted");
                false
            }
            Ok(pull) if pull.head != self.submission.head => {
                self.note(
                    "the pull request has a newer head, whose own run will speak; nothing was posted",
                );
                false
            }
            Ok(_) => true,
            Err(error) => {
                self.failed(&error);
                self.published.is_refused = true;
                false
            }
        }
    }

    async fn comments(&mut self, publication: &Publication<'_>, actions: &Actions) {
        self.published.kept = actions.keep.len();
        let wants_event = publication.request_changes;
        let mut on_file = actions.on_file.clone();
        if !actions.inline.is_empty() {
            // A push may have come in while the lists were read.
            if !self.is_head_current().await {
                self.can_write = false;
            }
            let event = if wants_event && self.submission.blocking() > 0 {
                "REQUEST_CHANGES"
            } else {
                "COMMENT"
            };
            let refused = self.create_inline(event, &actions.inline).await;
            for new in refused {
                on_file.extend(self.fall_to_file(&new));
            }
        }
        for new in &on_file {
            self.create_on_file(new).await;
        }
        for edit in &actions.edit {
            if !self.can_write {
                break;
            }
            match self.api.edit_comment(edit.id, &edit.body).await {
                Ok(()) => self.published.edited += 1,
                Err(ApiError::NotFound { .. }) => {
                    self.note("a comment was deleted by a person; its finding is in the table");
                    self.deleted.insert(edit.finding);
                    self.set(edit.finding, Rung::Table);
                }
                // An edit says the same twice; the next run sees whether it happened. The old text
                // stands meanwhile, about the same finding.
                Err(error) => self.failed(&error),
            }
        }
        for retirement in &actions.retire {
            if !self.can_write {
                break;
            }
            self.retire(retirement).await;
        }
        if wants_event && self.can_write {
            self.lift_requests().await;
        }
    }

    fn set(&mut self, finding: usize, rung: Rung) {
        if let Some(place) = self.published.rungs.get_mut(finding) {
            *place = rung;
        }
    }

    fn item(&self, finding: usize) -> Option<&Item> {
        self.submission.findings.get(finding)
    }

    /// A comment on lines as one on the file.
    fn fall_to_file(&mut self, new: &NewComment) -> Option<NewComment> {
        let item = self.item(new.finding)?;
        let rule = self.submission.rules.get(&item.rule);
        let body = comment::render(item, rule, new.form, None);
        let form: Form = new.form;
        self.set(new.finding, Rung::File);
        Some(NewComment {
            finding: new.finding,
            anchor: None,
            form,
            body,
        })
    }

    /// Makes the summary true: edits the one that stands, makes one where there is something to
    /// say, and lets findings without a row fall to the log.
    async fn summary(
        &mut self,
        publication: &Publication<'_>,
        actions: &Actions,
        standing: Standing,
    ) {
        for rung in &mut self.published.rungs {
            if !rung.is_comment() {
                *rung = Rung::Table;
            }
        }
        plan::annotate(&self.submission.findings, &mut self.published.rungs);
        let rendered = summary::render(
            self.submission,
            &self.published.rungs,
            publication.server,
            &self.posted(actions),
        );
        let wanted = standing.is_some() || summary::has_something_to_say(self.submission);
        if wanted && self.can_write {
            self.published.has_summary = self.write_summary(&rendered.body, standing).await;
        }
        for (index, rung) in self.published.rungs.iter_mut().enumerate() {
            let has_row = self.published.has_summary && !rendered.left_out.contains(&index);
            if *rung == Rung::Table && !has_row {
                *rung = Rung::Log;
            }
        }
    }

    /// The memory of the summary, less what never came about.
    fn posted(&self, actions: &Actions) -> Vec<String> {
        let none = vec![plan::Standing::None; self.submission.findings.len()];
        let mut posted: BTreeSet<String> = memory(self.submission, &self.published.rungs, &none)
            .into_iter()
            .collect();
        let before: BTreeSet<&String> = actions.posted.iter().collect();
        for (index, item) in self.submission.findings.iter().enumerate() {
            let Some(print) = item.identity().map(|print| short(&print)) else {
                continue;
            };
            // Deleted by a person, before this run or during it.
            let planned = actions
                .rungs
                .get(index)
                .is_some_and(|rung| rung.is_comment());
            if self.deleted.contains(&index) || (before.contains(&print) && !planned) {
                posted.insert(print);
            }
        }
        posted.into_iter().collect()
    }

    async fn write_summary(&mut self, body: &str, standing: Standing) -> bool {
        let own = self.own();
        let mut standing = standing;
        for attempt in 1..=WRITES {
            let sent = match &standing {
                Some((_, old)) if same(old, body) => return true,
                Some((id, _)) => self.api.edit_summary(*id, body).await,
                None => self.api.create_summary(body).await,
            };
            match sent {
                Ok(()) => return true,
                // A person deleted it meanwhile; what it had to say is still to be said.
                Err(ApiError::NotFound { .. }) if standing.is_some() => standing = None,
                Err(ApiError::Unknown { .. }) if attempt < WRITES => {
                    match self.api.issue_comments(&own).await {
                        Ok(comments) => {
                            standing = comments
                                .into_iter()
                                .filter(|comment| comment.is_ours)
                                .find(|comment| {
                                    matches!(
                                        Marker::parse(&comment.body),
                                        Some(Marker::Summary { .. })
                                    )
                                })
                                .map(|comment| (comment.id, comment.body));
                        }
                        Err(error) => {
                            self.failed(&error);
                            return false;
                        }
                    }
                }
                Err(error) => {
                    self.failed(&error);
                    return false;
                }
            }
        }
        false
    }
}

fn same(old: &str, new: &str) -> bool {
    old.replace("\r\n", "\n").trim_end() == new.trim_end()
}

/// Anchors from GitHub's own list of files.
fn anchors_of(files: &[(String, Option<String>)]) -> Anchors {
    let mut anchors = Anchors::default();
    for (path, patch) in files {
        // A patch that is none is counted, and leaves the file without lines: a comment goes to the file.
        let _ = anchors.add_patch(path, patch.as_deref());
    }
    anchors
}
