//! What every review leaves in the local history. That it cannot be written is a remark in the report,
//! never an error of the gate.

use std::collections::BTreeSet;

use crate::change::git::Repository;
use crate::cli::failure::Failure;
use crate::config::{Switch, Training};
use crate::finding::{RepoPath, RuleId};
use crate::report::{Notice, Report};
use crate::training::history::{self, Occasion, Open, Run, Stage, Time, short_hash};
use crate::triage::{Verdict, hex};

use super::store::{Bounds, Store, random};

/// Rules that praise names.
const RULES_NAMED: usize = 3;

/// Days of a month, for how long something is kept.
const DAYS_PER_MONTH: i64 = 30;

/// A review that ended.
pub(in crate::cli) struct Ended<'e> {
    /// Its repository.
    pub(in crate::cli) repository: &'e Repository,
    /// Where it ran.
    pub(in crate::cli) stage: Stage,
    /// The pull request, where there is one, in words that no other has.
    pub(in crate::cli) pull: Option<String>,
    /// Paths of the head, where deleted ones can be told from them: the index.
    pub(in crate::cli) present: Option<&'e crate::change::Change>,
    /// Whether every file of the repository was under review.
    pub(in crate::cli) whole_tree: bool,
}

/// Where `scrubin check` runs: at a desk, or in a CI job, which all servers tell by `CI`.
pub(in crate::cli) fn stage_of_check() -> Stage {
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if is_ci { Stage::Review } else { Stage::Check }
}

/// The current time.
pub(in crate::cli) fn now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

/// How far back and how large a history may be.
pub(in crate::cli) fn bounds(settings: &Training) -> Bounds {
    Bounds {
        since: now().plus_days(-DAYS_PER_MONTH * i64::from(settings.months.get())),
        bytes: settings.history_bytes.get(),
    }
}

/// A random id.
pub(in crate::cli) fn new_id() -> Result<String, Failure> {
    let mut bytes = [0_u8; 8];
    random(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Adds a review to the local history. Gives what is good to hear, where there is something: for the person,
/// not for the report, which must not depend on what was there before.
pub(in crate::cli) fn keep(
    report: &mut Report,
    ended: &Ended<'_>,
    settings: &Training,
) -> Option<String> {
    if settings.history == Switch::Off || report.files.total == 0 {
        return None;
    }
    match add(report, ended, settings) {
        Ok(told) => {
            report.familiar = told.familiar;
            told.repaired
        }
        Err(failure) => {
            let text = failure.to_string().replace('\n', ";");
            let text = text.trim_start_matches("error: ");
            report.notices.push(Notice {
                text: format!("this review is not in the local history: {text}"),
            });
            None
        }
    }
}

/// What the history has to say to the author.
#[derive(Default)]
struct Told {
    /// What the change repaired, in a sentence.
    repaired: Option<String>,
    /// Rules of lessons that the author knows by now.
    familiar: BTreeSet<RuleId>,
}

fn add(report: &Report, ended: &Ended<'_>, settings: &Training) -> Result<Told, Failure> {
    let store = Store::of(ended.repository);
    // Whatever git is asked is asked before others are held off: a process of its own takes its time.
    let address = match settings.individual {
        Switch::On => author(report, ended),
        Switch::Off => None,
    };
    let change = change_of(report, ended);
    let deleted = if store.has_open() {
        deleted(report, ended)
    } else {
        Vec::new()
    };
    let held = store.hold()?;
    let key = store.key(&held)?;
    let open = store.open(&held)?;
    let occasion = Occasion {
        id: new_id()?,
        at: now(),
        stage: ended.stage,
        key: address.as_ref().map(|_| key.id()).unwrap_or_default(),
        who: address.map(|address| key.person(&address)),
        change: match change {
            ChangeName::Known(name) => name,
            ChangeName::Private(text) => key.pseudonym(&text),
        },
        deleted,
        whole_tree: ended.whole_tree,
    };
    let recorded = history::record(report, &open, &occasion, settings);
    if recorded.run.says_nothing() {
        return Ok(Told::default());
    }
    let told = Told {
        repaired: repaired(&recorded.run, &open, &occasion.deleted),
        familiar: familiar(report, &recorded.run, &store)?,
    };
    store.add(
        recorded.run,
        recorded.open.as_deref(),
        bounds(settings),
        &held,
    )?;
    Ok(told)
}

/// What a change repaired of what was open, in a sentence; what it deleted with its file is no repair.
fn repaired(run: &Run, open: &[Open], deleted: &[RepoPath]) -> Option<String> {
    let deleted: BTreeSet<String> = deleted
        .iter()
        .map(|path| short_hash(path.as_bytes()))
        .collect();
    let gone = open.iter().filter(|one| {
        // A rule of the project may have changed in place of the code; it has no lesson.
        run.gone.contains(&one.found.fingerprint)
            && !one.found.lesson.is_empty()
            && !deleted.contains(&one.found.file)
    });
    let rules: Vec<&str> = gone.map(|one| one.found.rule.as_str()).collect();
    let names: BTreeSet<&str> = rules.iter().copied().collect();
    if names.is_empty() {
        return None;
    }
    let names: Vec<&str> = names.into_iter().take(RULES_NAMED).collect();
    let count = match rules.len() {
        1 => "a finding".to_owned(),
        more => format!("{more} findings"),
    };
    Some(format!(
        "well done: {count} that an earlier review noted {} repaired here ({})",
        if rules.len() == 1 { "is" } else { "are" },
        names.join(", ")
    ))
}

/// Rules among the findings of a report whose lesson the author has met often.
fn familiar(report: &Report, run: &Run, store: &Store) -> Result<BTreeSet<RuleId>, Failure> {
    let is_told = report
        .findings
        .iter()
        .any(|triaged| triaged.verdict == Verdict::Report);
    let (Some(who), true) = (&run.who, is_told) else {
        return Ok(BTreeSet::new());
    };
    let recent = store.recent()?;
    let lessons = history::familiar(&recent.runs, who, (&run.change, run.at));
    let rules = report.rules.values();
    Ok(rules
        .filter(|rule| lessons.contains(&rule.lesson))
        .map(|rule| rule.id.clone())
        .collect())
}

/// The address of whoever made the change.
fn author(report: &Report, ended: &Ended<'_>) -> Option<String> {
    let Some(head) = report.change.head.as_deref() else {
        return own_address(ended.repository);
    };
    let facts = ended.repository.commit_facts(head).ok()?;
    let (_, address) = facts.author.rsplit_once('<')?;
    Some(address.trim_end_matches('>').to_owned())
}

/// The address of whoever runs this. Git tells it to its hooks, which spares a process.
pub(in crate::cli) fn own_address(repository: &Repository) -> Option<String> {
    let of_git = std::env::var("GIT_AUTHOR_EMAIL").ok();
    of_git
        .filter(|address| !address.is_empty())
        .or_else(|| repository.config("user.email").ok().flatten())
}

/// What stands for a change.
enum ChangeName {
    /// The same for everybody.
    Known(String),
    /// A text that the key makes a pseudonym of.
    Private(String),
}

/// What stands for the change under review: the same in all runs over it, in no other.
fn change_of(report: &Report, ended: &Ended<'_>) -> ChangeName {
    let base = report.change.base.as_deref().unwrap_or_default();
    if let Some(pull) = &ended.pull {
        return ChangeName::Known(short_hash(format!("pull\n{pull}").as_bytes()));
    }
    if report.change.head.is_none() {
        // Not what the same commit is changed to elsewhere.
        let place = ended.repository.git_dir().display();
        let head = ended.repository.head().unwrap_or_default();
        return ChangeName::Private(format!("staged\n{head}\n{place}"));
    }
    let of_ci = [
        "GITHUB_HEAD_REF",
        "CI_MERGE_REQUEST_IID",
        "CI_COMMIT_REF_NAME",
        "BRANCH_NAME",
    ]
    .iter()
    .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let branch = of_ci.or_else(|| ended.repository.branch().ok().flatten());
    let branch = branch.unwrap_or_default();
    ChangeName::Known(short_hash(
        format!(
            "range
{base}
{branch}"
        )
        .as_bytes(),
    ))
}

/// What the change deleted.
fn deleted(report: &Report, ended: &Ended<'_>) -> Vec<RepoPath> {
    match (&report.change.base, &report.change.head, ended.present) {
        (Some(base), Some(head), _) => ended
            .repository
            .deleted_between(base, head)
            .unwrap_or_default(),
        (_, None, Some(change)) => {
            let is_there = |path: &&RepoPath| {
                change.files.iter().any(|file| file.path == **path)
                    || change.skipped.iter().any(|entry| entry.path == **path)
            };
            let paths = ended.repository.staged_paths();
            paths.filter(|path| !is_there(path)).cloned().collect()
        }
        _ => Vec::new(),
    }
}
