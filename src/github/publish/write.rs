//! The writes one by one: what each does when GitHub refuses, or does not say what happened.

use std::time::Duration;

use super::{Run, WRITES};
use crate::github::api::{self, IssueComment};
use crate::github::comment;
use crate::github::error::{ApiError, ErrorClass};
use crate::github::marker::Marker;
use crate::github::plan::Rung;
use crate::github::reconcile::{NewComment, Retirement, ReviewComment, abbreviated};
use crate::github::submission::Item;

impl Run<'_> {
    /// Makes comments on lines; gives back those that GitHub refused. One bad line makes it refuse
    /// a whole review, so a refused one is halved until the bad line is alone.
    pub(super) async fn create_inline(
        &mut self,
        event: &'static str,
        all: &[NewComment],
    ) -> Vec<NewComment> {
        let mut refused = Vec::new();
        let mut event = event;
        let mut waiting: Vec<Vec<NewComment>> = vec![all.to_vec()];
        let mut made = false;
        while let Some(mut batch) = waiting.pop() {
            if !self.can_write || batch.is_empty() {
                self.fall_to_annotation(&batch);
                continue;
            }
            match self.create_review(event, &batch).await {
                Ok(()) => {
                    self.published.created += batch.len();
                    made = true;
                    event = "COMMENT";
                }
                // Nobody may request changes of a pull request of their own.
                Err(error) if event != "COMMENT" && error.is_about_own_pull() => {
                    self.note(format!(
                        "no changes are requested, only comments made: {error}"
                    ));
                    event = "COMMENT";
                    waiting.push(batch);
                }
                Err(error) if error.is_unprocessable() && batch.len() > 1 => {
                    let half = batch.split_off(batch.len() / 2);
                    waiting.push(half);
                    waiting.push(batch);
                }
                Err(error) if error.is_unprocessable() => {
                    self.note(format!("GitHub takes no comment on these lines: {error}"));
                    refused.append(&mut batch);
                }
                Err(error) => {
                    self.failed(&error);
                    self.fall_to_annotation(&batch);
                }
            }
        }
        if made {
            refused.extend(self.invisible(all, &refused).await);
        }
        refused
    }

    fn fall_to_annotation(&mut self, batch: &[NewComment]) {
        for new in batch {
            self.set(new.finding, Rung::Annotation);
        }
    }

    /// Comments that GitHub took and does not show: an anchor outside the diff may be accepted in
    /// silence. None where the head has moved.
    async fn invisible(&mut self, all: &[NewComment], refused: &[NewComment]) -> Vec<NewComment> {
        let expected = all.iter().filter(|new| {
            let rung = self.published.rungs.get(new.finding);
            rung.is_some_and(|rung| matches!(rung, Rung::Inline(_)))
                && !refused.iter().any(|other| other.finding == new.finding)
        });
        let expected: Vec<NewComment> = expected.cloned().collect();
        let own = self.own();
        match self.api.review_comments(&own).await {
            Ok(comments) => {
                let is_shown = |new: &NewComment| {
                    let made = self.made(&comments, new);
                    made.is_some_and(|comment| comment.line.is_some())
                };
                let missing: Vec<NewComment> =
                    expected.into_iter().filter(|new| !is_shown(new)).collect();
                // A push in between hides comments as well; the run of the new head sees to them.
                if missing.is_empty() || !self.is_head_current().await {
                    return Vec::new();
                }
                self.published.created = self.published.created.saturating_sub(missing.len());
                missing
            }
            Err(error) => {
                self.failed(&error);
                Vec::new()
            }
        }
    }

    /// The comment on the finding that this run made, if it did.
    fn made<'c>(
        &self,
        comments: &'c [ReviewComment],
        new: &NewComment,
    ) -> Option<&'c ReviewComment> {
        let print = self.item(new.finding).and_then(Item::identity)?;
        comments.iter().find(|comment| {
            comment.is_ours
                && !self.known.contains(&comment.id)
                && comment.in_reply_to.is_none()
                && comment.is_on_file == new.anchor.is_none()
                && matches!(
                    Marker::parse(&comment.body),
                    Some(Marker::Finding { fingerprint, .. }) if fingerprint == print
                )
        })
    }

    /// Sends a review; after an unknown outcome looks first and sends only what is missing.
    async fn create_review(
        &mut self,
        event: &'static str,
        batch: &[NewComment],
    ) -> Result<(), ApiError> {
        let mut missing: Vec<NewComment> = batch.to_vec();
        let body = api::review_body(&self.submission.head, &self.published.rungs);
        let own = self.own();
        let mut attempt = 1;
        loop {
            let pairs: Vec<(&Item, &NewComment)> = missing
                .iter()
                .filter_map(|new| Some((self.submission.findings.get(new.finding)?, new)))
                .collect();
            let head = &self.submission.head;
            let error = match self.api.create_review(head, event, &body, &pairs).await {
                Ok(_) => return Ok(()),
                Err(error @ ApiError::Unknown { .. }) => error,
                Err(error) => return Err(error),
            };
            self.api
                .client
                .clock()
                .sleep(Duration::from_secs(2 << attempt))
                .await;
            let comments = self.api.review_comments(&own).await?;
            missing.retain(|new| self.made(&comments, new).is_none());
            if missing.is_empty() {
                return Ok(());
            }
            if attempt >= WRITES {
                return Err(error);
            }
            attempt += 1;
        }
    }

    pub(super) async fn create_on_file(&mut self, new: &NewComment) {
        let own = self.own();
        let mut attempt = 1;
        while self.can_write {
            let Some(item) = self.submission.findings.get(new.finding) else {
                return;
            };
            let head = &self.submission.head;
            let sent = self.api.comment_on_file(head, &item.path, &new.body).await;
            match sent {
                Ok(()) => {
                    self.published.created += 1;
                    return;
                }
                Err(ApiError::Unknown { .. }) if attempt < WRITES => {
                    attempt += 1;
                    match self.api.review_comments(&own).await {
                        Ok(comments) if self.made(&comments, new).is_some() => {
                            self.published.created += 1;
                            return;
                        }
                        Ok(_) => {}
                        Err(error) => {
                            self.failed(&error);
                            break;
                        }
                    }
                }
                Err(error) => {
                    self.failed(&error);
                    break;
                }
            }
        }
        self.set(new.finding, Rung::Annotation);
    }

    /// Folds a comment away and says why. The reply comes last: with it the comment counts as
    /// closed, so that a run that ends between the two is finished by the next one.
    pub(super) async fn retire(&mut self, retirement: &Retirement) {
        if let Err(error) = self
            .api
            .minimise(&retirement.node_id, retirement.classifier)
            .await
        {
            // Not folding away is no harm: the reply says it all.
            if error.class() != ErrorClass::Auth {
                self.note(error.to_string());
            }
        }
        let own = self.own();
        for attempt in 1..=WRITES {
            match self.api.reply(retirement.id, &retirement.reply).await {
                Ok(()) => {
                    self.published.retired += 1;
                    return;
                }
                Err(ApiError::NotFound { .. }) => return,
                Err(ApiError::Unknown { .. }) if attempt < WRITES => {
                    let Ok(comments) = self.api.review_comments(&own).await else {
                        return;
                    };
                    let is_there = comments.iter().any(|comment| {
                        comment.is_ours
                            && comment.in_reply_to == Some(retirement.id)
                            && matches!(Marker::parse(&comment.body), Some(Marker::Retired { .. }))
                    });
                    if is_there {
                        self.published.retired += 1;
                        return;
                    }
                }
                Err(error) => {
                    self.failed(&error);
                    return;
                }
            }
        }
    }

    /// Closes a second summary: two runs at the same time, or one that GitHub stored late, may each
    /// have made one, and only the first is kept true.
    pub(super) async fn supersede(&mut self, summary: &IssueComment) {
        if !self.can_write {
            return;
        }
        let reason = "Superseded: the other summary of this pull request is the one kept true.";
        let body = comment::retirement(&self.submission.head, reason);
        match self.api.edit_summary(summary.id, &body).await {
            Ok(()) => {
                // As with comments, folding away is not needed.
                if let Err(error) = self.api.minimise(&summary.node_id, "DUPLICATE").await
                    && error.class() != ErrorClass::Auth
                {
                    self.note(error.to_string());
                }
            }
            Err(ApiError::NotFound { .. }) => {}
            Err(error) => self.failed(&error),
        }
    }

    /// Lifts our own requests for changes once nothing blocks. Other states cannot be dismissed.
    pub(super) async fn lift_requests(&mut self) {
        if self.submission.blocking() > 0 {
            return;
        }
        let own = self.own();
        let reviews = match self.api.reviews(&own).await {
            Ok(reviews) => reviews,
            Err(error) => return self.failed(&error),
        };
        for (review, is_ours) in reviews {
            let is_request = is_ours
                && review.state == "CHANGES_REQUESTED"
                && matches!(Marker::parse(&review.body), Some(Marker::Review { .. }));
            if !is_request {
                continue;
            }
            let message = format!(
                "Nothing blocks any more at {}.",
                abbreviated(&self.submission.head)
            );
            if let Err(error) = self.api.dismiss(review.id, &message).await {
                self.failed(&error);
            }
        }
    }
}
