//! Lists of a repository that grow for ever, a part at a time: its pull requests, its review records. Links lead to
//! older and newer entries; the exports are of the part that is shown, and JSON names the next one.

use super::Site;
use super::ask::{Ask, part_query};
use super::document::{Block, Document, Named};
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, numbers, texts};
use super::sections::{self, Names, pull_path, repository_path};
use crate::store::{Listed, Part, RepositoryRow};

/// Entries of a part.
const PART: usize = 100;

/// `/repositories/OWNER/NAME/pulls`: the newest review of every pull request.
///
/// # Errors
/// No such part; the database.
pub(super) async fn pulls(
    site: &Site,
    row: &RepositoryRow,
    ask: &Ask,
) -> Result<Document, PageError> {
    let part = ask.part::<2>()?;
    let listed = site.store.reviews_part(row.id, part, PART).await?;
    let mut page = below(row, "Pull requests", "pulls");
    let place = |review: &crate::store::ReviewRow| vec![review.ended_ms, review.number];
    turn(&mut page, &part, &listed, place);
    let names = Names::from([(row.id, row.full_name.clone())]);
    page.grid(Grid {
        empty: "No pull request was reviewed in this part.",
        caption: "Reviews of pull requests".to_owned(),
        ..sections::reviews(&names, &listed.entries, 0)
    });
    Ok(page)
}

/// `/repositories/OWNER/NAME/records`: the signed records, as they stand in the chain.
///
/// # Errors
/// No such part; the database.
pub(super) async fn records(
    site: &Site,
    row: &RepositoryRow,
    ask: &Ask,
) -> Result<Document, PageError> {
    let part = ask.part::<1>()?;
    let listed = site.store.records_part(row.id, part, PART).await?;
    let mut page = below(row, "Review records", "records");
    let repository = repository_path(&row.full_name);
    page.links([(
        "The whole chain",
        Link::Own(format!("{repository}/records.jsonl")),
    )]);
    turn(&mut page, &part, &listed, |record| vec![record.sequence]);
    let rows = listed
        .entries
        .iter()
        .map(|record| {
            let number = record.number;
            let (name, path) = match number {
                0 => ("merge group".to_owned(), None),
                number => (
                    format!("{}#{number}", row.full_name),
                    Some(Link::Own(pull_path(&row.full_name, number))),
                ),
            };
            vec![
                Cell::count(record.sequence),
                Cell::text(&name).maybe_to(path),
                Cell::text(&record.head).reading(record.head.get(..12).unwrap_or(&record.head)),
                Cell::moment(record.made_ms),
            ]
        })
        .collect();
    page.grid(Grid {
        name: "records".to_owned(),
        caption: "Review records".to_owned(),
        empty: "There is no record in this part.",
        columns: vec![
            numbers("sequence", "Entry of the chain"),
            texts("pull_request", "Pull request"),
            texts("head", "Commit"),
            texts("made", "Made"),
        ],
        rows,
        more: 0,
    });
    Ok(page)
}

fn below(row: &RepositoryRow, title: &str, name: &str) -> Document {
    let repository = repository_path(&row.full_name);
    Document::new(
        &format!("{title} of {}", row.full_name),
        &format!("{repository}/{name}"),
    )
    .below("Overview", "/")
    .below(&row.full_name, &repository)
}

/// Adds the links to the parts beside this one.
fn turn<const N: usize, T>(
    page: &mut Document,
    part: &Part<N>,
    listed: &Listed<T>,
    place: impl Fn(&T) -> Vec<i64>,
) {
    page.query = match part {
        Part::Newest => String::new(),
        Part::Before(at) => format!("{}&", part_query("before", at)),
        Part::After(at) => format!("{}&", part_query("after", at)),
    };
    let path = page.path.clone();
    let to = |word: &str, at: &T| format!("{path}?{}", part_query(word, &place(at)));
    let mut links = Vec::new();
    if let Some(first) = listed.entries.first().filter(|_| listed.has_newer) {
        links.push(Named::own("Newer", &to("after", first)));
    }
    if !matches!(part, Part::Newest) {
        links.push(Named::own("Newest", &path));
    }
    if let Some(last) = listed.entries.last().filter(|_| listed.has_older) {
        let older = to("before", last);
        links.push(Named::own("Older", &older));
        page.older = Some(older);
    }
    if !links.is_empty() {
        page.blocks.push(Block::Links(links));
    }
}
