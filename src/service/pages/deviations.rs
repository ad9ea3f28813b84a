//! Decisions of a repository as a `deviations.toml` (docs/deviations.md), to be committed there.

use axum::response::Response;
use chrono::NaiveDate;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::decisions::Standing;
use super::failure::PageError;
use super::{Site, download, moment};
use crate::report::visible;
use crate::store::{Decision, DecisionKind, RepositoryRow};
use crate::triage::Kind;

/// The file of a repository.
///
/// # Errors
/// The database.
pub(super) async fn export(site: &Site, row: &RepositoryRow) -> Result<Response, PageError> {
    let decisions = site.store.decisions(row.id).await?;
    let library = site.library()?;
    let text = file(&decisions, moment::day(site.now()), |rule| {
        library.has_rule(rule)
    });
    Ok(download(
        "application/toml; charset=utf-8",
        "deviations.toml",
        text,
    ))
}

/// Writes the decisions that hold, oldest first. Those that wait, or are over, are counted at its head.
fn file(decisions: &[Decision], today: NaiveDate, is_rule: impl Fn(&str) -> bool) -> String {
    let holds = |one: &&Decision| {
        matches!(
            Standing::of(one, today),
            Standing::Holds | Standing::EndsSoon
        )
    };
    let count = |wanted: Standing| {
        decisions
            .iter()
            .filter(|one| Standing::of(one, today) == wanted)
            .count()
    };
    let mut tables = ArrayOfTables::new();
    for one in decisions.iter().filter(holds) {
        tables.push(entry(one, &is_rule));
    }
    let mut head = format!(
        "# Decisions from discussions, as of {today}. Left out: {} that wait for a second person, {} that are over.\n",
        count(Standing::Waits),
        count(Standing::Over)
    );
    if tables.is_empty() {
        return head;
    }
    head.push('\n');
    let mut document = DocumentMut::new();
    document.insert("deviation", Item::ArrayOfTables(tables));
    head.push_str(document.to_string().trim_start());
    head
}

fn entry(one: &Decision, is_rule: impl Fn(&str) -> bool) -> Table {
    let text = |text: &str| value(visible::line(text).into_owned());
    let mut table = Table::new();
    // The fingerprint alone says which finding is meant; the file and who asked are for readers.
    let about = format!(
        "# {} in {}, pull request {}, asked for by {}\n",
        one.rule, one.path, one.number, one.proposed_by
    );
    let about = visible::line(about.trim_end()).into_owned();
    table.decor_mut().set_prefix(format!("{about}\n"));
    table.insert("fingerprint", text(&one.fingerprint));
    // A rule that this version does not know would be a finding of its own.
    if is_rule(&one.rule) {
        table.insert("rule", text(&one.rule));
    }
    table.insert("reason", text(&one.reason));
    if one.kind == DecisionKind::FalsePositive {
        table.insert("kind", value(Kind::FalsePositive.as_str()));
    }
    if let Ok(until) = one.until.parse::<toml_edit::Datetime>() {
        table.insert("until", value(until));
    }
    if !one.ticket.is_empty() {
        table.insert("ticket", text(&one.ticket));
    }
    if !one.approved_by.is_empty() {
        table.insert("approved-by", text(&one.approved_by));
    }
    table.insert("author", text(&one.proposed_by));
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::decisions::samples::decision;
    use super::*;
    use crate::finding::RepoPath;
    use crate::store::DecisionState;
    use crate::triage::DeviationFile;

    fn today() -> NaiveDate {
        "2026-11-30".parse().unwrap()
    }

    fn parsed(decisions: &[Decision]) -> (String, DeviationFile) {
        let text = file(decisions, today(), |rule| rule == "C-LEN-014");
        let read = DeviationFile::parse(&text, &RepoPath::from("deviations.toml"));
        let read = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, read)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut wrong = decision("b");
        wrong.kind = DecisionKind::FalsePositive;
        wrong.fingerprint = format!("{}:3", "cd".repeat(32));
        wrong.until = "2027-06-30".to_owned();
        wrong.ticket = "RISK-41".to_owned();
        wrong.approved_by = "bob".to_owned();
        wrong.rule = "clippy/unwrap_used".to_owned();
        let (text, read) = parsed(&[decision("a"), wrong]);
        assert_eq!(read.entries.len(), 2, "{text}");
        let first = &read.entries[0];
        assert_eq!(
            first.fingerprint.as_deref(),
            Some(format!("{}:0", "ab".repeat(32)).as_str())
        );
        assert_eq!(first.deviation.rules, ["C-LEN-014"]);
        assert_eq!(
            first.deviation.reason.as_deref(),
            Some("the caller checks the length")
        );
        assert_eq!(first.deviation.until, None);
        assert_eq!(first.deviation.register.author.as_deref(), Some("ada"));
        let second = &read.entries[1].deviation;
        assert!(second.rules.is_empty());
        assert_eq!(second.until, "2027-06-30".parse().ok());
        assert_eq!(second.ticket.as_deref(), Some("RISK-41"));
        assert_eq!(second.approved_by.as_deref(), Some("bob"));
        assert_eq!(second.register.kind, Kind::FalsePositive);
    }

    #[test]
    fn only_what_holds_is_written_and_the_rest_is_counted() {
        let mut waits = decision("a");
        waits.state = DecisionState::Proposed;
        let mut over = decision("b");
        over.until = "2026-11-29".to_owned();
        let (text, read) = parsed(&[waits, over]);
        assert!(read.entries.is_empty());
        assert!(
            text.contains("1 that wait for a second person, 1 that are over"),
            "{text}"
        );
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let mut one = decision("a");
        one.reason = "\"\"\"\n[[deviation]]\nrule = \"C-LEN-001\"\u{202e}\\".to_owned();
        one.path = "a\n[[deviation]]\npath = \"**\"".to_owned();
        one.proposed_by = "x\n[[permit]]".to_owned();
        one.ticket = "'''\"".to_owned();
        let (text, read) = parsed(&[one]);
        assert_eq!(read.entries.len(), 1, "{text}");
        assert!(read.permits.is_empty() && read.entries[0].paths.patterns().is_empty());
        assert!(!text.contains('\u{202e}'));
    }
}
