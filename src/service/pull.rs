//! The job of a pull request: what was asked in it is answered, its newest commit is reviewed, and the
//! result is published by the code of `review`.

use super::analysis::{Commits, analysed, day, in_force};
use super::asked::Asked;
use super::check::{self, Check};
use super::config::Drafts;
use super::decide;
use super::keep::{self, Ended};
use super::outcome::{self, Gate};
use super::scene::Scene;
use super::short;
use super::state::Service;
use super::worker::JobError;
use crate::evidence::Reviewers;
use crate::github::api::{self, Pull, PullApi};
use crate::github::app;
use crate::github::base::Base;
use crate::github::checks::{Conclusion, Output};
use crate::github::event as actions;
use crate::github::plan::PlanOptions;
use crate::github::publish::{Publication, publish};
use crate::github::{ErrorClass, Fence};
use crate::store::{Claim, ReviewRow};

pub(super) async fn run(service: &Service, claim: &Claim, fence: &Fence) -> Result<(), JobError> {
    let scene = Scene::of(service, claim, fence).await?;
    let number = claim.job.number;
    let api = PullApi {
        client: &scene.client,
        repository: &scene.name,
        number: u64::try_from(number).unwrap_or_default(),
    };
    let asked = Asked::Pull { number };
    let pull = api.pull().await?;
    tracing::Span::current().record("head", pull.head.as_str());
    if !pull.is_open {
        let now = service.now();
        scene
            .store
            .close_findings(scene.row.id, number, pull.is_merged, now)
            .await?;
        for request in scene.store.open_requests(scene.row.id, number).await? {
            scene.store.answered(&request.id, now).await?;
        }
        let words = match pull.is_merged {
            true => outcome::unended(
                "The pull request was merged before its review was done: nobody reviewed what it brought.",
                "`scrubin check --range BASE..HEAD` reviews it in a clone.",
            ),
            false => outcome::unended(
                "The pull request was closed before its review was done.",
                "It is reviewed once it is opened again.",
            ),
        };
        check::over(service, &scene, &asked, &pull.head, &words).await?;
        return Err(JobError::Gone {
            message: "the pull request is closed".to_owned(),
        });
    }
    let answered = decide::answer(service, &scene, &api, &pull).await?;
    let review = Review {
        service,
        scene: &scene,
        api: &api,
        pull: &pull,
        number,
        asked: &asked,
        explained: &answered.explained,
    };
    match pull.is_draft && service.settings.work.drafts == Drafts::Skip {
        true => review.skip().await?,
        false => review.run().await?,
    }
    for request in answered.buttons {
        scene.store.answered(&request, service.now()).await?;
    }
    Ok(())
}

struct Review<'r> {
    service: &'r Service,
    scene: &'r Scene,
    api: &'r PullApi<'r>,
    pull: &'r Pull,
    number: i64,
    asked: &'r Asked,
    /// What a button asked to be explained; empty where none did.
    explained: &'r str,
}

impl Review<'_> {
    /// Shows that the review is under way. What a button asked for stands in the run that the job ends with,
    /// which is the one that people see.
    async fn begin(&self) -> Result<Check<'_>, JobError> {
        let text = self.explained.to_owned();
        let head = &self.pull.head;
        Check::begin(self.service, self.scene, self.asked, head, text).await
    }

    /// A draft cannot be merged; `ready_for_review` brings its review.
    async fn skip(&self) -> Result<(), JobError> {
        let check = self.begin().await?;
        let output = Output {
            title: "A draft is not reviewed".to_owned(),
            summary: "It is reviewed once it is ready for review (`work.drafts = \"skip\"`)."
                .to_owned(),
            ..Output::default()
        };
        self.unreviewed("skipped", check.id(), "a draft is not reviewed")
            .await?;
        check.end(Conclusion::Neutral, output).await
    }

    /// Ends the check with a sentence: something keeps the change from being reviewed at all.
    async fn cannot(&self, check: Check<'_>, why: &str) -> Result<(), JobError> {
        self.unreviewed("incomplete", check.id(), why).await?;
        check.end(Conclusion::Failure, outcome::cannot(why)).await
    }

    /// Notes that this commit was looked at and not reviewed, so that nobody looks again every hour.
    async fn unreviewed(&self, outcome: &str, check_run: i64, why: &str) -> Result<(), JobError> {
        let now = self.service.now();
        let row = ReviewRow {
            repository: self.scene.row.id,
            number: self.number,
            head: self.pull.head.clone(),
            title: self.pull.title.clone(),
            author: self.pull.author.clone(),
            outcome: outcome.to_owned(),
            check_run,
            started_ms: now,
            ended_ms: now,
            notes: why.to_owned(),
            ..ReviewRow::default()
        };
        self.scene.store.note_review(&row).await?;
        Ok(())
    }

    async fn run(&self) -> Result<(), JobError> {
        let service = self.service;
        let started_ms = service.now();
        let head = self.pull.head.as_str();
        let check = self.begin().await?;
        let most = service.settings.cache.most_repository_kib;
        if self.scene.size_kib > most {
            return self
                .cannot(
                    check,
                    &format!(
                        "the repository has {} MiB, more than the {} MiB that cache.max-repository-mib allows",
                        self.scene.size_kib >> 10,
                        most >> 10
                    ),
                )
                .await;
        }
        let Ok(branch) = actions::branch(&self.pull.base_ref) else {
            return self
                .cannot(check, "the name of the base branch cannot be used")
                .await;
        };
        let compared =
            match api::compared(&self.scene.client, &self.scene.name, &branch, head).await {
                Ok(compared) => compared,
                Err(error) if error.class() == ErrorClass::Permanent => {
                    let why = format!("GitHub cannot compare it with `{branch}`: {error}");
                    return self.cannot(check, &why).await;
                }
                Err(error) => return Err(error.into()),
            };
        let commits = Commits {
            base: compared.merge_base.clone(),
            head: head.to_owned(),
            settings: compared.tip.clone(),
            proposes: true,
        };
        let mut analysed = match analysed(service, self.scene, &commits).await {
            Ok(analysed) => analysed,
            Err(JobError::Failed { message }) => {
                // People should not wait for tries that will fail as well.
                self.cannot(check, &message).await?;
                return Err(JobError::Failed { message });
            }
            Err(error) => return Err(error),
        };
        let decisions = self.scene.store.decisions(self.scene.row.id).await?;
        let makers = match app::commit_authors(
            &self.scene.client,
            &self.scene.name,
            self.api.number,
        )
        .await
        {
            Ok(makers) => makers,
            // Too many commits to be listed, say: the check must not wait for ever.
            Err(error) if error.class() == ErrorClass::Permanent => {
                let why = format!("GitHub does not tell who wrote it: {error}");
                return self.cannot(check, &why).await;
            }
            Err(error) => return Err(error.into()),
        };
        let mut hands = makers.clone();
        hands.push(self.pull.author.to_ascii_lowercase());
        let decided = in_force(&decisions, day(service.now()), &hands);
        let mut notes = decided.over;
        notes.extend(short::said(&analysed.short, &service.metrics));
        let mut people = match analysed.analysis.proposed.is_empty() && service.record_key.is_none()
        {
            true => None,
            false => Some(api::second_persons(self.api, &self.pull.author, head).await),
        };
        if let Some(Ok(people)) = &mut people {
            // Whoever wrote a part of the change is no second person, whoever opened it.
            let is_other = |name: &String| !hands.contains(&name.to_ascii_lowercase());
            people.approvers.retain(is_other);
        }
        analysed.analysis.settle(people.as_ref());
        analysed.analysis.excuse(&decided.excuses);
        let base = Base {
            commit: Some(compared.merge_base),
            tip: Some(compared.tip),
            note: String::new(),
        };
        let submission =
            analysed
                .analysis
                .submission(&self.scene.name, Some(self.api.number), head, &base);
        let is_light = self.pull.is_draft && service.settings.work.drafts == Drafts::Light;
        let publication = Publication {
            repository: &self.scene.name,
            number: self.api.number,
            submission: &submission,
            anchors: analysed.anchors.clone(),
            server: &service.settings.addresses.server,
            options: PlanOptions {
                comments: if is_light {
                    0
                } else {
                    service.settings.work.max_comments
                },
                can_write: true,
            },
            request_changes: service.settings.work.request_changes,
        };
        let published = publish(&self.scene.client, &publication).await;
        notes.extend(published.notes.iter().cloned());
        if let Some(after) = published.retry_after {
            return Err(JobError::Later {
                after,
                message: notes.join("; "),
            });
        }
        for item in &submission.findings {
            service.metrics.finding(item.rule.as_str());
        }
        let gate = Gate::of(&analysed.analysis.report);
        let terms = std::mem::take(&mut analysed.analysis.terms);
        let reviewers = match people {
            Some(Ok(people)) => Some(Reviewers {
                said_by: "github".to_owned(),
                author: Some(self.pull.author.clone()),
                reviewers: people.reviewers,
                approvers: people.approvers,
            }),
            Some(Err(error)) => {
                notes.push(format!(
                    "reviewers and approver are not in the record: {error}"
                ));
                Some(Reviewers::default())
            }
            None => None,
        };
        let ended = Ended {
            scene: self.scene,
            analysed: &analysed,
            number: self.number,
            head,
            title: &self.pull.title,
            author: &self.pull.author,
            branch: &self.pull.head_source.1,
            gate,
            started_ms,
            check_run: check.id(),
            notes: &notes,
            reviewers,
            makers,
            disputed: &decided.disputed,
        };
        // Before the check says that the gate is open: a gate without its record was not passed.
        keep::record(service, &ended, terms).await?;
        keep::note(service, &ended).await?;
        let page = format!(
            "{}/repositories/{}/pulls/{}",
            service.settings.public_url, self.scene.name, self.number
        );
        let output = outcome::output(
            gate,
            &submission,
            &published.rungs,
            &service.settings.addresses.server,
            &notes,
            &page,
        );
        check.end(gate.conclusion(), output).await?;
        tracing::info!(
            outcome = gate.as_str(),
            created = published.created,
            kept = published.kept,
            retired = published.retired,
            "review"
        );
        Ok(())
    }
}
