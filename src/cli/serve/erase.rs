//! `scrubin serve erase`: deletes what the service keeps of a repository or an installation.

use super::store_failure;
use crate::cli::args::{EraseArguments, QueueFormat};
use crate::cli::failure::Failure;
use crate::cli::{Outcome, output};
use crate::service::config::Settings;
use crate::service::erase_cached;
use crate::store::{Among, Counts, NOT_WIPED, RepositoryRow, Scope, Store};

/// What is to be deleted, for people.
struct Target {
    title: String,
    repositories: Vec<RepositoryRow>,
    scope: Scope,
}

/// Counts, asks, deletes, and says what went.
pub(super) async fn erase(
    settings: &Settings,
    arguments: &EraseArguments,
) -> Result<Outcome, Failure> {
    let store = Store::open(&settings.store).await.map_err(store_failure)?;
    let target = target(&store, arguments).await?;
    let found = store.count(&target.scope).await.map_err(store_failure)?;
    if !arguments.yes {
        let rows: i64 = found.iter().map(|(_, count)| count).sum();
        output::message(&format!(
            "{}: {rows} rows of the database ({}), and what the cache has",
            target.title,
            words(&found)
        ));
        if !output::confirmed("delete them for good?")? {
            output::message("nothing was deleted");
            return Ok(Outcome::Passed);
        }
    }
    let counts = store.erase(&target.scope).await.map_err(store_failure)?;
    let numbers: Vec<i64> = target.repositories.iter().map(|one| one.id).collect();
    let cached = erase_cached(&settings.cache.folder, &numbers)
        .map_err(|error| Failure::new(error).doing("delete what the cache has"))?;
    output::text(&match arguments.format {
        QueueFormat::Text => format!(
            "{}: deleted {}; {cached} repositories left the cache\n",
            target.title,
            words(&counts)
        ),
        QueueFormat::Json => json(&target, &counts, cached),
    })?;
    store.close().await;
    if counts.iter().any(|(what, _)| *what == NOT_WIPED) {
        return Err(Failure::message(
            "the rows are deleted, but the database file still holds their bytes: it could not be written anew",
        )
        .with_help("stop the service, make room on the disk, and run `VACUUM` on the file (sqlite3)"));
    }
    Ok(Outcome::Passed)
}

async fn target(store: &Store, arguments: &EraseArguments) -> Result<Target, Failure> {
    let (title, repositories, installation) = match (&arguments.repository, arguments.installation)
    {
        (Some(name), _) => {
            let found = store.all_named(name).await.map_err(store_failure)?;
            if found.is_empty() {
                return Err(
                    Failure::message(format!("the database knows no repository `{name}`"))
                        .with_help("its name is that of GitHub now, `OWNER/NAME`"),
                );
            }
            (name.clone(), found, None)
        }
        (None, Some(id)) => {
            let known = store.installation(id).await.map_err(store_failure)?;
            let found = store.all_of(id).await.map_err(store_failure)?;
            if known.is_none() && found.is_empty() {
                return Err(
                    Failure::message(format!("the database knows no installation {id}")).with_help(
                        "`scrubin serve queue` and the log name installations by GitHub's numbers",
                    ),
                );
            }
            let account = known.map(|one| one.account).unwrap_or_default();
            (format!("installation {id} ({account})"), found, Some(id))
        }
        // The arguments do not let it come to this.
        (None, None) => return Err(Failure::message("name a repository or an installation")),
    };
    Ok(Target {
        scope: Scope {
            repositories: Among::new(repositories.iter().map(|one| one.id)),
            installation,
            keeps_evidence: arguments.keep_evidence,
        },
        title: crate::report::visible::line(&title).into_owned(),
        repositories,
    })
}

fn words(counts: &Counts) -> String {
    let some: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(table, count)| format!("{count} {}", table.replace('_', " ")))
        .collect();
    match some.is_empty() {
        true => "nothing".to_owned(),
        false => some.join(", "),
    }
}

fn json(target: &Target, counts: &Counts, cached: usize) -> String {
    let repositories: Vec<serde_json::Value> = target
        .repositories
        .iter()
        .map(|one| serde_json::json!({"id": one.id, "name": one.full_name}))
        .collect();
    let rows: serde_json::Map<String, serde_json::Value> = counts
        .iter()
        .map(|(table, count)| ((*table).to_owned(), (*count).into()))
        .collect();
    let value = serde_json::json!({
        "version": 1,
        "repositories": repositories,
        "installation": target.scope.installation,
        "evidence-kept": target.scope.keeps_evidence,
        "rows": rows,
        "cached-repositories": cached,
    });
    format!("{value}\n")
}
