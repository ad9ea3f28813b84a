//! What objects hold at one point of a function.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::path::{MAX_PARTS, Part, Path};
use super::steps::Taint;
use crate::flow::ir::Base;

/// Objects and parts that are told apart at one point; a function that needs more is given up.
pub(super) const MAX_ENTRIES: usize = 2_000;

/// What a value holds: as a whole, and in parts that differ from the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) whole: Taint,
    pub(super) parts: Vec<(SmallVec<[Part; 4]>, Taint)>,
}

impl Value {
    /// A value without parts of its own.
    pub(super) fn of(whole: Taint) -> Self {
        Self {
            whole,
            parts: Vec::new(),
        }
    }

    /// Everything in it.
    pub(super) fn all(&self) -> Taint {
        let mut all = self.whole.clone();
        for (_, taint) in &self.parts {
            all.join(taint);
        }
        all
    }

    pub(super) fn is_clean(&self) -> bool {
        self.whole.is_clean() && self.parts.iter().all(|(_, taint)| taint.is_clean())
    }

    /// The value of a part.
    pub(super) fn put(&mut self, part: Part, value: Self) {
        let parts = std::iter::once((SmallVec::new(), value.whole)).chain(value.parts);
        for (below, taint) in parts {
            let mut path: SmallVec<[Part; 4]> = SmallVec::new();
            path.push(part);
            path.extend(below);
            path.truncate(MAX_PARTS);
            self.parts.push((path, taint));
        }
    }
}

/// What is known of objects. What has no entry holds what the object around it holds; what has none
/// around it is clean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    entries: BTreeMap<Path, Taint>,
}

/// Whether `entry` may be `path` or a part of it.
fn meets(entry: &[Part], path: &[Part]) -> bool {
    entry.len() >= path.len() && entry.iter().zip(path).all(|(a, b)| a.meets(*b))
}

impl State {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn of_base(&self, base: Base) -> impl Iterator<Item = (&Path, &Taint)> {
        self.entries
            .range(Path::of(base)..)
            .take_while(move |(path, _)| path.base == base)
    }

    /// What the object holds as a whole: by its own entry, or by the nearest one around it.
    fn whole(&self, path: &Path) -> Taint {
        let mut found = Taint::default();
        for depth in (0..=path.parts.len()).rev() {
            let Some(own) = path.parts.get(..depth) else {
                continue;
            };
            let of_depth = self
                .of_base(path.base)
                .filter(|(entry, _)| meets(&entry.parts, own) && entry.parts.len() == depth);
            let mut is_certain = false;
            for (entry, taint) in of_depth {
                if entry.parts.as_slice() == own && !own.contains(&Part::Element(None)) {
                    found = taint.clone();
                    is_certain = true;
                    break;
                }
                found.join(taint);
            }
            if is_certain {
                break;
            }
        }
        found
    }

    /// What the object holds, with its parts.
    pub(super) fn get(&self, path: &Path) -> Value {
        let mut value = Value::of(self.whole(path));
        let depth = path.parts.len();
        for (entry, taint) in self.of_base(path.base) {
            if let Some(below) = entry.parts.get(depth..)
                && !below.is_empty()
                && meets(&entry.parts, &path.parts)
            {
                value.parts.push((below.into(), taint.clone()));
            }
        }
        value
    }

    /// Puts a value there. Where the path may stand for several objects, what they held stays too.
    pub(super) fn set(&mut self, path: &Path, value: &Value) {
        if !path.is_one() {
            return self.add(path, value);
        }
        self.remove(path);
        let around = self.whole(path);
        if !(value.whole.is_clean() && around.is_clean()) {
            self.entries.insert(path.clone(), value.whole.clone());
        }
        for (below, taint) in &value.parts {
            let part = below
                .iter()
                .fold(path.clone(), |path, part| path.part(*part));
            self.entries.insert(part, taint.clone());
        }
    }

    /// Puts a value there beside what is there.
    pub(super) fn add(&mut self, path: &Path, value: &Value) {
        let all = std::iter::once((SmallVec::new(), &value.whole)).chain(
            value
                .parts
                .iter()
                .map(|(below, taint)| (below.clone(), taint)),
        );
        for (below, taint) in all {
            if taint.is_clean() {
                continue;
            }
            let part = below
                .iter()
                .fold(path.clone(), |path, part| path.part(*part));
            let mut joined = self.whole(&part);
            joined.join(taint);
            // What has an entry of its own and may be what was written.
            let inside: Vec<Path> = self
                .of_base(part.base)
                .filter(|(entry, _)| meets(&entry.parts, &part.parts))
                .map(|(entry, _)| entry.clone())
                .collect();
            for entry in inside {
                if let Some(known) = self.entries.get_mut(&entry) {
                    known.join(taint);
                }
            }
            self.entries.insert(part, joined);
        }
    }

    /// Forgets the object and its parts.
    pub(super) fn remove(&mut self, path: &Path) {
        let gone: Vec<Path> = self
            .of_base(path.base)
            .filter(|(entry, _)| entry.parts.starts_with(&path.parts))
            .map(|(entry, _)| entry.clone())
            .collect();
        for entry in gone {
            self.entries.remove(&entry);
        }
    }

    /// What may hold on either of two ways; whether that is more than before.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut joined = self.entries.clone();
        for path in self.entries.keys().chain(other.entries.keys()) {
            let mut taint = self.whole(path);
            taint.join(&other.whole(path));
            joined.insert(path.clone(), taint);
        }
        let is_same = |(path, taint): (&Path, &Taint)| {
            self.entries.get(path).map_or_else(
                || self.whole(path).has_same(taint),
                |known| known.has_same(taint),
            )
        };
        let has_grown = !joined.iter().all(is_same);
        self.entries = joined;
        has_grown
    }
}
