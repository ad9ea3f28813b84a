//! The code of a past finding, read from the repository: the history holds none.

use std::collections::BTreeMap;

use crate::change::Content;
use crate::change::git::Repository;
use crate::finding::{Finding, RepoPath};
use crate::review::Examiner;
use crate::training::lesson::Lesson;
use crate::training::team::Sample;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// A past finding with its code.
pub(super) struct Past {
    /// A name of the right kind; the real one is not kept.
    pub(super) path: RepoPath,
    /// The file as it was.
    pub(super) text: String,
    /// What the rule finds in it.
    pub(super) finding: Finding,
}

/// The language of the code that a rule reads; `None` for configuration files.
pub(super) fn language_of(rule: &str) -> Option<&'static str> {
    match rule.as_bytes().first()? {
        b'C' => Some("c"),
        b'R' => Some("rust"),
        _ => None,
    }
}

/// The name that a piece of code of a language goes by.
pub(super) fn path_of(language: &str) -> RepoPath {
    RepoPath::from(match language {
        "c" => "sample.c",
        "rust" => "sample.rs",
        _ => "sample.txt",
    })
}

/// Reads a blob and finds the weakness again; `None` where the blob is gone, or the rule needs more than
/// the one file.
pub(super) fn past(
    repository: &Repository,
    examiner: &mut Examiner,
    (blob, rule): (&str, &str),
) -> Option<Past> {
    let language = language_of(rule)?;
    let content = Content::Blob(blob.to_owned());
    let bytes = repository.reader(LARGEST).read(&content).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let path = path_of(language);
    let findings = examiner.findings(&path, &text).ok()?;
    let finding = findings.into_iter().find(|one| one.rule.as_str() == rule)?;
    Some(Past {
        path,
        text,
        finding,
    })
}

/// The first of these blobs whose weakness is found again, as a sample of the team's own code.
pub(super) fn sample(
    repository: &Repository,
    examiner: &mut Examiner,
    blobs: &[(String, String)],
) -> Option<Sample> {
    /// Blobs that are tried: old ones are collected by git, and each costs an analysis.
    const TRIED: usize = 20;
    let past = blobs
        .iter()
        .take(TRIED)
        .find_map(|(blob, rule)| past(repository, examiner, (blob, rule)))?;
    let language = language_of(past.finding.rule.as_str())?;
    Some(Sample {
        language: language.to_owned(),
        code: past.text,
        line: usize::try_from(past.finding.location.start.line).unwrap_or(1),
        is_own: true,
    })
}

/// Titles of lessons by key.
pub(super) fn titles(lessons: &[Lesson]) -> BTreeMap<String, String> {
    lessons
        .iter()
        .map(|lesson| (lesson.head.key.clone(), lesson.head.title.clone()))
        .collect()
}
