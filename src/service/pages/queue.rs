//! `/queue`: what waits, what runs, what was given up.

use super::Site;
use super::document::Document;
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, numbers, sentences, texts};
use super::moment;
use super::sections::{pull_path, repository_path};
use super::session::Visitor;
use crate::service::missed;
use crate::store::{JobKind, JobRow, JobState};

/// Jobs that are looked through.
const MOST: i64 = 5_000;

/// The page.
///
/// # Errors
/// The database.
pub(super) async fn document(site: &Site, visitor: &Visitor) -> Result<Document, PageError> {
    let mut page = Document::new("Queue", "/queue").below("Overview", "/");
    let depth = site.store.depth().await?;
    let jobs = site.store.jobs(MOST).await?;
    let rows: Vec<Vec<Cell>> = jobs
        .iter()
        .filter_map(|job| row(job, visitor.name_of(job.job.repository)?))
        .collect();
    let all = depth.queued + depth.leased + depth.dead;
    let listed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let now = site.now();
    let age = match depth.oldest_ms {
        0 => Cell::text("none waits"),
        oldest => Cell::span(Some(now.saturating_sub(oldest) / 1_000)),
    };
    let given_up = Cell::count(depth.dead);
    page.facts([
        ("Waiting", Cell::count(depth.queued)),
        ("Running", Cell::count(depth.leased)),
        (
            "Given up",
            if depth.dead > 0 {
                given_up.marked()
            } else {
                given_up
            },
        ),
        ("Age of the oldest that waits", age),
        (
            "Of these not listed below",
            Cell::count((all - listed).max(0)),
        ),
    ]);
    page.text(
        "Ten pushes to a pull request are one job, which reviews the newest commit. A job that fails is tried again \
         later, each time after a longer pause; one that was tried too often is given up until whoever runs the \
         service revives it, or the pull request changes. What is not listed is work on repositories that you do not \
         see, or on installations as a whole.",
    );
    let (is_behind, refused) = missed::so_far(&site.store).await?;
    if is_behind {
        page.notice(
            "Not all deliveries that GitHub could not bring were looked through yet; the rest follows within minutes.",
        );
    }
    if refused > 0 {
        page.text(&format!(
            "Deliveries that GitHub could not bring and will not send again: {refused}. Pull requests are found \
             without; what was asked in a discussion then has to be asked again.",
        ));
    }
    page.heading("Jobs");
    page.grid(Grid {
        name: "jobs".to_owned(),
        caption: "Jobs of your repositories".to_owned(),
        empty: "No job of a repository that you see waits, runs or was given up.",
        columns: vec![
            texts("job", "Job"),
            texts("state", "State"),
            numbers("attempts", "Tries"),
            texts("asked", "Asked for"),
            texts("due", "Due"),
            sentences("error", "Why it failed last"),
        ],
        rows,
        more: 0,
    });
    Ok(page)
}

fn row(job: &JobRow, name: &str) -> Option<Vec<Cell>> {
    let (what, link) = match job.job.kind {
        JobKind::Pull => {
            let number = job.job.number;
            (format!("{name}#{number}"), pull_path(name, number))
        }
        JobKind::Group => {
            let head = job.job.head.get(..12).unwrap_or(&job.job.head);
            (format!("{name}, merge queue {head}"), repository_path(name))
        }
        // It is about an installation.
        JobKind::Sweep => return None,
    };
    let state = Cell::text(match job.state {
        JobState::Queued => "waiting",
        JobState::Leased => "running",
        JobState::Dead => "given up",
    });
    Some(vec![
        Cell::text(&what).to(Link::Own(link)),
        match job.state {
            JobState::Dead => state.marked(),
            JobState::Queued | JobState::Leased => state,
        },
        Cell::count(job.attempts),
        Cell::moment(job.created_ms),
        Cell::moment(job.due_ms).reading(&match job.state {
            JobState::Queued => moment::shown(job.due_ms),
            JobState::Leased | JobState::Dead => String::new(),
        }),
        Cell::text(&job.error),
    ])
}
