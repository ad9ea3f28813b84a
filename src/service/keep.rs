//! What a review leaves in the database: its row, its findings, a line of the history, a signed record.

use chrono::{DateTime, SecondsFormat, Utc};

use super::analysis::Analysed;
use super::outcome::Gate;
use super::scene::Scene;
use super::state::Service;
use super::worker::JobError;
use crate::config::Switch;
use crate::evidence::{self, ChainEnd, Context, Entry, Reviewers, Terms};
use crate::finding::{Precision, Severity};
use crate::report::Report;
use crate::store::{FindingRow, FindingState, Millis, ReviewRow, StoreError};
use crate::training::history::{
    self, Components, Key, Line, Occasion, Open, Stage, Time, line_of, short_hash,
};
use crate::triage::{BaselineState, Triaged, Verdict};

/// A review that ended.
pub(super) struct Ended<'e> {
    pub(super) scene: &'e Scene,
    pub(super) analysed: &'e Analysed,
    /// The pull request; 0 for a merge group.
    pub(super) number: i64,
    pub(super) head: &'e str,
    pub(super) title: &'e str,
    /// Login of who opened the pull request; may be empty.
    pub(super) author: &'e str,
    /// Its branch; may be empty.
    pub(super) branch: &'e str,
    pub(super) gate: Gate,
    pub(super) started_ms: Millis,
    pub(super) check_run: i64,
    pub(super) notes: &'e [String],
    pub(super) reviewers: Option<Reviewers>,
    /// Logins of all who wrote a commit of it.
    pub(super) makers: Vec<String>,
    /// Reasons that call a finding wrong rather than acceptable.
    pub(super) disputed: &'e [String],
}

fn rfc3339(millis: Millis) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether the change brought it, and who has to deal with it.
fn is_new(triaged: &Triaged) -> bool {
    triaged.state == Some(BaselineState::New)
}

/// Adds the signed record of a review to the chain of its repository. Without a key there is none, and
/// the review says so.
pub(super) async fn record(
    service: &Service,
    ended: &Ended<'_>,
    terms: Terms,
) -> Result<(), JobError> {
    let Some(key) = &service.record_key else {
        return Ok(());
    };
    let analysed = ended.analysed;
    let report = &analysed.analysis.report;
    let config = &analysed.analysis.config;
    let now = service.now();
    let said = ended.reviewers.clone().unwrap_or(Reviewers {
        said_by: "github".to_owned(),
        author: Some(ended.author.to_owned()).filter(|author| !author.is_empty()),
        ..Reviewers::default()
    });
    let context = Context {
        project: evidence::project(config, report, &terms),
        configuration: evidence::configuration(config, &terms),
        checklist: evidence::checklist(config, terms.class),
        repository: Some(format!(
            "{}/{}",
            service.settings.addresses.server, ended.scene.name
        )),
        tree: Some(analysed.facts.tree.clone()),
        patch_id: analysed.patch_id.clone(),
        branch: Some(ended.branch.to_owned()).filter(|branch| !branch.is_empty()),
        pull_request: u64::try_from(ended.number)
            .ok()
            .filter(|number| *number > 0),
        people: evidence::people(
            analysed.facts.author.clone(),
            analysed.facts.committer.clone(),
            // Logins as GitHub has them, and names as the commits have them.
            [ended.makers.as_slice(), analysed.makers.as_slice()].concat(),
            said,
        ),
        started: rfc3339(ended.started_ms),
        ended: rfc3339(now),
        binary_sha256: service.binary.clone(),
        grammars: evidence::GRAMMARS
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        terms: terms.clone(),
    };
    let mut record = evidence::build(report, context);
    let repository = ended.scene.row.id;
    if ended.number > 0
        && let Some(before) = ended
            .scene
            .store
            .last_record(repository, ended.number)
            .await?
        && let Some(before) =
            evidence::review_before(&before.line, u64::try_from(ended.number).ok(), None)
    {
        record.fixed = evidence::fixed_since(&before, report, &terms);
    }
    let entry = Entry::Review(Box::new(record));
    ended
        .scene
        .store
        .add_record(repository, ended.number, ended.head, now, |end| {
            let end = end.map(|end| ChainEnd {
                entries: u64::try_from(end.entries).unwrap_or_default(),
                last: &end.last,
                checkpoint: &end.checkpoint,
            });
            let link = evidence::link(end, entry, key)?;
            Ok((link.line, link.checkpoint))
        })
        .await?;
    Ok(())
}

/// Notes the review, its findings and its line of the history.
pub(super) async fn note(service: &Service, ended: &Ended<'_>) -> Result<(), JobError> {
    let report = &ended.analysed.analysis.report;
    let now = service.now();
    let repository = ended.scene.row.id;
    let reported = report
        .findings
        .iter()
        .filter(|one| one.verdict == Verdict::Report);
    let accepted = report
        .findings
        .iter()
        .filter(|one| matches!(one.verdict, Verdict::Deviated { .. }) && is_new(one));
    let review = ReviewRow {
        repository,
        number: ended.number,
        head: ended.head.to_owned(),
        base: report.change.base.clone().unwrap_or_default(),
        title: ended.title.to_owned(),
        author: ended.author.to_owned(),
        outcome: ended.gate.as_str().to_owned(),
        files: i64::try_from(report.files.total).unwrap_or(i64::MAX),
        changed_lines: report
            .reach
            .changed_lines
            .values()
            .fold(0, |sum: i64, lines| {
                sum.saturating_add(i64::try_from(*lines).unwrap_or(i64::MAX))
            }),
        reported: count(reported.clone().count()),
        blocking: count(reported.filter(|one| one.blocks).count()),
        accepted: count(accepted.count()),
        gaps: count(report.gaps.len()),
        check_run: ended.check_run,
        started_ms: ended.started_ms,
        ended_ms: now,
        notes: ended.notes.join("\n"),
    };
    service.metrics.review(ended.gate.as_str());
    ended.scene.store.note_review(&review).await?;
    if ended.number == 0 {
        return Ok(());
    }
    let rows = rows(report, ended);
    ended
        .scene
        .store
        .note_findings(repository, ended.number, &rows, now)
        .await?;
    history(service, ended, now).await?;
    Ok(())
}

/// The findings that the change brought, with their state.
fn rows(report: &Report, ended: &Ended<'_>) -> Vec<FindingRow> {
    let components = Components::new(&ended.analysed.analysis.config.training);
    report
        .findings
        .iter()
        .filter_map(|one| {
            let state = match &one.verdict {
                Verdict::Report => FindingState::Open,
                Verdict::Deviated { reason, .. } if is_new(one) => {
                    match ended.disputed.contains(reason) {
                        true => FindingState::Disputed,
                        false => FindingState::Accepted,
                    }
                }
                _ => return None,
            };
            let finding = &one.finding;
            let rule = report.rules.get(&finding.rule);
            Some(FindingRow {
                repository: ended.scene.row.id,
                number: ended.number,
                fingerprint: one.fingerprint.value(),
                moved: one.fingerprint.moved_key.clone(),
                rule: finding.rule.to_string(),
                lesson: rule.map(|rule| rule.lesson.clone()).unwrap_or_default(),
                severity: severity(finding.severity).to_owned(),
                precision: precision(finding.precision).to_owned(),
                component: components.of(&finding.location.path),
                path: finding.location.path.to_string(),
                line: i64::from(finding.location.start.line),
                message: finding.message.clone(),
                state,
                first_ms: 0,
                last_ms: 0,
                ended_ms: 0,
            })
        })
        .collect()
}

fn severity(severity: Severity) -> &'static str {
    severity.as_str()
}

fn precision(precision: Precision) -> &'static str {
    precision.as_str()
}

/// Adds the line that a local history would have of this review.
async fn history(service: &Service, ended: &Ended<'_>, now: Millis) -> Result<(), JobError> {
    let analysis = &ended.analysed.analysis;
    let settings = &analysis.config.training;
    if settings.history == Switch::Off || analysis.report.files.total == 0 {
        return Ok(());
    }
    let repository = ended.scene.row.id;
    let key = match settings.individual {
        Switch::On if !ended.author.is_empty() => Some(history_key(service).await?),
        _ => None,
    };
    let known = ended.scene.store.open_of(repository, ended.number).await?;
    let open: Vec<Open> = known
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let occasion = Occasion {
        // The same head reviewed again by a job that was cut off is the same run.
        id: short_hash(
            format!(
                "{repository}\n{}\n{}\n{}",
                ended.number, ended.head, ended.started_ms
            )
            .as_bytes(),
        ),
        at: Time(now),
        stage: Stage::Review,
        who: key.as_ref().map(|key| key.person(ended.author)),
        key: key.as_ref().map(Key::id).unwrap_or_default(),
        change: short_hash(format!("pull\n{}#{}", ended.scene.name, ended.number).as_bytes()),
        deleted: ended.analysed.deleted.clone(),
        whole_tree: false,
    };
    let recorded = history::record(&analysis.report, &open, &occasion, settings);
    if recorded.run.says_nothing() {
        return Ok(());
    }
    let lines = recorded.open.map(|open| {
        let lines: Vec<String> = open
            .iter()
            .filter_map(|one| serde_json::to_string(one).ok())
            .collect();
        lines.join("\n")
    });
    let id = recorded.run.id.clone();
    let line = line_of(&Line::Run(recorded.run));
    ended
        .scene
        .store
        .add_run(
            (repository, ended.number),
            (&id, line.trim_end()),
            lines.as_deref(),
            now,
        )
        .await?;
    Ok(())
}

/// The key of pseudonyms: made once for the whole service, so that a person is one in all repositories.
async fn history_key(service: &Service) -> Result<Key, StoreError> {
    let mut bytes = [0_u8; 32];
    // A key that anybody can guess would name everybody.
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::Word {
        what: "the key of pseudonyms",
        word: "no random numbers".to_owned(),
    })?;
    let text = service
        .store
        .fact_or("history-key", Key::new(bytes).to_text().trim())
        .await?;
    Key::parse(&text).ok_or(StoreError::Word {
        what: "the key of pseudonyms",
        word: "no key".to_owned(),
    })
}
