//! Deliveries that never got through are asked for again.
//!
//! GitHub lists its attempts newest first. A look goes down the list until it meets what an earlier one settled,
//! a part at a time: what one look does not reach, the next one goes on with. The two places are facts in the
//! database, noted whichever way a look ends. An attempt is settled when it got through, was asked for again, or
//! cannot be had again.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use super::housekeeping::KeepError;
use super::state::Service;
use crate::github::app::{self, ListedDelivery};
use crate::github::{ApiError, Client, ErrorClass};
use crate::store::{Store, StoreError};

/// How far back GitHub keeps deliveries ("Redelivering webhooks", GitHub Docs).
const KEPT: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How long a delivery may be under way before it counts as missed: GitHub waits ten seconds.
const UNDER_WAY: Duration = Duration::from_secs(15);

/// Pages of a hundred attempts that one look reads.
pub(super) const PAGES: usize = 100;

/// Attempts on a page of the list.
const PAGE: u64 = 100;

/// Deliveries that one look tries to have again: at a second each, it is over after some minutes.
const ASKS: u64 = 300;

/// The fact that says up to which attempt all is settled: its number, and when it was sent, or up to when a later
/// look saw that nothing more was.
const SETTLED: &str = "deliveries-settled";

/// The fact that says where a look goes on that came to no end: the number it goes down to, and the page.
const LEFT: &str = "deliveries-left";

/// The fact that counts the deliveries that GitHub will not send again.
const REFUSED: &str = "deliveries-refused";

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missed {
    /// Deliveries that were asked for again.
    pub asked: u64,
    /// Deliveries that GitHub will not send again.
    pub refused: u64,
    /// Deliveries that are tried again by the next look.
    pub later: u64,
    /// Whether it came to its end; if not, the next one goes on with the rest.
    pub is_whole: bool,
}

impl Missed {
    /// Whether another page may be read. A page is not left half done: what was asked for would be asked for twice.
    fn has_room(&self) -> bool {
        self.asked + self.refused + self.later + PAGE <= ASKS
    }
}

/// Where a look stopped before the end of the list.
#[derive(Debug)]
struct Stop {
    /// The page that was not read, or not to its end.
    page: String,
    /// What stopped it; `None` = it did what one look does.
    error: Option<KeepError>,
}

/// An attempt as a place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    id: u64,
    /// Seconds since 1970, UTC.
    sent: u64,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (id, sent) = text.split_once(' ')?;
        Some(Self {
            id: id.parse().ok()?,
            sent: sent.parse().ok()?,
        })
    }

    fn text(self) -> String {
        format!("{} {}", self.id, self.sent)
    }
}

/// What is to be done about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing.
    Next,
    /// It is asked for again, unless it was taken.
    Ask,
    /// The list below was settled before, or is no longer kept.
    End,
}

/// A look on its way down the list. Pure.
#[derive(Debug, Default)]
struct Walk {
    /// Everything from this number down is settled.
    down_to: u64,
    /// Attempts sent before are no longer kept.
    since: Duration,
    /// Attempts sent later may be under way.
    before: Duration,
    /// Deliveries of which a newer attempt was looked at.
    seen: BTreeSet<String>,
    /// The newest of those that cannot be under way.
    newest: Option<Place>,
    /// The oldest that is not settled.
    open: Option<Place>,
    /// Whether it came to one that was settled before.
    has_met: bool,
}

impl Walk {
    fn turn(&mut self, one: &ListedDelivery) -> Turn {
        if one.id <= self.down_to {
            self.has_met = true;
            return Turn::End;
        }
        if one.sent < self.since {
            return Turn::End;
        }
        let place = Place {
            id: one.id,
            sent: one.sent.as_secs(),
        };
        // The newest attempt of each counts: what an older one got through is in the database.
        let is_first = self.seen.insert(one.guid.clone());
        if one.sent > self.before {
            self.leave(place);
            return Turn::Next;
        }
        // Only up to here: of those sent later, one with a lower number may be under way and in no list yet.
        if self.newest.is_none_or(|newest| place.id > newest.id) {
            self.newest = Some(place);
        }
        match is_first && !(200..300).contains(&one.status) {
            true => Turn::Ask,
            false => Turn::Next,
        }
    }

    /// It is looked at again.
    fn leave(&mut self, place: Place) {
        if self.open.is_none_or(|open| place.id < open.id) {
            self.open = Some(place);
        }
    }

    /// Up to where all is settled now; a look that is whole saw all that was sent until a moment ago, and where
    /// nothing was sent for days nothing was missed.
    fn settled(&self, known: Place, is_whole: bool) -> Place {
        let reached = match self.newest {
            Some(newest) if newest.id > known.id => newest,
            _ => known,
        };
        match self.open {
            Some(open) if open.id <= reached.id => Place {
                id: open.id.saturating_sub(1),
                ..open
            },
            _ if is_whole => Place {
                sent: self.before.as_secs(),
                ..reached
            },
            _ => reached,
        }
    }

    /// Whether attempts were made that no look saw, and GitHub keeps no longer: the last look is longer ago, and
    /// this one found no way down to what that one settled.
    fn is_late(&self, known: Place) -> bool {
        known.sent > 0 && Duration::from_secs(known.sent) < self.since && !self.has_met
    }
}

fn moment(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Service {
    /// Asks GitHub for deliveries that failed, reading at most so many pages of its list.
    ///
    /// # Errors
    /// GitHub or the database; what was settled until then is noted.
    pub async fn ask_for_missed(&self, pages: usize) -> Result<Missed, KeepError> {
        let outcome = self.look(pages).await;
        if let Err(KeepError::Api(error)) = &outcome {
            self.failed(error);
        }
        self.metrics.looked(match &outcome {
            Ok(missed) if missed.is_whole => "whole",
            Ok(_) => "partly",
            Err(_) => "failed",
        });
        outcome
    }

    async fn look(&self, mut pages: usize) -> Result<Missed, KeepError> {
        let now = self.clock.now();
        let known = self.store.fact(SETTLED).await?;
        let known = known.as_deref().and_then(Place::parse).unwrap_or_default();
        let left = self.store.fact(LEFT).await?.unwrap_or_default();
        let left = left
            .split_once(' ')
            .and_then(|(to, page)| Some((to.parse::<u64>().ok()?, page.to_owned())));
        let mut walk = Walk {
            down_to: known.id,
            since: now.saturating_sub(KEPT),
            before: now.saturating_sub(UNDER_WAY),
            ..Walk::default()
        };
        let mut missed = Missed::default();
        let stop = self.go_down(left, &mut pages, &mut walk, &mut missed).await;
        // Before an error goes up: else the next look would ask for all of it once more.
        let rest = match &stop {
            Some(stop) => format!("{} {}", walk.down_to, stop.page),
            None => String::new(),
        };
        self.store.note_fact(LEFT, &rest).await?;
        let settled = walk.settled(known, stop.is_none());
        // One that failed before it saw anything leaves that to the next.
        if settled != known && walk.is_late(known) {
            self.metrics.looked("late");
            tracing::warn!(
                from = moment(known.sent),
                to = moment(walk.since.as_secs()),
                "GitHub keeps deliveries for three days: those between may be missed"
            );
        }
        self.store.note_fact(SETTLED, &settled.text()).await?;
        missed.is_whole = stop.is_none();
        match stop.and_then(|stop| stop.error) {
            Some(error) => Err(error),
            None => Ok(missed),
        }
    }

    /// Goes on where a former look stopped, then from the newest down to what is settled; gives where it stopped.
    async fn go_down(
        &self,
        left: Option<(u64, String)>,
        pages: &mut usize,
        walk: &mut Walk,
        missed: &mut Missed,
    ) -> Option<Stop> {
        let settled = walk.down_to;
        if let Some((to, page)) = left {
            walk.down_to = to;
            // What stopped at the newest is one with the walk from there.
            let stop = match page == app::DELIVERIES {
                true => Some(Stop { page, error: None }),
                false => self.walk(page, pages, walk, missed).await,
            };
            walk.down_to = match stop {
                None => settled,
                // Down to the same end, or lower where an attempt is open below it.
                Some(stop) if self.starts_anew(&stop) => to.min(settled),
                Some(stop) => return Some(stop),
            };
        }
        // One part after the other: a list that grows faster than it is read cannot keep the older one waiting.
        let first = app::DELIVERIES.to_owned();
        self.walk(first, pages, walk, missed).await
    }

    /// Whether the list is gone down from its newest, because that is the page, or GitHub has the page no more.
    fn starts_anew(&self, stop: &Stop) -> bool {
        match &stop.error {
            None => stop.page == app::DELIVERIES,
            Some(KeepError::Api(error)) if error.class() == ErrorClass::Permanent => {
                self.failed(error);
                tracing::warn!(error = %error, "the list of deliveries is read from its start once more");
                true
            }
            Some(_) => false,
        }
    }

    /// Goes down the list; gives where it stopped, if it came to no end.
    async fn walk(
        &self,
        first: String,
        pages: &mut usize,
        walk: &mut Walk,
        missed: &mut Missed,
    ) -> Option<Stop> {
        let mut next = Some(first);
        while let Some(page) = next.take() {
            if *pages == 0 || !missed.has_room() {
                return Some(Stop { page, error: None });
            }
            *pages -= 1;
            let further = self.take_page(&page, walk, missed).await;
            match further {
                Ok(further) => next = further,
                Err(error) => {
                    return Some(Stop {
                        page,
                        error: Some(error),
                    });
                }
            }
        }
        None
    }

    /// Reads a page and asks for what never got through; gives the page below it, unless this was the end.
    async fn take_page(
        &self,
        page: &str,
        walk: &mut Walk,
        missed: &mut Missed,
    ) -> Result<Option<String>, KeepError> {
        // Anew for each page: its token lasts nine minutes, and a look may take longer.
        let app = self.app()?;
        let (listed, further) = app::deliveries(&app, page).await?;
        for one in &listed {
            match walk.turn(one) {
                Turn::End => return Ok(None),
                Turn::Next => {}
                Turn::Ask => self.ask(&app, one, walk, missed).await?,
            }
        }
        Ok(further)
    }

    async fn ask(
        &self,
        app: &Client,
        one: &ListedDelivery,
        walk: &mut Walk,
        missed: &mut Missed,
    ) -> Result<(), KeepError> {
        if self.store.knows_delivery(&one.guid).await? {
            return Ok(());
        }
        let word = match app::redeliver(app, one.id).await {
            Ok(()) => {
                missed.asked += 1;
                "asked"
            }
            // The others are still worth a try, and the sweep finds what this one was about.
            Err(error) => self.not_had(&error, one, walk, missed).await?,
        };
        self.metrics.missed(word);
        Ok(())
    }

    async fn not_had(
        &self,
        error: &ApiError,
        one: &ListedDelivery,
        walk: &mut Walk,
        missed: &mut Missed,
    ) -> Result<&'static str, KeepError> {
        self.failed(error);
        let word = match error.class() {
            ErrorClass::Permanent => {
                missed.refused += 1;
                self.store.add_to_fact(REFUSED, 1).await?;
                "refused"
            }
            ErrorClass::Retryable | ErrorClass::Auth => {
                missed.later += 1;
                walk.leave(Place {
                    id: one.id,
                    sent: one.sent.as_secs(),
                });
                "later"
            }
        };
        tracing::warn!(delivery = one.guid, error = %error, outcome = word, "a delivery cannot be had again");
        Ok(word)
    }
}

/// What people see of it: whether a part of the list is left for the next look, and how many deliveries GitHub
/// will not send again.
pub(super) async fn so_far(store: &Store) -> Result<(bool, i64), StoreError> {
    let left = store.fact(LEFT).await?.unwrap_or_default();
    let refused = store.fact(REFUSED).await?.unwrap_or_default();
    Ok((!left.is_empty(), refused.parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(id: u64, guid: &str, sent: u64, status: u16) -> ListedDelivery {
        ListedDelivery {
            id,
            guid: guid.to_owned(),
            sent: Duration::from_secs(sent),
            status,
        }
    }

    fn walk(down_to: u64) -> Walk {
        Walk {
            down_to,
            since: Duration::from_secs(10),
            before: Duration::from_secs(90),
            ..Walk::default()
        }
    }

    /// The attempts that are asked for again.
    fn asked(walk: &mut Walk, listed: &[ListedDelivery]) -> Vec<u64> {
        let mut asked = Vec::new();
        for one in listed {
            match walk.turn(one) {
                Turn::End => break,
                Turn::Next => {}
                Turn::Ask => asked.push(one.id),
            }
        }
        asked
    }

    #[test]
    fn only_what_never_got_through_is_asked_for_again() {
        let listed = [
            one(6, "c", 95, 0),
            one(5, "a", 50, 202),
            one(4, "b", 40, 500),
            one(3, "a", 30, 503),
            one(2, "b", 20, 0),
        ];
        let mut first = walk(0);
        assert_eq!(asked(&mut first, &listed), [4]);
        // What may be under way is looked at again, and what is below it is settled.
        let settled = first.settled(Place::default(), false);
        assert_eq!(settled, Place { id: 5, sent: 50 });
        let mut second = walk(settled.id);
        second.before = Duration::from_secs(200);
        assert_eq!(asked(&mut second, &listed), [6]);
    }

    #[test]
    fn what_was_in_no_list_yet_is_not_settled() {
        let mut first = walk(0);
        assert!(asked(&mut first, &[one(7, "c", 95, 202), one(5, "a", 50, 202)]).is_empty());
        let settled = first.settled(Place::default(), false);
        assert_eq!(settled, Place { id: 5, sent: 50 });
        let mut second = walk(settled.id);
        second.before = Duration::from_secs(200);
        let listed = [one(7, "c", 95, 202), one(6, "b", 94, 0)];
        assert_eq!(asked(&mut second, &listed), [6]);
        // Where all may be under way, nothing more is settled than before.
        let known = Place { id: 5, sent: 50 };
        let mut third = walk(known.id);
        assert!(asked(&mut third, &[one(8, "d", 96, 0)]).is_empty());
        assert_eq!(third.settled(known, false), known);
    }

    #[test]
    fn a_look_tries_no_more_than_it_may() {
        let mut missed = Missed {
            asked: 198,
            refused: 1,
            later: 1,
            is_whole: false,
        };
        assert!(missed.has_room());
        missed.later += 1;
        assert!(!missed.has_room());
    }

    #[test]
    fn a_look_ends_at_what_is_settled_or_no_longer_kept() {
        let listed = [one(9, "d", 80, 0), one(8, "e", 70, 0), one(7, "f", 60, 0)];
        assert_eq!(asked(&mut walk(8), &listed), [9]);
        let old = [one(9, "d", 80, 0), one(8, "e", 9, 0)];
        let mut late = walk(0);
        assert_eq!(asked(&mut late, &old), [9]);
        assert_eq!(
            late.settled(Place::default(), false),
            Place { id: 9, sent: 80 }
        );
    }

    #[test]
    fn what_could_not_be_asked_for_stays_open() {
        let known = Place { id: 5, sent: 50 };
        let mut walk = walk(5);
        let listed = [one(9, "d", 80, 202), one(8, "e", 70, 0)];
        assert_eq!(asked(&mut walk, &listed), [8]);
        walk.leave(Place { id: 8, sent: 70 });
        assert_eq!(walk.settled(known, false), Place { id: 7, sent: 70 });
        // In the part that a former look left: below what was settled.
        walk.leave(Place { id: 3, sent: 30 });
        assert_eq!(walk.settled(known, false), Place { id: 2, sent: 30 });
        assert_eq!(Walk::default().settled(known, false), known);
        assert_eq!(Place::parse(&known.text()), Some(known));
    }

    #[test]
    fn late_is_only_what_no_look_saw() {
        // Nothing was sent since: the place moves on with the time.
        let known = Place { id: 5, sent: 9 };
        let mut quiet = walk(5);
        assert!(asked(&mut quiet, &[]).is_empty());
        assert_eq!(quiet.settled(known, true), Place { id: 5, sent: 90 });
        assert_eq!(quiet.settled(known, false), known);
        assert!(quiet.is_late(known), "the last look was too long ago");
        assert!(!quiet.is_late(quiet.settled(known, true)));
        assert!(!quiet.is_late(Place::default()), "there was none before");
        // The list still goes down to what was settled.
        let mut long = walk(5);
        let listed = [one(6, "a", 50, 202), one(5, "b", 9, 202)];
        assert!(asked(&mut long, &listed).is_empty());
        assert!(!long.is_late(known));
        let mut cut = walk(5);
        let listed = [one(8, "a", 50, 202), one(7, "b", 9, 202)];
        assert!(asked(&mut cut, &listed).is_empty());
        assert!(cut.is_late(known));
        // One that GitHub did not send in time.
        cut.leave(Place { id: 7, sent: 40 });
        assert_eq!(cut.settled(known, true), Place { id: 6, sent: 40 });
    }
}
