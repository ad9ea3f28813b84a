//! `/repositories/OWNER/NAME/pulls/N`: the newest review of a pull request, and what became of its findings.

use super::Site;
use super::document::Document;
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, numbers, sentences, shown, texts};
use super::sections::{self, Names, pull_path, repository_path, rule_cell};
use crate::finding::RepoPath;
use crate::github::marker::is_hex;
use crate::store::{FindingRow, FindingState, RepositoryRow, ReviewRow};

/// Reviews of one pull request that are listed.
const REVIEWS: i64 = 100;

/// The page.
///
/// # Errors
/// The pull request was not reviewed; the database.
pub(super) async fn document(
    site: &Site,
    row: &RepositoryRow,
    number: i64,
) -> Result<Document, PageError> {
    let reviews = site.store.reviews_of(row.id, number, REVIEWS).await?;
    let review = reviews.first().ok_or(PageError::NotFound)?;
    let path = pull_path(&row.full_name, number);
    let name = format!("{}#{number}", row.full_name);
    let mut page = Document::new(&format!("{name}: {}", review.title), &path)
        .below("Overview", "/")
        .below(&row.full_name, &repository_path(&row.full_name));
    let server = site.addresses.server.trim_end_matches('/');
    let repository_away = format!("{server}/{}", row.full_name);
    let pull_away = format!("{repository_away}/pull/{number}");
    let mark = |cell: Cell, is_bad: bool| if is_bad { cell.marked() } else { cell };
    page.facts([
        ("On GitHub", Cell::text(&name).to(Link::Away(pull_away))),
        ("Opened by", Cell::text(&review.author)),
        ("Reviewed commit", Cell::text(&review.head)),
        ("Compared with", Cell::text(&review.base)),
        (
            "Outcome",
            mark(Cell::text(&review.outcome), review.outcome != "passed"),
        ),
        (
            "Findings that close the gate",
            mark(Cell::count(review.blocking), review.blocking > 0),
        ),
        ("Findings shown", Cell::count(review.reported)),
        ("Findings accepted", Cell::count(review.accepted)),
        ("Places not analysed", Cell::count(review.gaps)),
        ("Changed files", Cell::count(review.files)),
        ("Changed lines", Cell::count(review.changed_lines)),
        ("Reviewed at", Cell::moment(review.ended_ms)),
    ]);
    let notes = review.notes.lines().filter(|note| !note.trim().is_empty());
    for note in notes {
        page.notice(&shown(note));
    }
    let record = site.store.last_record(row.id, number).await?;
    if record.is_some() {
        page.links([
            ("Review record", Link::Own(format!("{path}/record"))),
            (
                "Review record as signed (DSSE)",
                Link::Own(format!("{path}/record.json")),
            ),
        ]);
    } else {
        page.text("There is no review record of it: the service signs records when record.key-file is set.");
    }
    page.heading("Findings");
    let findings = site.store.findings(row.id, number).await?;
    page.grid(findings_grid(site, &repository_away, review, &findings));
    let mut decided = site.store.decisions(row.id).await?;
    decided.retain(|one| one.number == number);
    let names = Names::from([(row.id, row.full_name.clone())]);
    sections::decided(site, &mut page, &names, &decided);
    page.heading("Reviewed commits");
    page.grid(reviews_grid(&reviews));
    Ok(page)
}

fn findings_grid(
    site: &Site,
    repository_away: &str,
    review: &ReviewRow,
    findings: &[FindingRow],
) -> Grid {
    let rows = findings
        .iter()
        .map(|one| {
            // The path is printable: an escape in it is no name of a file.
            let is_there =
                one.state == FindingState::Open && !one.path.contains('\\') && is_hex(&review.head);
            let link = is_there.then(|| {
                let path = RepoPath::from(one.path.as_str()).to_uri();
                let place = format!("{path}#L{}", one.line);
                Link::Away(format!("{repository_away}/blob/{}/{place}", review.head))
            });
            let state = Cell::text(one.state.as_str());
            vec![
                rule_cell(site, &one.rule),
                match one.state {
                    FindingState::Open => state.marked(),
                    _ => state,
                },
                Cell::text(&one.severity),
                Cell::text(&one.precision),
                Cell::text(&format!("{}:{}", one.path, one.line)).maybe_to(link),
                Cell::text(&one.message),
                Cell::moment(one.first_ms),
                Cell::moment(one.ended_ms),
                Cell::text(&one.fingerprint)
                    .reading(one.fingerprint.get(..12).unwrap_or(&one.fingerprint)),
            ]
        })
        .collect();
    Grid {
        name: "findings".to_owned(),
        caption: "Findings of this pull request".to_owned(),
        empty: "Nothing was found in it.",
        columns: vec![
            texts("rule", "Rule"),
            texts("state", "State"),
            texts("severity", "Severity"),
            texts("precision", "Precision"),
            texts("place", "Place"),
            sentences("message", "What it says"),
            texts("first_seen", "First seen"),
            texts("ended", "Ended"),
            texts("fingerprint", "Fingerprint"),
        ],
        rows,
        more: 0,
    }
}

fn reviews_grid(reviews: &[ReviewRow]) -> Grid {
    let rows = reviews
        .iter()
        .map(|one| {
            vec![
                Cell::text(&one.head).reading(one.head.get(..12).unwrap_or(&one.head)),
                Cell::text(&one.outcome),
                Cell::count(one.blocking),
                Cell::count(one.reported),
                Cell::count(one.changed_lines),
                Cell::moment(one.started_ms),
                Cell::moment(one.ended_ms),
            ]
        })
        .collect();
    Grid {
        name: "commits".to_owned(),
        caption: "Reviewed commits of this pull request".to_owned(),
        empty: "",
        columns: vec![
            texts("head", "Commit"),
            texts("outcome", "Outcome"),
            numbers("blocking", "Closing the gate"),
            numbers("reported", "Findings"),
            numbers("changed_lines", "Changed lines"),
            texts("began", "Began"),
            texts("at", "Published"),
        ],
        rows,
        more: 0,
    }
}
