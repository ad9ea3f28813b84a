//! The check run of a pull request or merge group, from its beginning to its end.
//!
//! A check run belongs to a commit, and GitHub counts the newest of its name. Where several pull requests or
//! groups have the same newest commit, each has a run of its own; none may say that the commit passes while
//! another one closes its gate or is still under review, and whoever ends last sees to it that the newest run
//! says so. Every one first notes in the database what it has to say, and looks at the others then: of two
//! that end at the same moment at least one sees the other.

use super::asked::Asked;
use super::outcome::{self, dissolved};
use super::scene::Scene;
use super::state::Service;
use super::worker::JobError;
use crate::github::checks::{CheckRun, ChecksApi, Conclusion, Output, Unfinished};
use crate::github::{ApiError, ErrorClass, Fence};
use crate::store::{Beside, Claim, GateState, Store, StoreError, Subject};

/// How often one looks at the others again after its end: each look answers one that ended meanwhile.
const LOOKS: usize = 5;

/// A check run that is under way.
pub(super) struct Check<'c> {
    service: &'c Service,
    scene: &'c Scene,
    subject: Subject,
    head: &'c str,
    run: CheckRun,
    /// Further text that it shows at its end, as an answer to a button; may be empty.
    text: String,
}

fn api<'c>(service: &Service, scene: &'c Scene) -> ChecksApi<'c> {
    ChecksApi {
        client: &scene.client,
        repository: &scene.name,
        app: service.settings.app.id(),
    }
}

/// Notes that a pull request, or a group with its commit, has nothing to say any more; what was begun ends with
/// these words.
pub(super) async fn over(
    service: &Service,
    scene: &Scene,
    asked: &Asked,
    head: &str,
    words: &Output,
) -> Result<(), JobError> {
    let subject = asked.subject(&scene.row);
    // First: the gates say where a run was begun.
    for (commit, _) in begun(&scene.store, &subject, head).await? {
        end_unfinished(service, scene, &subject, &commit, words).await?;
    }
    Ok(scene.store.drop_gate(&subject, head, service.now()).await?)
}

/// Commits on which a check was begun, and what is said of each. A group is told by its commit: another one with
/// the same base has the same name.
async fn begun(
    store: &Store,
    subject: &Subject,
    head: &str,
) -> Result<Vec<(String, GateState)>, StoreError> {
    let mut said = store.said(subject.repository, &subject.name).await?;
    if subject.number == 0 {
        said.retain(|(commit, _)| commit == head);
    }
    Ok(said)
}

/// Ends the runs that nobody goes on with. They never pass: of one name GitHub counts the newest, whoever's it is.
async fn end_unfinished(
    service: &Service,
    scene: &Scene,
    subject: &Subject,
    head: &str,
    words: &Output,
) -> Result<(), JobError> {
    let checks = api(service, scene);
    let runs = match checks.unfinished(head, &subject.name).await {
        Ok(runs) => runs,
        Err(error) => return unless_gone(service, head, error),
    };
    end_followed(service, scene, head, &runs.followed).await?;
    let Some(run) = runs.newest else {
        return Ok(());
    };
    // First: an earlier review may have found nothing, and whoever shares the commit is to know that its check
    // fails, so that they are reviewed again once this is taken back.
    let now = service.now();
    scene.store.close_gate(subject, head, now).await?;
    match checks.complete(&run, Conclusion::Failure, words).await {
        Ok(()) => Ok(()),
        Err(error) => unless_gone(service, head, error),
    }
}

/// Ends runs that a newer one of the same pull request or group follows: what became of the review is said there,
/// and GitHub does not count them.
async fn end_followed(
    service: &Service,
    scene: &Scene,
    head: &str,
    runs: &[CheckRun],
) -> Result<(), JobError> {
    let checks = api(service, scene);
    let words = outcome::followed();
    for run in runs {
        if let Err(error) = checks.complete(run, Conclusion::Neutral, &words).await {
            unless_gone(service, head, error)?;
        }
    }
    Ok(())
}

/// Goes on where a check cannot be ended for good. The commit is gone, say: then nobody sees its check, and what
/// is left to do must not wait for it.
fn unless_gone(service: &Service, head: &str, error: ApiError) -> Result<(), JobError> {
    if error.class() != ErrorClass::Permanent {
        return Err(error.into());
    }
    service.failed(&error);
    tracing::warn!(error = %error, commit = head, "a check that was begun cannot be ended");
    Ok(())
}

/// Ends the checks of a job that will not come to an end, where it began one: else they are in progress for ever.
pub(super) async fn give_up(
    service: &Service,
    claim: &Claim,
    fence: &Fence,
    words: &Output,
) -> Result<(), JobError> {
    let job = &claim.job;
    let Some(subject) = Asked::by(job).map(|asked| asked.subject_of(job)) else {
        return Ok(());
    };
    let begun = begun(&service.store, &subject, &job.head).await?;
    if begun.is_empty() {
        return Ok(());
    }
    let scene = Scene::of(service, claim, fence).await?;
    let checks = api(service, &scene);
    for (head, state) in &begun {
        let mut runs = checks.unfinished(head, &subject.name).await?;
        if runs.newest.is_none() && *state == GateState::Pending {
            // The process ended between the note and the run.
            let (run, followed) = checks.begin(head, &subject.name).await?;
            runs = Unfinished {
                newest: Some(run),
                followed,
            };
        }
        end_followed(service, &scene, head, &runs.followed).await?;
        if let Some(run) = runs.newest {
            let check = Check {
                service,
                scene: &scene,
                subject: subject.clone(),
                head,
                run,
                text: String::new(),
            };
            check.end(Conclusion::Failure, words.clone()).await?;
        }
    }
    Ok(())
}

impl<'c> Check<'c> {
    /// Shows that a review is under way.
    pub(super) async fn begin(
        service: &'c Service,
        scene: &'c Scene,
        asked: &Asked,
        head: &'c str,
        text: String,
    ) -> Result<Self, JobError> {
        let subject = asked.subject(&scene.row);
        for (left, _) in begun(&scene.store, &subject, head).await? {
            // A try that was put off began one, and a newer commit came meanwhile. It may have been asked for by
            // a re-run of a review that had ended, so the gate does not tell.
            if left != head {
                let words = outcome::unended(
                    "A newer commit came before the review of this one was done.",
                    "The check of the newest commit says what became of it.",
                );
                end_unfinished(service, scene, &subject, &left, &words).await?;
            }
        }
        // First: whoever ends from now on knows that there is one to wait for.
        scene
            .store
            .set_gate(&subject, head, GateState::Pending, service.now())
            .await?;
        let (run, followed) = match api(service, scene).begin(head, &subject.name).await {
            // A group that was dissolved meanwhile has no commit any more.
            Err(ApiError::Refused { status: 422, .. }) if matches!(asked, Asked::Group { .. }) => {
                over(service, scene, asked, head, &dissolved()).await?;
                return Err(JobError::Gone {
                    message: "the merge group was dissolved".to_owned(),
                });
            }
            begun => begun?,
        };
        // Now, while the newest one is in progress: nothing that ends after it can be taken for its result.
        end_followed(service, scene, head, &followed).await?;
        Ok(Self {
            service,
            scene,
            subject,
            head,
            run,
            text,
        })
    }

    /// GitHub's number of the run.
    pub(super) fn id(&self) -> i64 {
        self.run.id
    }

    /// Ends the run, as what this review and those of others with the same commit come to.
    pub(super) async fn end(
        mut self,
        conclusion: Conclusion,
        mut output: Output,
    ) -> Result<(), JobError> {
        let (service, head) = (self.service, self.head);
        let checks = api(service, self.scene);
        output.text.clone_from(&self.text);
        let state = match conclusion {
            Conclusion::Failure => GateState::Closed,
            Conclusion::Success | Conclusion::Neutral => GateState::Open,
        };
        self.scene
            .store
            .set_gate(&self.subject, head, state, service.now())
            .await?;
        let others = self.scene.store.beside(&self.subject, head).await?;
        let (mut said, shown) = beside(conclusion, &output, &others);
        checks.complete(&self.run, said, &shown).await?;
        for _ in 0..LOOKS {
            let others = self.scene.store.beside(&self.subject, head).await?;
            if others.is_empty() {
                return Ok(());
            }
            let (now, shown) = beside(conclusion, &output, &others);
            let newest = checks.newest(head).await?;
            let follows = newest.filter(|run| run.id > self.run.id);
            match follows {
                // Whose it is sees ours when it ends.
                Some(run) if !run.is_completed => return Ok(()),
                Some(run) if run.is_failure == (now == Conclusion::Failure) => return Ok(()),
                Some(_) => {
                    self.run = checks.create(head, &self.subject.name).await?;
                    checks.complete(&self.run, now, &shown).await?;
                }
                None if now == said => return Ok(()),
                None => checks.correct(&self.run, now, &shown).await?,
            }
            said = now;
        }
        Ok(())
    }
}

/// What a commit's gate comes to: as this review says, unless it passes and another with the same commit
/// does not.
fn beside(conclusion: Conclusion, output: &Output, others: &[Beside]) -> (Conclusion, Output) {
    let mut output = output.clone();
    let first = others
        .first()
        .filter(|one| one.state != GateState::Open && conclusion != Conclusion::Failure);
    let Some(other) = first else {
        return (conclusion, output);
    };
    let name = match other.number {
        0 => "a group of the merge queue".to_owned(),
        number => format!("#{number}"),
    };
    output.title = match other.state {
        GateState::Closed => {
            format!("The same commit is that of {name}, whose review does not let it pass")
        }
        GateState::Pending | GateState::Open => {
            format!("The same commit is that of {name}, whose review is under way")
        }
    };
    output.summary = format!(
        "A check belongs to a commit, so it counts for {name} as well. By itself this review comes to: {}. \
         The check is set anew when that one's review ends otherwise or it gets another commit.\n\n{}",
        match conclusion {
            Conclusion::Neutral => "not reviewed",
            Conclusion::Success | Conclusion::Failure => "nothing keeps it from merging",
        },
        output.summary
    );
    (Conclusion::Failure, output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(conclusion: Conclusion, others: &[(GateState, i64)]) -> (Conclusion, String) {
        let output = Output {
            title: "mine".to_owned(),
            ..Output::default()
        };
        let others: Vec<Beside> = others
            .iter()
            .map(|(state, number)| Beside {
                state: *state,
                number: *number,
            })
            .collect();
        let (conclusion, output) = beside(conclusion, &output, &others);
        (conclusion, output.title)
    }

    #[test]
    fn a_commit_passes_only_if_all_of_its_reviews_do() {
        use GateState::{Closed, Open, Pending};
        let mine = |conclusion| (conclusion, "mine".to_owned());
        for conclusion in [
            Conclusion::Success,
            Conclusion::Neutral,
            Conclusion::Failure,
        ] {
            assert_eq!(title(conclusion, &[]), mine(conclusion));
            assert_eq!(title(conclusion, &[(Open, 3)]), mine(conclusion));
        }
        let (said, words) = title(Conclusion::Success, &[(Closed, 3), (Pending, 2)]);
        assert_eq!(said, Conclusion::Failure);
        assert!(
            words.contains("#3") && words.contains("does not let"),
            "{words}"
        );
        let (said, words) = title(Conclusion::Neutral, &[(Pending, 0)]);
        assert_eq!(said, Conclusion::Failure);
        assert!(
            words.contains("group") && words.contains("under way"),
            "{words}"
        );
        // What is wrong with this one is what it says.
        assert_eq!(
            title(Conclusion::Failure, &[(Closed, 3)]),
            mine(Conclusion::Failure)
        );
    }
}
