//! `/repositories/OWNER/NAME`: how one repository is doing.

use super::document::Document;
use super::failure::PageError;
use super::grid::{Cell, Link};
use super::sections::{self, Names, repository_path};
use super::{Site, decisions, figures};
use crate::store::{Among, RepositoryRow};

/// Pull requests that are listed.
const REVIEWS: i64 = 50;

/// The page.
///
/// # Errors
/// The database; the built-in lessons cannot be read.
pub(super) async fn document(site: &Site, row: &RepositoryRow) -> Result<Document, PageError> {
    let path = repository_path(&row.full_name);
    let mut page = Document::new(&row.full_name, &path).below("Overview", "/");
    let among = Among::new([row.id]);
    let names = Names::from([(row.id, row.full_name.clone())]);
    let outcomes = sections::outcomes(site, &among).await?;
    let gates = site.store.gates_among(&among).await?;
    let open: i64 = figures::open_by_repository(&outcomes).values().sum();
    let gate = gates.first();
    let server = site.addresses.server.trim_end_matches('/');
    let away = format!("{server}/{}", row.full_name);
    page.facts([
        ("On GitHub", Cell::text(&row.full_name).to(Link::Away(away))),
        ("Main branch", Cell::text(&row.default_branch)),
        ("State", Cell::text(row.state.as_str())),
        ("Open findings", Cell::count(open)),
        (
            "Findings closing gates",
            Cell::count(gate.map_or(0, |gate| gate.blocking)),
        ),
        (
            "Pull requests with a closed gate",
            Cell::count(gate.map_or(0, |gate| gate.pulls)),
        ),
    ]);
    page.links([
        ("All pull requests", Link::Own(format!("{path}/pulls"))),
        ("All review records", Link::Own(format!("{path}/records"))),
        (
            "Decisions as deviations.toml",
            Link::Own(format!("{path}/deviations.toml")),
        ),
        (
            "The signed chain of review records",
            Link::Own(format!("{path}/records.jsonl")),
        ),
    ]);
    page.heading("Pull requests");
    let reviews = site.store.reviews_among(&among, REVIEWS).await?;
    let all = site.store.reviewed_among(&among).await?;
    page.grid(sections::reviews(&names, &reviews, all));
    sections::trend(&mut page, &outcomes, site.now());
    sections::weaknesses(site, &mut page, &among, None).await?;
    sections::repairs(&mut page, &outcomes);
    sections::precision(site, &mut page, &outcomes);
    let decided = decisions::of(site, &among).await?;
    sections::decided(site, &mut page, &names, &decided);
    Ok(page)
}
