//! The job of a pull request: what was asked in it is answered, its newest commit is reviewed, and the
//! result is published by the code of `review`.

use super::analysis::{Commits, analysed, day, in_force};
use super::config::Drafts;
use super::decide;
use super::event::Asked;
use super::keep::{self, Ended};
use super::outcome::{self, Gate};
use super::scene::Scene;
use super::state::Service;
use super::worker::JobError;
use crate::evidence::Reviewers;
use crate::github::api::{self, Pull, PullApi};
use crate::github::app;
use crate::github::base::Base;
use crate::github::checks::{ChecksApi, Conclusion, Output};
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
    let pull = api.pull().await?;
    if !pull.is_open {
        let now = service.now();
        service
            .store
            .close_findings(scene.row.id, number, pull.is_merged, now)
            .await?;
        for request in service.store.open_requests(scene.row.id, number).await? {
            service.store.answered(&request.id, now).await?;
        }
        return Err(JobError::Gone {
            message: "the pull request is closed".to_owned(),
        });
    }
    decide::answer(service, &scene, &api, &pull).await?;
    let review = Review {
        service,
        scene: &scene,
        api: &api,
        pull: &pull,
        number,
        checks: ChecksApi {
            client: &scene.client,
            repository: &scene.name,
            app: service.settings.app.id(),
        },
    };
    if pull.is_draft && service.settings.work.drafts == Drafts::Skip {
        return review.skip().await;
    }
    review.run().await
}

struct Review<'r> {
    service: &'r Service,
    scene: &'r Scene,
    api: &'r PullApi<'r>,
    pull: &'r Pull,
    number: i64,
    checks: ChecksApi<'r>,
}

impl Review<'_> {
    fn external(&self) -> String {
        Asked::Pull {
            number: self.number,
        }
        .external()
    }

    /// A draft cannot be merged; `ready_for_review` brings its review.
    async fn skip(&self) -> Result<(), JobError> {
        let run = self.checks.begin(&self.pull.head, &self.external()).await?;
        let output = Output {
            title: "A draft is not reviewed".to_owned(),
            summary: "It is reviewed once it is ready for review (`work.drafts = \"skip\"`)."
                .to_owned(),
            ..Output::default()
        };
        self.unreviewed("skipped", run.id, "a draft is not reviewed")
            .await?;
        let (conclusion, output) = self.beside(Conclusion::Neutral, output).await?;
        self.checks.complete(&run, conclusion, &output).await?;
        Ok(())
    }

    /// A check run belongs to a commit: where another pull request with the same commit has findings to
    /// repair, this one's result must not open that one's gate.
    async fn beside(
        &self,
        conclusion: Conclusion,
        mut output: Output,
    ) -> Result<(Conclusion, Output), JobError> {
        let (repository, head) = (self.scene.row.id, self.pull.head.as_str());
        let others = self
            .service
            .store
            .closed_beside(repository, self.number, head)
            .await?;
        let Some(other) = others.first().filter(|_| conclusion != Conclusion::Failure) else {
            return Ok((conclusion, output));
        };
        output.title =
            format!("The same commit is that of #{other}, whose review does not let it pass");
        Ok((Conclusion::Failure, output))
    }

    /// Ends the check with a sentence: something keeps the change from being reviewed at all.
    async fn cannot(
        &self,
        run: &crate::github::checks::CheckRun,
        why: &str,
    ) -> Result<(), JobError> {
        self.unreviewed("incomplete", run.id, why).await?;
        let output = outcome::cannot(why);
        self.checks
            .complete(run, Conclusion::Failure, &output)
            .await?;
        Ok(())
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
        self.service.store.note_review(&row).await?;
        Ok(())
    }

    async fn run(&self) -> Result<(), JobError> {
        let service = self.service;
        let started_ms = service.now();
        let head = self.pull.head.as_str();
        let run = self.checks.begin(head, &self.external()).await?;
        let most = service.settings.cache.most_repository_kib;
        if self.scene.size_kib > most {
            return self
                .cannot(
                    &run,
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
                .cannot(&run, "the name of the base branch cannot be used")
                .await;
        };
        let compared =
            match api::compared(&self.scene.client, &self.scene.name, &branch, head).await {
                Ok(compared) => compared,
                Err(error) if error.class() == ErrorClass::Permanent => {
                    let why = format!("GitHub cannot compare it with `{branch}`: {error}");
                    return self.cannot(&run, &why).await;
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
                self.cannot(&run, &message).await?;
                return Err(JobError::Failed { message });
            }
            Err(error) => return Err(error),
        };
        let decisions = service.store.decisions(self.scene.row.id).await?;
        let makers =
            app::commit_authors(&self.scene.client, &self.scene.name, self.api.number).await?;
        let mut hands = makers.clone();
        hands.push(self.pull.author.to_ascii_lowercase());
        let decided = in_force(&decisions, day(service.now()), &hands);
        let mut notes = decided.over;
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
            check_run: run.id,
            notes: &notes,
            reviewers,
            makers,
            disputed: &decided.disputed,
        };
        // A worker that stood still must not write over what the next one noted.
        self.scene.client.ensure_time("note the review")?;
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
        let (conclusion, output) = self.beside(gate.conclusion(), output).await?;
        self.checks.complete(&run, conclusion, &output).await?;
        tracing::info!(
            repository = self.scene.row.id,
            pull = self.number,
            head,
            outcome = gate.as_str(),
            created = published.created,
            kept = published.kept,
            retired = published.retired,
            "review"
        );
        Ok(())
    }
}
