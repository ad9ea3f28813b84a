//! Lists that grow for ever, a part at a time, newest first. A place in a list is named by what its order is made
//! of, so that what comes meanwhile moves nothing.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::reviews::review_of;
use super::{Millis, ReviewRow, Store};

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<const N: usize> {
    /// Its beginning.
    Newest,
    /// What is older than this entry.
    Before([i64; N]),
    /// What is newer than this entry, up to it.
    After([i64; N]),
}

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Whether there are newer ones.
    pub has_newer: bool,
    /// Whether there are older ones.
    pub has_older: bool,
}

impl<T> Listed<T> {
    /// Of one entry more than are wanted, in the order of the question: the last one only says that it is there.
    fn of<const N: usize>(mut entries: Vec<T>, part: &Part<N>, most: usize) -> Self {
        let is_more = entries.len() > most;
        entries.truncate(most);
        if matches!(part, Part::After(_)) {
            entries.reverse();
        }
        let (has_newer, has_older) = match part {
            Part::Newest => (false, is_more),
            Part::Before(_) => (true, is_more),
            Part::After(_) => (is_more, true),
        };
        Self {
            entries,
            has_newer,
            has_older,
        }
    }
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)
}

/// A record as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHead {
    /// Its place in the chain.
    pub sequence: i64,
    /// The pull request; 0 for a merge group.
    pub number: i64,
    /// The reviewed commit.
    pub head: String,
    /// When it was made.
    pub made_ms: Millis,
}

impl Store {
    /// The newest review of each pull request of a repository: by when it was published, and its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews_part(
        &self,
        repository: i64,
        part: Part<2>,
        most: usize,
    ) -> Result<Listed<ReviewRow>, StoreError> {
        const OLDER: &str = "SELECT r.* FROM reviews r WHERE r.repository = $1 AND r.number > 0 \
             AND (r.ended_ms < $2 OR (r.ended_ms = $2 AND r.number < $3)) \
             AND NOT EXISTS (SELECT 1 FROM reviews n WHERE n.repository = r.repository AND n.number = r.number \
             AND (n.ended_ms > r.ended_ms OR (n.ended_ms = r.ended_ms AND n.head > r.head))) \
             ORDER BY r.ended_ms DESC, r.number DESC LIMIT $4";
        const NEWER: &str = "SELECT r.* FROM reviews r WHERE r.repository = $1 AND r.number > 0 \
             AND (r.ended_ms > $2 OR (r.ended_ms = $2 AND r.number > $3)) \
             AND NOT EXISTS (SELECT 1 FROM reviews n WHERE n.repository = r.repository AND n.number = r.number \
             AND (n.ended_ms > r.ended_ms OR (n.ended_ms = r.ended_ms AND n.head > r.head))) \
             ORDER BY r.ended_ms, r.number LIMIT $4";
        let (text, [at, number]) = match part {
            Part::Newest => (OLDER, [i64::MAX, i64::MAX]),
            Part::Before(place) => (OLDER, place),
            Part::After(place) => (NEWER, place),
        };
        let rows = sqlx::query(text)
            .bind(repository)
            .bind(at)
            .bind(number)
            .bind(limit(most))
            .fetch_all(reader(self))
            .await?;
        let entries = rows.iter().map(review_of).collect::<Result<_, _>>()?;
        Ok(Listed::of(entries, &part, most))
    }

    /// The records of a repository, by their place in the chain, without what they say.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records_part(
        &self,
        repository: i64,
        part: Part<1>,
        most: usize,
    ) -> Result<Listed<RecordHead>, StoreError> {
        const OLDER: &str = "SELECT sequence, number, head, made_ms FROM records WHERE repository = $1 \
             AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
        const NEWER: &str = "SELECT sequence, number, head, made_ms FROM records WHERE repository = $1 \
             AND sequence > $2 ORDER BY sequence LIMIT $3";
        let (text, [at]) = match part {
            Part::Newest => (OLDER, [i64::MAX]),
            Part::Before(place) => (OLDER, place),
            Part::After(place) => (NEWER, place),
        };
        let rows = sqlx::query(text)
            .bind(repository)
            .bind(at)
            .bind(limit(most))
            .fetch_all(reader(self))
            .await?;
        let entries = rows
            .iter()
            .map(|row| {
                Ok(RecordHead {
                    sequence: row.try_get("sequence")?,
                    number: row.try_get("number")?,
                    head: row.try_get("head")?,
                    made_ms: row.try_get("made_ms")?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Listed::of(entries, &part, most))
    }
}
