//! What the lines of a log hold: reviews, and what people said of them later.

use serde::{Deserialize, Serialize};

use super::record::{GateResult, ReviewRecord, SCHEMA_VERSION};

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A gate run.
    Review(Box<ReviewRecord>),
    /// A checklist that a person answered.
    SignOff(Box<SignOff>),
    /// A closed gate that a person opened.
    Override(Box<Override>),
}

/// The review that a later entry speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its id.
    pub record: String,
    /// SHA-256 of its line.
    pub sha256: String,
    /// Address of its repository.
    pub repository: Option<String>,
    /// The commit it is about.
    pub head: Option<String>,
}

/// An answer to a question of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The question's name.
    pub key: String,
    /// What it asks to confirm.
    pub text: String,
    /// The answer.
    pub answer: Confirmed,
    /// Why, where it does not apply.
    pub note: Option<String>,
}

/// Whether a person confirms a point of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmed {
    /// It was looked at and holds.
    Yes,
    /// It has no place in this change.
    NotApplicable,
}

impl Confirmed {
    /// `yes` or `not applicable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// A reviewer's answers to the checklist of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// Version of this format.
    pub schema: u32,
    /// Name of the entry, unique in its log.
    pub id: String,
    /// 1-based number in its log.
    pub sequence: u64,
    /// SHA-256 of the line before it.
    pub previous: Option<String>,
    /// The review.
    pub about: About,
    /// Who looked.
    pub reviewer: String,
    /// When it was signed, RFC 3339 in UTC.
    pub signed: String,
    /// The answers.
    pub answers: Vec<Answer>,
    /// Questions that are left open.
    pub open: Vec<String>,
    /// A remark.
    pub note: Option<String>,
}

/// A person's decision to let a change in although its gate was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Version of this format.
    pub schema: u32,
    /// Name of the entry, unique in its log.
    pub id: String,
    /// 1-based number in its log.
    pub sequence: u64,
    /// SHA-256 of the line before it.
    pub previous: Option<String>,
    /// The review.
    pub about: About,
    /// What the gate had said.
    pub result: GateResult,
    /// Why it was let in.
    pub reason: String,
    /// Who decided.
    pub approver: String,
    /// Ticket or risk-file entry.
    pub ticket: Option<String>,
    /// When it was decided, RFC 3339 in UTC.
    pub decided: String,
}

/// What an entry says of its place in the log.
pub(super) struct Chained<'e> {
    pub(super) schema: u32,
    pub(super) sequence: u64,
    pub(super) previous: Option<&'e str>,
}

impl Entry {
    /// Its name.
    pub fn id(&self) -> &str {
        match self {
            Self::Review(one) => &one.id,
            Self::SignOff(one) => &one.id,
            Self::Override(one) => &one.id,
        }
    }

    /// When it was made, RFC 3339 in UTC.
    pub(super) fn time(&self) -> &str {
        match self {
            Self::Review(one) => &one.ended,
            Self::SignOff(one) => &one.signed,
            Self::Override(one) => &one.decided,
        }
    }

    pub(super) fn chained(&self) -> Chained<'_> {
        let (schema, sequence, previous) = match self {
            Self::Review(one) => (one.schema, one.sequence, &one.previous),
            Self::SignOff(one) => (one.schema, one.sequence, &one.previous),
            Self::Override(one) => (one.schema, one.sequence, &one.previous),
        };
        Chained {
            schema,
            sequence,
            previous: previous.as_deref(),
        }
    }

    /// Gives the entry its place in a log.
    pub(super) fn place(&mut self, sequence: u64, previous: Option<String>) {
        match self {
            Self::Review(one) => {
                one.sequence = sequence;
                one.previous = previous;
                let about = one.change.head.as_ref().or(one.change.tree.as_ref());
                let start = about.and_then(|name| name.get(..12)).unwrap_or("review");
                one.id = format!("{start}-{sequence}");
            }
            Self::SignOff(one) => {
                one.sequence = sequence;
                one.previous = previous;
                one.id = format!("sign-off-{sequence}");
            }
            Self::Override(one) => {
                one.sequence = sequence;
                one.previous = previous;
                one.id = format!("override-{sequence}");
            }
        }
    }

    /// The review that a later entry speaks of; none for a review.
    pub fn about(&self) -> Option<&About> {
        match self {
            Self::Review(_) => None,
            Self::SignOff(one) => Some(&one.about),
            Self::Override(one) => Some(&one.about),
        }
    }
}

/// A wish to sign off that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignOffError {
    /// A question that the checklist does not have.
    #[error("the checklist has no question `{0}`")]
    Unknown(String),
    /// A question that is answered in two ways.
    #[error("`{0}` is confirmed and said not to apply")]
    Twice(String),
    /// Nothing was answered.
    #[error("no question is answered")]
    Nothing,
}

/// What a reviewer says of a checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Names of the questions that hold.
    pub confirmed: Vec<String>,
    /// Names of those that do not apply, each with its reason.
    pub not_applicable: Vec<(String, String)>,
    /// Whether all others hold.
    pub all: bool,
    /// Who looked.
    pub reviewer: String,
    /// When, RFC 3339 in UTC.
    pub signed: String,
    /// A remark.
    pub note: Option<String>,
}

/// Makes the sign-off of a review's checklist.
///
/// # Errors
/// [`SignOffError`].
pub fn sign_off(review: &ReviewRecord, about: About, said: Said) -> Result<SignOff, SignOffError> {
    let named = said
        .confirmed
        .iter()
        .chain(said.not_applicable.iter().map(|(key, _)| key));
    for key in named {
        if !review.checklist.iter().any(|check| check.key == *key) {
            return Err(SignOffError::Unknown(key.clone()));
        }
    }
    let mut answers = Vec::new();
    let mut open = Vec::new();
    for check in &review.checklist {
        let denied = said
            .not_applicable
            .iter()
            .find(|(key, _)| *key == check.key);
        let answer = match (denied, said.confirmed.contains(&check.key)) {
            (Some(_), true) => return Err(SignOffError::Twice(check.key.clone())),
            (Some((_, why)), false) => (Confirmed::NotApplicable, Some(why.clone())),
            (None, true) => (Confirmed::Yes, None),
            (None, false) if said.all => (Confirmed::Yes, None),
            (None, false) => {
                open.push(check.key.clone());
                continue;
            }
        };
        answers.push(Answer {
            key: check.key.clone(),
            text: check.text.clone(),
            answer: answer.0,
            note: answer.1,
        });
    }
    if answers.is_empty() {
        return Err(SignOffError::Nothing);
    }
    Ok(SignOff {
        schema: SCHEMA_VERSION,
        id: String::new(),
        sequence: 0,
        previous: None,
        about,
        reviewer: said.reviewer,
        signed: said.signed,
        answers,
        open,
        note: said.note,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::samples::{about, record};
    use super::*;

    fn said(confirmed: &[&str], not_applicable: &[&str], all: bool) -> Said {
        Said {
            confirmed: confirmed.iter().map(|key| (*key).to_owned()).collect(),
            not_applicable: not_applicable
                .iter()
                .map(|key| ((*key).to_owned(), "no radio in it".to_owned()))
                .collect(),
            all,
            reviewer: "M. Huber".to_owned(),
            ..Said::default()
        }
    }

    #[test]
    fn what_is_not_answered_stays_open() {
        let mut review = record("aa");
        let mut second = review.checklist[0].clone();
        second.key = "radio-peers".to_owned();
        review.checklist.push(second);
        let made = |said| sign_off(&review, about(), said);
        let one = made(said(&["requirement"], &[], false)).unwrap();
        assert_eq!(one.open, ["radio-peers"]);
        assert_eq!(one.answers.len(), 1);
        let all = made(said(&[], &["radio-peers"], true)).unwrap();
        assert_eq!(all.open, [""; 0]);
        let words: Vec<&str> = all.answers.iter().map(|one| one.answer.as_str()).collect();
        assert_eq!(words, ["yes", "not applicable"]);
        let unknown = SignOffError::Unknown("x".to_owned());
        assert_eq!(made(said(&["x"], &[], false)), Err(unknown));
        let twice = SignOffError::Twice("requirement".to_owned());
        assert_eq!(
            made(said(&["requirement"], &["requirement"], false)),
            Err(twice)
        );
        assert_eq!(made(said(&[], &[], false)), Err(SignOffError::Nothing));
    }
}
