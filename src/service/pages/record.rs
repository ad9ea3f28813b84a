//! The review record of a pull request: as a page, as it was signed, and the chain it stands in.

use axum::body::Body;
use axum::response::Response;

use super::document::{Block, Document};
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, texts};
use super::sections::{pull_path, repository_path};
use super::{Site, download};
use crate::evidence::{self, Entry, Reviewed, Signed, VerifiedRecord};
use crate::report::sheet::{Part, Sheet, Table};
use crate::store::{RepositoryRow, StoreError};

/// The page of the newest record of a pull request.
///
/// # Errors
/// There is none; the database.
pub(super) async fn document(
    site: &Site,
    row: &RepositoryRow,
    number: i64,
) -> Result<Document, PageError> {
    let stored = site.store.last_record(row.id, number).await?;
    let stored = stored.ok_or(PageError::NotFound)?;
    let pull = pull_path(&row.full_name, number);
    let path = format!("{pull}/record");
    let verified = verified(&stored.line, site);
    let title = match &verified {
        Ok(record) => format!("Review record {}", record.record.id),
        Err(_) => "Review record".to_owned(),
    };
    let repository = repository_path(&row.full_name);
    let mut page = Document::new(&title, &path)
        .below("Overview", "/")
        .below(&row.full_name, &repository)
        .below(&format!("#{number}"), &pull);
    page.links([
        ("As signed (DSSE)", Link::Own(format!("{path}.json"))),
        (
            "The whole chain",
            Link::Own(format!("{repository}/records.jsonl")),
        ),
    ]);
    match verified {
        Ok(record) => {
            page.text(&format!(
                "Its signature holds (key {}). Whether the chain around it does is for scrubin record verify to say.",
                record.key
            ));
            let sheet = evidence::review_page(&Reviewed {
                record: &record,
                sign_offs: Vec::new(),
                overrides: Vec::new(),
            });
            add(&mut page, &sheet);
        }
        Err(why) => page.notice(&format!(
            "Its signature is by none of the keys that this service knows, so that it is not shown: {why}. If the key \
             was changed, verify the record as signed with the public key of that time."
        )),
    }
    Ok(page)
}

/// A record whose signature holds.
fn verified(line: &str, site: &Site) -> Result<VerifiedRecord, String> {
    let signed = evidence::verify_line(line, &site.keys)?;
    match signed.record {
        Entry::Review(record) => Ok(Signed {
            line: signed.line,
            digest: signed.digest,
            key: signed.key,
            signer: signed.signer,
            record: *record,
        }),
        Entry::SignOff(_) | Entry::Override(_) => Err("it is no record of a review".to_owned()),
    }
}

/// Adds what a document for paper holds.
fn add(page: &mut Document, sheet: &Sheet) {
    for part in &sheet.parts {
        match part {
            Part::Heading(text) => page.heading(text),
            Part::Text(text) => page.text(text),
            Part::Facts(facts) => {
                let facts = facts.iter();
                let facts = facts.map(|(name, value)| (name.clone(), Cell::text(value)));
                page.blocks.push(Block::Facts(facts.collect()));
            }
            Part::Table(table) => page.grid(grid_of(table)),
            // They are for paper.
            Part::Signatures(_) => {}
        }
    }
}

fn grid_of(table: &Table) -> Grid {
    let key = |text: &str| -> String {
        let lower = text.to_lowercase();
        let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        lower.chars().map(fit).collect()
    };
    Grid {
        name: key(&table.caption),
        caption: table.caption.clone(),
        empty: "",
        columns: table
            .columns
            .iter()
            .map(|name| texts(&key(name), name))
            .collect(),
        rows: table
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| Cell::text(cell)).collect())
            .collect(),
        more: 0,
    }
}

/// The newest record of a pull request as it was signed.
///
/// # Errors
/// There is none; the database.
pub(super) async fn export(
    site: &Site,
    row: &RepositoryRow,
    number: i64,
) -> Result<Response, PageError> {
    let stored = site.store.last_record(row.id, number).await?;
    let stored = stored.ok_or(PageError::NotFound)?;
    let name = format!("record-{}-{number}-{}.json", row.full_name, stored.sequence);
    Ok(download(
        "application/json",
        &name,
        format!("{}\n", stored.line),
    ))
}

/// The chain of a repository, as `scrubin record verify` reads it.
///
/// # Errors
/// There is none; the database.
pub(super) async fn export_all(site: &Site, row: &RepositoryRow) -> Result<Response, PageError> {
    let chain = site.store.chain_of(row.id).await?;
    let chain = chain.ok_or(PageError::NotFound)?;
    let store = site.store.clone();
    // A part at a time: nobody holds the records of years in memory.
    let lines =
        futures_ext::stream::try_unfold((store, chain, 0), |(store, chain, after)| async move {
            let next = store.lines_of(&chain, after).await.inspect_err(
                |error| tracing::error!(error = %error, "an export of records was cut off"),
            )?;
            Ok::<_, StoreError>(next.map(|(text, last)| (text, (store, chain, last))))
        });
    let name = format!("records-{}.jsonl", row.full_name);
    Ok(download(
        "application/jsonl",
        &name,
        Body::from_stream(lines),
    ))
}
