//! Locks that are taken in orders that can wait for each other.

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::Machine;
use crate::flow::interpret::state::{Held, LockKey, State};

/// Most pairs that are kept of a file.
const MAX_PAIRS: usize = 256;

/// One lock was taken while another was held.
#[derive(Debug, Clone)]
pub(crate) struct LockPair {
    /// The one that was held.
    first: String,
    /// The one that was taken.
    second: String,
    /// All that were held.
    held: Vec<String>,
    /// The call that took the second.
    span: Span,
}

impl Machine<'_> {
    /// A lock is taken: after which ones, and whether they are taken the other way round elsewhere.
    pub(super) fn note_orders(&mut self, state: &State, key: LockKey, argument: Span, span: Span) {
        let second = self.lock_text(argument);
        let held: Vec<(LockKey, String)> = state
            .locks
            .iter()
            .filter(|lock| lock.held == Held::Yes && lock.key != key)
            .filter_map(|lock| Some((lock.key, self.lock_texts.get(&lock.key)?.clone())))
            .collect();
        let names: Vec<String> = held.iter().map(|(_, name)| name.clone()).collect();
        for (_, first) in held {
            if first != second && self.is_of_file(&first) && self.is_of_file(&second) {
                self.note_pair(LockPair {
                    first,
                    second: second.clone(),
                    held: names.clone(),
                    span,
                });
            }
        }
    }

    /// Whether a lock is a global, or what a global points to: the same one in every function.
    fn is_of_file(&self, text: &str) -> bool {
        let base: &str = text.split(['.', '-', '[']).next().unwrap_or_default();
        self.unit
            .names
            .find(base)
            .is_some_and(|name| self.unit.globals.iter().any(|global| global.name == name))
    }

    fn note_pair(&mut self, pair: LockPair) {
        let is_known = |known: &LockPair| known.first == pair.first && known.second == pair.second;
        if self.lock_pairs.iter().any(is_known) || self.lock_pairs.len() >= MAX_PAIRS {
            return;
        }
        if let Some(way) = self.way_back(&pair)
            && !self.is_ordered_by_another(&pair, &way)
            && !self.is_handed_over(&pair.first)
            && !self.is_handed_over(&pair.second)
        {
            let notes = way
                .iter()
                .filter_map(|&at| self.lock_pairs.get(at))
                .map(|other| Note {
                    span: other.span,
                    message: format!(
                        "`{}` is taken here while `{}` is held",
                        other.second, other.first
                    ),
                })
                .collect();
            let (x, y) = (pair.first.clone(), pair.second.clone());
            self.report(
                "lock-order",
                pair.span,
                vec![("$X", y.clone()), ("$Y", x.clone())],
                notes,
                None,
                format!("`{y}` is taken while `{x}` is held"),
            );
        }
        self.lock_pairs.push(pair);
    }

    /// The pairs that lead from the lock that is taken to the one that is held, by index.
    fn way_back(&self, pair: &LockPair) -> Option<Vec<usize>> {
        let mut reached: Vec<(usize, Option<usize>)> = Vec::new();
        let mut next = 0;
        let starts = |from: &str, reached: &[(usize, Option<usize>)]| {
            let mut found = Vec::new();
            for (at, known) in self.lock_pairs.iter().enumerate() {
                if known.first == from && !reached.iter().any(|entry| entry.0 == at) {
                    found.push(at);
                }
            }
            found
        };
        for at in starts(&pair.second, &reached) {
            reached.push((at, None));
        }
        while let Some(&(at, _)) = reached.get(next) {
            let to = &self.lock_pairs.get(at)?.second;
            if *to == pair.first {
                let mut way = vec![at];
                let mut before = reached.get(next).and_then(|entry| entry.1);
                while let Some(index) = before {
                    let entry = reached.get(index)?;
                    way.push(entry.0);
                    before = entry.1;
                }
                way.reverse();
                return Some(way);
            }
            for more in starts(to, &reached) {
                reached.push((more, Some(next)));
            }
            next += 1;
        }
        None
    }

    /// Whether one more lock is held on every way: then no two of them wait for each other.
    fn is_ordered_by_another(&self, pair: &LockPair, way: &[usize]) -> bool {
        pair.held.iter().any(|gate| {
            *gate != pair.first
                && way.iter().all(|&at| {
                    self.lock_pairs.get(at).is_some_and(|other| {
                        other.first != *gate && other.second != *gate && other.held.contains(gate)
                    })
                })
        })
    }
}
