//! `/`: how everything that a person may see is doing.

use std::collections::BTreeMap;

use super::document::Document;
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, numbers, texts};
use super::sections::{self, Names, repository_path};
use super::session::Visitor;
use super::{Site, decisions, figures};
use crate::store::{Among, Gate, Millis, Outcome, RepositoryState};

/// Reviews that are listed.
const REVIEWS: i64 = 30;

/// The page.
///
/// # Errors
/// The database; the built-in lessons cannot be read.
pub(super) async fn document(site: &Site, visitor: &Visitor) -> Result<Document, PageError> {
    let mut page = Document::new("Overview", "/");
    if visitor.repositories.is_empty() {
        page.text(
            "GitHub shows you no repository that scrubin reviews. Somebody who owns an organisation installs the App \
             there and chooses the repositories; sign out and in again afterwards.",
        );
        return Ok(page);
    }
    let among = visitor.among();
    let names: Names = visitor
        .repositories
        .iter()
        .map(|one| (one.id, one.full_name.clone()))
        .collect();
    let outcomes = sections::outcomes(site, &among).await?;
    let decided = decisions::of(site, &among).await?;
    let depth = site.store.depth().await?;
    let repositories = repositories(site, visitor, &among, &outcomes).await?;
    let open: i64 = figures::open_by_repository(&outcomes).values().sum();
    let accounts = accounts(site, visitor).await?;
    let listed: Vec<String> = accounts
        .iter()
        .map(|(account, count)| format!("{account} ({count})"))
        .collect();
    page.facts([
        ("Installations", Cell::text(&listed.join(", "))),
        ("Open findings", Cell::count(open)),
        (
            "Decisions in force or waiting",
            Cell::count(i64::try_from(decided.len()).unwrap_or(i64::MAX))
                .to(Link::Own("/decisions".to_owned())),
        ),
        (
            "Queue",
            Cell::text(&format!(
                "{} waiting, {} running, {} given up",
                depth.queued, depth.leased, depth.dead
            ))
            .to(Link::Own("/queue".to_owned())),
        ),
    ]);
    page.heading("Repositories");
    page.grid(repositories);
    page.heading("Newest reviews");
    let reviews = site.store.reviews_among(&among, REVIEWS).await?;
    let all = site.store.reviewed_among(&among).await?;
    page.grid(sections::reviews(&names, &reviews, all));
    sections::trend(&mut page, &outcomes, site.now());
    sections::weaknesses(site, &mut page, &among, Some(names.clone())).await?;
    sections::repairs(&mut page, &outcomes);
    sections::precision(site, &mut page, &outcomes);
    sections::decided(site, &mut page, &names, &decided);
    Ok(page)
}

/// Accounts whose repositories the person may see, with how many of them.
async fn accounts(site: &Site, visitor: &Visitor) -> Result<BTreeMap<String, i64>, PageError> {
    let known: BTreeMap<i64, String> = site
        .store
        .installations()
        .await?
        .into_iter()
        .map(|one| (one.id, one.account))
        .collect();
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for one in &visitor.repositories {
        let owner = one.full_name.split('/').next().unwrap_or_default();
        let account = known
            .get(&one.installation)
            .filter(|account| !account.is_empty());
        let account = account.map_or(owner, String::as_str);
        *counts.entry(account.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

/// The table of repositories: closed gates first, then by open findings.
async fn repositories(
    site: &Site,
    visitor: &Visitor,
    among: &Among,
    outcomes: &[Outcome],
) -> Result<Grid, PageError> {
    let open = figures::open_by_repository(outcomes);
    let gates: BTreeMap<i64, Gate> = site
        .store
        .gates_among(among)
        .await?
        .into_iter()
        .map(|gate| (gate.repository, gate))
        .collect();
    let newest: BTreeMap<i64, Millis> = site.store.newest_among(among).await?.into_iter().collect();
    let blocking = |id: i64| gates.get(&id).map_or(0, |gate| gate.blocking);
    let open = |id: i64| open.get(&id).copied().unwrap_or_default();
    let mut rows: Vec<_> = visitor.repositories.iter().collect();
    rows.sort_by_key(|one| {
        let most = (blocking(one.id), open(one.id));
        (std::cmp::Reverse(most), one.full_name.as_str())
    });
    let now = site.now();
    let rows = rows
        .into_iter()
        .map(|one| {
            let count = blocking(one.id);
            let closing = Cell::count(count);
            let is_archived = one.state == RepositoryState::Archived;
            let last = newest.get(&one.id).copied().unwrap_or_default();
            vec![
                Cell::text(&one.full_name).to(Link::Own(repository_path(&one.full_name))),
                if count > 0 { closing.marked() } else { closing },
                Cell::count(gates.get(&one.id).map_or(0, |gate| gate.pulls)),
                Cell::count(open(one.id)),
                Cell::moment(last).reading(&match last {
                    0 => "not yet".to_owned(),
                    last => sections::ago(now, last),
                }),
                Cell::text(if is_archived { "archived" } else { "active" }),
            ]
        })
        .collect();
    Ok(Grid {
        name: "repositories".to_owned(),
        caption: "Repositories".to_owned(),
        empty: "",
        columns: vec![
            texts("repository", "Repository"),
            numbers("blocking", "Findings closing gates"),
            numbers("blocked_pull_requests", "Pull requests with a closed gate"),
            numbers("open", "Open findings"),
            texts("last_review", "Last review"),
            texts("state", "State"),
        ],
        rows,
        more: 0,
    })
}
