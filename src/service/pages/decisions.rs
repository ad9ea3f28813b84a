//! `/decisions`: what people decided in discussions, how long it holds, and its export.

use chrono::NaiveDate;

use super::Site;
use super::document::{Block, Document, Named};
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, sentences, texts};
use super::moment;
use super::sections::{Names, pull_path, repository_path, rule_cell};
use super::session::Visitor;
use crate::store::{Among, Decision, DecisionKind, DecisionState};

/// Days before its end from which a decision is marked.
const SOON_DAYS: i64 = 30;

/// How a decision stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Waits for a second person.
    Waits,
    /// In force.
    Holds,
    /// In force, and over within a month.
    EndsSoon,
    /// Its last day has passed.
    Over,
    /// Taken back.
    Withdrawn,
}

impl Standing {
    /// How a decision stands. A day that cannot be read is no end.
    pub(super) fn of(decision: &Decision, today: NaiveDate) -> Self {
        let until: Option<NaiveDate> = decision.until.parse().ok();
        match (decision.state, until) {
            (DecisionState::Withdrawn, _) => Self::Withdrawn,
            (_, Some(until)) if until < today => Self::Over,
            (DecisionState::Proposed, _) => Self::Waits,
            (_, Some(until)) if (until - today).num_days() <= SOON_DAYS => Self::EndsSoon,
            _ => Self::Holds,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Waits => "waits for a second person",
            Self::Holds => "in force",
            Self::EndsSoon => "in force, ends soon",
            Self::Over => "over",
            Self::Withdrawn => "taken back",
        }
    }
}

/// Decisions about some repositories.
///
/// # Errors
/// The database.
pub(super) async fn of(site: &Site, among: &Among) -> Result<Vec<Decision>, PageError> {
    let mut all = site.store.decisions(0).await?;
    all.retain(|one| among.has(one.repository));
    Ok(all)
}

/// The page.
///
/// # Errors
/// The database.
pub(super) async fn document(site: &Site, visitor: &Visitor) -> Result<Document, PageError> {
    let mut page = Document::new("Decisions", "/decisions").below("Overview", "/");
    let names: Names = visitor
        .repositories
        .iter()
        .map(|one| (one.id, one.full_name.clone()))
        .collect();
    let all = of(site, &visitor.among()).await?;
    page.text(
        "What people decided about findings by answering a comment of scrubin's. A decision holds for its finding in \
         every review, until its last day. Exported as deviations.toml and committed, it also holds in the hook and in \
         every other review of the repository.",
    );
    page.grid(grid(site, &names, &all));
    let with: Vec<Named> = names
        .iter()
        .filter(|(id, _)| all.iter().any(|one| one.repository == **id))
        .map(|(_, name)| {
            let path = format!("{}/deviations.toml", repository_path(name));
            Named::own(&format!("deviations.toml of {name}"), &path)
        })
        .collect();
    if !with.is_empty() {
        page.heading("For the repositories");
        page.blocks.push(Block::Links(with));
    }
    Ok(page)
}

/// The table of decisions: those that end first come first.
pub(super) fn grid(site: &Site, names: &Names, all: &[Decision]) -> Grid {
    let today = moment::day(site.now());
    let mut sorted: Vec<&Decision> = all.iter().collect();
    sorted.sort_by_key(|one| (one.until.is_empty(), &one.until, one.proposed_ms, &one.id));
    let rows = sorted
        .into_iter()
        .filter_map(|one| {
            let name = names.get(&one.repository)?;
            let standing = Standing::of(one, today);
            let state = Cell::text(standing.words());
            Some(vec![
                Cell::text(&format!("{name}#{}", one.number))
                    .to(Link::Own(pull_path(name, one.number))),
                rule_cell(site, &one.rule),
                Cell::text(&one.path),
                Cell::text(match one.kind {
                    DecisionKind::Accept => "risk taken",
                    DecisionKind::FalsePositive => "called wrong",
                }),
                match standing {
                    Standing::EndsSoon | Standing::Over | Standing::Waits => state.marked(),
                    Standing::Holds | Standing::Withdrawn => state,
                },
                Cell::text(&one.until),
                Cell::text(&one.reason),
                Cell::text(&one.ticket),
                Cell::text(&one.proposed_by),
                Cell::moment(one.proposed_ms),
                Cell::text(&one.approved_by),
            ])
        })
        .collect();
    Grid {
        name: "decisions".to_owned(),
        caption: "Decisions that stand or wait".to_owned(),
        empty: "Nobody has decided about a finding.",
        columns: vec![
            texts("pull_request", "Pull request"),
            texts("rule", "Rule"),
            texts("path", "File"),
            texts("kind", "Decision"),
            texts("state", "State"),
            texts("until", "Last day"),
            sentences("reason", "Reason"),
            texts("ticket", "Ticket"),
            texts("proposed_by", "Asked for by"),
            texts("proposed", "At"),
            texts("approved_by", "Agreed by"),
        ],
        rows,
        more: 0,
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A decision that holds.
    pub(in crate::service::pages) fn decision(id: &str) -> Decision {
        Decision {
            id: id.to_owned(),
            repository: 1,
            number: 7,
            fingerprint: format!("{}:0", "ab".repeat(32)),
            moved: "m".to_owned(),
            rule: "C-LEN-014".to_owned(),
            path: "src/a.c".to_owned(),
            kind: DecisionKind::Accept,
            reason: "the caller checks the length".to_owned(),
            until: String::new(),
            ticket: String::new(),
            proposed_by: "ada".to_owned(),
            proposed_ms: 1_796_000_000_000,
            approved_by: String::new(),
            approved_ms: 0,
            state: DecisionState::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::samples::decision;
    use super::*;

    #[test]
    fn a_decision_holds_through_its_last_day() {
        let today: NaiveDate = "2026-11-30".parse().unwrap();
        for (until, state, standing) in [
            ("", DecisionState::Active, Standing::Holds),
            ("2026-11-29", DecisionState::Active, Standing::Over),
            ("2026-11-29", DecisionState::Proposed, Standing::Over),
            ("2026-11-30", DecisionState::Active, Standing::EndsSoon),
            ("2026-12-30", DecisionState::Active, Standing::EndsSoon),
            ("2026-12-31", DecisionState::Active, Standing::Holds),
            ("2026-12-31", DecisionState::Proposed, Standing::Waits),
            ("2026-12-31", DecisionState::Withdrawn, Standing::Withdrawn),
            ("soon", DecisionState::Active, Standing::Holds),
        ] {
            let one = Decision {
                until: until.to_owned(),
                state,
                ..decision("d")
            };
            assert_eq!(Standing::of(&one, today), standing, "{until} {state:?}");
        }
    }
}
