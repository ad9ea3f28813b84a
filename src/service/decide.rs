//! Answers what people ask in a discussion, and keeps what they decide.
//!
//! Whoever decides may write to the repository; GitHub is asked, not the event. Of an error a second
//! person has to agree, and nobody who wrote a part of the change decides about it alone. Every request
//! gets one answer in its thread: an answer of ours names the comment it answers, so that a job that was
//! cut off does not say it twice.

use std::collections::BTreeSet;

use super::command::{self, Command};
use super::scene::Scene;
use super::state::Service;
use super::verdict::{self, Asking, Ruling};
use super::worker::JobError;
use crate::github::api::{self, IssueComment, Pull, PullApi};
use crate::github::app;
use crate::github::approval::may_write;
use crate::github::checks::Button;
use crate::github::comment::{BODY_LIMIT, cut};
use crate::github::marker::Marker;
use crate::github::reconcile::ReviewComment;
use crate::github::{ApiError, ErrorClass};
use crate::report::quote;
use crate::review;
use crate::rules::RuleInfo;
use crate::store::{FindingRow, FindingState, Job, Request};
use crate::training::clauses::Clauses;
use crate::training::explain;
use crate::training::history::short_hash;

/// What is left to say of what people asked.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The pages that a button asked for; empty where none did. The check run that the job ends with shows them.
    pub(super) explained: String,
    /// Requests that are answered once that run has ended.
    pub(super) buttons: Vec<String>,
}

/// Everything asked in a pull request is answered, oldest first.
pub(super) async fn answer(
    service: &Service,
    scene: &Scene,
    api: &PullApi<'_>,
    pull: &Pull,
) -> Result<Answered, JobError> {
    let mut answered = Answered::default();
    let number = i64::try_from(api.number).unwrap_or_default();
    let requests = scene.store.open_requests(scene.row.id, number).await?;
    if requests.is_empty() {
        return Ok(answered);
    }
    let own = api::identity(&scene.client).await;
    let room = Room {
        service,
        scene,
        api,
        pull,
        number,
        threads: api.review_comments(&own).await?,
        general: api.issue_comments(&own).await?,
        findings: scene.store.findings(scene.row.id, number).await?,
    };
    for request in requests {
        if request.kind == "action" {
            if let Some(pages) = room.button(&request).await? {
                answered.explained = pages;
            }
            answered.buttons.push(request.id);
            continue;
        }
        room.comment(&request).await?;
        scene.store.answered(&request.id, service.now()).await?;
    }
    Ok(answered)
}

/// A pull request in which people talk.
struct Room<'r> {
    service: &'r Service,
    scene: &'r Scene,
    api: &'r PullApi<'r>,
    pull: &'r Pull,
    number: i64,
    threads: Vec<ReviewComment>,
    general: Vec<IssueComment>,
    findings: Vec<FindingRow>,
}

/// A finding, as the comment that is answered names it.
struct About<'a> {
    fingerprint: String,
    moved: String,
    rule: String,
    row: Option<&'a FindingRow>,
}

impl Room<'_> {
    /// A button of the check run; gives the pages that it asks for.
    async fn button(&self, request: &Request) -> Result<Option<String>, JobError> {
        let open = self
            .findings
            .iter()
            .filter(|one| one.state == FindingState::Open);
        match Button::parse(&request.action) {
            None => Ok(None),
            Some(Button::NotUseful) => {
                for one in open {
                    self.scene
                        .store
                        .note_dispute(
                            one.repository,
                            one.number,
                            &one.fingerprint,
                            &one.rule,
                            self.service.now(),
                        )
                        .await?;
                }
                Ok(None)
            }
            Some(Button::Explain) => {
                let rules: BTreeSet<&str> = open.map(|one| one.rule.as_str()).collect();
                let pages: Vec<String> = rules.into_iter().map(page_of).collect();
                Ok(Some(match pages.is_empty() {
                    true => "No finding is open in this pull request any more.".to_owned(),
                    false => pages.join("\n\n---\n\n"),
                }))
            }
        }
    }

    /// A comment that speaks to us.
    async fn comment(&self, request: &Request) -> Result<(), JobError> {
        let on_lines = request.kind == "review-comment";
        let (client, name) = (&self.scene.client, &self.scene.name);
        let read = match on_lines {
            true => app::review_comment(client, name, request.target).await,
            false => app::issue_comment(client, name, request.target).await,
        };
        let comment = match read {
            Ok(comment) => comment,
            // Whoever deleted it wants no answer.
            Err(ApiError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !comment.is_person {
            return Ok(());
        }
        let today = super::analysis::day(self.service.now());
        let Some(command) = command::parse(&comment.body, today) else {
            return Ok(());
        };
        let root = comment.in_reply_to;
        if self.has_answer(request, root) {
            return Ok(());
        }
        let words = match command {
            // Whoever may write to the repository can change the words of others.
            _ if short_hash(comment.body.as_bytes()) != request.action => {
                "This comment was edited since it was written, so I do not take it for what its author said. \
                 Write a new one."
                    .to_owned()
            }
            Err(error) => format!("{error}. {}", verdict::HELP),
            Ok(command) => self.obey(request, &command, &comment.author, root).await?,
        };
        self.say(request, root, &words).await
    }

    fn marker(request: &Request) -> Marker {
        Marker::Answer {
            to: u64::try_from(request.target).unwrap_or_default(),
        }
    }

    /// Whether an answer of ours stands already.
    fn has_answer(&self, request: &Request, root: Option<u64>) -> bool {
        let marker = Self::marker(request);
        match root {
            Some(root) => self.threads.iter().any(|one| {
                one.is_ours
                    && one.in_reply_to == Some(root)
                    && Marker::parse(&one.body).as_ref() == Some(&marker)
            }),
            None => self
                .general
                .iter()
                .any(|one| one.is_ours && Marker::parse(&one.body).as_ref() == Some(&marker)),
        }
    }

    async fn say(&self, request: &Request, root: Option<u64>, words: &str) -> Result<(), JobError> {
        let body = cut(
            &format!("{}{words}\n", Self::marker(request).line()),
            BODY_LIMIT,
        );
        let said = match root {
            Some(root) => self.api.reply(root, &body).await,
            None => self.api.create_summary(&body).await,
        };
        match said {
            Ok(()) => Ok(()),
            // The thread went away meanwhile.
            Err(ApiError::NotFound { .. }) => Ok(()),
            Err(error) if error.class() == ErrorClass::Permanent => {
                tracing::warn!(request = request.id, error = %error, "an answer was refused");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The finding that our comment at the head of a thread is about.
    fn about(&self, root: Option<u64>) -> Option<About<'_>> {
        let head = self
            .threads
            .iter()
            .find(|one| Some(one.id) == root && one.is_ours)?;
        let Some(Marker::Finding {
            fingerprint, rule, ..
        }) = Marker::parse(&head.body)
        else {
            return None;
        };
        let value = fingerprint.value();
        Some(About {
            row: self.findings.iter().find(|one| one.fingerprint == value),
            fingerprint: value,
            moved: fingerprint.moved_key,
            rule: rule.to_string(),
        })
    }

    /// Does what a command says; gives the answer.
    async fn obey(
        &self,
        request: &Request,
        command: &Command,
        person: &str,
        root: Option<u64>,
    ) -> Result<String, JobError> {
        let (client, name) = (&self.scene.client, &self.scene.name);
        let may_decide = may_write(&self.api.permission(person).await?);
        let is_opener = person.eq_ignore_ascii_case(&self.pull.author);
        if !may_decide && !is_opener {
            return Ok("Only people who may write to this repository decide here.".to_owned());
        }
        if *command == Command::Recheck {
            return Ok(
                "Reviewed again; the check and the comments say what came of it.".to_owned(),
            );
        }
        let Some(about) = self.about(root) else {
            return Ok(format!(
                "Answer the comment of the finding that you mean, so that I know which one. {}",
                verdict::HELP
            ));
        };
        if *command == Command::Explain {
            return Ok(page_of(&about.rule));
        }
        let authors = app::commit_authors(client, name, self.api.number).await?;
        let is_author = is_opener || authors.contains(&person.to_ascii_lowercase());
        let store = &self.scene.store;
        let known = store
            .decision_about(self.scene.row.id, &about.fingerprint)
            .await?;
        let asking = Asking {
            id: &request.id,
            command,
            person,
            may_decide,
            is_author,
            is_error: about.row.is_none_or(|row| row.severity == "error"),
            is_open: about.row.is_some(),
            known: known.as_ref(),
        };
        let place = verdict::Place {
            repository: self.scene.row.id,
            number: self.number,
            fingerprint: &about.fingerprint,
            moved: &about.moved,
            rule: &about.rule,
            path: about.row.map(|row| row.path.as_str()).unwrap_or_default(),
        };
        let now = self.service.now();
        let (ruling, words) = verdict::rule(&asking, &place, now);
        let changes = ruling != Ruling::Nothing;
        match ruling {
            Ruling::Nothing => {}
            Ruling::Decide(decision) => store.decide(&decision).await?,
            Ruling::Approve(id) => {
                store.approve(&id, person, now).await?;
            }
            Ruling::Withdraw(id) => {
                store.withdraw(&id).await?;
            }
        }
        if changes {
            self.review_others(&about).await?;
        }
        Ok(words)
    }
}

impl Room<'_> {
    /// A decision holds in the whole repository: other pull requests with the finding are reviewed again.
    async fn review_others(&self, about: &About<'_>) -> Result<(), JobError> {
        let (store, repository) = (&self.service.store, self.scene.row.id);
        let numbers = store
            .pulls_with(repository, &about.fingerprint, &about.moved)
            .await?;
        for number in numbers.into_iter().filter(|number| *number != self.number) {
            let job = Job::pull(self.scene.row.installation, repository, number);
            store.enqueue(&job, "decision", self.service.now()).await?;
        }
        Ok(())
    }
}

/// The page of a rule as markdown, or a sentence where it is not one of ours.
fn page_of(rule: &str) -> String {
    let told: Vec<RuleInfo> = review::builtin()
        .map(|rules| rules.told())
        .unwrap_or_default();
    match told.iter().find(|info| info.is_called(rule)) {
        Some(info) => {
            let page = explain::markdown(info, &[], &Clauses::default());
            // One level down: it stands in a comment or below a title.
            page.lines()
                .map(|line| match line.starts_with('#') {
                    true => format!("##{line}\n"),
                    false => format!("{line}\n"),
                })
                .collect()
        }
        None => format!(
            "`{}` is a rule of your own or of another tool, whose documentation explains it.",
            quote::text(rule)
        ),
    }
}
