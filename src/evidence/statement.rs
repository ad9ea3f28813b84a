//! The in-toto statement around an entry, and the checkpoint that closes a log.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entry::{About, Entry, Override, SignOff};
use super::record::ReviewRecord;

/// DSSE's type of a payload that is an in-toto statement.
pub(super) const STATEMENT: &str = "application/vnd.in-toto+json";

/// DSSE's type of the payload of a checkpoint.
pub(super) const CHECKPOINT: &str = "application/vnd.scrubin.checkpoint+json";

/// The type of in-toto's statements, v1.
pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The types of our predicates.
const REVIEW: &str = "https://scrubin.dev/review-record/v1";
const SIGN_OFF: &str = "https://scrubin.dev/checklist-sign-off/v1";
const OVERRIDE: &str = "https://scrubin.dev/gate-override/v1";

/// A statement: what an entry is about, and the entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: P,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: GitDigest,
}

/// A git object: in-toto's digest set names `gitCommit` and `gitTree`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GitDigest {
    #[serde(rename = "gitCommit", default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(rename = "gitTree", default, skip_serializing_if = "Option::is_none")]
    tree: Option<String>,
}

/// How many records a log has, and the digest of the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    pub(super) records: u64,
    pub(super) last: String,
}

/// The bytes of an entry's statement, which are signed.
pub(super) fn write(entry: &Entry) -> Vec<u8> {
    match entry {
        Entry::Review(one) => bytes(REVIEW, subject_of_review(one), one),
        Entry::SignOff(one) => bytes(SIGN_OFF, subject_of_about(&one.about), one),
        Entry::Override(one) => bytes(OVERRIDE, subject_of_about(&one.about), one),
    }
}

fn bytes<P: Serialize>(predicate_type: &str, subject: Subject, predicate: P) -> Vec<u8> {
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![subject],
        predicate_type: predicate_type.to_owned(),
        predicate,
    };
    // Strings, numbers and lists alone: their serialization cannot fail.
    serde_json::to_vec(&statement).unwrap_or_default()
}

/// Reads the entry of a statement.
///
/// # Errors
/// A sentence that says what it lacks.
pub(super) fn read(bytes: &[u8]) -> Result<Entry, String> {
    match predicate_type(bytes) {
        Some(REVIEW) => {
            let entry = parse(bytes, subject_of_review)?;
            Ok(Entry::Review(Box::new(entry)))
        }
        Some(SIGN_OFF) => {
            let entry = parse(bytes, |one: &SignOff| subject_of_about(&one.about))?;
            Ok(Entry::SignOff(Box::new(entry)))
        }
        Some(OVERRIDE) => {
            let entry = parse(bytes, |one: &Override| subject_of_about(&one.about))?;
            Ok(Entry::Override(Box::new(entry)))
        }
        Some(other) => Err(format!("a predicate of type {other}")),
        None => Err("it is no in-toto statement".to_owned()),
    }
}

/// The type of the predicate, read without parsing all of it. No text inside can hold the key: its quotes
/// would be escaped.
fn predicate_type(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once("\"predicateType\":\"")?;
    rest.split_once('"').map(|(name, _)| name)
}

fn parse<P: DeserializeOwned>(bytes: &[u8], subject: impl Fn(&P) -> Subject) -> Result<P, String> {
    let statement: Statement<P> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if statement.kind != STATEMENT_TYPE {
        return Err(format!("a statement of type {}", statement.kind));
    }
    if statement.subject != [subject(&statement.predicate)] {
        return Err("the subject is not the commit of the record".to_owned());
    }
    Ok(statement.predicate)
}

/// A staged change has no commit yet: its tree is the subject.
fn subject_of_review(record: &ReviewRecord) -> Subject {
    let change = &record.change;
    let digest = GitDigest {
        commit: change.head.clone(),
        tree: match change.head {
            Some(_) => None,
            None => change.tree.clone(),
        },
    };
    subject(change.repository.as_deref(), digest)
}

fn subject_of_about(about: &About) -> Subject {
    let digest = GitDigest {
        commit: about.head.clone(),
        tree: None,
    };
    subject(about.repository.as_deref(), digest)
}

fn subject(repository: Option<&str>, digest: GitDigest) -> Subject {
    Subject {
        name: repository.unwrap_or("repository").to_owned(),
        digest,
    }
}
