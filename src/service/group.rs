//! The job of a merge group: its commit is reviewed anew, and the check says what came of it. Comments
//! belong to the pull requests of the group.

use super::analysis::{Commits, analysed, day, in_force};
use super::asked::Asked;
use super::check::{self, Check};
use super::keep::{self, Ended};
use super::outcome::{self, Gate};
use super::scene::Scene;
use super::short::{self, Part};
use super::state::Service;
use super::worker::JobError;
use crate::github::Fence;
use crate::github::anchor::Anchors;
use crate::github::base::Base;
use crate::github::checks::Conclusion;
use crate::github::plan::{PlanOptions, plan};
use crate::store::Claim;

pub(super) async fn run(service: &Service, claim: &Claim, fence: &Fence) -> Result<(), JobError> {
    let scene = Scene::of(service, claim, fence).await?;
    let head = claim.job.head.as_str();
    let asked = Asked::Group {
        base: claim.job.base.clone(),
    };
    if claim.is_dissolved() {
        check::over(service, &scene, &asked, head, &outcome::dissolved()).await?;
        return Err(JobError::Gone {
            message: "the merge group was dissolved".to_owned(),
        });
    }
    review(service, claim, &scene, &asked).await?;
    // The commit is on its branch now. Whoever brings it on from there is not kept from it by a group that is no
    // more.
    if scene.store.is_merged(&claim.lease).await? {
        let subject = asked.subject(&scene.row);
        scene.store.drop_gate(&subject, head, service.now()).await?;
    }
    Ok(())
}

async fn review(
    service: &Service,
    claim: &Claim,
    scene: &Scene,
    asked: &Asked,
) -> Result<(), JobError> {
    let started_ms = service.now();
    let (head, base) = (claim.job.head.as_str(), claim.job.base.as_str());
    let check = Check::begin(service, scene, asked, head, String::new()).await?;
    let most = service.settings.cache.most_repository_kib;
    if scene.size_kib > most {
        let why = format!(
            "the repository has {} MiB, more than the {} MiB that cache.max-repository-mib allows",
            scene.size_kib >> 10,
            most >> 10
        );
        return check.end(Conclusion::Failure, outcome::cannot(&why)).await;
    }
    let commits = Commits {
        base: base.to_owned(),
        head: head.to_owned(),
        settings: base.to_owned(),
        // Whoever let it into the queue approved what it brings.
        proposes: false,
    };
    let mut analysed = match analysed(service, scene, &commits).await {
        Err(JobError::Failed { message }) => {
            // The queue should not wait for tries that will fail as well.
            check
                .end(Conclusion::Failure, outcome::cannot(&message))
                .await?;
            return Err(JobError::Failed { message });
        }
        analysed => analysed?,
    };
    let decisions = scene.store.decisions(scene.row.id).await?;
    let decided = in_force(&decisions, day(service.now()), &[]);
    analysed.analysis.excuse(&decided.excuses);
    let mut notes = decided.over;
    // It has no comments, and no line in the history.
    let told = analysed
        .short
        .iter()
        .filter(|one| one.part == Part::PatchId);
    notes.extend(short::said(told, &service.metrics));
    let gate = Gate::of(&analysed.analysis.report);
    let submission =
        analysed
            .analysis
            .submission(&scene.name, None, head, &Base::of(base.to_owned()));
    let options = PlanOptions {
        can_write: false,
        ..PlanOptions::default()
    };
    let rungs = plan(&submission, &Anchors::default(), &[], options);
    let terms = std::mem::take(&mut analysed.analysis.terms);
    let ended = Ended {
        scene,
        analysed: &analysed,
        number: 0,
        head,
        title: "merge group",
        author: "",
        branch: "",
        gate,
        started_ms,
        check_run: check.id(),
        notes: &notes,
        reviewers: None,
        makers: Vec::new(),
        disputed: &[],
    };
    keep::record(service, &ended, terms).await?;
    keep::note(service, &ended).await?;
    let page = format!(
        "{}/repositories/{}",
        service.settings.public_url, scene.name
    );
    let server = &service.settings.addresses.server;
    let output = outcome::output(gate, &submission, &rungs, server, &notes, &page);
    check.end(gate.conclusion(), output).await
}
