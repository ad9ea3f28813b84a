//! The in-toto statement around a record, and the checkpoint that closes a log.

use serde::{Deserialize, Serialize};

use super::record::ReviewRecord;

/// DSSE's type of a payload that is an in-toto statement.
pub(super) const STATEMENT: &str = "application/vnd.in-toto+json";

/// DSSE's type of the payload of a checkpoint.
pub(super) const CHECKPOINT: &str = "application/vnd.scrubin.checkpoint+json";

/// The type of in-toto's statements, v1.
pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of our predicate.
const PREDICATE_TYPE: &str = "https://scrubin.dev/review-record/v1";

/// A statement: what the record is about, and the record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: ReviewRecord,
}

#[derive(Serialize, Deserialize)]
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

impl Statement {
    /// The statement of a record. A staged change has no commit yet: its tree is the subject.
    pub(super) fn new(record: ReviewRecord) -> Self {
        let digest = match &record.change.head {
            Some(commit) => GitDigest {
                commit: Some(commit.clone()),
                tree: None,
            },
            None => GitDigest {
                commit: None,
                tree: record.change.tree.clone(),
            },
        };
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: record
                    .change
                    .repository
                    .clone()
                    .unwrap_or_else(|| "repository".to_owned()),
                digest,
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: record,
        }
    }

    /// The bytes that are signed.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // Strings, numbers and lists alone: their serialization cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// A sentence that says what it lacks.
    pub(super) fn read(bytes: &[u8]) -> Result<ReviewRecord, String> {
        let statement: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let again = Self::new(statement.predicate.clone());
        if statement.kind != again.kind || statement.predicate_type != again.predicate_type {
            return Err(format!(
                "a statement of type {} with a predicate of type {}",
                statement.kind, statement.predicate_type
            ));
        }
        let subject = |statement: &Self| {
            statement
                .subject
                .iter()
                .map(|one| {
                    (
                        one.name.clone(),
                        one.digest.commit.clone(),
                        one.digest.tree.clone(),
                    )
                })
                .collect::<Vec<_>>()
        };
        if subject(&statement) != subject(&again) {
            return Err("the subject is not the commit of the record".to_owned());
        }
        Ok(statement.predicate)
    }
}
