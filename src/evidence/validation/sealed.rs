//! A report in a signed envelope: an in-toto statement about the program that was tested, and about the
//! page that people read.

use serde::{Deserialize, Serialize};

use super::ValidationReport;
use crate::evidence::envelope::{self, EnvelopeError};
use crate::evidence::keys::{SigningKey, VerifyingKey};
use crate::evidence::statement::{STATEMENT, STATEMENT_TYPE};

/// The type of our predicate.
const PREDICATE_TYPE: &str = "https://scrubin.dev/tool-validation/v1";

/// The name of the first subject.
const PROGRAM: &str = "scrubin";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: ValidationReport,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: FileDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDigest {
    sha256: String,
}

/// A page that the signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The name of its file, without folders.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl Attached {
    /// The page with these bytes.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            sha256: envelope::sha256(bytes),
        }
    }
}

/// A report whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// The report.
    pub report: ValidationReport,
    /// Pages that were signed with it.
    pub attached: Vec<Attached>,
    /// Who signed: `SHA256:...`, as `ssh-keygen -l` shows it.
    pub key: String,
}

/// A text that is no signed report by one of the keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The envelope or its signature.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The envelope holds something else.
    #[error("it is signed, but no report of a self-test: {0}")]
    Other(String),
}

/// Signs a report, and the pages that show it; ends with a line feed.
pub fn seal(report: &ValidationReport, attached: &[Attached], key: &SigningKey) -> String {
    let subject = |name: &str, sha256: &str| Subject {
        name: name.to_owned(),
        digest: FileDigest {
            sha256: sha256.to_owned(),
        },
    };
    let mut subjects = vec![subject(PROGRAM, &report.tool.binary_sha256)];
    subjects.extend(
        attached
            .iter()
            .map(|page| subject(&page.name, &page.sha256)),
    );
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: subjects,
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: report.clone(),
    };
    // Strings, numbers and lists alone: their serialization cannot fail.
    let bytes = serde_json::to_vec(&statement).unwrap_or_default();
    format!("{}\n", envelope::seal(STATEMENT, &bytes, key))
}

/// Opens what [`seal`] wrote.
///
/// # Errors
/// No envelope, none by one of the keys, one around something else, or a subject that is not the program
/// of the report.
pub fn unseal(text: &str, keys: &[VerifyingKey]) -> Result<Unsealed, SealError> {
    // The one line feed that `seal` writes; anything else behind the envelope was added.
    let line = text.strip_suffix('\n').unwrap_or(text);
    let opened = envelope::open(line, keys)?;
    if opened.payload_type != STATEMENT {
        return Err(SealError::Other(opened.payload_type));
    }
    let statement: Statement = serde_json::from_slice(&opened.payload)
        .map_err(|error| SealError::Other(error.to_string()))?;
    if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
        return Err(SealError::Other(statement.predicate_type));
    }
    let mut subjects = statement.subject.into_iter();
    let is_program = |subject: Subject| {
        subject.name == PROGRAM && subject.digest.sha256 == statement.predicate.tool.binary_sha256
    };
    if !subjects.next().is_some_and(is_program) {
        return Err(SealError::Other(
            "its subject is another program than the one that was tested".to_owned(),
        ));
    }
    Ok(Unsealed {
        report: statement.predicate,
        attached: subjects
            .map(|subject| Attached {
                name: subject.name,
                sha256: subject.digest.sha256,
            })
            .collect(),
        key: opened.key,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::samples::report;
    use super::*;

    #[test]
    fn a_sealed_report_is_read_back_and_no_byte_of_it_can_change() {
        let key = SigningKey::from_seed([7; 32]);
        let keys = [key.verifying()];
        let page = Attached::new("selftest.html", b"<html>");
        let text = seal(&report(), std::slice::from_ref(&page), &key);
        let opened = unseal(&text, &keys).unwrap();
        assert_eq!(opened.report, report());
        assert_eq!(opened.attached, [page]);
        assert_eq!(opened.key, keys[0].id());
        for at in (0..text.len()).step_by(7) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(unseal(&changed, &keys).is_err(), "byte {at}");
            }
        }
        assert!(unseal(&format!("{text}more\n"), &keys).is_err());
        assert!(unseal(&text, &[SigningKey::from_seed([8; 32]).verifying()]).is_err());
    }

    #[test]
    fn something_else_that_is_signed_is_no_report() {
        let key = SigningKey::from_seed([7; 32]);
        let line = envelope::seal(STATEMENT, b"{}", &key);
        let error = unseal(&line, &[key.verifying()]).unwrap_err();
        assert!(matches!(error, SealError::Other(_)), "{error}");
    }
}
