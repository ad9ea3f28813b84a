//! What people add to a review: the checklist of what no tool checks, and a gate that is opened by hand.

use std::path::Path;

use serde_json::json;

use super::super::args::{ChecklistFormat, ClassArgument, SigningArguments};
use super::super::failure::Failure;
use super::super::{Outcome, output, source};
use super::log_file::add;
use super::recorder::{accepted, add_note, key_of};
use super::{log_named, now, one, verified};
use crate::change::git::Repository;
use crate::config::profile::{Check, SafetyClass, checklist as checks};
use crate::evidence::{
    self, Appended, Entry, GateResult, Override, Said, SigningKey, VerifiedRecord,
};
use crate::report::sheet::{Sheet, Table};
use crate::triage;

/// What a reviewer says.
pub(super) struct Answers {
    pub(super) reviewer: String,
    pub(super) items: Vec<String>,
    pub(super) not_applicable: Vec<String>,
    pub(super) remark: Option<String>,
}

/// What somebody decides who opens a gate.
pub(super) struct Decision {
    pub(super) reason: String,
    pub(super) approver: String,
    pub(super) ticket: Option<String>,
}

impl From<ClassArgument> for SafetyClass {
    fn from(class: ClassArgument) -> Self {
        match class {
            ClassArgument::A => Self::A,
            ClassArgument::B => Self::B,
            ClassArgument::C => Self::C,
        }
    }
}

/// Prints what the profile asks a person to look at.
pub(super) fn checklist(
    class: Option<ClassArgument>,
    format: ChecklistFormat,
) -> Result<Outcome, Failure> {
    let config = source::work_tree(None, None)?.configs.root;
    let profile = config.profile.as_ref();
    let of_profile = || profile.and_then(|profile| profile.classes().last().copied());
    let class = class
        .map(SafetyClass::from)
        .or(config.record.safety_class)
        .or_else(of_profile);
    let asked = checks(profile, class);
    let text = match format {
        ChecklistFormat::Terminal => {
            let width = asked.iter().map(|check| check.key.len()).max().unwrap_or(0);
            let mut text: String = asked
                .iter()
                .map(|check| {
                    let because = check.when.words();
                    format!("{:width$}  {} [{because}]\n", check.key, check.text)
                })
                .collect();
            text.push_str(&format!("{} points\n", asked.len()));
            text
        }
        ChecklistFormat::Markdown => page_of(&asked).markdown(),
        ChecklistFormat::Html => evidence::sheet_page(&page_of(&asked)),
        ChecklistFormat::Csv => table_of(&asked).csv(),
        ChecklistFormat::Json => {
            let points: Vec<_> = asked
                .iter()
                .map(|check| {
                    json!({"key": check.key, "text": check.text, "because": check.when.words()})
                })
                .collect();
            let class = class.map(SafetyClass::as_str);
            format!(
                "{}\n",
                json!({"version": 1, "class": class, "points": points})
            )
        }
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// The checklist as a page with room for answers.
fn page_of(asked: &[&Check]) -> Sheet {
    let mut sheet = Sheet::new("What no tool checks");
    sheet.text(
        "A person looks at each point for the change under review. `scrubin record sign-off` adds the answers to the log of the reviews.",
    );
    sheet.table(table_of(asked));
    sheet.signatures(&["reviewer"]);
    sheet
}

fn table_of(asked: &[&Check]) -> Table {
    let columns = [
        "name",
        "point",
        "asked because of",
        "holds, or why it does not apply",
    ];
    let mut table = Table::new("Checklist", &columns);
    for check in asked {
        table.push([check.key, check.text, check.when.words(), ""]);
    }
    table
}

/// Adds a reviewer's answers to the log of the review.
pub(super) fn sign_off(
    file: Option<&Path>,
    id: Option<&str>,
    answers: Answers,
    signing: &SigningArguments,
) -> Result<Outcome, Failure> {
    let key = key_of(signing)?;
    let log = log_named(file)?;
    let review = review(&log, id, &key)?;
    let said = said(answers)?;
    let reviewer = said.reviewer.clone();
    let entry = evidence::sign_off(&review.record, review.about(), said).map_err(|error| {
        let keys: Vec<&str> = review
            .record
            .checklist
            .iter()
            .map(|check| check.key.as_str())
            .collect();
        Failure::new(error)
            .doing(&format!("sign off the review {}", review.record.id))
            .with_help(format!(
                "its points are {}; `--items all` confirms all",
                keys.join(", ")
            ))
    })?;
    let open = entry.open.len();
    let appended = add(&log, &key, |_| Ok(Entry::SignOff(Box::new(entry))))?;
    note(signing, &review, &appended)?;
    output::text(&format!(
        "{}: {reviewer} signed off {}, {open} points left open\n",
        appended.id, review.record.id
    ))?;
    Ok(Outcome::Passed)
}

fn said(answers: Answers) -> Result<Said, Failure> {
    if answers.reviewer.trim().is_empty() {
        return Err(
            Failure::message("a checklist is signed off by a named person")
                .with_help("write --reviewer \"NAME\""),
        );
    }
    let all = answers.items.iter().any(|item| item == "all");
    let mut not_applicable = Vec::new();
    for text in answers.not_applicable {
        match text.split_once('=') {
            Some((key, why)) if !why.trim().is_empty() => {
                not_applicable.push((key.trim().to_owned(), why.trim().to_owned()));
            }
            _ => {
                return Err(Failure::message(format!("`{text}` does not say why"))
                    .with_help("write --not-applicable POINT=WHY"));
            }
        }
    }
    Ok(Said {
        confirmed: answers
            .items
            .into_iter()
            .filter(|item| item != "all")
            .collect(),
        not_applicable,
        all,
        reviewer: answers.reviewer,
        signed: now(),
        note: answers.remark,
    })
}

/// Adds the decision to let a change in although its gate was closed.
pub(super) fn open_gate(
    file: Option<&Path>,
    id: Option<&str>,
    decision: Decision,
    signing: &SigningArguments,
) -> Result<Outcome, Failure> {
    let key = key_of(signing)?;
    let log = log_named(file)?;
    let review = review(&log, id, &key)?;
    let record = &review.record;
    let refused = |why: String, help: &str| {
        let doing = format!("open the gate of the review {}", record.id);
        Err(Failure::message(why).doing(&doing).with_help(help))
    };
    if record.gate.result == GateResult::Pass {
        return refused(
            "its gate is open".to_owned(),
            "name another review with --id",
        );
    }
    if !triage::is_sentence(&decision.reason) {
        let why = format!(
            "`{}` is no reason that another person can judge",
            decision.reason
        );
        return refused(
            why,
            "write at least one sentence of why the risk is acceptable",
        );
    }
    let authors = &record.people.authors;
    if authors.is_empty() {
        return refused(
            "the record does not say who wrote the change".to_owned(),
            "review the commit again with --record, and open the gate of that review",
        );
    }
    let is_author = |author: &String| triage::is_same(&decision.approver, author);
    if decision.approver.trim().is_empty() || authors.iter().any(is_author) {
        return refused(
            "an author of the change cannot open its gate".to_owned(),
            "a second person decides: name them with --approver",
        );
    }
    let entry = Override {
        schema: evidence::FORM,
        id: String::new(),
        sequence: 0,
        previous: None,
        about: review.about(),
        result: record.gate.result,
        reason: decision.reason,
        approver: decision.approver,
        ticket: decision.ticket,
        decided: now(),
    };
    let said = format!("{} opened the gate of {}", entry.approver, record.id);
    let appended = add(&log, &key, |_| Ok(Entry::Override(Box::new(entry))))?;
    note(signing, &review, &appended)?;
    output::text(&format!("{}: {said}\n", appended.id))?;
    Ok(Outcome::Passed)
}

/// The review that is meant, in a log that holds. Without a file of signers the key that signs now is the
/// only one that is known.
fn review(log: &Path, id: Option<&str>, key: &SigningKey) -> Result<VerifiedRecord, Failure> {
    // Who may sign is said by the configuration; without it, whoever signs now.
    let keys = match super::configured_signers()? {
        Some(file) => {
            accepted(key, &file)?;
            super::signers(Some(&file))?
        }
        None => vec![key.verifying()],
    };
    let found = verified(log, &keys)?;
    if !found.problems.is_empty() {
        return Err(
            Failure::message(format!("`{}` does not hold", log.display()))
                .with_help("`scrubin record verify` says where; nothing is added to such a log"),
        );
    }
    match id {
        Some(id) => one(&found.records, id).cloned(),
        None => {
            found.records.last().cloned().ok_or_else(|| {
                Failure::message(format!("there is no review in `{}`", log.display()))
            })
        }
    }
}

/// Adds the entry to the note of the review's commit, where that is wanted.
fn note(
    signing: &SigningArguments,
    review: &VerifiedRecord,
    appended: &Appended,
) -> Result<(), Failure> {
    match (&review.record.change.head, signing.note) {
        (Some(head), true) => {
            let repository = Repository::discover(Path::new("."))?;
            add_note(&repository, head, &appended.line)
        }
        _ => Ok(()),
    }
}
