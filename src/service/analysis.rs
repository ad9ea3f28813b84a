//! Commits of GitHub's → an analysis: fetched into the cache, reviewed by the code of `check`.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use super::mirror::{Mirror, Waiting};
use super::scene::Scene;
use super::short::{Part, Short, told};
use super::state::Service;
use super::worker::JobError;
use crate::change::git::{self, CommitFacts};
use crate::finding::RepoPath;
use crate::github::analyse::{self, Analysis, Request};
use crate::github::anchor::Anchors;
use crate::github::checkout::{Checkout, anchors_of};
use crate::github::settle::Excuse;
use crate::review::{Imports, Thresholds};
use crate::store::{Decision, DecisionKind, DecisionState};

/// Longest analysis. Its work is bounded by counts; this is for a machine that stands still.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Which commits are reviewed.
#[derive(Debug, Clone)]
pub(super) struct Commits {
    /// What was there before.
    pub(super) base: String,
    /// What is to come.
    pub(super) head: String,
    /// Whose settings count.
    pub(super) settings: String,
    /// Whether deviations of the change itself are only proposed.
    pub(super) proposes: bool,
}

/// An analysis, and what the commits say of themselves.
#[derive(Debug)]
pub(super) struct Analysed {
    pub(super) analysis: Analysis,
    pub(super) anchors: Option<Anchors>,
    pub(super) facts: CommitFacts,
    /// All who had a hand in the commits of the change.
    pub(super) makers: Vec<String>,
    pub(super) patch_id: Option<String>,
    pub(super) deleted: Vec<RepoPath>,
    /// What could not be found out.
    pub(super) short: Vec<Short>,
}

/// Why commits could not be reviewed.
#[derive(Debug, thiserror::Error)]
enum ReviewError {
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Analyse(#[from] analyse::AnalyseError),
    /// A tree of trees that stands for more than any machine can hold.
    #[error("commit {commit} names more than {PATHS_MAX} paths, or its trees are not all there")]
    Paths { commit: String },
}

/// Most paths of a commit, folders included. The largest public repositories have half a million; nine small
/// trees within each other can name billions, and git and libgit2 walk all of them.
const PATHS_MAX: u64 = 2_000_000;

/// The day of a time in milliseconds since 1970, UTC.
pub(super) fn day(millis: i64) -> NaiveDate {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .unwrap_or_default()
        .date_naive()
}

/// Fetches commits and reviews them.
pub(super) async fn analysed(
    service: &Service,
    scene: &Scene,
    commits: &Commits,
) -> Result<Analysed, JobError> {
    let failed = |message: String| JobError::Failed { message };
    let mirrors = service.mirrors.clone();
    let (repository, name) = (scene.row.id, scene.name.clone());
    let client = scene.client.clone();
    let wanted = commits.clone();
    let today = day(service.now());
    // One after the other where several workers share the machine.
    let jobs = (service.settings.work.workers > 1).then_some(1);
    // So that lines of the log from there say what they are about as well.
    let span = tracing::Span::current();
    // Dropped with this future, whoever does that: the time is over, the lease is lost, the service ends.
    let waiting = Waiting::default();
    let mark = waiting.mark();
    let work = tokio::task::spawn_blocking(move || {
        let _within = span.entered();
        let mirror = mirrors.open(repository)?.waited_for(mark);
        mirror.fetch(
            &[&wanted.head, &wanted.base, &wanted.settings],
            &name,
            &client,
        )?;
        Ok::<_, super::mirror::MirrorError>(review(&mirror, &wanted, today, jobs))
    });
    let joined = tokio::time::timeout(LONGEST, work).await.map_err(|_| {
        failed(format!(
            "the analysis took longer than {} minutes",
            LONGEST.as_secs() / 60
        ))
    })?;
    let fetched =
        joined.map_err(|error| failed(format!("the analysis ended in a defect: {error}")))?;
    match fetched {
        Ok(Ok(mut analysed)) => {
            if service.record_key.is_none() {
                // There is no record that lacks it.
                analysed.short.retain(|one| one.part != Part::PatchId);
            }
            Ok(analysed)
        }
        Ok(Err(error)) => Err(failed(format!("the change cannot be reviewed: {error}"))),
        Err(error @ super::mirror::MirrorError::Fetch { .. }) => Err(JobError::Later {
            after: Duration::ZERO,
            message: error.to_string(),
        }),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn review(
    mirror: &Mirror,
    commits: &Commits,
    today: NaiveDate,
    jobs: Option<usize>,
) -> Result<Analysed, ReviewError> {
    let repository = mirror.repository();
    for commit in [&commits.base, &commits.head, &commits.settings] {
        // What cannot be counted is not walked either.
        let count = repository.paths_of(commit, PATHS_MAX);
        if count.is_none_or(|count| count > PATHS_MAX) {
            return Err(ReviewError::Paths {
                commit: commit.clone(),
            });
        }
    }
    let request = Request {
        base: Some(commits.base.clone()),
        head: commits.head.clone(),
        settings: Some(commits.settings.clone()),
        thresholds: Thresholds {
            jobs,
            ..Thresholds::default()
        },
        rules: Vec::new(),
        imports: Imports::default(),
        today,
        proposes: commits.proposes,
        line_hashes: false,
    };
    let mut analysis = analyse::analyse(&repository, &request)?;
    analysis.report.change.head = Some(commits.head.clone());
    let mut short = Vec::new();
    let (anchors, patch_id) = match too_large(&repository, commits) {
        None => shown(mirror, &repository, commits, &mut short),
        Some(why) => {
            short.extend([Part::Anchors, Part::PatchId].map(|part| Short::new(part, why)));
            (None, None)
        }
    };
    let deleted = repository.deleted_between(&commits.base, &commits.head);
    Ok(Analysed {
        analysis,
        anchors,
        facts: repository.commit_facts(&commits.head)?,
        makers: repository.makers(Some(&commits.base), &commits.head)?,
        patch_id,
        deleted: told(deleted, Part::Deleted, &mut short).unwrap_or_default(),
        short,
    })
}

/// Most bytes of all files that differ, on both sides, of which the difference is made.
const SHOWN_MAX: u64 = 64 << 20;

/// Why the difference is not made: a few bytes of names can name a large file many times.
fn too_large(repository: &git::Repository, commits: &Commits) -> Option<&'static str> {
    match repository.differing_bytes(&commits.base, &commits.head, SHOWN_MAX) {
        Some(bytes) if bytes <= SHOWN_MAX => None,
        Some(_) => Some("the files that differ have more than 64 MiB"),
        None => Some("nobody can tell how large the files are that differ"),
    }
}

/// Where comments can stand, and the patch id: by this process where the difference is plain, by git where
/// renames or the like matter.
fn shown(
    mirror: &Mirror,
    repository: &git::Repository,
    commits: &Commits,
    short: &mut Vec<Short>,
) -> (Option<Anchors>, Option<String>) {
    let (base, head) = (&commits.base, &commits.head);
    let shown = repository.plain_diff(base, head);
    let anchors = match &shown {
        Some(shown) => Some(anchors_of(&shown.text)),
        None => told(
            Checkout::new(mirror.path()).anchors(base, head),
            Part::Anchors,
            short,
        ),
    };
    let patch_id = match shown.and_then(|shown| shown.patch_id) {
        Some(id) => Some(id),
        // A merge of two commits without history may have none.
        None => told(repository.patch_id(base, head), Part::PatchId, short).flatten(),
    };
    (anchors, patch_id)
}

/// What decisions come to on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct InForce {
    /// Those that hold.
    pub(super) excuses: Vec<Excuse>,
    /// Reasons among them that call a finding wrong.
    pub(super) disputed: Vec<String>,
    /// A sentence about each that ran out.
    pub(super) over: Vec<String>,
}

/// The decisions that are in force on a day, for a change that `makers` (logins, lower case) wrote: what one
/// of them decided, perhaps in another pull request, excuses nothing in their own change.
pub(super) fn in_force(decisions: &[Decision], today: NaiveDate, makers: &[String]) -> InForce {
    let mut found = InForce::default();
    for decision in decisions
        .iter()
        .filter(|one| one.state == DecisionState::Active)
    {
        let until = NaiveDate::parse_from_str(&decision.until, "%Y-%m-%d").ok();
        if until.is_some_and(|day| day < today) {
            found.over.push(format!(
                "a decision of {} about {} in `{}` held until {} and excuses nothing any more",
                decision.proposed_by, decision.rule, decision.path, decision.until
            ));
            continue;
        }
        let last = match decision.approved_by.as_str() {
            "" => &decision.proposed_by,
            name => name,
        };
        if makers.contains(&last.to_ascii_lowercase()) {
            continue;
        }
        let approved = match decision.approved_by.as_str() {
            "" => String::new(),
            name => format!(", approved by {name}"),
        };
        let reason = format!("{} ({}{approved})", decision.reason, decision.proposed_by);
        if decision.kind == DecisionKind::FalsePositive {
            found.disputed.push(reason.clone());
        }
        found.excuses.push(Excuse {
            fingerprint: decision.fingerprint.clone(),
            moved_key: decision.moved.clone(),
            rule: decision.rule.clone(),
            reason,
            ticket: Some(decision.ticket.clone()).filter(|ticket| !ticket.is_empty()),
            by_two: !decision.approved_by.is_empty(),
        });
    }
    found
}
